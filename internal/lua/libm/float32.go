package libm

import (
	"math"
	"sync"
)

// Functions of C's float type that glibc has had from Arm's Optimized Routines
// since 2.27 and 2.28: short polynomials in double, whose error shows in up to one
// result in a hundred, and in ties such as 65^4. Coefficients and the points of the
// table are those of glibc 2.36 (s_sincosf_data.c, e_logf_data.c, e_log2f_data.c,
// e_powf_log2_data.c, e_exp2f_data.c); sums have the order that they have there.

// Polynomials of the sine and the cosine up to a quarter of pi.
const (
	cosCoef1, cosCoef2 = -0x1.ffffffd0c621cp-2, 0x1.55553e1068f19p-5
	cosCoef3, cosCoef4 = -0x1.6c087e89a359dp-10, 0x1.99343027bf8c3p-16
	sinCoef1, sinCoef2 = -0x1.555545995a603p-3, 0x1.1107605230bc4p-7
	sinCoef3           = -0x1.994eb3774cf24p-13
)

// sinQuarter32 is the sine of x + n·pi/2.
func sinQuarter32(x float64, n int) float32 {
	if n&2 != 0 && n&1 == 0 {
		x = -x
	}
	x2 := x * x
	if n&1 == 0 {
		x3 := float64(x * x2)
		s := x + float64(x3*sinCoef1)
		return float32(s + float64(float64(x3*x2)*(sinCoef2+float64(x2*sinCoef3))))
	}
	x4 := float64(x2 * x2)
	c := 1 + float64(x2*cosCoef1) + float64(x4*cosCoef2)
	c += float64(float64(x4*x2) * (cosCoef3 + float64(x2*cosCoef4)))
	if n&2 != 0 {
		c = -c
	}
	return float32(c)
}

// reduce32 finds x - n·pi/2, which is pi/4 at most, and n or its last two bits.
func reduce32(x float32) (rest float64, n int) {
	f := float64(x)
	if math.Abs(f) < 120 {
		const perHalfPi = 0x1.45F306DC9C883p-1
		k := math.Floor(float64(f*perHalfPi) + 0.5)
		return f - float64(k*(math.Pi/2)), int(k)
	}
	n, rest, _ = Reduce(math.Abs(f))
	if f < 0 {
		return -rest, -n
	}
	return rest, n
}

// Sinf is C's sinf.
func Sinf(x float32) float32 {
	if x-x != 0 {
		return x - x // NaN for infinity
	}
	if math.Abs(float64(x)) < 0x1p-12 {
		return x
	}
	return sinQuarter32(reduce32(x))
}

// Cosf is C's cosf.
func Cosf(x float32) float32 {
	if math.Abs(float64(x)) < 0x1p-12 || x-x != 0 {
		return 1 + (x - x)
	}
	rest, n := reduce32(x)
	return sinQuarter32(rest, n+1)
}

// logTable has a reciprocal for each sixteenth of the numbers from 0.7 to 1.4, and
// the logarithm of what that is the reciprocal of.
type logTable [16]struct{ inverse, log, log2 float64 }

var makeLogTable = sync.OnceValue(func() *logTable {
	t := new(logTable)
	for i, c := range [...]float64{
		0x1.661ec79f8f3bep+0, 0x1.571ed4aaf883dp+0, 0x1.49539f0f010bp+0, 0x1.3c995b0b80385p+0,
		0x1.30d190c8864a5p+0, 0x1.25e227b0b8eap+0, 0x1.1bb4a4a1a343fp+0, 0x1.12358f08ae5bap+0,
		0x1.0953f419900a7p+0, 1, 0x1.e608cfd9a47acp-1, 0x1.ca4b31f026aap-1,
		0x1.b2036576afce6p-1, 0x1.9c2d163a1aa2dp-1, 0x1.886e6037841edp-1, 0x1.767dcf5534862p-1,
	} {
		t[i].inverse, t[i].log, t[i].log2 = c, 0-Log(c), 0-Log2(c)
	}
	return t
})

// splitLog takes x > 0 apart: x = 2^k · c · (1+r), where the i-th entry of the table
// belongs to c.
func splitLog(x float32) (i int, k, r float64) {
	const lowest = 0x3f330000 // bits of 0.7, where the table begins
	scale := 0
	if x < 0x1p-126 {
		x *= 1 << 23
		scale = 23
	}
	bits := math.Float32bits(x)
	from := bits - lowest
	i = int(from>>19) & 15
	z := math.Float32frombits(bits - from&^(1<<23-1))
	return i, float64(int(int32(from)>>23) - scale), float64(float64(z)*makeLogTable()[i].inverse) - 1
}

// Logf is C's logf.
func Logf(x float32) float32 {
	if !(x > 0) || x-x != 0 {
		return float32(math.Log(float64(x)))
	}
	i, k, r := splitLog(x)
	y := -0x1.ffffef20a4123p-2 + float64(0x1.5575b0be00b6ap-2*r)
	r2 := float64(r * r)
	y += float64(-0x1.00ea348b88334p-2 * r2)
	return float32(float64(y*r2) + (makeLogTable()[i].log + float64(k*math.Ln2) + r))
}

// Log2f is C's log2f.
func Log2f(x float32) float32 {
	if !(x > 0) || x-x != 0 {
		return float32(math.Log(float64(x)))
	}
	i, k, r := splitLog(x)
	y := -0x1.715479ffae3dep-1 + float64(0x1.ecabf496832ep-2*r)
	r2 := float64(r * r)
	y += float64(-0x1.712b6f70a7e4dp-2 * r2)
	return float32(float64(y*r2) + (makeLogTable()[i].log2 + k + float64(0x1.715475f35c8b8p0*r)))
}

// power2 is 2^(k/32) times a polynomial of the rest, whose coefficients c1 to c3 make
// it the power of two or of e of that.
func power2(k, rest, c1, c2, c3 float64) float32 {
	const parts = 32
	i := int(k) & (parts - 1)
	scale := math.Ldexp(makeTables().exp[i<<tableBits/parts].hi, (int(k)-i)/parts)
	high := float64(c3*rest) + c2
	return float32((float64(high*float64(rest*rest)) + (float64(c1*rest) + 1)) * scale)
}

// Coefficients of 2^x between -1/64 and 1/64.
const expCoef1, expCoef2, expCoef3 = 0x1.62e42ff0c52d6p-1, 0x1.ebfce50fac4f3p-3, 0x1.c6af84b912394p-5

// Expf is C's expf.
func Expf(x float32) float32 {
	if !(x > -104 && x < 0x1.62e42ep6) { // zero, infinite or no number
		return float32(math.Exp(float64(x)))
	}
	z := float64(x) * (0x1.71547652b82fep+0 * 32)
	k := math.RoundToEven(z)
	return power2(k, z-k, expCoef1/32, expCoef2/32/32, expCoef3/32/32/32)
}

// pow2Log is the binary logarithm of x > 0 as powf has it.
func pow2Log(x float32) float64 {
	i, k, r := splitLog(x)
	r2 := float64(r * r)
	high := float64(0x1.27616c9496e0bp-2*r) - 0x1.71969a075c67ap-2
	middle := float64(0x1.ec70a6ca7baddp-2*r) - 0x1.7154748bef6c8p-1
	low := float64(0x1.71547652ab82bp0*r) + (makeLogTable()[i].log2 + k)
	return float64(high*float64(r2*r2)) + (float64(middle*r2) + low)
}

// Powf is C's powf.
func Powf(x, y float32) float32 {
	a, b := float64(x), float64(y)
	if x == 0 || y == 0 || x == 1 || x-x != 0 || y-y != 0 {
		return float32(powSpecial(a, b, math.Pow(a, b)))
	}
	sign := float32(1)
	if x < 0 {
		if b != math.Floor(b) {
			return float32(undefined())
		}
		if math.Mod(b, 2) != 0 {
			sign = -1
		}
		x = -x
	}
	z := b * pow2Log(x)
	switch {
	case z > 0x1.fffffffd1d571p+6:
		return sign * float32(math.Inf(1))
	case z <= -150:
		return sign * 0
	}
	k := math.RoundToEven(z * 32)
	return sign * power2(k, z-k/32, expCoef1, expCoef2, expCoef3)
}
