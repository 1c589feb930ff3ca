package libm

import (
	"math"
	"testing"
)

// What glibc 2.36 returned.
func TestFloat32_Glibc(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want float32
	}{
		{"sin -6.05", Sinf(-0x1.6d27c2p+2), 0x1.1792f4p-1}, {"cos", Cosf(0x1.0e28acp+1), -0x1.072894p-1}, {"sin large", Sinf(0x1.1a9da4p+103), 0x1.abfc2ap-4},
		{"log", Logf(0x1.075e8cp+0), 0x1.d0f9d2p-6}, {"log2", Log2f(0x1.2a5514p+0), 0x1.c4267ep-3}, {"exp", Expf(-0x1.4a395ep-6), 0x1.f5c8a8p-1},
		{"pow", Powf(0x1.030668p+2, 2.25), 0x1.73bc44p+4}, {"65^4, a tie", Powf(65, 4), 0x1.106102p+24}, {"257^3, a tie", Powf(257, 3), 0x1.0303p+24},
	} {
		if c.got != c.want {
			t.Errorf("%s is %x, want %x", c.name, c.got, c.want)
		}
	}
}

func TestFloat32_Special(t *testing.T) {
	inf := float32(math.Inf(1))
	nan := float32(math.NaN())
	for _, c := range []struct {
		name      string
		got, want float32
	}{
		{"sin 0", Sinf(0), 0}, {"cos 0", Cosf(0), 1}, {"log 0", Logf(0), -inf}, {"log 1", Logf(1), 0}, {"log of infinity", Logf(inf), inf},
		{"log2 of the smallest number", Log2f(0x1p-149), -149}, {"exp 0", Expf(0), 1}, {"exp 89", Expf(89), inf}, {"exp -105", Expf(-105), 0},
		{"exp -103", Expf(-103), 0x1p-149}, {"exp of -infinity", Expf(-inf), 0}, {"2^127", Powf(2, 127), 0x1p127}, {"2^128", Powf(2, 128), inf},
		{"2^-149", Powf(2, -149), 0x1p-149}, {"2^-151", Powf(2, -151), 0}, {"(-2)^3", Powf(-2, 3), -8}, {"(-2)^131", Powf(-2, 131), -inf}, {"nan^0", Powf(nan, 0), 1},
	} {
		if c.got != c.want {
			t.Errorf("%s is %v, want %v", c.name, c.got, c.want)
		}
	}
	for _, got := range []float32{Sinf(inf), Cosf(-inf), Logf(-1), Log2f(nan), Expf(nan), Powf(-2, 0.5), Powf(nan, 2)} {
		if got == got {
			t.Errorf("a function that is not defined gives %v", got)
		}
	}
}

// Every result has the error that the sources state, 0.82 units of logf at most.
func TestFloat32_Near(t *testing.T) {
	for i := -3000; i <= 3000; i++ {
		x := float32(i) / 70
		near := func(name string, got float32, want float64) {
			t.Helper()
			unit := math.Abs(float64(math.Nextafter32(float32(want), 4)) - float64(float32(want)))
			if math.Abs(float64(got)-want) > 0.85*unit && math.Abs(want) > 1e-4 {
				t.Errorf("%s(%v) = %v, want about %v", name, x, got, want)
			}
		}
		f := float64(x)
		near("sin", Sinf(x), Sin(f))
		near("cos", Cosf(x), Cos(f))
		near("exp", Expf(x), Exp(f))
		if x > 0 && math.Abs(f-1) > 0.01 {
			near("log", Logf(x), Log(f))
			near("pow", Powf(x, 1.3), Pow(f, float64(float32(1.3))))
		}
	}
}
