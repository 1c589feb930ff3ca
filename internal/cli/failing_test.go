package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/cli"
	"moonlet.example/moonlet/internal/hostfile"
)

// errLuck is what a file operation fails with.
var errLuck = errors.New("out of luck")

// unlucky counts the operations of a pass and lets some fail.
type unlucky struct {
	mu      sync.Mutex
	n       int
	first   int                        // the operation that fails, 0 for none
	forever bool                       // and all behind it
	rule    func(op hostfile.Op) error // instead, if any
	failed  []hostfile.Op
	kinds   map[hostfile.Kind]int
}

func (u *unlucky) fail(op hostfile.Op) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.n++
	if u.kinds == nil {
		u.kinds = map[hostfile.Kind]int{}
	}
	u.kinds[op.Kind]++
	if u.rule != nil {
		return u.rule(op)
	}
	if u.first == 0 || u.n < u.first || u.n > u.first && !u.forever {
		return nil
	}
	u.failed = append(u.failed, op)
	return errLuck
}

// scene is a use of the command whose file operations fail in turn.
type scene struct {
	name    string
	files   []string   // of the project, names and texts in turns
	before  [][]string // commands that go well, before
	change  []string   // files that are changed then
	command []string   // DIR in it stands for the directory of the pass
	output  []string   // files that are either as they were or as they should be
}

const sceneApp = `print("started")
local f = file.open("count", "a") if f then f:write("x") f:close() end`

const sceneWrites = `
local function try(what, ...) if not ... then print(what .. " failed") end end
try("remove", pcall(file.remove, "old.txt"))
local f = file.open("new.txt", "w")
if f then try("write", f:write(("text"):rep(100))) f:close() end
try("rename", file.rename("new.txt", "renamed.txt"))
f = file.open("data.txt")
if f then try("read", f:read()) f:close() end
for name in pairs(file.list()) do file.stat(name) end
wifi.setmode(wifi.STATION)
wifi.sta.config{ssid = "home", pwd = "correct horse", save = true, auto = false}
node.startupcommand("@init.lua")
print("done")`

func scenes() []scene {
	run := func(more ...string) []string {
		return append([]string{"run", "DIR", "--time", "virtual", "--for", "100ms"}, more...)
	}
	project := []string{"init.lua", sceneApp, "data.txt", "data", "moonlet.toml", "lfs_files = [\"lib/*.lua\"]\nseed = 1\n", "lib/one.lua", "return 1"}
	return []scene{
		{name: "first run", files: project, command: run()},
		{name: "second run", files: append(project, "old.txt", "old"), before: [][]string{run()},
			change: []string{"init.lua", sceneWrites, "lib/one.lua", "return 2"}, command: run()},
		{name: "chip", files: project, command: run("--flash", "DIR/chip.bin", "--flash-size", "1MB", "--state", "DIR/state")},
		{name: "fresh", files: project, before: [][]string{run()}, command: run("--fresh")},
		{name: "heap", files: project, command: []string{"heap", "DIR", "--after", "200ms", "--csv", "DIR/heap.csv", "--svg", "DIR/heap.svg", "--pprof", "DIR/heap.pb.gz"},
			output: []string{"heap.csv", "heap.svg", "heap.pb.gz"}},
		{name: "flash create", files: append(project, "parts/.keep", ""), before: [][]string{{"flash", "create", "DIR", "-o", "DIR/base.bin", "--flash-size", "1MB"}},
			command: []string{"flash", "create", "DIR", "-o", "DIR/chip.bin", "--base", "DIR/base.bin", "--parts", "DIR/parts"},
			output:  []string{"chip.bin"}},
		{name: "luac", files: append(project, "lfs.img", "old"), command: []string{"luac", "-f", "--seed", "1", "-o", "lfs.img", "init.lua", "lib/one.lua"},
			output: []string{"lfs.img"}},
	}
}

// pass is one time that a scene was played.
type pass struct {
	code     int
	out, err string
	luck     *unlucky
	before   map[string]string
	after    map[string]string // files by name below the directory
	temps    []string          // what is left that is temporary
}

// play plays a scene in a directory of its own.
func (s *scene) play(t *testing.T, luck *unlucky) *pass {
	t.Helper()
	root := t.TempDir()
	t.Setenv("TMPDIR", filepath.Join(root, "tmp"))
	t.Setenv("TMP", filepath.Join(root, "tmp"))
	t.Setenv("SOURCE_DATE_EPOCH", "1")
	dir := filepath.Join(root, "app")
	put := func(files []string) {
		for i := 0; i < len(files); i += 2 {
			name := filepath.Join(dir, files[i])
			if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, []byte(files[i+1]), 0o666)); err != nil {
				t.Fatal(err)
			}
			at := time.Unix(1e9, 0)
			if err := os.Chtimes(name, at, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(append([]string{"../tmp/.keep", ""}, s.files...))
	for _, command := range s.before {
		if p := playCommand(t, dir, command, &unlucky{}); p.code != 0 {
			t.Fatalf("%v: %d, %s", command, p.code, p.err)
		}
	}
	put(s.change)
	t.Chdir(dir)
	before := snapshot(t, root)
	p := playCommand(t, dir, s.command, luck)
	p.before, p.after = before, snapshot(t, root)
	temp := regexp.MustCompile(`\.tmp-[0-9a-f]+$`)
	for name := range p.after {
		if temp.MatchString(name) || strings.HasPrefix(name, "tmp/moonlet-") {
			p.temps = append(p.temps, name)
		}
	}
	return p
}

func playCommand(t *testing.T, dir string, command []string, luck *unlucky) *pass {
	t.Helper()
	var out, errs buffer
	host := cli.Host()
	a := &cli.App{In: strings.NewReader(""), Out: &out, Err: &errs, Terminal: &terminal{}, Now: func() time.Time { return time.Unix(2e9, 0) },
		Signals: func(func()) func() { return func() {} }, Exit: func(int) {}, NewMachine: host.NewMachine,
		Files: &hostfile.Host{Fail: luck.fail, NoSync: true}}
	var args []string
	for _, arg := range command {
		args = append(args, strings.Replace(arg, "DIR", filepath.ToSlash(dir), 1))
	}
	done := make(chan int, 1)
	go func() { done <- a.Main(args) }()
	select {
	case code := <-done:
		return &pass{code: code, out: strings.ReplaceAll(out.String(), dir, "DIR"), err: strings.ReplaceAll(errs.String(), dir, "DIR"), luck: luck}
	case <-time.After(5 * time.Minute):
		t.Fatalf("it hangs after operation %d failed: %v", luck.first, luck.failed)
	}
	return nil
}

// snapshot is every file below a directory.
func snapshot(t *testing.T, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil || !d.Type().IsRegular() {
			if d.IsDir() && strings.HasPrefix(d.Name(), "moonlet-") {
				files[filepath.ToSlash(name)] = "directory"
			}
			return err
		}
		b, err := os.ReadFile(path)
		files[filepath.ToSlash(name)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestEachFileOperationFails lets each operation of the host's file system fail in turn,
// once and from then on: the command ends with an exit code of its own, nothing is lost
// without a word, nothing is half-written, nothing temporary is left.
func TestEachFileOperationFails(t *testing.T) {
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			clean := s.play(t, &unlucky{})
			if clean.code != 0 || len(clean.temps) > 0 || strings.Contains(clean.err, errLuck.Error()) {
				t.Fatalf("without bad luck: %d, %s %v", clean.code, clean.err, clean.temps)
			}
			again := s.play(t, &unlucky{})
			if !maps.Equal(normal(again.after), normal(clean.after)) {
				t.Fatalf("two passes differ: %v", differences(normal(again.after), normal(clean.after)))
			}
			t.Logf("%d operations: %v", clean.luck.n, clean.luck.kinds)
			step := 1
			if testing.Short() {
				step = 7
			}
			codes := map[int]int{}
			for k := 1; k <= clean.luck.n; k += step {
				for _, forever := range []bool{false, true} {
					p := s.play(t, &unlucky{first: k, forever: forever})
					codes[p.code]++
					for _, problem := range s.judge(p, clean) {
						t.Errorf("operation %d (%v), forever %v: %s\nexit code %d\n%s%s", k, p.luck.failed[0], forever, problem, p.code, p.out, p.err)
					}
				}
			}
			t.Logf("exit codes: %v", codes)
		})
	}
}

// normal leaves out who held a lock: that is another process each time.
func normal(files map[string]string) map[string]string {
	files = maps.Clone(files)
	maps.DeleteFunc(files, func(name, _ string) bool { return strings.HasSuffix(name, ".lock") })
	return files
}

// judge tells what is wrong with a pass.
func (s *scene) judge(p, clean *pass) (problems []string) {
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if len(p.luck.failed) == 0 {
		return []string{"nothing failed"}
	}
	if p.code != 0 && p.code != 2 && p.code != 3 && !(s.name == "luac" && p.code == 1) || strings.Contains(p.err, "BUG") {
		wrong("the exit code, or a fault of our own")
	}
	if p.code != 0 && strings.TrimSpace(p.err) == strings.TrimSpace(clean.err) {
		wrong("nothing says why")
	}
	told := strings.Contains(p.err+p.out, errLuck.Error())
	if p.code == 0 && !told && (!maps.Equal(normal(p.after), normal(clean.after)) || p.out != clean.out) {
		wrong("something was lost in silence: %v", differences(normal(p.after), normal(clean.after)))
	}
	removed := slices.ContainsFunc(p.luck.failed, func(op hostfile.Op) bool { return op.Kind == hostfile.Remove })
	if len(p.temps) > 0 && !removed {
		wrong("%v is left", p.temps)
	}
	for _, name := range s.output {
		name = "app/" + name
		is, there := p.after[name]
		was, before := p.before[name]
		whole := told && p.code == 0 && !strings.HasPrefix(clean.after[name], is) // of what was told
		if is != clean.after[name] && (there != before || is != was) && !whole {
			wrong("%s has %d bytes, neither the old nor the new ones", name, len(is))
		}
	}
	for name, text := range p.after {
		switch filepath.Base(name) {
		case "wifi.json", "uploaded.json":
			if !json.Valid([]byte(text)) {
				wrong("%s is damaged: %q", name, text)
			}
		case ".gitignore":
			if text != "*\n" {
				wrong("%s has %q", name, text)
			}
		case "records.bin":
			if len(text) != 4096 || !bytes.Equal([]byte(text), []byte(clean.after[name])) && len(bytes.TrimRight([]byte(text), "\xff")) == 0 {
				wrong("%s is damaged", name)
			}
		}
	}
	return problems
}

func differences(a, b map[string]string) (names []string) {
	for name := range a {
		if a[name] != b[name] {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
