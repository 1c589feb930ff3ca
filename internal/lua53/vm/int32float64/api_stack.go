// Code generated from ../api_stack.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua53/chunk"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
	"moonlet.example/moonlet/internal/mem"
)

// The C API (lapi.c) as methods of Thread; package state documents them.

var _ state.BoxState = (*Thread)(nil)

// Host implements state.State, and so do all methods of the api files.
func (t *Thread) Host() any { return t.v.cfg.Host }

// Mem is the device memory.
func (t *Thread) Mem() mem.Mem { return t.m }

// CLibrary is where numbers come from.
func (t *Thread) CLibrary() clib.Library { return t.v.cfg.CLib }

// NumberSizes are the sizes of the number model in bytes.
func (t *Thread) NumberSizes() (i, f int) { return int(intSize), int(floatSize) }

// Output is lua_writestring.
func (t *Thread) Output(p []byte) { t.v.cfg.Output(p) }

// ErrorOutput is lua_writestringerror.
func (t *Thread) ErrorOutput(s string) { t.v.cfg.ErrorOutput(s) }

// MainThread is lua_getstate.
func (t *Thread) MainThread() state.State { return t.v.main }

// NewHandle keeps a host object under a number that is not 0.
func (t *Thread) NewHandle(x any) uint32 {
	v := t.v
	if n := len(v.freeHand); n > 0 {
		h := v.freeHand[n-1]
		v.freeHand = v.freeHand[:n-1]
		v.handles[h-1] = x
		return h
	}
	v.handles = append(v.handles, x)
	return uint32(len(v.handles))
}

// Handle is the object of a number, nil if there is none.
func (t *Thread) Handle(h uint32) any {
	if h == 0 || int(h) > len(t.v.handles) {
		return nil
	}
	return t.v.handles[h-1]
}

// FreeHandle forgets the object of a number.
func (t *Thread) FreeHandle(h uint32) {
	if h == 0 || int(h) > len(t.v.handles) || t.v.handles[h-1] == nil {
		return
	}
	t.v.handles[h-1] = nil
	t.v.freeHand = append(t.v.freeHand, h)
}

// index is the address of the value at an acceptable index, 0 for none.
func (t *Thread) index(i int) Addr {
	m, tv := t.m, tvSize
	switch {
	case i > 0:
		a := m.Ptr(m.Ptr(t.l+layout.LuaStateCI)+layout.CallInfoFunc) + Addr(i)*tv
		if a >= m.Ptr(t.l+layout.LuaStateTop) {
			return 0
		}
		return a
	case i > state.RegistryIndex:
		return Addr(uint32(m.Ptr(t.l+layout.LuaStateTop) - Addr(-i)*tv))
	case i == state.RegistryIndex:
		return t.g + layout.GlobalRegistry
	}
	i = state.RegistryIndex - i
	fn := m.Ptr(m.Ptr(t.l+layout.LuaStateCI) + layout.CallInfoFunc)
	if t.v.tag(fn) != tagCCl {
		return 0
	}
	cl := m.Ptr(fn)
	if i > int(m.U8(cl+layout.CClosureNUpvalues)) {
		return 0
	}
	return cl + layout.CClosureUpvalue + Addr(i-1)*tv
}

// valid is index with a nil where there is no value, as luaO_nilobject in C.
func (t *Thread) valid(i int) Addr {
	a := t.index(i)
	if a == 0 {
		a = t.v.scratch(scratchNone)
		t.v.setNil(a)
	}
	return a
}

func (t *Thread) AbsIndex(i int) int {
	if i > 0 || i <= state.RegistryIndex {
		return i
	}
	return t.GetTop() + 1 + i
}

func (t *Thread) GetTop() int {
	return t.v.slots(t.v.ciFunc(t.ci()), t.top()) - 1
}

func (t *Thread) SetTop(i int) {
	tv := tvSize
	if i < 0 {
		t.setTop(t.top() - Addr(-i-1)*tv)
		return
	}
	end := t.v.ciFunc(t.ci()) + Addr(i+1)*tv
	for a := t.top(); a < end; a += tv {
		t.v.setNil(a)
	}
	t.setTop(end)
}

func (t *Thread) Pop(n int) { t.setTop(t.top() - Addr(n)*tvSize) }

func (t *Thread) PushValue(i int) {
	a := t.index(i)
	if a == 0 {
		t.PushNil()
		return
	}
	t.v.copyTV(t.top(), a)
	t.push()
}

func (t *Thread) reverse(from, to Addr) {
	tv, tmp := tvSize, t.v.scratch(scratchAPI)
	for ; from < to; from, to = from+tv, to-tv {
		t.v.copyTV(tmp, from)
		t.v.copyTV(from, to)
		t.v.copyTV(to, tmp)
	}
}

func (t *Thread) Rotate(i, n int) {
	tv := tvSize
	last, first := t.top()-tv, t.valid(i)
	var mid Addr
	if n >= 0 {
		mid = last - Addr(n)*tv
	} else {
		mid = first + Addr(-n)*tv - tv
	}
	t.reverse(first, mid)
	t.reverse(mid+tv, last)
	t.reverse(first, last)
}

func (t *Thread) Insert(i int) {
	a, tv := t.valid(i), tvSize
	last, tmp := t.top()-tv, t.v.scratch(scratchAPI)
	t.v.copyTV(tmp, last)
	for p := last; p > a; p -= tv {
		t.v.copyTV(p, p-tv)
	}
	t.v.copyTV(a, tmp)
}

func (t *Thread) Remove(i int) {
	tv := tvSize
	last, first, tmp := t.top()-tv, t.valid(i), t.v.scratch(scratchAPI)
	t.v.copyTV(tmp, first)
	for p := first; p < last; p += tv {
		t.v.copyTV(p, p+tv)
	}
	t.v.copyTV(last, tmp) // as lua_rotate leaves it, where a collection may still see it
	t.setTop(last)
}

func (t *Thread) Replace(i int) {
	t.Copy(-1, i)
	t.Pop(1)
}

func (t *Thread) Copy(from, to int) {
	a, b := t.valid(from), t.valid(to)
	t.v.copyTV(b, a)
	if to < state.RegistryIndex {
		t.barrier(t.v.gcOf(t.v.ciFunc(t.ci())), a)
	}
}

func (t *Thread) CheckStack(n int) bool {
	m, tv := t.m, tvSize
	if !t.hasRoom(Addr(n)) {
		inUse := int((t.top()-t.stack())/tv) + extraStack
		if inUse > maxStack-n || t.rawRun(func() { t.growStack(Addr(n)) }) != state.OK {
			return false
		}
	}
	if ci, end := t.ci(), t.top()+Addr(n)*tv; t.v.ciTop(ci) < end {
		m.SetPtr(ci+layout.CallInfoTop, end)
	}
	return true
}

func (t *Thread) XMove(to state.Core, n int) {
	other := to.(*Thread)
	if other.l == t.l {
		return
	}
	m, tv := t.m, tvSize
	from, dst := t.top()-Addr(n)*tv, other.top()
	t.setTop(from)
	for range n {
		copyTV(m, dst, from)
		from, dst = from+tv, dst+tv
	}
	other.setTop(dst)
}

// Access.

func (t *Thread) Type(i int) state.Type {
	a := t.index(i)
	if a == 0 {
		return state.None
	}
	return state.Type(t.v.tag(a) & typeMask)
}

func (t *Thread) TypeName(ty state.Type) string { return chunk.TypeName(int(ty)) }
func (t *Thread) TypeNameAt(i int) string       { return chunk.TypeName(int(t.Type(i))) }
func (t *Thread) IsNone(i int) bool             { return t.index(i) == 0 }
func (t *Thread) IsNoneOrNil(i int) bool        { return t.Type(i) <= state.Nil }
func (t *Thread) IsNil(i int) bool              { return t.Type(i) == state.Nil }
func (t *Thread) IsTable(i int) bool            { return t.Type(i) == state.Table }
func (t *Thread) IsFunction(i int) bool         { return t.Type(i) == state.Function }

func (t *Thread) tagAt(i int) uint32 {
	if a := t.index(i); a != 0 {
		return t.v.tag(a)
	}
	return tagNil
}

func (t *Thread) IsInteger(i int) bool { return t.tagAt(i) == tagInt }

func (t *Thread) IsNumber(i int) bool {
	_, ok := t.ToNumber(i)
	return ok
}

func (t *Thread) IsString(i int) bool {
	tag := t.tagAt(i)
	return isString(tag) || isNumber(tag)
}

func (t *Thread) IsCFunction(i int) bool {
	tag := t.tagAt(i)
	return tag == tagCFunc || tag == tagCCl
}

func (t *Thread) IsUserdata(i int) bool {
	tag := t.tagAt(i)
	return tag == tagUdata || tag == tagLight
}

func (t *Thread) ToBoolean(i int) bool {
	a := t.index(i)
	return a != 0 && !t.v.isFalse(a)
}

func (t *Thread) ToInteger(i int) (int64, bool) {
	a := t.index(i)
	if a == 0 {
		return 0, false
	}
	if t.v.tag(a) == tagInt {
		return int64(t.v.intOf(a)), true
	}
	n, ok := t.v.toInteger(a, exact)
	return int64(n), ok
}

func (t *Thread) ToNumber(i int) (float64, bool) {
	a := t.index(i)
	if a == 0 {
		return 0, false
	}
	n, ok := t.v.toNumber(a)
	return float64(n), ok
}

func (t *Thread) ToBytes(i int) ([]byte, bool) {
	a := t.index(i)
	if a == 0 {
		return nil, false
	}
	v := t.v
	tag := v.tag(a)
	if !isString(tag) {
		if !isNumber(tag) {
			return nil, false
		}
		t.numberToString(a)
		t.checkGC()
		a = t.index(i) // the stack may have moved
	}
	return v.strBytes(v.gcOf(a)), true
}

func (t *Thread) ToString(i int) (string, bool) {
	b, ok := t.ToBytes(i)
	return string(lauxlib.Touched(b)), ok
}

func (t *Thread) ToUserdata(i int) Addr {
	a := t.index(i)
	if a == 0 {
		return 0
	}
	switch t.v.tag(a) {
	case tagUdata:
		return t.m.Ptr(a) + layout.UdataSize
	case tagLight:
		return t.m.Ptr(a)
	}
	return 0
}

func (t *Thread) ToThread(i int) state.State {
	a := t.index(i)
	if a == 0 || t.v.tag(a) != tagThread {
		return nil
	}
	return t.v.threadHandle(t.m.Ptr(a))
}

// threadHandle is a handle for a thread; running ones have theirs already.
func (v *VM) threadHandle(l Addr) *Thread {
	for _, th := range v.threads {
		if th.l == l {
			return th
		}
	}
	near := &v.handlesOf[l>>5%Addr(len(v.handlesOf))]
	if *near == nil || (*near).l != l {
		*near = v.thread(l)
	}
	return *near
}

func (t *Thread) ToPointer(i int) Addr {
	a := t.index(i)
	if a == 0 {
		return 0
	}
	switch tag := t.v.tag(a); {
	case tag == tagUdata:
		return t.m.Ptr(a) + layout.UdataSize
	case isTable(tag), isFunction(tag), tag == tagThread, tag == tagLight:
		return t.m.Ptr(a)
	}
	return 0
}

func (t *Thread) StringAddr(i int) Addr {
	a := t.index(i)
	if a == 0 || !isString(t.v.tag(a)) {
		return 0
	}
	return strData(t.v.gcOf(a))
}

func (t *Thread) RawLen(i int) int {
	a := t.index(i)
	if a == 0 {
		return 0
	}
	o := t.m.Ptr(a)
	switch tag := t.v.tag(a); {
	case isString(tag):
		return int(strLen(t.m, o))
	case tag == tagUdata:
		return int(t.m.Ptr(o + layout.UdataLen))
	case tag == tagTable:
		return int(t.v.length(o))
	}
	return 0
}

func (t *Thread) RawEqual(i, j int) bool {
	a, b := t.index(i), t.index(j)
	return a != 0 && b != 0 && t.v.rawEqual(a, b)
}

func (t *Thread) Compare(i, j, op int) bool {
	a, b := t.index(i), t.index(j)
	if a == 0 || b == 0 {
		return false
	}
	switch op {
	case state.OpEq:
		return t.equal(a, b)
	case state.OpLt:
		return t.lessThan(a, b)
	}
	return t.lessEqual(a, b)
}

func (t *Thread) Arith(op int) {
	tv := tvSize
	if op == state.OpUnm || op == state.OpBNot {
		t.PushValue(-1)
	}
	top := t.top()
	t.arith(op, top-2*tv, top-tv, top-2*tv)
	t.Pop(1)
}

func (t *Thread) Concat(n int) {
	switch {
	case n >= 2:
		t.concat(n)
	case n == 0:
		t.v.setPtr(t.top(), t.intern(nil), tagShort)
		t.push()
	}
	t.checkGC()
}

func (t *Thread) Len(i int) {
	t.objLen(t.valid(i), t.top())
	t.push()
}

func (t *Thread) StringToNumber(s string) bool {
	i, f, isInt, ok := t.v.parseNumber([]byte(s))
	if !ok {
		return false
	}
	if isInt {
		t.v.setInt(t.top(), i)
	} else {
		t.v.setFloat(t.top(), f)
	}
	t.push()
	return true
}
