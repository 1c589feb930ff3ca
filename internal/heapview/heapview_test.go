package heapview

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/mem"
)

// sample is a heap made by hand: a registry with globals, a callback that is
// referred to, and a block of C.
type sample struct {
	in Input
}

const (
	stateAt = 0x1000 + 100*iota
	registryAt
	globalsAt
	callbackAt
	upvalueAt
	socketAt
	listAt
	itemAt
)

func newSample() *sample {
	s := &sample{in: Input{At: time.Second, Life: 1, Total: 10000, Free: 10000, Sites: NewSites()}}
	ref := func(kind machine.RefKind, to mem.Addr, name string, index int64) machine.HeapRef {
		return machine.HeapRef{Kind: kind, To: to, Name: name, Index: index}
	}
	app := func(line int) machine.Frame { return machine.Frame{Source: "app.lua", LineDefined: line} }
	s.add(stateAt, machine.HeapState, machine.HeapObject{Refs: []machine.HeapRef{ref(machine.RefRegistry, registryAt, "", 0)}})
	s.add(registryAt, machine.HeapTable, machine.HeapObject{Refs: []machine.HeapRef{
		ref(machine.RefIndex, globalsAt, "", registryGlobals), ref(machine.RefIndex, callbackAt, "", 17)}})
	s.add(globalsAt, machine.HeapTable, machine.HeapObject{Refs: []machine.HeapRef{ref(machine.RefField, listAt, "list", 0)}})
	s.add(callbackAt, machine.HeapFunction, machine.HeapObject{Def: app(12), Refs: []machine.HeapRef{ref(machine.RefUpvalue, upvalueAt, "", 1)}},
		machine.Frame{Source: "app.lua", LineDefined: 3, Line: 15}, machine.Frame{Source: "init.lua", Line: 2})
	s.add(upvalueAt, machine.HeapUpvalue, machine.HeapObject{Refs: []machine.HeapRef{ref(machine.RefValue, socketAt, "", 0)}})
	s.add(socketAt, machine.HeapUserdata, machine.HeapObject{Name: "net.socket"},
		machine.Frame{Source: "net.createConnection", LineDefined: -1}, machine.Frame{Source: "app.lua", LineDefined: 3, Line: 5})
	s.add(listAt, machine.HeapTable, machine.HeapObject{Refs: []machine.HeapRef{ref(machine.RefIndex, itemAt, "", 3)}},
		machine.Frame{Source: "stripped.lua", LineDefined: 7})
	s.add(itemAt, machine.HeapString, machine.HeapObject{Name: "text", Length: 4}, machine.Frame{Source: "init.lua", Line: 9})
	s.block(0x5000, 40)
	s.block(0x5100, 176)
	s.in.Blocks[len(s.in.Blocks)-1].What = "lwIP: TCP connection"
	s.in.Owned = []Owned{{Owner: socketAt, Ref: 17, Name: "callback"}}
	return s
}

func (s *sample) block(a mem.Addr, payload int, stack ...machine.Frame) {
	bytes := (payload + 8 + 7) &^ 7
	s.in.Blocks = append(s.in.Blocks, Block{Addr: a, Payload: payload, Bytes: bytes, Site: s.in.Sites.ID(stack), Seq: uint64(len(s.in.Blocks) + 1)})
	s.in.Free -= bytes
}

func (s *sample) add(a mem.Addr, kind machine.HeapKind, o machine.HeapObject, stack ...machine.Frame) {
	const size = 30
	o.Addr, o.Kind, o.Blocks = a, kind, []machine.HeapBlock{{Addr: a, Size: size, Part: "record"}}
	s.in.Objects = append(s.in.Objects, o)
	s.block(a, size, stack...)
}

func (s *sample) snapshot(t *testing.T) *Snapshot {
	t.Helper()
	snap, err := New(s.in)
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func TestPaths(t *testing.T) {
	s := newSample().snapshot(t)
	s.UpvalueName = func(f machine.Frame, i int) string {
		if f.LineDefined == 12 && i == 1 {
			return "sock"
		}
		return ""
	}
	for a, want := range map[mem.Addr]string{
		socketAt:   "registry reference 17 → function app.lua:12 → upvalue 'sock' → userdata net.socket, which holds registry reference 17",
		upvalueAt:  "registry reference 17 → function app.lua:12 → upvalue 'sock'",
		itemAt:     `global 'list' → [3] → string "text"`,
		registryAt: "the registry",
		stateAt:    "the virtual machine",
	} {
		if got := s.PathText(s.byAddr[a]); got != want {
			t.Errorf("path of %#x: %q, want %q", a, got, want)
		}
	}
	steps := s.Path(s.byAddr[socketAt])
	if len(steps) != 4 || steps[1].By != "registry reference 17" || steps[3].Kind != "userdata" || steps[3].Address != "0x000011f4" {
		t.Errorf("steps %+v", steps)
	}
}

func TestPlaces(t *testing.T) {
	s := newSample().snapshot(t)
	for a, want := range map[mem.Addr]string{
		callbackAt: "app.lua:12", // not its end, where Lua makes it
		socketAt:   "app.lua:5",
		listAt:     "stripped.lua:7 (function)",
		itemAt:     "init.lua:9",
		globalsAt:  Firmware,
	} {
		if got := s.Place(s.byAddr[a]).String(); got != want {
			t.Errorf("place of %#x: %q, want %q", a, got, want)
		}
	}
}

func TestReport_Sums(t *testing.T) {
	s := newSample().snapshot(t)
	r := s.Report(Options{})
	kinds, lines, holders := 0, 0, 0
	for _, k := range r.Kinds {
		kinds += k.Bytes
	}
	for _, l := range r.Lines {
		lines += l.Bytes
	}
	for _, h := range r.Holders {
		holders += h.Bytes
	}
	if used := r.Heap.Used; used != 10000-s.Free || kinds != used || lines != used || holders != used {
		t.Errorf("in use %d, kinds %d, lines %d, holders %d", r.Heap.Used, kinds, lines, holders)
	}
	if last := r.Kinds[len(r.Kinds)-1]; last.Kind != "c" || last.Count != 2 || last.Payload != 216 || last.Bytes != 232 {
		t.Errorf("blocks of C: %+v", last)
	}
	if c := r.CBlocks; len(c) != 2 || c[0].Name != "lwIP: TCP connection" || c[0].Bytes != 184 || c[1].Name != "of the firmware" {
		t.Errorf("blocks of C by name: %+v", c)
	}
	if n := len(s.Report(Options{Pattern: "net.socket"}).Objects); n != 1 {
		t.Errorf("%d objects are a net.socket", n)
	}
}

// TestReport_JSON holds the names of the document's fields.
func TestReport_JSON(t *testing.T) {
	old, s := newSample().snapshot(t), newSample().snapshot(t)
	r := s.Report(Options{})
	var err error
	if r.Growth, err = s.GrowthSince(old, 0); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	first := func(name string) any { return doc[name].([]any)[0] }
	for what, v := range map[string]struct {
		value any
		want  string
	}{
		"document": {doc, "after_seconds c_blocks circles format growth heap holders kinds lines notes objects version"},
		"heap":     {doc["heap"], "free_bytes largest_free_bytes lua_bytes total_bytes used_bytes"},
		"kinds":    {first("kinds"), "bytes count kind payload_bytes"},
		"lines":    {first("lines"), "bytes file line objects parts payload_bytes place"},
		"c_blocks": {first("c_blocks"), "bytes count payload_bytes"},
		"circles":  {first("circles"), "bytes count file line path payload_bytes place references text"},
		"holders":  {first("holders"), "bytes count holder payload_bytes roots"},
		"objects":  {first("objects"), "address bytes file held_bytes kind line path path_text payload_bytes place"},
		"growth": {doc["growth"], "from_seconds gone_bytes gone_objects grown_bytes lines new_bytes new_objects " +
			"shrunk_bytes to_seconds used_bytes"},
	} {
		var names []string
		for name := range v.value.(map[string]any) {
			if name != "name" {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != v.want {
			t.Errorf("%s has the fields %q, want %q", what, got, v.want)
		}
	}
}

func TestGrowth(t *testing.T) {
	old := newSample().snapshot(t)
	later := newSample()
	later.add(0x4000, machine.HeapTable, machine.HeapObject{}, machine.Frame{Source: "app.lua", Line: 20})
	list := &later.in.Objects[6] // has an array now
	list.Blocks = append(list.Blocks, machine.HeapBlock{Addr: 0x4100, Size: 64, Part: "array"})
	later.block(0x4100, 64, machine.Frame{Source: "app.lua", Line: 21})
	s := later.snapshot(t)
	g, err := s.GrowthSince(old, 0)
	if err != nil {
		t.Fatal(err)
	}
	if g.NewObjects != 1 || g.NewBytes != 40 || g.GrownBytes != 72 || g.Used != 112 || g.GoneObjects != 0 {
		t.Errorf("growth %+v", g)
	}
	if len(g.Lines) != 2 || g.Lines[0].Place != "app.lua:21" || g.Lines[0].Grown != 1 || g.Lines[1].Place != "app.lua:20" {
		t.Errorf("lines %+v", g.Lines)
	}
	if g, err = old.GrowthSince(s, 0); err != nil || g.GoneObjects != 1 || g.ShrunkBytes != 72 || len(g.Lines) != 0 {
		t.Errorf("the other way: %+v, %v", g, err)
	}
	s.Life = 2
	if _, err := s.GrowthSince(old, 0); err == nil {
		t.Error("two lives are compared")
	}
}

func TestProfile(t *testing.T) {
	s := newSample().snapshot(t)
	var b, again bytes.Buffer
	if err := s.WriteProfile(&b, nil); err != nil {
		t.Fatal(err)
	}
	if err := newSample().snapshot(t).WriteProfile(&again, nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("two profiles of the same heap differ")
	}
	p, err := profile.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	var objects, space int64
	found := false
	for _, x := range p.Sample {
		objects += x.Value[0]
		space += x.Value[1]
		if x.Label["kind"][0] == "userdata" {
			leaf, caller := x.Location[0].Line[0], x.Location[1].Line[0]
			found = leaf.Function.Name == "net.createConnection" && caller.Function.Name == "app.lua:3" && caller.Line == 5
		}
	}
	if objects != 10 || space != int64(s.Total-s.Free) || !found {
		t.Errorf("%d objects, %d bytes, the socket's stack is right: %v", objects, space, found)
	}
	if p.SampleType[0].Type != "objects" || p.SampleType[1].Unit != "bytes" {
		t.Errorf("sample types %v", p.SampleType)
	}
}

// TestNew_Broken holds that a heap that does not add up is told.
func TestNew_Broken(t *testing.T) {
	for name, damage := range map[string]func(in *Input){
		"figure":         func(in *Input) { in.Free++ },
		"unknown block":  func(in *Input) { in.Objects[3].Blocks[0].Addr += 4 },
		"shared block":   func(in *Input) { in.Objects[3].Blocks[0].Addr = listAt },
		"size":           func(in *Input) { in.Objects[3].Blocks[0].Size = 50 },
		"shared address": func(in *Input) { in.Objects[3].Addr = listAt },
	} {
		s := newSample()
		damage(&s.in)
		if _, err := New(s.in); err == nil || !strings.HasPrefix(err.Error(), "BUG: ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestWeak holds that a weak reference keeps nothing.
func TestWeak(t *testing.T) {
	s := newSample()
	s.in.Objects[6].Refs[0].Weak = true
	snap := s.snapshot(t)
	if got := snap.PathText(snap.byAddr[itemAt]); !strings.Contains(got, "garbage") {
		t.Errorf("path %q", got)
	}
}

func TestSites(t *testing.T) {
	s := NewSites()
	view := []byte("app.lua")
	a := machine.Frame{Source: string(view), LineDefined: 1, Line: 2}
	id := s.Of(func(list []machine.Frame) []machine.Frame { return append(list, a) })
	if id == 0 || s.ID([]machine.Frame{a}) != id || s.ID([]machine.Frame{a, a}) == id || s.ID(nil) != 0 {
		t.Error("numbers of call stacks")
	}
	if got := s.Stack(id); len(got) != 1 || got[0] != a || len(s.Stack(0)) != 0 {
		t.Errorf("stack %+v", got)
	}
}

// TestCircles holds what is a circle that keeps itself alive, and what is none.
func TestCircles(t *testing.T) {
	s := newSample().snapshot(t)
	list := s.Circles(0)
	want := "registry reference 17 → function app.lua:12 → upvalue 1 → userdata net.socket, which holds registry reference 17"
	if len(list) != 1 || list[0].Text != want || list[0].Count != 1 || list[0].Place != "app.lua:12" || list[0].Bytes != 3*40 {
		t.Fatalf("circles %+v, want %s", list, want)
	}
	if p := list[0].Path; len(p) != 3 || p[0].By != "registry reference 17" || p[2].Kind != "userdata" || list[0].References[0] != 17 {
		t.Errorf("its path is %+v, its references %v", list[0].Path, list[0].References)
	}
	for name, change := range map[string]func(s *sample){
		"a socket that is connected": func(s *sample) { s.in.InUse = []mem.Addr{socketAt} },
		"a socket in a global variable": func(s *sample) {
			globals := &s.in.Objects[2]
			globals.Refs = append(globals.Refs, machine.HeapRef{Kind: machine.RefField, To: socketAt, Name: "sock"})
		},
		"a callback in a global variable": func(s *sample) {
			globals := &s.in.Objects[2]
			globals.Refs = append(globals.Refs, machine.HeapRef{Kind: machine.RefField, To: callbackAt, Name: "f"})
		},
		"a callback that does not know its socket": func(s *sample) { s.in.Objects[4].Refs = nil },
		"an entry without an owner":                func(s *sample) { s.in.Owned = nil },
	} {
		x := newSample()
		change(x)
		if list := x.snapshot(t).Circles(0); len(list) != 0 {
			t.Errorf("%s: %+v", name, list)
		}
	}
}

// TestCircles_Two holds that two sockets that hold each other are one circle, and that
// those of one shape count together.
func TestCircles_Two(t *testing.T) {
	s := newSample()
	s.in.Owned = nil
	ref := func(kind machine.RefKind, to mem.Addr, i int64) machine.HeapRef {
		return machine.HeapRef{Kind: kind, To: to, Index: i}
	}
	for i := range mem.Addr(3) {
		at := 0x8000 + 0x1000*i
		n := int64(100 * (i + 1))
		registry := &s.in.Objects[1]
		registry.Refs = append(registry.Refs, ref(machine.RefIndex, at, n), ref(machine.RefIndex, at+200, n+1))
		app := machine.Frame{Source: "app.lua", LineDefined: 30}
		s.add(at, machine.HeapFunction, machine.HeapObject{Def: app, Refs: []machine.HeapRef{ref(machine.RefUpvalue, at+100, 1)}})
		s.add(at+100, machine.HeapUserdata, machine.HeapObject{Name: "net.tcpsocket"})
		s.add(at+200, machine.HeapFunction, machine.HeapObject{Def: app, Refs: []machine.HeapRef{ref(machine.RefUpvalue, at+300, 1)}})
		s.add(at+300, machine.HeapUserdata, machine.HeapObject{Name: "tmr.timer"})
		s.in.Owned = append(s.in.Owned, Owned{at + 300, n, "callback"}, Owned{at + 100, n + 1, "callback"})
	}
	list := s.snapshot(t).Circles(0)
	want := "registry reference 101 → function app.lua:30 → upvalue 1 → userdata tmr.timer, which holds registry reference 100" +
		" → function app.lua:30 → upvalue 1 → userdata net.tcpsocket, which holds registry reference 101"
	if len(list) != 1 || list[0].Count != 3 || list[0].Bytes != 3*4*40 || list[0].Text != want {
		t.Errorf("circles %+v, want 3 times %s", list, want)
	}
}

// TestOutOfMemory holds what is told of a moment when memory ran out.
func TestOutOfMemory(t *testing.T) {
	x := newSample()
	x.in.Wanted = &Wanted{Bytes: 1234, Site: x.in.Sites.ID([]machine.Frame{{Source: "string.rep", LineDefined: -1}, {Source: "app.lua", Line: 7}})}
	r := x.snapshot(t).Report(Options{})
	if o := r.OutOfMemory; o == nil || o.Wanted != 1234 || o.Place != "app.lua:7" {
		t.Errorf("%+v", r.OutOfMemory)
	}
	var b bytes.Buffer
	r.Print(&b, true)
	for _, want := range []string{"Not enough memory: 1234 bytes wanted at app.lua:7\n", "Blocks of C code:\n      184  lwIP: TCP connection\n", "Circles through the registry"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}
