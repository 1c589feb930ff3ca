local m = bme280_math
local function near(got, want, by)
  assert(got and math.abs(got - want) <= (by or 0.01), ("got %s, want %s"):format(tostring(got), tostring(want)))
end
local function eq(got, want) assert(got == want, ("got %s, want %s"):format(tostring(got), tostring(want))) end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end

-- The data sheet's example of the BMP280 (section 3.12).
local t = string.pack("<HhhHhhhhhhhh", 27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
local function readout(pressure, temperature, humidity)
  return string.pack(">I3I3", pressure << 4, temperature << 4) .. (humidity and string.pack(">I2", humidity) or "")
end
local sensor, config = m.setup(t)
eq(type(sensor), "userdata")
eq(#config, 3)
eq(config[1], string.char(7 << 5 | 4 << 2))
eq(config[2], "\5")
eq(config[3], string.char(5 << 5 | 5 << 2 | 3))
local temperature, pressure, humidity, extra = m.read(sensor, readout(415148, 519888))
near(temperature, 25.08)
near(pressure, 1006.53)
eq(humidity, nil)
eq(extra, nil)

-- With humidity, and calibration of which the bytes share one.
local h = string.pack("<BhBBBBb", 75, 370, 0, 0x14, 0x2A, 0x03, 30)
sensor = m.setup(t .. h)
temperature, pressure, humidity = m.read(sensor, readout(415148, 519888, 30000))
near(temperature, 25.08)
near(humidity, 50.015)
eq(select("#", m.read(sensor, readout(415148, 519888, 30000))), 3)
local sea = select(4, m.read(sensor, readout(415148, 519888, 30000), 500.9)) -- whole metres
near(sea, m.qfe2qnh(pressure, 500), 0.001)
near(sea, 1068.4, 1)

-- What was not measured.
eq(select("#", m.read(sensor, readout(415148, 0x80000, 30000), 100)), 0)
eq(select("#", m.read(sensor, readout(415148, 0xFFFFF, 30000), 100)), 0)
for _, raw in ipairs { 0x80000, 0xFFFFF } do
  local a, b, c = m.read(sensor, readout(raw, 519888, 30000), 100)
  near(a, 25.08)
  eq(b, nil)
  assert(c > 0)
  eq(select("#", m.read(sensor, readout(raw, 519888, 30000), 100)), 3)
end
eq(select(3, m.read(sensor, readout(415148, 519888, 0x8000))), nil)
eq(select(3, m.read(sensor, readout(415148, 519888, 0xFFFF))), nil)

-- Settings; zeros are empty strings, as C sees them.
local _, c = m.setup(t, 1, 2, 3, 1, 0, 2)
eq(c[1], "\8") eq(c[2], "\3") eq(c[3], string.char(1 << 5 | 2 << 2 | 1))
_, c = m.setup(t, 8, 16, 24, 4, 8, 8)
eq(c[1], "") eq(c[2], "") eq(c[3], "")
_, c = m.setup(t, {}, false, nil, "2")
eq(c[3], string.char(5 << 5 | 5 << 2 | 2))

for _, bad in ipairs { "", "12345", "1234567", "123456789" } do fails("invalid readout data", m.read, sensor, bad) end
fails("bme280 sensor expected, got nil", m.read, nil, readout(1, 2, 3))
fails("bme280 sensor expected, got table", m.read, {}, readout(1, 2, 3))
fails("string expected, got no value", m.read, sensor)
fails("string expected, got no value", m.setup)
fails("number has no integer representation", m.setup, t, 1.5)
m.read(m.setup "", readout(415148, 519888)) -- too short: the rest is zeros
eq(select(2, m.read(m.setup "", readout(415148, 519888))), 0)

near(m.altitude(1013.25, 1013.25), 0, 1)
near(m.altitude({}, 954.61, 1013.25), 500, 2)
near(m.altitude(sensor, 954.61, 1013.25), 500, 2)
near(m.qfe2qnh(954.61, 500), 1013.25, 0.2)
near(m:qfe2qnh(1000, 0), 1000)
near(m.dewpoint(100, 20), 20)
near(m.dewpoint({}, 50, 20), 9.27, 0.1)
fails("number expected, got no value", m.altitude, {}, 1)
fails("number expected, got string", m.dewpoint, "x", 1)

-- The factor of an altitude that is no whole number holds for the whole one, too.
local exact = m.qfe2qnh(1000, 100)
local later = m.qfe2qnh(1000, 100.9)
eq(m.qfe2qnh(1000, 100), later)
m.qfe2qnh(1000, 5)
eq(m.qfe2qnh(1000, 100), exact)

print "bme280_math: ok"
