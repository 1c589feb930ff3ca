package hostfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// openDir opens a new directory with another one beside it, which has a file "secret".
func openDir(t *testing.T, h *Host) (d *Dir, outside string) {
	t.Helper()
	parent := t.TempDir()
	inside, outside := filepath.Join(parent, "inside"), filepath.Join(parent, "outside")
	if err := errors.Join(os.Mkdir(inside, 0o777), os.Mkdir(outside, 0o777), os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o666)); err != nil {
		t.Fatal(err)
	}
	d, err := h.OpenDir(inside)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d, outside
}

func symlink(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Skipf("no links here: %v", err)
	}
}

// TestDir_NothingLeadsOut: neither a link nor dots reach what is outside.
func TestDir_NothingLeadsOut(t *testing.T) {
	d, outside := openDir(t, nil)
	symlink(t, filepath.Join(outside, "secret"), d.Join("file"))
	symlink(t, outside, d.Join("sub"))
	for what, f := range map[string]func(name string) error{
		"read":     func(name string) error { _, err := d.ReadFile(name, 100); return err },
		"open":     func(name string) error { _, err := d.OpenChangeable(name); return err },
		"create":   func(name string) error { _, err := d.OpenFile(name+"2", os.O_RDWR|os.O_CREATE, 0o666); return err },
		"stat":     func(name string) error { _, err := d.Stat(name); return err },
		"replace":  func(name string) error { return d.Replace(name, []byte("x"), 0o666) },
		"make":     func(name string) error { return d.Create(name+"3", []byte("x"), 0o666) },
		"remove":   d.Remove,
		"list":     func(name string) error { _, err := d.ReadDir(filepath.Dir(name)); return err },
		"mkdir":    func(name string) error { return d.MkdirAll(name+"4/x", 0o777) },
		"a rename": func(name string) error { return d.Rename(name, name+"5") },
	} {
		for _, name := range []string{"sub/secret", "../outside/secret"} {
			if err := f(name); !errors.Is(err, ErrOutside) {
				t.Errorf("%s of %s: %v", what, name, err)
			}
		}
	}
	if _, err := d.ReadFile("file", 100); !errors.Is(err, ErrOutside) || !strings.Contains(err.Error(), d.Join("file")) {
		t.Errorf("a link: %v", err)
	}
	if _, err := d.Sub("sub"); !errors.Is(err, ErrOutside) {
		t.Errorf("a link to a directory: %v", err)
	}
	if err := d.Replace("file", []byte("new"), 0o666); err != nil { // the link goes, not what it leads to
		t.Error(err)
	}
	if list, _ := os.ReadDir(outside); len(list) != 1 {
		t.Errorf("outside there are %v", list)
	}
	if b, _ := os.ReadFile(filepath.Join(outside, "secret")); string(b) != "secret" {
		t.Errorf("outside there is %q", b)
	}
}

// TestHost_Replace: a path of the user may be a link, to a file that need not be there,
// or a device.
func TestHost_Replace(t *testing.T) {
	var h *Host
	d, outside := openDir(t, h)
	symlink(t, filepath.Join(outside, "secret"), d.Join("file"))
	symlink(t, filepath.Join("..", "outside", "new"), d.Join("dangling"))
	symlink(t, "loop", d.Join("loop"))
	for name, to := range map[string]string{"file": "secret", "dangling": "new"} {
		if err := h.Replace(d.Join(name), []byte("written"), 0o644); err != nil {
			t.Error(err)
		}
		if b, _ := os.ReadFile(filepath.Join(outside, to)); string(b) != "written" {
			t.Errorf("%s: %q", name, b)
		}
		if info, err := os.Lstat(d.Join(name)); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("%s is no link any more: %v", name, err)
		}
	}
	if err := h.Replace(d.Join("loop"), nil, 0o644); err == nil {
		t.Error("a link to itself")
	}
	if err := h.Replace(d.Path(), nil, 0o644); err == nil {
		t.Error("a directory")
	}
	if runtime.GOOS != "windows" {
		if err := h.Replace(os.DevNull, []byte("x"), 0o644); err != nil {
			t.Errorf("a device: %v", err)
		}
		if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
			t.Error("the device has become a file")
		}
	}
	if list, _ := os.ReadDir(outside); len(list) != 2 {
		t.Errorf("left over: %v", list)
	}
}

// TestReplace_Private: a file that holds a password is nobody else's from the start, and
// is on the disk before it has its name.
func TestReplace_Private(t *testing.T) {
	var order []Kind
	var dir string
	h := &Host{Fail: func(op Op) error {
		if order = append(order, op.Kind); op.Kind == Write && runtime.GOOS != "windows" {
			list, _ := os.ReadDir(dir)
			for _, e := range list {
				if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("%s: %v %v", e.Name(), info.Mode(), err)
				}
			}
		}
		return nil
	}}
	d, _ := openDir(t, h)
	dir, order = d.Path(), nil
	if err := d.Replace("f", []byte("password"), 0o644); err != nil {
		t.Fatal(err)
	}
	want := []Kind{Open, Write, Chmod, Sync, Close, Rename, Sync}
	if len(order) != len(want) {
		t.Fatalf("operations %v, want %v", order, want)
	}
	for i := range want {
		if order[i] != want[i] {
			t.Fatalf("operations %v, want %v", order, want)
		}
	}
}

// TestLock: one has it, who that is stands in it, and it is gone with its file.
func TestLock(t *testing.T) {
	d, _ := openDir(t, nil)
	l, err := d.Lock("lock", "title\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Lock("lock", "title\n"); !errors.Is(err, ErrLocked) {
		t.Errorf("a second one: %v", err)
	}
	if by := d.By("lock"); !strings.HasPrefix(by, " by process ") {
		t.Errorf("held%s", by)
	}
	l.Release("title\n")
	if by := d.By("lock"); by != "" {
		t.Errorf("held%s", by)
	}
	// What a killed process left locks nothing.
	if err := os.WriteFile(d.Join("lock"), []byte("title\nprocess 1 on nowhere\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if l, err = d.Lock("lock", "title\n"); err != nil {
		t.Fatal(err)
	}
	l.Release("")
}

func TestReadFile_Limit(t *testing.T) {
	d, _ := openDir(t, nil)
	if err := d.Replace("f", make([]byte, 100), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := d.ReadFile("f", 100); err != nil || len(b) != 100 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if _, err := d.ReadFile("f", 99); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v", err)
	}
}
