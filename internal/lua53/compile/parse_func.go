package compile

import (
	"moonlet.example/moonlet/internal/lua/source"
	"moonlet.example/moonlet/internal/lua/syntax"
	layout "moonlet.example/moonlet/internal/lua53/layout/common"
	"moonlet.example/moonlet/internal/lua53/opcode"
	"moonlet.example/moonlet/internal/mem"
)

// funcState is a function under construction. Its prototype is in device memory
// and grows there; a copy of the vectors' addresses is kept here.
type funcState struct {
	x      *lexer
	prev   *funcState
	p      mem.Addr // prototype
	consts Consts
	block  *block

	pc         int
	lastTarget int // position of the last jump label
	jpc        int // jumps pending to pc
	np         int
	nups       int
	nLocVars   int
	nActive    int // active local variables
	firstLocal int // of this function in the list of active ones
	freeReg    int

	sizeCode, sizeP, sizeLocVars, sizeUpvals, sizeLine int
	code, line                                         mem.Addr

	lineLen  int // bytes of line information in use
	lastLine int
	lastPC   int
}

// field sets a pair of fields of the prototype: a vector and its size.
func (fs *funcState) setVector(vec, size mem.Addr, at mem.Addr, n int) {
	m := fs.x.m
	m.SetPtr(fs.p+vec, at)
	m.SetI32(fs.p+size, int32(n))
}

func (fs *funcState) checkLimit(n, limit int, what string) {
	if n <= limit {
		return
	}
	x := fs.x
	where := "main function"
	if line := int(x.m.I32(fs.p + layout.ProtoLineDefined)); line != 0 {
		where = x.vm.Pushf("function at line %d", line)
	}
	x.syntaxError(x.vm.Pushf("too many %s (limit is %d) in %s", what, limit, where))
}

func (fs *funcState) isVararg() bool {
	return fs.x.m.U8(fs.p+layout.ProtoIsVararg) != 0
}

func (fs *funcState) setParams(n int, vararg bool) {
	m := fs.x.m
	m.SetU8(fs.p+layout.ProtoNumParams, uint8(n))
	if vararg {
		m.SetU8(fs.p+layout.ProtoIsVararg, 1)
	}
}

func (fs *funcState) setLastLine(line int) {
	fs.x.m.SetI32(fs.p+layout.ProtoLastLineDefined, int32(line))
}

// newInnerProto adds a prototype to those of the current function.
func (x *lexer) newInnerProto() mem.Addr {
	m, fs := x.m, x.fs
	vec := m.Ptr(fs.p + layout.ProtoP)
	if fs.np >= fs.sizeP {
		old := fs.sizeP
		vec = x.vm.Grow(vec, &fs.sizeP, 4, opcode.MaxBx, "functions")
		m.Zero(vec+mem.Addr(old)*4, mem.Addr(fs.sizeP-old)*4)
		fs.setVector(layout.ProtoP, layout.ProtoSizeP, vec, fs.sizeP)
	}
	p := x.vm.NewProto()
	m.SetPtr(vec+mem.Addr(fs.np)*4, p)
	fs.np++
	x.vm.Barrier(fs.p, p)
	return p
}

// openFunc begins the function of prototype p.
func (x *lexer) openFunc(p mem.Addr, line int) *funcState {
	m := x.m
	m.SetI32(p+layout.ProtoLineDefined, int32(line))
	fs := &funcState{x: x, prev: x.fs, p: p, consts: Consts{Strings: x.strings, Proto: p}, jpc: noJump, firstLocal: x.dyn.active.n, lastPC: -1}
	x.fs = fs
	m.SetPtr(p+layout.ProtoSource, x.source)
	x.vm.Barrier(p, x.source)
	m.SetU8(p+layout.ProtoMaxStackSize, 2) // registers 0 and 1 are always valid
	fs.enterBlock(new(block), false)
	return fs
}

// closeFunc ends the current function and trims its vectors.
func (x *lexer) closeFunc() {
	m, fs := x.m, x.fs
	fs.ret(0, 0)
	fs.leaveBlock()
	trim := func(vec, size mem.Addr, old, n int, elem mem.Addr) {
		fs.setVector(vec, size, x.vm.ReallocVector(m.Ptr(fs.p+vec), mem.Addr(old), mem.Addr(n), elem), n)
	}
	trim(layout.ProtoCode, layout.ProtoSizeCode, fs.sizeCode, fs.pc, 4)
	if fs.lineLen+1 > fs.sizeLine {
		fs.line = x.vm.Grow(fs.line, &fs.sizeLine, 1, 1<<31-1, "line codes")
		fs.setVector(layout.ProtoLineInfo, layout.ProtoSizeLineInfo, fs.line, fs.sizeLine)
	}
	m.SetU8(fs.line+mem.Addr(fs.lineLen), 0)
	fs.lineLen++
	trim(layout.ProtoLineInfo, layout.ProtoSizeLineInfo, fs.sizeLine, fs.lineLen, 1)
	trim(layout.ProtoK, layout.ProtoSizeK, fs.consts.Size, fs.consts.N, x.vm.ValueSize())
	trim(layout.ProtoP, layout.ProtoSizeP, fs.sizeP, fs.np, 4)
	trim(layout.ProtoLocVars, layout.ProtoSizeLocVars, fs.sizeLocVars, fs.nLocVars, layout.LocVarSize)
	trim(layout.ProtoUpvalues, layout.ProtoSizeUpvalues, fs.sizeUpvals, fs.nups, layout.UpvaldescSize)
	x.fs = fs.prev
	x.vm.CheckGC()
}

// codeClosure emits the closure of the current function in the enclosing one.
// It uses the last register in use, as a collection in it requires.
func (x *lexer) codeClosure(e *expr) {
	fs := x.fs.prev
	e.init(eReloc, fs.codeABx(opcode.Closure, 0, fs.np-1))
	fs.toNextReg(e)
}

// Local variables.

// registerLocal adds debug information of a local variable.
func (x *lexer) registerLocal(name mem.Addr) int {
	m, fs := x.m, x.fs
	vec := m.Ptr(fs.p + layout.ProtoLocVars)
	if fs.nLocVars+1 > fs.sizeLocVars {
		old := fs.sizeLocVars
		vec = x.vm.Grow(vec, &fs.sizeLocVars, layout.LocVarSize, maxShort, "local variables")
		for i := old; i < fs.sizeLocVars; i++ {
			m.SetPtr(vec+mem.Addr(i)*layout.LocVarSize+layout.LocVarVarName, 0)
		}
		fs.setVector(layout.ProtoLocVars, layout.ProtoSizeLocVars, vec, fs.sizeLocVars)
	}
	m.SetPtr(vec+mem.Addr(fs.nLocVars)*layout.LocVarSize+layout.LocVarVarName, name)
	x.vm.Barrier(fs.p, name)
	fs.nLocVars++
	return fs.nLocVars - 1
}

func (x *lexer) newLocal(name mem.Addr) {
	fs, act := x.fs, &x.dyn.active
	reg := x.registerLocal(name)
	fs.checkLimit(act.n+1-fs.firstLocal, maxLocals, "local variables")
	if act.n+2 > act.size {
		act.at = x.vm.Grow(act.at, &act.size, layout.VardescSize, 1<<31-1, "local variables")
	}
	x.m.SetU16(act.at+mem.Addr(act.n)*layout.VardescSize, uint16(reg))
	act.n++
}

func (x *lexer) newLocalLiteral(name string) { x.newLocal(x.newString([]byte(name))) }

// locVar is the debug information of the i-th active local variable.
func (fs *funcState) locVar(i int) mem.Addr {
	m := fs.x.m
	idx := mem.Addr(m.U16(fs.x.dyn.active.at + mem.Addr(fs.firstLocal+i)*layout.VardescSize))
	return m.Ptr(fs.p+layout.ProtoLocVars) + idx*layout.LocVarSize
}

func (fs *funcState) localName(i int) mem.Addr {
	return fs.x.m.Ptr(fs.locVar(i) + layout.LocVarVarName)
}

// adjustLocals makes the n newest local variables active.
func (x *lexer) adjustLocals(n int) {
	fs := x.fs
	fs.nActive += n
	for ; n > 0; n-- {
		x.m.SetI32(fs.locVar(fs.nActive-n)+layout.LocVarStartPC, int32(fs.pc))
	}
}

func (fs *funcState) removeLocals(level int) {
	fs.x.dyn.active.n -= fs.nActive - level
	for fs.nActive > level {
		fs.nActive--
		fs.x.m.SetI32(fs.locVar(fs.nActive)+layout.LocVarEndPC, int32(fs.pc))
	}
}

func (fs *funcState) upvalDesc(i int) mem.Addr {
	return fs.x.m.Ptr(fs.p+layout.ProtoUpvalues) + mem.Addr(i)*layout.UpvaldescSize
}

func (fs *funcState) searchUpvalue(name mem.Addr) int {
	for i := range fs.nups {
		if fs.x.m.Ptr(fs.upvalDesc(i)+layout.UpvaldescName) == name {
			return i
		}
	}
	return -1
}

func (fs *funcState) newUpvalue(name mem.Addr, e *expr) int {
	x := fs.x
	m := x.m
	fs.checkLimit(fs.nups+1, MaxUpvalues, "upvalues")
	if fs.nups+1 > fs.sizeUpvals {
		old := fs.sizeUpvals
		vec := x.vm.Grow(m.Ptr(fs.p+layout.ProtoUpvalues), &fs.sizeUpvals, layout.UpvaldescSize, MaxUpvalues, "upvalues")
		for i := old; i < fs.sizeUpvals; i++ {
			m.SetPtr(vec+mem.Addr(i)*layout.UpvaldescSize+layout.UpvaldescName, 0)
		}
		fs.setVector(layout.ProtoUpvalues, layout.ProtoSizeUpvalues, vec, fs.sizeUpvals)
	}
	d := fs.upvalDesc(fs.nups)
	inStack := uint8(0)
	if e.kind == eLocal {
		inStack = 1
	}
	m.SetU8(d+layout.UpvaldescInStack, inStack)
	m.SetU8(d+layout.UpvaldescIdx, uint8(e.info))
	m.SetPtr(d+layout.UpvaldescName, name)
	x.vm.Barrier(fs.p, name)
	fs.nups++
	return fs.nups - 1
}

func (fs *funcState) searchLocal(name mem.Addr) int {
	for i := fs.nActive - 1; i >= 0; i-- {
		if fs.localName(i) == name {
			return i
		}
	}
	return -1
}

// markUpval marks the block of a local variable as one that has upvalues.
func (fs *funcState) markUpval(level int) {
	b := fs.block
	for b.nActive > level {
		b = b.previous
	}
	b.hasUpval = true
}

// findVar finds a variable in the function or the enclosing ones; a variable of
// an enclosing function becomes an upvalue of all functions between. e is eVoid
// for a global.
func (fs *funcState) findVar(name mem.Addr, e *expr, base bool) {
	if fs == nil {
		e.init(eVoid, 0)
		return
	}
	if i := fs.searchLocal(name); i >= 0 {
		e.init(eLocal, i)
		if !base {
			fs.markUpval(i)
		}
		return
	}
	i := fs.searchUpvalue(name)
	if i < 0 {
		fs.prev.findVar(name, e, false)
		if e.kind == eVoid {
			return
		}
		i = fs.newUpvalue(name, e)
	}
	e.init(eUpval, i)
}

func (x *lexer) singleVar(e *expr) {
	first := x.mark()
	name, fs := x.name(), x.fs
	x.done(syntax.NameExpr, first)
	fs.findVar(name, e, true)
	if e.kind == eVoid {
		var key expr
		fs.findVar(x.envName, e, true)
		x.codeString(&key, name)
		fs.indexed(e, &key)
	}
}

// adjustAssign makes nexps expressions, of which e is the last one, fit nvars
// variables.
func (x *lexer) adjustAssign(nvars, nexps int, e *expr) {
	fs := x.fs
	extra := nvars - nexps
	if e.kind.isMulti() {
		extra = max(extra+1, 0)
		fs.setReturns(e, extra)
		if extra > 1 {
			fs.reserve(extra - 1)
		}
	} else {
		if e.kind != eVoid {
			fs.toNextReg(e)
		}
		if extra > 0 {
			reg := fs.freeReg
			fs.reserve(extra)
			fs.loadNil(reg, extra)
		}
	}
	if nexps > nvars {
		fs.freeReg -= nexps - nvars
	}
}

// Chunk is a chunk to be compiled.
type Chunk struct {
	Mem   mem.Mem
	Calls mem.Addr // counter of nested C calls, 2 bytes
	In    *source.Input
	First int           // first character, which is no longer in In
	Trace syntax.Tracer // nil if nobody wants to know what is read

	// Objects that the collector sees by themselves.
	Proto   mem.Addr // empty prototype of the main function, with its source
	Strings mem.Addr // empty table that will anchor strings and find constants
}

// Parse compiles a chunk into its prototype. Errors are thrown; Free is needed after both.
func (j *Job) Parse(vm Machine, c Chunk) {
	j.vm = vm
	x := &lexer{vm: vm, m: c.Mem, calls: c.Calls, in: c.In, current: c.First, line: 1, lastLine: 1, strings: c.Strings,
		source: c.Mem.Ptr(c.Proto + layout.ProtoSource), dyn: &j.dyn, trace: c.Trace, nth: -1}
	x.ahead.kind = tkEOS
	x.envName = vm.String("_ENV")
	j.x = x
	x.buf.vm, x.buf.m = vm, c.Mem
	x.buf.resize(minBuffer)

	fs := x.openFunc(c.Proto, 0)
	fs.setParams(0, true)
	var env expr
	env.init(eLocal, 0)
	fs.newUpvalue(x.envName, &env)
	x.next()
	x.statements()
	if x.tok.kind != tkEOS {
		x.expectedError(tkEOS)
	}
	x.done(syntax.Chunk, 0)
	x.closeFunc()
}

// Job is what a compilation has on the heap besides objects.
type Job struct {
	vm  Machine
	dyn dynData
	x   *lexer
}

// Free gives it back. A Job that never began has nothing.
func (j *Job) Free() {
	if j.vm == nil {
		return
	}
	free := func(at, size mem.Addr) { j.vm.Realloc(at, size, 0) }
	if j.x != nil {
		free(j.x.buf.at, j.x.buf.size)
	}
	d := &j.dyn
	free(d.active.at, mem.Addr(d.active.size)*layout.VardescSize)
	free(d.gotos.at, mem.Addr(d.gotos.size)*layout.LabeldescSize)
	free(d.labels.at, mem.Addr(d.labels.size)*layout.LabeldescSize)
}
