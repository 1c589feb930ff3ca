package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/google/pprof/profile"
)

// burn is a function that a profile can find.
//
//go:noinline
func burn(until time.Time) (n int) {
	for time.Now().Before(until) {
		n++
	}
	return n
}

// TestRun joins two profiles of this program.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	var inputs []string
	for _, name := range []string{"a", "b"} {
		var b bytes.Buffer
		if err := pprof.StartCPUProfile(&b); err != nil {
			t.Skip("there is a profile already: ", err)
		}
		burn(time.Now().Add(150 * time.Millisecond))
		pprof.StopCPUProfile()
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, name)
	}
	out := filepath.Join(dir, "out")
	if err := run(out, inputs); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.ParseData(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Mapping) != 0 || p.TimeNanos != 0 {
		t.Errorf("mappings %v, time %d", p.Mapping, p.TimeNanos)
	}
	found := false
	for _, f := range p.Function {
		found = found || bytes.HasSuffix([]byte(f.Name), []byte(".burn"))
		if f.Filename != "" || f.Name == "" {
			t.Errorf("a function %q in %q", f.Name, f.Filename)
		}
	}
	if !found {
		t.Error("the function that took the time is not there")
	}
	if err := run(out, []string{filepath.Join(dir, "none")}); err == nil {
		t.Error("a file that is not there")
	}
	if err := os.WriteFile(out, []byte("no profile"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := run(out, []string{out}); err == nil {
		t.Error("a file that is no profile")
	}
}

// TestDefault looks at the profile that the program is built with.
func TestDefault(t *testing.T) {
	data, err := os.ReadFile("../../../cmd/moonlet/default.pgo")
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.ParseData(data)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range p.Function {
		names[f.Name] = true
		if f.Filename != "" {
			t.Errorf("%s has a file's name, %s", f.Name, f.Filename)
		}
	}
	for _, vm := range []string{"lua53/vm", "lua53/vm/int64float64", "lua53/vm/int32float64", "lua51/vm", "lua51/vm/integral"} {
		if name := "moonlet.example/moonlet/internal/" + vm + ".(*Thread).execute"; !names[name] {
			t.Errorf("%s is not in it", name)
		}
	}
	if len(p.Mapping) != 0 || len(p.Comments) != 0 {
		t.Errorf("it has mappings %v, comments %v", p.Mapping, p.Comments)
	}
}
