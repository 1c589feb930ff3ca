// Package moduletest runs Lua over a fake chip, for the tests of the firmware's modules.
package moduletest

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/rom"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
)

// Config says what Lua is booted over.
type Config struct {
	// Chip is the chip; Host is the same one with its parts, or nil if there are none.
	Chip *porttest.Chip
	Host port.Chip
	// Edition is the edition of Lua; nil is that of the test (Editions).
	Edition *editions.Edition
	// Modules are those of the build, besides the standard library.
	Modules []state.Module
	// Output is where everything goes that Lua prints; nil is Lua.Out.
	Output func(L state.State, p []byte)
	// ErrorOutput is where what is told besides goes; nil is Lua.Out.
	ErrorOutput func(s string)
	// CLib is where numbers come from, as a machine takes it; nil is the chip.
	CLib *clib.Library
	// UnitTime is what a unit of work takes on the chip; 0 lets no time pass.
	UnitTime time.Duration
}

// Lua is a Lua that has booted.
type Lua struct {
	*porttest.Chip
	Edition *editions.Edition
	Machine machine.Machine
	Heap    *heap.Device
	Out     bytes.Buffer // what was printed

	t      testing.TB
	config Config
	made   machine.Edition // Edition with the default numbers
	image  *rom.Image
}

// Boot boots Lua. Whatever fails ends the test.
func Boot(t testing.TB, c Config) *Lua {
	t.Helper()
	if c.Chip == nil {
		c.Chip = porttest.New(t, porttest.Config{})
	}
	if c.Host == nil {
		c.Host = c.Chip
	}
	if c.Edition == nil {
		c.Edition = Edition(t)
	}
	l := &Lua{Chip: c.Chip, Edition: c.Edition, t: t, config: c, made: c.Edition.Machine(0)}
	if l.config.Output == nil {
		l.config.Output = func(_ state.State, p []byte) { l.Out.Write(p) }
	}
	if l.config.ErrorOutput == nil {
		l.config.ErrorOutput = func(s string) { l.Out.WriteString(s) }
	}
	main := &state.ROTable{Name: "ROM", Entries: c.Edition.BaseTable().Entries}
	modules := append([]state.Module{l.made.Support()}, c.Edition.Standard(main, 0, false)...)
	var err error
	if l.image, err = rom.LinkShape(chip.ESP8266().Memory, l.made.Shape, main, append(modules, c.Modules...)); err == nil {
		recordCalls(t, l.image)
		err = l.image.Map(l.Space)
	}
	if err != nil {
		t.Fatal(err)
	}
	l.boot()
	return l
}

// boot makes the virtual machine, as after any reset.
func (l *Lua) boot() {
	l.t.Helper()
	m := l.Space.Mem()
	l.Heap = heap.NewDevice(m, porttest.HeapStart, porttest.HeapEnd)
	library := clib.Chip
	if l.config.CLib != nil {
		library = *l.config.CLib
	}
	var err error
	l.Machine, err = l.made.New(machine.Config{
		Mem: m, Space: l.Space, ROM: l.image, Host: l.config.Host, StripDefault: 1, Heap: l.Heap, CLib: library,
		Output:      func(p []byte) { l.config.Output(l.Machine.State(), p) },
		ErrorOutput: l.config.ErrorOutput,
		PostTask:    func(prio int, f func()) bool { return l.Tasks.Post(port.Priority(prio), f) },
		Fuel: func(used int64) int64 {
			if l.config.UnitTime > 0 {
				l.Tasks.Charge(time.Duration(used) * l.config.UnitTime)
			}
			return 1000
		},
	})
	if err != nil {
		l.t.Fatal(err)
	}
	if l.Edition.Lua51 {
		// What the firmware begins with, a collection at each allocation and strings of 4 KB at most, is neither fast
		// nor what scripts are about.
		l.Machine.State().SetEGC(state.EGCOnAllocFailure, 0)
	}
	if status := l.Machine.OpenLibs(); status != state.OK {
		msg, _ := l.Machine.State().ToString(-1)
		l.t.Fatalf("opening the libraries: %s", msg)
	}
}

// Reboot resets the chip and begins its next life.
func (l *Lua) Reboot(info port.ResetInfo) {
	l.t.Helper()
	l.Reset(info)
	l.boot()
}

// ErrOff says that a chunk has turned the chip off in its midst.
var ErrOff = errors.New("off")

// Exec runs a chunk as a task. An error is that of the chunk, or ErrOff; a reset that the
// watchdog makes is an error, too, and so is an error of Lua that nothing protects.
func (l *Lua) Exec(code, name string) (err error) {
	defer mem.CatchFaults()()
	defer func() {
		switch r := recover().(type) {
		case nil:
		case porttest.Reset:
			err = fmt.Errorf("reset: %d", r.Reason)
		case porttest.Off:
			err = ErrOff
		default:
			msg, ok := l.Machine.Unprotected(r)
			if !ok {
				panic(r)
			}
			err = errors.New("unprotected: " + msg)
		}
	}()
	l.Tasks.Exec(func() {
		L := l.Machine.State()
		status := L.LoadBytes([]byte(code), name, "bt")
		if status == state.OK {
			status = L.PCall(0, 0, 0)
		}
		if status != state.OK {
			err = errors.New(string(L.ToLString(-1)))
		}
		L.SetTop(0)
	})
	return err
}

// RunFor runs the chip, unless its life is over.
func (l *Lua) RunFor(d time.Duration) {
	defer mem.CatchFaults()()
	l.Tasks.RunFor(d)
}

// WaitFor runs the chip until done tells true, for two minutes of its time at most; false
// if it did not.
func (l *Lua) WaitFor(done func() bool) bool { return l.waitFor(2*time.Minute, done) }

func (l *Lua) waitFor(most time.Duration, done func() bool) bool {
	for end := l.Tasks.Now() + most; !done(); {
		if l.Tasks.Now() >= end {
			return false
		}
		l.RunFor(10 * time.Millisecond)
	}
	return true
}

// Do runs a chunk that must succeed, and a millisecond of what comes after it.
func (l *Lua) Do(code string) {
	l.t.Helper()
	if err := l.Exec(code, "=test"); err != nil {
		l.t.Fatalf("%s: %v", code, err)
	}
	l.RunFor(time.Millisecond)
}

// Printed takes what was printed, with the line ends that Lua has.
func (l *Lua) Printed() string {
	s := strings.ReplaceAll(l.Out.String(), "\r\n", "\n")
	l.Out.Reset()
	return s
}

//go:embed prelude.lua
var prelude string

// prelude defines what scripts may use in every edition: the table test.
func (l *Lua) prelude() {
	l.t.Helper()
	if err := l.Exec(prelude, "@prelude.lua"); err != nil {
		l.t.Fatal(err)
	}
}

// Script runs a file, which ends by printing its name and "ok", at once or some time
// later. It must leave nothing on the stack, and a sound heap.
func (l *Lua) Script(path string) {
	l.t.Helper()
	l.ScriptFor(path, 2*time.Minute)
}

// ScriptFor is Script for one that takes longer than two minutes of the chip's time.
func (l *Lua) ScriptFor(path string, most time.Duration) {
	l.t.Helper()
	code, err := os.ReadFile(path)
	if err != nil {
		l.t.Fatal(err)
	}
	base := strings.TrimSuffix(filepath.Base(path), ".lua")
	l.prelude()
	if err := l.Exec(string(code), "@"+base+".lua"); err != nil {
		l.t.Fatalf("%v\n%s", err, l.Out.String())
	}
	ok := func() bool { return strings.Contains(strings.ReplaceAll(l.Out.String(), "\r\n", "\n"), base+": ok\n") }
	if !l.waitFor(most, ok) {
		l.t.Errorf("did not come to its end: %s", l.Out.String())
	}
	if l.Clock.Jumps() { // so that nothing fails behind the end
		l.RunFor(20 * time.Second)
	}
	if strings.Contains(l.Out.String(), "traceback") {
		l.t.Error(l.Out.String())
	}
	if top := l.Machine.State().GetTop(); top != 0 {
		l.t.Errorf("%d values are left on the stack", top)
	}
	if err := l.Machine.CheckHeap(); err != nil {
		l.t.Error(err)
	}
}

// runUntilPanic runs the chip. An error outside of any protected call, which the
// firmware answers with a reset, ends it.
func (l *Lua) runUntilPanic(d time.Duration) {
	defer func() {
		if r := recover(); r != nil {
			if _, off := r.(porttest.Off); off {
				return
			}
			if _, ok := l.Machine.Unprotected(r); !ok {
				panic(r)
			}
		}
	}()
	l.RunFor(d)
}

// OutOfMemory runs a script with memory that fails at one point after the other: it ends
// with an error at worst and leaves a sound heap, and nothing in Go breaks.
func (l *Lua) OutOfMemory(path string) {
	l.t.Helper()
	l.outOfMemory(path, 4000, 61)
}

// EveryAllocation does what OutOfMemory does, for each of the allocations that a script makes;
// it is meant for short ones.
func (l *Lua) EveryAllocation(path string) {
	l.t.Helper()
	l.outOfMemory(path, 1<<20, 1)
}

// outOfMemory ends when an attempt does not fail.
func (l *Lua) outOfMemory(path string, limit, step int) {
	l.t.Helper()
	if testing.Short() {
		l.t.Skip("takes seconds")
	}
	code, err := os.ReadFile(path)
	if err != nil {
		l.t.Fatal(err)
	}
	n := 0
	for failed := true; failed && n < limit; n += step {
		l.prelude()
		l.Heap.FailAfter = n
		err := l.Exec(string(code), "@script")
		l.runUntilPanic(time.Second)
		failed = l.Heap.FailAfter == 0
		l.Heap.FailAfter = -1
		if err != nil && (!failed || strings.HasPrefix(err.Error(), "reset")) {
			l.t.Errorf("%s, failing after %d: %v", path, n, err)
		}
		if err := l.Heap.Check(); err != nil {
			l.t.Fatalf("%s, failing after %d: %v", path, n, err)
		}
		if err := l.Machine.CheckHeap(); err != nil {
			l.t.Fatalf("%s, failing after %d: %v", path, n, err)
		}
		l.Reboot(port.ResetInfo{Raw: 2, Reason: port.ResetRestart})
	}
	l.t.Logf("%d attempts", n/step)
}
