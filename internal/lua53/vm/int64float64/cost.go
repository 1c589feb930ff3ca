// Code generated from ../cost.go by internal/lua/gen; DO NOT EDIT.

package int64float64

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
)

// The cost model tells how long the chip would have been busy. A unit is about
// one executed instruction; docs/time.md says how units become microseconds and
// how to calibrate that.
//
// Charging every instruction would cost as much as executing it, so code is
// charged where control cannot go on without passing: a jump backwards is
// charged with its distance, a return with the instructions from the function's
// start, a call with a constant, the collector with what it looks at, and the
// library where it works through tables and patterns.
const (
	costCall  = 6  // entering a Lua function
	costCCall = 12 // entering a C function
	costIndex = 4  // reading or writing a table from a C function
)

// outOfFuel reports the used budget and gets a new one. The embedder may reset
// the module from there.
func (t *Thread) outOfFuel() {
	v := t.v
	used := v.granted - v.fuel
	v.granted = 1 << 62
	if v.cfg.Fuel != nil {
		v.granted = v.cfg.Fuel(used)
	}
	v.fuel = v.granted
}

// Charge takes the cost of work in a library from the budget.
func (t *Thread) Charge(units int) {
	if t.v.fuel -= int64(units); t.v.fuel < 0 {
		t.outOfFuel()
	}
}

// Used returns the cost since the last report and starts to count anew.
func (v *VM) Used() int64 {
	used := v.granted - v.fuel
	v.granted = v.fuel
	return used
}

// trapped runs the debug hooks for the next instruction (luaG_traceexec); the
// main loop calls it while VM.trap is set.
func (t *Thread) trapped() {
	m, v := t.m, t.v
	if v.watch.f != nil {
		t.watched()
	}
	mask := t.hookMask()
	if mask&(state.MaskLine|state.MaskCount) == 0 {
		return
	}
	ci := t.ci()
	count := m.I32(t.l+layout.LuaStateHookCount) - 1
	m.SetI32(t.l+layout.LuaStateHookCount, count)
	counted := count == 0 && mask&state.MaskCount != 0
	pcAt := ci + layout.CallInfoSavedPC
	m.SetPtr(pcAt, m.Ptr(pcAt)+4) // hooks see the pc behind the instruction
	defer m.SetPtr(pcAt, m.Ptr(pcAt)-4)
	if counted {
		m.SetU32(t.l+layout.LuaStateHookCount, m.U32(t.l+layout.LuaStateBaseHookCount))
	} else if mask&state.MaskLine == 0 {
		return
	}
	if s := v.ciStatus(ci); s&cistHookYield != 0 {
		v.setCIStatus(ci, s&^uint16(cistHookYield))
		return
	}
	if counted {
		t.hook(state.HookCount, -1)
	}
	if mask&state.MaskLine != 0 {
		p := v.ciProto(ci)
		code, old := m.Ptr(p+layout.ProtoCode), m.Ptr(t.l+layout.LuaStateOldPC)
		pc := m.Ptr(pcAt)
		npc := int(pc-code)/4 - 1
		line := v.FuncLine(p, npc)
		if npc == 0 || pc <= old || line != v.FuncLine(p, int(int64(old)-int64(code))/4-1) {
			t.hook(state.HookLine, line)
		}
	}
	m.SetPtr(t.l+layout.LuaStateOldPC, m.Ptr(pcAt))
	if state.Status(m.U8(t.l+layout.LuaStateStatus)) == state.Yield {
		if counted {
			m.SetU32(t.l+layout.LuaStateHookCount, 1)
		}
		v.setCIStatus(ci, v.ciStatus(ci)|cistHookYield)
		m.SetPtr(ci+layout.CallInfoFunc, t.top()-tvSize)
		t.throw(state.Yield)
	}
}
