package mem_test

import (
	"bytes"
	"os"
	"runtime"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/mem"
)

// Places of the plan that tests use.
const (
	ownStart   = 0x3FFE8000
	ownSize    = 6 * mem.PageSize
	sharedAt   = 0x40210000
	extraStart = 0x40220000
)

func newPlan(t testing.TB) *mem.Plan {
	t.Helper()
	own := []mem.Range{{Start: ownStart, Size: ownSize - mem.PageSize}, {Start: ownStart + ownSize - mem.PageSize, Size: mem.PageSize}}
	p, err := mem.NewPlan(own, sharedAt, bytes.Repeat([]byte("content "), 3000))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newSpaces(t testing.TB, p *mem.Plan, n int) (list []*mem.Space) {
	t.Helper()
	for range n {
		s, err := p.NewSpace()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		list = append(list, s)
	}
	return list
}

// TestPlan holds that spaces of a plan have memory of their own and the same content, and
// that nothing else of their addresses, or of their neighbours', can be reached.
func TestPlan(t *testing.T) {
	spaces := newSpaces(t, newPlan(t), 9) // in several slabs
	for i, s := range spaces {
		m := s.Mem()
		for _, a := range []mem.Addr{ownStart, ownStart + ownSize - 4} {
			if m.U32(a) != 0 {
				t.Fatalf("space %d begins with %#x at %#x", i, m.U32(a), a)
			}
			m.SetU32(a, uint32(i+1))
		}
	}
	for i, s := range spaces {
		m := s.Mem()
		if m.U32(ownStart) != uint32(i+1) || m.U32(ownStart+ownSize-4) != uint32(i+1) {
			t.Errorf("space %d has the memory of another one", i)
		}
		if got := string(m.Bytes(sharedAt, 8)); got != "content " {
			t.Errorf("space %d reads %q", i, got)
		}
		sink := byte(0)
		for _, a := range []mem.Addr{0, ownStart - 1, ownStart + ownSize, 0x40000000 - 1 + 0x10000, 0x40100000, sharedAt - 1,
			sharedAt + 2*mem.PageSize, extraStart, 0x80000000, 1<<32 - 1, 1<<32 + 100} {
			if fault(t, s, func() { sink += m.U8(a) }) == nil {
				t.Errorf("space %d: %#x can be read", i, a)
			}
			if fault(t, s, func() { m.SetU8(a, 1) }) == nil {
				t.Errorf("space %d: %#x can be written", i, a)
			}
		}
		lo := mem.Addr(8)
		if fault(t, s, func() { sink += m.U8(lo - 16) }) == nil {
			t.Errorf("space %d: what is below zero can be read", i)
		}
		if f := fault(t, s, func() { m.SetU32(sharedAt+4, 1) }); f == nil || f.Cause != mem.CauseStoreProhibited || f.Addr != sharedAt+4 {
			t.Errorf("a store into the content: %+v", f)
		}
		if err := s.Map(sharedAt, 2*mem.PageSize, mem.ReadWrite); err == nil {
			t.Error("what others read can be made writable")
		}
		_ = sink
	}
}

// TestPlan_Map holds that a space of a plan can have more memory, which its neighbours do
// not have, and that closing one leaves the others as they are.
func TestPlan_Map(t *testing.T) {
	spaces := newSpaces(t, newPlan(t), 5)
	const size = 2 * mem.PageSize
	s := spaces[2]
	if err := s.Map(extraStart, size, mem.ReadWrite); err != nil {
		t.Fatal(err)
	}
	m := s.Mem()
	m.SetU32(extraStart+size-4, 7)
	if err := s.Map(extraStart, size, mem.ReadOnly); err != nil {
		t.Fatal(err)
	}
	if m.U32(extraStart+size-4) != 7 {
		t.Error("the content is gone")
	}
	if fault(t, s, func() { m.SetU32(extraStart, 1) }) == nil {
		t.Error("read-only memory was written")
	}
	if err := s.Revoke(); err != nil {
		t.Fatal(err)
	}
	sink := uint32(0)
	for _, a := range []mem.Addr{ownStart, sharedAt, extraStart} {
		if fault(t, s, func() { sink += m.U32(a) }) == nil {
			t.Errorf("no fault at %#x after Revoke", a)
		}
	}
	if _, err := s.Restore(); err != nil {
		t.Fatal(err)
	}
	if m.U32(extraStart+size-4) != 7 || m.U8(sharedAt) != 'c' {
		t.Error("Restore does not bring the content back")
	}
	for _, i := range []int{1, 3} {
		if other := spaces[i].Mem(); fault(t, spaces[i], func() { sink += other.U32(extraStart) }) == nil {
			t.Errorf("space %d has memory of space 2", i)
		}
		spaces[i].Mem().SetU32(ownStart, 42)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{1, 3} {
		if spaces[i].Mem().U32(ownStart) != 42 || spaces[i].Mem().U8(sharedAt) != 'c' {
			t.Errorf("closing a space changed space %d", i)
		}
	}
	again := newSpaces(t, newPlan(t), 1)[0]
	if again.Mem().U32(ownStart) != 0 {
		t.Error("a new space has old content")
	}
}

// TestPlan_Mistakes holds that a plan that cannot be is refused.
func TestPlan_Mistakes(t *testing.T) {
	page := make([]byte, 1)
	for name, own := range map[string][]mem.Range{
		"no whole page":  {{Start: ownStart, Size: 100}},
		"empty":          {{Start: ownStart, Size: 0}},
		"not in order":   {{Start: sharedAt + mem.PageSize, Size: mem.PageSize}},
		"over the other": {{Start: ownStart, Size: 2 * mem.PageSize}, {Start: ownStart + mem.PageSize, Size: mem.PageSize}},
	} {
		if _, err := mem.NewPlan(own, sharedAt, page); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// mappings counts what this process has mapped, and files in memory that it has open.
func mappings(t testing.TB) (maps, files int) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skip(err)
	}
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	for _, e := range list {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.Contains(to, "memfd:moonlet") {
			files++
		}
	}
	return bytes.Count(text, []byte("\n")), files
}

// TestPlan_Mappings holds how many mappings spaces cost, and that the last one leaves none.
func TestPlan_Mappings(t *testing.T) {
	if runtime.GOOS != "linux" || !mem.Mapped {
		t.Skip("only there are spaces side by side")
	}
	const n = 200
	before, _ := mappings(t)
	p := newPlan(t)
	spaces := newSpaces(t, p, n)
	maps, files := mappings(t)
	if maps -= before; maps > 2*n+20 || files != 1 {
		t.Errorf("%d spaces have %d mappings and %d files", n, maps, files)
	}
	for i, s := range spaces {
		if i%3 != 0 {
			s.Close()
		}
	}
	for i, s := range spaces {
		if i%3 == 0 {
			if s.Mem().U8(sharedAt) != 'c' {
				t.Fatalf("space %d lost its content", i)
			}
			s.Close()
		}
	}
	if after, files := mappings(t); after > before+5 || files != 0 {
		t.Errorf("%d mappings before, %d after all are closed, with %d files", before, after, files)
	}
}
