// Package opcode is the instruction set of Lua 5.1: encoding, names, operand
// modes and meaning, declared in one table.
//
// An instruction is a word of 32 bits:
//
//	 31     23 22     14 13      6 5      0
//	+---------+---------+---------+--------+
//	|    B    |    C    |    A    | opcode |   ABC
//	|        Bx         |    A    | opcode |   ABx, AsBx (excess 131071)
//	+---------+---------+---------+--------+
//
// (lopcodes.h). An operand RK is a register or, with bit 8 set, a constant. Behind
// CLOSURE stands for each upvalue a MOVE, whose B is a register, or a GETUPVAL, whose B
// is an upvalue of the function around; behind a SETLIST without C a word that is C.
package opcode

// Op is an opcode.
type Op uint8

// The opcodes, in their order in lopcodes.h.
const (
	Move Op = iota
	LoadK
	LoadBool
	LoadNil
	GetUpval
	GetGlobal
	GetTable
	SetGlobal
	SetUpval
	SetTable
	NewTable
	Self
	Add
	Sub
	Mul
	Div
	Mod
	Pow
	Unm
	Not
	Len
	Concat
	Jmp
	Eq
	Lt
	Le
	Test
	TestSet
	Call
	TailCall
	Return
	ForLoop
	ForPrep
	TForLoop
	SetList
	Close
	Closure
	Vararg
	Count // number of opcodes
)

// Mode is the format of an instruction.
type Mode uint8

// The instruction formats; the zero value marks a missing table entry.
const (
	NoMode Mode = iota
	ABC
	ABx
	AsBx
)

// Arg says how an operand is used.
type Arg uint8

// Uses of an operand.
const (
	Unused   Arg = iota
	Used         // a number
	Register     // a register or a jump distance
	RK           // a constant or a register
)

// Info describes an opcode. SetsA tells that register A receives a result, Test
// that the next instruction is a jump which the instruction may skip.
type Info struct {
	Name    string
	Mode    Mode
	B, C    Arg
	SetsA   bool
	Test    bool
	Meaning string
}

var table = [Count]Info{
	Move:      {"MOVE", ABC, Register, Unused, true, false, "R(A) := R(B)"},
	LoadK:     {"LOADK", ABx, RK, Unused, true, false, "R(A) := K(Bx)"},
	LoadBool:  {"LOADBOOL", ABC, Used, Used, true, false, "R(A) := B ~= 0; if C ~= 0, skip one"},
	LoadNil:   {"LOADNIL", ABC, Register, Unused, true, false, "R(A), ..., R(B) := nil"},
	GetUpval:  {"GETUPVAL", ABC, Used, Unused, true, false, "R(A) := U(B)"},
	GetGlobal: {"GETGLOBAL", ABx, RK, Unused, true, false, "R(A) := environment[K(Bx)]"},
	GetTable:  {"GETTABLE", ABC, Register, RK, true, false, "R(A) := R(B)[RK(C)]"},
	SetGlobal: {"SETGLOBAL", ABx, RK, Unused, false, false, "environment[K(Bx)] := R(A)"},
	SetUpval:  {"SETUPVAL", ABC, Used, Unused, false, false, "U(B) := R(A)"},
	SetTable:  {"SETTABLE", ABC, RK, RK, false, false, "R(A)[RK(B)] := RK(C)"},
	NewTable:  {"NEWTABLE", ABC, Used, Used, true, false, "R(A) := {} with room for B array and C hash items (floating point byte)"},
	Self:      {"SELF", ABC, Register, RK, true, false, "R(A+1) := R(B); R(A) := R(B)[RK(C)]"},
	Add:       {"ADD", ABC, RK, RK, true, false, "R(A) := RK(B) + RK(C)"},
	Sub:       {"SUB", ABC, RK, RK, true, false, "R(A) := RK(B) - RK(C)"},
	Mul:       {"MUL", ABC, RK, RK, true, false, "R(A) := RK(B) * RK(C)"},
	Div:       {"DIV", ABC, RK, RK, true, false, "R(A) := RK(B) / RK(C)"},
	Mod:       {"MOD", ABC, RK, RK, true, false, "R(A) := RK(B) % RK(C)"},
	Pow:       {"POW", ABC, RK, RK, true, false, "R(A) := RK(B) ^ RK(C)"},
	Unm:       {"UNM", ABC, Register, Unused, true, false, "R(A) := -R(B)"},
	Not:       {"NOT", ABC, Register, Unused, true, false, "R(A) := not R(B)"},
	Len:       {"LEN", ABC, Register, Unused, true, false, "R(A) := #R(B)"},
	Concat:    {"CONCAT", ABC, Register, Register, true, false, "R(A) := R(B) .. ... .. R(C)"},
	Jmp:       {"JMP", AsBx, Register, Unused, false, false, "jump by sBx"},
	Eq:        {"EQ", ABC, RK, RK, false, true, "if (RK(B) == RK(C)) ~= A, skip one"},
	Lt:        {"LT", ABC, RK, RK, false, true, "if (RK(B) < RK(C)) ~= A, skip one"},
	Le:        {"LE", ABC, RK, RK, false, true, "if (RK(B) <= RK(C)) ~= A, skip one"},
	Test:      {"TEST", ABC, Register, Used, true, true, "if (R(A) is true) ~= C, skip one"},
	TestSet:   {"TESTSET", ABC, Register, Used, true, true, "if (R(B) is true) == C, R(A) := R(B), else skip one"},
	Call:      {"CALL", ABC, Used, Used, true, false, "R(A), ..., R(A+C-2) := R(A)(R(A+1), ..., R(A+B-1)); B = 0: up to top; C = 0: all results, sets top"},
	TailCall:  {"TAILCALL", ABC, Used, Used, true, false, "return R(A)(R(A+1), ..., R(A+B-1))"},
	Return:    {"RETURN", ABC, Used, Unused, false, false, "return R(A), ..., R(A+B-2); B = 0: up to top"},
	ForLoop:   {"FORLOOP", AsBx, Register, Unused, true, false, "R(A) += R(A+2); if R(A) is within R(A+1), jump by sBx and R(A+3) := R(A)"},
	ForPrep:   {"FORPREP", AsBx, Register, Unused, true, false, "R(A) -= R(A+2); jump by sBx"},
	TForLoop:  {"TFORLOOP", ABC, Unused, Used, false, true, "R(A+3), ..., R(A+2+C) := R(A)(R(A+1), R(A+2)); if R(A+3) ~= nil, R(A+2) := R(A+3), else skip one"},
	SetList:   {"SETLIST", ABC, Used, Used, false, false, "R(A)[(C-1)*50+i] := R(A+i), 1 <= i <= B; B = 0: up to top; C = 0: C is the next word"},
	Close:     {"CLOSE", ABC, Unused, Unused, false, false, "close upvalues from R(A) up"},
	Closure:   {"CLOSURE", ABx, Used, Unused, true, false, "R(A) := closure of P(Bx) with the upvalues of the next instructions"},
	Vararg:    {"VARARG", ABC, Used, Unused, true, false, "R(A), ..., R(A+B-2) := ...; B = 0: all, sets top"},
}

// Info describes op; an undefined opcode has the mode NoMode.
func (op Op) Info() Info {
	if op < Count {
		return table[op]
	}
	return Info{Name: "?"}
}

// Limits of the operands.
const (
	MaxA   = 1<<8 - 1
	MaxB   = 1<<9 - 1
	MaxC   = 1<<9 - 1
	MaxBx  = 1<<18 - 1
	MaxSBx = MaxBx >> 1

	BitRK      = 1 << 8    // marks a constant in an RK operand
	MaxIndexRK = BitRK - 1 // largest constant index that fits
	NoReg      = MaxA      // no register
)

// FieldsPerFlush is how many list items one SETLIST stores at most.
const FieldsPerFlush = 50

// Instruction is an encoded instruction.
type Instruction = uint32

// OpOf is the opcode of i.
func OpOf(i Instruction) Op { return Op(i & 0x3f) }

// A is operand A.
func A(i Instruction) int { return int(i >> 6 & MaxA) }

// B is operand B.
func B(i Instruction) int { return int(i >> 23) }

// C is operand C.
func C(i Instruction) int { return int(i >> 14 & MaxC) }

// Bx is operand Bx.
func Bx(i Instruction) int { return int(i >> 14) }

// SBx is operand sBx.
func SBx(i Instruction) int { return int(i>>14) - MaxSBx }

// IsK tells whether an RK operand is a constant; the low 8 bits index it.
func IsK(rk int) bool { return rk&BitRK != 0 }

// Length is how many words the instruction at pc takes, with those behind it that belong
// to it. upvalues tells how many a function inside this one has; -1 if there is none.
func Length(code []Instruction, pc int, upvalues func(int) int) int {
	n := 1
	switch i := code[pc]; OpOf(i) {
	case SetList:
		if C(i) == 0 {
			n = 2
		}
	case Closure:
		n += max(upvalues(Bx(i)), 0)
	}
	return min(n, len(code)-pc)
}

// Flags of a function with variable arguments (lobject.h): it has the local variable arg, is one at all, and needs
// arg, since nothing in it is "...".
const (
	VarargHasArg   = 1
	VarargIs       = 2
	VarargNeedsArg = 4
)
