// Code generated from ../gc_cycle.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
)

// freeObject gives the memory of an object back.
func (t *Thread) freeObject(o Addr) {
	m, v := t.m, t.v
	switch v.objTT(o) {
	case tagShort & variantMask:
		v.unlinkString(o)
		t.free(o, sizeString(Addr(m.U8(o+layout.TStringShrLen))))
	case tagLong & variantMask:
		t.free(o, sizeString(m.Ptr(o+layout.TStringLngLen)))
	case tagTable & variantMask:
		t.freeTable(o)
	case tagLua & variantMask:
		n := Addr(m.U8(o + layout.LClosureNUpvalues))
		for i := range n {
			if uv := m.Ptr(o + layout.LClosureUpvals + 4*i); uv != 0 {
				t.releaseUpval(uv)
			}
		}
		t.free(o, sizeLClosure(n))
	case tagCCl & variantMask:
		t.free(o, sizeCClosure(Addr(m.U8(o+layout.CClosureNUpvalues))))
	case tagUdata & variantMask:
		t.free(o, layout.UdataSize+m.Ptr(o+layout.UdataLen))
	case tagThread & variantMask:
		t.freeThread(o)
	case tagProto:
		t.freeProto(o)
	}
}

// sweepList frees the dead objects among the next count ones of the list at p
// and makes the living white. It returns where to go on, 0 at the list's end.
func (t *Thread) sweepList(p Addr, count int) Addr {
	m, v := t.m, t.v
	other, white := v.otherWhite(), v.currentWhite()
	for ; count > 0; count-- {
		o := m.Ptr(p)
		if o == 0 {
			return 0
		}
		mark := v.mark(o)
		if isDeadMark(other, mark) {
			m.SetPtr(p, m.Ptr(o))
			t.freeObject(o)
		} else {
			v.setMark(o, mark&^byte(colors)|white)
			p = o
		}
	}
	if m.Ptr(p) == 0 {
		return 0
	}
	return p
}

// sweepToLive sweeps until a living object or the end of the list.
func (t *Thread) sweepToLive(p Addr) Addr {
	for old := p; p == old; {
		p = t.sweepList(p, 1)
	}
	return p
}

// nextToFinalize takes the first object out of the list of those to be
// finalized and makes it an ordinary object again.
func (v *VM) nextToFinalize() Addr {
	m, list, all := v.m, v.g+layout.GlobalToBeFnz, v.g+layout.GlobalAllGC
	o := m.Ptr(list)
	m.SetPtr(list, m.Ptr(o))
	m.SetPtr(o, m.Ptr(all))
	m.SetPtr(all, o)
	v.setMark(o, v.mark(o)&^finalized)
	if v.sweepPhase() {
		v.makeWhite(o)
	}
	return o
}

// callFinalizer runs the finalizer of the next object (GCTM). An error in it is
// raised as "error in __gc metamethod" when raise is set, else dropped.
func (t *Thread) callFinalizer(raise bool) {
	m, v, size := t.m, t.v, tvSize
	o := v.nextToFinalize()
	obj := t.top() // used as scratch: the value above the stack's end
	v.setPtr(obj+size, o, uint32(v.objTT(o))|collectable)
	tm := v.tmByObj(obj+size, tmGC)
	if tm == 0 || !isFunction(v.tag(tm)) {
		return
	}
	running := v.g + layout.GlobalGCRunning
	oldHook, oldRunning := m.U8(t.l+layout.LuaStateAllowHook), m.U8(running)
	m.SetU8(t.l+layout.LuaStateAllowHook, 0)
	m.SetU8(running, 0)
	v.copyTV(obj, tm)
	t.setTop(obj + 2*size)
	ci := t.ci()
	v.setCIStatus(ci, v.ciStatus(ci)|cistFin)
	status := t.pcallAt(obj, 0, 0)
	ci = t.ci()
	v.setCIStatus(ci, v.ciStatus(ci)&^uint16(cistFin))
	m.SetU8(t.l+layout.LuaStateAllowHook, oldHook)
	m.SetU8(running, oldRunning)
	if status == state.OK || !raise {
		return
	}
	if status == state.ErrRun {
		msg := "no message"
		if a := t.top() - size; isString(v.tag(a)) {
			msg = v.goString(v.gcOf(a))
		}
		t.pushFString("error in __gc metamethod (%s)", msg)
		status = state.ErrGCMM
	}
	t.throw(status)
}

// runFewFinalizers calls as many finalizers as a step may, and lets the next
// step call twice as many.
func (t *Thread) runFewFinalizers() int {
	m, list := t.m, t.g+layout.GlobalToBeFnz
	num := t.g + layout.GlobalGCFinNum
	i := uint32(0)
	for ; m.Ptr(list) != 0 && i < m.U32(num); i++ {
		t.callFinalizer(true)
	}
	if m.Ptr(list) == 0 {
		m.SetU32(num, 0)
	} else {
		m.SetU32(num, m.U32(num)*2)
	}
	return int(i)
}

// separateToBeFnz moves objects with finalizers that nothing reaches, or all of
// them, to the list of those to be finalized.
func (v *VM) separateToBeFnz(all bool) {
	m := v.m
	p, last := v.g+layout.GlobalFinObj, v.g+layout.GlobalToBeFnz
	for m.Ptr(last) != 0 {
		last = m.Ptr(last)
	}
	for o := m.Ptr(p); o != 0; o = m.Ptr(p) {
		if !all && !v.isWhite(o) {
			p = o
			continue
		}
		m.SetPtr(p, m.Ptr(o))
		m.SetPtr(o, m.Ptr(last))
		m.SetPtr(last, o)
		last = o
	}
}

// checkFinalizer moves the object o to the list of finalizable objects when its
// new metatable mt has a finalizer.
func (t *Thread) checkFinalizer(o, mt Addr) {
	m, v := t.m, t.v
	if v.mark(o)&finalized != 0 || v.fastTM(mt, tmGC) == 0 {
		return
	}
	if v.sweepPhase() {
		v.makeWhite(o)
		if sweep := v.g + layout.GlobalSweepGC; m.Ptr(sweep) == o {
			m.SetPtr(sweep, t.sweepToLive(o)) // o leaves the list that is being swept
		}
	}
	p := v.g + layout.GlobalAllGC
	for m.Ptr(p) != o {
		p = m.Ptr(p)
	}
	fin := v.g + layout.GlobalFinObj
	m.SetPtr(p, m.Ptr(o))
	m.SetPtr(o, m.Ptr(fin))
	m.SetPtr(fin, o)
	v.setMark(o, v.mark(o)|finalized)
}

// setPause sets the debt so that the next cycle starts when memory has grown by
// the pause.
func (v *VM) setPause() {
	estimate := v.m.I32(v.g+layout.GlobalGCEstimate) / pauseAdjust
	pause := v.m.I32(v.g + layout.GlobalGCPause)
	threshold := int32(maxLMem)
	if estimate == 0 || pause < maxLMem/estimate {
		threshold = estimate * pause
	}
	v.setDebt(v.totalBytes() - threshold)
}

// enterSweep begins to sweep. The first call already steps into the list, so
// that objects made from now on are not swept.
func (t *Thread) enterSweep() {
	t.v.setGCState(gcsSweepAll)
	t.m.SetPtr(t.g+layout.GlobalSweepGC, t.sweepList(t.g+layout.GlobalAllGC, 1))
}

// freeAllObjects ends the state: all finalizers run, all objects go.
func (t *Thread) freeAllObjects() {
	m, v := t.m, t.v
	v.separateToBeFnz(true)
	for m.Ptr(t.g+layout.GlobalToBeFnz) != 0 {
		t.callFinalizer(false)
	}
	m.SetU8(t.g+layout.GlobalCurrentWhite, whites) // everything looks dead
	m.SetU8(t.g+layout.GlobalGCKind, 0)
	for _, list := range [...]Addr{layout.GlobalFinObj, layout.GlobalAllGC, layout.GlobalFixedGC} {
		if t.sweepList(t.g+list, v.mostObjects) != 0 {
			t.v.badCode(t.m.Ptr(t.g + list)) // a circle
		}
	}
}

// atomic is the part of a cycle that nothing may interrupt. It returns the
// memory that it visited.
func (t *Thread) atomic() int32 {
	m, v := t.m, t.v
	grayAgain := m.Ptr(t.g + layout.GlobalGrayAgain)
	weak, allWeak := t.g+layout.GlobalWeak, t.g+layout.GlobalAllWeak
	v.setGCState(gcsInsideAtomic)
	v.setTraversed(0)
	v.markOpt(t.l)
	v.markValue(t.g + layout.GlobalRegistry)
	v.markMetatables()
	v.remarkUpvals()
	v.propagateAll()
	work := v.traversed()
	m.SetPtr(t.g+layout.GlobalGray, grayAgain)
	v.propagateAll()
	v.setTraversed(0)
	v.convergeEphemerons()
	// All that is strongly reachable is marked now.
	v.clearValues(m.Ptr(weak), 0)
	v.clearValues(m.Ptr(allWeak), 0)
	origWeak, origAll := m.Ptr(weak), m.Ptr(allWeak)
	work += v.traversed()
	v.separateToBeFnz(false)
	m.SetU32(t.g+layout.GlobalGCFinNum, 1)
	v.markBeingFinalized()
	v.propagateAll()
	v.setTraversed(0)
	v.convergeEphemerons()
	// All that finalizers brought back is marked as well.
	v.clearKeys(m.Ptr(t.g+layout.GlobalEphemeron), 0)
	v.clearKeys(m.Ptr(allWeak), 0)
	v.clearValues(m.Ptr(weak), origWeak)
	v.clearValues(m.Ptr(allWeak), origAll)
	v.clearROCache()
	m.SetU8(t.g+layout.GlobalCurrentWhite, v.otherWhite())
	return work + v.traversed()
}

func (t *Thread) addEstimate(n int32) {
	a := t.g + layout.GlobalGCEstimate
	t.m.SetI32(a, t.m.I32(a)+n)
}

func (t *Thread) sweepStep(next byte, list Addr) int32 {
	sweep := t.g + layout.GlobalSweepGC
	if p := t.m.Ptr(sweep); p != 0 {
		old := t.v.debt()
		t.m.SetPtr(sweep, t.sweepList(p, gcSweepMax))
		t.addEstimate(t.v.debt() - old)
		if t.m.Ptr(sweep) != 0 {
			return gcSweepMax * gcSweepCost
		}
	}
	t.v.setGCState(next)
	t.m.SetPtr(sweep, list)
	return 0
}

// gcWorkPerUnit is how much of the collector's work takes as long as an
// instruction: it counts about the bytes that it looks at.
const gcWorkPerUnit = 8

// singleStep does the next piece of a cycle, charges it, and returns its cost in
// the collector's work units.
func (t *Thread) singleStep() int32 {
	work := t.nextPiece()
	t.Charge(int(work)/gcWorkPerUnit + 1)
	return work
}

func (t *Thread) nextPiece() int32 {
	m, v := t.m, t.v
	switch v.gcState() {
	case gcsPause:
		v.setTraversed(m.I32(t.g+layout.GlobalStrt+layout.StringTableSlots) * 4)
		v.restartCollection()
		v.setGCState(gcsPropagate)
		return v.traversed()
	case gcsPropagate:
		v.setTraversed(0)
		v.propagateMark()
		if m.Ptr(t.g+layout.GlobalGray) == 0 {
			v.setGCState(gcsAtomic)
		}
		return v.traversed()
	case gcsAtomic:
		v.propagateAll()
		work := t.atomic()
		t.enterSweep()
		m.SetI32(t.g+layout.GlobalGCEstimate, v.totalBytes())
		return work
	case gcsSweepAll:
		return t.sweepStep(gcsSweepFin, t.g+layout.GlobalFinObj)
	case gcsSweepFin:
		return t.sweepStep(gcsSweepToBeFnz, t.g+layout.GlobalToBeFnz)
	case gcsSweepToBeFnz:
		return t.sweepStep(gcsSweepEnd, 0)
	case gcsSweepEnd:
		v.makeWhite(m.Ptr(t.g + layout.GlobalMainThread))
		t.shrinkStringTable()
		v.setGCState(gcsCallFin)
	case gcsCallFin:
		if m.Ptr(t.g+layout.GlobalToBeFnz) != 0 && !v.emergency() {
			return int32(t.runFewFinalizers() * gcFinCost)
		}
		v.setGCState(gcsPause)
	}
	return 0
}

func (t *Thread) shrinkStringTable() {
	strt := t.g + layout.GlobalStrt
	if t.v.emergency() {
		return
	}
	old := t.v.debt()
	if n := t.m.U32(strt + layout.StringTableSlots); t.m.U32(strt+layout.StringTableNUse) < n/4 {
		t.resizeStrings(n / 2)
	}
	t.addEstimate(t.v.debt() - old)
}

// gcStep pays for the debt: it runs the collector until there is enough credit
// or the cycle ends (luaC_step).
func (t *Thread) gcStep() {
	m, v := t.m, t.v
	if m.U8(t.g+layout.GlobalGCRunning) == 0 {
		v.setDebt(-gcStepSize * 10)
		return
	}
	mul := m.I32(t.g + layout.GlobalGCStepMul)
	debt := v.debt()
	if debt <= 0 {
		debt = 0
	} else if debt = debt/stepMulAdjust + 1; debt < maxLMem/mul {
		debt *= mul
	} else {
		debt = maxLMem
	}
	for {
		debt -= t.singleStep()
		if debt <= -gcStepSize || v.gcState() == gcsPause {
			break
		}
	}
	if v.gcState() == gcsPause {
		v.setPause()
		return
	}
	v.setDebt(debt / mul * stepMulAdjust)
	t.runFewFinalizers()
}

// fullGC runs a whole cycle. In an emergency, which is a collection in the middle
// of an allocation, no finalizer runs and nothing but garbage moves or shrinks.
func (t *Thread) fullGC(emergency bool) {
	v := t.v
	kind := t.g + layout.GlobalGCKind
	if emergency {
		t.m.SetU8(kind, 1)
	}
	if v.keepInvariant() {
		t.enterSweep() // makes black objects white again; nothing is collected
	}
	for v.gcState() != gcsPause {
		t.singleStep()
	}
	for v.gcState() == gcsPause {
		t.singleStep()
	}
	for v.gcState() != gcsCallFin {
		t.singleStep()
	}
	for v.gcState() != gcsPause {
		t.singleStep()
	}
	t.m.SetU8(kind, 0)
	v.setPause()
}
