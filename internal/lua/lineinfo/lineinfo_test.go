package lineinfo

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestLines(t *testing.T) {
	run := func(n, line int) []int { return slices.Repeat([]int{line}, n) }
	for _, c := range []struct {
		name string
		info []byte
		want []int
	}{
		{"none", nil, run(3, -1)},
		{"next line each", []byte{1, 2, 0}, []int{1, 2, 2}},
		{"plus", []byte{0x80 | 8, 1, 2, 0}, []int{10, 11, 11}},
		{"minus", []byte{0x80 | 8, 1, 0xc0 | 4, 1, 0x80, 1, 0}, []int{10, 6, 8}},
		{"two bytes", []byte{0x80 | 1, 0x80 | 2, 3, 0}, run(3, 1+2<<6+2)},
		{"three bytes", []byte{0x80, 0x80, 0x80 | 1, 1, 0xc0, 0x80 | 1, 2, 0}, []int{1<<13 + 2, 1<<13 + 2 - 64, 1<<13 + 2 - 64}},
		{"more than 127", append([]byte{127, 0xc0, 3}, 0), run(130, 1)},
		{"ends early", []byte{1, 0}, []int{1, -1, -1}},
		{"without its end", []byte{1, 1}, []int{1, 2, -1}},
		{"open delta", []byte{1, 0x81, 0x81}, []int{1, -1, -1}},
		{"too many", []byte{100, 100, 0}, []int{1, 1, 1}},
		{"below zero", []byte{0xc0 | 5, 3, 0}, run(3, -5)},
	} {
		n := len(c.want)
		if got := All(c.info, n); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		for pc, want := range c.want {
			if got := Of(c.info, n, pc); got != want {
				t.Errorf("%s: line of %d is %d, want %d", c.name, pc, got, want)
			}
		}
		for _, pc := range []int{-1, len(c.want), 1 << 30} {
			if got := Of(c.info, n, pc); got != -1 {
				t.Errorf("%s: there is no instruction %d, its line is %d", c.name, pc, got)
			}
		}
	}
}

// TestLinesDamaged holds that nothing goes wrong with any bytes.
func TestLinesDamaged(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		info, n := make([]byte, rnd.IntN(40)), rnd.IntN(300)
		for i := range info {
			info[i] = byte(rnd.Uint32())
			if rnd.IntN(4) == 0 {
				info[i] |= 0x80
			}
		}
		for pc, want := range All(info, n) {
			if got := Of(info, n, pc); got != want {
				t.Fatalf("% x: line of %d is %d, in the list %d", info, pc, got, want)
			}
		}
	}
}
