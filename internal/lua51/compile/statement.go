package compile

import (
	"moonlet.example/moonlet/internal/lua/syntax"
	layout "moonlet.example/moonlet/internal/lua51/layout/common"
	"moonlet.example/moonlet/internal/lua51/opcode"
	"moonlet.example/moonlet/internal/mem"
)

// endsBlock tells whether a block ends before a token.
func endsBlock(kind int) bool {
	switch kind {
	case tkElse, tkElseif, tkEnd, tkUntil, tkEOS:
		return true
	}
	return false
}

// statements reads the statements of a block (chunk, lparser.c).
func (x *lexer) statements() {
	x.enterLevel()
	begin := x.mark()
	for last := false; !last && !endsBlock(x.tok.kind); {
		first := x.mark()
		kind := x.statement()
		x.done(kind, first)
		last = kind == syntax.ReturnStat || kind == syntax.BreakStat
		if end := x.mark(); x.test(';') {
			x.done(syntax.EmptyStat, end)
		}
		x.fs.freeReg = x.fs.nActive
	}
	x.done(syntax.Block, begin)
	x.leaveLevel()
}

func (x *lexer) blockOf() {
	var b block
	x.fs.enterBlock(&b, false)
	x.statements()
	x.fs.leaveBlock()
}

// statement reads one, and tells its kind.
func (x *lexer) statement() syntax.Kind {
	line := x.line
	switch x.tok.kind {
	case tkIf:
		x.ifStat(line)
		return syntax.IfStat
	case tkWhile:
		x.whileStat(line)
		return syntax.WhileStat
	case tkDo:
		x.next()
		x.blockOf()
		x.match(tkEnd, tkDo, line)
		return syntax.DoStat
	case tkFor:
		return x.forStat(line)
	case tkRepeat:
		x.repeatStat(line)
		return syntax.RepeatStat
	case tkFunction:
		x.functionStat(line)
		return syntax.FunctionStat
	case tkLocal:
		x.next()
		if x.test(tkFunction) {
			x.localFunction()
			return syntax.LocalFunctionStat
		}
		x.localStat()
		return syntax.LocalStat
	case tkReturn:
		x.returnStat()
		return syntax.ReturnStat
	case tkBreak:
		x.next()
		x.breakStat()
		return syntax.BreakStat
	}
	return x.exprStat()
}

// target is a variable on the left side of an assignment.
type target struct {
	prev *target
	v    expr
}

// checkConflict copies a local variable that is assigned to, if targets before it use it as a table or a key.
func (x *lexer) checkConflict(t *target, v *expr) {
	fs := x.fs
	extra, conflict := fs.freeReg, false
	for ; t != nil; t = t.prev {
		if t.v.kind != eIndexed {
			continue
		}
		if t.v.info == v.info {
			conflict = true
			t.v.info = extra
		}
		if t.v.key == v.info {
			conflict = true
			t.v.key = extra
		}
	}
	if conflict {
		fs.codeABC(opcode.Move, fs.freeReg, v.info, 0)
		fs.reserve(1)
	}
}

// assignment reads what follows a target, of which the first one is at a mark.
func (x *lexer) assignment(t *target, nvars, first int) {
	fs := x.fs
	var e expr
	if t.v.kind < eLocal || t.v.kind > eIndexed {
		x.syntaxError("syntax error")
	}
	if x.test(',') {
		next := target{prev: t}
		x.primary(&next.v)
		if next.v.kind == eLocal {
			x.checkConflict(t, &next.v)
		}
		fs.checkLimit(nvars, MaxCalls-int(x.m.U16(x.calls)), "variables in assignment")
		x.assignment(&next, nvars+1, first)
	} else {
		x.done(syntax.Targets, first)
		x.expect('=')
		n := x.exprList(&e)
		if n == nvars {
			fs.setOneRet(&e)
			fs.store(&t.v, &e)
			return
		}
		x.adjustAssign(nvars, n, &e)
		if n > nvars {
			fs.freeReg -= n - nvars
		}
	}
	e.init(eNonReloc, fs.freeReg-1)
	fs.store(&t.v, &e)
}

func (x *lexer) exprStat() syntax.Kind {
	var t target
	first := x.mark()
	x.primary(&t.v)
	if t.v.kind == eCall {
		x.fs.setC(t.v.info, 1)
		return syntax.CallStat
	}
	x.assignment(&t, 1, first)
	return syntax.AssignStat
}

// condition gives the jumps for when it is false.
func (x *lexer) condition() int {
	var e expr
	x.expr(&e)
	if e.kind == eNil {
		e.kind = eFalse
	}
	x.fs.goIfTrue(&e)
	return e.onFalse
}

func (x *lexer) breakStat() {
	fs := x.fs
	b, upval := fs.block, false
	for b != nil && !b.isLoop {
		upval = upval || b.hasUpval
		b = b.previous
	}
	if b == nil {
		x.syntaxError("no loop to break")
	}
	if upval {
		fs.codeABC(opcode.Close, b.nActive, 0, 0)
	}
	fs.concatJumps(&b.breaks, fs.jump())
}

func (x *lexer) whileStat(line int) {
	fs := x.fs
	x.next()
	start := fs.getLabel()
	exit := x.condition()
	var b block
	fs.enterBlock(&b, true)
	x.expect(tkDo)
	x.blockOf()
	fs.patchList(fs.jump(), start)
	x.match(tkEnd, tkWhile, line)
	fs.leaveBlock()
	fs.patchToHere(exit)
}

func (x *lexer) repeatStat(line int) {
	fs := x.fs
	start := fs.getLabel()
	var loop, scope block
	fs.enterBlock(&loop, true)
	fs.enterBlock(&scope, false)
	x.next()
	x.statements()
	x.match(tkUntil, tkRepeat, line)
	exit := x.condition()
	if !scope.hasUpval {
		fs.leaveBlock()
		fs.patchList(exit, start)
	} else { // the variables have to be closed on both ways
		x.breakStat()
		fs.patchToHere(exit)
		fs.leaveBlock()
		fs.patchList(fs.jump(), start)
	}
	fs.leaveBlock()
}

func (x *lexer) forStat(line int) (kind syntax.Kind) {
	fs := x.fs
	var b block
	fs.enterBlock(&b, true)
	x.next()
	first := x.mark()
	name := x.name()
	switch x.tok.kind {
	case '=':
		x.forNumber(name, line)
		kind = syntax.NumericForStat
	case ',', tkIn:
		x.forList(name, first)
		kind = syntax.GenericForStat
	default:
		x.syntaxError("'=' or 'in' expected")
	}
	x.match(tkEnd, tkFor, line)
	fs.leaveBlock()
	return kind
}

// one reads an expression into the next register.
func (x *lexer) one() {
	var e expr
	x.expr(&e)
	x.fs.toNextReg(&e)
}

func (x *lexer) forNumber(name mem.Addr, line int) {
	fs := x.fs
	base := fs.freeReg
	x.newLocalLiteral("(for index)", 0)
	x.newLocalLiteral("(for limit)", 1)
	x.newLocalLiteral("(for step)", 2)
	x.newLocal(name, 3)
	x.expect('=')
	x.one()
	x.expect(',')
	x.one()
	if x.test(',') {
		x.one()
	} else {
		fs.codeABx(opcode.LoadK, fs.freeReg, x.vm.NumberK(&fs.consts, One()))
		fs.reserve(1)
	}
	x.forBody(base, line, 1, true)
}

// forList reads a loop whose first name, at a mark, is read.
func (x *lexer) forList(name mem.Addr, first int) {
	fs := x.fs
	base := fs.freeReg
	x.newLocalLiteral("(for generator)", 0)
	x.newLocalLiteral("(for state)", 1)
	x.newLocalLiteral("(for control)", 2)
	x.newLocal(name, 3)
	n := 4
	for x.test(',') {
		x.newLocal(x.name(), n)
		n++
	}
	x.done(syntax.Names, first)
	x.expect(tkIn)
	line := x.line
	var e expr
	count := x.exprList(&e)
	x.adjustAssign(3, count, &e)
	fs.checkRegs(3)
	x.forBody(base, line, n-3, false)
}

func (x *lexer) forBody(base, line, nvars int, number bool) {
	fs := x.fs
	x.adjustLocals(3)
	x.expect(tkDo)
	prep := 0
	if number {
		prep = fs.codeAsBx(opcode.ForPrep, base, noJump)
	} else {
		prep = fs.jump()
	}
	var b block
	fs.enterBlock(&b, false)
	x.adjustLocals(nvars)
	fs.reserve(nvars)
	x.blockOf()
	fs.leaveBlock()
	fs.patchToHere(prep)
	var end int
	if number {
		end = fs.codeAsBx(opcode.ForLoop, base, noJump)
	} else {
		fs.codeABC(opcode.TForLoop, base, 0, nvars)
	}
	fs.fixLine(line)
	if !number {
		end = fs.jump()
	}
	fs.patchList(end, prep+1)
}

// thenBlock reads "if cond then block", and gives the jumps for when the condition is false.
func (x *lexer) thenBlock() int {
	x.next()
	exit := x.condition()
	x.expect(tkThen)
	x.blockOf()
	return exit
}

func (x *lexer) ifStat(line int) {
	fs := x.fs
	escapes := noJump
	exit := x.thenBlock()
	for x.tok.kind == tkElseif {
		fs.concatJumps(&escapes, fs.jump())
		fs.patchToHere(exit)
		exit = x.thenBlock()
	}
	if x.tok.kind == tkElse {
		fs.concatJumps(&escapes, fs.jump())
		fs.patchToHere(exit)
		x.next()
		x.blockOf()
	} else {
		fs.concatJumps(&escapes, exit)
	}
	fs.patchToHere(escapes)
	x.match(tkEnd, tkIf, line)
}

func (x *lexer) localFunction() {
	fs := x.fs
	var v, b expr
	x.newLocal(x.name(), 0)
	v.init(eLocal, fs.freeReg)
	fs.reserve(1)
	x.adjustLocals(1)
	x.body(&b, false, x.line)
	fs.store(&v, &b)
	x.m.SetI32(fs.locVar(fs.nActive-1)+layout.LocVarStartPC, int32(fs.pc))
}

func (x *lexer) localStat() {
	nvars, nexps, first := 0, 0, x.mark()
	var e expr
	for {
		x.newLocal(x.name(), nvars)
		nvars++
		if !x.test(',') {
			break
		}
	}
	x.done(syntax.Names, first)
	if x.test('=') {
		nexps = x.exprList(&e)
	} else {
		e.kind = eVoid
	}
	x.adjustAssign(nvars, nexps, &e)
	x.adjustLocals(nvars)
}

func (x *lexer) functionStat(line int) {
	x.next()
	var v, b expr
	first := x.mark()
	x.singleVar(&v)
	for x.tok.kind == '.' {
		x.field(&v)
		x.done(syntax.FieldExpr, first)
	}
	method := x.tok.kind == ':'
	if method {
		x.field(&v)
		x.done(syntax.MethodExpr, first)
	}
	x.body(&b, method, line)
	x.fs.store(&v, &b)
	x.fs.fixLine(line)
}

func (x *lexer) returnStat() {
	fs := x.fs
	x.next()
	if endsBlock(x.tok.kind) || x.tok.kind == ';' {
		fs.ret(0, 0)
		return
	}
	var e expr
	n := x.exprList(&e)
	switch {
	case e.kind.isMulti():
		fs.setMultRet(&e)
		if e.kind == eCall && n == 1 {
			fs.setInstr(e.info, fs.instr(e.info)&^0x3f|uint32(opcode.TailCall))
		}
		fs.ret(fs.nActive, multRet)
	case n == 1:
		fs.ret(fs.toAnyReg(&e), 1)
	default:
		fs.toNextReg(&e)
		fs.ret(fs.nActive, n)
	}
}
