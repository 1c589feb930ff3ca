package luac

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/opcode"
)

// The JSON document, as a reader may declare it.
type document struct {
	Model string
	Main  *documentFunction
}

type documentFunction struct {
	Source                       any
	LineDefined, LastLineDefined int
	Params, Slots                byte
	Vararg                       bool
	Code                         []map[string]any
	Constants                    []struct {
		Type  string
		Value any
	}
	Locals []struct {
		Name       any
		Start, End int
	}
	Upvalues []struct {
		Name           any
		InStack, Index byte
	}
	Functions []*documentFunction
}

// documentText is a string of a document.
func documentText(t *testing.T, v any) chunk.Text {
	t.Helper()
	switch v := v.(type) {
	case nil:
		return chunk.Text{}
	case string:
		return chunk.Text{S: v, Set: true}
	case map[string]any:
		if b, err := base64.StdEncoding.DecodeString(v["bytes"].(string)); err == nil && len(v) == 1 {
			return chunk.Text{S: string(b), Set: true}
		}
	}
	t.Fatalf("no string: %v", v)
	return chunk.Text{}
}

func documentInt(t *testing.T, v any) int64 {
	t.Helper()
	if r, ok := v.(map[string]any); ok {
		v = r["constant"]
	}
	n, err := v.(json.Number).Int64()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// rebuilt makes a function of its document; of line information there remain the
// lines.
func rebuilt(t *testing.T, model num.Model, d *documentFunction, source chunk.Text) (p *chunk.Proto, lines []int) {
	t.Helper()
	p = &chunk.Proto{Source: documentText(t, d.Source), LineDefined: d.LineDefined, LastLineDefined: d.LastLineDefined,
		NumParams: d.Params, MaxStackSize: d.Slots}
	if p.Source == source {
		p.Source = chunk.Text{}
	} else {
		source = p.Source
	}
	if d.Vararg {
		p.IsVararg = 1
	}
	for pc, i := range d.Code {
		line := -1
		if i["line"] != nil {
			line = int(documentInt(t, i["line"]))
		}
		lines = append(lines, line)
		p.Code = append(p.Code, rebuiltInstruction(t, d, pc, i))
	}
	for _, k := range d.Constants {
		p.Constants = append(p.Constants, rebuiltConstant(t, model, k.Type, k.Value))
	}
	for _, v := range d.Locals {
		p.LocVars = append(p.LocVars, chunk.LocVar{Name: documentText(t, v.Name).S, StartPC: v.Start, EndPC: v.End})
	}
	for _, u := range d.Upvalues {
		p.Upvalues = append(p.Upvalues, chunk.Upvalue{Name: documentText(t, u.Name), InStack: u.InStack, Idx: u.Index})
	}
	for _, sub := range d.Functions {
		q, more := rebuilt(t, model, sub, source)
		p.Protos, lines = append(p.Protos, q), append(lines, more...)
	}
	return p, lines
}

func rebuiltInstruction(t *testing.T, d *documentFunction, pc int, i map[string]any) (word uint32) {
	t.Helper()
	if documentInt(t, i["pc"]) != int64(pc) {
		t.Fatalf("instruction %d is %v", pc, i)
	}
	op := opcode.Op(0)
	for op < opcode.Count && op.Info().Name != i["op"] {
		op++
	}
	if op == opcode.Count {
		return uint32(documentInt(t, i["word"]))
	}
	word = uint32(op)
	for name, v := range i {
		if name == "pc" || name == "line" || name == "op" {
			continue
		}
		n := int(documentInt(t, v))
		r, isConstant := v.(map[string]any)
		if isConstant && !reflect.DeepEqual(r["value"], d.Constants[n].Value) {
			t.Fatalf("%v is not %v", r, d.Constants[n])
		}
		if isConstant && (name == "B" || name == "C") {
			n |= opcode.BitRK
		}
		switch name {
		case "A":
			word = opcode.SetA(word, n)
		case "B":
			word = opcode.SetB(word, n)
		case "C":
			word = opcode.SetC(word, n)
		case "Bx":
			word |= uint32(n) << 14
		case "sBx":
			word = opcode.SetSBx(word, n)
			if to := int(documentInt(t, i["to"])); to != pc+1+n {
				t.Fatalf("%v jumps to %d", i, to)
			}
		case "Ax":
			word |= uint32(n) << 6
		case "to":
		default:
			t.Fatalf("unknown field in %v", i)
		}
	}
	return word
}

func rebuiltConstant(t *testing.T, model num.Model, kind string, v any) chunk.Constant {
	t.Helper()
	switch kind {
	case "nil":
		return chunk.Constant{Kind: chunk.Nil}
	case "boolean":
		if v.(bool) {
			return chunk.Constant{Kind: chunk.True}
		}
		return chunk.Constant{Kind: chunk.False}
	case "integer":
		return chunk.Constant{Kind: chunk.Int, Int: documentInt(t, v)}
	case "string":
		return chunk.Constant{Kind: chunk.String, Str: documentText(t, v).S}
	case "float":
		if m, ok := v.(map[string]any); ok {
			bits, err := strconv.ParseUint(m["bits"].(string), 16, 64)
			if err != nil || len(m["bits"].(string)) != 2*model.FloatSize() {
				t.Fatal(m, err)
			}
			return chunk.Constant{Kind: chunk.Float, Bits: bits}
		}
		if s := string(v.(json.Number)); !strings.ContainsAny(s, ".e") {
			t.Errorf("the float %s looks like an integer", s)
		}
		f, err := strconv.ParseFloat(string(v.(json.Number)), 8*model.FloatSize())
		if err != nil {
			t.Fatal(err)
		}
		return chunk.Constant{Kind: chunk.Float, Bits: num.BitsOfFloat(model, f)}
	}
	t.Fatalf("unknown kind %q", kind)
	return chunk.Constant{}
}

// checkJSON holds that everything of a function is in its document.
func checkJSON(t *testing.T, model num.Model, p *chunk.Proto) {
	t.Helper()
	var b bytes.Buffer
	if err := ListJSON(&b, model, p); err != nil {
		t.Fatal(err)
	}
	var doc document
	d := json.NewDecoder(bytes.NewReader(b.Bytes()))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil || d.More() {
		t.Fatalf("%v in\n%s", err, b.Bytes())
	}
	if doc.Model != model.String() {
		t.Errorf("the model is %q", doc.Model)
	}
	got, gotLines := rebuilt(t, model, doc.Main, chunk.Text{})
	var lines []int
	want := plain(p, &lines)
	if !slices.Equal(gotLines, lines) {
		t.Errorf("%s: the lines differ", p.Source.S)
	}
	if a, b := chunk.Encode(model, got, 0), chunk.Encode(model, want, 0); !bytes.Equal(a, b) {
		t.Errorf("what was made from the document differs:\n%s", differingLine(listing(t, model, got, true), listing(t, model, want, true)))
	}
}

// plain is p without packed line information; the lines are appended to lines, -1
// where there is none.
func plain(p *chunk.Proto, lines *[]int) *chunk.Proto {
	q := *p
	for _, line := range p.Lines() {
		if line <= 0 { // the firmware's compiler makes such ones, too
			line = -1
		}
		*lines = append(*lines, line)
	}
	q.LineInfo, q.Protos = nil, nil
	for _, sub := range p.Protos {
		q.Protos = append(q.Protos, plain(sub, lines))
	}
	return &q
}

func TestListJSON(t *testing.T) {
	t.Chdir("testdata/list")
	for _, model := range num.Models() {
		for strip := range 3 {
			for _, file := range []string{"ops.lua", "values.lua"} {
				checkJSON(t, model, compileFile(t, model, strip, file))
			}
		}
	}
}

// TestListJSONGolden shows the layout.
func TestListJSONGolden(t *testing.T) {
	t.Chdir("testdata/list")
	want, err := os.ReadFile("small.json")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := ListJSON(&b, num.Int32Float32, compileFile(t, num.Int32Float32, 0, "small.lua")); err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("first difference: %s", differingLine(b.String(), string(want)))
	}
}
