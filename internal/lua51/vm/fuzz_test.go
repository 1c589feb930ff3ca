package vm_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/rom"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua51/lib"
	"moonlet.example/moonlet/internal/lua51/opcode"
	"moonlet.example/moonlet/internal/lua51/vm"
	"moonlet.example/moonlet/internal/lua51/vm/integral"
	"moonlet.example/moonlet/internal/mem"
)

// The virtual machine on a heap like the chip's, with programs and binary chunks that nobody wrote.

const (
	fuel     = 200000          // cost units of a run
	hangTime = 3 * time.Second // how long a run may go on without charging any
)

var errOutOfFuel = errors.New("out of fuel")

// device is a Lua state.
type device struct {
	machine.Machine
	space *mem.Space
	heap  *heap.Device
	start mem.Addr // free bytes before the state was made
}

// newDevice makes a state, whose address space the caller closes, of the build with floats or with integers, with the libraries and the numbers of the chip.
func newDevice(t testing.TB, integers bool, heapBytes mem.Addr) *device {
	t.Helper()
	e := vm.Edition()
	if integers {
		e = integral.Edition()
	}
	main := &state.ROTable{Name: "ROM", Entries: lib.BaseTable(integers).Entries}
	image, err := rom.LinkShape(chip.ESP8266().Memory, e.Shape, main, append([]state.Module{e.Support()}, lib.Standard(main, integers)...))
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
	d := &device{space: space, heap: heap.NewDevice(space.Mem(), heapStart, heapStart+heapBytes)}
	d.start = d.heap.FreeBytes()
	limit := int64(fuel)
	d.Machine, err = e.New(machine.Config{Mem: space.Mem(), Space: space, Heap: d.heap, ROM: image, StripDefault: 1, CLib: clib.Chip,
		Output: func([]byte) {}, Fuel: func(used int64) int64 {
			if limit -= used; limit <= 0 {
				panic(errOutOfFuel)
			}
			return limit
		}})
	if err != nil {
		t.Fatal(err)
	}
	if d.OpenLibs() != state.OK {
		t.Fatal("opening the libraries")
	}
	d.State().SetTop(0)
	return d
}

// outcome of a run.
type outcome struct {
	status state.Status
	fault  *mem.Fault // it ended with the chip's exception
	fuel   bool
	hang   string // where its memory was taken away
}

// guard runs f as an embedder does. Any panic that is neither a fault of the memory nor the end of the fuel is passed on.
func (d *device) guard(f func(L state.State) state.Status) (out outcome) {
	var hang atomic.Bool
	defer time.AfterFunc(hangTime, func() {
		hang.Store(true)
		if err := d.space.Revoke(); err != nil {
			panic(err)
		}
	}).Stop()
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
		if _, ok := d.Unprotected(r); ok {
			out.status = state.ErrRun
			return
		}
		fault, ok := d.space.AsFault(r)
		if !ok {
			panic(r)
		}
		out.fault = fault
		if hang.Load() {
			out.hang = string(debug.Stack())
		}
	}()
	out.status = f(d.State())
	return out
}

// seeds are programs that between them use every instruction, every kind of constant and much of the library.
var seeds = []string{
	"return 1, 25, 'x', nil, true, false, -7, 100000, -2147483647",
	"local a, b = ... a = a or 3 return a + b - a * b / (a % 7) ^ 2, -a, not a, #'x' .. a",
	"local t = {1, 2, 3, x = 1, [25] = 2} t.y = t.x t[1] = t[2] for k, v in pairs(t) do t[k] = v end return t",
	"local s = 0 for i = 1, 10 do s = s + i end for i = 10, 1, -3 do s = s + i end return s",
	"local n = 0 local function f(x) n = n + 1 if x > 0 then return f(x - 1) end return n end return f(5)",
	"local function v(...) local a, b = ... return select('#', ...), {...}, ... end return v(1, 2, 3), arg",
	"local o = setmetatable({}, {__index = function(t, k) return k end, __add = function() return 1 end, __call = function(s, x) return x end, __lt = function() return true end}) return o.x, o + 1, o(3), o < o, o:call()",
	"local co = coroutine.wrap(function(a) for i = 1, 3 do a = a + coroutine.yield(a) end return a end) return co(1), co(2), co(3)",
	"return pcall(error, {}), pcall(function() error('x', 2) end), select(2, pcall(function() return nil + 1 end)), debug.traceback('t')",
	"local t = {} for i = 1, 60 do t[i] = function() i = i + 1 return i end end local s = 0 for i, f in ipairs(t) do s = s + f() end return s",
	"local s = string.rep('x', 100) .. 'y' return s:gsub('x', '%0y'), ('%d %5.2s %q'):format(3, 'abc', s), s:find('(x+)y$'), ('a b'):match('%b()'), tostring(12345678)",
	"repeat local x = 5 until x >= 5 while true do break end local a = 1 == 1 and 2 or 3 return a ~= 2, a <= 2, 'a' < 'b', not nil == true",
	"collectgarbage() local u = newproxy(true) getmetatable(u).__gc = function() x = 1 end u = nil collectgarbage() return x, setmetatable({}, {__mode = 'kv'})",
	"t = {5, 2, 8, 1} table.sort(t, function(a, b) return a > b end) table.insert(t, 1, 9) return table.concat(t, ' '), table.remove(t), unpack(t)",
	"local f = loadstring('return ...') setfenv(f, {}) module('m') return f(1), getfenv(0)",
}

// dumps are the binary chunks of the seeds, with all their debug information or less.
func dumps(t testing.TB, integers bool) (all [][]byte) {
	t.Helper()
	d := newDevice(t, integers, 128<<10)
	defer d.space.Close()
	L := d.State()
	for _, code := range seeds {
		for strip := range 3 {
			if L.LoadBytes([]byte(code), "=seed", "t") != state.OK {
				message, _ := L.ToString(-1)
				t.Fatal(message)
			}
			var b bytes.Buffer
			if err := L.Dump(func(_ state.State, p []byte) error { b.Write(p); return nil }, strip); err != nil {
				t.Fatal(err)
			}
			L.SetTop(0)
			all = append(all, b.Bytes())
		}
	}
	return all
}

// runDamaged loads and runs a binary chunk. It may do anything to its machine.
func runDamaged(t testing.TB, integers bool, code []byte) outcome {
	d := newDevice(t, integers, 64<<10)
	defer d.space.Close()
	out := d.guard(func(L state.State) state.Status {
		status := L.LoadBytes(code, "=fuzz", "b")
		if status == state.OK {
			L.PushInteger(3)
			L.PushString("x")
			status = L.PCall(2, 2, 0)
		}
		return status
	})
	if out.fault == nil && !out.fuel {
		if end := d.guard(func(state.State) state.Status { d.Close(); return state.OK }); end.hang != "" {
			return end
		}
	}
	return out
}

// FuzzUndump loads and runs damaged binary chunks: nothing may reach the host.
func FuzzUndump(f *testing.F) {
	for _, integers := range []bool{false, true} {
		for _, d := range dumps(f, integers) {
			f.Add(d, integers)
		}
	}
	f.Fuzz(func(t *testing.T, code []byte, integers bool) {
		if out := runDamaged(t, integers, code); out.hang != "" {
			t.Log(out.hang) // ended by taking the memory away, as package device does
		}
	})
}

var damages = flag.Int("damages", 1000, "damaged chunks to run, for each build")

// TestDamagedDumps is the fuzzer's poor brother: it damages the seeds, always in the same way.
func TestDamagedDumps(t *testing.T) {
	for _, integers := range []bool{false, true} {
		rnd := rand.New(rand.NewPCG(1, uint64(*damages)))
		good, kinds := dumps(t, integers), map[string]int{}
		for range *damages {
			code := damage(rnd, good[rnd.IntN(len(good))])
			switch out := runDamaged(t, integers, code); {
			case out.hang != "":
				kinds["hang that was ended"]++
			case out.fault != nil:
				kinds["device fault"]++
			case out.fuel:
				kinds["out of fuel"]++
			case out.status == state.OK:
				kinds["fine"]++
			default:
				kinds["error"]++
			}
		}
		t.Log(integers, kinds)
	}
}

// damage changes some bytes or whole instructions.
func damage(rnd *rand.Rand, seed []byte) []byte {
	code := bytes.Clone(seed)
	for n := 1 + rnd.IntN(3); n > 0; n-- {
		at := 12 + rnd.IntN(len(code)-12) // behind the header
		switch rnd.IntN(4) {
		case 0:
			code[at] ^= 1 << rnd.IntN(8)
		case 1:
			code[at] = byte(rnd.IntN(256))
		case 2:
			code[at] += byte(1 + 2*-rnd.IntN(2))
		default:
			if at = at / 4 * 4; at+4 <= len(code) {
				word := uint32(rnd.IntN(int(opcode.Count))) | uint32(rnd.IntN(20))<<6 | rnd.Uint32()<<14
				binary.LittleEndian.PutUint32(code[at:], word)
			}
		}
	}
	return code
}

// FuzzSource compiles any text, and runs what compiles. A program from source cannot damage its machine.
func FuzzSource(f *testing.F) {
	for i, code := range seeds {
		f.Add([]byte(code), i%2 == 1)
	}
	f.Fuzz(func(t *testing.T, code []byte, integers bool) {
		if bytes.Contains(code, []byte("debug")) || bytes.Contains(code, []byte("dump")) {
			t.Skip("may damage its machine by right")
		}
		runSource(t, integers, code, nil)
	})
}

// runSource runs a program, which has to leave a sound heap and nothing behind.
func runSource(t *testing.T, integers bool, code []byte, push func(L state.State) int) {
	t.Helper()
	d := newDevice(t, integers, 128<<10)
	defer d.space.Close()
	out := d.guard(func(L state.State) state.Status {
		status := L.LoadBytes(code, "=fuzz", "t")
		if status == state.OK {
			n := 0
			if push != nil {
				n = push(L)
			}
			status = L.PCall(n, 0, 0)
		}
		return status
	})
	if out.fault != nil {
		t.Fatalf("a program from source ended with fault %d at %#x %s", out.fault.Cause, out.fault.Addr, out.hang)
	}
	if out.fuel {
		return // it was stopped in the midst of anything
	}
	if err := d.CheckHeap(); err != nil {
		t.Fatal(err)
	}
	d.Close()
	if free := d.heap.FreeBytes(); free != d.start {
		t.Fatalf("%d bytes are still taken after Close", d.start-free)
	}
}

// FuzzStrings gives formats, patterns and replacements to the functions that take them.
func FuzzStrings(f *testing.F) {
	for i, s := range []string{"%d %5.2f", "%-+ #0x|%q", "(.-)%s", "%b()", "%f[%w]%w+", "[^%a-z]*", "^(a*)%1$", "%z%d?", "((((", "%99.99s%c"} {
		f.Add(s, "hello (world) 12 a\x00b", "<%0%1>", float64(i)*1e9+0.5, i%2 == 0)
	}
	const program = `local p, s, r, n = ...
for _, f in ipairs{string.find, string.match, string.gsub, string.gmatch, string.format} do
  pcall(f, s, p, r) pcall(f, s, p, n) pcall(f, p, s, r) pcall(f, p, n, n, n, n)
end
pcall(function() for a, b in s:gmatch(p) do r = a end end)
pcall(string.gsub, s, p, {[s] = r}) pcall(string.gsub, s, p, function(...) return ... end)
pcall(tonumber, s) pcall(tonumber, s, 16) pcall(loadstring, s) pcall(loadstring, p .. s)`
	f.Fuzz(func(t *testing.T, pattern, subject, replacement string, n float64, integers bool) {
		if len(pattern)+len(subject)+len(replacement) > 2000 || strings.Count(pattern, "*") > 20 {
			t.Skip("takes long")
		}
		runSource(t, integers, []byte(program), func(L state.State) int {
			L.PushString(pattern)
			L.PushString(subject)
			L.PushString(replacement)
			L.PushNumber(n)
			return 4
		})
	})
}
