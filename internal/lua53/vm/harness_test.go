package vm_test

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/heap/heaptest"
	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/rom"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua53/vm"
	"moonlet.example/moonlet/internal/mem"
)

const heapStart = 0x80000000 // away from ROM and scratch memory, whatever its size

// image is the ROM of all test machines: the libraries without io and os, so
// that whatever a damaged program does stays inside its machine.
var image = sync.OnceValues(func() (*rom.Image, error) {
	main := &state.ROTable{Name: "ROM", Entries: stdlib.BaseTable().Entries}
	return rom.Link(vm.Model, main, []state.Module{lauxlib.Support(), stdlib.Base(main), stdlib.String,
		stdlib.Table, stdlib.Debug(false), stdlib.Coroutine, stdlib.Math(vm.Model.IntSize()), stdlib.UTF8})
})

// options of a test machine; the zero value means 256 KB, no faults and no limit
// of its time.
type options struct {
	heapBytes mem.Addr
	fuel      int64 // cost units until errOutOfFuel
	strict    bool  // check the use of the allocator
	output    *strings.Builder
	fail      int              // with strict: the n-th allocation fails, and all that follow
	once      bool             // with fail: only that one fails
	strip     int              // default strip level
	fast      bool             // the allocator of the host profile
	keep      bool             // the caller closes the address space
	store     []byte           // what is in the Lua Flash Store, at storeBase
	hang      time.Duration    // how long a guarded run may go on without charging fuel; 0 for hangTime
	mapped    func(*mem.Space) // is called before the state is made
}

// errOutOfFuel is what a machine panics with when its time is over.
var errOutOfFuel = errors.New("out of fuel")

// testMachine is a Lua state on a heap like the chip's.
type testMachine struct {
	machine.Machine
	space       *mem.Space
	heap        heap.Allocator
	strict      *heaptest.Strict // the same, if asked for
	limited     bool             // fuel ends a run
	unprotected bool             // an error that nothing catches is an outcome of guard
	hang        time.Duration
	start       mem.Addr // free bytes before the state was made
}

// newMachine makes a machine. The error is that of vm.New.
func newMachine(t testing.TB, o options) (*testMachine, error) {
	t.Helper()
	img, err := image()
	if err != nil {
		t.Fatal(err)
	}
	space, err := mem.NewSpace()
	if err != nil {
		t.Fatal(err)
	}
	if !o.keep {
		t.Cleanup(func() { space.Close() })
	}
	if err := img.Map(space); err != nil {
		t.Fatal(err)
	}
	size := o.heapBytes
	if size == 0 {
		size = 256 << 10
	}
	if err := space.Map(heapStart, size, mem.ReadWrite); err != nil {
		t.Fatal(err)
	}
	tm := &testMachine{space: space, limited: o.fuel > 0, hang: cmp.Or(o.hang, hangTime)}
	if o.fast {
		tm.heap = heap.NewFast(space.Mem(), heapStart, heapStart+size)
	} else {
		tm.heap = heap.NewDevice(space.Mem(), heapStart, heapStart+size)
	}
	tm.start = tm.heap.FreeBytes()
	if o.strict {
		tm.strict = heaptest.NewStrict(tm.heap, space.Mem())
		tm.strict.Fail = o.fail - 1
		tm.strict.Once = o.once
		tm.heap = tm.strict
	}
	store := mapStore(t, space, o.store)
	if o.mapped != nil {
		o.mapped(space)
	}
	limit := o.fuel
	tm.Machine, err = vm.New(machine.Config{
		Mem: space.Mem(), Space: space, Heap: tm.heap, ROM: img, Store: store, Seed: 1, StripDefault: o.strip,
		Output: func(p []byte) {
			if o.output != nil {
				o.output.Write(p)
			}
		},
		Fuel: func(used int64) int64 {
			switch {
			case o.fuel == 0:
				return 1 << 40
			case used >= limit:
				panic(errOutOfFuel)
			}
			limit -= used
			return limit
		},
	})
	return tm, err
}

// storeBase is where a chip reads its store.
const storeBase = 0x40290000

// mapStore places the words of a store.
func mapStore(t testing.TB, space *mem.Space, data []byte) machine.Store {
	t.Helper()
	if data == nil {
		return machine.Store{}
	}
	size := (mem.Addr(len(data)) + mem.PageSize - 1) &^ (mem.PageSize - 1)
	if err := space.Map(storeBase, size, mem.ReadWrite); err != nil {
		t.Fatal(err)
	}
	copy(space.Mem().Bytes(storeBase, size), data)
	if err := space.Map(storeBase, size, mem.ReadOnly); err != nil {
		t.Fatal(err)
	}
	return machine.Store{Base: storeBase, Size: uint32(size)}
}

// mustMachine is newMachine with the libraries opened.
func mustMachine(t testing.TB, o options) *testMachine {
	t.Helper()
	tm, err := newMachine(t, o)
	if err != nil {
		t.Fatal(err)
	}
	if status := tm.OpenLibs(); status != state.OK {
		t.Fatalf("opening the libraries: status %d", status)
	}
	return tm
}

// outcome of a guarded run.
type outcome struct {
	status state.Status
	msg    string
	fault  *mem.Fault // a device fault ended the run
	fuel   bool       // it ran out of fuel
	hang   string     // where it hung, "" if it did not
}

// hangTime is how long a guarded run may go on without charging fuel, if its options do
// not say.
const hangTime = 3 * time.Second

// guard runs f, which may damage the machine, as an embedder does: device faults
// and the end of the fuel are outcomes, every other panic is passed on. A run
// that hangs is ended by taking its memory away.
func (tm *testMachine) guard(f func(L state.State) state.Status) (out outcome) {
	var hang atomic.Bool
	if tm.limited { // elsewhere a slow machine would count as hung
		watch := time.AfterFunc(tm.hang, func() {
			hang.Store(true)
			if err := tm.space.Revoke(); err != nil {
				panic(err)
			}
		})
		defer watch.Stop()
	}
	defer mem.CatchFaults()()
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if r == errOutOfFuel {
			out.fuel = true
			return
		}
		if msg, ok := tm.Unprotected(r); ok && tm.unprotected {
			out.status, out.msg = state.ErrRun, msg
			return
		}
		fault, ok := tm.space.AsFault(r)
		if !ok {
			panic(r)
		}
		out.fault = fault
		if hang.Load() {
			out.hang = innermost(debug.Stack())
		}
	}()
	L := tm.State()
	out.status = f(L)
	if out.status != state.OK {
		out.msg, _ = L.ToString(-1)
	}
	return out
}

// run loads a chunk and calls it.
func (tm *testMachine) run(code []byte, name, mode string) outcome {
	return tm.guard(func(L state.State) state.Status {
		status := L.LoadBytes(code, name, mode)
		if status == state.OK {
			status = L.PCall(0, 0, 0)
		}
		return status
	})
}

func (o outcome) String() string {
	switch {
	case o.fuel:
		return "out of fuel"
	case o.hang != "":
		return "hang at\n" + o.hang
	case o.fault != nil:
		return fmt.Sprintf("fault %d at %#x", o.fault.Cause, o.fault.Addr)
	}
	return fmt.Sprintf("status %d %q", o.status, o.msg)
}

// script reads a program of testdata.
func script(t testing.TB, name string) []byte {
	t.Helper()
	code, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return code
}
