package lualib_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/moonlettest"
)

// logModule is a module with log, and with or without RTC memory.
func logModule(t *testing.T, p place, rtc bool, files map[string]string) *moonlettest.Module {
	t.Helper()
	c := moonlet.Config{Lua: p.edition, StoreBytes: 64 << 10, Files: maps.Clone(files), StoreFiles: map[string]string{"nothing.lua": "return nil"},
		Modules: []string{"adc", "file", "gpio", "node", "tmr", "uart", "wifi"}}
	if rtc {
		c.Modules = append(c.Modules, "rtcmem", "rtctime")
	}
	c.Files["prelude.lua"] = prelude
	if p.store {
		c.StoreFiles["log.lua"] = source(t, "log")
	} else {
		c.Files["log.lua"] = source(t, "log")
		c.HeapBytes = 48 << 10 // for the script, whose parts leave the heap in pieces
	}
	m := moonlettest.New(t, c)
	m.Patience = 5 * time.Minute
	return m
}

// logEverywhere runs a test on all editions, with the lines in RTC memory and in files.
func logEverywhere(t *testing.T, test func(t *testing.T, p place, rtc bool)) {
	everywhere(t, func(t *testing.T, p place) {
		for _, rtc := range []bool{true, false} {
			t.Run(fmt.Sprintf("rtc %v", rtc), func(t *testing.T) { test(t, p, rtc) })
		}
	})
}

// TestLogCrashes holds what is there after each kind of end.
func TestLogCrashes(t *testing.T) {
	const init = `dofile "prelude.lua"
local log = require "log"
log.start({ level = "info" })
local lines, reason = log.last()
print("reason " .. tostring(reason))
for i, line in ipairs(lines) do print("before: " .. line) end
print "ready"
log.info("up")
if not file.exists("how.lua") then return end
tmr.create():alarm(5000, tmr.ALARM_SINGLE, function()
  log.debug("unseen")
  log.warn("about to end %d", 42)
  local how = loadfile "how.lua"
  file.remove "how.lua"
  how()
end)`
	type end struct {
		code   string
		reason int
		want   []string
	}
	ends := []end{
		{`error("the end")`, 4, []string{"the end", "traceback"}},
		{`local t = nil t.x = 1`, 4, []string{" E how.lua:1:", "index"}},
		{`while true do end`, 3, nil},
		{`node.restart()`, 4, nil},
		{`error({})`, 4, nil},
		{`local t = {} while true do t[#t + 1] = ("x"):rep(500) .. #t end`, 4, []string{" memory"}},
		{`node.dsleep(1000000)`, 5, nil},
	}
	logEverywhere(t, func(t *testing.T, p place, rtc bool) {
		m := logModule(t, p, rtc, map[string]string{"init.lua": init})
		m.Expect("reason 0")
		m.Expect("ready")
		for _, e := range ends {
			m.Enter(fmt.Sprintf("file.putcontents('how.lua', [[%s]]) node.restart()", e.code))
			m.Expect("ready")
			m.Expect("reason")
			if got := strings.TrimSpace(m.Expect("\n")); got != fmt.Sprint(e.reason) {
				t.Errorf("%s: reason %s, not %d", e.code, got, e.reason)
			}
			before := strings.ReplaceAll(m.Expect("ready"), "\r\n", "\n")
			for _, want := range append([]string{" W about to end 42\n"}, e.want...) {
				if !strings.Contains(before, want) {
					t.Errorf("%s: no %q in\n%s", e.code, want, before)
				}
			}
			if strings.Contains(before, "unseen") || strings.Contains(before, "start") || rtc && !strings.Contains(before, "I up") {
				t.Errorf("%s:\n%s", e.code, before)
			}
		}
		m.CutPower()
		m.Expect("reason")
		m.Expect("ready")
		if out := m.LastLines(5); rtc && strings.Contains(out, "before") {
			t.Errorf("there are lines after the power was off:\n%s", out)
		}
		// With an error in a task there is one restart, and it is told once on the serial port.
		m.Enter(`node.task.post(function() error("just once") end)`)
		m.Expect("ready")
		if n := strings.Count(m.Output(), "just once"); n != 3 { // typed, told, and in the log
			t.Errorf("it is there %d times", n)
		}
	})
}

// TestLogRing holds that the lines are bounded, and which ones stay.
func TestLogRing(t *testing.T) {
	const script = `dofile "prelude.lua"
local log = require "log"
log.start({ level = "debug", slot = 40, words = 20, size = 300, buffer = 50 })
local free
for i = 1, 300 do
  log.info("line %d", i)
  if i == 20 then free = heap() end
  tmr.wdclr()
end
if heap() < free - 1200 then check("heap", heap(), free) end
local lines = log.lines()
check("the last one", lines[#lines]:match(" I (line %d+)$"), "line 300")
for i = 2, #lines do check("in order", tonumber(lines[i]:match("%d+$")), tonumber(lines[i - 1]:match("%d+$")) + 1) end
local bytes = 0
for _, l in ipairs(lines) do bytes = bytes + #l + 1 end
print("there are " .. #lines .. " lines of " .. bytes .. " bytes")
check("three lines", #log.lines(3), 3)
check("the newest", log.lines(3)[3], lines[#lines])
check("none of the life before", #log.last(), 0)
tmr.wdclr()
-- Any bytes, and lines of any length.
log.clear()
check("nothing", #log.lines(), 0)
local odd = "" for i = 0, 255 do if i ~= 10 then odd = odd .. string.char(i) end tmr.wdclr() end
for from = 1, 255, 16 do
  local part = odd:sub(from, from + 15)
  for pad = 0, 3 do
    log.clear()
    log.error(("p"):rep(pad) .. part:gsub("%%", "%%%%"), 1)
    local l = log.lines()
    check("bytes from " .. from, l[#l]:match("%+%d+ E p*(.*)$") == part:gsub("^p*", "") or l[#l]:sub(-#part) == part, true)
  end
  tmr.wdclr()
end
for n = 0, 200 do
  log.warn(("y"):rep(n))
  log.info("behind")
  local l = log.lines()
  check("behind " .. n, l[#l]:match("^%+%d+ (.*)$"), "I behind")
  check("before", l[#l - 1]:match("^%+%d+ W y*$") ~= nil, true)
  tmr.wdclr()
end
--- next
local log = require "log"
if rtcmem then
  rtcmem.write32(40, 5, 10)
  check("nothing that others wrote", #log.lines(), 0)
end
-- Levels and formats.
local function formats(want, level, ...)
  log.clear()
  log[level](...)
  local l = log.lines()
  check(want, l[1]:match("^%+%d+ (.*)$"):sub(1, #want), want)
end
formats("D a", "debug", "a")
formats("I 5%", "info", "%d%%", 5)
formats("W %d (", "warn", "%d", "x")
formats("E 100%", "error", "100%")
formats("I nil", "info", nil)
formats("I 7 nil", "info", "%s %s", 7, tostring(nil))
log.start({ level = "error", slot = 40, words = 20, print = true })
log.clear()
log.warn("too low") log.error("printed")
check("one line", #log.lines(), 1)
raises("level", 'log: the level is "debug", "info", "warn" or "error"', log.start, { level = "all" })
raises("slot", "log: slot is no number from 0 to 117", log.start, { slot = 118 })
raises("words", "log: words is no number from 10 to 88", log.start, { slot = 40, words = 89 })
raises("size", "log: size is no number from 256 to 65536", log.start, { size = 0 })
raises("buffer", "log: buffer is no number from 0 to 4096", log.start, { buffer = "1" })
raises("file", "log: the name of the file has to have 1 to 27 bytes", log.start, { file = ("x"):rep(28) })
if rtctime then
  rtctime.set(1700000000)
  log.error("late")
  local l = log.lines()
  check("time", l[#l]:match("^17000000%d%d E late$") ~= nil, true)
  local a, b = rtcmem.read32(38, 2)
  check("the words before", a == before1 and b == before2, true)
  check("the words behind", (rtcmem.read32(60)), before3)
end
print "finished"
`
	logEverywhere(t, func(t *testing.T, p place, rtc bool) {
		first, second, _ := strings.Cut(script, "\n--- next\n")
		m := logModule(t, p, rtc, map[string]string{"init.lua": `if rtcmem then before1, before2 = rtcmem.read32(38, 2) before3 = rtcmem.read32(60) end dofile "script.lua" collectgarbage() collectgarbage() dofile "script2.lua"`, "script.lua": first, "script2.lua": second})
		m.Expect("finished")
		out := m.Output()
		wrong(t, out, 1)
		lines, bytes := number(t, out, "there are "), number(t, out, " lines of ")
		if most := map[bool]int{true: 72, false: 2*350 + 50}[rtc]; bytes > most || lines < 3 {
			t.Errorf("%d lines of %d bytes, %d are the most", lines, bytes, most)
		}
		if !strings.Contains(out, "E printed") {
			t.Error("the line was not printed")
		}
	})
}

// TestLogWrites counts the writes of files: few.
func TestLogWrites(t *testing.T) {
	writes := 0
	c := moonlet.Config{Files: map[string]string{"prelude.lua": prelude, "log.lua": source(t, "log"), "init.lua": `local log = require "log"
log.start({ file = "mylog", size = 1000 })
for i = 1, 200 do log.info("line %d", i) tmr.wdclr() end
log.flush()
print(file.exists "log", file.exists "mylog", file.exists "mylog.old")
local _, size = file.open("mylog"), file.stat("mylog").size
print("size " .. size + file.stat("mylog.old").size)
print "finished"`}}
	m := moonlettest.New(t, c, moonlet.Watch(moonlet.WatchFiles), moonlet.OnEvent(func(e moonlet.Event) {
		if w, ok := e.(moonlet.FileWritten); ok && strings.HasPrefix(w.File, "mylog") {
			writes++
		}
	}))
	m.Expect("finished")
	wrong(t, m.Output(), 1)
	if size := number(t, m.Output(), "size "); size > 2*(1000+256+20) || size < 1000 {
		t.Errorf("the files have %d bytes", size)
	}
	if writes > 20 || writes < 5 {
		t.Errorf("200 lines were written %d times", writes)
	}
	t.Logf("%d writes for 200 lines", writes)
}
