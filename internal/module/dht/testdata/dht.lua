-- Pin 1 has a DHT22 with 21.5 °C and 48.2 %, pin 2 a DHT11 with 23 °C and 40 %, pin 3 a DHT12 with 19.7 °C and 55.5 %,
-- pin 4 one that gives wrong sums, pin 6 nobody, pin 7 a stuck one, pin 12 a DHT22 with -10.1 °C and 0.1 %. 9 has nothing.
local function eq(got, want, what) assert(got == want, ("%s: got %s, want %s"):format(what or "", tostring(got), tostring(want))) end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end
-- number is what a build makes of a number that it may have no decimals for.
local function number(whole, tenth)
  return test.integral and whole or whole + tenth / 10
end
local function near(got, want) return 1000 * (got - want) < 1 and 1000 * (want - got) < 1 end
local function check(what, f, pin, status, t, h, td, hd)
  local r = test.pack(f(pin))
  eq(r.n, 5, what) eq(r[1], status, what)
  assert(near(r[2], t), what .. ": " .. r[2]) assert(near(r[3], h), what .. ": " .. r[3])
  assert(r[4] - td <= 1 and td - r[4] <= 1, what .. ": " .. r[4])
  assert(r[5] - hd <= 1 and hd - r[5] <= 1, what .. ": " .. r[5])
  assert(test.isinteger(r[4]) and test.isinteger(r[5]))
end

eq(dht.OK, 0) eq(dht.ERROR_CHECKSUM, -1) eq(dht.ERROR_TIMEOUT, -2)
for _, f in ipairs { "read", "read11", "read12", "readxx" } do
  fails("dht 0 does not exist", dht[f], 0)
  fails("dht 13 does not exist", dht[f], 13)
  fails("dht -1 does not exist", dht[f], -1)
  fails("number expected, got no value", dht[f])
  check("nobody", dht[f], 6, dht.ERROR_TIMEOUT, -999, -999, 0, 0)
  check("stuck", dht[f], 7, dht.ERROR_TIMEOUT, -999, -999, 0, 0)
  check("nothing", dht[f], 9, dht.ERROR_TIMEOUT, -999, -999, 0, 0)
  check("DHT11", dht[f], 2, dht.OK, 23, 40, 0, 0)
end
check("DHT22", dht.read, 1, dht.OK, number(21, 5), number(48, 2), 500, 200)
check("DHT22", dht.readxx, 1, dht.OK, number(21, 5), number(48, 2), 500, 200)
check("below zero", dht.read, 12, dht.OK, number(-10, -1), number(0, 1), -100, 100)
check("DHT12", dht.read12, 3, dht.OK, number(19, 7), number(55, 5), 700, 500)
check("DHT12 as DHT11", dht.read11, 3, dht.OK, number(19, 7), number(55, 5), 700, 500)
check("wrong sum", dht.read, 4, dht.ERROR_CHECKSUM, number(21, 5), number(48, 2), 500, 200)
print("dht: ok")
