package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/heapview"
)

// runHeap runs "moonlet heap" and gives its exit code, its output, and what would
// be said as an error.
func runHeap(t *testing.T, args ...string) (code int, out, message string) {
	t.Helper()
	var b, e bytes.Buffer
	a := &App{Out: &b, Err: &e}
	root := &cobra.Command{Use: "moonlet", SilenceErrors: true, SilenceUsage: true}
	root.SetOut(&b)
	root.AddCommand(a.heapCommand())
	root.SetArgs(append([]string{"heap"}, args...))
	err := root.Execute()
	if err == nil {
		return ExitOK, b.String(), e.String()
	}
	var f *failure
	if !errors.As(err, &f) || !f.told {
		message = err.Error()
	}
	return exitCode(err), b.String(), message
}

const leakExample = "../../examples/leak"

func TestHeap_Text(t *testing.T) {
	code, out, message := runHeap(t, leakExample)
	if code != 0 || message != "" {
		t.Fatalf("exit code %d, %s", code, message)
	}
	for _, want := range []string{
		"Heap after 5s: ", " free (node.heap)", "KIND", "functions (closures)", "C: buffers etc.", "in use",
		"By the line that took it:", "  (firmware)  ", "By what holds it:", "global 'clock'", "Objects, and what keeps them:",
		"  the registry, from (firmware)",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}

func TestHeap_Growth(t *testing.T) {
	dir := t.TempDir()
	csv, pprof := filepath.Join(dir, "heap.csv"), filepath.Join(dir, "heap.pb.gz")
	code, out, message := runHeap(t, leakExample, "--after", "2s", "--then", "10s", "--csv", csv, "--pprof", pprof, "--path", "tmr.timer")
	if code != 0 || message != "" {
		t.Fatalf("exit code %d, %s", code, message)
	}
	for _, want := range []string{"From 2s to 10s: +", "  8 userdata\n", "→ upvalue 'timer' → userdata tmr.timer", "Objects, and what keeps them:\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	samples, err := os.ReadFile(csv)
	if lines := strings.Split(string(samples), "\n"); err != nil || len(lines) != 102 || lines[0] != "seconds,free,largest,lua,lowest" || !strings.HasPrefix(lines[1], "0.100,") {
		t.Errorf("%v, samples\n%s", err, samples)
	}
	data, err := os.ReadFile(pprof)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.ParseData(data)
	if err != nil {
		t.Fatal(err)
	}
	userdata := int64(0)
	for _, s := range p.Sample {
		if s.Label["kind"][0] == "userdata" {
			userdata += s.Value[0]
		}
	}
	if userdata != 8 {
		t.Errorf("the profile has %d new userdata, want 8", userdata)
	}
}

func TestHeap_JSON(t *testing.T) {
	code, out, message := runHeap(t, leakExample, "--json", "--leaks", "--after", "50s")
	if code != 0 || message != "" {
		t.Fatalf("exit code %d, %s", code, message)
	}
	var r heapview.Report
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, it := range r.Objects {
		sum += it.Bytes
	}
	if r.Format != heapview.Format || r.Version != heapview.Version || sum != r.Heap.Used || r.Growth == nil || r.Growth.To != 60 {
		t.Errorf("format %q, version %d, %d of %d bytes, growth %+v", r.Format, r.Version, sum, r.Heap.Used, r.Growth)
	}
	_, again, _ := runHeap(t, leakExample, "--json", "--leaks", "--after", "50s")
	if out != again {
		t.Error("two runs tell different things")
	}
}

func TestHeap_Picture(t *testing.T) {
	svg := filepath.Join(t.TempDir(), "heap.svg")
	code, out, message := runHeap(t, leakExample, "--after", "3s", "--then", "6s", "--svg", svg)
	if code != 0 || message != "" || !strings.Contains(out, "Circles through the registry, which nothing else keeps alive:\n") {
		t.Fatalf("exit code %d, %s\n%s", code, message, out)
	}
	data, err := os.ReadFile(svg)
	for _, want := range []string{"<svg ", "The heap of leak", "first snapshot", "second snapshot", "<polyline "} {
		if err != nil || !strings.Contains(string(data), want) {
			t.Fatalf("%v, %q is missing in\n%s", err, want, data)
		}
	}
}

func TestHeap_OutOfMemory(t *testing.T) {
	name := lfsFile(t, "app.lua", []byte("local t = {}\ntmr.create():alarm(10, 1, function()\n\tfor i = 1, 20 do t[#t + 1] = {} end\nend)"))
	svg := filepath.Join(t.TempDir(), "heap.svg")
	code, out, message := runHeap(t, name, "--oom", "--after", "1m", "--svg", svg)
	if code != 0 || message != "" {
		t.Fatalf("exit code %d, %s", code, message)
	}
	for _, want := range []string{"Not enough memory: ", " bytes wanted at init.lua:3\n", "→ upvalue 't' → table"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if data, err := os.ReadFile(svg); err != nil || !strings.Contains(string(data), "not enough memory") {
		t.Errorf("%v, picture %s", err, data)
	}
	code, out, message = runHeap(t, name, "--oom", "--json")
	var r heapview.Report
	if err := json.Unmarshal([]byte(out), &r); code != 0 || err != nil || r.OutOfMemory == nil || r.OutOfMemory.Place != "init.lua:3" {
		t.Errorf("exit code %d, %s, %v, %+v", code, message, err, r.OutOfMemory)
	}
}

func TestHeap_Serial(t *testing.T) {
	name := lfsFile(t, "app.lua", []byte("print('hello')\nt = nil + 1"))
	if code, _, message := runHeap(t, name, "--serial"); code != 0 || !strings.Contains(message, "hello") || !strings.Contains(message, "attempt to") {
		t.Errorf("exit code %d, the module sends %q", code, message)
	}
}

func TestHeap_Errors(t *testing.T) {
	sleeps := lfsFile(t, "sleeps.lua", []byte("node.dsleep(60e6)"))
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"a", "b"}, "\"b\" is too much"},
		{[]string{"none.lua"}, "there is no such file or directory"},
		{[]string{leakExample, "--after", "0s"}, "--after: want a time"},
		{[]string{leakExample, "--then", "3s"}, "--then: want a time later than --after, which is 5s"},
		{[]string{leakExample, "--leaks", "--after", "2m"}, "--then: want a time later than --after, which is 2m0s"},
		{[]string{leakExample, "--top", "-1"}, "--top: want a number"},
		{[]string{leakExample, "--heap", "1"}, "heap"},
		{[]string{sleeps}, "no Lua is running"},
		{[]string{leakExample, "--oom", "--leaks"}, "--oom: shows one moment"},
		{[]string{leakExample, "--oom"}, "memory did not run out in 5s"},
	} {
		if code, _, message := runHeap(t, c.args...); code != ExitUsage || !strings.Contains(message, c.want) {
			t.Errorf("%v: exit code %d, %q, want %q", c.args, code, message, c.want)
		}
	}
	if code, _, message := runHeap(t, leakExample, "--pprof", filepath.Join(t.TempDir(), "no", "file")); code != ExitHost {
		t.Errorf("a file that cannot be written: exit code %d, %s", code, message)
	}
}

// TestEveryCommandHasJSON: programs can ask any subcommand for errors that they can read; the
// firmware's tools keep their own flags.
func TestEveryCommandHasJSON(t *testing.T) {
	var walk func(c *cobra.Command)
	seen := 0
	walk = func(c *cobra.Command) {
		if c.RunE != nil && c.HasParent() && !c.DisableFlagParsing {
			seen++
			if c.Flags().Lookup("json") == nil {
				t.Errorf("%s has no --json", c.CommandPath())
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk((&App{}).root(nil))
	if seen < 15 {
		t.Errorf("%d commands", seen)
	}
}
