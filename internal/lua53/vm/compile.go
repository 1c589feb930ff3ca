package vm

import (
	"moonlet.example/moonlet/internal/lua/source"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua53/compile"
	"moonlet.example/moonlet/internal/lua53/inspect"
	layout "moonlet.example/moonlet/internal/lua53/layout/v4"
	"moonlet.example/moonlet/internal/lua53/opcode"
)

// parse compiles a chunk whose first character is first. The closure of its main
// function is left on the stack.
func (t *Thread) parse(z *source.Input, job *compile.Job, name string, first int) Addr {
	m, v := t.m, t.v
	cl := t.newLClosure(1)
	v.setPtr(t.top(), cl, tagLua)
	t.incTop()
	h := t.newTable()
	v.setPtr(t.top(), h, tagTable)
	t.incTop()
	p := t.newProto()
	m.SetPtr(cl+layout.LClosureP, p)
	t.objBarrier(cl, p)
	m.SetPtr(p+layout.ProtoSource, t.newGoString(name))
	job.Parse(front{t}, compile.Chunk{Mem: m, Calls: t.l + layout.LuaStateNCCalls, In: z, First: first, Proto: p, Strings: h, Trace: t.v.trace})
	if level := m.U32(t.g + layout.GlobalStripDefault); level > 0 {
		t.stripDebug(p, int(level), 0)
	}
	t.setTop(t.top() - tvSize)
	return cl
}

// front is a thread as the front end sees it.
type front struct{ t *Thread }

// The methods of front are compile.Machine's.

func (f front) Realloc(at, old, size Addr) Addr { return f.t.realloc(at, old, size) }

func (f front) Grow(at Addr, size *int, elem Addr, limit int, what string) Addr {
	return f.t.growVector(at, size, elem, limit, what)
}

func (f front) ReallocVector(at, old, n, elem Addr) Addr {
	return f.t.reallocVector(at, old, n, elem)
}

func (f front) CheckGC()               { f.t.checkGC() }
func (f front) Barrier(from, to Addr)  { f.t.objBarrier(from, to) }
func (f front) NewProto() Addr         { return f.t.newProto() }
func (f front) String(s string) Addr   { return f.t.newGoString(s) }
func (f front) Text(ts Addr) string    { return f.t.v.Text(ts) }
func (f front) ChunkID(ts Addr) string { return inspect.ChunkID(f.t.v.Text(ts)) }
func (f front) ValueSize() Addr        { return tvSize }
func (f front) Throw()                 { f.t.throw(state.ErrSyntax) }

func (f front) Pushf(format string, args ...any) string {
	f.t.pushFString(format, args...)
	return f.t.topString()
}

// Anchor makes a string and anchors it in the scanner's table.
func (f front) Anchor(strings Addr, s []byte) Addr {
	t, v, tv := f.t, f.t.v, tvSize
	ts := t.newString(s)
	top := t.push()
	v.setString(top, ts)
	slot := t.set(strings, top)
	if v.tag(slot) == tagNil {
		v.setBool(slot, true)
		t.checkGC()
	} else { // use the one that the table has
		ts = v.gcOf(slot + layout.NodeKey - layout.NodeVal)
	}
	t.setTop(t.top() - tv)
	return ts
}

func (f front) ParseNumber(text []byte) (n compile.Number, ok bool) {
	i, fl, isInt, ok := f.t.v.parseNumber(text)
	return compile.Number{IsInt: isInt, Int: int64(i), Float: float64(fl)}, ok
}

// numeral puts a number into a slot.
func (v *VM) numeral(slot Addr, n compile.Number) {
	if n.IsInt {
		v.setInt(slot, Int(n.Int))
	} else {
		v.setFloat(slot, Float(n.Float))
	}
}

func (f front) Fold(op int, x, y compile.Number) (n compile.Number, ok bool) {
	t, v := f.t, f.t.v
	a, b := v.scratch(scratchArith), v.scratch(scratchArith2)
	v.numeral(a, x)
	v.numeral(b, y)
	switch op {
	case state.OpBAnd, state.OpBOr, state.OpBXor, state.OpShl, state.OpShr, state.OpBNot:
		if _, ok := v.toInteger(a, exact); !ok {
			return n, false
		}
		if _, ok := v.toInteger(b, exact); !ok {
			return n, false
		}
	case state.OpDiv, state.OpIDiv, state.OpMod:
		if n2, _ := v.toNumber(b); n2 == 0 {
			return n, false
		}
	}
	t.rawArith(op, a, b, a)
	if v.tag(a) == tagInt {
		return compile.Number{IsInt: true, Int: int64(v.intOf(a))}, true
	}
	fl := v.floatOf(a)
	return compile.Number{Float: float64(fl)}, fl == fl && fl != 0
}

// Constants. The scanner's table maps a key to the index of a constant.

// addK finds or adds the constant at val; key stands for it in the table.
func (t *Thread) addK(c *compile.Consts, key, val Addr) int {
	m, v := t.m, t.v
	slot := t.set(c.Strings, key)
	vec := m.Ptr(c.Proto + layout.ProtoK)
	if v.tag(slot) == tagInt {
		if k := int(v.intOf(slot)); k < c.N {
			if old := v.item(vec, Addr(k)); v.tag(old)&variantMask == v.tag(val)&variantMask && v.rawEqual(old, val) {
				return k
			}
		}
	}
	k := c.N
	v.setInt(slot, Int(k))
	if k+1 > c.Size {
		old := c.Size
		vec = t.growVector(vec, &c.Size, tvSize, opcode.MaxAx, "constants")
		for i := old; i < c.Size; i++ {
			v.setNil(v.item(vec, Addr(i)))
		}
		m.SetPtr(c.Proto+layout.ProtoK, vec)
		m.SetI32(c.Proto+layout.ProtoSizeK, int32(c.Size))
	}
	v.copyTV(v.item(vec, Addr(k)), val)
	c.N++
	t.barrier(c.Proto, val)
	return k
}

func (f front) StringK(c *compile.Consts, s Addr) int {
	a := f.t.v.scratch(scratchConst)
	f.t.v.setString(a, s)
	return f.t.addK(c, a, a)
}

// IntK adds an integer. Its key is a light userdata, which no float equals. That
// has 32 bits on the chip: integers of 64 bits whose lower halves are the same
// then take turns in the table of constants, and come twice. A compiler on a host
// of 64 bits tells them apart, which Config.WideKeys asks for.
func (f front) IntK(c *compile.Consts, i int64) int {
	n, v := Int(i), f.t.v
	a, key := v.scratch(scratchConst), v.scratch(scratchConst2)
	v.setPtr(key, Addr(uint32(n)), tagLight)
	if v.cfg.WideKeys && Int(int32(n)) != n {
		return f.wideIntK(c, n)
	}
	v.setInt(a, n)
	return f.t.addK(c, key, a)
}

// wideIntK adds an integer that a device address cannot stand for; its key is a
// string that nobody writes.
func (f front) wideIntK(c *compile.Consts, n Int) int {
	t, v := f.t, f.t.v
	key := t.push() // where the collector sees it
	v.setString(key, t.newGoString(string(appendInt([]byte("\x00integer constant "), int64(n)))))
	a := v.scratch(scratchConst)
	v.setInt(a, n)
	k := t.addK(c, key, a)
	t.setTop(t.top() - tvSize)
	return k
}

func (f front) FloatK(c *compile.Consts, n float64) int {
	a := f.t.v.scratch(scratchConst)
	f.t.v.setFloat(a, Float(n))
	return f.t.addK(c, a, a)
}

func (f front) BoolK(c *compile.Consts, b bool) int {
	a := f.t.v.scratch(scratchConst)
	f.t.v.setBool(a, b)
	return f.t.addK(c, a, a)
}

// NilK adds nil; its key is the table itself.
func (f front) NilK(c *compile.Consts) int {
	v := f.t.v
	a, key := v.scratch(scratchConst), v.scratch(scratchConst2)
	v.setPtr(key, c.Strings, tagTable)
	v.setNil(a)
	return f.t.addK(c, key, a)
}
