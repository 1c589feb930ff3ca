package lib

import (
	"math"

	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/libm"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
)

// Math is the library math, of a build with floats or one with integers.
func Math(integral bool) state.Module {
	t := &state.ROTable{Name: "math", Entries: []state.Entry{
		state.Fn("abs", abs), state.Fn("ceil", ceil), state.Fn("floor", floor), state.Fn("max", maximum), state.Fn("min", minimum),
		state.Fn("pow", pow), state.Fn("random", random), state.Fn("randomseed", randomSeed), state.Fn("sqrt", sqrt),
		state.Float("pi", math.Pi), state.Float("huge", math.Inf(1)),
	}}
	if integral {
		t.Entries = []state.Entry{
			state.Fn("abs", absInt), state.Fn("ceil", identity), state.Fn("floor", identity), state.Fn("max", maximum), state.Fn("min", minimum),
			state.Fn("pow", pow), state.Fn("random", randomInt), state.Fn("randomseed", randomSeed), state.Fn("sqrt", sqrtInt),
			state.Int("huge", math.MaxInt32),
		}
	}
	return state.Module{Name: "math", Table: t}
}

func abs(L state.State) int {
	L.PushNumber(math.Abs(L.CheckNumber(1)))
	return 1
}

func absInt(L state.State) int {
	n := int32(L.CheckNumber(1))
	if n < 0 {
		n = -n
	}
	L.PushInteger(int64(n))
	return 1
}

func ceil(L state.State) int {
	L.PushNumber(math.Ceil(L.CheckNumber(1))) // unlike floor the firmware has none of its own
	return 1
}

func floor(L state.State) int {
	L.PushNumber(L.CLibrary().Floor(L.CheckNumber(1)))
	return 1
}

func identity(L state.State) int {
	L.PushNumber(L.CheckNumber(1))
	return 1
}

func sqrt(L state.State) int {
	L.PushNumber(math.Sqrt(L.CheckNumber(1)))
	return 1
}

func sqrtInt(L state.State) int {
	n := int32(L.CheckNumber(1))
	L.ArgCheck(n >= 0, 1, "negative")
	// Bit by bit (isqrt): twice the highest bit is past the range of the numbers from 2^30 on, where the result is wrong.
	root, bit := int32(0), int32(1<<30)
	for bit > n {
		bit >>= 2
	}
	for ; bit != 0; bit >>= 2 {
		if n >= root+bit {
			n -= root + bit
			root += 2 * bit
		}
		root >>= 1
	}
	L.PushInteger(int64(root))
	return 1
}

// pow is the operator ^ on two numbers. The firmware's compiler has the second argument evaluated first.
func pow(L state.State) int {
	y := L.CheckNumber(2)
	x := L.CheckNumber(1)
	if L.CLibrary() != clib.Chip {
		if _, size := L.NumberSizes(); size == 8 {
			L.PushNumber(libm.Pow(x, y))
			return 1
		}
	}
	L.PushNumber(x)
	L.PushNumber(y)
	L.Arith(state.OpPow)
	return 1
}

func minimum(L state.State) int {
	n := L.CheckNumber(1)
	for i := 2; i <= L.GetTop(); i++ {
		if d := L.CheckNumber(i); d < n {
			n = d
		}
	}
	L.PushNumber(n)
	return 1
}

func maximum(L state.State) int {
	n := L.CheckNumber(1)
	for i := 2; i <= L.GetTop(); i++ {
		if d := L.CheckNumber(i); d > n {
			n = d
		}
	}
	L.PushNumber(n)
	return 1
}

// randMax is the largest number of rand, in both C libraries.
const randMax = math.MaxInt32

// interval is the interval that random is to be in.
func interval(L state.State) (from, to int64, ok bool) {
	switch L.GetTop() {
	case 0:
		return 0, 0, false
	case 1:
		to = L.CheckInteger(1)
		L.ArgCheck(1 <= to, 1, "interval is empty")
		return 1, to, true
	case 2:
		from, to = L.CheckInteger(1), L.CheckInteger(2)
		L.ArgCheck(from <= to, 2, "interval is empty")
		return from, to, true
	}
	L.Errorf("wrong number of arguments")
	return 0, 0, false
}

func random(L state.State) int {
	r := float64(stdlib.Random(L)%randMax) / randMax
	from, to, ok := interval(L)
	if ok {
		r = L.CLibrary().Floor(float64(r*float64(int32(to-from+1)))) + float64(from)
	}
	L.PushNumber(r)
	return 1
}

func randomInt(L state.State) int {
	r := int32(stdlib.Random(L) % randMax)
	from, to, ok := interval(L)
	n := int32(0)
	if ok {
		width := int32(to - from + 1)
		if width == 0 { // 2^32 numbers; the C code divides by zero
			L.ArgError(2, "interval is empty")
		}
		n = r%width + int32(from)
	}
	L.PushInteger(int64(n))
	return 1
}

func randomSeed(L state.State) int {
	stdlib.SeedRandom(L, uint32(L.CheckInteger(1)))
	return 0
}
