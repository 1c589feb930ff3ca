package opcode

import (
	"strings"
	"testing"
)

// instructions are those of Lua 5.1 in their order (lopcodes.c), with format, use of B and C (N: not, U: a
// number, R: a register or jump, K: a constant or register), and a: sets register A, t: is a test.
var instructions = []struct {
	mode        Mode
	args, flags string
	names       string
}{
	{ABC, "RN", "a", "MOVE"}, {ABx, "KN", "a", "LOADK"}, {ABC, "UU", "a", "LOADBOOL"}, {ABC, "RN", "a", "LOADNIL"},
	{ABC, "UN", "a", "GETUPVAL"}, {ABx, "KN", "a", "GETGLOBAL"}, {ABC, "RK", "a", "GETTABLE"}, {ABx, "KN", "", "SETGLOBAL"},
	{ABC, "UN", "", "SETUPVAL"}, {ABC, "KK", "", "SETTABLE"}, {ABC, "UU", "a", "NEWTABLE"}, {ABC, "RK", "a", "SELF"},
	{ABC, "KK", "a", "ADD SUB MUL DIV MOD POW"}, {ABC, "RN", "a", "UNM NOT LEN"}, {ABC, "RR", "a", "CONCAT"},
	{AsBx, "RN", "", "JMP"}, {ABC, "KK", "t", "EQ LT LE"}, {ABC, "RU", "at", "TEST TESTSET"}, {ABC, "UU", "a", "CALL TAILCALL"},
	{ABC, "UN", "", "RETURN"}, {AsBx, "RN", "a", "FORLOOP FORPREP"}, {ABC, "NU", "t", "TFORLOOP"}, {ABC, "UU", "", "SETLIST"},
	{ABC, "NN", "", "CLOSE"}, {ABx, "UN", "a", "CLOSURE"}, {ABC, "UN", "a", "VARARG"},
}

func TestTable(t *testing.T) {
	op, uses := Op(0), map[byte]Arg{'N': Unused, 'U': Used, 'R': Register, 'K': RK}
	for _, g := range instructions {
		for name := range strings.FieldsSeq(g.names) {
			i := op.Info()
			if i.Name != name || i.Mode != g.mode || i.B != uses[g.args[0]] || i.C != uses[g.args[1]] ||
				i.SetsA != strings.Contains(g.flags, "a") || i.Test != strings.Contains(g.flags, "t") || i.Meaning == "" {
				t.Errorf("opcode %d is %+v, want %s %v", op, i, name, g)
			}
			op++
		}
	}
	if op != Count || Op(63).Info().Mode != NoMode {
		t.Errorf("%d opcodes", op)
	}
}

func TestFields(t *testing.T) {
	i := Instruction(Close) | 200<<6 | 300<<23 | 400<<14
	if OpOf(i) != Close || A(i) != 200 || B(i) != 300 || C(i) != 400 || Bx(i) != 300<<9|400 || SBx(i) != Bx(i)-MaxSBx || !IsK(B(i)) || IsK(A(i)) {
		t.Errorf("%#x: %v %d %d %d %d %d", i, OpOf(i), A(i), B(i), C(i), Bx(i), SBx(i))
	}
}

// TestLength holds which words belong to an instruction.
func TestLength(t *testing.T) {
	closure, list := Instruction(Closure)|1<<14, Instruction(SetList)
	code := []Instruction{closure, 0, 0, list, 77, list | 1<<14, closure}
	upvalues := func(i int) int { return []int{0, 2}[i] }
	for pc, want := range map[int]int{0: 3, 1: 1, 3: 2, 5: 1, 6: 1} {
		if got := Length(code, pc, upvalues); got != want {
			t.Errorf("at %d: %d words, want %d", pc, got, want)
		}
	}
}
