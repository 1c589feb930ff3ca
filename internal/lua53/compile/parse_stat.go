package compile

import (
	"moonlet.example/moonlet/internal/lua/syntax"
	layout "moonlet.example/moonlet/internal/lua53/layout/common"
	"moonlet.example/moonlet/internal/lua53/opcode"
	"moonlet.example/moonlet/internal/mem"
)

// Limits of the parser (lparser.c).
const (
	maxLocals = 200
	maxShort  = 1<<15 - 1
	multRet   = -1
)

// atBlockEnd tells whether the current token ends a block.
func (x *lexer) atBlockEnd(withUntil bool) bool {
	switch x.tok.kind {
	case tkElse, tkElseif, tkEnd, tkEOS:
		return true
	case tkUntil:
		return withUntil
	}
	return false
}

func (x *lexer) statements() { x.statementsFrom(x.mark()) }

// statementsFrom parses the statements of a block whose first token is at a mark.
func (x *lexer) statementsFrom(first int) {
	x.statementList()
	x.done(syntax.Block, first)
}

func (x *lexer) statementList() {
	for !x.atBlockEnd(true) {
		last := x.tok.kind == tkReturn
		x.statement()
		if last {
			return
		}
	}
}

func (x *lexer) blockStat() {
	var b block
	x.fs.enterBlock(&b, false)
	x.statements()
	x.fs.leaveBlock()
}

// target is one variable on the left side of an assignment.
type target struct {
	previous *target
	v        expr
}

// checkConflict looks whether an earlier target of the same assignment uses the
// local or upvalue e as its table or index; then it gets a copy of it.
func (x *lexer) checkConflict(lh *target, e *expr) {
	fs := x.fs
	extra, conflict := fs.freeReg, false
	for ; lh != nil; lh = lh.previous {
		if lh.v.kind != eIndexed {
			continue
		}
		if lh.v.in == e.kind && lh.v.table == e.info {
			conflict = true
			lh.v.in, lh.v.table = eLocal, extra
		}
		if e.kind == eLocal && lh.v.key == e.info {
			conflict = true
			lh.v.key = extra
		}
	}
	if conflict {
		op := opcode.GetUpval
		if e.kind == eLocal {
			op = opcode.Move
		}
		fs.codeABC(op, extra, e.info, 0)
		fs.reserve(1)
	}
}

// assignment parses the rest of an assignment whose target number n is lh, and which begins
// at the mark first.
func (x *lexer) assignment(lh *target, n, first int) {
	var e expr
	if !lh.v.kind.isVariable() {
		x.syntaxError("syntax error")
	}
	if x.optional(',') {
		nv := target{previous: lh}
		x.suffixed(&nv.v)
		if nv.v.kind != eIndexed {
			x.checkConflict(lh, &nv.v)
		}
		x.fs.checkLimit(n+int(x.m.U16(x.calls)), MaxCalls, "C levels")
		x.assignment(&nv, n+1, first)
	} else {
		x.done(syntax.Targets, first)
		x.expect('=')
		if got := x.exprList(&e); got != n {
			x.adjustAssign(n, got, &e)
		} else {
			x.fs.setOneRet(&e)
			x.fs.store(&lh.v, &e)
			return
		}
	}
	e.init(eNonReloc, x.fs.freeReg-1)
	x.fs.store(&lh.v, &e)
}

// condition parses a condition and returns the list of jumps taken when it is
// false.
func (x *lexer) condition() int {
	var e expr
	x.expression(&e)
	if e.kind == eNil {
		e.kind = eFalse
	}
	x.fs.goIfTrue(&e)
	return e.onFalse
}

func (x *lexer) gotoStat(pc int) (kind syntax.Kind) {
	line := x.line
	var label mem.Addr
	if x.optional(tkGoto) {
		label = x.name()
		kind = syntax.GotoStat
	} else {
		x.next()
		kind = syntax.BreakStat
		label = x.vm.String("break")
	}
	x.findLabel(x.newLabel(&x.dyn.gotos, label, line, pc))
	return kind
}

func (x *lexer) labelStat(label mem.Addr, line, first int) {
	fs, labels := x.fs, &x.dyn.labels
	for i := fs.block.firstLabel; i < labels.n; i++ {
		if lb := x.label(labels, i); lb.name == label {
			x.semanticError("label '%s' already defined on line %d", x.vm.Text(label), lb.line)
		}
	}
	x.expect(tkDbColon)
	x.done(syntax.LabelStat, first)
	l := x.newLabel(labels, label, line, fs.getLabel())
	for x.tok.kind == ';' || x.tok.kind == tkDbColon {
		x.statement()
	}
	if x.atBlockEnd(false) { // the block's locals are out of scope here
		x.setLabelActive(labels, l, fs.block.nActive)
	}
	x.findGotos(x.label(labels, l))
}

func (x *lexer) whileStat(line int) {
	fs := x.fs
	var b block
	x.next()
	start := fs.getLabel()
	exit := x.condition()
	fs.enterBlock(&b, true)
	x.expect(tkDo)
	x.blockStat()
	fs.patchList(fs.jump(), start)
	x.expectMatch(tkEnd, tkWhile, line)
	fs.leaveBlock()
	fs.patchToHere(exit)
}

func (x *lexer) repeatStat(line int) {
	fs := x.fs
	var loop, scope block
	start := fs.getLabel()
	fs.enterBlock(&loop, true)
	fs.enterBlock(&scope, false)
	x.next()
	x.statements()
	x.expectMatch(tkUntil, tkRepeat, line)
	exit := x.condition() // inside the scope
	if scope.hasUpval {
		fs.patchClose(exit, scope.nActive)
	}
	fs.leaveBlock()
	fs.patchList(exit, start)
	fs.leaveBlock()
}

func (x *lexer) nextRegExpr() {
	var e expr
	x.expression(&e)
	x.fs.toNextReg(&e)
}

// forBody is the body of both loops, whose control variables are at base.
func (x *lexer) forBody(base, line, nvars int, numeric bool) {
	fs := x.fs
	var b block
	x.adjustLocals(3)
	x.expect(tkDo)
	prep := 0
	if numeric {
		prep = fs.codeAsBx(opcode.ForPrep, base, noJump)
	} else {
		prep = fs.jump()
	}
	fs.enterBlock(&b, false)
	x.adjustLocals(nvars)
	fs.reserve(nvars)
	x.blockStat()
	fs.leaveBlock()
	fs.patchToHere(prep)
	end := 0
	if numeric {
		end = fs.codeAsBx(opcode.ForLoop, base, noJump)
	} else {
		fs.codeABC(opcode.TForCall, base, 0, nvars)
		fs.addLine(fs.pc-1, line)
		end = fs.codeAsBx(opcode.TForLoop, base+2, noJump)
	}
	fs.patchList(end, prep+1)
	fs.addLine(fs.pc-1, line)
}

func (x *lexer) numericFor(name mem.Addr, line int) {
	fs := x.fs
	base := fs.freeReg
	x.newLocalLiteral("(for index)")
	x.newLocalLiteral("(for limit)")
	x.newLocalLiteral("(for step)")
	x.newLocal(name)
	x.expect('=')
	x.nextRegExpr()
	x.expect(',')
	x.nextRegExpr()
	if x.optional(',') {
		x.nextRegExpr()
	} else {
		fs.codeK(fs.freeReg, x.vm.IntK(&fs.consts, 1))
		fs.reserve(1)
	}
	x.forBody(base, line, 1, true)
}

// genericFor parses a loop whose first name, at a mark, is read.
func (x *lexer) genericFor(name mem.Addr, first int) {
	fs := x.fs
	var e expr
	n, base := 1, fs.freeReg
	x.newLocalLiteral("(for generator)")
	x.newLocalLiteral("(for state)")
	x.newLocalLiteral("(for control)")
	x.newLocal(name)
	for x.optional(',') {
		x.newLocal(x.name())
		n++
	}
	x.done(syntax.Names, first)
	x.expect(tkIn)
	line := x.line
	x.adjustAssign(3, x.exprList(&e), &e)
	fs.checkRegs(3) // to call the generator
	x.forBody(base, line, n, false)
}

func (x *lexer) forStat(line int) (kind syntax.Kind) {
	var b block
	x.fs.enterBlock(&b, true)
	x.next()
	first := x.mark()
	name := x.name()
	switch x.tok.kind {
	case '=':
		x.numericFor(name, line)
		kind = syntax.NumericForStat
	case ',', tkIn:
		x.genericFor(name, first)
		kind = syntax.GenericForStat
	default:
		x.syntaxError("'=' or 'in' expected")
	}
	x.expectMatch(tkEnd, tkFor, line)
	x.fs.leaveBlock()
	return kind
}

// testThen is [if | elseif] condition then block; escapes collects the jumps to
// the end of the whole statement.
func (x *lexer) testThen(escapes *int) {
	fs := x.fs
	var b block
	var e expr
	skip := noJump // jumps over the block
	x.next()
	x.expression(&e)
	x.expect(tkThen)
	first := x.mark()
	if x.tok.kind == tkGoto || x.tok.kind == tkBreak {
		fs.goIfFalse(&e) // the condition itself jumps to the label
		fs.enterBlock(&b, false)
		kind := x.gotoStat(e.onTrue)
		x.done(kind, first)
		for end := x.mark(); x.optional(';'); end = x.mark() {
			x.done(syntax.EmptyStat, end)
		}
		if x.atBlockEnd(false) {
			fs.leaveBlock()
			x.done(syntax.Block, first)
			return
		}
		skip = fs.jump()
	} else {
		fs.goIfTrue(&e)
		fs.enterBlock(&b, false)
		skip = e.onFalse
	}
	x.statementsFrom(first)
	fs.leaveBlock()
	if x.tok.kind == tkElse || x.tok.kind == tkElseif {
		fs.concatJumps(escapes, fs.jump())
	}
	fs.patchToHere(skip)
}

func (x *lexer) ifStat(line int) {
	escapes := noJump
	x.testThen(&escapes)
	for x.tok.kind == tkElseif {
		x.testThen(&escapes)
	}
	if x.optional(tkElse) {
		x.blockStat()
	}
	x.expectMatch(tkEnd, tkIf, line)
	x.fs.patchToHere(escapes)
}

func (x *lexer) localFunction() {
	fs := x.fs
	var e expr
	x.newLocal(x.name())
	x.adjustLocals(1)
	x.body(&e, false, x.line)
	// Debug information sees the variable from here on.
	x.m.SetI32(fs.locVar(e.info)+layout.LocVarStartPC, int32(fs.pc))
}

func (x *lexer) localStat() {
	nvars, nexps, first := 0, 0, x.mark()
	var e expr
	for {
		x.newLocal(x.name())
		nvars++
		if !x.optional(',') {
			break
		}
	}
	x.done(syntax.Names, first)
	if x.optional('=') {
		nexps = x.exprList(&e)
	} else {
		e.kind = eVoid
	}
	x.adjustAssign(nvars, nexps, &e)
	x.adjustLocals(nvars)
}

func (x *lexer) functionStat(line int) {
	var v, b expr
	x.next()
	first := x.mark()
	x.singleVar(&v)
	for x.tok.kind == '.' {
		x.field(&v)
		x.done(syntax.FieldExpr, first)
	}
	isMethod := x.tok.kind == ':'
	if isMethod {
		x.field(&v)
		x.done(syntax.MethodExpr, first)
	}
	x.body(&b, isMethod, line)
	x.fs.store(&v, &b)
	x.fs.addLine(x.fs.pc-1, line) // the definition happens in its first line
}

func (x *lexer) exprStat() syntax.Kind {
	fs, first := x.fs, x.mark()
	var v target
	x.suffixed(&v.v)
	if x.tok.kind == '=' || x.tok.kind == ',' {
		x.assignment(&v, 1, first)
		return syntax.AssignStat
	}
	if v.v.kind != eCall {
		x.syntaxError("syntax error")
	}
	fs.setInstr(v.v.info, opcode.SetC(fs.instr(v.v.info), 1)) // no results
	return syntax.CallStat
}

func (x *lexer) returnStat() {
	fs := x.fs
	var e expr
	first, n := 0, 0
	if !x.atBlockEnd(true) && x.tok.kind != ';' {
		n = x.exprList(&e)
		switch {
		case e.kind.isMulti():
			fs.setMultRet(&e)
			if e.kind == eCall && n == 1 {
				fs.setInstr(e.info, opcode.SetOp(fs.instr(e.info), opcode.TailCall))
			}
			first, n = fs.nActive, multRet
		case n == 1:
			first = fs.toAnyReg(&e)
		default:
			fs.toNextReg(&e)
			first = fs.nActive
		}
	}
	fs.ret(first, n)
	x.optional(';')
}

func (x *lexer) statement() {
	line, first := x.line, x.mark()
	x.enterLevel()
	var kind syntax.Kind
	switch x.tok.kind {
	case ';':
		x.next()
		kind = syntax.EmptyStat
	case tkIf:
		x.ifStat(line)
		kind = syntax.IfStat
	case tkWhile:
		x.whileStat(line)
		kind = syntax.WhileStat
	case tkDo:
		x.next()
		x.blockStat()
		x.expectMatch(tkEnd, tkDo, line)
		kind = syntax.DoStat
	case tkFor:
		kind = x.forStat(line)
	case tkRepeat:
		x.repeatStat(line)
		kind = syntax.RepeatStat
	case tkFunction:
		x.functionStat(line)
		kind = syntax.FunctionStat
	case tkLocal:
		x.next()
		if x.optional(tkFunction) {
			x.localFunction()
			kind = syntax.LocalFunctionStat
		} else {
			x.localStat()
			kind = syntax.LocalStat
		}
	case tkReturn:
		x.next()
		x.returnStat()
		kind = syntax.ReturnStat
	case tkBreak, tkGoto:
		kind = x.gotoStat(x.fs.jump())
	case tkDbColon:
		x.next()
		x.labelStat(x.name(), line, first) // which tells its node, since other statements can follow in it
	default:
		kind = x.exprStat()
	}
	if kind != 0 {
		x.done(kind, first)
	}
	x.fs.freeReg = x.fs.nActive
	x.leaveLevel()
}
