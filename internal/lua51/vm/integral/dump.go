// Code generated from ../dump.go by internal/lua/gen; DO NOT EDIT.

package integral

import (
	"encoding/binary"
	"math"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua51/chunk"
	layout "moonlet.example/moonlet/internal/lua51/layout/v4"
)

// This file writes binary chunks, ".lc" files, from device memory; package chunk has their grammar.

const errTooBig = state.DumpError("value too big or small for target integer type")

type dumper struct {
	v     *VM
	w     func(p []byte) error
	strip bool
	err   error
	wrote int
	deep  int
	buf   [16]byte
}

func (d *dumper) write(p []byte) {
	if d.err == nil && len(p) > 0 {
		d.err = d.w(p)
		d.wrote += len(p)
	}
}

func (d *dumper) byte(c byte) { d.write(append(d.buf[:0], c)) }

func (d *dumper) int(n int32) {
	if (n > math.MaxInt32-1 || n < math.MinInt32+1) && d.err == nil {
		d.err = errTooBig
	}
	d.write(binary.LittleEndian.AppendUint32(d.buf[:0], uint32(n)))
}

func (d *dumper) align() {
	for d.wrote&3 != 0 && d.err == nil {
		d.byte(0)
	}
}

func (d *dumper) string(ts Addr) {
	if ts == 0 {
		d.int(0)
		return
	}
	n := strLen(d.v.m, ts) + 1
	d.int(int32(n))
	d.write(d.v.m.Bytes(strData(ts), n))
}

func (d *dumper) function(p, outer Addr) {
	m := d.v.m
	if d.deep++; d.deep > maxCCalls {
		d.v.badCode(p) // a function inside itself
	}
	defer func() { d.deep-- }()
	source := m.Ptr(p + layout.ProtoSource)
	if source == outer || d.strip {
		source = 0
	}
	d.string(source)
	d.int(m.I32(p + layout.ProtoLineDefined))
	d.int(m.I32(p + layout.ProtoLastLineDefined))
	for _, field := range [...]Addr{layout.ProtoNUps, layout.ProtoNumParams, layout.ProtoIsVararg, layout.ProtoMaxStackSize} {
		d.byte(m.U8(p + field))
	}
	n := m.Ptr(p + layout.ProtoSizeCode)
	d.int(int32(n))
	d.align()
	d.write(m.Bytes(m.Ptr(p+layout.ProtoCode), 4*n))
	d.constants(p)
	d.debug(p)
}

func (d *dumper) constants(p Addr) {
	v, m := d.v, d.v.m
	n := m.Ptr(p + layout.ProtoSizeK)
	d.int(int32(n))
	for i := range n {
		a := v.item(m.Ptr(p+layout.ProtoK), i)
		d.byte(byte(v.tag(a)))
		switch v.tag(a) {
		case tagBool:
			d.byte(m.U8(a))
		case tagNumber:
			b, ok := dumpNumber(d.buf[:0], v.numOf(a))
			if !ok && d.err == nil {
				d.err = errTooBig
			}
			d.write(b)
		case tagString:
			d.string(v.gcOf(a))
		}
	}
	n = m.Ptr(p + layout.ProtoSizeP)
	d.int(int32(n))
	for i := range n {
		if d.err != nil {
			return
		}
		d.function(m.Ptr(m.Ptr(p+layout.ProtoP)+4*i), m.Ptr(p+layout.ProtoSource))
	}
}

func (d *dumper) debug(p Addr) {
	m := d.v.m
	var lines, locals, upvalues Addr
	if !d.strip {
		lines, locals, upvalues = d.v.lineBytes(p), m.Ptr(p+layout.ProtoSizeLocVars), m.Ptr(p+layout.ProtoSizeUpvalues)
	}
	d.int(int32(lines))
	d.align()
	if lines > 0 {
		d.write(m.Bytes(m.Ptr(p+layout.ProtoLineInfo), lines))
	}
	d.int(int32(locals))
	for i := range locals {
		a := m.Ptr(p+layout.ProtoLocVars) + i*layout.LocVarSize
		d.string(m.Ptr(a + layout.LocVarVarName))
		d.int(m.I32(a + layout.LocVarStartPC))
		d.int(m.I32(a + layout.LocVarEndPC))
	}
	d.int(int32(upvalues))
	for i := range upvalues {
		d.string(m.Ptr(m.Ptr(p+layout.ProtoUpvalues) + 4*i))
	}
}

// dump writes the prototype p as a binary chunk (luaU_dump).
func (t *Thread) dump(p Addr, w func(p []byte) error, strip bool) error {
	d := &dumper{v: t.v, w: w, strip: strip}
	d.write(header())
	d.function(p, 0)
	return d.err
}

// header is that of a binary chunk of this build (luaU_header).
func header() []byte {
	is := byte(0)
	if integral {
		is = 1
	}
	return append([]byte(chunk.Signature), chunk.Version, 0, 1, 4, 4, 4, numSize, is)
}

// stripDebug takes debug information away from a prototype and those inside it, and tells how many bytes that frees
// (luaG_stripdebug).
func (t *Thread) stripDebug(p Addr, level, deep int) int {
	m, freed := t.m, Addr(0)
	if deep > maxCCalls {
		t.v.badCode(p) // a function inside itself
	}
	inner := 0
	for i := range m.Ptr(p + layout.ProtoSizeP) {
		inner += t.stripDebug(m.Ptr(m.Ptr(p+layout.ProtoP)+4*i), level, deep+1)
	}
	if level >= 2 {
		n := t.v.lineBytes(p)
		t.free(m.Ptr(p+layout.ProtoLineInfo), n)
		m.SetPtr(p+layout.ProtoLineInfo, 0)
		freed += n
	}
	if level >= 1 {
		locals, upvalues := m.Ptr(p+layout.ProtoSizeLocVars), m.Ptr(p+layout.ProtoSizeUpvalues)
		t.free(m.Ptr(p+layout.ProtoLocVars), locals*layout.LocVarSize)
		t.free(m.Ptr(p+layout.ProtoUpvalues), upvalues*4)
		for _, field := range [...]Addr{layout.ProtoLocVars, layout.ProtoUpvalues, layout.ProtoSizeLocVars, layout.ProtoSizeUpvalues} {
			m.SetPtr(p+field, 0)
		}
		freed += locals*layout.LocVarSize + upvalues*4
	}
	return inner + int(freed)
}
