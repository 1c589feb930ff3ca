package vm

import (
	"moonlet.example/moonlet/internal/lua/source"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua51/chunk"
	"moonlet.example/moonlet/internal/lua51/compile"
	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
	"moonlet.example/moonlet/internal/lua51/opcode"
	"moonlet.example/moonlet/internal/lua51/tag"
)

// load compiles a chunk, or reads a compiled one, with the collector blocked, and leaves a closure or a message on the
// stack (luaD_protectedparser).
func (t *Thread) load(reader func() []byte, name string) state.Status {
	m, v := t.m, t.v
	name = cText([]byte(name))
	z := &source.Input{Reader: reader}
	var job compile.Job
	u := undumper{t: t, z: z}
	status := t.protected(t.save(t.top()), t.m.Ptr(t.l+layout.LuaStateErrFunc), func() {
		c := z.Next()
		if c != source.EOZ {
			z.Skip(-1)
		}
		t.checkGC()
		t.block()
		var p Addr
		if c == int(chunk.Signature[0]) {
			p = u.undump(name)
		} else {
			source := t.newGoString(name)
			v.setString(t.top(), source)
			t.incTop()
			p = job.Parse(front{t}, compile.Chunk{Mem: m, Calls: t.l + layout.LuaStateNCCalls, In: z, Source: source, Trace: t.v.trace})
			if level := m.U32(t.g + layout.GlobalStripDefault); level > 0 {
				t.stripDebug(p, int(level), 0)
			}
			t.Pop(1)
		}
		n := Addr(m.U8(p + layout.ProtoNUps))
		cl := t.newLClosure(n, v.gcOf(t.globals()), p)
		for i := range n {
			m.SetPtr(cl+layout.LClosureSize+4*i, t.newUpval())
		}
		v.setPtr(t.top(), cl, tagFunc)
		t.incTop()
		t.unblock()
	})
	job.Free()
	u.free()
	return status
}

// front is a thread as the front end sees it.
type front struct{ t *Thread }

// The methods of front are compile.Machine's.

func (f front) Realloc(at, old, size Addr) Addr { return f.t.realloc(at, old, size) }

func (f front) Grow(at Addr, size *int, elem Addr, limit int, what string) Addr {
	return f.t.growVector(at, size, elem, limit, what)
}

func (f front) ReallocVector(at Addr, old, n int, elem Addr) Addr {
	return f.t.reallocVector(at, Addr(old), Addr(n), elem)
}

func (f front) Barrier(from, to Addr) { f.t.objBarrier(from, to) }

func (f front) NewFunction() (proto, table Addr) {
	t := f.t
	proto = t.newProto()
	table = t.newTable(0, 0)
	t.v.setPtr(t.top(), table, tagTable)
	t.incTop()
	t.v.setPtr(t.top(), proto, tagProto)
	t.incTop()
	return proto, table
}

func (f front) Pop() { f.t.Pop(2) }

func (f front) Anchor(table Addr, s []byte) Addr {
	t := f.t
	ts := t.newString(s)
	if slot := t.setStr(table, ts); t.v.tag(slot) == tagNil {
		t.v.setBool(slot, true)
	}
	return ts
}

func (f front) Text(ts Addr) []byte    { return f.t.v.strBytes(ts) }
func (f front) ChunkID(ts Addr) string { return chunk.ID(f.t.v.cGoString(ts), 80) }
func (f front) Throw()                 { f.t.throw(state.ErrSyntax) }
func (f front) ValueSize() Addr        { return tvSize }

func (f front) Pushf(format string, args ...any) string {
	f.t.pushFString(format, args...)
	return f.t.topString()
}

// addK finds or adds the constant at val; key stands for it in the table of constants.
func (f front) addK(c *compile.Consts, key, val Addr) int {
	t, v, m := f.t, f.t.v, f.t.m
	slot := t.set(c.Table, key)
	if v.tag(slot) == tagNumber {
		return int(numInt(v.numOf(slot)))
	}
	v.setNum(slot, Num(c.N))
	vec := m.Ptr(c.Proto + layout.ProtoK)
	if c.N+1 > c.Size {
		old := c.Size
		vec = t.growVector(vec, &c.Size, tvSize, opcode.MaxBx, "constant table overflow")
		for i := old; i < c.Size; i++ {
			v.setNil(v.item(vec, Addr(i)))
		}
		m.SetPtr(c.Proto+layout.ProtoK, vec)
		m.SetI32(c.Proto+layout.ProtoSizeK, int32(c.Size))
	}
	v.copyTV(v.item(vec, Addr(c.N)), val)
	t.barrier(c.Proto, val)
	c.N++
	return c.N - 1
}

// constant is scratch memory for a constant.
func (f front) constant() Addr { return f.t.v.scratch(scratchFront) }

func (f front) StringK(c *compile.Consts, s Addr) int {
	a := f.constant()
	f.t.v.setString(a, s)
	return f.addK(c, a, a)
}

func (f front) NumberK(c *compile.Consts, n compile.Number) int {
	a := f.constant()
	f.t.v.setNum(a, numeralOf(n))
	return f.addK(c, a, a)
}

func (f front) BoolK(c *compile.Consts, b bool) int {
	a := f.constant()
	f.t.v.setBool(a, b)
	return f.addK(c, a, a)
}

// NilK adds nil; its key is the table itself.
func (f front) NilK(c *compile.Consts) int {
	a, key := f.constant(), f.t.v.scratch(scratchEnv)
	f.t.v.setNil(a)
	f.t.v.setPtr(key, c.Table, tagTable)
	return f.addK(c, key, a)
}

func (f front) ParseNumber(text []byte) (compile.Number, bool) {
	n, ok := f.t.v.parseNumber(text)
	return numberOf(n), ok
}

func (f front) Fold(op compile.Op, x, y compile.Number) (compile.Number, bool) {
	a, b := numeralOf(x), numeralOf(y)
	if (op == compile.OpDiv || op == compile.OpMod) && (b == 0 || integral && b == -1 && a == -1<<31) {
		return x, false // the C tool crashes where the least integer is divided by -1
	}
	r := f.t.rawArith(tag.Add+tag.Event(op), a, b)
	return numberOf(r), !isNaN(r)
}
