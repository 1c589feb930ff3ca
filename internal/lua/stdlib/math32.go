package stdlib

import (
	"math"

	"moonlet.example/moonlet/internal/lua/libm"
)

// Functions of C's float type whose results differ in the last digits from
// those of the double functions rounded to float: with the algorithms of fdlibm,
// which both glibc (up to 2.40) and newlib use for float, every operation is
// rounded to float. Package libm has the others.
//
// Products are converted explicitly, so that no compiler fuses them with a sum.

// horner evaluates the polynomial with the given coefficients, lowest first.
func horner(x float32, coef ...float32) float32 {
	sum := coef[len(coef)-1]
	for i := len(coef) - 2; i >= 0; i-- {
		sum = coef[i] + float32(x*sum)
	}
	return sum
}

func abs32(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// high12 is x without the low 12 bits of its mantissa.
func high12(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ 0xFFF) }

// log10f is log10 in float.
func log10f(x float32) float32 {
	const (
		perLn10  = 4.3429449201e-01
		log2High = 3.0102920532e-01 // log 2 in two parts
		log2Low  = 7.9034151668e-07
	)
	if !(x > 0) || x-x != 0 {
		return libm.Logf(x)
	}
	frac, exp := math.Frexp(float64(x))
	if exp > 0 { // as in log10
		exp--
		frac *= 2
	}
	k := float32(exp)
	low := float32(k*log2Low) + float32(perLn10*libm.Logf(float32(frac)))
	return low + float32(k*log2High)
}

// atanf is the arc tangent of x >= 0 in float. Beyond 7/16 it is the value at a
// point nearby, in two parts, and the arc tangent of a small rest.
func atanf(x float32) float32 {
	var high, low float32
	rest := x
	switch {
	case x >= 1<<34:
		return math.Pi / 2
	case x < 0.4375:
	case x < 0.6875:
		high, low = 4.6364760399e-01, 5.0121582440e-09 // atan 0.5
		rest = (float32(2*x) - 1) / (2 + x)
	case x < 1.1875:
		high, low = 7.8539812565e-01, 3.7748947079e-08 // atan 1
		rest = (x - 1) / (x + 1)
	case x < 2.4375:
		high, low = 9.8279368877e-01, 3.4473217170e-08 // atan 1.5
		rest = (x - 1.5) / (1 + float32(1.5*x))
	default:
		high, low = 1.5707962513e+00, 7.5497894159e-08 // atan of infinity
		rest = -1 / x
	}
	z := float32(rest * rest)
	w := float32(z * z)
	odd := float32(z * horner(w, 3.3333334327e-01, 1.4285714924e-01, 9.0908870101e-02,
		6.6610731184e-02, 4.9768779427e-02, 1.6285819933e-02))
	even := float32(w * horner(w, -2.0000000298e-01, -1.1111110449e-01, -7.6918758452e-02,
		-5.8335702866e-02, -3.6531571299e-02))
	bend := float32(rest * (odd + even))
	if high == 0 {
		return rest - bend
	}
	return high - ((bend - low) - rest)
}

// atan2f is the angle of the point x, y in float.
func atan2f(y, x float32) float32 {
	const (
		pi    = 3.1415927410e+00
		piLow = -8.7422776573e-08
	)
	if x == 0 || y == 0 || x-x != 0 || y-y != 0 { // nothing to round
		return float32(math.Atan2(float64(y), float64(x)))
	}
	var z float32
	expY := int(math.Float32bits(y)>>23) & 0xFF
	expX := int(math.Float32bits(x)>>23) & 0xFF
	switch {
	case expY-expX > 60:
		z = math.Pi / 2
	case x < 0 && expY-expX < -60:
		z = 0
	default:
		z = atanf(abs32(y / x))
	}
	if x < 0 {
		z = pi - (z - piLow)
	}
	if y < 0 {
		z = -z
	}
	return z
}

// Half of pi in two parts, rounded down and to nearest.
const (
	halfPiDown    = 1.5707962513e+00
	halfPiDownLow = 7.5497894159e-08
	halfPi        = 1.57079637050628662109375
	halfPiLow     = -4.37113900018624283e-8
)

// acosf is the arc cosine of a number between -1 and 1 in float.
func acosf(x float32) float32 {
	const piDown = 3.1415925026e+00
	ratio := func(z float32) float32 {
		p := float32(z * horner(z, 1.6666667163e-01, -3.2556581497e-01, 2.0121252537e-01,
			-4.0055535734e-02, 7.9153501429e-04, 3.4793309169e-05))
		return p / horner(z, 1, -2.4033949375e+00, 2.0209457874e+00, -6.8828397989e-01, 7.7038154006e-02)
	}
	switch {
	case x == 1:
		return 0
	case x == -1:
		return piDown + 2*halfPiDownLow
	case abs32(x) < 0.5:
		r := ratio(float32(x * x))
		return halfPiDown - (x - (halfPiDownLow - float32(x*r)))
	case x < 0:
		z := float32((1 + x) * 0.5)
		s := sqrt32(z)
		w := float32(ratio(z)*s) - halfPiDownLow
		return piDown - float32(2*(s+w))
	}
	z := float32((1 - x) * 0.5)
	s := sqrt32(z)
	high := high12(s)
	c := (z - float32(high*high)) / (s + high)
	w := float32(ratio(z)*s) + c
	return float32(2 * (high + w))
}

// asinf is the arc sine of a number between -1 and 1 in float.
func asinf(x float32) float32 {
	poly := func(t float32) float32 {
		return float32(t * horner(t, 1.666675248e-1, 7.495297643e-2, 4.547037598e-2, 2.417951451e-2, 4.216630880e-2))
	}
	a := abs32(x)
	switch {
	case a == 1:
		return float32(x*halfPi) + float32(x*halfPiLow)
	case a < 1.0/(1<<27):
		return x
	case a < 0.5:
		return x + float32(x*poly(float32(x*x)))
	}
	t := float32((1 - a) * 0.5)
	p := poly(t)
	s := sqrt32(t)
	if a >= 0.975 {
		t = halfPi - (float32(2*(s+float32(s*p))) - halfPiLow)
	} else {
		const quarterPi = 0.785398185253143310546875
		w := high12(s)
		c := (t - float32(w*w)) / (s + w)
		p = float32(float32(2*s)*p) - (halfPiLow - float32(2*c))
		t = quarterPi - (p - (quarterPi - float32(2*w)))
	}
	if x < 0 {
		return -t
	}
	return t
}

// tanf is the tangent in float: the argument is reduced in double, and its rest
// kept in two floats.
func tanf(x float32) float32 {
	const (
		quarterPi    = 7.8539812565e-01
		quarterPiLow = 3.7748947079e-08
	)
	if x-x != 0 {
		return x - x
	}
	if abs32(x) <= quarterPi {
		return tanKernel(x, 0, true)
	}
	n := math.RoundToEven(float64(x) * (2 / math.Pi))
	if math.Abs(n) >= 1<<20 { // too large for this reduction
		q, high, low := libm.Reduce(math.Abs(float64(x)))
		rest := float32(high)
		y := tanKernel(rest, float32(high-float64(rest)+low), q&1 == 0)
		if x < 0 {
			return -y
		}
		return y
	}
	const halfPi1, halfPi2 = 0x1.921fb544p+0, 0x1.0b4611a626331p-34 // pi/2 in two parts, the first of 33 bits
	rest := (float64(x) - n*halfPi1) - float64(n*halfPi2)
	high := float32(rest)
	return tanKernel(high, float32(rest-float64(high)), int64(n)&1 == 0)
}

// tanKernel is the tangent of x+y, |x| at most pi/4, or its negative reciprocal.
func tanKernel(x, y float32, direct bool) float32 {
	const (
		quarterPi    = 7.8539812565e-01
		quarterPiLow = 3.7748947079e-08
	)
	one := float32(1)
	if !direct {
		one = -1
	}
	sign := float32(1)
	large := abs32(x) >= 0x1.59428p-1 // 0.6744
	if large {
		if x < 0 {
			x, y, sign = -x, -y, -1
		}
		x = (quarterPi - x) + (quarterPiLow - y)
		y = 0
		if abs32(x) < 1.0/(1<<13) {
			return sign * one * (1 - float32(2*one*x))
		}
	} else if abs32(x) < 1.0/(1<<28) && direct {
		return x
	}
	z := float32(x * x)
	w := float32(z * z)
	r := horner(w, 1.3333334029e-01, 2.1869488060e-02, 3.5920790397e-03, 5.8804126456e-04,
		7.8179444245e-05, -1.8558637748e-05)
	v := float32(z * horner(w, 5.3968254477e-02, 8.8632395491e-03, 1.4562094584e-03, 2.4646313977e-04,
		7.1407252108e-05, 2.5907305826e-05))
	s := float32(z * x)
	r = y + float32(z*(float32(s*(r+v))+y))
	r += float32(3.3333334327e-01 * s)
	w = x + r
	if large {
		return sign * (one - float32(2*(x-(float32(w*w)/(w+one)-r))))
	}
	if direct {
		return w
	}
	z = high12(w)
	v = r - (z - x)
	a := -1 / w
	t := high12(a)
	s = 1 + float32(t*z)
	return t + float32(a*(s+float32(t*v)))
}
