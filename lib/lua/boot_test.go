package lualib_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/moonlettest"
)

// bootModule is a module whose writes of the number of failures are counted.
type bootModule struct {
	*moonlettest.Module
	writes int
}

type bootStart func(t *testing.T, files map[string]string) *bootModule

// bootPlaces are builds with and without RTC memory on each edition, and the library in RAM and in the store: all of that
// together if tests may be long.
func bootPlaces(t *testing.T, test func(t *testing.T, start bootStart)) {
	everywhere(t, func(t *testing.T, p place) {
		for name, modules := range map[string][]string{"rtcmem": {"adc", "file", "gpio", "node", "rtcmem", "tmr", "uart", "wifi"}, "file": {"adc", "file", "gpio", "node", "tmr", "uart", "wifi"}} {
			if !long() && p.store != (name == "file") {
				continue
			}
			t.Run(name, func(t *testing.T) {
				test(t, func(t *testing.T, files map[string]string) *bootModule {
					c := moonlet.Config{Lua: p.edition, StoreBytes: 64 << 10, Modules: modules, Files: maps.Clone(files), StoreFiles: map[string]string{"nothing.lua": "return nil"}}
					c.Files["prelude.lua"] = prelude
					if p.store {
						c.StoreFiles["boot.lua"] = source(t, "boot")
					} else {
						c.Files["boot.lua"] = source(t, "boot")
					}
					m := &bootModule{}
					m.Module = moonlettest.New(t, c, moonlet.Watch(moonlet.WatchFiles), moonlet.OnEvent(func(e moonlet.Event) {
						if w, ok := e.(moonlet.FileWritten); ok && w.File == "boot.count" {
							m.writes++
						}
					}))
					m.Patience = 11 * time.Minute
					return m
				})
			})
		}
	})
}

const bootInit = `
dofile "prelude.lua"
local boot = require "boot"
print("reason " .. select(2, node.bootreason()))
boot.run("main", { tries = 3, good_after = 20, on_failure = function(n, reason) print("failure " .. n .. " " .. reason) %s end })
print("failures " .. boot.failures())
`

// failing are applications that fail, by how they do.
var failing = map[string]string{
	"at once":        `print "app" error("at once")`,
	"no main":        "",
	"syntax":         `print "app" x = = 5`,
	"after 5 s":      `print "app" tmr.create():alarm(5000, tmr.ALARM_SINGLE, function() error("late") end)`,
	"hangs":          `print "app" while true do end`,
	"out of memory":  `print "app" local t = {} while true do t[#t + 1] = ("x"):rep(500) .. #t end`,
	"restarts":       `print "app" tmr.create():alarm(500, tmr.ALARM_SINGLE, node.restart)`,
	"hangs after 2s": `print "app" tmr.create():alarm(2000, tmr.ALARM_SINGLE, function() while true do end end)`,
}

// TestBootFails holds that an application which fails is started three times, that the prompt is there then, and that it runs
// again when it is mended.
func TestBootFails(t *testing.T) {
	bootPlaces(t, func(t *testing.T, start bootStart) {
		for _, name := range slices.Sorted(maps.Keys(failing)) {
			t.Run(name, func(t *testing.T) {
				files := map[string]string{"init.lua": fmt.Sprintf(bootInit, ""), "main.lua": failing[name]}
				if name == "no main" {
					delete(files, "main.lua")
				}
				m := start(t, files)
				m.Expect("boot: 3 starts have failed")
				m.Expect("failure 3")
				m.Run(time.Minute)
				if n := strings.Count(m.Output(), "NodeMCU "); n != 4 {
					t.Errorf("it started %d times and not 4:\n%s", n, last(m.Output(), 40))
				}
				if n := strings.Count(m.Output(), "\napp"); n != 3 && name != "no main" && name != "syntax" {
					t.Errorf("the application was started %d times", n)
				}
				m.Enter(`node.restart()`) // is no way out
				m.Expect("boot: 4 starts have failed")
				m.Run(time.Minute)
				m.Enter(`node.restart()`) // and that one is not counted, since the one before was good
				m.Expect("boot: 4 starts have failed")
				m.Enter(`require("boot").good()`) // also in the safe mode
				m.Run(time.Minute)
				m.Enter(`print("then " .. require("boot").failures())`)
				m.Expect("then 0")
				m.Enter(`file.putcontents("main.lua", 'print "mended"') require("boot").restart()`)
				m.Expect("mended")
				m.Run(time.Minute)
				m.Enter(`print("now " .. require("boot").failures(), file.exists("boot.count"))`)
				m.Expect("now 0\tfalse")
			})
		}
	})
}

// TestBootCounts holds which starts count.
func TestBootCounts(t *testing.T) {
	bootPlaces(t, func(t *testing.T, start bootStart) {
		m := start(t, map[string]string{"init.lua": fmt.Sprintf(bootInit, ""), "main.lua": `print "app"`})
		expect := func(reason, failures int) {
			t.Helper()
			m.Expect(fmt.Sprintf("reason %d", reason))
			m.Expect(fmt.Sprintf("failures %d", failures))
			m.Expect("app")
		}
		expect(0, 0)
		for range 2 { // good ones between failures
			m.Enter(`error("prompt")`) // no failure: the prompt catches it
			m.Enter(`node.task.post(function() error("task") end)`)
			expect(4, 1)
			m.Enter(`node.task.post(function() while true do end end)`)
			expect(3, 2)
			m.Run(21 * time.Second)
			m.Enter(`print("now " .. require("boot").failures())`)
			m.Expect("now 0")
		}
		m.Enter("node.restart()")
		expect(4, 1)
		m.Enter("node.restart()")
		expect(4, 2)
		m.CutPower()
		expect(0, 0)
		m.Enter("node.restart()")
		expect(4, 1)
		m.Enter("node.restart()")
		expect(4, 2)
		if err := m.Reset(); err != nil { // the button
			t.Fatal(err)
		}
		expect(6, 0)
		for i := range 5 { // it says itself that it is good, or restarts on purpose
			if i > 0 {
				m.Enter("node.restart()")
				expect(4, 1)
			}
			m.Enter(`require("boot").good()`)
			m.Run(time.Second)
			m.Enter(`require("boot").restart()`)
			expect(4, 0)
		}
		m.Enter("node.restart()")
		expect(4, 1)
		m.Enter("node.dsleep(5000000)")
		expect(5, 0)
		m.Enter("node.restart()")
		expect(4, 1)
	})
}

// TestBootSleeper holds that a device which sleeps most of the time has no failures, and writes nothing; one that fails after
// waking is stopped.
func TestBootSleeper(t *testing.T) {
	bootPlaces(t, func(t *testing.T, start bootStart) {
		m := start(t, map[string]string{"init.lua": fmt.Sprintf(bootInit, ""), "main.lua": `
if file.exists("broken") then error("broken") end
tmr.create():alarm(3000, tmr.ALARM_SINGLE, function() node.dsleep(30000000) end)`})
		for i := range 10 {
			m.Expect(fmt.Sprintf("reason %d", min(i*5, 5)))
			m.Expect("failures 0")
		}
		if m.writes != 0 {
			t.Errorf("it has written %d times", m.writes)
		}
		m.Enter(`file.putcontents("broken", "") print "done"`)
		m.Expect("done")
		m.Expect("reason 5")
		m.Expect("failure 3 4")
		m.Run(10 * time.Minute)
		if n := strings.Count(m.Output(), "NodeMCU "); n != 14 {
			t.Errorf("it started %d times and not 14", n)
		}
		if m.writes > 3 {
			t.Errorf("it has written %d times", m.writes)
		}
	})
}

// TestBootRecovery holds that on_failure may fail, which ends in the prompt alone, and what retry_after does.
func TestBootRecovery(t *testing.T) {
	bootPlaces(t, func(t *testing.T, start bootStart) {
		for _, fails := range []string{`error("again")`, "while true do end", `tmr.create():alarm(2000, 0, function() error("later") end)`} {
			m := start(t, map[string]string{"init.lua": fmt.Sprintf(bootInit, fails), "main.lua": `error("first")`})
			m.Expect("boot: 6 starts have failed")
			m.Run(time.Minute)
			if n, calls := strings.Count(m.Output(), "NodeMCU "), strings.Count(m.Output(), "failure "); n != 7 || calls != 3 {
				t.Errorf("%d starts and %d calls of on_failure, not 7 and 3:\n%s", n, calls, last(m.Output(), 40))
			}
		}
		m := start(t, map[string]string{"init.lua": `dofile "prelude.lua" require("boot").run("main", { retry_after = 600 })`, "main.lua": `print "app" error("first")`})
		m.Run(time.Hour)
		if n := strings.Count(m.Output(), "\napp"); n != 8 { // three, and one each 10 minutes
			t.Errorf("the application was started %d times and not 8:\n%s", n, last(m.Output(), 40))
		}
		m.Enter(`file.putcontents("main.lua", 'print "mended"')`)
		m.Expect("mended")
		m.Run(2 * time.Minute)
		m.Enter(`print("now " .. require("boot").failures())`)
		m.Expect("now 0")
	})
}

// TestBootDelay holds that a key or a pin stops the start, and nothing else does.
func TestBootDelay(t *testing.T) {
	bootPlaces(t, func(t *testing.T, start bootStart) {
		files := map[string]string{"init.lua": `dofile "prelude.lua" require("boot").delay(function() print "app" end, { seconds = 3, pin = 3, on_stop = function() print "told" end })`}
		m := start(t, files)
		m.Expect("within 3 s")
		before, _ := m.Now()
		m.Expect("app")
		if now, _ := m.Now(); now-before < 2900*time.Millisecond || now-before > 3200*time.Millisecond {
			t.Errorf("it waited %v", now-before)
		}
		m.Enter(`print(7 * 6)`) // the prompt has the keys again
		m.Expect("42")
		m.Enter("node.restart()")
		m.Expect("within 3 s")
		m.Run(time.Second)
		if _, err := m.Type([]byte("x")); err != nil {
			t.Fatal(err)
		}
		m.Expect("boot: stopped")
		m.Expect("told")
		m.Run(10 * time.Second)
		m.Enter(`print(7 * 7)`)
		m.Expect("49")
		m.SetPin(3, 0)
		m.Enter("node.restart()")
		m.Expect("boot: stopped")
		m.Run(10 * time.Second)
		if n := strings.Count(m.Output(), "app"); n != 1 {
			t.Errorf("the application was started %d times", n)
		}
		m.Enter("node.dsleep(1000000)")
		m.Expect("app")
		if strings.Count(m.Output(), "within 3 s") != 3 {
			t.Error("it waited after a deep sleep")
		}
	})
}

// TestBootMisuse holds what is refused, and that a number in RTC memory or in the file that nobody has written counts for nothing.
func TestBootMisuse(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		out := p.run(t, nil, `
local boot = require "boot"
raises("main", "boot: what is to run is neither a function nor a name", boot.run)
raises("on_failure", "boot: on_failure is no function", boot.run, "main", { on_failure = 5 })
raises("tries", "boot: tries is no number of at least 1", boot.run, "main", { tries = 0 })
raises("good_after", "boot: good_after is no number of at least 1", boot.run, "main", { good_after = "60" })
raises("slot", "boot: slot is no number of at least 0", boot.run, "main", { slot = -1 })
raises("delay", "boot: what is to run is no function", boot.delay, "main")
raises("seconds", "boot: seconds is no number of at least 0", boot.delay, print, { seconds = {} })
check("nothing in RTC memory", boot.failures(), 0)
rtcmem.write32(30, 5, 1836016417 - 5)
check("five", boot.failures(), 5)
for _, w in ipairs { { 5, 0 }, { 1000, 1836016417 - 1000 }, { -2, 1836016419 }, { -1, -1 }, { 2147483647, 2147483647 } } do
  rtcmem.write32(30, w[1], w[2])
  check("words " .. w[1], boot.failures(), 0)
end
rtcmem.write32(30, 5, 1836016417 - 5)
local ran
check("run", boot.run(function() ran = true print "finished" end, { slot = 100 }), true)
check("not at once", ran, nil)
check("another slot", boot.failures(), 0)
check("the old one is as it was", (rtcmem.read32(30)), 5)
`, "boot")
		if strings.Contains(out, "safe mode") {
			t.Error(out)
		}
	})
}
