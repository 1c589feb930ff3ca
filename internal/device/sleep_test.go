package device_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/parts"
	"moonlet.example/moonlet/internal/parts/button"
)

// sleepBuild is a module with node.sleep and wifi.suspend and with a button at pin 3.
func sleepBuild(t *testing.T, code string) *module {
	c := device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: stateWith(t, "init.lua", code)}
	c.Build = firmware.Build{Options: firmware.Options{PMSleep: true, TimerSuspend: true}}
	c.Board = parts.Config{Buttons: []button.Config{{Name: "flash", Pin: 3}}}
	return startConfig(t, c)
}

// TestLightSleep: nothing runs in light sleep, the watchdog waits, what is typed is lost, and a
// button wakes the module.
func TestLightSleep(t *testing.T) {
	m := sleepBuild(t, `
		tmr.create():alarm(1000, tmr.ALARM_AUTO, function() print("tick", tmr.now() // 1000000) end)
		tmr.softwd(5)
		node.sleep{wake_pin = 3, resume_cb = function() print "woke" tmr.softwd(-1) end}
		print "falls asleep"`)
	m.boot()
	if m.runFor(time.Hour); m.printed() != "" {
		t.Error("something ran")
	}
	m.Feed([]byte("print 'typed'\r\n"))
	m.runFor(10 * time.Second)
	if got := m.printed(); got != "" || m.Untyped() != 0 {
		t.Errorf("what was typed: %q, %d bytes wait", got, m.Untyped())
	}
	m.Press("flash", 100*time.Millisecond)
	m.runFor(2500 * time.Millisecond)
	if got := m.printed(); got != "woke\ntick\t1464\ntick\t1465\n" { // 3,611 s, and tmr.now has 31 bits
		t.Errorf("after the button: %q", got)
	}
	m.Feed([]byte("print 'typed'\r\n"))
	m.runFor(time.Second)
	if got := m.printed(); !strings.Contains(got, "\ntyped\n") {
		t.Errorf("typed awake: %q", got)
	}
	for _, e := range m.events {
		if e.Kind == device.LuaError || e.Kind == device.Rebooted {
			t.Errorf("event: %v", e.Text)
		}
	}
}

// TestLightSleep_Reset: the reset button ends it as it ends all else, and the next life is awake.
func TestLightSleep_Reset(t *testing.T) {
	m := sleepBuild(t, `
		if node.bootreason() ~= 2 or select(2, node.bootreason()) ~= 6 then node.sleep{wake_pin = 3} end
		tmr.create():alarm(1000, tmr.ALARM_AUTO, function() print "tick" end)`)
	m.boot()
	m.runFor(time.Minute)
	if got := m.printed(); got != "" {
		t.Errorf("asleep: %q", got)
	}
	m.Do(device.PressReset)
	m.runFor(3 * time.Second)
	if got := m.printed(); strings.Count(got, "tick") < 2 {
		t.Errorf("behind the reset: %q", got)
	}
}

// TestLightSleep_Script: what happens around the module goes on, and the radio finds it so.
func TestLightSleep_Script(t *testing.T) {
	m := sleepBuild(t, `
		wifi.setmode(wifi.STATION, false)
		wifi.sta.config{ssid = "home", save = false}
		tmr.create():alarm(10000, tmr.ALARM_SINGLE, function()
		  print(wifi.sta.getip())
		  node.sleep{wake_pin = 3, resume_cb = function()
		    tmr.create():alarm(5000, tmr.ALARM_SINGLE, function() print(wifi.sta.getip()) end)
		  end}
		end)`)
	m.boot()
	m.runFor(time.Minute)
	if got := m.printed(); got != "192.168.0.111\t255.255.255.0\t192.168.0.1\n" {
		t.Errorf("before: %q", got)
	}
	m.Press("flash", 100*time.Millisecond)
	m.runFor(6 * time.Second)
	if got := m.printed(); got != "192.168.0.111\t255.255.255.0\t192.168.0.1\n" {
		t.Errorf("behind: %q", got)
	}
}

// TestOptions: what each option of a build adds, and that the others have not.
func TestOptions(t *testing.T) {
	names := []string{
		"node.osprint", "node.INT_LOW", "wifi.startsmart", "node.startupcounts", "tmr.suspend_all",
	}
	code := "for _, n in ipairs{'" + strings.Join(names, "','") + "'} do local m, f = n:match '(.*)%.(.*)' if _G[m][f] then print(n) end end print 'all'"
	for want, o := range map[string]firmware.Options{
		"":                     {},
		"node.osprint\n":       {DevelopmentTools: true},
		"node.INT_LOW\n":       {PMSleep: true},
		"node.startupcounts\n": {StartupCounts: true},
		"tmr.suspend_all\n":    {TimerSuspend: true},
		"wifi.startsmart\n":    {SmartConfig: true},
	} {
		c := device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: stateWith(t, "init.lua", code)}
		c.Build.Options = o
		if got := startConfig(t, c).boot(); got != want+"all\n> " && got != want+"all\n" {
			t.Errorf("%+v: %q, want %q", o, got, want)
		}
	}
}
