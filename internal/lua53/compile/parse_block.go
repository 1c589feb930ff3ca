package compile

import (
	layout "moonlet.example/moonlet/internal/lua53/layout/common"
	"moonlet.example/moonlet/internal/mem"
)

// Blocks, labels and gotos.

// block is a block under construction.
type block struct {
	previous   *block
	firstLabel int // of this block in the list of labels
	firstGoto  int
	nActive    int // active locals outside the block
	hasUpval   bool
	isLoop     bool
}

// growing is a vector of the parser on the device's heap.
type growing struct {
	at   mem.Addr
	n    int // elements in use
	size int // elements allocated
}

// dynData is what all functions of a chunk share: registers of active local
// variables, pending gotos and active labels (Dyndata, lparser.h).
type dynData struct {
	active, gotos, labels growing
}

func (x *lexer) semanticError(format string, args ...any) {
	msg := x.vm.Pushf(format, args...)
	x.tok.kind = 0 // no "near" in the message
	x.syntaxError(msg)
}

func (x *lexer) expectedError(kind int) {
	s := x.tokenText(kind)
	x.syntaxError(x.vm.Pushf("%s expected", s))
}

func (x *lexer) optional(kind int) bool {
	if x.tok.kind == kind {
		x.next()
		return true
	}
	return false
}

func (x *lexer) expect(kind int) {
	if x.tok.kind != kind {
		x.expectedError(kind)
	}
	x.next()
}

// expectMatch expects the token that closes another one at the given line.
func (x *lexer) expectMatch(what, who, line int) {
	if x.optional(what) {
		return
	}
	if line == x.line {
		x.expectedError(what)
	}
	s1, s2 := x.tokenText(what), x.tokenText(who)
	x.syntaxError(x.vm.Pushf("%s expected (to close %s at line %d)", s1, s2, line))
}

func (x *lexer) name() mem.Addr {
	if x.tok.kind != tkName {
		x.expectedError(tkName)
	}
	s := x.tok.s
	x.next()
	return s
}

// enterLevel counts a level of syntactic nesting as a C call, as the firmware's
// recursive parser does.
func (x *lexer) enterLevel() {
	n := x.m.U16(x.calls) + 1
	x.m.SetU16(x.calls, n)
	x.fs.checkLimit(int(n), MaxCalls, "C levels")
}

func (x *lexer) leaveLevel() { x.m.SetU16(x.calls, x.m.U16(x.calls)-1) }

// Labels and gotos.

type labelDesc struct {
	name     mem.Addr
	pc, line int
	nActive  int
}

func (x *lexer) label(l *growing, i int) labelDesc {
	m, a := x.m, l.at+mem.Addr(i)*layout.LabeldescSize
	return labelDesc{m.Ptr(a + layout.LabeldescName), int(m.I32(a + layout.LabeldescPC)),
		int(m.I32(a + layout.LabeldescLine)), int(m.U8(a + layout.LabeldescNActVar))}
}

func (x *lexer) setLabelActive(l *growing, i, n int) {
	x.m.SetU8(l.at+mem.Addr(i)*layout.LabeldescSize+layout.LabeldescNActVar, uint8(n))
}

func (x *lexer) newLabel(l *growing, name mem.Addr, line, pc int) int {
	m := x.m
	if l.n+1 > l.size {
		l.at = x.vm.Grow(l.at, &l.size, layout.LabeldescSize, maxShort, "labels/gotos")
	}
	a := l.at + mem.Addr(l.n)*layout.LabeldescSize
	m.SetPtr(a+layout.LabeldescName, name)
	m.SetI32(a+layout.LabeldescLine, int32(line))
	m.SetU8(a+layout.LabeldescNActVar, uint8(x.fs.nActive))
	m.SetI32(a+layout.LabeldescPC, int32(pc))
	l.n++
	return l.n - 1
}

// closeGoto resolves the pending goto g with a label.
func (x *lexer) closeGoto(g int, lb labelDesc) {
	fs, gl := x.fs, &x.dyn.gotos
	gt := x.label(gl, g)
	if gt.nActive < lb.nActive {
		x.semanticError("<goto %s> at line %d jumps into the scope of local '%s'",
			x.vm.Text(gt.name), gt.line, x.vm.Text(fs.localName(gt.nActive)))
	}
	fs.patchList(gt.pc, lb.pc)
	at := gl.at + mem.Addr(g)*layout.LabeldescSize
	x.m.Copy(at, at+layout.LabeldescSize, mem.Addr(gl.n-1-g)*layout.LabeldescSize)
	gl.n--
}

// findLabel tries to resolve the goto g with a label of the current block.
func (x *lexer) findLabel(g int) bool {
	fs, dyn := x.fs, x.dyn
	gt := x.label(&dyn.gotos, g)
	for i := fs.block.firstLabel; i < dyn.labels.n; i++ {
		lb := x.label(&dyn.labels, i)
		if lb.name != gt.name {
			continue
		}
		if gt.nActive > lb.nActive && (fs.block.hasUpval || dyn.labels.n > fs.block.firstLabel) {
			fs.patchClose(gt.pc, lb.nActive)
		}
		x.closeGoto(g, lb)
		return true
	}
	return false
}

// findGotos resolves pending gotos of the current block with a new label.
func (x *lexer) findGotos(lb labelDesc) {
	gl := &x.dyn.gotos
	for i := x.fs.block.firstGoto; i < gl.n; {
		if x.label(gl, i).name == lb.name {
			x.closeGoto(i, lb)
		} else {
			i++
		}
	}
}

// moveGotosOut hands the pending gotos of a block to the enclosing one.
func (x *lexer) moveGotosOut(b *block) {
	gl := &x.dyn.gotos
	for i := b.firstGoto; i < gl.n; {
		if gt := x.label(gl, i); gt.nActive > b.nActive {
			if b.hasUpval {
				x.fs.patchClose(gt.pc, b.nActive)
			}
			x.setLabelActive(gl, i, b.nActive)
		}
		if !x.findLabel(i) {
			i++
		}
	}
}

// Blocks.

func (fs *funcState) enterBlock(b *block, isLoop bool) {
	*b = block{previous: fs.block, firstLabel: fs.x.dyn.labels.n, firstGoto: fs.x.dyn.gotos.n,
		nActive: fs.nActive, isLoop: isLoop}
	fs.block = b
}

func (fs *funcState) leaveBlock() {
	b, x := fs.block, fs.x
	if b.previous != nil && b.hasUpval {
		j := fs.jump() // a jump to here that closes the block's upvalues
		fs.patchClose(j, b.nActive)
		fs.patchToHere(j)
	}
	if b.isLoop {
		name := x.vm.String("break")
		l := x.newLabel(&x.dyn.labels, name, 0, fs.pc)
		x.findGotos(x.label(&x.dyn.labels, l))
	}
	fs.block = b.previous
	fs.removeLocals(b.nActive)
	fs.freeReg = fs.nActive
	x.dyn.labels.n = b.firstLabel
	if b.previous != nil {
		x.moveGotosOut(b)
	} else if b.firstGoto < x.dyn.gotos.n {
		x.undefinedGoto(x.label(&x.dyn.gotos, b.firstGoto))
	}
}

func (x *lexer) undefinedGoto(gt labelDesc) {
	name := x.vm.Text(gt.name)
	if x.m.U8(gt.name+layout.TStringExtra) > 0 && x.isShort(gt.name) {
		x.semanticError("<%s> at line %d not inside a loop", name, gt.line)
	}
	x.semanticError("no visible label '%s' for <goto> at line %d", name, gt.line)
}
