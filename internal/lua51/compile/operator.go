package compile

import "moonlet.example/moonlet/internal/lua51/opcode"

// binary describes a binary operator by its token: how strongly it binds to its left and right side (ORDER OPR,
// lparser.c), and what it becomes.
type binary struct {
	left, right int
	op          opcode.Op
	cond        int // of a comparison: the value that jumps
	class       class
}

// class is how an operator is compiled.
type class uint8

const (
	arithmetic class = iota + 1
	concatenation
	comparison
	conjunction
	disjunction
)

var binaries = map[int]binary{
	'+': {6, 6, opcode.Add, 0, arithmetic}, '-': {6, 6, opcode.Sub, 0, arithmetic},
	'*': {7, 7, opcode.Mul, 0, arithmetic}, '/': {7, 7, opcode.Div, 0, arithmetic},
	'%': {7, 7, opcode.Mod, 0, arithmetic}, '^': {10, 9, opcode.Pow, 0, arithmetic},
	tkConcat: {5, 4, opcode.Concat, 0, concatenation},
	tkNe:     {3, 3, opcode.Eq, 0, comparison}, tkEq: {3, 3, opcode.Eq, 1, comparison},
	'<': {3, 3, opcode.Lt, 1, comparison}, tkLe: {3, 3, opcode.Le, 1, comparison},
	'>': {3, 3, opcode.Lt, 0, comparison}, tkGe: {3, 3, opcode.Le, 0, comparison},
	tkAnd: {2, 2, 0, 0, conjunction}, tkOr: {1, 1, 0, 0, disjunction},
}

// unaryPriority is that of not, - and #.
const unaryPriority = 8

// folds are the operations of instructions that may be done at once.
var folds = map[opcode.Op]Op{opcode.Add: OpAdd, opcode.Sub: OpSub, opcode.Mul: OpMul, opcode.Div: OpDiv,
	opcode.Mod: OpMod, opcode.Pow: OpPow, opcode.Unm: OpUnm}

func (fs *funcState) fold(op opcode.Op, a, b *expr) bool {
	f, ok := folds[op]
	if !ok || !a.isNumeral() || !b.isNumeral() {
		return false
	}
	n, ok := fs.x.vm.Fold(f, a.n, b.n)
	if ok {
		a.n = n
	}
	return ok
}

func (fs *funcState) arith(op opcode.Op, a, b *expr) {
	if fs.fold(op, a, b) {
		return
	}
	right := 0
	if op != opcode.Unm && op != opcode.Len {
		right = fs.toRK(b)
	}
	left := fs.toRK(a)
	if left > right {
		fs.freeExpr(a)
		fs.freeExpr(b)
	} else {
		fs.freeExpr(b)
		fs.freeExpr(a)
	}
	a.info = fs.codeABC(op, 0, left, right)
	a.kind = eReloc
}

func (fs *funcState) compare(op opcode.Op, cond int, a, b *expr) {
	left, right := fs.toRK(a), fs.toRK(b)
	fs.freeExpr(b)
	fs.freeExpr(a)
	if cond == 0 && op != opcode.Eq {
		left, right, cond = right, left, 1
	}
	a.info = fs.condJump(op, cond, left, right)
	a.kind = eJump
}

// prefix applies a unary operator.
func (fs *funcState) prefix(token int, e *expr) {
	var zero expr
	zero.init(eNumber, 0)
	switch token {
	case '-':
		if !e.isNumeral() {
			fs.toAnyReg(e)
		}
		fs.arith(opcode.Unm, e, &zero)
	case '#':
		fs.toAnyReg(e)
		fs.arith(opcode.Len, e, &zero)
	default:
		fs.not(e)
	}
}

// infix prepares the left side of an operator before the right one is read.
func (fs *funcState) infix(o *binary, e *expr) {
	switch o.class {
	case conjunction:
		fs.goIfTrue(e)
	case disjunction:
		fs.goIfFalse(e)
	case concatenation:
		fs.toNextReg(e)
	case arithmetic:
		if !e.isNumeral() {
			fs.toRK(e)
		}
	default:
		fs.toRK(e)
	}
}

// postfix applies a binary operator to a and b.
func (fs *funcState) postfix(o *binary, a, b *expr) {
	switch o.class {
	case conjunction:
		fs.discharge(b)
		fs.concatJumps(&b.onFalse, a.onFalse)
		*a = *b
	case disjunction:
		fs.discharge(b)
		fs.concatJumps(&b.onTrue, a.onTrue)
		*a = *b
	case concatenation:
		fs.toValue(b)
		if b.kind == eReloc && opcode.OpOf(fs.instr(b.info)) == opcode.Concat {
			fs.freeExpr(a)
			fs.setB(b.info, a.info)
			a.kind, a.info = eReloc, b.info
			return
		}
		fs.toNextReg(b)
		fs.arith(opcode.Concat, a, b)
	case arithmetic:
		fs.arith(o.op, a, b)
	default:
		fs.compare(o.op, o.cond, a, b)
	}
}
