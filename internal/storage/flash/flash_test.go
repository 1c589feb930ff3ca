package flash

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"moonlet.example/moonlet/internal/hostfile"
)

func TestPart_Bits(t *testing.T) {
	p := New(2*SectorSize + 7)
	if p.Size() != 2*SectorSize || !p.Blank(SectorSize) || p.Word(0) != 0xFFFFFFFF {
		t.Fatalf("a new part has %d bytes, blank %v", p.Size(), p.Blank(SectorSize))
	}
	p.Write(SectorSize, []byte{0xF0, 0x0F, 0xFF, 0})
	p.Write(SectorSize, []byte{0xFF, 0xF3, 1, 0xFF}) // bits cannot be set again
	if got := p.Word(SectorSize); got != 0x000103F0 {
		t.Errorf("the word is %#08x", got)
	}
	p.Erase(SectorSize)
	if !p.Blank(SectorSize) {
		t.Error("the sector is not erased")
	}
}

// TestPart_Cut holds that the file has what was done before the power went.
func TestPart_Cut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "part")
	p, err := openPart(path, SectorSize)
	if err != nil {
		t.Fatal(err)
	}
	left := 3
	p.OnOp = func(op Op) {
		if left--; left == 0 {
			panic("no power")
		}
		if op.Erase || op.Offset != 4*(2-left) {
			t.Errorf("operation %+v with %d left", op, left)
		}
	}
	func() {
		defer func() { recover() }()
		p.Write(0, bytes.Repeat([]byte{1}, 16))
	}()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	p, err = openPart(path, 2*SectorSize)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.Word(4) != 0x01010101 || p.Word(8) != 0xFFFFFFFF || !p.Blank(SectorSize) {
		t.Errorf("words %#x %#x", p.Word(4), p.Word(8))
	}
}

func TestOpen_Refused(t *testing.T) {
	dir := t.TempDir()
	if _, err := openPart(dir, SectorSize); err == nil {
		t.Error("a directory was opened")
	}
	if _, err := openPart(filepath.Join(dir, "no", "file"), SectorSize); err == nil {
		t.Error("a file was made in a directory that does not exist")
	}
	if _, err := os.Stat(filepath.Join(dir, "no")); err == nil {
		t.Error("the directory was made")
	}
}

// openPart opens a part that is kept in a file.
func openPart(path string, size int) (*Part, error) {
	d, name, err := (*hostfile.Host)(nil).Place(path)
	if err != nil {
		return nil, err
	}
	return Open(d, name, size)
}
