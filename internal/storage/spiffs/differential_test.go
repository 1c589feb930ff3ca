package spiffs

import (
	"fmt"
	"strconv"
	"testing"
)

// prepareSides gives all sides an erased chip.
func prepareSides(g Geometry, o Options, sides ...executor) {
	for _, s := range sides {
		s.do(fmt.Sprintf("chip %d %d %d", g.Size, o.Files, o.Buffers))
		s.do(fmt.Sprintf("conf 0 %d %d", g.Size, g.Block))
	}
}

func formatSides(t *testing.T, sides ...executor) {
	t.Helper()
	for _, s := range sides {
		s.do("mount")
		s.do("format")
		if m := s.do("mount"); m != "0" {
			t.Fatal(m)
		}
	}
}

// TestDifferential runs random histories on both sides: results, errors, images and
// the order of writing are the same. Of histories without end, a few in 10,000 are not:
// see the C code's cache in the package's comment.
func TestDifferential(t *testing.T) {
	c := newReference(t)
	commands := 0
	for n := range *histories {
		seed := *firstHistory + uint64(n)
		h, g, o := newHistory(seed)
		a := &own{}
		steps := 100 + h.r.IntN(500)
		prepareSides(g, o, a, c)
		formatSides(t, a, c)
		if !t.Run(strconv.Itoa(int(seed)), func(t *testing.T) { h.run(t, g, steps, a, c) }) {
			break
		}
		commands += steps
	}
	t.Logf("%d histories, %d commands", *histories, commands)
}

// TestDifferentialSwap lets one side begin and both go on with its image.
func TestDifferentialSwap(t *testing.T) {
	c := newReference(t)
	for n := range *histories {
		seed := *firstHistory + uint64(n)
		h, g, o := newHistory(1e6 + seed)
		a := &own{}
		prepareSides(g, o, a, c)
		from, to := executor(a), executor(c)
		if seed%2 == 1 {
			from, to = to, from
		}
		formatSides(t, from)
		h.run(t, g, 100+h.r.IntN(300), from)
		to.load(from.dump())
		ok := t.Run(strconv.Itoa(int(seed)), func(t *testing.T) {
			prepareOps(g, o, a, c)
			for _, line := range []string{"mount", "list", "info"} {
				if x, y := a.do(line), c.do(line); x != y {
					t.Fatalf("%s: own %s, C %s", line, x, y)
				}
			}
			clear(h.open)
			h.run(t, g, 100+h.r.IntN(200), a, c)
		})
		if !ok {
			break
		}
	}
}

// prepareOps begins to count operations anew, with the chips as they are.
func prepareOps(g Geometry, o Options, sides ...executor) {
	for _, s := range sides {
		image := s.dump()
		prepareSides(g, o, s)
		s.load(image)
	}
}

// TestDifferentialCut cuts the power at a random moment of a history, then lets both
// sides go on with what is left, or with what Repair makes of it. Two things are only
// compared after Repair: where flash that is not blank is written to, the C code goes
// on with what it has in its cache, which is not what is on flash; and names that do
// not end it copies over other variables. Lost pages of a file that exists lead to the
// former: garbage collection enters them into the index, even behind the end.
func TestDifferentialCut(t *testing.T) {
	c := newReference(t)
	repaired := 0
	for n := range *histories {
		seed := *firstHistory + uint64(n)
		h, g, o := newHistory(2e6 + seed)
		a := &own{}
		prepareSides(g, o, a)
		formatSides(t, a)
		h.run(t, g, 20+h.r.IntN(300), a)
		a.do("mount")
		clear(h.open)
		cutAfter(a.chip.Memory, h.r.IntN(3000), func() { h.run(t, g, 300, a) })
		image := a.dump()
		report, err := Check(image, g)
		if err != nil {
			t.Fatal(err)
		}
		if seed%2 == 1 || report.Has(NotBlank, PastEnd, BadName) || lostOfFile(report) {
			image, _, _ = Repair(image, g)
			repaired++
		}
		a.load(image)
		prepareSides(g, o, c)
		c.load(image)
		ok := t.Run(strconv.Itoa(int(seed)), func(t *testing.T) {
			prepareOps(g, o, a, c)
			for _, line := range []string{"mount", "list", "info"} {
				if x, y := a.do(line), c.do(line); x != y {
					t.Fatalf("%s: own %s, C %s", line, x, y)
				}
			}
			clear(h.open)
			h.run(t, g, 100+h.r.IntN(200), a, c)
		})
		if !ok {
			break
		}
	}
	t.Logf("%d of %d after Repair", repaired, *histories)
}

func lostOfFile(r *Report) bool {
	for _, p := range r.Problems {
		if p.Kind == LostPages && p.Name != "" {
			return true
		}
	}
	return false
}

// powerCut is what a chip panics with when its power is cut.
type powerCut struct{}

// cutAfter runs f and cuts the power after a number of words and sectors. It tells
// whether that came to pass.
func cutAfter(m *Memory, n int, f func()) (cut bool) {
	defer func() {
		m.OnOp = nil
		if r := recover(); r != nil {
			if _, ok := r.(powerCut); !ok {
				panic(r)
			}
			cut = true
		}
	}()
	m.OnOp = func(bool, int) {
		if n--; n < 0 {
			panic(powerCut{})
		}
	}
	f()
	return false
}
