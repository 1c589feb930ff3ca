package node_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

func TestRestart_RestOfTaskRuns(t *testing.T) {
	c := newChip(t)
	c.do(`node.task.post(function() print "too late" end)
		node.restart(); for i = 1, 20 do print("not quite yet -- ",i); end`)
	if n := strings.Count(c.printed(), "not quite yet -- \t"); n != 20 {
		t.Errorf("%d lines", n)
	}
	c.runFor(time.Second)
	if got := c.printed(); got != "" {
		t.Errorf("after the restart: %q", got)
	}
	e := c.system.Pending()
	if e == nil || e.Next.Reason != port.ResetRestart {
		t.Fatalf("pending %+v", e)
	}
	c.reboot(e.Next)
	c.do(`print(node.bootreason())`)
	if got := c.printed(); got != "2\t4\n" {
		t.Errorf("boot reason %q", got)
	}
}

func TestBootReason_Exception(t *testing.T) {
	c := newChip(t)
	c.reboot(port.ResetInfo{Raw: 2, Reason: port.ResetException, ExcCause: 28, EPC1: 0x40201234, ExcVAddr: 4})
	c.do(`print(node.bootreason())`)
	if got := c.printed(); got != "2\t2\t28\t1075843636\t0\t0\t4\t0\n" {
		t.Errorf("%q", got)
	}
}

// An error that nobody catches is printed with a traceback, and the chip
// restarts two seconds after the first one.
func TestOnError_Default(t *testing.T) {
	c := newChip(t)
	c.do(`tmr.create():alarm(1000, tmr.ALARM_AUTO, function() local function f() error "oops" end f() end)`)
	c.runFor(2900 * time.Millisecond)
	out := c.printed()
	if strings.Count(out, "oops") != 2 || !strings.Contains(out, "stack traceback") {
		t.Errorf("printed %q", out)
	}
	if c.system.Pending() != nil {
		t.Error("restarted too early")
	}
	c.runFor(200 * time.Millisecond)
	if e := c.system.Pending(); e == nil || e.Next.Reason != port.ResetRestart {
		t.Errorf("pending %+v", e)
	}
}

func TestOnError_Own(t *testing.T) {
	c := newChip(t)
	c.do(`node.setonerror(function(s) print("caught " .. s:match "[^\n]*") end)
		node.task.post(function() error("x", 0) end)`)
	c.runFor(5 * time.Second)
	if got := c.printed(); got != "caught x\n" || c.system.Pending() != nil {
		t.Errorf("%q, pending %+v", got, c.system.Pending())
	}
}

func TestWatchdog(t *testing.T) {
	c := newChip(t)
	for _, code := range []string{
		"while true do end",
		"repeat pcall(error) until false",
		"node.setpartitiontable{lfs_size=0x20000, spiffs_addr=0xB0000, spiffs_size=0x100000}",
	} {
		before := c.loop.Now()
		if err := c.exec(code, "=test"); err == nil || err.Error() != "reset: 3" {
			t.Errorf("%s: %v", code, err)
		}
		if took := c.loop.Now() - before; took < sdk.SoftWatchdog || took > sdk.SoftWatchdog+10*time.Millisecond {
			t.Errorf("%s: after %v", code, took)
		}
		c.reboot(sdk.Reason(port.ResetSoftWatchdog))
	}
	c.do(`local pt = node.getpartitiontable()
		print(("%x %x %x %x"):format(pt.lfs_addr, pt.lfs_size, pt.spiffs_addr, pt.spiffs_size))`)
	if got := c.printed(); !strings.HasSuffix(got, "\n90000 20000 b0000 100000\n") {
		t.Errorf("partitions after the reset: %q", got)
	}
	c.do(`tmr.delay(20000000)
		for i = 1, 40 do local t = tmr.now() while tmr.now() - t < 1000000 do end tmr.wdclr() end`)
	if len(c.long) != 1 || c.long[0] < 60*time.Second {
		t.Errorf("long tasks: %v", c.long)
	}
}

func TestSetPartitions(t *testing.T) {
	for code, want := range map[string]string{
		`{lfs_size=0x20000, spiffs_addr=0x120000, spiffs_size=0x20000}`: "90000 20000 120000 20000",
		`{lfs_size=0x20000, spiffs_size=0x100000}`:                      "90000 20000 100000 100000",
		`{spiffs_addr=0x100000, spiffs_size=0x80000}`:                   "0 0 100000 80000",
		`{spiffs_size=0}`: "0 0 0 0",
	} {
		c := newChip(t)
		if err := c.exec("node.setpartitiontable"+code, "=test"); err == nil || err.Error() != "reset: 3" {
			t.Errorf("%s: %v", code, err)
			continue
		}
		if out := c.printed(); !strings.HasPrefix(out, "Partition 0: 0065 000000 00b000\nPartition 1: 0004 00d000 001000\n") {
			t.Errorf("%s: printed %q", code, out)
		}
		c.reboot(sdk.Reason(port.ResetSoftWatchdog))
		c.do(`local pt = node.getpartitiontable()
			print(("%x %x %x %x"):format(pt.lfs_addr, pt.lfs_size, pt.spiffs_addr, pt.spiffs_size))`)
		if got := c.printed(); got != want+"\n" {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}

func TestSoftWatchdogOfApplication(t *testing.T) {
	c := newChip(t)
	c.do("tmr.softwd(3)")
	c.runFor(3500 * time.Millisecond)
	c.do("tmr.softwd(-1)")
	c.runFor(time.Minute)
	if c.system.Pending() != nil {
		t.Error("restarted though it was turned off")
	}
	c.do("tmr.softwd(3)")
	c.runFor(5 * time.Second)
	if c.system.Pending() == nil {
		t.Error("did not restart")
	}
}

func TestDeepSleep(t *testing.T) {
	for code, want := range map[string]sdk.Ending{
		"node.dsleep(1500000)":          {Sleep: 1500 * time.Millisecond},
		"node.dsleep(2000000, 4, 1)":    {Sleep: 2 * time.Second, SleepOption: 4},
		"node.dsleep(0)":                {Sleep: sdk.Forever},
		"node.dsleep(-1)":               {Sleep: (1<<32 - 1) * time.Microsecond},
		"node.dsleep(node.dsleepMax())": {Sleep: 12348030976 * time.Microsecond},
	} {
		c := newChip(t)
		c.do(code)
		e := c.system.Pending()
		want.Next = sdk.Reason(port.ResetDeepSleep)
		if e == nil || *e != want {
			t.Errorf("%s: %+v, want %+v", code, e, want)
		}
	}
	c := newChip(t)
	c.do("node.dsleep() node.dsleep(nil, 4)")
	if c.system.Pending() != nil {
		t.Error("slept without a time")
	}
}

// The console's pipe is in the registry; node.input writes to it.
func TestInput(t *testing.T) {
	c := newChip(t)
	c.do(`debug.getregistry().stdin = pipe.create(function(p)
			local line = p:read "\n+"
			if line and line:sub(-1) == "\n" then print("line " .. line:sub(1, -2)) return end
			if line then p:unread(line) end
			return false
		end, node.task.LOW_PRIORITY)
		node.input "=1" node.input "+1\nx=" node.input "2\n"`)
	if got := c.printed(); got != "line =1+1\nline x=2\n" {
		t.Errorf("%q", got)
	}
}

func TestOutput(t *testing.T) {
	c := newChip(t)
	c.do(`node.output(function(p) got = (got or "") .. (p:read(99) or "") return true end)
		print "both" uart.write(0, "raw\n")`)
	if got := c.out.String(); got != "both\r\nraw\n" {
		t.Errorf("port: %q", got)
	}
	c.printed()
	c.do(`node.output() print(got) node.output(function() end, 0) print "nothing"`)
	if got := c.printed(); got != "both\n\n" {
		t.Errorf("%q", got)
	}
	// A pipe that fails cannot report that through itself.
	c.do(`debug.getregistry().stdout[1] = function() error "broken" end print "x"`)
	if got := c.printed(); !strings.HasPrefix(got, "error calling stdout:write(") || !strings.Contains(got, "broken") {
		t.Errorf("%q", got)
	}
	if c.system.Pending() == nil {
		t.Error("did not restart")
	}
}

func TestUARTOn(t *testing.T) {
	c := newChip(t)
	c.do(`uart.on("data", 4, function(s) print("got " .. s) end, 0)`)
	if r := c.input.r; r.Lines || r.Length != 4 {
		t.Errorf("%+v", r)
	}
	c.input.r.F([]byte("a\x00bc"))
	if got := c.printed(); got != "got a\x00bc\n" {
		t.Errorf("%q", got)
	}
	c.do(`uart.on("data", "\r", function(s) error "oops" end)`)
	if r := c.input.r; !r.Lines || r.Length != -1 || r.End != '\r' {
		t.Errorf("%+v", r)
	}
	c.input.r.F([]byte("x"))
	if n := c.machine.State().GetTop(); n != 0 {
		t.Errorf("%d values left", n)
	}
	c.do(`uart.on "data"`)
	if r := c.input.r; !r.Lines || r.F != nil {
		t.Errorf("%+v", r)
	}
	c.do(`uart.setup(0, 9600, 8, uart.PARITY_NONE, uart.STOPBITS_1, 1)`)
	if !c.input.echo || c.uarts[0].Config().Baud != 9600 {
		t.Error("setup")
	}
	c.do(`uart.setup(0, 9600, 8, uart.PARITY_NONE, uart.STOPBITS_1, 0)`)
	if c.input.echo {
		t.Error("echo")
	}
}

func TestTrig(t *testing.T) {
	c := newChip(t)
	c.do(`gpio.mode(2, gpio.INT, gpio.PULLUP)
		gpio.trig(2, "low", function(level, when, n) print(level, n, when) gpio.trig(2, "none") end)`)
	c.runFor(6 * time.Millisecond)
	want := fmt.Sprintf("0\t1\t%d\n", c.loop.Now()/time.Microsecond)
	c.board.Drive(2, 0)
	c.runFor(time.Millisecond)
	if got := c.printed(); got != want {
		t.Errorf("level: %q, want %q", got, want)
	}
	c.do(`gpio.trig(2, "both", function(level, when, n) print(level, n, when) tmr.delay(4000) end)`)
	w := c.board.NewWave(2, time.Millisecond, time.Millisecond)
	c.runFor(10 * time.Millisecond)
	w.Stop()
	// An edge per millisecond, and callbacks of four: each counts what it missed.
	lines := strings.Split(strings.TrimSpace(c.printed()), "\n")
	total := 0
	for _, line := range lines {
		var level, n, when int
		if _, err := fmt.Sscan(line, &level, &n, &when); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		total += n
	}
	if len(lines) > 5 || total < 8 {
		t.Errorf("%q", lines)
	}
}

func TestDelayMount(t *testing.T) {
	c := newChip(t)
	c.do(`node.startup{delay_mount = true}`)
	c.reboot(sdk.Reason(port.ResetRestart))
	c.do(`file.putcontents("x", "y") print(file.getcontents "x")`)
	if got := c.printed(); got != "y\n" {
		t.Errorf("%q", got)
	}
}

func TestFormat(t *testing.T) {
	c := newChip(t)
	c.do(`file.putcontents("x", "y") local f = file.open "x" file.open "x"
		file.format() print(f:read(), file.exists "x", file.write "z") f:close()`)
	if got := c.printed(); got != "format done.\nnil\tfalse\tnil\n" {
		t.Errorf("%q", got)
	}
}

// Files, timers and pipes leave nothing behind.
func TestNoLeaks(t *testing.T) {
	c := newChip(t)
	work := `
		for i = 1, 30 do
			local t = tmr.create()
			t:alarm(5, tmr.ALARM_SINGLE, function() end)
			tmr.create():register(5, tmr.ALARM_AUTO, function() end)
			local f = file.open("leak" .. i % 3, "w")
			if f then f:write(("x"):rep(300)) if i % 2 == 0 then f:close() end end
			file.list "^l" file.getcontents "leak1"
			local p = pipe.create(function(o) o:read(9999) return false end)
			pcall(p.write, p, ("y"):rep(700))
			gpio.trig(3, "up", function() end)
			uart.on("data", "x", function() end)
			if i % 10 == 0 then collectgarbage() end
		end
		file.close() gpio.trig(3) uart.on "data"
		gpio.serout(1, 1, {100, 100, 100}, 2, function() end)`
	measure := func() (int, mem.Addr) {
		c.do(work)
		c.runFor(100 * time.Millisecond)
		c.do("collectgarbage() collectgarbage()")
		return c.machine.Handles(), c.heap.FreeBytes()
	}
	for range 3 { // tables and the like grow to their size
		measure()
	}
	handles, free := measure()
	const rounding = 128 // bytes that depend on how blocks happen to be cut
	for range 20 {
		if h, f := measure(); h != handles || f+rounding < free {
			t.Fatalf("%d handles and %d bytes free, before %d and %d", h, f, handles, free)
		}
	}
	if c.printed() != "" {
		t.Error("something was printed")
	}
}

// runUntilPanic runs the chip. An error outside of any protected call, which the
// firmware answers with a reset, ends it.
func (c *testChip) runUntilPanic(d time.Duration) {
	defer func() {
		if r := recover(); r != nil && fmt.Sprintf("%T", r) != "*vm.thrown" {
			panic(r)
		}
	}()
	c.runFor(d)
}

// With memory failing at any point, scripts end with an error and leave a sound
// heap; nothing in Go breaks.
func TestOutOfMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, name := range []string{"pipe/pipe", "tmr/tmr", "file/file", "gpio/gpio", "gpio/pulse", "node/node", "structmod/struct"} {
		dir, base := filepath.Split(name)
		code, err := os.ReadFile(filepath.Join("..", dir, "testdata", base+".lua"))
		if err != nil {
			t.Fatal(err)
		}
		c := newChip(t)
		for n := 0; n < 4000; n += 61 {
			c.heap.FailAfter = n
			err := c.exec(string(code), "@script")
			c.runUntilPanic(time.Second)
			c.heap.FailAfter = -1
			if err != nil && strings.HasPrefix(err.Error(), "reset") {
				t.Errorf("%s, failing after %d: %v", name, n, err)
			}
			if err := c.heap.Check(); err != nil {
				t.Fatalf("%s, failing after %d: %v", name, n, err)
			}
			if err := c.machine.CheckHeap(); err != nil {
				t.Fatalf("%s, failing after %d: %v", name, n, err)
			}
			c.reboot(sdk.Reason(port.ResetRestart))
		}
	}
}
