local m = bme280_math
-- A number with a fraction, which integer builds cannot read: there it is cut, as their results are.
local function n(text) return tonumber(text) or tonumber((text:match "^%d+")) end
local function near(got, want, by)
  by = by or n "0.01"
  if test.integral then by = by + 1 end
  assert(got and math.abs(got - want) <= by, ("got %s, want %s"):format(tostring(got), tostring(want)))
end
local function eq(got, want) assert(got == want, ("got %s, want %s"):format(tostring(got), tostring(want))) end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end

-- The data sheet's example of the BMP280 (section 3.12).
local function little(n) return string.char(n % 256, test.div(n - n % 256, 256) % 256) end
local function big(n) return string.char(test.div(n, 65536), test.div(n, 256) % 256, n % 256) end
local t = ""
for _, n in ipairs { 27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000 } do t = t .. little(n) end
local function readout(pressure, temperature, humidity)
  return big(pressure * 16) .. big(temperature * 16) .. (humidity and big(humidity):sub(2) or "")
end
local sensor, config = m.setup(t)
eq(type(sensor), "userdata")
eq(#config, 3)
eq(config[1], string.char(7 * 32 + 4 * 4))
eq(config[2], "\5")
eq(config[3], string.char(5 * 32 + 5 * 4 + 3))
local temperature, pressure, humidity, extra = m.read(sensor, readout(415148, 519888))
near(temperature, n "25.08")
near(pressure, n "1006.53")
eq(humidity, nil)
eq(extra, nil)

-- With humidity, and calibration of which the bytes share one.
local h = string.char(75) .. little(370) .. string.char(0, 0x14, 0x2A, 0x03, 30)
sensor = m.setup(t .. h)
temperature, pressure, humidity = m.read(sensor, readout(415148, 519888, 30000))
near(temperature, n "25.08")
near(humidity, n "50.015")
eq(select("#", m.read(sensor, readout(415148, 519888, 30000))), 3)
local sea = select(4, m.read(sensor, readout(415148, 519888, 30000), n "500.9")) -- whole metres
near(sea, m.qfe2qnh(pressure, 500), n "0.001")
near(sea, n "1068.4", 1)

-- What was not measured.
eq(select("#", m.read(sensor, readout(415148, 0x80000, 30000), 100)), 0)
eq(select("#", m.read(sensor, readout(415148, 0xFFFFF, 30000), 100)), 0)
for _, raw in ipairs { 0x80000, 0xFFFFF } do
  local a, b, c = m.read(sensor, readout(raw, 519888, 30000), 100)
  near(a, n "25.08")
  eq(b, nil)
  assert(c > 0)
  eq(select("#", m.read(sensor, readout(raw, 519888, 30000), 100)), 3)
end
eq(select(3, m.read(sensor, readout(415148, 519888, 0x8000))), nil)
eq(select(3, m.read(sensor, readout(415148, 519888, 0xFFFF))), nil)

-- Settings; zeros are empty strings, as C sees them.
local _, c = m.setup(t, 1, 2, 3, 1, 0, 2)
eq(c[1], "\8") eq(c[2], "\3") eq(c[3], string.char(1 * 32 + 2 * 4 + 1))
_, c = m.setup(t, 8, 16, 24, 4, 8, 8)
eq(c[1], "") eq(c[2], "") eq(c[3], "")
_, c = m.setup(t, {}, false, nil, "2")
eq(c[3], string.char(5 * 32 + 5 * 4 + 2))

for _, bad in ipairs { "", "12345", "1234567", "123456789" } do fails("invalid readout data", m.read, sensor, bad) end
fails("bme280 sensor expected, got nil", m.read, nil, readout(1, 2, 3))
fails("bme280 sensor expected, got table", m.read, {}, readout(1, 2, 3))
fails("string expected, got no value", m.read, sensor)
fails("string expected, got no value", m.setup)
if not test.lua51 then
  fails("number has no integer representation", m.setup, t, n "1.5")
else
  eq(select(2, m.setup(t, n "1.5"))[3], string.char(1 * 32 + 5 * 4 + 3))
end
m.read(m.setup "", readout(415148, 519888)) -- too short: the rest is zeros
eq(select(2, m.read(m.setup "", readout(415148, 519888))), 0)

near(m.altitude(n "1013.25", n "1013.25"), 0, 1)
near(m.altitude({}, n "954.61", n "1013.25"), 500, 2)
near(m.altitude(sensor, n "954.61", n "1013.25"), 500, 2)
near(m.qfe2qnh(n "954.61", 500), n "1013.25", n "0.2")
near(m:qfe2qnh(1000, 0), 1000)
near(m.dewpoint(100, 20), 20)
near(m.dewpoint({}, 50, 20), n "9.27", n "0.1")
fails("number expected, got no value", m.altitude, {}, 1)
fails("number expected, got string", m.dewpoint, "x", 1)

-- The factor of an altitude that is no whole number holds for the whole one, too.
local exact = m.qfe2qnh(1000, 100)
local later = m.qfe2qnh(1000, n "100.9")
eq(m.qfe2qnh(1000, 100), later)
m.qfe2qnh(1000, 5)
eq(m.qfe2qnh(1000, 100), exact)

print "bme280_math: ok"
