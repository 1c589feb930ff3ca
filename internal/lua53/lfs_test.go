package lua53_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"moonlet/internal/chunk"
	"moonlet/internal/lfs"
	"moonlet/internal/lua53"
	"moonlet/internal/mem"
	"moonlet/internal/state"
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

func storeOf(im *chunk.Image) []byte { return lfs.Build(lua53.Model, im, storeBase).Data }

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

// storeSeeds are images for the fuzzer.
func storeSeeds(t testing.TB) (all [][]byte) {
	for _, code := range []string{dumpSeeds[1], dumpSeeds[4], dumpSeeds[6], "return type(x) == 'userdata', 'thread', " + strings.Repeat("'text', ", 3) + "nil"} {
		im := compileImage(t, "m", code, "other", "return function(...) return ... end")
		all = append(all, chunk.EncodeImage(lua53.Model, im, "=main", 0))
	}
	return all
}

// FuzzStore runs modules of damaged images, and of stores in which a word of the
// flash memory has changed. They may do anything to their machine; nothing may
// reach the host.
func FuzzStore(f *testing.F) {
	for _, b := range storeSeeds(f) {
		f.Add(b, uint16(0), uint32(0))
		f.Add(b, uint16(700), uint32(0xFFFFFFFF))
	}
	f.Fuzz(func(t *testing.T, image []byte, at uint16, word uint32) {
		file, err := chunk.Decode(image)
		if err != nil || file.Image == nil || file.Model != lua53.Model {
			return
		}
		store := storeOf(file.Image)
		if i := 4 * int(at); i > 0 && i < len(store) {
			binary.LittleEndian.PutUint32(store[i:], word)
		}
		runStore(t, store, file.Image)
	})
}

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
	tm, err := newMachine(t, options{heapBytes: 64 << 10, fuel: 200000, store: store})
	if err != nil {
		return nil
	}
	return tm
}

// runStore calls all modules of a store.
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
		for _, m := range im.Modules {
			L.SetTop(0)
			callModule(L, m.Name, 3)
			L.GC(state.GCCollect, 0)
		}
		return state.OK
	})
	if out.fault == nil && !out.fuel {
		tm.guard(func(state.State) state.Status { tm.Close(); return state.OK })
	}
}
