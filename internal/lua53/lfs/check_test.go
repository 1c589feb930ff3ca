package lfs_test

import (
	"fmt"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/compiled"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/lfs"
)

func TestCheck(t *testing.T) {
	const model = num.Int32Float32
	im := sample(model)
	good := collected(model, &chunk.Image{Modules: im.Modules[1:]})
	image, store := encoded(model, good), lfs.Build(model, good, 0x40290000).Data
	size := uint32(len(store))
	ok := lfs.Target{Name: "thermostat", Base: 0x40290000, Size: size, HeapFree: 20000}
	with := func(f func(t *lfs.Target)) lfs.Target { c := ok; f(&c); return c }
	for _, c := range []struct {
		file   []byte
		target lfs.Target
		want   []string // code: text
	}{
		{image, ok, nil},
		{image, with(func(t *lfs.Target) { t.Size = 0 }), []string{"no-partition: thermostat has no partition"}},
		{image, with(func(t *lfs.Target) { t.Size = 0; t.Name = "" }), []string{"no-partition: the module has no partition"}},
		{image, with(func(t *lfs.Target) { t.Size -= 100 }),
			[]string{fmt.Sprintf("size: it takes %d bytes of flash, 100 more than the %d of the partition", size, size-100)}},
		{image, with(func(t *lfs.Target) { t.Model = num.Int64Float64 }),
			[]string{"numbers: the file has numbers of int32/float32, thermostat of int64/float64: compile with --number int64"}},
		{image, with(func(t *lfs.Target) { t.HeapFree = 8000 }), []string{"memory: loading it takes about"}},
		{image, with(func(t *lfs.Target) { t.HeapFree = lfs.LoadHeap(model, good) }), []string{"warning memory: loading it takes about"}},
		{image, with(func(t *lfs.Target) { t.HeapFree = 0 }), nil},
		{encoded(model, im), with(func(t *lfs.Target) { t.Size = 1 << 20 }), []string{"warning misread: a, function at line 0", "warning misread: a, ", "warning misread: "}},
		{store, ok, []string{"kind: an absolute image: a module cannot load it; write it to flash address 0x90000"}},
		{store, with(func(t *lfs.Target) { t.Base = 0x40280000 }),
			[]string{"address: an absolute image for address 0x40290000, but the partition of thermostat is at 0x40280000"}},
		{store, with(func(t *lfs.Target) { t.Base = 0; t.Size-- }), []string{"kind: ", "size: "}},
		{chunk.Encode(model, im.Modules[0].Main, 0), ok, []string{"kind: compiled code, not an image"}},
		{[]byte("print(1)"), ok, []string{"kind: this is text"}},
		{[]byte("\x1bLuaQ\x00\x01\x04\x04\x04\x08\x00"), ok, []string{"kind: compiled for Lua 5.1"}},
		{nil, with(func(t *lfs.Target) { t.Size = 0 }), []string{"no-partition: ", "kind: the file is empty"}},
		{image[:len(image)-1], ok, []string{fmt.Sprintf("damaged: damaged at byte %d: 2 names do not fit into the rest of the file: make", len(image)-3)}},
	} {
		got := lfs.Check(c.file, c.target)
		fatal := false
		for i, p := range got {
			text := p.Code + ": " + p.Text
			if p.Warning {
				text = "warning " + text
			} else {
				fatal = true
			}
			if i >= len(c.want) || !strings.HasPrefix(text, c.want[i]) {
				t.Errorf("%.8q: %s, want %q", c.file, text, c.want)
			}
		}
		if len(got) != len(c.want) || compiled.Loadable(got) == fatal {
			t.Errorf("%.8q: %d problems, want %q", c.file, len(got), c.want)
		}
	}
}

func TestCheckHeaviest(t *testing.T) {
	im := &chunk.Image{}
	for i := range 5 {
		im.Modules = append(im.Modules, chunk.Module{Name: fmt.Sprint("m", i),
			Main: &chunk.Proto{Source: text("@m"), Code: make([]uint32, 100*(i*3%5))}})
	}
	got := lfs.Check(encoded(num.Int32Float32, collected(num.Int32Float32, im)), lfs.Target{Size: 4096})
	if len(got) != 1 || !strings.HasSuffix(got[0].Text, "; the heaviest modules are m3 (1708 bytes), m1 (1308 bytes), m4 (908 bytes)") {
		t.Errorf("%+v", got)
	}
}

func TestLoadHeap(t *testing.T) {
	const model = num.Int32Float32
	const pages = 2*4096 + 112
	empty := collected(model, &chunk.Image{})
	// 71 fixed strings and one more have 128 slots.
	if got, want := lfs.LoadHeap(model, empty), pages+4*(72+1)+4*128+16+17+1; got != want {
		t.Errorf("empty image: %d, want %d", got, want)
	}
	// Two levels of records and vectors, and then the code of the inner function.
	inner := &chunk.Proto{Code: make([]uint32, 1000), LineInfo: make([]byte, 10)}
	main := &chunk.Proto{Source: text("@m"), Protos: []*chunk.Proto{{}, inner}, Code: make([]uint32, 900)}
	im := collected(model, &chunk.Image{Modules: []chunk.Module{{Name: "m", Main: main}}})
	if got, want := lfs.LoadHeap(model, im), pages+4*(74+1)+4*1+76+4*2+76+4000; got != want {
		t.Errorf("%d, want %d", got, want)
	}
}
