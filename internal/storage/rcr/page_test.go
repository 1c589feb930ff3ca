package rcr

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/port"
)

const flash4M = 4 << 20

func TestPage(t *testing.T) {
	p := New(flash4M, 0)
	if _, ok := p.Read(port.RecordInit); ok {
		t.Error("a record that nobody wrote")
	}
	n, ok := p.Write(port.RecordInit, []byte("@a.lua\x00"))
	if n != 8 || !ok {
		t.Errorf("wrote %d, %v", n, ok)
	}
	before := p.Bytes()
	if n, ok = p.Write(port.RecordInit, []byte("@a.lua\x00")); n != 7 || !ok || !bytes.Equal(before, p.Bytes()) {
		t.Errorf("the same value again: %d, %v", n, ok)
	}
	if b, _ := p.Read(port.RecordInit); string(b) != "@a.lua\x00\x00" {
		t.Errorf("read %q", b)
	}
	p.Write(port.RecordInit, []byte("x"))
	if b, _ := p.Read(port.RecordInit); string(b) != "x\x00\x00\x00" {
		t.Errorf("read %q", b)
	}
	for i, c := range p.Bytes() {
		if c&^before[i] != 0 {
			t.Fatalf("byte %d: %#x became %#x, which flash cannot do without an erase", i, before[i], c)
		}
	}
	if !p.Delete(port.RecordInit) || p.Delete(port.RecordInit) {
		t.Error("Delete")
	}
	if n, ok = p.Write(port.RecordInit, nil); n != 0 || !ok {
		t.Errorf("empty record: %d, %v", n, ok)
	}
	if b, ok := p.Read(port.RecordInit); len(b) != 0 || !ok {
		t.Errorf("empty record reads %q, %v", b, ok)
	}
}

func TestPage_FillAndCompact(t *testing.T) {
	p := New(flash4M, 0)
	table, _ := p.Read(port.RecordPartitions)
	for i := range 500 { // far more than the page holds
		body := bytes.Repeat([]byte{byte(i)}, 200)
		if _, ok := p.Write(port.RecordInit, body); !ok {
			t.Fatalf("write %d failed", i)
		}
		if b, _ := p.Read(port.RecordInit); !bytes.Equal(b, body) {
			t.Fatalf("write %d: read %x", i, b[:4])
		}
	}
	if b, _ := p.Read(port.RecordPartitions); !bytes.Equal(b, table) {
		t.Error("the partition table changed")
	}
	full := 0
	for id := range 60 {
		if _, ok := p.Write(uint8(100+id), make([]byte, 252)); !ok {
			full++
		}
	}
	if full == 0 {
		t.Error("a page of 4 KB took 60 records of 252 bytes")
	}
	if b, _ := p.Read(port.RecordPartitions); !bytes.Equal(b, table) {
		t.Error("a full page lost the partition table")
	}
	again, err := Load(p.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := again.Read(port.RecordPartitions); !bytes.Equal(b, table) {
		t.Error("a loaded page differs")
	}
	if _, err := Load(nil); err == nil {
		t.Error("loaded an empty page")
	}
}

// Any bytes can stand in a page that was read from a file.
func FuzzPage(f *testing.F) {
	f.Add(New(flash4M, 0).Bytes(), uint8(5), []byte("x"))
	f.Fuzz(func(t *testing.T, page []byte, id uint8, body []byte) {
		data := make([]byte, PageSize)
		copy(data, page)
		p, err := Load(data)
		if err != nil {
			t.Fatal(err)
		}
		p.Read(id)
		p.Check()
		table, _ := p.Table()
		if made, err := FirstBoot(table, flash4M); err == nil && Check(made, flash4M) != nil {
			t.Errorf("the first boot makes a wrong table: %v", made)
		}
		p.Write(id, body)
		p.Delete(id)
	})
}

// norSector is a sector that obeys the rules of the flash chip, and notes what is done.
type norSector struct {
	memory
	t   *testing.T
	ops []string
}

func (s *norSector) Write(offset int, b []byte) {
	for i, c := range b {
		if c&^s.memory[offset+i] != 0 {
			s.t.Errorf("byte %#x: %#02x over %#02x sets bits", offset+i, c, s.memory[offset+i])
		}
	}
	s.ops = append(s.ops, fmt.Sprintf("write %d at %d", len(b), offset))
	s.memory.Write(offset, b)
}

func (s *norSector) Erase(offset int) {
	s.ops = append(s.ops, "erase")
	s.memory.Erase(offset)
}

// TestIn holds that a page in flash is written in the firmware's order: the new value,
// then the mark of the old one; and when it is full the sector is erased and written at
// once.
func TestIn(t *testing.T) {
	s := &norSector{t: t}
	s.memory.Erase(0)
	p, err := In(s)
	if err != nil {
		t.Fatal(err)
	}
	p.WriteTable(DefaultPartitions(flash4M, 0))
	p.Write(port.RecordInit, []byte("a"))
	p.Write(port.RecordInit, []byte("b"))
	p.Delete(port.RecordInit)
	want := []string{"write 76 at 0", "write 8 at 76", "write 8 at 84", "write 4 at 76", "write 4 at 84"}
	if !slices.Equal(s.ops, want) {
		t.Errorf("operations %q, want %q", s.ops, want)
	}
	s.ops = nil
	for i := range 30 {
		p.Write(port.RecordInit, bytes.Repeat([]byte{byte(i)}, 200))
	}
	if i := slices.Index(s.ops, "erase"); i < 0 || s.ops[i+1] != "write 280 at 0" {
		t.Errorf("operations %q", s.ops)
	}
	if err := p.Check(); err != nil {
		t.Error(err)
	}
	if _, err := In(&short{}); err == nil {
		t.Error("a sector of no size was taken")
	}
}

type short struct{ memory }

func (*short) Bytes() []byte { return nil }

func TestPage_Check(t *testing.T) {
	page := func(change func(b []byte)) error {
		b := New(flash4M, 0).Bytes()
		change(b)
		p, err := Load(b)
		if err != nil {
			t.Fatal(err)
		}
		return p.Check()
	}
	for _, c := range []struct {
		name, want string
		change     func(b []byte)
	}{
		{"whole", "", func([]byte) {}},
		{"erased", "", func(b []byte) { copy(b, bytes.Repeat([]byte{0xFF}, PageSize)) }},
		{"zeros", "no unused word", func(b []byte) { clear(b) }},
		{"length", "would leave the page", func(b []byte) { copy(b[PageSize-4:], []byte{2, 9, 0, 0}); fill(b) }},
		{"rest", "not erased", func(b []byte) { b[2000] = 1 }},
	} {
		err := page(c.change)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// fill makes deleted records of all words between the table and the last word.
func fill(b []byte) {
	for i := 76 + 4; i < PageSize-4; i += 4 {
		copy(b[i:], []byte{0, 0, 0, 0})
	}
	copy(b[76:], []byte{0, 0, 0, 0})
}

func TestPage_Records(t *testing.T) {
	p := New(flash4M, 0x10000)
	p.Write(port.RecordInit, []byte("abc"))
	p.Write(port.RecordInit, []byte("d"))
	var ids []uint8
	for _, r := range p.Records() {
		ids = append(ids, r.ID)
	}
	if !slices.Equal(ids, []uint8{1, 0, 5}) {
		t.Errorf("records %v", ids)
	}
	table, ok := p.Table()
	if !ok || !slices.Equal(table, DefaultPartitions(flash4M, 0x10000)) {
		t.Errorf("table %v", table)
	}
}
