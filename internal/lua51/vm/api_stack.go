package vm

import (
	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua51/inspect"
	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
	"moonlet.example/moonlet/internal/lua51/tag"
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

// NumberSizes are the sizes of an integer and a float in bytes.
func (t *Thread) NumberSizes() (i, f int) { return 4, floatSize }

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

// index is the address of the value at an acceptable index, 0 for none (index2adr).
func (t *Thread) index(i int) Addr {
	m := t.m
	switch {
	case i > 0:
		a := t.base() + Addr(i-1)*tvSize
		if a >= t.top() {
			return 0
		}
		return a
	case i > state.RegistryIndex:
		return Addr(uint32(t.top() - Addr(-i)*tvSize))
	case i == state.RegistryIndex:
		return t.registry()
	}
	i = state.RegistryIndex - i
	fn := t.v.ciFunc(t.ci())
	if t.v.tag(fn) != tagFunc {
		return 0
	}
	cl := m.Ptr(fn)
	if m.U8(cl+layout.CClosureIsC) == 0 || i > int(m.U8(cl+layout.CClosureNUpvalues)) {
		return 0
	}
	return cl + layout.CClosureSize + Addr(i-1)*tvSize
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

func (t *Thread) GetTop() int { return t.v.slots(t.base(), t.top()) }

func (t *Thread) SetTop(i int) {
	if i < 0 {
		t.setTop(t.top() - Addr(-i-1)*tvSize)
		return
	}
	end := t.base() + Addr(i)*tvSize
	for a := t.top(); a < end; a += tvSize {
		t.v.setNil(a)
	}
	t.setTop(end)
}

func (t *Thread) Pop(n int) { t.setTop(t.top() - Addr(n)*tvSize) }

func (t *Thread) PushValue(i int) {
	t.v.copyTV(t.top(), t.valid(i))
	t.push()
}

func (t *Thread) reverse(from, to Addr) {
	tmp := t.v.scratch(scratchTemp)
	for ; from < to; from, to = from+tvSize, to-tvSize {
		t.v.copyTV(tmp, from)
		t.v.copyTV(from, to)
		t.v.copyTV(to, tmp)
	}
}

func (t *Thread) Rotate(i, n int) {
	last, first := t.top()-tvSize, t.valid(i)
	var mid Addr
	if n >= 0 {
		mid = last - Addr(n)*tvSize
	} else {
		mid = first + Addr(-n)*tvSize - tvSize
	}
	t.reverse(first, mid)
	t.reverse(mid+tvSize, last)
	t.reverse(first, last)
}

func (t *Thread) Insert(i int) {
	a, top := t.valid(i), t.top()
	for p := top; p > a; p -= tvSize {
		t.v.copyTV(p, p-tvSize)
	}
	t.v.copyTV(a, top)
}

func (t *Thread) Remove(i int) {
	last := t.top() - tvSize
	for p := t.valid(i); p < last; p += tvSize {
		t.v.copyTV(p, p+tvSize)
	}
	t.setTop(last)
}

func (t *Thread) Replace(i int) {
	t.Copy(-1, i)
	t.Pop(1)
}

func (t *Thread) Copy(from, to int) {
	a, b := t.valid(from), t.valid(to)
	t.v.copyTV(b, a)
	if fn := t.v.ciFunc(t.ci()); to < state.RegistryIndex && t.v.tag(fn) == tagFunc {
		t.barrier(t.v.gcOf(fn), a)
	}
}

func (t *Thread) CheckStack(n int) bool {
	if n > maxCStack || t.GetTop()+n > maxCStack {
		return false
	}
	if n > 0 {
		t.needStack(Addr(n))
		if ci, end := t.ci(), t.top()+Addr(n)*tvSize; t.v.ciTop(ci) < end {
			t.m.SetPtr(ci+layout.CallInfoTop, end)
		}
	}
	return true
}

func (t *Thread) XMove(to state.Core, n int) {
	other := to.(*Thread)
	if other.l != t.l {
		t.moveValues(other, n)
	}
}

// Access.

// typeOf is the type of a tag as state counts them: there the light function is a light userdata.
func typeOf(t uint32) state.Type { return state.Type(t & typeMask) }

func (t *Thread) Type(i int) state.Type {
	a := t.index(i)
	if a == 0 {
		return state.None
	}
	return typeOf(t.v.tag(a))
}

func (t *Thread) TypeName(ty state.Type) string {
	if int(ty) >= tag.NumTypes {
		return tag.Names[0]
	}
	return inspect.TypeName(int(ty))
}

func (t *Thread) TypeNameAt(i int) string { return t.TypeName(t.Type(i)) }
func (t *Thread) IsNone(i int) bool       { return t.index(i) == 0 }
func (t *Thread) IsNoneOrNil(i int) bool  { return t.Type(i) <= state.Nil }
func (t *Thread) IsNil(i int) bool        { return t.Type(i) == state.Nil }
func (t *Thread) IsTable(i int) bool      { return t.Type(i) == state.Table }
func (t *Thread) IsFunction(i int) bool   { return t.Type(i) == state.Function }

func (t *Thread) tagAt(i int) uint32 {
	if a := t.index(i); a != 0 {
		return t.v.tag(a)
	}
	return tagNil
}

// IsInteger tells whether a value is a number that is whole. Lua 5.1 has no integers of their own.
func (t *Thread) IsInteger(i int) bool {
	a := t.index(i)
	return a != 0 && t.v.tag(a) == tagNumber && Num(numInt(t.v.numOf(a))) == t.v.numOf(a)
}

func (t *Thread) IsNumber(i int) bool {
	_, ok := t.ToNumber(i)
	return ok
}

func (t *Thread) IsString(i int) bool {
	tag := t.tagAt(i)
	return tag == tagString || tag == tagNumber
}

func (t *Thread) IsCFunction(i int) bool {
	a := t.index(i)
	if a == 0 {
		return false
	}
	tag := t.v.tag(a)
	return tag == tagCode || tag == tagFunc && t.m.U8(t.v.gcOf(a)+layout.CClosureIsC) != 0
}

func (t *Thread) IsUserdata(i int) bool {
	tag := t.tagAt(i)
	return tag == tagUdata || tag == tagLight
}

func (t *Thread) ToBoolean(i int) bool {
	a := t.index(i)
	return a != 0 && !t.v.isFalse(a)
}

// ToInteger cuts a number to 32 bits (lua_tointeger).
func (t *Thread) ToInteger(i int) (int64, bool) {
	a := t.index(i)
	if a == 0 {
		return 0, false
	}
	n, ok := t.v.toNumber(a)
	return int64(t.v.cInt(n)), ok
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
	if tag := v.tag(a); tag != tagString {
		if tag != tagNumber {
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
	if l == v.main.l {
		return v.main
	}
	near := v.handleNear(l)
	switch {
	case *near == nil || (*near).l != l && (*near).l != 0:
		*near = v.handle(l)
	case (*near).l == 0: // its thread is gone
		(*near).l = l
	}
	return *near
}

// handleNear is where the handle of a thread is kept, if there is one that nobody else has.
func (v *VM) handleNear(l Addr) **Thread { return &v.handlesOf[l>>5%Addr(len(v.handlesOf))] }

func (t *Thread) ToPointer(i int) Addr {
	a := t.index(i)
	if a == 0 {
		return 0
	}
	switch t.v.tag(a) {
	case tagUdata:
		return t.m.Ptr(a) + layout.UdataSize
	case tagTable, tagROTable, tagFunc, tagCode, tagThread, tagLight:
		return t.m.Ptr(a)
	}
	return 0
}

func (t *Thread) StringAddr(i int) Addr {
	a := t.index(i)
	if a == 0 || t.v.tag(a) != tagString {
		return 0
	}
	return strData(t.v.gcOf(a))
}

// RawLen is lua_objlen, which makes a string of a number.
func (t *Thread) RawLen(i int) int {
	a := t.index(i)
	if a == 0 {
		return 0
	}
	o := t.m.Ptr(a)
	switch t.v.tag(a) {
	case tagString:
		return int(strLen(t.m, o))
	case tagUdata:
		return int(t.m.Ptr(o + layout.UdataLen))
	case tagTable, tagROTable:
		return int(t.v.length(o))
	case tagNumber:
		t.numberToString(a)
		return int(strLen(t.m, t.m.Ptr(t.index(i))))
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

// events are the metamethods of Arith's operators that Lua 5.1 has.
var events = [...]tag.Event{state.OpAdd: tag.Add, state.OpSub: tag.Sub, state.OpMul: tag.Mul, state.OpMod: tag.Mod, state.OpPow: tag.Pow, state.OpDiv: tag.Div}

func (t *Thread) Arith(op int) {
	e := tag.Unm
	if op < len(events) {
		e = events[op]
	} else if op != state.OpUnm {
		t.runError("no such operation")
	}
	if op == state.OpUnm {
		t.PushValue(-1)
	}
	top := t.top()
	b, c := top-2*tvSize, top-tvSize
	off := t.save(b)
	if t.v.tag(b) == tagNumber && t.v.tag(c) == tagNumber {
		t.v.setNum(b, t.rawArith(e, t.v.numOf(b), t.v.numOf(c)))
	} else {
		t.arith(off, b, c, e)
	}
	t.Pop(1)
}

func (t *Thread) Concat(n int) {
	switch {
	case n >= 2:
		t.checkGC()
		t.concat(n, t.GetTop()-1)
		t.Pop(n - 1)
	case n == 0:
		ts := t.newString(nil)
		t.v.setString(t.push(), ts)
	}
}

// Len pushes the length of a value, as the operator # gives it.
func (t *Thread) Len(i int) {
	v, a := t.v, t.valid(i)
	switch v.tag(a) {
	case tagTable, tagROTable:
		v.setNum(t.push(), Num(v.length(v.gcOf(a))))
	case tagString:
		v.setNum(t.push(), Num(uint32(strLen(t.m, v.gcOf(a)))))
	default:
		none := v.scratch(scratchKey)
		v.setNil(none)
		res := t.binTM(a, none, tag.Len)
		if res == 0 {
			t.typeError(t.valid(i), "get length of")
		}
		v.copyTV(t.push(), res)
	}
}

func (t *Thread) StringToNumber(s string) bool {
	n, ok := t.v.parseNumber([]byte(s))
	if ok {
		t.v.setNum(t.push(), n)
	}
	return ok
}
