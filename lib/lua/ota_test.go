package lualib_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
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
  if not silent and node.LFS.get("ota")().good() then print("app VERSION good") end
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
	files := appFiles(t, port, version, "")
	files["main.lua"] = code + files["main.lua"]
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
	c.StoreBytes, c.Files, c.Flash, c.FlashBytes, c.Time = 96<<10, files, chip, 1<<20, moonlet.Virtual
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
		t.Run("Lua-"+edition, func(t *testing.T) {
			t.Parallel()
			test(t, edition)
		})
	}
}

// TestOTAUpdate installs one version after the other, from both files and over a redirection.
func TestOTAUpdate(t *testing.T) {
	eachEdition(t, func(t *testing.T, edition string) {
		s := serve(t, nil)
		m := otaModule(t, edition, copyChip(t, installed(t, edition, "", s)), nil)
		for version := 2; version <= 4; version++ {
			r := app(t, edition, s.port, version, "")
			s.change(func(c net.Conn, q rawRequest) {
				if strings.HasPrefix(q.path, "/app-") {
					fmt.Fprintf(c, "HTTP/1.1 302 Found\r\nLocation: /other%s\r\n\r\n", q.path)
					return
				}
				r.answer(c, q)
			})
			m.enter("node.restart()")
			m.expect(fmt.Sprintf("loading version %d", version))
			m.expect(fmt.Sprintf("app %d good", version))
			m.expect(fmt.Sprintf("check\tcurrent\tversion %d is up to date", version))
		}
		m.off()
	})
}

// TestOTADies lets the server's answers end after each byte of the description, of the image's head, and of more
// and more of the image: the old version runs on, and what has come is not asked for again. MOONLET_SOAK lets it
// end after each single byte of the image.
func TestOTADies(t *testing.T) {
	eachEdition(t, func(t *testing.T, edition string) {
		s := serve(t, nil)
		chip := installed(t, edition, "", s)
		r := app(t, edition, s.port, 2, "")
		at, headAt, piece, got, failed := 0, 0, 0, 0, ""
		step := 1
		if edition != "5.3" && !soaking() {
			step = 9
		}
		end := func(c net.Conn, text string, n int) {
			_, _ = io.WriteString(c, text[:n])
			if n%2 == 1 { // by a reset, when what was sent has been taken
				time.Sleep(2 * time.Millisecond)
				_ = c.(*net.TCPConn).SetLinger(0)
			}
		}
		s.change(func(c net.Conn, q rawRequest) {
			text := r.response(q)
			head := strings.Index(text, "\r\n\r\n") + 4
			if q.path == "/app.txt" {
				if at < len(text) {
					end(c, text, at)
					at += step
					return
				}
				r.answer(c, q)
				return
			}
			if from := strings.Trim(q.header("Range"), "bytes=-"); from != "" && from != fmt.Sprint(got) || from == "" && got > 0 {
				failed = fmt.Sprintf("it asks for the image from %q on, and has %d bytes", from, got)
			}
			switch {
			case headAt < head:
				end(c, text, headAt)
				headAt += step
			case got < len(r.image):
				if piece += step; soaking() {
					piece = 1
				}
				n := min(piece, len(r.image)-got)
				got += n
				_, _ = io.WriteString(c, text[:head+n])
			default:
				failed = "it asks for what it has"
			}
		})
		m := otaModule(t, edition, copyChip(t, chip), nil)
		for said := ""; !strings.Contains(said, "version 2 is there"); { // piece by piece, as Expect looks at all that it has not taken
			said = m.expect("check\t")
		}
		m.expect("app 2 good")
		m.expect("check\tcurrent")
		out := m.Output()
		if failed != "" || strings.Count(out, "NodeMCU ") > 3 && !soaking() || strings.Contains(out, "another hash") {
			t.Errorf("%s; it started %d times", failed, strings.Count(out, "NodeMCU "))
		}
		t.Logf("%d times in the description, %d in the head, %d bytes of the image in %d pieces", at, headAt, got, piece)
		m.off()
	})
}

// TestOTACases are the rest: what each says is what it is about.
func TestOTACases(t *testing.T) {
	eachEdition(t, func(t *testing.T, edition string) {
		s := serve(t, nil)
		chip := installed(t, edition, "", s)
		two := app(t, edition, s.port, 2, "")
		t.Run("full file system", func(t *testing.T) {
			s.change(release{"1", app(t, edition, s.port, 1, "").image}.answer)
			two := release{"2", image(t, edition, large(appFiles(t, s.port, 2, "")), 1_700_000_002)}
			m := otaModule(t, edition, copyChip(t, chip), nil)
			m.expect("check\tcurrent")
			m.enter(filler)
			m.expect("full\tnow")
			s.change(two.answer)
			m.enter("node.restart()")
			m.expect(fmt.Sprintf("version 2: the file system has no room for %d bytes", len(two.image)))
			m.enter(`print("one", file.exists("ota.a") ~= file.exists("ota.b")) file.remove("filler")`)
			m.expect("one\ttrue")
			m.enter("node.restart()")
			m.expect("app 2 good")
			m.off()
		})
		t.Run("no room for two", func(t *testing.T) {
			one := app(t, edition, s.port, 1, "")
			one.image = image(t, edition, keepless(t, s.port, 1), 1_700_000_001)
			files := otaFiles(t, edition, "")
			files["lfs.img"] = one.image
			s.change(one.answer)
			m, chip := newChip(t, edition, files, otaModule)
			m.expect("check\tcurrent")
			m.enter(filler)
			m.expect("full\tnow")
			s.change(release{"2", image(t, edition, keepless(t, s.port, 2), 1_700_000_002)}.answer)
			m.off()
			m = otaModule(t, edition, copyChip(t, chip), nil)
			m.expect("app 2 good")
			m.expect("check\tcurrent")
			bad := keepless(t, s.port, 3)
			bad["main.lua"] = `silent = true print "app 3" tmr.create():alarm(1000, tmr.ALARM_SINGLE, function() node.restart() end)`
			s.change(release{"3", image(t, edition, bad, 1_700_000_003)}.answer)
			m.enter("node.restart()")
			m.expect("version 3 does not work") // and there is nothing to go back to
			m.expect("app 3")
			m.off()
		})
		t.Run("images that look the same", func(t *testing.T) {
			same := release{"3", image(t, edition, appFiles(t, s.port, 3, ""), 1_700_000_001)}
			s.change(same.answer)
			m := otaModule(t, edition, copyChip(t, chip), nil)
			m.expect("app 3 good")
			m.expect("check\tcurrent")
			m.off()
		})
		t.Run("no crypto", func(t *testing.T) {
			s.change(two.answer)
			m := boardWith(t, moonlet.Config{Lua: edition, Modules: []string{"file", "net", "node", "tmr", "wifi"}}, copyChip(t, chip), nil)
			m.expect("app 1")
			m.expect("ota: the firmware has no SHA-256")
			m.expect("check\tfailed")
			m.off()
		})
		t.Run("notes are gone", func(t *testing.T) { // as behind damage of the file system: it begins anew
			s.change(two.answer)
			m := otaModule(t, edition, copyChip(t, chip), nil)
			m.enter(`for i = 0, 1 do file.putcontents("ota." .. i, ("\0\255\n"):rep(50)) end node.restart()`)
			m.expect("app 2 good")
			m.expect("check\tcurrent")
			m.off()
		})
		t.Run("store and image are gone", func(t *testing.T) {
			s.change(two.answer)
			m := otaModule(t, edition, copyChip(t, chip), nil)
			m.expect("app 1")
			m.enter(`file.putcontents("ota.a", "damaged") file.remove("ota.b") print(node.LFS.reload("ota.a"))`)
			m.expect("check\tcurrent")
			m.off()
		})
	})
}

// filler leaves little room in the file system.
const filler = `f = file.open("filler", "w") t = tmr.create() t:alarm(20, 1, function()
for i = 1, 8 do f:write(("x"):rep(1000)) end if file.fsinfo() < 44000 then f:close() t:unregister() print("full", "now") end end)`

// appFiles are the files of an image of the application.
func appFiles(t *testing.T, port, version int, options string) map[string]string {
	t.Helper()
	text := strings.NewReplacer("VERSION", fmt.Sprint(version), "PORT", fmt.Sprint(port), "OPTIONS", options).Replace(otaApp)
	files := map[string]string{"main.lua": text}
	for _, name := range []string{"ota", "otacheck", "fetch"} {
		files[name+".lua"] = source(t, name)
	}
	return files
}

// keepless are those of an application that keeps no old image.
func keepless(t *testing.T, port, version int) map[string]string {
	return large(appFiles(t, port, version, "keep = false, "))
}

// large adds 24 KB that cannot be compressed.
func large(files map[string]string) map[string]string {
	random := rand.New(rand.NewPCG(3, 4))
	text := "return '"
	for range 24 << 10 {
		text += string("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-+"[random.IntN(64)])
	}
	files["large.lua"] = text + "'\n"
	return files
}

// TestOTASoak checks very often, and the heap stays as it is.
func TestOTASoak(t *testing.T) {
	n := soak(100)
	for _, edition := range []string{"5.3", "5.1"} {
		t.Run("Lua-"+edition, func(t *testing.T) {
			r := release{"7", strings.Repeat("image", 100)}
			asked := 0
			s := serve(t, func(c net.Conn, q rawRequest) {
				if asked++; asked%5 == 0 {
					_, _ = io.WriteString(c, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
					return
				}
				r.answer(c, q)
			})
			script := strings.NewReplacer("PORT", fmt.Sprint(s.port), "TIMES", fmt.Sprint(n)).Replace(otaSoak)
			m := place{edition: edition, store: true}.module(t, map[string]string{"image": r.image}, script, "ota", "otacheck", "fetch")
			began := time.Now()
			out := finish(t, m)
			took := time.Since(began)
			t.Logf("%d checks in %v, %.0f/s; %s", n, took.Round(time.Millisecond), float64(n)/took.Seconds(), heapLine(out))
			if asked < n {
				t.Error("not all checks came")
			}
		})
	}
}

const otaSoak = `
package.loaders[3] = function(name) return node.LFS.get(name) end
ota = require "ota"
ota.say = function() end
check("adopted", ota.adopt("image", "7"), true)
local n, nextOne = 0, nil
local function done(result, why)
  if result ~= "current" and why ~= "no description: the server says 404" then print("WRONG", result, why) end
  if n == 100 or n == TIMES + 100 then return settled(n > 100 and "checks" or nil, nextOne) end
  node.task.post(nextOne)
end
function nextOne()
  n = n + 1
  if n > TIMES + 100 then return print "finished" end
  ota.check{ url = "http://server.lan:PORT/app.txt", done = done }
end
function online() nextOne() end
`
