// Code generated from ../control.go by internal/lua/gen; DO NOT EDIT.

package integral

import (
	"fmt"
	"strconv"
	"strings"

	"moonlet.example/moonlet/internal/lua/lauxlib"
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
	line := t.v.funcLine(t.v.ciProto(ci), int(pc-t.m.Ptr(t.v.ciProto(ci)+layout.ProtoCode))/4)
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

// eachFrame calls f for each function that runs, with its thread and its frame, until it tells false: innermost first,
// and below a coroutine's functions those of the thread that resumed it.
func (v *VM) eachFrame(f func(t *Thread, ci Addr) bool) {
	frames := func(t *Thread) bool {
		for ci := t.ci(); ci > t.baseCI(); ci -= layout.CallInfoSize {
			if !f(t, ci) {
				return false
			}
		}
		return true
	}
	for i := len(v.threads) - 1; i >= 0; i-- {
		if !frames(v.threads[i]) {
			return
		}
	}
	if v.main != nil {
		frames(v.main)
	}
}

// Depth implements machine.Control.
func (v *VM) Depth() (n int) {
	v.eachFrame(func(*Thread, Addr) bool { n++; return true })
	return n
}

// frameAt finds the function at a level of CallStack; ci is 0 if there is none.
func (v *VM) frameAt(level int) (t *Thread, ci Addr) {
	v.eachFrame(func(l *Thread, c Addr) bool {
		if level == 0 {
			t, ci = l, c
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
		name, val, _, ok := t.upvalueAt(v.ciFunc(ci), n)
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
	pos, owner := Addr(0), Addr(0)
	if to.Kind == machine.Local {
		if name, at := t.findLocal(ci, to.Index); name != "(*temporary)" {
			pos = at
		}
	} else if _, at, uv, ok := t.upvalueAt(v.ciFunc(ci), to.Index); ok {
		pos, owner = at, uv
	}
	if pos == 0 {
		return fmt.Errorf("the function has no variable %q now", to.Name)
	}
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

// valueOf is the value at a.
func (v *VM) valueOf(a Addr) (val machine.Value) {
	switch tag := v.tag(a); tag {
	case tagNil:
	case tagBool:
		val.Kind, val.Bool = machine.BoolValue, !v.isFalse(a)
	case tagNumber:
		n := float64(v.numOf(a))
		val.Kind, val.Float = machine.FloatValue, n
		if i := int64(n); float64(i) == n {
			val = machine.Value{Kind: machine.IntValue, Int: i}
		}
	case tagString:
		ts := v.gcOf(a)
		val = machine.Value{Kind: machine.StringValue, Text: string(lauxlib.Touched(v.strBytes(ts))), Addr: ts}
	default:
		val = machine.Value{Kind: machine.ObjectValue, Text: typeName(int(tag & typeMask)), Addr: v.gcOf(a)}
	}
	return val
}

// Entries implements machine.Control.
func (v *VM) Entries(h Addr, most int) (list []machine.Entry) {
	add := func(key, val machine.Value) bool {
		list = append(list, machine.Entry{Key: key, Value: val})
		return len(list) < most
	}
	if most <= 0 {
		return nil
	}
	if !v.isROTable(h) {
		for i := range v.m.Ptr(h + layout.TableSizeArray) {
			a := v.item(v.m.Ptr(h+layout.TableArray), i)
			if v.tag(a) != tagNil && !add(machine.Value{Kind: machine.IntValue, Int: int64(i + 1)}, v.valueOf(a)) {
				return list
			}
		}
	}
	v.eachEntry(h, func(key machine.Value, val Addr) bool { return add(key, v.valueOf(val)) })
	return list
}

// eachEntry calls f for each entry of a hash part or a read-only table until it tells false.
func (v *VM) eachEntry(h Addr, f func(key machine.Value, val Addr) bool) {
	m := v.m
	if v.isROTable(h) {
		if m.Ptr(h+layout.ROTableEntry) == 0 {
			return
		}
		for i := range int(m.U8(h + layout.ROTableLSizeNode)) {
			e := v.roEntry(h, i)
			key := machine.Value{Kind: machine.StringValue, Text: string(v.main.cString(m.Ptr(e + layout.ROEntryKey)))}
			if !f(key, e+layout.ROEntryValue) {
				return
			}
		}
		return
	}
	for n, end := v.nodes(h); n < end; n += nodeSize {
		if v.tag(n) != tagNil && !f(v.valueOf(n+layout.NodeKey), n) {
			return
		}
	}
}

// positionLevels bounds the length of a Position.
const positionLevels = 20

// Position implements machine.Machine.
func (v *VM) Position() string {
	var b strings.Builder
	b.WriteString("stack traceback:")
	t := v.running()
	lua := false
	for level := range positionLevels {
		ar, ok := t.GetStack(level)
		if !ok && !lua {
			return ""
		} else if !ok {
			return b.String()
		}
		t.GetInfo("Sln", &ar)
		b.WriteString("\n\t" + ar.ShortSrc + ":")
		lua = lua || ar.What != "C"
		if ar.CurrentLine > 0 {
			b.WriteString(strconv.Itoa(ar.CurrentLine) + ":")
		}
		switch {
		case ar.NameWhat != "":
			b.WriteString(" in function '" + ar.Name + "'")
		case ar.What == "main":
			b.WriteString(" in main chunk")
		case ar.What == "Lua":
			b.WriteString(" in function <" + ar.ShortSrc + ":" + strconv.Itoa(ar.LineDefined) + ">")
		default:
			b.WriteString(" ?")
		}
	}
	b.WriteString("\n\t...")
	return b.String()
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

// indexChain is how many metatables a search follows, which may lead in a circle.
const indexChain = 8

// Fields implements machine.Machine. It looks at memory as it is.
func (v *VM) Fields(path []string) (list []machine.Field) {
	if v.main == nil {
		return nil
	}
	at := v.main.globals()
	for _, name := range path {
		next := Addr(0)
		v.eachLevel(at, func(h Addr) bool {
			v.eachEntry(h, func(key machine.Value, val Addr) bool {
				if key.Kind == machine.StringValue && key.Text == name {
					next = val
				}
				return next == 0
			})
			return next == 0
		})
		if at = next; at == 0 {
			return nil
		}
	}
	v.eachLevel(at, func(h Addr) bool {
		v.eachEntry(h, func(key machine.Value, val Addr) bool {
			if key.Kind == machine.StringValue {
				list = append(list, machine.Field{Name: key.Text, Kind: typeName(int(v.tag(val) & typeMask))})
			}
			return true
		})
		return true
	})
	return list
}

// eachLevel calls f for the tables in which a field of a value is searched: the value itself and what __index leads
// to, as long as these are tables.
func (v *VM) eachLevel(at Addr, f func(h Addr) bool) {
	for range indexChain {
		if isTable(v.tag(at)) && !f(v.gcOf(at)) {
			return
		}
		mt := v.metatable(at)
		if mt == 0 {
			return
		}
		next := Addr(0)
		v.eachEntry(mt, func(key machine.Value, val Addr) bool {
			if key.Kind == machine.StringValue && key.Text == "__index" {
				next = val
			}
			return next == 0
		})
		if next == 0 || !isTable(v.tag(next)) {
			return
		}
		at = next
	}
}
