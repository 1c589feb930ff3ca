package flash

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func openChip(t *testing.T, path string, size int) *Chip {
	t.Helper()
	c, err := OpenChip(path, size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestOpenChip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "module.bin")
	c := openChip(t, path, 1<<20)
	if c.Size() != 1<<20 || !Blank(c.Bytes()) {
		t.Errorf("a new chip has %d bytes, blank %v", c.Size(), Blank(c.Bytes()))
	}
	c.Write(0x1234, []byte{1, 2, 3, 4})
	if c.Word(0x1234) != 0x04030201 || c.Blank(0x1000) {
		t.Errorf("the word is %#x", c.Word(0x1234))
	}
	if b, err := ReadChip(path); err != nil || !bytes.Equal(b, c.Bytes()) {
		t.Errorf("a tool cannot read a chip in use: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != 1<<20 {
		t.Errorf("the file: %v, %v", info, err)
	}
	again := openChip(t, path, 4<<20) // the file's size counts
	if again.Size() != 1<<20 || again.Word(0x1234) != 0x04030201 {
		t.Errorf("%d bytes, %#x", again.Size(), again.Word(0x1234))
	}
	again.Close()
	if left, _ := filepath.Glob(path + "*"); len(left) != 1 {
		t.Errorf("files %q are left", left)
	}
}

func TestOpenChip_Default(t *testing.T) {
	if c := openChip(t, filepath.Join(t.TempDir(), "chip"), 0); c.Size() != DefaultSize {
		t.Errorf("%d bytes", c.Size())
	}
}

func TestOpenChip_Refused(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, size int) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, make([]byte, size), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	worn := file("worn", MinSize)
	os.WriteFile(worn+".wear", []byte("nonsense"), 0o666)
	other := file("other", MinSize)
	os.WriteFile(other+".wear", []byte("moonlet-wear 1\nchip 1048576\nran 0\n"), 0o666)
	for _, c := range []struct {
		path, want string
		size       int
	}{
		{dir, "cannot use", 0},
		{filepath.Join(dir, "no", "file"), "cannot make", 0},
		{filepath.Join(dir, "new"), "no flash chip has 1000 bytes", 1000},
		{filepath.Join(dir, "new"), "no flash chip has 33554432 bytes", 32 << 20},
		{file("empty", 0), "cut off", 0},
		{file("short", MinSize-1), "cut off", 0},
		{file("odd", MinSize+SectorSize), "cut off", 0},
		{file("long", 2*MaxSize), "more than the 16 MB", 0},
		{worn, "remove it to count from zero", 0},
		{other, "another chip", 0},
	} {
		before, _ := os.ReadFile(c.path)
		chip, err := OpenChip(c.path, c.size)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", filepath.Base(c.path), err, c.want)
		}
		if chip != nil {
			chip.Close()
		}
		if after, _ := os.ReadFile(c.path); !bytes.Equal(before, after) {
			t.Errorf("%s changed", filepath.Base(c.path))
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "new")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a chip of an impossible size was made")
	}
	if c, err := OpenChip(file("good", MinSize), 0); err != nil {
		t.Errorf("locked after a refusal? %v", err)
	} else {
		c.Close()
	}
}

func TestOpenChip_Locked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "module.bin")
	c := openChip(t, path, MinSize)
	_, err := OpenChip(path, 0)
	want := fmt.Sprintf("is in use by process %d on ", os.Getpid())
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
	os.Remove(path + ".lock")
	if _, err := OpenChip(path, 0); err == nil || !strings.Contains(err.Error(), "is in use: ") {
		t.Errorf("without a name: %v", err)
	}
	c.Close()
	openChip(t, path, 0)
}

func TestNewChip(t *testing.T) {
	c, err := NewChip(MinSize)
	if err != nil {
		t.Fatal(err)
	}
	c.Erase(0)
	if err := errors.Join(c.Sync(), c.Close()); err != nil {
		t.Error(err)
	}
	if _, err := NewChip(3 << 20); err == nil {
		t.Error("a chip of 3 MB")
	}
}

func TestChip_Part(t *testing.T) {
	c, _ := NewChip(MinSize)
	p := c.Part(0x10000, 2*SectorSize)
	var ofChip, ofPart []Op
	c.OnOp = func(op Op) { ofChip = append(ofChip, op) }
	p.OnOp = func(op Op) { ofPart = append(ofPart, op) }
	p.Write(SectorSize, []byte{1, 0, 0, 0})
	if c.Word(0x11000) != 1 || p.Word(SectorSize) != 1 || p.Size() != 2*SectorSize {
		t.Error("the part is no view of the chip")
	}
	p.Erase(SectorSize)
	if !c.Blank(0x11000) || !p.Blank(SectorSize) {
		t.Error("the sector is not erased")
	}
	if fmt.Sprint(ofChip, ofPart) != "[{false 69632} {true 69632}] [{false 4096} {true 4096}]" {
		t.Errorf("%v, %v", ofChip, ofPart)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	for name, f := range map[string]func(){
		"behind the part":   func() { p.Write(2*SectorSize, make([]byte, 4)) },
		"across its end":    func() { p.Write(2*SectorSize-4, make([]byte, 8)) },
		"erase behind it":   func() { p.Erase(2 * SectorSize) },
		"half a word":       func() { p.Write(2, make([]byte, 4)) },
		"three bytes":       func() { p.Write(0, make([]byte, 3)) },
		"half a sector":     func() { p.Erase(SectorSize / 2) },
		"part of a sector":  func() { c.Part(0, 100) },
		"part off a sector": func() { c.Part(100, SectorSize) },
	} {
		before := bytes.Clone(c.Bytes())
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
		if !bytes.Equal(before, c.Bytes()) {
			t.Errorf("%s: the chip changed", name)
		}
	}
}

func TestChip_Violation(t *testing.T) {
	c, _ := NewChip(MinSize)
	var got []Violation
	c.OnViolation = func(v Violation) { got = append(got, v) }
	c.Write(8, []byte{0xF0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF})
	c.Write(8, []byte{0xF0, 0, 0, 0, 0, 0, 0, 0})
	if len(got) != 0 {
		t.Fatalf("clearing bits: %v", got)
	}
	c.Write(4, []byte{0, 0, 0, 0, 0x0F, 0, 0, 0})
	if len(got) != 1 || c.Violations() != 1 || got[0] != (Violation{8, 0xF0, 0x0F}) || c.Word(8) != 0 {
		t.Errorf("%v, %d, word %#x", got, c.Violations(), c.Word(8))
	}
	if s := got[0].String(); !strings.Contains(s, "writing 0x0000000f over 0x000000f0 at flash address 0x000008 leaves 0x00000000") {
		t.Error(s)
	}
}

func TestChip_Wear(t *testing.T) {
	path := filepath.Join(t.TempDir(), "module.bin")
	c := openChip(t, path, MinSize)
	for range 6 {
		c.Erase(5 * SectorSize)
	}
	c.Part(7*SectorSize, SectorSize).Erase(0)
	c.Ran(90 * time.Minute)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	w, err := ReadWear(path)
	if err != nil {
		t.Fatal(err)
	}
	most := w.Most(10)
	if len(most) != 2 || most[0] != (Worn{5 * SectorSize, 6}) || most[1].Erases != 1 || w.Total() != 7 || w.Ran != 90*time.Minute {
		t.Errorf("%+v", w)
	}
	if left, ok := w.Life(most[0]); ok || most[0].Left() != Endurance-6 {
		t.Errorf("life %v of six erases", left)
	}
	c = openChip(t, path, 0)
	c.Erase(5 * SectorSize)
	if n := c.Wear().Erases[5]; n != 7 {
		t.Errorf("%d erases", n)
	}
}

func TestWear_Life(t *testing.T) {
	w := &Wear{Ran: 10000 * time.Hour}
	for _, c := range []struct {
		erases int
		left   time.Duration
		ok     bool
	}{{0, 0, false}, {9, 0, false}, {10, 1<<63 - 1, true}, {Endurance / 2, 10000 * time.Hour, true}, {Endurance, 0, true}, {2 * Endurance, 0, true}} {
		if left, ok := w.Life(Worn{0, c.erases}); left != c.left || ok != c.ok {
			t.Errorf("%d erases: %v, %v", c.erases, left, ok)
		}
	}
	for _, ran := range []time.Duration{0, 59 * time.Second} {
		if _, ok := (&Wear{Ran: ran}).Life(Worn{0, 50}); ok {
			t.Errorf("a life after %v", ran)
		}
	}
}

// TestChip_WearSaved holds that counts are kept without Close, but for the last ones.
func TestChip_WearSaved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "module.bin")
	c := openChip(t, path, MinSize)
	for range saveEvery + 10 {
		c.Erase(0)
	}
	if w, err := ReadWear(path); err != nil || w.Erases[0] != saveEvery {
		t.Errorf("%v, %v", w, err)
	}
}

func FuzzWear(f *testing.F) {
	f.Add([]byte("moonlet-wear 1\nchip 524288\nran 5\n0x0000 1\n0x7f000 3\n"))
	f.Add([]byte("moonlet-wear 1\nchip 524288\nran 5\n0x80000 1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		w, err := parseWear(b)
		if err != nil {
			return
		}
		again, err := parseWear(w.encode())
		if err != nil || again.Total() != w.Total() || again.Ran != w.Ran || again.Size != w.Size {
			t.Errorf("%v: %v", err, again)
		}
	})
}

// killedChip is the environment variable that makes this test binary the process that
// is killed.
const killedChip = "MOONLET_TEST_CHIP"

// TestMain writes to a chip for ever if a test wants that.
func TestMain(m *testing.M) {
	if path := os.Getenv(killedChip); path != "" {
		writeForEver(path)
	}
	os.Exit(m.Run())
}

// writeForEver fills the sectors of a chip one after the other, over and over. Each word
// has a number one higher than the one before; the number of the round stands in the
// upper half.
func writeForEver(path string) {
	c, err := OpenChip(path, MinSize)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	for round := uint32(1); ; round++ {
		for at := 0; at < c.Size(); at += SectorSize {
			c.Erase(at)
			for p := 0; p < SectorSize; p += 256 {
				var b []byte
				for i := p; i < p+256; i += WordSize {
					b = binary.LittleEndian.AppendUint32(b, round<<17|uint32(at+i)/WordSize)
				}
				c.Write(at+p, b)
			}
		}
	}
}

// TestChip_Killed kills processes that write, each to a chip of its own, and holds that
// it has what was written up to some word, nothing behind it, and is free again.
func TestChip_Killed(t *testing.T) {
	dir := t.TempDir()
	times := 10
	if testing.Short() {
		times = 3
	}
	for i := range times {
		path := filepath.Join(dir, fmt.Sprint(i))
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), killedChip+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line := make([]byte, 100)
		if n, _ := out.Read(line); string(bytes.TrimSpace(line[:n])) != "ready" {
			t.Errorf("the process says %q", line[:n])
		}
		time.Sleep(time.Duration(5+7*i) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
		b, err := ReadChip(path)
		if err != nil {
			t.Fatal(err)
		}
		checkKilled(t, b)
		openChip(t, path, 0).Close() // nobody holds it
	}
}

// checkKilled looks for the place where the writing stopped: words of one round, erased
// ones up to the end of the sector, and words of the round before.
func checkKilled(t *testing.T, b []byte) {
	word := func(i int) uint32 { return binary.LittleEndian.Uint32(b[i*WordSize:]) }
	const blank = 0xFFFFFFFF
	round := word(0) >> 17
	i, n := 0, len(b)/WordSize
	for i < n && word(i) != blank && word(i)>>17 == round {
		if word(i)&(1<<17-1) != uint32(i) {
			t.Fatalf("word %d is %#x", i, word(i))
		}
		i++
	}
	stop := i
	for i < n && word(i) == blank && (i/1024 == stop/1024 || round <= 1 || stop == 0) {
		i++
	}
	for ; i < n; i++ {
		old := round - 1
		if stop == 0 {
			old = word(n-1) >> 17
		}
		if word(i) != old<<17|uint32(i) {
			t.Fatalf("writing stopped at word %d in round %d, and word %d is %#x", stop, round, i, word(i))
		}
	}
}
