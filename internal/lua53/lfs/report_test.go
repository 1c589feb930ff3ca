package lfs_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"moonlet.example/moonlet/internal/lua/compiled"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/lfs"
	"moonlet.example/moonlet/internal/luac"
)

// encoded is an image as a file.
func encoded(model num.Model, im *chunk.Image) []byte {
	copied := *im
	return chunk.EncodeImage(model, &copied, "=(luac.cross)", 0)
}

func report(t *testing.T, data []byte) *compiled.Report {
	t.Helper()
	return must[*compiled.Report](t)(lfs.NewReport("f", data))
}

// TestReportAddsUp holds that the parts of a file are all there is.
func TestReportAddsUp(t *testing.T) {
	for _, model := range num.Models() {
		for seed := range uint64(40) {
			r := newRandom(seed, model)
			im := r.image()
			size := len(lfs.Build(model, im, 0x40290000).Data)
			for _, data := range [][]byte{encoded(model, im), lfs.Build(model, im, 0x40290000).Data} {
				got := report(t, data)
				s := &got.Strings
				sum := got.Frame + s.TableBytes + s.FixedBytes + s.SharedBytes + s.UnusedBytes
				all := s.FixedBytes + s.SharedBytes + s.UnusedBytes
				for _, m := range got.Modules {
					sum += m.Total
					all += m.Strings
				}
				if got.LoadedBytes != size || sum != size || got.FileBytes != len(data) || s.Bytes != all {
					t.Fatalf("%v, seed %d, %s: %d bytes, the sum is %d of %d; strings %d and %d", model, seed, got.Kind, got.LoadedBytes, sum, size, s.Bytes, all)
				}
				if s.Short+s.Long != len(im.Strings) || s.Slots < s.Short || s.LongestChain < 1 {
					t.Fatalf("%v, seed %d: %+v", model, seed, s)
				}
			}
			code := chunk.Encode(model, r.function("@dir/.x.lua", 0), r.level)
			got := report(t, code)
			if m := got.Modules; len(m) != 1 || m[0].Total != got.LoadedBytes || m[0].Name != "x" || got.LoadedIn != compiled.InHeap {
				t.Fatalf("%v, seed %d: %+v", model, seed, got)
			}
		}
	}
}

func TestReportOfImage(t *testing.T) {
	const model = num.Int32Float32
	got := report(t, encoded(model, sample(model)))
	got.Strings.All = nil
	got.Warnings = nil
	got.Strip = nil
	stamp, seed := int64(1700000000), uint32(0xDEADBEEF)
	want := &compiled.Report{
		File: "f", Kind: compiled.Image, Edition: "Lua 5.3", Numbers: []string{"int32/float32"},
		FileBytes: 302, LoadedBytes: 560 + 172 + 24 + 32 + 1700 + 512 + 76, LoadedIn: "flash", Seed: &seed, Timestamp: &stamp, Time: "2023-11-14T22:13:20Z",
		Modules: []compiled.ModuleReport{
			// Strings: 20 each for a, M, x, "" and _ENV, which is fixed; "@a.lua" 24, the long one 120.
			{Name: "a", Source: "a.lua", Functions: 2, Code: 20, Constants: 104, Debug: 4 + 12 + 4, Records: 2*76 + 4 + 24 + 12, Strings: 224, Shared: 24, Total: 560},
			{Name: "b", Source: "b.lua", Functions: 1, Code: 4, Constants: 16, Records: 76 + 12, Strings: 20 + 24 + 20, Shared: 24, Total: 172},
		},
		Strings: compiled.StringsReport{Short: 10, Long: 1, Longest: 100, Bytes: 2044, Shared: 1, SharedBytes: 24, Unused: 1, UnusedBytes: 32,
			Fixed: 72, FixedUsed: 5, FixedBytes: 1700, Slots: 128, LongestChain: 3, TableBytes: 512},
		Frame: 48 + 16 + 12,
	}
	if !reflect.DeepEqual(got, want) {
		a, _ := json.MarshalIndent(got, "", " ")
		b, _ := json.MarshalIndent(want, "", " ")
		t.Errorf("%s\nwant\n%s", a, b)
	}
}

func TestReportOfAbsolute(t *testing.T) {
	const model = num.Int64Float64
	im := sample(model)
	im.Timestamp = 0
	data := append(lfs.Build(model, im, 0x40290000).Data, 0xff, 0xff)
	got := report(t, data)
	if *got.Base != 0x40290000 || got.RestBytes != 2 || !got.RestErased || *got.Timestamp != 0 || got.Time != "1970-01-01T00:00:00Z" {
		t.Errorf("%+v", got)
	}
	data[len(data)-1] = 0
	got = report(t, data)
	if w := got.Warnings[len(got.Warnings)-1]; w.Kind != compiled.WarnRest || got.RestErased {
		t.Errorf("%+v", w)
	}
	im.Timestamp = 1 << 31 // which 32 bits hold as a negative number
	im.Timestamp = num.Int32Float32.Integer(im.Timestamp)
	if got := report(t, encoded(num.Int32Float32, im)); got.Time != "2038-01-19T03:14:08Z" {
		t.Errorf("time %s", got.Time)
	}
}

func TestReportStrings(t *testing.T) {
	const model = num.Int32Float32
	im := sample(model)
	im.Modules[1].Main.Constants = append(im.Modules[1].Main.Constants, str("\xff\x00"), str("else"))
	got := report(t, encoded(model, collected(model, im)))
	find := func(s string) compiled.StringUse {
		for _, u := range got.Strings.All {
			if u.Raw == s {
				return u
			}
		}
		t.Fatalf("no string %q", s)
		return compiled.StringUse{}
	}
	for s, want := range map[string]string{
		"shared": "shared  6 24 false [a b]", "else": "else  4 24 true [b]", "a": "a  1 20 false [a]",
		"\xff\x00": " ff00 2 20 false [b]", "=(luac.cross)": "=(luac.cross)  13 32 false []", "while": "while  5 24 true []",
	} {
		u := find(s)
		if got := fmt.Sprint(u.Text, " ", u.Hex, " ", u.Length, u.Bytes, u.Fixed, u.Users); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
}

func TestWarnings(t *testing.T) {
	const model = num.Int32Float32
	main := func(name string) chunk.Module {
		return chunk.Module{Name: name, Main: &chunk.Proto{Source: text("@" + name), Code: []uint32{0x800026}}}
	}
	warnings := func(modules ...chunk.Module) (list []string) {
		im := collected(model, &chunk.Image{Modules: modules})
		for _, w := range report(t, encoded(model, im)).Warnings {
			list = append(list, w.Kind+" "+w.Module+": "+w.Text)
		}
		return list
	}
	check := func(got []string, want ...string) {
		t.Helper()
		if len(got) != len(want) {
			t.Errorf("%q, want %q", got, want)
			return
		}
		for i := range got {
			if !strings.Contains(got[i], want[i]) {
				t.Errorf("%q, want %q", got[i], want[i])
			}
		}
	}
	check(warnings())
	check(warnings(main("__a"), main("__b"), main("c"), main("_")))
	check(warnings(main("__a"), main("c"), main("__b"), main("d"), main("__e")),
		"order __b: module __b stands behind c and is not found", "order __e: module __e stands behind c")
	check(warnings(main("a"), main("b"), main("a")), "duplicate a: there are several modules a")
	check(warnings(main("thread"), main("proto"), main("userdata")),
		`misread thread: the name of module thread is "userdata" in the store`, `misread proto: the name of module proto is "thread"`)
	many := make([]chunk.Module, 258)
	for i := range many {
		many[i] = main(fmt.Sprint("m", i))
	}
	check(warnings(many...), "count : 258 modules: the store counts them in a byte, so only the first 2 are found")
	stripped := *sample(model)
	code := chunk.EncodeImage(model, &stripped, "=(luac.cross)", 1)
	last := report(t, code).Warnings
	if w := last[len(last)-1]; w.Kind != compiled.WarnUnused || !strings.Contains(w.Text, "nothing refers to 2 strings of 40 bytes") {
		t.Errorf("%+v", w)
	}
}

// compilerModels are the number models of tests that compile, which takes long
// where memory is checked by Go.
func compilerModels() []num.Model {
	if testing.Short() {
		return num.Models()[:1]
	}
	return num.Models()
}

// compiled makes an image of Lua sources.
func compiledFrom(t *testing.T, model num.Model, level int, sources ...string) *chunk.Image {
	t.Helper()
	c := must[*luac.Compiler](t)(luac.NewCompiler(luac.Config{Model: model, Strip: level}))
	defer c.Close()
	t.Chdir(t.TempDir())
	var mains []*chunk.Proto
	for i := 0; i < len(sources); i += 2 {
		if err := os.WriteFile(sources[i], []byte(sources[i+1]), 0o666); err != nil {
			t.Fatal(err)
		}
		mains = append(mains, must[*chunk.Proto](t)(c.File(sources[i])))
	}
	return collected(model, must[*chunk.Image](t)(luac.Image(mains, 1, 1700000000)))
}

const sourceA = `local M = {}
function M.kind(x)
  if type(x) == "userdata" then return "thread" end
  local thread = x.thread
  return thread
    .. "and a string of more than forty characters, which is long"
end
return M
`

func TestMisreadLines(t *testing.T) {
	for level, want := range [][]string{
		{"a, line 3: the constant \"userdata\" in the store", "a, lines 3, 4: the constant \"thread\" is \"userdata\" in the store"},
		{"a, line 3: the constant \"userdata\" in the store", "a, lines 3, 4: the constant \"thread\" is"},
		{"a, function at line 2: the constant \"userdata\"", "a, function at line 2: the constant \"thread\""},
	} {
		im := compiledFrom(t, num.Int32Float32, level, "a.lua", sourceA)
		got := report(t, encoded(num.Int32Float32, im)).Warnings
		if len(got) != 2 || !strings.HasPrefix(got[0].Text, want[0]) || !strings.HasPrefix(got[1].Text, want[1]) ||
			!strings.HasSuffix(got[1].Text, `write "thr" .. "ead"`) {
			t.Errorf("level %d: %+v", level, got)
		}
		if got := report(t, chunk.Encode(num.Int32Float32, im.Modules[0].Main, 0)).Warnings; len(got) != 0 {
			t.Errorf("level %d: a chunk has %+v", level, got)
		}
	}
}

// TestStripReport compares what is promised with what the compiler makes.
func TestStripReport(t *testing.T) {
	for _, model := range compilerModels() {
		sources := []string{"a.lua", sourceA, "b.lua", "local a, b = 1, 2 return function(x) return a + b + x end"}
		im := compiledFrom(t, model, 0, sources...)
		file := func(im *chunk.Image, strip int) (int, int) {
			copied := *im
			code := chunk.EncodeImage(model, &copied, "=(luac.cross)", strip)
			return len(code), must[*lfs.Content](t)(lfs.Open(code)).FlashSize()
		}
		var want []compiled.StripReport
		add := func(option string, im *chunk.Image, strip int) {
			a, b := file(im, strip)
			want = append(want, compiled.StripReport{Option: option, FileBytes: a, LoadedBytes: b})
		}
		add("-s", im, 1)
		lines := compiledFrom(t, model, 1, sources...)
		add("--strip 1", lines, 0)
		add("--strip 2", compiledFrom(t, model, 2, sources...), 0)
		got := report(t, encoded(model, im)).Strip
		if !slices.Equal(got, want) {
			t.Errorf("%v: %+v, want %+v", model, got, want)
		}
		if got := report(t, encoded(model, lines)).Strip; !slices.Equal(got, want[2:]) {
			t.Errorf("%v: %+v, want %+v", model, got, want[2:])
		}
		absolute := lfs.Build(model, im, 0x40290000).Data
		for i, s := range report(t, absolute).Strip {
			if s.Option != want[i].Option || s.LoadedBytes != want[i].LoadedBytes || s.FileBytes != s.LoadedBytes {
				t.Errorf("%v: absolute image: %+v, want %+v", model, s, want[i])
			}
		}
		main := im.Modules[0].Main
		code := report(t, chunk.Encode(model, main, 0))
		if len(code.Strip) != 2 || code.Strip[0].FileBytes != len(chunk.Encode(model, main, 1)) ||
			code.Strip[0].LoadedBytes != report(t, chunk.Encode(model, main, 1)).LoadedBytes {
			t.Errorf("%v: chunk: %+v", model, code.Strip)
		}
	}
}

// TestHeapBytes loads code and asks Lua what it takes.
func TestHeapBytes(t *testing.T) {
	const program = `local name = ...
local f = io.open(name, "rb")
local code = f:read("a")
f:close()
f = nil
local load, gc = load, collectgarbage
local loaded, before, after
gc() gc() before = gc("count") loaded = load(code) gc() gc() after = gc("count")
print(math.floor((after - before) * 1024 + 0.5))
`
	// All strings are new, and few: the table of strings does not grow.
	const code = `local uniqA, uniqB = "uniq string one", 12.5
function uniqF(uniqP)
  return uniqA .. uniqP, function() return uniqB, "and a string of more than forty characters, which is long" end
end`
	for _, model := range compilerModels() {
		im := compiledFrom(t, model, 0, "uniq.lua", code, "program.lua", program)
		data := chunk.Encode(model, im.Modules[0].Main, 0)
		name := filepath.Join(t.TempDir(), "uniq.lc")
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		s := must[*hostexec.Session](t)(hostexec.New(hostexec.Config{Model: model, Output: &out, Random: new(stdlib.GlibcRand),
			System: &hostos.System{Input: strings.NewReader(""), Output: &out, Errors: &out}}))
		if err := s.RunFile("program.lua", []string{name}); err != nil {
			t.Fatal(err)
		}
		s.Close()
		closure := 16 + 4 + 8 + model.ValueSize() + 4 // with its upvalue
		want := fmt.Sprintln(report(t, data).LoadedBytes + closure)
		if out.String() != want {
			t.Errorf("%v: %s, want %s", model, out.String(), want)
		}
	}
}

func TestIdentify(t *testing.T) {
	var gz51, gzText bytes.Buffer
	for b, content := range map[*bytes.Buffer]string{&gz51: "\x50\xa1\xfa\xfa rest", &gzText: "hello"} {
		z := gzip.NewWriter(b)
		z.Write([]byte(content))
		z.Close()
	}
	image := encoded(num.Int32Float32, sample(num.Int32Float32))
	store := lfs.Build(num.Int32Float32, sample(num.Int32Float32), 0x40290000).Data
	flash := append(append([]byte{0xe9}, make([]byte, 3*4096-1)...), store...)
	for _, c := range []struct {
		data string
		kind compiled.Kind
		want string
	}{
		{"", compiled.NoBytes, "the file is empty"},
		{"print('hello')\n", compiled.Source, "this is text, probably Lua source"},
		{"-- caf\xe9\nreturn 1", compiled.Source, "text"},
		{strings.Repeat("ä", 5000), compiled.Unknown, ""},
		{"\x1bLua", compiled.Chunk, ""},
		{string(image), compiled.Image, ""},
		{string(store), compiled.Absolute, ""},
		{string(chunk.Encode(num.Int32Float32, &chunk.Proto{}, 0)), compiled.Chunk, ""},
		{"\x1bLuaQ\x00\x01\x04\x04\x04\x08\x00", compiled.Chunk51, "compiled for Lua 5.1 with floats of 8 bytes: compile the source for Lua 5.3"},
		{"\x1bLuaQ\x00\x01\x04\x04\x04\x04\x01", compiled.Chunk51, "with integers of 4 bytes as its only numbers"},
		{"\x1bLuaQ\x00\x01", compiled.Chunk51, "compiled for Lua 5.1: compile"},
		{"\x1bLuaR\x00\x01", compiled.OtherLua, "compiled for Lua 5.2"},
		{"\x1bLuaT\x00\x19", compiled.OtherLua, "compiled for Lua 5.4"},
		{"\x1bLuaS\x00\x19\x93\r\n", compiled.OtherLua, "compiled by the standard luac of Lua 5.3"},
		{"\x1bLJ\x02", compiled.OtherLua, "LuaJIT"},
		{gz51.String(), compiled.Image51, "an image of the store for Lua 5.1"},
		{gzText.String(), compiled.Unknown, "a file compressed by gzip"},
		{gz51.String()[:10], compiled.Unknown, "a file compressed by gzip"},
		{"\x50\xa1\xfa\xfa", compiled.Absolute51, "a store of Lua 5.1"},
		{"\x57\xa1\xfa\xfa", compiled.Absolute51, "a store of Lua 5.1"},
		{string(flash), compiled.Firmware, "no store, but one begins at byte 0x3000"},
		{"\xe9\x00\x00", compiled.Firmware, "an image of firmware"},
		{"\xff\xff\xff", compiled.Empty, "3 bytes of erased flash"},
		{"\x01\x02\x03", compiled.Unknown, "begins with the bytes 01 02 03"},
	} {
		kind, text := lfs.Identify([]byte(c.data))
		if kind != c.kind || !strings.Contains(text, c.want) || (text == "") != (kind == compiled.Chunk || kind == compiled.Image || kind == compiled.Absolute) {
			t.Errorf("%.20q: %s, %q; want %s, %q", c.data, kind, text, c.kind, c.want)
		}
		_, err := lfs.Open([]byte(c.data))
		var e *compiled.KindError
		if text != "" && (!errors.As(err, &e) || e.Kind != kind) {
			t.Errorf("%.20q: Open says %v", c.data, err)
		}
	}
}

// TestWhere holds that names of words are those of what stands there.
func TestWhere(t *testing.T) {
	const model, base = num.Int32Float64, 0x40290000
	im := sample(model)
	region := lfs.Build(model, im, base)
	seen := map[string]int{}
	for off := 0; off < len(region.Data); off += 4 {
		seen[lfs.Where(model, im, off)] = off
	}
	word := func(what string) uint32 {
		off, ok := seen[what]
		if !ok {
			t.Fatalf("there is no %s", what)
		}
		return binary.LittleEndian.Uint32(region.Data[off:])
	}
	for what, want := range map[string]uint32{
		"the seed of the hashes in the header":        0xDEADBEEF,
		"instruction 3 of the main function of a.lua": 0x800026, // no lines: a.lua's LineInfo ends before
		"instruction 1 of the main function of b.lua": 0x800026,
		"constant 2 of the function a.lua:3":          1, // its tag
		"the head of the table of modules":            base + uint32(seen["the entry of a in the table of modules"]) - 12,
	} {
		if strings.HasPrefix(what, "instruction 3") {
			what += " (line 1)"
		}
		if got := word(what); got != want {
			t.Errorf("%s is %#x, want %#x", what, got, want)
		}
	}
	for off, want := range map[int]string{
		-4: "behind the end of the store", len(region.Data): "behind the end of the store", len(region.Data) - 1: "the head of the table of modules",
		0: "the signature in the header", 64: `the string "=(luac.cross)"`,
	} {
		if got := lfs.Where(model, im, off); got != want {
			t.Errorf("byte %d is %s, want %s", off, got, want)
		}
	}
}

// FuzzOpen looks for panics in all that is done with files: changed ones, as in
// FuzzRead, or any.
func FuzzOpen(f *testing.F) {
	var files [][]byte
	for _, model := range num.Models() {
		im := sample(model)
		files = append(files, encoded(model, im), chunk.Encode(model, im.Modules[0].Main, 0), lfs.Build(model, im, 0x40290000).Data)
	}
	for i := range files {
		f.Add(byte(i), []byte{})
		f.Add(byte(i), []byte{40, 0, 1})
	}
	f.Add(byte(255), []byte("return 1"))
	whole, err := lfs.Open(files[0])
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, kind byte, data []byte) {
		if int(kind) < 10*len(files) {
			changed := bytes.Clone(files[int(kind)%len(files)])
			for ; len(data) >= 3; data = data[3:] {
				changed[int(binary.LittleEndian.Uint16(data))%len(changed)] ^= data[2]
			}
			data = append(changed, data...)
		}
		problems := lfs.Check(data, lfs.Target{Size: 4096, Base: 0x40290000, HeapFree: 9000})
		r, err := lfs.NewReport("f", data)
		if err != nil {
			if compiled.Loadable(problems) || lfs.Explain(err) == "" {
				t.Errorf("%v, but %+v", err, problems)
			}
			return
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
		c, _ := lfs.Open(data)
		if d := lfs.Compare(c, c, lfs.DiffOptions{}); !d.Same {
			t.Errorf("differs from itself: %+v", d)
		}
		lfs.Compare(c, whole, lfs.DiffOptions{})
	})
}
