// Package libm has functions of C's mathematical library where the results of
// Go's differ: Go's are off by a few units in the last place now and then, which
// shows in 64-bit numbers and in compiled constants.
package libm

import (
	"math"
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

// ln2 is the natural logarithm of 2.
var ln2 = dd{0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56}

const tableBits = 7

// tables are logarithms of 1+(i+½)/128 and powers 2^(i/128).
type tables struct {
	log [1 << tableBits]dd
	exp [1 << tableBits]dd
}

var makeTables = sync.OnceValue(func() *tables {
	t := new(tables)
	const n = 1 << tableBits
	for i := range n {
		t.log[i] = logSeries(dd{center(i), 0})
		t.exp[i] = expSeries(ln2.scale(float64(i) / n))
	}
	return t
})

// center is the middle of the i-th part of [1, 2).
func center(i int) float64 { return 1 + (float64(i)+0.5)/(1<<tableBits) }

// logSeries is log x = 2 artanh((x-1)/(x+1)) by its series.
func logSeries(x dd) dd {
	s := x.add(dd{-1, 0}).div(x.add(dd{1, 0}))
	s2 := s.mul(s)
	sum, term := s, s
	for k := 3.0; math.Abs(term.hi) > math.Abs(s.hi)*0x1p-110; k += 2 {
		term = term.mul(s2)
		sum = sum.add(term.div(dd{k, 0}))
	}
	return sum.scale(2)
}

func expSeries(x dd) dd {
	sum, term := dd{1, 0}, dd{1, 0}
	for k := 1.0; math.Abs(term.hi) > 0x1p-110; k++ {
		term = term.mul(x).div(dd{k, 0})
		sum = sum.add(term)
	}
	return sum
}

// logDD is log x for a finite x > 0.
func logDD(x float64) dd {
	m, e := math.Frexp(x)
	m, e = m*2, e-1 // m in [1, 2)
	i := int((m - 1) * (1 << tableBits))
	c := center(i)
	// log x = e log 2 + log c + log(m/c); near 1 that would cancel out.
	if math.Abs(x-1) < 1.0/64 {
		return logSeries(dd{x, 0})
	}
	q := logSeries(dd{m, 0}.div(dd{c, 0}))
	return ln2.scale(float64(e)).add(makeTables().log[i]).add(q)
}

// expDD is e^x, rounded once.
func expDD(x dd) float64 {
	const n = 1 << tableBits
	k := math.Round(x.hi / ln2.hi * n)
	if k > 1100*n || k < -1200*n {
		return math.Exp(x.hi) // infinite or zero
	}
	r := x.add(ln2.scale(-k / n))
	i := int(k) & (n - 1)
	e := (int(k) - i) / n
	v := makeTables().exp[i].mul(expSeries(r))
	if e >= -1021 {
		return math.Ldexp(v.hi+v.lo, e)
	}
	// A subnormal result: v is to be rounded once, to a multiple of 2^(-1074-e). A sum
	// with a number whose last bit that is does it.
	shift := math.Ldexp(3, 51-1074-e)
	s := twoSum(shift, v.hi)
	return math.Ldexp(float64(s.hi+float64(s.lo+v.lo))-shift, e)
}

// Pow is C's pow.
func Pow(x, y float64) float64 {
	switch {
	case x == 0, y == 0, x == 1, math.IsNaN(x), math.IsNaN(y), math.IsInf(x, 0), math.IsInf(y, 0):
		return math.Pow(x, y)
	case y == 1:
		return x
	}
	sign := 1.0
	if x < 0 {
		if y != math.Floor(y) {
			return math.NaN()
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
	return sign * expDD(l.scale(y))
}
