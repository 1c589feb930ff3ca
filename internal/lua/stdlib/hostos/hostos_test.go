package hostos

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestOpenFile(t *testing.T) {
	s := &System{TempDir: t.TempDir()}
	name := filepath.Join(s.TempDir, "file")
	write := func(mode, text string) {
		t.Helper()
		f, err := s.OpenFile(name, mode)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.OpenFile(name, "r+"); err == nil {
		t.Error("r+ makes a file")
	}
	write("w", "0123")
	write("a", "45")
	write("r+", "x")
	f, err := s.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(f); string(b) != "x12345" {
		t.Errorf("the file has %q", b)
	}
	f.Close()
	write("wb", "")
	if info, err := os.Stat(name); err != nil || info.Size() != 0 {
		t.Error("w keeps what was there", err)
	}
}

func TestTempFile(t *testing.T) {
	s := &System{TempDir: t.TempDir()}
	f, err := s.TempFile()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	name, err := s.TempName()
	if err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(filepath.Join(s.TempDir, "*"))
	if len(left) != 1 || left[0] != name {
		t.Errorf("files that are left: %v, want only %s", left, name)
	}
}

func TestExecute(t *testing.T) {
	s := &System{}
	if !s.HasShell() {
		t.Skip("no shell")
	}
	if status, err := s.Execute("exit 3"); status != 3<<8 || err != nil {
		t.Errorf("exit 3 gives %d, %v", status, err)
	}
	if status, err := s.Execute("true"); status != 0 || err != nil {
		t.Errorf("true gives %d, %v", status, err)
	}
}
