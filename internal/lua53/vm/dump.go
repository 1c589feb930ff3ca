package vm

import (
	"moonlet.example/moonlet/internal/lua/source"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/compile"
	layout "moonlet.example/moonlet/internal/lua53/layout/v4"
)

// This file reads binary chunks, ".lc" files, into device memory; package chunk has
// their grammar, package inspect writes them.

// stripDebug takes debug information away from a prototype and those inside it
// (luaU_stripdebug). It returns the bytes that it freed, counted as the firmware
// counts them: line information is not among them, for its size is kept.
func (t *Thread) stripDebug(p Addr, level, deep int) int {
	m, freed := t.m, 0
	if deep > chunk.MaxNesting {
		t.v.badCode(p) // a function inside itself
	}
	vec := m.Ptr(p + layout.ProtoP)
	for i := range m.Ptr(p + layout.ProtoSizeP) {
		freed += t.stripDebug(m.Ptr(vec+4*i), level, deep+1)
	}
	if level >= 2 {
		if a := m.Ptr(p + layout.ProtoLineInfo); a != 0 {
			n := m.Ptr(p + layout.ProtoSizeLineInfo)
			t.free(a, n)
			m.SetPtr(p+layout.ProtoLineInfo, 0)
			freed += int(n)
		}
	}
	if level >= 1 {
		a := m.Ptr(p + layout.ProtoUpvalues)
		for i := range m.Ptr(p + layout.ProtoSizeUpvalues) {
			m.SetPtr(a+i*layout.UpvaldescSize+layout.UpvaldescName, 0)
		}
		n := m.Ptr(p + layout.ProtoSizeLocVars)
		t.free(m.Ptr(p+layout.ProtoLocVars), n*layout.LocVarSize)
		m.SetPtr(p+layout.ProtoLocVars, 0)
		m.SetPtr(p+layout.ProtoSizeLocVars, 0)
		freed += int(n * layout.LocVarSize)
	}
	return freed
}

// undumper reads a binary chunk.
type undumper struct {
	t    *Thread
	z    *source.Input
	name string
	off  int // bytes read so far
	deep int
}

func (u *undumper) fail(why string) {
	u.t.pushFString("%s: %s precompiled chunk", u.name, why)
	u.t.throw(state.ErrSyntax)
}

func (u *undumper) read(b []byte) {
	if u.z.Read(b) != 0 {
		u.fail("truncated")
	}
	u.off += len(b)
}

func (u *undumper) byte() byte {
	c := u.z.Next()
	if c == source.EOZ {
		u.fail("truncated")
	}
	u.off++
	return byte(c)
}

// more reads the following bytes of a multi-byte integer. As in C it wraps
// around.
func (u *undumper) more(x Int) Int {
	for {
		b := u.byte()
		x = x<<7 + Int(b&0x7f)
		if b&0x80 == 0 {
			return x
		}
	}
}

func (u *undumper) int() int32 { return int32(u.more(0)) }

// count reads the size of a vector. A negative one is as damaged as one that no
// memory could hold.
func (u *undumper) count() Addr {
	n := u.int()
	if n < 0 {
		u.t.tooBig()
	}
	return Addr(n)
}

func (u *undumper) tagged(first byte) Int {
	x := Int(first & 0x0f)
	if first&0x80 != 0 {
		x = u.more(x)
	}
	if first&chunk.TagMask == chunk.TagNegInt {
		return -x - 1
	}
	return x
}

// string reads a string whose first byte is given; 0 for none.
func (u *undumper) string(first byte) Addr {
	t := u.t
	n := int64(u.tagged(first)) - 1
	switch {
	case n < 0:
		return 0
	case n <= maxShortLen:
		var buf [maxShortLen]byte
		u.read(buf[:n])
		return t.intern(buf[:n])
	case n > maxSize-layout.TStringSize-1:
		t.tooBig()
	}
	ts := t.newLongString(Addr(n))
	t.v.setPtr(t.top(), ts, tagLong) // reading may collect
	t.incTop()
	u.read(t.m.Bytes(strData(ts), Addr(n)))
	t.setTop(t.top() - tvSize)
	return ts
}

// vector makes a zeroed vector of n elements; its address goes to a field of
// the prototype and n to another, so that the collector finds it.
func (u *undumper) vector(p, vec, size, n, elem Addr) Addr {
	m := u.t.m
	if n == 0 {
		return 0
	}
	a := u.t.reallocVector(0, 0, n, elem)
	m.Zero(a, n*elem)
	m.SetPtr(p+vec, a)
	m.SetPtr(p+size, n)
	return a
}

func (u *undumper) literal(s, why string) {
	var buf [8]byte
	b := buf[:len(s)]
	u.read(b)
	if string(b) != s {
		u.fail(why)
	}
}

func (u *undumper) size(n Addr, what string) {
	if Addr(u.byte()) != n {
		u.fail(what + " size mismatch in")
	}
}

// header checks the header; its first byte is consumed already.
func (u *undumper) header() {
	u.literal(chunk.Signature[1:], "not a")
	if u.byte() != chunk.Version {
		u.fail("version mismatch in")
	}
	if u.byte() != chunk.Format {
		u.fail("format mismatch in")
	}
	u.literal(chunk.Data, "corrupted")
	u.size(4, "int")
	u.size(4, "Instruction")
	u.size(intSize, "lua_Integer")
	u.size(floatSize, "lua_Number")
	u.byte() // the number's type
	a := u.t.v.scratch(scratchConst)
	u.read(u.t.m.Bytes(a, floatSize))
	if u.t.v.floatOf(a) != chunk.Num {
		u.fail("float format mismatch in")
	}
}

func (u *undumper) function(p, parentSource Addr) {
	t, m := u.t, u.t.m
	if u.deep++; u.deep > chunk.MaxNesting {
		u.fail("corrupted")
	}
	source := u.string(u.byte())
	if source == 0 {
		source = parentSource
	}
	m.SetPtr(p+layout.ProtoSource, source)
	if source != 0 {
		t.objBarrier(p, source)
	}
	m.SetI32(p+layout.ProtoLineDefined, u.int())
	m.SetI32(p+layout.ProtoLastLineDefined, u.int())
	m.SetU8(p+layout.ProtoNumParams, u.byte())
	m.SetU8(p+layout.ProtoIsVararg, u.byte())
	m.SetU8(p+layout.ProtoMaxStackSize, u.byte())

	n := u.count()
	vec := u.vector(p, layout.ProtoP, layout.ProtoSizeP, n, 4)
	for i := range n {
		sub := t.newProto()
		m.SetPtr(vec+4*i, sub)
		t.objBarrier(p, sub)
		u.function(sub, m.Ptr(p+layout.ProtoSource))
	}
	n = u.count()
	if code := u.vector(p, layout.ProtoCode, layout.ProtoSizeCode, n, 4); n > 0 {
		u.read(m.Bytes(code, 4*n))
	}
	u.constants(p)
	u.upvalues(p)
	u.debug(p)
	u.deep--
}

func (u *undumper) constants(p Addr) {
	t, v := u.t, u.t.v
	n := u.count()
	vec := u.vector(p, layout.ProtoK, layout.ProtoSizeK, n, tvSize)
	for i := range n {
		a, c := v.item(vec, i), u.byte()
		switch c & chunk.TagMask {
		case chunk.TagNil:
			v.setNil(a)
		case chunk.TagBool:
			v.setBool(a, c != chunk.TagBool)
		case chunk.TagFloat:
			tmp := v.scratch(scratchConst)
			u.read(t.m.Bytes(tmp, floatSize))
			v.setFloat(a, v.floatOf(tmp))
		case chunk.TagInt, chunk.TagNegInt:
			v.setInt(a, u.tagged(c))
		case chunk.TagShort, chunk.TagLong:
			ts := u.string(c)
			if ts == 0 {
				u.fail("corrupted")
			}
			v.setString(a, ts)
			t.barrier(p, a)
		default:
			u.fail("corrupted")
		}
	}
}

func (u *undumper) upvalues(p Addr) {
	t, m := u.t, u.t.m
	names := u.byte()
	n := u.count()
	if n > maxUpvalues {
		u.fail("corrupted")
	}
	a := u.vector(p, layout.ProtoUpvalues, layout.ProtoSizeUpvalues, n, layout.UpvaldescSize)
	for ; n > 0; n, a = n-1, a+layout.UpvaldescSize {
		if names != 0 {
			if name := u.string(u.byte()); name != 0 {
				m.SetPtr(a+layout.UpvaldescName, name)
				t.objBarrier(p, name)
			}
		}
		m.SetU8(a+layout.UpvaldescInStack, u.byte())
		m.SetU8(a+layout.UpvaldescIdx, u.byte())
	}
}

func (u *undumper) debug(p Addr) {
	t, m := u.t, u.t.m
	n := u.count()
	if line := u.vector(p, layout.ProtoLineInfo, layout.ProtoSizeLineInfo, n, 1); n > 0 {
		u.read(m.Bytes(line, n))
	}
	n = u.count()
	a := u.vector(p, layout.ProtoLocVars, layout.ProtoSizeLocVars, n, layout.LocVarSize)
	for ; n > 0; n, a = n-1, a+layout.LocVarSize {
		if name := u.string(u.byte()); name != 0 {
			m.SetPtr(a+layout.LocVarVarName, name)
			t.objBarrier(p, name)
		} else {
			u.fail("corrupted")
		}
		m.SetI32(a+layout.LocVarStartPC, u.int())
		m.SetI32(a+layout.LocVarEndPC, u.int())
	}
}

// undump reads a binary chunk whose first byte is consumed. The closure of its
// main function is left on the stack.
func (t *Thread) undump(z *source.Input, name string) Addr {
	u := &undumper{t: t, z: z, name: name, off: 1}
	switch {
	case name != "" && (name[0] == '@' || name[0] == '='):
		u.name = name[1:]
	case name != "" && name[0] == chunk.Signature[0]:
		u.name = "binary string"
	}
	u.header()
	n := u.byte()
	cl := t.newLClosure(Addr(n))
	t.v.setPtr(t.top(), cl, tagLua)
	t.incTop()
	p := t.newProto()
	t.m.SetPtr(cl+layout.LClosureP, p)
	t.objBarrier(cl, p)
	u.function(p, 0)
	if uint32(n) != t.m.U32(p+layout.ProtoSizeUpvalues) {
		u.fail("corrupted")
	}
	return cl
}

// load compiles or reads a chunk in a protected run and pushes its main function
// or an error message.
func (t *Thread) load(reader func() []byte, name, mode string) state.Status {
	m, v := t.m, t.v
	name = cText([]byte(name))
	z := &source.Input{Reader: reader}
	var job compile.Job
	off, ci := t.save(t.top()), t.ci()
	nny, allow, errFunc := t.nny(), m.U8(t.l+layout.LuaStateAllowHook), m.Ptr(t.l+layout.LuaStateErrFunc)
	t.setNNY(nny + 1)
	status := t.rawRun(func() {
		c := z.Next()
		var cl Addr
		if c == int(chunk.Signature[0]) {
			t.checkMode(mode, "binary")
			cl = t.undump(z, name)
		} else {
			t.checkMode(mode, "text")
			cl = t.parse(z, &job, name, c)
		}
		t.initUpvals(cl)
	})
	if status != state.OK {
		t.unwindTo(off, ci, allow, status)
	}
	m.SetPtr(t.l+layout.LuaStateErrFunc, errFunc)
	job.Free()
	t.setNNY(nny)
	if status == state.OK {
		t.setEnvironment(v.gcOf(t.top() - tvSize))
	}
	return status
}

// setEnvironment makes the globals the first upvalue of a main function, if it has
// one.
func (t *Thread) setEnvironment(cl Addr) {
	m, v := t.m, t.v
	if m.U8(cl+layout.LClosureNUpvalues) >= 1 {
		uv := m.Ptr(cl + layout.LClosureUpvals)
		v.copyTV(m.Ptr(uv+layout.UpValV), t.globals())
		v.upvalBarrier(uv)
	}
}

func (t *Thread) checkMode(mode, kind string) {
	for i := range len(mode) {
		if mode[i] == kind[0] {
			return
		}
	}
	t.pushFString("attempt to load a %s chunk (mode is '%s')", kind, mode)
	t.throw(state.ErrSyntax)
}

// globals is the place of the globals table in the registry.
func (t *Thread) globals() Addr {
	return t.v.getInt(t.v.gcOf(t.g+layout.GlobalRegistry), state.RIdxGlobals)
}
