// Code generated from ../control.go by internal/lua/gen; DO NOT EDIT.

package integral

import (
	"fmt"

	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/syntax"
	layout "moonlet.example/moonlet/internal/lua51/layout/v4"
)

// watch is the embedder's look at each line.
type watch struct {
	f      func(line int)
	ci, pc Addr
	line   int
}

// Watch implements machine.Control.
func (v *VM) Watch(f func(line int)) {
	v.watch = watch{f: f}
	v.trap = f != nil
}

// Observe implements machine.Machine.
func (v *VM) Observe(t syntax.Tracer) { v.trace = t }

// trapped is what the main loop does before each instruction while it is watched.
func (t *Thread) trapped() {
	w := &t.v.watch
	if w.f == nil {
		return
	}
	ci, pc := t.ci(), t.savedPC()
	line := t.v.FuncLine(t.v.ciProto(ci), int(pc-t.m.Ptr(t.v.ciProto(ci)+layout.ProtoCode))/4)
	if reached := ci != w.ci || line != w.line || pc <= w.pc; reached && line > 0 {
		w.f(line)
	}
	w.ci, w.pc, w.line = ci, pc, line
}

// running is the thread that runs.
func (v *VM) running() *Thread {
	if n := len(v.threads); n > 0 {
		return v.threads[n-1]
	}
	return v.main
}

// SetVariable implements machine.Control.
func (v *VM) SetVariable(level int, to machine.Variable, value machine.Value) error {
	l, ci := v.FrameAt(level)
	if ci == 0 || !v.isLua(ci) {
		return fmt.Errorf("there is no function of Lua at level %d", level)
	}
	pos, owner := Addr(0), Addr(0)
	if to.Kind == machine.Local {
		if name, at := v.FindLocal(l, ci, to.Index); name != machine.Temporary {
			pos = at
		}
	} else if _, at, uv, ok := v.UpvalueAt(v.ciFunc(ci), to.Index); ok {
		pos, owner = at, uv
	}
	if pos == 0 {
		return fmt.Errorf("the function has no variable %q now", to.Name)
	}
	t := v.threadHandle(l)
	at := t.hold(pos)
	var err error
	if status := t.rawRun(func() {
		if value.Kind == machine.StringValue {
			ts := t.newGoString(value.Text)
			v.setString(t.held(at), ts)
			return
		}
		err = v.setPlain(pos, value)
	}); status != state.OK {
		return fmt.Errorf("the module has no memory for that string of %d bytes", len(value.Text))
	}
	if owner != 0 {
		t.barrier(owner, t.held(at))
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
		if int64(Num(value.Int)) != value.Int {
			return fmt.Errorf("%d is no number of this build", value.Int)
		}
		v.setNum(a, Num(value.Int))
	case machine.FloatValue:
		if float64(Num(value.Float)) != value.Float {
			return fmt.Errorf("%v is no number of this build", value.Float)
		}
		v.setNum(a, Num(value.Float))
	default:
		return fmt.Errorf("%s: only nil, booleans, numbers and strings can be set", value.Text)
	}
	return nil
}

// Position implements machine.Machine.
func (v *VM) Position() string {
	t := v.running()
	return machine.PositionOf(func(level int) (state.Debug, bool) {
		ar, ok := t.GetStack(level)
		if ok {
			t.GetInfo("Sln", &ar)
		}
		return ar, ok
	}, func(ar *state.Debug) string {
		if ar.NameWhat == "" {
			return " ?"
		}
		return " in function '" + ar.Name + "'"
	})
}

// Unprotected implements machine.Machine.
func (v *VM) Unprotected(r any) (msg string, ok bool) {
	status, ok := v.caught(r)
	if !ok {
		return "", false
	}
	if status == state.ErrMem {
		return memErrMsg, true
	}
	t := v.running()
	if a := t.top() - tvSize; a > t.stack() && v.tag(a) == tagString {
		return v.goString(v.gcOf(a)), true
	}
	return "", true
}
