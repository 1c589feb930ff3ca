package node_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

func TestRestart_RestOfTaskRuns(t *testing.T) { moduletest.Editions(t, testRestart_RestOfTaskRuns) }

func testRestart_RestOfTaskRuns(t *testing.T) {
	c := boot(t)
	c.Do(`node.task.post(function() print "too late" end)
		node.restart(); for i = 1, 20 do print("not quite yet -- ",i); end`)
	if n := strings.Count(c.Printed(), "not quite yet -- \t"); n != 20 {
		t.Errorf("%d lines", n)
	}
	c.RunFor(time.Second)
	if got := c.Printed(); got != "" {
		t.Errorf("after the restart: %q", got)
	}
	e := c.Sys.Pending()
	if e == nil || e.Next.Reason != port.ResetRestart {
		t.Fatalf("pending %+v", e)
	}
	c.Reboot(e.Next)
	c.Do(`print(node.bootreason())`)
	if got := c.Printed(); got != "2\t4\n" {
		t.Errorf("boot reason %q", got)
	}
}

func TestBootReason_Exception(t *testing.T) { moduletest.Editions(t, testBootReason_Exception) }

func testBootReason_Exception(t *testing.T) {
	c := boot(t)
	c.Reboot(port.ResetInfo{Raw: 2, Reason: port.ResetException, ExcCause: 28, EPC1: 0x40201234, ExcVAddr: 4})
	c.Do(`print(node.bootreason())`)
	if got := c.Printed(); got != "2\t2\t28\t1075843636\t0\t0\t4\t0\n" {
		t.Errorf("%q", got)
	}
}

// An error that nobody catches is printed with a traceback, and the chip
// restarts two seconds after the first one.
func TestOnError_Default(t *testing.T) { moduletest.Editions(t, testOnError_Default) }

func testOnError_Default(t *testing.T) {
	c := boot(t)
	c.Do(`tmr.create():alarm(1000, tmr.ALARM_AUTO, function() local function f() error "oops" end f() end)`)
	c.RunFor(2900 * time.Millisecond)
	out := c.Printed()
	if strings.Count(out, "oops") != 2 || !strings.Contains(out, "stack traceback") {
		t.Errorf("printed %q", out)
	}
	if c.Sys.Pending() != nil {
		t.Error("restarted too early")
	}
	c.RunFor(200 * time.Millisecond)
	if e := c.Sys.Pending(); e == nil || e.Next.Reason != port.ResetRestart {
		t.Errorf("pending %+v", e)
	}
}

func TestOnError_Own(t *testing.T) { moduletest.Editions(t, testOnError_Own) }

func testOnError_Own(t *testing.T) {
	c := boot(t)
	c.Do(`node.setonerror(function(s) print("caught " .. s:match "[^\n]*") end)
		node.task.post(function() error("x", 0) end)`)
	c.RunFor(5 * time.Second)
	if got := c.Printed(); got != "caught x\n" || c.Sys.Pending() != nil {
		t.Errorf("%q, pending %+v", got, c.Sys.Pending())
	}
}

func TestWatchdog(t *testing.T) { moduletest.Editions(t, testWatchdog) }

func testWatchdog(t *testing.T) {
	c := boot(t)
	for _, code := range []string{
		"while true do end",
		"repeat pcall(error) until false",
		"node.setpartitiontable{lfs_size=0x20000, spiffs_addr=0xB0000, spiffs_size=0x100000}",
	} {
		before := c.Tasks.Now()
		if err := c.Exec(code, "=test"); err == nil || err.Error() != "reset: 3" {
			t.Errorf("%s: %v", code, err)
		}
		if took := c.Tasks.Now() - before; took < sdk.SoftWatchdog || took > sdk.SoftWatchdog+10*time.Millisecond {
			t.Errorf("%s: after %v", code, took)
		}
		c.Reboot(sdk.Reason(port.ResetSoftWatchdog))
	}
	c.Do(`local pt = node.getpartitiontable()
		print(("%x %x %x %x"):format(pt.lfs_addr, pt.lfs_size, pt.spiffs_addr, pt.spiffs_size))`)
	if got := c.Printed(); !strings.HasSuffix(got, "\n90000 20000 b0000 100000\n") {
		t.Errorf("partitions after the reset: %q", got)
	}
	c.Do(`tmr.delay(20000000)
		for i = 1, 40 do local t = tmr.now() while tmr.now() - t < 1000000 do end tmr.wdclr() end`)
	if len(c.Long) != 1 || c.Long[0] < 60*time.Second {
		t.Errorf("long tasks: %v", c.Long)
	}
}

func TestSetPartitions(t *testing.T) { moduletest.Editions(t, testSetPartitions) }

func testSetPartitions(t *testing.T) {
	for code, want := range map[string]string{
		`{lfs_size=0x20000, spiffs_addr=0x120000, spiffs_size=0x20000}`: "90000 20000 120000 20000",
		`{lfs_size=0x20000, spiffs_size=0x100000}`:                      "90000 20000 100000 100000",
		`{spiffs_addr=0x100000, spiffs_size=0x80000}`:                   "0 0 100000 80000",
		`{spiffs_size=0}`: "0 0 0 0",
	} {
		c := boot(t)
		if err := c.Exec("node.setpartitiontable"+code, "=test"); err == nil || err.Error() != "reset: 3" {
			t.Errorf("%s: %v", code, err)
			continue
		}
		if out := c.Printed(); !strings.HasPrefix(out, "Partition 0: 0065 000000 00b000\nPartition 1: 0004 00d000 001000\n") {
			t.Errorf("%s: printed %q", code, out)
		}
		c.Reboot(sdk.Reason(port.ResetSoftWatchdog))
		c.Do(`local pt = node.getpartitiontable()
			print(("%x %x %x %x"):format(pt.lfs_addr, pt.lfs_size, pt.spiffs_addr, pt.spiffs_size))`)
		if got := c.Printed(); got != want+"\n" {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}

func TestDeepSleep(t *testing.T) { moduletest.Editions(t, testDeepSleep) }

func testDeepSleep(t *testing.T) {
	// In Lua 5.3 numbers are 32 bits wide; an option that is no integer is 0, and is cut in 5.1.
	x := struct {
		minusOne, longest time.Duration
		option            uint8
	}{(1<<32 - 1) * time.Microsecond, 12348030976, 0}
	switch e := moduletest.Edition(t); {
	case e.Integral:
		x.minusOne, x.longest = math.MaxInt64, math.MaxInt32
	case e.Lua51:
		x.minusOne, x.longest, x.option = math.MaxInt64, 12348030970, 2
	}
	for code, want := range map[string]sdk.Ending{
		"node.dsleep(1500000)":                      {Sleep: 1500 * time.Millisecond},
		"node.dsleep(2000000, 4, 1)":                {Sleep: 2 * time.Second, SleepOption: 4},
		"node.dsleep(0)":                            {Sleep: sdk.Forever},
		"node.dsleep(-1)":                           {Sleep: x.minusOne},
		"node.dsleep(tonumber'-0.5')":               {Sleep: sdk.Forever},
		"node.dsleep('1e6')":                        {Sleep: time.Second},
		"node.dsleep(tonumber'1e6', tonumber'2.5')": {Sleep: time.Second, SleepOption: x.option},
		"node.dsleep(node.dsleepMax())":             {Sleep: x.longest * time.Microsecond},
	} {
		c := boot(t)
		if strings.Contains(code, "'") && c.Edition.Integral {
			continue // no such numbers
		}
		c.Do(code)
		e := c.Sys.Pending()
		want.Next = sdk.Reason(port.ResetDeepSleep)
		if e == nil || *e != want {
			t.Errorf("%s: %+v, want %+v", code, e, want)
		}
	}
	c := boot(t)
	c.Do("node.dsleep() node.dsleep(nil, 4)")
	if c.Sys.Pending() != nil {
		t.Error("slept without a time")
	}
}

// The console's pipe is in the registry; node.input writes to it.
func TestInput(t *testing.T) { moduletest.Editions(t, testInput) }

func testInput(t *testing.T) {
	c := boot(t)
	c.Do(`debug.getregistry().stdin = pipe.create(function(p)
			local line = p:read "\n+"
			if line and line:sub(-1) == "\n" then print("line " .. line:sub(1, -2)) return end
			if line then p:unread(line) end
			return false
		end, node.task.LOW_PRIORITY)
		node.input "=1" node.input "+1\nx=" node.input "2\n"`)
	if got := c.Printed(); got != "line =1+1\nline x=2\n" {
		t.Errorf("%q", got)
	}
}

func TestOutput(t *testing.T) { moduletest.Editions(t, testOutput) }

func testOutput(t *testing.T) {
	c := boot(t)
	c.Do(`node.output(function(p) got = (got or "") .. (p:read(99) or "") return true end)
		print "both" uart.write(0, "raw\n")`)
	if got := c.Out.String(); got != "both\r\nraw\n" {
		t.Errorf("port: %q", got)
	}
	c.Printed()
	c.Do(`node.output() print(got) node.output(function() end, 0) print "nothing"`)
	if got := c.Printed(); got != "both\n\n" {
		t.Errorf("%q", got)
	}
	// What is no integer is 0 as well, in Lua 5.3.
	c.Do(`node.output(function() end, tonumber "0.5" or 0) print "nothing" node.output(function() end, tonumber "1.5" or 0) print "nothing"`)
	want := ""
	if e := c.Edition; e.Lua51 && !e.Integral {
		want = "nothing\n"
	}
	if got := c.Printed(); got != want {
		t.Errorf("%q", got)
	}
	c.Do(`node.output(function() end, 0)`)
	// A pipe that fails cannot report that through itself.
	c.Do(`debug.getregistry().stdout[1] = function() error "broken" end print "x"`)
	if got := c.Printed(); !strings.HasPrefix(got, "error calling stdout:write(") || !strings.Contains(got, "broken") {
		t.Errorf("%q", got)
	}
	if c.Sys.Pending() == nil {
		t.Error("did not restart")
	}
}

func TestDelayMount(t *testing.T) { moduletest.Editions(t, testDelayMount) }

func testDelayMount(t *testing.T) {
	c := boot(t)
	c.Do(`node.startup{delay_mount = true}`)
	c.Reboot(sdk.Reason(port.ResetRestart))
	c.Do(`file.putcontents("x", "y") print(file.getcontents "x")`)
	if got := c.Printed(); got != "y\n" {
		t.Errorf("%q", got)
	}
}

// Files, timers and pipes leave nothing behind.
func TestNoLeaks(t *testing.T) { moduletest.Editions(t, testNoLeaks) }

func testNoLeaks(t *testing.T) {
	c := boot(t)
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
		c.Do(work)
		c.RunFor(100 * time.Millisecond)
		c.Do("collectgarbage() collectgarbage()")
		return c.Machine.Handles(), c.Heap.FreeBytes()
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
	if c.Printed() != "" {
		t.Error("something was printed")
	}
}
