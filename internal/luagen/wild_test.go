package luagen_test

import (
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/luagen"
)

// wildSeeds are the programs that together have everything.
const wildSeeds = 2000

// TestDeterminism holds that a seed determines a program, and another seed
// another one.
func TestDeterminism(t *testing.T) {
	for _, runnable := range []bool{false, true} {
		seen := map[string]uint64{}
		for seed := range uint64(300) {
			o := luagen.Options{Runnable: runnable}
			code := luagen.Program(seed, o)
			if luagen.Program(seed, o) != code {
				t.Errorf("seed %d has two programs", seed)
			}
			if other, ok := seen[code]; ok {
				t.Errorf("seeds %d and %d have the same program", other, seed)
			}
			seen[code] = seed
			if o.Size = 40; luagen.Program(seed, o) != code {
				t.Errorf("seed %d: the default of the size is not 40", seed)
			}
		}
	}
}

// TestSize holds that programs grow with the size that is asked for.
func TestSize(t *testing.T) {
	for _, runnable := range []bool{false, true} {
		small, large := 0, 0
		for seed := range uint64(50) {
			small += len(luagen.Program(seed, luagen.Options{Size: 10, Runnable: runnable}))
			large += len(luagen.Program(seed, luagen.Options{Size: 1000, Runnable: runnable}))
		}
		if large < 10*small {
			t.Errorf("runnable %v: %d bytes with 10 statements, %d with 1000", runnable, small, large)
		}
	}
}

// TestCompile compiles all programs that need only compile. Their code has every
// form of instruction, constant and function.
func TestCompile(t *testing.T) {
	s := newSession(t, num.Int32Float32, compileHeap, 0, t.Output())
	seeds := uint64(wildSeeds)
	if testing.Short() {
		seeds /= 10
	}
	c := newCoverage()
	compileAndNote := func(code, name string) {
		data, message := compile(s, code, name)
		if message != "" {
			t.Errorf("%s: %s", name, message)
			return
		}
		f, err := chunk.Decode(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c.note(f.Main)
	}
	bytes := 0
	for seed := range seeds {
		code := luagen.Program(seed, luagen.Options{})
		bytes += len(code)
		compileAndNote(code, "=seed "+itoa(seed))
	}
	t.Logf("%d bytes of source text", bytes)
	if !testing.Short() {
		compileAndNote(luagen.Huge(), "=huge")
		c.check(t)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestLargePrograms compiles programs that are larger than usual, for all number
// models.
func TestLargePrograms(t *testing.T) {
	for _, model := range []num.Model{num.Int32Float32, num.Int64Float64, num.Int32Float64} {
		s := newSession(t, model, compileHeap, 0, t.Output())
		seeds := uint64(10)
		if testing.Short() {
			seeds = 2
		}
		for seed := range seeds {
			if _, message := compile(s, luagen.Program(seed, luagen.Options{Size: 3000}), "=seed "+itoa(seed)); message != "" {
				t.Errorf("%v: %s", model, message)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
