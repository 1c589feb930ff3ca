package luac

import (
	"bufio"
	"io"
	"math"
	"strings"

	"moonlet.example/moonlet/internal/lua/lineinfo"
	"moonlet.example/moonlet/internal/lua/num"
	chunk51 "moonlet.example/moonlet/internal/lua51/chunk"
	opcode51 "moonlet.example/moonlet/internal/lua51/opcode"
	"moonlet.example/moonlet/internal/lua53/chunk"
)

// ListJSON51 is ListJSON for Lua 5.1. The document has "lua" and "numbers" in the place of "model", and what differs in
// its parts is this: upvalues are names alone; behind a CLOSURE follow as many instructions as the function has
// upvalues, which say where those come from; and an instruction behind a SETLIST whose C is 0 is the number of the block
// of values, as it is, with "?" for an opcode.
func ListJSON51(w io.Writer, numbers chunk51.Numbers, main *chunk51.Proto) error {
	j := &jsonLister51{jsonLister{w: bufio.NewWriter(w), model: num.Int64Float64}}
	j.raw("{\n")
	j.field(1, "lua", "5.1", ",")
	j.field(1, "numbers", numbers.String(), ",")
	j.key(1, "main")
	j.function(1, numbers, main, chunk51.Text{})
	j.raw("\n}\n")
	if j.err != nil {
		return j.err
	}
	return j.w.Flush()
}

type jsonLister51 struct{ jsonLister }

func jsonText51(t chunk51.Text) any { return jsonText(chunk.Text{S: t.S, Set: t.Set}) }

// function writes a function; source is the enclosing one's.
func (j *jsonLister51) function(depth int, n chunk51.Numbers, p *chunk51.Proto, source chunk51.Text) {
	if p.Source.Set {
		source = p.Source
	}
	head := j.compact(jsonFunction{Source: jsonText51(source), LineDefined: p.LineDefined, LastLineDefined: p.LastLineDefined,
		Params: p.NumParams, Vararg: p.IsVararg != 0, Slots: p.MaxStackSize})
	j.raw(strings.TrimSuffix(head, "}") + ",\n")
	in, lines := depth+1, lineinfo.All(p.LineInfo, len(p.Code))
	j.array(in, "code", len(p.Code), ",", func(i int) { j.raw(j.compact(j.instruction(n, p, i, lines[i]))) })
	j.array(in, "constants", len(p.Constants), ",", func(i int) { j.raw(j.compact(j.constant(n, &p.Constants[i]))) })
	j.array(in, "locals", len(p.LocVars), ",", func(i int) {
		v := p.LocVars[i]
		j.raw(j.compact(jsonLocal{jsonText51(v.Name), v.StartPC, v.EndPC}))
	})
	j.array(in, "upvalues", len(p.Upvalues), ",", func(i int) { j.raw(j.compact(jsonText51(p.Upvalues[i]))) })
	j.array(in, "functions", len(p.Protos), "", func(i int) { j.function(in+1, n, p.Protos[i], source) })
	j.indent(depth)
	j.raw("}")
}

func (j *jsonLister51) instruction(n chunk51.Numbers, p *chunk51.Proto, pc, line int) (out jsonInstruction) {
	i := p.Code[pc]
	op := opcode51.OpOf(i)
	info := op.Info()
	out.PC, out.Op = pc, info.Name
	if line > 0 {
		out.Line = line
	}
	if info.Mode == opcode51.NoMode || pc > 0 && opcode51.OpOf(p.Code[pc-1]) == opcode51.SetList && opcode51.C(p.Code[pc-1]) == 0 {
		out.Op, out.Word = missing, i
		return out
	}
	out.A = opcode51.A(i)
	switch info.Mode {
	case opcode51.ABC:
		out.B, out.C = j.operand(n, p, info.B, opcode51.B(i)), j.operand(n, p, info.C, opcode51.C(i))
	case opcode51.ABx:
		if out.Bx = opcode51.Bx(i); info.B == opcode51.RK {
			out.Bx = j.reference(n, p, opcode51.Bx(i))
		}
	case opcode51.AsBx:
		out.SBx, out.To = opcode51.SBx(i), pc+1+opcode51.SBx(i)
	}
	return out
}

// operand is an operand B or C; nil if it is not used.
func (j *jsonLister51) operand(n chunk51.Numbers, p *chunk51.Proto, use opcode51.Arg, v int) any {
	switch {
	case use == opcode51.Unused:
		return nil
	case use == opcode51.RK && opcode51.IsK(v):
		return j.reference(n, p, v&^opcode51.BitRK)
	}
	return v
}

func (j *jsonLister51) reference(n chunk51.Numbers, p *chunk51.Proto, k int) any {
	if k >= len(p.Constants) {
		return jsonBadReference{k}
	}
	return jsonReference{k, j.constant(n, &p.Constants[k]).Value}
}

func (j *jsonLister51) constant(n chunk51.Numbers, k *chunk51.Constant) jsonConstant {
	switch k.Kind {
	case chunk51.Nil:
		return jsonConstant{"nil", nil}
	case chunk51.False, chunk51.True:
		return jsonConstant{"boolean", k.Kind == chunk51.True}
	case chunk51.Number:
		if n == chunk51.Integer {
			return jsonConstant{"integer", k.Int}
		}
		return jsonConstant{"float", jsonFloat(j.model, &chunk.Constant{Kind: chunk.Float, Bits: math.Float64bits(k.Float)})}
	case chunk51.String:
		return jsonConstant{"string", jsonString(k.Str)}
	}
	return jsonConstant{missing, nil}
}
