package vm_test

import (
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
)

// faultScripts are programs in which every allocation fails in turn. Each ends
// within a few hundred allocations and never catches an error for good.
var faultScripts = map[string]string{
	"tables":     "local t = {} for i = 1, 40 do t[i] = {i, x = i} t['k' .. i] = i end for k in pairs(t) do t[k] = nil end table.insert(t, 1) table.sort{3, 1, 2} return #table.concat({1, 2, 3}, ',')",
	"strings":    "local s = 'a' for i = 1, 12 do s = s .. i .. ('x'):rep(i * 8) end return s:gsub('%d+', '<%0>'), s:upper(), s:find('x+'), ('%5.2f %s %q'):format(1.5, s, s)",
	"closures":   "local fs = {} for i = 1, 10 do local n = i fs[i] = function(...) n = n + 1 local a = {...} return function() return n, a end end end for i = 1, 10 do fs[i](1, 2, 3)() end",
	"coroutines": "local function g(n) return coroutine.wrap(function(...) local t = {...} for i = 1, n do coroutine.yield(t, i) end end) end for i = 1, 4 do local f = g(3) f(1, 2) f() f() end local co = coroutine.create(function() error{} end) coroutine.resume(co)",
	"metatables": "local mt = {__index = function(t, k) return k .. k end, __concat = function(a, b) return 'c' .. tostring(b) end, __call = function(self, ...) return select('#', ...) end} local t = setmetatable({}, mt) return t.x .. t, t(1, 2), t.y .. 1",
	"finalizers": "for i = 1, 8 do setmetatable({}, {__gc = function() local t = {i} x = t end}) end collectgarbage() local w = setmetatable({}, {__mode = 'k'}) for i = 1, 20 do w[{}] = {} end collectgarbage('step', 0) collectgarbage()",
	"pcalls":     "for i = 1, 5 do local ok, e = pcall(function() local t = {} return nil .. 'x' end) local ok, e = pcall(error, {code = i}) local ok, tb = xpcall(function() return {} + 1 end, debug.traceback) if not ok and tostring(tb):find('memory') then error(tb, 0) end end",
	"compiler":   "for i = 1, 3 do local f = assert(load('local a, b = 1, {x = ' .. i .. ', [2] = \"s\"} local function f(...) goto e ::e:: return a, b, ... end for i = 1, 3 do f(i) end return f(a)')) f() local d = string.dump(f) assert(load(d, '=d', 'b'))() end",
	"recursion":  "local function f(n, ...) if n == 0 then return select('#', ...) end return 1 + f(n - 1, n, ...) end return f(60)",
	"hooks":      "debug.sethook(function() local t = debug.getinfo(2, 'nSl') end, 'crl') local function f() local x = {} return x end f() f() debug.sethook() return debug.traceback('m')",
}

// TestAllocationFailures lets every allocation of a program fail, alone and with
// all that follow: the machine has to stay in order.
func TestAllocationFailures(t *testing.T) {
	for name, code := range faultScripts {
		t.Run(name, func(t *testing.T) {
			for _, once := range []bool{false, true} {
				for n := 1; faultAt(t, code, n, once); n++ {
					if t.Failed() {
						t.Fatalf("failing allocation %d, once %v", n, once)
					}
					if testing.Short() {
						n += 6
					}
				}
			}
		})
	}
}

// faultAt runs a program in a new machine whose n-th allocation after start-up
// fails. It tells whether there was such an allocation.
func faultAt(t *testing.T, code string, n int, once bool) bool {
	t.Helper()
	tm := mustMachine(t, options{heapBytes: 128 << 10, strict: true, keep: true})
	defer tm.space.Close()
	tm.strict.Fail, tm.strict.Once = n-1, once
	out := tm.run([]byte(code), "=fault", "t")
	failed := tm.strict.Failed
	tm.strict.Fail = -1
	switch {
	case out.fault != nil || out.hang != "":
		t.Errorf("ended with %v", out)
		return true
	case failed == 0 && out.status != state.OK:
		t.Errorf("without a failure: %v", out)
	case failed > 0 && out.status != state.OK && out.msg != "not enough memory" && out.status != state.ErrErr && out.status != state.ErrGCMM:
		t.Logf("allocation %d: %v", n, out)
	}
	checked(t, tm, "after the error")
	// The machine works on.
	if out := tm.run([]byte("local t = {} for i = 1, 50 do t[i] = {tostring(i)} end collectgarbage() return #t"), "=again", "t"); out.status != state.OK {
		t.Errorf("after allocation %d failed, the machine says %v", n, out)
	}
	checked(t, tm, "after going on")
	closed(t, tm)
	return failed > 0
}

// checked holds that a machine is in order.
func checked(t *testing.T, tm *testMachine, when string) {
	t.Helper()
	if err := tm.CheckHeap(); err != nil {
		t.Errorf("%s: %v", when, err)
	}
	// The boxes of string buffers are outside Lua's account until a collection
	// finalizes them.
	if out := tm.guard(func(L state.State) state.Status {
		L.GC(state.GCCollect, 0)
		return state.OK
	}); out.fault != nil {
		t.Errorf("%s: %v", when, out)
		return
	}
	owned := 0
	for _, n := range tm.strict.Live {
		owned += int(n)
	}
	if cache := 512; tm.TotalBytes()+cache != owned {
		t.Errorf("%s: Lua accounts for %d bytes and has %d", when, tm.TotalBytes(), owned-cache)
	}
}

// closed holds that Close gives all memory back.
func closed(t *testing.T, tm *testMachine) {
	t.Helper()
	tm.Close()
	for a, n := range tm.strict.Live {
		t.Errorf("%d bytes at %#x are still taken after Close", n, a)
	}
	if free := tm.heap.FreeBytes(); free != tm.start {
		t.Errorf("%d bytes are free after Close, %d were before", free, tm.start)
	}
	if err := tm.heap.Check(); err != nil {
		t.Error(err)
	}
}

// TestStartFailures lets every allocation of the start-up fail.
func TestStartFailures(t *testing.T) {
	for n := 1; ; n++ {
		tm, err := newMachine(t, options{strict: true, fail: n, keep: true})
		done := err == nil && tm.strict.Failed == 0
		if err == nil {
			status := tm.OpenLibs()
			done = done && tm.strict.Failed == 0
			tm.strict.Fail = -1
			if done != (status == state.OK) {
				t.Errorf("allocation %d: status %d", n, status)
			}
			checked(t, tm, "after start-up")
			closed(t, tm)
		} else if err := tm.heap.Check(); err != nil {
			t.Errorf("allocation %d: %v", n, err)
		}
		tm.space.Close()
		if done {
			return
		}
	}
}

// TestNothingLost closes machines that ran testdata/*.lua.
func TestNothingLost(t *testing.T) {
	for _, fast := range []bool{false, true} {
		for _, file := range scripts(t, "testdata/*.lua") {
			tm := mustMachine(t, options{heapBytes: 32 << 20, strict: true, fast: fast, strip: 1})
			out := tm.run(script(t, file[len("testdata/"):]), "@"+file, "t")
			if out.fault != nil || out.hang != "" {
				t.Errorf("%s: %v", file, out)
				continue
			}
			checked(t, tm, file)
			closed(t, tm)
		}
	}
}

// TestCollectAlways runs programs with a collection before every allocation: an
// emergency one because each first try fails, or a full cycle in every step.
func TestCollectAlways(t *testing.T) {
	for name, code := range faultScripts {
		for _, emergency := range []bool{false, true} {
			tm := mustMachine(t, options{strict: true})
			tm.strict.Stress = emergency
			if !emergency {
				tm.State().GC(state.GCSetPause, 0)
				tm.State().GC(state.GCSetStepMul, 100000)
			}
			out := tm.run([]byte(code), "=always", "t")
			tm.strict.Stress = false
			// A string buffer does not try again.
			if out.status != state.OK && !strings.HasSuffix(out.msg, "not enough memory for buffer allocation") {
				t.Errorf("%s, emergency %v: %v", name, emergency, out)
			}
			checked(t, tm, name)
			closed(t, tm)
		}
	}
}
