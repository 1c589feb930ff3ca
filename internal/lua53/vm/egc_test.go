package vm_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
)

// TestEGC_Always: with a collection before each allocation programs do the same, so nothing
// that is in use is ever collected.
func TestEGC_Always(t *testing.T) {
	for _, name := range []string{"arith", "coroutines", "dump", "errors", "hooks", "metamethods", "strings", "syntax", "tables"} {
		code, err := os.ReadFile(filepath.Join("testdata", name+".lua"))
		if err != nil {
			t.Fatal(err)
		}
		run := func(mode state.EGCMode) (string, outcome) {
			var out strings.Builder
			m := mustMachine(t, options{output: &out, heapBytes: 2 << 20, strict: true})
			m.State().SetEGC(mode, 0)
			end := m.run(code, "=test", "bt")
			return out.String(), end
		}
		a, endA := run(state.EGCOnAllocFailure)
		b, endB := run(state.EGCAlways | state.EGCOnAllocFailure)
		if a != b || endA != endB {
			t.Errorf("%s: %v and %v\n%s", name, endA, endB, firstDifference(a, b))
		}
	}
}

// TestEGC_Limits: what each mode keeps to while garbage is made, and what it does when there
// is nothing to collect.
func TestEGC_Limits(t *testing.T) {
	const heapBytes = 64 << 10
	const garbage = `for i = 1, 2000 do local t = {{}, {}, {}} end`
	const kept = `local all = {} for i = 1, 1e6 do all[i] = {i} end`
	type watched struct {
		least, most int // bytes: the least that was free, the most that Lua had
		status      state.Status
	}
	run := func(mode state.EGCMode, limit int, code string) (w watched) {
		m := mustMachine(t, options{heapBytes: heapBytes})
		L := m.State()
		L.GC(state.GCCollect, 0)
		w.least = heapBytes
		L.SetEGC(mode, limit)
		m.Watch(func(int) {
			w.least = min(w.least, L.FreeHeap())
			w.most = max(w.most, L.GC(state.GCCount, 0)<<10+L.GC(state.GCCountB, 0))
		})
		L.GC(state.GCStop, 0) // the collector's own pace would be far from any limit
		w.status = m.run([]byte(strings.ReplaceAll(code, " do ", " do\n")), "=test", "bt").status
		return w
	}
	if w := run(0, 0, garbage); w.status != state.ErrMem {
		t.Errorf("not active: %+v", w)
	}
	if w := run(state.EGCOnAllocFailure, 0, garbage); w.status != state.OK || w.least > 1000 {
		t.Errorf("when an allocation fails: %+v", w)
	}
	always := run(state.EGCAlways, 0, garbage)
	if always.status != state.OK || always.least < heapBytes/2 {
		t.Errorf("always: %+v", always)
	}
	const slack = 400 // more than one allocation
	for _, free := range []int{8 << 10, 12 << 10, 16 << 10} {
		if w := run(state.EGCOnMemLimit, -free, garbage); w.status != state.OK || w.least < free-slack || w.least > free+slack {
			t.Errorf("%d bytes are to be free: %+v", free, w)
		}
		if w := run(state.EGCOnMemLimit|state.EGCOnAllocFailure, -free, kept); w.status != state.ErrMem || w.least > 4000 {
			t.Errorf("%d bytes are to be free, and cannot: %+v", free, w)
		}
	}
	for _, limit := range []int{always.most + 2000, always.most + 6000} {
		if w := run(state.EGCOnMemLimit, limit, garbage); w.status != state.OK || w.most > limit || w.most < limit-slack {
			t.Errorf("Lua may have %d bytes: %+v", limit, w)
		}
		if w := run(state.EGCOnMemLimit, limit, kept); w.status != state.ErrMem || w.most > limit {
			t.Errorf("Lua may have %d bytes, and wants more: %+v", limit, w)
		}
	}
}
