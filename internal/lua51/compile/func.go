package compile

import (
	"moonlet.example/moonlet/internal/lua/source"
	"moonlet.example/moonlet/internal/lua/syntax"
	layout "moonlet.example/moonlet/internal/lua51/layout/common"
	"moonlet.example/moonlet/internal/lua51/opcode"
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
	freeReg    int
	np         int
	nLocVars   int
	nActive    int            // active local variables
	active     [maxLocals]int // and where their debug information is
	upvals     []upvalue      // in their order
	sizeCode   int            // of the prototype's vectors
	sizeP      int
	sizeLocals int
	sizeUpvals int
	code       mem.Addr

	line     mem.Addr // see line.go
	sizeLine int
	lineAt   int // where the last count is
	lastLine int
	lastPC   int
}

// upvalue is a local variable or an upvalue of the enclosing function.
type upvalue struct {
	kind exprKind
	info int
}

// block is a block of statements (BlockCnt).
type block struct {
	previous *block
	breaks   int // jumps out of this loop
	nActive  int // active local variables outside
	hasUpval bool
	isLoop   bool
}

// setVector sets a pair of fields of the prototype: a vector and its size.
func (fs *funcState) setVector(vec, size mem.Addr, at mem.Addr, n int) {
	m := fs.x.m
	m.SetPtr(fs.p+vec, at)
	m.SetI32(fs.p+size, int32(n))
}

// checkLimit raises an error if n is more than there may be.
func (fs *funcState) checkLimit(n, limit int, what string) {
	if n <= limit {
		return
	}
	x := fs.x
	if line := int(x.m.I32(fs.p + layout.ProtoLineDefined)); line != 0 {
		x.lexError(x.vm.Pushf("function at line %d has more than %d %s", line, limit, what), 0)
	}
	x.lexError(x.vm.Pushf("main function has more than %d %s", limit, what), 0)
}

// openFunc begins a function.
func (x *lexer) openFunc() *funcState {
	p, table := x.vm.NewFunction()
	fs := &funcState{x: x, prev: x.fs, p: p, consts: Consts{Table: table, Proto: p}, lastTarget: -1, jpc: noJump, lastPC: -1}
	x.fs = fs
	x.m.SetPtr(p+layout.ProtoSource, x.source)
	x.m.SetU8(p+layout.ProtoMaxStackSize, 2) // registers 0 and 1 are always valid
	return fs
}

// closeFunc ends the current function and trims its vectors.
func (x *lexer) closeFunc() {
	m, fs := x.m, x.fs
	fs.removeLocals(0)
	fs.ret(0, 0)
	trim := func(vec, size mem.Addr, old, n int, elem mem.Addr) {
		fs.setVector(vec, size, x.vm.ReallocVector(m.Ptr(fs.p+vec), old, n, elem), n)
	}
	trim(layout.ProtoCode, layout.ProtoSizeCode, fs.sizeCode, fs.pc, 4)
	fs.setLineByte(fs.lineAt+1, 0)
	m.SetPtr(fs.p+layout.ProtoLineInfo, x.vm.ReallocVector(fs.line, fs.sizeLine, fs.lineAt+2, 1))
	trim(layout.ProtoK, layout.ProtoSizeK, fs.consts.Size, fs.consts.N, x.vm.ValueSize())
	trim(layout.ProtoP, layout.ProtoSizeP, fs.sizeP, fs.np, 4)
	trim(layout.ProtoLocVars, layout.ProtoSizeLocVars, fs.sizeLocals, fs.nLocVars, layout.LocVarSize)
	trim(layout.ProtoUpvalues, layout.ProtoSizeUpvalues, fs.sizeUpvals, len(fs.upvals), 4)
	x.fs = fs.prev
	// The last token was kept alive by the table that goes now; the firmware anchors it in the one
	// around.
	if k := x.tok.kind; x.fs != nil && (k == tkName || k == tkString) {
		x.newString(x.vm.Text(x.tok.s))
	}
	x.vm.Pop()
}

// codeClosure adds a function to those of the enclosing one, and emits its closure with what says where its
// upvalues are.
func (x *lexer) codeClosure(f *funcState, e *expr) {
	m, fs := x.m, x.fs
	vec := m.Ptr(fs.p + layout.ProtoP)
	if fs.np+1 > fs.sizeP {
		old := fs.sizeP
		vec = x.vm.Grow(vec, &fs.sizeP, 4, opcode.MaxBx, "constant table overflow")
		m.Zero(vec+mem.Addr(old)*4, mem.Addr(fs.sizeP-old)*4)
		fs.setVector(layout.ProtoP, layout.ProtoSizeP, vec, fs.sizeP)
	}
	m.SetPtr(vec+mem.Addr(fs.np)*4, f.p)
	fs.np++
	x.vm.Barrier(fs.p, f.p)
	e.init(eReloc, fs.codeABx(opcode.Closure, 0, fs.np-1))
	for _, u := range f.upvals {
		op := opcode.GetUpval
		if u.kind == eLocal {
			op = opcode.Move
		}
		fs.codeABC(op, 0, u.info, 0)
	}
}

// Local variables.

// registerLocal adds debug information of a local variable.
func (x *lexer) registerLocal(name mem.Addr) int {
	m, fs := x.m, x.fs
	vec := m.Ptr(fs.p + layout.ProtoLocVars)
	if fs.nLocVars+1 > fs.sizeLocals {
		old := fs.sizeLocals
		vec = x.vm.Grow(vec, &fs.sizeLocals, layout.LocVarSize, maxShort, "too many local variables")
		for i := old; i < fs.sizeLocals; i++ {
			m.SetPtr(vec+mem.Addr(i)*layout.LocVarSize+layout.LocVarVarName, 0)
		}
		fs.setVector(layout.ProtoLocVars, layout.ProtoSizeLocVars, vec, fs.sizeLocals)
	}
	m.SetPtr(vec+mem.Addr(fs.nLocVars)*layout.LocVarSize+layout.LocVarVarName, name)
	x.vm.Barrier(fs.p, name)
	fs.nLocVars++
	return fs.nLocVars - 1
}

// newLocal declares the n-th variable of a list, from 0 on.
func (x *lexer) newLocal(name mem.Addr, n int) {
	fs := x.fs
	fs.checkLimit(fs.nActive+n+1, maxLocals, "local variables")
	fs.active[fs.nActive+n] = x.registerLocal(name)
}

func (x *lexer) newLocalLiteral(name string, n int) { x.newLocal(x.newString([]byte(name)), n) }

// locVar is the debug information of the i-th active local variable.
func (fs *funcState) locVar(i int) mem.Addr {
	return fs.x.m.Ptr(fs.p+layout.ProtoLocVars) + mem.Addr(fs.active[i])*layout.LocVarSize
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
	for fs.nActive > level {
		fs.nActive--
		fs.x.m.SetI32(fs.locVar(fs.nActive)+layout.LocVarEndPC, int32(fs.pc))
	}
}

// upvalueIndex finds or adds an upvalue.
func (fs *funcState) upvalueIndex(name mem.Addr, e *expr) int {
	for i, u := range fs.upvals {
		if u.kind == e.kind && u.info == e.info {
			return i
		}
	}
	x, n := fs.x, len(fs.upvals)
	m := x.m
	fs.checkLimit(n+1, maxUpvalues, "upvalues")
	vec := m.Ptr(fs.p + layout.ProtoUpvalues)
	if n+1 > fs.sizeUpvals {
		old := fs.sizeUpvals
		vec = x.vm.Grow(vec, &fs.sizeUpvals, 4, maxInt, "")
		m.Zero(vec+mem.Addr(old)*4, mem.Addr(fs.sizeUpvals-old)*4)
		fs.setVector(layout.ProtoUpvalues, layout.ProtoSizeUpvalues, vec, fs.sizeUpvals)
	}
	m.SetPtr(vec+mem.Addr(n)*4, name)
	x.vm.Barrier(fs.p, name)
	fs.upvals = append(fs.upvals, upvalue{e.kind, e.info})
	m.SetU8(fs.p+layout.ProtoNUps, uint8(len(fs.upvals)))
	return n
}

// findVar finds a variable in the function or the enclosing ones; a variable of
// an enclosing function becomes an upvalue of all functions between.
func (fs *funcState) findVar(name mem.Addr, e *expr, base bool) {
	if fs == nil {
		e.init(eGlobal, opcode.NoReg)
		return
	}
	for i := fs.nActive - 1; i >= 0; i-- {
		if fs.x.m.Ptr(fs.locVar(i)+layout.LocVarVarName) == name {
			e.init(eLocal, i)
			if !base {
				fs.markUpval(i)
			}
			return
		}
	}
	fs.prev.findVar(name, e, false)
	if e.kind == eGlobal {
		return
	}
	e.info = fs.upvalueIndex(name, e)
	e.kind = eUpval
}

// markUpval marks the block of a local variable as one that has upvalues.
func (fs *funcState) markUpval(level int) {
	b := fs.block
	for b != nil && b.nActive > level {
		b = b.previous
	}
	if b != nil {
		b.hasUpval = true
	}
}

func (x *lexer) singleVar(e *expr) {
	first := x.mark()
	name := x.name()
	x.done(syntax.NameExpr, first)
	x.fs.findVar(name, e, true)
	if e.kind == eGlobal {
		e.info = x.vm.StringK(&x.fs.consts, name)
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
		return
	}
	if e.kind != eVoid {
		fs.toNextReg(e)
	}
	if extra > 0 {
		reg := fs.freeReg
		fs.reserve(extra)
		fs.loadNil(reg, extra)
	}
}

func (fs *funcState) enterBlock(b *block, isLoop bool) {
	*b = block{previous: fs.block, breaks: noJump, nActive: fs.nActive, isLoop: isLoop}
	fs.block = b
}

func (fs *funcState) leaveBlock() {
	b := fs.block
	fs.block = b.previous
	fs.removeLocals(b.nActive)
	if b.hasUpval {
		fs.codeABC(opcode.Close, b.nActive, 0, 0)
	}
	fs.freeReg = fs.nActive
	fs.patchToHere(b.breaks)
}

// enterLevel counts a syntactic level, leaveLevel is its end.
func (x *lexer) enterLevel() {
	n := x.m.U16(x.calls) + 1
	x.m.SetU16(x.calls, n)
	if n > MaxCalls {
		x.lexError("chunk has too many syntax levels", 0)
	}
}

func (x *lexer) leaveLevel() { x.m.SetU16(x.calls, x.m.U16(x.calls)-1) }

// Chunk is a chunk to be compiled.
type Chunk struct {
	Mem    mem.Mem
	Calls  mem.Addr // counter of nested C calls, 2 bytes
	In     *source.Input
	Source mem.Addr      // string object of its name, which the collector sees by itself
	Trace  syntax.Tracer // who wants to know what is read; nil for nobody
}

// Job is what a compilation has on the heap besides objects.
type Job struct{ x *lexer }

// Parse compiles a chunk, and gives the prototype of its main function, to which nothing refers. Errors
// are thrown; Free is needed after both.
func (j *Job) Parse(vm Machine, c Chunk) mem.Addr {
	x := &lexer{vm: vm, m: c.Mem, calls: c.Calls, in: c.In, line: 1, lastLine: 1, source: c.Source, trace: c.Trace, nth: -1}
	j.x = x
	x.ahead.kind = tkEOS
	x.buf.vm, x.buf.m = vm, c.Mem
	x.buf.resize(minBuffer)
	x.advance()
	fs := x.openFunc()
	x.m.SetU8(fs.p+layout.ProtoIsVararg, varargIs)
	x.next()
	x.statements()
	if x.tok.kind != tkEOS {
		x.expectedError(tkEOS)
	}
	x.done(syntax.Chunk, 0)
	x.closeFunc()
	return fs.p
}

// Free gives the heap back.
func (j *Job) Free() {
	if j.x != nil {
		j.x.vm.Realloc(j.x.buf.at, j.x.buf.size, 0)
	}
}
