package compile

import (
	"moonlet.example/moonlet/internal/lua/syntax"
	"moonlet.example/moonlet/internal/lua53/opcode"
	"moonlet.example/moonlet/internal/mem"
)

// exprKind says where the value of an expression is (lparser.h).
type exprKind uint8

const (
	eVoid exprKind = iota // no expression: an empty list
	eNil                  // the constants
	eTrue
	eFalse
	eK // constant number info
	eKFloat
	eKInt
	eNonReloc // in register info
	eLocal    // local variable in register info
	eUpval    // upvalue number info
	eIndexed  // table entry: see expr
	eJump     // a comparison whose jump is at info
	eReloc    // result of the instruction at info, whose register is open
	eCall     // call at info
	eVararg   // vararg instruction at info
)

// expr describes a value whose code may not be complete.
type expr struct {
	kind exprKind
	info int
	i    int64   // of eKInt
	f    float64 // of eKFloat
	// For eIndexed: the key (RK), the table's register or upvalue, and which of
	// the two it is (eLocal or eUpval).
	key   int
	table int
	in    exprKind
	// Lists of jumps that leave the expression when it is true or false.
	onTrue, onFalse int
}

func (e *expr) init(kind exprKind, info int) {
	*e = expr{kind: kind, info: info, onTrue: noJump, onFalse: noJump}
}

func (e *expr) hasJumps() bool { return e.onTrue != e.onFalse }

func (k exprKind) isMulti() bool    { return k == eCall || k == eVararg }
func (k exprKind) isVariable() bool { return eLocal <= k && k <= eIndexed }

func (x *lexer) expression(e *expr) { x.subExpr(e, 0) }

// codeString makes e a string constant.
func (x *lexer) codeString(e *expr, s mem.Addr) { e.init(eK, x.vm.StringK(&x.fs.consts, s)) }

func (x *lexer) checkName(e *expr) { x.codeString(e, x.name()) }

// field is "." name or ":" name.
func (x *lexer) field(e *expr) {
	var key expr
	x.fs.toAnyRegUp(e)
	x.next()
	x.checkName(&key)
	x.fs.indexed(e, &key)
}

// index is "[" expression "]".
func (x *lexer) index(e *expr) {
	x.next()
	x.expression(e)
	x.fs.toValue(e)
	x.expect(']')
}

// constructor collects what a table constructor has so far.
type constructor struct {
	item    expr // last list item
	table   *expr
	nh, na  int // record and list items
	pending int // list items not yet stored
}

func (x *lexer) recordField(c *constructor) {
	fs := x.fs
	reg := fs.freeReg
	var key, val expr
	first, kind := x.mark(), syntax.IndexedField
	if x.tok.kind == tkName {
		kind = syntax.NamedField
		fs.checkLimit(c.nh, 1<<31-1, "items in a constructor")
		x.checkName(&key)
	} else {
		x.index(&key)
	}
	c.nh++
	x.expect('=')
	rk := fs.toRK(&key)
	x.expression(&val)
	fs.codeABC(opcode.SetTable, c.table.info, rk, fs.toRK(&val))
	fs.freeReg = reg
	x.done(kind, first)
}

// closeListField stores the last list item, and a full batch of them.
func (x *lexer) closeListField(c *constructor) {
	if c.item.kind == eVoid {
		return
	}
	x.fs.toNextReg(&c.item)
	c.item.kind = eVoid
	if c.pending == opcode.FieldsPerFlush {
		x.fs.setList(c.table.info, c.na, c.pending)
		c.pending = 0
	}
}

func (x *lexer) lastListField(c *constructor) {
	switch {
	case c.pending == 0:
		return
	case c.item.kind.isMulti():
		x.fs.setMultRet(&c.item)
		x.fs.setList(c.table.info, c.na, multRet)
		c.na-- // nobody knows how many there are
	default:
		if c.item.kind != eVoid {
			x.fs.toNextReg(&c.item)
		}
		x.fs.setList(c.table.info, c.na, c.pending)
	}
}

func (x *lexer) listField(c *constructor) {
	x.expression(&c.item)
	x.fs.checkLimit(c.na, 1<<31-1, "items in a constructor")
	c.na++
	c.pending++
}

// tableConstructor is "{" [ field { ("," | ";") field } ] "}".
func (x *lexer) tableConstructor(e *expr) {
	fs, line, first := x.fs, x.line, x.mark()
	pc := fs.codeABC(opcode.NewTable, 0, 0, 0)
	c := constructor{table: e}
	e.init(eReloc, pc)
	c.item.init(eVoid, 0)
	fs.toNextReg(e)
	x.expect('{')
	for x.tok.kind != '}' {
		x.closeListField(&c)
		switch {
		case x.tok.kind == '[', x.tok.kind == tkName && x.lookAhead() == '=':
			x.recordField(&c)
		default:
			x.listField(&c)
		}
		if !x.optional(',') && !x.optional(';') {
			break
		}
	}
	x.expectMatch('}', '{', line)
	x.done(syntax.TableExpr, first)
	x.lastListField(&c)
	i := fs.instr(pc)
	fs.setInstr(pc, opcode.SetC(opcode.SetB(i, int2fb(c.na)), int2fb(c.nh)))
}

// body is a function: "(" [ parameters ] ")" block "end".
func (x *lexer) body(e *expr, isMethod bool, line int) {
	fs, first := x.openFunc(x.newInnerProto(), line), x.mark()
	x.expect('(')
	if isMethod {
		x.newLocalLiteral("self")
		x.adjustLocals(1)
	}
	x.parameters()
	x.expect(')')
	x.statements()
	fs.setLastLine(x.line)
	x.expectMatch(tkEnd, tkFunction, line)
	x.codeClosure(e)
	x.closeFunc()
	x.done(syntax.Body, first)
}

func (x *lexer) parameters() {
	fs, n, vararg, first := x.fs, 0, false, x.mark()
	if x.tok.kind != ')' {
		for {
			switch x.tok.kind {
			case tkName:
				x.newLocal(x.name())
				n++
			case tkDots:
				x.next()
				vararg = true
			default:
				x.syntaxError("<name> or '...' expected")
			}
			if vararg || !x.optional(',') {
				break
			}
		}
	}
	x.done(syntax.Params, first)
	x.adjustLocals(n)
	fs.setParams(fs.nActive, vararg)
	fs.reserve(fs.nActive)
}

// exprList parses at least one expression; it leaves the last one open.
func (x *lexer) exprList(e *expr) int {
	n := 1
	x.expression(e)
	for x.optional(',') {
		x.fs.toNextReg(e)
		x.expression(e)
		n++
	}
	return n
}

func (x *lexer) callArgs(f *expr, line int) {
	fs := x.fs
	var args expr
	switch x.tok.kind {
	case '(':
		x.next()
		if x.tok.kind == ')' {
			args.kind = eVoid
		} else {
			x.exprList(&args)
			fs.setMultRet(&args)
		}
		x.expectMatch(')', '(', line)
	case '{':
		x.tableConstructor(&args)
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
	fs.addLine(fs.pc-1, line)
	fs.freeReg = base + 1 // the call takes function and arguments away
}

func (x *lexer) primary(e *expr) {
	switch x.tok.kind {
	case '(':
		line, first := x.line, x.mark()
		x.next()
		x.expression(e)
		x.expectMatch(')', '(', line)
		x.done(syntax.ParenExpr, first)
		x.fs.discharge(e)
	case tkName:
		x.singleVar(e)
	default:
		x.syntaxError("unexpected symbol")
	}
}

// suffixed is a primary expression with its fields, indices and calls.
func (x *lexer) suffixed(e *expr) {
	fs, line, first := x.fs, x.line, x.mark()
	x.primary(e)
	for {
		switch x.tok.kind {
		case '.':
			x.field(e)
			x.done(syntax.FieldExpr, first)
		case '[':
			x.indexSuffix(e)
			x.done(syntax.IndexExpr, first)
		case ':':
			x.methodSuffix(e)
			x.done(syntax.MethodExpr, first)
			x.callArgs(e, line)
			x.done(syntax.CallExpr, first)
		case '(', tkString, '{':
			fs.toNextReg(e)
			x.callArgs(e, line)
			x.done(syntax.CallExpr, first)
		default:
			return
		}
	}
}

// The keys of these have functions of their own: as variables of a loop they would
// be allocated by Go.

func (x *lexer) indexSuffix(e *expr) {
	var key expr
	x.fs.toAnyRegUp(e)
	x.index(&key)
	x.fs.indexed(e, &key)
}

func (x *lexer) methodSuffix(e *expr) {
	var key expr
	x.next()
	x.checkName(&key)
	x.fs.self(e, &key)
}

func (x *lexer) simple(e *expr) {
	first, kind := x.mark(), syntax.NumberExpr
	switch x.tok.kind {
	case tkFloat:
		e.init(eKFloat, 0)
		e.f = x.tok.n.Float
	case tkInt:
		e.init(eKInt, 0)
		e.i = x.tok.n.Int
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
		if !x.fs.isVararg() {
			x.syntaxError("cannot use '...' outside a vararg function")
		}
		e.init(eVararg, x.fs.codeABC(opcode.Vararg, 0, 1, 0))
		kind = syntax.DotsExpr
	case '{':
		x.tableConstructor(e)
		return
	case tkFunction:
		x.next()
		x.body(e, false, x.line)
		x.done(syntax.FunctionExpr, first)
		return
	default:
		x.suffixed(e)
		return
	}
	x.next()
	x.done(kind, first)
}

// binary operators, in the order of lcode.h.
const (
	opAdd = iota
	opSub
	opMul
	opMod
	opPow
	opDiv
	opIDiv
	opBAnd
	opBOr
	opBXor
	opShl
	opShr
	opConcat
	opEq
	opLt
	opLe
	opNe
	opGt
	opGe
	opAnd
	opOr
	noBinary
)

// unary operators
const (
	opMinus = iota
	opBNot
	opNot
	opLen
	noUnary
)

func unaryOp(tok int) int {
	switch tok {
	case tkNot:
		return opNot
	case '-':
		return opMinus
	case '~':
		return opBNot
	case '#':
		return opLen
	}
	return noUnary
}

func binaryOp(tok int) int {
	switch tok {
	case '+':
		return opAdd
	case '-':
		return opSub
	case '*':
		return opMul
	case '%':
		return opMod
	case '^':
		return opPow
	case '/':
		return opDiv
	case tkIDiv:
		return opIDiv
	case '&':
		return opBAnd
	case '|':
		return opBOr
	case '~':
		return opBXor
	case tkShl:
		return opShl
	case tkShr:
		return opShr
	case tkConcat:
		return opConcat
	case tkNe:
		return opNe
	case tkEq:
		return opEq
	case '<':
		return opLt
	case tkLe:
		return opLe
	case '>':
		return opGt
	case tkGe:
		return opGe
	case tkAnd:
		return opAnd
	case tkOr:
		return opOr
	}
	return noBinary
}

// priority of the binary operators to their left and right; a lower right one
// makes an operator right associative.
var priority = [noBinary]struct{ left, right uint8 }{
	opAdd: {10, 10}, opSub: {10, 10}, opMul: {11, 11}, opMod: {11, 11}, opPow: {14, 13},
	opDiv: {11, 11}, opIDiv: {11, 11}, opBAnd: {6, 6}, opBOr: {4, 4}, opBXor: {5, 5},
	opShl: {7, 7}, opShr: {7, 7}, opConcat: {9, 8}, opEq: {3, 3}, opLt: {3, 3}, opLe: {3, 3},
	opNe: {3, 3}, opGt: {3, 3}, opGe: {3, 3}, opAnd: {2, 2}, opOr: {1, 1},
}

const unaryPriority = 12

// subExpr parses an expression whose operators bind tighter than limit, and
// returns the operator that ended it.
func (x *lexer) subExpr(e *expr, limit uint8) int {
	x.enterLevel()
	first := x.mark()
	if op := unaryOp(x.tok.kind); op != noUnary {
		line := x.line
		x.next()
		x.subExpr(e, unaryPriority)
		x.fs.prefix(op, e, line)
		x.done(syntax.UnaryExpr, first)
	} else {
		x.simple(e)
	}
	op := binaryOp(x.tok.kind)
	for op != noBinary && priority[op].left > limit {
		op = x.operand(e, op)
		x.done(syntax.BinaryExpr, first)
	}
	x.leaveLevel()
	return op
}

// operand parses the right operand of an operator, and returns the operator that
// ended it.
func (x *lexer) operand(e *expr, op int) int {
	var e2 expr
	line := x.line
	x.next()
	x.fs.infix(op, e)
	next := x.subExpr(&e2, priority[op].right)
	x.fs.postfix(op, e, &e2, line)
	return next
}
