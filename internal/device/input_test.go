package device_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlet.example/moonlet/internal/device"
)

// TestInput_Same holds that by a virtual clock the same input gives the same run, however
// fast and in whatever pieces it comes.
func TestInput_Same(t *testing.T) {
	inputs := map[string]string{
		"a line":    "print(6*7, tmr.now())\n",
		"none":      "",
		"lines":     strings.Repeat("x = (x or 0) + 1 if x % 100 == 0 then print(x, tmr.now()) end\n", 300),
		"piece":     strings.Repeat("print(tmr.now())\n", 1000)[:4096-1] + "\n",
		"more":      strings.Repeat("if not n then n = 0 end n = n + 1 if n % 500 == 0 then print(n, tmr.now()) end\n", 1500),
		"much more": strings.Repeat("--"+strings.Repeat("-", 60)+"\n", 4000) + "print(tmr.now())\n",
	}
	for name, input := range inputs {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			want := ""
			for run := range 34 {
				if run > 2 && len(input) > 20000 {
					break
				}
				m := startConfig(t, device.Config{StateDir: stateWith(t, "init.lua",
					"ticks = 0 tmr.create():alarm(7, 1, function() ticks = ticks + 1 for i = 1, 50 do end end)")})
				m.ExpectInput(true)
				go typeIn(m.Device, input, r.Uint64())
				if err := m.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
				got := fmt.Sprintf("%s\nat %v, %d ticks", m.printed(), m.Now(), len(m.events))
				if want == "" {
					want = got
				}
				if got != want {
					t.Fatalf("run %d\n%s\nthe first\n%s", run, tail(got), tail(want))
				}
				m.Close()
			}
			if input != "" && !strings.Contains(want, "\n> ") {
				t.Errorf("it printed %q", want)
			}
		})
	}
}

func tail(s string) string { return s[max(len(s)-300, 0):] }

// typeIn types a text in pieces that chance chooses.
func typeIn(d *device.Device, text string, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 0))
	time.Sleep(time.Duration(r.IntN(1000)) * time.Microsecond)
	for len(text) > 0 {
		n := min(1+r.IntN(6000), len(text))
		d.Feed([]byte(text[:n]))
		if text = text[n:]; r.IntN(3) == 0 {
			time.Sleep(time.Duration(r.IntN(300)) * time.Microsecond)
		}
	}
	d.EndInput()
}

// TestInput_Late holds that a module does not wait for ever for who types, and tells of it
// once; what comes then is typed all the same.
func TestInput_Late(t *testing.T) {
	for _, first := range []string{"", "print('first')\n"} {
		synctest.Test(t, func(t *testing.T) {
			m := startConfig(t, device.Config{StateDir: stateWith(t, "init.lua", "")})
			m.ExpectInput(true)
			began := time.Now()
			go func() {
				time.Sleep(2 * time.Second)
				m.Feed([]byte(first))
				time.Sleep(time.Hour)
				m.Feed([]byte("print('second')\n"))
				m.EndInput()
			}()
			m.runFor(time.Minute)
			want := 3 * time.Second
			if first != "" {
				want += 2 * time.Second
			}
			if took := time.Since(began); took != want {
				t.Errorf("it waited for %v, want %v", took, want)
			}
			if len(m.events) != 1 || m.events[0].Kind != device.InputLate {
				t.Errorf("events %v", m.events)
			}
			if got := m.printed(); first != "" && !strings.Contains(got, "\nfirst\n") {
				t.Errorf("%q", got)
			}
			time.Sleep(2 * time.Hour)
			if err := m.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := m.printed(); !strings.Contains(got, "\nsecond\n") {
				t.Errorf("%q", got)
			}
			m.Close()
		})
	}
}

// TestInput_Stop holds that a module that waits for input can be stopped and closed.
func TestInput_Stop(t *testing.T) {
	m := startConfig(t, device.Config{StateDir: stateWith(t, "init.lua", "")})
	m.ExpectInput(true)
	go func() {
		m.Feed([]byte("print(1)"))
		time.Sleep(20 * time.Millisecond)
		m.Stop()
	}()
	began := time.Now()
	if err := m.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestDeepSleep_Month holds that a module that wakes up each hour does so for a month.
func TestDeepSleep_Month(t *testing.T) {
	m := startConfig(t, device.Config{EndAt: 30 * 24 * time.Hour, StateDir: stateWith(t, "init.lua",
		"print('boot', node.bootreason()) tmr.create():alarm(1000, 0, function() node.dsleep(3599000000) end)")})
	if err := m.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(m.printed(), "boot\t"); n != 720 {
		t.Errorf("%d boots in 30 days", n)
	}
}
