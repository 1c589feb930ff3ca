package heap

import (
	"math/rand/v2"
	"testing"

	"moonlet.example/moonlet/internal/mem"
)

const base, size = 0x3FFE8000, 0x14000

func space(t *testing.T) mem.Mem {
	t.Helper()
	s, err := mem.NewSpace()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Map(base, size, mem.ReadWrite); err != nil {
		t.Fatal(err)
	}
	return s.Mem()
}

// TestRandomHistory compares each allocator with a model that remembers what
// every block holds.
func TestRandomHistory(t *testing.T) {
	m := space(t)
	for name, a := range map[string]Allocator{
		"device": NewDevice(m, base, base+size/2),
		"fast":   NewFast(m, base+size/2, base+size),
	} {
		rnd := rand.New(rand.NewPCG(1, 2))
		type block struct {
			at, n Addr
			fill  byte
		}
		var live []block
		before := a.FreeBytes()
		check := func(b block) {
			for _, c := range m.Bytes(b.at, b.n) {
				if c != b.fill {
					t.Fatalf("%s: block %#x+%d was overwritten", name, b.at, b.n)
				}
			}
		}
		for i := range 20000 {
			switch n := Addr(rnd.IntN(400) + 1); {
			case len(live) > 0 && rnd.IntN(3) == 0:
				k := rnd.IntN(len(live))
				check(live[k])
				a.Free(live[k].at, live[k].n)
				live[k] = live[len(live)-1]
				live = live[:len(live)-1]
			case len(live) > 0 && rnd.IntN(3) == 0:
				k := rnd.IntN(len(live))
				b := &live[k]
				if at := a.Realloc(b.at, b.n, n); at != 0 {
					keep := min(b.n, n)
					check(block{at, keep, b.fill})
					b.at, b.n, b.fill = at, n, byte(i)
					fill(m, b.at, b.n, b.fill)
				}
			default:
				if at := a.Alloc(n); at != 0 {
					live = append(live, block{at, n, byte(i)})
					fill(m, at, n, byte(i))
				}
			}
			if i%500 == 0 {
				if err := a.Check(); err != nil {
					t.Fatalf("%s after %d steps: %v", name, i, err)
				}
			}
		}
		for _, b := range live {
			check(b)
			a.Free(b.at, b.n)
		}
		if d, ok := a.(*Device); ok && (d.FreeBytes() != before || d.LargestFree() != before-headerSize) {
			t.Errorf("device: %d bytes free in blocks of at most %d, had %d", d.FreeBytes(), d.LargestFree(), before)
		}
	}
}

func fill(m mem.Mem, a, n Addr, c byte) {
	b := m.Bytes(a, n)
	for i := range b {
		b[i] = c
	}
}

// TestClasses holds that a class's blocks are large enough and never overlap
// with those of the next class.
func TestClasses(t *testing.T) {
	last, lastSize := -1, Addr(0)
	for n := Addr(1); n < 1<<20; n += 1 + n/97 {
		c, size := class(n)
		if size < n || c < last || (c == last) != (size == lastSize) && last >= 0 {
			t.Fatalf("%d bytes: class %d of %d bytes after class %d of %d", n, c, size, last, lastSize)
		}
		last, lastSize = c, size
	}
	if c, _ := class(1<<31 - 1); c >= classes {
		t.Errorf("2 GiB has class %d of %d", c, classes)
	}
}

// TestDeviceOverhead pins the arithmetic of header and rounding.
func TestDeviceOverhead(t *testing.T) {
	m := space(t)
	d := NewDevice(m, base, base+size)
	for _, c := range []struct{ n, cost Addr }{{1, 24}, {8, 24}, {9, 32}, {16, 32}, {20, 40}, {32, 48}, {99, 120}} {
		before := d.FreeBytes()
		a := d.Alloc(c.n)
		if got := before - d.FreeBytes(); got != c.cost {
			t.Errorf("%d bytes cost %d, want %d", c.n, got, c.cost)
		}
		d.Free(a, c.n)
	}
}

// TestDeviceSplit holds what is left of a hole: the rest becomes a hole of its own if
// it has more than two headers, else it stays with the block.
func TestDeviceSplit(t *testing.T) {
	for _, c := range []struct{ hole, n, cost Addr }{
		{112, 64, 80},  // 32 more: kept
		{120, 64, 80},  // 40 more: split off
		{112, 80, 96},  // 16 more
		{112, 96, 112}, // none
	} {
		d := NewDevice(space(t), base, base+size)
		a := d.Alloc(c.hole - headerSize)
		d.Alloc(1) // keeps the hole from joining the rest
		d.Free(a, c.hole-headerSize)
		before := d.FreeBytes()
		if b := d.Alloc(c.n); b != a {
			t.Fatalf("%d bytes are at %#x, the hole was at %#x", c.n, b, a)
		}
		want := c.cost
		if c.hole-c.cost <= minBlock {
			want = c.hole
		}
		if got := before - d.FreeBytes(); got != want {
			t.Errorf("%d bytes in a hole of %d took %d, want %d", c.n, c.hole, got, want)
		}
		if err := d.Check(); err != nil {
			t.Error(err)
		}
	}
}

// TestDeviceRealloc holds that a block always moves, and that its contents go with it
// as far as they fit.
func TestDeviceRealloc(t *testing.T) {
	m := space(t)
	d := NewDevice(m, base, base+size)
	for _, n := range []Addr{64, 32, 64, 65, 2000, 8} {
		a := d.Alloc(64)
		fill(m, a, 64, 7)
		b := d.Realloc(a, 64, n)
		if b == a || b == 0 {
			t.Fatalf("64 bytes at %#x became %d at %#x", a, n, b)
		}
		for _, c := range m.Bytes(b, min(n, 64)) {
			if c != 7 {
				t.Fatalf("64 bytes became %d, and their contents others", n)
			}
		}
		d.Free(b, n)
	}
	a := d.Alloc(size / 2)
	before := d.FreeBytes()
	if b := d.Realloc(a, size/2, size/2-8); b != 0 || d.FreeBytes() != before {
		t.Error("a block shrank without room for both")
	}
}
