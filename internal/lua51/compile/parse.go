package compile

import (
	"moonlet.example/moonlet/internal/lua/syntax"
	layout "moonlet.example/moonlet/internal/lua51/layout/common"
	"moonlet.example/moonlet/internal/lua51/opcode"
	"moonlet.example/moonlet/internal/mem"
)

// Expressions.

// Bits of a prototype's is_vararg (lobject.h).
const (
	varargHasArg   = opcode.VarargHasArg
	varargIs       = opcode.VarargIs
	varargNeedsArg = opcode.VarargNeedsArg
)

func (x *lexer) test(kind int) bool {
	if x.tok.kind == kind {
		x.next()
		return true
	}
	return false
}

func (x *lexer) check(kind int) {
	if x.tok.kind != kind {
		x.expectedError(kind)
	}
}

func (x *lexer) expect(kind int) {
	x.check(kind)
	x.next()
}

// match expects the token that closes another one.
func (x *lexer) match(what, who, where int) {
	if x.test(what) {
		return
	}
	if where == x.line {
		x.expectedError(what)
	}
	x.syntaxError(x.vm.Pushf("'%s' expected (to close '%s' at line %d)", x.tokenText(what), x.tokenText(who), where))
}

func (x *lexer) name() mem.Addr {
	x.check(tkName)
	s := x.tok.s
	x.next()
	return s
}

func (x *lexer) codeString(e *expr, s mem.Addr) { e.init(eK, x.vm.StringK(&x.fs.consts, s)) }

// field reads ".name" or ":name".
func (x *lexer) field(e *expr) {
	var key expr
	x.fs.toAnyReg(e)
	x.next()
	x.codeString(&key, x.name())
	x.fs.indexed(e, &key)
}

// index reads "[expr]".
func (x *lexer) index(e *expr) {
	x.next()
	x.expr(e)
	x.fs.toValue(e)
	x.expect(']')
}

// items is what a constructor has so far.
type items struct {
	last    expr  // the last item of the list
	table   *expr // where the table is
	records int
	list    int
	pending int // items of the list that are in registers
}

func (x *lexer) recordItem(c *items) {
	fs, reg := x.fs, x.fs.freeReg
	var key, value expr
	first, kind := x.mark(), syntax.IndexedField
	if x.tok.kind == tkName {
		kind = syntax.NamedField
		fs.checkLimit(c.records, maxInt, "items in a constructor")
		x.codeString(&key, x.name())
	} else {
		x.index(&key)
	}
	c.records++
	x.expect('=')
	k := fs.toRK(&key)
	x.expr(&value)
	fs.codeABC(opcode.SetTable, c.table.info, k, fs.toRK(&value))
	fs.freeReg = reg
	x.done(kind, first)
}

func (x *lexer) listItem(c *items) {
	x.expr(&c.last)
	x.fs.checkLimit(c.list, maxInt, "items in a constructor")
	c.list++
	c.pending++
}

// closeItem puts an item into a register, and all of them into the table when there are many.
func (fs *funcState) closeItem(c *items) {
	if c.last.kind == eVoid {
		return
	}
	fs.toNextReg(&c.last)
	c.last.kind = eVoid
	if c.pending == opcode.FieldsPerFlush {
		fs.setList(c.table.info, c.list, c.pending)
		c.pending = 0
	}
}

func (fs *funcState) lastItem(c *items) {
	switch {
	case c.pending == 0:
	case c.last.kind.isMulti():
		fs.setMultRet(&c.last)
		fs.setList(c.table.info, c.list, multRet)
		c.list-- // nobody knows how many it is
	default:
		if c.last.kind != eVoid {
			fs.toNextReg(&c.last)
		}
		fs.setList(c.table.info, c.list, c.pending)
	}
}

func (x *lexer) constructor(e *expr) {
	fs, line, first := x.fs, x.line, x.mark()
	pc := fs.codeABC(opcode.NewTable, 0, 0, 0)
	c := items{table: e}
	e.init(eReloc, pc)
	c.last.init(eVoid, 0)
	fs.toNextReg(e)
	x.expect('{')
	for x.tok.kind != '}' {
		fs.closeItem(&c)
		switch {
		case x.tok.kind == '[', x.tok.kind == tkName && x.lookAhead() == '=':
			x.recordItem(&c)
		default:
			x.listItem(&c)
		}
		if !x.test(',') && !x.test(';') {
			break
		}
	}
	x.match('}', '{', line)
	x.done(syntax.TableExpr, first)
	fs.lastItem(&c)
	fs.setB(pc, floatingByte(c.list))
	fs.setC(pc, floatingByte(c.records))
}

// floatingByte is a number as eeeeexxx: (1xxx) · 2^(eeeee-1), or xxx (luaO_int2fb).
func floatingByte(n int) int {
	e := 0
	for n >= 16 {
		n = (n + 1) >> 1
		e++
	}
	if n < 8 {
		return n
	}
	return (e+1)<<3 | (n - 8)
}

func (x *lexer) parameters() {
	m, fs, n, first := x.m, x.fs, 0, x.mark()
	vararg := uint8(0)
	if x.tok.kind != ')' {
		for {
			switch x.tok.kind {
			case tkName:
				x.newLocal(x.name(), n)
				n++
			case tkDots:
				x.next()
				x.newLocalLiteral("arg", n)
				n++
				vararg = varargHasArg | varargNeedsArg | varargIs
			default:
				x.syntaxError("<name> or '...' expected")
			}
			if vararg != 0 || !x.test(',') {
				break
			}
		}
	}
	x.done(syntax.Params, first)
	m.SetU8(fs.p+layout.ProtoIsVararg, vararg)
	x.adjustLocals(n)
	m.SetU8(fs.p+layout.ProtoNumParams, uint8(fs.nActive)-vararg&varargHasArg)
	fs.reserve(fs.nActive)
}

func (x *lexer) body(e *expr, method bool, line int) {
	fs := x.openFunc()
	x.m.SetI32(fs.p+layout.ProtoLineDefined, int32(line))
	first := x.mark()
	x.expect('(')
	if method {
		x.newLocalLiteral("self", 0)
		x.adjustLocals(1)
	}
	x.parameters()
	x.expect(')')
	x.statements()
	x.m.SetI32(fs.p+layout.ProtoLastLineDefined, int32(x.line))
	x.match(tkEnd, tkFunction, line)
	x.done(syntax.Body, first)
	x.closeFunc()
	x.codeClosure(fs, e)
}

// exprList reads expressions; all but the last one go to registers.
func (x *lexer) exprList(e *expr) int {
	n := 1
	x.expr(e)
	for x.test(',') {
		x.fs.toNextReg(e)
		x.expr(e)
		n++
	}
	return n
}

func (x *lexer) arguments(f *expr) {
	fs, line := x.fs, x.line
	var args expr
	switch x.tok.kind {
	case '(':
		if line != x.lastLine {
			x.syntaxError("ambiguous syntax (function call x new statement)")
		}
		x.next()
		args.init(eVoid, 0)
		if x.tok.kind != ')' {
			x.exprList(&args)
			fs.setMultRet(&args)
		}
		x.match(')', '(', line)
	case '{':
		x.constructor(&args)
	case tkString:
		first := x.mark()
		x.codeString(&args, x.tok.s)
		x.next()
		x.done(syntax.StringExpr, first)
	default:
		x.syntaxError("function arguments expected")
	}
	base, n := f.info, multRet
	if !args.kind.isMulti() {
		if args.kind != eVoid {
			fs.toNextReg(&args)
		}
		n = fs.freeReg - (base + 1)
	}
	f.init(eCall, fs.codeABC(opcode.Call, base, n+1, 2))
	fs.fixLine(line)
	fs.freeReg = base + 1
}

func (x *lexer) prefixExpr(e *expr) {
	switch x.tok.kind {
	case '(':
		line, first := x.line, x.mark()
		x.next()
		x.expr(e)
		x.match(')', '(', line)
		x.done(syntax.ParenExpr, first)
		x.fs.discharge(e)
	case tkName:
		x.singleVar(e)
	default:
		x.syntaxError("unexpected symbol")
	}
}

func (x *lexer) primary(e *expr) {
	fs, first := x.fs, x.mark()
	x.prefixExpr(e)
	for {
		var key expr
		switch x.tok.kind {
		case '.':
			x.field(e)
			x.done(syntax.FieldExpr, first)
		case '[':
			fs.toAnyReg(e)
			x.index(&key)
			fs.indexed(e, &key)
			x.done(syntax.IndexExpr, first)
		case ':':
			x.next()
			x.codeString(&key, x.name())
			x.done(syntax.MethodExpr, first)
			fs.self(e, &key)
			x.arguments(e)
			x.done(syntax.CallExpr, first)
		case '(', tkString, '{':
			fs.toNextReg(e)
			x.arguments(e)
			x.done(syntax.CallExpr, first)
		default:
			return
		}
	}
}

func (x *lexer) simple(e *expr) {
	first, kind := x.mark(), syntax.NumberExpr
	switch x.tok.kind {
	case tkNumber:
		e.init(eNumber, 0)
		e.n = x.tok.n
	case tkString:
		x.codeString(e, x.tok.s)
		kind = syntax.StringExpr
	case tkNil:
		e.init(eNil, 0)
		kind = syntax.NilExpr
	case tkTrue:
		e.init(eTrue, 0)
		kind = syntax.TrueExpr
	case tkFalse:
		e.init(eFalse, 0)
		kind = syntax.FalseExpr
	case tkDots:
		at := x.fs.p + layout.ProtoIsVararg
		v := x.m.U8(at)
		if v == 0 {
			x.syntaxError("cannot use '...' outside a vararg function")
		}
		x.m.SetU8(at, v&^varargNeedsArg)
		e.init(eVararg, x.fs.codeABC(opcode.Vararg, 0, 1, 0))
		kind = syntax.DotsExpr
	case '{':
		x.constructor(e)
		return
	case tkFunction:
		x.next()
		x.body(e, false, x.line)
		x.done(syntax.FunctionExpr, first)
		return
	default:
		x.primary(e)
		return
	}
	x.next()
	x.done(kind, first)
}

// sub reads an expression whose operators bind more strongly than limit, and gives the token of the first
// that does not.
func (x *lexer) sub(e *expr, limit int) int {
	x.enterLevel()
	first := x.mark()
	switch unary := x.tok.kind; unary {
	case tkNot, '-', '#':
		x.next()
		x.sub(e, unaryPriority)
		x.done(syntax.UnaryExpr, first)
		x.fs.prefix(unary, e)
	default:
		x.simple(e)
	}
	token := x.tok.kind
	for {
		o, ok := binaries[token]
		if !ok || o.left <= limit {
			break
		}
		var right expr
		x.next()
		x.fs.infix(&o, e)
		next := x.sub(&right, o.right)
		x.done(syntax.BinaryExpr, first)
		x.fs.postfix(&o, e, &right)
		token = next
	}
	x.leaveLevel()
	return token
}

func (x *lexer) expr(e *expr) { x.sub(e, 0) }
