package device_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/lua/num"
)

// TestRTCMemory holds that the RTC memory outlives every end of a life but that by the power:
// restart, deep sleep, watchdog and the reset button.
func TestRTCMemory(t *testing.T) {
	m := start(t, "init.lua", `
		if rtcmem.read32(30) ~= 77 then
			rtcmem.write32(30, 77, 0)
			print("the power has come")
		end
		local n = rtcmem.read32(31) + 1
		rtcmem.write32(31, n)
		print("life", n)
		if n == 1 then node.restart()
		elseif n == 2 then node.dsleep(1000000)
		elseif n == 3 then tmr.create():alarm(10, tmr.ALARM_SINGLE, function() while true do end end)
		end`)
	m.runFor(time.Minute)
	m.Do(device.PressReset)
	m.runFor(time.Second)
	m.Do(device.CyclePower)
	m.runFor(time.Second)
	var lives []string
	for line := range strings.Lines(m.printed()) {
		if strings.HasPrefix(line, "life") || strings.HasPrefix(line, "the power") {
			lives = append(lives, strings.TrimSpace(line))
		}
	}
	want := "the power has come,life\t1,life\t2,life\t3,life\t4,life\t5,the power has come,life\t1,life\t2"
	if got := strings.Join(lives, ","); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	sleeps := 0
	for _, e := range m.events {
		if e.Kind == device.Sleeping {
			sleeps++
		}
	}
	if sleeps != 2 {
		t.Errorf("it slept %d times", sleeps)
	}
}

// TestClockSleeps holds that the time of day goes on over a deep sleep that the clock begins,
// for an application that does nothing else.
func TestClockSleeps(t *testing.T) {
	m := start(t, "init.lua", `
		local s, us = rtctime.get()
		print("at", s, node.bootreason())
		if s == 0 then rtctime.set(1700000000) end
		rtctime.dsleep_aligned(60000000, 0)
		print("not reached")`)
	m.runFor(150 * time.Second)
	var told []string
	for line := range strings.Lines(m.printed()) {
		if strings.HasPrefix(line, "at") || strings.HasPrefix(line, "not") {
			told = append(told, strings.TrimSpace(line))
		}
	}
	want := "at\t0\t1\t0,at\t1700000040\t2\t5,at\t1700000100\t2\t5,at\t1700000160\t2\t5"
	if got := strings.Join(told, ","); !strings.HasPrefix(want, got) || len(told) < 3 {
		t.Errorf("%q, want the beginning of %q", got, want)
	}
}

// TestClockNumbers holds what the words of the RTC memory and the time are where integers have
// 32 and 64 bits.
func TestClockNumbers(t *testing.T) {
	for _, n := range num.Models() {
		m := startConfig(t, device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: t.TempDir(), Build: firmware.Build{Numbers: n}})
		m.boot()
		want := "-1 -2147483638 -1025 -1"
		if n == num.Int64Float64 {
			want = "4294967295 2147483658 -1025 4294967295"
		}
		if got := m.Eval(`rtcmem.write32(100, -1)
			local word = rtcmem.read32(100)
			rtctime.set(0x8000000A)
			local now = rtctime.get()
			rtctime.set(nil, nil, 1 << 22)
			local delta = rtctime.adjust_delta(-1024)
			rtcfifo.prepare() rtcfifo.put(-1, 0, 0, "x")
			return ("%d %d %d %d"):format(word, now, delta, (rtcfifo.pop()))`); got != want {
			t.Errorf("%v: %s, want %s", n, got, want)
		}
	}
}
