package vm_test

import (
	"fmt"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/heap/heaptest"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/rom"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua51/lib"
	"moonlet.example/moonlet/internal/lua51/vm"
	"moonlet.example/moonlet/internal/lua51/vm/integral"
	"moonlet.example/moonlet/internal/mem"
)

// faultScripts are programs in which every allocation fails in turn.
var faultScripts = map[string]string{
	"tables":     "local t = {} for i = 1, 40 do t[i] = {i, x = i} t['k' .. i] = i end for k in pairs(t) do t[k] = nil end table.insert(t, 1) table.sort{3, 1, 2} return #table.concat({1, 2, 3}, ',')",
	"strings":    "local s = 'a' for i = 1, 10 do s = s .. i .. ('x'):rep(i * 8) end return s:gsub('%d+', '<%0>'), s:upper(), s:find('x+'), ('%5s %s %q'):format('a', s, s), table.concat{s, s, s, s}, s:gsub('x', 'yy')",
	"closures":   "local fs = {} for i = 1, 10 do local n = i fs[i] = function(...) n = n + 1 local a = {...} return function() return n, a end end end for i = 1, 10 do fs[i](1, 2, 3)() end",
	"arguments":  "local function f(...) return arg end for i = 1, 5 do f(1, {}, 's' .. i) end",
	"coroutines": "local function g(n) return coroutine.wrap(function(...) local t = {...} for i = 1, n do coroutine.yield(t, i) end end) end for i = 1, 4 do local f = g(3) f(1, 2) f() f() end local co = coroutine.create(function() error{} end) coroutine.resume(co)",
	"switches": "local function nest(n, how) if n == 0 then if how == 1 then error('x' .. n) elseif how == 2 then error{} end return 's' .. coroutine.yield{n} end " +
		"local f = coroutine.wrap(nest) local a = f(n - 1, how) local b = f({}) return a, coroutine.yield(b, n) end " +
		"for how = 0, 2 do for n = 0, 3 do local co = coroutine.create(nest) local ok, a = coroutine.resume(co, n, how) coroutine.resume(co, 'y' .. n) " +
		"pcall(coroutine.wrap(function(...) local t = {...} for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i .. 'v') end end) do t[v] = n end return pcall(nest, n, how) end), n) end end " +
		"return pcall(function() for ok, v in coroutine.resume, coroutine.create(function() coroutine.yield{} error('e' .. 1) end) do if not ok then return v end end end)",
	"metatables": "local mt = {__index = function(t, k) return k .. k end, __concat = function(a, b) return 'c' .. tostring(b) end, __call = function(self, ...) return select('#', ...) end} local t = setmetatable({}, mt) return t.x .. t, t(1, 2), t.y .. 1",
	"finalizers": "for i = 1, 8 do getmetatable(newproxy(true)).__gc = function() local t = {i} x = t end end collectgarbage() local w = setmetatable({}, {__mode = 'k'}) for i = 1, 20 do w[{}] = {} end collectgarbage('step', 0) collectgarbage()",
	"pcalls":     "for i = 1, 5 do local ok, e = pcall(function() local t = {} return nil .. 'x' end) local ok, e = pcall(error, {code = i}) local ok, tb = xpcall(function() return {} + 1 end, debug.traceback) if not ok and tostring(tb):find('memory') then error(tb, 0) end end",
	"compiler":   "for i = 1, 3 do local f = assert(loadstring('local a, b = 1, {x = ' .. i .. ', [2] = \"s\"} local function f(...) return a, b, ... end for i = 1, 3 do f(i) end return f(a)')) f() local d = string.dump(f) assert(loadstring(d, '=d'))() loadstring('x = = ' .. i) end",
	"recursion":  "local function f(n, ...) if n == 0 then return select('#', ...) end return 1 + f(n - 1, n, ...) end return f(60)",
	"modules":    "package.preload.m = function(...) module(...) function f() return {} end end require('m').f() pcall(require, 'none') return debug.traceback('m'), setfenv(function() end, {}), debug.getstrings()",
}

const (
	heapStart = 0x80000000 // away from ROM and scratch memory
	heapBytes = 128 << 10
)

// build is a build of the machine.
type build struct {
	name     string
	edition  machine.Edition
	integral bool
}

func builds() []build {
	return []build{{"float", vm.Edition(), false}, {"int", integral.Edition(), true}}
}

// testMachine is a Lua state on a heap like the chip's.
type testMachine struct {
	machine.Machine
	space  *mem.Space
	strict *heaptest.Strict
	start  mem.Addr // free bytes before the state was made
}

// newMachine makes a machine whose n-th allocation fails, and all that follow if not once. The error is that of New.
func newMachine(t *testing.T, b build, n int, once bool) (*testMachine, error) {
	t.Helper()
	main := &state.ROTable{Name: "ROM", Meta: &state.ROTable{Name: "ROM.mt", Entries: []state.Entry{state.Tab("__index", lib.BaseTable(b.integral))}}}
	image, err := rom.LinkShape(chip.ESP8266().Memory, b.edition.Shape, main, append([]state.Module{b.edition.Support()}, lib.Standard(main, b.integral)...))
	if err != nil {
		t.Fatal(err)
	}
	space, err := mem.NewSpace()
	if err != nil {
		t.Fatal(err)
	}
	if err := image.Map(space); err != nil {
		t.Fatal(err)
	}
	if err := space.Map(heapStart, heapBytes, mem.ReadWrite); err != nil {
		t.Fatal(err)
	}
	device := heap.NewDevice(space.Mem(), heapStart, heapStart+heapBytes)
	tm := &testMachine{space: space, start: device.FreeBytes(), strict: heaptest.NewStrict(device, space.Mem())}
	tm.strict.Fail, tm.strict.Once = n-1, once
	tm.Machine, err = b.edition.New(machine.Config{Mem: space.Mem(), Space: space, Heap: tm.strict, ROM: image, StripDefault: 1,
		Fuel: func(int64) int64 { return 1 << 40 }})
	return tm, err
}

// run runs a program, and gives its error.
func (tm *testMachine) run(code string) (status state.Status, msg string) {
	L := tm.State()
	L.SetTop(0)
	if status = L.LoadBytes([]byte(code), "=fault", "bt"); status == state.OK {
		status = L.PCall(0, 0, 0)
	}
	if status != state.OK {
		msg, _ = L.ToString(-1)
	}
	L.SetTop(0)
	return status, msg
}

// checked holds that the machine is in order, and its account right.
func (tm *testMachine) checked(t *testing.T, when string) {
	t.Helper()
	if err := tm.CheckHeap(); err != nil {
		t.Errorf("%s: %v", when, err)
	}
	owned := 0
	for _, n := range tm.strict.Live {
		owned += int(n)
	}
	if tm.TotalBytes() != owned {
		t.Errorf("%s: Lua accounts for %d bytes and has %d", when, tm.TotalBytes(), owned)
	}
}

// closed holds that Close gives all memory back.
func (tm *testMachine) closed(t *testing.T) {
	t.Helper()
	tm.Close()
	for a, n := range tm.strict.Live {
		t.Errorf("%d bytes at %#x are still taken after Close", n, a)
	}
	if free := tm.strict.FreeBytes(); free != tm.start {
		t.Errorf("%d bytes are free after Close, %d were before", free, tm.start)
	}
	if err := tm.strict.Check(); err != nil {
		t.Error(err)
	}
}

// faultModes are modes of the emergency collector. A limit that is positive bounds the length of strings as well.
var faultModes = []struct {
	name  string
	mode  state.EGCMode
	limit int
}{{"none", 0, 0}, {"failure", state.EGCOnAllocFailure, 0}, {"always", state.EGCAlways, 4096}}

// TestAllocationFailures lets every allocation of a program fail, alone and with all that follow.
func TestAllocationFailures(t *testing.T) {
	for _, b := range builds() {
		for name, code := range faultScripts {
			t.Run(b.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				for _, m := range faultModes {
					for _, once := range []bool{false, true} {
						for n := 1; faultAt(t, b, code, n, once, m.mode, m.limit); n++ {
							if t.Failed() {
								t.Fatalf("mode %s, failing allocation %d, once %v", m.name, n, once)
							}
							if testing.Short() {
								n += 10
							}
						}
					}
				}
			})
		}
	}
}

// faultAt runs a program in a new machine whose n-th allocation after start-up fails. It tells whether there was such
// an allocation.
func faultAt(t *testing.T, b build, code string, n int, once bool, mode state.EGCMode, limit int) bool {
	t.Helper()
	tm, err := newMachine(t, b, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	defer tm.space.Close()
	if status := tm.OpenLibs(); status != state.OK {
		t.Fatalf("opening the libraries: status %d", status)
	}
	tm.State().SetEGC(mode, limit)
	tm.strict.Fail, tm.strict.Once = n-1, once
	status, msg := tm.run(code)
	failed := tm.strict.Failed
	tm.strict.Fail = -1
	switch {
	case failed == 0 && status != state.OK:
		t.Errorf("without a failure: status %d, %s", status, msg)
	case failed > 0 && status != state.OK && status != state.ErrErr && !strings.HasSuffix(msg, "not enough memory"):
		t.Errorf("status %d, %s", status, msg)
	case once && mode != 0 && status != state.OK:
		// The second try succeeds, but not while the collector is blocked; then it is an error.
		if status != state.ErrMem && !strings.HasSuffix(msg, "not enough memory") {
			t.Errorf("status %d, %s", status, msg)
		}
	}
	tm.checked(t, "after the error")
	if status, msg := tm.run("local t = {} for i = 1, 50 do t[i] = {tostring(i)} end collectgarbage() return #t"); status != state.OK {
		t.Errorf("after allocation %d failed, the machine says %s", n, msg)
	}
	tm.checked(t, "after going on")
	tm.closed(t)
	return failed > 0
}

// TestCollectAlways runs programs with a collection before every allocation, because each first try fails or in the
// mode for that.
func TestCollectAlways(t *testing.T) {
	for _, b := range builds() {
		for name, code := range faultScripts {
			for _, stress := range []bool{true, false} {
				tm, err := newMachine(t, b, 0, false)
				if err != nil {
					t.Fatal(err)
				}
				if status := tm.OpenLibs(); status != state.OK {
					t.Fatalf("opening the libraries: status %d", status)
				}
				tm.strict.Stress = stress
				if tm.State().SetEGC(state.EGCAlways, 4096); stress {
					tm.State().SetEGC(state.EGCOnAllocFailure, 0)
				}
				if status, msg := tm.run(code); status != state.OK {
					t.Errorf("%s, %s, first tries fail %v: %s", b.name, name, stress, msg)
				}
				tm.strict.Stress = false
				tm.checked(t, name)
				tm.closed(t)
				tm.space.Close()
			}
		}
	}
}

// TestStartFailures lets every allocation of the start-up fail.
func TestStartFailures(t *testing.T) {
	for _, b := range builds() {
		for n, done := 1, false; !done; n++ {
			tm, err := newMachine(t, b, n, false)
			done = err == nil && tm.strict.Failed == 0
			if err == nil {
				status := tm.OpenLibs()
				done = done && tm.strict.Failed == 0
				tm.strict.Fail = -1
				if done != (status == state.OK) {
					t.Errorf("%s, allocation %d: status %d", b.name, n, status)
				}
				tm.checked(t, fmt.Sprint("after start-up ", n))
				tm.closed(t)
			} else if len(tm.strict.Live) != 0 {
				t.Errorf("%s, allocation %d: a state that is not made keeps %d blocks", b.name, n, len(tm.strict.Live))
			}
			tm.space.Close()
		}
	}
}
