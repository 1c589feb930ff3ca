package device_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/luac"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/storage"
	"moonlet.example/moonlet/internal/storage/flash"
)

const storeSize = 32 << 10

// makeImage compiles source files, name and text in turn, to an image.
func makeImage(t testing.TB, model num.Model, files ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	c, err := luac.NewCompiler(luac.Config{Model: model, Strip: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var mains []*chunk.Proto
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(dir, files[i]+".lua")
		if err := os.WriteFile(name, []byte(files[i+1]), 0o666); err != nil {
			t.Fatal(err)
		}
		p, err := c.File(name)
		if err != nil {
			t.Fatal(err)
		}
		mains = append(mains, p)
	}
	im, err := luac.Image(mains, 0x1234, 1700000000)
	if err != nil {
		t.Fatal(err)
	}
	return chunk.EncodeImage(model, im, luac.Source, 0)
}

// storeModule is a module with a store in a state directory.
func storeModule(t testing.TB, dir string, size int, cut func(op flash.Op) bool) *module {
	t.Helper()
	m := &module{t: t}
	var err error
	m.Device, err = device.New(device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: dir, Clock: sdk.NewVirtualClock(), Serial: &m.out, FastSerial: true, Seed: 1,
		LFSSize: size, PowerCut: cut,
		Report: func(e device.Event) { m.events = append(m.events, e) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func put(t testing.TB, dir, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, storage.FlashDir), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, storage.FlashDir, name), content, 0o666); err != nil {
		t.Fatal(err)
	}
}

// answer is what the console answers to a line that it echoes.
func (m *module) answer(line string) string {
	m.t.Helper()
	out := m.typed(line + "\n")
	got, ok := strings.CutPrefix(out, line+"\n")
	if !ok {
		m.t.Errorf("the echo of %q is missing: %q", line, out)
	}
	return got
}

func closeModule(t testing.TB, m *module) {
	t.Helper()
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

const application = `local M = {}
function M.greet(name) return "a greeting from the store to " .. name end
function M.kind(x) return type(x) end
return M
`

// TestStore moves an application from RAM to the store: its functions and strings
// take no heap there.
func TestStore(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "app.lua", []byte(application))
	put(t, dir, "app.img", makeImage(t, num.Int32Float32, "app", application, "_init", "return 'started'"))
	put(t, dir, "init.lua", []byte("function free() collectgarbage() collectgarbage() return node.heap() end"))
	m := storeModule(t, dir, storeSize, nil)
	defer closeModule(t, m)
	if got := m.boot(); got != "> " {
		t.Fatalf("the first boot prints %q", got)
	}
	check := func(line, want string) {
		t.Helper()
		if got := m.answer(line); got != want+"\n> " {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	check("=node.LFS.list(), node.LFS.app, node.LFS.time, node.LFS.config.lfs_used, debug.getstrings'ROM'", "nil\tnil\t0\t0\tnil")
	var empty, ram, loaded, flashed int
	value := func(line string) (n int) {
		t.Helper()
		if _, err := fmt.Sscan(m.answer(line), &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	empty = value("=free()")
	value("a = dofile'app.lua' print(a.greet'x' and 1)")
	ram = value("=free()")
	out := m.typed("node.LFS.reload'app.img'\n")
	if !strings.Contains(out, "\nErasing LFS from flash addr 0x090000 to 0x097fff\nLFS image loaded\n") {
		t.Errorf("the reload prints %q", out)
	}
	loaded = value("=free()")
	value("a = node.LFS.app() print(a.greet'x' and 1)")
	flashed = value("=free()")
	t.Logf("free heap: %d before, %d with the module in RAM, %d with an empty hand and a store, %d with the module in the store",
		empty, ram, loaded, flashed)
	if ramUse, flashUse := empty-ram, loaded-flashed; loaded <= empty || flashUse*2 > ramUse {
		t.Errorf("the module takes %d bytes from RAM and %d from the store", ramUse, flashUse)
	}
	check("=table.concat(node.LFS.list(), ' '), node.LFS.time, node.LFS.config.lfs_size, ('%x'):format(node.LFS.config.lfs_mapped)",
		"_init app\t1700000000\t32768\t40290000")
	check("=node.LFS._init(), node.flashindex'nothing', node.LFS.get'app'().kind(1)", "started\tnil\tnumber")
	check("=pcall(function() node.LFS.x = 1 end)", "false\tstdin:1: table is Readonly")
	check("=node.stripdebug(2, node.LFS.app)", "-1")
	check("=load(string.dump(node.LFS.app))().greet'you'", "a greeting from the store to you")
	check("package.loaders[3] = function(n) return node.LFS[n] end =1", "Lua error: \tstdin:1: unexpected symbol near '='")
	check("package.loaders[3] = function(n) return node.LFS[n] end file.remove'app.lua' print(require'app'.greet'z')", "a greeting from the store to z")
	check("for i = 1, 50 do collectgarbage('step', 100) end collectgarbage() print(a.greet'still')", "a greeting from the store to still")
}

// TestStore_InitString starts an application without any file.
func TestStore_InitString(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "app.img", makeImage(t, num.Int32Float32, "start", "print('started from flash')"))
	m := storeModule(t, dir, storeSize, nil)
	defer closeModule(t, m)
	m.boot()
	m.typed("node.startupcommand'!start' node.LFS.reload'app.img'\n")
	m.typed("node.restart()\n")
	if got := m.typed("node.startupcommand'!nobody' node.restart()\n"); !strings.Contains(got, "cannot load LFS.nobody\n") {
		t.Errorf("a start from a missing module prints %q", got)
	}
	if got := m.typed("node.startupcommand'!start' node.restart()\n"); !strings.Contains(got, "started from flash\n") {
		t.Errorf("a start from the store prints %q", got)
	}
}

// TestStore_Refused holds that files which are no image, or not one for this
// module, are refused before the store is touched.
func TestStore_Refused(t *testing.T) {
	dir := t.TempDir()
	good := makeImage(t, num.Int32Float32, "app", application)
	big := strings.Repeat("x = 'some text to fill the store, number ' .. 12345\n", 2000)
	files := map[string][]byte{
		"good.img": good, "cut.img": good[:len(good)-20], "wide.img": makeImage(t, num.Int64Float64, "app", application),
		"big.img": makeImage(t, num.Int32Float32, "app", big), "text.img": []byte(application), "empty.img": nil,
	}
	for name, content := range files {
		put(t, dir, name, content)
	}
	m := storeModule(t, dir, storeSize, nil)
	defer closeModule(t, m)
	m.boot()
	m.typed("node.LFS.reload'good.img'\n")
	before := storeFile(t, dir)
	for name := range files {
		if name == "good.img" {
			continue
		}
		got := m.answer("=node.LFS.reload'" + name + "'")
		if !strings.HasPrefix(got, "Moonlet: "+name+" cannot be loaded: ") {
			t.Errorf("%s: %q", name, got)
		}
	}
	for line, want := range map[string]string{
		"=node.LFS.reload'missing'": "No LFS partition allocated\n> ", // the firmware's words
		"=node.LFS.list()[1]":       "app\n> ",
	} {
		if got := m.answer(line); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	if !bytes.Equal(storeFile(t, dir), before) {
		t.Error("the store was touched")
	}
}

func storeFile(t testing.TB, dir string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "lfs-090000.bin"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestStore_NoPartition is a module whose build has no store.
func TestStore_NoPartition(t *testing.T) {
	m := start(t, "app.img", string(makeImage(t, num.Int32Float32, "app", application)))
	m.boot()
	if got := m.answer("=node.LFS.reload'app.img', node.LFS.list(), node.LFS.config.lfs_size"); got != "No LFS partition allocated\tnil\t0\n> " {
		t.Errorf("without a partition: %q", got)
	}
}

// TestStore_Partition moves the store with the application's own partition table,
// which a later start with another size in the configuration leaves alone.
func TestStore_Partition(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "app.img", makeImage(t, num.Int32Float32, "app", application))
	m := storeModule(t, dir, storeSize, nil)
	m.boot()
	m.typed("node.LFS.reload'app.img'\n")
	m.typed("node.setpartitiontable{lfs_addr = 0xA1000, lfs_size = 0x10000, spiffs_addr = 0x100000, spiffs_size = 0x100000}\n")
	m.boot()
	if got := m.answer("=node.LFS.list(), ('%x'):format(node.LFS.config.lfs_mapped)"); got != "nil\t402a1000\n> " {
		t.Errorf("at a new place: %q", got)
	}
	m.typed("node.LFS.reload'app.img'\n")
	closeModule(t, m)
	m = storeModule(t, dir, 2*storeSize, nil)
	defer closeModule(t, m)
	m.boot()
	if got := m.answer("=node.LFS.app().greet'you'"); got != "a greeting from the store to you\n> " {
		t.Errorf("after power-on: %q", got)
	}
	m.typed("node.setpartitiontable{lfs_addr = 0x100000, lfs_size = 0x10000, spiffs_addr = 0x180000}\n")
	m.boot()
	if got := m.answer("=node.LFS.list(), node.LFS.config.lfs_size"); got != "nil\t0\n> " {
		t.Errorf("outside of what the processor reads: %q", got)
	}
}

// TestStore_Damaged changes words of a store whose signature is right. The module may
// be reset again and again, as a board is; whoever runs it gets control back.
func TestStore_Damaged(t *testing.T) {
	base := t.TempDir()
	put(t, base, "app.img", makeImage(t, num.Int32Float32, "app", application))
	m := storeModule(t, base, storeSize, nil)
	m.boot()
	m.typed("node.LFS.reload'app.img'\n")
	closeModule(t, m)
	exceptions := 0
	for word := 1; word < 700; word += 23 {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(base)); err != nil {
			t.Fatal(err)
		}
		store := storeFile(t, dir)
		store[4*6] ^= 0x50 // the table of strings is somewhere else
		store[4*word+1] ^= 0x55
		if err := os.WriteFile(filepath.Join(dir, "lfs-090000.bin"), store, 0o666); err != nil {
			t.Fatal(err)
		}
		m := storeModule(t, dir, storeSize, nil)
		m.runFor(time.Second)
		exceptions += strings.Count(m.printed(), "Fatal exception")
		closeModule(t, m)
	}
	if exceptions == 0 {
		t.Error("no damage made an exception")
	}
	t.Logf("%d exceptions", exceptions)
}
