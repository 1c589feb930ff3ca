package opcode

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// instructions are those of Lua 5.3 in their order (lopcodes.h), with format, use
// of B and C (N: not, U: a number, R: a register or jump, K: a constant or
// register), and a: sets register A, t: is a test.
var instructions = []struct {
	mode  Mode
	args  string
	flags string
	names string
}{
	{ABC, "RN", "a", "MOVE"},
	{ABx, "KN", "a", "LOADK"},
	{ABx, "NN", "a", "LOADKX"},
	{ABC, "UU", "a", "LOADBOOL"},
	{ABC, "UN", "a", "LOADNIL GETUPVAL"},
	{ABC, "UK", "a", "GETTABUP"},
	{ABC, "RK", "a", "GETTABLE"},
	{ABC, "KK", "", "SETTABUP"},
	{ABC, "UN", "", "SETUPVAL"},
	{ABC, "KK", "", "SETTABLE"},
	{ABC, "UU", "a", "NEWTABLE"},
	{ABC, "RK", "a", "SELF"},
	{ABC, "KK", "a", "ADD SUB MUL MOD POW DIV IDIV BAND BOR BXOR SHL SHR"},
	{ABC, "RN", "a", "UNM BNOT NOT LEN"},
	{ABC, "RR", "a", "CONCAT"},
	{AsBx, "RN", "", "JMP"},
	{ABC, "KK", "t", "EQ LT LE"},
	{ABC, "NU", "t", "TEST"},
	{ABC, "RU", "at", "TESTSET"},
	{ABC, "UU", "a", "CALL TAILCALL"},
	{ABC, "UN", "", "RETURN"},
	{AsBx, "RN", "a", "FORLOOP FORPREP"},
	{ABC, "NU", "", "TFORCALL"},
	{AsBx, "RN", "a", "TFORLOOP"},
	{ABC, "UU", "", "SETLIST"},
	{ABx, "UN", "a", "CLOSURE"},
	{ABC, "UN", "a", "VARARG"},
	{Ax, "UU", "", "EXTRAARG"},
}

func TestTable(t *testing.T) {
	op := Op(0)
	uses := map[byte]Arg{'N': Unused, 'U': Used, 'R': Register, 'K': RK}
	for _, g := range instructions {
		for name := range strings.FieldsSeq(g.names) {
			i := op.Info()
			if i.Name != name || i.Mode != g.mode || i.B != uses[g.args[0]] || i.C != uses[g.args[1]] ||
				i.SetsA != strings.Contains(g.flags, "a") || i.Test != strings.Contains(g.flags, "t") {
				t.Errorf("opcode %d is %+v, want %s %v", op, i, name, g)
			}
			if i.SetsA != op.SetsA() || i.Test != op.IsTest() || i.Meaning == "" {
				t.Errorf("%s: incomplete or contradictory: %+v", name, i)
			}
			op++
		}
	}
	if op != Count || Count != 47 {
		t.Errorf("%d opcodes are expected, there are %d", op, Count)
	}
	for _, op := range []Op{Count, 63, 255} {
		if i := op.Info(); i.Mode != NoMode || i.Name != "?" || op.SetsA() || op.IsTest() {
			t.Errorf("undefined opcode %d is %+v", op, i)
		}
	}
}

func TestEncoding(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		op, a, b, c := Op(rnd.IntN(int(Count))), rnd.IntN(MaxA+1), rnd.IntN(MaxB+1), rnd.IntN(MaxC+1)
		i := MakeABC(op, a, b, c)
		if OpOf(i) != op || A(i) != a || B(i) != b || C(i) != c {
			t.Fatalf("MakeABC(%d, %d, %d, %d) = %#x", op, a, b, c, i)
		}
		if IsK(b) != (b >= 256) {
			t.Fatalf("IsK(%d)", b)
		}
		a2, b2, c2, op2 := rnd.IntN(MaxA+1), rnd.IntN(MaxB+1), rnd.IntN(MaxC+1), Op(rnd.IntN(int(Count)))
		if got, want := SetOp(SetC(SetB(SetA(i, a2), b2), c2), op2), MakeABC(op2, a2, b2, c2); got != want {
			t.Fatalf("replacing all fields gives %#x, want %#x", got, want)
		}
		bx, ax := rnd.IntN(MaxBx+1), rnd.IntN(MaxAx+1)
		if i := MakeABx(op, a, bx); OpOf(i) != op || A(i) != a || Bx(i) != bx || SBx(i) != bx-MaxSBx {
			t.Fatalf("MakeABx(%d, %d, %d) = %#x", op, a, bx, i)
		}
		sbx := bx - MaxSBx
		if i := SetSBx(MakeABx(op, a, 7), sbx); OpOf(i) != op || A(i) != a || SBx(i) != sbx {
			t.Fatalf("SetSBx(%d) = %#x", sbx, i)
		}
		if i := MakeAx(op, ax); OpOf(i) != op || AxOf(i) != ax {
			t.Fatalf("MakeAx(%d, %d) = %#x", op, ax, i)
		}
	}
}

// TestKnownWords pins the encoding by words of chunks that the firmware's
// compiler wrote: return; the first upvalue's field K(0); a jump of -2.
func TestKnownWords(t *testing.T) {
	for _, c := range []struct{ got, want Instruction }{
		{MakeABC(Return, 0, 1, 0), 0x00800026},
		{MakeABC(GetTabUp, 0, 0, BitRK), 0x00400006},
		{MakeABC(Call, 0, 2, 1), 0x01004024},
		{MakeABx(LoadK, 1, 1), 0x00004041},
		{SetSBx(MakeABx(Jmp, 0, 0), -2), 0x7fff401e},
	} {
		if c.got != c.want {
			t.Errorf("%#08x, want %#08x", c.got, c.want)
		}
	}
}
