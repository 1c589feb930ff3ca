// Code generated from ../newstate.go by internal/lua/gen; DO NOT EDIT.

package int64float64

import (
	"fmt"

	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/compile"
	"moonlet.example/moonlet/internal/lua53/inspect"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
)

// keyCacheSize is the firmware's look-aside cache, 32 lines of 4 words.
const keyCacheSize = 32 * 4 * 4

const memErrMsg = "not enough memory"

// New makes a virtual machine.
func New(cfg machine.Config) (machine.Machine, error) {
	v := &VM{m: cfg.Mem, heap: cfg.Heap, rom: cfg.ROM, cfg: cfg, egcMode: state.EGCOnAllocFailure, chip: cfg.CLib == clib.Chip}
	v.fast, _ = cfg.Heap.(*heap.Fast)
	v.stepNext, v.stepIPairs = cfg.ROM.Role(state.RoleNext), cfg.ROM.Role(state.RoleIPairs)
	v.mostObjects = int(cfg.Heap.FreeBytes()) / layout.TStringSize
	if cfg.Output == nil {
		v.cfg.Output = func([]byte) {}
	}
	if cfg.ErrorOutput == nil {
		v.cfg.ErrorOutput = func(string) {}
	}
	v.granted = 1 << 62
	if cfg.Fuel != nil {
		v.granted = cfg.Fuel(0)
	}
	v.fuel = v.granted
	lg := v.rawRealloc(0, 0, layout.LGSize)
	if lg == 0 {
		return nil, fmt.Errorf("cannot create state: %s", memErrMsg)
	}
	t := v.initGlobal(lg)
	m := v.m
	cache := v.rawRealloc(0, 0, keyCacheSize)
	if cache != 0 {
		m.Zero(cache, keyCacheSize)
	}
	m.SetPtr(v.g+layout.GlobalCache, cache)
	if status := t.rawRun(t.open); status != state.OK || cache == 0 {
		return nil, fmt.Errorf("cannot create state: %s", memErrMsg)
	}
	return v, nil
}

// initGlobal fills the block of main thread and global state.
func (v *VM) initGlobal(lg Addr) *Thread {
	m, l := v.m, lg+layout.LXL
	v.g = lg + layout.LGG
	m.Zero(lg, layout.LGSize)
	t := v.handle(l)
	v.main = t
	v.View = inspect.New(inspect.Config{
		Mem: m, Space: v.cfg.Space, Model: Model, Offsets: layout.Offsets(), ROM: v.rom,
		Global: v.g, Main: l, Cache: keyCacheSize, MostObjects: v.mostObjects,
		Running: v.running, Globals: t.globals, Metatable: v.metatable, Short: v.getShort,
		Hash: hashBytes, CheckBlocks: v.heap.Check,
	})
	m.SetU8(v.g+layout.GlobalCurrentWhite, white0)
	m.SetU8(l+layout.LuaStateTT, tagThread&variantMask)
	m.SetU8(l+layout.LuaStateMarked, white0)
	v.preinitThread(l)
	m.SetPtr(v.g+layout.GlobalMainThread, l)
	m.SetU32(v.g+layout.GlobalSeed, v.cfg.Seed)
	m.SetU8(v.g+layout.GlobalGCState, gcsPause)
	m.SetPtr(v.g+layout.GlobalTotalBytes, layout.LGSize)
	m.SetU32(v.g+layout.GlobalGCPause, gcPause)
	m.SetU32(v.g+layout.GlobalGCStepMul, gcStepMul)
	m.SetU32(v.g+layout.GlobalStripDefault, uint32(v.cfg.StripDefault))
	return t
}

// open builds what needs memory: stack, registry, strings (f_luaopen).
func (t *Thread) open() {
	m, v := t.m, t.v
	t.initStack(t.l)
	reg := t.newTable()
	v.setPtr(t.g+layout.GlobalRegistry, reg, tagTable)
	t.resize(reg, state.RIdxGlobals, 0)
	tmp := v.scratch(scratchAPI)
	v.setPtr(tmp, t.l, tagThread)
	t.setIntKey(reg, state.RIdxMain, tmp)
	h := t.newTable()
	v.setPtr(tmp, h, tagTable)
	t.setIntKey(reg, state.RIdxGlobals, tmp)

	t.attachStore()
	t.resizeStrings(minStringTable)
	msg := t.newGoString(memErrMsg)
	v.fix(msg)
	m.SetPtr(t.g+layout.GlobalMemErrMsg, msg)
	for i, name := range eventNames {
		ts := t.newGoString(name)
		m.SetPtr(t.g+layout.GlobalTMName+Addr(i)*4, ts)
		v.fix(ts)
	}
	v.fix(t.newGoString("_ENV"))
	for i, name := range chunk.Tokens[:compile.NumReserved] {
		ts := t.newGoString(name)
		v.fix(ts)
		if v.mark(ts)&inFlash == 0 { // in the store it has it already
			m.SetU8(ts+layout.TStringExtra, uint8(i+1))
		}
	}
	m.SetU8(t.g+layout.GlobalGCRunning, 1)
	m.SetPtr(t.g+layout.GlobalVersion, v.rom.DummyNode) // any address: the state is complete
}

// State implements machine.Machine.
func (v *VM) State() state.State { return v.main }

// Interrupt implements machine.Machine.
func (v *VM) Interrupt() {
	v.granted -= v.fuel
	v.fuel = 0
}

// TotalBytes implements machine.Machine.
func (v *VM) TotalBytes() int { return int(v.totalBytes()) }

// Handles implements machine.Machine.
func (v *VM) Handles() int { return len(v.handles) - len(v.freeHand) }

// Unprotected implements machine.Machine.
func (v *VM) Unprotected(r any) (msg string, ok bool) {
	status, ok := v.caught(r)
	if !ok {
		return "", false
	}
	if status == state.ErrMem {
		return memErrMsg, true
	}
	t := v.main
	if l := v.running(0); l != 0 {
		t = v.thread(l)
	}
	if a := t.top() - tvSize; a > t.stack() && isString(v.tag(a)) {
		return v.goString(v.gcOf(a)), true
	}
	return "", true
}

// Close implements machine.Machine.
func (v *VM) Close() {
	if v.closed {
		return
	}
	v.closed = true
	t, m := v.main, v.m
	t.closeUpvals(t.stack())
	t.freeAllObjects()
	strt := t.g + layout.GlobalStrt
	t.free(m.Ptr(strt+layout.StringTableHash), m.Ptr(strt+layout.StringTableSlots)*4)
	t.freeStack()
	v.rawRealloc(m.Ptr(v.g+layout.GlobalCache), keyCacheSize, 0)
	v.rawRealloc(t.l-layout.LXL, layout.LGSize, 0)
}
