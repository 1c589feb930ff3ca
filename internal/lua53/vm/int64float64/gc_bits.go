// Code generated from ../gc_bits.go by internal/lua/gen; DO NOT EDIT.

package int64float64

import (
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
	"moonlet.example/moonlet/internal/lua53/tag"
)

// Bits of an object's mark byte by short names; package tag declares them.
const (
	white0    = tag.White0
	black     = tag.Black
	finalized = tag.Finalized
	inFlash   = tag.InFlash
	whites    = tag.Whites
	colors    = whites | black
)

// States of the collector, in the order in which it goes through them.
const (
	gcsPropagate = iota
	gcsAtomic
	gcsSweepAll
	gcsSweepFin
	gcsSweepToBeFnz
	gcsSweepEnd
	gcsCallFin
	gcsPause
	gcsInsideAtomic // never seen by running code
)

// Parameters of the collector (lgc.c, lgc.h; the pause is the firmware's
// LUAI_GCPAUSE).
const (
	gcPause       = 110
	gcStepMul     = 200
	gcStepSize    = 100 * layout.TStringSize
	gcSweepCost   = (layout.TStringSize + 4) / 4
	gcSweepMax    = gcStepSize / gcSweepCost / 4
	gcFinCost     = gcSweepCost
	stepMulAdjust = 200
	pauseAdjust   = 100
	maxLMem       = 1<<31 - 1
)

func (v *VM) mark(o Addr) byte       { return v.m.U8(o + layout.GCObjectMarked) }
func (v *VM) setMark(o Addr, b byte) { v.m.SetU8(o+layout.GCObjectMarked, b) }
func (v *VM) objTT(o Addr) byte      { return v.m.U8(o + layout.GCObjectTT) }
func (v *VM) isWhite(o Addr) bool    { return v.mark(o)&whites != 0 }
func (v *VM) isBlack(o Addr) bool    { return v.mark(o)&black != 0 }
func (v *VM) isGray(o Addr) bool     { return v.mark(o)&colors == 0 }
func (v *VM) currentWhite() byte     { return v.m.U8(v.g+layout.GlobalCurrentWhite) & whites }
func (v *VM) otherWhite() byte       { return v.m.U8(v.g+layout.GlobalCurrentWhite) ^ whites }
func (v *VM) gcState() byte          { return v.m.U8(v.g + layout.GlobalGCState) }
func (v *VM) setGCState(s byte)      { v.m.SetU8(v.g+layout.GlobalGCState, s) }
func (v *VM) keepInvariant() bool    { return v.gcState() <= gcsAtomic }
func (v *VM) emergency() bool        { return v.m.U8(v.g+layout.GlobalGCKind) != 0 }
func (v *VM) debt() int32            { return v.m.I32(v.g + layout.GlobalGCDebt) }
func (v *VM) totalBytes() int32      { return v.m.I32(v.g+layout.GlobalTotalBytes) + v.debt() }
func (v *VM) addTraversed(n Addr) {
	v.m.SetPtr(v.g+layout.GlobalGCMemTrav, v.m.Ptr(v.g+layout.GlobalGCMemTrav)+n)
}
func (v *VM) traversed() int32         { return v.m.I32(v.g + layout.GlobalGCMemTrav) }
func (v *VM) setTraversed(n int32)     { v.m.SetI32(v.g+layout.GlobalGCMemTrav, n) }
func (v *VM) changeWhite(o Addr)       { v.setMark(o, v.mark(o)^whites) }
func (v *VM) makeWhite(o Addr)         { v.setMark(o, v.mark(o)&^byte(colors)|v.currentWhite()) }
func (v *VM) isDead(o Addr) bool       { return isDeadMark(v.otherWhite(), v.mark(o)) }
func isDeadMark(other, mark byte) bool { return (mark^whites)&other == 0 }
func (v *VM) whiteValue(a Addr) bool   { return v.tag(a)&collectable != 0 && v.isWhite(v.gcOf(a)) }

func (v *VM) sweepPhase() bool {
	s := v.gcState()
	return gcsSweepAll <= s && s <= gcsSweepEnd
}

// setDebt changes the debt and keeps the number of bytes in use (luaE_setdebt).
func (v *VM) setDebt(debt int32) {
	tb := v.totalBytes()
	if int64(debt) < int64(tb)-maxLMem {
		debt = tb - maxLMem
	}
	v.m.SetI32(v.g+layout.GlobalTotalBytes, tb-debt)
	v.m.SetI32(v.g+layout.GlobalGCDebt, debt)
}

// barrier keeps the invariant after the black object o got a reference to the
// value at a: it marks the value, or while sweeping makes o white.
func (t *Thread) barrier(o, a Addr) {
	v := t.v
	if v.tag(a)&collectable != 0 && v.isBlack(o) && v.isWhite(v.gcOf(a)) {
		t.barrierForward(o, v.gcOf(a))
	}
}

// objBarrier is barrier for a reference to the object ref.
func (t *Thread) objBarrier(o, ref Addr) {
	if t.v.isBlack(o) && t.v.isWhite(ref) {
		t.barrierForward(o, ref)
	}
}

func (t *Thread) barrierForward(o, ref Addr) {
	if t.v.keepInvariant() {
		t.v.markObject(ref)
	} else {
		t.v.makeWhite(o)
	}
}

// tableBarrier makes the black table h gray again when it got the value at a:
// the collector revisits it in its atomic phase.
func (v *VM) tableBarrier(h, a Addr) {
	if v.tag(a)&collectable != 0 && v.isBlack(h) && v.isWhite(v.gcOf(a)) {
		v.tableBarrierBack(h)
	}
}

func (v *VM) tableBarrierBack(h Addr) {
	v.setMark(h, v.mark(h)&^black)
	v.linkGray(h, layout.TableGCList, v.g+layout.GlobalGrayAgain)
}

// upvalBarrier marks what a closed upvalue got: its closures may be black.
func (v *VM) upvalBarrier(uv Addr) {
	p := v.m.Ptr(uv + layout.UpValV)
	if v.tag(p)&collectable != 0 && !v.isOpen(uv) && v.keepInvariant() {
		if o := v.gcOf(p); v.isWhite(o) {
			v.markObject(o)
		}
	}
}

// linkGray puts o into the list whose head is at list; gclist is the offset of
// the link in o's record.
func (v *VM) linkGray(o, gclist, list Addr) {
	v.m.SetPtr(o+gclist, v.m.Ptr(list))
	v.m.SetPtr(list, o)
}

// fix takes the newest object out of the collector's reach for ever (luaC_fix).
func (v *VM) fix(o Addr) {
	mark := v.mark(o)
	if mark&whites == 0 || mark&inFlash != 0 {
		return
	}
	v.setMark(o, mark&^whites) // gray for ever
	all, fixed := v.g+layout.GlobalAllGC, v.g+layout.GlobalFixedGC
	v.m.SetPtr(all, v.m.Ptr(o))
	v.m.SetPtr(o, v.m.Ptr(fixed))
	v.m.SetPtr(fixed, o)
}

// checkGC runs a step of the collector when it is due. Everything alive must be
// below the top of the stack.
func (t *Thread) checkGC() {
	if t.v.debt() > 0 {
		t.gcStep()
	}
}
