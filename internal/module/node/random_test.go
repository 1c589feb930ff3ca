package node

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestGenerator_Between(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, g := range []generator{{r.Uint32, false}, {r.Uint32, true}} {
		low, high := int64(math.MinInt32), int64(math.MaxInt32)
		if g.wide {
			low, high = math.MinInt64, math.MaxInt64
		}
		for _, c := range [][2]int64{{1, 1}, {1, 6}, {-5, 5}, {0, high}, {low, high}, {low, -1}, {low + 1, high}, {high, high}, {-1, high - 2}} {
			for range 1000 {
				v := g.between(c[0], c[1])
				if !g.wide {
					v = int64(int32(v)) // as the model keeps it
				}
				if v < c[0] || v > c[1] {
					t.Fatalf("wide %v: %d is not from %d to %d", g.wide, v, c[0], c[1])
				}
			}
		}
		counts := make([]int, 6)
		for range 60000 {
			counts[g.between(0, 5)]++
		}
		for i, n := range counts {
			if n < 9500 || n > 10500 {
				t.Errorf("wide %v: %d came %d times of 60000", g.wide, i, n)
			}
		}
	}
}
