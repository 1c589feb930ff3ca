package inspect

import (
	"encoding/binary"
	"math"

	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua51/layout/common"
	"moonlet.example/moonlet/internal/lua51/tag"
)

// This file writes binary chunks, ".lc" files, from device memory; package chunk has their grammar.

// maxDepth is more than functions can lie inside each other (LUAI_MAXCCALLS).
const maxDepth = 200

const errTooBig = state.DumpError("value too big or small for target integer type")

type dumper struct {
	v     *View
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
	n := d.v.m.Ptr(ts+layout.TStringLen) + 1
	d.int(int32(n))
	d.write(d.v.m.Bytes(ts+layout.TStringSize, n))
}

func (d *dumper) function(p, outer Addr) {
	m := d.v.m
	if d.deep++; d.deep > maxDepth {
		d.v.circle(p) // a function inside itself
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
		case tag.Bool:
			d.byte(m.U8(a))
		case tag.Number:
			b, ok := v.c.AppendNumber(d.buf[:0], a)
			if !ok && d.err == nil {
				d.err = errTooBig
			}
			d.write(b)
		case tag.String:
			d.string(v.object(a))
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
		lines, locals, upvalues = d.v.LineBytes(p), m.Ptr(p+layout.ProtoSizeLocVars), m.Ptr(p+layout.ProtoSizeUpvalues)
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

// Dump writes the prototype p as a binary chunk behind its header (luaU_dump).
func (v *View) Dump(p Addr, header []byte, w func(p []byte) error, strip bool) error {
	d := &dumper{v: v, w: w, strip: strip}
	d.write(header)
	d.function(p, 0)
	return d.err
}
