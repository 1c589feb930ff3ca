package moonlet_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
)

// sensorProject is a project with a sensor of each kind.
const sensorProject = `
[[bme280]]
sda = 2
scl = 1
temperature = 21.57
pressure = 987.6
humidity = { kind = "ramp", from = 30, to = 60, every = "30s" }
`

// readSensor is a program that reads the registers itself.
const readSensor = `
i2c.setup(0, 2, 1, i2c.SLOW)
local function write(at, value)
  i2c.start(0)
  assert(i2c.address(0, 0x76, i2c.TRANSMITTER))
  i2c.write(0, at, value)
  i2c.stop(0)
end
local function read(at, n)
  i2c.start(0)
  assert(i2c.address(0, 0x76, i2c.TRANSMITTER))
  i2c.write(0, at)
  i2c.start(0)
  assert(i2c.address(0, 0x76, i2c.RECEIVER))
  local s = i2c.read(0, n)
  i2c.stop(0)
  return s
end
local found = {}
for address = 8, 119 do
  i2c.start(0)
  if i2c.address(0, address, i2c.TRANSMITTER) then found[#found + 1] = ("%02x"):format(address) end
  i2c.stop(0)
end
print("found", table.concat(found, " "))
local calibration = read(0x88, 6) .. read(0x8e, 18) .. read(0xa1, 1) .. read(0xe1, 7)
local math, settings = bme280_math.setup(calibration)
write(0xf5, settings[1]) write(0xf2, settings[2]) write(0xf4, settings[3])
tmr.create():alarm(10000, tmr.ALARM_SINGLE, function()
  local t, p, h = bme280_math.read(math, read(0xf7, 8))
  print("measured", ("%.0f %.0f %.0f"):format(t * 100, p * 10, h))
end)
`

func writeProject(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestSensor reads a sensor that a project file describes.
func TestSensor(t *testing.T) {
	for _, lua := range []string{"5.3", "5.1"} {
		t.Run("Lua-"+lua, func(t *testing.T) {
			m, err := moonlet.Open(writeProject(t, map[string]string{"moonlet.toml": sensorProject, "init.lua": readSensor}),
				moonlet.Set("lua", lua), moonlet.Set("time", "virtual"))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			for _, want := range []string{"found\t76", "measured\t2157 9876 40"} {
				if _, err := m.Expect(want, time.Minute); err != nil {
					t.Fatalf("%v\n%s", err, m.LastLines(20))
				}
			}
		})
	}
}

// TestSensor_FirmwareDriver lets the driver in Lua that comes with the firmware read the same sensor.
func TestSensor_FirmwareDriver(t *testing.T) {
	firmware := os.Getenv("MOONLET_FIRMWARE")
	if firmware == "" {
		t.Skip("MOONLET_FIRMWARE is not set to the firmware's sources")
	}
	driver, err := os.ReadFile(filepath.Join(firmware, "lua_modules", "bme280", "bme280.lua"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := moonlet.Open(writeProject(t, map[string]string{"moonlet.toml": sensorProject, "bme280.lua": string(driver), "init.lua": `
		i2c.setup(0, 2, 1, i2c.SLOW)
		local s = require("bme280").setup(0)
		tmr.create():alarm(10000, tmr.ALARM_SINGLE, function()
		  local t, p, h = s:read()
		  print("measured", ("%.0f %.0f %.0f"):format(t * 100, p * 10, h))
		end)`}), moonlet.Set("time", "virtual"))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, err := m.Expect("measured\t2157 9876 40", time.Minute); err != nil {
		t.Fatalf("%v\n%s", err, m.LastLines(20))
	}
}

// TestSensor_Conflict holds that two parts at one address are refused with both names.
func TestSensor_Conflict(t *testing.T) {
	for text, want := range map[string]string{
		"[[bme280]]\nsda = 2\nscl = 1\n[[bme280]]\nname = 'roof'\nsda = 2\nscl = 1": `bme280 and bme280 "roof" are both at 0x76`,
		"[[bme280]]\nsda = 2\nscl = 1\n[[bme280]]\nsda = 1\nscl = 2":                `is SDA and SCL, of bme280 and bme280`,
		"[[bme280]]\nsda = 2\nscl = 1\naddress = 64":                                `the part cannot be at 0x40; it has 0x76, 0x77`,
		"[[bme280]]\nsda = 2":                             `scl`,
		"[[bme280]]\nsda = 2\nscl = 1\ntemperature = 'x'": `want a number`,
	} {
		m, err := moonlet.Open(writeProject(t, map[string]string{"moonlet.toml": text, "init.lua": ""}))
		if err == nil {
			m.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// counter is a device at 0x23 that gives the seconds since power-on.
type counter struct{ now func() time.Duration }

func (c *counter) Start(address int, read bool) bool { return address == 0x23 && read }
func (c *counter) Write(byte) bool                   { return false }
func (c *counter) Read() byte                        { return byte(c.now() / time.Second) }
func (c *counter) Stop()                             {}

// TestAttachI2C reads a device that a program brings, also behind a reset.
func TestAttachI2C(t *testing.T) {
	m, err := moonlet.New(moonlet.Config{Time: moonlet.Virtual, Files: map[string]string{"init.lua": `
		i2c.setup(0, 2, 1, i2c.SLOW)
		tmr.create():alarm(5000, tmr.ALARM_SINGLE, function()
		  i2c.start(0)
		  assert(i2c.address(0, 0x23, i2c.RECEIVER))
		  print("seconds", i2c.read(0, 1):byte())
		  i2c.stop(0)
		  tmr.create():alarm(5000, tmr.ALARM_SINGLE, node.restart)
		end)`}}, moonlet.AttachI2C(2, 1, func(now func() time.Duration) moonlet.I2CDevice { return &counter{now} }))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, want := range []string{"seconds\t5", "seconds\t15"} {
		if _, err := m.Expect(want, time.Minute); err != nil {
			t.Fatalf("%v\n%s", err, m.LastLines(20))
		}
	}
	bad, err := moonlet.New(moonlet.Config{Files: map[string]string{"init.lua": ""}}, moonlet.AttachI2C(2, 2, nil))
	if err == nil {
		defer bad.Close()
		err = bad.Boot()
	}
	if err == nil || !strings.Contains(err.Error(), "sda is pin 2 as well") {
		t.Errorf("a bus of one pin: %v", err)
	}
}

// moreSensors are small ones, all at one bus.
const moreSensors = `
[[bh1750]]
sda = 2
scl = 1
light = 250
[[lm92]]
sda = 2
scl = 1
address = 0x4A
temperature = -7.3125
[[hdc1080]]
name = "cellar"
sda = 2
scl = 1
model = "hdc1000"
temperature = 18.25
humidity = 66.6
`

// readMore reads them without a driver.
const readMore = `
i2c.setup(0, 2, 1, i2c.SLOW)
local function send(address, ...)
  i2c.start(0)
  assert(i2c.address(0, address, i2c.TRANSMITTER))
  i2c.write(0, ...)
  i2c.stop(0)
end
local function receive(address, n)
  i2c.start(0)
  if not i2c.address(0, address, i2c.RECEIVER) then i2c.stop(0) return nil end
  local s = i2c.read(0, n)
  i2c.stop(0)
  return s
end
local function hex(s) return s and (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) or "nothing" end
local function show(what, ...) print(what, ...) end
send(0x23, 0x10) tmr.delay(180000) show("light", hex(receive(0x23, 2)))
send(0x23, 0x21) show("once, too early", hex(receive(0x23, 2)))
tmr.delay(180000) show("once", hex(receive(0x23, 2)))
send(0x23, 0x42, 0x6a, 0x10) tmr.delay(180000) show("half the time", hex(receive(0x23, 2)))
send(0x4a, 7) show("lm92", hex(receive(0x4a, 2)))
send(0x4a, 0) show("below zero", hex(receive(0x4a, 4)))
send(0x4a, 4, 0xf8, 0x00) send(0x4a, 0) show("limit", hex(receive(0x4a, 2)))
send(0x40, 0) show("busy", hex(receive(0x40, 2)))
tmr.delay(20000) show("both", hex(receive(0x40, 4)))
send(0x40, 2, 0x06, 0x00) send(0x40, 0) tmr.delay(4000) show("11 bits", hex(receive(0x40, 2)))
send(0x40, 1) tmr.delay(4000) show("8 bits", hex(receive(0x40, 2)))
send(0x40, 0xfe) show("maker", hex(receive(0x40, 2)))
print "end"
`

// TestSensor_More holds what small sensors send, byte by byte.
func TestSensor_More(t *testing.T) {
	m, err := moonlet.Open(writeProject(t, map[string]string{"moonlet.toml": moreSensors, "init.lua": readMore}), moonlet.Set("time", "virtual"))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	_, err = m.Expect("end\r\n> ", time.Minute)
	out := m.Output()
	if n := strings.Count(out, "NodeMCU "); n != 1 {
		t.Errorf("it started %d times:\n%s", n, out)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, m.LastLines(30))
	}
	for _, want := range []string{
		"light\t012c", "once, too early\t012c", "once\t0258", "half the time\t0142", // 250 lx; 74 of 69
		"lm92\t8001", "below zero\tfc59fc59", "limit\tfc58",
		"busy\tnothing", "both\t5a60aa7c", "11 bits\t5a60", "8 bits\taa00", "maker\t5449",
	} {
		if !strings.Contains(strings.ReplaceAll(out, "\r", ""), want+"\n") {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
}

// TestSensor_MoreDrivers reads them by the drivers in Lua that come with the firmware.
func TestSensor_MoreDrivers(t *testing.T) {
	firmware := os.Getenv("MOONLET_FIRMWARE")
	if firmware == "" {
		t.Skip("MOONLET_FIRMWARE is not set to the firmware's sources")
	}
	files := map[string]string{"moonlet.toml": moreSensors, "init.lua": `
		local light = require "bh1750" light.init(2, 1) light.read() print("lux", light.getlux() / 100)
		package.loaded.bh1750, bh1750 = nil, nil
		local lm92 = require "lm92" lm92.setup(0x4A) print("lm92", lm92.getTemperature())
		package.loaded.lm92 = nil
		local hdc = require "HDC1000" hdc.setup(false) hdc.config()
		print("hdc", ("%.1f %.1f"):format(hdc.getTemp(), hdc.getHumi()))`}
	for name, path := range map[string]string{"bh1750.lua": "bh1750/bh1750.lua", "lm92.lua": "lm92/lm92.lua", "HDC1000.lua": "hdc1000/HDC1000.lua"} {
		text, err := os.ReadFile(filepath.Join(firmware, "lua_modules", filepath.FromSlash(path)))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	m, err := moonlet.Open(writeProject(t, files), moonlet.Set("time", "virtual"))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, want := range []string{"lux\t250", "lm92\t-7.3125", "hdc\t18.3 66.6"} {
		if _, err := m.Expect(want, time.Minute); err != nil {
			t.Fatalf("%v\n%s", err, m.LastLines(30))
		}
	}
}
