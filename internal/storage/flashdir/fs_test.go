package flashdir

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/port"
)

// newFS returns a file system and its directory; host errors fail the test
// unless they are expected.
func newFS(t *testing.T, size uint32) (*FS, string, *[]error) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "flash")
	hostErrors := new([]error)
	s, err := New(Options{
		Dir: dir, Region: port.FlashRegion{Size: size},
		OnHostError: func(err error) { *hostErrors = append(*hostErrors, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, dir, hostErrors
}

func put(t *testing.T, s *FS, name, text string) {
	t.Helper()
	f, err := s.Open(name, port.ParseOpenMode("w"))
	if err != nil {
		t.Fatalf("open %q: %v", name, err)
	}
	if n, err := f.Write([]byte(text)); n != len(text) || err != nil {
		t.Fatalf("write %q: %d, %v", name, n, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s *FS, name string) string {
	t.Helper()
	f, err := s.Open(name, port.OpenRead)
	if err != nil {
		t.Fatalf("open %q: %v", name, err)
	}
	defer f.Close()
	return readAll(t, f)
}

func readAll(t *testing.T, f port.File) string {
	t.Helper()
	var b []byte
	for {
		p := make([]byte, 7)
		n, err := f.Read(p)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return string(b)
		}
		b = append(b, p[:n]...)
	}
}

func TestFS_Modes(t *testing.T) {
	for _, c := range []struct {
		mode, want string // of the file that held "old", after "NEW" was written
		read       error
		write      error
		create     bool
	}{
		{"r", "old", nil, port.ErrFileMode, false},
		{"w", "NEW", port.ErrFileMode, nil, true},
		{"a", "oldNEW", port.ErrFileMode, nil, true},
		{"r+", "NEW", nil, nil, false},
		{"w+", "NEW", nil, nil, true},
		{"a+", "oldNEW", nil, nil, true},
		{"rb", "old", nil, port.ErrFileMode, false}, // what SPIFFS does not know is "r"
		{"x", "old", nil, port.ErrFileMode, false},
	} {
		s, _, _ := newFS(t, 0)
		m := port.ParseOpenMode(c.mode)
		if f, err := s.Open("new", m); (err == nil) != c.create {
			t.Errorf("%q: opening a file that is not there: %v", c.mode, err)
		} else if err == nil {
			f.Close()
		}
		put(t, s, "f", "old")
		f, err := s.Open("f", m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Read(make([]byte, 0)); !errors.Is(err, c.read) {
			t.Errorf("%q: read: %v", c.mode, err)
		}
		if _, err := f.Write([]byte("NEW")); !errors.Is(err, c.write) {
			t.Errorf("%q: write: %v", c.mode, err)
		}
		f.Close()
		if got := get(t, s, "f"); got != c.want {
			t.Errorf("%q: file holds %q, want %q", c.mode, got, c.want)
		}
	}
}

func TestFS_Seek(t *testing.T) {
	s, _, _ := newFS(t, 0)
	put(t, s, "f", "0123456789")
	f, _ := s.Open("f", port.ParseOpenMode("r+"))
	for _, c := range []struct {
		offset int
		w      port.Whence
		pos    int
		err    error
	}{
		{4, port.SeekSet, 4, nil},
		{2, port.SeekCur, 6, nil},
		{-1, port.SeekEnd, 9, nil},
		{-1, port.SeekSet, 9, port.ErrSeekBeforeTop},
		{5, port.SeekCur, 10, port.ErrSeekPastEnd},
		{0, port.SeekSet, 0, nil},
		{10, port.SeekSet, 10, nil},
	} {
		if _, err := f.Seek(c.offset, c.w); !errors.Is(err, c.err) || f.Tell() != c.pos {
			t.Errorf("seek %d from %d: %v, at %d, want %d", c.offset, c.w, err, f.Tell(), c.pos)
		}
	}
	f.Seek(8, port.SeekSet)
	f.Write([]byte("XYZ"))
	if f.Size() != 11 || f.Tell() != 11 {
		t.Errorf("size %d, at %d", f.Size(), f.Tell())
	}
	f.Close()
	if got := get(t, s, "f"); got != "01234567XYZ" {
		t.Errorf("%q", got)
	}
}

func TestFS_Descriptors(t *testing.T) {
	s, _, _ := newFS(t, 0)
	var open []port.File
	for range port.OpenFilesMax {
		f, err := s.Open("f", port.ParseOpenMode("a+"))
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, f)
	}
	if _, err := s.Open("f", port.OpenRead); !errors.Is(err, port.ErrTooManyFiles) {
		t.Errorf("one more: %v", err)
	}
	if err := s.Remove("f"); !errors.Is(err, port.ErrTooManyFiles) {
		t.Errorf("remove without a descriptor: %v", err)
	}
	if err := s.Rename("f", "g"); !errors.Is(err, port.ErrTooManyFiles) {
		t.Errorf("rename without a descriptor: %v", err)
	}
	if err := open[0].Close(); err != nil || !errors.Is(open[0].Close(), port.ErrFileClosed) {
		t.Error("closing")
	}
	open[1].Write([]byte("seen by all"))
	if got := readAll(t, open[2]); got != "" {
		t.Errorf("another handle reads %q, which is in the cache", got)
	}
	if err := open[1].Flush(); err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, open[2]); got != "seen by all" {
		t.Errorf("another handle reads %q", got)
	}
	if err := s.Rename("f", "g"); err != nil {
		t.Fatal(err)
	}
	if _, err := open[2].Write([]byte("!")); err != nil {
		t.Errorf("a file that was renamed: %v", err)
	}
	if got := get(t, s, "g"); got != "seen by all!" { // reading writes what waits
		t.Errorf("%q", got)
	}
	if err := s.Remove("g"); err != nil {
		t.Fatal(err)
	}
	if _, err := open[2].Read(make([]byte, 1)); !errors.Is(err, port.ErrFileClosed) {
		t.Errorf("reading a file that was removed: %v", err)
	}
	for range port.OpenFilesMax { // all descriptors are free again
		if _, err := s.Open("h", port.ParseOpenMode("w")); err != nil {
			t.Fatal(err)
		}
	}
	s.Reset()
	if _, err := s.Open("h", port.OpenRead); err != nil {
		t.Error("descriptors survive a reset")
	}
}

func TestFS_Paths(t *testing.T) {
	s, _, _ := newFS(t, 0)
	put(t, s, "/FLASH/a", "1")
	put(t, s, "b/c", "2")
	if get(t, s, "a") != "1" || get(t, s, "/FLASHa") != "1" || get(t, s, "/FLASH/b/c") != "2" {
		t.Error("paths")
	}
	for _, path := range []string{"/a", "/SD0/a", "/FLAS/a", strings.Repeat("x", 32), "x\x00y"} {
		if _, err := s.Open(path, port.ParseOpenMode("w")); !errors.Is(err, port.ErrFileName) {
			t.Errorf("%q: %v", path, err)
		}
		if _, err := s.Stat(path); err == nil {
			t.Errorf("%q exists", path)
		}
	}
}

func TestFS_ListStatRename(t *testing.T) {
	s, _, _ := newFS(t, 0)
	put(t, s, "b", "22")
	put(t, s, "a", "1")
	put(t, s, "C", "333")
	list, err := s.List()
	want := []port.FileInfo{{Name: "C", Size: 3}, {Name: "a", Size: 1}, {Name: "b", Size: 2}}
	if err != nil || !slices.Equal(list, want) {
		t.Errorf("%v, %v", list, err)
	}
	if info, err := s.Stat("/FLASH/b"); err != nil || info != want[2] {
		t.Errorf("%v, %v", info, err)
	}
	if err := s.Rename("a", "b"); !errors.Is(err, port.ErrFileExists) {
		t.Errorf("rename onto a file: %v", err)
	}
	if err := s.Rename("x", "y"); !errors.Is(err, port.ErrFileNotFound) {
		t.Errorf("rename of nothing: %v", err)
	}
	if err := s.Remove("x"); !errors.Is(err, port.ErrFileNotFound) {
		t.Errorf("remove of nothing: %v", err)
	}
}

// Figures that SPIFFS_info of the firmware gives, computed by hand.
func TestFS_Space(t *testing.T) {
	s, _, _ := newFS(t, 0)
	total, used, err := s.Info()
	if total != 3392767 || used != 0 || err != nil {
		t.Errorf("empty: %d, %d, %v", total, used, err)
	}
	put(t, s, "one", "x")
	put(t, s, "none", "")
	put(t, s, "big", strings.Repeat("x", 251*106)) // one page more than the first index page holds
	if _, used, _ = s.Info(); used != 251*(2+1+108) {
		t.Errorf("used %d", used)
	}
	if r := RegionIn(port.FlashRegion{Addr: 0x90000, Size: 0x36D000}); r != DefaultRegion() {
		t.Errorf("region %+v", r)
	}
	if r := RegionIn(port.FlashRegion{Addr: 0x1000, Size: 0x800}); r.Size != 0 {
		t.Errorf("region %+v", r)
	}
}

func TestFS_Full(t *testing.T) {
	s, dir, _ := newFS(t, (16 << 10)) // 2 blocks of 15 pages
	f, _ := s.Open("f", port.ParseOpenMode("w"))
	total := 0
	for {
		n, err := f.Write(make([]byte, 100))
		if err != nil {
			if !errors.Is(err, port.ErrFilesFull) || n != 0 {
				t.Fatalf("%d, %v", n, err)
			}
			break
		}
		total += n
		if total > 30*251 {
			t.Fatal("takes more than there is")
		}
	}
	f.Seek(0, port.SeekEnd)                             // the position was that of what is lost
	if f.Size() != total-200 || f.Tell() != total-200 { // two writes waited, and were lost
		t.Errorf("size %d at %d after %d bytes", f.Size(), f.Tell(), total)
	}
	if info, _ := os.Stat(filepath.Join(dir, "f")); int(info.Size()) != total-200 {
		t.Errorf("the host has %d bytes", info.Size())
	}
	if total < 25*251 {
		t.Errorf("full after %d bytes", total)
	}
	if err := s.Format(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(nil); !errors.Is(err, port.ErrFileClosed) {
		t.Errorf("open across a format: %v", err)
	}
	if _, used, _ := s.Info(); used != 0 {
		t.Errorf("%d used after a format", used)
	}
	if _, err := New(Options{Dir: dir, Region: port.FlashRegion{Size: 100}}); err == nil {
		t.Error("a file system of 100 bytes")
	}
}

// A name of the module never leads out of the directory.
func TestFS_NoEscape(t *testing.T) {
	s, dir, hostErrors := newFS(t, 0)
	outside := filepath.Join(filepath.Dir(dir), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o666); err != nil {
		t.Fatal(err)
	}
	names := []string{
		"..", ".", "../secret", "a/../../secret", "..\\secret", "C:\\x", "con", "NUL.lua", "aux.", "com1.txt",
		"", " ", "é\xff\x01", "%2e%2e", "!a", "%", "!", ".hidden", "trailing.", "LPT1", "UPPER", "upper",
		strings.Repeat("\xff", port.FileNameMax),
	}
	for i, name := range names {
		put(t, s, name, strings.Repeat("x", i))
	}
	for i, name := range names {
		if got := get(t, s, name); len(got) != i {
			t.Errorf("%q holds %d bytes, want %d", name, len(got), i)
		}
	}
	list, err := s.List()
	if err != nil || len(list) != len(names) {
		t.Errorf("%d files, want %d: %v", len(list), len(names), err)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != len(names) {
		t.Errorf("%d files on the host, want %d", len(entries), len(names))
	}
	seen := map[string]bool{}
	for _, e := range entries {
		if lower := strings.ToLower(e.Name()); seen[lower] {
			t.Errorf("two files differ only in case: %s", lower)
		} else {
			seen[lower] = true
		}
	}
	if b, _ := os.ReadFile(outside); string(b) != "secret" {
		t.Error("the file outside changed")
	}
	if len(*hostErrors) != 0 {
		t.Errorf("host errors: %v", *hostErrors)
	}
	if runtime.GOOS == "windows" {
		return
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open("link", port.OpenRead); !errors.Is(err, port.ErrFileNotFound) {
		t.Errorf("a link out of the directory: %v", err)
	}
	if len(*hostErrors) != 1 {
		t.Errorf("host errors: %v", *hostErrors)
	}
}

// Files that users put into the directory by hand.
func TestFS_ForeignNames(t *testing.T) {
	s, dir, hostErrors := newFS(t, 0)
	for name, text := range map[string]string{
		"MyApp.lua": "app", "my file.txt": "space", ".git": "no", "%zz": "no", "Both": "plain",
		strings.Repeat("x", 32): "no",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	os.Mkdir(filepath.Join(dir, "sub"), 0o777)
	if get(t, s, "MyApp.lua") != "app" || get(t, s, "my file.txt") != "space" {
		t.Error("plain names")
	}
	if runtime.GOOS == "linux" {
		put(t, s, "Both", "2") // changes the file that is there
		if b, _ := os.ReadFile(filepath.Join(dir, "Both")); string(b) != "2" {
			t.Errorf("Both holds %q", b)
		}
		os.WriteFile(filepath.Join(dir, "!both"), []byte("encoded"), 0o666)
		if got := get(t, s, "Both"); got != "encoded" {
			t.Errorf("of two spellings, %q was taken", got)
		}
	}
	list, _ := s.List()
	if len(list) != 3 {
		t.Errorf("%v", list)
	}
	if want := 3; len(*hostErrors) != want { // %zz, the long name, the plain Both
		t.Errorf("%d complaints, want %d: %v", len(*hostErrors), want, *hostErrors)
	}
	os.WriteFile(filepath.Join(dir, "late"), []byte("while it runs"), 0o666)
	if get(t, s, "late") != "while it runs" {
		t.Error("a file that came later")
	}
	os.Remove(filepath.Join(dir, "late"))
	if _, err := s.Stat("late"); !errors.Is(err, port.ErrFileNotFound) {
		t.Errorf("a file that went: %v", err)
	}
}

// A host that refuses gives the module's error and one for the user.
func TestFS_HostErrors(t *testing.T) {
	if os.Getuid() == 0 {
		// root may do everything; take the file away instead.
		s, dir, hostErrors := newFS(t, 0)
		put(t, s, "f", "text")
		f, _ := s.Open("f", port.ParseOpenMode("a"))
		os.RemoveAll(dir)
		_, err := f.Write([]byte("more"))
		if flushed := f.Flush(); err != nil || !errors.Is(flushed, port.ErrFileSystem) || len(*hostErrors) == 0 {
			t.Errorf("%v, %v, %v", err, flushed, *hostErrors)
		}
		return
	}
	s, dir, hostErrors := newFS(t, 0)
	put(t, s, "f", "text")
	os.Chmod(filepath.Join(dir, "f"), 0o444)
	f, err := s.Open("f", port.ParseOpenMode("a"))
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte("more"))
	if err := f.Flush(); !errors.Is(err, port.ErrFileSystem) || len(*hostErrors) != 1 {
		t.Errorf("%v, %v", err, *hostErrors)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "f")); string(b) != "text" {
		t.Errorf("%q", b)
	}
}

func FuzzNames(f *testing.F) {
	for _, name := range []string{"", "init.lua", "CON", "con.lua", "..", "a/b", "\xff%!"} {
		f.Add(name, name)
	}
	plain := func(c byte) bool {
		return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || bytes.IndexByte([]byte("-_.!%"), c) >= 0
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if strings.IndexByte(a, 0) >= 0 || strings.IndexByte(b, 0) >= 0 {
			t.Skip()
		}
		host := HostName(a)
		if back, ok := DeviceName(host); !ok || back != a {
			t.Errorf("%q became %q became %q", a, host, back)
		}
		for i := range len(host) {
			if !plain(host[i]) {
				t.Errorf("%q has %q in it", host, host[i])
			}
		}
		if host == "" || host[0] == '.' || host[len(host)-1] == '.' || isReserved(host) || !filepath.IsLocal(host) {
			t.Errorf("%q is no plain file name", host)
		}
		if a != b && strings.EqualFold(host, HostName(b)) {
			t.Errorf("%q and %q have the same file", a, b)
		}
		DeviceName(b)
	})
}

// TestFS_ChangedByOthers: what comes, goes and grows meanwhile is seen, however it is
// spelled, and what files take stays right.
func TestFS_ChangedByOthers(t *testing.T) {
	s, dir, _ := newFS(t, 0)
	put(t, s, "a", "1")
	host := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when string) {
		t.Helper()
		_, used, err := s.Info() // lists the directory
		list, _ := s.List()
		sum := 0
		for _, f := range list {
			sum += Cost(f.Size)
		}
		if err != nil || int(used) != sum {
			t.Errorf("%s: %d used, want %d (%v)", when, used, sum, err)
		}
	}
	host("a", strings.Repeat("x", 1000))
	if info, err := s.Stat("a"); err != nil || info.Size != 1000 {
		t.Errorf("a file that grew: %+v, %v", info, err)
	}
	check("after it grew")
	os.Remove(filepath.Join(dir, "a"))
	if _, err := s.Stat("a"); !errors.Is(err, port.ErrFileNotFound) {
		t.Errorf("a file that went: %v", err)
	}
	check("after it went")
	later := s.seen.Add(2 * 1e9)
	host("%61", "encoded by hand") // another spelling of "a"
	os.Chtimes(dir, later, later)  // as if that had been later
	if got := get(t, s, "a"); got != "encoded by hand" {
		t.Errorf("another spelling: %q", got)
	}
	if err := s.Rename("a", "b"); err != nil {
		t.Error(err)
	}
	put(t, s, "c", "text")
	if err := s.Remove("c"); err != nil {
		t.Error(err)
	}
	check("in the end")
	if got := get(t, s, "b"); got != "encoded by hand" {
		t.Errorf("%q", got)
	}
}
