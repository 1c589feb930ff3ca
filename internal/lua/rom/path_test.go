package rom

import (
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/state"
)

// TestPath holds what functions are called in reports.
func TestPath(t *testing.T) {
	f := func(state.State) int { return 0 }
	shared, hidden := &state.Proc{F: f}, &state.Proc{F: f}
	methods := &state.ROTable{Name: "box.lid", Entries: []state.Entry{state.Fn("open", f)}}
	main := &state.ROTable{Name: "ROM", Entries: []state.Entry{state.Fn("print", f)}}
	im, err := Link(num.Int32Float32, main, []state.Module{{
		Name: "box",
		Table: &state.ROTable{Name: "box_map", Entries: []state.Entry{
			state.Fn("new", f), state.FnProc("make", shared), state.FnProc("create", shared),
			state.Tab("size", &state.ROTable{Name: "sizes", Entries: []state.Entry{state.Fn("get", f)}}),
		}},
		Tables: []*state.ROTable{methods}, Procs: []*state.Proc{shared, hidden}, Open: f,
	}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range im.names {
		got = append(got, im.Path(im.code+Addr(i)*codeStep))
	}
	want := []string{"box.make", "box", "box.lid:open", "box.new", "box.size.get", "box", "print"}
	if len(got) != len(want) {
		t.Fatalf("%q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("function %d is %q, want %q", i, got[i], want[i])
		}
	}
	if im.Path(0) != "" || im.Name(im.code) != "box" {
		t.Error("names of what is none, or of a declaration")
	}
}
