package vm_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
	"moonlet.example/moonlet/internal/lua53/vm"
	"moonlet.example/moonlet/internal/mem"
)

// exited is the panic of os.exit.
type exited struct{ code int }

// hostRun runs a program in the host profile as "moonlet exec" does, and returns
// its standard output and its exit code.
func hostRun(t *testing.T, file string, strip int) (stdout string, code int) {
	t.Helper()
	return hostRunModel(t, vm.Model, file, strip)
}

// hostRunModel is hostRun with the numbers of a model.
func hostRunModel(t *testing.T, model num.Model, file string, strip int) (stdout string, code int) {
	t.Helper()
	var out bytes.Buffer
	start := time.Now()
	s, err := hostexec.New(hostexec.Config{
		Model: model, HeapBytes: 1 << 30, StripDefault: strip,
		Random: new(stdlib.GlibcRand), Output: &out, Errors: os.Stderr,
		System: &hostos.System{
			Input: strings.NewReader(""), Output: &out, Errors: os.Stderr, Now: time.Now,
			CPU: func() time.Duration { return time.Since(start) }, Zone: time.Local, TempDir: t.TempDir(),
			OnExit: func(code int, _ bool) { panic(exited{code}) },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() {
			r := recover()
			if e, ok := r.(exited); ok {
				code = e.code
			} else if r != nil {
				panic(r)
			}
		}()
		if err := s.RunFile(file, nil); err != nil {
			t.Logf("%s: %v", file, err)
			code = 1
		}
		defer mem.CatchFaults()()
		s.Machine().State().GC(state.GCCollect, 0)
		if err := s.Machine().CheckHeap(); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return out.String(), code
}

// variable is the value of an environment variable that a test needs.
func variable(t *testing.T, name, what string) string {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		t.Skipf("set %s to %s", name, what)
	}
	return v
}

// referenceRun runs a program with the firmware's interpreter. Its exit code
// tells nothing about errors: it is 0 after them.
func referenceRun(t *testing.T, binary, file string) (stdout string, code int) {
	t.Helper()
	cmd := exec.Command(binary, "-e", file)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func scripts(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts %s: %v", pattern, err)
	}
	return files
}

// firstDifference describes where two texts part.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		a, b := "(end)", "(end)"
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			return "line " + strconv.Itoa(i+1) + ":\n got " + a + "\nwant " + b
		}
	}
	return "none"
}

// TestScripts compares the output of testdata/*.lua with what the firmware's
// interpreter printed.
func TestScripts(t *testing.T) {
	t.Chdir("testdata") // names in messages have no directory
	for _, file := range scripts(t, "*.lua") {
		t.Run(file, func(t *testing.T) {
			want, err := os.ReadFile(strings.TrimSuffix(file, ".lua") + ".out")
			if err != nil {
				t.Fatal(err)
			}
			got, code := hostRun(t, file, 1)
			if got != string(want) || code != 0 {
				t.Errorf("exit code %d, first difference: %s", code, firstDifference(got, string(want)))
			}
		})
	}
}

// eachReference runs a test for each number model that MOONLET_REFERENCE names a
// build for.
func eachReference(t *testing.T, f func(t *testing.T, model num.Model, binary string)) {
	t.Helper()
	variable(t, "MOONLET_REFERENCE", "the path of the firmware's luac.cross for Lua 5.3")
	builds := referencesByModel(t)
	for _, model := range num.Models() {
		if binary, given := builds[model]; given {
			t.Run(model.Flag(), func(t *testing.T) { f(t, model, binary) })
		}
	}
}

// TestReference runs all our programs with the firmware's interpreter, too.
func TestReference(t *testing.T) {
	eachReference(t, func(t *testing.T, model num.Model, binary string) {
		dirs := []string{"testdata"}
		if mem.Mapped && !testing.Short() && model == vm.Model { // the benchmarks take their time
			dirs = append(dirs, "../../../bench")
		}
		for _, dir := range dirs {
			t.Run(filepath.Base(dir), func(t *testing.T) {
				t.Chdir(dir)
				for _, file := range scripts(t, "*.lua") {
					t.Run(file, func(t *testing.T) {
						want, wantCode := referenceRun(t, binary, file)
						got, code := hostRunModel(t, model, file, 1)
						if got != want || code != wantCode {
							t.Errorf("exit codes %d and %d, first difference: %s", code, wantCode, firstDifference(got, want))
						}
					})
				}
			})
		}
	})
}

// dumper is a program that prints the binary chunks of the files of a list that
// is put in front of it, at all strip levels, in hexadecimal.
const dumper = `
for _, name in ipairs(files) do
  local f, msg = loadfile(name)
  print(name, f and "" or msg)
  for strip = 0, f and 2 or -1 do
    print(strip, (string.dump(f, strip):gsub(".", function(c) return ("%02x"):format(c:byte()) end)))
  end
end
`

// TestFirmwareDumps compares the binary chunks of every program in the
// firmware's tree, and the messages about those that cannot be compiled.
func TestFirmwareDumps(t *testing.T) {
	root := variable(t, "MOONLET_FIRMWARE", "a clone of the firmware's repository")
	var files []string
	err := filepath.WalkDir(root, func(name string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(name) == ".lua" {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	eachReference(t, func(t *testing.T, model num.Model, binary string) {
		for rest := range slices.Chunk(files, 16) {
			compareDumps(t, model, binary, rest)
		}
	})
}

func compareDumps(t *testing.T, model num.Model, binary string, files []string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "dumper.lua")
	list := `files = {"` + strings.Join(files, `", "`) + `"}`
	if err := os.WriteFile(program, []byte(list+dumper), 0o666); err != nil {
		t.Fatal(err)
	}
	want, _ := referenceRun(t, binary, program)
	got, code := hostRunModel(t, model, program, 1)
	if got != want || code != 0 || len(want) < 1000 {
		t.Errorf("files %v: exit code %d, first difference: %.500s", files, code, firstDifference(got, want))
	}
}

// TestFirmwareSuite runs the firmware's own test suite for Lua 5.3, each file by
// itself as far as it can be: with the module's numbers, and with those of every
// reference that is given.
func TestFirmwareSuite(t *testing.T) {
	root := variable(t, "MOONLET_FIRMWARE", "a clone of the firmware's repository")
	references := referencesByModel(t)
	t.Chdir(filepath.Join(root, "app/lua53/host/tests"))
	for _, model := range num.Models() {
		binary, given := references[model]
		if !given && model != vm.Model {
			t.Logf("%v: MOONLET_REFERENCE names no build with these numbers", model)
			continue
		}
		t.Run(model.Flag(), func(t *testing.T) {
			for _, file := range scripts(t, "*.lua") {
				if reason, ok := notRun[file]; ok {
					t.Logf("%s is not run: %s", file, reason)
					continue
				}
				t.Run(file, func(t *testing.T) { runSuiteFile(t, model, file, binary) })
			}
		})
	}
}

// runSuiteFile runs a file of the suite at the strip level at which it has to
// pass, and at that of the default build: there it may fail as the reference does,
// for a reason that is known.
func runSuiteFile(t *testing.T, model num.Model, file, binary string) {
	runner := filepath.Join(t.TempDir(), "runner.lua")
	// A file of the suite may need these globals of all.lua.
	code := "_soft, _port, _nomsg, Message = true, true, true, print\n" +
		"print(pcall(dofile, '" + file + "'))\n"
	if err := os.WriteFile(runner, []byte(code), 0o666); err != nil {
		t.Fatal(err)
	}
	for strip := range 2 {
		got, _ := hostRunModel(t, model, runner, strip)
		last := lastLine(got)
		if strip == 1 && binary != "" {
			if want, _ := referenceRun(t, binary, runner); lastLine(want) != last {
				t.Errorf("strip level 1: the last line is %s, the reference's %s", last, lastLine(want))
			}
		}
		reason, fails := failsStripped[file]
		fails = fails && strip == 1
		if passed := strings.HasPrefix(last, "true"); passed == fails {
			t.Errorf("strip level %d: %s", strip, last)
		}
		if fails {
			t.Logf("fails, as it has to (%s): %s", reason, last)
		}
	}
}

// failsStripped are the files of the suite that cannot pass in a build that strips
// what it compiles to level 1, with any numbers. All pass at level 0.
var failsStripped = map[string]string{
	"calls.lua":  "finds upvalue _ENV by its name",
	"db.lua":     "wants the name of the local variable that is called",
	"errors.lua": "wants the names of variables in messages",
	"locals.lua": "finds upvalue _ENV by its name",
}

// notRun are the files of the suite that are no tests by themselves.
var notRun = map[string]string{
	"all.lua":  "runs the others",
	"main.lua": "tests the command line of the interpreter",
}

func lastLine(s string) string {
	s = strings.TrimRight(s, "\n")
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// referencesByModel asks the builds in MOONLET_REFERENCE for their numbers; of
// several with the same ones it takes the first, which has to have the default
// build's strip level.
func referencesByModel(t *testing.T) map[num.Model]string {
	t.Helper()
	asking := filepath.Join(t.TempDir(), "numbers.lua")
	code := "print(#string.pack('j', 0), #string.pack('n', 0))\n"
	if err := os.WriteFile(asking, []byte(code), 0o666); err != nil {
		t.Fatal(err)
	}
	found := map[num.Model]string{}
	for _, binary := range filepath.SplitList(os.Getenv("MOONLET_REFERENCE")) {
		var intSize, floatSize int
		answer, _ := referenceRun(t, binary, asking)
		if _, err := fmt.Sscan(answer, &intSize, &floatSize); err != nil {
			t.Fatalf("%s does not tell its numbers: %q: %v", binary, answer, err)
		}
		model, ok := num.BySizes(intSize, floatSize)
		if _, twice := found[model]; ok && !twice {
			found[model] = binary
		}
	}
	return found
}
