package heapview

import (
	"fmt"
	"slices"
	"time"

	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/mem"
)

// KindC is the kind of a block that is no Lua object: a buffer of the firmware or
// of a module.
const KindC machine.HeapKind = "c"

// Block is a block in use.
type Block struct {
	Addr    mem.Addr
	Payload int // bytes that were asked for
	Bytes   int // bytes of the heap: with header and rounding
	Site    uint32
	Seq     uint64 // number of the request, 0 if it is not known
	Part    string // what it is of its object
	What    string // of a block of C: what it is for, "" if nobody says
}

// Object is an object in RAM, or a block of C code.
type Object struct {
	Addr   mem.Addr
	Kind   machine.HeapKind
	Name   string
	Length int
	Def    machine.Frame
	Blocks []Block

	refs   []machine.HeapRef
	parent *Object         // on the shortest path from the roots; nil of a root
	by     machine.HeapRef // of parent
	depth  int             // from 1; 0 if nothing reaches it
	held   int             // bytes of all whose shortest path leads through it
}

// Payload is what the object asked for, in bytes.
func (o *Object) Payload() (n int) {
	for _, b := range o.Blocks {
		n += b.Payload
	}
	return n
}

// Bytes is what the object takes from the heap.
func (o *Object) Bytes() (n int) {
	for _, b := range o.Blocks {
		n += b.Bytes
	}
	return n
}

// Input is what a snapshot is made of.
type Input struct {
	At   time.Duration // of the module
	Life int           // counts the lives between resets
	// Total, Free and Largest are bytes of the heap, Lua's own account in LuaBytes.
	Total, Free, Largest, LuaBytes int
	Objects                        []machine.HeapObject
	Blocks                         []Block // in use, by address; Part is empty
	Sites                          *Sites
	Owned                          []Owned
	InUse                          []mem.Addr // owners that the firmware itself needs now
	// Wanted tells of a moment when memory ran out: how many bytes were asked for, and
	// by whom (a number of Sites). It is nil at any other moment.
	Wanted *Wanted
}

// Owned is an entry of the registry that belongs to a userdata: its callback, for
// instance. The collector does not know that.
type Owned struct {
	Owner mem.Addr
	Ref   int64
	Name  string // what it is to the owner
}

// Wanted is a request for memory that could not be met.
type Wanted struct {
	Bytes int
	Site  uint32
}

// Snapshot is the heap at a moment.
type Snapshot struct {
	Input
	// UpvalueName finds the name of a function's upvalue, counted from 1, where the
	// module has stripped it; it may be nil.
	UpvalueName func(function machine.Frame, index int) string

	list   []*Object // by address
	byAddr map[mem.Addr]*Object

	// The entries of the registry: whose they are, which have an owner, what they are.
	owns      map[*Object][]Owned
	ownedRefs map[int64]bool
	entries   map[int64]*Object

	state, registry, globals, loaded, mainThread *Object
}

// New puts objects and blocks together. The error is a broken invariant: a block
// that two objects have, or one that is not in use.
func New(in Input) (*Snapshot, error) {
	s := &Snapshot{Input: in, byAddr: map[mem.Addr]*Object{}}
	blocks := map[mem.Addr]*Block{}
	for i := range in.Blocks {
		blocks[in.Blocks[i].Addr] = &in.Blocks[i]
	}
	for i := range in.Objects {
		if err := s.add(&in.Objects[i], blocks); err != nil {
			return nil, err
		}
	}
	for _, b := range in.Blocks {
		if blocks[b.Addr] != nil {
			s.list = append(s.list, &Object{Addr: b.Addr, Kind: KindC, Blocks: []Block{b}})
		}
	}
	slices.SortFunc(s.list, func(a, b *Object) int { return int(int64(a.Addr) - int64(b.Addr)) })
	used := 0
	for _, o := range s.list {
		used += o.Bytes()
	}
	if used != in.Total-in.Free {
		return nil, fmt.Errorf("BUG: objects have %d bytes of the heap, the allocator %d", used, in.Total-in.Free)
	}
	s.findRoots()
	s.findPaths()
	s.findOwners()
	return s, nil
}

// add takes an object's blocks out of blocks.
func (s *Snapshot) add(h *machine.HeapObject, blocks map[mem.Addr]*Block) error {
	o := &Object{Addr: h.Addr, Kind: h.Kind, Name: h.Name, Length: h.Length, Def: h.Def, refs: h.Refs}
	for _, part := range h.Blocks {
		b := blocks[part.Addr]
		if b == nil || int(part.Size) > b.Bytes {
			return fmt.Errorf("BUG: the %s of the %s at %#x (%d bytes at %#x) is no block of the heap that is its own",
				part.Part, h.Kind, h.Addr, part.Size, part.Addr)
		}
		delete(blocks, part.Addr)
		own := *b
		own.Payload, own.Part = int(part.Size), part.Part
		o.Blocks = append(o.Blocks, own)
	}
	if s.byAddr[o.Addr] != nil {
		return fmt.Errorf("BUG: there are two objects at %#x", o.Addr)
	}
	s.byAddr[o.Addr] = o
	s.list = append(s.list, o)
	return nil
}

// findRoots finds the objects that paths have names for.
func (s *Snapshot) findRoots() {
	target := func(o *Object, kind machine.RefKind, name string, index int64) *Object {
		if o == nil {
			return nil
		}
		for _, r := range o.refs {
			if r.Kind == kind && r.Name == name && r.Index == index {
				return s.byAddr[r.To]
			}
		}
		return nil
	}
	for _, o := range s.list {
		if o.Kind == machine.HeapState {
			s.state = o
		}
	}
	s.registry = target(s.state, machine.RefRegistry, "", 0)
	s.mainThread = target(s.state, machine.RefMainThread, "", 0)
	if s.globals = target(s.state, machine.RefGlobals, "", 0); s.globals == nil {
		s.globals = target(s.registry, machine.RefIndex, "", registryGlobals)
	}
	s.loaded = target(s.registry, machine.RefField, registryLoaded, 0)
}

// Where the registry has the loaded modules, and in Lua 5.3 the table of globals
// (LUA_RIDX_GLOBALS, LUA_LOADED_TABLE).
const (
	registryGlobals = 2
	registryLoaded  = "_LOADED"
)

// findPaths goes through all objects from the roots, the nearest first and in the
// order of their references, so that the same heap always has the same paths. What a
// global variable or a loaded module holds is theirs even if the registry has it,
// too: that is what people know it by.
func (s *Snapshot) findPaths() {
	if s.state == nil {
		return
	}
	s.state.depth = 1
	queue := []*Object{s.state}
	for _, o := range []*Object{s.globals, s.loaded, s.registry} {
		if o == nil {
			continue
		}
		// Lua 5.1 has its globals in the state.
		o.depth, o.parent = 2, s.state
		if o != s.registry && s.registry != nil && indexTo(s.registry, o) >= 0 {
			o.parent = s.registry
		}
		o.by = o.parent.refs[indexTo(o.parent, o)]
		queue = append(queue, o)
	}
	for i := 0; i < len(queue); i++ {
		o := queue[i]
		for _, r := range o.refs {
			to := s.byAddr[r.To]
			if r.Weak || to == nil || to.depth > 0 {
				continue
			}
			to.parent, to.by, to.depth = o, r, o.depth+1
			queue = append(queue, to)
		}
	}
	for _, o := range s.list {
		o.held = o.Bytes()
	}
	for _, o := range slices.Backward(queue) { // the registry comes behind what it holds
		if o.parent != nil && o != s.registry {
			o.parent.held += o.held
		}
	}
	if s.registry != nil {
		s.state.held += s.registry.held
	}
}

// indexTo finds the first reference from an object to another; -1 if there is none.
func indexTo(from, to *Object) int {
	return slices.IndexFunc(from.refs, func(r machine.HeapRef) bool { return r.To == to.Addr })
}

// stack is who took a block of an object, innermost first. Code belongs to where it
// is defined, and so do the strings that only its loading made, and functions: Lua
// makes one in the line of its end, which nobody looks for.
func (s *Snapshot) stack(o *Object, b *Block) []machine.Frame {
	stack := s.Sites.Stack(b.Site)
	switch o.Kind {
	case machine.HeapPrototype:
		return withDefinition(o.Def, stack)
	case machine.HeapString:
		if p := o.parent; p != nil && p.Kind == machine.HeapPrototype && (len(stack) == 0 || stack[0].LineDefined < 0) {
			return withDefinition(p.Def, stack)
		}
	case machine.HeapFunction:
		atDefinition(stack, o.Def)
	case machine.HeapUpvalue:
		if p := o.parent; p != nil && p.Kind == machine.HeapFunction && p.Blocks[0].Site == b.Site {
			atDefinition(stack, p.Def)
		}
	}
	return stack
}

// withDefinition puts a function in front of a call stack.
func withDefinition(def machine.Frame, stack []machine.Frame) []machine.Frame {
	def.Line = def.LineDefined
	return append([]machine.Frame{def}, stack...)
}

// atDefinition moves the innermost function of a call stack to the line where it
// defines another.
func atDefinition(stack []machine.Frame, def machine.Frame) {
	if len(stack) > 0 && stack[0].Source == def.Source && stack[0].Line >= def.LineDefined && def.LineDefined > 0 {
		stack[0].Line = def.LineDefined
	}
}

// place is the line that took a block of an object.
func (s *Snapshot) place(o *Object, b *Block) Place { return placeOf(s.stack(o, b)) }

// Place is the line that made an object. The main thread and the string table are
// part of the state, whatever line let them grow.
func (s *Snapshot) Place(o *Object) Place {
	if !o.hasRecord() {
		return Place{}
	}
	return s.place(o, &o.Blocks[0])
}

// hasRecord tells whether the object's first block is the object itself.
func (o *Object) hasRecord() bool {
	if len(o.Blocks) == 0 {
		return false
	}
	b := o.Blocks[0]
	return b.Addr <= o.Addr && o.Addr < b.Addr+mem.Addr(b.Bytes)
}

// Objects lists all objects by address.
func (s *Snapshot) Objects() []*Object { return s.list }
