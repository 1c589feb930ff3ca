// Package rom links the read-only tables of the selected libraries and modules
// into an image of the firmware's constant data, as the GNU linker does for the
// firmware's LROT sections.
//
// The image holds, in this order: the empty hash node and the nil value that
// every table shares, the strings of the keys, the entry vectors and the ROTable
// headers. Functions have addresses in a code region of their own, where nothing
// is mapped: they can be called and compared, not read.
package rom

import (
	"fmt"
	"math"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v4"
	wide "moonlet.example/moonlet/internal/lua53/layout/v8"
	"moonlet.example/moonlet/internal/mem"
)

// Addr is a device address.
type Addr = mem.Addr

// codeStep is how far functions are from each other, in bytes.
const codeStep = 16

// Image is a linked ROM. It never changes after Link, so one image serves every
// module of the process with the same selection and number model.
type Image struct {
	Data      []byte // to be placed at the chip's Memory.Tables
	DummyNode Addr
	Scratch   Addr
	Main      Addr // the ROTable named ROM

	memory chip.Memory
	code   Addr // its Code

	funcs  []state.Func
	conts  []state.KFunc
	hooks  []state.Hook
	names  []funcName
	roles  [state.NumRoles]Addr
	wrap   state.Resumed
	procs  map[*state.Proc]Addr
	contAt map[*state.Cont]Addr
	hookAt map[*state.HookProc]Addr
	tables map[*state.ROTable]Addr
	opens  []Open
}

// Map places the image and the scratch memory in an address space.
func (im *Image) Map(space *mem.Space) error {
	start, size := im.memory.Tables, (Addr(len(im.Data))+mem.PageSize-1)&^(mem.PageSize-1)
	if err := space.Map(start, size, mem.ReadWrite); err != nil {
		return err
	}
	copy(space.Mem().Bytes(start, size), im.Data)
	if err := space.Map(start, size, mem.ReadOnly); err != nil {
		return err
	}
	scratch := im.memory.Scratch
	return space.Map(scratch.Start, scratch.Size(), mem.ReadWrite)
}

// Open is a library's start-up function.
type Open struct {
	Name string
	Func Addr
}

// Opens lists the start-up functions in order of linking.
func (im *Image) Opens() []Open { return im.opens }

// Func is the function at a, nil if there is none.
func (im *Image) Func(a Addr) state.Func {
	if i := (a - im.code) / codeStep; i < Addr(len(im.funcs)) {
		return im.funcs[i]
	}
	return nil
}

// Name is the name under which the function at a was declared.
func (im *Image) Name(a Addr) string {
	if i := (a - im.code) / codeStep; i < Addr(len(im.names)) {
		return im.names[i].declared
	}
	return ""
}

// funcName is what a function is called where it was declared, and in a table.
type funcName struct{ declared, table, called string }

// Path is what people call the function at a: with the module or the type that has it, as
// in "net.createServer" and "tmr.timer:start".
func (im *Image) Path(a Addr) string {
	if i := (a - im.code) / codeStep; i < Addr(len(im.names)) {
		return im.names[i].table + im.names[i].called
	}
	return ""
}

// Observe makes the functions tell by which path they are called, for tests that want to know
// which were. Nobody may use the image yet.
func (im *Image) Observe(called func(path string)) {
	for i, f := range im.funcs {
		path := im.names[i].table + im.names[i].called
		im.funcs[i] = func(L state.State) int {
			called(path)
			return f(L)
		}
	}
}

// Cont is the continuation at a, nil if there is none.
func (im *Image) Cont(a Addr) state.KFunc {
	if i := (a - im.code) / codeStep; i < Addr(len(im.conts)) {
		return im.conts[i]
	}
	return nil
}

// Proc is the address of a declared function.
func (im *Image) Proc(p *state.Proc) Addr { return must(im.procs, p, "function") }

// Role is the address of the function with a role, 0 if there is none.
func (im *Image) Role(r state.Role) Addr { return im.roles[r] }

// WrapResumed is how the function with RoleWrap goes on, nil if there is none.
func (im *Image) WrapResumed() state.Resumed { return im.wrap }

// ContAddr is the address of a declared continuation.
func (im *Image) ContAddr(c *state.Cont) Addr {
	if c == nil {
		return 0
	}
	return must(im.contAt, c, "continuation")
}

// Table is the address of a declared ROTable.
func (im *Image) Table(t *state.ROTable) Addr { return must(im.tables, t, "ROTable") }

func must[K comparable](m map[K]Addr, k K, what string) Addr {
	a, ok := m[k]
	if !ok {
		panic(fmt.Sprintf("BUG: a %s is used that no state.Module declares", what))
	}
	return a
}

// Shape is what an edition of Lua and its numbers decide about an image; the rest of the records is the same for all.
type Shape struct {
	Node, Entry, ValueTag    Addr   // sizes of a hash node and of an entry, and where the tag of a value is
	Integer, Float, Function uint32 // tags
	// IntBytes and FloatBytes are the sizes of the two kinds of numbers; 0 where there is only the other one.
	IntBytes, FloatBytes int
	Events               []string // names of the metamethods whose absence a table's flags tell
}

// ShapeOf is the shape of a number model of Lua 5.3.
func ShapeOf(model num.Model) Shape {
	s := Shape{Node: layout.NodeSize, Entry: layout.ROEntrySize, ValueTag: layout.TVTT, Integer: tagInt, Float: tagFloat, Function: tagCFunc,
		IntBytes: model.IntSize(), FloatBytes: model.FloatSize(), Events: []string{"__index", "__newindex", "__gc", "__mode", "__len", "__eq"}}
	if model.ValueSize() == 8 {
		s.Node, s.Entry, s.ValueTag = wide.NodeSize, wide.ROEntrySize, wide.TVTT
	}
	return s
}

type linker struct {
	im    *Image
	shape Shape
	keys  map[string]Addr
	under map[*state.ROTable]string // what stands before the names of a table's functions
}

// Link makes the image of a number model for the ESP8266, as LinkFor does.
func Link(model num.Model, main *state.ROTable, modules []state.Module) (*Image, error) {
	return LinkFor(chip.ESP8266().Memory, model, main, modules)
}

// LinkFor makes the image of a number model for a memory map. main is the table named ROM, whose
// entries are the base library's functions; the modules' tables are added to it
// in order, and the start-up functions run in order.
func LinkFor(memory chip.Memory, model num.Model, main *state.ROTable, modules []state.Module) (*Image, error) {
	return LinkShape(memory, ShapeOf(model), main, modules)
}

// LinkShape is LinkFor for any edition.
func LinkShape(memory chip.Memory, shape Shape, main *state.ROTable, modules []state.Module) (*Image, error) {
	const procs, keys, funcs, bytes = 64, 128, 256, 8 << 10 // about what images have
	l := &linker{
		shape: shape,
		im: &Image{
			memory: memory, code: memory.Code, Scratch: memory.Scratch.Start, Data: make([]byte, 0, bytes),
			funcs: make([]state.Func, 0, funcs), names: make([]funcName, 0, funcs),
			procs: make(map[*state.Proc]Addr, procs), contAt: map[*state.Cont]Addr{},
			hookAt: map[*state.HookProc]Addr{}, tables: map[*state.ROTable]Addr{},
		},
		keys: make(map[string]Addr, keys), under: map[*state.ROTable]string{},
	}
	im := l.im
	im.DummyNode = l.reserve(shape.Node)
	// The header of ROM comes first, so that tables can refer to it.
	im.Main = l.reserve(layout.ROTableSize)
	im.tables[main] = im.Main
	entries := append([]state.Entry(nil), main.Entries...)
	for _, m := range modules {
		if err := l.module(m); err != nil {
			return nil, err
		}
		if m.Table != nil {
			entries = append(entries, state.Tab(m.Name, m.Table))
		}
	}
	all := &state.ROTable{Name: main.Name, Meta: main.Meta, Entries: entries}
	if err := l.fill(im.Main, all); err != nil {
		return nil, err
	}
	return im, nil
}

// module links what a module declares besides its entry in ROM.
func (l *linker) module(m state.Module) error {
	im := l.im
	for _, t := range m.Tables {
		l.under[t] = t.Name + ":"
	}
	l.under[m.Table] = m.Name + "."
	for _, p := range m.Procs {
		l.proc(p, funcName{m.Name, "", m.Name})
	}
	for _, c := range m.Conts {
		im.contAt[c] = im.code + Addr(len(im.conts))*codeStep
		im.conts = append(im.conts, c.F)
	}
	for _, h := range m.Hooks {
		im.hookAt[h] = im.code + Addr(len(im.hooks))*codeStep
		im.hooks = append(im.hooks, h.F)
	}
	for _, t := range append(m.Tables, m.Table) {
		if t != nil {
			if _, err := l.table(t); err != nil {
				return fmt.Errorf("module %s: %w", m.Name, err)
			}
		}
	}
	if m.Open != nil {
		im.opens = append(im.opens, Open{m.Name, l.fn(m.Open, funcName{m.Name, "", m.Name})})
	}
	return nil
}

func (l *linker) reserve(n Addr) Addr {
	for len(l.im.Data)%4 != 0 {
		l.im.Data = append(l.im.Data, 0)
	}
	a := l.im.memory.Tables + Addr(len(l.im.Data))
	l.im.Data = append(l.im.Data, make([]byte, n)...)
	return a
}

// at is the index of an address in the image's data.
func (l *linker) at(a Addr) Addr { return a - l.im.memory.Tables }

func (l *linker) fn(f state.Func, name funcName) Addr {
	im := l.im
	a := im.code + Addr(len(im.funcs))*codeStep
	im.funcs = append(im.funcs, f)
	im.names = append(im.names, name)
	return a
}

// proc links a declared function. A later place in a table gives it a better name than
// the declaration.
func (l *linker) proc(p *state.Proc, name funcName) Addr {
	a, ok := l.im.procs[p]
	if !ok {
		a = l.fn(p.F, name)
		l.im.procs[p] = a
		l.im.roles[p.Role] = a
		if p.Role == state.RoleWrap {
			l.im.wrap = p.Resumed
		}
	} else if old := &l.im.names[(a-l.im.code)/codeStep]; old.table == "" {
		old.table, old.called = name.table, name.called
	}
	return a
}

// key places a NUL-terminated string. Words are compared at once by the
// firmware, so it starts on a word boundary.
func (l *linker) key(s string) Addr {
	a, ok := l.keys[s]
	if !ok {
		a = l.reserve(Addr(len(s) + 1))
		copy(l.im.Data[l.at(a):], s)
		l.keys[s] = a
	}
	return a
}

func (l *linker) table(t *state.ROTable) (Addr, error) {
	if a, ok := l.im.tables[t]; ok {
		return a, nil
	}
	a := l.reserve(layout.ROTableSize)
	l.im.tables[t] = a
	return a, l.fill(a, t)
}

// fill writes the header at a and the entries of t.
func (l *linker) fill(a Addr, t *state.ROTable) error {
	if len(t.Entries) > math.MaxUint8 {
		return fmt.Errorf("ROTable %s has %d entries, 255 is the most", t.Name, len(t.Entries))
	}
	flags, err := metaFlags(t, l.shape.Events)
	if err != nil {
		return err
	}
	meta := Addr(0)
	if t.Meta != nil {
		if meta, err = l.table(t.Meta); err != nil {
			return err
		}
	}
	size := l.shape.Entry
	vec := l.reserve(size * Addr(len(t.Entries)+1)) // the last one stays empty
	for i, e := range t.Entries {
		e0 := vec + Addr(i)*size
		key := l.key(e.Name)
		l.put32(e0+layout.ROEntryKey, uint32(key))
		if err := l.value(e0+layout.ROEntryValue, t, e); err != nil {
			return err
		}
	}
	l.put32(a+layout.ROTableNext, 1)
	l.im.Data[l.at(a+layout.ROTableTT)] = tagROTable
	l.im.Data[l.at(a+layout.ROTableFlags)] = flags
	l.im.Data[l.at(a+layout.ROTableLSizeNode)] = uint8(len(t.Entries))
	l.put32(a+layout.ROTableMetatable, uint32(meta))
	l.put32(a+layout.ROTableEntry, uint32(vec))
	return nil
}

// Tags of the values that a ROTable can hold (lobject.h, lnodemcu.h).
const (
	tagLight   = 2
	tagFloat   = 3
	tagInt     = 3 | 1<<4
	tagROTable = 5 | 1<<4
	tagCFunc   = 6 | 1<<4
)

func (l *linker) value(a Addr, t *state.ROTable, e state.Entry) error {
	tt := a + l.shape.ValueTag
	switch e.Kind {
	case state.KindFunc:
		fn := Addr(0)
		switch {
		case e.Proc != nil:
			fn = l.proc(e.Proc, funcName{e.Name, l.under[t], e.Name})
		case e.Func != nil:
			fn = l.fn(e.Func, funcName{e.Name, l.under[t], e.Name})
		default:
			return fmt.Errorf("ROTable %s: %s has no function", t.Name, e.Name)
		}
		l.put32(a, uint32(fn))
		l.put32(tt, l.shape.Function)
	case state.KindInt:
		if l.shape.IntBytes == 0 {
			l.float(a, float64(e.Int))
			break
		}
		l.integer(a, e.Int)
	case state.KindFloat:
		if l.shape.FloatBytes == 0 {
			l.integer(a, int64(e.Float))
			break
		}
		l.float(a, e.Float)
	case state.KindTable:
		if _, known := l.under[e.Table]; !known {
			l.under[e.Table] = l.under[t] + e.Name + "."
		}
		sub, err := l.table(e.Table)
		if err != nil {
			return err
		}
		l.put32(a, uint32(sub))
		l.put32(tt, tagROTable)
	case state.KindLight:
		l.put32(a, uint32(e.Int))
		l.put32(tt, tagLight)
	}
	return nil
}

func (l *linker) integer(a Addr, n int64) {
	l.put32(a, uint32(n))
	if l.shape.IntBytes == 8 {
		l.put32(a+4, uint32(n>>32))
	}
	l.put32(a+l.shape.ValueTag, l.shape.Integer)
}

func (l *linker) float(a Addr, f float64) {
	if l.shape.FloatBytes == 4 {
		l.put32(a, math.Float32bits(float32(f)))
	} else {
		bits := math.Float64bits(f)
		l.put32(a, uint32(bits))
		l.put32(a+4, uint32(bits>>32))
	}
	l.put32(a+l.shape.ValueTag, l.shape.Float)
}

func (l *linker) put32(a Addr, v uint32) {
	d := l.im.Data[l.at(a):]
	d[0], d[1], d[2], d[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
}

// metaFlags are the flags of a ROTable: a bit is set where the metamethod is
// absent. Keys that begin with "__" must stand first, for the search of a
// metafield ends at the first other key.
func metaFlags(t *state.ROTable, events []string) (uint8, error) {
	flags, plain := uint8(0xFF), false
	for _, e := range t.Entries {
		if len(e.Name) < 2 || e.Name[:2] != "__" {
			plain = true
			continue
		}
		if plain {
			return 0, fmt.Errorf("ROTable %s: metafield %s stands behind an ordinary key", t.Name, e.Name)
		}
		for i, name := range events {
			if e.Name == name {
				flags &^= 1 << i
			}
		}
	}
	return flags, nil
}

// Hook is the hook at a, HookAddr the address of a declared one.
func (im *Image) Hook(a Addr) state.Hook {
	if i := (a - im.code) / codeStep; a >= im.code && i < Addr(len(im.hooks)) {
		return im.hooks[i]
	}
	return nil
}

// HookAddr is the address of a declared hook.
func (im *Image) HookAddr(h *state.HookProc) Addr { return must(im.hookAt, h, "hook") }

// HookProc is the declaration of the hook at a, nil if there is none.
func (im *Image) HookProc(a Addr) *state.HookProc {
	for h, at := range im.hookAt {
		if at == a {
			return h
		}
	}
	return nil
}
