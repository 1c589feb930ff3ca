package device_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/lua51/chunk"
	"moonlet.example/moonlet/internal/lua51/front"
	"moonlet.example/moonlet/internal/luac"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/storage/flash"
)

// builds51 are the editions with their numbers.
var builds51 = map[string]chunk.Numbers{"5.1": chunk.Float, "5.1-int": chunk.Integer}

// makeImage51 compiles source files, name and text in turn, to an image.
func makeImage51(t testing.TB, n chunk.Numbers, files ...string) []byte {
	t.Helper()
	c, err := front.New()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var mains []*chunk.Proto
	for i := 0; i < len(files); i += 2 {
		p, err := c.Compile(n, "@"+files[i]+".lua", strings.NewReader(files[i+1]), 1)
		if err != nil {
			t.Fatal(err)
		}
		mains = append(mains, p)
	}
	im, err := luac.Image51(n, mains, 1700000000)
	if err != nil {
		t.Fatal(err)
	}
	data, err := im.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// storeModule51 is a module with Lua 5.1 and a store in a state directory.
func storeModule51(t testing.TB, lua, dir string, cut func(op flash.Op) bool) *module {
	t.Helper()
	m := &module{t: t}
	var err error
	m.Device, err = device.New(device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: dir, Clock: sdk.NewVirtualClock(), Serial: &m.out, FastSerial: true, Seed: 1,
		LFSSize: storeSize, PowerCut: cut, Build: firmware.Build{Lua: lua},
		Report: func(e device.Event) { m.events = append(m.events, e) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// app51 has a function for the store.
const app51 = `local M = {}
function M.greet(name) return "a greeting from the store to " .. name end
return M
`

// TestStore51 moves an application into the store of both builds.
func TestStore51(t *testing.T) {
	for lua, numbers := range builds51 {
		t.Run(lua, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, "app.lua", []byte(app51))
			put(t, dir, "app.img", makeImage51(t, numbers, "app", app51, "_init", "return 'started', ..."))
			m := storeModule51(t, lua, dir, nil)
			defer closeModule(t, m)
			m.runFor(time.Second)
			if got := m.printed(); !strings.HasPrefix(got, "No LFS image loaded\n") {
				t.Errorf("the first start prints %q", got)
			}
			check := func(line, want string) {
				t.Helper()
				if got := m.answer(line); got != want+"\n> " {
					t.Errorf("%s: %q, want %q", line, got, want)
				}
			}
			check("=node.LFS.list(), node.LFS.app, node.LFS.time, node.LFS.config.lfs_used", "nil\tnil\tnil\t0")
			out := m.typed("node.LFS.reload'app.img'\n")
			if !strings.Contains(out, "LFS region updated.  Restarting.") {
				t.Errorf("loading prints %q", out)
			}
			m.runFor(5 * time.Second)
			m.printed()
			if e := m.events[len(m.events)-1]; e.Kind != device.Rebooted || e.Reset.Reason != 3 {
				t.Errorf("the watchdog does not reset the module: %+v", e)
			}
			check("=table.concat(node.LFS.list(), ' '), node.LFS.time, node.LFS.config.lfs_size", "_init app\t1700000000\t32768")
			check("=node.LFS._init(1), node.flashindex'nothing', type(node.LFS.get'app')", "started\tnil\tfunction")
			check("=node.LFS.app().greet'you', loadstring(string.dump(node.LFS.app))().greet'me'", "a greeting from the store to you\ta greeting from the store to me")
			check("=#debug.getstrings'ROM' > 5, node.flashindex('_init')()", "true\tstarted")
			check("package.loaders[3] = function(n) return node.LFS[n] end file.remove'app.lua' print(require'app'.greet'z')", "a greeting from the store to z")
			check("for i = 1, 50 do collectgarbage('step', 100) end collectgarbage() print(node.LFS.app().greet'still')", "a greeting from the store to still")
			m.typed("node.startupcommand'!app' node.restart()\n")
			check("=node.LFS.time", "1700000000")
		})
	}
}

// damaged51 are files that a module for Lua 5.1 refuses, with its messages.
func damaged51(t *testing.T) map[string]struct {
	data []byte
	want string
} {
	good := makeImage51(t, chunk.Float, "app", app51)
	change := func(at int, b byte) []byte {
		data := bytes.Clone(good)
		data[(at+len(data))%len(data)] ^= b
		return data
	}
	less := bytes.Clone(good)
	length := binary.LittleEndian.Uint32(less[len(less)-4:])
	binary.LittleEndian.PutUint32(less[len(less)-4:], length-4)
	var big []string
	for i := range 12 {
		big = append(big, fmt.Sprint("m", i), strings.Repeat(fmt.Sprintf("x = 'text of module %d' .. 12345\n", i), 400))
	}
	return map[string]struct {
		data []byte
		want string
	}{
		"small.img": {good[:190], "read error on LFS image file"},
		"cut.img":   {good[:len(good)-20], "read error on LFS image file"},
		"text.img":  {[]byte(strings.Repeat("-- no image\n", 40)), "read error on LFS image file"},
		"sum.img":   {change(-6, 1), "checksum error on LFS image file"},
		"int.img":   {makeImage51(t, chunk.Integer, "app", app51, "more", app51), "Incorrect LFS build type"},
		"big.img":   {makeImage51(t, chunk.Float, big...), "LFS Image too big for configured LFS region"},
		"long.img":  {change(-1, 0x10), "checksum error on LFS image file"},
		"less.img":  {less, "LFS length mismatch"},
	}
}

// TestStore51_Refused holds that what is no image for this module is refused with the firmware's words, before the store
// is touched and with all memory given back.
func TestStore51_Refused(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "good.img", makeImage51(t, chunk.Float, "app", app51))
	files := damaged51(t)
	for name, f := range files {
		put(t, dir, name, f.data)
	}
	m := storeModule51(t, "5.1", dir, nil)
	defer closeModule(t, m)
	m.runFor(time.Second)
	m.typed("node.LFS.reload'good.img'\n")
	m.runFor(5 * time.Second)
	m.printed()
	before := storeFile(t, dir)
	const free = "=collectgarbage() and node.heap()"
	m.answer(free)
	heap := m.answer(free)
	for name, f := range files {
		if got := m.answer("=node.LFS.reload'" + name + "'"); got != f.want+"\n> " {
			t.Errorf("%s: %q, want %q", name, got, f.want)
		}
		told := false
		for _, e := range m.events {
			told = told || e.Kind == device.StoreRefused && strings.Contains(e.Text, f.want)
		}
		if !told {
			t.Errorf("%s: the user is not told", name)
		}
	}
	if got := m.answer("=node.flashreload'missing'"); !strings.HasSuffix(got, "LFS image file not found\n> ") || !strings.Contains(got, "node.flashreload") {
		t.Errorf("no file: %q", got)
	}
	if got := m.answer(free); got != heap {
		t.Errorf("%s bytes are free, %s were before", got, heap)
	}
	m.answer("t = {} for i = 1, 230 do t[i] = ('x'):rep(100) .. i end")
	if got := m.answer("=node.LFS.reload'good.img'"); got != "Memory allocation error\n> " {
		t.Errorf("without memory: %q", got)
	}
	if !bytes.Equal(storeFile(t, dir), before) {
		t.Error("the store was touched")
	}
	if got := m.answer("=node.LFS.list()[1]"); got != "app\n> " {
		t.Errorf("the store has %q", got)
	}
}

// TestStore51_Other starts modules with stores that are not theirs: nothing is lost, and the user is told.
func TestStore51_Other(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "app.img", makeImage51(t, chunk.Integer, "app", app51))
	m := storeModule51(t, "5.1-int", dir, nil)
	m.runFor(time.Second)
	m.typed("node.LFS.reload'app.img'\n")
	m.runFor(5 * time.Second)
	closeModule(t, m)
	before := storeFile(t, dir)
	for _, c := range []struct{ lua, printed, told string }{
		{"5.1", "Flash sig not correct: 0xfafaa152 vs 0xfafaa154\n", "it was made for the integer build of Lua 5.1, and the module has Lua 5.1"},
		{"5.3", "", "was made for Lua 5.1, and the module has Lua 5.3"},
		{"5.1-int", "\n", ""},
	} {
		m := storeModule51(t, c.lua, dir, nil)
		m.runFor(time.Second)
		if got := m.printed(); !strings.HasPrefix(got, c.printed) {
			t.Errorf("%s prints %q", c.lua, got)
		}
		told := ""
		for _, e := range m.events {
			told += e.Text
		}
		if !strings.Contains(told, c.told) || c.told == "" && told != "" {
			t.Errorf("%s: the user is told %q", c.lua, told)
		}
		closeModule(t, m)
		if !bytes.Equal(storeFile(t, dir), before) {
			t.Fatalf("%s: the store was touched", c.lua)
		}
	}
}

// TestStore51_PowerCut cuts the power before each operation of the flash chip while an image is loaded: the next start
// is clean, the store is empty, the old one or the new one, no file is lost, and the image can be loaded again.
func TestStore51_PowerCut(t *testing.T) {
	oldImage := makeImage51(t, chunk.Float, "app", "return 'old'", "more", strings.Repeat("print'x'\n", 300))
	newImage := makeImage51(t, chunk.Float, "app", "return 'new'", "other", strings.Repeat("print'y' ", 600))
	step := 97 // of about 2,000 operations
	if os.Getenv("MOONLET_LONG") != "" {
		step = 1
	}
	for _, s := range storeScenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			base := t.TempDir()
			put(t, base, "old.img", oldImage)
			put(t, base, "new.img", newImage)
			put(t, base, "data.txt", []byte("precious"))
			if s.old {
				m := storeModule51(t, "5.1", base, nil)
				m.runFor(time.Second)
				m.typed("node.LFS.reload'old.img'\n")
				m.runFor(5 * time.Second)
				closeModule(t, m)
			}
			ops, count := 0, map[string]int{}
			if whole := cut51(t, base, func(flash.Op) bool { ops++; return false }); whole != "new" {
				t.Fatalf("without a cut the store has %q", whole)
			}
			for k := 0; k < ops; k += step {
				n := 0
				count[cut51(t, base, func(flash.Op) bool { n++; return n-1 == k })]++
				if t.Failed() {
					t.Fatalf("at operation %d of %d", k, ops)
				}
			}
			t.Logf("%d operations, the power cut before each: the store was %v", ops, count)
			if s.old && count["old"] == 0 || count["empty"] == 0 {
				t.Errorf("the store was %v", count)
			}
		})
	}
}

// cut51 loads an image in a copy of a state directory, lets the power be cut, and tells what is in the store afterwards.
func cut51(t *testing.T, base string, cut func(flash.Op) bool) (found string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(base)); err != nil {
		t.Fatal(err)
	}
	m := storeModule51(t, "5.1", dir, cut)
	m.runFor(200 * time.Millisecond)
	m.Feed([]byte("node.LFS.reload'new.img'\n"))
	m.runFor(8 * time.Second)
	m.printed()
	found = inStore(t, m)
	closeModule(t, m)
	m = storeModule51(t, "5.1", dir, nil)
	defer closeModule(t, m)
	m.runFor(200 * time.Millisecond)
	m.printed()
	if again := inStore(t, m); again != found {
		t.Errorf("the store was %q, and after power-on %q", found, again)
	}
	if got := quick(m, "=file.getcontents'data.txt', file.stat'old.img'.size, file.stat'new.img'.size\n"); !strings.HasPrefix(got, "precious\t") {
		t.Errorf("files: %q", got)
	}
	m.Feed([]byte("node.LFS.reload'new.img'\n"))
	m.runFor(8 * time.Second)
	m.printed()
	if got := inStore(t, m); got != "new" {
		t.Errorf("loaded again, the store has %q", got)
	}
	return found
}

// TestStore51_Damaged changes words of a store whose signature is right: the module may be reset again and again, as a
// board is; whoever runs it gets control back.
func TestStore51_Damaged(t *testing.T) {
	base := t.TempDir()
	put(t, base, "app.img", makeImage51(t, chunk.Float, "app", app51, "_init", "local n = 0 for i = 1, 10 do n = n + i * 1.5 end print(n)"))
	put(t, base, "init.lua", []byte("node.LFS._init() print(node.LFS.app().greet'x', #node.LFS.list())"))
	m := storeModule51(t, "5.1", base, nil)
	m.runFor(time.Second)
	m.typed("node.LFS.reload'app.img'\n")
	m.runFor(5 * time.Second)
	closeModule(t, m)
	words := int(binary.LittleEndian.Uint32(storeFile(t, base)[4:])) / 4
	step := 3
	if testing.Short() {
		step = 29
	}
	exceptions := 0
	for word := 2; word < words; word += step {
		for _, bit := range []byte{1, 0x40} {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(base)); err != nil {
				t.Fatal(err)
			}
			store := storeFile(t, dir)
			store[4*word+word%4] ^= bit
			if err := os.WriteFile(filepath.Join(dir, "lfs-090000.bin"), store, 0o666); err != nil {
				t.Fatal(err)
			}
			m := storeModule51(t, "5.1", dir, nil)
			m.runFor(2 * time.Second)
			exceptions += strings.Count(m.printed(), "Fatal exception")
			for _, e := range m.events {
				if e.Kind == device.Bug {
					t.Errorf("word %d: %s", word, e.Text)
				}
			}
			closeModule(t, m)
		}
	}
	if exceptions == 0 {
		t.Error("no damage made an exception")
	}
	t.Logf("%d words, %d exceptions", words, exceptions)
}

// FuzzStore51 runs modules with images and with stores that nobody made: what is refused has a reason, what is not may
// reset the chip, and Moonlet has no fault and comes to its end.
func FuzzStore51(f *testing.F) {
	image := makeImage51(f, chunk.Float, "app", app51, "_init", "local n = 0 for i = 1, 10 do n = n + i * 1.5 end print(n)")
	f.Add(image, false)
	f.Add(image[:len(image)-9], false)
	f.Add(makeImage51(f, chunk.Integer, "app", app51), false)
	base := f.TempDir()
	put(f, base, "app.img", image)
	m := storeModule51(f, "5.1", base, nil)
	m.runFor(time.Second)
	m.Feed([]byte("node.LFS.reload'app.img'\n"))
	m.runFor(5 * time.Second)
	closeModule(f, m)
	store := storeFile(f, base)
	store = store[:binary.LittleEndian.Uint32(store[4:])]
	f.Add(store, true)
	for _, word := range []int{2, 3, 4, 5, 20, 60, len(store)/4 - 18, len(store)/4 - 1} {
		damaged := bytes.Clone(store)
		damaged[4*word] ^= 0x14
		f.Add(damaged, true)
	}
	f.Fuzz(func(t *testing.T, data []byte, isStore bool) {
		if len(data) > storeSize {
			return
		}
		dir := t.TempDir()
		put(t, dir, "init.lua", []byte("if node.LFS.time then node.LFS._init() print(node.LFS.app().greet'x', #node.LFS.list()) end"))
		if isStore {
			whole := bytes.Repeat([]byte{0xFF}, storeSize)
			copy(whole, data)
			if err := os.WriteFile(filepath.Join(dir, "lfs-090000.bin"), whole, 0o666); err != nil {
				t.Fatal(err)
			}
		} else {
			put(t, dir, "app.img", data)
		}
		m := storeModule51(t, "5.1", dir, nil)
		defer func() {
			closeModule(t, m)
			for _, e := range m.events {
				if e.Kind == device.Bug {
					t.Fatal(e.Text, e.Traceback)
				}
			}
		}()
		m.runFor(500 * time.Millisecond)
		if !isStore {
			m.Feed([]byte("=node.LFS.reload'app.img'\n"))
			m.runFor(5 * time.Second)
		}
	})
}
