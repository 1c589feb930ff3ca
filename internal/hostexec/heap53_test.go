package hostexec_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
	"moonlet.example/moonlet/internal/lua53/layout"
)

const goldenFile = "testdata/heap/counts.golden"

// prelude takes up to 600 notes.
const prelude = `local marks, count, gc = {}, 0, collectgarbage
for i = 1, 600 do marks[i] = 0.0 end
local function mark() %s count = count + 1 if count <= 600 then marks[count] = gc("count") end end
%s mark()
do
`

// epilogue tells the notes in bytes: the first one as it is, the others as
// differences from it. Then it tells the seed of the hashes, if the directory has
// a program for that.
const epilogue = `
end
if count > 600 then count = 600 end
for i = 1, count do print(string.format("@%d", (marks[i] - (i > 1 and marks[1] or 0)) * 1024)) end
pcall(dofile, "seed.lua")
`

// seedProgram finds the seed of the reference in its memory, whose records are
// those of the device. When a table grows depends on the places of its keys if
// some of them were removed, and so on the seed.
const seedProgram = `local f = io.open("/proc/self/mem", "rb")
local function word(a) f:seek("set", a) return (string.unpack("<i4", f:read(4))) end
local main = tonumber(tostring(coroutine.running()):match("0x%%x+"))
print("@seed", word(word(main + %d) + %d))
`

func edition53(model num.Model) *edition {
	return &edition{lua: hostexec.Lua53, model: model, prelude: prelude, epilogue: epilogue}
}

var modes = []mode{
	{"full", "gc()", "", 100},
	{"paced", "", "", 200},
	// It does a step whenever memory is allocated, or a whole cycle: so it matters
	// before and behind which allocations it is asked to work.
	{"steps", "", `gc("setpause", 100) gc("setstepmul", 2000)`, 200},
	{"cycles", "", `gc("setpause", 0)`, 10},
}

// modulesCode loads a module from its source and as compiled code, and tries to
// run it.
const modulesCode = `local f = assert(loadfile("module.lua"))
mark()
local code = string.dump(f)
mark()
local g = load(code)
mark()
code = string.dump(f, true)
mark()
g = load(code)
mark()
f, g, code = nil
mark()
local file = io.open("module.lua")
local text = file:read("a")
file:close()
mark()
f = load(text, "=module")
mark()
text = nil
mark()
local ok, result = pcall(f, "module")
mark()
f, ok, result = nil
mark()
mark()
`

// luaModules are the modules written in Lua that come with the firmware.
func luaModules(t *testing.T) (all []program) {
	t.Helper()
	root := os.Getenv("MOONLET_FIRMWARE")
	if root == "" {
		t.Log("without MOONLET_FIRMWARE its modules in Lua are not compared")
		return nil
	}
	for _, dir := range []string{"lua_modules", "lua_examples"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d os.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".lua" {
				return err
			}
			text, err := os.ReadFile(path)
			name, _ := filepath.Rel(root, path)
			all = append(all, program{name: filepath.ToSlash(name), code: modulesCode, files: map[string]string{"module.lua": string(text)}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// ours runs a program here; the current directory has it.
func ours(t *testing.T, model num.Model, seed uint32) counts {
	t.Helper()
	var out bytes.Buffer
	s, err := hostexec.New(hostexec.Config{
		Model: model, NarrowKeys: true, HeapBytes: 64 << 20, StripDefault: 1, Seed: seed,
		Random: new(stdlib.GlibcRand), Output: &out, Errors: &out,
		Modules: hostModules(),
		System: &hostos.System{
			Input: strings.NewReader(""), Output: &out, Errors: &out,
			Now: time.Now, CPU: func() time.Duration { return time.Second },
			Zone: time.UTC, TempDir: ".",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RunFile("program.lua", nil); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return parseCounts(t, out.String())
}

// probe asks a build for its numbers, how long a table's node is in bytes, and whether its
// pointers have 32 bits and its sjson can decode: built for 32 bits without the include
// file of its Makefile it cannot.
const probe = `
local count = collectgarbage"count"
local t = {a = 1}
count = (collectgarbage"count" - count) * 1024
print(#string.pack("T", 0), #string.pack("j", 0), #string.pack("n", 0), math.floor(count) - 32, pcall(sjson.decode, "[1]"))`

// build is a reference of 32 bits.
type build struct {
	binary  string
	decodes bool
}

// builds finds those of MOONLET_REFERENCE that have 32 bits, by number model.
func builds(t *testing.T) map[num.Model]build {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "program.lua"), probe)
	found := map[num.Model]build{}
	for _, binary := range filepath.SplitList(os.Getenv("MOONLET_REFERENCE")) {
		binary, err := filepath.Abs(binary)
		if err != nil {
			t.Fatal(err)
		}
		var pointer, integer, float, node int
		b := build{binary: binary}
		c, err := reference(t, binary, dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscan(c.text, &pointer, &integer, &float, &node, &b.decodes); err != nil {
			t.Fatalf("%s does not tell its sizes: %q: %v", binary, c.text, err)
		}
		model, ok := num.BySizes(integer, float)
		if want := layout.Of(model.ValueSize())("Node", "Size"); ok && pointer == 4 && node != want {
			t.Logf("%s has nodes of %d bytes and the chip of %d: see CONTRIBUTING.md", binary, node, want)
			continue
		}
		if _, twice := found[model]; ok && pointer == 4 && !twice {
			found[model] = b
		}
	}
	if len(found) == 0 {
		t.Skip("set MOONLET_REFERENCE to paths of luac.cross among which there are some built for 32 bits (-m32)")
	}
	return found
}

// TestHeapCount compares with the references of 32 bits that there are.
func TestHeapCount(t *testing.T) {
	found := builds(t)
	all := slices.Concat(scenes(t, "53"), luaModules(t))
	golden, err := filepath.Abs(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, model := range num.Models() {
		b, given := found[model]
		if !given {
			t.Logf("no reference of 32 bits with %s", model)
			continue
		}
		for _, m := range modes {
			t.Run(model.Flag()+"/"+m.name, func(t *testing.T) {
				lines := compareAll(t, model, b, m, slices.Concat(all, edition53(model).generated(m.generated)))
				if *update && model == num.Int32Float32 {
					updateGolden(t, golden, m.name+"\t", lines)
				}
			})
		}
	}
}

// compareAll compares programs in a mode, and gives the lines of the golden file.
func compareAll(t *testing.T, model num.Model, b build, m mode, all []program) (golden []string) {
	dir, e := t.TempDir(), edition53(model)
	t.Chdir(t.TempDir())
	at := layout.Of(model.ValueSize())
	write(t, filepath.Join(dir, "seed.lua"), fmt.Sprintf(seedProgram, at("LuaState", "G"), at("Global", "Seed")))
	programs, marks, otherwise := 0, 0, 0
	for _, p := range all {
		if !b.decodes && p.decodes() {
			continue
		}
		e.install(t, &p, m, dir)
		e.install(t, &p, m, ".")
		want, err := reference(t, b.binary, dir)
		if err != nil {
			t.Fatal(p.name, err)
		}
		if !want.seen {
			t.Fatalf("%s: the reference does not come to the end, or its memory cannot be read here\n%s", p.name, want.failure)
		}
		got := ours(t, model, want.seed)
		if got.text != want.text {
			otherwise++
			continue
		}
		programs, marks = programs+1, marks+len(want.marks)-1
		if d := difference(got.marks, want.marks); d != "" {
			t.Errorf("%s: %s", p.name, d)
		}
		if p.files == nil && !p.decodes() {
			golden = append(golden, goldenLine(m, p.name, want))
		}
	}
	t.Logf("%d programs, %d checkpoints", programs, marks)
	if otherwise > 0 {
		t.Logf("%d more compute something else: floats of a build without -msse2 -mfpmath=sse are rounded otherwise", otherwise)
	}
	return golden
}
