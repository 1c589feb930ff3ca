package heap

import (
	"math/rand/v2"
	"testing"
)

// TestTracked_Same holds that a Tracked gives the addresses and the figures of the
// allocator below it, and that its books are right.
func TestTracked_Same(t *testing.T) {
	plain := NewDevice(space(t), base, base+size)
	below := NewDevice(space(t), base, base+size)
	site := uint32(0)
	tracked := NewTracked(below, func() uint32 { return site })
	rnd := rand.New(rand.NewPCG(3, 4))
	type block struct{ at, n Addr }
	var live []block
	for i := range 20000 {
		site = uint32(i)
		n := Addr(rnd.IntN(600) + 1)
		switch k := rnd.IntN(3); {
		case k == 0 && len(live) > 0:
			j := rnd.IntN(len(live))
			plain.Free(live[j].at, live[j].n)
			tracked.Free(live[j].at, live[j].n)
			live[j] = live[len(live)-1]
			live = live[:len(live)-1]
		case k == 1 && len(live) > 0:
			b := &live[rnd.IntN(len(live))]
			x, y := plain.Realloc(b.at, b.n, n), tracked.Realloc(b.at, b.n, n)
			if x != y {
				t.Fatalf("step %d: %#x and %#x", i, x, y)
			}
			if x != 0 {
				*b = block{x, n}
			}
		default:
			x, y := plain.Alloc(n), tracked.Alloc(n)
			if x != y {
				t.Fatalf("step %d: %#x and %#x", i, x, y)
			}
			if x != 0 {
				live = append(live, block{x, n})
			}
		}
		if plain.FreeBytes() != tracked.FreeBytes() {
			t.Fatalf("step %d: %d and %d bytes free", i, plain.FreeBytes(), tracked.FreeBytes())
		}
	}
	sizes := map[Addr]Addr{}
	sum := Addr(0)
	below.Blocks(func(a, n Addr) { sizes[a] = n; sum += n })
	if len(sizes) != len(live) || sum != below.Size()-below.FreeBytes() {
		t.Errorf("%d blocks with %d bytes, want %d with %d", len(sizes), sum, len(live), below.Size()-below.FreeBytes())
	}
	for _, b := range live {
		got, ok := tracked.Taken(b.at)
		if !ok || got.Size != b.n || sizes[b.at] < b.n+Overhead {
			t.Errorf("block at %#x: %+v, want %d bytes", b.at, got, b.n)
		}
	}
}

// TestTracked_Site holds that a block belongs to who let it grow.
func TestTracked_Site(t *testing.T) {
	site := uint32(1)
	h := NewTracked(NewDevice(space(t), base, base+size), func() uint32 { return site })
	a := h.Alloc(100)
	first, _ := h.Taken(a)
	site = 2
	a = h.Realloc(a, 100, 50)
	if got, _ := h.Taken(a); got.Site != 1 || got.Seq != first.Seq || got.Size != 50 {
		t.Errorf("after shrinking: %+v", got)
	}
	site = 3
	old := a
	a = h.Realloc(a, 50, 200)
	if got, _ := h.Taken(a); got.Site != 3 || got.Seq == first.Seq {
		t.Errorf("after growing: %+v", got)
	}
	if _, ok := h.Taken(old); ok && old != a {
		t.Error("the block that was left is still in the books")
	}
	if h.Realloc(a, 200, size) != 0 {
		t.Fatal("more than there is")
	}
	if got, ok := h.Taken(a); !ok || got.Size != 200 {
		t.Errorf("after a failure: %+v", got)
	}
	h.Free(a, 200)
	if _, ok := h.Taken(a); ok {
		t.Error("a free block is in the books")
	}
}

// TestTracked_Failed holds when a request is given up: not if it is met after a
// collection.
func TestTracked_Failed(t *testing.T) {
	const much = size
	for name, c := range map[string]struct {
		do   func(h *Tracked, a Addr)
		want int
	}{
		"met the first time":                  {func(h *Tracked, a Addr) { h.Alloc(8) }, 0},
		"met after a collection":              {func(h *Tracked, a Addr) { fillUp(h); h.Alloc(50); h.Free(a, 100); h.Alloc(50) }, 0},
		"not met":                             {func(h *Tracked, a Addr) { h.Alloc(much); h.Free(a, 100); h.Alloc(much) }, 1},
		"nothing to collect":                  {func(h *Tracked, a Addr) { h.Alloc(much); h.Alloc(much) }, 1},
		"a block that grows":                  {func(h *Tracked, a Addr) { h.Realloc(a, 100, much); h.Realloc(a, 100, much) }, 1},
		"a buffer":                            {func(h *Tracked, a Addr) { h.Realloc(a, 100, much); h.Free(a, 100) }, 1},
		"a new buffer":                        {func(h *Tracked, a Addr) { h.Alloc(much); h.Alloc(40) }, 1},
		"twice":                               {func(h *Tracked, a Addr) { h.Alloc(much); h.Alloc(much); h.Alloc(much); h.Alloc(much) }, 2},
		"C code asks once":                    {func(h *Tracked, a Addr) { h.AllocC(much, "x"); h.AllocC(much, "x"); h.Alloc(8) }, 0},
		"a block that shrinks":                {func(h *Tracked, a Addr) { fillUp(h); h.Realloc(a, 100, 90); h.Realloc(a, 100, 90) }, 0},
		"given up, though something is freed": {func(h *Tracked, a Addr) { h.Alloc(much); h.GiveUp(); h.Free(a, 100); h.Alloc(8) }, 1},
		"given up without a request":          {func(h *Tracked, a Addr) { h.GiveUp(); h.Alloc(8); h.GiveUp() }, 0},
		"freed, then another one":             {func(h *Tracked, a Addr) { h.Alloc(much); h.Free(a, 100); h.Alloc(8) }, 0},
	} {
		site := uint32(7)
		h := NewTracked(NewDevice(space(t), base, base+size), func() uint32 { return site })
		a := h.Alloc(100)
		calls := 0
		h.Failed = func(n Addr, s uint32) {
			calls++
			if n != much || s != site {
				t.Errorf("%s: %d bytes at %d", name, n, s)
			}
			if _, ok := h.Taken(a); name == "a buffer" && !ok {
				t.Error("the buffer is not there any more")
			}
		}
		if c.do(h, a); calls != c.want {
			t.Errorf("%s: given up %d times, want %d", name, calls, c.want)
		}
	}
}

// fillUp leaves nothing free.
func fillUp(h *Tracked) {
	for n := h.LargestFree(); n > 0; n = h.LargestFree() {
		h.AllocC(n, "filler")
	}
}
