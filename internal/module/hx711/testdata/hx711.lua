-- Pins 5 and 6 are a converter with 80 samples a second, of 10 mV at A and -20 mV at B; pin 2 is always high.
local function eq(got, want, what) assert(got == want, ("%s: got %s, want %s"):format(what or "", tostring(got), tostring(want))) end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end
local function none(...) eq(select("#", ...), 0, "results") end

fails("number expected, got no value", hx711.init, 5)
fails("gpio 13 does not exist", hx711.init, 13, 6)
fails("gpio 255 does not exist", hx711.init, 5, -1)
none(hx711.stop())
none(hx711.init(5, 6))
fails("Mode value out of range", hx711.read, 3)
fails("Mode value out of range", hx711.read, -1)
fails("number expected", hx711.read, {})
-- A clock that is high for less than 60 µs does not put the converter to sleep, but is a pulse.
local function read(...) tmr.delay(100) return hx711.read(...) end
eq(read(), 4194304) eq(read(0), 4194304)
eq(read(1), -2097152) eq(read(2), 2097152)
tmr.delay(100)

fails("number expected, got no value", hx711.start)
fails("number expected, got no value", hx711.start, 0)
fails("Mode value out of range", hx711.start, 3, 1, print)
fails("Samples value out of range (1-400)", hx711.start, 0, 0, print)
fails("Samples value out of range (1-400)", hx711.start, 0, 401, print)
fails("Not a callback function", hx711.start, 0, 1)
fails("Not a callback function", hx711.start, 0, 1, 5)

local times, last = 0
none(hx711.start(1, 3, function(data, time, dropped)
  eq(#data, 9) eq(dropped, 0) times = times + 1
  eq(data:sub(7), "\0\0\224", "the last one")
  if times == 1 then eq(data:sub(1, 3), "\0\0\64", "the first one, still of A") end
  if last then local d = time - last assert(d > 37000 and d < 38000, d) end
  last = time
  if times < 3 then return end
  none(hx711.stop())
  hx711.init(5, 2)
  fails("ADC timeout!", hx711.read)
  hx711.init(5, 6)
  print("hx711: ok")
end))
fails("Already running", hx711.start, 0, 1, print)
