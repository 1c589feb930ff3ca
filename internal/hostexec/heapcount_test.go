package hostexec_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/luagen"
	"moonlet.example/moonlet/internal/module/bit"
	"moonlet.example/moonlet/internal/module/colorutils"
	"moonlet.example/moonlet/internal/module/pipe"
	"moonlet.example/moonlet/internal/module/pixbuf"
	"moonlet.example/moonlet/internal/module/sjson"
	"moonlet.example/moonlet/internal/module/structmod"
)

// These tests compare how much memory Lua says that it uses with the reference built for
// 32 bits, to the byte, at checkpoints all over many programs: after full
// collections, and without any, where the collector's pace decides. Here is what both
// editions have in common.

var update = flag.Bool("update", false, "write the counts of testdata/heap, with a reference of 32 bits")

// mode is when the collector works.
type mode struct {
	name, mark, start string
	generated         int // programs of luagen
}

// edition is an edition of Lua with what the programs get around them: prelude and epilogue
// make the function mark, which takes note of the memory in use without using any, and tell
// the notes in the end.
type edition struct {
	lua               hostexec.Edition
	model             num.Model // of Lua 5.3
	prelude, epilogue string
	options           luagen.Options
}

func (e *edition) text(p *program, m mode) string {
	code := p.code
	if e.lua != hostexec.Lua53 && !p.own {
		code = words51(code, e.lua == hostexec.Lua51Int)
	}
	return fmt.Sprintf(e.prelude, m.mark, m.start) + code + e.epilogue
}

// hostModules are those that luac.cross has.
func hostModules() []state.Module {
	return []state.Module{structmod.Module, bit.Module, colorutils.Module, sjson.Module, pipe.Module, pixbuf.Module}
}

// program is one to be run by itself; files are what it reads.
type program struct {
	name, code string
	own        bool // it is of one edition
	files      map[string]string
}

// decodes tells that the program needs a reference whose sjson can decode.
func (p *program) decodes() bool { return strings.HasPrefix(p.name, "decode:") }

// counts are what a program printed.
type counts struct {
	text    string // without the marks
	failure string // what it wrote on its error output
	marks   []int
	seed    uint32
	seen    bool // the seed is known
}

// scenes are the programs of testdata/heap that both editions can run, with those that only
// one can, in a directory of its own. A file has many, each behind a line with its name and
// the values that N has in turn.
func scenes(t *testing.T, own string) (all []program) {
	t.Helper()
	for _, dir := range []string{"testdata/heap", "testdata/heap/" + own} {
		files, err := filepath.Glob(dir + "/*.lua")
		if err != nil || len(files) == 0 {
			t.Fatal("no programs", err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			group := strings.TrimSuffix(filepath.Base(file), ".lua")
			for _, scene := range strings.Split("\n"+string(text), "\n--- ")[1:] {
				head, code, _ := strings.Cut(scene, "\n")
				title, values, ok := strings.Cut(head, " N=")
				if !ok {
					t.Fatalf("%s: %q has no values for N", file, head)
				}
				for _, n := range strings.Fields(values) {
					all = append(all, program{name: group + ": " + title + ", " + n, code: "local N = " + n + "\n" + code + "\n", own: dir != "testdata/heap"})
				}
			}
		}
	}
	return all
}

// generated are programs of luagen, which take a mark whenever they print.
func (e *edition) generated(n int) (all []program) {
	for seed := range n {
		options := e.options
		options.Runnable, options.Size = true, 20+seed%9*40
		all = append(all, program{
			name:  fmt.Sprint("generated: ", seed),
			code:  "local say = print\nprint = function(...) say(...) mark() end\nmark()\npcall(dofile, 'generated.lua')\nmark()\nprint = say\n",
			files: map[string]string{"generated.lua": luagen.Program(uint64(seed), options)},
		})
	}
	return all
}

// endless is how long a program may run on the reference: some of those that are generated for
// Lua 5.1 have no end. Here it may take longer.
const endless = 5 * time.Second

var errCrash = errors.New("the reference crashes or does not end")

// reference runs the program in dir with the firmware's interpreter.
func reference(t *testing.T, binary, dir string) (counts, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), endless)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "-e", "program.lua")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TZ=UTC") // as in ours
	var failure strings.Builder
	cmd.Stderr = &failure
	out, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && !exit.Exited():
		return counts{}, errCrash
	case err != nil && exit == nil:
		t.Fatalf("%s -e program.lua: %v", binary, err)
	}
	c := parseCounts(t, string(out))
	c.failure = failure.String()
	return c, nil
}

func parseCounts(t *testing.T, out string) (c counts) {
	t.Helper()
	var text strings.Builder
	for line := range strings.Lines(out) {
		var n int
		switch {
		case !strings.HasPrefix(line, "@"):
			text.WriteString(line)
		case strings.HasPrefix(line, "@seed"):
			if _, err := fmt.Sscan(line[len("@seed"):], &n); err != nil {
				t.Fatal(err)
			}
			c.seed, c.seen = uint32(n), true
		default:
			if _, err := fmt.Sscan(line[1:], &n); err != nil {
				t.Fatal(err)
			}
			c.marks = append(c.marks, n)
		}
	}
	c.text = text.String()
	return c
}

// difference describes the first checkpoint at which two runs differ, "" if they
// agree.
func difference(got, want []int) string {
	for i := range min(len(got), len(want)) {
		switch {
		case got[i] == want[i]:
		case i == 0:
			return fmt.Sprintf("at the start %d bytes, the reference has %d", got[i], want[i])
		default:
			return fmt.Sprintf("checkpoint %d of %d: %+d bytes since the start, the reference has %+d", i, len(want)-1, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		return fmt.Sprintf("%d checkpoints, the reference has %d", len(got)-1, len(want)-1)
	}
	return ""
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// install writes the files of a program into a directory.
func (e *edition) install(t *testing.T, p *program, m mode, dir string) {
	t.Helper()
	write(t, filepath.Join(dir, "program.lua"), e.text(p, m))
	for name, text := range p.files {
		write(t, filepath.Join(dir, name), text)
	}
}

// updateGolden replaces the lines of a golden file that begin with prefix.
func updateGolden(t *testing.T, file, prefix string, lines []string) {
	t.Helper()
	old, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	kept := slices.DeleteFunc(slices.Collect(strings.Lines(string(old))), func(line string) bool { return strings.HasPrefix(line, prefix) })
	write(t, file, strings.Join(append(kept, lines...), ""))
}
