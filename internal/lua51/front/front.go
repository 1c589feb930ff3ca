// Package front compiles Lua 5.1 for the tools, without a virtual machine: prototypes lie in memory as the front end
// wants them, and become Go values; strings and tables are Go's.
package front

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/lua/source"
	"moonlet.example/moonlet/internal/lua51/chunk"
	"moonlet.example/moonlet/internal/lua51/compile"
	layout "moonlet.example/moonlet/internal/lua51/layout/common"
	"moonlet.example/moonlet/internal/mem"
)

const (
	memoryStart = 1 << 20
	memoryBytes = 256 << 20 // more than any source takes that a module could load
)

// Compiler compiles files one after the other.
type Compiler struct {
	space *mem.Space
	text  bytes.Buffer
	m     machine // whose room serves the next file as well
}

// New makes a compiler.
func New() (*Compiler, error) {
	s, err := mem.NewSpace()
	if err != nil {
		return nil, err
	}
	if err := s.Map(memoryStart, memoryBytes, mem.ReadWrite); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	c := &Compiler{space: s}
	c.m = machine{mem: s.Mem(), ids: map[string]mem.Addr{}, tables: map[mem.Addr]*table{}}
	return c, nil
}

// Close gives the memory back.
func (c *Compiler) Close() error { return c.space.Close() }

// Compile compiles a program to a function without names of variables, as a compiler does that was built with
// LUAI_OPTIMIZE_DEBUG 1, the firmware's default; level 2 leaves out line information as well, 0 nothing. name is
// that of the chunk, as "@file.lua". The error is Lua's message.
func (c *Compiler) Compile(numbers chunk.Numbers, name string, program io.Reader, level int) (p *chunk.Proto, err error) {
	m := &c.m
	m.begin(numbers)
	c.text.Reset()
	if _, err := c.text.ReadFrom(program); err != nil {
		return nil, err
	}
	text := c.text.Bytes()
	if bytes.HasPrefix(text, []byte("#")) { // as for a shell; its line counts
		i := bytes.IndexByte(text, '\n')
		if i < 0 {
			i = len(text)
		}
		text = append([]byte("\n"), text[min(i+1, len(text)):]...)
	}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case thrown:
			p, err = nil, errors.New(string(r))
		default:
			panic(r)
		}
	}()
	calls := m.Realloc(0, 0, 4)
	m.mem.SetU32(calls, 1) // the C tool compiles in a protected call
	var job compile.Job
	defer job.Free()
	read := false
	in := &source.Input{Reader: func() []byte {
		if read {
			return nil
		}
		read = true
		return text
	}}
	at := job.Parse(m, compile.Chunk{Mem: m.mem, Calls: calls, In: in, Source: m.intern(name)})
	return m.proto(at, "", level), nil
}

// thrown is a message on its way to Compile.
type thrown string

// table is what a function has of constants.
type table struct {
	strings map[mem.Addr]int
	numbers map[uint64]int
	bools   [2]int // index + 1
	null    int
}

type machine struct {
	mem     mem.Mem
	heap    *heap.Fast
	numbers chunk.Numbers
	ids     map[string]mem.Addr // objects of strings, which are nothing but numbers
	texts   []string            // by number; the first one is none
	tables  map[mem.Addr]*table
	values  []chunk.Constant // of all functions; a constant in memory is its place
	message string
}

// begin forgets the last file.
func (m *machine) begin(numbers chunk.Numbers) {
	m.numbers = numbers
	m.heap = heap.NewFast(m.mem, memoryStart, memoryStart+memoryBytes)
	clear(m.ids)
	clear(m.tables)
	m.texts = append(m.texts[:0], "")
	m.values = m.values[:0]
}

// The methods of machine are compile.Machine's.

func (m *machine) Realloc(at, old, size mem.Addr) mem.Addr {
	switch {
	case size == 0:
		m.heap.Free(at, old)
		return 0
	case old == 0:
		at = m.heap.Alloc(size)
	default:
		at = m.heap.Realloc(at, old, size)
	}
	if at == 0 {
		panic(thrown("not enough memory"))
	}
	return at
}

func (m *machine) Grow(at mem.Addr, size *int, elem mem.Addr, limit int, what string) mem.Addr {
	const least = 4
	n := max(*size*2, least)
	if *size >= limit/2 {
		if *size >= limit {
			panic(thrown(what))
		}
		n = limit
	}
	at = m.ReallocVector(at, *size, n, elem)
	*size = n
	return at
}

func (m *machine) ReallocVector(at mem.Addr, old, n int, elem mem.Addr) mem.Addr {
	return m.Realloc(at, mem.Addr(old)*elem, mem.Addr(n)*elem)
}

func (m *machine) Barrier(from, to mem.Addr) {}

func (m *machine) NewFunction() (proto, tab mem.Addr) {
	proto = m.Realloc(0, 0, layout.ProtoSize)
	m.mem.Zero(proto, layout.ProtoSize)
	m.tables[proto] = &table{strings: map[mem.Addr]int{}, numbers: map[uint64]int{}}
	return proto, proto
}

func (m *machine) Pop() {}

// intern makes the number that stands for a string.
func (m *machine) intern(s string) mem.Addr {
	at, ok := m.ids[s]
	if !ok {
		at = mem.Addr(len(m.texts))
		m.ids[s] = at
		m.texts = append(m.texts, s)
	}
	return at
}

func (m *machine) Anchor(_ mem.Addr, s []byte) mem.Addr {
	if at, ok := m.ids[string(s)]; ok { // most come again
		return at
	}
	return m.intern(string(s))
}

func (m *machine) Text(ts mem.Addr) []byte { return []byte(m.texts[ts]) }

func (m *machine) ChunkID(ts mem.Addr) string {
	s, _, _ := strings.Cut(m.texts[ts], "\x00")
	return chunk.ID(s, 80)
}

func (m *machine) Pushf(format string, args ...any) string {
	m.message = fmt.Sprintf(format, args...)
	return m.message
}

func (m *machine) Throw() { panic(thrown(m.message)) }

func (m *machine) ParseNumber(text []byte) (compile.Number, bool) { return parse(m.numbers, text) }

func (m *machine) Fold(op compile.Op, a, b compile.Number) (compile.Number, bool) {
	return fold(m.numbers, op, a, b)
}

// constant adds a constant, of which a table has that it is not there.
func (m *machine) constant(c *compile.Consts, k chunk.Constant) int {
	at := m.mem.Ptr(c.Proto + layout.ProtoK)
	if c.N+1 > c.Size {
		at = m.Grow(at, &c.Size, m.ValueSize(), 1<<18-1, "constant table overflow")
		m.mem.SetPtr(c.Proto+layout.ProtoK, at)
		m.mem.SetI32(c.Proto+layout.ProtoSizeK, int32(c.Size))
	}
	m.mem.SetU32(at+mem.Addr(c.N)*m.ValueSize(), uint32(len(m.values)))
	m.values = append(m.values, k)
	c.N++
	return c.N - 1
}

func (m *machine) StringK(c *compile.Consts, s mem.Addr) int {
	t := m.tables[c.Table]
	i, ok := t.strings[s]
	if !ok {
		i = m.constant(c, chunk.Constant{Kind: chunk.String, Str: m.texts[s]})
		t.strings[s] = i
	}
	return i
}

func (m *machine) NumberK(c *compile.Consts, n compile.Number) int {
	t, key := m.tables[c.Table], uint64(uint32(n.Int))
	if m.numbers == chunk.Float {
		if key = math.Float64bits(n.Float); n.Float == 0 {
			key = 0 // both zeros are one key
		}
	}
	i, ok := t.numbers[key]
	if !ok {
		i = m.constant(c, chunk.Constant{Kind: chunk.Number, Float: n.Float, Int: n.Int})
		t.numbers[key] = i
	}
	return i
}

func (m *machine) BoolK(c *compile.Consts, b bool) int {
	k, which := chunk.Constant{Kind: chunk.False}, 0
	if b {
		k.Kind, which = chunk.True, 1
	}
	return m.once(c, &m.tables[c.Table].bools[which], k)
}

func (m *machine) NilK(c *compile.Consts) int {
	return m.once(c, &m.tables[c.Table].null, chunk.Constant{Kind: chunk.Nil})
}

func (m *machine) once(c *compile.Consts, index *int, k chunk.Constant) int {
	if *index == 0 {
		*index = m.constant(c, k) + 1
	}
	return *index - 1
}

func (m *machine) ValueSize() mem.Addr { return 4 }

// proto reads a prototype from memory. outer is the source of the function around.
func (m *machine) proto(at mem.Addr, outer string, level int) *chunk.Proto {
	get := func(field mem.Addr) int { return int(m.mem.I32(at + field)) }
	p := &chunk.Proto{LineDefined: get(layout.ProtoLineDefined), LastLineDefined: get(layout.ProtoLastLineDefined),
		NumUpvalues: m.mem.U8(at + layout.ProtoNUps), NumParams: m.mem.U8(at + layout.ProtoNumParams),
		IsVararg: m.mem.U8(at + layout.ProtoIsVararg), MaxStackSize: m.mem.U8(at + layout.ProtoMaxStackSize)}
	name := m.texts[m.mem.Ptr(at+layout.ProtoSource)]
	if name != outer || outer == "" {
		p.Source = chunk.Text{S: name, Set: true}
	}
	vector := func(vec, size mem.Addr, elem mem.Addr, f func(at mem.Addr)) {
		v := m.mem.Ptr(at + vec)
		for i := range get(size) {
			f(v + mem.Addr(i)*elem)
		}
	}
	if n := get(layout.ProtoSizeCode); n > 0 {
		p.Code = make([]uint32, 0, n)
	}
	if n := get(layout.ProtoSizeK); n > 0 {
		p.Constants = make([]chunk.Constant, 0, n)
	}
	vector(layout.ProtoCode, layout.ProtoSizeCode, 4, func(i mem.Addr) { p.Code = append(p.Code, m.mem.U32(i)) })
	vector(layout.ProtoK, layout.ProtoSizeK, m.ValueSize(), func(i mem.Addr) { p.Constants = append(p.Constants, m.values[m.mem.U32(i)]) })
	vector(layout.ProtoP, layout.ProtoSizeP, 4, func(i mem.Addr) { p.Protos = append(p.Protos, m.proto(m.mem.Ptr(i), name, level)) })
	if level < 2 {
		for v := m.mem.Ptr(at + layout.ProtoLineInfo); ; v++ {
			c := m.mem.U8(v)
			if p.LineInfo = append(p.LineInfo, c); c == 0 {
				break
			}
		}
	}
	if level < 1 {
		vector(layout.ProtoLocVars, layout.ProtoSizeLocVars, layout.LocVarSize, func(i mem.Addr) {
			p.LocVars = append(p.LocVars, chunk.LocVar{Name: chunk.Text{S: m.texts[m.mem.Ptr(i+layout.LocVarVarName)], Set: true},
				StartPC: int(m.mem.I32(i + layout.LocVarStartPC)), EndPC: int(m.mem.I32(i + layout.LocVarEndPC))})
		})
		vector(layout.ProtoUpvalues, layout.ProtoSizeUpvalues, 4, func(i mem.Addr) {
			p.Upvalues = append(p.Upvalues, chunk.Text{S: m.texts[m.mem.Ptr(i)], Set: true})
		})
	}
	return p
}
