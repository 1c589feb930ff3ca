package clib

import (
	"bytes"
	"math"
	"testing"
)

// apply is an operation as the host does it.
func apply(op Op, x, y float64) float64 {
	switch op {
	case Add:
		return x + y
	case Sub:
		return x - y
	case Mul:
		return x * y
	}
	return x / y
}

// TestReferenceArithmetic compares the four operations with the chip's, which has them in
// software: the results are the host's, but for the sign of NaN. Of operands that are NaN
// nothing is asked, as editions of libgcc differ there.
func TestReferenceArithmetic(t *testing.T) {
	s := newSource()
	type calculation struct {
		op   Op
		x, y float64
	}
	list := []calculation{{Div, 0, 0}}
	for range *cases {
		if c := (calculation{Op(s.IntN(4)), s.float(), s.float()}); c.x == c.x && c.y == c.y {
			list = append(list, c)
		}
	}
	var requests []byte
	for _, c := range list {
		requests = append(requests, 'a', "+-*/"[c.op])
		requests = appendNumbers(requests, c.x, c.y)
	}
	ask(t, requests, func(t *testing.T, answers *bytes.Reader) {
		bad := 0
		for i, c := range list {
			want := read[float64](t, answers)
			if i == 0 && math.Signbit(want) {
				answers.Reset(nil)
				t.Skip("this program's arithmetic is not the chip's")
			}
			got := Chip.Checked(c.op, c.x, c.y, apply(c.op, c.x, c.y))
			if math.Float64bits(got) != math.Float64bits(want) {
				if bad++; bad < 20 {
					t.Errorf("%v %c %v = %x, want %x", c.x, "+-*/"[c.op], c.y, math.Float64bits(got), math.Float64bits(want))
				}
			}
		}
		t.Logf("%d of %d differ", bad, len(list))
	})
}

// TestNaNSign holds the signs without a reference.
func TestNaNSign(t *testing.T) {
	inf := math.Inf(1)
	zero := math.Copysign(0, -1)
	for _, c := range []struct {
		op       Op
		x, y     float64
		negative bool
	}{
		{Div, 0, 0, false}, {Div, zero, 0, true}, {Div, zero, zero, false}, {Div, inf, inf, false}, {Div, -inf, inf, true},
		{Sub, inf, inf, false}, {Sub, -inf, -inf, true}, {Add, inf, -inf, false}, {Add, -inf, inf, true},
		{Mul, 0, inf, false}, {Mul, inf, zero, false}, {Mul, 0, -inf, true}, {Mul, -inf, zero, true},
		{Sub, 1, NaN(false), true}, {Add, 1, NaN(true), true}, {Div, 1, NaN(false), false}, {Mul, -1, NaN(false), true},
	} {
		host := apply(c.op, c.x, c.y)
		if got := Chip.Checked(c.op, c.x, c.y, host); got == got || math.Signbit(got) != c.negative {
			t.Errorf("%v %c %v = %x on the chip", c.x, "+-*/"[c.op], c.y, math.Float64bits(got))
		}
		if got := Host.Checked(c.op, c.x, c.y, host); math.Float64bits(got) != math.Float64bits(host) {
			t.Errorf("%v %c %v = %x on the host", c.x, "+-*/"[c.op], c.y, math.Float64bits(got))
		}
	}
}
