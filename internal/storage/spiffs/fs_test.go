package spiffs

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/storage/flash"
)

var _ Chip = (*flash.Part)(nil)

var updateGolden = flag.Bool("update", false, "write the golden images")

// newFS is an empty file system of 64 KB.
func newFS(t *testing.T) (*Memory, *FS) {
	t.Helper()
	chip := NewMemory(64 << 10)
	fs, err := Format(chip, 0, 64<<10, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return chip, fs
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestWriteNothing: a write of nothing moves a file that appends to its end, and touches
// nothing else.
func TestWriteNothing(t *testing.T) {
	chip, fs := newFS(t)
	must(t, write(fs, "log", Create|Truncate, 0, pattern(1, 11)))
	before := append([]byte(nil), chip.Bytes()...)
	for _, c := range []struct {
		flags Flags
		at    int
		want  uint32
	}{
		{ReadWrite | Append, 0, 11}, {WriteOnly | Append, 0, 11}, {ReadWrite | Append, 3, 11},
		{ReadWrite, 0, 0}, {ReadWrite, 3, 3}, {WriteOnly, 11, 11},
	} {
		f, err := fs.Open("log", c.flags)
		must(t, err)
		_, err = f.Seek(c.at, SeekSet)
		must(t, err)
		if n, err := f.Write(nil); n != 0 || err != nil {
			t.Errorf("%+v: wrote %d, %v", c, n, err)
		}
		if pos, err := f.Tell(); pos != int(c.want) || err != nil {
			t.Errorf("%+v: at %d, %v", c, pos, err)
		}
		must(t, f.Close())
	}
	if !bytes.Equal(before, chip.Bytes()) {
		t.Error("writing nothing changed the flash memory")
	}
	f, err := fs.Open("log", ReadOnly)
	must(t, err)
	if _, err := f.Write(nil); err != ErrNotWritable {
		t.Errorf("a file that is read: %v", err)
	}
}

func TestFiles(t *testing.T) {
	chip, fs := newFS(t)
	long := strings.Repeat("n", NameMax)
	for name, size := range map[string]int{"init.lua": 100, "": 1, long: 252, "a/b": 30000} {
		must(t, write(fs, name, Create|Truncate, 0, pattern(1, size)))
		got, err := content(fs, name)
		if err != nil || !bytes.Equal(got, pattern(1, size)) {
			t.Errorf("%q: %d bytes, %v", name, len(got), err)
		}
		if s, err := fs.Stat(name); err != nil || s.Size != size || s.Name != name || s.Type != typeFile {
			t.Errorf("%q: %+v, %v", name, s, err)
		}
	}
	must(t, fs.Rename("init.lua", "x"))
	must(t, fs.Remove("a/b"))
	fs.Unmount()
	if _, err := fs.Open("x", ReadOnly); err != ErrNotMounted || fs.Errno() != ErrNotMounted {
		t.Error(err)
	}
	fs, err := Mount(chip, 0, 64<<10, Options{})
	must(t, err)
	list, err := fs.List()
	must(t, err)
	if len(list) != 3 {
		t.Error(list)
	}
	if r, err := Check(chip.Bytes(), fs.Geometry()); err != nil || !r.Clean() {
		t.Error(r, err)
	}
}

func TestErrors(t *testing.T) {
	_, fs := newFS(t)
	must(t, write(fs, "a", Create, 0, []byte("content")))
	must(t, write(fs, "b", Create, 0, []byte("content")))
	long := strings.Repeat("n", NameMax+1)
	read, err := fs.Open("a", ReadOnly)
	must(t, err)
	writer, err := fs.Open("a", WriteOnly)
	must(t, err)
	open := func(name string, f Flags) error { _, err := fs.Open(name, f); return err }
	for _, c := range []struct {
		got  error
		want Error
	}{
		{open("none", ReadOnly), ErrNotFound},
		{open(long, Create), ErrNameTooLong},
		{open("a", Create|Exclusive|ReadOnly), ErrFileExists},
		{fs.Remove("none"), ErrNotFound},
		{fs.Rename("none", "c"), ErrNotFound},
		{fs.Rename("a", "b"), ErrConflictingName},
		{fs.Rename("a", long), ErrNameTooLong},
		{second(read.Write([]byte("x"))), ErrNotWritable},
		{second(writer.Read(make([]byte, 1))), ErrNotReadable},
		{second(read.Seek(-1, SeekSet)), ErrSeekBounds},
		{second(read.Seek(8, SeekSet)), ErrEndOfObject},
		{fs.CollectQuick(0), ErrNoDeletedBlocks},
		{read.Remove(), ErrNotWritable},
	} {
		if c.got != c.want {
			t.Errorf("%v instead of %v", c.got, c.want)
		}
	}
	must(t, read.Close())
	if err := read.Close(); err != ErrFileClosed {
		t.Error(err)
	}
	must(t, writer.Remove())
	if _, err := writer.Write([]byte("x")); err != ErrFileClosed {
		t.Error(err)
	}
	if got := ErrFull.Error(); got != "the file system is full (SPIFFS_ERR_FULL, -10001)" || ErrFull.Name() != "SPIFFS_ERR_FULL" {
		t.Error(got)
	}
}

func second(_ int, err error) error { return err }

// TestErrorNames: each error has words of its own.
func TestErrorNames(t *testing.T) {
	seen := map[string]bool{}
	for e := Error(-10000); e >= -10072; e-- {
		if name := e.Name(); name != "SPIFFS_ERR" {
			if seen[name] || seen[e.Error()] {
				t.Errorf("%d: %s again", e, name)
			}
			seen[name], seen[e.Error()] = true, true
		}
	}
	if len(seen) != 2*33 {
		t.Errorf("%d errors with words", len(seen)/2)
	}
}

// TestDescriptors: the fifth file is one too many, and removing needs a descriptor, too.
func TestDescriptors(t *testing.T) {
	_, fs := newFS(t)
	var open []*File
	for i := range 4 {
		f, err := fs.Open(fmt.Sprint(i), ReadWrite|Create)
		must(t, err)
		open = append(open, f)
	}
	if _, err := fs.Open("5", ReadWrite|Create); err != ErrOutOfFileDescs {
		t.Error(err)
	}
	if err := fs.Remove("1"); err != ErrOutOfFileDescs {
		t.Error(err)
	}
	if err := fs.Rename("1", "8"); err != ErrOutOfFileDescs {
		t.Error(err)
	}
	must(t, open[0].Close())
	must(t, fs.Remove("1"))
	if _, err := open[1].Tell(); err != ErrFileClosed {
		t.Error(err)
	}
}

// TestFull fills a file system. What was there before stays, and closing tells that
// what waited is lost.
func TestFull(t *testing.T) {
	_, fs := newFS(t)
	total, used, err := fs.Info()
	must(t, err)
	if total != (6*31+1)*DataSize || used != 0 {
		t.Error(total, used)
	}
	must(t, write(fs, "keep", Create, 0, pattern(3, 4000)))
	f, err := fs.Open("fill", ReadWrite|Create)
	must(t, err)
	written := 0
	for err == nil {
		var n int
		n, err = f.Write(pattern(written, 1000))
		written += n
	}
	if err != ErrFull || fs.Errno() != ErrFull {
		t.Error(err)
	}
	if size, err := f.Size(); err != nil || size != written {
		t.Error(size, written, err)
	}
	_, err = f.Seek(0, SeekEnd)
	must(t, err)
	for err == nil {
		if _, err = f.Write(pattern(1, 100)); err == nil {
			err = f.Flush()
		}
	}
	_, err = f.Write(pattern(1, 100))
	must(t, err) // it waits
	if err := f.Close(); err != ErrFull {
		t.Error(err)
	}
	must(t, f.Close())
	if got, err := content(fs, "keep"); err != nil || !bytes.Equal(got, pattern(3, 4000)) {
		t.Error(len(got), err)
	}
	must(t, fs.Remove("fill"))
	must(t, write(fs, "again", Create, 0, pattern(1, 20000)))
}

// TestWaiting: small writes are on flash only when the file is flushed.
func TestWaiting(t *testing.T) {
	chip, fs := newFS(t)
	f, err := fs.Open("a", ReadWrite|Create)
	must(t, err)
	before := bytes.Clone(chip.Bytes())
	for range 25 {
		if n, err := f.Write(pattern(1, 10)); n != 10 || err != nil {
			t.Fatal(n, err)
		}
	}
	if !bytes.Equal(before, chip.Bytes()) {
		t.Error("it was written at once")
	}
	if s, _ := fs.Stat("a"); s.Size != 0 {
		t.Error(s)
	}
	must(t, f.Flush())
	if s, _ := fs.Stat("a"); s.Size != 250 {
		t.Error(s)
	}
	if end, err := f.EOF(); !end || err != nil {
		t.Error(end, err)
	}
	if pos, err := f.Tell(); pos != 250 || err != nil {
		t.Error(pos, err)
	}
}

func TestPartition(t *testing.T) {
	for _, c := range []struct {
		offset, size int
		want         Geometry
		ok           bool
	}{
		{0, 64 << 10, Geometry{0, 64 << 10, 8192}, true},
		{0, 32 << 10, Geometry{0, 32 << 10, 8192}, true},
		{0, 31 << 10, Geometry{0, 24 << 10, 4096}, true},
		{0x1000, 0x9000, Geometry{0x2000, 0x8000, 8192}, true},
		{0, 15 << 10, Geometry{}, false},
		{0x1FFF, 3, Geometry{}, false},
		{-4096, 1 << 20, Geometry{}, false},
	} {
		g, err := Partition(c.offset, c.size)
		if (err == nil) != c.ok || c.ok && g != c.want || err != nil && !errors.Is(err, ErrNotConfigured) {
			t.Errorf("%#x, %#x: %v, %v", c.offset, c.size, g, err)
		}
	}
}

// TestFind: the firmware finds a file system that is smaller than its partition, one
// block without a magic number does not matter, two do.
func TestFind(t *testing.T) {
	chip := NewMemory(1 << 20)
	g := Geometry{Offset: 0x10000, Size: 96 << 10, Block: blockSize}
	fs, err := FormatAt(chip, g, Options{})
	must(t, err)
	must(t, write(fs, "a", Create, 0, pattern(1, 5000)))
	if found, err := Find(chip.Bytes(), g.Offset, 1<<20-g.Offset); found != g || err != nil {
		t.Error(found, err)
	}
	if found := Search(chip.Bytes()); len(found) != 1 || found[0] != g {
		t.Error(found)
	}
	for b := range 3 {
		image := MemoryOf(chip.Bytes())
		image.Erase(g.Offset + b*blockSize)
		if found, err := Find(image.Bytes(), g.Offset, 1<<20-g.Offset); found != g || err != nil {
			t.Error(b, found, err)
		}
		for n := range 4 { // each sector, the count, the number
			again := MemoryOf(image.Bytes())
			if !cutAfter(again, n, func() { _, _ = MountAt(again, g, Options{}) }) {
				t.Error("mounting does less than it should")
			}
			_, err := MountAt(again, g, Options{})
			must(t, err)
		}
		fs, err := MountAt(image, g, Options{})
		must(t, err)
		if u16(fs.flash[b*blockSize+g.magicAt():]) != g.magic(b) {
			t.Error("mounting leaves the block without a number")
		}
	}
	image := MemoryOf(chip.Bytes()[g.Offset : g.Offset+g.Size])
	image.Erase(0)
	if found := Search(image.Bytes()); len(found) != 1 || found[0].Size != g.Size {
		t.Error(found)
	}
	image = MemoryOf(chip.Bytes())
	image.Erase(g.Offset)
	image.Erase(g.Offset + blockSize)
	if _, err := MountAt(image, g, Options{}); err != ErrNotAFS {
		t.Error(err)
	}
	if _, err := Mount(NewMemory(1<<20), 0, 1<<20, Options{}); err != ErrProbeNotAFS {
		t.Error(err)
	}
	if _, err := Mount(NewMemory(1<<20), 0, 2<<20, Options{}); !errors.Is(err, ErrNotConfigured) {
		t.Error(err)
	}
	if _, err := MountAt(chip, Geometry{Size: 1 << 20, Block: 0x8000}, Options{}); err != ErrMagicNotPossible {
		t.Error(err)
	}
}

// TestWriteImage: sectors are erased only where they have to.
func TestWriteImage(t *testing.T) {
	chip := goldenImage(t)
	was := bytes.Clone(chip.Bytes())
	want := bytes.Clone(was)
	want[100] = 0
	at := SectorSize
	for was[at] == 0xFF {
		at++
	}
	want[at] = 0xFF
	var erased []int
	chip.OnOp = func(erase bool, offset int) {
		if erase {
			erased = append(erased, offset)
		}
	}
	must(t, WriteImage(chip, 0, want))
	if !bytes.Equal(chip.Bytes(), want) || len(erased) != 1 || erased[0] != at/SectorSize*SectorSize {
		t.Error(erased)
	}
	if err := WriteImage(chip, SectorSize, want); !errors.Is(err, ErrNotConfigured) {
		t.Error(err)
	}
}

// TestSearchSmallBlocks: what the firmware's tool makes of 64 KB has blocks that the
// firmware does not look for.
func TestSearchSmallBlocks(t *testing.T) {
	chip := NewMemory(64 << 10)
	g := Geometry{Size: 64 << 10, Block: smallBlock}
	_, err := FormatAt(chip, g, Options{})
	must(t, err)
	if _, err := Mount(chip, 0, 64<<10, Options{}); err == nil {
		t.Error("the firmware would not mount this")
	}
	if found := Search(chip.Bytes()); len(found) != 1 || found[0] != g {
		t.Error(found)
	}
}

// goldenImage has a bit of everything in 20 KB: garbage was collected, a file has two
// indexes, one was removed.
func goldenImage(t *testing.T) *Memory {
	t.Helper()
	chip := NewMemory(5 * smallBlock)
	fs, err := FormatAt(chip, Geometry{Size: len(chip.data), Block: smallBlock}, Options{})
	must(t, err)
	must(t, write(fs, "init.lua", Create, 0, []byte("print'hello'\n")))
	for i := range 10 {
		must(t, write(fs, "log", Create|Append, 0, pattern(i, 300)))
	}
	must(t, write(fs, "temporary", Create, 0, pattern(1, 1000)))
	must(t, write(fs, "log", 0, 700, pattern(7, 400)))
	must(t, fs.Remove("temporary"))
	must(t, fs.Rename("init.lua", "main.lua"))
	must(t, write(fs, "empty", Create, 0, nil))
	fs.Unmount()
	return chip
}

// TestGolden compares with images and reports that this package wrote before.
func TestGolden(t *testing.T) {
	whole := goldenImage(t).Bytes()
	fs, err := View(whole, Geometry{Size: len(whole), Block: smallBlock}, Options{})
	must(t, err)
	chip := fs.chip.(*Memory)
	cutAfter(chip, 300, func() { _ = write(fs, "log", 0, 100, pattern(9, 2500)) })
	report, err := Check(chip.Bytes(), fs.Geometry())
	must(t, err)
	for name, b := range map[string][]byte{"whole.img": whole, "cut.img": chip.Bytes(), "cut.txt": []byte(report.String())} {
		name = filepath.Join("testdata", name)
		if *updateGolden {
			must(t, os.MkdirAll("testdata", 0o777))
			must(t, os.WriteFile(name, b, 0o666))
		}
		want, err := os.ReadFile(name)
		must(t, err)
		if !bytes.Equal(b, want) {
			t.Errorf("%s is different", name)
		}
	}
}
