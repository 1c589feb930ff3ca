package inspect

import (
	"moonlet.example/moonlet/internal/lua53/chunk"
	layout "moonlet.example/moonlet/internal/lua53/layout/common"
	"moonlet.example/moonlet/internal/lua53/tag"
)

// This file writes binary chunks, ".lc" files, from what is in device memory; package chunk
// has their grammar.

type dumper struct {
	*View
	w     func(p []byte) error
	strip int
	err   error
	deep  int
	buf   [16]byte
}

func (d *dumper) write(p []byte) {
	if d.err == nil && len(p) > 0 {
		d.err = d.w(p)
	}
}

func (d *dumper) byte(c byte) {
	d.buf[0] = c
	d.write(d.buf[:1])
}

func (d *dumper) int(n int) { d.write(chunk.AppendInt(d.buf[:0], uint64(n))) }

// tagged writes an integer with a type. A negative one has its own type.
func (d *dumper) tagged(kind byte, n int64) { d.write(chunk.AppendTagged(d.buf[:0], kind, n)) }

func (d *dumper) float(a Addr) {
	d.byte(chunk.TagFloat)
	d.write(d.m.Bytes(a, Addr(d.c.Model.FloatSize())))
}

func (d *dumper) string(ts Addr) {
	if ts == 0 {
		d.byte(chunk.TagShort)
		return
	}
	s := d.strBytes(ts)
	d.tagged(chunk.StringTag(len(s)), int64(len(s))+1)
	d.write(s)
}

func (d *dumper) header() { d.write(chunk.AppendHeader(nil, d.c.Model, chunk.Format)) }

func (d *dumper) function(p, parentSource Addr) {
	m := d.m
	if d.deep++; d.deep > chunk.MaxNesting {
		badCode(p) // a function inside itself
	}
	defer func() { d.deep-- }()
	if source := m.Ptr(p + layout.ProtoSource); source != parentSource {
		d.string(source)
	} else {
		d.string(0)
	}
	d.int(int(m.U32(p + layout.ProtoLineDefined)))
	d.int(int(m.U32(p + layout.ProtoLastLineDefined)))
	d.byte(m.U8(p + layout.ProtoNumParams))
	d.byte(m.U8(p + layout.ProtoIsVararg))
	d.byte(m.U8(p + layout.ProtoMaxStackSize))

	n, vec := m.Ptr(p+layout.ProtoSizeP), m.Ptr(p+layout.ProtoP)
	d.int(int(n))
	for i := range n {
		if d.err != nil {
			return
		}
		d.function(m.Ptr(vec+4*i), m.Ptr(p+layout.ProtoSource))
	}
	n = m.Ptr(p + layout.ProtoSizeCode)
	d.int(int(n))
	d.write(m.Bytes(m.Ptr(p+layout.ProtoCode), 4*n))
	d.constants(p)
	d.upvalues(p)
	d.debug(p)
}

func (d *dumper) constants(p Addr) {
	m := d.m
	n, vec := m.Ptr(p+layout.ProtoSizeK), m.Ptr(p+layout.ProtoK)
	d.int(int(n))
	for i := range n {
		switch a := d.item(vec, i); d.tag(a) {
		case tag.Nil:
			d.byte(chunk.TagNil)
		case tag.Bool:
			d.byte(chunk.TagBool + m.U8(a))
		case tag.Float:
			d.float(a)
		case tag.Int:
			d.tagged(chunk.TagInt, d.integer(a))
		case tag.Short, tag.Long:
			d.string(d.gcOf(a))
		}
	}
}

func (d *dumper) upvalues(p Addr) {
	m := d.m
	n, a := m.Ptr(p+layout.ProtoSizeUpvalues), m.Ptr(p+layout.ProtoUpvalues)
	names := byte(0)
	if d.strip == 0 {
		names = 1
	}
	d.byte(names)
	d.int(int(n))
	for ; n > 0; n, a = n-1, a+layout.UpvaldescSize {
		if names != 0 {
			d.string(m.Ptr(a + layout.UpvaldescName))
		}
		d.byte(m.U8(a + layout.UpvaldescInStack))
		d.byte(m.U8(a + layout.UpvaldescIdx))
	}
}

func (d *dumper) debug(p Addr) {
	m := d.m
	nline, nloc := Addr(0), Addr(0)
	// stripDebug leaves the size as it was; the firmware reads address 0 then.
	if d.strip <= 1 && m.Ptr(p+layout.ProtoLineInfo) != 0 {
		nline = m.Ptr(p + layout.ProtoSizeLineInfo)
	}
	if d.strip == 0 {
		nloc = m.Ptr(p + layout.ProtoSizeLocVars)
	}
	d.int(int(nline))
	if nline > 0 {
		d.write(m.Bytes(m.Ptr(p+layout.ProtoLineInfo), nline))
	}
	d.int(int(nloc))
	for a := m.Ptr(p + layout.ProtoLocVars); nloc > 0; nloc, a = nloc-1, a+layout.LocVarSize {
		d.string(m.Ptr(a + layout.LocVarVarName))
		d.int(int(m.U32(a + layout.LocVarStartPC)))
		d.int(int(m.U32(a + layout.LocVarEndPC)))
	}
}

// Dump writes the prototype p as a binary chunk.
func (w *View) Dump(p Addr, write func(p []byte) error, strip int) error {
	d := &dumper{View: w, w: write, strip: strip}
	d.header()
	d.byte(w.m.U8(p + layout.ProtoSizeUpvalues))
	d.function(p, 0)
	return d.err
}
