package libm

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestPow_Exact compares powers whose exponents are small integers with exact
// arithmetic.
func TestPow_Exact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	bad := 0
	for range 20000 {
		x := math.Ldexp(r.Float64()+0.5, r.IntN(40)-20)
		n := r.IntN(19) + 2
		want := new(big.Float).SetPrec(4000).SetInt64(1)
		f := new(big.Float).SetPrec(4000).SetFloat64(x)
		for range n {
			want.Mul(want, f)
		}
		w, _ := want.Float64()
		if got := Pow(x, float64(n)); got != w {
			t.Errorf("%v^%d = %v, want %v", x, n, got, w)
			if bad++; bad > 5 {
				return
			}
		}
	}
}

// TestPow_Root checks fractional exponents by going back.
func TestPow_Root(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		x := math.Ldexp(r.Float64()+0.5, r.IntN(600)-300)
		got := Pow(x, 0.5)
		if want := math.Sqrt(x); got != want {
			t.Errorf("%v^0.5 = %v, want %v", x, got, want)
		}
	}
}

func TestPow_Special(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range [][3]float64{
		{2, 10, 1024}, {2, -1074, 5e-324}, {2, -1075, 0}, {2, 1023, 0x1p1023}, {2, 1024, inf}, {-2, 3, -8}, {-2, 2, 4},
		{-2, 0.5, nan}, {0, -1, inf}, {1, inf, 1}, {-1, inf, 1}, {10, 308, 1e308}, {10, 309, inf}, {10, -400, 0}, {-10, -401, math.Copysign(0, -1)},
		{4, 0.5, 2}, {1e-300, 2, 0}, {inf, -1, 0}, {nan, 0, 1}, {1, nan, 1}, {3, 1, 3}, {1 + 0x1p-52, 0x1p52, 2.718281828459045},
		{10, -320, 1e-320}, {1<<53 - 1, -1, 0x1.0000000000001p-53}, {1<<53 - 1, -3, 0x1.0000000000002p-159}, {10, 23, 1e23}, {0x7ffffffe, -33, 0x1.0000008400002p-1023}, {3, 34, 16677181699666568}, {-5, 23, -11920928955078124},
		{nan, 3, nan}, {math.Copysign(nan, -1), 2, nan}, {3, -670, 2.132e-320},
	} {
		if got := Pow(c[0], c[1]); math.Float64bits(got) != math.Float64bits(c[2]) && !(math.IsNaN(got) && math.IsNaN(c[2])) {
			t.Errorf("%v^%v = %v, want %v", c[0], c[1], got, c[2])
		}
	}
}

func BenchmarkPow(b *testing.B) {
	s := 0.0
	for i := range b.N {
		s += Pow(1.5+float64(i&15), 2.3)
	}
	_ = s
}
