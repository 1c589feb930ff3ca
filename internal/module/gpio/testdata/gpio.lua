local function eq(got, want) assert(got == want, ("got %s, want %s"):format(tostring(got), tostring(want))) end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end

gpio.mode(1, gpio.OUTPUT) gpio.write(1, gpio.HIGH) eq(gpio.read(1), 1)
gpio.write(1, gpio.LOW) eq(gpio.read(1), 0)
gpio.mode(2, gpio.INPUT, gpio.PULLUP) eq(gpio.read(2), 1)
gpio.mode(2, gpio.INPUT) eq(gpio.read(2), 0)
gpio.mode(0, gpio.OUTPUT) gpio.write(0, 1) eq(gpio.read(0), 1)
eq(gpio.INPUT, 0) eq(gpio.OUTPUT, 1) eq(gpio.INT, 2) eq(gpio.OPENDRAIN, 3)
eq(gpio.FLOAT, 0) eq(gpio.PULLUP, 1) eq(gpio.LOW, 0) eq(gpio.HIGH, 1)
fails("gpio 13 does not exist", gpio.read, 13)
fails("gpio -1 does not exist", gpio.write, -1, 0)
fails("wrong level type", gpio.write, 1, 2)
fails("Invalid pin", gpio.mode, 13, 0)
fails("Invalid pin", gpio.mode, 0, gpio.INT)
fails("wrong arg type", gpio.mode, 1, 4)
fails("Invalid interrupt pin", gpio.trig, 0, "up", print)
fails("invalid option", gpio.trig, 1, "sideways", print)
fails("invalid callback type", gpio.trig, 1, "up")
fails("Invalid pin", gpio.serout, 13, 1, {})
fails("Wrong level type", gpio.serout, 1, 2, {})
fails("Invalid delay_times", gpio.serout, 1, 1, 7)

-- An output may interrupt as well: GPIO_OUTPUT_SET turns the driver on.
local log = {}
gpio.mode(5, gpio.INT)
gpio.trig(5, "both", function(level, when, count)
  log[#log + 1] = ("%d/%d"):format(level, count)
  assert(when <= tmr.now())
end)
gpio.serout(5, gpio.HIGH, {100, 100}, 3)          -- high low high low high low
local t0 = tmr.now()
gpio.serout(1, gpio.HIGH, {200, 300}, 2)
assert(tmr.now() - t0 >= 1000)
tmr.create():alarm(5, tmr.ALARM_SINGLE, function()
  eq(table.concat(log, " "), "1/6")               -- one callback for all of them
  log = {}
  gpio.trig(5, "down")                            -- keeps the callback
  gpio.write(5, 1) gpio.write(5, 0)
  node.task.post(node.task.LOW_PRIORITY, function()
    eq(table.concat(log, " "), "0/1")
    gpio.trig(5)
    gpio.write(5, 1) gpio.write(5, 0)
    local t1 = tmr.now()
    gpio.serout(1, 1, {5000, 15000}, 3, function()
      assert(tmr.now() - t1 >= 60000)
      eq(gpio.read(1), 0)
      gpio.serout(1, 1, {100, 100}, 2, 1)         -- without a callback
      eq(#log, 1)
      print "gpio: ok"
    end)
    eq(gpio.read(1), 1)                           -- it goes on by itself
  end)
end)
