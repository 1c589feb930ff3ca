package luac

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/opcode"
)

// depsText is what WriteDeps writes for a file.
func depsText(t *testing.T, p *chunk.Proto) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteDeps(&b, Deps(p)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestDepsGolden holds, too, that debug information is not needed.
func TestDepsGolden(t *testing.T) {
	t.Chdir("testdata/deps")
	want, err := os.ReadFile("app.deps")
	if err != nil {
		t.Fatal(err)
	}
	for _, model := range num.Models() {
		for strip := range 3 {
			if got := depsText(t, compileFile(t, model, strip, "app.lua")); got != string(want) {
				t.Errorf("%v, strip level %d: first difference: %s", model, strip, differingLine(got, string(want)))
			}
		}
	}
}

// TestDeps has one case for each rule: a program and its dependencies, as lines
// of "kind name", without "module file" and "module node" unless they matter.
func TestDeps(t *testing.T) {
	for _, c := range []struct{ code, want string }{
		{`require "a" require("b.c") require "a"`, "require a; require b.c"},
		{`local r = require; r "a"; local m = r; m("b")`, "require a; require b"},
		{`require(x) require(x .. "y") require(...)`, "require ?"},
		{`require()`, ""},
		{`require(x, "y") require("z", x)`, "require ?; require z"},
		{`require("f", g())`, "require f"},
		{`require(g())`, "require ?"},
		{`return require "tail"`, "require tail"},
		{`dofile "a.lua" local f = loadfile("b.lc") dofile(n)`, "script a.lua; script b.lc; script ?"},
		{`node.flashindex "a"() node.LFS.get("b")() node.LFS.c() LFS.d() LFS.get "e"`, "lfs a; lfs b; lfs c; lfs d; lfs e"},
		{`local l = LFS; print(l._time, l._list, l.config, l.time, l.list(), l.reload("x")) return l[n]`, "lfs ?"},
		{`node.flashindex()`, ""},
		{`local l = node.LFS; function f() return l.a, l.get("b") end`, "lfs a; lfs b"},
		{`if LFS.init then LFS.init() else dofile "init.lua" end`, "lfs init; script init.lua"},
		{`local i = node.flashindex; return pcall(i and i "_init")`, "lfs _init"},
		{`file.open("a", "w") file.getcontents "b" file.exists "c" file.remove "d"`, "file a; file b; file c"},
		{`local f = file; f.open(name)`, "file ?"},
		{`local open = file.open; function g() return open "x" end`, "file x"},
		{`local name = "x.txt"; function g() return file.open(name) end`, "file x.txt"},
		{`pcall(require, "a") xpcall(dofile, print, "b") pcall(require) pcall(require, n)`, "require a; script b; require ?"},
		{`_G.require "a" _ENV.dofile "b" _G["loadfile"]("c")`, "require a; script b; script c"},

		// Modules of the firmware.
		{`tmr.create() local t = tmr print(gpio.HIGH, string, foo)`, "module tmr; module gpio"},
		{`return _G.adc, _ENV.i2c, color_utils, ws2812_effects`, "module adc; module i2c; module color_utils; module ws2812_effects"},
		{`local function f(tmr) return tmr.now() end`, ""},
		{`local tmr = {}; return tmr.now()`, ""},
		{`return t.tmr`, ""},
		{`encoder = {} return encoder.x`, ""},
		{`print(encoder.x) _G.encoder = nil`, ""},
		{`function encoder.encode() end`, "module encoder"},

		// Branches and loops.
		{`local n = x and "a" or "b"; require(n)`, "require ?"},
		{`local n = "a"; if x then n = "b" end; require(n)`, "require ?"},
		{`local n = "a"; if x then print(1) end; require(n)`, "require a"},
		{`local n = "a"; while x do require(n); n = "b" end`, "require ?"},
		{`local n = "a"; for i = 1, 3 do require(n) end; for k in p do dofile(n) end`, "require a; script a"},
		{`for _, n in ipairs{"a"} do require(n) end`, "require ?"},
		{`local n = x or "a"; require(n)`, "require ?"},
		{`repeat local n = "a" until not require(n)`, "require a"},
		{`do return end require "never"`, ""},
		{`goto l; require "never" ::l:: require "a"`, "require a"},

		// Upvalues that change.
		{`local n = "a"; local function f() require(n) end; n = "b"; f()`, "require ?"},
		{`local n = "a"; local function f() require(n) end; local function g() n = x end`, "require ?"},
		{`local n = "a"; local function f() n = x end; f(); require(n)`, "require ?"},
		{`local n = "a"; local function f() local function g() n = x end end; require(n)`, "require ?"},
		{`local a = require "a"; local n; function f() n = x end; require "b"`, "require a; require b"},
		{`do local n = "a"; function f() n = x end; require(n) end`, "require ?"},
		{`while x do local n = "a"; require(n); function f() n = x end end`, "require ?"},
		{`local n = "a"; while x do require(n); f = function() n = x end end`, "require ?"},
		{`local n = "a"; function f() return function() require(n) end end`, "require a"},
		{`local n; for i = 1, 2 do if x then n = "b" else n = "a"; F = function() require(n) end end end`, "require ?"},
		{`local require = mine; require "a"`, ""},
		{`local _ENV = {}; require "a"; tmr.now()`, ""},
		{`_ENV = setmetatable({}, {}); require "a"`, ""},
		{`local function f() require "a" f() end`, "require a"},
		{`local function f(n) require(n) end f("a")`, "require ?"},
		{`local t = {n = "a"}; require(t.n)`, "require ?"},
	} {
		want := strings.ReplaceAll(strings.ReplaceAll(c.want, " ", "\t"), ";\t", "\n")
		var got []string
		for line := range strings.Lines(depsText(t, compileText(t, c.code))) {
			if line = strings.TrimSpace(line); line != "module\tfile" && line != "module\tnode" {
				got = append(got, line)
			}
		}
		if text := strings.Join(got, "\n"); text != want {
			t.Errorf("%s\n got %q\nwant %q", c.code, text, want)
		}
	}
}

// compileText compiles a program without debug information.
func compileText(t *testing.T, code string) *chunk.Proto {
	t.Helper()
	name := filepath.Join(t.TempDir(), "a.lua")
	if err := os.WriteFile(name, []byte(code), 0o666); err != nil {
		t.Fatal(err)
	}
	return compileFile(t, num.Int32Float32, 2, name)
}

// TestDepsOrder holds order, lines and the modules' own names.
func TestDepsOrder(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.lua")
	const code = "local f = function()\n  file.open('x')\n  require(y)\nend\ndofile 'b'\nrequire 'c'\nfile.open 'x'\nrequire(f)\nadc.read(0)\n"
	if err := os.WriteFile(name, []byte(code), 0o666); err != nil {
		t.Fatal(err)
	}
	got := Deps(compileFile(t, num.Int32Float32, 1, name))
	want := []Dep{
		{KindModule, "file", false, 2}, {KindFile, "x", false, 2}, {KindRequire, "", true, 3},
		{KindScript, "b", false, 5}, {KindRequire, "c", false, 6}, {KindModule, "adc", false, 9},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	for _, d := range Deps(compileFile(t, num.Int32Float32, 2, name)) {
		if d.Line != 0 {
			t.Errorf("without line information: %v", d)
		}
	}
}

// TestDepsLarge has constants that LOADKX loads.
func TestDepsLarge(t *testing.T) {
	var b strings.Builder
	b.WriteString("local t\n")
	for i := range 1 << 18 {
		fmt.Fprintf(&b, "t=%d.5 ", i)
	}
	b.WriteString("require 'a'")
	if got := depsText(t, compileText(t, b.String())); got != "require\ta\n" {
		t.Errorf("got %q", got)
	}
}

// TestDepsCombined looks into a function that stands above those of files.
func TestDepsCombined(t *testing.T) {
	a, b := compileText(t, `require "a" tmr.now()`), compileText(t, `require "b" require "a"`)
	p, err := Combine(num.Int32Float32, 1, []*chunk.Proto{a, b}, false, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := depsText(t, p); got != "require\ta\nmodule\ttmr\nrequire\tb\n" {
		t.Errorf("got %q", got)
	}
}

func TestWriteDeps(t *testing.T) {
	var b bytes.Buffer
	err := WriteDeps(&b, []Dep{
		{Kind: KindFile, Name: "a b"}, {Kind: KindFile, Dynamic: true}, {Kind: KindFile, Name: "?"}, {Kind: KindFile},
		{Kind: KindFile, Name: "a\nb"}, {Kind: KindFile, Name: "\xff"}, {Kind: KindFile, Name: `"q"`}, {Kind: KindFile, Name: "é"},
	})
	const want = "file\ta b\nfile\t?\nfile\t\"?\"\nfile\t\"\"\nfile\t\"a\\nb\"\nfile\t\"\\xff\"\nfile\t\"\\\"q\\\"\"\nfile\té\n"
	if err != nil || b.String() != want {
		t.Errorf("got %s, %v", b.String(), err)
	}
}

// TestDepsWork holds that code which jumps everywhere does not take forever: it
// takes some hundredths of a second.
func TestDepsWork(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	const n = 20000
	p := &chunk.Proto{MaxStackSize: 255, Code: make([]uint32, n), Upvalues: make([]chunk.Upvalue, 1)}
	for i := range 256 {
		p.Constants = append(p.Constants, chunk.Constant{Kind: chunk.String, Str: fmt.Sprint(i)})
	}
	for i := range p.Code {
		switch a := rnd.IntN(255); i % 3 {
		case 0:
			p.Code[i] = opcode.MakeABx(opcode.LoadK, a, rnd.IntN(256))
		case 1:
			p.Code[i] = opcode.MakeABC(opcode.Test, a, 0, 1)
		default:
			p.Code[i] = opcode.SetSBx(uint32(opcode.Jmp), rnd.IntN(n)-i-1)
		}
	}
	start := time.Now()
	Deps(p)
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("it took %v", d)
	}
}

func TestFirmwareModules(t *testing.T) {
	if !slices.IsSorted(firmwareModules) {
		t.Error("the list is not sorted")
	}
	if !IsFirmwareModule("tmr") || IsFirmwareModule("string") || IsFirmwareModule("") {
		t.Error("modules are not told from other names")
	}
	root := os.Getenv("MOONLET_FIRMWARE")
	if root == "" {
		t.Skip("set MOONLET_FIRMWARE to a clone of the firmware's repository")
	}
	pages, err := filepath.Glob(filepath.Join(root, "docs/modules/*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatal("no documentation", err)
	}
	var names []string
	for _, page := range pages {
		name := strings.ReplaceAll(strings.TrimSuffix(filepath.Base(page), ".md"), "-", "_")
		if name != "wifi_monitor" { // it is a table in wifi
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, firmwareModules) {
		t.Errorf("the documentation has %v", names)
	}
}
