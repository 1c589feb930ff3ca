package luac

import (
	chunk51 "moonlet.example/moonlet/internal/lua51/chunk"
	opcode51 "moonlet.example/moonlet/internal/lua51/opcode"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/opcode"
)

// Deps51 is Deps for Lua 5.1: it follows the values in code of Lua 5.3 that does the same with them, instruction by
// instruction. There globals are fields of an upvalue, which is the last one of each function.
func Deps51(main *chunk51.Proto) []Dep {
	wide := map[*chunk.Proto]map[int]int{}
	return deps(translate(main, nil, wide), wide)
}

// sameIn53 are the instructions that are in both editions with the same operands.
var sameIn53 = map[opcode51.Op]opcode.Op{
	opcode51.Move: opcode.Move, opcode51.LoadK: opcode.LoadK, opcode51.LoadBool: opcode.LoadBool, opcode51.GetUpval: opcode.GetUpval,
	opcode51.GetTable: opcode.GetTable, opcode51.SetUpval: opcode.SetUpval, opcode51.SetTable: opcode.SetTable,
	opcode51.NewTable: opcode.NewTable, opcode51.Self: opcode.Self, opcode51.Add: opcode.Add, opcode51.Sub: opcode.Sub,
	opcode51.Mul: opcode.Mul, opcode51.Div: opcode.Div, opcode51.Mod: opcode.Mod, opcode51.Pow: opcode.Pow, opcode51.Unm: opcode.Unm,
	opcode51.Not: opcode.Not, opcode51.Len: opcode.Len, opcode51.Concat: opcode.Concat, opcode51.Jmp: opcode.Jmp, opcode51.Eq: opcode.Eq,
	opcode51.Lt: opcode.Lt, opcode51.Le: opcode.Le, opcode51.Test: opcode.Test, opcode51.TestSet: opcode.TestSet, opcode51.Call: opcode.Call,
	opcode51.TailCall: opcode.TailCall, opcode51.Return: opcode.Return, opcode51.ForLoop: opcode.ForLoop, opcode51.ForPrep: opcode.ForPrep,
	opcode51.TForLoop: opcode.TForCall, opcode51.SetList: opcode.SetList, opcode51.Closure: opcode.Closure, opcode51.Vararg: opcode.Vararg,
}

// nothing is an instruction that does nothing: a jump to the next one.
var nothing = opcode.MakeABx(opcode.Jmp, 0, opcode.MaxSBx)

// translate makes a function of Lua 5.3. upvalues are those that it has besides the globals; wide gets the names of
// globals by instruction, since an operand of 5.3 has no room for all.
func translate(p *chunk51.Proto, upvalues []chunk.Upvalue, wide map[*chunk.Proto]map[int]int) *chunk.Proto {
	q := &chunk.Proto{LineDefined: p.LineDefined, LastLineDefined: p.LastLineDefined, LineInfo: p.LineInfo, MaxStackSize: p.MaxStackSize,
		NumParams: p.NumParams, IsVararg: p.IsVararg, Upvalues: upvalues, Code: make([]uint32, len(p.Code)), Protos: make([]*chunk.Proto, len(p.Protos))}
	for _, k := range p.Constants {
		kind := chunk.Nil
		if k.Kind == chunk51.String {
			kind = chunk.String
		}
		q.Constants = append(q.Constants, chunk.Constant{Kind: kind, Str: k.Str})
	}
	globals := len(upvalues)
	q.Upvalues = append(q.Upvalues, chunk.Upvalue{})
	names := map[int]int{}
	wide[q] = names
	inner := make([][]chunk.Upvalue, len(p.Protos))
	for pc := 0; pc < len(p.Code); pc++ {
		i := p.Code[pc]
		a, op := opcode51.A(i), opcode51.OpOf(i)
		q.Code[pc] = nothing
		switch op {
		case opcode51.LoadNil:
			q.Code[pc] = opcode.MakeABC(opcode.LoadNil, a, max(opcode51.B(i)-a, 0), 0)
		case opcode51.GetGlobal:
			q.Code[pc], names[pc] = opcode.MakeABC(opcode.GetTabUp, a, globals, 0), opcode51.Bx(i)
		case opcode51.SetGlobal:
			q.Code[pc], names[pc] = opcode.MakeABC(opcode.SetTabUp, globals, 0, 0), opcode51.Bx(i)
		case opcode51.Close:
		default:
			if same, ok := sameIn53[op]; ok {
				q.Code[pc] = opcode.SetOp(i, same)
			}
		}
		words := opcode51.Length(p.Code, pc, func(n int) int {
			if n < len(p.Protos) {
				return int(p.Protos[n].NumUpvalues)
			}
			return -1
		})
		if op == opcode51.TForLoop && pc+1 < len(p.Code) && opcode51.OpOf(p.Code[pc+1]) == opcode51.Jmp {
			pc++
			q.Code[pc] = opcode.MakeABx(opcode.TForLoop, min(a+2, opcode.MaxA), opcode51.Bx(p.Code[pc]))
			continue
		}
		for n := range words - 1 {
			pc++
			q.Code[pc] = nothing
			if bx := opcode51.Bx(i); op == opcode51.Closure && len(inner[bx]) == n {
				from := chunk.Upvalue{Idx: uint8(opcode51.B(p.Code[pc]))}
				if opcode51.OpOf(p.Code[pc]) == opcode51.Move {
					from.InStack = 1
				}
				inner[bx] = append(inner[bx], from)
			}
		}
	}
	for n, sub := range p.Protos {
		for len(inner[n]) < int(sub.NumUpvalues) { // nothing makes a closure of it
			inner[n] = append(inner[n], chunk.Upvalue{Idx: 0xff})
		}
		q.Protos[n] = translate(sub, inner[n], wide)
		q.Protos[n].Upvalues[len(inner[n])].Idx = uint8(globals)
	}
	return q
}
