package vm

import (
	"moonlet.example/moonlet/internal/lua51/chunk"
	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
)

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
		n := t.v.LineBytes(p)
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
