package spiffs

import (
	"bytes"
	"strconv"
	"testing"
)

// ownSparse runs the commands on memory that is only there where it was written to.
type ownSparse struct {
	own
	sparse *Sparse
	tally  *tallySparse
}

// tallySparse counts what is done with it, as tally does.
type tallySparse struct {
	*Sparse
	tally
}

func (c *tallySparse) Write(offset int, b []byte) {
	c.note(0, offset, offset+len(b))
	c.Sparse.Write(offset, b)
}

func (c *tallySparse) Erase(offset int) {
	c.note(1, offset, offset+SectorSize)
	c.Sparse.Erase(offset)
}

func (o *ownSparse) dump() []byte { return o.sparse.Image() }
func (o *ownSparse) load([]byte)  { panic("BUG: there is no way to load an image") }

func (o *ownSparse) do(line string) string {
	switch f := bytes.Fields([]byte(line)); string(f[0]) {
	case "chip":
		o.tally = &tallySparse{tally: tally{sum: 2166136261}}
		o.o.Files, _ = strconv.Atoi(string(f[2]))
		o.o.Buffers, _ = strconv.Atoi(string(f[3]))
		return "0"
	case "conf":
		o.g = Geometry{}
		o.g.Size, _ = strconv.Atoi(string(f[2]))
		o.g.Block, _ = strconv.Atoi(string(f[3]))
		return "0"
	case "format":
		var err error
		if o.sparse, err = NewSparse(o.g); err != nil {
			return number(err)
		}
		o.tally.Sparse = o.sparse
		return number(nil)
	case "mount":
		if o.sparse == nil {
			return number(ErrNotAFS)
		}
		fs, err := o.sparse.Mount(o.o)
		if err == nil {
			o.fs = fs
			fs.chip = o.tally
		}
		o.files = map[int]*File{}
		return number(err)
	case "ops":
		return strconv.Itoa(o.tally.n) + " " + strconv.FormatUint(uint64(o.tally.sum), 16)
	}
	return o.own.do(line)
}

// withoutFormat is own where the operations count from the first mount on.
type withoutFormat struct{ own }

func (o *withoutFormat) do(line string) string {
	r := o.own.do(line)
	switch line {
	case "format":
		o.chip.n, o.chip.sum = 0, 2166136261
	case "ops":
		return strconv.Itoa(o.chip.n) + " " + strconv.FormatUint(uint64(o.chip.sum), 16)
	}
	return r
}

// TestSparse runs random histories on a chip and on sparse memory: results, operations and
// images are the same.
func TestSparse(t *testing.T) {
	n := min(*histories, 80)
	if testing.Short() {
		n = 15
	}
	for i := range n {
		seed := *firstHistory + uint64(i)
		h, g, o := newHistory(3e6 + seed)
		if g.lookupPages() != 1 {
			continue
		}
		a, b := &withoutFormat{}, &ownSparse{}
		prepareSides(g, o, a, b)
		formatSides(t, a, b)
		if !t.Run(strconv.Itoa(int(seed)), func(t *testing.T) { h.run(t, g, 100+h.r.IntN(500), a, b) }) {
			break
		}
	}
}

// TestSparse_Memory: what is erased takes no memory.
func TestSparse_Memory(t *testing.T) {
	g, err := Partition(0x90000, 3<<20)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSparse(g)
	if err != nil {
		t.Fatal(err)
	}
	fs, err := s.Mount(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := s.pages(); n != 0 {
		t.Errorf("an empty file system has %d pages", n)
	}
	if err := write(fs, "one", Create, 0, pattern(1, 100)); err != nil {
		t.Fatal(err)
	}
	if n := s.pages(); n != 3 { // lookup, header, data
		t.Errorf("a small file has %d pages", n)
	}
	if err := write(fs, "big", Create, 0, pattern(1, 2<<20)); err != nil {
		t.Fatal(err)
	}
	full := s.pages()
	if err := fs.Remove("big"); err != nil {
		t.Fatal(err)
	}
	for fs.CollectQuick(0) == nil {
	}
	if n := s.pages(); n > full/20 {
		t.Errorf("%d pages are left of %d", n, full)
	}
	if fs, err = s.Mount(Options{}); err != nil {
		t.Fatal(err)
	}
	if b, err := fs.ReadFile("one"); err != nil || !bytes.Equal(b, pattern(1, 100)) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// pages counts the pages that have memory.
func (s *Sparse) pages() (n int) {
	for i := range s.g.pages() {
		if s.find(i) != nil {
			n++
		}
	}
	return n
}

// TestStored: what is on flash can be read of a file whose writes wait, of one that was just
// closed, and of one with more indexes.
func TestStored(t *testing.T) {
	g, _ := Partition(0, 512<<10)
	s, err := NewSparse(g)
	if err != nil {
		t.Fatal(err)
	}
	fs, err := s.Mount(Options{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := fs.Open("f", ReadWrite|Create)
	if err != nil {
		t.Fatal(err)
	}
	want := pattern(7, 100_000)
	if _, err := f.Write(want[:99_990]); err != nil {
		t.Fatal(err)
	}
	if c := fs.TakeChange(); !c.Any || c.Cut || c.From != 0 || c.To != 99_990 {
		t.Errorf("%+v", c)
	}
	if _, err := f.Write(want[99_990:]); err != nil || fs.TakeChange() != (Change{}) || f.StoredSize() != 99_990 {
		t.Errorf("%v, %d bytes are on flash", err, f.StoredSize())
	}
	if err := f.Close(); err != nil || f.StoredSize() != 100_000 {
		t.Fatalf("%v, %d bytes are on flash", err, f.StoredSize())
	}
	if c := fs.TakeChange(); c.From != 99_990 || c.To != 100_000 {
		t.Errorf("%+v", c)
	}
	cache := fs.cache.clock
	got := make([]byte, 60_000)
	if n, err := f.ReadStored(got, 40_000); n != len(got) || err != nil || !bytes.Equal(got, want[40_000:]) {
		t.Errorf("%d bytes, %v", n, err)
	}
	if fs.cache.clock != cache {
		t.Error("reading what is on flash went through the cache")
	}
	if f, err = fs.Open("f", ReadWrite|Truncate); err != nil || !fs.TakeChange().Cut || f.StoredSize() != 0 {
		t.Errorf("%v, %d bytes are on flash", err, f.StoredSize())
	}
}
