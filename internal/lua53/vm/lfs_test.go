package vm_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua53/chunk"
	layout "moonlet.example/moonlet/internal/lua53/layout/v4"
	"moonlet.example/moonlet/internal/lua53/lfs"
	"moonlet.example/moonlet/internal/lua53/vm"
	"moonlet.example/moonlet/internal/mem"
)

// compileImage compiles modules, name and source in turn.
func compileImage(t testing.TB, files ...string) *chunk.Image {
	t.Helper()
	tm := mustMachine(t, options{strip: 1})
	L := tm.State()
	im := &chunk.Image{Seed: 0x1234567, Timestamp: 1700000000}
	for i := 0; i < len(files); i += 2 {
		if L.LoadBytes([]byte(files[i+1]), "@"+files[i]+".lua", "t") != state.OK {
			msg, _ := L.ToString(-1)
			t.Fatal(msg)
		}
		var b bytes.Buffer
		if err := L.Dump(func(_ state.State, p []byte) error { b.Write(p); return nil }, 0); err != nil {
			t.Fatal(err)
		}
		L.SetTop(0)
		f, err := chunk.Decode(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		f.Main.Upvalues[0].InStack = 0
		im.Modules = append(im.Modules, chunk.Module{Name: files[i], Main: f.Main})
	}
	im.Collect("=main")
	return im
}

func storeOf(im *chunk.Image) []byte { return lfs.Build(vm.Model, im, storeBase).Data }

// call pushes a module of the store and calls it.
func callModule(L state.State, name string, nresults int) state.Status {
	L.PushString(name)
	if !L.PushLFSFunc() {
		return state.ErrRun
	}
	return L.PCall(0, nresults, 0)
}

func TestStore_Strings(t *testing.T) {
	im := compileImage(t, "words", "return 'a word of the store', 'a text of the store that is longer than forty bytes'")
	tm := mustMachine(t, options{store: storeOf(im)})
	L := tm.State()
	count := func() int { return tm.TotalBytes() }
	L.GC(state.GCStop, 0)
	before := count()
	for _, s := range []string{"a word of the store", "words", "while", "__index", "not enough memory", "_ENV"} {
		L.PushString(s)
	}
	if n := count() - before; n != 0 {
		t.Errorf("strings of the store take %d bytes of RAM", n)
	}
	L.PushString("a word of RAM")
	if count() == before {
		t.Error("another string takes nothing")
	}
	L.SetTop(0)
	L.GC(state.GCRestart, 0)
	if !L.PushStringsArray(true) {
		t.Fatal("no list of the store's strings")
	}
	L.Pop(1)
	c := L.LFSConfig()
	if !c.Loaded || c.Mapped != storeBase || int(c.Used) != len(storeOf(im)) || c.Timestamp != 1700000000 {
		t.Errorf("configuration %+v", c)
	}
	for range 5 { // nothing of the store is marked or freed
		L.GC(state.GCCollect, 0)
	}
	if err := tm.CheckHeap(); err != nil {
		t.Error(err)
	}
	if status := callModule(L, "words", 2); status != state.OK {
		t.Fatal(status)
	}
	if s, _ := L.ToString(-1); s != "a text of the store that is longer than forty bytes" {
		t.Errorf("the module returns %q", s)
	}
}

// TestStore_Functions runs code from the store: closures, upvalues, errors,
// coroutines, its dump.
func TestStore_Functions(t *testing.T) {
	im := compileImage(t,
		"counter", "local n = 10 return function(d) n = n + d return n end",
		"env", "shared = 'global' return _ENV == _G",
		"fails", "\n\nerror('from the store')",
		"generator", "return coroutine.wrap(function(...) for i = 1, 3 do coroutine.yield(i) end return 'end' end)")
	tm := mustMachine(t, options{store: storeOf(im)})
	out := tm.guard(func(L state.State) state.Status {
		for i := range 2 { // each call makes a closure of its own
			if callModule(L, "counter", 1) != state.OK {
				return state.ErrRun
			}
			L.PushInteger(5)
			L.Call(1, 1)
			if n, _ := L.ToInteger(-1); n != 15 {
				t.Errorf("call %d gives %d", i, n)
			}
		}
		if callModule(L, "env", 1); !L.ToBoolean(-1) {
			t.Error("the environment of a module is not the globals")
		}
		if status := callModule(L, "fails", 0); status != state.ErrRun {
			t.Errorf("status %d", status)
		}
		if msg, _ := L.ToString(-1); msg != "fails.lua:3: from the store" {
			t.Errorf("error %q", msg)
		}
		callModule(L, "generator", 1)
		for _, want := range []string{"1", "2", "3", "end"} {
			L.PushValue(-1)
			L.Call(0, 1)
			if s := string(L.ToLString(-1)); s != want {
				t.Errorf("the generator gives %q, want %q", s, want)
			}
			L.Pop(2)
		}
		L.PushString("counter")
		L.PushLFSFunc()
		var b bytes.Buffer
		if err := L.Dump(func(_ state.State, p []byte) error { b.Write(p); return nil }, -1); err != nil {
			t.Error(err)
		}
		if n := L.StripDebug(2); n != -1 {
			t.Errorf("stripping a function of the store gives %d", n)
		}
		return L.LoadBytes(b.Bytes(), "=again", "b")
	})
	if out.status != state.OK || out.fault != nil {
		t.Error(out)
	}
}

// TestStore_DamagedWord damages the byte by which the lexer knows a reserved word,
// in all ways.
func TestStore_DamagedWord(t *testing.T) {
	store := storeOf(compileImage(t, "m", "return 1"))
	at := bytes.Index(store, []byte("while\x00")) - layout.TStringSize + layout.TStringExtra
	reserved := store[at]
	for extra := range 256 {
		store[at] = byte(extra)
		tm := mustMachine(t, options{store: store, keep: true})
		for _, code := range []string{"while x do end", "x = while", "return {while = 1}", "local while"} {
			out := tm.guard(func(L state.State) state.Status { return L.LoadBytes([]byte(code), "=damaged", "t") })
			word := byte(extra) == 0 || extra > int(reserved)
			switch want := code == "while x do end"; {
			case out.fault != nil:
				t.Fatalf("extra byte %d: %s: %v", extra, code, out)
			case byte(extra) == reserved && (out.status == state.OK) != want,
				word && (out.status == state.OK) == want:
				t.Errorf("extra byte %d: %s: %v", extra, code, out)
			}
		}
		tm.space.Close()
	}
}

// TestStore_Circle dumps and strips a function that is inside itself: the chip's stack
// overflows, ours must not.
func TestStore_Circle(t *testing.T) {
	store := storeOf(compileImage(t, "m", "return function() return 1 end, function() return 2 end"))
	for name, use := range map[string]func(tm *testMachine, L state.State){
		"dump": func(_ *testMachine, L state.State) {
			L.Dump(func(state.State, []byte) error { return nil }, 0)
		},
		"dump with an error": func(_ *testMachine, L state.State) {
			if err := L.Dump(func(state.State, []byte) error { return io.ErrShortWrite }, 0); err == nil {
				t.Error("the error of the writer is lost")
			}
			panic(&mem.Fault{})
		},
		"strip": func(_ *testMachine, L state.State) { L.StripDebug(0) },
	} {
		tm := mustMachine(t, options{store: store, fuel: 1 << 40})
		m, base, size := tm.space.Mem(), mem.Addr(storeBase), (mem.Addr(len(store))+mem.PageSize-1)&^(mem.PageSize-1)
		L := tm.State()
		L.PushString("m")
		L.PushLFSFunc()
		p := m.Ptr(L.ToPointer(-1) + layout.LClosureP)
		if p < base || m.U32(p+layout.ProtoSizeP) != 2 {
			t.Fatal("this is not the function")
		}
		if err := tm.space.Map(base, size, mem.ReadWrite); err != nil {
			t.Fatal(err)
		}
		m.SetPtr(m.Ptr(p+layout.ProtoP), p)
		m.SetPtr(m.Ptr(p+layout.ProtoP)+4, p)
		m.SetU8(p+layout.GCObjectMarked, 0) // no longer in flash, it says
		out := tm.guard(func(L state.State) state.Status { use(tm, L); return state.OK })
		if out.fault == nil || out.hang != "" {
			t.Errorf("%s: %v", name, out)
		}
	}
}

// storeSeeds are images for the fuzzer.
func storeSeeds(t testing.TB) (all [][]byte) {
	for _, code := range []string{dumpSeeds[1], dumpSeeds[4], dumpSeeds[6], "return type(x) == 'userdata', 'thread', " + strings.Repeat("'text', ", 3) + "nil"} {
		im := compileImage(t, "m", code, "other", "return function(...) return ... end")
		all = append(all, chunk.EncodeImage(vm.Model, im, "=main", 0))
	}
	return all
}

// onStore is a program that has the compiler, the messages and the lists of a machine
// look at what is in its store.
const onStore = `
local code = [[local a, _ENV = 1, _ENV
local function f(x, ...) local t = {x, y = ..., [2.5] = 'text'} t.__index = x return t end
while not a do break end repeat local z = nil until true
for i = 1, 3 do if i < 2 and true then goto c elseif i == 3 or false then f(i) else a = #'x' .. i end ::c:: end
for k, v in pairs(f(0x10p1, "a\\x41\\u{20AC}")) do print(k, v, type(v), tostring(_G)) end
return function() return a // 1, setmetatable({}, {__add = f, __gc = f}) end]]
local words = 'and break do else elseif end false for function goto if in local nil not or ' ..
  'repeat return then true until while // .. ... == >= <= ~= << >> :: 1.5 7 name _ENV __index'
for w in words:gmatch('%S+') do
  for _, text in ipairs{w, 'local ' .. w, 'x = ' .. w, 'return {' .. w .. ' = 1}', w .. ' x ' .. w, '"' .. w} do
    local f, message = load(text, '=' .. w)
    if f then pcall(f) message = pcall(string.dump, f) end
  end
  _G[w], _G[#w] = w, w
end
local f = load(code)
if f then
  for strip = 0, 2 do
    local ok, s = pcall(string.dump, f, strip)
    if ok then load(s, 'dumped', 'b') end
  end
  pcall(f)
end
pcall(error, {}) pcall(function() local t = nil + x end) pcall(function() return missing.field.other end)
xpcall(function() error('deep', 2) end, debug.traceback)
for k, v in pairs(string) do if type(v) == 'function' then debug.getinfo(v, 'SlnuL') end end
collectgarbage()
return f and debug.traceback('end', 1)
`

// TestStore_Compiles holds that onStore gets to its end on a sound store.
func TestStore_Compiles(t *testing.T) {
	tm := mustMachine(t, options{heapBytes: 64 << 10, fuel: damagedFuel, store: storeOf(compileImage(t, "m", "return 1"))})
	out := tm.guard(func(L state.State) state.Status {
		if status := L.LoadBytes([]byte(onStore), "=on store", "t"); status != state.OK {
			return status
		}
		status := L.PCall(0, 1, 0)
		if s, _ := L.ToString(-1); status == state.OK && !strings.HasPrefix(s, "end") {
			t.Errorf("it returns %q", s)
		}
		return status
	})
	if out.status != state.OK || out.fuel || out.fault != nil {
		t.Error(out)
	}
	t.Log(tm.Used(), "units")
}

// FuzzStore runs modules of damaged images, and of stores in which a word of the
// flash memory has changed, and compiles on them. They may do anything to their
// machine; nothing may reach the host.
func FuzzStore(f *testing.F) {
	for _, b := range storeSeeds(f) {
		f.Add(b, uint16(0), uint32(0))
		f.Add(b, uint16(700), uint32(0xFFFFFFFF))
		file, err := chunk.Decode(b)
		if err != nil {
			f.Fatal(err)
		}
		store := storeOf(file.Image) // and one that knows more reserved words than there are
		at := bytes.Index(store, []byte("while\x00")) - layout.TStringSize + layout.TStringTT
		f.Add(b, uint16(at/4), binary.LittleEndian.Uint32(store[at:])|200<<16)
	}
	f.Fuzz(func(t *testing.T, image []byte, at uint16, word uint32) {
		file, err := chunk.Decode(image)
		if err != nil || file.Image == nil || file.Model != vm.Model {
			return
		}
		store := storeOf(file.Image)
		if i := 4 * int(at); i > 0 && i < len(store) {
			binary.LittleEndian.PutUint32(store[i:], word)
		}
		runStore(t, store, file.Image)
	})
}

// damagedHang is how long a damaged store may hold its machine up, damagedFuel how
// much work may be done on it.
const (
	damagedHang = time.Second
	damagedFuel = 400000
)

// startDamaged makes a machine with a store, nil if that is too damaged for Lua to
// start.
func startDamaged(t *testing.T, store []byte) (tm *testMachine) {
	defer mem.CatchFaults()()
	defer func() {
		if r := recover(); r != nil {
			// The address space is that of newMachine and goes with the test.
			if _, ok := r.(interface{ Addr() uintptr }); !ok {
				if _, ok := r.(*mem.Fault); !ok {
					panic(r)
				}
			}
			tm = nil
		}
	}()
	stop := func() bool { return true }
	defer func() { stop() }()
	tm, err := newMachine(t, options{heapBytes: 64 << 10, fuel: damagedFuel, store: store, hang: damagedHang,
		mapped: func(s *mem.Space) { // a chain of strings may be a circle
			stop = time.AfterFunc(damagedHang, func() { s.Revoke() }).Stop
		}})
	if err != nil || !stop() {
		return nil
	}
	return tm
}

// runStore calls all modules of a store and a program that compiles on it.
func runStore(t *testing.T, store []byte, im *chunk.Image) {
	tm := startDamaged(t, store)
	if tm == nil {
		return
	}
	tm.unprotected = true
	out := tm.guard(func(L state.State) state.Status {
		if status := tm.OpenLibs(); status != state.OK {
			return status
		}
		if L.LoadBytes([]byte(onStore), "=on store", "t") == state.OK {
			L.PCall(0, 0, 0)
		}
		for _, m := range im.Modules {
			L.SetTop(0)
			callModule(L, m.Name, 3)
			L.GC(state.GCCollect, 0)
		}
		lookAt(tm, L, im)
		return state.OK
	})
	if out.fault == nil && !out.fuel {
		tm.guard(func(state.State) state.Status { tm.Close(); return state.OK })
	}
}

// lookAt does what node.stripdebug, node.LFS and the commands that list a heap do.
func lookAt(tm *testMachine, L state.State, im *chunk.Image) {
	for _, m := range im.Modules {
		L.SetTop(0)
		L.PushString(m.Name)
		if L.PushLFSFunc() {
			L.Dump(func(state.State, []byte) error { return nil }, 0)
			L.StripDebug(2)
		}
	}
	tm.CallStack(nil)
	tm.RAMStrings()
	tm.WalkHeap(func(*machine.HeapObject) {})
	L.PushStringsArray(true)
}

// TestStore_DamagedLength: a string of gigabytes is a fault before anybody copies it.
func TestStore_DamagedLength(t *testing.T) {
	const long = "a text of the store that is longer than forty bytes"
	store := storeOf(compileImage(t, "m", "return '"+long+"'"))
	at := bytes.Index(store, []byte(long)) - layout.TStringSize + layout.TStringLngLen
	binary.LittleEndian.PutUint32(store[at:], 0x70000000)
	tm := mustMachine(t, options{store: store})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	out := tm.guard(func(L state.State) state.Status {
		callModule(L, "m", 1)
		L.ToString(-1)
		return state.OK
	})
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; out.fault == nil || n > 64<<20 {
		t.Errorf("%v, %d bytes were taken", out, n)
	}
}
