// Code generated from ../gc_bits.go by internal/lua/gen; DO NOT EDIT.

package integral

import layout "moonlet.example/moonlet/internal/lua51/layout/v4"

// Bits of an object's mark byte (lgc.h). Three share a bit: of a thread that its stack must not move, of a userdata
// that it is or needs not be finalized, of a table that its keys are weak.
const (
	white0     = 1 << 0
	white1     = 1 << 1
	black      = 1 << 2
	fixedStack = 1 << 3
	finalized  = 1 << 3
	weakKeys   = 1 << 3
	weakValues = 1 << 4
	fixed      = 1 << 5 // never collected
	superFixed = 1 << 6 // the main thread
	inFlash    = 1 << 6 // a string of the flash store
	whites     = white0 | white1
)

// Bits of the collector's flags.
const (
	flagBlocked  = 1 << 0
	flagResizing = 1 << 1
)

// States of the collector, in the order in which it goes through them.
const (
	gcsPause = iota
	gcsPropagate
	gcsSweepString
	gcsSweep
	gcsFinalize
)

// Parameters of the collector (lgc.c; the pause is the firmware's LUAI_GCPAUSE).
const (
	gcPause        = 110
	gcStepMul      = 200
	gcStepSize     = 1024
	gcSweepMax     = 40
	gcSweepCost    = 10
	gcFinalizeCost = 100
	minBuffer      = 32 // LUA_MINBUFFER
)

func (v *VM) mark(o Addr) byte       { return v.m.U8(o + layout.GCObjectMarked) }
func (v *VM) setMark(o Addr, b byte) { v.m.SetU8(o+layout.GCObjectMarked, b) }
func (v *VM) objTT(o Addr) byte      { return v.m.U8(o + layout.GCObjectTT) }
func (v *VM) isWhite(o Addr) bool    { return v.mark(o)&whites != 0 }
func (v *VM) isBlack(o Addr) bool    { return v.mark(o)&black != 0 }
func (v *VM) isGray(o Addr) bool     { return v.mark(o)&(whites|black) == 0 }
func (v *VM) currentWhite() byte     { return v.m.U8(v.g+layout.GlobalCurrentWhite) & whites }
func (v *VM) otherWhite() byte       { return v.m.U8(v.g+layout.GlobalCurrentWhite) ^ whites }
func (v *VM) changeWhite(o Addr)     { v.setMark(o, v.mark(o)^whites) }
func (v *VM) makeWhite(o Addr)       { v.setMark(o, v.mark(o)&^(black|whites)|v.currentWhite()) }
func (v *VM) isDead(o Addr) bool     { return v.mark(o)&v.otherWhite()&whites != 0 }
func (v *VM) gcState() byte          { return v.m.U8(v.g + layout.GlobalGCState) }
func (v *VM) setGCState(s byte)      { v.m.SetU8(v.g+layout.GlobalGCState, s) }
func (v *VM) totalBytes() uint32     { return v.m.U32(v.g + layout.GlobalTotalBytes) }

// blocked tells whether the collector does nothing: while something is loaded or compiled, while a stack moves, in
// its own midst, and since collectgarbage "stop".
func (t *Thread) blocked() bool { return t.m.U8(t.g+layout.GlobalGCFlags)&flagBlocked != 0 }

func (t *Thread) block() {
	a := t.g + layout.GlobalGCFlags
	t.m.SetU8(a, t.m.U8(a)|flagBlocked)
}

func (t *Thread) unblock() {
	a := t.g + layout.GlobalGCFlags
	t.m.SetU8(a, t.m.U8(a)&^flagBlocked)
}

// fix keeps the collector from shrinking the thread's stack, which would move it.
func (t *Thread) fixStack() {
	t.m.SetU8(t.l+layout.GCObjectMarked, t.m.U8(t.l+layout.GCObjectMarked)|fixedStack)
}

func (t *Thread) unfixStack() {
	t.m.SetU8(t.l+layout.GCObjectMarked, t.m.U8(t.l+layout.GCObjectMarked)&^fixedStack)
}

// barrier keeps the invariant after the black object o got a reference to the value at a.
func (t *Thread) barrier(o, a Addr) {
	v := t.v
	if collectable(v.tag(a)) && v.isBlack(o) && v.isWhite(v.gcOf(a)) {
		v.barrierForward(o, v.gcOf(a))
	}
}

// objBarrier is barrier for a reference to the object ref.
func (t *Thread) objBarrier(o, ref Addr) {
	if v := t.v; v.isBlack(o) && v.isWhite(ref) {
		v.barrierForward(o, ref)
	}
}

// barrierForward marks ref while marking goes on, and else makes o white (luaC_barrierf).
func (v *VM) barrierForward(o, ref Addr) {
	if v.gcState() == gcsPropagate {
		v.reallyMark(ref)
	} else {
		v.makeWhite(o)
	}
}

// tableBarrier makes the black table h gray again when it got the value at a (luaC_barriert).
func (v *VM) tableBarrier(h, a Addr) {
	if collectable(v.tag(a)) && v.isBlack(h) && v.isWhite(v.gcOf(a)) {
		v.barrierBack(h)
	}
}

func (v *VM) barrierBack(h Addr) {
	m := v.m
	v.setMark(h, v.mark(h)&^black)
	m.SetPtr(h+layout.TableGCList, m.Ptr(v.g+layout.GlobalGrayAgain))
	m.SetPtr(v.g+layout.GlobalGrayAgain, h)
}

// fix keeps a string for ever (stringfix).
func (v *VM) fix(ts Addr) {
	if v.mark(ts)&(fixed|inFlash) == 0 {
		v.setMark(ts, v.mark(ts)|fixed)
	}
}

// markNew gives an open upvalue its colour (luaC_marknew).
func (v *VM) markNew(o Addr) {
	v.setMark(o, v.currentWhite())
	if v.gcState() == gcsPropagate {
		v.reallyMark(o)
	}
}

// linkUpval puts an upvalue that was closed into the list of all (luaC_linkupval).
func (t *Thread) linkUpval(uv Addr) {
	m, v := t.m, t.v
	root := t.g + layout.GlobalRootGC
	m.SetPtr(uv, m.Ptr(root))
	m.SetPtr(root, uv)
	if !v.isGray(uv) {
		return
	}
	if v.gcState() == gcsPropagate {
		v.setMark(uv, v.mark(uv)|black)
		t.barrier(uv, m.Ptr(uv+layout.UpValV))
	} else {
		v.makeWhite(uv)
	}
}

// checkGC runs a step of the collector when it is due. Everything alive must be below the top of the stack, which may
// move.
func (t *Thread) checkGC() {
	if t.m.U32(t.g+layout.GlobalTotalBytes) >= t.m.U32(t.g+layout.GlobalGCThreshold) {
		t.gcStep()
	}
}
