package vm_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/machine"
)

// TestWatch_Lines: each line that begins is told once, also of coroutines, and in order.
func TestWatch_Lines(t *testing.T) {
	m := mustMachine(t, options{})
	var got []string
	m.Watch(func(line int) {
		f := m.CallStack(nil)
		got = append(got, fmt.Sprintf("%s:%d/%d", f[0].Function(), line, m.Depth()))
		if f[0].Line != line {
			t.Errorf("line %d, by the call stack %d", line, f[0].Line)
		}
	})
	if out := m.run([]byte(`local function twice(x)
  return x * 2
end
local co = coroutine.wrap(function()
  coroutine.yield(1)
  return 2
end)
for i = 1, 2 do
  twice(co())
end`), "=test", "bt"); out.status != 0 {
		t.Fatal(out)
	}
	m.Watch(nil)
	want := strings.Fields(`test:3/1 test:4/1 test:7/1 test:4/1 test:8/1 test:9/1 test:4:5/3 test:1:2/2 test:8/1 test:9/1 test:4:6/3 test:1:2/2 test:8/1 test:10/1`)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestWatch_ChangesNothing: output, work and memory are the same, watched or not.
func TestWatch_ChangesNothing(t *testing.T) {
	names, err := filepath.Glob("testdata/*.lua")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		code, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		outcome := func(watch bool) string {
			var out strings.Builder
			m := mustMachine(t, options{output: &out, heapBytes: 2 << 20})
			lines := 0
			if watch {
				m.Watch(func(int) { lines++; m.Variables(0) })
			}
			m.Used()
			end := m.run(code, "=test", "bt")
			if watch && lines == 0 {
				t.Errorf("%s: no line was told", name)
			}
			return fmt.Sprint(out.String(), end, m.Used(), m.TotalBytes(), m.heap.FreeBytes())
		}
		if a, b := outcome(false), outcome(true); a != b {
			t.Errorf("%s: not watched and watched differ:\n%s\n%s", name, a, b)
		}
	}
}

// TestControl_Variables: a debugger sees variables and changes them.
func TestControl_Variables(t *testing.T) {
	var out strings.Builder
	m := mustMachine(t, options{output: &out})
	m.Watch(func(line int) {
		if line != 5 {
			return
		}
		var text strings.Builder
		vars := m.Variables(0)
		for _, v := range vars {
			fmt.Fprintf(&text, "%d %s=%v;", v.Kind, v.Name, describe(v.Value))
			if v.Name == "list" {
				for _, e := range m.Entries(v.Value.Addr, 3) {
					fmt.Fprintf(&text, "[%v]=%v;", describe(e.Key), describe(e.Value))
				}
			}
		}
		if want := "0 a=1;0 b=text;0 list=table;[1]=10;[2]=true;[x]=2.5;1 _ENV=table;1 up=false;"; text.String() != want {
			t.Errorf("variables: %s, want %s", text.String(), want)
		}
		set := func(name string, to machine.Value) error {
			i := slices.IndexFunc(vars, func(v machine.Variable) bool { return v.Name == name })
			return m.SetVariable(0, vars[i], to)
		}
		for _, err := range []error{
			set("a", machine.Value{Kind: machine.IntValue, Int: 41}),
			set("b", machine.Value{Kind: machine.StringValue, Text: "changed"}),
			set("up", machine.Value{Kind: machine.BoolValue, Bool: true}),
		} {
			if err != nil {
				t.Error(err)
			}
		}
		if err := set("a", machine.Value{Kind: machine.IntValue, Int: 1 << 40}); err == nil {
			t.Error("an integer of 41 bits is taken")
		}
		if err := set("a", machine.Value{Kind: machine.ObjectValue, Text: "table"}); err == nil {
			t.Error("a table is taken")
		}
		if err := set("b", machine.Value{Kind: machine.StringValue, Text: strings.Repeat("x", 1<<20)}); err == nil {
			t.Error("a string is taken that has no room")
		}
		if err := m.SetVariable(0, machine.Variable{Index: 77, Name: "none"}, machine.Value{}); err == nil {
			t.Error("a variable that does not exist is set")
		}
		if err := m.SetVariable(7, vars[0], machine.Value{}); err == nil {
			t.Error("a variable of no function is set")
		}
	})
	if end := m.run([]byte(`local up = false
local function f(a, b)
  local list = {10, true, x = 2.5}
  -- here
  print(a + 1, b, up, #list)
end
f(1, "text")`), "=test", "bt"); end.status != 0 {
		t.Fatal(end)
	}
	if want := "42\tchanged\ttrue\t2\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func describe(v machine.Value) any {
	switch v.Kind {
	case machine.BoolValue:
		return v.Bool
	case machine.IntValue:
		return v.Int
	case machine.FloatValue:
		return v.Float
	}
	return v.Text
}

// TestWatch_Hook: the guest's hook works beside it, and debug.sethook does not end it.
func TestWatch_Hook(t *testing.T) {
	var out strings.Builder
	m := mustMachine(t, options{output: &out})
	var lines []int
	m.Watch(func(line int) { lines = append(lines, line) })
	if end := m.run([]byte(`local n = 0
debug.sethook(function() n = n + 1 end, "l")
local x = 1
x = 2
debug.sethook()
x = 3
print(n)`), "=test", "bt"); end.status != 0 {
		t.Fatal(end)
	}
	if out.String() != "3\n" || !slices.Equal(lines, []int{1, 2, 3, 2, 4, 2, 5, 2, 6, 7}) {
		t.Errorf("the hook: %q; lines told: %v", out.String(), lines)
	}
}

// TestWatch_Panic: a watcher may end the run.
func TestWatch_Panic(t *testing.T) {
	m := mustMachine(t, options{})
	type stop struct{}
	m.Watch(func(line int) {
		if line == 2 {
			panic(stop{})
		}
	})
	defer func() {
		if _, ok := recover().(stop); !ok {
			t.Error("the run went on")
		}
	}()
	m.run([]byte("local a = 1\nlocal b = 2"), "=test", "bt")
}
