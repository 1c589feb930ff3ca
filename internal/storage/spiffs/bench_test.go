package spiffs

import (
	"errors"
	"fmt"
	"testing"
)

// benchFS is a file system of 3 MB with 100 files of 5 KB and one of 200 KB.
func benchFS(b *testing.B) (*Memory, Geometry, *FS) {
	b.Helper()
	g := Geometry{Block: blockSize, Size: 3 << 20}
	chip := NewMemory(g.Size)
	fs, err := FormatAt(chip, g, Options{})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 100 {
		if err := write(fs, fmt.Sprintf("file%02d", i), Create, 0, pattern(i, 5000)); err != nil {
			b.Fatal(err)
		}
	}
	if err := write(fs, "big", Create, 0, pattern(1, 200_000)); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	return chip, g, fs
}

func BenchmarkMount(b *testing.B) {
	chip, g, _ := benchFS(b)
	for b.Loop() {
		if _, err := MountAt(chip, g, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	_, _, fs := benchFS(b)
	b.SetBytes(200_000)
	for b.Loop() {
		if err := readBig(fs); err != nil {
			b.Fatal(err)
		}
	}
}

// readBig reads the file of 200 KB in pieces of a KB.
func readBig(fs *FS) error {
	f, err := fs.Open("big", ReadOnly)
	if err != nil {
		return err
	}
	var p [1024]byte
	for {
		if n, err := f.Read(p[:]); n == 0 || err != nil {
			return errors.Join(err, f.Close())
		}
	}
}

func benchmarkWrite(b *testing.B, times, size int) {
	b.Helper()
	_, _, fs := benchFS(b)
	b.SetBytes(int64(times * size))
	for b.Loop() {
		if err := writeNew(fs, times, size); err != nil {
			b.Fatal(err)
		}
	}
}

// writeNew writes a file anew.
func writeNew(fs *FS, times, size int) error {
	f, err := fs.Open("new", ReadWrite|Create|Truncate)
	if err != nil {
		return err
	}
	p := make([]byte, size)
	for range times {
		if _, err := f.Write(p); err != nil {
			return err
		}
	}
	return f.Close()
}

func BenchmarkWrite(b *testing.B)      { benchmarkWrite(b, 100, 1024) }
func BenchmarkWriteSmall(b *testing.B) { benchmarkWrite(b, 1000, 10) }

func BenchmarkOpen(b *testing.B) {
	_, _, fs := benchFS(b)
	for b.Loop() {
		f, _ := fs.Open("big", ReadOnly)
		f.Close()
	}
}

func BenchmarkStat(b *testing.B) {
	_, _, fs := benchFS(b)
	for b.Loop() {
		_, _ = fs.Stat("big")
	}
}

func BenchmarkCheck(b *testing.B) {
	chip, g, _ := benchFS(b)
	for b.Loop() {
		if _, err := Check(chip.Bytes(), g); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMountSparse mounts memory that was never written to, as an idle module's nearly is.
func BenchmarkMountSparse(b *testing.B) {
	g, err := Partition(0x90000, 3588096)
	if err != nil {
		b.Fatal(err)
	}
	s, err := NewSparse(g)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Mount(Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
