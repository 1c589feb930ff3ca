package node

import (
	"math"

	"moonlet.example/moonlet/internal/lua/state"
)

// generator gives random integers as wide as the number model's.
type generator struct {
	next func() uint32
	wide bool
}

func (g generator) word() uint64 {
	if !g.wide {
		return uint64(g.next())
	}
	return uint64(g.next())<<32 + uint64(g.next())
}

// between returns a number from low to high, all equally likely. Sums wrap
// around as integers of the model do.
func (g generator) between(low, high int64) int64 {
	mask, maxInt := uint64(math.MaxUint32), uint64(math.MaxInt32)
	if g.wide {
		mask, maxInt = math.MaxUint64, math.MaxInt64
	}
	n := (uint64(high) + 1 - uint64(low)) & mask // how many there are; 0: all that exist
	switch {
	case n == 1:
		return low
	case n == 0:
		return int64(g.word())
	case n >= maxInt:
		for {
			if v := g.word(); v < n {
				return low + int64(v)
			}
		}
	}
	// A multiple of n that is about as large as a word: below it, all remainders
	// are equally likely.
	limit := ((1+maxInt)/((n+1)>>1) - 1) * n & mask
	for {
		if v := g.word(); v < limit {
			return low + int64(v%n)
		}
	}
}

// random is node.random([[low,] high]).
func random(L state.State) int {
	size, _ := L.NumberSizes()
	g := generator{system(L).Random, size == 8}
	var low, high int64
	switch L.GetTop() {
	case 0:
		if state.IsIntegral(L) {
			L.PushInteger(0)
			return 1
		}
		scale := float64(1 << 32)
		if g.wide {
			scale = 1 << 64
		}
		L.PushNumber(float64(g.word()) / scale)
		return 1
	case 1:
		low, high = 1, L.CheckInteger(1)
	case 2:
		low, high = L.CheckInteger(1), L.CheckInteger(2)
	default:
		return L.Errorf("wrong number of arguments")
	}
	L.ArgCheck(low <= high, 2, "interval is empty")
	L.PushInteger(g.between(low, high))
	return 1
}

// intToFloat is node.int2float(n): the float with the bits of n.
func intToFloat(L state.State) int {
	n := L.CheckInteger(1)
	switch i, f := L.NumberSizes(); {
	case f == 4:
		L.PushNumber(float64(math.Float32frombits(uint32(n))))
	case i == 4: // the upper half of the union is whatever was on the stack
		L.PushNumber(math.Float64frombits(uint64(uint32(n))))
	default:
		L.PushNumber(math.Float64frombits(uint64(n)))
	}
	return 1
}

// floatToInt is node.float2int(x): the integer with the bits of x.
func floatToInt(L state.State) int {
	x := L.CheckNumber(1)
	switch i, f := L.NumberSizes(); {
	case f == 4:
		L.PushInteger(int64(int32(math.Float32bits(float32(x)))))
	case i == 4:
		L.PushInteger(int64(int32(math.Float64bits(x))))
	default:
		L.PushInteger(int64(math.Float64bits(x)))
	}
	return 1
}
