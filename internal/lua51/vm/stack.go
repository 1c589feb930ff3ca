package vm

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
)

// Sizes of the stack in slots and of the vector of calls (luaconf.h, lstate.h).
const (
	minStack   = state.MinStack
	basicStack = 2 * minStack
	extraStack = 5 // above the last usable slot, for calls of metamethods
	basicCalls = 8
	maxCalls   = 20000 // LUAI_MAXCALLS
	maxCStack  = 8000  // LUAI_MAXCSTACK
)

// initStack gives the thread l its first stack and calls; t is the thread that pays (stack_init).
func (t *Thread) initStack(l Addr) {
	m, v := t.m, t.v
	calls := t.reallocVector(0, 0, basicCalls, layout.CallInfoSize)
	m.SetPtr(l+layout.LuaStateBaseCI, calls)
	m.SetPtr(l+layout.LuaStateCI, calls)
	m.SetU32(l+layout.LuaStateSizeCI, basicCalls)
	m.SetPtr(l+layout.LuaStateEndCI, calls+(basicCalls-1)*layout.CallInfoSize)
	m.Zero(calls, basicCalls*layout.CallInfoSize)
	const size = basicStack + extraStack
	stack := t.reallocVector(0, 0, size, tvSize)
	for i := range Addr(size) {
		v.setNil(stack + i*tvSize)
	}
	m.SetPtr(l+layout.LuaStateStack, stack)
	m.SetU32(l+layout.LuaStateStackSize, size)
	m.SetPtr(l+layout.LuaStateStackLast, stack+(size-extraStack-1)*tvSize)
	base := stack + tvSize
	m.SetPtr(calls+layout.CallInfoFunc, stack)
	m.SetPtr(calls+layout.CallInfoBase, base)
	m.SetPtr(calls+layout.CallInfoTop, base+minStack*tvSize)
	m.SetPtr(l+layout.LuaStateTop, base)
	m.SetPtr(l+layout.LuaStateBase, base)
}

func (t *Thread) freeStack(l Addr) {
	m := t.m
	t.free(m.Ptr(l+layout.LuaStateBaseCI), m.Ptr(l+layout.LuaStateSizeCI)*layout.CallInfoSize)
	t.free(m.Ptr(l+layout.LuaStateStack), m.Ptr(l+layout.LuaStateStackSize)*tvSize)
}

// freeThread frees a thread (luaE_freethread).
func (t *Thread) freeThread(l Addr) {
	th := t.v.borrow(l)
	if stack := th.stack(); stack != 0 {
		th.closeUpvals(stack)
	}
	t.freeStack(l)
	t.free(l, layout.LuaStateSize)
	if near := *t.v.handleNear(l); near != nil && near.l == l { // for the next thread there
		near.l = 0
	}
}

// reallocStack moves the stack to a block with size usable slots and corrects whatever points into it. The collector
// is blocked meanwhile.
func (t *Thread) reallocStack(size Addr) {
	m, v := t.m, t.v
	old, oldSize := t.stack(), m.Ptr(t.l+layout.LuaStateStackSize)
	real := size + 1 + extraStack
	was := t.blocked()
	t.block()
	stack := t.reallocVector(old, oldSize, real, tvSize)
	if !was {
		t.unblock()
	}
	for i := oldSize; i < real; i++ {
		v.setNil(v.item(stack, i))
	}
	m.SetPtr(t.l+layout.LuaStateStack, stack)
	m.SetPtr(t.l+layout.LuaStateStackSize, real)
	m.SetPtr(t.l+layout.LuaStateStackLast, stack+size*tvSize)
	if stack == old {
		return
	}
	move := func(field Addr) { m.SetU32(field, m.U32(field)-uint32(old)+uint32(stack)) }
	move(t.l + layout.LuaStateTop)
	move(t.l + layout.LuaStateBase)
	for uv := m.Ptr(t.l + layout.LuaStateOpenUpval); uv != 0; uv = m.Ptr(uv) {
		move(uv + layout.UpValV)
	}
	for ci := t.baseCI(); ci <= t.ci(); ci += layout.CallInfoSize {
		move(ci + layout.CallInfoTop)
		move(ci + layout.CallInfoBase)
		move(ci + layout.CallInfoFunc)
	}
}

// growStack makes room for n more slots (luaD_growstack).
func (t *Thread) growStack(n Addr) {
	size := t.m.Ptr(t.l + layout.LuaStateStackSize)
	if n <= size {
		t.reallocStack(2 * size)
	} else {
		t.reallocStack(size + n)
	}
}

// needStack makes room for n slots (luaD_checkstack), which may move the stack.
func (t *Thread) needStack(n Addr) {
	if int64(t.m.Ptr(t.l+layout.LuaStateStackLast))-int64(t.top()) <= int64(n*tvSize) {
		t.growStack(n)
	}
}

// incTop raises the top by one slot that was filled before, growing the stack.
func (t *Thread) incTop() {
	t.needStack(1)
	t.setTop(t.top() + tvSize)
}

// reallocCalls changes the number of calls that there is room for.
func (t *Thread) reallocCalls(n Addr) {
	m := t.m
	old := t.baseCI()
	vec := t.reallocVector(old, m.Ptr(t.l+layout.LuaStateSizeCI), n, layout.CallInfoSize)
	m.SetPtr(t.l+layout.LuaStateSizeCI, n)
	t.setCI(t.ci() - old + vec)
	m.SetPtr(t.l+layout.LuaStateBaseCI, vec)
	m.SetPtr(t.l+layout.LuaStateEndCI, vec+(n-1)*layout.CallInfoSize)
}

// nextCI is the record of a new call, which becomes the current one (inc_ci).
func (t *Thread) nextCI() Addr {
	m := t.m
	if t.ci() == m.Ptr(t.l+layout.LuaStateEndCI) {
		size := m.Ptr(t.l + layout.LuaStateSizeCI)
		if size > maxCalls { // an overflow while one is dealt with
			t.throw(state.ErrErr)
		}
		t.reallocCalls(2 * size)
		if m.Ptr(t.l+layout.LuaStateSizeCI) > maxCalls {
			t.runError("stack overflow")
		}
	}
	ci := t.ci() + layout.CallInfoSize
	t.setCI(ci)
	return ci
}

// shrinkStacks halves the stack and the calls where less than a quarter is in use (checkstacksizes).
func (t *Thread) shrinkStacks(limit Addr) {
	m := t.m
	calls, size := m.Ptr(t.l+layout.LuaStateSizeCI), m.Ptr(t.l+layout.LuaStateStackSize)
	if calls > maxCalls { // an overflow is dealt with
		return
	}
	used := (limit - t.stack()) / tvSize
	if inUse := (t.ci() - t.baseCI()) / layout.CallInfoSize; 4*inUse < calls && 2*basicCalls < calls {
		t.reallocCalls(calls / 2)
	}
	if 4*used < size && 2*(basicStack+extraStack) < size {
		t.reallocStack(size / 2)
	}
}

// restoreCalls undoes an overflow of calls.
func (t *Thread) restoreCalls() {
	if t.m.Ptr(t.l+layout.LuaStateSizeCI) > maxCalls && (t.ci()-t.baseCI())/layout.CallInfoSize+1 < maxCalls {
		t.reallocCalls(maxCalls)
	}
}

// slots is how many values are between two addresses of the stack. More than a stack can hold come from damaged code
// only.
func (v *VM) slots(from, to Addr) int {
	n := Addr(uint32(to-from)) / tvSize
	if n > 1<<24 {
		v.badCode(from)
	}
	return int(n)
}
