package vm

import (
	"moonlet.example/moonlet/internal/lua53/compile"
	layout "moonlet.example/moonlet/internal/lua53/layout/v4"
)

const maxUpvalues = compile.MaxUpvalues

func sizeCClosure(n Addr) Addr {
	return layout.CClosureUpvalue + n*tvSize
}

func sizeLClosure(n Addr) Addr { return layout.LClosureUpvals + 4*n }

// isOpen tells whether an upvalue still refers to the stack.
func (v *VM) isOpen(uv Addr) bool { return v.m.Ptr(uv+layout.UpValV) != uv+layout.UpValValue }

// newLClosure makes a Lua closure without prototype and upvalues.
func (t *Thread) newLClosure(n Addr) Addr {
	cl := t.newObject(tagLua&variantMask, sizeLClosure(n))
	t.m.SetPtr(cl+layout.LClosureP, 0)
	t.m.SetU8(cl+layout.LClosureNUpvalues, uint8(n))
	for i := range n {
		t.m.SetPtr(cl+layout.LClosureUpvals+4*i, 0)
	}
	return cl
}

func (t *Thread) newCClosure(n Addr) Addr {
	cl := t.newObject(tagCCl&variantMask, sizeCClosure(n))
	t.m.SetU8(cl+layout.CClosureNUpvalues, uint8(n))
	return cl
}

// initUpvals gives a closure new closed upvalues that hold nil.
func (t *Thread) initUpvals(cl Addr) {
	for i := range Addr(t.m.U8(cl + layout.LClosureNUpvalues)) {
		uv := t.alloc(layout.UpValSize)
		t.m.SetU32(uv+layout.UpValRefCount, 1)
		t.m.SetPtr(uv+layout.UpValV, uv+layout.UpValValue)
		t.v.setNil(uv + layout.UpValValue)
		t.m.SetPtr(cl+layout.LClosureUpvals+4*i, uv)
	}
}

// findUpval returns the open upvalue for a stack slot, made if there is none.
// Open upvalues are listed from the top of the stack down.
func (t *Thread) findUpval(level Addr) Addr {
	m := t.m
	pp := t.l + layout.LuaStateOpenUpval
	for p := m.Ptr(pp); p != 0 && m.Ptr(p+layout.UpValV) >= level; p = m.Ptr(pp) {
		if m.Ptr(p+layout.UpValV) == level {
			return p
		}
		pp = p + layout.UpValOpenNext
	}
	uv := t.alloc(layout.UpValSize)
	m.SetU32(uv+layout.UpValRefCount, 0)
	m.SetPtr(uv+layout.UpValOpenNext, m.Ptr(pp))
	m.SetU32(uv+layout.UpValTouched, 1)
	m.SetPtr(pp, uv)
	m.SetPtr(uv+layout.UpValV, level)
	if m.Ptr(t.l+layout.LuaStateTwUps) == t.l {
		list := t.g + layout.GlobalTwUps
		m.SetPtr(t.l+layout.LuaStateTwUps, m.Ptr(list))
		m.SetPtr(list, t.l)
	}
	return uv
}

// closeUpvals closes all open upvalues from a stack slot up.
func (t *Thread) closeUpvals(level Addr) {
	m := t.m
	head := t.l + layout.LuaStateOpenUpval
	for uv := m.Ptr(head); uv != 0 && m.Ptr(uv+layout.UpValV) >= level; uv = m.Ptr(head) {
		m.SetPtr(head, m.Ptr(uv+layout.UpValOpenNext))
		if m.U32(uv+layout.UpValRefCount) == 0 {
			t.free(uv, layout.UpValSize)
			continue
		}
		t.v.copyTV(uv+layout.UpValValue, m.Ptr(uv+layout.UpValV))
		m.SetPtr(uv+layout.UpValV, uv+layout.UpValValue)
		t.v.upvalBarrier(uv)
	}
}

// releaseUpval ends one closure's use of an upvalue.
func (t *Thread) releaseUpval(uv Addr) {
	n := t.m.U32(uv+layout.UpValRefCount) - 1
	t.m.SetU32(uv+layout.UpValRefCount, n)
	if n == 0 && !t.v.isOpen(uv) {
		t.free(uv, layout.UpValSize)
	}
}

// newProto makes an empty prototype.
func (t *Thread) newProto() Addr {
	p := t.newObject(tagProto, layout.ProtoSize)
	t.m.Zero(p+layout.ProtoNumParams, layout.ProtoSize-layout.ProtoNumParams)
	return p
}

func (t *Thread) freeProto(p Addr) {
	m := t.m
	t.free(m.Ptr(p+layout.ProtoCode), 4*m.Ptr(p+layout.ProtoSizeCode))
	t.free(m.Ptr(p+layout.ProtoP), 4*m.Ptr(p+layout.ProtoSizeP))
	t.free(m.Ptr(p+layout.ProtoK), tvSize*m.Ptr(p+layout.ProtoSizeK))
	t.free(m.Ptr(p+layout.ProtoLineInfo), m.Ptr(p+layout.ProtoSizeLineInfo))
	t.free(m.Ptr(p+layout.ProtoLocVars), layout.LocVarSize*m.Ptr(p+layout.ProtoSizeLocVars))
	t.free(m.Ptr(p+layout.ProtoUpvalues), layout.UpvaldescSize*m.Ptr(p+layout.ProtoSizeUpvalues))
	t.free(p, layout.ProtoSize)
}
