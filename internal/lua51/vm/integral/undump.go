// Code generated from ../undump.go by internal/lua/gen; DO NOT EDIT.

package integral

import (
	"encoding/binary"
	"slices"

	"moonlet.example/moonlet/internal/lua/source"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua51/chunk"
	layout "moonlet.example/moonlet/internal/lua51/layout/v4"
)

// undumper reads a binary chunk into device memory (lundump.c).
type undumper struct {
	t        *Thread
	z        *source.Input
	name     string
	read     int  // bytes behind the header
	swap     bool // numbers are big-endian
	numSize  byte
	toFloat  bool // numbers are integers
	at, size Addr // the buffer for strings
}

// free gives the buffer back.
func (u *undumper) free() { u.t.realloc(u.at, u.size, 0) }

func (u *undumper) fail(why string) {
	u.t.pushFString("%s: %s in precompiled chunk", u.name, why)
	u.t.throw(state.ErrSyntax)
}

func (u *undumper) bytes(b []byte) {
	if u.z.Read(b) != 0 {
		u.fail("unexpected end")
	}
	u.read += len(b)
}

// number reads n bytes, the lowest first whatever the file has.
func (u *undumper) number(buf *[8]byte, n int) []byte {
	b := buf[:n]
	u.bytes(b)
	if u.swap {
		slices.Reverse(b)
	}
	return b
}

func (u *undumper) byte() byte {
	var buf [8]byte
	return u.number(&buf, 1)[0]
}

func (u *undumper) word() uint32 {
	var buf [8]byte
	return binary.LittleEndian.Uint32(u.number(&buf, 4))
}

func (u *undumper) int() Addr {
	n := u.word()
	if int32(n) < 0 {
		u.fail("bad integer")
	}
	return Addr(n)
}

func (u *undumper) align() {
	for u.read&3 != 0 {
		u.byte()
	}
}

// constant reads a number. Builds of floats read those of integers.
func (u *undumper) constant() Num {
	var buf [8]byte
	if !u.toFloat {
		return readNumber(u.number(&buf, numSize))
	}
	switch u.numSize {
	case 1:
		return Num(int8(u.byte()))
	case 2:
		return Num(int16(binary.LittleEndian.Uint16(u.number(&buf, 2))))
	case 4:
		return Num(int32(u.word()))
	case 8:
		return Num(int64(binary.LittleEndian.Uint64(u.number(&buf, 8))))
	}
	u.fail("bad size")
	return 0
}

// string reads a string by way of the buffer, 0 if there is none.
func (u *undumper) string() Addr {
	t := u.t
	n := Addr(u.word())
	if n == 0 {
		return 0
	}
	if n > u.size {
		size := max(n, minBuffer)
		u.at = t.reallocVector(u.at, u.size, size, 1)
		u.size = size
	}
	b := t.m.Bytes(u.at, n)
	u.bytes(b)
	return t.newString(t.m.Bytes(u.at, n-1))
}

// vector makes a zeroed vector of n elements, to which fields of a prototype refer.
func (u *undumper) vector(p, vec, size, n, elem Addr) Addr {
	m := u.t.m
	a := u.t.reallocVector(0, 0, n, elem)
	m.SetPtr(p+vec, a)
	m.SetPtr(p+size, n)
	if n > 0 {
		m.Zero(a, n*elem)
	}
	return a
}

func (u *undumper) constants(p Addr) {
	t, v, m := u.t, u.t.v, u.t.m
	n := u.int()
	vec := u.vector(p, layout.ProtoK, layout.ProtoSizeK, n, tvSize)
	for i := range n {
		a := v.item(vec, i)
		switch u.byte() {
		case tagNil:
		case tagBool:
			v.setBool(a, u.byte() != 0)
		case tagNumber:
			v.setNum(a, u.constant())
		case tagString:
			if ts := u.string(); ts != 0 {
				v.setString(a, ts)
			} else {
				u.fail("bad constant") // the C code keeps a string at address 0
			}
		default:
			u.fail("bad constant")
		}
	}
	n = u.int()
	vec = u.vector(p, layout.ProtoP, layout.ProtoSizeP, n, 4)
	for i := range n {
		q := u.function(m.Ptr(p + layout.ProtoSource))
		m.SetPtr(vec+4*i, q)
		t.objBarrier(p, q)
	}
}

func (u *undumper) debug(p Addr) {
	t, m := u.t, u.t.m
	n := u.int()
	u.align()
	if n > 0 {
		a := t.reallocVector(0, 0, n, 1)
		b := m.Bytes(a, n)
		clear(b)
		m.SetPtr(p+layout.ProtoLineInfo, a)
		u.bytes(b)
		// Its end decides how many bytes are given back one day.
		if i := slices.Index(b, 0); i != len(b)-1 {
			clear(b[max(i, 0):])
			m.SetPtr(p+layout.ProtoLineInfo, 0)
			t.free(a, n)
			u.fail("bad code")
		}
	}
	n = u.int()
	vec := u.vector(p, layout.ProtoLocVars, layout.ProtoSizeLocVars, n, layout.LocVarSize)
	for i := range n {
		a := vec + i*layout.LocVarSize
		m.SetPtr(a+layout.LocVarVarName, u.name0())
		m.SetPtr(a+layout.LocVarStartPC, u.int())
		m.SetPtr(a+layout.LocVarEndPC, u.int())
	}
	n = u.int()
	vec = u.vector(p, layout.ProtoUpvalues, layout.ProtoSizeUpvalues, n, 4)
	for i := range n {
		m.SetPtr(vec+4*i, u.name0())
	}
}

// name0 reads the name of a variable, which has to be there.
func (u *undumper) name0() Addr {
	ts := u.string()
	if ts == 0 {
		u.fail("bad code") // the C code reads address 0 where it wants the name
	}
	return ts
}

func (u *undumper) function(outer Addr) Addr {
	t, m := u.t, u.t.m
	calls := t.nCCalls() + 1
	t.setNCCalls(calls)
	if calls > maxCCalls {
		u.fail("code too deep")
	}
	p := t.newProto()
	t.v.setPtr(t.top(), p, tagProto)
	t.incTop()
	source := u.string()
	if source == 0 {
		source = outer
	}
	m.SetPtr(p+layout.ProtoSource, source)
	m.SetPtr(p+layout.ProtoLineDefined, u.int())
	m.SetPtr(p+layout.ProtoLastLineDefined, u.int())
	for _, field := range [...]Addr{layout.ProtoNUps, layout.ProtoNumParams, layout.ProtoIsVararg, layout.ProtoMaxStackSize} {
		m.SetU8(p+field, u.byte())
	}
	n := u.int()
	u.align()
	code := u.vector(p, layout.ProtoCode, layout.ProtoSizeCode, n, 4)
	b := m.Bytes(code, 4*n)
	u.bytes(b)
	if u.swap {
		for i := 0; i < len(b); i += 4 {
			slices.Reverse(b[i : i+4])
		}
	}
	u.constants(p)
	u.debug(p)
	if !t.v.CheckCode(p) {
		u.fail("bad code")
	}
	t.setTop(t.top() - tvSize)
	t.setNCCalls(t.nCCalls() - 1)
	return p
}

// undump reads a chunk (luaU_undump), whose first byte is known to be that of the signature.
func (u *undumper) undump(name string) Addr {
	switch u.name = name; {
	case name == "":
	case name[0] == '@' || name[0] == '=':
		u.name = name[1:]
	case name[0] == chunk.Signature[0]:
		u.name = "binary string"
	}
	want := header()
	got := make([]byte, len(want))
	u.bytes(got)
	const order, size, kind = 6, 10, 11
	u.swap = got[order] != want[order]
	u.numSize = got[size]
	u.toFloat = got[kind] > want[kind]
	got[order] = want[order]
	want[size] = got[size]
	if u.toFloat {
		got[kind] = want[kind]
	}
	if !slices.Equal(got, want) {
		u.fail("bad header")
	}
	u.read = 0
	return u.function(u.t.newGoString("=?"))
}
