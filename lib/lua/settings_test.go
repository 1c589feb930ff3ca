package lualib_test

import (
	"strings"
	"testing"

	"moonlet.example/moonlet"
)

// cutSettings saves settings some times, each time telling so. What it finds at the start is told, and has to be of one save.
const cutSettings = `
dofile "prelude.lua"
local settings = require "settings"
local s = settings.open("device", { n = 0 })
local n = s:get("n")
if n > 0 then check("blob", s:get("blob") == string.char(64 + n):rep(n * 50) and s:get("t").n, n) end
print("has " .. n .. " damaged " .. s.damaged)
local rounds = n == 0 and 2 or n == 2 and dofile "rounds.lua" or 1
for i = n + 1, n + rounds do
  s:set("n", i) s:set("blob", string.char(64 + i):rep(i * 50)) s:set("t", { n = i })
  check("saved", s:save(), true)
  print("saved " .. i)
  tmr.wdclr()
end
check("there at the end", settings.open("device", { n = 0 }):get("n"), n + rounds)
print "finished"
`

// TestSettingsPowerCut cuts the power before each operation of flash of some saves. What is there then is what was saved
// last, or what was being saved, and it can be saved again.
func TestSettingsPowerCut(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		rounds := "2"
		if long() {
			rounds = "5"
		} else if !p.store { // the same operations
			return
		}
		c := &chip{p: p, library: []string{"settings"}, files: map[string]string{"init.lua": "dofile 'cut.lua'", "rounds.lua": "return " + rounds, "cut.lua": cutSettings}}
		c.prepare(t, "finished")
		n := 0
		m := c.start(t, func(moonlet.FlashOp) bool { n++; return false })
		m.expect("finished")
		m.close()
		ops := n
		if ops < 300 {
			t.Errorf("only %d operations", ops)
		}
		for at := range ops {
			n = 0
			m := c.start(t, func(moonlet.FlashOp) bool { n++; return n == at+1 })
			m.expect("has 2 damaged 0")
			before := m.expect("NodeMCU ")
			m.expect("finished")
			out := m.Output()
			wrong(t, out, 2)
			saved := 2 + strings.Count(before, "saved")
			if has := number(t, out[strings.LastIndex(out, "has "):], "has "); has != saved && has != saved+1 {
				t.Errorf("cut at operation %d: %d saves were told, and there is %d", at, saved, has)
			}
			m.close()
		}
		t.Logf("%d operations", ops)
	})
}

// TestSettings holds what the functions do.
func TestSettings(t *testing.T) {
	const script = patient + `
local settings = require "settings"
local s = settings.open("a", { name = "node", wifi = { ssid = "x", list = { 1, 2 } }, on = true })
check("no save", s.number, 0)
check("default", s:get("name"), "node")
check("nothing", s:get("missing"), nil)
check("false is a value", s:set("on", false) or s:get("on"), false)
s:set("on", nil)
check("the default again", s:get("on"), true)
local w = s:get("wifi")
w.ssid, w.list[3] = "y", 3
check("the defaults stay", s:get("wifi").ssid .. #s:get("wifi").list, "x2")
s:set("wifi", w)
local bytes = ""
for i = 0, 255 do bytes = bytes .. string.char(i) tmr.wdclr() end
s:set("bytes", bytes)
s:set("", "empty name")
s:set("empty", "")
s:set("\0\n;}", "odd name")
s:set("numbers", { 0, -1, 2147483647, -2147483647, 65536 })
s:set("keys", { [true] = 1, [false] = 2, [5] = 3, five = 4, [-7] = { {} } })
check("written", s:save(), true)
check("nothing changed", s:save(), false)
check("number", s.number, 1)
--- next
local settings = require "settings"
local bytes = ""
for i = 0, 255 do bytes = bytes .. string.char(i) tmr.wdclr() end
local r = settings.open("a", { name = "other", more = 1 })
tmr.wdclr()
check("number", r.number, 1)
check("damaged", r.damaged, 0)
check("a new default", r:get("name"), "other")
check("one more", r:get("more"), 1)
check("bytes", r:get("bytes"), bytes)
check("empty name", r:get(""), "empty name")
check("empty", r:get("empty"), "")
check("odd name", r:get("\0\n;}"), "odd name")
check("table", r:get("wifi").ssid .. table.concat(r:get("wifi").list), "y123")
check("numbers", table.concat(r:get("numbers"), " "), "0 -1 2147483647 -2147483647 65536")
--- next
local settings = require "settings"
local r = settings.open("a")
local k = r:get("keys")
check("keys", k[true] .. k[false] .. k[5] .. k.five .. #k[-7] .. #k[-7][1], "123410")
check("nothing changed", r:save(), false)
s = nil
k.five = 5 -- what get has given of the saved ones may be changed as well
check("changed in place", r:save(), true)
check("then not", r:save(), false)
tmr.wdclr()
local files = 0
for i = 1, 9 do if file.exists("a.s" .. i) then files = files + 1 end end
check("files", files, 2)
for i = 1, 5 do r:set("n", i) check("save", r:save(), true) end
check("five saves more", settings.open("a"):get("n") + settings.open("a").number, 12)
r:remove()
check("removed", file.exists("a.s1") or file.exists("a.s2") or file.exists("a.s3"), false)
check("defaults again", r:get("n"), nil)
check("saved after it", r:save(), true)
r:remove()
--- next
local settings = require "settings"
-- Versions.
local s = settings.open("v", { interval = 60 }, { version = 1 })
s:set("minutes", 2)
s:save()
local function migrate(old, from)
  check("from", from, 1)
  return { interval = old.minutes * 60 }
end
for i = 1, 2 do -- only save makes it last
  s = settings.open("v", { interval = 60 }, { version = 2, migrate = migrate })
  check("migrated", s:get("interval") .. tostring(s:get("minutes")), "120nil")
end
check("saved for it", s:save(), true)
check("not again", s:save(), false)
s = settings.open("v", {}, { version = 2, migrate = function() print "WRONG migrated again" end })
check("version 2", s:get("interval"), 120)
check("no migrate", settings.open("v", {}, { version = 3 }):get("interval"), 120)
check("only the version", settings.open("v", {}, { version = 3 }):save(), true)
raises("migrate", "settings: migrate gives no table", settings.open, "v", {}, { version = 4, migrate = function() end })
raises("migrate fails", "no way", settings.open, "v", {}, { version = 4, migrate = function() error "no way" end })
check("as it was", settings.open("v"):get("interval"), 120)
--- next
-- Misuse.
local settings = require "settings"
local s = settings.open("v", {}, { version = 3 })
raises("no name", "settings: the name has to have 1 to 28 bytes", settings.open)
raises("empty name", "1 to 28 bytes", settings.open, "")
raises("long name", "1 to 28 bytes", settings.open, ("x"):rep(29))
raises("defaults", "settings: the defaults are no table", settings.open, "v", 5)
raises("version", "settings: the version is no whole number", settings.open, "v", {}, { version = "2" })
raises("version", "settings: the version is no whole number", settings.open, "v", {}, { version = -1 })
tmr.wdclr()
raises("key", "settings: the name of a value is no string", s.set, s, 5, 1)
raises("function", "settings: a function cannot be kept", s.set, s, "f", print)
raises("inside", "settings: a function cannot be kept", s.set, s, "f", { { print } })
raises("table as key", "settings: a key that is a table cannot be kept", s.set, s, "f", { [{}] = 1 })
--- next
local settings = require "settings"
local s = settings.open("v")
local t = {}
t.t = t
raises("circle", "settings: tables are more than 6 deep", s.set, s, "f", t)
check("nothing was set", s:get("f"), nil)
check("as deep as may be", s:set("deep", { { { { { 5 } } } } }), nil)
raises("too deep", "more than 6 deep", s.set, s, "deep", { { { { { { 5 } } } } } })
check("deep saved", s:save(), true)
--- next
local settings = require "settings"
local s = settings.open("v")
check("deep", settings.open("v"):get("deep")[1][1][1][1][1], 5)
s:get("deep")[1] = print -- in place, so only save sees it
raises("save", "settings: a function cannot be kept", s.save, s)
s:get("deep")[1] = nil
s:set("long", ("x"):rep(1000))
check("a long one", s:save(), true)
s = nil
s = settings.open("v")
check("as it was", s:get("long") == ("x"):rep(1000), true)
s:set("long", ("x"):rep(2050))
local ok, why = s:save()
check("too long", tostring(ok) .. why:match("^settings: %d+ bytes are more than 2048"):gsub("%d+", "N", 1), "nilsettings: N bytes are more than 2048")
s:set("long", nil)
check("a name of 28 bytes", settings.open(("n"):rep(28)):save(), true)
check("is found", settings.open(("n"):rep(28)).number, 1)
print "finished"
`
	everywhere(t, func(t *testing.T, p place) {
		if !p.store {
			p.heapBytes = 48 << 10 // for the script, whose parts leave the heap in pieces
		}
		p.run(t, nil, script, "settings")
	})
}

// TestSettingsFloats holds that numbers with a fraction are the same afterwards, and what a build with integers makes of them.
func TestSettingsFloats(t *testing.T) {
	const script = `
local settings = require "settings"
local list = { 0.1, -2.5, 1 / 3, 1e10, 123456.75, 1e-20, 3.0, 4294967296 }
local s = settings.open("f")
s:set("list", list)
raises("not a number", "is no number that can be kept", s.set, s, "x", 0 / 0)
raises("infinite", "is no number that can be kept", s.set, s, "x", 1e300 * 1e300)
s:save()
local r = settings.open("f"):get("list")
for i, v in ipairs(list) do
  check("number " .. i, r[i], v)
  if math.type then check("kind " .. i, math.type(r[i]), math.type(v)) end
end
print(file.getcontents("f.s1"))
print "finished"
`
	var text string
	for _, edition := range []string{"5.3", "5.1"} {
		t.Run("Lua-"+edition, func(t *testing.T) {
			p := place{edition: edition, store: true}
			out := p.run(t, nil, script, "settings")
			text = out[strings.Index(out, "settings 1\n"):strings.Index(out, "\nfinished")]
		})
	}
	t.Run("Lua-5.1-int", func(t *testing.T) {
		place{edition: "5.1-int", store: true}.run(t, map[string]string{"f.s1": text}, `
local l = require("settings").open("f"):get("list")
check("the whole parts", l[1] .. " " .. l[2] .. " " .. l[5] .. " " .. l[7], "0 -2 123456 3")
print "finished"
`, "settings")
	})
}

// TestSettingsDamage flips each byte of the newest file, and cuts it off at each length: the values are those of the
// save before then, and with one file alone the defaults.
func TestSettingsDamage(t *testing.T) {
	const script = `
local settings = require "settings"
local s = settings.open("d")
for i = 1, 2 do s:set("n", i) s:set("t", { a = true, [2] = "x" }) s:save() end
name, text, bad = "d.s2", file.getcontents("d.s2"), 0
function try(what, damaged, both)
  file.putcontents(name, damaged)
  local s = settings.open("d", { n = 7 })
  local n, t = s:get("n"), s:get("t")
  if n ~= (both and 7 or 1) or not both and (t.a ~= true or t[2] ~= "x") or s.damaged ~= 1 then
    bad = bad + 1
    if bad < 5 then print("WRONG", what, n, s.damaged) end
  end
  tmr.wdclr()
end
function all(both)
  for i = 1, #text do
    local b = text:byte(i)
    for _, d in ipairs { 1, 32, 128, 255 } do
      try("byte " .. i, text:sub(1, i - 1) .. string.char((b + d) % 256) .. text:sub(i + 1), both)
    end
    try("length " .. i - 1, text:sub(1, i - 1), both)
  end
  for _, more in ipairs { "\0", "}", text } do try("more", text .. more, both) end
  try("the other way round", text:reverse(), both)
end
--- next
all(false)
file.putcontents(name, text)
local settings = require "settings"
check("whole again", settings.open("d"):get("n"), 2)
file.remove("d.s1")
all(true)
--- next
local settings = require "settings"
-- Texts whose checksum is right, as an application would have to make them on purpose.
local function sum(text)
  local a, b = 1, #text % 32749
  for i = 1, #text do a = (a + text:byte(i)) % 32749 b = (b + a) % 32749 end
  return text .. ("%04x%04x"):format(a, b)
end
file.putcontents(name, sum("settings 1\n5 1\n{1:n=9;}"))
check("the checksum", settings.open("d"):get("n"), 9)
for _, body in ipairs { "", "5", "{", "{}x", "}", "{1:n}", "{1:n=}", "{1:n=x;}", "{1:n=nan;}", "{1:nT", "{{}T}", "{9:nT}", "{=nan;T}", "T", "{-1:T}", "{1:n{{{{{{{}}}}}}}}", "{1:n" .. ("{1:a"):rep(100) .. "T" .. ("}"):rep(101), "{99999999999:T}", "{4294967299:nT}" } do
  try(body, sum("settings 1\n5 1\n" .. body), true)
end
for _, head in ipairs { "settings 2\n5 1\n", "settings 1\n5\n", "settings 1\nx 1\n", "settings 1\n-1 1\n", "5 1\n" } do try(head, sum(head .. "{}"), true) end
-- A file that cannot be used is written over.
local s = settings.open("d", { n = 7 })
check("written", s:save(), true)
s = settings.open("d")
check("one save, nothing damaged in its way", s.number .. " " .. s.damaged, "1 1")
print "finished"
`
	everywhere(t, func(t *testing.T, p place) { p.run(t, nil, script, "settings") })
}

// TestSettingsFull holds that a full file system, or one that fails, costs the new values only.
func TestSettingsFull(t *testing.T) {
	const script = `
local settings = require "settings"
local s = settings.open("d")
s:set("n", 1)
check("saved", s:save(), true)
local open, put, tries = file.open, file.putcontents, 0
function put(name, text) tries = tries + 1 return end
local real = file
file = setmetatable({ putcontents = put }, { __index = real })
s:set("n", 2)
local ok, why = s:save()
check("not written", tostring(ok) .. " " .. tostring(why), "nil settings: d.s2 cannot be written")
check("tries", tries, 3)
-- Others than what was to be written come back: the second time it goes well.
function file.putcontents(name, text)
  tries = tries + 1
  if tries < 5 then text = "x" .. text:sub(2) end
  return real.putcontents(name, text)
end
check("written in the end", s:save(), true)
check("tries", tries, 5)
function file.putcontents(name, text) return real.putcontents(name, text:sub(1, 20)) end
s:set("n", 3)
ok, why = s:save()
check("cut short", tostring(ok) .. why, "nilsettings: d.s3 cannot be written")
file = real
local r = settings.open("d")
check("the one before", r:get("n"), 2)
check("damaged", r.damaged, 1)
r:set("n", 4)
check("again", r:save(), true)
check("the damaged one was written over", settings.open("d").damaged, 0)
-- Whichever of the three cannot be read, the others are there.
for i = 5, 8 do r:set("n", i) r:save() end
local newest = 0
for slot = 1, 3 do
  local text = file.getcontents("d.s" .. slot)
  file.putcontents("d.s" .. slot, "garbage")
  local n = settings.open("d"):get("n")
  if n == 7 then newest = newest + 1 else check("newest", n, 8) end
  file.putcontents("d.s" .. slot, text)
end
check("one of them was the newest", newest, 1)
print "finished"
`
	everywhere(t, func(t *testing.T, p place) { p.run(t, nil, script, "settings") })
}
