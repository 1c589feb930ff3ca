package luagen_test

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/luagen"
)

// Runnable programs of the tests.
const (
	runSeeds = 200
	quiet    = 80 // out of 100 programs, how many end without an error at least
)

// timeLimit is how long one program may take. Short tests may run on memory that
// Go checks, or with the race detector.
func timeLimit() time.Duration {
	if testing.Short() {
		return 30 * time.Second
	}
	return time.Second
}

// address finds what tostring makes of tables and the like.
var address = regexp.MustCompile(`(table|function|thread|userdata): (0x|\d)`)

// run runs a program in a session of its own, as "moonlet exec" does.
func run(t *testing.T, model num.Model, source, name string) (stdout string, err error) {
	t.Helper()
	var out bytes.Buffer
	s := newSession(t, model, runHeap, 1, &out)
	err = s.RunString(source, "@"+name)
	if closing := s.Close(); closing != nil {
		t.Errorf("%s: %v", name, closing)
	}
	return out.String(), err
}

// TestRun runs programs with all number models. They end soon, most of them
// without an error, and print no addresses.
func TestRun(t *testing.T) {
	for _, model := range []num.Model{num.Int32Float32, num.Int64Float64, num.Int32Float64} {
		t.Run(strings.ReplaceAll(model.String(), "/", "-"), func(t *testing.T) {
			seeds := uint64(runSeeds)
			if model != num.Int32Float32 {
				seeds /= 4
			}
			if testing.Short() {
				seeds /= 10
			}
			failed, longest := 0, time.Duration(0)
			for seed := range seeds {
				start := time.Now()
				out, err := run(t, model, luagen.Program(seed, luagen.Options{Runnable: true}), itoa(seed)+".lua")
				took := time.Since(start)
				longest = max(longest, took)
				if took > timeLimit() {
					t.Errorf("seed %d takes %v", seed, took)
				}
				if errors.Is(err, hostexec.ErrDeviceException) {
					t.Errorf("seed %d: %v", seed, err)
				} else if err != nil {
					failed++
				}
				if found := address.FindString(out); found != "" {
					t.Errorf("seed %d prints an address, %q", seed, found)
				}
			}
			t.Logf("%d of %d end with an error; the longest takes %v", failed, seeds, longest)
			if seeds >= 50 && failed*100 > int(seeds)*(100-quiet) { // of a few programs many may
				t.Errorf("%d of %d programs end with an error", failed, seeds)
			}
		})
	}
}

// TestRunLarge runs large programs. They do not take much longer.
func TestRunLarge(t *testing.T) {
	for seed := range uint64(5) {
		start := time.Now()
		_, err := run(t, num.Int32Float32, luagen.Program(seed, luagen.Options{Runnable: true, Size: 1000}), itoa(seed)+".lua")
		t.Logf("seed %d: %v, error %v", seed, time.Since(start), err != nil)
		if errors.Is(err, hostexec.ErrDeviceException) {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

// dumper prints the binary chunks of the files of a list, or the compiler's
// messages.
const dumper = `
for _, name in ipairs(files) do
  local f, message = loadfile(name)
  print(name, f and "" or message)
  for strip = 0, f and 2 or -1 do
    print(strip, (string.dump(f, strip):gsub(".", function(c) return ("%02x"):format(c:byte()) end)))
  end
end
`

// TestReferenceCompile compares the byte code of programs that need only compile
// with the firmware's.
func TestReferenceCompile(t *testing.T) {
	binary := reference(t)
	t.Chdir(t.TempDir())
	seeds, group := uint64(200), uint64(50)
	if testing.Short() {
		seeds = 50
	}
	for from := uint64(0); from < seeds; from += group {
		var names []string
		for seed := from; seed < from+group; seed++ {
			name := itoa(seed) + ".lua"
			names = append(names, name)
			if err := os.WriteFile(name, []byte(luagen.Program(seed, luagen.Options{})), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		source := `files = {"` + strings.Join(names, `", "`) + `"}` + dumper
		if err := os.WriteFile("dumper.lua", []byte(source), 0o666); err != nil {
			t.Fatal(err)
		}
		want, message, crashed := referenceRun(t, binary, "dumper.lua")
		got, err := run(t, num.Int32Float32, source, "dumper.lua")
		if crashed || message != "" || err != nil {
			t.Errorf("seeds from %d: %v; the reference: %v %s", from, err, crashed, message)
		}
		if got != want {
			t.Errorf("seeds from %d differ, %.300s", from, firstDifference(got, want))
		}
	}
}
