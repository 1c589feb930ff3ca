// Code generated from ../control.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	"fmt"

	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
)

// watch is who is told of each line, and where the machine was when it was told last.
type watch struct {
	f      func(line int)
	ci, pc Addr
	line   int
}

// traps tells whether the main loop has something to do before each instruction of t.
func (t *Thread) traps() bool { return t.v.watch.f != nil || t.hookMask() != 0 }

// Watch implements machine.Control.
func (v *VM) Watch(f func(line int)) {
	v.watch = watch{f: f}
	if n := len(v.threads); n > 0 {
		v.trap = v.threads[n-1].traps()
	} else if v.main != nil {
		v.trap = v.main.traps()
	}
}

// watched tells of a new line, by the rule of line hooks (luaG_traceexec): the start of a
// function, another line, or a jump backwards. A function that another returned to goes on
// behind its call.
func (t *Thread) watched() {
	m, v := t.m, t.v
	ci := t.ci()
	p, pc := v.ciProto(ci), m.Ptr(ci+layout.CallInfoSavedPC)
	if m.Ptr(p+layout.ProtoLineInfo) == 0 {
		return
	}
	npc, last := int(pc-m.Ptr(p+layout.ProtoCode))/4, v.watch
	line := v.FuncLine(p, npc)
	v.watch.ci, v.watch.pc, v.watch.line = ci, pc, line
	switch {
	case npc == 0:
	case ci != last.ci:
		if line == v.FuncLine(p, npc-1) {
			return
		}
	case pc > last.pc && line == last.line:
		return
	}
	m.SetPtr(ci+layout.CallInfoSavedPC, pc+4) // whoever looks sees the pc behind the instruction
	defer m.SetPtr(ci+layout.CallInfoSavedPC, pc)
	v.watch.f(line)
}

// running is the thread of the n-th protected run, counted from the innermost one; 0 if there
// are not so many.
func (v *VM) running(n int) Addr {
	if n >= len(v.levels) {
		return 0
	}
	return v.levels[len(v.levels)-1-n].l
}

// SetVariable implements machine.Control.
func (v *VM) SetVariable(level int, to machine.Variable, value machine.Value) error {
	l, ci := v.FrameAt(level)
	if ci == 0 || !v.isLua(ci) {
		return fmt.Errorf("there is no function of Lua at level %d", level)
	}
	t := v.thread(l)
	pos, uv := Addr(0), Addr(0)
	if to.Kind == machine.Local {
		if name, at := v.FindLocal(l, ci, to.Index); name != machine.Temporary {
			pos = at
		}
	} else if _, at, _, up, ok := v.UpvalueAt(v.ciFunc(ci), to.Index); ok {
		pos, uv = at, up
	}
	if pos == 0 {
		return fmt.Errorf("the function has no variable %q now", to.Name)
	}
	off, isLocal := t.save(pos), uv == 0
	var err error
	if status := t.rawRun(func() {
		if value.Kind == machine.StringValue {
			ts := t.newGoString(value.Text)
			if isLocal { // the stack may have moved
				pos = t.restore(off)
			}
			v.setString(pos, ts)
			return
		}
		err = v.setPlain(pos, value)
	}); status != state.OK {
		return fmt.Errorf("the module has no memory for that string of %d bytes", len(value.Text))
	}
	if uv != 0 {
		v.upvalBarrier(uv)
	}
	return err
}

// setPlain stores what takes no memory.
func (v *VM) setPlain(a Addr, value machine.Value) error {
	switch value.Kind {
	case machine.NilValue:
		v.setNil(a)
	case machine.BoolValue:
		v.setBool(a, value.Bool)
	case machine.IntValue:
		if int64(Int(value.Int)) != value.Int {
			return fmt.Errorf("%d is no integer of %d bits", value.Int, intBits)
		}
		v.setInt(a, Int(value.Int))
	case machine.FloatValue:
		v.setFloat(a, Float(value.Float))
	default:
		return fmt.Errorf("%s: only nil, booleans, numbers and strings can be set", value.Text)
	}
	return nil
}
