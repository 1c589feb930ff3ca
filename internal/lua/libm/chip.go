package libm

import "math"

// The functions here are those of 64-bit floats that the firmware brings along
// (app/libc/math.c), in front of the C library's. ChipFloor is the floor of 32-bit floats,
// too, where C promotes one to double.

// ChipInt32 converts a float to an integer of 32 bits by the rules of the chip's library
// (libgcc's __fixdfsi): what is too large or too small becomes the nearest, NaN the largest.
func ChipInt32(x float64) int32 {
	switch {
	case x >= math.MaxInt32 || x != x:
		return math.MaxInt32
	case x <= math.MinInt32:
		return math.MinInt32
	}
	return int32(x)
}

// ChipUint32 converts a float to an unsigned integer of 32 bits by those rules
// (__fixunsdfsi): a negative one wraps around, what is too large becomes the largest, what is
// too small 2³¹, and NaN the largest.
func ChipUint32(x float64) uint32 {
	switch {
	case x >= math.MaxUint32 || x != x:
		return math.MaxUint32
	case x <= math.MinInt32:
		return 1 << 31
	case x < 0:
		return -uint32(-x)
	}
	return uint32(x)
}

// ChipUint64 converts a float to an unsigned integer by the rules of the chip's library
// (libgcc's __fixunsdfdi): a negative one wraps around, what is too large becomes the
// largest, what is too small 2⁶³, and NaN the largest.
func ChipUint64(x float64) uint64 {
	switch {
	case x >= 1<<64 || x != x:
		return math.MaxUint64
	case x <= -1<<63:
		return 1 << 63
	case x < 0:
		return -uint64(-x)
	}
	return uint64(x)
}

// ChipFloor rounds down by way of an integer of 32 bits, so from 2³¹ on the result is the
// largest of those, and below -2³¹ as well, since one is taken off the smallest.
func ChipFloor(x float64) float64 {
	i := ChipInt32(x)
	switch {
	case !(x < 0):
		return float64(i)
	case float64(i) == x:
		return x
	}
	return float64(i - 1)
}

// chipHuge is what ChipPow gives for too large a result: the largest 32-bit float.
const chipHuge = math.MaxFloat32

// Limits of ChipPow, in 16ths of a power of two, and for the number of its last steps:
// beyond, the chip's watchdog does not wait for it.
const (
	chipMaxExp   = 2031
	chipMinExp   = -2047
	chipMaxSteps = 1 << 21
)

// ChipPow is x to the power y by the algorithm of Cody and Waite, which goes by 16ths of
// powers of two, within ±2¹²⁷. Negative powers of zero, infinity and NaN are no special
// cases, with the results that this gives. A huge exponent keeps the chip busy until its
// watchdog bites; then it does not end.
func ChipPow(x, y float64) (result float64, ends bool) {
	negative := false
	switch {
	case y == 0:
		return 1, true
	case x == 0 && y > 0:
		return 0, true
	case x < 0:
		i := ChipInt32(y)
		if float64(i) != y {
			return math.Float64frombits(0x7FF8 << 48), true // NAN; Go's has another bit
		}
		negative = i&1 != 0
		x = -x
	}
	exp, rest, ends := chipLogTimes(x, y)
	switch {
	case !ends:
		return 0, false
	case exp > chipMaxExp:
		return chipHuge, true
	case exp < chipMinExp:
		return 0, true
	}
	m := int(exp) / 16
	if exp >= 0 {
		m++
	}
	root := chipRoots[16*m-int(exp)]
	z := chipPolynomial(rest, 0.149288526805956082e-4, 0.154002904409897646e-3, 0.133335413135857847e-2,
		0.961812905951724170e-2, 0.555041086640855953e-1, 0.240226506959095371e0, 0.693147180559945296e0)
	result = math.Ldexp(root+float64(root*float64(z*rest)), m)
	if negative {
		result = -result
	}
	return result, true
}

// chipLogTimes is y times the logarithm to base 2 of x >= 0, in 16ths: an integer, and a
// rest that is not positive, in whole powers of two.
func chipLogTimes(x, y float64) (exp int32, rest float64, ends bool) {
	const perLn2 = 0.442695040888963407 // 1/ln 2, less 1
	fraction, m := math.Frexp(x)
	p := 0
	if fraction <= chipRoots[8] {
		p = 8
	}
	if fraction <= chipRoots[p+4] {
		p += 4
	}
	if fraction <= chipRoots[p+2] {
		p += 2
	}
	p++
	z := ((fraction - chipRoots[p]) - chipRootErrors[p/2]) / (fraction + chipRoots[p])
	z += z
	v := float64(z * z)
	r := chipPolynomial(v, 0.434457756721631196e-3, 0.223214212859242590e-2,
		0.125000000005037992e-1, 0.833333333333332114e-1)
	r = float64(float64(r*v) * z)
	r += float64(perLn2 * r)
	low := (r + float64(z*perLn2)) + z
	high := float64(0.0625 * float64(16*m-p))
	// The product of two numbers with two parts each: 16ths are taken off until only a
	// rest is left.
	y1 := chip16ths(y)
	y2 := y - y1
	w := float64(low*y) + float64(high*y2)
	w1 := chip16ths(w)
	w2 := w - w1
	w = w1 + float64(high*y1)
	w1 = chip16ths(w)
	w2 += w - w1
	w = chip16ths(w2)
	exp = ChipInt32(16 * (w1 + w))
	w2 -= w
	if w2 > 0 {
		steps := math.Ceil(w2 * 16)
		if steps > chipMaxSteps {
			return 0, 0, false
		}
		exp += int32(steps)
		w2 -= steps / 16
	}
	return exp, w2, true
}

// chip16ths cuts x down to 16ths.
func chip16ths(x float64) float64 { return 0.0625 * float64(ChipInt32(16*x)) }

// chipPolynomial evaluates a polynomial with the given coefficients, highest first.
func chipPolynomial(x float64, coef ...float64) float64 {
	sum := coef[0]
	for _, c := range coef[1:] {
		sum = float64(sum*x) + c
	}
	return sum
}

// chipRoots are 2 to the power of -i/16.
var chipRoots = [17]float64{
	1, 0.95760328069857365, 0.91700404320467123, 0.87812608018664974, 0.84089641525371454,
	0.80524516597462716, 0.77110541270397041, 0.73841307296974966, 0.70710678118654752,
	0.67712777346844637, 0.64841977732550483, 0.62092890603674203, 0.59460355750136054,
	0.56939431737834583, 0.54525386633262883, 0.52213689121370692, 0.5,
}

// chipRootErrors are what the odd ones of chipRoots lack.
var chipRootErrors = [8]float64{
	0.24114209503420288e-17, 0.92291566937243079e-18, -0.15241915231122319e-17, -0.35421849765286817e-17,
	-0.31286215245415074e-17, -0.44654376565694490e-17, 0.29306999570789681e-17, 0.11260851040933474e-17,
}
