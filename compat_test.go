package moonlet_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/compat"
	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/lint"
	"moonlet.example/moonlet/moonlettest"
)

// oldPrograms are programs for Lua 5.1 on older firmware, by the names of their files. init.lua is run.
var oldPrograms = map[string]map[string]string{
	"timers": {"init.lua": `
local n = 0
tmr.alarm(0, 100, 1, function()
  n = n + 1
  print("zero", n)
  if n == 3 then tmr.stop(0) dofile "other.lua" end
end)
tmr.register(1, 50, tmr.ALARM_SEMI, function() print("one") end)
print(tmr.start(1), tmr.interval(1, 70), (tmr.state(2)), (tmr.state(1)))
tmr.alarm(5, 30, 0, function() print("five") end)
`, "other.lua": `
for id = 2, 3 do tmr.alarm(id, 10 * id, 0, function() print("timer", id) end) end
tmr.alarm(3, 200, 0, function() print("instead of it") tmr.unregister(1) print(tmr.stop(1)) end)
`},
	"modules": {"init.lua": `
local a, b, c = require "a", require "b", require "c"
print(a.add(1, 2), a == _G.a, package.loaded.a == a, add, a._NAME)
print(b.twice(4), twice, b.print)
print(c.count(), c.count(), counter)
`, "a.lua": `module(..., package.seeall)
function add(x, y) return plus(x, y) end
function plus(x, y) return x + y end
`, "b.lua": `module("b", package.seeall)
function twice(x) return 2 * x end
`, "c.lua": `local M = {}
local print, tostring = print, tostring
setfenv(1, M)
counter = 0
function count() counter = counter + 1 return counter, tostring(counter) end
return M
`},
	"language": {"init.lua": `
local function sum(...)
  local s = 0
  for i = 1, arg.n do s = s + arg[i] end
  return s, table.getn(arg), #arg
end
print(sum(1, 2, 3), sum())
print(unpack({ 4, 5, 6 }, 2))
print(loadstring("return ...")(7))
for w in string.gfind("one two", "%a+") do print(w) end
table.foreachi({ "x", "y" }, print)
table.foreach({ a = 1 }, function(k, v) print(k, v) end)
table.foreachi({ 1, 2, 3 }, function(i, v) print(i) if v == 2 then return v end end)
print(("a-b"):find("\-"), "\065\/", #"\\x")
local e = getfenv()
print(e == _G, e.print == print, gcinfo() > 1)
print(table.getn({ 1, 2 }) ^ 2 > 3.9, 2 ^ table.getn({ 1, 2, 3 }) < 8.1)
`},
	"firmware": {"init.lua": `
print(cjson.encode({ 1, "two" }), cjson.decode('{"a": [true]}').a[1])
print(crypto.toHex("\1\254"), crypto.toBase64("abc"))
wifi.setmode(wifi.STATION, false)
wifi.sta.config("Moonlet", "")
tmr.alarm(6, 100, 1, function()
  if not wifi.sta.getip() then return end
  tmr.stop(6)
  print("connected", (wifi.sta.getip()))
  server = net.createServer(net.TCP, 30)
  server:listen(80, function(c) c:on("receive", function(c, s) c:send(s:upper()) end) end)
  local c = net.createConnection(net.TCP, 0)
  c:on("receive", function(c, s) print("got", s) c:close() end)
  c:on("connection", function(c) c:send("hello") end)
  c:connect(80, (wifi.sta.getip()))
  c = nil
end)
`},
}

// programRun is what a module that runs a program prints in a minute, without its banner.
func programRun(t *testing.T, c moonlet.Config, files map[string]string) string {
	t.Helper()
	c.Files = files
	m := moonlettest.New(t, c)
	m.Run(time.Minute)
	out := strings.ReplaceAll(m.Output(), "\r\n", "\n")
	out = banner.ReplaceAllString(out, "NodeMCU …\n")
	return addresses.ReplaceAllString(strings.ReplaceAll(out, "> ", ""), "0x…")
}

var (
	banner    = regexp.MustCompile(`(?s)NodeMCU [^\n]*built with.*? powered by [^\n]*\n`)
	addresses = regexp.MustCompile(`0x[0-9a-f]{8}`)
)

// today rewrites the files of an application.
func today(t *testing.T, files map[string]string) map[string]string {
	t.Helper()
	var list []compat.File
	for _, name := range sorted(files) {
		list = append(list, compat.File{Path: name, Data: []byte(files[name])})
	}
	results, err := compat.Rewrite(list, compat.Options{})
	if err != nil {
		t.Fatal(err)
	}
	to := map[string]string{}
	for i, r := range results {
		to[list[i].Path] = string(r.Text)
	}
	return to
}

func sorted(m map[string]string) (names []string) {
	for _, name := range []string{"init.lua"} {
		if _, ok := m[name]; ok {
			names = append(names, name)
		}
	}
	for name := range m {
		if name != "init.lua" {
			names = append(names, name)
		}
	}
	return names
}

// TestCompat_Runs holds that rewritten programs do in today's firmware what the old ones did in the old one, which is
// the classic interface with Lua 5.1.
func TestCompat_Runs(t *testing.T) {
	for name, files := range oldPrograms {
		t.Run(name, func(t *testing.T) {
			before := programRun(t, moonlet.Config{Lua: "5.1", Firmware: firmware.Classic}, files)
			after := programRun(t, moonlet.Config{Lua: "5.3"}, today(t, files))
			if before != after || strings.Count(before, "\n") < 5 {
				t.Errorf("before:\n%s\nafter:\n%s", before, after)
			}
		})
	}
}

// TestCompat_Examples rewrites examples of older firmware, each an application of its own, and runs them before and
// after. MOONLET_OLD_EXAMPLES names directories with them.
func TestCompat_Examples(t *testing.T) {
	dirs := os.Getenv("MOONLET_OLD_EXAMPLES")
	if dirs == "" {
		t.Skip("MOONLET_OLD_EXAMPLES is not set: examples of older firmware are not rewritten")
	}
	for _, dir := range filepath.SplitList(dirs) {
		count := map[string]int{}
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".lua" {
				return err
			}
			data, err := os.ReadFile(path)
			if err == nil {
				oldExample(t, strings.TrimPrefix(path, dir), string(data), count)
			}
			return err
		})
		if err != nil || count["files"] == 0 {
			t.Fatal(dir, err)
		}
		t.Logf("%s: %v", filepath.Base(dir), count)
	}
}

// oldExample rewrites and runs an example, and counts what became of it.
func oldExample(t *testing.T, name, source string, count map[string]int) {
	results, err := compat.Rewrite([]compat.File{{Path: name, Data: []byte(source)}}, compat.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := results[0]
	count["files"]++
	count["changes"] += len(r.Changes)
	count["left by compat"] += len(r.Left)
	if len(r.Changes) > 0 {
		count["files changed"]++
	}
	for which, text := range map[string]string{"before": source, "after": string(r.Text)} {
		found, err := lint.Run([]lint.File{{Path: name, Data: []byte(text)}}, lint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		count["lint "+which] += len(found)
		for _, f := range found {
			if which == "after" {
				t.Logf("%s:%d: left: %s", name, f.Line, f.Message)
			}
			if f.Rule == lint.RuleSyntax && which == "after" && r.Wrong == nil {
				t.Errorf("%s: what was rewritten does not compile: %s\n%s", name, f.Message, text)
			}
		}
	}
	oldRun := programRun(t, moonlet.Config{Lua: "5.1", Firmware: firmware.Classic}, map[string]string{"init.lua": source})
	asItIs := programRun(t, moonlet.Config{}, map[string]string{"init.lua": source})
	newRun := programRun(t, moonlet.Config{}, map[string]string{"init.lua": string(r.Text)})
	fails := func(out string) bool {
		return strings.Contains(out, "stack traceback") || strings.Contains(out, "init.lua:")
	}
	if fails(asItIs) {
		count["fail today as they are"]++
	}
	switch {
	case fails(newRun) && !fails(oldRun):
		t.Logf("%s: FAILS only after it:\n%s", name, newRun)
		count["fail only after"]++
	case fails(newRun):
		count["fail before and after"]++
	default:
		count["run after"]++
	}
	if oldRun == newRun {
		count["print the same"]++
	} else if !fails(newRun) {
		t.Logf("%s: prints\n%s\nand before\n%s", name, newRun, oldRun)
	}
}
