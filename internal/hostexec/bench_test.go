package hostexec

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
)

// benchRun runs a program in a session of its own, as moonlet exec does, but for
// its output.
func benchRun(b *testing.B, model num.Model, file string) {
	b.Helper()
	s, err := New(Config{
		Model: model, StripDefault: 1, Output: io.Discard, Errors: io.Discard,
		Random: new(stdlib.GlibcRand),
		System: &hostos.System{
			Input: strings.NewReader(""), Output: io.Discard, Errors: io.Discard,
			Now: time.Now, CPU: func() time.Duration { return 0 }, Zone: time.UTC,
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.RunFile(file, nil); err != nil {
		b.Error(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

func benchPrograms(b *testing.B, model num.Model) {
	b.Helper()
	files, err := filepath.Glob("../../bench/*.lua")
	if err != nil || len(files) == 0 {
		b.Fatal("no programs", err)
	}
	for _, file := range files {
		b.Run(strings.TrimSuffix(filepath.Base(file), ".lua"), func(b *testing.B) {
			for b.Loop() {
				benchRun(b, model, file)
			}
		})
	}
}

// BenchmarkPrograms runs the programs of the directory bench with the numbers that
// most firmware has.
func BenchmarkPrograms(b *testing.B) { benchPrograms(b, num.Int32Float32) }

// BenchmarkNumbers runs them with the others.
func BenchmarkNumbers(b *testing.B) {
	if testing.Short() {
		b.Skip("takes a minute or two")
	}
	for _, model := range num.Models() {
		if model != num.Int32Float32 {
			b.Run(model.Flag(), func(b *testing.B) { benchPrograms(b, model) })
		}
	}
}

// BenchmarkStart makes a session, runs an empty program and ends it.
func BenchmarkStart(b *testing.B) {
	empty := filepath.Join(b.TempDir(), "empty.lua")
	if err := os.WriteFile(empty, nil, 0o666); err != nil {
		b.Fatal(err)
	}
	for _, model := range num.Models() {
		b.Run(model.Flag(), func(b *testing.B) {
			for b.Loop() {
				benchRun(b, model, empty)
			}
		})
	}
}
