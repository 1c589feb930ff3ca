package flashfs_test

import (
	"errors"
	"testing"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/flashfs"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

// TestFS_Work: a blank chip has no file system, and each call tells what it asked of the
// flash: a name that is not there takes the lookup of each block, what is in the cache
// nothing, and a reset loses what waits. (That the answers are right, package storage holds.)
func TestFS_Work(t *testing.T) {
	const blocks = 16
	partition := port.FlashRegion{Size: blocks * 8192}
	fs := flashfs.New(spiffs.NewMemory(int(partition.Size)), partition)
	var work spiffs.Ops
	fs.OnWork = func(o spiffs.Ops) { work = o }
	if fs.Mount() == nil {
		t.Fatal("a blank chip has a file system")
	}
	if err := fs.Format(); err != nil || work.Erases != 2*blocks {
		t.Fatalf("format: %v, %+v", err, work)
	}
	_, err := fs.Stat("no")
	if want := (spiffs.Ops{Reads: blocks, ReadBytes: blocks * 256}); !errors.Is(err, port.ErrFileNotFound) || work != want {
		t.Errorf("%v, %+v, want %+v", err, work, want)
	}
	f, err := fs.Open("f", port.OpenWrite|port.OpenCreate)
	if err != nil || work.Writes == 0 {
		t.Fatalf("%v, %+v", err, work)
	}
	work = spiffs.Ops{}
	if _, err := f.Write(make([]byte, 100)); err != nil || work != (spiffs.Ops{}) {
		t.Errorf("a write that waits: %v, %+v", err, work)
	}
	fs.Reset()
	if info, err := fs.Stat("f"); err != nil || info.Size != 0 {
		t.Errorf("after a reset: %+v, %v", info, err)
	}
}
