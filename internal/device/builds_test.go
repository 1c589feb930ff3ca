package device_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// smallChip is a chip that does not exist: nothing is where the ESP8266 has it.
func smallChip() *chip.Chip {
	c := *chip.ESP8266()
	c.Name = "small"
	c.Memory = chip.Memory{
		RAM: chip.Region{Start: 0x20000000, End: 0x20010000}, StaticBytes: 4 << 10,
		Scratch: chip.Region{Start: 0x28000000, End: 0x28004000}, // away from the RAM
		Code:    0x10000000, Tables: 0x30000000,
		Window: chip.Region{Start: 0x60000000, End: 0x60100000},
		Stores: chip.Region{Start: 0x60080000, End: 0x60100000}, StoreBase: 0x60090000,
	}
	c.Flash = chip.Flash{DefaultBytes: 2 << 20, Vendor: 0xC8, Type: 0x40, SpeedHz: 80_000_000}
	c.NewHeap = func(m mem.Mem, start, end mem.Addr) heap.System { return heap.NewDevice(m, start, end) }
	c.TaskQueue = 3
	c.TimerStep = 10 * time.Millisecond
	c.Clocks = chip.Clocks{CPU: 40, CPUMax: 40, RTCPeriod: 4096, UnitMHz: 40}
	c.Watchdog = chip.Watchdog{Task: 100 * time.Millisecond, Soft: time.Second}
	c.Resets = map[port.ResetReason]chip.Reset{port.ResetPowerOn: {Name: "plugged in", Raw: 7}, port.ResetSoftWatchdog: {Name: "barked", Raw: 9}}
	c.SerialPorts = 1
	return &c
}

// aboutChip prints what tells one chip from another.
const aboutChip = `
local n = 0 -- the console has one of the queue's entries
while pcall(node.task.post, 0, function() end) do n = n + 1 end
print(tostring(print), node.bootreason())
print(n, node.getcpufreq(), node.heap() // 4096, net, wifi, struct, node.info("hw").flash_size, node.flashid())
tmr.create():alarm(1, tmr.ALARM_AUTO, function() ticks = (ticks or 0) + 1 end)
`

// TestTwoBuilds boots two modules with different firmware in one process, one of them on a
// chip that has nothing in common with the other one's, and lets them run in turns.
func TestTwoBuilds(t *testing.T) {
	esp := startConfig(t, device.Config{StateDir: stateWith(t, "init.lua", aboutChip)})
	small := startConfig(t, device.Config{StateDir: stateWith(t, "init.lua", aboutChip), FreeHeap: 20 << 10, Build: firmware.Build{
		Chip: smallChip(), Numbers: num.Int64Float64, Modules: []string{"file", "node", "struct", "tmr"}}})
	for range 10 {
		esp.runFor(100 * time.Millisecond)
		small.runFor(100 * time.Millisecond)
	}
	for _, c := range []struct {
		m             *module
		want          []string
		typed, answer string
	}{
		{esp, []string{"function: 0x401", "\t1\t0\n", "\n7\t80\t10\ttable: 0x402", "\t4096\t1458415\n"}, "=ticks > 900\n", "true\n"},
		{small, []string{"modules: file,node,struct,tmr", "function: 0x1000", "\t7\t0\n", "\n2\t40\t4\tnil\tnil\ttable: 0x3000", "\t2048\t1392840\n"}, "=ticks < 110 and ticks > 80\n", "true\n"},
	} {
		out := c.m.printed()
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("the module's output lacks %q:\n%s", want, out)
			}
		}
		if got := c.m.typed(c.typed); !strings.Contains(got, c.answer) {
			t.Errorf("%q answers %q", c.typed, got)
		}
	}
	small.typed("tmr.delay(500000)\n")
	small.typed("while true do end\n")
	small.runFor(2 * time.Second)
	var told []string
	for _, e := range small.events {
		told = append(told, e.Text)
	}
	if text := strings.Join(told, "\n"); !strings.Contains(text, "reset: barked") || !strings.Contains(text, "after 100ms the radio suffers") {
		t.Errorf("events:\n%s", text)
	}
	if got := small.typed("=node.bootreason()\n"); !strings.Contains(got, "9\t3") {
		t.Errorf("the reason of the reset is %q", got)
	}
}

// TestStore_OtherChip loads an image into the store of a chip that reads its flash memory
// elsewhere.
func TestStore_OtherChip(t *testing.T) {
	m := startConfig(t, device.Config{LFSSize: 64 << 10, Build: firmware.Build{Chip: smallChip()},
		StateDir: stateWith(t, "lfs.img", string(makeImage(t, num.Int32Float32, "main", "return 'from the store'")))})
	m.boot()
	m.typed("node.LFS.reload('lfs.img')\n")
	m.runFor(time.Second)
	if got := m.typed("=node.LFS.main(), node.LFS.config\n"); !strings.Contains(got, "from the store") {
		t.Errorf("the store answers %q", got)
	}
	if got := m.typed("=string.format('%x %x', node.info('lfs').lfs_mapped, node.info('lfs').lfs_base)\n"); !strings.Contains(got, "60090000 90000") {
		t.Errorf("the store is at %q", got)
	}
}

// TestMissingModule holds that a module of the firmware that Moonlet does not have is told
// of once, and only when it is asked for.
func TestMissingModule(t *testing.T) {
	m := startConfig(t, device.Config{Build: firmware.Build{Modules: []string{"node", "tmr"}},
		StateDir: stateWith(t, "init.lua", `
			crypto = { mine = true } -- a Lua module of that name
			print(crypto.mine, undefinedname, net)
			for i = 1, 3 do
				print(somfy, rawget(_G, "http"))
				collectgarbage()
			end
			if pwm2 then print(pwm2) end`)})
	m.runFor(time.Second)
	if out := m.printed(); !strings.Contains(out, "true\tnil\tnil\nnil\tnil\nnil\tnil\nnil\tnil\n") {
		t.Errorf("%q", out)
	}
	var told []string
	for _, e := range m.events {
		if e.Kind == device.MissingModule {
			told = append(told, e.Text)
			if line := map[bool]string{true: "init.lua:5:", false: "init.lua:8:"}[strings.Contains(e.Text, "somfy")]; !strings.Contains(e.Traceback, line) {
				t.Errorf("%s: the traceback is %q", e.Text, e.Traceback)
			}
		}
	}
	if text := strings.Join(told, "\n"); text != "the firmware's module somfy is not in Moonlet yet: it is nil, as in a build without it\n"+
		"the firmware's module pwm2 is not in Moonlet yet: it is nil, as in a build without it" {
		t.Errorf("events:\n%s", text)
	}
	if device.MissingModule.String() != "missing-module" {
		t.Error(device.MissingModule.String())
	}
}

// TestConfig_Mistakes holds that all that cannot be is told at once.
func TestConfig_Mistakes(t *testing.T) {
	_, err := device.New(device.Config{StateDir: t.TempDir(), FreeHeap: 1 << 20, LFSSize: 5, Build: firmware.Build{Lua: "6", Modules: []string{"file", "x"}}})
	if err == nil {
		t.Fatal("it is possible")
	}
	for _, want := range []string{`there is no Lua "6"`, `there is no module "x"`, `without "node"`, "a heap of 1048576 bytes is not possible: choose 8192 to ", "a store of 5 bytes is not possible"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
}
