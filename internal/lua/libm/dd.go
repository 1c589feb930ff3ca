// Package libm has functions of C's mathematical library where the results of
// Go's differ: Go's are off by a few units in the last place now and then, which
// shows in 64-bit numbers and in compiled constants.
//
// They compute with about 100 bits and round once, so a result is the float
// nearest to the true one but for cases too rare to be met. Those of glibc are off
// by 0.51 to 0.55 units at most, and so nearly always the same. All constants
// beyond those of package math are computed at the first use, or here from their
// definition.
//
// Products are converted explicitly, so that no compiler fuses them with a sum.
package libm

import (
	"math"
	"math/big"
	"math/bits"
	"sync"
)

// dd is the sum of two floats, hi the nearest to it: about 106 bits.
type dd struct{ hi, lo float64 }

// twoSum is a+b without an error.
func twoSum(a, b float64) dd {
	s := a + b
	t := s - a
	return dd{s, float64(a-float64(s-t)) + float64(b-t)}
}

// quickSum is a+b without an error for |a| >= |b|.
func quickSum(a, b float64) dd {
	s := a + b
	return dd{s, b - float64(s-a)}
}

func (a dd) add(b dd) dd {
	s := twoSum(a.hi, b.hi)
	t := twoSum(a.lo, b.lo)
	s = quickSum(s.hi, s.lo+t.hi)
	return quickSum(s.hi, s.lo+t.lo)
}

func (a dd) neg() dd { return dd{-a.hi, -a.lo} }

func (a dd) sub(b dd) dd { return a.add(b.neg()) }

func (a dd) mul(b dd) dd {
	p := a.hi * b.hi
	e := math.FMA(a.hi, b.hi, -p)
	return quickSum(p, e+float64(float64(a.hi*b.lo)+float64(a.lo*b.hi)))
}

func (a dd) scale(f float64) dd { return a.mul(dd{f, 0}) }

func (a dd) div(b dd) dd {
	q := a.hi / b.hi
	r := a.add(b.scale(-q))
	q2 := r.hi / b.hi
	r = r.add(b.scale(-q2))
	return quickSum(q, q2).add(dd{r.hi / b.hi, 0})
}

// sqrt is the root of a >= 0.
func (a dd) sqrt() dd {
	if a.hi == 0 {
		return dd{}
	}
	s := math.Sqrt(a.hi)
	return quickSum(s, a.sub(dd{s, 0}.mul(dd{s, 0})).hi/(2*s))
}

// polynomial is the sum of coef[i]·x^i.
func polynomial(x dd, coef []dd) dd {
	sum := coef[len(coef)-1]
	for i := len(coef) - 2; i >= 0; i-- {
		sum = sum.mul(x).add(coef[i])
	}
	return sum
}

// ln2 is the natural logarithm of 2, halfPi a quarter of the circle.
var (
	ln2    = dd{0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56}
	halfPi = dd{0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54}
	pi     = dd{0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53}
)

const (
	tableBits = 7
	sinTerms  = 15 // of a series up to a quarter of pi
	expTerms  = 10 // up to half of ln 2/128
	logTerms  = 10 // up to 1/128
	piWords   = 20 // of 2/pi, behind a word of zeros: enough for the largest float
)

// tables are what the functions look up.
type tables struct {
	log       [1 << tableBits]dd // logarithms of 1+(i+½)/128
	exp       [1 << tableBits]dd // powers 2^(i/128)
	sinCoef   [sinTerms]dd       // ±1/(2i+1)!
	cosCoef   [sinTerms]dd       // ±1/(2i)!
	expCoef   [expTerms]dd       // 1/i!
	logCoef   [logTerms]dd       // 2/(2i+1)
	perLn2    dd
	twoOverPi [1 + piWords + 1]uint64
}

var makeTables = sync.OnceValue(func() *tables {
	t := new(tables)
	one := dd{1, 0}
	factorial := one
	for i := range 2 * sinTerms {
		factorial = factorial.scale(math.Max(float64(i), 1))
		c := one.div(factorial)
		if i < expTerms {
			t.expCoef[i] = c
		}
		if i&2 != 0 {
			c = c.neg()
		}
		if i&1 == 0 {
			t.cosCoef[i/2] = c
		} else {
			t.sinCoef[i/2] = c
		}
	}
	for i := range t.logCoef {
		t.logCoef[i] = dd{2, 0}.div(dd{float64(2*i + 1), 0})
	}
	const n = 1 << tableBits
	for i := range n {
		t.log[i] = longLog(dd{center(i), 0})
		t.exp[i] = longExp(ln2.scale(float64(i) / n))
	}
	t.perLn2 = one.div(ln2)
	t.twoOverPi = computeTwoOverPi()
	return t
})

// center is the middle of the i-th part of [1, 2).
func center(i int) float64 { return 1 + (float64(i)+0.5)/(1<<tableBits) }

// longLog is log x = 2 artanh((x-1)/(x+1)) by its series, as long as it takes.
func longLog(x dd) dd {
	s := x.add(dd{-1, 0}).div(x.add(dd{1, 0}))
	s2 := s.mul(s)
	sum, term := s, s
	for k := 3.0; math.Abs(term.hi) > math.Abs(s.hi)*0x1p-110; k += 2 {
		term = term.mul(s2)
		sum = sum.add(term.div(dd{k, 0}))
	}
	return sum.scale(2)
}

// longExp is e^x likewise.
func longExp(x dd) dd {
	sum, term := dd{1, 0}, dd{1, 0}
	for k := 1.0; math.Abs(term.hi) > 0x1p-110; k++ {
		term = term.mul(x).div(dd{k, 0})
		sum = sum.add(term)
	}
	return sum
}

// computeTwoOverPi makes the binary digits of 2/pi, the first behind the point at
// the top of word 1.
func computeTwoOverPi() (words [1 + piWords + 1]uint64) {
	const digits = (piWords + 1) * 64
	const guard = 64
	one := new(big.Int).Lsh(big.NewInt(1), digits+guard)
	// Machin's formula: pi = 16 arccot 5 - 4 arccot 239.
	sum := new(big.Int).Mul(arccot(one, 5), big.NewInt(16))
	sum.Sub(sum, new(big.Int).Mul(arccot(one, 239), big.NewInt(4)))
	quotient := new(big.Int).Lsh(big.NewInt(2), 2*digits+guard)
	quotient.Quo(quotient, sum)
	word := new(big.Int)
	for i := piWords + 1; i > 0; i-- {
		words[i] = word.And(quotient, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
		quotient.Rsh(quotient, 64)
	}
	return words
}

// arccot is the arc cotangent of n, in units of 1/one.
func arccot(one *big.Int, n int64) *big.Int {
	power := new(big.Int).Quo(one, big.NewInt(n))
	square := big.NewInt(n * n)
	sum := new(big.Int)
	term := new(big.Int)
	for k := int64(1); power.Sign() != 0; k += 2 {
		term.Quo(power, big.NewInt(k))
		if k&2 == 0 { // 1, 5, 9, …
			sum.Add(sum, term)
		} else {
			sum.Sub(sum, term)
		}
		power.Quo(power, square)
	}
	return sum
}

// reduce finds x - q·pi/2 for a finite x >= 0, which is pi/4 at most, and the last
// two bits of q. It multiplies the mantissa with those digits of 2/pi that make
// neither a multiple of 4 nor less than 2⁻²⁰⁰.
func reduce(x float64) (q int, r dd) {
	if x <= math.Pi/4 {
		return 0, dd{x, 0}
	}
	const fracBits, bias = 52, 1023
	b := math.Float64bits(x)
	m := b&(1<<fracBits-1) | 1<<fracBits
	exp := int(b>>fracBits) - bias - fracBits // x = m·2^exp
	t := makeTables()
	// The first digit wanted has the weight 2 when it is multiplied with 2^exp.
	first := 64 + exp - 2
	var p [4]uint64 // the product modulo 4, the last word first
	carry := uint64(0)
	for i := range p {
		w := first/64 + len(p) - 1 - i
		digits := t.twoOverPi[w]<<(first%64) | t.twoOverPi[w+1]>>(64-first%64)
		high, low := bits.Mul64(digits, m)
		var c uint64
		p[i], c = bits.Add64(low, carry, 0)
		carry = high + c
	}
	q = int(p[3] >> 62)
	p[3] <<= 2 // two bits more would not matter: only the fraction is left
	for i := 3; i > 0; i-- {
		p[i] |= p[i-1] >> 62
		p[i-1] <<= 2
	}
	sign := 1.0
	if p[3]>>63 != 0 { // closer to the next multiple
		q++
		sign = -1
		borrow := uint64(0)
		for i := range p {
			p[i], borrow = bits.Sub64(0, p[i], borrow)
		}
	}
	scale := sign
	for i := 3; i >= 0; i-- {
		scale *= 0x1p-32
		r = r.add(dd{float64(p[i]>>32) * scale, 0})
		scale *= 0x1p-32
		r = r.add(dd{float64(p[i]&math.MaxUint32) * scale, 0})
	}
	return q & 3, r.mul(halfPi)
}

// Reduce finds x - q·pi/2 for a finite x >= 0 in two parts; it is pi/4 at most. q
// has two bits.
func Reduce(x float64) (q int, high, low float64) {
	q, r := reduce(x)
	return q, r.hi, r.lo
}
