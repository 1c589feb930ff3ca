package flashdir

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"moonlet.example/moonlet/internal/port"
)

// BenchmarkOpen opens a file among many.
func BenchmarkOpen(b *testing.B) {
	for _, n := range []int{10, 1000, 3000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := b.TempDir()
			for i := range n {
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprint("f", i)), nil, 0o666); err != nil {
					b.Fatal(err)
				}
			}
			s, err := New(Options{Dir: dir})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			for i := 0; b.Loop(); i++ {
				f, err := s.Open(fmt.Sprint("f", i%n), port.OpenRead)
				if err != nil {
					b.Fatal(err)
				}
				f.Close()
			}
		})
	}
}

// BenchmarkFill writes 3000 new files.
func BenchmarkFill(b *testing.B) {
	for b.Loop() {
		s, err := New(Options{Dir: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		for i := range 3000 {
			f, err := s.Open(fmt.Sprint("f", i), port.ParseOpenMode("w"))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := f.Write([]byte("text")); err != nil {
				b.Fatal(err)
			}
			f.Close()
		}
		s.Close()
	}
}
