package lfs_test

import (
	"bytes"
	"fmt"
	"moonlet.example/moonlet/internal/lua/compiled"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/lfs"
)

func open(t *testing.T, data []byte) *lfs.Content {
	t.Helper()
	return must[*lfs.Content](t)(lfs.Open(data))
}

// describe is a comparison in a few words: properties that count and differ,
// modules, strings.
func describe(d *compiled.Diff) string {
	var list []string
	for _, p := range d.Properties {
		if !p.Same && p.Count {
			list = append(list, p.Name)
		}
	}
	for _, m := range d.Modules {
		list = append(list, fmt.Sprintf("%s %s%v %+d %+d %+d %+d %+d", m.Name, m.Change, m.Parts, m.Functions, m.Code, m.Constants, m.Debug, m.Records))
	}
	for _, u := range d.Removed {
		list = append(list, "-"+u.Raw)
	}
	for _, u := range d.Added {
		list = append(list, "+"+u.Raw)
	}
	return strings.Join(list, "; ")
}

func TestCompare(t *testing.T) {
	const model = num.Int32Float32
	base := encoded(model, sample(model))
	for _, c := range []struct {
		name, want, first string
		change            func(im *chunk.Image)
	}{
		{"nothing", "", "", func(*chunk.Image) {}},
		{"header", "seed; time stamp", "", func(im *chunk.Image) { im.Seed, im.Timestamp = 1, 2 }},
		{"order", "order of modules; order of strings", "", func(im *chunk.Image) { slices.Reverse(im.Modules) }},
		{"code", "a changed[code] +0 +0 +0 +0 +0", "instruction 2 of the function a.lua:3 (line 4)",
			func(im *chunk.Image) { im.Modules[0].Main.Protos[0].Code[1]++ }},
		{"more code", "b changed[code] +0 +4 +0 +0 +0", "instruction 2 of the main function of b.lua",
			func(im *chunk.Image) { im.Modules[1].Main.Code = append(im.Modules[1].Main.Code, 1) }},
		{"constant", "b changed[constants] +0 +0 +0 +0 +0; -own; +new", "constant 1 of the main function of b.lua",
			func(im *chunk.Image) { im.Modules[1].Main.Constants[1].Str = "new" }},
		{"names", "a changed[names] +0 +0 +0 -12 +0; -x", "local variable 0 of the function a.lua:3",
			func(im *chunk.Image) { im.Modules[0].Main.Protos[0].LocVars = nil }},
		{"upvalue", "a changed[upvalues] +0 +0 +0 +0 +0", "upvalue 1 of the function a.lua:3",
			func(im *chunk.Image) { im.Modules[0].Main.Protos[0].Upvalues[1].Idx++ }},
		{"upvalue's name", "a changed[names] +0 +0 +0 +0 +0; -M", "the name of upvalue 0 of the function a.lua:3",
			func(im *chunk.Image) { im.Modules[0].Main.Protos[0].Upvalues[0].Name = chunk.Text{} }},
		{"lines", "a changed[lines] +0 +0 +0 -2 +0", "the lines of the main function of a.lua",
			func(im *chunk.Image) { im.Modules[0].Main.LineInfo = nil }},
		{"stack", "b changed[record] +0 +0 +0 +0 +0", "parameters or stack size of the main function of b.lua",
			func(im *chunk.Image) { im.Modules[1].Main.MaxStackSize++ }},
		{"source", "b changed[source] +0 +0 +0 +0 +0; -@b.lua; +@c.lua", `the name of the source, "@c.lua" in the other file, of the main function of b.lua`,
			func(im *chunk.Image) { im.Modules[1].Main.Source.S = "@c.lua" }},
		{"function", "b changed[functions] +1 +0 +0 +0 +80", "the number of functions inside of the main function of b.lua",
			func(im *chunk.Image) { im.Modules[1].Main.Protos = []*chunk.Proto{{}} }},
		{"module", "b removed[] -1 -4 -16 +0 -76; c added[] +1 +4 +16 +0 +76; -b; +c", "",
			func(im *chunk.Image) { im.Modules[1].Name = "c" }},
	} {
		changed := sample(model)
		c.change(changed)
		data := encoded(model, collected(model, changed))
		d := lfs.Compare(open(t, base), open(t, data), lfs.DiffOptions{})
		got := describe(d)
		if got != c.want || d.Same != (c.want == "") {
			t.Errorf("%s: %q, same: %v; want %q", c.name, got, d.Same, c.want)
		}
		if len(d.Modules) > 0 && d.Modules[0].First != c.first {
			t.Errorf("%s: first %q, want %q", c.name, d.Modules[0].First, c.first)
		}
		if d.Equal+len(d.Modules) < 2 || (d.FirstByte < 0) != bytes.Equal(base, data) {
			t.Errorf("%s: %d equal, byte %d", c.name, d.Equal, d.FirstByte)
		}
	}
}

func TestCompareTime(t *testing.T) {
	const model = num.Int32Float32
	im := sample(model)
	im.Timestamp++
	a, b := open(t, encoded(model, sample(model))), open(t, encoded(model, im))
	if lfs.Compare(a, b, lfs.DiffOptions{}).Same {
		t.Error("the time stamp does not count")
	}
	if !lfs.Compare(a, b, lfs.DiffOptions{IgnoreTime: true}).Same {
		t.Error("the time stamp counts although it is to be ignored")
	}
}

// TestCompareKinds compares the content of different kinds of files.
func TestCompareKinds(t *testing.T) {
	for _, model := range compilerModels() {
		for seed := range uint64(25) {
			im := newRandom(seed, model).image()
			a, b := open(t, encoded(model, im)), open(t, lfs.Build(model, im, 0x40290000).Data)
			if d := lfs.Compare(a, b, lfs.DiffOptions{}); !d.Same || d.FirstByte != 0 {
				t.Errorf("%v, seed %d: %s", model, seed, describe(d))
			}
			if d := lfs.Compare(b, a, lfs.DiffOptions{}); !d.Same {
				t.Errorf("%v, seed %d, the other way: %s", model, seed, describe(d))
			}
		}
		// The image says that the first upvalue of a main function is nobody's.
		im := compiledFrom(t, model, 0, "a.lua", sourceA)
		main := chunk.Strip(im.Modules[0].Main, 0)
		main.Upvalues[0].InStack = 1
		d := lfs.Compare(open(t, chunk.Encode(model, main, 0)), open(t, encoded(model, im)), lfs.DiffOptions{})
		if len(d.Modules) != 0 || describe(d) != "+=(luac.cross); +a" {
			t.Errorf("%v: chunk and image: %s", model, describe(d))
		}
		other := chunk.Strip(main, 1)
		other.Source.S = "@x.lua"
		d = lfs.Compare(open(t, chunk.Encode(model, main, 0)), open(t, chunk.Encode(model, other, 0)), lfs.DiffOptions{})
		if len(d.Modules) != 1 || strings.Join(d.Modules[0].Parts, " ") != "names source" {
			t.Errorf("%v: two chunks: %s", model, describe(d))
		}
	}
}

func TestCompareModels(t *testing.T) {
	a, b := open(t, encoded(num.Int32Float32, sample(num.Int32Float32))), open(t, encoded(num.Int32Float64, sample(num.Int32Float64)))
	// -1.5 is the same float in both.
	if got, want := describe(lfs.Compare(a, b, lfs.DiffOptions{})), "numbers"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestCompareWord finds the first word that differs in absolute images.
func TestCompareWord(t *testing.T) {
	const model = num.Int32Float64
	for _, c := range []struct {
		change func(im *chunk.Image)
		want   string
	}{
		{func(im *chunk.Image) { im.Seed++; im.Timestamp++ }, ""},
		{func(im *chunk.Image) { im.Modules[0].Main.Code[0] = 99 }, "0x1 0x63 instruction 1 of the main function of a.lua (line 1) / the same"},
		{func(im *chunk.Image) { im.Modules[0].Main.Constants[0].Int-- }, "0xfffffff9 0xfffffff8 constant 0 of the main function of a.lua / the same"},
		{func(im *chunk.Image) { im.Modules[0].Main.Protos[0].NumParams++ }, "0x12109 0x22109 word 1 of the record of the function a.lua:3 / the same"},
		{func(im *chunk.Image) { im.Modules[1].Name = "bb" }, `the head of the string "b" / the head of the string "bb"`},
		{func(im *chunk.Image) { im.Modules = im.Modules[:1] }, `the head of the string "b" / `},
	} {
		im := sample(model)
		c.change(im)
		a, b := open(t, lfs.Build(model, sample(model), 0x40290000).Data), open(t, lfs.Build(model, collected(model, im), 0x40280000).Data)
		d := lfs.Compare(a, b, lfs.DiffOptions{})
		got := ""
		if w := d.Word; w != nil {
			if w.WhatB == w.WhatA {
				w.WhatB = "the same"
			}
			got = fmt.Sprintf("%#x %#x %s / %s", w.A, w.B, w.WhatA, w.WhatB)
		}
		if d.Same || !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%q, same: %v; want %q", got, d.Same, c.want)
		}
		// What is left to chance is no difference.
		chance := bytes.Clone(a.Data)
		for _, r := range a.Store.Chance {
			chance[r.Offset] ^= 0x55
		}
		if d := lfs.Compare(a, open(t, chance), lfs.DiffOptions{}); !d.Same || d.FirstByte < 0 {
			t.Errorf("bytes left to chance count: %s", describe(d))
		}
	}
}
