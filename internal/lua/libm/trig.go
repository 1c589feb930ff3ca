package libm

import "math"

// tiny is a number below which x and sin x are the same float, and so on.
const tiny = 0x1p-27

func sinDD(r dd) dd { return polynomial(r.mul(r), makeTables().sinCoef[:]).mul(r) }

func cosDD(r dd) dd { return polynomial(r.mul(r), makeTables().cosCoef[:]) }

// sinQuarter is the sine of r + q·pi/2.
func sinQuarter(q int, r dd) dd {
	s := dd{}
	if q&1 == 0 {
		s = sinDD(r)
	} else {
		s = cosDD(r)
	}
	if q&2 != 0 {
		return s.neg()
	}
	return s
}

// Sin is C's sin. As with the other functions, a NaN comes back as a NaN, and what
// is not defined is the NaN of math.NaN.
func Sin(x float64) float64 {
	if math.Abs(x) < tiny || x-x != 0 {
		return math.Sin(x)
	}
	q, r := reduce(math.Abs(x))
	return math.Copysign(1, x) * sinQuarter(q, r).hi
}

// Cos is C's cos.
func Cos(x float64) float64 {
	if math.Abs(x) < tiny || x-x != 0 {
		return math.Cos(x)
	}
	q, r := reduce(math.Abs(x))
	return sinQuarter(q+1, r).hi
}

// Tan is C's tan.
func Tan(x float64) float64 {
	if math.Abs(x) < tiny || x-x != 0 {
		return math.Tan(x)
	}
	q, r := reduce(math.Abs(x))
	return math.Copysign(1, x) * sinQuarter(q, r).div(sinQuarter(q+1, r)).hi
}

// angle is the angle of the point x, y with x, y >= 0, not both 0 and not too
// different in size.
func angle(y, x dd) dd {
	if y.hi > x.hi {
		return halfPi.sub(angle(x, y))
	}
	// One step from Go's result to the next one is enough: turned back by it,
	// the point has an angle so small that it is its tangent.
	a := dd{math.Atan(y.hi / x.hi), 0}
	s, c := sinDD(a), cosDD(a)
	high := y.mul(c).sub(x.mul(s))
	wide := x.mul(c).add(y.mul(s))
	return a.add(high.div(wide))
}

// Atan is C's atan.
func Atan(x float64) float64 {
	if math.Abs(x) < tiny {
		return x
	}
	return Atan2(x, 1)
}

// Atan2 is C's atan2.
func Atan2(y, x float64) float64 {
	if x == 0 || y == 0 || x-x != 0 || y-y != 0 {
		return math.Atan2(y, x)
	}
	fy, ey := math.Frexp(math.Abs(y))
	fx, ex := math.Frexp(math.Abs(x))
	a := dd{}
	const far = 100 // binary digits: the smaller one is as good as none
	switch {
	case ey-ex > far:
		a = halfPi
	case ex-ey <= far:
		a = angle(dd{math.Ldexp(fy, ey-ex), 0}, dd{fx, 0})
	case x > 0:
		return y / x
	}
	if x < 0 && ey-ex <= far {
		a = pi.sub(a)
	}
	return math.Copysign(a.hi, y)
}

// cosOfSine is the root of 1-x² for x <= 1.
func cosOfSine(x float64) dd { return twoSum(1, -x).mul(twoSum(1, x)).sqrt() }

// Asin is C's asin.
func Asin(x float64) float64 {
	a := math.Abs(x)
	if a < tiny || !(a <= 1) {
		return math.Asin(x)
	}
	return math.Copysign(angle(dd{a, 0}, cosOfSine(a)).hi, x)
}

// Acos is C's acos.
func Acos(x float64) float64 {
	a := math.Abs(x)
	if !(a <= 1) {
		return math.Acos(x)
	}
	if a < 0x1p-60 {
		return halfPi.hi
	}
	r := angle(cosOfSine(a), dd{a, 0})
	if x < 0 {
		r = pi.sub(r)
	}
	return r.hi
}
