package vm

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v4"
)

func (t *Thread) NewTable() { t.CreateTable(0, 0) }

func (t *Thread) CreateTable(narr, nrec int) {
	h := t.newTable()
	t.v.setPtr(t.push(), h, tagTable)
	if narr > 0 || nrec > 0 {
		t.resize(h, Addr(narr), Addr(nrec))
	}
	t.checkGC()
}

func (t *Thread) NewUserdata(size int) Addr {
	u := t.newUdata(Addr(size))
	a := u + layout.UdataSize
	t.m.Zero(a, Addr(size))
	t.v.setPtr(t.push(), u, tagUdata)
	t.checkGC()
	return a
}

func (t *Thread) topType() state.Type {
	return state.Type(t.v.tag(t.top()-tvSize) & typeMask)
}

// getStrKey pushes the field of the value at a.
func (t *Thread) getStrKey(a Addr, name string) state.Type {
	v := t.v
	ts := t.newGoString(name)
	if isTable(v.tag(a)) {
		if slot := t.getStr(v.gcOf(a), ts); slot != 0 && v.tag(slot) != tagNil {
			v.copyTV(t.push(), slot)
			return t.topType()
		}
	}
	top := t.push()
	v.setString(top, ts)
	t.getTable(a, top, top)
	return t.topType()
}

func (t *Thread) setStrKey(a Addr, name string) {
	v, tv := t.v, tvSize
	ts := t.newGoString(name)
	key := t.push()
	v.setString(key, ts)
	t.setTable(a, key, key-tv)
	t.setTop(t.top() - 2*tv)
}

func (t *Thread) GetGlobal(name string) state.Type { return t.getStrKey(t.globals(), name) }

func (t *Thread) SetGlobal(name string) { t.setStrKey(t.globals(), name) }

func (t *Thread) GetField(i int, name string) state.Type {
	return t.getStrKey(t.valid(i), name)
}

func (t *Thread) SetField(i int, name string) { t.setStrKey(t.valid(i), name) }

func (t *Thread) GetTable(i int) state.Type {
	a, top := t.valid(i), t.top()-tvSize
	t.getTable(a, top, top)
	return t.topType()
}

func (t *Thread) SetTable(i int) {
	tv := tvSize
	a, top := t.valid(i), t.top()
	t.setTable(a, top-2*tv, top-tv)
	t.Pop(2)
}

// arrayItem finds the element n of the table at index i if it is in the array part
// and not nil: what most calls of GetI and SetI want. Otherwise slot is 0.
func (t *Thread) arrayItem(i int, n int64) (h, slot Addr) {
	m, tv := t.m, tvSize
	top := m.Ptr(t.l + layout.LuaStateTop)
	a := top
	switch {
	case i > 0:
		a = m.Ptr(m.Ptr(t.l+layout.LuaStateCI)+layout.CallInfoFunc) + Addr(i)*tv
	case i > state.RegistryIndex:
		a = top - Addr(-i)*tv
	}
	if a >= top || t.v.tag(a) != tagTable {
		return 0, 0
	}
	h = m.Ptr(a)
	if t.v.isROTable(h) || uint64(n-1) >= uint64(m.U32(h+layout.TableSizeArray)) {
		return h, 0
	}
	slot = m.Ptr(h+layout.TableArray) + Addr(n-1)*tv
	if t.v.tag(slot) == tagNil {
		return h, 0
	}
	return h, slot
}

func (t *Thread) GetI(i int, n int64) state.Type {
	v := t.v
	if v.fuel -= costIndex; v.fuel < 0 {
		t.outOfFuel()
	}
	if _, slot := t.arrayItem(i, n); slot != 0 {
		v.copyTV(t.push(), slot)
		return state.Type(v.tag(slot) & typeMask)
	}
	a := t.valid(i)
	if v.tag(a) == tagTable {
		if slot := v.getInt(v.gcOf(a), Int(n)); slot != 0 && v.tag(slot) != tagNil {
			v.copyTV(t.push(), slot)
			return t.topType()
		}
	}
	top := t.push()
	v.setInt(top, Int(n))
	t.getTable(a, top, top)
	return t.topType()
}

func (t *Thread) SetI(i int, n int64) {
	v, tv := t.v, tvSize
	if v.fuel -= costIndex; v.fuel < 0 {
		t.outOfFuel()
	}
	val := t.top() - tv
	if h, slot := t.arrayItem(i, n); slot != 0 {
		v.tableBarrier(h, val)
		v.copyTV(slot, val)
		t.setTop(val)
		return
	}
	a := t.valid(i)
	if v.tag(a) == tagTable {
		h := v.gcOf(a)
		if slot := v.getInt(h, Int(n)); slot != 0 && v.tag(slot) != tagNil {
			v.tableBarrier(h, val)
			v.copyTV(slot, val)
			t.setTop(val)
			return
		}
	}
	key := t.push()
	v.setInt(key, Int(n))
	t.setTable(a, key, val)
	t.Pop(2)
}

func (t *Thread) CopyI(src int, from int64, dst int, to, n int64, down bool) {
	for n > 0 {
		done := t.copyArray(src, from, dst, to, n, down)
		if n -= done; n == 0 {
			return
		}
		n--
		if down {
			t.GetI(src, from+n)
			t.SetI(dst, to+n)
			continue
		}
		from, to = from+done, to+done
		t.GetI(src, from)
		t.SetI(dst, to)
		from, to = from+1, to+1
	}
}

// copyArray is CopyI as far as it gets between elements that are in array parts and
// not nil, where no metamethod has a say. It returns how many elements that were.
func (t *Thread) copyArray(src int, from int64, dst int, to, n int64, down bool) (done int64) {
	m, v := t.m, t.v
	step := int64(1)
	if down {
		from, to, step = from+n-1, to+n-1, -1
	}
	var hs, hd Addr
	if a := t.index(src); a != 0 && v.tag(a) == tagTable {
		hs = m.Ptr(a)
	}
	if a := t.index(dst); a != 0 && v.tag(a) == tagTable {
		hd = m.Ptr(a)
	}
	if hs == 0 || hd == 0 || v.isROTable(hs) || v.isROTable(hd) {
		return 0
	}
	sizeS, sizeD := uint64(m.U32(hs+layout.TableSizeArray)), uint64(m.U32(hd+layout.TableSizeArray))
	arrayS, arrayD := m.Ptr(hs+layout.TableArray), m.Ptr(hd+layout.TableArray)
	for ; done < n; done++ {
		if uint64(from-1) >= sizeS || uint64(to-1) >= sizeD {
			break
		}
		a, b := v.item(arrayS, Addr(from-1)), v.item(arrayD, Addr(to-1))
		if v.tag(a) == tagNil || v.tag(b) == tagNil {
			break
		}
		if v.fuel -= 2 * costIndex; v.fuel < 0 {
			t.outOfFuel()
		}
		v.tableBarrier(hd, a)
		v.copyTV(b, a)
		from, to = from+step, to+step
	}
	if done > 0 { // GetI would have left the last one there
		v.copyTV(t.top(), v.item(arrayD, Addr(to-step-1)))
	}
	return done
}

// tableAt is the table at an index of a raw operation. What is no table there was made
// so by damaged code, in the registry or as a metatable: the chip goes on with it.
func (t *Thread) tableAt(i int) Addr {
	a := t.valid(i)
	if !isTable(t.v.tag(a)) {
		t.v.badCode(a)
	}
	return t.v.gcOf(a)
}

func (t *Thread) RawGet(i int) state.Type {
	h, top := t.tableAt(i), t.top()-tvSize
	if slot := t.v.get(h, top); slot != 0 {
		t.v.copyTV(top, slot)
	} else {
		t.v.setNil(top)
	}
	return t.topType()
}

func (t *Thread) RawSet(i int) {
	v, tv := t.v, tvSize
	h, top := t.tableAt(i), t.top()
	slot := t.set(h, top-2*tv)
	v.copyTV(slot, top-tv)
	t.m.SetU8(h+layout.TableFlags, 0)
	v.tableBarrier(h, top-tv)
	t.Pop(2)
}

func (t *Thread) pushSlot(slot Addr) state.Type {
	if slot != 0 {
		t.v.copyTV(t.top(), slot)
	} else {
		t.v.setNil(t.top())
	}
	t.push()
	return t.topType()
}

func (t *Thread) RawGetI(i int, n int64) state.Type {
	t.Charge(costIndex)
	return t.pushSlot(t.v.getInt(t.tableAt(i), Int(n)))
}

func (t *Thread) RawSetI(i int, n int64) {
	h, val := t.tableAt(i), t.top()-tvSize
	t.setIntKey(h, Int(n), val)
	t.v.tableBarrier(h, val)
	t.Pop(1)
}

func (t *Thread) RawGetP(i int, p Addr) state.Type {
	key := t.v.scratch(scratchAPI)
	t.v.setPtr(key, p, tagLight)
	return t.pushSlot(t.v.get(t.tableAt(i), key))
}

func (t *Thread) RawSetP(i int, p Addr) {
	v := t.v
	h, val := t.tableAt(i), t.top()-tvSize
	key := v.scratch(scratchAPI)
	v.setPtr(key, p, tagLight)
	v.copyTV(t.set(h, key), val)
	v.tableBarrier(h, val)
	t.Pop(1)
}

func (t *Thread) Next(i int) bool {
	t.Charge(costIndex)
	h, key := t.tableAt(i), t.top()-tvSize
	if t.next(h, key) {
		t.push()
		return true
	}
	t.setTop(key)
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
	t.v.setPtr(t.push(), mt, uint32(t.v.objTT(mt))|collectable)
	return true
}

func (t *Thread) SetMetatable(i int) {
	v, m := t.v, t.m
	a, top := t.valid(i), t.top()-tvSize
	mt := Addr(0)
	if v.tag(top) != tagNil {
		mt = v.gcOf(top)
	}
	switch tag := v.tag(a); {
	case tag == tagTable:
		o := v.gcOf(a)
		m.SetPtr(o+layout.TableMetatable, mt)
		if mt != 0 {
			t.objBarrier(o, mt)
			t.checkFinalizer(o, mt)
		}
	case tag == tagUdata:
		o := v.gcOf(a)
		m.SetPtr(o+layout.UdataMetatable, mt)
		if mt != 0 {
			t.objBarrier(o, mt)
			t.checkFinalizer(o, mt)
		}
	case isTable(tag): // the firmware crashes; its manual promises an error
		t.runError("table is Readonly")
	default:
		if tag&typeMask >= numTypes {
			v.badCode(a)
		}
		m.SetPtr(t.g+layout.GlobalMT+Addr(tag&typeMask)*4, mt)
	}
	t.Pop(1)
}

func (t *Thread) GetUserValue(i int) state.Type {
	u := t.v.gcOf(t.valid(i))
	top := t.push()
	copyUser(t.m, top, u+layout.UdataUser)
	t.v.setTag(top, uint32(t.m.U8(u+layout.UdataTTUV)))
	return t.topType()
}

func (t *Thread) SetUserValue(i int) {
	u, top := t.v.gcOf(t.valid(i)), t.top()-tvSize
	copyUser(t.m, u+layout.UdataUser, top)
	t.m.SetU8(u+layout.UdataTTUV, uint8(t.v.tag(top)))
	t.barrier(u, top)
	t.Pop(1)
}
