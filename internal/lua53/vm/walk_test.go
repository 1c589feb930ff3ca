package vm_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua53/vm"
	"moonlet.example/moonlet/internal/mem"
)

// keyCache is what the firmware's look-aside cache takes, outside Lua's account.
const keyCache = 512

// walked is what WalkHeap told.
type walked struct {
	list []machine.HeapObject
	by   map[mem.Addr]*machine.HeapObject
}

// walk tells the heap after a full collection, and holds what has to be true of it:
// the sizes are what Lua counts, each block is one of the allocator's, and what the
// collector has left is what the roots reach.
func walk(t *testing.T, tm *testMachine) walked {
	t.Helper()
	for range 2 {
		tm.State().GC(state.GCCollect, 0)
	}
	w := walked{by: map[mem.Addr]*machine.HeapObject{}}
	tm.WalkHeap(func(o *machine.HeapObject) { w.list = append(w.list, *o) })
	blocks := map[mem.Addr]mem.Addr{}
	tm.heap.(*heap.Device).Blocks(func(a, size mem.Addr) { blocks[a] = size })
	sum := 0
	for i, o := range w.list {
		w.by[o.Addr] = &w.list[i]
		for _, b := range o.Blocks {
			sum += int(b.Size)
			want := (b.Size + heap.Overhead + 7) &^ 7
			if got := blocks[b.Addr]; got < want || got > want+2*heap.Overhead {
				t.Errorf("%s of %s at %#x: %d bytes, the allocator has %d", b.Part, o.Kind, o.Addr, b.Size, got)
			}
			delete(blocks, b.Addr)
		}
	}
	if want := tm.TotalBytes() + keyCache; sum != want {
		t.Errorf("all blocks have %d bytes, Lua counts %d", sum, want)
	}
	if len(blocks) > 0 {
		t.Errorf("blocks that belong to nobody: %v", blocks)
	}
	w.checkReach(t)
	return w
}

func (w *walked) checkReach(t *testing.T) {
	t.Helper()
	queue, seen := []mem.Addr{w.list[0].Addr}, map[mem.Addr]bool{}
	for ; len(queue) > 0; queue = queue[1:] {
		if seen[queue[0]] {
			continue
		}
		seen[queue[0]] = true
		o := w.by[queue[0]]
		if o == nil {
			t.Fatalf("a reference to %#x, where no object is", queue[0])
		}
		for _, r := range o.Refs {
			if !r.Weak {
				queue = append(queue, r.To)
			}
		}
	}
	for _, o := range w.list {
		if !seen[o.Addr] && o.Kind != machine.HeapStringTable {
			t.Errorf("%s %q at %#x survives a collection, but nothing refers to it", o.Kind, o.Name, o.Addr)
		}
	}
}

// find gives the first object of a kind and a name.
func (w *walked) find(t *testing.T, kind machine.HeapKind, name string) *machine.HeapObject {
	t.Helper()
	for i, o := range w.list {
		if o.Kind == kind && (o.Name == name || o.Def.Function() == name) {
			return &w.list[i]
		}
	}
	t.Fatalf("no %s %q", kind, name)
	return nil
}

func TestWalkHeap_Sums(t *testing.T) {
	for name, code := range map[string]string{
		"nothing":    "",
		"tables":     "t = {} for i = 1, 100 do t[i] = {i, x = i, [2.5] = {}} end t[{}] = {} t[true] = {}",
		"closures":   "fs = {} for i = 1, 20 do local n = {} fs[i] = function() return n, i end end",
		"strings":    "s = {} for i = 1, 30 do s[i] = ('x'):rep(i * 10) end",
		"coroutines": "cs = {} for i = 1, 5 do local c = coroutine.create(function(a) local b = {} local f = function() b = a end f() coroutine.yield(f) end) coroutine.resume(c, {}) cs[i] = c end",
		"deep":       "c = coroutine.wrap(function() local function f(n) if n == 0 then coroutine.yield() else return 1 + f(n - 1) end end f(40) end) c()",
		"weak":       "w = setmetatable({}, {__mode = 'v'}) k = setmetatable({}, {__mode = 'k'}) for i = 1, 9 do w[i] = {} k[{}] = {} end w.s, keep = 'str' .. 1, {} k[keep] = {} w.keep = keep",
		"finalizers": "for i = 1, 3 do setmetatable({}, {__gc = function() end}) end kept = setmetatable({}, {__gc = print})",
		"code":       "f = load('local a = 1 return function(...) local b = a return b, {...} end') g = f()",
		"shared":     "do local up = {} f = function() return up end g = function() up = 1 end end",
	} {
		t.Run(name, func(t *testing.T) {
			tm := mustMachine(t, options{})
			if out := tm.run([]byte(code), "@"+name+".lua", "t"); out.status != state.OK {
				t.Fatal(out)
			}
			walk(t, tm)
			if err := tm.CheckHeap(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestWalkHeap_Programs walks the heaps that the programs of testdata leave.
func TestWalkHeap_Programs(t *testing.T) {
	names, err := filepath.Glob("testdata/*.lua")
	if err != nil || len(names) == 0 {
		t.Fatalf("no programs: %v", err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			tm := mustMachine(t, options{})
			tm.run(script(t, filepath.Base(name)), "@"+filepath.Base(name), "t")
			walk(t, tm)
		})
	}
}

func TestWalkHeap_References(t *testing.T) {
	tm := mustMachine(t, options{})
	out := tm.run([]byte("local up = {}\nfunction f()\n\treturn up, 'a constant'\nend\n"+
		"list = {[3] = up, name = up, [0.5] = up}\nweak = setmetatable({up}, {__mode = 'v'})\n"), "@app.lua", "t")
	if out.status != state.OK {
		t.Fatal(out)
	}
	w := walk(t, tm)
	f := w.find(t, machine.HeapFunction, "app.lua:2")
	uv := w.by[f.Refs[0].To]
	if r := f.Refs[0]; r.Kind != machine.RefUpvalue || r.Name != "up" || r.Index != 1 || uv.Kind != machine.HeapUpvalue {
		t.Fatalf("first reference of the function: %+v", r)
	}
	up := uv.Refs[0].To
	var got []string
	for _, o := range w.list {
		for _, r := range o.Refs {
			if r.To == up {
				got = append(got, fmt.Sprintf("%s %s %d %v", r.Kind, r.Name, r.Index, r.Weak))
			}
		}
	}
	slices.Sort(got)
	want := []string{"field name 0 false", "index  1 true", "index  3 false", "keyed 0.5 0 false", "value  0 false"}
	if !slices.Equal(got, want) {
		t.Errorf("references to the table: %q, want %q", got, want)
	}
	constant := w.find(t, machine.HeapString, "a constant")
	p := w.find(t, machine.HeapPrototype, "app.lua:2")
	if !slices.ContainsFunc(p.Refs, func(r machine.HeapRef) bool { return r.To == constant.Addr && r.Kind == machine.RefConstant }) {
		t.Errorf("the prototype does not have its constant: %+v", p.Refs)
	}
}

// TestWalkHeap_Store holds that objects in flash are none of RAM.
func TestWalkHeap_Store(t *testing.T) {
	im := compileImage(t, "words", "return function() return 'a word of the store' end")
	tm := mustMachine(t, options{store: storeOf(im)})
	L := tm.State()
	if status := callModule(L, "words", 1); status != state.OK {
		t.Fatal(status)
	}
	L.SetGlobal("f")
	w := walk(t, tm)
	f := w.find(t, machine.HeapFunction, "words.lua:1")
	for _, r := range f.Refs {
		if r.Kind == machine.RefCode {
			t.Error("the function refers to code in RAM")
		}
	}
}

func TestCallStack(t *testing.T) {
	got := callStacks(t, "local function f()\n\tprint()\nend\n"+
		"local c = coroutine.wrap(function()\n\tf()\nend)\nc()\npcall(function() f() end)\n")
	want := [][]string{
		{"C print", "app.lua:1 at 2", "app.lua:4 at 5", "C", "app.lua at 7"},
		{"C print", "app.lua:1 at 2", "app.lua:8 at 8", "C pcall", "app.lua at 8"},
	}
	for i, list := range want {
		if i >= len(got) || len(got[i]) != len(list) {
			t.Fatalf("call stacks %q, want %q", got, want)
		}
		for k, f := range list {
			if f != "C" && got[i][k] != f {
				t.Errorf("frame %d of stack %d is %q, want %q", k, i, got[i][k], f)
			}
		}
	}
}

// callStacks runs a program and gives the call stack of each print.
func callStacks(t *testing.T, code string) (stacks [][]string) {
	t.Helper()
	m, _ := tracked(t, true, func(m machine.Machine) {
		var list []string
		for _, f := range m.CallStack(nil) {
			if f.LineDefined < 0 {
				list = append(list, "C "+f.Source)
			} else {
				list = append(list, fmt.Sprintf("%s at %d", f.Function(), f.Line))
			}
		}
		stacks = append(stacks, list)
	})
	L := m.State()
	if L.LoadBytes([]byte(code), "@app.lua", "t") != state.OK || L.PCall(0, 0, 0) != state.OK {
		msg, _ := L.ToString(-1)
		t.Fatal(msg)
	}
	return stacks
}

// tracked is a machine whose allocations ask for the call stack, or one like it
// where nobody asks. output is called when it prints.
func tracked(t *testing.T, ask bool, output func(m machine.Machine)) (m machine.Machine, h heap.Allocator) {
	t.Helper()
	img, err := image()
	if err != nil {
		t.Fatal(err)
	}
	space, err := mem.NewSpace()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { space.Close() })
	if err := img.Map(space); err != nil {
		t.Fatal(err)
	}
	const size = 256 << 10
	if err := space.Map(heapStart, size, mem.ReadWrite); err != nil {
		t.Fatal(err)
	}
	h = heap.NewDevice(space.Mem(), heapStart, heapStart+size)
	var list []machine.Frame
	if ask {
		h = heap.NewTracked(h, func() uint32 {
			if m != nil {
				list = m.CallStack(list[:0])
			}
			return 0
		})
	}
	m, err = vm.New(machine.Config{Mem: space.Mem(), Space: space, Heap: h, ROM: img, Seed: 1,
		Output: func([]byte) { output(m) }})
	if err != nil {
		t.Fatal(err)
	}
	m.OpenLibs()
	return m, h
}

// TestCallStack_Everywhere asks for the call stack at each allocation of programs
// that do all that Lua can, and holds that they do not notice.
func TestCallStack_Everywhere(t *testing.T) {
	names, err := filepath.Glob("testdata/*.lua")
	if err != nil || len(names) == 0 {
		t.Fatalf("no programs: %v", err)
	}
	for _, name := range names {
		code, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var figures [2]string
		for i := range figures {
			var b strings.Builder
			m, h := tracked(t, i == 1, func(m machine.Machine) { fmt.Fprintln(&b, m.TotalBytes()) })
			L := m.State()
			status := L.LoadBytes(code, "@"+filepath.Base(name), "t")
			if status == state.OK {
				status = L.PCall(0, 0, 0)
			}
			msg, _ := L.ToString(-1)
			fmt.Fprintln(&b, status, msg, m.TotalBytes(), h.FreeBytes(), h.LargestFree())
			figures[i] = b.String()
		}
		if figures[0] != figures[1] {
			t.Errorf("%s: %q without asking, %q with", name, figures[0], figures[1])
		}
	}
}
