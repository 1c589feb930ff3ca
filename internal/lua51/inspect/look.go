package inspect

import (
	"moonlet.example/moonlet/internal/lua/machine"
	layout "moonlet.example/moonlet/internal/lua51/layout/common"
	"moonlet.example/moonlet/internal/lua51/tag"
)

// This file is what a debugger, a profile and a console look at: frames, variables, tables.

// Depth implements machine.Control.
func (v *View) Depth() int { return machine.Frames(v.eachFrame).Depth() }

// eachFrame calls f for each function that runs, with its thread and its frame, until it tells false: innermost first,
// and below a coroutine's functions those of the thread that resumed it.
func (v *View) eachFrame(f func(l, ci Addr) bool) {
	if v.c.Main == 0 {
		return
	}
	for i := 0; ; i++ {
		l := v.c.Running(i)
		if l == 0 {
			v.frames(v.c.Main, f)
			return
		}
		if !v.frames(l, f) {
			return
		}
	}
}

// frames is eachFrame for one thread.
func (v *View) frames(l Addr, f func(l, ci Addr) bool) bool {
	for ci := v.m.Ptr(l + layout.LuaStateCI); ci > v.m.Ptr(l+layout.LuaStateBaseCI); ci -= layout.CallInfoSize {
		if !f(l, ci) {
			return false
		}
	}
	return true
}

// FrameAt finds the function at a level of CallStack, and its thread; ci is 0 if there is none.
func (v *View) FrameAt(level int) (l, ci Addr) { return machine.Frames(v.eachFrame).At(level) }

// CallStack implements machine.Machine.
func (v *View) CallStack(list []machine.Frame) []machine.Frame {
	return machine.Frames(v.eachFrame).CallStack(list, v.c.Space, func(l, ci Addr) (f machine.Frame, ok bool) {
		if p := v.ProtoOf(v.function(ci)); p != 0 {
			f = v.defined(p)
			f.Line = max(v.FuncLine(p, max(v.CurrentPC(l, ci), 0)), 0)
		} else if a := v.codeAt(v.function(ci)); a != 0 {
			f = machine.Frame{Source: v.c.ROM.Path(a), LineDefined: -1}
		} else {
			return f, false
		}
		return f, true
	})
}

// Variables implements machine.Control.
func (v *View) Variables(level int) []machine.Variable {
	l, ci := v.FrameAt(level)
	if ci == 0 || !v.IsLua(ci) {
		return nil
	}
	return machine.VariablesOf(func(n int) (string, Addr) { return v.FindLocal(l, ci, n) },
		func(n int) (string, Addr, bool) {
			name, val, _, ok := v.UpvalueAt(v.function(ci), n)
			return name, val, ok
		}, v.valueOf)
}

// valueOf is the value at a.
func (v *View) valueOf(a Addr) (val machine.Value) {
	switch t := v.tag(a); t {
	case tag.Nil:
	case tag.Bool:
		val.Kind, val.Bool = machine.BoolValue, v.isTrue(a)
	case tag.Number:
		n := v.c.Number(a)
		val.Kind, val.Float = machine.FloatValue, n
		if i := int64(n); float64(i) == n {
			val = machine.Value{Kind: machine.IntValue, Int: i}
		}
	case tag.String:
		ts := v.object(a)
		val = machine.Value{Kind: machine.StringValue, Text: v.goString(ts), Addr: ts}
	default:
		val = machine.Value{Kind: machine.ObjectValue, Text: typeOf(t), Addr: v.object(a)}
	}
	return val
}

// Entries implements machine.Control.
func (v *View) Entries(h Addr, most int) (list []machine.Entry) {
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
			if v.tag(a) != tag.Nil && !add(machine.Value{Kind: machine.IntValue, Int: int64(i + 1)}, v.valueOf(a)) {
				return list
			}
		}
	}
	v.eachEntry(h, func(key machine.Value, val Addr) bool { return add(key, v.valueOf(val)) })
	return list
}

// eachEntry calls f for each entry of a hash part or a read-only table until it tells false.
func (v *View) eachEntry(h Addr, f func(key machine.Value, val Addr) bool) {
	m := v.m
	if v.isROTable(h) {
		if m.Ptr(h+layout.ROTableEntry) == 0 {
			return
		}
		for i := range int(m.U8(h + layout.ROTableLSizeNode)) {
			e := v.roEntry(h, i)
			key := machine.Value{Kind: machine.StringValue, Text: v.cText(m.Ptr(e + layout.ROEntryKey))}
			if !f(key, e+layout.ROEntryValue) {
				return
			}
		}
		return
	}
	n, end, _ := v.nodes(h)
	for ; n < end; n += v.at.NodeSize {
		if v.tag(n) != tag.Nil && !f(v.valueOf(n+v.at.NodeKey), n) {
			return
		}
	}
}

// EachField implements machine.Tables.
func (v *View) EachField(h Addr, f func(key []byte, val Addr) bool) {
	v.eachEntry(h, func(key machine.Value, val Addr) bool {
		return key.Kind != machine.StringValue || f([]byte(key.Text), val)
	})
}

// Fields implements machine.Machine. It looks at memory as it is.
func (v *View) Fields(path []string) []machine.Field {
	return machine.FieldsOf(v, v.c.Main+layout.LuaStateGlobals, path)
}

// TableAt implements machine.Tables.
func (v *View) TableAt(a Addr) Addr {
	if isTable(v.tag(a)) {
		return v.object(a)
	}
	return 0
}

// MetatableOf implements machine.Tables.
func (v *View) MetatableOf(a Addr) Addr { return v.metatable(a) }

// KindAt implements machine.Tables.
func (v *View) KindAt(a Addr) string { return typeOf(v.tag(a)) }
