package front

import (
	"bytes"
	"math"
	"strconv"

	"moonlet.example/moonlet/internal/lua/libm"
	"moonlet.example/moonlet/internal/lua/numconv"
	"moonlet.example/moonlet/internal/lua51/chunk"
	"moonlet.example/moonlet/internal/lua51/compile"
)

// parse converts a numeral as a compiler for a host of 64 bits does (luaO_str2d): strtod takes a hexadecimal one, too,
// and one with an exponent; strtol and strtoul have 64 bits,
// of which the lower half counts. A NUL, which the scanner takes for an exponent's letter, ends the text for all of them.
func parse(numbers chunk.Numbers, text []byte) (n compile.Number, ok bool) {
	text, _, _ = bytes.Cut(text, []byte{0})
	if numbers == chunk.Float {
		n.Float, ok = numconv.ParseFloat(text)
		return n, ok
	}
	digits, base := string(text), 10
	if len(digits) > 1 && digits[0] == '0' && digits[1]|0x20 == 'x' {
		digits, base = digits[2:], 16
	}
	v, err := strconv.ParseUint(digits, base, 64)
	if e, is := err.(*strconv.NumError); is && e.Err == strconv.ErrRange {
		v, err = math.MaxUint64, nil // ULONG_MAX
	}
	if err != nil || digits == "" {
		return n, false
	}
	if base == 10 {
		v = min(v, math.MaxInt64) // LONG_MAX
	}
	n.Int = int32(uint32(v))
	return n, true
}

// fold computes an operation (constfolding, lcode.c).
func fold(numbers chunk.Numbers, op compile.Op, a, b compile.Number) (n compile.Number, ok bool) {
	if numbers == chunk.Integer {
		n.Int, ok = foldInt(op, a.Int, b.Int)
		return n, ok
	}
	n.Float, ok = foldFloat(op, a.Float, b.Float)
	return n, ok && n.Float == n.Float
}

func foldFloat(op compile.Op, a, b float64) (float64, bool) {
	switch op {
	case compile.OpAdd:
		return a + b, true
	case compile.OpSub:
		return a - b, true
	case compile.OpMul:
		return a * b, true
	case compile.OpDiv:
		return a / b, b != 0
	case compile.OpMod:
		if b == 0 {
			return 0, false
		}
		product := float64(math.Floor(a/b) * b) // not fused with the subtraction
		return a - product, true
	case compile.OpPow:
		return libm.Pow(a, b), true
	}
	return -a, true
}

func foldInt(op compile.Op, a, b int32) (int32, bool) {
	switch op {
	case compile.OpAdd:
		return a + b, true
	case compile.OpSub:
		return a - b, true
	case compile.OpMul:
		return a * b, true
	case compile.OpDiv, compile.OpMod:
		if b == 0 || b == -1 && a == math.MinInt32 { // the C tool crashes there
			return 0, false
		}
		q, r := a/b, a%b
		if r != 0 && (a < 0) != (b < 0) {
			q, r = q-1, r+b
		}
		if op == compile.OpDiv {
			return q, true
		}
		return r, true
	case compile.OpPow:
		return powInt(a, b), true
	}
	return -a, true
}

// powInt is luai_ipow: squares, that wrap.
func powInt(a, b int32) int32 {
	if b < 0 {
		return 0
	}
	c := int32(1)
	for ; b > 0; b >>= 1 {
		if b&1 != 0 {
			c *= a
		}
		a *= a
	}
	return c
}
