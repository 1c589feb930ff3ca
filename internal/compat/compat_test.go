package compat

import (
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/lint"
)

const table = "local timers = _G.timers or setmetatable({}, {__index = function(t, n) t[n] = tmr.create() return t[n] end}) _G.timers = timers\n"

// cases are pieces of source, and what becomes of them; "" is no change.
var cases = []struct{ name, old, new string }{
	{"unpack", "print(unpack({1, 2}))", "print(table.unpack({1, 2}))"},
	{"unpack of one's own", "local unpack = table.unpack print(unpack({}))", ""},
	{"unpack that is asked for", "local up = unpack or table.unpack", ""},
	{"unpack that the file sets", "unpack = table.unpack or unpack print(unpack({}))", ""},
	{"a field called unpack", "local t = {unpack = 1} print(t.unpack, t:unpack())", ""},
	{"unpack as a value", "local f = unpack", "local f = table.unpack"},
	{"loadstring", "loadstring('return 1')()", "load('return 1')()"},
	{"gfind", "for w in string.gfind(s, '%a+') do end", "for w in string.gmatch(s, '%a+') do end"},
	{"mod", "x = math.mod (a, 2) -- keep", "x = math.fmod (a, 2) -- keep"},
	{"mod in _G", "x = _G.math.mod(a, 2)", "x = math.fmod(a, 2)"},
	{"atan2", "x = math.atan2(y, x)", "x = math.atan(y, x)"},

	{"getn", "for i = 1, table.getn(t) do end", "for i = 1, #t do end"},
	{"getn of a call", "x = table.getn( f(1) )", "x = #f(1)"},
	{"getn of an operator", "x = table.getn(a or b)", "x = #(a or b)"},
	{"getn in a power", "x = table.getn(t)^2 + 2^table.getn(t)", "x = (#t)^2 + 2^#t"},
	{"getn in getn", "x = table.getn(t[table.getn(t)])", "x = #t[#t]"},
	{"getn with a comment", "x = table.getn(--[[all]] t)", "x = #--[[all]] t"},
	{"getn of one's own", "function table.getn(t) return 1 end x = table.getn(t)", ""},

	{"foreach", "table.foreach(t, print)", "for k, v in pairs(t) do print(k, v) end"},
	{"foreachi", "table.foreachi(t, print)", "for i = 1, #t do print(i, t[i]) end"},
	{"foreach with a function", "table.foreach(t, function(k, v)\n  print(k) -- the name\nend)",
		"do local t, f = t, function(k, v)\n  print(k) -- the name\nend for k, v in pairs(t) do if f(k, v) ~= nil then break end end end"},
	{"foreach of a call", "table.foreach(file.list(), print)",
		"do local t, f = file.list(), print for k, v in pairs(t) do if f(k, v) ~= nil then break end end end"},
	{"foreach as a value", "local x = table.foreach(t, f)", ""},

	{"pow", "x = math.pow(2, n) * 3", "x = (2 ^ n) * 3"},
	{"pow of operators", "x = math.pow(a + b, -c)", "x = ((a + b) ^ (-c))"},
	{"pow in pow", "x = math.pow(math.pow(a, b), math.pow(c, d))", "x = ((a ^ b) ^ (c ^ d))"},
	{"ldexp", "x = math.ldexp(m, e)", "x = (m * 2.0 ^ e)"},
	{"log10", "x = 20 * math.log10(a / b)", "x = 20 * math.log(a / b, 10)"},
	{"gcinfo", "print(gcinfo())", `print(math.floor(collectgarbage("count")))`},

	{"setfenv", "local M = {}\nsetfenv(1, M)\nfunction f() end\nreturn M", "local M = {}\nlocal _ENV = M\nfunction f() end\nreturn M"},
	{"setfenv in a function", "function g() setfenv(1, {}) x = 1 end", "function g() local _ENV = {} x = 1 end"},
	{"setfenv in a block", "if a then setfenv(1, M) end", ""},
	{"setfenv of another function", "setfenv(f, M)", ""},
	{"getfenv", "local e, g = getfenv(), getfenv(0)", "local e, g = _ENV, _G"},
	{"module", "module(..., package.seeall)\nfunction f() end",
		"local _M, _NAME = setmetatable({}, {__index = _G}), ... _M._M, _M._NAME, _G[_NAME], package.loaded[_NAME] = _M, _NAME, _M, _M local _ENV = _M\nfunction f() end"},
	{"module without globals", `local print = print module("m") function f() print(1) end`,
		`local print = print local _M, _NAME = {}, "m" _M._M, _M._NAME, _G[_NAME], package.loaded[_NAME] = _M, _NAME, _M, _M local _ENV = _M function f() print(1) end`},
	{"module without a blank behind it", `module("")function A()end`,
		`local _M, _NAME = {}, "" _M._M, _M._NAME, _G[_NAME], package.loaded[_NAME] = _M, _NAME, _M, _M local _ENV = _M function A()end`},
	{"module in a table", `module("a.b")`, ""},

	{"arg", "function f(a, ...) return arg.n, arg[1] end", "function f(a, ...) local arg = table.pack(...) return arg.n, arg[1] end"},
	{"arg of an inner function", "function f(...) return function() return arg end end", "function f(...) local arg = table.pack(...) return function() return arg end end"},
	{"arg beside dots", "function f(...) return arg, ... end", ""},

	{"escapes", `s = "a\-b\/c\.d" .. '\%' .. "\n\065\"\\"`, `s = "a-b/c.d" .. '%' .. "\n\065\"\\"`},
	{"an escape of both", `s = "\x41"`, ""},
	{"an escape of both in old source", `s = "\x41\-"`, `s = "x41-"`},
	{"goto", "local goto = {} goto.goto = 1 x = {goto = 2}", `local goto_ = {} goto_["goto"] = 1 x = {["goto"] = 2}`},

	{"a timer of its own", "tmr.alarm(3, 1000, tmr.ALARM_AUTO, function() end)", "tmr.create():alarm(1000, tmr.ALARM_AUTO, function() end)"},
	{"a timer that is stopped", "tmr.alarm(0, 1000, 1, function()\n  tmr.stop(0)\nend)", table + "timers[0]:alarm(1000, 1, function()\n  timers[0]:stop()\nend)"},
	{"a timer in a function", "-- main\nfunction go() tmr.alarm(1, 10, 0, f) end", "-- main\n" + table + "function go() timers[1]:alarm(10, 0, f) end"},
	{"a timer by a variable", "local id = 2 tmr.alarm(id, 10, 0, f) tmr.stop( id )", table + "local id = 2 timers[id]:alarm(10, 0, f) timers[id]:stop()"},
	{"a timer by an unknown number", "tmr.alarm(0, 1, 0, f) tmr.stop(n + 1)", table + "timers[0]:alarm(1, 0, f) timers[n + 1]:stop()"},
	{"a timer that is an object", "local t = tmr.create() t:alarm(1, 0, f) tmr.delay(5) tmr.wdclr()", ""},
	{"timers are taken", "timers = {} tmr.stop(0)", strings.ReplaceAll(table, "timers", "staticTimers") + "timers = {} staticTimers[0]:stop()"},
	{"a timer's state", "print(tmr.state(0), tmr.interval(0, 5))", table + "print(timers[0]:state(), timers[0]:interval(5))"},

	{"station", `wifi.sta.config("Home", pwd)`, `wifi.sta.config({ssid = "Home", pwd = pwd})`},
	{"station with all", `wifi.sta.config(s, p, 0, mac)`, `wifi.sta.config({ssid = s, pwd = p, auto = false, bssid = mac})`},
	{"station with a variable", `wifi.sta.config(s, p, a and 1 or 0)`, `wifi.sta.config({ssid = s, pwd = p, auto = (a and 1 or 0) ~= 0})`},
	{"station with a table", `wifi.sta.config{ssid = "Home"} wifi.sta.config(t)`, ""},
	{"station with a call", `wifi.sta.config(f())`, ""},

	{"server", "s = net.createServer(net.TCP, 30)", "s = net.createServer(30)"},
	{"server without a time", "s = net.createServer(net.TCP)", "s = net.createServer()"},
	{"server of today", "s = net.createServer(30) u = net.createServer(net.UDP)", ""},
	{"connection", "c = net.createConnection(net.TCP, 0) d = net.createConnection(net.TCP)", "c = net.createConnection() d = net.createConnection()"},
	{"secure connection", "c = net.createConnection(net.TCP, 1)", "c = tls.createConnection()"},
	{"connection that is one or the other", "c = net.createConnection(net.TCP, secure)", ""},

	{"mqtt", `m = mqtt.Client("id", 120) m:connect(host, 1883, 0, 1, function() end)`, `m = mqtt.Client("id", 120, nil, nil, 1) m:connect(host, 1883, 0, function() end)`},
	{"mqtt with a user", `m = mqtt.Client("id", 120, user, pwd)`, `m = mqtt.Client("id", 120, user, pwd, 1)`},
	{"mqtt of today", `m = mqtt.Client("id", 120, user, pwd, 0) m:connect(host, 1883, false, f)`, ""},
	{"connect of somebody else", "s:connect(80, host, 0, 1)", ""},

	{"output", "node.output(function(s) c:send(s) end, 0)", `node.output(function(pipe) local s = pipe:read(1400) or "" c:send(s) end, 0)`},
	{"output of a local function", "local function out(s) table.insert(q, s) end node.output(out, 0)", `local function out(pipe) local s = pipe:read(1400) or "" table.insert(q, s) end node.output(out, 0)`},
	{"output that nobody knows", "node.output(f) node.output(nil) node.output(function(x) f(x) end)", ""},
	{"output of today", "node.output(function(p) local s = p:read(10) c:send(s) end)", ""},
	{"cjson", "t = cjson.decode(s) s = cjson.encode(t)", "t = sjson.decode(s) s = sjson.encode(t)"},
	{"cjson.null", "if t.x == cjson.null then end", ""},
	{"hex", "s = crypto.toHex(crypto.hash('sha1', s))", "s = encoder.toHex(crypto.hash('sha1', s))"},
	{"readvdd33", "print(node.readvdd33())", "print(adc.readvdd33())"},
	{"flashreload", "node.flashreload('lfs.img')", "node.LFS.reload('lfs.img')"},
	{"flashindex", "f = node.flashindex('main') l = node.flashindex()", "f = node.LFS.get('main') l = node.flashindex()"},
}

func TestRewrite(t *testing.T) {
	for _, c := range cases {
		if c.new == "" {
			c.new = c.old
		}
		t.Run(c.name, func(t *testing.T) {
			r := one(t, c.old, "5.3", false)
			if got := string(r.Text); got != c.new {
				t.Errorf("%s\nbecomes\n%s\nand not\n%s", c.old, got, c.new)
			}
			if (c.old == c.new) != (len(r.Changes) == 0) {
				t.Errorf("%d changes are told: %v", len(r.Changes), r.Changes)
			}
			again := one(t, string(r.Text), "5.3", false)
			if len(again.Changes) > 0 {
				t.Errorf("what came of it is changed once more: %v", again.Changes)
			}
		})
	}
}

// one rewrites a file.
func one(t testing.TB, source, lua string, old bool) *Result {
	t.Helper()
	b := firmware.Build{Lua: lua}
	list, err := Rewrite([]File{{Path: "x.lua", Data: []byte(source)}}, Options{Build: b, Old: old})
	if err != nil {
		t.Fatal(err)
	}
	r := list[0]
	if r.Wrong != nil {
		t.Fatalf("%s: %v", source, r.Wrong)
	}
	found, err := lint.Run([]lint.File{{Path: "x.lua", Data: r.Text}}, lint.Options{Build: b})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if f.Rule == lint.RuleSyntax {
			t.Errorf("%s\ndoes not compile any more: %s", r.Text, f.Message)
		}
	}
	return r
}

// TestRewrite_Lua51 tells that the language stays for Lua 5.1.
func TestRewrite_Lua51(t *testing.T) {
	const source = `print(unpack({table.getn(t)}), "\-") tmr.stop(0)`
	want := table + `print(unpack({table.getn(t)}), "\-") timers[0]:stop()`
	if r := one(t, source, "5.1", false); string(r.Text) != want {
		t.Errorf("it becomes\n%s", r.Text)
	}
}

func TestRewrite_Left(t *testing.T) {
	r := one(t, `s = "\x41" x = 0xFFFFFFFF y = 0x7FFFFFFF`, "5.3", false)
	if len(r.Left) != 2 || r.Left[0].Rule != ruleEscape || r.Left[1].Rule != ruleNumeral || len(r.Changes) != 0 {
		t.Errorf("left: %v, changed: %v", r.Left, r.Changes)
	}
	if r := one(t, `s = "\x41"`, "5.3", true); string(r.Text) != `s = "x41"` || len(r.Left) > 0 {
		t.Errorf("it becomes %s; left: %v", r.Text, r.Left)
	}
}

// TestRewrite_Files tells that files know of each other.
func TestRewrite_Files(t *testing.T) {
	files := []File{
		{"a.lua", []byte("tmr.alarm(1, 5, 0, f)")},
		{"b.lua", []byte("tmr.stop(1)")},
		{"c.lua", []byte("function unpack(t) return t[1] end")},
		{"d.lua", []byte("print(unpack(t))")},
		{"e.lua", []byte("x = = 1")},
		{"code.lua", []byte("\x1bLua")},
		{"f.lua", []byte("goto out ::out:: tmr.stop(1)")},
	}
	list, err := Rewrite(files, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{table + "timers[1]:alarm(5, 0, f)", table + "timers[1]:stop()", "", "", "", "", table + "goto out ::out:: timers[1]:stop()"} {
		if want == "" {
			want = string(files[i].Data)
		}
		if got := string(list[i].Text); got != want {
			t.Errorf("%s becomes\n%s\nand not\n%s", files[i].Path, got, want)
		}
	}
	if list[4].Wrong == nil || list[5].Wrong == nil || list[6].Wrong != nil {
		t.Error(list[4].Wrong, list[5].Wrong, list[6].Wrong)
	}
}
