package spiffs

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// model is what files should hold.
type model map[string][]byte

func (m model) clone() model {
	c := model{}
	for k, v := range m {
		c[k] = v
	}
	return c
}

// write makes a file with WriteOnly and more flags.
func write(fs *FS, name string, flags Flags, at int, p []byte) error {
	f, err := fs.Open(name, ReadWrite|flags)
	if err != nil {
		return err
	}
	if at > 0 {
		if _, err := f.Seek(at, SeekSet); err != nil {
			return err
		}
	}
	if _, err := f.Write(p); err != nil {
		return err
	}
	return f.Close()
}

// content reads a file.
func content(fs *FS, name string) ([]byte, error) {
	f, err := fs.Open(name, ReadOnly)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []byte
	b := make([]byte, 1000)
	for {
		n, err := f.Read(b)
		if n == 0 || err != nil {
			return all, err
		}
		all = append(all, b[:n]...)
	}
}

// deed is an operation on a file, and how to tell that it was done in part.
type deed struct {
	what string
	name string
	do   func(fs *FS) error
	// result is what the model is afterwards.
	result model
	// partly tells whether the file may hold this after a cut.
	partly func(got []byte) bool
}

func randomDeed(r *rand.Rand, m model, names []string) deed {
	name := names[r.IntN(len(names))]
	old, exists := m[name]
	next := m.clone()
	p := pattern(r.IntN(1e6), []int{10, 251, 700, 3000}[r.IntN(4)]+r.IntN(50))
	mixed := func(a, b []byte) func([]byte) bool {
		return func(got []byte) bool {
			for i, c := range got {
				if !(i < len(a) && a[i] == c || i < len(b) && b[i] == c) {
					return false
				}
			}
			return true
		}
	}
	switch k := r.IntN(6); {
	case !exists || k == 0:
		next[name] = p
		return deed{"create", name, func(fs *FS) error { return write(fs, name, Create|Truncate, 0, p) }, next, mixed(old, p)}
	case k == 1:
		next[name] = append(bytes.Clone(old), p...)
		return deed{"append", name, func(fs *FS) error { return write(fs, name, Append, 0, p) }, next,
			func(got []byte) bool { return bytes.HasPrefix(next[name], got) && len(got) >= len(old) }}
	case k == 2 && len(old) > 0:
		at := r.IntN(len(old))
		b := bytes.Clone(old)
		n := copy(b[at:], p)
		b = append(b, p[n:]...)
		next[name] = b
		return deed{"change", name, func(fs *FS) error { return write(fs, name, 0, at, p) }, next, mixed(old, b)}
	case k == 3:
		to := "renamed" + name
		if len(to) > NameMax {
			to = "r" + fmt.Sprint(r.IntN(1e6))
		}
		if _, taken := next[to]; taken {
			break
		}
		delete(next, name)
		next[to] = old
		return deed{"rename", name, func(fs *FS) error { return fs.Rename(name, to) }, next, func([]byte) bool { return false }}
	}
	delete(next, name)
	return deed{"remove", name, func(fs *FS) error { return fs.Remove(name) }, next, func([]byte) bool { return false }}
}

// TestPowerCut cuts the power at every word and every sector that operations write or
// erase. After each cut the file system can be mounted, and after Repair all files but
// the one of the operation are as before, and that one is as before, as
// afterwards, or something in between.
func TestPowerCut(t *testing.T) {
	cuts, unrepaired, kinds := 0, 0, map[Kind]int{}
	rounds := 6
	if testing.Short() {
		rounds = 3
	}
	for seed := range uint64(rounds) {
		r := rand.New(rand.NewPCG(seed, 7))
		g := Geometry{Block: smallBlock, Size: smallBlock * (5 + r.IntN(4))}
		if seed%3 == 0 {
			g = Geometry{Block: blockSize, Size: blockSize * (4 + r.IntN(2))}
		}
		chip := NewMemory(g.Size)
		fs, err := FormatAt(chip, g, Options{})
		if err != nil {
			t.Fatal(err)
		}
		m := model{}
		names := []string{"init.lua", "a", "b", "c.lc", "settings", "log"}
		for range 40 {
			d := randomDeed(r, m, names)
			before := bytes.Clone(chip.Bytes())
			if err := d.do(fs); err != nil {
				// Full: what happened to the file is of no interest here.
				copy(chip.data, before)
				if fs, err = MountAt(chip, g, Options{}); err != nil {
					t.Fatal(err)
				}
				delete(m, d.name)
				if err := fs.Remove(d.name); err != nil && err != ErrNotFound {
					t.Fatal(err)
				}
				continue
			}
			fs.Unmount()
			if fs, err = MountAt(chip, g, Options{}); err != nil {
				t.Fatal(err)
			}
			c, u := cutEverywhere(t, g, before, m, d, kinds, r)
			cuts += c
			unrepaired += u
			m = d.result
		}
	}
	t.Logf("%d cuts; after %d of them a file that nobody was writing to could not be read without Repair; problems by kind: %v", cuts, unrepaired, kinds)
}

// cutEverywhere does an operation again and again, with a cut at another word each
// time. Long ones are cut at some only.
func cutEverywhere(t *testing.T, g Geometry, before []byte, m model, d deed, kinds map[Kind]int, r *rand.Rand) (cuts, unrepaired int) {
	t.Helper()
	total := 0
	{
		chip := MemoryOf(before)
		fs, err := MountAt(chip, g, Options{})
		if err != nil {
			t.Fatal(err)
		}
		chip.OnOp = func(bool, int) { total++ }
		_ = d.do(fs)
	}
	for n := 0; ; n++ {
		chip := MemoryOf(before)
		fs, err := MountAt(chip, g, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !cutAfter(chip, n, func() { _ = d.do(fs) }) {
			return cuts, unrepaired
		}
		cuts++
		if !checkCut(t, g, chip.Bytes(), m, d, kinds, n) {
			unrepaired++
		}
		n += r.IntN(max(1, total/10))
	}
}

// checkCut looks at what a cut left; it tells whether all other files can be read as
// it is.
func checkCut(t *testing.T, g Geometry, image []byte, m model, d deed, kinds map[Kind]int, n int) (readable bool) {
	t.Helper()
	fs, err := View(image, g, Options{})
	if err != nil {
		t.Fatalf("%s %s, cut at %d: cannot be mounted: %v", d.what, d.name, n, err)
	}
	readable = true
	for name, want := range m {
		if got, err := content(fs, name); name != d.name && (err != nil || !bytes.Equal(got, want)) {
			readable = false
		}
	}
	mended, report, err := Repair(image, g)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range report.Problems {
		kinds[p.Kind]++
	}
	if !readable && !report.Has(BadReference, DoubleHeader) {
		t.Errorf("%s %s, cut at %d: a file cannot be read, but Check says only\n%s", d.what, d.name, n, report)
	}
	again, err := Check(mended, g)
	if err != nil || !again.Clean() {
		t.Fatalf("%s %s, cut at %d: after Repair there are problems: %v\n%s\nbefore:\n%s", d.what, d.name, n, err, again, report)
	}
	if fs, err = View(mended, g, Options{}); err != nil {
		t.Fatal(err)
	}
	for name, want := range m {
		if name == d.name {
			continue
		}
		if got, err := content(fs, name); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%s %s, cut at %d: %s has %d bytes instead of %d (%v)\n%s", d.what, d.name, n, name, len(got), len(want), err, report)
		}
	}
	checkTarget(t, fs, m, d, n, report)
	return readable
}

// checkTarget looks at the file of the operation.
func checkTarget(t *testing.T, fs *FS, m model, d deed, n int, report *Report) {
	t.Helper()
	list, _ := fs.List()
	for _, s := range list {
		got, err := content(fs, s.Name)
		if err != nil || len(got) != s.Size {
			t.Fatalf("%s %s, cut at %d: %s cannot be read: %v", d.what, d.name, n, s.Name, err)
		}
		was, inOld := m[s.Name]
		is, inNew := d.result[s.Name]
		if inOld && bytes.Equal(got, was) || inNew && bytes.Equal(got, is) || s.Name == d.name && d.partly(got) {
			continue
		}
		t.Fatalf("%s %s, cut at %d: %s has %d bytes that it never had (%d before, %d after)\n%s", d.what, d.name, n, s.Name, len(got), len(was), len(is), report)
	}
	_, before := m[d.name]
	if d.what == "append" || d.what == "change" || d.what == "create" && before {
		if _, err := fs.Stat(d.name); err != nil {
			t.Fatalf("%s %s, cut at %d: the file is gone\n%s", d.what, d.name, n, report)
		}
	}
}
