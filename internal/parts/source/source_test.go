package source

import (
	"math"
	"testing"
	"time"
)

const ms = time.Millisecond

func TestSources(t *testing.T) {
	at := func(s Source, t time.Duration) float64 { return s.At(t) }
	for _, c := range []struct {
		s    Source
		t    time.Duration
		want float64
	}{
		{Constant(3), time.Hour, 3},
		{Ramp{0, 10, time.Second, false}, 500 * ms, 5},
		{Ramp{0, 10, time.Second, false}, 2 * time.Second, 10},
		{Ramp{0, 10, time.Second, true}, 2100 * ms, 1},
		{Sine{100, 50, time.Second}, 250 * ms, 150},
		{Sine{100, 50, time.Second}, 1750 * ms, 50},
		{List{[]float64{1, 2, 3}, time.Second, false}, 10 * time.Second, 3},
		{List{[]float64{1, 2, 3}, time.Second, true}, 4 * time.Second, 2},
	} {
		if got := at(c.s, c.t); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%+v at %v: %v, want %v", c.s, c.t, got, c.want)
		}
	}
	n := Noise{Constant(100), 5, ms, 42}
	sum := 0.0
	for i := range 10000 {
		v := n.At(time.Duration(i) * ms)
		if v < 95 || v >= 105 {
			t.Fatalf("noise %v", v)
		}
		sum += v
	}
	if mean := sum / 10000; math.Abs(mean-100) > 0.2 {
		t.Errorf("noise has mean %v", mean)
	}
	if n.At(5*ms) != n.At(5*ms+ms/2) || n.At(5*ms) == n.At(6*ms) {
		t.Error("noise changes at the wrong moment")
	}
	if other := (Noise{Constant(100), 5, ms, 43}); other.At(0) == n.At(0) {
		t.Error("the seed does not count")
	}
}
