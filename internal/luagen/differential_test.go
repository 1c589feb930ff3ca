package luagen_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/luagen"
)

// The differential fuzzer: programs that luagen writes run here and in the firmware's
// interpreter, which MOONLET_REFERENCE names. What differed once is in testdata/cases.

var (
	programs = flag.Uint64("programs", 300, "how many generated programs to compare, for each build of the reference")
	first    = flag.Uint64("first", 0, "seed of the first generated program to compare")
	update   = flag.Bool("update", false, "write the expected output of testdata/cases, with the reference")
)

// dumpItself prints the binary chunks of a file, at all strip levels, or the
// compiler's message.
const dumpItself = `
local f, message = loadfile(name)
print(f and "" or message)
for strip = 0, f and 2 or -1 do
  print((string.dump(f, strip):gsub(".", function(c) return ("%02x"):format(c:byte()) end)))
end
`

// outcome is what can be seen of a program.
type outcome struct{ code, output, message string }

// here runs a program and its dump with Moonlet.
func here(t *testing.T, model num.Model, name, source string) (o outcome) {
	var err error
	if o.output, err = run(t, model, source, name); err != nil {
		o.message = err.Error()
	}
	if o.code, err = run(t, model, dumpOf(name), "dump.lua"); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return o
}

// there does the same with the reference; false means that it crashed.
func there(t *testing.T, binary, name string) (o outcome, ok bool) {
	var crashed bool
	o.output, o.message, crashed = referenceRun(t, binary, name)
	if crashed {
		return o, false
	}
	if err := os.WriteFile("dump.lua", []byte(dumpOf(name)), 0o666); err != nil {
		t.Fatal(err)
	}
	o.code, _, crashed = referenceRun(t, binary, "dump.lua")
	return o, !crashed
}

func dumpOf(name string) string { return "local name = \"" + name + "\"" + dumpItself }

// compareProgram runs a program here and there. It writes it to the directory that the
// test is in, since messages show the name.
func compareProgram(t *testing.T, model num.Model, binary, name, source string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(source), 0o666); err != nil {
		t.Fatal(err)
	}
	want, ok := there(t, binary, name)
	if !ok {
		t.Logf("%s: the reference crashes", name)
		return
	}
	got := here(t, model, name, source)
	if got.code != want.code {
		t.Errorf("%s becomes other code, %.300s", name, firstDifference(got.code, want.code))
	}
	if got.output != want.output {
		t.Errorf("%s prints something else, %s", name, firstDifference(got.output, want.output))
	}
	if !sameError(got.message, want.message) {
		t.Errorf("%s ends with another error, %s", name, firstDifference(got.message, want.message))
	}
}

// TestDifferential compares generated programs for each number model that there is a
// reference for: their code, what they print, and their errors.
func TestDifferential(t *testing.T) {
	builds := references(t)
	t.Chdir(t.TempDir()) // names in messages have no directory
	for _, model := range num.Models() {
		binary, ok := builds[model]
		if !ok {
			continue
		}
		t.Run(model.Flag(), func(t *testing.T) {
			n := *programs
			if testing.Short() {
				n = min(n, 30)
			}
			for seed := *first; seed < *first+n; seed++ {
				compareProgram(t, model, binary, itoa(seed)+".lua", luagen.Program(seed, luagen.Options{Runnable: true}))
			}
		})
	}
}

// FuzzDifferential is TestDifferential with seeds and sizes that Go's fuzzer chooses.
func FuzzDifferential(f *testing.F) {
	if os.Getenv("MOONLET_REFERENCE") == "" {
		f.Skip("set MOONLET_REFERENCE to the paths of luac.cross for Lua 5.3, separated as in PATH")
	}
	f.Add(uint64(1), uint8(0))
	f.Add(uint64(2), uint8(200))
	f.Fuzz(func(t *testing.T, seed uint64, size uint8) {
		builds := references(t)
		t.Chdir(t.TempDir())
		for _, model := range num.Models() {
			if binary, ok := builds[model]; ok {
				source := luagen.Program(seed, luagen.Options{Runnable: true, Size: int(size)})
				compareProgram(t, model, binary, "fuzz.lua", source)
			}
		}
	})
}

// TestCases runs what once differed. The expected output is the reference's, in the
// file next to each program.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		golden := strings.TrimSuffix(file, ".lua") + ".out"
		if *update {
			out, message, crashed := referenceRunIn(t, reference(t), filepath.Dir(file), name)
			if crashed {
				t.Fatalf("%s: the reference crashes", name)
			}
			if err := os.WriteFile(golden, []byte(out+message), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		got, err := run(t, num.Int32Float32, string(source), name)
		if err != nil {
			got += err.Error()
		}
		if got != string(want) {
			t.Errorf("%s prints something else, %s", name, firstDifference(got, string(want)))
		}
	}
}

// TestReferenceCases compares the same with all builds of the reference.
func TestReferenceCases(t *testing.T) {
	builds := references(t)
	sources := map[string]string{}
	files, _ := filepath.Glob("testdata/cases/*.lua")
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources[filepath.Base(file)] = string(source)
	}
	t.Chdir(t.TempDir())
	for _, model := range num.Models() {
		if binary, ok := builds[model]; ok {
			for _, file := range files {
				name := filepath.Base(file)
				compareProgram(t, model, binary, name, sources[name])
			}
		}
	}
}

// references finds a build for each number model in MOONLET_REFERENCE.
func references(t *testing.T) map[num.Model]string {
	t.Helper()
	reference(t) // skips
	asking := filepath.Join(t.TempDir(), "numbers.lua")
	if err := os.WriteFile(asking, []byte("print(#string.pack('j', 0), #string.pack('n', 0))"), 0o666); err != nil {
		t.Fatal(err)
	}
	found := map[num.Model]string{}
	for _, binary := range filepath.SplitList(os.Getenv("MOONLET_REFERENCE")) {
		out, _, _ := referenceRun(t, binary, asking)
		for _, model := range num.Models() {
			if _, twice := found[model]; !twice && out == itoa(uint64(model.IntSize()))+"\t"+itoa(uint64(model.FloatSize()))+"\n" {
				found[model] = binary
			}
		}
	}
	return found
}

// referenceRun runs a program with the firmware's interpreter.
func referenceRun(t *testing.T, binary, name string) (stdout, message string, crashed bool) {
	t.Helper()
	return referenceRunIn(t, binary, "", name)
}

// referenceRunIn does it in a directory.
func referenceRunIn(t *testing.T, binary, dir, name string) (stdout, message string, crashed bool) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(binary, "-e", name)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	cmd.Env = append(os.Environ(), "TZ=UTC") // as in newSession
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	_, message, _ = strings.Cut(errs.String(), ": ")
	return out.String(), strings.TrimSuffix(message, "\n"), cmd.ProcessState.ExitCode() < 0
}

// sameError compares error messages. The reference's end where they have a zero
// byte; its traceback follows.
func sameError(got, want string) bool {
	if i := strings.IndexByte(got, 0); i >= 0 {
		return strings.HasPrefix(want, got[:i])
	}
	return got == want
}

// firstDifference describes where two texts part.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	i := 0
	for i < min(len(g), len(w))-1 && g[i] == w[i] {
		i++
	}
	return "line " + itoa(uint64(i+1)) + ":\n got " + g[i] + "\nwant " + w[i]
}
