package sjson

import (
	"fmt"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
)

// trace notes what the parser tells: + and - with the kind and level of an
// element, and the text of strings and words.
type trace struct {
	m    mem.Mem
	text string
	out  strings.Builder
}

func (t *trace) note(sign string, e state.Addr) {
	kind := map[uint32]string{kindString: "s", kindKey: "k", kindObject: "{", kindList: "[", kindWord: "w"}[t.m.U32(e+elemKind)]
	fmt.Fprintf(&t.out, " %s%s%d", sign, kind, t.m.U16(e+elemLevel))
	if sign == "-" && strings.Contains("skw", kind) {
		fmt.Fprint(&t.out, t.text[t.m.U32(e+elemBegin):t.m.U32(e+elemEnd)])
	}
}

func (t *trace) begin(e state.Addr) { t.note("+", e) }
func (t *trace) end(e state.Addr)   { t.note("-", e) }

func parse(t *testing.T, text string, piece int) string {
	t.Helper()
	s, err := mem.NewSpace()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const at = 0x3FFE8000
	if err := s.Map(at, mem.PageSize, mem.ReadWrite); err != nil {
		t.Fatal(err)
	}
	initParser(s.Mem(), at, levels)
	tr := &trace{m: s.Mem(), text: text}
	for rest := []byte(text); len(rest) > 0; {
		n := min(piece, len(rest))
		p := parser{m: s.Mem(), at: at, h: tr} // a new one each time: all state is in memory
		if e := p.feed(rest[:n]); e != errNone {
			return strings.TrimSpace(tr.out.String() + " " + errorNames[e])
		}
		rest = rest[n:]
	}
	return strings.TrimSpace(tr.out.String())
}

func TestParser(t *testing.T) {
	deep := strings.Repeat("[", levels-1)
	for text, want := range map[string]string{
		`{"a":1}`:                `+{1 +k2 -k2"a +w2 -w21 -{1`,
		`["x" "\""]`:             `+[1 +s2 -s2"x +s2 -s2"\" -[1`,
		`[true,null , -0.5e-3 ]`: `+[1 +w2 -w2true +w2 -w2null +w2 -w2-0.5e-3 -[1`,
		`7 `:                     `+w1 -w17`,
		`[1,]`:                   `+[1 +w2 -w21 TRAILING_COMMA`,
		`[1 2]`:                  `+[1 +w2 -w21 CANT_INSERT`,
		`[01]`:                   `+[1 +w2 INVALID_NUMBER`,
		`[1.]`:                   `+[1 +w2 INVALID_NUMBER`,
		`[-]`:                    `+[1 +w2 INVALID_NUMBER`,
		`[tru]`:                  `+[1 +w2 SPECIAL_INCOMPLETE`,
		`[trux]`:                 `+[1 +w2 SPECIAL_EXPECTED`,
		`[x]`:                    `+[1 SPECIAL_EXPECTED`,
		"[\x00]":                 `+[1 FOUND_NULL_BYTE`,
		"[\x01]":                 `+[1 WEIRD_WHITESPACE`,
		"[\"\x13\"]":             `+[1 +s2 WEIRD_WHITESPACE`,
		"[\"\x14\"]":             "+[1 +s2 -s2\"\x14 -[1",
		`["\q"]`:                 `+[1 +s2 ESCAPE_INVALID`,
		`[\]`:                    `+[1 ESCAPE_OUTSIDE_STRING`,
		`"a"`:                    `STRING_OUTSIDE_CONTAINER`,
		`[1}`:                    `+[1 +w2 -w21 BRACKET_MISMATCH`,
		`]`:                      `BRACKET_MISMATCH`,
		`{1:2}`:                  `+{1 HKEY_EXPECTED`,
		`{"a"}`:                  `+{1 +k2 -k2"a VALUE_EXPECTED`,
		`{"a" 1}`:                `+{1 +k2 -k2"a CANT_INSERT`,
		`{"a" "b"}`:              `+{1 +k2 -k2"a MISSING_TOKEN`,
		`{"a":1 "b"`:             `+{1 +k2 -k2"a +w2 -w21 STRAY_TOKEN`,
		`:`:                      `STRAY_TOKEN`,
		`[,`:                     `+[1 STRAY_TOKEN`,
		deep + "[":               strings.TrimSpace(levelsTrace()) + " LEVELS_EXCEEDED",
	} {
		for piece := range len(text) {
			if got := parse(t, text, piece+1); got != want {
				t.Errorf("%q in pieces of %d:\n got %s\nwant %s", text, piece+1, got, want)
			}
		}
	}
}

func levelsTrace() string {
	var s strings.Builder
	for i := 1; i < levels; i++ {
		fmt.Fprintf(&s, " +[%d", i)
	}
	return s.String()
}

func FuzzParser(f *testing.F) {
	f.Add(`{"a":[1,-2.5e3,"\u00e9"],"b":null}`, 3)
	f.Fuzz(func(t *testing.T, text string, piece int) {
		whole := parse(t, text, max(len(text), 1))
		if got := parse(t, text, max(piece, 1)); got != whole {
			t.Errorf("in pieces of %d: %s\nat once: %s", piece, got, whole)
		}
	})
}
