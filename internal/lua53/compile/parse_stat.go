package compile

import (
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

func (x *lexer) statements() {
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

// assignment parses the rest of an assignment whose target number n is lh.
func (x *lexer) assignment(lh *target, n int) {
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
		x.assignment(&nv, n+1)
	} else {
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

func (x *lexer) gotoStat(pc int) {
	line := x.line
	var label mem.Addr
	if x.optional(tkGoto) {
		label = x.name()
	} else {
		x.next()
		label = x.vm.String("break")
	}
	x.findLabel(x.newLabel(&x.dyn.gotos, label, line, pc))
}

func (x *lexer) labelStat(label mem.Addr, line int) {
	fs, labels := x.fs, &x.dyn.labels
	for i := fs.block.firstLabel; i < labels.n; i++ {
		if lb := x.label(labels, i); lb.name == label {
			x.semanticError("label '%s' already defined on line %d", x.vm.Text(label), lb.line)
		}
	}
	x.expect(tkDbColon)
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

func (x *lexer) genericFor(name mem.Addr) {
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
	x.expect(tkIn)
	line := x.line
	x.adjustAssign(3, x.exprList(&e), &e)
	fs.checkRegs(3) // to call the generator
	x.forBody(base, line, n, false)
}

func (x *lexer) forStat(line int) {
	var b block
	x.fs.enterBlock(&b, true)
	x.next()
	name := x.name()
	switch x.tok.kind {
	case '=':
		x.numericFor(name, line)
	case ',', tkIn:
		x.genericFor(name)
	default:
		x.syntaxError("'=' or 'in' expected")
	}
	x.expectMatch(tkEnd, tkFor, line)
	x.fs.leaveBlock()
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
	if x.tok.kind == tkGoto || x.tok.kind == tkBreak {
		fs.goIfFalse(&e) // the condition itself jumps to the label
		fs.enterBlock(&b, false)
		x.gotoStat(e.onTrue)
		for x.optional(';') {
		}
		if x.atBlockEnd(false) {
			fs.leaveBlock()
			return
		}
		skip = fs.jump()
	} else {
		fs.goIfTrue(&e)
		fs.enterBlock(&b, false)
		skip = e.onFalse
	}
	x.statements()
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
	nvars, nexps := 0, 0
	var e expr
	for {
		x.newLocal(x.name())
		nvars++
		if !x.optional(',') {
			break
		}
	}
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
	x.singleVar(&v)
	for x.tok.kind == '.' {
		x.field(&v)
	}
	isMethod := x.tok.kind == ':'
	if isMethod {
		x.field(&v)
	}
	x.body(&b, isMethod, line)
	x.fs.store(&v, &b)
	x.fs.addLine(x.fs.pc-1, line) // the definition happens in its first line
}

func (x *lexer) exprStat() {
	fs := x.fs
	var v target
	x.suffixed(&v.v)
	if x.tok.kind == '=' || x.tok.kind == ',' {
		x.assignment(&v, 1)
		return
	}
	if v.v.kind != eCall {
		x.syntaxError("syntax error")
	}
	fs.setInstr(v.v.info, opcode.SetC(fs.instr(v.v.info), 1)) // no results
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
	line := x.line
	x.enterLevel()
	switch x.tok.kind {
	case ';':
		x.next()
	case tkIf:
		x.ifStat(line)
	case tkWhile:
		x.whileStat(line)
	case tkDo:
		x.next()
		x.blockStat()
		x.expectMatch(tkEnd, tkDo, line)
	case tkFor:
		x.forStat(line)
	case tkRepeat:
		x.repeatStat(line)
	case tkFunction:
		x.functionStat(line)
	case tkLocal:
		x.next()
		if x.optional(tkFunction) {
			x.localFunction()
		} else {
			x.localStat()
		}
	case tkDbColon:
		x.next()
		x.labelStat(x.name(), line)
	case tkReturn:
		x.next()
		x.returnStat()
	case tkBreak, tkGoto:
		x.gotoStat(x.fs.jump())
	default:
		x.exprStat()
	}
	x.fs.freeReg = x.fs.nActive
	x.leaveLevel()
}
