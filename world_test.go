package moonlet_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlet.example/moonlet"
)

// TestWiFi holds that networks go and come.
func TestWiFi(t *testing.T) {
	m := open(t, app(`wifi.setmode(wifi.STATION) wifi.sta.config{ssid = "home"}
		for _, e in ipairs{"STA_GOT_IP", "STA_DISCONNECTED"} do
			wifi.eventmon.register(wifi.eventmon[e], function() print(e) end) end`))
	for _, step := range []struct{ do, want string }{{"rssi -60", "STA_GOT_IP"}, {"vanish @home", "STA_DISCONNECTED"}, {"return @home", "STA_GOT_IP"}} {
		must(t, m.WiFi(step.do))
		if _, err := m.Expect(step.want, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.WiFi("explode"); err == nil || !strings.Contains(err.Error(), "unknown action") {
		t.Error(err)
	}
}

// TestCutPowerWhen cuts the power at each write of a file to a whole chip: what is there then
// is the old text, the new one, or none.
func TestCutPowerWhen(t *testing.T) {
	for at := range 12 {
		left := -1
		c := app(`print("has", (file.getcontents("f"))) if not file.exists("f") then file.putcontents("f", "old") end`)
		c.Flash, c.FlashBytes = filepath.Join(t.TempDir(), "chip.bin"), 1<<20
		m := open(t, c, moonlet.CutPowerWhen(func(moonlet.FlashOp) bool {
			left--
			return left == 0
		}))
		must(t, m.RunFor(time.Second))
		left = at + 1
		must(t, m.Enter(`file.putcontents("f", "new") print("whole")`))
		must(t, m.RunFor(time.Second))
		cut := !strings.Contains(m.Output(), "\nwhole")
		must(t, m.RunFor(time.Second))
		data, err := m.ReadFile("f")
		if text := string(data); text != "old" && text != "new" && text != "" || !cut && text != "new" {
			t.Errorf("cut %v at operation %d: %q, %v", cut, at, text, err)
		}
		if at == 0 && (!cut || strings.Count(m.Output(), "has\t") != 2) {
			t.Errorf("the first operation was not cut, or it did not start again: %q", m.Output())
		}
	}
}

// TestCutPower_Running holds that the power can be cut while another goroutine runs the
// module, also of one that sleeps.
func TestCutPower_Running(t *testing.T) {
	m := open(t, app("print('boot', node.bootreason()) if not tmr.now() then return end tmr.create():alarm(100, 0, function() node.dsleep(0) end)"))
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { must(t, m.Run(ctx)) })
	within(t, func() {
		for n := 1; n <= 5; n++ {
			for strings.Count(m.Output(), "boot\t1\t0") < n {
				time.Sleep(time.Millisecond)
			}
			must(t, m.CutPower())
		}
	})
	cancel()
	wg.Wait()
}

// TestExpect holds what Expect takes and tells.
func TestExpect(t *testing.T) {
	m := open(t, app("print('one') print('two') tmr.create():alarm(500, 0, function() print('three') end)"))
	before, err := m.Expect("two", time.Second)
	if err != nil || !strings.Contains(before, "one") {
		t.Errorf("%q, %v", before, err)
	}
	if _, err := m.Expect("three", 100*time.Millisecond); !errors.Is(err, moonlet.ErrTimeout) || !strings.Contains(err.Error(), "one\ntwo") {
		t.Error(err)
	}
	if now, _ := m.Now(); now > 300*time.Millisecond {
		t.Errorf("it waited until %v", now)
	}
	if _, err := m.Expect("three", time.Second); err != nil {
		t.Error(err)
	}
	if line, ok := m.ReadLine(); !ok || line != "" {
		t.Errorf("%q, %v", line, ok)
	}
	if _, ok := m.ReadLine(); ok {
		t.Error("there is one more line")
	}
}

// TestSerial holds that who gets the output can end the run by an error.
func TestSerial(t *testing.T) {
	r, w := net.Pipe()
	r.Close()
	m := open(t, app("print(1)"), moonlet.Serial(w))
	if err := m.RunFor(time.Second); err == nil || !strings.Contains(err.Error(), "cannot write what the module sends") {
		t.Error(err)
	}
}

// TestOpen_Image holds that the image of a chip stays as it is, but with Save.
func TestOpen_Image(t *testing.T) {
	c := app(`print("has", (file.getcontents("f"))) file.putcontents("f", "kept")`)
	c.Flash, c.FlashBytes = filepath.Join(t.TempDir(), "chip.bin"), 1<<20
	m := open(t, c)
	must(t, m.Load())
	must(t, m.Close())
	for _, x := range []struct {
		opts []moonlet.Option
		want string
	}{{nil, "has\tnil"}, {nil, "has\tnil"}, {[]moonlet.Option{moonlet.Save()}, "has\tnil"}, {nil, "has\tkept"}} {
		m, err := moonlet.Open(c.Flash, append(x.opts, moonlet.With(moonlet.Config{Time: moonlet.Virtual}))...)
		must(t, err)
		if _, err := m.Expect(x.want, time.Second); err != nil {
			t.Error(err)
		}
		must(t, m.RunFor(time.Second))
		kept := m.Storage().Kept
		must(t, m.Close())
		if m.Discarded() == kept || kept != (len(x.opts) > 0) {
			t.Errorf("kept %v, discarded %v", kept, m.Discarded())
		}
	}
	image, err := os.ReadFile(c.Flash)
	must(t, err)
	for _, opts := range [][]moonlet.Option{{moonlet.Apart()}, {moonlet.Apart(), moonlet.Save()}} {
		m, err := moonlet.Open(c.Flash, append(opts, moonlet.With(moonlet.Config{Time: moonlet.Virtual}))...)
		must(t, err)
		if _, err := m.Expect("has\tkept", time.Second); err != nil {
			t.Error(err)
		}
		must(t, m.Enter("file.putcontents('f', 'lost')"))
		must(t, m.RunFor(time.Second))
		if at := m.Storage(); at.Dir != "" || at.Chip != c.Flash || at.Kept {
			t.Errorf("apart it is in %+v", at)
		}
		must(t, m.Close())
		if now, err := os.ReadFile(c.Flash); err != nil || !bytes.Equal(now, image) {
			t.Errorf("the image has changed: %v", err)
		}
	}
	if _, err := moonlet.Open(c.Flash, moonlet.Fresh()); err == nil {
		t.Error("an image can be made fresh")
	}
}

// TestApart holds that a module apart changes nothing in its project, and that many are at
// once.
func TestApart(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "init.lua"), []byte(`file.putcontents("x", "y") print("done")`), 0o666))
	for range 3 {
		m, err := moonlet.Open(dir, moonlet.Apart(), moonlet.With(moonlet.Config{Time: moonlet.Virtual}))
		must(t, err)
		defer func() { must(t, m.Close()) }()
		if _, err := m.Expect("done", time.Second); err != nil {
			t.Error(err)
		}
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

// TestScaled holds that scaled time is faster than the host's, and passes for Expect, too.
func TestScaled(t *testing.T) {
	c := app("tmr.create():alarm(2000, 0, function() print('late') end)")
	c.Time = moonlet.Scaled(100)
	m := open(t, c)
	began := time.Now()
	if _, err := m.Expect("late", time.Minute); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took < 10*time.Millisecond || took > 2*time.Second {
		t.Errorf("two seconds took %v", took)
	}
}
