// Code generated from ../control.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	"fmt"

	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua53/chunk"
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
	line := v.funcLine(p, npc)
	v.watch.ci, v.watch.pc, v.watch.line = ci, pc, line
	switch {
	case npc == 0:
	case ci != last.ci:
		if line == v.funcLine(p, npc-1) {
			return
		}
	case pc > last.pc && line == last.line:
		return
	}
	m.SetPtr(ci+layout.CallInfoSavedPC, pc+4) // whoever looks sees the pc behind the instruction
	defer m.SetPtr(ci+layout.CallInfoSavedPC, pc)
	v.watch.f(line)
}

// Depth implements machine.Control.
func (v *VM) Depth() (n int) {
	v.eachFrame(func(_, _ Addr) bool { n++; return true })
	return n
}

// eachFrame calls f for each function that runs, with its thread and its CallInfo, until it
// tells false: innermost first, and below a coroutine's functions those of the thread that
// resumed it.
func (v *VM) eachFrame(f func(l, ci Addr) bool) {
	last := Addr(0)
	frames := func(l Addr) bool {
		base := l + layout.LuaStateBaseCI
		for ci := v.m.Ptr(l + layout.LuaStateCI); ci != base && ci != 0; ci = v.ciPrev(ci) {
			if !f(l, ci) {
				return false
			}
		}
		return true
	}
	for i := len(v.levels) - 1; i >= 0; i-- {
		if l := v.levels[i].l; l != last {
			if last = l; !frames(l) {
				return
			}
		}
	}
	if v.main != nil && last != v.main.l {
		frames(v.main.l)
	}
}

// frameAt finds the function at a level of CallStack; ci is 0 if there is none.
func (v *VM) frameAt(level int) (t *Thread, ci Addr) {
	v.eachFrame(func(l, c Addr) bool {
		if level == 0 {
			t, ci = v.thread(l), c
		}
		level--
		return level >= 0
	})
	return t, ci
}

// Variables implements machine.Control.
func (v *VM) Variables(level int) (list []machine.Variable) {
	t, ci := v.frameAt(level)
	if ci == 0 || !v.isLua(ci) {
		return nil
	}
	for n := 1; ; n++ {
		name, pos := t.findLocal(ci, n)
		if pos == 0 || name == "(*temporary)" {
			break
		}
		list = append(list, machine.Variable{Kind: machine.Local, Name: name, Index: n, Value: v.valueOf(pos)})
	}
	for n := 1; ; n++ {
		name, val, _, _, ok := t.upvalueAt(v.ciFunc(ci), n)
		if !ok {
			return list
		}
		list = append(list, machine.Variable{Kind: machine.Upvalue, Name: name, Index: n, Value: v.valueOf(val)})
	}
}

// SetVariable implements machine.Control.
func (v *VM) SetVariable(level int, to machine.Variable, value machine.Value) error {
	t, ci := v.frameAt(level)
	if ci == 0 || !v.isLua(ci) {
		return fmt.Errorf("there is no function of Lua at level %d", level)
	}
	pos, uv := Addr(0), Addr(0)
	if to.Kind == machine.Local {
		if name, at := t.findLocal(ci, to.Index); name != "(*temporary)" {
			pos = at
		}
	} else if _, at, _, up, ok := t.upvalueAt(v.ciFunc(ci), to.Index); ok {
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

// valueOf is the value at a.
func (v *VM) valueOf(a Addr) (val machine.Value) {
	switch tag := v.tag(a); {
	case tag == tagNil:
	case tag == tagBool:
		val.Kind, val.Bool = machine.BoolValue, !v.isFalse(a)
	case tag == tagInt:
		val.Kind, val.Int = machine.IntValue, int64(v.intOf(a))
	case tag == tagFloat:
		val.Kind, val.Float = machine.FloatValue, float64(v.floatOf(a))
	case isString(tag):
		ts := v.gcOf(a)
		val = machine.Value{Kind: machine.StringValue, Text: string(lauxlib.Touched(v.strBytes(ts))), Addr: ts}
	default:
		val = machine.Value{Kind: machine.ObjectValue, Text: chunk.TypeName(int(tag & typeMask)), Addr: v.gcOf(a)}
	}
	return val
}

// Entries implements machine.Control.
func (v *VM) Entries(h Addr, most int) (list []machine.Entry) {
	m := v.m
	if v.objTT(h) != tagTable&variantMask {
		return nil
	}
	array := m.Ptr(h + layout.TableArray)
	for i := range m.U32(h + layout.TableSizeArray) {
		if len(list) == most {
			return list
		}
		if at := v.item(array, Addr(i)); v.tag(at) != tagNil {
			list = append(list, machine.Entry{Key: machine.Value{Kind: machine.IntValue, Int: int64(i) + 1}, Value: v.valueOf(at)})
		}
	}
	for n := range Addr(1) << (m.U8(h+layout.TableLSizeNode) & 31) {
		at := m.Ptr(h+layout.TableNode) + n*nodeSize
		if len(list) == most {
			return list
		}
		if v.tag(at+layout.NodeVal) != tagNil {
			list = append(list, machine.Entry{Key: v.valueOf(at + layout.NodeKey), Value: v.valueOf(at + layout.NodeVal)})
		}
	}
	return list
}
