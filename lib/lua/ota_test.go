package lualib_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
)

// otaInit is the init.lua of a module that is updated.
const otaInit = `
package.loaders[3] = function(name) return node.LFS.get(name) end
dofile("ota.lc").boot(OPTIONS)
local main = node.LFS.get("main")
if main then main() else print("no app") end
`

// otaApp is an application that is updated: it says good when it is online.
const otaApp = `
print("app VERSION")
wifi.setmode(wifi.STATION, false)
wifi.sta.config{ ssid = "home", save = false }
local function check()
  node.LFS.get("ota")().check{ url = "http://server.lan:PORT/app.txt", name = "app", OPTIONS done = function(result, why)
    print("check", result, why, node.heap())
    if result == "failed" then tmr.create():alarm(10000, tmr.ALARM_SINGLE, check) end
  end }
end
wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function()
  if node.LFS.get("ota")().good() then print("app VERSION good") end
  check()
end)
`

// shortApp is an application whose server is a file, by shortFetch.
const shortApp = `
print("app VERSION")
local ota = dofile "ota.lc"
local function check()
  ota.check{ url = "x", done = function(result, why)
    print("check", result, why)
    if result == "failed" then tmr.create():alarm(1000, tmr.ALARM_SINGLE, check) end
  end }
end
tmr.create():alarm(100, tmr.ALARM_SINGLE, function()
  if ota.good() then print("app VERSION good") end
  check()
end)
`

// shortFetch stands for fetch where each step is to be tried often: the server is in files.
const shortFetch = `
local M = {}
function M.join(url, to) return to == "" and url or to end
function M.get(url, o, done)
  node.task.post(function() done(200, {}, file.getcontents("v" .. file.getcontents("serve") .. ".txt")) end)
end
function M.request(o)
  local at, size, r = o.from, file.stat(o.url).size, {}
  function r:stop() at = nil o.done(nil, "stopped") end
  local function step()
    if at == size then return o.done(200, {}) end
    local f = file.open(o.url)
    f:seek("set", at)
    local piece = f:read(1000)
    f:close()
    at = at + #piece
    o.on.data(piece, r)
    if at then node.task.post(step) end
  end
  node.task.post(function()
    o.on.head(at > 0 and 206 or 200, { ["content-range"] = ("bytes %d-%d/%d"):format(at, size - 1, size) }, r)
    if at then step() end
  end)
end
return M
`

// release is a version of the application that a server has.
type release struct{ version, image string }

// describe is the description of a release.
func (u release) describe() string {
	return fmt.Sprintf("name app\nversion %s\nsize %d\nsha256 %x\nimage app-%s.img\n", u.version, len(u.image), sha256.Sum256([]byte(u.image)), u.version)
}

// answer answers as a good server does, also parts of the image.
func (u release) answer(c net.Conn, q rawRequest) { _, _ = io.WriteString(c, u.response(q)) }

func (u release) response(q rawRequest) string {
	switch {
	case q.path == "/app.txt":
		d := u.describe()
		return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(d), d)
	case strings.HasPrefix(q.header("Range"), "bytes="):
		from, _ := strconv.Atoi(strings.Trim(q.header("Range"), "bytes=-"))
		if from >= len(u.image) {
			return "HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n"
		}
		rest := u.image[from:]
		return fmt.Sprintf("HTTP/1.1 206 Partial\r\nContent-Range: bytes %d-%d/%d\r\nContent-Length: %d\r\n\r\n%s", from, len(u.image)-1, len(u.image), len(rest), rest)
	}
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(u.image), u.image)
}

// app is the application in another version; code is put in front of it.
func app(t *testing.T, edition string, port, version int, code string) release {
	t.Helper()
	text := code + strings.NewReplacer("VERSION", fmt.Sprint(version), "PORT", fmt.Sprint(port), "OPTIONS", "").Replace(otaApp)
	files := map[string]string{"main.lua": text}
	for _, name := range []string{"ota", "otacheck", "fetch"} {
		files[name+".lua"] = source(t, name)
	}
	return release{fmt.Sprint(version), image(t, edition, files, int64(1_700_000_000+version))}
}

// short is the short application in another version.
func short(t *testing.T, edition string, version int) release {
	t.Helper()
	text := strings.ReplaceAll(shortApp, "VERSION", fmt.Sprint(version))
	return release{fmt.Sprint(version), image(t, edition, map[string]string{"main.lua": text}, int64(1_700_000_000+version))}
}

// otaFiles are the files of a module.
func otaFiles(t *testing.T, edition, options string) map[string]string {
	return map[string]string{
		"init.lua": strings.Replace(otaInit, "OPTIONS", options, 1),
		"ota.lc":   compiled(t, edition, "ota.lua", source(t, "ota")),
	}
}

// board is a module on a whole chip, whose image is a file.
type board struct {
	*moonlet.Module
	t *testing.T
}

// otaModule makes a module on a chip, which may be there already: then there are no files for it.
func otaModule(t *testing.T, edition, chip string, files map[string]string, opts ...moonlet.Option) *board {
	return boardWith(t, moonlet.Config{Lua: edition}, chip, files, opts...)
}

// shortHeap is the heap of modules with otacheck in a file, so that their images are small. With the default
// one the check has 13 KB in pieces of less than 2 KB.
const shortHeap = 59_000

// shortModule is otaModule for the short application.
func shortModule(t *testing.T, edition, chip string, files map[string]string, opts ...moonlet.Option) *board {
	return boardWith(t, moonlet.Config{Lua: edition, HeapBytes: shortHeap}, chip, files, opts...)
}

func boardWith(t *testing.T, c moonlet.Config, chip string, files map[string]string, opts ...moonlet.Option) *board {
	t.Helper()
	c.StoreBytes, c.Files, c.Flash, c.FlashBytes, c.Time = 64<<10, files, chip, 1<<20, moonlet.Virtual
	c.Network.Hosts = map[string]string{"server.lan": "127.0.0.1"}
	if files == nil {
		opts = append(opts, moonlet.NoUpload())
	}
	m, err := moonlet.New(c, append(opts, moonlet.FastSerial(), moonlet.OnEvent(func(e moonlet.Event) {
		if e, ok := e.(moonlet.OutOfMemory); ok {
			t.Log(e)
		}
	}))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return &board{m, t}
}

// expect waits for a text and returns what came before.
func (b *board) expect(text string) string {
	b.t.Helper()
	before, err := b.Expect(text, 20*time.Minute)
	if err != nil {
		b.t.Fatalf("%q does not come: %v\n%s", text, err, b.LastLines(60))
	}
	return before
}

// enter types a line.
func (b *board) enter(line string) {
	b.t.Helper()
	if err := b.Enter(line); err != nil {
		b.t.Fatal(err)
	}
}

// off lets what was typed happen, and ends the module.
func (b *board) off() {
	b.t.Helper()
	if err := b.RunFor(time.Second); err != nil {
		b.t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		b.t.Fatal(err)
	}
}

// installed is the image of a chip on which version 1 is installed.
func installed(t *testing.T, edition, options string, s *rawServer) string {
	t.Helper()
	one := app(t, edition, s.port, 1, "")
	s.change(one.answer)
	files := otaFiles(t, edition, options)
	files["lfs.img"] = one.image
	m, chip := newChip(t, edition, files, otaModule)
	m.expect("check\tcurrent")
	m.off()
	s.asked()
	return chip
}

// newChip makes a chip with an image in lfs.img, which it takes as its first one.
func newChip(t *testing.T, edition string, files map[string]string, module func(t *testing.T, edition, chip string, files map[string]string, opts ...moonlet.Option) *board) (*board, string) {
	t.Helper()
	chip := filepath.Join(t.TempDir(), "base.bin")
	m := module(t, edition, chip, files)
	m.expect("no app")
	m.enter("print(dofile('ota.lc').adopt('lfs.img', '1'))")
	m.expect("true")
	m.enter("node.restart()")
	m.expect("app 1")
	return m, chip
}

// installedShort is the image of a chip on which the short application is installed, with its server in files,
// which has version 2 now.
func installedShort(t *testing.T, edition string) string {
	t.Helper()
	files := otaFiles(t, edition, "")
	for _, version := range []int{1, 2} {
		r := short(t, edition, version)
		files[fmt.Sprintf("v%d.txt", version)], files[fmt.Sprintf("app-%d.img", version)] = r.describe(), r.image
	}
	files["lfs.img"], files["serve"] = files["app-1.img"], "1"
	files["fetch.lc"] = compiled(t, edition, "fetch.lua", shortFetch)
	files["otacheck.lc"] = compiled(t, edition, "otacheck.lua", source(t, "otacheck"))
	m, chip := newChip(t, edition, files, shortModule)
	m.expect("check\tcurrent")
	m.enter("file.putcontents('serve', '2')")
	m.off()
	return chip
}

// copyChip copies the image of a chip.
func copyChip(t *testing.T, from string) string {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "chip.bin")
	if err := os.WriteFile(to, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return to
}

func eachEdition(t *testing.T, test func(t *testing.T, edition string)) {
	for _, edition := range editions {
		t.Run("Lua-"+edition, func(t *testing.T) { test(t, edition) })
	}
}

func TestOTAUpdate(t *testing.T) {
	eachEdition(t, func(t *testing.T, edition string) {
		s := serve(t, nil)
		chip := installed(t, edition, "", s)
		s.change(app(t, edition, s.port, 2, "").answer)
		ops := 0
		m := otaModule(t, edition, copyChip(t, chip), nil, moonlet.CutPowerWhen(func(moonlet.FlashOp) bool { ops++; return false }))
		m.expect("app 1")
		m.expect("app 2 good")
		m.expect("check\tcurrent")
		t.Log(ops, m.Output())
	})
}

func TestOTAShort(t *testing.T) {
	eachEdition(t, func(t *testing.T, edition string) {
		chip := installedShort(t, edition)
		ops := 0
		m := shortModule(t, edition, copyChip(t, chip), nil, moonlet.CutPowerWhen(func(moonlet.FlashOp) bool { ops++; return false }))
		m.expect("app 1")
		m.expect("app 2 good")
		m.expect("check\tcurrent")
		t.Log(ops, m.Output())
	})
}
