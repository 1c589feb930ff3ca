package flashfs_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/flashdir"
	"moonlet.example/moonlet/internal/storage/flashfs"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

func newFS(t *testing.T, partition port.FlashRegion) (*flashfs.FS, spiffs.Chip) {
	t.Helper()
	chip := spiffs.NewMemory(int(partition.Size))
	fs := flashfs.New(chip, partition)
	if fs.Mount() == nil {
		t.Fatal("a blank chip has a file system")
	}
	if err := fs.Format(); err != nil {
		t.Fatal(err)
	}
	return fs, chip
}

// pair does the same in both file systems of a module: that on a chip and that in a
// directory.
type pair struct {
	t     *testing.T
	fs    [2]port.Files
	files map[string][2]port.File
	log   []string
}

func (p *pair) fail(what string, a, b any) {
	p.t.Helper()
	for _, line := range p.log[max(0, len(p.log)-20):] {
		p.t.Log(line)
	}
	p.t.Fatalf("%s: on the chip %v, in the directory %v", what, a, b)
}

// same compares two results, errors by identity.
func (p *pair) same(what string, a, b any, errs [2]error) {
	p.t.Helper()
	if !errors.Is(errs[0], errs[1]) || (errs[0] == nil) != (errs[1] == nil) {
		p.fail(what, errs[0], errs[1])
	}
	if x, y := fmt.Sprint(a), fmt.Sprint(b); errs[0] == nil && x != y {
		p.fail(what, x, y)
	}
}

func (p *pair) open(name, mode string) {
	var f [2]port.File
	var errs [2]error
	for i, fs := range p.fs {
		f[i], errs[i] = fs.Open(name, port.ParseOpenMode(mode))
	}
	p.same("open "+name+" "+mode, nil, nil, errs)
	if errs[0] == nil {
		p.files[name] = f
	}
}

func (p *pair) close(name string) {
	f := p.files[name]
	delete(p.files, name)
	p.same("close "+name, nil, nil, [2]error{f[0].Close(), f[1].Close()})
}

// onFile does something with an open file.
func (p *pair) onFile(r *rand.Rand, name string) {
	f := p.files[name]
	var errs [2]error
	var n [2]int
	switch r.IntN(6) {
	case 0, 1:
		text := bytes.Repeat([]byte{byte('a' + r.IntN(26))}, 1+r.IntN(700))
		for i := range f {
			n[i], errs[i] = f[i].Write(text)
		}
		p.same(fmt.Sprintf("write %d bytes to %s", len(text), name), n[0], n[1], errs)
	case 2, 3:
		var b [2][]byte
		size := 1 + r.IntN(600)
		for i := range f {
			b[i] = make([]byte, size)
			n[i], errs[i] = f[i].Read(b[i])
			b[i] = b[i][:max(n[i], 0)]
		}
		p.same("read "+name, string(b[0]), string(b[1]), errs)
	case 4:
		offset, whence := r.IntN(1500)-500, port.Whence(r.IntN(3))
		for i := range f {
			_, errs[i] = f[i].Seek(offset, whence)
		}
		p.same(fmt.Sprintf("seek %s %d %d", name, offset, whence), f[0].Tell(), f[1].Tell(), errs)
	case 5:
		p.same("flush "+name, nil, nil, [2]error{f[0].Flush(), f[1].Flush()})
	}
	p.same("place in "+name, f[0].Tell(), f[1].Tell(), [2]error{})
}

// onNames does something with names.
func (p *pair) onNames(r *rand.Rand, name, other string) {
	var errs [2]error
	switch r.IntN(4) {
	case 0:
		for i, fs := range p.fs {
			errs[i] = fs.Remove(name)
		}
		p.same("remove "+name, nil, nil, errs)
	case 1:
		for i, fs := range p.fs {
			errs[i] = fs.Rename(name, other)
		}
		p.same("rename "+name+" "+other, nil, nil, errs)
	case 2:
		var s [2]port.FileInfo
		for i, fs := range p.fs {
			s[i], errs[i] = fs.Stat(name)
		}
		p.same("stat "+name, s[0], s[1], errs)
	case 3:
		var s [2][]port.FileInfo
		for i, fs := range p.fs {
			s[i], errs[i] = fs.List()
		}
		p.same("list", s[0], s[1], errs)
	}
}

// info compares the figures of file.fsinfo. Nothing waits to be written then.
func (p *pair) info() {
	var s [2][2]uint32
	var errs [2]error
	for i, fs := range p.fs {
		s[i][0], s[i][1], errs[i] = fs.Info()
	}
	p.same("info", s[0], s[1], errs)
}

// TestFS_AsDirectory holds that a module whose files are on a chip and one whose files are
// in a directory of the host see the same.
func TestFS_AsDirectory(t *testing.T) {
	rounds := 60
	if testing.Short() {
		rounds = 12
	}
	for seed := range uint64(rounds) {
		// Small, so that garbage is collected and room is short on the way.
		partition := port.FlashRegion{Size: []uint32{40 << 10, 128 << 10}[seed%2]}
		fs, chip := newFS(t, partition)
		dir, err := flashdir.New(flashdir.Options{Dir: t.TempDir(), Region: fs.Region(), OnHostError: func(err error) { t.Error(err) }})
		if err != nil {
			t.Fatal(err)
		}
		p := &pair{t: t, fs: [2]port.Files{fs, dir}, files: map[string][2]port.File{}}
		r := rand.New(rand.NewPCG(seed, 1))
		names := []string{"a", "init.lua", "/FLASH/c", "www/index.html", "a name that has 31 characters:)", "a name that has 32 characters :)", "", "/SD0/x"}
		for range 400 {
			name := names[r.IntN(len(names))]
			_, isOpen := p.files[name]
			switch {
			case !isOpen && r.IntN(3) > 0:
				p.open(name, []string{"r", "w", "a", "r+", "w+", "a+"}[r.IntN(6)])
			case !isOpen:
				p.onNames(r, name, names[r.IntN(len(names))])
			case r.IntN(6) == 0:
				p.close(name)
			default:
				p.onFile(r, name)
			}
			if len(p.files) == 0 {
				p.info()
			}
		}
		for name := range p.files {
			p.close(name)
		}
		p.info()
		fs.Unmount()
		again := flashfs.New(chip, partition)
		list, err := again.List()
		want, _ := dir.List()
		if err != nil || !slices.Equal(list, want) {
			t.Fatalf("mounted again there are %v, not %v: %v", list, want, err)
		}
		if err := dir.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
