package firmware_test

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/state"
)

var program = state.Module{Name: "program"}

func link(t *testing.T, b firmware.Build) *firmware.Firmware {
	t.Helper()
	f, err := b.Link(&program)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestLink_Once holds that equal builds are one firmware, whoever links them, and different
// ones are not.
func TestLink_Once(t *testing.T) {
	first := link(t, firmware.Build{})
	other := *chip.ESP8266()
	all := firmware.ModuleNames()
	slices.Reverse(all)
	for name, b := range map[string]firmware.Build{
		"the same":           {},
		"with what is usual": {Chip: chip.ESP8266(), Lua: "5.3", Numbers: num.Int32Float32},
		"all modules":        {Modules: all},
	} {
		if link(t, b) != first {
			t.Errorf("%s: linked again", name)
		}
	}
	for name, b := range map[string]firmware.Build{
		"numbers": {Numbers: num.Int64Float64},
		"modules": {Modules: []string{"node", "tmr"}},
		"options": {Options: firmware.Options{StartupCounts: true}},
		"chip":    {Chip: &other},
		"release": {Release: &firmware.Release{Branch: "dev"}},
	} {
		if link(t, b) == first {
			t.Errorf("other %s: the same firmware", name)
		}
	}
	runtime.KeepAlive(first)
}

// TestLink_Forgets holds that a process does not keep what nobody has.
func TestLink_Forgets(t *testing.T) {
	gone := make(chan struct{})
	func() {
		f := link(t, firmware.Build{Modules: []string{"node", "bit"}})
		runtime.AddCleanup(f, func(c chan struct{}) { close(c) }, gone)
	}()
	for range 20 {
		runtime.GC()
		select {
		case <-gone:
			return
		default:
		}
	}
	t.Error("a firmware that nobody has is still there")
}

// TestBanner holds the words of the banner.
func TestBanner(t *testing.T) {
	f := link(t, firmware.Build{Modules: []string{"tmr", "node", "file"}})
	if got := f.Info(0x2000).Modules; got != "file,node,tmr" {
		t.Errorf("modules %q", got)
	}
	for _, want := range []string{"\nNodeMCU 3.0.0.0 built with Moonlet\n", "\tmodules: file,node,tmr\n",
		"\tLFS: 0x2000 bytes total capacity\n", " build 2024-02-25 08:04 powered by Lua 5.3.5 on SDK 3.0.1-dev(fce080e)\n"} {
		if !strings.Contains(f.Banner(0x2000), want) {
			t.Errorf("the banner lacks %q:\n%s", want, f.Banner(0x2000))
		}
	}
	all := strings.Split(link(t, firmware.Build{}).Info(0).Modules, ",")
	if !slices.Equal(all, firmware.ModuleNames()) || !slices.IsSorted(all) || len(all) < 30 || all[0] != "adc" || !slices.Contains(all, "mqtt") {
		t.Errorf("all modules are %q", all)
	}
}

// TestMistakes holds that all that is wrong is told at once, by key and with what would be
// right.
func TestMistakes(t *testing.T) {
	b := firmware.Build{Lua: "5.2", Modules: []string{"file", "somfy", "fiel", "file"}}
	list := b.Mistakes()
	want := []struct{ key, part string }{
		{"lua", `there is no Lua "5.2"; choose "5.3", "5.1", "5.1-int"`},
		{"modules[1]", `the firmware's module "somfy" is not in Moonlet yet; there are adc, bit, bloom, bme280_math, coap, color_utils,`},
		{"modules[2]", `there is no module "fiel"; there are adc, bit, bloom, bme280_math, coap, color_utils,`},
		{"modules[3]", `"file" is named twice`},
		{"modules", `no build can do without "node"`},
	}
	if len(list) != len(want) {
		t.Fatalf("%d mistakes: %v", len(list), b.Check())
	}
	for i, w := range want {
		if list[i].Key != w.key || !strings.Contains(list[i].Problem, w.part) {
			t.Errorf("%s: %s; want %s: %s", list[i].Key, list[i].Problem, w.key, w.part)
		}
		if !strings.Contains(b.Check().Error(), list[i].Problem) {
			t.Errorf("the error lacks %q", list[i].Problem)
		}
	}
	if _, err := b.Link(&program); err == nil {
		t.Error("it can be linked")
	} else if m, ok := errors.AsType[*firmware.Mistake](err); !ok || m.Key != "lua" {
		t.Errorf("the error is %v", err)
	}
	if (&firmware.Build{Modules: []string{"node"}}).Check() != nil {
		t.Error("node alone is refused")
	}
}

// TestMissing holds that what is missing is no module that there is.
func TestMissing(t *testing.T) {
	for _, name := range firmware.ModuleNames() {
		if firmware.IsMissing(name) {
			t.Errorf("%s is there and missing", name)
		}
	}
	for name, want := range map[string]bool{"somfy": true, "i2c": false, "xpt2046": true, "": false, "foo": false, "node": false, "gpiopulse": false} {
		if firmware.IsMissing(name) != want {
			t.Errorf("%q: missing is %t", name, !want)
		}
	}
}

// TestFIFO holds that rtcfifo can sleep in builds with rtctime only.
func TestFIFO(t *testing.T) {
	image := func(modules ...string) string { return string(link(t, firmware.Build{Modules: modules}).Image.Data) }
	const function = "dsleep_until_sample"
	if !strings.Contains(image(), function) || !strings.Contains(image("node", "rtcfifo", "rtctime"), function) {
		t.Error("rtcfifo cannot sleep")
	}
	if strings.Contains(image("node", "rtcfifo"), function) {
		t.Error("rtcfifo can sleep without rtctime")
	}
}
