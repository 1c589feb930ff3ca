package luac

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/luagen"
)

// renumbered replaces addresses, where the C tool prints them, by numbers in the
// order in which they appear.
func renumbered(text string) string {
	seen := map[string]int{}
	var b strings.Builder
	for line := range strings.Lines(text) {
		from, to := addressIn(line)
		if to > from {
			at := line[from:to]
			if seen[at] == 0 {
				seen[at] = len(seen) + 1
			}
			fmt.Fprintf(&b, "%s#%d%s", line[:from], seen[at], line[to:])
		} else {
			b.WriteString(line)
		}
	}
	return b.String()
}

// addressIn finds the address in a line of a listing.
func addressIn(line string) (from, to int) {
	before, after := "", ""
	switch {
	case strings.HasPrefix(line, "main <"), strings.HasPrefix(line, "function <"):
		before, after = " at ", ")\n"
	case strings.HasPrefix(line, "constants ("), strings.HasPrefix(line, "locals ("), strings.HasPrefix(line, "upvalues ("):
		before, after = " for ", ":\n"
	case strings.Contains(line, "]\tCLOSURE  \t"):
		before, after = "\t; ", "\n"
	default:
		return 0, 0
	}
	from, to = strings.LastIndex(line, before)+len(before), len(line)-len(after)
	if !strings.HasPrefix(line[from:], "0x") || line[to:] != after {
		return 0, 0
	}
	return from, to
}

// listTool is a build of the C tool, with what it was built for.
type listTool struct {
	binary string
	model  num.Model
	strip  int
	word32 bool // built for a processor of 32 bits
}

// listTools finds out about the tools that MOONLET_REFERENCE names, one or more,
// separated as in PATH.
func listTools(t *testing.T) (tools []listTool) {
	t.Helper()
	source := filepath.Join(t.TempDir(), "a.lua")
	if err := os.WriteFile(source, []byte("local a"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range filepath.SplitList(os.Getenv("MOONLET_REFERENCE")) {
		r := listTool{binary: path}
		f, err := chunk.Decode(r.chunk(t, source))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		r.model = f.Model
		if e, err := elf.Open(path); err == nil {
			r.word32 = e.Class == elf.ELFCLASS32
			e.Close()
		}
		switch {
		case len(f.Main.LineInfo) == 0:
			r.strip = 2
		case len(f.Main.LocVars) == 0:
			r.strip = 1
		}
		tools = append(tools, r)
	}
	if len(tools) == 0 {
		t.Skip("set MOONLET_REFERENCE to the path of the firmware's luac.cross for Lua 5.3")
	}
	return tools
}

// chunk is a file compiled by the C tool, nil if it cannot.
func (r listTool) chunk(t *testing.T, source string, options ...string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "a.lc")
	if exec.Command(r.binary, append(options, "-o", out, source)...).Run() != nil {
		return nil
	}
	code, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// list is what the C tool prints; ok is false if it fails.
func (r listTool) list(t *testing.T, file string, full bool) (text string, ok bool) {
	t.Helper()
	args := []string{"-l", "-p", file}
	if full {
		args = append([]string{"-l"}, args...)
	}
	out, err := exec.Command(r.binary, args...).Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), err == nil
}

// largeSources are programs with what only large ones have, and one that is wrong.
func largeSources(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	var files []string
	for name, text := range map[string]string{
		"setlist.lua": "local t = {" + strings.Repeat("1,\n", 52*511) + "...}",
		"loadkx.lua": "local t\n" + func() string {
			var b strings.Builder
			for i := range 1<<18 + 20 {
				fmt.Fprintf(&b, "t=%d.5 ", i)
			}
			return b.String()
		}(),
		"lines.lua": "print(1)" + strings.Repeat("\n", 100000) + "print(2," + strings.Repeat("\n", 300) + "3)\nreturn 1",
		"run.lua":   "f(" + strings.Repeat("a+", 300) + "1)",
		"wrong.lua": "x = = 1",
	} {
		if testing.Short() && len(text) > 1<<20 {
			continue
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	slices.Sort(files)
	return files
}

// generatedSources writes generated programs to files.
func generatedSources(t *testing.T) (files []string) {
	t.Helper()
	programs := 300
	if testing.Short() {
		programs = 20
	}
	dir := t.TempDir()
	for seed := range programs {
		name := filepath.Join(dir, fmt.Sprintf("p%d.lua", seed))
		if err := os.WriteFile(name, []byte(luagen.Program(uint64(seed), luagen.Options{})), 0o666); err != nil {
			t.Fatal(err)
		}
		files = append(files, name)
	}
	return files
}

// TestReferenceLists compares listings with those of the C tool: of our own
// programs and of all in the firmware's tree, as source and compiled by the tool.
func TestReferenceLists(t *testing.T) {
	tools := listTools(t)
	files := append(luaFiles(t, "testdata"), largeSources(t)...)
	files = append(files, generatedSources(t)...)
	if root := os.Getenv("MOONLET_FIRMWARE"); root != "" {
		files = append(files, luaFiles(t, root)...)
	} else {
		t.Log("MOONLET_FIRMWARE is not set: the programs of the firmware's repository are left out")
	}
	for _, r := range tools {
		t.Run(fmt.Sprintf("%v strip %d", r.model, r.strip), func(t *testing.T) {
			c := &listComparison{t: t, tool: r, compiler: openCompiler(t, Config{Model: r.model, Strip: r.strip, Word32: r.word32})}
			for _, file := range files {
				c.file(file)
			}
			t.Logf("%d files, %d refused by both; compared: %d listings of sources, %d of chunks",
				len(files), c.refused, c.sources, c.chunks)
		})
	}
}

type listComparison struct {
	t                        *testing.T
	tool                     listTool
	compiler                 *Compiler
	refused, sources, chunks int
}

// file compares the listings of a file, and of the chunks that the C tool makes
// of it.
func (c *listComparison) file(name string) {
	p, err := c.compiler.File(name)
	if err != nil {
		if _, ok := c.tool.list(c.t, name, false); ok {
			c.t.Errorf("the C tool compiles it: %v", err)
		}
		c.refused++
		return
	}
	c.sources += c.listings(name, p)
	checkJSON(c.t, c.tool.model, p)
	for _, options := range [][]string{nil, {"-s"}} {
		code := c.tool.chunk(c.t, name, options...)
		f, err := chunk.Decode(code)
		if err != nil {
			c.t.Fatalf("chunk of %s: %v", name, err)
		}
		file := filepath.Join(c.t.TempDir(), "a.lc")
		if err := os.WriteFile(file, code, 0o666); err != nil {
			c.t.Fatal(err)
		}
		c.chunks += c.listings(file, f.Main)
	}
}

// listings compares the C tool's listings of a file with those of p.
func (c *listComparison) listings(file string, p *chunk.Proto) (count int) {
	for _, full := range []bool{false, true} {
		want, ok := c.tool.list(c.t, file, full)
		got := listing(c.t, c.tool.model, p, full)
		if got, want := renumbered(got), renumbered(want); !ok || got != want {
			c.t.Errorf("%s, source %s, full %v: first difference: %s", file, p.Source.S, full, differingLine(got, want))
		}
		count++
	}
	return count
}
