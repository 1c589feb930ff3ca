package image

import (
	"moonlet.example/moonlet/internal/lua51/chunk"
	"moonlet.example/moonlet/internal/lua51/opcode"
)

// sourceOfLookup is the chunk name of the function above several (luac_cross/luac.c).
const sourceOfLookup = "=(luac)"

func abc(op opcode.Op, a, b, c int) uint32 {
	return uint32(op) | uint32(a)<<6 | uint32(b)<<23 | uint32(c)<<14
}

func abx(op opcode.Op, a, bx int) uint32 { return uint32(op) | uint32(a)<<6 | uint32(bx)<<14 }

// Lookup makes the function that gives the function of a name, and for any other argument the time of compilation,
// in seconds since 1970, and a table of all names (combine, luac.c). names are those of mains, of which there are
// opcode.FieldsPerFlush at most.
func Lookup(mains []*chunk.Proto, names []string, timestamp int64) *chunk.Proto {
	n := len(mains)
	p := &chunk.Proto{Source: chunk.Text{S: sourceOfLookup, Set: true}, Protos: mains, NumParams: 1, MaxStackSize: byte(n + 3)}
	for i, name := range names {
		p.Constants = append(p.Constants, chunk.Constant{Kind: chunk.String, Str: name})
		p.Code = append(p.Code, abc(opcode.Eq, 0, 0, opcode.BitRK|i), abx(opcode.Jmp, 0, opcode.MaxSBx+2),
			abx(opcode.Closure, 1, i), abc(opcode.Return, 1, 2, 0))
	}
	p.Constants = append(p.Constants, chunk.Constant{Kind: chunk.Number, Float: float64(timestamp), Int: int32(timestamp)})
	p.Code = append(p.Code, abx(opcode.LoadK, 1, n), abc(opcode.NewTable, 2, floatingByte(n), 0))
	for i := range mains {
		p.Code = append(p.Code, abx(opcode.LoadK, i+3, i))
	}
	p.Code = append(p.Code, abc(opcode.SetList, 2, n, 1), abc(opcode.Return, 1, 3, 0), abc(opcode.Return, 0, 1, 0))
	return p
}

// Sequence makes the function that calls several one after the other (combine without a lookup).
func Sequence(mains []*chunk.Proto) *chunk.Proto {
	p := &chunk.Proto{Source: chunk.Text{S: sourceOfLookup, Set: true}, Protos: mains, MaxStackSize: 1}
	for i := range mains {
		p.Code = append(p.Code, abx(opcode.Closure, 0, i), abc(opcode.Call, 0, 1, 1))
	}
	p.Code = append(p.Code, abc(opcode.Return, 0, 1, 0))
	return p
}

// floatingByte is luaO_int2fb.
func floatingByte(n int) int {
	e := 0
	for ; n >= 16; e++ {
		n = (n + 1) >> 1
	}
	if n < 8 {
		return n
	}
	return (e+1)<<3 | (n - 8)
}
