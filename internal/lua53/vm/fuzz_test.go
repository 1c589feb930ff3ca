package vm_test

import (
	"bytes"
	"encoding/binary"
	"flag"
	"math/rand/v2"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua53/opcode"
)

// dumpSeeds are small programs that between them use every instruction and every
// kind of constant.
var dumpSeeds = []string{
	"return 1, 2.5, 'x', nil, true, false, -7, 100000, -2147483648",
	"local a, b = ... return a + b - a * b / (a % b) // a ^ 2, a & b | a ~ b << 1 >> 2, -a, ~a, not a, #'x' .. a",
	"local t = {1, 2, 3, x = 1, [2.5] = 2} t.y = t.x t[1] = t[2] for k, v in pairs(t) do t[k] = v end return t",
	"local s = 0 for i = 1, 10 do s = s + i end for i = 10.0, 1, -0.5 do s = s + i end return s",
	"local n = 0 local function f(x) n = n + 1 if x > 0 then return f(x - 1) end return n end return f(5)",
	"local function v(...) local a, b = ... return select('#', ...), {...}, ... end return v(1, 2, 3)",
	"local o = setmetatable({}, {__index = function(t, k) return k end, __add = function() return 1 end, " +
		"__call = function(s, x) return x end, __lt = function() return true end}) return o.x, o + 1, o(3), o < o, o:call()",
	"local co = coroutine.wrap(function(a) for i = 1, 3 do a = a + coroutine.yield(a) end return a end) return co(1), co(2), co(3)",
	"return pcall(function() local x <const> = 1 end)",
	"return pcall(error, {}), pcall(function() error('x', 2) end), select(2, pcall(function() return nil + 1 end))",
	"local t = {} for i = 1, 60 do t[i] = function() return i end end local s = 0 for i, f in ipairs(t) do s = s + f() end return s",
	"goto a ::b:: do return 1 end ::a:: do local x = 1 local f = function() return x end if f() == 1 then goto b end end",
	"local s = string.rep('x', 100) .. 'a long string that is not interned because of its length' return s:gsub('x', '%0y'), ('%d'):format(3)",
	"repeat local x = 5 until x >= 5 while true do break end local a = 1 == 1 and 2 or 3 return a ~= 2, a <= 2, 'a' < 'b', not nil == true",
	"collectgarbage() local t = setmetatable({}, {__gc = function() x = 1 end}) t = nil collectgarbage() return x",
}

// dumps of the seeds at all strip levels.
func dumps(t testing.TB) (all [][]byte) {
	tm := mustMachine(t, options{})
	L := tm.State()
	for _, code := range dumpSeeds {
		for strip := range 3 {
			if L.LoadBytes([]byte(code), "=seed", "t") != state.OK {
				continue // the seed with the syntax error
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

// FuzzUndump loads and runs damaged binary chunks. They may do anything to their
// machine; nothing may reach the host.
func FuzzUndump(f *testing.F) {
	for _, d := range dumps(f) {
		f.Add(d)
	}
	f.Fuzz(func(t *testing.T, code []byte) {
		if out := runDamaged(t, code); out.hang != "" {
			t.Log(out) // ended by taking the memory away, as package device does
		}
	})
}

func runDamaged(t *testing.T, code []byte) outcome {
	tm := mustMachine(t, options{heapBytes: 64 << 10, fuel: 200000, keep: true})
	defer tm.space.Close()
	out := tm.guard(func(L state.State) state.Status {
		status := L.LoadBytes(code, "=fuzz", "b")
		if status == state.OK {
			L.PushInteger(3)
			L.PushString("x")
			status = L.PCall(2, 2, 0)
		}
		return status
	})
	if out.fault == nil && !out.fuel { // so far in good health
		end := tm.guard(func(state.State) state.Status { tm.Close(); return state.OK })
		if end.hang != "" {
			return end
		}
	}
	return out
}

// damages is how many damaged chunks TestDamagedDumps tries.
var damages = flag.Int("damages", 2000, "damaged chunks to run")

// TestDamagedDumps is the fuzzer's poor brother: it damages the seeds at random,
// always in the same way, and reports each place that panicked once.
func TestDamagedDumps(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, uint64(*damages)))
	seeds := dumps(t)
	places, kinds := map[string]bool{}, map[string]int{}
	for range *damages {
		code := damage(rnd, seeds[rnd.IntN(len(seeds))])
		func() {
			defer func() {
				if r := recover(); r != nil {
					if place := innermost(debug.Stack()); !places[place] {
						places[place] = true
						t.Errorf("%v at\n%s\nchunk %x", r, place, code)
					}
				}
			}()
			switch out := runDamaged(t, code); {
			case out.hang != "":
				kinds["hang that was ended"]++
			case out.fault != nil:
				kinds["device fault"]++
			case out.fuel:
				kinds["out of fuel"]++
			default:
				kinds["status "+strconv.Itoa(int(out.status))]++
			}
		}()
	}
	t.Log(kinds)
}

// damage changes some bytes or whole instructions.
func damage(rnd *rand.Rand, seed []byte) []byte {
	code := bytes.Clone(seed)
	for n := 1 + rnd.IntN(3); n > 0; n-- {
		at := 27 + rnd.IntN(len(code)-27) // behind the header
		switch rnd.IntN(4) {
		case 0:
			code[at] ^= 1 << rnd.IntN(8)
		case 1:
			code[at] = byte(rnd.IntN(256))
		case 2:
			code[at] += byte(1 + 2*-rnd.IntN(2))
		default:
			if at+4 <= len(code) {
				op := opcode.Op(rnd.IntN(int(opcode.Count)))
				i := opcode.MakeABC(op, rnd.IntN(20), rnd.IntN(opcode.MaxB+1), rnd.IntN(opcode.MaxC+1))
				binary.LittleEndian.PutUint32(code[at:], i)
			}
		}
	}
	return code
}

// innermost are the first calls of a panic's stack that are not the runtime's.
func innermost(stack []byte) string {
	_, after, _ := strings.Cut(string(stack), "\npanic(")
	for strings.Contains(after, "\npanic(") { // panicked again on the way
		_, after, _ = strings.Cut(after, "\npanic(")
	}
	var calls []string
	lines := strings.Split(after, "\n")
	for i := 2; i+1 < len(lines) && len(calls) < 5; i += 2 {
		if name, _, _ := strings.Cut(lines[i], "("); !strings.HasPrefix(name, "runtime.") && name != "" {
			file := strings.TrimSpace(lines[i+1])
			file, _, _ = strings.Cut(file[strings.LastIndexByte(file, '/')+1:], " ")
			calls = append(calls, file)
		}
	}
	return strings.Join(calls, "\n")
}

// FuzzSource compiles any text, and runs what compiles. A program from source
// cannot damage its machine.
func FuzzSource(f *testing.F) {
	for _, code := range dumpSeeds {
		f.Add([]byte(code))
	}
	f.Fuzz(func(t *testing.T, code []byte) {
		if bytes.Contains(code, []byte("debug")) || bytes.Contains(code, []byte("dump")) {
			t.Skip("may damage its machine by right")
		}
		tm := mustMachine(t, options{heapBytes: 128 << 10, fuel: 200000})
		out := tm.run(code, "=fuzz", "t")
		if out.fault != nil {
			t.Fatalf("a program from source ended with %v", out)
		}
		if out.fuel {
			return // it was stopped in the midst of anything
		}
		if err := tm.CheckHeap(); err != nil {
			t.Fatal(err)
		}
		tm.Close()
		if free := tm.heap.FreeBytes(); free != tm.start {
			t.Fatalf("%d bytes are still taken after Close", tm.start-free)
		}
	})
}
