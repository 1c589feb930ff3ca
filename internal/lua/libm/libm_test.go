package libm

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// The functions are checked with sums of series in big floats, which share nothing
// with them.

const prec = 2400 // bits, more than the largest float has in front of its point

func bigFloat(x float64) *big.Float { return new(big.Float).SetPrec(prec).SetFloat64(x) }

// bigExp is e^x for |x| below 1000.
func bigExp(x *big.Float) *big.Float {
	const halvings = 20
	small := new(big.Float).SetMantExp(x, -halvings)
	sum, term := bigFloat(1), bigFloat(1)
	for k := 1; k < 60; k++ {
		term.Mul(term, small).Quo(term, bigFloat(float64(k)))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

// bigSinCos sums both series, after x has been halved so often that they are short.
func bigSinCos(x *big.Float) (sin, cos *big.Float) {
	halvings := max(x.MantExp(nil), 0) + 10
	small := new(big.Float).SetMantExp(x, -halvings)
	parts := [2]*big.Float{bigFloat(1), bigFloat(0)}
	term := bigFloat(1)
	for k := 1; k < 150 && term.Sign() != 0 && term.MantExp(nil) > -prec; k++ {
		term.Mul(term, small).Quo(term, bigFloat(float64(k)))
		if k&2 != 0 {
			parts[k&1].Sub(parts[k&1], term)
		} else {
			parts[k&1].Add(parts[k&1], term)
		}
	}
	cos, sin = parts[0], parts[1]
	for range halvings { // sin 2x = 2 sin x cos x, cos 2x = 1 - 2 sin² x
		square := new(big.Float).Mul(sin, sin)
		sin.Mul(sin, cos).Mul(sin, bigFloat(2))
		cos.Sub(bigFloat(1), square.Mul(square, bigFloat(2)))
	}
	return sin, cos
}

// nearest fails unless got is the float nearest to want.
func nearest(t *testing.T, name string, x, got float64, want *big.Float) {
	t.Helper()
	if w, _ := want.Float64(); w != got {
		t.Errorf("%s(%v) = %v, want %v", name, x, got, w)
	}
}

func arguments(n int, low, high int) []float64 {
	r := rand.New(rand.NewPCG(5, 6))
	list := make([]float64, n)
	for i := range list {
		list[i] = math.Ldexp(r.Float64()+1, low+r.IntN(high-low)) * float64(r.IntN(2)*2-1)
	}
	return list
}

func TestExp_Nearest(t *testing.T) {
	for _, x := range append(arguments(500, -40, 9), 709.7, -708.3, 0x1p-60) {
		nearest(t, "Exp", x, Exp(x), bigExp(bigFloat(x)))
	}
	if got := Exp(-744.5); got != 5e-324 {
		t.Errorf("Exp(-744.5) = %v", got)
	}
	if !math.IsInf(Exp(709.79), 1) || Exp(-746) != 0 || !math.IsNaN(Exp(math.NaN())) {
		t.Error("exp beyond the limits")
	}
}

func TestSinCosTan_Nearest(t *testing.T) {
	hard := []float64{math.Pi / 2, math.Pi, 1e22, math.MaxFloat64, 0x1.6ac5b262ca1ffp+849, 0x1.921fb54442d18p-1, 0x1p-26}
	for _, x := range append(arguments(150, -30, 1000), hard...) {
		sin, cos := bigSinCos(bigFloat(x))
		nearest(t, "Sin", x, Sin(x), sin)
		nearest(t, "Cos", x, Cos(x), cos)
		nearest(t, "Tan", x, Tan(x), new(big.Float).Quo(sin, cos))
	}
}

// next are the points half-way between x and its neighbours.
func next(x float64) (below, above *big.Float) {
	half := func(y float64) *big.Float {
		s := new(big.Float).Add(bigFloat(x), bigFloat(y))
		return s.Quo(s, bigFloat(2))
	}
	return half(math.Nextafter(x, math.Inf(-1))), half(math.Nextafter(x, math.Inf(1)))
}

// TestInverse_Nearest checks the inverse functions by going back from both ends of
// the interval whose numbers round to the result.
func TestInverse_Nearest(t *testing.T) {
	sin := func(x *big.Float) *big.Float { s, _ := bigSinCos(x); return s }
	cos := func(x *big.Float) *big.Float { _, c := bigSinCos(x); return c }
	tan := func(x *big.Float) *big.Float { s, c := bigSinCos(x); return s.Quo(s, c) }
	falling := func(x *big.Float) *big.Float { c := cos(x); return c.Neg(c) }
	check := func(name string, f func(float64) float64, back func(*big.Float) *big.Float, x, at float64) {
		t.Helper()
		below, above := next(f(x))
		if back(below).Cmp(bigFloat(at)) > 0 || back(above).Cmp(bigFloat(at)) < 0 {
			t.Errorf("%s(%v) = %v is not the nearest", name, x, f(x))
		}
	}
	for _, x := range arguments(100, -30, 30) {
		check("Atan", Atan, tan, x, x)
		x = math.Abs(x)
		check("Log", Log, bigExp, x, x)
	}
	for _, x := range append(arguments(100, -30, 0), 0.999999999999, -0.75, 0.70710678) {
		x = math.Mod(x, 1)
		check("Asin", Asin, sin, x, x)
		check("Acos", Acos, falling, x, -x)
	}
}

func TestLogs_Exact(t *testing.T) {
	for i := -1074; i < 1024; i++ {
		if got := Log2(math.Ldexp(1, i)); got != float64(i) {
			t.Errorf("Log2(2^%d) = %v", i, got)
		}
	}
	if got := Log(5e-324); got != -744.4400719213812 {
		t.Errorf("Log of the smallest number: %v", got)
	}
	inf := math.Inf(1)
	if !math.IsInf(Log(0), -1) || !math.IsNaN(Log(-1)) || Log(inf) != inf || Log(1) != 0 || Log2(1) != 0 {
		t.Error("Log at special places")
	}
}

func TestAngles_Special(t *testing.T) {
	inf, zero := math.Inf(1), math.Copysign(0, -1)
	for _, c := range [][3]float64{
		{0, 1, 0}, {zero, 1, zero}, {0, -1, math.Pi}, {1, 0, math.Pi / 2}, {inf, inf, math.Pi / 4}, {1e300, 1e-300, math.Pi / 2},
		{1e-300, -1e300, math.Pi}, {5e-324, 1, 5e-324}, {-5e-324, 4, zero}, {1, 1, math.Pi / 4}, {1, -1, 3 * math.Pi / 4}, {3, 4, 0.6435011087932844},
	} {
		if got := Atan2(c[0], c[1]); math.Float64bits(got) != math.Float64bits(c[2]) {
			t.Errorf("Atan2(%v, %v) = %v, want %v", c[0], c[1], got, c[2])
		}
	}
	for _, got := range []float64{Acos(1.5), Asin(-2), Sin(inf), Cos(inf), Tan(inf), Acos(math.NaN()), Atan(math.NaN())} {
		if !math.IsNaN(got) {
			t.Errorf("a function that is not defined gives %v", got)
		}
	}
	if Acos(1) != 0 || Acos(-1) != math.Pi || Asin(1) != math.Pi/2 || Atan(inf) != math.Pi/2 || Sin(zero) != 0 || !math.Signbit(Sin(zero)) {
		t.Error("wrong at special places")
	}
}

func TestMod_NaN(t *testing.T) {
	minus := math.Copysign(math.NaN(), -1)
	for _, c := range [][3]float64{{1, 0, minus}, {math.Inf(1), 2, minus}, {math.NaN(), 2, math.NaN()}, {2, minus, minus}, {7, 4, 3}} {
		got := Mod(c[0], c[1])
		if math.Signbit(got) != math.Signbit(c[2]) || got != c[2] && c[2] == c[2] {
			t.Errorf("Mod(%v, %v) = %v, want %v", c[0], c[1], got, c[2])
		}
	}
}

func BenchmarkFunctions(b *testing.B) {
	for _, f := range []struct {
		name string
		f    func(float64) float64
	}{{"Sin", Sin}, {"Tan", Tan}, {"Atan", Atan}, {"Acos", Acos}, {"Exp", Exp}, {"Log", Log}, {"Log2", Log2}} {
		b.Run(f.name, func(b *testing.B) {
			x := 0.7
			for range b.N {
				x = f.f(x)*0x1p-60 + 0.7
			}
		})
	}
}
