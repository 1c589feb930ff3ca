package inspect_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/rom"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua53/inspect"
	"moonlet.example/moonlet/internal/mem"
)

// The tests of package vm ask all of this of one number model, with more programs. Here are
// all of them, since each has offsets and numbers of its own.

// newMachine makes a machine of a number model; output is called when it prints.
func newMachine(t *testing.T, model num.Model, output func(p []byte)) (machine.Machine, *heap.Device) {
	t.Helper()
	main := &state.ROTable{Name: "ROM", Entries: stdlib.BaseTable().Entries}
	img, err := rom.Link(model, main, []state.Module{lauxlib.Support(), stdlib.Base(main), stdlib.String, stdlib.Table,
		stdlib.Debug(false), stdlib.Coroutine, stdlib.Math(model.IntSize())})
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
	const start, size = 0x80000000, 256 << 10
	if err := space.Map(start, size, mem.ReadWrite); err != nil {
		t.Fatal(err)
	}
	h := heap.NewDevice(space.Mem(), start, start+size)
	m, err := editions.Lua53().Machine(model).New(machine.Config{
		Mem: space.Mem(), Space: space, Heap: h, ROM: img, Seed: 1, Output: output})
	if err != nil {
		t.Fatal(err)
	}
	m.OpenLibs()
	return m, h
}

func run(t *testing.T, m machine.Machine, code []byte) {
	t.Helper()
	L := m.State()
	if L.LoadBytes(code, "@app.lua", "bt") != state.OK || L.PCall(0, 0, 0) != state.OK {
		msg, _ := L.ToString(-1)
		t.Fatal(msg)
	}
}

func eachModel(t *testing.T, f func(t *testing.T, model num.Model)) {
	for _, model := range num.Models() {
		t.Run(model.String(), func(t *testing.T) { f(t, model) })
	}
}

// TestWalkHeap: each block of the heap belongs to one object, and the heap is consistent.
func TestWalkHeap(t *testing.T) {
	eachModel(t, func(t *testing.T, model num.Model) {
		m, h := newMachine(t, model, nil)
		run(t, m, []byte("local up = {1, 2.5, x = {}, [0.5] = 'y', [-1] = true}\n"+
			"f = function() return up end\n"+
			"w = setmetatable({up}, {__mode = 'v', __index = {field = 1}})\n"+
			"co = coroutine.create(function(a) local g = function() return a end coroutine.yield(g) end) coroutine.resume(co, {})\n"+
			"find = ('a'):gmatch('.')"))
		for range 2 {
			m.State().GC(state.GCCollect, 0)
		}
		if err := m.CheckHeap(); err != nil {
			t.Error(err)
		}
		blocks := map[mem.Addr]bool{}
		h.Blocks(func(a, _ mem.Addr) { blocks[a] = true })
		sum, weak := 0, 0
		m.WalkHeap(func(o *machine.HeapObject) {
			for _, b := range o.Blocks {
				if !blocks[b.Addr] {
					t.Errorf("%s of %s at %#x is no block, or of two objects", b.Part, o.Kind, b.Addr)
				}
				delete(blocks, b.Addr)
				sum += int(b.Size)
			}
			for _, r := range o.Refs {
				if r.Weak {
					weak++
				}
			}
		})
		const keyCache = 512 // outside of Lua's account
		if want := m.TotalBytes() + keyCache; sum != want || len(blocks) != 0 {
			t.Errorf("the objects have %d bytes, Lua counts %d; %d blocks are nobody's", sum, want, len(blocks))
		}
		if weak != 1 {
			t.Errorf("%d weak references, not 1", weak)
		}
		if fields := m.Fields([]string{"w"}); len(fields) != 1 || fields[0] != (machine.Field{Name: "field", Kind: "number"}) {
			t.Errorf("fields of w: %v", fields)
		}
		if !slices.Contains(m.RAMStrings(), "find") {
			t.Error("a global's name is no string in RAM")
		}
	})
}

// TestCalls: what runs, where, and with which variables.
func TestCalls(t *testing.T) {
	eachModel(t, func(t *testing.T, model num.Model) {
		var m machine.Machine
		var got []string
		told := func(p []byte) {
			if got != nil || string(p) == "\n" {
				return
			}
			for _, f := range m.CallStack(nil) {
				got = append(got, fmt.Sprintf("%s at %d", f.Function(), f.Line))
			}
			got = append(got, fmt.Sprint("depth ", m.Depth()), m.Position())
			for _, v := range m.Variables(1) {
				got = append(got, fmt.Sprintf("%d %s=%v", v.Kind, v.Name, describe(v.Value)))
				if v.Name == "list" {
					for _, e := range m.Entries(v.Value.Addr, 9) {
						got = append(got, fmt.Sprintf("[%v]=%v", describe(e.Key), describe(e.Value)))
					}
				}
			}
		}
		m, _ = newMachine(t, model, told)
		run(t, m, []byte("local half = 0.5\nlocal function f(a, b)\n"+
			"  local most, list = math.maxinteger, {true, x = half}\n  print('told')\nend\n"+
			"coroutine.wrap(function() f('text') end)()"))
		most := int64(math.MaxInt32)
		if model.IntSize() == 8 {
			most = math.MaxInt64
		}
		want := []string{"print at 0", "app.lua:2 at 4", "app.lua:6 at 6", "coroutine at 0", "app.lua at 6", "depth 5",
			"stack traceback:\n\t[C]: in global 'print'\n\tapp.lua:4: in upvalue 'f'\n\tapp.lua:6: in function <app.lua:6>",
			"0 a=text", "0 b=<nil>", fmt.Sprint("0 most=", most), "0 list=table", "[1]=true", "[x]=0.5",
			"1 _ENV=table", "1 half=0.5"}
		if !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

func describe(v machine.Value) any {
	switch v.Kind {
	case machine.NilValue:
		return nil
	case machine.BoolValue:
		return v.Bool
	case machine.IntValue:
		return v.Int
	case machine.FloatValue:
		return v.Float
	}
	return v.Text
}

// TestDump: a chunk that is written and read does the same, and is written the same again.
func TestDump(t *testing.T) {
	eachModel(t, func(t *testing.T, model num.Model) {
		var out strings.Builder
		m, _ := newMachine(t, model, func(p []byte) { out.Write(p) })
		L := m.State()
		write := func(code []byte) []byte {
			var b bytes.Buffer
			if status := L.LoadBytes(code, "@app.lua", "bt"); status != state.OK {
				t.Fatal(status)
			}
			if err := L.Dump(func(_ state.State, p []byte) error { b.Write(p); return nil }, 0); err != nil {
				t.Fatal(err)
			}
			L.SetTop(0)
			return b.Bytes()
		}
		first := write([]byte("local function f(...) return 1, -70000, 2.5, true, nil, 'x', ... end print(f(math.mininteger, -0x7fffffff))"))
		if again := write(first); !bytes.Equal(again, first) {
			t.Errorf("written again it is\n%x, not\n%x", again, first)
		}
		run(t, m, first)
		least := int64(math.MinInt32)
		if model.IntSize() == 8 {
			least = math.MinInt64
		}
		if want := fmt.Sprintf("1\t-70000\t2.5\ttrue\tnil\tx\t%d\t-2147483647\n", least); out.String() != want {
			t.Errorf("it prints %q, not %q", out.String(), want)
		}
	})
}

func TestChunkID(t *testing.T) {
	long := strings.Repeat("x", 70)
	for source, want := range map[string]string{
		"=stdin":         "stdin",
		"@app.lua":       "app.lua",
		"=" + long:       long[:59],
		"@" + long:       "..." + long[:56],
		"return 1":       `[string "return 1"]`,
		"return 1\nmore": `[string "return 1..."]`,
		long:             `[string "` + long[:45] + `..."]`,
	} {
		if got := inspect.ChunkID(source); got != want {
			t.Errorf("%q is %q, not %q", source, got, want)
		}
	}
}
