package luac

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"moonlet.example/moonlet/internal/lua/cfmt"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/opcode"
)

// List writes what "luac.cross -l" prints: every function of main with its
// instructions; full adds constants, local variables and upvalues, as a second
// -l does. Where the C tool prints the address of a function there stands a
// number of it, from 1 on. What damaged code refers to and does not exist is "?".
func List(w io.Writer, model num.Model, main *chunk.Proto, full bool) error {
	l := &lister{w: bufio.NewWriter(w), model: model, full: full, ids: map[*chunk.Proto]int{}}
	l.number(main)
	l.function(main, main.Source)
	return l.w.Flush()
}

// missing stands for what damaged code refers to.
const missing = "?"

type lister struct {
	w     *bufio.Writer // keeps the first error until Flush
	model num.Model
	full  bool
	ids   map[*chunk.Proto]int
}

// number gives every function its number, in the order of the listing.
func (l *lister) number(p *chunk.Proto) {
	if l.ids[p] != 0 {
		return
	}
	l.ids[p] = len(l.ids) + 1
	for _, sub := range p.Protos {
		l.number(sub)
	}
}

func (l *lister) printf(format string, args ...any) { fmt.Fprintf(l.w, format, args...) }

func (l *lister) address(p *chunk.Proto) string { return fmt.Sprintf("0x%08x", l.ids[p]) }

// function lists a function and those inside it; source is the enclosing one's,
// or that of the main function.
func (l *lister) function(p *chunk.Proto, source chunk.Text) {
	if p.Source.Set {
		source = p.Source
	}
	l.header(p, source)
	l.code(p)
	if l.full {
		l.debug(p)
	}
	for _, sub := range p.Protos {
		l.function(sub, source)
	}
}

func (l *lister) header(p *chunk.Proto, source chunk.Text) {
	kind := "function"
	if p.LineDefined == 0 {
		kind = "main"
	}
	l.printf("\n%s <%s:%d,%d> (%s at %s)\n", kind, sourceName(source), p.LineDefined, p.LastLineDefined,
		plural(len(p.Code), "", "instruction"), l.address(p))
	vararg := ""
	if p.IsVararg != 0 {
		vararg = "+"
	}
	l.printf("%s, %s, %s, %s, %s, %s\n",
		plural(int(p.NumParams), vararg, "param"), plural(int(p.MaxStackSize), "", "slot"),
		plural(len(p.Upvalues), "", "upvalue"), plural(len(p.LocVars), "", "local"),
		plural(len(p.Constants), "", "constant"), plural(len(p.Protos), "", "function"))
}

// plural counts things: "1+ param", "2 slots".
func plural(n int, mark, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d%s %s", n, mark, noun)
}

// sourceName is a chunk name as a header shows it.
func sourceName(source chunk.Text) string {
	if !source.Set {
		return missing
	}
	return shortSource(source.S)
}

func shortSource(s string) string {
	s = cString(s)
	switch {
	case s != "" && (s[0] == '@' || s[0] == '='):
		return s[1:]
	case s != "" && s[0] == chunk.Signature[0]:
		return "(bstring)"
	}
	return "(string)"
}

// cString is what C prints of a string: it ends at a zero byte.
func cString(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

func (l *lister) code(p *chunk.Proto) {
	lines := p.Lines()
	for pc := 0; pc < len(p.Code); pc++ {
		i := p.Code[pc]
		line := "-"
		if lines[pc] > 0 {
			line = fmt.Sprint(lines[pc])
		}
		l.printf("\t%d\t[%s]\t%-9s\t%s", pc+1, line, opcode.OpOf(i).Info().Name, operands(i))
		if c, ok := l.comment(p, pc); ok {
			l.printf("\t; %s", c)
		}
		l.printf("\n")
		if hasRawExtra(i) {
			pc++ // it stands in the comment
		}
	}
}

// hasRawExtra tells whether the next word is a number that belongs to i and is
// not listed by itself.
func hasRawExtra(i opcode.Instruction) bool {
	return opcode.OpOf(i) == opcode.SetList && opcode.C(i) == 0
}

// operands are an instruction's numbers. Constants count from -1 downwards.
func operands(i opcode.Instruction) string {
	info := opcode.OpOf(i).Info()
	switch info.Mode {
	case opcode.ABx:
		switch info.B {
		case opcode.RK:
			return fmt.Sprintf("%d %d", opcode.A(i), -1-opcode.Bx(i))
		case opcode.Used:
			return fmt.Sprintf("%d %d", opcode.A(i), opcode.Bx(i))
		}
		return fmt.Sprint(opcode.A(i))
	case opcode.AsBx:
		return fmt.Sprintf("%d %d", opcode.A(i), opcode.SBx(i))
	case opcode.Ax:
		return fmt.Sprint(-1 - opcode.AxOf(i))
	case opcode.ABC:
		s := fmt.Sprint(opcode.A(i))
		if info.B != opcode.Unused {
			s += " " + registerOrConstant(opcode.B(i))
		}
		if info.C != opcode.Unused {
			s += " " + registerOrConstant(opcode.C(i))
		}
		return s
	}
	return fmt.Sprintf("0x%08x", i) // no such opcode
}

// registerOrConstant prints an operand B or C. As in C the bit that marks
// constants counts in operands, too, that are no RK.
func registerOrConstant(n int) string {
	if opcode.IsK(n) {
		n = -1 - n&opcode.MaxIndexRK
	}
	return fmt.Sprint(n)
}

// comment is what stands behind an instruction, if anything does.
func (l *lister) comment(p *chunk.Proto, pc int) (text string, ok bool) {
	i := p.Code[pc]
	op := opcode.OpOf(i)
	info := op.Info()
	b, c := opcode.B(i), opcode.C(i)
	switch {
	case op == opcode.LoadK:
		return l.constant(p, opcode.Bx(i)), true
	case op == opcode.ExtraArg:
		return l.constant(p, opcode.AxOf(i)), true
	case op == opcode.GetUpval || op == opcode.SetUpval:
		return upvalueName(p, b), true
	case op == opcode.GetTabUp:
		return upvalueName(p, b) + l.spaced(p, c), true
	case op == opcode.SetTabUp:
		return upvalueName(p, opcode.A(i)) + l.spaced(p, b) + l.spaced(p, c), true
	case op == opcode.GetTable || op == opcode.Self:
		return strings.TrimPrefix(l.spaced(p, c), " "), opcode.IsK(c)
	case op == opcode.Closure:
		return l.closure(p, opcode.Bx(i)), true
	case hasRawExtra(i):
		return rawExtra(p, pc), true
	case op == opcode.SetList:
		return fmt.Sprint(c), true
	case info.Mode == opcode.AsBx:
		return fmt.Sprintf("to %d", opcode.SBx(i)+pc+2), true
	case info.B == opcode.RK && info.C == opcode.RK && (opcode.IsK(b) || opcode.IsK(c)):
		return l.constantOrDash(p, b) + " " + l.constantOrDash(p, c), true
	}
	return "", false
}

// closure is the address of a function inside p.
func (l *lister) closure(p *chunk.Proto, n int) string {
	if n >= len(p.Protos) {
		return missing
	}
	return l.address(p.Protos[n])
}

// rawExtra is the word behind SETLIST. Its opcode counts, too, as in the C tool.
func rawExtra(p *chunk.Proto, pc int) string {
	if pc+1 >= len(p.Code) {
		return missing
	}
	return fmt.Sprint(int32(p.Code[pc+1]))
}

// spaced is a space and the constant of an RK operand, nothing for a register.
func (l *lister) spaced(p *chunk.Proto, rk int) string {
	if !opcode.IsK(rk) {
		return ""
	}
	return " " + l.constant(p, rk&opcode.MaxIndexRK)
}

func (l *lister) constantOrDash(p *chunk.Proto, rk int) string {
	if !opcode.IsK(rk) {
		return "-"
	}
	return l.constant(p, rk&opcode.MaxIndexRK)
}

func upvalueName(p *chunk.Proto, n int) string {
	switch {
	case n >= len(p.Upvalues):
		return missing
	case !p.Upvalues[n].Name.Set:
		return "-"
	}
	return cString(p.Upvalues[n].Name.S)
}

// constant is a constant as Lua source, nearly.
func (l *lister) constant(p *chunk.Proto, n int) string {
	if n >= len(p.Constants) {
		return missing
	}
	switch k := &p.Constants[n]; k.Kind {
	case chunk.Nil:
		return "nil"
	case chunk.False:
		return "false"
	case chunk.True:
		return "true"
	case chunk.Int:
		return fmt.Sprint(k.Int)
	case chunk.Float:
		return floatText(l.model, k.FloatOf(l.model))
	case chunk.String:
		return quoted(k.Str)
	}
	return missing
}

// floatText formats a float by LUA_NUMBER_FMT (luaconf.h), so that it does not
// look like an integer.
func floatText(model num.Model, f float64) string {
	digits := 14
	if model.FloatSize() == 4 {
		digits = 7
	}
	s := string(cfmt.AppendG(nil, f, digits))
	if strings.Trim(s, "-0123456789") == "" {
		s += ".0"
	}
	return s
}

// quoted is a string with escapes where C's isprint is false, in the "C" locale.
func quoted(s string) string {
	const plain, escapes = "\"\\\a\b\f\n\r\t\v", `"\abfnrtv`
	b := []byte{'"'}
	for _, c := range []byte(s) {
		n := strings.IndexByte(plain, c)
		switch {
		case n >= 0:
			b = append(b, '\\', escapes[n])
		case ' ' <= c && c <= '~':
			b = append(b, c)
		default:
			b = fmt.Appendf(b, "\\%03d", c)
		}
	}
	return string(append(b, '"'))
}

// debug lists the tables of a function.
func (l *lister) debug(p *chunk.Proto) {
	at := l.address(p)
	l.printf("constants (%d) for %s:\n", len(p.Constants), at)
	for i := range p.Constants {
		l.printf("\t%d\t%s\n", i+1, l.constant(p, i))
	}
	l.printf("locals (%d) for %s:\n", len(p.LocVars), at)
	for i, v := range p.LocVars {
		l.printf("\t%d\t%s\t%d\t%d\n", i, cString(v.Name), v.StartPC+1, v.EndPC+1)
	}
	l.printf("upvalues (%d) for %s:\n", len(p.Upvalues), at)
	for i, u := range p.Upvalues {
		l.printf("\t%d\t%s\t%d\t%d\n", i, upvalueName(p, i), u.InStack, u.Idx)
	}
}
