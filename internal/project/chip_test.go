package project_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/project"
	chips "moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/flashfs"
	"moonlet.example/moonlet/internal/storage/rcr"
	"moonlet.example/moonlet/internal/trial"
)

// chipProject is a project whose flash memory is a chip of a megabyte.
func chipProject(t *testing.T, flags ...project.Setting) (dir string, open func() *project.Project) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{
		"init.lua": "print'hello'", "data.txt": "from the project",
		project.FileName: "flash = \"module.bin\"\nflash_size = \"1MB\"\nfiles = [\"*.lua\", \"*.txt\"]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir, func() *project.Project {
		t.Helper()
		p, err := project.Open(dir, flags)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		return p
	}
}

func closeProject(t *testing.T, p *project.Project) {
	t.Helper()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// onChip calls f with the files of the chip in a file.
func onChip(t *testing.T, path string, f func(fs *flashfs.FS)) {
	t.Helper()
	chip, err := chips.OpenChip(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	page, err := rcr.In(chip.Part(rcr.PageAddr, rcr.PageSize))
	if err != nil {
		t.Fatal(err)
	}
	fs := flashfs.New(chip, page.Partition(port.PartitionSPIFFS))
	f(fs)
	fs.Unmount()
	if err := chip.Close(); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, fs *flashfs.FS, name string) string {
	t.Helper()
	f, err := fs.Open(name, port.OpenRead)
	if err != nil {
		t.Fatal(name, err)
	}
	defer f.Close()
	b := make([]byte, f.Size())
	if _, err := f.Read(b); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestUpload_Chip fills a chip. What the application changed stays until the project
// changes, or until a fresh start.
func TestUpload_Chip(t *testing.T) {
	dir, open := chipProject(t)
	path := filepath.Join(dir, "module.bin")
	p := open()
	done, err := p.Upload()
	if err != nil || len(done) != 2 {
		t.Fatal(done, err)
	}
	if c := p.Config().Chip; c == nil || c.Size() != 1<<20 {
		t.Fatal("the module has no chip of a megabyte")
	}
	closeProject(t, p)
	if info, err := os.Stat(path); err != nil || info.Size() != 1<<20 {
		t.Fatal(info, err)
	}
	onChip(t, path, func(fs *flashfs.FS) {
		if got := content(t, fs, "data.txt"); got != "from the project" {
			t.Errorf("data.txt has %q", got)
		}
		f, err := fs.Open("data.txt", port.OpenWrite|port.OpenCreate|port.OpenTruncate)
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte("changed"))
		f.Close()
	})
	p = open()
	if done, err := p.Upload(); err != nil || len(done) != 0 {
		t.Errorf("nothing changed, and %v was written, %v", done, err)
	}
	closeProject(t, p)
	onChip(t, path, func(fs *flashfs.FS) {
		if got := content(t, fs, "data.txt"); got != "changed" {
			t.Errorf("data.txt has %q", got)
		}
	})
	p = open()
	if err := p.Forget(); err != nil {
		t.Fatal(err)
	}
	if done, err := p.Upload(); err != nil || len(done) != 2 {
		t.Errorf("after a fresh start %v was written, %v", done, err)
	}
	closeProject(t, p)
	onChip(t, path, func(fs *flashfs.FS) {
		if got := content(t, fs, "data.txt"); got != "from the project" {
			t.Errorf("data.txt has %q", got)
		}
	})
}

// TestUpload_ChipErrors holds what is said about a chip that cannot be used.
func TestUpload_ChipErrors(t *testing.T) {
	_, open := chipProject(t)
	p, q := open(), open()
	if _, err := p.Upload(); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Upload(); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a chip that is in use: %v", err)
	}
	closeProject(t, p)
	other := open()
	other.Close()
	dir, open2 := chipProject(t, project.Setting{Flag: "flash-size", Value: "2MB"})
	if err := os.WriteFile(filepath.Join(dir, "module.bin"), make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	r := open2()
	if _, err := r.Upload(); err == nil || !strings.Contains(err.Error(), "1048576 bytes, not 2097152") {
		t.Errorf("a chip of another size: %v", err)
	}
	if _, err := project.Open(dir, []project.Setting{{Flag: "flash-size", Value: "3MB"}}); err == nil || !strings.Contains(err.Error(), "no flash chip has") {
		t.Errorf("a size that no chip has: %v", err)
	}
}

// TestUpload_ForeignChip: a chip with something else where the records are stays as it is.
func TestUpload_ForeignChip(t *testing.T) {
	foreign := bytes.Repeat([]byte{0xFF}, 1<<20)
	copy(foreign[0x10000:], "another firmware")
	copy(foreign[0x20000:], "and more of it")
	for name, change := range map[string]func(){
		"no records":     func() {},
		"an empty table": func() { copy(foreign[0x10000:], []byte{1, 1, 0, 0}) },
		"a wild table":   func() { copy(foreign[0x10000:], []byte{3, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F}) },
	} {
		change()
		dir, open := chipProject(t)
		path := filepath.Join(dir, "module.bin")
		if err := os.WriteFile(path, foreign, 0o600); err != nil {
			t.Fatal(err)
		}
		p := open()
		if _, err := p.Upload(); err == nil || !strings.Contains(err.Error(), "partition table") {
			t.Errorf("%s: %v", name, err)
		}
		closeProject(t, p)
		if after, _ := os.ReadFile(path); !bytes.Equal(after, foreign) {
			t.Errorf("%s: the chip was changed", name)
		}
	}
	image := writer(t)
	p, err := project.Open(image, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := trial.Strings(t.Context(), p, time.Second); err == nil || !strings.Contains(err.Error(), "goes with a project") {
		t.Error(err)
	}
	if target, err := project.LFSTarget(image); err != nil || target.Size != 0 {
		t.Errorf("%+v, %v", target, err)
	}
}
