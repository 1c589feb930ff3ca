package luac

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/opcode"
)

// ListJSON writes a listing for programs, as one JSON document:
//
//	{"model": "int32/float32", "main": function}
//
// Its parts are the types function, instruction and so on of this file, with
// their JSON names. All indexes and instructions count from 0, unlike in List, so
// that they are positions in the document's arrays.
//
// A string that is not UTF-8 is {"bytes": "base64"} wherever a string can stand.
// Integers of 64 bits are written with all digits, which not every reader keeps.
func ListJSON(w io.Writer, model num.Model, main *chunk.Proto) error {
	j := &jsonLister{w: bufio.NewWriter(w), model: model}
	j.raw("{\n")
	j.field(1, "model", model.String(), ",")
	j.key(1, "main")
	j.function(1, main, chunk.Text{})
	j.raw("\n}\n")
	if j.err != nil {
		return j.err
	}
	return j.w.Flush()
}

// jsonFunction is the head of a function. Behind its fields follow the arrays
//
//	"code"       of jsonInstruction
//	"constants"  of jsonConstant
//	"locals"     of jsonLocal
//	"upvalues"   of jsonUpvalue
//	"functions"  of functions like this one
type jsonFunction struct {
	Source          any   `json:"source"`          // string with its first character, @ or =; null: unknown
	LineDefined     int   `json:"lineDefined"`     // 0: a main function
	LastLineDefined int   `json:"lastLineDefined"` // 0: a main function
	Params          uint8 `json:"params"`          // parameters with a name
	Vararg          bool  `json:"vararg"`
	Slots           uint8 `json:"slots"` // registers
}

// jsonInstruction is an instruction. It has those operands that its opcode uses;
// what they mean is in package opcode. An operand is a number, or a jsonReference
// where it names a constant.
type jsonInstruction struct {
	PC   int    `json:"pc"`
	Line any    `json:"line"` // a number; null: unknown
	Op   string `json:"op"`   // "?": no such opcode
	A    any    `json:"A,omitempty"`
	B    any    `json:"B,omitempty"`
	C    any    `json:"C,omitempty"`
	Bx   any    `json:"Bx,omitempty"`
	SBx  any    `json:"sBx,omitempty"`
	Ax   any    `json:"Ax,omitempty"`
	To   any    `json:"to,omitempty"`   // where an instruction with sBx jumps
	Word any    `json:"word,omitempty"` // the whole, if there is no such opcode
}

// jsonReference is an operand that names a constant. A reference of damaged code
// to a constant that does not exist has no value.
type jsonReference struct {
	Constant int `json:"constant"` // position in the function's constants
	Value    any `json:"value"`    // as in jsonConstant
}

type jsonBadReference struct {
	Constant int `json:"constant"`
}

// jsonConstant is a constant. The value of a float always has a point or an
// exponent; an infinite one, or none, is {"bits": "7f800000"}: IEEE 754.
type jsonConstant struct {
	Type  string `json:"type"`  // "nil", "boolean", "integer", "float", "string"
	Value any    `json:"value"` // null, a boolean, a number, a string
}

// jsonLocal is a local variable, live from the instruction start up to, but not
// with, the instruction end.
type jsonLocal struct {
	Name  any `json:"name"`
	Start int `json:"start"`
	End   int `json:"end"`
}

// jsonUpvalue is an upvalue: a register of the enclosing function if inStack is
// 1, else an upvalue of it.
type jsonUpvalue struct {
	Name    any   `json:"name"` // null: unknown
	InStack uint8 `json:"inStack"`
	Index   uint8 `json:"index"`
}

type jsonBytes struct {
	Bytes []byte `json:"bytes"`
}

type jsonBits struct {
	Bits string `json:"bits"`
}

// jsonLister lays the document out: a line for each field and each element of an
// array, so that a person finds the way, too.
type jsonLister struct {
	w     *bufio.Writer // keeps the first error until Flush
	model num.Model
	err   error
}

func (j *jsonLister) raw(s string) { j.w.WriteString(s) }

func (j *jsonLister) indent(depth int) { j.raw(strings.Repeat("  ", depth)) }

func (j *jsonLister) key(depth int, name string) {
	j.indent(depth)
	j.raw(strconv.Quote(name) + ": ")
}

// compact is v on one line.
func (j *jsonLister) compact(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil && j.err == nil {
		j.err = err
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (j *jsonLister) field(depth int, name string, v any, end string) {
	j.key(depth, name)
	j.raw(j.compact(v) + end + "\n")
}

// array writes n elements, each by element, which begins on a line of its own.
func (j *jsonLister) array(depth int, name string, n int, end string, element func(i int)) {
	j.key(depth, name)
	if n == 0 {
		j.raw("[]" + end + "\n")
		return
	}
	j.raw("[\n")
	for i := range n {
		j.indent(depth + 1)
		element(i)
		if i < n-1 {
			j.raw(",")
		}
		j.raw("\n")
	}
	j.indent(depth)
	j.raw("]" + end + "\n")
}

// function writes a function; source is the enclosing one's.
func (j *jsonLister) function(depth int, p *chunk.Proto, source chunk.Text) {
	if p.Source.Set {
		source = p.Source
	}
	head := j.compact(jsonFunction{Source: jsonText(source), LineDefined: p.LineDefined, LastLineDefined: p.LastLineDefined,
		Params: p.NumParams, Vararg: p.IsVararg != 0, Slots: p.MaxStackSize})
	j.raw(strings.TrimSuffix(head, "}") + ",\n")
	in := depth + 1
	lines := p.Lines()
	j.array(in, "code", len(p.Code), ",", func(i int) { j.raw(j.compact(j.instruction(p, i, lines[i]))) })
	j.array(in, "constants", len(p.Constants), ",", func(i int) { j.raw(j.compact(j.constant(&p.Constants[i]))) })
	j.array(in, "locals", len(p.LocVars), ",", func(i int) {
		v := p.LocVars[i]
		j.raw(j.compact(jsonLocal{jsonString(v.Name), v.StartPC, v.EndPC}))
	})
	j.array(in, "upvalues", len(p.Upvalues), ",", func(i int) {
		u := p.Upvalues[i]
		j.raw(j.compact(jsonUpvalue{jsonText(u.Name), u.InStack, u.Idx}))
	})
	j.array(in, "functions", len(p.Protos), "", func(i int) { j.function(in+1, p.Protos[i], source) })
	j.indent(depth)
	j.raw("}")
}

func (j *jsonLister) instruction(p *chunk.Proto, pc, line int) (out jsonInstruction) {
	i := p.Code[pc]
	op := opcode.OpOf(i)
	info := op.Info()
	out.PC, out.Op = pc, info.Name
	if line > 0 {
		out.Line = line
	}
	if info.Mode == opcode.NoMode {
		out.Word = i
		return out
	}
	if info.Mode != opcode.Ax {
		out.A = opcode.A(i)
	}
	switch info.Mode {
	case opcode.ABC:
		out.B, out.C = j.operand(p, info.B, opcode.B(i)), j.operand(p, info.C, opcode.C(i))
	case opcode.ABx:
		if info.B == opcode.RK {
			out.Bx = j.reference(p, opcode.Bx(i))
		} else if info.B != opcode.Unused {
			out.Bx = opcode.Bx(i)
		}
	case opcode.AsBx:
		out.SBx, out.To = opcode.SBx(i), pc+1+opcode.SBx(i)
	case opcode.Ax:
		out.Ax = opcode.AxOf(i)
		if pc > 0 && opcode.OpOf(p.Code[pc-1]) == opcode.LoadKX {
			out.Ax = j.reference(p, opcode.AxOf(i))
		}
	}
	return out
}

// operand is an operand B or C; nil if it is not used.
func (j *jsonLister) operand(p *chunk.Proto, use opcode.Arg, n int) any {
	switch {
	case use == opcode.Unused:
		return nil
	case use == opcode.RK && opcode.IsK(n):
		return j.reference(p, n&opcode.MaxIndexRK)
	}
	return n
}

func (j *jsonLister) reference(p *chunk.Proto, n int) any {
	if n >= len(p.Constants) {
		return jsonBadReference{n}
	}
	return jsonReference{n, j.constant(&p.Constants[n]).Value}
}

func (j *jsonLister) constant(k *chunk.Constant) jsonConstant {
	switch k.Kind {
	case chunk.Nil:
		return jsonConstant{"nil", nil}
	case chunk.False, chunk.True:
		return jsonConstant{"boolean", k.Kind == chunk.True}
	case chunk.Int:
		return jsonConstant{"integer", k.Int}
	case chunk.Float:
		return jsonConstant{"float", jsonFloat(j.model, k)}
	case chunk.String:
		return jsonConstant{"string", jsonString(k.Str)}
	}
	return jsonConstant{missing, nil}
}

// jsonFloat is a float with as many digits as make it unique.
func jsonFloat(model num.Model, k *chunk.Constant) any {
	f := k.FloatOf(model)
	bits := 8 * model.FloatSize()
	if math.IsInf(f, 0) || math.IsNaN(f) {
		s := strconv.FormatUint(k.Bits, 16)
		return jsonBits{strings.Repeat("0", max(0, bits/4-len(s))) + s}
	}
	s := strconv.FormatFloat(f, 'g', -1, bits)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return json.Number(s)
}

func jsonString(s string) any {
	if utf8.ValidString(s) {
		return s
	}
	return jsonBytes{[]byte(s)}
}

func jsonText(t chunk.Text) any {
	if !t.Set {
		return nil
	}
	return jsonString(t.S)
}
