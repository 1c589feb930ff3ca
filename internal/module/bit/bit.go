// Package bit is the module bit: operations on the bits of integers.
package bit

import "moonlet.example/moonlet/internal/lua/state"

// Module declares bit.
var Module = state.Module{
	Name: "bit",
	Table: &state.ROTable{Name: "bit", Entries: []state.Entry{
		state.Fn("bnot", func(L state.State) int { return push(L, ^L.CheckInteger(1)) }),
		state.Fn("band", fold(func(a, b int64) int64 { return a & b })),
		state.Fn("bor", fold(func(a, b int64) int64 { return a | b })),
		state.Fn("bxor", fold(func(a, b int64) int64 { return a ^ b })),
		state.Fn("lshift", lshift),
		state.Fn("rshift", rshift),
		state.Fn("arshift", arshift),
		state.Fn("bit", func(L state.State) int { return push(L, int64(one(L, 1))) }),
		state.Fn("set", set),
		state.Fn("clear", clearBits),
		state.Fn("isset", func(L state.State) int { return test(L, true) }),
		state.Fn("isclear", func(L state.State) int { return test(L, false) }),
	}},
}

func push(L state.State, n int64) int {
	L.PushInteger(n)
	return 1
}

func fold(op func(a, b int64) int64) state.Func {
	return func(L state.State) int {
		n := L.GetTop()
		w := L.CheckInteger(1)
		for i := 2; i <= n; i++ {
			w = op(w, L.CheckInteger(i))
		}
		return push(L, w)
	}
}

// The functions are those of C on a 32-bit processor, which takes shift counts
// modulo the width: 32, or that of an integer where the firmware's code shifts
// one of Lua's.

func shift(L state.State, arg int) uint {
	size, _ := L.NumberSizes()
	return uint(L.CheckInteger(arg)) & uint(8*size-1)
}

func lshift(L state.State) int {
	n := L.CheckInteger(1)
	return push(L, n<<shift(L, 2))
}

func arshift(L state.State) int {
	n := L.CheckInteger(1)
	return push(L, n>>shift(L, 2))
}

// rshift works on 32 bits in every number model (size_t in the firmware).
func rshift(L state.State) int {
	n := uint32(L.CheckInteger(1))
	return push(L, int64(n>>(uint(L.CheckInteger(2))&31)))
}

// one is 1 << n as an int of C.
func one(L state.State, arg int) int32 { return 1 << (uint(L.CheckInteger(arg)) & 31) }

func set(L state.State) int {
	v := uint32(L.CheckInteger(1))
	for i := 2; i <= L.GetTop(); i++ {
		v |= uint32(one(L, i))
	}
	return push(L, int64(v))
}

func clearBits(L state.State) int {
	v := uint32(L.CheckInteger(1))
	for i := 2; i <= L.GetTop(); i++ {
		v &^= uint32(one(L, i))
	}
	return push(L, int64(v))
}

func test(L state.State, want bool) int {
	v := uint32(L.CheckInteger(1))
	L.PushBoolean(v&uint32(one(L, 2)) != 0 == want)
	return 1
}
