package vm

import (
	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
)

func sizeCClosure(n Addr) Addr { return layout.CClosureSize + n*tvSize }

func sizeLClosure(n Addr) Addr { return layout.LClosureSize + 4*n }

// newClosure makes a closure of a size with an environment.
func (t *Thread) newClosure(n, env Addr, isC byte, size Addr) Addr {
	m := t.m
	cl := t.newObject(tagFunc, size)
	m.SetU8(cl+layout.LClosureIsC, isC)
	m.SetPtr(cl+layout.LClosureEnv, env)
	m.SetU8(cl+layout.LClosureNUpvalues, uint8(n))
	return cl
}

func (t *Thread) newCClosure(n, env Addr) Addr { return t.newClosure(n, env, 1, sizeCClosure(n)) }

// newLClosure makes a Lua closure without upvalues, of a prototype.
func (t *Thread) newLClosure(n, env, p Addr) Addr {
	cl := t.newClosure(n, env, 0, sizeLClosure(n))
	t.m.SetPtr(cl+layout.LClosureP, p)
	t.m.Zero(cl+layout.LClosureSize, 4*n)
	return cl
}

// newUpval makes a closed upvalue that holds nil.
func (t *Thread) newUpval() Addr {
	uv := t.newObject(tagUpval, layout.UpValSize)
	t.m.SetPtr(uv+layout.UpValV, uv+layout.UpValValue)
	t.v.setNil(uv + layout.UpValValue)
	return uv
}

// isOpen tells whether an upvalue still refers to the stack.
func (v *VM) isOpen(uv Addr) bool { return v.m.Ptr(uv+layout.UpValV) != uv+layout.UpValValue }

// findUpval is the open upvalue of a stack slot, given as an offset, made if there is none. Open upvalues are listed
// from the top of the stack down.
func (t *Thread) findUpval(off Addr) Addr {
	m, v := t.m, t.v
	level := t.restore(off)
	pp := t.l + layout.LuaStateOpenUpval
	for p := m.Ptr(pp); p != 0 && m.Ptr(p+layout.UpValV) >= level; p = m.Ptr(pp) {
		if m.Ptr(p+layout.UpValV) == level {
			if v.isDead(p) {
				v.changeWhite(p)
			}
			return p
		}
		pp = p
	}
	uv := t.alloc(layout.UpValSize)
	// The collector may have been at work: it moves the stack, and frees upvalues.
	level, pp = t.restore(off), t.l+layout.LuaStateOpenUpval
	for p := m.Ptr(pp); p != 0 && m.Ptr(p+layout.UpValV) > level; p = m.Ptr(pp) {
		pp = p
	}
	m.SetU8(uv+layout.GCObjectTT, tagUpval)
	m.SetPtr(uv+layout.UpValV, level)
	m.SetPtr(uv, m.Ptr(pp))
	m.SetPtr(pp, uv)
	head := t.g + layout.GlobalUVHead
	next := m.Ptr(head + layout.UpValOpenNext)
	m.SetPtr(uv+layout.UpValPrev, head)
	m.SetPtr(uv+layout.UpValOpenNext, next)
	m.SetPtr(next+layout.UpValPrev, uv)
	m.SetPtr(head+layout.UpValOpenNext, uv)
	v.markNew(uv)
	return uv
}

// unlinkUpval takes an upvalue out of the list of all open ones.
func (v *VM) unlinkUpval(uv Addr) {
	m := v.m
	prev, next := m.Ptr(uv+layout.UpValPrev), m.Ptr(uv+layout.UpValOpenNext)
	m.SetPtr(next+layout.UpValPrev, prev)
	m.SetPtr(prev+layout.UpValOpenNext, next)
}

func (t *Thread) freeUpval(uv Addr) {
	if t.v.isOpen(uv) {
		t.v.unlinkUpval(uv)
	}
	t.free(uv, layout.UpValSize)
}

// closeUpvals closes all open upvalues from a stack slot up (luaF_close).
func (t *Thread) closeUpvals(level Addr) {
	m, v := t.m, t.v
	head := t.l + layout.LuaStateOpenUpval
	for uv := m.Ptr(head); uv != 0 && m.Ptr(uv+layout.UpValV) >= level; uv = m.Ptr(head) {
		m.SetPtr(head, m.Ptr(uv))
		if v.isDead(uv) {
			t.freeUpval(uv)
			continue
		}
		v.unlinkUpval(uv)
		v.copyTV(uv+layout.UpValValue, m.Ptr(uv+layout.UpValV))
		m.SetPtr(uv+layout.UpValV, uv+layout.UpValValue)
		t.linkUpval(uv)
	}
}

// newProto makes an empty prototype.
func (t *Thread) newProto() Addr {
	p := t.newObject(tagProto, layout.ProtoSize)
	t.m.Zero(p+layout.ProtoK, layout.ProtoSize-layout.ProtoK)
	return p
}

func (t *Thread) freeProto(p Addr) {
	m := t.m
	t.free(m.Ptr(p+layout.ProtoP), 4*m.Ptr(p+layout.ProtoSizeP))
	t.free(m.Ptr(p+layout.ProtoK), tvSize*m.Ptr(p+layout.ProtoSizeK))
	t.free(m.Ptr(p+layout.ProtoLocVars), layout.LocVarSize*m.Ptr(p+layout.ProtoSizeLocVars))
	t.free(m.Ptr(p+layout.ProtoUpvalues), 4*m.Ptr(p+layout.ProtoSizeUpvalues))
	t.free(m.Ptr(p+layout.ProtoCode), 4*m.Ptr(p+layout.ProtoSizeCode))
	t.free(m.Ptr(p+layout.ProtoLineInfo), t.v.LineBytes(p))
	t.free(p, layout.ProtoSize)
}
