package stdlib_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"moonlet.example/moonlet/internal/lua/corpus"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/mem"
)

// references asks the builds in MOONLET_REFERENCE for their numbers; of several with
// the same ones it takes the first.
func references(t *testing.T) map[num.Model]string {
	t.Helper()
	paths := filepath.SplitList(os.Getenv("MOONLET_REFERENCE"))
	if len(paths) == 0 {
		t.Skip("set MOONLET_REFERENCE to the paths of luac.cross for Lua 5.3, separated as in PATH")
	}
	asking := filepath.Join(t.TempDir(), "numbers.lua")
	if err := os.WriteFile(asking, []byte("print(#string.pack('j', 0), #string.pack('n', 0))\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	found := map[num.Model]string{}
	for _, binary := range paths {
		var intSize, floatSize int
		if _, err := fmt.Sscan(referenceOutput(t, binary, asking), &intSize, &floatSize); err != nil {
			t.Fatalf("%s does not tell its numbers: %v", binary, err)
		}
		model, ok := num.BySizes(intSize, floatSize)
		if _, twice := found[model]; ok && !twice {
			found[model] = binary
		}
	}
	return found
}

// referenceOutput is what a program prints in the firmware's interpreter.
func referenceOutput(t *testing.T, binary, file string) string {
	t.Helper()
	cmd := exec.Command(binary, "-e", file)
	cmd.Env = append(os.Environ(), "TZ=UTC") // as in session
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || !exit.Exited()) {
		t.Fatalf("%s -e %s: %v", binary, file, err)
	}
	return string(out)
}

// ourOutput is what it prints here.
func ourOutput(t *testing.T, model num.Model, file string) string {
	t.Helper()
	var out bytes.Buffer
	if err := session(t, model, &out).RunFile(file, nil); err != nil {
		t.Error(err)
	}
	return out.String()
}

// TestCorpus runs the programs of testdata/corpus, which print a line for every
// case, here and with the reference for each number model that there is one for.
func TestCorpus(t *testing.T) {
	if testing.Short() && !mem.Mapped {
		t.Skip("takes minutes on memory that Go checks")
	}
	builds := references(t)
	dir := t.TempDir()
	files := corpus.Write(t, "testdata/corpus", dir)
	t.Chdir(dir) // names in messages have no directory
	for _, model := range num.Models() {
		binary, given := builds[model]
		if !given {
			continue
		}
		t.Run(model.Flag(), func(t *testing.T) {
			total := 0
			for _, file := range files {
				total += corpus.Compare(t, file, ourOutput(t, model, file), referenceOutput(t, binary, file))
			}
			t.Logf("%d cases", total)
		})
	}
}
