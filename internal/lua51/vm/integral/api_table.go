// Code generated from ../api_table.go by internal/lua/gen; DO NOT EDIT.

package integral

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua51/layout/v4"
	"moonlet.example/moonlet/internal/lua51/tag"
)

func (t *Thread) NewTable() { t.CreateTable(0, 0) }

// CreateTable implements state.State (lua_createtable). The macro sethvalue has its argument twice: so there are two
// tables, and the first one is garbage, since the second one is protected in the place where the value is to be.
func (t *Thread) CreateTable(narr, nrec int) {
	t.checkGC()
	t.newTable(Addr(narr), Addr(nrec))
	h := t.newTable(Addr(narr), Addr(nrec))
	t.v.setPtr(t.push(), h, tagTable)
}

func (t *Thread) NewUserdata(size int) Addr {
	t.checkGC()
	u := t.newUdata(Addr(size), t.currentEnv())
	a := u + layout.UdataSize
	t.m.Zero(a, Addr(size))
	t.v.setPtr(t.push(), u, tagUdata)
	return a
}

func (t *Thread) topType() state.Type { return typeOf(t.v.tag(t.top() - tvSize)) }

// pushSlot pushes what getTable gave.
func (t *Thread) pushSlot(slot Addr) state.Type {
	t.storeAt(t.save(t.top()), slot)
	t.push()
	return t.topType()
}

// getField pushes the field of the value at a place.
func (t *Thread) getField(h held, name string) state.Type {
	v := t.v
	t.fixStack()
	ts := t.newGoString(name)
	t.unfixStack()
	key := v.scratch(scratchTemp)
	v.setString(key, ts)
	return t.pushSlot(t.getTable(t.held(h), key))
}

func (t *Thread) setField(h held, name string) {
	v := t.v
	ts := t.newGoString(name)
	key := t.push()
	v.setString(key, ts)
	t.setTable(t.held(h), key, key-tvSize)
	t.setTop(t.top() - 2*tvSize)
}

func (t *Thread) GetGlobal(name string) state.Type { return t.getField(t.hold(t.globals()), name) }

func (t *Thread) SetGlobal(name string) { t.setField(t.hold(t.globals()), name) }

func (t *Thread) GetField(i int, name string) state.Type {
	return t.getField(t.hold(t.valid(i)), name)
}

func (t *Thread) SetField(i int, name string) { t.setField(t.hold(t.valid(i)), name) }

func (t *Thread) GetTable(i int) state.Type {
	off := t.save(t.top() - tvSize)
	t.storeAt(off, t.getTable(t.valid(i), t.top()-tvSize))
	return t.topType()
}

func (t *Thread) SetTable(i int) {
	a, top := t.valid(i), t.top()
	t.setTable(a, top-2*tvSize, top-tvSize)
	t.Pop(2)
}

// charge takes the cost of a table's access by a C function.
func (t *Thread) charge() {
	if t.v.fuel -= costIndex; t.v.fuel < 0 {
		t.outOfFuel()
	}
}

func (t *Thread) GetI(i int, n int64) state.Type {
	t.charge()
	key := t.v.scratch(scratchTemp)
	t.v.setNum(key, Num(n))
	return t.pushSlot(t.getTable(t.valid(i), key))
}

func (t *Thread) SetI(i int, n int64) {
	t.charge()
	key := t.push()
	t.v.setNum(key, Num(n))
	a := t.valid(i)
	if i < 0 && i > state.RegistryIndex {
		a -= tvSize
	}
	t.setTable(a, key, key-tvSize)
	t.Pop(2)
}

// CopyI copies raw.
func (t *Thread) CopyI(src int, from int64, dst int, to, n int64, down bool) {
	src, dst = t.AbsIndex(src), t.AbsIndex(dst)
	if t.copyItems(src, from, dst, to, n, down) {
		return
	}
	for k := range n {
		if down {
			k = n - 1 - k
		}
		t.RawGetI(src, from+k)
		t.RawSetI(dst, to+k)
	}
}

// copyItems copies where all elements are in the array parts of ordinary tables. The last one stays above the top, as
// it does if it is pushed and popped.
func (t *Thread) copyItems(src int, from int64, dst int, to, n int64, down bool) bool {
	m, v := t.m, t.v
	a, b := t.valid(src), t.valid(dst)
	if n <= 0 || v.tag(a) != tagTable || v.tag(b) != tagTable || from < 1 || to < 1 {
		return false
	}
	a, b = m.Ptr(a), m.Ptr(b)
	if from+n-1 > int64(m.U32(a+layout.TableSizeArray)) || to+n-1 > int64(m.U32(b+layout.TableSizeArray)) {
		return false
	}
	x, y := v.item(m.Ptr(a+layout.TableArray), Addr(from-1)), v.item(m.Ptr(b+layout.TableArray), Addr(to-1))
	last := x + Addr(n-1)*tvSize
	if down {
		last = x
	}
	top := t.top()
	copyTV(m, top, last)
	for k := range Addr(n) {
		if down {
			k = Addr(n) - 1 - k
		}
		if v.fuel -= 2 * costIndex; v.fuel < 0 {
			t.outOfFuel()
		}
		slot := y + k*tvSize
		copyTV(m, slot, x+k*tvSize)
		if m.U32(slot+tvTag)-tagString <= typeMask-tagString {
			v.tableBarrier(b, slot)
		}
	}
	return true
}

// table is the table at an index. Where there is none the C code takes what lies there for one.
func (t *Thread) table(i int) Addr {
	a := t.valid(i)
	if !isTable(t.v.tag(a)) {
		t.v.badCode(a)
	}
	return t.v.gcOf(a)
}

func (t *Thread) RawGet(i int) state.Type {
	top := t.top() - tvSize
	t.storeAt(t.save(top), t.v.get(t.table(i), top))
	return t.topType()
}

// rawStore stores the value at the top in a slot that is found or made with the stack where it is, and pops n values.
func (t *Thread) rawStore(h Addr, n int, slot func() Addr) {
	v := t.v
	t.fixStack()
	a := slot()
	t.unfixStack()
	val := t.top() - tvSize
	v.copyTV(a, val)
	v.tableBarrier(h, val)
	t.Pop(n)
}

func (t *Thread) RawSet(i int) {
	h := t.table(i)
	t.rawStore(h, 2, func() Addr { return t.set(h, t.top()-2*tvSize) })
}

func (t *Thread) RawGetI(i int, n int64) state.Type {
	t.charge()
	m, v := t.m, t.v
	slot := v.getInt(t.table(i), int32(n))
	top := t.top()
	t.setTop(top + tvSize)
	if slot == 0 {
		v.setNil(top)
		return state.Nil
	}
	v.copyTV(top, slot)
	return typeOf(m.U32(top + tvTag))
}

func (t *Thread) RawSetI(i int, n int64) {
	t.charge()
	h := t.table(i)
	if m := t.m; m.U8(h+layout.TableTT) == tagTable && uint32(n-1) < m.U32(h+layout.TableSizeArray) {
		val := t.top() - tvSize
		t.v.copyTV(t.v.item(m.Ptr(h+layout.TableArray), Addr(uint32(n-1))), val)
		t.v.tableBarrier(h, val)
		t.setTop(val)
		return
	}
	t.rawStore(h, 1, func() Addr { return t.setInt(h, int32(n)) })
}

func (t *Thread) RawGetP(i int, p Addr) state.Type {
	key := t.v.scratch(scratchTemp)
	t.v.setPtr(key, p, tagLight)
	return t.pushSlot(t.v.get(t.table(i), key))
}

func (t *Thread) RawSetP(i int, p Addr) {
	h, key := t.table(i), t.v.scratch(scratchTemp)
	t.v.setPtr(key, p, tagLight)
	t.rawStore(h, 1, func() Addr { return t.set(h, key) })
}

func (t *Thread) Next(i int) bool {
	t.charge()
	h := t.table(i)
	if t.next(h, t.top()-tvSize) {
		t.push()
		return true
	}
	t.Pop(1)
	return false
}

func (t *Thread) GetMetatable(i int) bool {
	a := t.index(i)
	if a == 0 {
		return false
	}
	mt := t.v.metatable(a)
	if mt == 0 {
		return false
	}
	t.v.setTable(t.push(), mt)
	return true
}

func (t *Thread) SetMetatable(i int) {
	m, v := t.m, t.v
	obj, top := t.valid(i), t.top()-tvSize
	mt := Addr(0)
	if isTable(v.tag(top)) {
		mt = v.gcOf(top)
	}
	o := v.gcOf(obj)
	switch ty := v.tag(obj); ty {
	case tagTable:
		m.SetPtr(o+layout.TableMetatable, mt)
		if mt != 0 && !v.isROTable(mt) {
			v.tableBarrier(o, top)
		}
	case tagUdata:
		m.SetPtr(o+layout.UdataMetatable, mt)
		if mt != 0 && !v.isROTable(mt) {
			t.objBarrier(o, mt)
		}
	default: // also a ROTable: that is the metatable of all tables that have none, which nobody asks for
		if ty&typeMask < tag.NumTypes {
			m.SetPtr(t.g+layout.GlobalMT+Addr(ty&typeMask)*4, mt)
		}
	}
	t.setTop(top)
}

// GetUserValue pushes the environment of a userdata, which is what Lua 5.1 has in its place.
func (t *Thread) GetUserValue(i int) state.Type {
	t.GetFEnv(i)
	return t.topType()
}

// SetUserValue makes the table on top the environment of a userdata.
func (t *Thread) SetUserValue(i int) {
	if !t.IsTable(-1) {
		t.Pop(1)
		return
	}
	t.SetFEnv(i)
}

// GetFEnv pushes the environment of a function, a userdata or a thread, else nil (lua_getfenv).
func (t *Thread) GetFEnv(i int) {
	m, v := t.m, t.v
	a := t.valid(i)
	switch v.tag(a) {
	case tagFunc:
		v.setTable(t.top(), m.Ptr(v.gcOf(a)+layout.LClosureEnv))
	case tagUdata:
		v.setTable(t.top(), m.Ptr(v.gcOf(a)+layout.UdataEnv))
	case tagThread:
		v.copyTV(t.top(), v.gcOf(a)+layout.LuaStateGlobals)
	default:
		v.setNil(t.top())
	}
	t.push()
}

// SetFEnv pops a table and makes it the environment of a function, a userdata or a thread; false if the value at the
// index is none of these (lua_setfenv).
func (t *Thread) SetFEnv(i int) bool {
	m, v := t.m, t.v
	a, top := t.valid(i), t.top()-tvSize
	h, res := v.gcOf(top), true
	switch v.tag(a) {
	case tagFunc:
		m.SetPtr(v.gcOf(a)+layout.LClosureEnv, h)
	case tagUdata:
		m.SetPtr(v.gcOf(a)+layout.UdataEnv, h)
	case tagThread:
		v.copyTV(v.gcOf(a)+layout.LuaStateGlobals, top)
	default:
		res = false
	}
	if res {
		t.objBarrier(v.gcOf(a), h)
	}
	t.setTop(top)
	return res
}

// SetCurrentEnv pops a table and makes it the environment of the running C function. It raises where that is none.
func (t *Thread) SetCurrentEnv() {
	fn := t.v.ciFunc(t.ci())
	if t.v.tag(fn) != tagFunc {
		t.runError("attempt to set environment on lightfunction")
	}
	t.m.SetPtr(t.v.gcOf(fn)+layout.LClosureEnv, t.v.gcOf(t.top()-tvSize))
	t.barrier(t.v.gcOf(fn), t.top()-tvSize)
	t.Pop(1)
}
