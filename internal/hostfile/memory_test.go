package hostfile

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// kindOf is an error in a form that is the same for a directory in memory and on disk.
func kindOf(err error) string {
	for _, k := range []error{fs.ErrNotExist, fs.ErrExist, ErrOutside, ErrNotRegular, ErrLocked, ErrTooLarge} {
		if errors.Is(err, k) {
			return k.Error()
		}
	}
	if err != nil {
		return "another error"
	}
	return ""
}

// deed does one operation, and tells what came of it.
func deed(d *Dir, r *rand.Rand) string {
	names := []string{"a", "b", "sub/a", "sub/b", "sub", "none/a", "../out"}
	pick := func() string { return names[r.IntN(len(names))] }
	name, text := pick(), strings.Repeat("x", r.IntN(50))
	switch r.IntN(9) {
	case 0:
		return "replace " + name + kindOf(d.Replace(name, []byte(text), 0o600))
	case 1:
		return "create " + name + kindOf(d.Create(name, []byte(text), 0o600))
	case 2:
		return "mkdir " + name + kindOf(d.MkdirAll(name, 0o777))
	case 3:
		return "remove " + name + kindOf(d.Remove(name))
	case 4:
		to := pick()
		if info, err := d.Stat(name); err == nil && info.IsDir() || to == name {
			return ""
		}
		return "rename " + name + to + kindOf(d.Rename(name, to))
	case 5:
		b, err := d.ReadFile(name, 40)
		return "read " + name + string(b) + kindOf(err)
	case 6:
		info, err := d.Stat(name)
		if err != nil {
			return "stat " + name + kindOf(err)
		}
		return "stat " + name + info.Name() + map[bool]string{true: "dir", false: strings.Repeat("x", int(info.Size()%1000))}[info.IsDir()]
	case 7:
		list, err := d.ReadDir("sub")
		var found []string
		for _, e := range list {
			found = append(found, e.Name(), e.Type().String())
		}
		return "list " + strings.Join(found, " ") + kindOf(err)
	}
	return "change " + name + change(d, name, r)
}

// change writes into a file at random.
func change(d *Dir, name string, r *rand.Rand) string {
	f, err := d.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return kindOf(err)
	}
	defer f.Close()
	at, size := int64(r.IntN(60)), int64(r.IntN(60))
	if r.IntN(2) == 0 {
		f.Truncate(size)
	}
	if _, err := f.WriteAt([]byte("yyy"), at); err != nil {
		return err.Error()
	}
	p := make([]byte, 30)
	n, err := f.ReadAt(p, at/2)
	all, _ := io.ReadAll(f)
	return string(p[:n]) + string(all) + map[bool]string{true: "EOF"}[err == io.EOF]
}

// TestMemory holds that a directory in memory does what one on disk does.
func TestMemory(t *testing.T) {
	for seed := range uint64(60) {
		disk, err := (&Host{NoSync: true}).OpenDir(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer disk.Close()
		memory := NewMemory()
		a, b := rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 1))
		var done []string
		for range 200 {
			x, y := deed(disk, a), deed(memory, b)
			if done = append(done, x); x != y {
				t.Fatalf("seed %d: on disk %q, in memory %q, after %q", seed, x, y, done[max(0, len(done)-8):])
			}
		}
	}
}

// TestMemory_Changed holds that a directory in memory tells that it was changed, which
// flashdir goes by, and that its parts are those of the whole.
func TestMemory_Changed(t *testing.T) {
	d := NewMemory()
	if err := d.MkdirAll("flash", 0o777); err != nil {
		t.Fatal(err)
	}
	sub, err := d.Sub("flash")
	if err != nil {
		t.Fatal(err)
	}
	at := func() int64 {
		info, err := sub.Stat(".")
		if err != nil {
			t.Fatal(err)
		}
		return info.ModTime().Unix()
	}
	before := at()
	for _, f := range []func() error{
		func() error { return d.Replace("flash/x", []byte("1"), 0o600) },
		func() error { return d.Rename("flash/x", "flash/y") },
		func() error { return d.Remove("flash/y") },
	} {
		if err := f(); err != nil || at() == before {
			t.Errorf("%v; the directory was changed at %d", err, at())
		}
		before = at()
	}
	if err := d.Replace("other", nil, 0o600); err != nil || at() != before {
		t.Error("a change elsewhere changes the directory")
	}
	if list, _ := d.ReadDir("."); !slices.ContainsFunc(list, func(e fs.DirEntry) bool { return e.Name() == "flash" && e.IsDir() }) {
		t.Error("the directory is not listed")
	}
}

// TestMemory_Lock holds that a directory in memory has one holder at a time.
func TestMemory_Lock(t *testing.T) {
	d := NewMemory()
	l, err := d.Lock("lock", "title\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Lock("lock", "title\n"); !errors.Is(err, ErrLocked) {
		t.Errorf("a second lock: %v", err)
	}
	if d.By("lock") == "" {
		t.Error("it is not said who has the lock")
	}
	l.Release("title\n")
	if d.By("lock") != "" {
		t.Error("somebody has the lock still")
	}
	if l, err = d.Lock("lock", "title\n"); err != nil {
		t.Fatal(err)
	}
	l.Release("title\n")
}
