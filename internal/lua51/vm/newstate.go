package vm

import (
	"fmt"

	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua51/inspect"
	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
	"moonlet.example/moonlet/internal/lua51/tag"
)

const memErrMsg = "not enough memory"

// New makes a virtual machine.
func New(cfg machine.Config) (machine.Machine, error) {
	v := &VM{m: cfg.Mem, heap: cfg.Heap, rom: cfg.ROM, cfg: cfg, chip: cfg.CLib == clib.Chip}
	v.fast, _ = cfg.Heap.(*heap.Fast)
	v.yieldCode = cfg.ROM.Role(state.RoleYield)
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
	if status := t.rawRun(t.open); status != state.OK {
		v.closeState()
		return nil, fmt.Errorf("cannot create state: %s", memErrMsg)
	}
	v.complete = true
	return v, nil
}

// initGlobal fills the block of main thread and global state (lua_newstate).
func (v *VM) initGlobal(lg Addr) *Thread {
	m, l := v.m, lg+layout.LGL
	v.g = lg + layout.LGG
	m.Zero(lg, layout.LGSize)
	t := v.handle(l)
	v.main = t
	m.SetU8(l+layout.GCObjectTT, tagThread)
	m.SetU8(v.g+layout.GlobalCurrentWhite, white0|fixed)
	m.SetU8(l+layout.GCObjectMarked, white0|fixed|superFixed)
	m.SetPtr(l+layout.LuaStateG, v.g)
	m.SetU8(l+layout.LuaStateAllowHook, 1)
	m.SetPtr(v.g+layout.GlobalMainThread, l)
	head := v.g + layout.GlobalUVHead
	m.SetPtr(head+layout.UpValPrev, head)
	m.SetPtr(head+layout.UpValOpenNext, head)
	m.SetPtr(v.g+layout.GlobalRootGC, l)
	m.SetPtr(v.g+layout.GlobalSweepGC, v.g+layout.GlobalRootGC)
	m.SetU32(v.g+layout.GlobalTotalBytes, layout.LGSize)
	m.SetU32(v.g+layout.GlobalGCPause, gcPause)
	m.SetU32(v.g+layout.GlobalGCStepMul, gcStepMul)
	m.SetU32(v.g+layout.GlobalStripDefault, uint32(v.cfg.StripDefault))
	v.View = inspect.New(inspect.Config{Mem: m, Space: v.cfg.Space, Offsets: layout.Offsets(), ROM: v.rom, Main: l,
		StoreBase: v.cfg.Store.Base, StoreSize: Addr(v.cfg.Store.Size), MostObjects: v.mostObjects,
		Number:       func(a Addr) float64 { return float64(v.numOf(a)) },
		AppendNumber: func(dst []byte, a Addr) ([]byte, bool) { return dumpNumber(dst, v.numOf(a)) },
		Running: func(i int) Addr {
			if i >= len(v.threads) {
				return 0
			}
			return v.threads[len(v.threads)-1-i].l
		}})
	return t
}

// open builds what needs memory: stack, globals, registry, strings (f_luaopen).
func (t *Thread) open() {
	m, v := t.m, t.v
	m.SetU32(t.g+layout.GlobalGCThreshold, 1<<32-1) // no collection of what is half there
	t.initStack(t.l)
	for _, a := range [...]Addr{t.globals(), t.registry()} { // with one more each, as in CreateTable: here that is the garbage
		v.setPtr(a, t.newTable(0, 2), tagTable)
		t.newTable(0, 2)
	}
	t.resizeStrings(minStringTable)
	t.attachStore()
	for i, name := range tag.Events {
		ts := t.newGoString(name)
		m.SetPtr(t.g+layout.GlobalTMName+Addr(i)*4, ts)
		v.fix(ts)
	}
	v.fix(t.newGoString(memErrMsg))
	m.SetU32(t.g+layout.GlobalGCThreshold, 4*v.totalBytes())
}

// State implements machine.Machine.
func (v *VM) State() state.State { return v.main }

// TotalBytes implements machine.Machine.
func (v *VM) TotalBytes() int { return int(v.totalBytes()) }

// Handles implements machine.Machine.
func (v *VM) Handles() int { return len(v.handles) - len(v.freeHand) }

// Close implements machine.Machine: all finalizers run, whatever their errors, and all memory goes (lua_close).
func (v *VM) Close() {
	if v.closed {
		return
	}
	v.closed = true
	t, m := v.main, v.m
	t.closeUpvals(t.stack())
	v.separateUdata(true)
	m.SetU32(t.l+layout.LuaStateErrFunc, 0)
	for done := false; !done; {
		t.setCI(t.baseCI())
		base := v.ciBase(t.ci())
		t.setBase(base)
		t.setTop(base)
		t.setNCCalls(0)
		done = t.rawRun(func() {
			for m.Ptr(t.g+layout.GlobalTMUData) != 0 {
				t.callFinalizer()
			}
		}) == state.OK
	}
	v.complete = false
	v.closeState()
}

// closeState gives all memory back, of a state that is half there, too (close_state).
func (v *VM) closeState() {
	t, m := v.main, v.m
	t.closeUpvals(t.stack())
	t.freeAll()
	strt, buff := t.g+layout.GlobalStrt, t.g+layout.GlobalBuff
	t.free(m.Ptr(strt+layout.StringTableHash), m.Ptr(strt+layout.StringTableSlots)*4)
	t.free(m.Ptr(buff+layout.BufferAt), m.Ptr(buff+layout.BufferBytes))
	t.freeStack(t.l)
	v.rawRealloc(t.l-layout.LGL, layout.LGSize, 0)
}

// OpenLibs runs the start-up functions of the linked libraries; errors are those of a protected call.
func (v *VM) OpenLibs() state.Status { return v.main.rawRun(func() { OpenLibs(v.main) }) }

// OpenLibs runs the start-up functions (luaL_openlibs) for code that runs in a protected call already. L is a state of
// this package.
func OpenLibs(L state.State) {
	t := L.(*Thread)
	for _, o := range t.v.rom.Opens() {
		t.pushCode(o.Func)
		t.PushString(o.Name)
		t.Call(1, 0)
	}
}

// Edition is this package for those who do not care which it is.
func Edition() machine.Edition {
	return machine.Edition{New: New, Support: lauxlib.Support, OpenLibs: OpenLibs, Shape: shape}
}
