package inspect

import (
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua53/chunk"
	layout "moonlet.example/moonlet/internal/lua53/layout/common"
	"moonlet.example/moonlet/internal/lua53/tag"
)

// This file reads variables and values.

// Variables implements machine.Control.
func (w *View) Variables(level int) []machine.Variable {
	l, ci := w.FrameAt(level)
	if ci == 0 || !w.isLua(ci) {
		return nil
	}
	return machine.VariablesOf(func(n int) (string, Addr) { return w.FindLocal(l, ci, n) },
		func(n int) (string, Addr, bool) {
			name, val, _, _, ok := w.UpvalueAt(w.ciFunc(ci), n)
			return name, val, ok
		}, w.valueOf)
}

// FindLocal finds the n-th local variable or value of the thread's frame ci.
func (w *View) FindLocal(l, ci Addr, n int) (name string, pos Addr) {
	m, tv := w.m, w.at.TVSize
	fn := w.FuncOf(l, ci)
	base := fn + tv
	if w.isLua(ci) {
		p := w.protoAt(fn)
		base = m.Ptr(ci + layout.CallInfoBase)
		if n < 0 {
			params := int(m.U8(p + layout.ProtoNumParams))
			extra := int(int32(base-fn))/int(tv) - params
			if n <= -extra {
				return "", 0
			}
			return "(*vararg)", fn + Addr(params-n)*tv
		}
		name, _ = w.LocalName(p, n, w.pc(p, ci))
	}
	if name == "" {
		limit := m.Ptr(l + layout.LuaStateTop)
		if ci != m.Ptr(l+layout.LuaStateCI) {
			limit = w.FuncOf(l, w.ciNext(ci))
		}
		if n <= 0 || int((int64(limit)-int64(base))/int64(tv)) < n {
			return "", 0
		}
		name = machine.Temporary
	}
	return name, base + Addr(n-1)*tv
}

// UpvalueAt finds the n-th upvalue of the function at a: its name, its value,
// and its owner, a C closure or a Lua upvalue.
func (w *View) UpvalueAt(a Addr, n int) (name string, val, owner, uv Addr, ok bool) {
	m := w.m
	if a == 0 {
		return
	}
	f := w.gcOf(a)
	switch w.tag(a) {
	case tag.CCl:
		if n >= 1 && n <= int(m.U8(f+layout.CClosureNUpvalues)) {
			return "", f + layout.CClosureUpvalue + Addr(n-1)*w.at.TVSize, f, 0, true
		}
	case tag.Lua:
		p := m.Ptr(f + layout.LClosureP)
		if n >= 1 && n <= int(m.I32(p+layout.ProtoSizeUpvalues)) {
			uv = m.Ptr(f + layout.LClosureUpvals + Addr(n-1)*4)
			name = "(*no name)"
			if s := m.Ptr(m.Ptr(p+layout.ProtoUpvalues) + Addr(n-1)*layout.UpvaldescSize + layout.UpvaldescName); s != 0 {
				name = w.Text(s)
			}
			return name, m.Ptr(uv + layout.UpValV), 0, uv, true
		}
	}
	return
}

// valueOf is the value at a.
func (w *View) valueOf(a Addr) (val machine.Value) {
	switch t := w.tag(a); t {
	case tag.Nil:
	case tag.Bool:
		val.Kind, val.Bool = machine.BoolValue, w.isTrue(a)
	case tag.Int:
		val.Kind, val.Int = machine.IntValue, w.integer(a)
	case tag.Float:
		val.Kind, val.Float = machine.FloatValue, w.float(a)
	default:
		o := w.gcOf(a)
		if isString(t) {
			return machine.Value{Kind: machine.StringValue, Text: w.goString(o), Addr: o}
		}
		return machine.Value{Kind: machine.ObjectValue, Text: chunk.TypeName(int(t & tag.TypeMask)), Addr: o}
	}
	return val
}

// Entries implements machine.Control.
func (w *View) Entries(h Addr, most int) (list []machine.Entry) {
	m := w.m
	if w.objTT(h) != tag.Table&tag.VariantMask {
		return nil
	}
	array := m.Ptr(h + layout.TableArray)
	for i := range m.U32(h + layout.TableSizeArray) {
		if len(list) == most {
			return list
		}
		if at := w.item(array, Addr(i)); w.tag(at) != tag.Nil {
			list = append(list, machine.Entry{Key: machine.Value{Kind: machine.IntValue, Int: int64(i) + 1}, Value: w.valueOf(at)})
		}
	}
	for n := range w.sizeNode(h) {
		at := m.Ptr(h+layout.TableNode) + n*w.at.NodeSize
		if len(list) == most {
			return list
		}
		if w.tag(at+layout.NodeVal) != tag.Nil {
			list = append(list, machine.Entry{Key: w.valueOf(at + w.at.NodeKey), Value: w.valueOf(at + layout.NodeVal)})
		}
	}
	return list
}
