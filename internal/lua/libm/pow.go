package libm

import (
	"math"
	"math/big"
)

// logDD is log x for a finite x > 0.
func logDD(x float64) dd {
	// log x = e log 2 + log c + log(m/c); near 1 that would cancel out.
	if d := x - 1; math.Abs(d) < 1.0/64 {
		return logSeries(dd{d, 0}, twoSum(1, x))
	}
	m, e := math.Frexp(x)
	m, e = m*2, e-1 // m in [1, 2)
	i := int((m - 1) * (1 << tableBits))
	c := center(i)
	q := logSeries(dd{m - c, 0}, twoSum(m, c))
	return ln2.scale(float64(e)).add(makeTables().log[i]).add(q)
}

// logSeries is the logarithm of a quotient a/b next to 1, by the series of
// 2 artanh((a-b)/(a+b)).
func logSeries(difference, sum dd) dd {
	s := difference.div(sum)
	return polynomial(s.mul(s), makeTables().logCoef[:]).mul(s)
}

// expDD is e^x, rounded once, and whether that was next to a tie, so that the error
// of 2⁻¹⁰⁰ might have decided.
func expDD(x dd) (result float64, tie bool) {
	const n = 1 << tableBits
	k := math.Round(x.hi / ln2.hi * n)
	if k > 1100*n || k < -1200*n {
		return math.Exp(x.hi), false // infinite or zero
	}
	r := x.add(ln2.scale(-k / n))
	i := int(k) & (n - 1)
	e := (int(k) - i) / n
	t := makeTables()
	v := t.exp[i].mul(polynomial(r, t.expCoef[:]))
	if e >= -1021 {
		// v is between 0.9 and 2.1: half of its last bit is one of these.
		rest := math.Abs(v.lo)
		near := func(half float64) bool { return math.Abs(rest-half) < half*0x1p-40 }
		return math.Ldexp(v.hi, e), near(0x1p-52) || near(0x1p-53) || near(0x1p-54)
	}
	// A subnormal result is a number of units. v.lo only counts in a tie.
	units := math.Ldexp(v.hi, e+1074)
	whole := math.RoundToEven(units)
	switch rest := units - whole; {
	case rest == 0.5 && v.lo > 0:
		whole++
	case rest == -0.5 && v.lo < 0:
		whole--
	}
	return math.Ldexp(whole, -1074), false
}

// Exp is C's exp.
func Exp(x float64) float64 {
	switch {
	case !(math.Abs(x) < 800): // infinite, zero or no number
		return math.Exp(x)
	case math.Abs(x) < 0x1p-54:
		return 1
	}
	y, _ := expDD(dd{x, 0})
	return y
}

// special tells whether x has no logarithm, or one that needs no computation.
func special(x float64) bool { return !(x > 0) || x == 1 || math.IsInf(x, 1) }

// Log is C's log.
func Log(x float64) float64 {
	if special(x) {
		return math.Log(x)
	}
	return logDD(x).hi
}

// Log2 is C's log2.
func Log2(x float64) float64 {
	if special(x) {
		return math.Log(x)
	}
	return logDD(x).mul(makeTables().perLn2).hi
}

// undefined is the NaN of an operation that has no result: negative, as on x86.
func undefined() float64 { return math.Copysign(math.NaN(), -1) }

// Propagate is the result of a function of two numbers as C has it where it is no
// number: an argument that is none, the first of them, or the NaN of x86.
func Propagate(x, y, result float64) float64 {
	switch {
	case result == result:
		return result
	case x != x:
		return x
	case y != y:
		return y
	}
	return undefined()
}

// Mod is C's fmod.
func Mod(x, y float64) float64 { return Propagate(x, y, math.Mod(x, y)) }

// powSpecial is result = x^y, or if that is no number the NaN that glibc gives: an
// odd power takes the sign along.
func powSpecial(x, y, result float64) float64 {
	if x != x && y == y && y != 0 && math.Signbit(x) && math.Abs(math.Mod(y, 2)) == 1 {
		return math.NaN()
	}
	return Propagate(x, y, result)
}

// maxExact is the largest exponent with which a number that is no power of two can
// make a tie or, as a negative one, come next to it: 3³⁴ has 54 bits.
const maxExact = 64

// exactPow is the float nearest to x^n for x > 0.
func exactPow(x float64, n int) float64 {
	const bits = 53*maxExact + 64
	base := new(big.Float).SetPrec(bits).SetFloat64(x)
	power := new(big.Float).SetPrec(bits).SetInt64(1)
	for range max(n, -n) {
		power.Mul(power, base)
	}
	if n < 0 {
		power.Quo(new(big.Float).SetPrec(bits).SetInt64(1), power)
	}
	result, _ := power.Float64()
	return result
}

// Pow is C's pow.
func Pow(x, y float64) float64 {
	switch {
	case x == 0, y == 0, x == 1, math.IsNaN(x), math.IsNaN(y), math.IsInf(x, 0), math.IsInf(y, 0):
		return powSpecial(x, y, math.Pow(x, y))
	case y == 1:
		return x
	}
	sign := 1.0
	if x < 0 {
		if y != math.Floor(y) {
			return undefined()
		}
		if math.Mod(y, 2) != 0 {
			sign = -1
		}
		x = -x
	}
	if x == 1 {
		return sign
	}
	l := logDD(x)
	if p := l.hi * y; math.Abs(p) > 800 { // far beyond what a float holds
		if p > 0 {
			return sign * math.Inf(1)
		}
		return sign * 0
	}
	result, tie := expDD(l.scale(y))
	if tie && y == math.Floor(y) && math.Abs(y) <= maxExact {
		result = exactPow(x, int(y))
	}
	return sign * result
}
