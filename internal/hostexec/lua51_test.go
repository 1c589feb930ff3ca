package hostexec_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
)

// run51 runs a file of Lua 5.1, and gives its output with its error, as luac.cross -e writes it.
func run51(t *testing.T, edition hostexec.Edition, file string) string {
	t.Helper()
	var out bytes.Buffer
	s, err := hostexec.New(hostexec.Config{Lua: edition, HeapBytes: 64 << 20, StripDefault: 1, Output: &out, Errors: &out,
		Random: new(stdlib.GlibcRand), System: &hostos.System{Input: strings.NewReader(""), Output: &out, Errors: &out}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.RunFile(file, nil); err != nil {
		msg, _, _ := strings.Cut(err.Error(), "\nstack traceback")
		out.WriteString(msg + "\n")
	}
	if err := s.Machine().CheckHeap(); err != nil {
		t.Errorf("%s: %v", file, err)
	}
	return out.String()
}

// TestLua51 runs programs, whose output is that of luac.cross of the firmware.
func TestLua51(t *testing.T) {
	files, err := filepath.Glob("testdata/lua51/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	tools := filepath.SplitList(os.Getenv("MOONLET_REFERENCE51"))
	for _, file := range files {
		for i, edition := range []hostexec.Edition{hostexec.Lua51, hostexec.Lua51Int} {
			if other := []string{"_int", "_float"}[i]; strings.HasSuffix(file, other+".lua") {
				continue
			}
			golden := strings.TrimSuffix(file, ".lua") + []string{".float", ".int"}[i]
			got := run51(t, edition, file)
			var want []byte
			if len(tools) == 2 {
				c := exec.Command(tools[i], "-o", filepath.Join(t.TempDir(), "o"), "-e", file)
				var msg bytes.Buffer
				c.Stderr = &msg
				want, _ = c.Output()
				want = append(want, strings.TrimPrefix(msg.String(), tools[i]+": ")...)
				if *update {
					os.WriteFile(golden, want, 0o666)
				}
			} else if want, err = os.ReadFile(golden); err != nil {
				t.Error(err)
			}
			if got != string(want) {
				g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
				for j := range max(len(g), len(w)) {
					a, b := "(end)", "(end)"
					if j < len(g) {
						a = g[j]
					}
					if j < len(w) {
						b = w[j]
					}
					if a != b {
						t.Errorf("%s: line %d is %q, want %q", golden, j+1, a, b)
					}
				}
			}
		}
	}
}
