package vm

import (
	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
	"moonlet.example/moonlet/internal/lua51/tag"
)

// freeObject gives the memory of an object back.
func (t *Thread) freeObject(o Addr) {
	m, v := t.m, t.v
	switch v.objTT(o) {
	case tagProto:
		t.freeProto(o)
	case tagFunc:
		n := Addr(m.U8(o + layout.LClosureNUpvalues))
		if m.U8(o+layout.LClosureIsC) != 0 {
			t.free(o, sizeCClosure(n))
		} else {
			t.free(o, sizeLClosure(n))
		}
	case tagUpval:
		t.freeUpval(o)
	case tagTable:
		t.freeTable(o)
	case tagThread:
		t.freeThread(o)
	case tagString:
		use := t.g + layout.GlobalStrt + layout.StringTableNUse
		m.SetU32(use, m.U32(use)-1)
		t.free(o, sizeString(strLen(m, o)))
	case tagUdata:
		t.free(o, layout.UdataSize+m.Ptr(o+layout.UdataLen))
	}
}

// sweepList frees the dead among the next count objects of the list at p, all if count is negative, and makes the
// living white. It returns where to go on.
func (t *Thread) sweepList(p Addr, count int) Addr {
	m, v := t.m, t.v
	dead, white := v.otherWhite(), v.currentWhite()
	for ; count != 0; count-- {
		o := m.Ptr(p)
		if o == 0 {
			break
		}
		head := m.U16(o + layout.GCObjectTT) // type and mark
		if uint8(head) == tagThread {
			t.sweepList(o+layout.LuaStateOpenUpval, -1)
		}
		if mark := uint8(head >> 8); (mark^whites)&dead != 0 {
			v.setMark(o, mark&^(black|whites)|white)
			p = o
		} else {
			m.SetPtr(p, m.Ptr(o))
			t.freeObject(o)
		}
	}
	return p
}

// separateUdata moves userdata with finalizers that nothing reaches, or all of them, to the ring of those that wait
// for them, and tells how many bytes they have (luaC_separateudata).
func (v *VM) separateUdata(all bool) (bytes uint32) {
	m, ring := v.m, v.g+layout.GlobalTMUData
	p := v.main.l
	for o := m.Ptr(p); o != 0; o = m.Ptr(p) {
		switch {
		case !v.isWhite(o) && !all || v.mark(o)&finalized != 0:
			p = o
		case v.fastTM(m.Ptr(o+layout.UdataMetatable), tag.GC) == 0:
			v.setMark(o, v.mark(o)|finalized) // needs none
			p = o
		default:
			bytes += layout.UdataSize + m.U32(o+layout.UdataLen)
			v.setMark(o, v.mark(o)|finalized)
			m.SetPtr(p, m.Ptr(o))
			if last := m.Ptr(ring); last == 0 {
				m.SetPtr(o, o)
			} else {
				m.SetPtr(o, m.Ptr(last))
				m.SetPtr(last, o)
			}
			m.SetPtr(ring, o)
		}
	}
	return bytes
}

// callFinalizer runs the finalizer of the first userdata of the ring (GCTM). Its errors are those of whoever runs.
func (t *Thread) callFinalizer() {
	m, v := t.m, t.v
	ring := t.g + layout.GlobalTMUData
	last := m.Ptr(ring)
	u := m.Ptr(last)
	if u == last {
		m.SetPtr(ring, 0)
	} else {
		m.SetPtr(last, m.Ptr(u))
	}
	m.SetPtr(u, m.Ptr(v.main.l))
	m.SetPtr(v.main.l, u)
	v.makeWhite(u)
	tm := v.fastTM(m.Ptr(u+layout.UdataMetatable), tag.GC)
	if tm == 0 {
		return
	}
	threshold := t.g + layout.GlobalGCThreshold
	allow, old := m.U8(t.l+layout.LuaStateAllowHook), m.U32(threshold)
	m.SetU8(t.l+layout.LuaStateAllowHook, 0)
	m.SetU32(threshold, 2*v.totalBytes()) // no steps meanwhile
	top := t.top()
	v.copyTV(top, tm)
	v.setPtr(top+tvSize, u, tagUdata)
	t.setTop(top + 2*tvSize)
	t.call(top, 0)
	m.SetU8(t.l+layout.LuaStateAllowHook, allow)
	m.SetU32(threshold, old)
}

// atomic is the part of a cycle that nothing may interrupt.
func (t *Thread) atomic() {
	m, v := t.m, t.v
	gray, again, weak := t.g+layout.GlobalGray, t.g+layout.GlobalGrayAgain, t.g+layout.GlobalWeak
	v.remarkUpvals()
	v.propagateAll()
	m.SetPtr(gray, m.Ptr(weak))
	m.SetPtr(weak, 0)
	v.markObject(t.l)
	v.markMetatables()
	v.propagateAll()
	m.SetPtr(gray, m.Ptr(again))
	m.SetPtr(again, 0)
	v.propagateAll()
	kept := v.separateUdata(false)
	v.markToFinalize()
	kept += uint32(v.propagateAll())
	v.clearWeak()
	v.clearROCache()
	m.SetU8(t.g+layout.GlobalCurrentWhite, v.otherWhite())
	m.SetU32(t.g+layout.GlobalSweepStrGC, 0)
	m.SetPtr(t.g+layout.GlobalSweepGC, t.g+layout.GlobalRootGC)
	v.setGCState(gcsSweepString)
	m.SetU32(t.g+layout.GlobalEstimate, v.totalBytes()-kept)
}

// swept takes what was freed since old off the estimate.
func (t *Thread) swept(old uint32) {
	a := t.g + layout.GlobalEstimate
	t.m.SetU32(a, t.m.U32(a)-(old-t.v.totalBytes()))
}

// sweepChains sweeps the next chains of the string table, most of them or as many as there are left, and tells how
// many.
func (t *Thread) sweepChains(most int32) (n int32) {
	m, v, strt, pos := t.m, t.v, t.g+layout.GlobalStrt, t.g+layout.GlobalSweepStrGC
	chains, slots, i := m.Ptr(strt+layout.StringTableHash), m.U32(strt+layout.StringTableSlots), m.U32(pos)
	old := v.totalBytes()
	for {
		if chain := Addr(uint32(chains + 4*Addr(i))); m.Ptr(chain) != 0 {
			t.sweepList(chain, -1)
		}
		n++
		if i++; i >= slots {
			v.setGCState(gcsSweep)
			break
		} else if n >= most {
			break
		}
	}
	m.SetU32(pos, i)
	t.swept(old)
	return n
}

// sweepStrings does a step if strings are being swept, and tells whether they still are (luaC_sweepstrgc).
func (t *Thread) sweepStrings() bool {
	if t.v.gcState() != gcsSweepString {
		return false
	}
	t.sweepChains(1)
	return t.v.gcState() == gcsSweepString
}

// checkSizes makes the string table and the buffer smaller where they are far too large.
func (t *Thread) checkSizes() {
	m, strt, buff := t.m, t.g+layout.GlobalStrt, t.g+layout.GlobalBuff
	if n := m.U32(strt + layout.StringTableSlots); m.U32(strt+layout.StringTableNUse) < n/4 && n > minStringTable*2 {
		t.resizeStrings(n / 2)
	}
	if m.U32(buff+layout.BufferUsed) > 0 {
		return
	}
	if n := m.Ptr(buff + layout.BufferBytes); n > minBuffer*2 {
		t.resizeBuffer(n / 2)
	}
}

// resizeBuffer sets the size of the buffer for concatenations.
func (t *Thread) resizeBuffer(n Addr) {
	buff := t.g + layout.GlobalBuff
	a := t.reallocVector(t.m.Ptr(buff+layout.BufferAt), t.m.Ptr(buff+layout.BufferBytes), n, 1)
	t.m.SetPtr(buff+layout.BufferAt, a)
	t.m.SetPtr(buff+layout.BufferBytes, n)
}

// gcWorkPerUnit is how much of the collector's work takes as long as an instruction: it counts about the bytes that
// it looks at.
const gcWorkPerUnit = 8

// wholeCycle is a limit that no cycle reaches.
const wholeCycle = 1<<31 - 2

// singleStep does the next piece of a cycle, charges it, and returns its cost in the collector's units. Where pieces are
// small it goes on with the same until their cost reaches limit.
func (t *Thread) singleStep(limit int32) int32 {
	if t.v.gcState() == gcsSweepString {
		n := t.sweepChains((limit-1)/gcSweepCost + 1)
		t.v.fuel -= int64(n) * (gcSweepCost/gcWorkPerUnit + 1)
		return n * gcSweepCost
	}
	work := t.nextPiece()
	t.v.fuel -= int64(work/gcWorkPerUnit + 1) // the loop asks for more fuel, not a collection in an allocation
	return work
}

func (t *Thread) nextPiece() int32 {
	m, v := t.m, t.v
	switch v.gcState() {
	case gcsPause:
		v.markRoots()
	case gcsPropagate:
		if m.Ptr(t.g+layout.GlobalGray) != 0 {
			return v.propagate()
		}
		t.atomic()
	case gcsSweep:
		old, sweep := v.totalBytes(), t.g+layout.GlobalSweepGC
		m.SetPtr(sweep, t.sweepList(m.Ptr(sweep), gcSweepMax))
		if m.Ptr(m.Ptr(sweep)) == 0 {
			t.checkSizes()
			v.setGCState(gcsFinalize)
		}
		t.swept(old)
		return gcSweepMax * gcSweepCost
	case gcsFinalize:
		if m.Ptr(t.g+layout.GlobalTMUData) != 0 {
			t.callFinalizer()
			if e := t.g + layout.GlobalEstimate; m.U32(e) > gcFinalizeCost {
				m.SetU32(e, m.U32(e)-gcFinalizeCost)
			}
			return gcFinalizeCost
		}
		v.setGCState(gcsPause)
		m.SetU32(t.g+layout.GlobalGCDept, 0)
	}
	return 0
}

// setThreshold sets when the next cycle begins.
func (t *Thread) setThreshold() {
	m := t.m
	m.SetU32(t.g+layout.GlobalGCThreshold, m.U32(t.g+layout.GlobalEstimate)/100*m.U32(t.g+layout.GlobalGCPause))
}

// gcStep is luaC_step: work in proportion to what was allocated.
func (t *Thread) gcStep() {
	if t.blocked() {
		return
	}
	t.block()
	m, v := t.m, t.v
	limit := int32(gcStepSize / 100 * m.U32(t.g+layout.GlobalGCStepMul))
	if limit == 0 {
		limit = wholeCycle
	}
	dept, threshold, estimate := t.g+layout.GlobalGCDept, t.g+layout.GlobalGCThreshold, t.g+layout.GlobalEstimate
	m.SetU32(dept, m.U32(dept)+v.totalBytes()-m.U32(threshold))
	if m.U32(estimate) > v.totalBytes() {
		m.SetU32(estimate, v.totalBytes())
	}
	for {
		limit -= t.singleStep(limit)
		if v.gcState() == gcsPause || limit <= 0 {
			break
		}
	}
	switch {
	case v.gcState() == gcsPause:
		t.setThreshold()
	case m.U32(dept) < gcStepSize:
		m.SetU32(threshold, v.totalBytes()+gcStepSize)
	default:
		m.SetU32(dept, m.U32(dept)-gcStepSize)
		m.SetU32(threshold, v.totalBytes())
	}
	t.unblock()
}

// fullGC is a whole cycle (luaC_fullgc).
func (t *Thread) fullGC() {
	if t.blocked() {
		return
	}
	t.block()
	m, v := t.m, t.v
	if v.gcState() <= gcsPropagate {
		m.SetU32(t.g+layout.GlobalSweepStrGC, 0)
		m.SetPtr(t.g+layout.GlobalSweepGC, t.g+layout.GlobalRootGC)
		for _, list := range [...]Addr{layout.GlobalGray, layout.GlobalGrayAgain, layout.GlobalWeak} {
			m.SetPtr(t.g+list, 0)
		}
		v.setGCState(gcsSweepString)
	}
	for v.gcState() != gcsFinalize {
		t.singleStep(wholeCycle)
	}
	v.markRoots()
	for v.gcState() != gcsPause {
		t.singleStep(wholeCycle)
	}
	t.setThreshold()
	t.unblock()
}

// freeAll frees all objects but the main thread, at the state's end.
func (t *Thread) freeAll() {
	m := t.m
	m.SetU8(t.g+layout.GlobalCurrentWhite, whites|superFixed)
	t.sweepList(t.g+layout.GlobalRootGC, -1)
	strt := t.g + layout.GlobalStrt
	for i := range m.Ptr(strt + layout.StringTableSlots) {
		t.sweepList(m.Ptr(strt+layout.StringTableHash)+4*i, -1)
	}
}
