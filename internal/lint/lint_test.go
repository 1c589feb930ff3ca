package lint_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/lint"
	"moonlet.example/moonlet/internal/luagen"
)

// oldBuild has no modules but these.
var build = firmware.Build{Modules: []string{"mqtt", "adc", "bit", "crypto", "cron", "encoder", "file", "gpio", "net", "node", "sjson", "tmr", "uart", "wifi"}}

func run(t testing.TB, o lint.Options, files ...lint.File) []lint.Finding {
	t.Helper()
	found, err := lint.Run(files, o)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// of is what is found in a text, short.
func of(t testing.TB, text string, notes bool) (list []string) {
	t.Helper()
	for _, f := range run(t, lint.Options{Build: build, Notes: notes}, lint.File{Path: "a.lua", Name: "a.lua", Data: []byte(text)}) {
		list = append(list, fmt.Sprintf("%d:%d %v %s", f.Line, f.Column, f.Level, f.Rule))
	}
	return list
}

// bad are cases of each rule, with all that is found in them.
var bad = map[string][]struct{ text, want string }{
	"syntax": {
		{"x = = 1", "1:5 error syntax"},
		{"x = 'a\\-'", "1:5 error syntax"},
		{"--[[é]] x = )", "1:13 error syntax"},
	},
	"old-lua": {
		{"setfenv(1, {})", "1:1 error old-lua"},
		{"local n = table.getn(t)", "1:11 error old-lua"},
		{"x = string.gfind(s, p)", "1:5 error old-lua"},
		{"function f(...) return unpack(arg) end", "1:31 error old-lua"},
		{"function f(a, ...) for i = 1, #arg do g(arg[i], function(...) return ... end) end end", "1:32 error old-lua, 1:41 error old-lua"},
		{"local function f(...) g(function() print(table.getn(arg)) end) end", "1:42 error old-lua, 1:53 error old-lua"},
		{"module(..., package.seeall)", "1:1 error old-lua, 1:13 warning old-lua"},
		{"local pow = math.pow; x = pow(1, 2)", "1:13 warning old-lua"},
		{"for i = 1, 2 do while f(math.log10(i)) do end end", "1:25 error old-lua"},
	},
	"old-firmware": {
		{"tmr.alarm(0, 1000, 1, f)", "1:1 error old-firmware"},
		{"local t = tmr\nt.alarm(0, 1000, 1, f)", "2:1 error old-firmware"},
		{"local t = tmr; local function f() local u = t; u.stop(1) end", "1:48 error old-firmware"},
		{"local alarm = tmr.alarm\nalarm(0, 1000, 1, f)", "1:15 warning old-firmware"},
		{"_G.tmr.alarm(1)", "1:1 error old-firmware"},
		{"tmr['alarm'](1)", "1:1 error old-firmware"},
		{"(tmr).stop(1)", "1:1 error old-firmware"},
		{"x = cjson.encode(t)", "1:5 error old-firmware"},
		{"local j = cjson\nj.encode(t)", "2:1 error old-firmware"},
		{"print(crypto.toHex(s), u8g.x)", "1:7 error old-firmware, 1:24 error old-firmware"},
		{"wifi.sta.eventMonReg(1, f) wifi.sleep(1)", "1:1 error old-firmware, 1:28 error old-firmware"},
		{"function f() pcall(cjson.decode, s) end", "1:20 error old-firmware"},
		{"pcall(function() end) tmr.stop(1)", "1:23 error old-firmware"},
		{"if tmr.stop then end tmr.alarm(1)", "1:22 error old-firmware"},
		{"t = {1, a = tmr.state(1), [tmr.interval()] = 2}", "1:13 error old-firmware, 1:28 error old-firmware"},
		{"print(cjson) cjson.encode(1)", "1:14 error old-firmware"},
		{"if type(cjson) == 'table' then end tmr.alarm(1)", "1:36 error old-firmware"},
	},
	"new-sense": {
		{"s = net.createServer(net.UDP)", "1:5 warning new-sense"},
		{"local udp = net.UDP; s = net.createServer(udp)", "1:26 warning new-sense"},
		{"c = net.createConnection(net.UDP)", "1:5 warning new-sense"},
		{"c = net.createConnection(net.TCP, 1)", "1:5 warning new-sense"},
		{"c = net.createConnection(net.TCP, true)", "1:5 warning new-sense"},
		{"wifi.sta.config('a', 'b')", "1:1 error new-sense"},
		{"SSID = 'a' P = 'b' function f() wifi.sta.config(SSID, P) end", "1:33 error new-sense"},
		{"local S = 'a' wifi.sta.config(S, cfg.pwd)", "1:15 error new-sense"},
		{"wifi.sta.config(cfg.ssid, 'b')", "1:1 error new-sense"},
		{"pcall(function() net.createServer(net.UDP) end)", "1:18 warning new-sense"},
		{"node.output(function(s) c:send(s) end, 0)", "1:1 warning new-sense"},
		{"function out(s) text = text .. s end node.output(out, 1)", "1:38 warning new-sense"},
		{"local function out(s) c:send(s) end node.output(out)", "1:37 warning new-sense"},
		{"m = mqtt.Client('a', 60, nil, nil, 1) m:connect(h, 1883, 0, 1, f)", "1:39 warning new-sense"},
	},
	"no-module": {
		{"pwm2.setup_pin_hz(1, 2, 3)", "1:1 error no-module"},
		{"http.get(u)\nhttp.post(u)", "1:1 error no-module"},
		{"local h = http\nh.get(u)", "2:1 error no-module"},
	},
	"no-name": {
		{"gpio.wriet(1, 2)", "1:1 error no-name"},
		{"gpio.mode(1, gpio.OUTPUTT)", "1:14 warning no-name"},
		{"wifi.sta.getIP()", "1:1 error no-name"},
		{"net.dns.lookup(1)", "1:1 error no-name"},
		{"x = node.task.LOW", "1:5 warning no-name"},
	},
	"no-method": {
		{"tmr.create():alram(1000, 0, f)", "1:14 error no-method"},
		{"local t = tmr.create() t:start() t:close()", "1:36 error no-method"},
		{"local s = net.createUDPSocket() function f() s:connect(1, 'a') end", "1:48 error no-method"},
	},
	"too-much": {{"x = 1" + strings.Repeat("+y", 12000), "0:0 warning too-much"}},
	"new-default": {{"m = mqtt.Client('a', 60)", "1:5 note new-default"}, {"s = net.createServer(net.TCP, 30)", "1:5 note new-default"},
		{"s = net.createServer(net.TCP)", "1:5 note new-default"}},
	"undefined-global":  {{"x = 1 frobnicate(x)", "1:7 note undefined-global"}, {"gpoi.mode(1, 1)", "1:1 note undefined-global"}},
	"accidental-global": {{"function f() i = 1 print(i) end", "1:14 note accidental-global"}},
	"file-name":         {},
	"flash-full":        {},
}

func TestRules(t *testing.T) {
	for _, r := range lint.Rules() {
		cases, ok := bad[r.Name]
		if !ok {
			t.Errorf("rule %s has no cases", r.Name)
		}
		for _, c := range cases {
			if got := strings.Join(of(t, c.text, r.Level == lint.Note), ", "); got != c.want {
				t.Errorf("%q:\n got %s\nwant %s", c.text, got, c.want)
			}
		}
	}
}

// good is what nothing may be found in.
var good = []string{
	"",
	"\x1bLua",
	"#!/usr/bin/lua\nprint(1)",
	// Tests.
	"if tmr.alarm then tmr.alarm(0, 1, 1, f) else tmr.create():alarm(1, 1, f) end",
	"local a = tmr.alarm or function() end a(1)",
	"local j = cjson or sjson j.encode(t)",
	"if not cjson then cjson = sjson end cjson.encode(1)",
	"x = http and http.get(u)",
	"if type(http) == 'table' then http.get(u) end",
	"if http ~= nil then http.get(u) end",
	"if nil == http then return end http.get(u)",
	"assert(http, 'no http') http.get(u)",
	"local ok, h = pcall(require, 'http') if http then http.get() end",
	"pcall(tmr.stop, 1)",
	"pcall(function() tmr.stop(1) end)",
	"local ok = xpcall(function() return cjson.encode(1) end, print)",
	"print(tmr.alarm, tostring(http), gpio.OUTPUTT)",
	"while tmr.alarm do tmr.alarm(1) end",
	"local G = _ENV or getfenv()",
	"if node.LFS then else node.flashindx() end",
	"if false then tmr.alarm() end",
	"if true then else tmr.alarm() end",
	"if _VERSION == 'Lua 5.1' then setfenv(1, {}) end",
	"function f(...) local arg = {...} return arg[1] end", "function f(...) g(...) return unpack(arg) end", "print(arg[1])",
	"function f(arg) return arg[1] end function g(...) if arg then return arg[1] end end", "arg = {} function f(...) return arg[1] end",
	"function f(...) return unpack(arg or {...}) end",
	"local v = _VERSION if v == 'Lua 5.1' then setfenv(1, {}) end",
	"local f = _VERSION == 'Lua 5.1' and setfenv(1, {})",
	"local major = node.info('sw_version').node_version_major if major < 3 then s = net.createServer(net.UDP) end",
	"local n = table.unpack and 1 or table.getn(t)",
	// Names of the application.
	"local file = {} file.lopen('x')",
	"local function f(tmr) tmr.alarm(1) end",
	"for tmr in pairs(t) do tmr.alarm(1) end",
	"for i, tmr in pairs(t) do tmr.alarm(1) end for http = 1, 2 do http() end",
	"local tmr = require 'mytmr' tmr.alarm(1)",
	"repeat local http = x until http.get()",
	"cjson = require 'myjson' cjson.encode(1)",
	"require 'cjson' cjson.encode(1)",
	"require('lib.cjson') cjson.encode(1)",
	"_G.http = {} http.get(1)",
	"_G['http'] = {} http.get(1)",
	"local G = _G G.http = {} function f() http.get(1) end",
	"rawset(_G, 'http', {}) http.get(1)",
	"setmetatable(_G, {__index = function() end}) http.get(1)",
	"function http() end http()",
	"function http.x() end function http.y() end http = {}",
	"local t = tmr t = {} t.alarm(1)",
	"local t t = tmr t.alarm(1)",
	"local a, b = f(), tmr b = 1 b.alarm(1)",
	"local _ENV = {} tmr.alarm(1)",
	"local function f(_ENV) cjson.encode(1) end",
	"_ENV = {} http.get(1)",
	"load('http = {}')() http.get(1)",
	"tmr[x](1) tmr['a' .. 'b'](1) tmr[f()](1)",
	"function tmr.alarm() end function M.x.y:z() end",
	"tmr.alarm = 1",
	"local t = {} t.tmr = 1 t.tmr.alarm(1) t.http.get(1)",
	"x.cjson.y() x:module() y.module(1)",
	"module = {} module.x()",
	"rc.x() ds18b20.setup(1)", // names that an application may well have
	// New calls that look like old ones.
	"s = net.createServer(30) s = net.createServer() c = net.createConnection() c = net.createConnection(net.TCP, 0)",
	"c = net.createConnection(net.TCP, secure) c = net.createConnection(net.TCP)",
	"wifi.sta.config{ssid = 'a'} wifi.sta.config({ssid = 'a'}, 'x') wifi.sta.config(cfg) wifi.sta.config(cfg, f)",
	"S = 'a' S = {} wifi.sta.config(S, P)", "_G.S = {} S = 'a' wifi.sta.config(S)", "wifi.sta.config(S, P)", "local S = 'a' S = {} wifi.sta.config(S)",
	"node.output(function(p) local s = p:read() c:send(s) end, 0)",
	"node.output(function(p) handle(p) end) node.output(nil) node.output(f) node.output()",
	"m:connect(h, 1883, 0, 1, f)", "c:connect(80, 'a') c:connect(h, 1883, false, f, g)",
	"local t = tmr.create() t:alarm(1, 1, f) t:register(1, 1, f) t:unregister() t = 1 t:foo()",
	"local t = tmr.create() t = x() t:foo()",
	"local f = file.open('a') f:read() f:close() file.open('a') file.read() file.close()",
	"local s = ('x'):rep(3) s:foo() print(('x'):upper())",
	"print(_VERSION:sub(1, 2), package.loaded.x, package.path)",
	"node.LFS.anything() node.LFS['x-y']() print(node.LFS.list())",
	"x = gpio.OUTPUT + bit.bor(1, 2) print(#arg, io, os)",
	"print(loadstring, unpack, load, dofile, rawlen, debug.traceback, string.pack, utf8.char, math.type, coroutine.isyieldable)",
	"local M = ... _G[M] = {} http.get(1)",
	"goto a ::a:: do local x <= 1 end",
	// Silenced.
	"tmr.alarm(1) -- moonlet: ignore",
	"tmr.alarm(1) -- moonlet: ignore old-firmware",
	"tmr.alarm(1) -- moonlet: ignore: no-name, old-firmware",
	"-- moonlet: ignore old-firmware\ntmr.alarm(1)",
	"tmr.alarm(1, --[[moonlet: ignore]]\n2)",
}

func TestGood(t *testing.T) {
	for _, text := range good {
		if strings.Contains(text, "x <= 1") {
			continue // an error in Lua 5.3, which has no attributes
		}
		if got := of(t, text, false); len(got) > 0 {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestNotSilenced: comments that silence something else.
func TestNotSilenced(t *testing.T) {
	for _, text := range []string{
		"tmr.alarm(1) -- moonlet: ignore no-name", "tmr.alarm(1) -- moonlet: ignored", "x = 1 -- moonlet: ignore\ntmr.alarm(1)",
		"-- moonlet: ignore\n\ntmr.alarm(1)", "x = [[\n]] -- moonlet: ignore\ntmr.alarm(1)",
	} {
		if got := of(t, text, false); len(got) != 1 {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestNotesAreOff: what is only likely is told if somebody asks.
func TestNotesAreOff(t *testing.T) {
	for _, text := range []string{
		"frobnicate()", "function f() i = 1 print(i) end", "function f() i = i + 1 end", "function f() i = 1 end print(i)", "i = 1",
		"if frobnicate then frobnicate() end function f() _ = g() end g = 1", "function f() local g = load(s) i = 1 end",
	} {
		if got := of(t, text, false); len(got) > 0 {
			t.Errorf("%q: %v", text, got)
		}
	}
	for _, text := range []string{"function f() i = i + 1 end", "function f() i = 1 end print(i)", "i = 1", "if frob then frob() end",
		"function f() _ = g() end g = 1", "load(s)() frobnicate()", "function f() load(s)() i = 1 end", "print(frob)"} {
		if got := of(t, text, true); len(got) > 0 {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestFiles: the files of an application belong together.
func TestFiles(t *testing.T) {
	files := []lint.File{
		{Path: "lib.lua", Name: "lib.lua", Data: []byte("http = {}")},
		{Path: "init.lua", Name: "init.lua", Data: []byte("http.get(u)\ntmr.alarm(1)")},
		{Path: "old.lua", Name: "old.lua", Data: []byte("module('u8g')")},
		{Path: "draw.lua", Name: strings.Repeat("d", 28) + ".lua", Data: []byte("u8g.x()"), Store: false},
		{Path: "s.lua", Name: strings.Repeat("s", 40), Data: nil, Store: true},
		{Path: "b.lua", Data: []byte("x = ")},
	}
	var got []string
	for _, f := range run(t, lint.Options{Build: build}, files...) {
		got = append(got, fmt.Sprintf("%s:%d %s", f.File, f.Line, f.Rule))
	}
	want := []string{"b.lua:1 syntax", "draw.lua:0 file-name", "init.lua:2 old-firmware", "old.lua:1 old-lua"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	big := []lint.File{{Name: "a", Data: make([]byte, 200<<10)}, {Name: "b", Data: make([]byte, 100<<10)}}
	if got := lint.Room("x", big, 256<<10); len(got) != 1 || got[0].Rule != "flash-full" {
		t.Errorf("%+v", got)
	}
	if got := lint.Room("x", big[1:], 256<<10); got != nil {
		t.Errorf("%+v", got)
	}
	if got := lint.StoreRoom("x", 5000, 4096); len(got) != 1 || lint.StoreRoom("x", 4096, 4096) != nil {
		t.Errorf("%+v", got)
	}
}

// TestMessages holds how findings are put.
func TestMessages(t *testing.T) {
	for text, want := range map[string]string{
		"tmr.alarm(1)":                  "there is no tmr.alarm(number, …) since 2.2.1-master_20190405 / tmr.create():alarm(time, mode, function)",
		"gpio.wriet(1)":                 "there is no wriet in gpio / gpio.write",
		"http.get()":                    `the build has no module http / "http" in the key modules`,
		"ucg.x()":                       "the firmware's module ucg is not in Moonlet yet / ",
		"x = gpio.OUTPTU":               "there is no OUTPTU in gpio, so this is nil / gpio.OUTPUT",
		"s = net.createServer(net.UDP)": "net.createServer(net.UDP) is of older firmware: since 3.0-master_20200610 it makes a server of TCP / net.createUDPSocket()",
		"x = table.getn(t)":             "Lua 5.0 has table.getn, Lua 5.3 has not / the operator #",
	} {
		f := run(t, lint.Options{Build: build}, lint.File{Path: "a.lua", Data: []byte(text)})
		if len(f) != 1 || f[0].Message+" / "+f[0].Instead != want {
			t.Errorf("%q: %+v", text, f)
		}
	}
	if f := run(t, lint.Options{Build: build}, lint.File{Path: "a.lua", Data: []byte("x = 'a\\-'")}); !strings.Contains(f[0].Instead, "leave out the backslash") {
		t.Errorf("%+v", f)
	}
}

// TestClassicBuild: what a build with the classic interface has is no finding there.
func TestClassicBuild(t *testing.T) {
	text := `tmr.alarm(0, 1, 1, f) cjson.encode(t) wifi.sta.config("a", "b") net.createServer(net.UDP) net.createConnection(net.UDP)
print(crypto.toHex(s), sjson.NULL) node.output(function(s) c:send(s) end) wifi.sta.eventMonReg(1, f)`
	o := lint.Options{Build: firmware.Build{Firmware: firmware.Classic}}
	if f := run(t, o, lint.File{Path: "a.lua", Data: []byte(text)}); len(f) > 0 {
		t.Errorf("%+v", f)
	}
	if f := run(t, lint.Options{}, lint.File{Path: "a.lua", Data: []byte(text)}); len(f) != 8 {
		t.Errorf("%d findings: %+v", len(f), f)
	}
	text = "local s = net.createConnection(net.UDP) s:listen(1) local t = net.createServer(net.UDP) t:send(1)"
	if f := run(t, o, lint.File{Path: "a.lua", Data: []byte(text)}); len(f) > 0 {
		t.Errorf("%+v", f)
	}
	text = "u8g.x() table.getn(t) ucg.x() node.key()"
	if f := run(t, o, lint.File{Path: "a.lua", Data: []byte(text)}); len(f) != 4 {
		t.Errorf("%+v", f)
	}
}

// TestConstructors: the types whose methods are looked at exist, and are what the functions make.
func TestConstructors(t *testing.T) {
	names := new(firmware.Build).Names()
	for function, typeName := range lint.Constructors() {
		if _, found, _ := names.Find(strings.Split(function, ".")...); !found {
			t.Errorf("there is no %s", function)
		}
		if m, ok := names.Methods(typeName); !ok || len(m) == 0 {
			t.Errorf("there is no type %s", typeName)
		}
	}
}

// firmwareCounts is how often each rule but no-module finds something in the firmware's own
// Lua files. Each one was looked at: crypto.toHex is gone and luaOTA uses it; examples give a name
// and a password to wifi.sta.config. Servers that have net.TCP for a timeout are notes, which do not count here.
var firmwareCounts = map[string]int{"old-firmware": 3, "new-sense": 5}

func TestFirmware(t *testing.T) {
	root := os.Getenv("MOONLET_FIRMWARE")
	if root == "" {
		t.Skip("MOONLET_FIRMWARE names no firmware")
	}
	got, n := map[string]int{}, 0
	for _, dir := range []string{"lua_examples", "lua_modules"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, _ os.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".lua" {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			n++
			for _, f := range run(t, lint.Options{}, lint.File{Path: path, Data: data}) {
				if f.Rule != "no-module" {
					got[f.Rule]++
					t.Logf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Message)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(firmwareCounts) || n < 80 {
		t.Errorf("in %d files %v, want %v", n, got, firmwareCounts)
	}
}

// TestGenerated: programs that run have no findings.
func TestGenerated(t *testing.T) {
	for seed := range uint64(100) {
		text := luagen.Program(seed, luagen.Options{Runnable: true})
		for _, f := range run(t, lint.Options{}, lint.File{Path: "a.lua", Data: []byte(text)}) {
			t.Errorf("program %d: %+v", seed, f)
		}
	}
}

// TestHostile: what would take long, or much memory.
func TestHostile(t *testing.T) {
	for name, text := range map[string]string{
		"fields":   "x = a" + strings.Repeat(".b", 200_000),
		"calls":    "f" + strings.Repeat("()", 200_000),
		"methods":  "f" + strings.Repeat(":a()", 100_000),
		"or":       "x = tmr.alarm" + strings.Repeat(" or _VERSION", 8000),
		"ignore":   strings.Repeat("--moonlet: ignore\n", 60_000),
		"in line":  strings.Repeat(" ", 500_000) + strings.Repeat("--[[moonlet: ignore]]", 25_000),
		"findings": strings.Repeat("tmr.stop(1)", 90_000),
		"senses":   "m = mqtt.Client()" + strings.Repeat("m:connect(a,b,c,1)", 50_000),
		"output":   strings.Repeat("function f(s) g(s..s) end node.output(f)", 20_000),
		"locals":   strings.Repeat("local a = tmr do ", 150) + strings.Repeat("a.stop(1)", 50_000) + strings.Repeat(" end", 150),
		"aliases":  "local a = tmr " + strings.Repeat("do local b = a local a = b ", 180) + "a.alarm()" + strings.Repeat(" end", 180),
		"line":     "x = '" + strings.Repeat("é", 500_000) + "' tmr.stop(1)",
		"zeros":    strings.Repeat("\x00", 100_000),
		"globals": func() (s string) {
			for i := range 50_000 {
				s += fmt.Sprintf("a%d=1 ", i)
			}
			return s
		}(),
	} {
		start := time.Now()
		found := run(t, lint.Options{Build: build, Notes: true}, lint.File{Path: "a.lua", Data: []byte(text)})
		t.Logf("%s: %v, %d findings", name, time.Since(start), len(found))
		if len(found) > 1100 {
			t.Errorf("%s: %d findings", name, len(found))
		}
	}
}

func TestSARIF(t *testing.T) {
	found := run(t, lint.Options{Build: build, Notes: true},
		lint.File{Path: "dir/a b.lua", Name: strings.Repeat("n", 40), Data: []byte("tmr.alarm(1)\nfrob()\nx = net.createServer(\n net.TCP)")})
	text, err := json.Marshal(lint.NewSARIF(found, "1.0"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string
					Rules []struct {
						ID                   string
						ShortDescription     struct{ Text string }
						DefaultConfiguration struct{ Level string }
					}
				}
			}
			ColumnKind string
			Results    []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           *struct{ StartLine, StartColumn, EndColumn int }
					}
				}
			}
		}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil && !strings.Contains(err.Error(), "unknown field \"enabled\"") && !strings.Contains(err.Error(), "unknown field \"version\"") {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Version != "2.1.0" || !strings.Contains(doc.Schema, "sarif-2.1.0") || len(doc.Runs) != 1 || doc.Runs[0].Tool.Driver.Name == "" || doc.Runs[0].ColumnKind != "unicodeCodePoints" {
		t.Errorf("%s", text)
	}
	levels := []string{"none", "note", "warning", "error"} // section 3.27.10
	rules := doc.Runs[0].Tool.Driver.Rules
	seen := map[string]bool{}
	for _, r := range rules {
		if seen[r.ID] || r.ID == "" || r.ShortDescription.Text == "" || !slices.Contains(levels, r.DefaultConfiguration.Level) {
			t.Errorf("%+v", r)
		}
		seen[r.ID] = true
	}
	if n := len(doc.Runs[0].Results); n != len(found) || n != 4 {
		t.Errorf("%d results of %d", n, len(found))
	}
	for i, r := range doc.Runs[0].Results {
		if r.RuleIndex >= len(rules) || rules[r.RuleIndex].ID != r.RuleID || !slices.Contains(levels, r.Level) || r.Message.Text == "" || len(r.Locations) != 1 {
			t.Errorf("%+v", r)
			continue
		}
		p := r.Locations[0].PhysicalLocation
		if p.ArtifactLocation.URI != "dir/a%20b.lua" {
			t.Errorf("%+v", p)
		}
		if f := found[i]; f.Line == 0 && p.Region != nil || f.Line > 0 && (p.Region == nil || p.Region.StartLine != f.Line || p.Region.StartColumn != f.Column || p.Region.EndColumn != 0 && p.Region.EndColumn <= p.Region.StartColumn) {
			t.Errorf("%+v: %+v", f, p.Region)
		}
	}
}

// TestDocument: docs/lint.md has each rule, and docs/classic.md each fact.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/lint.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range lint.Rules() {
		if !strings.Contains(string(text), "| `"+r.Name+"` | "+r.Level.String()) {
			t.Errorf("docs/lint.md has no row for %s, %v", r.Name, r.Level)
		}
	}
}

func FuzzLint(f *testing.F) {
	for _, text := range good {
		f.Add([]byte(text))
	}
	for _, cases := range bad {
		for _, c := range cases {
			if len(c.text) < 1000 {
				f.Add([]byte(c.text))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, x := range run(t, lint.Options{Build: build, Notes: true}, lint.File{Path: "a.lua", Name: "a.lua", Data: text}) {
			if x.Line < 0 || x.Column < 0 || x.End != 0 && x.End <= x.Column || x.Message == "" {
				t.Errorf("%+v", x)
			}
		}
	})
}

// BenchmarkTenThousandLines looks at 10,000 lines of the firmware's Lua files, or of generated ones.
func BenchmarkTenThousandLines(b *testing.B) {
	var text []byte
	for seed := uint64(0); bytes.Count(text, []byte("\n")) < 10_000; seed++ {
		text = append(text, "do "+luagen.Program(seed, luagen.Options{Runnable: true})+" end\n"...)
	}
	var files []lint.File
	if root := os.Getenv("MOONLET_FIRMWARE"); root != "" {
		for lines := 0; lines < 10_000; {
			paths, _ := filepath.Glob(filepath.Join(root, "lua_modules", "*", "*.lua"))
			for _, p := range paths {
				data, err := os.ReadFile(p)
				if err != nil {
					b.Fatal(err)
				}
				files = append(files, lint.File{Path: p, Data: data})
				lines += bytes.Count(data, []byte("\n"))
			}
		}
	} else {
		files = []lint.File{{Path: "a.lua", Data: text}}
	}
	for b.Loop() {
		run(b, lint.Options{Notes: true}, files...)
	}
}
