// Package clib chooses between two C libraries: what a number looks like and what some
// functions give is not the same on a host and on the chip.
package clib

import (
	"fmt"
	"math"

	"moonlet.example/moonlet/internal/lua/cfmt"
	"moonlet.example/moonlet/internal/lua/libm"
	"moonlet.example/moonlet/internal/lua/numconv"
)

// Library is the C library that a program's numbers come from.
type Library uint8

const (
	// Host is glibc on x86, which luac.cross has.
	Host Library = iota
	// Chip is what the firmware is linked with: c99-snprintf, the functions of app/libc,
	// and the compiler's own library for floats.
	Chip
)

var names = [...]string{Host: "host", Chip: "chip"}

// String is the library's name for users.
func (l Library) String() string { return names[l] }

// Parse is the inverse of String; its error is for users.
func Parse(name string) (Library, error) {
	for l, n := range names {
		if n == name {
			return Library(l), nil
		}
	}
	return Host, fmt.Errorf("%q is no C library: host or chip", name)
}

// AppendG formats f as "%.{prec}g" does, for a precision of 1 to 15.
func (l Library) AppendG(dst []byte, f float64, prec int) []byte {
	if l == Chip {
		return cfmt.ChipAppendG(dst, f, prec)
	}
	return cfmt.AppendG(dst, f, prec)
}

// Float formats f as %a, %e, %f, %g and their upper-case forms do. It is not ok, and
// appends nothing, where snprintf gives -1, which only the chip's does.
func (l Library) Float(dst []byte, s cfmt.Spec, f float64) (text []byte, ok bool) {
	if l == Chip {
		return cfmt.ChipFloat(dst, s, f)
	}
	return cfmt.Float(dst, s, f), true
}

// Int formats n, an integer of the given width in bits, as %d, %i, %u, %o, %x and %X do.
func (l Library) Int(dst []byte, s cfmt.Spec, n int64, bits int) []byte {
	if l == Chip {
		return cfmt.ChipInt(dst, s, n, bits)
	}
	return cfmt.Int(dst, s, n, bits)
}

// Char formats c as %c does.
func (l Library) Char(dst []byte, s cfmt.Spec, c byte) []byte {
	if l == Chip {
		return cfmt.ChipChar(dst, s, c)
	}
	return cfmt.Char(dst, s, c)
}

// ParseFloat reads a float by strtod, as numconv.ParseFloat and numconv.ChipParseFloat do.
func (l Library) ParseFloat(s []byte) (float64, bool) {
	if l == Chip {
		return numconv.ChipParseFloat(s)
	}
	return numconv.ParseFloat(s)
}

// Floor is C's floor of a double. That of a single float is exact in both libraries.
func (l Library) Floor(x float64) float64 {
	if l == Chip {
		return libm.ChipFloor(x)
	}
	return math.Floor(x)
}

// Op is an operation that may give NaN.
type Op uint8

// The operations of Checked.
const (
	Add Op = iota
	Sub
	Mul
	Div
)

// Checked is the result r of an operation on x and y, with the sign that it has on the
// chip if it is not a number.
func (l Library) Checked(op Op, x, y, r float64) float64 {
	if r == r || l == Host {
		return r
	}
	return NaN(chipNaNSign(op, x, y))
}

// NaN is the NaN that C libraries make, with a sign.
func NaN(negative bool) float64 {
	const bits = 0x7FF8 << 48
	if negative {
		return math.Float64frombits(bits | 1<<63)
	}
	return math.Float64frombits(bits)
}

// chipNaNSign tells whether the NaN that an operation on x and y gives is negative. On x86
// all new ones are; the chip has no processor for floats, but functions in its ROM and in
// libgcc, and they treat the sign as that of a number or leave that of an operand.
func chipNaNSign(op Op, x, y float64) bool {
	negX, negY := math.Signbit(x), math.Signbit(y)
	finite := x-x == 0
	switch op {
	case Add, Sub:
		if finite {
			return negY != (op == Sub)
		}
		return negX
	case Mul:
		if x == 0 {
			return negY
		} else if y == 0 {
			return negX
		}
	case Div:
		if finite && y != y {
			return negY
		}
	}
	return negX != negY
}
