package hostexec

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
)

// benchRun runs a program in a session of its own, as moonlet exec does, but for
// its output.
func benchRun(b *testing.B, lua Edition, model num.Model, file string) {
	b.Helper()
	s, err := New(Config{
		Lua: lua, Model: model, StripDefault: 1, Output: io.Discard, Errors: io.Discard,
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

func benchPrograms(b *testing.B, lua Edition, model num.Model) {
	b.Helper()
	files, err := filepath.Glob("../../bench/*.lua")
	if err != nil || len(files) == 0 {
		b.Fatal("no programs", err)
	}
	for _, file := range files {
		if of51 := filepath.Join("../../bench/lua51", filepath.Base(file)); lua.Lua51 {
			if _, err := os.Stat(of51); err == nil {
				file = of51
			}
		}
		b.Run(strings.TrimSuffix(filepath.Base(file), ".lua"), func(b *testing.B) {
			if lua.Integral && hasFractions(file) {
				b.Skip("it computes with fractions")
			}
			for b.Loop() {
				benchRun(b, lua, model, file)
			}
		})
	}
}

// hasFractions tells whether a program is one of those that integers cannot run.
func hasFractions(file string) bool {
	return slices.Contains([]string{"collisions.lua", "floatloop.lua", "mandelbrot.lua", "nbody.lua"}, filepath.Base(file))
}

// BenchmarkPrograms runs the programs of the directory bench with the numbers that
// most firmware has.
func BenchmarkPrograms(b *testing.B) { benchPrograms(b, Lua53, num.Int32Float32) }

// BenchmarkNumbers runs them with the others, and with Lua 5.1.
func BenchmarkNumbers(b *testing.B) {
	if testing.Short() {
		b.Skip("takes a minute or two")
	}
	for _, model := range num.Models() {
		if model != num.Int32Float32 {
			b.Run(model.Flag(), func(b *testing.B) { benchPrograms(b, Lua53, model) })
		}
	}
	b.Run("5.1", func(b *testing.B) { benchPrograms(b, Lua51, 0) })
	b.Run("5.1-int", func(b *testing.B) { benchPrograms(b, Lua51Int, 0) })
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
				benchRun(b, Lua53, model, empty)
			}
		})
	}
}
