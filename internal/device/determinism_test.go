package device

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/sim/radio"
	"moonlet.example/moonlet/internal/storage"
	"moonlet.example/moonlet/internal/storage/flashdir"
)

// A module with a virtual clock does the same again: the same program and the same
// seed leave the same bytes in memory. What reaches the module by a socket of the host
// comes when the host brings it, so these programs listen, ask and fail, but get nothing
// from there.

// runPrograms are programs by what they use. They all go on for longer than the test.
var runPrograms = map[string]string{
	"nothing": "",
	"timers": `
		local ticks, list = 0, {}
		for i = 1, 7 do
		  tmr.create():alarm(13 * i, tmr.ALARM_AUTO, function(t)
		    ticks = ticks + 1
		    list[#list % 40 + 1] = {i, ticks, tmr.now(), node.heap()}
		  end)
		end
		tmr.create():alarm(500, tmr.ALARM_SEMI, function(t) node.task.post(function() list.n = #list t:start() end) end)`,
	"strings": `
		local words = {}
		tmr.create():alarm(20, tmr.ALARM_AUTO, function()
		  local s = ("%d-%s"):format(tmr.now(), ("ab"):rep(#words % 50))
		  words[#words % 60 + 1] = s:gsub("a", function(c) return c:upper() end)
		  if #words % 7 == 0 then words[#words] = table.concat(words, ",", 1, #words // 2) end
		end)`,
	"random": `
		local seen = {}
		tmr.create():alarm(50, tmr.ALARM_AUTO, function() seen[#seen % 30 + 1] = {node.random(1000), math.random()} end)`,
	"files": `
		local f = file.open("log", "w")
		for i = 1, 50 do f:writeline("line " .. i) end
		f:close()
		tmr.create():alarm(100, tmr.ALARM_AUTO, function()
		  file.putcontents("n" .. tmr.time() % 3, tostring(tmr.now()))
		  names, text = file.list(), file.getcontents("log")
		  stat = file.stat("log")
		  open = file.open("log") open:seek("set", 100) rest = open:read(10)
		end)`,
	"coroutines": `
		local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield({i, function() return n end}) end end) end
		local gens = {}
		tmr.create():alarm(30, tmr.ALARM_AUTO, function()
		  gens[#gens % 9 + 1] = gen(5)
		  for _, g in ipairs(gens) do pcall(g) end
		end)`,
	"code": `
		file.putcontents("m.lua", "local M = {} function M.f(x) return x + 1 end return M")
		tmr.create():alarm(200, tmr.ALARM_AUTO, function()
		  package.loaded.m = nil
		  v = require("m").f(#tostring(_G)) node.compile("m.lua") g = loadfile("m.lc")
		  h = load("return " .. tmr.now())()
		end)`,
	"json": `
		tmr.create():alarm(100, tmr.ALARM_AUTO, function()
		  doc = sjson.decode(sjson.encode({a = {1, 2, {b = tmr.now()}}, t = true, s = "text"}))
		end)`,
	"pins": `
		gpio.mode(1, gpio.OUTPUT) gpio.mode(2, gpio.INT)
		gpio.trig(2, "both", function(level, when) seen = {level, when} end)
		gpio.serout(1, gpio.HIGH, {1000, 2000, 3000}, 400, function() done = tmr.now() end)`,
	"console": `
		node.output(function(p) out = p:read(400) return false end, 1)
		tmr.create():alarm(100, tmr.ALARM_AUTO, function() print(tmr.now(), node.heap(), {}) end)`,
	"errors": `
		node.setonerror(function(e) last = e end)
		tmr.create():alarm(100, tmr.ALARM_AUTO, function() pcall(error, {tmr.now()}) local x = nil + 1 end)`,
	"memory": `
		tmr.create():alarm(300, tmr.ALARM_AUTO, function()
		  pcall(function() local t = {} while true do t[#t + 1] = {("x"):rep(50 + #t)} end end)
		end)`,
	"resets": `
		n = tonumber(file.getcontents("n") or "0")
		file.putcontents("n", tostring(n + 1))
		if n < 3 then tmr.create():alarm(900, tmr.ALARM_SINGLE, node.restart) end
		if n == 3 then tmr.create():alarm(300, tmr.ALARM_SINGLE, function() local t = {} while true do t[#t + 1] = {} end end) end`,
	"radio": `
		wifi.setmode(wifi.STATIONAP) wifi.sta.config{ssid = "home"}
		wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function(e) address = e end)
		wifi.eventmon.register(wifi.eventmon.STA_DISCONNECTED, function(e) why = e end)
		wifi.eventmon.register(wifi.eventmon.AP_STACONNECTED, function(e) guest = e end)
		tmr.create():alarm(2500, tmr.ALARM_AUTO, function() wifi.sta.getap(1, function(t) list = t end) end)`,
	"sockets": `
		wifi.setmode(wifi.STATION) wifi.sta.config{ssid = "home"}
		wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function(e)
		  srv = net.createServer() srv:listen(80, function(s) s:close() end)
		  udp = net.createUDPSocket() udp:listen(5000) udp:send(9, "192.168.0.255", ("x"):rep(300))
		  net.dns.resolve("known.example", function(s, ip) known = ip end)
		  net.dns.resolve("unknown.example", function(s, ip) unknown = {ip, tmr.now()} end)
		  nobody = net.createConnection()
		  nobody:on("disconnection", function(s, e) gone = {e, tmr.now()} nobody = nil end)
		  nobody:connect(80, "224.0.0.1")
		  net.ping("127.0.0.1", 3, function(...) pong = {...} end, function(...) sum = {...} end)
		  net.multicastJoin("", "224.0.0.251")
		end)`,
}

// image is what is in the chip's data memory after a program has run for some time:
// static variables, the heap, and what lies where the chip has its system stack.
func image(t *testing.T, code string, change func(c *Config)) []byte {
	t.Helper()
	dir := t.TempDir()
	flash := filepath.Join(dir, storage.FlashDir)
	if err := os.MkdirAll(flash, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(flash, flashdir.HostName("init.lua")), []byte(code), 0o666); err != nil {
		t.Fatal(err)
	}
	script, err := radio.ParseScript([]string{"3s join 02:00:00:00:00:01", "1s vanish", "2s return", "1s leave 02:00:00:00:00:01"})
	if err != nil {
		t.Fatal(err)
	}
	c := Config{
		StateDir: dir, Clock: sdk.NewVirtualClock(), Seed: 1, FastSerial: true,
		Net:  Network{AutoPorts: true, HostsOnly: true, Hosts: map[string]port.IP{"known.example": {10, 0, 0, 9}, "here": {127, 0, 0, 1}}, Ports: map[uint16]uint16{80: 0, 5000: 0}},
		WiFi: WiFi{Networks: []radio.Network{{SSID: "home"}, {SSID: "other", Channel: 3}}, Script: script},
	}
	if change != nil {
		change(&c)
	}
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.RunFor(12 * time.Second); err != nil {
		t.Fatal(err)
	}
	if d.machine == nil || !d.running {
		t.Fatal("no Lua is running")
	}
	m := &d.firmware.Chip.Memory
	list := append([]byte(nil), d.mem.Bytes(m.RAM.Start, m.RAM.Size())...)
	return append(list, d.mem.Bytes(m.Scratch.Start, m.Scratch.Size())...)
}

// difference tells where two images differ first.
func difference(a, b []byte) string {
	if len(a) != len(b) {
		return fmt.Sprintf("one has %d bytes, the other %d", len(a), len(b))
	}
	for i := range a {
		if a[i] != b[i] {
			from, to := max(i-16, 0)&^3, min(i+32, len(a))
			return fmt.Sprintf("at %#x:\n% x\n% x", chip.ESP8266().Memory.RAM.Start+mem.Addr(i), a[from:to], b[from:to])
		}
	}
	return "nowhere"
}

// TestDeterminism holds that a program that runs twice leaves the same bytes in all of
// the chip's data memory, and that watching the heap does not change one of them.
func TestDeterminism(t *testing.T) {
	for name, code := range runPrograms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := image(t, code, nil)
			if second := image(t, code, nil); !bytes.Equal(first, second) {
				t.Errorf("two runs differ %s", difference(first, second))
			}
			if watched := image(t, code, func(c *Config) { c.HeapProfile = true }); !bytes.Equal(first, watched) {
				t.Errorf("a run whose heap is watched differs %s", difference(first, watched))
			}
		})
	}
}

// TestDeterminism_Seed holds that the images are worth comparing: with another seed, or
// another program, they differ.
func TestDeterminism_Seed(t *testing.T) {
	one := image(t, runPrograms["random"], nil)
	if bytes.Equal(one, image(t, runPrograms["random"], func(c *Config) { c.Seed = 2 })) {
		t.Error("another seed leaves the same memory")
	}
	if bytes.Equal(one, image(t, runPrograms["random"]+" x = 1", nil)) {
		t.Error("another program leaves the same memory")
	}
}

// TestDeterminism_TwoModules holds that modules that run at the same time do not
// disturb each other.
func TestDeterminism_TwoModules(t *testing.T) {
	alone := map[string][]byte{}
	for _, name := range []string{"timers", "sockets"} {
		alone[name] = image(t, runPrograms[name], nil)
	}
	together := map[string]chan []byte{"timers": make(chan []byte, 1), "sockets": make(chan []byte, 1)}
	t.Run("together", func(t *testing.T) {
		for name, c := range together {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c <- image(t, runPrograms[name], nil)
			})
		}
	})
	for name, c := range together {
		if got := <-c; !bytes.Equal(got, alone[name]) {
			t.Errorf("%s: together with another module it differs %s", name, difference(alone[name], got))
		}
	}
}

// TestDeterminism_numbers holds the same for modules with other numbers.
func TestDeterminism_numbers(t *testing.T) {
	for _, model := range num.Models() {
		change := func(c *Config) { c.Build.Numbers = model }
		for name, code := range runPrograms {
			if !bytes.Equal(image(t, code, change), image(t, code, change)) {
				t.Errorf("%v: two runs of %s leave different memory", model, name)
			}
		}
	}
}
