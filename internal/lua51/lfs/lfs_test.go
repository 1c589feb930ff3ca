package lfs

import (
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/compiled"
	"moonlet.example/moonlet/internal/lua51/chunk"
	"moonlet.example/moonlet/internal/lua51/front"
	"moonlet.example/moonlet/internal/lua51/image"
)

// compileAll compiles sources, each the name and the text, at a strip level.
func compileAll(t testing.TB, n chunk.Numbers, level int, sources ...string) (mains []*chunk.Proto) {
	t.Helper()
	c, err := front.New()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i := 0; i < len(sources); i += 2 {
		p, err := c.Compile(n, "@"+sources[i], strings.NewReader(sources[i+1]), level)
		if err != nil {
			t.Fatal(err)
		}
		mains = append(mains, p)
	}
	return mains
}

// chunkOf is a .lc file.
func chunkOf(t testing.TB, n chunk.Numbers, level int, text string) []byte {
	t.Helper()
	code, err := chunk.Encode(n, compileAll(t, n, level, "dir/app.lua", text)[0], false)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// imageOf is an image of sources.
func imageOf(t testing.TB, n chunk.Numbers, level int, change func(*image.Image), sources ...string) []byte {
	t.Helper()
	mains := compileAll(t, n, level, sources...)
	var names []string
	for i := 0; i < len(sources); i += 2 {
		names = append(names, strings.TrimSuffix(sources[i], ".lua"))
	}
	im := &image.Image{Numbers: n, Packed: n == chunk.Float, Main: image.Lookup(mains, names, 1700000000)}
	if change != nil {
		change(im)
	}
	code, err := im.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return code
}

var sample = []string{
	"a.lua", "local t, common = ..., 'common'\nreturn function() return t, common, 'own of a' end\n",
	"b.lua", "module(..., package.seeall)\nprint('common')\nfunction f(x) return x + 1.5 end\n",
	"empty.lua", "",
}

// TestReport_Sums holds that all bytes of an image are told, each once, at every level and in both builds.
func TestReport_Sums(t *testing.T) {
	whole := append([]string{}, sample...)
	whole[3] = strings.ReplaceAll(whole[3], "1.5", "2")
	for _, n := range []chunk.Numbers{chunk.Float, chunk.Integer} {
		for level := range 3 {
			r, err := NewReport("x.img", imageOf(t, n, level, nil, whole...))
			if err != nil {
				t.Fatal(err)
			}
			sum, functions := r.Frame+r.Strings.TableBytes, 0
			shared := r.Strings.Bytes
			for _, m := range r.Modules {
				sum += m.Total
				shared -= m.Strings
				functions += m.Functions
			}
			sum += shared
			if sum != r.LoadedBytes || r.StripLevel != level || functions != 5 || len(r.Modules) != 3 {
				t.Errorf("%v, level %d: %d of %d bytes, level %d, %d functions", n, level, sum, r.LoadedBytes, r.StripLevel, functions)
			}
			if len(r.Strip) != 2-level {
				t.Errorf("level %d: %d ways to save", level, len(r.Strip))
			}
			for i, s := range r.Strip {
				// What is promised is what the compiler makes.
				made := imageOf(t, n, level+1+i, nil, whole...)
				im, err := image.Decode(made)
				if err != nil || s.LoadedBytes != im.Bytes || s.FileBytes != len(made) {
					t.Errorf("%v, level %d: %s leaves %d and %d bytes, not %d and %d", n, level, s.Option, s.FileBytes, s.LoadedBytes, len(made), im.Bytes)
				}
			}
		}
	}
}

// TestReport_Chunk holds what a .lc file takes on the heap.
func TestReport_Chunk(t *testing.T) {
	code := chunkOf(t, chunk.Float, 1, "return 'x'\n")
	r, err := NewReport("app.lc", code)
	if err != nil {
		t.Fatal(err)
	}
	// The record of a function, three instructions, a constant, a line (2 bytes and the end), two strings.
	if m := r.Modules[0]; m.Name != "app" || m.Code != 12 || m.Constants != 12 || r.LoadedIn != compiled.InHeap || r.LoadedBytes != m.Total || m.Records != 72 {
		t.Errorf("%+v", r.Modules[0])
	}
	if r.FileBytes != len(code) || r.Kind != compiled.Chunk || r.Edition != "Lua 5.1" || r.Numbers[0] != "float" {
		t.Errorf("%+v", r)
	}
}

// TestReport_Warnings holds what is told about images that a module would misread, or not take.
func TestReport_Warnings(t *testing.T) {
	for kind, change := range map[string]func(*image.Image){
		compiled.WarnOldTags:    func(im *image.Image) { im.OldTags = true },
		compiled.WarnUnfinished: func(im *image.Image) { im.Writing = true },
	} {
		r, err := NewReport("x.img", imageOf(t, chunk.Float, 1, change, sample...))
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Warnings) != 1 || r.Warnings[0].Kind != kind {
			t.Errorf("%s: %+v", kind, r.Warnings)
		}
	}
	r, err := NewReport("x.img", imageOf(t, chunk.Float, 1, nil, "a.lua", "return 1", "a.lua", "return 2"))
	if err != nil || len(r.Warnings) != 1 || r.Warnings[0].Kind != compiled.WarnDuplicate {
		t.Errorf("%v, %+v", err, r)
	}
}

// TestCompare holds what is told to be different, and what is not.
func TestCompare(t *testing.T) {
	open := func(code []byte) *Content {
		t.Helper()
		c, err := Open(code)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	image51 := func(change func(*image.Image), sources ...string) *Content {
		return open(imageOf(t, chunk.Float, 1, change, sources...))
	}
	a := image51(nil, sample...)
	absolute := image51(func(im *image.Image) { im.Absolute, im.Base = true, 0x40210000 }, sample...)
	later := image51(func(im *image.Image) { im.Main = image.Lookup(im.Main.Protos, []string{"a", "b", "empty"}, 1800000000) }, sample...)
	if d := Compare(a, absolute, false); !d.Same || d.Equal != 3 {
		t.Errorf("an absolute image is another one: %+v", d)
	}
	if d := Compare(a, later, false); d.Same {
		t.Error("the time is the same")
	}
	if d := Compare(a, later, true); !d.Same {
		t.Errorf("%+v", d)
	}
	changed := append([]string{}, sample...)
	changed[3] = strings.ReplaceAll(changed[3], "x + 1.5", "x - 1.5")
	changed[4] = "full.lua"
	d := Compare(a, image51(nil, changed...), false)
	if d.Same || d.Equal != 1 || len(d.Modules) != 3 || d.Modules[0].Name != "b" || d.Modules[0].First != "instruction 1 of the function b.lua:3 (line 3)" ||
		d.Modules[1].Name != "empty" || d.Modules[1].Change != compiled.ModuleRemoved || d.Modules[2].Change != compiled.ModuleAdded {
		t.Errorf("%+v", d)
	}
	if len(d.Removed) != 2 || len(d.Added) != 2 { // the name, and that of the file
		t.Errorf("%d strings less, %d more", len(d.Removed), len(d.Added))
	}
	x, y := open(chunkOf(t, chunk.Float, 1, "return 1")), open(chunkOf(t, chunk.Integer, 1, "return 1"))
	if d := Compare(x, x, false); !d.Same || d.FirstByte != -1 {
		t.Errorf("%+v", d)
	}
	if d := Compare(x, y, false); d.Same {
		t.Error("floats are integers")
	}
}

// TestDamaged holds that each cut and each changed byte is read or refused with a reason, and that reports of what
// is read end.
func TestDamaged(t *testing.T) {
	for _, code := range [][]byte{chunkOf(t, chunk.Float, 0, sample[1]), imageOf(t, chunk.Integer, 1, nil, sample[:2]...),
		imageOf(t, chunk.Float, 1, func(im *image.Image) { im.Absolute, im.Base = true, 0x40210000 }, sample[:2]...)} {
		for i := range code {
			if _, err := NewReport("x", code[:i]); err == nil {
				t.Errorf("%d of %d bytes were taken", i, len(code))
			}
			for _, bit := range []byte{1, 0x80, 0xff} {
				bad := append([]byte{}, code...)
				bad[i] ^= bit
				if _, err := NewReport("x", bad); err != nil && Explain(err) == "" {
					t.Errorf("byte %d: no reason", i)
				}
			}
		}
	}
}
