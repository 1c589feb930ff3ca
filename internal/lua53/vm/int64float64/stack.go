// Code generated from ../stack.go by internal/lua/gen; DO NOT EDIT.

package int64float64

import (
	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
)

// Sizes of the Lua stack in slots (luaconf.h, lstate.h, ldo.c).
const (
	maxStack       = state.MaxStack
	minStack       = state.MinStack
	basicStack     = 2 * minStack
	extraStack     = 5 // above the last usable slot, for metamethod calls
	errorStackSize = maxStack + 200
)

// initStack gives the thread l its first stack; t is the thread that pays.
func (t *Thread) initStack(l Addr) {
	m, v, tv := t.m, t.v, tvSize
	stack := t.reallocVector(0, 0, basicStack, tv)
	m.SetPtr(l+layout.LuaStateStack, stack)
	m.SetU32(l+layout.LuaStateStackSize, basicStack)
	for i := range Addr(basicStack) {
		v.setNil(stack + i*tv)
	}
	m.SetPtr(l+layout.LuaStateTop, stack+tv)
	m.SetPtr(l+layout.LuaStateStackLast, stack+(basicStack-extraStack)*tv)
	ci := l + layout.LuaStateBaseCI
	m.SetPtr(ci+layout.CallInfoNext, 0)
	m.SetPtr(ci+layout.CallInfoPrevious, 0)
	v.setCIStatus(ci, 0)
	m.SetPtr(ci+layout.CallInfoFunc, stack)
	m.SetPtr(ci+layout.CallInfoTop, stack+(1+minStack)*tv)
	m.SetPtr(l+layout.LuaStateCI, ci)
}

// preinitThread sets the fields of a new thread that need no memory.
func (v *VM) preinitThread(l Addr) {
	m := v.m
	m.Zero(l+layout.LuaStateStatus, layout.LuaStateSize-layout.LuaStateStatus)
	m.SetU16(l+layout.LuaStateNCI, 0)
	m.SetPtr(l+layout.LuaStateG, v.g)
	m.SetPtr(l+layout.LuaStateTwUps, l)
	m.SetU8(l+layout.LuaStateAllowHook, 1)
	m.SetU16(l+layout.LuaStateNNY, 1)
}

func (t *Thread) freeStack() {
	m := t.m
	stack := t.stack()
	if stack == 0 {
		return
	}
	t.setCI(t.baseCI())
	t.freeCI()
	t.free(stack, m.Ptr(t.l+layout.LuaStateStackSize)*tvSize)
}

func (t *Thread) freeThread(l Addr) {
	th := t.v.borrow(l)
	th.closeUpvals(th.stack())
	th.freeStack()
	t.free(l-layout.LXL, layout.LXSize)
}

// borrow is a handle for a thread that nobody keeps: the collector uses it.
func (v *VM) borrow(l Addr) *Thread {
	if l == v.main.l {
		return v.main
	}
	v.borrowed = Thread{v: v, m: v.m, l: l, g: v.g}
	v.borrowed.Lib = lauxlib.New(&v.borrowed, &v.aux)
	return &v.borrowed
}

// extendCI makes a CallInfo behind the current one.
func (t *Thread) extendCI() Addr {
	m := t.m
	ci, cur := t.alloc(layout.CallInfoSize), t.ci()
	m.SetPtr(cur+layout.CallInfoNext, ci)
	m.SetPtr(ci+layout.CallInfoPrevious, cur)
	m.SetPtr(ci+layout.CallInfoNext, 0)
	m.SetU16(t.l+layout.LuaStateNCI, m.U16(t.l+layout.LuaStateNCI)+1)
	return ci
}

// freeCI frees all CallInfos behind the current one.
func (t *Thread) freeCI() {
	m := t.m
	ci := t.ci()
	next := m.Ptr(ci + layout.CallInfoNext)
	m.SetPtr(ci+layout.CallInfoNext, 0)
	for next != 0 {
		ci, next = next, m.Ptr(next+layout.CallInfoNext)
		t.free(ci, layout.CallInfoSize)
		m.SetU16(t.l+layout.LuaStateNCI, m.U16(t.l+layout.LuaStateNCI)-1)
	}
}

// shrinkCI frees every other unused CallInfo.
func (t *Thread) shrinkCI() {
	m := t.m
	for ci := t.ci(); ; {
		next := m.Ptr(ci + layout.CallInfoNext)
		if next == 0 {
			return
		}
		second := m.Ptr(next + layout.CallInfoNext)
		if second == 0 {
			return
		}
		t.free(next, layout.CallInfoSize)
		m.SetU16(t.l+layout.LuaStateNCI, m.U16(t.l+layout.LuaStateNCI)-1)
		m.SetPtr(ci+layout.CallInfoNext, second)
		m.SetPtr(second+layout.CallInfoPrevious, ci)
		ci = second
	}
}

// reallocStack moves the stack to a block of size slots and corrects whatever
// points into it.
func (t *Thread) reallocStack(size Addr) {
	m, v, tv := t.m, t.v, tvSize
	old, oldSize := t.stack(), m.Ptr(t.l+layout.LuaStateStackSize)
	stack := t.reallocVector(old, oldSize, size, tv)
	m.SetPtr(t.l+layout.LuaStateStack, stack)
	for i := oldSize; i < size; i++ {
		v.setNil(v.item(stack, i))
	}
	m.SetPtr(t.l+layout.LuaStateStackSize, size)
	m.SetPtr(t.l+layout.LuaStateStackLast, stack+(size-extraStack)*tv)
	if stack == old {
		return
	}
	move := func(field Addr) { m.SetU32(field, m.U32(field)-uint32(old)+uint32(stack)) }
	move(t.l + layout.LuaStateTop)
	for uv := m.Ptr(t.l + layout.LuaStateOpenUpval); uv != 0; uv = m.Ptr(uv + layout.UpValOpenNext) {
		move(uv + layout.UpValV)
	}
	for ci := t.ci(); ci != 0; ci = v.ciPrev(ci) {
		move(ci + layout.CallInfoTop)
		move(ci + layout.CallInfoFunc)
		if v.isLua(ci) {
			move(ci + layout.CallInfoBase)
		}
	}
}

// growStack makes room for n more slots.
func (t *Thread) growStack(n Addr) {
	size := t.m.Ptr(t.l + layout.LuaStateStackSize)
	if size > maxStack { // already handling an overflow
		t.throw(state.ErrErr)
	}
	needed := Addr(t.v.slots(t.stack(), t.top())) + n + extraStack
	want := max(min(2*size, maxStack), needed)
	if want > maxStack {
		t.reallocStack(errorStackSize)
		t.runError("stack overflow")
	}
	t.reallocStack(want)
}

// slots is how many values are between two addresses of the stack. More than a
// stack can hold come from damaged code only.
func (v *VM) slots(from, to Addr) int {
	n := Addr(uint32(to-from)) / tvSize
	if n > errorStackSize {
		v.badCode(from)
	}
	return int(n)
}

// hasRoom tells whether n slots are free above the top, which may be among the
// extra slots.
func (t *Thread) hasRoom(n Addr) bool {
	return t.m.Ptr(t.l+layout.LuaStateStackLast) > t.top()+n*tvSize
}

func (t *Thread) needStack(n Addr) {
	if !t.hasRoom(n) {
		t.growStack(n)
	}
}

// incTop raises the top by one slot that was filled before, growing the stack.
func (t *Thread) incTop() {
	t.needStack(1)
	t.setTop(t.top() + tvSize)
}

// shrinkStack gives back what the thread does not use of its stack and its
// CallInfos.
func (t *Thread) shrinkStack() {
	m, tv := t.m, tvSize
	limit := t.top()
	for ci := t.ci(); ci != 0; ci = t.v.ciPrev(ci) {
		limit = max(limit, t.v.ciTop(ci))
	}
	inUse := (limit-t.stack())/tv + 1
	good := min(inUse+inUse/8+2*extraStack, maxStack)
	size := m.Ptr(t.l + layout.LuaStateStackSize)
	if size > maxStack {
		t.freeCI()
	} else {
		t.shrinkCI()
	}
	if inUse <= maxStack-extraStack && good < size {
		t.reallocStack(good)
	}
}
