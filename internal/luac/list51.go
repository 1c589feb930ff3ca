package luac

import (
	"bufio"
	"fmt"
	"io"

	"moonlet.example/moonlet/internal/lua/cfmt"
	"moonlet.example/moonlet/internal/lua/lineinfo"
	chunk51 "moonlet.example/moonlet/internal/lua51/chunk"
	opcode51 "moonlet.example/moonlet/internal/lua51/opcode"
)

// List51 writes what "luac.cross -l" of Lua 5.1 prints (luac_cross/print.c), as List does for 5.3: numbers stand for
// addresses, and "?" for what damaged code refers to and does not exist.
func List51(w io.Writer, numbers chunk51.Numbers, main *chunk51.Proto, full bool) error {
	l := &lister51{w: bufio.NewWriter(w), numbers: numbers, full: full, ids: map[*chunk51.Proto]int{}}
	l.number(main)
	l.function(main, main.Source)
	return l.w.Flush()
}

type lister51 struct {
	w       *bufio.Writer // keeps the first error until Flush
	numbers chunk51.Numbers
	full    bool
	ids     map[*chunk51.Proto]int
}

func (l *lister51) printf(format string, args ...any) { fmt.Fprintf(l.w, format, args...) }

func (l *lister51) number(p *chunk51.Proto) {
	l.ids[p] = len(l.ids) + 1
	for _, q := range p.Protos {
		l.number(q)
	}
}

func (l *lister51) address(p *chunk51.Proto) string { return fmt.Sprintf("0x%08x", l.ids[p]) }

func (l *lister51) function(p *chunk51.Proto, source chunk51.Text) {
	if p.Source.Set {
		source = p.Source
	}
	kind, vararg, name := "function", "", missing
	if p.LineDefined == 0 {
		kind = "main"
	}
	if p.IsVararg != 0 {
		vararg = "+"
	}
	if source.Set {
		name = shortSource(source.S)
	}
	l.printf("\n%s <%s:%d,%d> (%s, %d bytes at %s)\n", kind, name, p.LineDefined, p.LastLineDefined,
		plural(len(p.Code), "", "instruction"), 4*len(p.Code), l.address(p))
	l.printf("%s, %s, %s, %s, %s, %s\n", plural(int(p.NumParams), vararg, "param"),
		plural(int(p.MaxStackSize), "", "slot"), plural(int(p.NumUpvalues), "", "upvalue"),
		plural(len(p.LocVars), "", "local"), plural(len(p.Constants), "", "constant"), plural(len(p.Protos), "", "function"))
	l.code(p)
	if l.full {
		l.tables(p)
	}
	for _, q := range p.Protos {
		l.function(q, source)
	}
}

func (l *lister51) code(p *chunk51.Proto) {
	lines := lineinfo.All(p.LineInfo, len(p.Code))
	for pc := 0; pc < len(p.Code); pc++ {
		i, line := p.Code[pc], "-"
		if lines[pc] > 0 {
			line = fmt.Sprint(lines[pc])
		}
		op := opcode51.OpOf(i)
		l.printf("\t%d\t[%s]\t%-9s\t%s", pc+1, line, op.Info().Name, operands51(i))
		if c, ok := l.comment(p, pc); ok {
			l.printf("\t; %s", c)
		}
		l.printf("\n")
		if op == opcode51.SetList && opcode51.C(i) == 0 {
			pc++ // it stands in the comment
		}
	}
}

// operands51 are an instruction's numbers. Constants count from -1 downwards, also where an operand is no
// constant but has the bit that marks one.
func operands51(i opcode51.Instruction) string {
	op := opcode51.OpOf(i)
	info, a := op.Info(), opcode51.A(i)
	switch info.Mode {
	case opcode51.ABx:
		if info.B == opcode51.RK {
			return fmt.Sprintf("%d %d", a, -1-opcode51.Bx(i))
		}
		return fmt.Sprintf("%d %d", a, opcode51.Bx(i))
	case opcode51.AsBx:
		if op == opcode51.Jmp {
			return fmt.Sprint(opcode51.SBx(i))
		}
		return fmt.Sprintf("%d %d", a, opcode51.SBx(i))
	case opcode51.ABC:
		s := fmt.Sprint(a)
		if info.B != opcode51.Unused {
			s += " " + registerOrConstant(opcode51.B(i))
		}
		if info.C != opcode51.Unused {
			s += " " + registerOrConstant(opcode51.C(i))
		}
		return s
	}
	return fmt.Sprintf("0x%08x", i) // no such opcode
}

// comment is what stands behind an instruction. MOD has none: the tool forgets it.
func (l *lister51) comment(p *chunk51.Proto, pc int) (text string, ok bool) {
	i := p.Code[pc]
	op := opcode51.OpOf(i)
	b, c := opcode51.B(i), opcode51.C(i)
	switch op {
	case opcode51.LoadK:
		return l.constant(p, opcode51.Bx(i)), true
	case opcode51.GetUpval, opcode51.SetUpval:
		if len(p.Upvalues) == 0 {
			return "-", true
		}
		return upvalueName51(p, b), true
	case opcode51.GetGlobal, opcode51.SetGlobal:
		if n := opcode51.Bx(i); n < len(p.Constants) && p.Constants[n].Kind == chunk51.String {
			return cString(p.Constants[n].Str), true
		}
		return missing, true
	case opcode51.GetTable, opcode51.Self:
		return l.constantOrDash(p, c), opcode51.IsK(c)
	case opcode51.SetTable, opcode51.Add, opcode51.Sub, opcode51.Mul, opcode51.Div, opcode51.Pow,
		opcode51.Eq, opcode51.Lt, opcode51.Le:
		return l.constantOrDash(p, b) + " " + l.constantOrDash(p, c), opcode51.IsK(b) || opcode51.IsK(c)
	case opcode51.Jmp, opcode51.ForLoop, opcode51.ForPrep:
		return fmt.Sprintf("to %d", opcode51.SBx(i)+pc+2), true
	case opcode51.Closure:
		if n := opcode51.Bx(i); n < len(p.Protos) {
			return l.address(p.Protos[n]), true
		}
		return missing, true
	case opcode51.SetList:
		switch {
		case c != 0:
			return fmt.Sprint(c), true
		case pc+1 < len(p.Code):
			return fmt.Sprint(int32(p.Code[pc+1])), true
		}
		return missing, true
	}
	return "", false
}

func (l *lister51) constantOrDash(p *chunk51.Proto, rk int) string {
	if !opcode51.IsK(rk) {
		return "-"
	}
	return l.constant(p, rk&opcode51.MaxIndexRK)
}

func (l *lister51) constant(p *chunk51.Proto, n int) string {
	if n >= len(p.Constants) {
		return missing
	}
	switch k := &p.Constants[n]; k.Kind {
	case chunk51.Nil:
		return "nil"
	case chunk51.False:
		return "false"
	case chunk51.True:
		return "true"
	case chunk51.Number:
		if l.numbers == chunk51.Integer {
			return fmt.Sprint(k.Int)
		}
		return string(cfmt.AppendG(nil, k.Float, 14))
	case chunk51.String:
		return quoted(k.Str)
	}
	return missing
}

func upvalueName51(p *chunk51.Proto, n int) string {
	if n >= len(p.Upvalues) || !p.Upvalues[n].Set {
		return missing
	}
	return cString(p.Upvalues[n].S)
}

func (l *lister51) tables(p *chunk51.Proto) {
	at := l.address(p)
	l.printf("constants (%d) for %s:\n", len(p.Constants), at)
	for i := range p.Constants {
		l.printf("\t%d\t%s\n", i+1, l.constant(p, i))
	}
	l.printf("locals (%d) for %s:\n", len(p.LocVars), at)
	for i, v := range p.LocVars {
		l.printf("\t%d\t%s\t%d\t%d\n", i, cString(v.Name.S), v.StartPC+1, v.EndPC+1)
	}
	l.printf("upvalues (%d) for %s:\n", len(p.Upvalues), at)
	for i := range p.Upvalues {
		l.printf("\t%d\t%s\n", i, upvalueName51(p, i))
	}
}
