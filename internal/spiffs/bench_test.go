package spiffs

import (
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
	p := make([]byte, 1024)
	for b.Loop() {
		f, _ := fs.Open("big", ReadOnly)
		for {
			if n, err := f.Read(p); n == 0 || err != nil {
				break
			}
		}
		f.Close()
	}
}

func benchmarkWrite(b *testing.B, times, size int) {
	b.Helper()
	_, _, fs := benchFS(b)
	b.SetBytes(int64(times * size))
	p := make([]byte, size)
	for b.Loop() {
		f, err := fs.Open("new", ReadWrite|Create|Truncate)
		if err != nil {
			b.Fatal(err)
		}
		for range times {
			if _, err := f.Write(p); err != nil {
				b.Fatal(err)
			}
		}
		f.Close()
	}
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
