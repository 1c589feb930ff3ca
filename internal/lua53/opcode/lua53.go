// Package opcode is the instruction set of Lua 5.3: encoding, names, operand
// modes and meaning, declared in one table.
//
// An instruction is a word of 32 bits:
//
//	 31     23 22     14 13      6 5      0
//	+---------+---------+---------+--------+
//	|    B    |    C    |    A    | opcode |   ABC
//	|        Bx         |    A    | opcode |   ABx, AsBx (excess 131071)
//	|             Ax              | opcode |   Ax
//	+---------+---------+---------+--------+
//
// (lopcodes.h). An operand RK is a register or, with bit 8 set, a constant.
package opcode

// Op is an opcode.
type Op uint8

// The opcodes, in their order in lopcodes.h.
const (
	Move Op = iota
	LoadK
	LoadKX
	LoadBool
	LoadNil
	GetUpval
	GetTabUp
	GetTable
	SetTabUp
	SetUpval
	SetTable
	NewTable
	Self
	Add
	Sub
	Mul
	Mod
	Pow
	Div
	IDiv
	BAnd
	BOr
	BXor
	Shl
	Shr
	Unm
	BNot
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
	TForCall
	TForLoop
	SetList
	Closure
	Vararg
	ExtraArg
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
	Ax
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
	Move:     {"MOVE", ABC, Register, Unused, true, false, "R(A) := R(B)"},
	LoadK:    {"LOADK", ABx, RK, Unused, true, false, "R(A) := K(Bx)"},
	LoadKX:   {"LOADKX", ABx, Unused, Unused, true, false, "R(A) := K(Ax of the next instruction)"},
	LoadBool: {"LOADBOOL", ABC, Used, Used, true, false, "R(A) := B ~= 0; if C ~= 0, skip one"},
	LoadNil:  {"LOADNIL", ABC, Used, Unused, true, false, "R(A), ..., R(A+B) := nil"},
	GetUpval: {"GETUPVAL", ABC, Used, Unused, true, false, "R(A) := U(B)"},
	GetTabUp: {"GETTABUP", ABC, Used, RK, true, false, "R(A) := U(B)[RK(C)]"},
	GetTable: {"GETTABLE", ABC, Register, RK, true, false, "R(A) := R(B)[RK(C)]"},
	SetTabUp: {"SETTABUP", ABC, RK, RK, false, false, "U(A)[RK(B)] := RK(C)"},
	SetUpval: {"SETUPVAL", ABC, Used, Unused, false, false, "U(B) := R(A)"},
	SetTable: {"SETTABLE", ABC, RK, RK, false, false, "R(A)[RK(B)] := RK(C)"},
	NewTable: {"NEWTABLE", ABC, Used, Used, true, false, "R(A) := {} with room for B array and C hash items (floating point byte)"},
	Self:     {"SELF", ABC, Register, RK, true, false, "R(A+1) := R(B); R(A) := R(B)[RK(C)]"},
	Add:      {"ADD", ABC, RK, RK, true, false, "R(A) := RK(B) + RK(C)"},
	Sub:      {"SUB", ABC, RK, RK, true, false, "R(A) := RK(B) - RK(C)"},
	Mul:      {"MUL", ABC, RK, RK, true, false, "R(A) := RK(B) * RK(C)"},
	Mod:      {"MOD", ABC, RK, RK, true, false, "R(A) := RK(B) % RK(C)"},
	Pow:      {"POW", ABC, RK, RK, true, false, "R(A) := RK(B) ^ RK(C)"},
	Div:      {"DIV", ABC, RK, RK, true, false, "R(A) := RK(B) / RK(C)"},
	IDiv:     {"IDIV", ABC, RK, RK, true, false, "R(A) := RK(B) // RK(C)"},
	BAnd:     {"BAND", ABC, RK, RK, true, false, "R(A) := RK(B) & RK(C)"},
	BOr:      {"BOR", ABC, RK, RK, true, false, "R(A) := RK(B) | RK(C)"},
	BXor:     {"BXOR", ABC, RK, RK, true, false, "R(A) := RK(B) ~ RK(C)"},
	Shl:      {"SHL", ABC, RK, RK, true, false, "R(A) := RK(B) << RK(C)"},
	Shr:      {"SHR", ABC, RK, RK, true, false, "R(A) := RK(B) >> RK(C)"},
	Unm:      {"UNM", ABC, Register, Unused, true, false, "R(A) := -R(B)"},
	BNot:     {"BNOT", ABC, Register, Unused, true, false, "R(A) := ~R(B)"},
	Not:      {"NOT", ABC, Register, Unused, true, false, "R(A) := not R(B)"},
	Len:      {"LEN", ABC, Register, Unused, true, false, "R(A) := #R(B)"},
	Concat:   {"CONCAT", ABC, Register, Register, true, false, "R(A) := R(B) .. ... .. R(C)"},
	Jmp:      {"JMP", AsBx, Register, Unused, false, false, "jump by sBx; if A ~= 0, close upvalues from R(A-1) up"},
	Eq:       {"EQ", ABC, RK, RK, false, true, "if (RK(B) == RK(C)) ~= A, skip one"},
	Lt:       {"LT", ABC, RK, RK, false, true, "if (RK(B) < RK(C)) ~= A, skip one"},
	Le:       {"LE", ABC, RK, RK, false, true, "if (RK(B) <= RK(C)) ~= A, skip one"},
	Test:     {"TEST", ABC, Unused, Used, false, true, "if (R(A) is true) ~= C, skip one"},
	TestSet:  {"TESTSET", ABC, Register, Used, true, true, "if (R(B) is true) == C, R(A) := R(B), else skip one"},
	Call:     {"CALL", ABC, Used, Used, true, false, "R(A), ..., R(A+C-2) := R(A)(R(A+1), ..., R(A+B-1)); B = 0: up to top; C = 0: all results, sets top"},
	TailCall: {"TAILCALL", ABC, Used, Used, true, false, "return R(A)(R(A+1), ..., R(A+B-1))"},
	Return:   {"RETURN", ABC, Used, Unused, false, false, "return R(A), ..., R(A+B-2); B = 0: up to top"},
	ForLoop:  {"FORLOOP", AsBx, Register, Unused, true, false, "R(A) += R(A+2); if R(A) is within R(A+1), jump by sBx and R(A+3) := R(A)"},
	ForPrep:  {"FORPREP", AsBx, Register, Unused, true, false, "R(A) -= R(A+2); jump by sBx"},
	TForCall: {"TFORCALL", ABC, Unused, Used, false, false, "R(A+3), ..., R(A+2+C) := R(A)(R(A+1), R(A+2))"},
	TForLoop: {"TFORLOOP", AsBx, Register, Unused, true, false, "if R(A+1) ~= nil, R(A) := R(A+1) and jump by sBx"},
	SetList:  {"SETLIST", ABC, Used, Used, false, false, "R(A)[(C-1)*50+i] := R(A+i), 1 <= i <= B; B = 0: up to top; C = 0: C is the next instruction's Ax"},
	Closure:  {"CLOSURE", ABx, Used, Unused, true, false, "R(A) := closure of P(Bx)"},
	Vararg:   {"VARARG", ABC, Used, Unused, true, false, "R(A), ..., R(A+B-2) := ...; B = 0: all, sets top"},
	ExtraArg: {"EXTRAARG", Ax, Used, Used, false, false, "larger operand of the instruction before"},
}

// Info describes op; an undefined opcode has the mode NoMode.
func (op Op) Info() Info {
	if op < Count {
		return table[op]
	}
	return Info{Name: "?"}
}

// SetsA tells whether op gives register A a value.
func (op Op) SetsA() bool { return op < Count && table[op].SetsA }

// IsTest tells whether op is a condition in front of a jump.
func (op Op) IsTest() bool { return op < Count && table[op].Test }

// Limits of the operands.
const (
	MaxA   = 1<<8 - 1
	MaxB   = 1<<9 - 1
	MaxC   = 1<<9 - 1
	MaxBx  = 1<<18 - 1
	MaxSBx = MaxBx >> 1
	MaxAx  = 1<<26 - 1

	BitRK      = 1 << 8    // marks a constant in an RK operand
	MaxIndexRK = BitRK - 1 // largest constant index that fits
	NoReg      = MaxA      // no register
)

// FieldsPerFlush is how many list items one SETLIST stores at most.
const FieldsPerFlush = 50

// Instruction is an encoded instruction.
type Instruction = uint32

// Decoding of the fields.

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

// AxOf is operand Ax.
func AxOf(i Instruction) int { return int(i >> 6) }

// Encoding.

// MakeABC encodes an ABC instruction.
func MakeABC(op Op, a, b, c int) Instruction {
	return uint32(op) | uint32(a)<<6 | uint32(b)<<23 | uint32(c)<<14
}

// MakeABx encodes an ABx instruction.
func MakeABx(op Op, a, bx int) Instruction { return uint32(op) | uint32(a)<<6 | uint32(bx)<<14 }

// MakeAx encodes an Ax instruction.
func MakeAx(op Op, ax int) Instruction { return uint32(op) | uint32(ax)<<6 }

// SetOp replaces the opcode of i.
func SetOp(i Instruction, op Op) Instruction { return i&^0x3f | uint32(op) }

// SetA replaces operand A of i.
func SetA(i Instruction, a int) Instruction { return i&^(MaxA<<6) | uint32(a)&MaxA<<6 }

// SetB replaces operand B of i.
func SetB(i Instruction, b int) Instruction { return i&(1<<23-1) | uint32(b)<<23 }

// SetC replaces operand C of i.
func SetC(i Instruction, c int) Instruction { return i&^(MaxC<<14) | uint32(c)&MaxC<<14 }

// SetSBx replaces operand sBx of i.
func SetSBx(i Instruction, sbx int) Instruction { return i&(1<<14-1) | uint32(sbx+MaxSBx)<<14 }

// IsK tells whether an RK operand is a constant; the low 8 bits index it.
func IsK(rk int) bool { return rk&BitRK != 0 }
