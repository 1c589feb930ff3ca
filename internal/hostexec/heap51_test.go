package hostexec_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
	"moonlet.example/moonlet/internal/luagen"
)

// heapModule is what the programs need of Lua 5.1 that it has not: a build with integers
// counts in whole KB, and only the C API sets the mode of the emergency collector.
var heapModule = state.Module{Name: "heap", Table: &state.ROTable{Name: "heap", Entries: []state.Entry{
	state.Fn("count", func(L state.State) int {
		L.PushInteger(int64(L.GC(state.GCCount, 0)<<10 + L.GC(state.GCCountB, 0)))
		return 1
	}),
	state.Fn("mode", func(L state.State) int {
		L.SetEGC(state.EGCMode(L.CheckInteger(1)), int(L.CheckInteger(2)))
		return 0
	}),
}}}

// The body is a function that is called protected, since many modes let it run out of memory.
const (
	prelude51 = `local marks, count, bytes, gc = {}, 0, heap.count, collectgarbage
for i = 1, 600 do marks[i] = 0 end
local function mark() %s count = count + 1 if count <= 600 then marks[count] = bytes() end end
%s mark()
local ok, err = pcall(function()
`
	epilogue51 = `
end)
heap.mode(0, 0)
if count > 600 then count = 600 end
for i = 1, count do print(string.format("@%%d", marks[i] - (i > 1 and marks[1] or 0))) end
print(type(err) == "string" and err)
`
)

// editions51 are the builds of Lua 5.1, in the order in which their references are named.
func editions51() []*edition {
	one := func(lua hostexec.Edition) *edition {
		return &edition{lua: lua, prelude: prelude51, epilogue: strings.ReplaceAll(epilogue51, "%%", "%"),
			options: luagen.Options{Lua51: true, Integer: lua == hostexec.Lua51Int}}
	}
	return []*edition{one(hostexec.Lua51), one(hostexec.Lua51Int)}
}

// The modes of the emergency collector are those of heap.mode: 1 for when an allocation fails,
// 2 for a limit, 4 for always.
var modes51 = []mode{
	{"full", "gc()", "", 100},
	{"paced", "", "", 200},
	{"steps", "", `gc("setpause", 100) gc("setstepmul", 2000)`, 100},
	{"crumbs", "", `gc("setpause", 0) gc("setstepmul", 20)`, 100},
	{"cycles", "", `gc("setpause", 0) gc("setstepmul", 0)`, 20},
	{"always", "", `heap.mode(4, 4096)`, 20},
	{"failure", "", `heap.mode(1, 0)`, 20},
	{"limit", "", `heap.mode(2, bytes() + 3000)`, 50},
	{"narrow", "", `heap.mode(3, bytes() + 600)`, 50},
}

// ours51 runs a program here; the current directory has it.
func (e *edition) ours51(t *testing.T, p *program) counts {
	t.Helper()
	var out bytes.Buffer
	s, err := hostexec.New(hostexec.Config{Lua: e.lua, HeapBytes: 64 << 20, StripDefault: 1, NoSystem: true,
		Random: new(stdlib.GlibcRand), Output: &out, Errors: &out, Modules: append(hostModules(), heapModule),
		System: &hostos.System{Input: strings.NewReader(""), Output: &out, Errors: &out, TempDir: "."}})
	if err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(12*endless, func() { s.Interrupt(errEndless) })
	err = s.RunFile("program.lua", nil)
	if timer.Stop(); errors.Is(err, errEndless) {
		s.Close()
		return counts{failure: err.Error()}
	}
	c := parseCounts(t, out.String())
	if err != nil {
		c.failure = err.Error()
	}
	if err := s.Machine().CheckHeap(); err != nil {
		t.Errorf("%s: %v", p.name, err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("%s: %v", p.name, err)
	}
	return c
}

var errEndless = errors.New("it does not end")

// farPlaces are programs that ask strings for places beyond 32 bits: with floats a host of 64 bits, which moonlet exec
// follows, takes them as they are, and the references here cut them as the chip does.
var farPlaces = []string{"generated: 166", "generated: 172"}

// TestHeapCount51 compares with the references of 32 bits.
func TestHeapCount51(t *testing.T) {
	binaries := filepath.SplitList(os.Getenv("MOONLET_REFERENCE51_32"))
	if len(binaries) != 2 {
		t.Skip("set MOONLET_REFERENCE51_32 to the paths of two builds of luac.cross of Lua 5.1 for 32 bits, with floats and with integers")
	}
	all := scenes(t, "51")
	golden, err := filepath.Abs(golden51)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range editions51() {
		binary, err := filepath.Abs(binaries[i])
		if err != nil {
			t.Fatal(err)
		}
		sums := map[string][]string{}
		for _, m := range modes51 {
			t.Run(e.name()+"/"+m.name, func(t *testing.T) {
				programs := slices.DeleteFunc(slices.Concat(all, e.generated(m.generated)), func(p program) bool {
					return e.lua == hostexec.Lua51 && slices.Contains(farPlaces, p.name)
				})
				e.compare(t, binary, m, programs, sums)
			})
		}
		if *update {
			e.updateGolden51(t, golden, all, sums)
		}
	}
}

func (e *edition) name() string { return e.lua.Name }

// compare compares programs in a mode. It adds a sum of what the reference counted to those that a program has.
func (e *edition) compare(t *testing.T, binary string, m mode, all []program, sums map[string][]string) {
	dir := t.TempDir()
	t.Chdir(t.TempDir())
	programs, marks, broken := 0, 0, []string(nil)
	for _, p := range all {
		e.install(t, &p, m, dir)
		e.install(t, &p, m, ".")
		want, err := reference(t, binary, dir)
		if err != nil {
			broken = append(broken, p.name)
			sums[p.name] = append(sums[p.name], noSum)
			continue
		}
		sums[p.name] = append(sums[p.name], want.sum())
		got := e.ours51(t, &p)
		if got.text != want.text || (got.failure == "") != (want.failure == "") {
			g, w := firstDifference(got.text+got.failure, want.text+want.failure)
			t.Errorf("%s prints something else: %.100q, want %.100q", p.name, g, w)
			continue
		}
		programs, marks = programs+1, marks+max(len(want.marks)-1, 0)
		if d := difference(got.marks, want.marks); d != "" {
			t.Errorf("%s: %s", p.name, d)
		}
	}
	t.Logf("%d programs, %d checkpoints", programs, marks)
	if len(broken) > 0 {
		t.Logf("the reference crashes or does not end with %d more: %s", len(broken), strings.Join(broken, "; "))
	}
}

// firstDifference gives the first lines at which two texts differ.
func firstDifference(a, b string) (string, string) {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return x[i], y[i]
		}
	}
	return "", ""
}

// golden51 has a line for each scene and build, with fields between tabs: build, program, and a sum for each mode of
// what the reference printed and counted. Where they differ only the reference can tell.
const golden51 = "testdata/heap/counts51.golden"

// noSum stands where the reference crashes.
const noSum = "-"

func (c *counts) sum() string {
	h := fnv.New32a()
	fmt.Fprintln(h, c.text, c.marks)
	return fmt.Sprintf("%08x", h.Sum32())
}

func (e *edition) updateGolden51(t *testing.T, file string, all []program, sums map[string][]string) {
	t.Helper()
	var lines []string
	for _, p := range all {
		if len(sums[p.name]) != len(modes51) {
			t.Fatalf("%s ran in %d modes", p.name, len(sums[p.name]))
		}
		lines = append(lines, e.name()+"\t"+p.name+"\t"+strings.Join(sums[p.name], " ")+"\n")
	}
	updateGolden(t, file, e.name()+"\t", lines)
}

// TestHeapGolden51 compares with what the references counted once: each scene after full collections, at the
// collector's own pace, and in one other mode.
func TestHeapGolden51(t *testing.T) {
	if *update {
		t.Skip("the file is being written")
	}
	data, err := os.ReadFile(golden51)
	if err != nil {
		t.Fatal(err)
	}
	want := map[[2]string][]string{}
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 3 {
			t.Fatalf("a line of %d fields: %q", len(f), line)
		}
		want[[2]string{f[0], f[1]}] = strings.Fields(f[2])
	}
	all := scenes(t, "51")
	if len(want) != 2*len(all) {
		t.Errorf("counts of %d programs, there are %d: run the tests with -update", len(want)/2, len(all))
	}
	t.Chdir(t.TempDir())
	for i, p := range all {
		if testing.Short() && i%5 != 0 {
			continue
		}
		for _, e := range editions51() {
			sums := want[[2]string{e.name(), p.name}]
			for j, m := range modes51 {
				if len(sums) <= j || sums[j] == noSum || j > 1 && j != 2+i%(len(modes51)-2) {
					continue
				}
				e.install(t, &p, m, ".")
				if got := e.ours51(t, &p); got.sum() != sums[j] {
					t.Errorf("%s, Lua %s, %s: other figures than the reference's; TestHeapCount51 tells which", p.name, e.name(), m.name)
				}
			}
		}
	}
}
