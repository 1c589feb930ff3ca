package luagen_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/opcode"
)

// What compiled code can look like, as lists of forms. A form that no program
// has makes the test fail and is named.

// instructionForms tells forms of instructions: the opcode and conditions of its
// operands. Besides A, B, C, X (Bx) and S (sBx) there are N, the distance from B
// to C, D, from A to B, and E and F, the exponents of B and C in a NEWTABLE. An
// operand is K for a constant, which may be given by its type, or R for a register.
var instructionForms = strings.Split(strings.TrimSpace(`
MOVE D<0
MOVE D>0
MOVE D>100
LOADK X=0
LOADK X>0
LOADK X>255
LOADK A>127
LOADKX
LOADBOOL B=0 C=0
LOADBOOL B=0 C=1
LOADBOOL B=1 C=0
LOADNIL B=0
LOADNIL B=1
LOADNIL B>1
LOADNIL B>100
GETUPVAL B=0
GETUPVAL B>0
GETUPVAL B>100
GETTABUP B=0 C=K
GETTABUP B=0 C=R
GETTABUP B>0 C=K
GETTABUP B>0 C=R
GETTABLE C=R
GETTABLE C=nil
GETTABLE C=true
GETTABLE C=false
GETTABLE C=int
GETTABLE C=float
GETTABLE C=string
SETTABUP A=0 B=K C=K
SETTABUP A=0 B=K C=R
SETTABUP A=0 B=R C=K
SETTABUP A=0 B=R C=R
SETTABUP A>0 B=K C=K
SETTABUP A>0 B=K C=R
SETTABUP A>0 B=R C=K
SETTABUP A>0 B=R C=R
SETUPVAL B=0
SETUPVAL B>0
SETUPVAL B>100
SETTABLE B=K C=K
SETTABLE B=K C=R
SETTABLE B=R C=K
SETTABLE B=R C=R
SETTABLE B=nil
SETTABLE B=true
SETTABLE B=false
SETTABLE B=int
SETTABLE B=float
SETTABLE B=string
SETTABLE C=nil
SETTABLE C=true
SETTABLE C=false
SETTABLE C=int
SETTABLE C=float
SETTABLE C=string
NEWTABLE B=0 C=0
NEWTABLE B>0 C=0
NEWTABLE B=0 C>0
NEWTABLE B>0 C>0
SELF C=K
SELF C=R
UNM
BNOT
NOT
LEN
CONCAT N=1
CONCAT N=2
CONCAT N>10
JMP A=0 S=0
JMP A=0 S>0
JMP A=0 S<0
JMP A>0 S=0
JMP A>0 S>0
JMP A>0 S<0
JMP S>511
JMP S<-511
TEST C=0
TEST C=1
TESTSET C=0
TESTSET C=1
TAILCALL B=0
TAILCALL B=1
TAILCALL B>1
RETURN B=0
RETURN B=1
RETURN B=2
RETURN B>2
RETURN B>50
FORPREP S=0
FORPREP S>0
FORLOOP S<0
TFORCALL C=1
TFORCALL C=2
TFORCALL C=3
TFORCALL C>3
TFORLOOP S<0
SETLIST B=0 C=1
SETLIST B=0 C>1
SETLIST B=0 C=0
SETLIST B=50 C=1
SETLIST B=50 C>1
SETLIST B=50 C>20
SETLIST B=50 C=0
SETLIST B<50 C=1
SETLIST B<50 C>1
CLOSURE X=0
CLOSURE X>0
CLOSURE X>200
VARARG B=0
VARARG B=1
VARARG B=2
VARARG B>2
EXTRAARG
`), "\n")

// combinedForms are those of families of instructions.
func combinedForms() (list []string) {
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	for op := opcode.Add; op <= opcode.Shr; op++ {
		for _, operands := range []string{"B=R C=R", "B=R C=K", "B=K C=R", "B=K C=K", "C=int", "C=float", "C=string"} {
			add("%s %s", op.Info().Name, operands)
		}
	}
	for op := opcode.Eq; op <= opcode.Le; op++ {
		for _, operands := range []string{"B=R C=R", "B=R C=K", "B=K C=R", "B=K C=K"} {
			add("%s A=0 %s", op.Info().Name, operands)
			add("%s A=1 %s", op.Info().Name, operands)
		}
		for _, kind := range kindNames {
			add("%s B=%s", op.Info().Name, kind)
			add("%s C=%s", op.Info().Name, kind)
		}
	}
	for _, b := range []string{"B=0", "B=1", "B=2", "B>2", "B>50"} {
		for _, c := range []string{"C=0", "C=1", "C=2", "C>2"} {
			add("CALL %s %s", b, c)
		}
	}
	for e := range 11 {
		add("NEWTABLE E=%d", e)
	}
	for e := range 9 {
		add("NEWTABLE F=%d", e)
	}
	return list
}

var kindNames = []string{chunk.Nil: "nil", chunk.False: "false", chunk.True: "true", chunk.Int: "int",
	chunk.Float: "float", chunk.String: "string"}

// site is a place in a function.
type site struct {
	p  *chunk.Proto
	pc int
}

func (s site) at(pc int) opcode.Instruction {
	if pc < 0 || pc >= len(s.p.Code) {
		return opcode.MakeABC(opcode.Count, 0, 0, 0)
	}
	return s.p.Code[pc]
}

// operand is the value of an operand.
func (s site) operand(name byte) int {
	i := s.at(s.pc)
	switch name {
	case 'A':
		return opcode.A(i)
	case 'B':
		return opcode.B(i)
	case 'C':
		return opcode.C(i)
	case 'X':
		return opcode.Bx(i)
	case 'S':
		return opcode.SBx(i)
	case 'N':
		return opcode.C(i) - opcode.B(i)
	case 'D':
		return opcode.A(i) - opcode.B(i)
	case 'E':
		return opcode.B(i) >> 3
	case 'F':
		return opcode.C(i) >> 3
	}
	panic("no operand " + string(rune(name)))
}

// condition is one of an instruction form: "B=K", "A>0".
func (s site) meets(condition string) bool {
	v, want := s.operand(condition[0]), condition[2:]
	switch want {
	case "K":
		return opcode.IsK(v)
	case "R":
		return !opcode.IsK(v)
	}
	n, err := strconv.Atoi(want)
	switch {
	case err != nil: // a type
		return opcode.IsK(v) && kindNames[s.p.Constants[v&opcode.MaxIndexRK].Kind] == want
	case condition[1] == '=':
		return v == n
	case condition[1] == '<':
		return v < n
	}
	return v > n
}

// form is something that some program has to have.
type form[T any] struct {
	name string
	is   func(x T) bool
}

// instructionTable makes the forms of instructions by opcode.
func instructionTable() map[opcode.Op][]form[site] {
	ops := map[string]opcode.Op{}
	for op := range opcode.Count {
		ops[op.Info().Name] = op
	}
	table := map[opcode.Op][]form[site]{}
	for _, line := range append(combinedForms(), instructionForms...) {
		words := strings.Fields(line)
		op, ok := ops[words[0]]
		if !ok {
			panic(line)
		}
		table[op] = append(table[op], form[site]{line, func(s site) bool {
			for _, c := range words[1:] {
				if !s.meets(c) {
					return false
				}
			}
			return true
		}})
	}
	for _, f := range contextForms {
		table[f.op] = append(table[f.op], f.form)
	}
	return table
}

// loaded is the constant that the instruction at pc puts into a register.
func (s site) loaded(pc int) *chunk.Constant {
	if i := s.at(pc); opcode.OpOf(i) == opcode.LoadK {
		return &s.p.Constants[opcode.Bx(i)]
	}
	return &chunk.Constant{}
}

func (s site) op(pc int) opcode.Op { return opcode.OpOf(s.at(pc)) }

func floatOf(k *chunk.Constant) float64 { return k.FloatOf(num.Int32Float32) }

// constant tells whether RK operand b is a number of this value.
func (s site) constant(b int, value float64) bool {
	if !opcode.IsK(b) {
		return false
	}
	switch k := &s.p.Constants[b&opcode.MaxIndexRK]; k.Kind {
	case chunk.Int:
		return float64(k.Int) == value
	case chunk.Float:
		return floatOf(k) == value
	}
	return false
}

// step is a form of a loop's step, the constant loaded in front of FORPREP.
func step(kind chunk.Kind, negative bool) func(s site) bool {
	return func(s site) bool {
		k := s.loaded(s.pc - 1)
		value := float64(k.Int)
		if kind == chunk.Float {
			value = floatOf(k)
		}
		return k.Kind == kind && value < 0 == negative
	}
}

// contextForms are forms that depend on more than one instruction.
var contextForms = []struct {
	op opcode.Op
	form[site]
}{
	{opcode.ExtraArg, form[site]{"EXTRAARG of a LOADKX", func(s site) bool { return s.op(s.pc-1) == opcode.LoadKX }}},
	{opcode.ExtraArg, form[site]{"EXTRAARG of a SETLIST", func(s site) bool { return s.op(s.pc-1) == opcode.SetList }}},
	{opcode.ForPrep, form[site]{"loop with a positive integer step", step(chunk.Int, false)}},
	{opcode.ForPrep, form[site]{"loop with a negative integer step", step(chunk.Int, true)}},
	{opcode.ForPrep, form[site]{"loop with a positive float step", step(chunk.Float, false)}},
	{opcode.ForPrep, form[site]{"loop with a negative float step", step(chunk.Float, true)}},
	{opcode.ForPrep, form[site]{"loop with a computed step", func(s site) bool { return s.op(s.pc-1) != opcode.LoadK }}},
	{opcode.IDiv, form[site]{"integer division by zero", func(s site) bool { return s.constant(s.operand('C'), 0) }}},
	{opcode.Mod, form[site]{"remainder of a division by zero", func(s site) bool { return s.constant(s.operand('C'), 0) }}},
	{opcode.Div, form[site]{"0/0", func(s site) bool {
		return s.constant(s.operand('B'), 0) && s.constant(s.operand('C'), 0)
	}}},
	{opcode.Unm, form[site]{"-0.0", func(s site) bool {
		k := s.loaded(s.pc - 1)
		return k.Kind == chunk.Float && floatOf(k) == 0
	}}},
	{opcode.Sub, form[site]{"difference of two equal floats", func(s site) bool {
		return opcode.IsK(s.operand('B')) && s.operand('B') == s.operand('C')
	}}},
	{opcode.Test, form[site]{"test that jumps back", func(s site) bool {
		return s.op(s.pc+1) == opcode.Jmp && opcode.SBx(s.at(s.pc+1)) < 0
	}}},
	{opcode.Eq, form[site]{"comparison whose value is used", func(s site) bool {
		return s.op(s.pc+2) == opcode.LoadBool
	}}},
	{opcode.Jmp, form[site]{"jump into a jump", func(s site) bool {
		return s.op(s.pc+1+s.operand('S')) == opcode.Jmp
	}}},
}

// constantForms are forms of constants.
var constantForms = []form[*chunk.Constant]{
	{"nil", func(k *chunk.Constant) bool { return k.Kind == chunk.Nil }},
	{"true", func(k *chunk.Constant) bool { return k.Kind == chunk.True }},
	{"false", func(k *chunk.Constant) bool { return k.Kind == chunk.False }},
	{"integer 0", integer(0, 0)},
	{"integer of one byte", integer(1, 15)},
	{"integer of two bytes", integer(16, 127)},
	{"integer of two full bytes", integer(128, 1<<11-1)},
	{"integer of three bytes", integer(1<<11, 1<<18-1)},
	{"integer of four bytes", integer(1<<18, 1<<25-1)},
	{"integer of five bytes", integer(1<<25, 1<<31-2)},
	{"largest integer", integer(math.MaxInt32, math.MaxInt32)},
	{"integer -1", integer(-1, -1)},
	{"negative integer of one byte", integer(-16, -2)},
	{"negative integer of several bytes", integer(-1<<31+1, -10000)},
	{"smallest integer", integer(math.MinInt32, math.MinInt32)},
	{"float 0.0", float(0, 0)},
	{"integral float", func(k *chunk.Constant) bool {
		return k.Kind == chunk.Float && floatOf(k) != 0 && math.Trunc(floatOf(k)) == floatOf(k)
	}},
	{"float with a fraction", float(0.01, 0.99)},
	{"negative float", float(-1e9, -0.01)},
	{"huge float", float(1e30, math.MaxFloat32)},
	{"tiny float", float(math.SmallestNonzeroFloat32, 1e-30)},
	{"denormal float", float(math.SmallestNonzeroFloat32, 0x1p-127)},
	{"infinity", float(math.Inf(1), math.Inf(1))},
	{"negative infinity", float(math.Inf(-1), math.Inf(-1))},
	{"empty string", text(func(s string) bool { return s == "" })},
	{"string of one byte", text(func(s string) bool { return len(s) == 1 })},
	{"string of 14 bytes", text(func(s string) bool { return len(s) == 14 })},
	{"string of 15 bytes, whose length takes another byte", text(func(s string) bool { return len(s) == 15 })},
	{"longest short string", text(func(s string) bool { return len(s) == 40 })},
	{"shortest long string", text(func(s string) bool { return len(s) == 41 })},
	{"string of more than 127 bytes", text(func(s string) bool { return len(s) > 127 })},
	{"short string with NUL", text(func(s string) bool { return len(s) <= 40 && strings.Contains(s, "\x00") })},
	{"long string with NUL", text(func(s string) bool { return len(s) > 40 && strings.Contains(s, "\x00") })},
	{"string with a high byte", text(func(s string) bool { return strings.Contains(s, "\xff") })},
	{"string with a line feed", text(func(s string) bool { return strings.Contains(s, "\n") })},
	{"string with a carriage return", text(func(s string) bool { return strings.Contains(s, "\r") })},
	{"string with UTF-8 of four bytes", text(func(s string) bool { return strings.Contains(s, "\U0010ffff") })},
}

func integer(lo, hi int64) func(k *chunk.Constant) bool {
	return func(k *chunk.Constant) bool { return k.Kind == chunk.Int && lo <= k.Int && k.Int <= hi }
}

func float(lo, hi float64) func(k *chunk.Constant) bool {
	return func(k *chunk.Constant) bool {
		return k.Kind == chunk.Float && lo <= floatOf(k) && floatOf(k) <= hi
	}
}

func text(is func(s string) bool) func(k *chunk.Constant) bool {
	return func(k *chunk.Constant) bool { return k.Kind == chunk.String && is(k.Str) }
}

// functionForms are forms of whole functions.
var functionForms = []form[*chunk.Proto]{
	{"no parameters", func(p *chunk.Proto) bool { return p.NumParams == 0 && p.IsVararg == 0 }},
	{"one parameter", func(p *chunk.Proto) bool { return p.NumParams == 1 }},
	{"more than 100 parameters", func(p *chunk.Proto) bool { return p.NumParams > 100 }},
	{"vararg only", func(p *chunk.Proto) bool { return p.NumParams == 0 && p.IsVararg != 0 && p.LineDefined > 0 }},
	{"vararg behind parameters", func(p *chunk.Proto) bool { return p.NumParams > 1 && p.IsVararg != 0 }},
	{"smallest stack", func(p *chunk.Proto) bool { return p.MaxStackSize == 2 }},
	{"stack of more than 200", func(p *chunk.Proto) bool { return p.MaxStackSize > 200 }},
	{"no upvalue", func(p *chunk.Proto) bool { return len(p.Upvalues) == 0 }},
	{"60 upvalues", func(p *chunk.Proto) bool { return len(p.Upvalues) >= 60 }},
	{"200 upvalues", func(p *chunk.Proto) bool { return len(p.Upvalues) >= 200 }},
	{"255 upvalues", func(p *chunk.Proto) bool { return len(p.Upvalues) == 255 }},
	{"upvalue of the enclosing function", upvalue(func(u chunk.Upvalue) bool { return u.InStack != 0 && u.Idx > 0 })},
	{"upvalue from further outside", upvalue(func(u chunk.Upvalue) bool { return u.InStack == 0 && u.Idx > 0 })},
	{"upvalue in a high register", upvalue(func(u chunk.Upvalue) bool { return u.InStack != 0 && u.Idx > 100 })},
	{"upvalue with a high number", upvalue(func(u chunk.Upvalue) bool { return u.InStack == 0 && u.Idx > 50 })},
	{"ten levels of functions", func(p *chunk.Proto) bool { return deep(p) > 10 }},
	{"40 levels of functions", func(p *chunk.Proto) bool { return deep(p) > 40 }},
	{"more than 255 inner functions", func(p *chunk.Proto) bool { return len(p.Protos) > 255 }},
	{"no constants", func(p *chunk.Proto) bool { return len(p.Constants) == 0 }},
	{"more than 256 constants", func(p *chunk.Proto) bool { return len(p.Constants) > 256 }},
	{"200 local variables", func(p *chunk.Proto) bool { return len(p.LocVars) >= 200 }},
	{"local variable with a long name", func(p *chunk.Proto) bool {
		return len(p.LocVars) > 0 && len(p.LocVars[0].Name) > chunk.MaxShort
	}},
	{"local variable that dies early", func(p *chunk.Proto) bool {
		return len(p.LocVars) > 0 && p.LocVars[0].EndPC < len(p.Code)-2
	}},
	{"defined far down", func(p *chunk.Proto) bool { return p.LineDefined > 1<<14 }},
	{"of one line", func(p *chunk.Proto) bool { return p.LineDefined > 0 && p.LineDefined == p.LastLineDefined }},
	{"of many lines", func(p *chunk.Proto) bool { return p.LastLineDefined-p.LineDefined > 1<<13 }},
	{"line with 127 instructions", lines(func(l line) bool { return l.count == 127 })},
	{"line with more instructions", lines(func(l line) bool { return l.bytes == 1 && l.delta == 0 })},
	{"next line", lines(func(l line) bool { return l.bytes == 0 })},
	{"line after an empty one", lines(func(l line) bool { return l.bytes == 1 && l.delta == 2 })},
	{"farthest line of one byte", lines(func(l line) bool { return l.bytes == 1 && l.delta == 65 })},
	{"line of two bytes", lines(func(l line) bool { return l.bytes == 2 && l.delta > 0 })},
	{"line of three bytes", lines(func(l line) bool { return l.bytes == 3 && l.delta > 0 })},
	{"line before", lines(func(l line) bool { return l.bytes == 1 && l.delta < 0 })},
	{"line before of two bytes", lines(func(l line) bool { return l.bytes == 2 && l.delta < 0 })},
	{"line before of three bytes", lines(func(l line) bool { return l.bytes == 3 && l.delta < 0 })},
}

func upvalue(is func(u chunk.Upvalue) bool) func(p *chunk.Proto) bool {
	return func(p *chunk.Proto) bool {
		for _, u := range p.Upvalues {
			if is(u) {
				return true
			}
		}
		return false
	}
}

// deep is how many levels of functions there are in one.
func deep(p *chunk.Proto) (n int) {
	for _, sub := range p.Protos {
		n = max(n, deep(sub))
	}
	return n + 1
}

// line is an entry of the line information: the distance from the line before,
// how many bytes that takes, and how many instructions follow.
type line struct{ delta, bytes, count int }

func lines(is func(l line) bool) func(p *chunk.Proto) bool {
	return func(p *chunk.Proto) bool {
		l := line{delta: 1}
		for _, c := range p.LineInfo {
			switch {
			case c&0x80 == 0:
				if l.count = int(c); is(l) {
					return true
				}
				l = line{delta: 1}
			case l.bytes == 0 && c&0x40 != 0:
				l = line{-int(c & 0x3f), 1, 0}
			case l.bytes == 0:
				l = line{int(c&0x3f) + 2, 1, 0}
			default:
				n := int(c&0x7f) << (7*l.bytes - 1)
				if l.delta <= 0 {
					n = -n
				}
				l.delta += n
				l.bytes++
			}
		}
		return false
	}
}

// coverage counts forms down that no program had so far.
type coverage struct {
	total        int
	instructions map[opcode.Op][]form[site]
	constants    []form[*chunk.Constant]
	functions    []form[*chunk.Proto]
	written      int // instructions looked at
}

func newCoverage() *coverage {
	c := &coverage{instructions: instructionTable(), constants: constantForms, functions: functionForms}
	c.total = len(c.missing())
	return c
}

// left is list without the forms that x has.
func left[T any](list []form[T], x T) []form[T] {
	for i, f := range list {
		if f.is(x) {
			return append(append([]form[T]{}, list[:i]...), left(list[i+1:], x)...)
		}
	}
	return list
}

// note looks at a function and those inside it.
func (c *coverage) note(p *chunk.Proto) {
	c.functions = left(c.functions, p)
	for i := range p.Constants {
		c.constants = left(c.constants, &p.Constants[i])
	}
	c.written += len(p.Code)
	for pc, i := range p.Code {
		if op := opcode.OpOf(i); len(c.instructions[op]) > 0 {
			c.instructions[op] = left(c.instructions[op], site{p, pc})
		}
	}
	for _, sub := range p.Protos {
		c.note(sub)
	}
}

func (c *coverage) missing() (names []string) {
	for op := range opcode.Count {
		for _, f := range c.instructions[op] {
			names = append(names, f.name)
		}
	}
	for _, f := range c.constants {
		names = append(names, "constant: "+f.name)
	}
	for _, f := range c.functions {
		names = append(names, "function: "+f.name)
	}
	return names
}

// check fails for each form that is missing.
func (c *coverage) check(t *testing.T) {
	t.Helper()
	missing := c.missing()
	for _, name := range missing {
		t.Errorf("no program has: %s", name)
	}
	t.Logf("%d of %d forms in %d instructions", c.total-len(missing), c.total, c.written)
}
