package device_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
)

// only are the events of a kind.
func (m *module) only(k device.EventKind) (list []device.Event) {
	for _, e := range m.events {
		if e.Kind == k {
			list = append(list, e)
		}
	}
	return list
}

// TestShortage holds that a module that runs out of memory tells where, once for each
// place, and how much was garbage, though it has no memory left to say so itself.
func TestShortage(t *testing.T) {
	for _, c := range []struct {
		name, code string
		garbage    bool
		where      string
	}{
		{"a list grows", "t = {} tmr.create():alarm(100, 0, function()\nfor i = 1, 1e6 do t[i] = {} end\nend)", false, "init.lua:2: in function"},
		{"it is caught", "for i = 1, 3 do print(pcall(string.rep, 'x', 60000)) end", false, "init.lua:1: in main chunk"},
		{"lwIP's memory is garbage", "local s, f = net.createServer(), function() end\ncollectgarbage('stop')\nwhile node.heap() > 180 do local t = {} end\n" +
			"s:listen(80, f)", true, "init.lua:4:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := start(t, "init.lua", c.code)
			m.boot()
			m.runFor(time.Second)
			list := m.only(device.OutOfMemory)
			if len(list) == 0 {
				t.Fatalf("nothing was told; it printed %q", m.printed())
			}
			e := list[0]
			if !strings.Contains(e.Traceback, c.where) || len(list) > 3 {
				t.Errorf("%d events, the first %+v", len(list), e)
			}
			if s := e.Shortage; s.Wanted <= s.Largest || s.Largest > s.Free || (s.Garbage > 10000) != c.garbage || s.Garbage < 0 {
				t.Errorf("%+v", s)
			}
			if advice := map[bool]string{true: "collectgarbage()", false: "moonlet heap --oom"}[c.garbage]; !strings.Contains(e.Text, advice) {
				t.Errorf("no advice in %q", e.Text)
			}
		})
	}
}

// TestShortage_Everywhere holds that not more is told than somebody reads.
func TestShortage_Everywhere(t *testing.T) {
	m := start(t, "init.lua", "for i = 1, 50 do assert(load(('\\n'):rep(i) .. 'pcall(string.rep, \"x\", 60000)'))() end")
	m.boot()
	if n := len(m.only(device.OutOfMemory)); n < 5 || n > 20 {
		t.Errorf("%d events", n)
	}
}

// TestReload_Refused holds that a reload that does nothing is told, with the reason, though
// the application does not look.
func TestReload_Refused(t *testing.T) {
	for _, c := range []struct{ code, want string }{
		{"node.LFS.reload('nosuch.img')", `there is no file "nosuch.img"`},
		{"node.LFS.reload('init.lua')", "init.lua cannot be loaded"},
		{"file.putcontents('e.img', '') node.LFS.reload('e.img')", "e.img cannot be loaded"},
	} {
		m := startConfig(t, device.Config{StateDir: stateWith(t, "init.lua", c.code), LFSSize: 64 << 10})
		m.boot()
		list := m.only(device.StoreRefused)
		if len(list) != 1 || !strings.Contains(list[0].Text, c.want) || !strings.Contains(list[0].Traceback, "init.lua:1:") {
			t.Errorf("%s: %+v", c.code, list)
		}
	}
}

// TestOldCode holds that what only older Lua or firmware has is told once, wherever the error
// came from.
func TestOldCode(t *testing.T) {
	m := start(t, "init.lua", "tmr.create():alarm(5000, 1, function() table.getn({}) end)")
	m.boot()
	m.typed("setfenv(1, {})\n")
	m.typed("print('\\d')\n")
	m.typed("wifi.sta.config('ssid', 'password')\n")
	m.typed("tmr.register(0, 10, 0, print)\n")
	m.typed("nothing()\n")
	m.runFor(20 * time.Second)
	var told []string
	for _, e := range m.only(device.OldCode) {
		told = append(told, e.Text)
	}
	if len(told) != 5 {
		t.Fatalf("%q", told)
	}
	for i, want := range []string{"_ENV", `no escape \d`, "wifi.sta.config(ssid, pwd)", "tmr.register(number", "the operator #"} {
		if !strings.Contains(told[i], want) {
			t.Errorf("%q, want %q", told[i], want)
		}
	}
}

// TestLongTask_Place holds that the report of a task that became too long names what took the
// time, also if Lua is over when the last of the work is charged.
func TestLongTask_Place(t *testing.T) {
	m := start(t, "init.lua", `local function work(n)
  local x = 0
  for i = 1, n do x = x + i end
end
local function little() for i = 1, 10 do end end
for n = 2500, 4000, 50 do
  tmr.create():alarm(n, 0, function()
    little() work(n) work(n) little()
  end)
end
tmr.create():alarm(2200, 0, function() tmr.delay(16000) end)
tmr.create():alarm(2300, 0, function() uart.write(0, ("x"):rep(400)) end)`)
	m.boot()
	m.events = nil
	m.runFor(5 * time.Second)
	list := m.only(device.LongTask)
	if len(list) < 20 {
		t.Fatalf("%d long tasks", len(list))
	}
	for i, e := range list {
		want := "init.lua:3: in upvalue"
		if i < 2 {
			want = []string{"init.lua:11:", "init.lua:12:"}[i]
		}
		if !strings.Contains(e.Traceback, want) {
			t.Errorf("at %v, after %v: %q", e.At, e.Took, e.Traceback)
		}
	}
}

// TestDocsHaveTheEvents: docs/scripts.md has a row for each event.
func TestDocsHaveTheEvents(t *testing.T) {
	page, err := os.ReadFile("../../docs/scripts.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range device.EventNames() {
		if !strings.Contains(string(page), "\n| `"+name+"` |") {
			t.Errorf("no row for %s", name)
		}
	}
}
