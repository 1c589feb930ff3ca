package moonlet_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
)

// silent is a peer of the modules that are filled: it takes what comes, and says nothing but that a
// session of MQTT is there.
const silent = join + `
	net.createServer(28800):listen(80, function(c) c:on("receive", function() end) end)
	net.createServer(28800):listen(1883, function(c) c:on("receive", function(c, text)
		if text:byte(1) == 16 then c:send("\32\2\0\0") end
	end) end) end)`

// filling calls go, which makes one thing after the other until there is no room, and prints how many there
// are, how much heap each has, and what the last one said.
const filling = join + `
	local function f() end
	function go()
		n = 0
		local reserve = ("r"):rep(2048) -- for what follows
		collectgarbage() collectgarbage()
		local before = node.heap()
		local _, e = pcall(function() while n < 5000 do %CODE% n = n + 1 end end)
		reserve = nil
		collectgarbage() collectgarbage()
		print("count", n, (before + 2072 - node.heap()) // n, e)
	end
	tmr.create():alarm(3000, 0, function() %BEGIN% end) end)`

// besieged is a server to which another module makes eight connections, one after the other: lwIP
// counts those that are open, and not those that have just asked.
const besieged = join + `
	local n, before = 0
	net.createServer(28800):listen(80, function(c)
		n = n + 1
		c:on("receive", function() end) c:on("sent", function() end) c:on("disconnection", function() end)
	end)
	collectgarbage() collectgarbage() before = node.heap()
	%THEN%
	tmr.create():alarm(60000, 0, function() collectgarbage() collectgarbage() print("count", n, (before - node.heap()) // n, "others wait") end) end)`

const besieger = join + `
	local n = 0
	tmr.create():alarm(500, 1, function(t)
		net.createConnection():connect(80, "192.168.0.111")
		n = n + 1
		if n == 8 then t:unregister() end
	end) end)`

// capacities are what a module is filled with, as docs/limits.md has it.
var capacities = []struct{ what, code, why string }{
	{"timers that run", `tmr.create():alarm(1e6, 1, f)`, "not enough memory"},
	{"sockets of UDP that listen", `net.createUDPSocket():listen(5000 + n, "0.0.0.0")`, "not enough memory"},
	{"servers of TCP", `net.createServer():listen(1000 + n, f)`, "not enough memory"},
	{"connections of TCP that the module has begun", `local c = net.createConnection() c:on("connection", f) c:on("receive", f) c:connect(80, "192.168.0.112")`, "not enough memory"},
	{"requests of `http`", `local h = node.heap() http.get("http://192.168.0.112/", nil, f) if h - node.heap() < 200 then error("no room", 0) end`, "no room"},
	{"messages of 20 bytes that wait in `mqtt`", `if not m:publish("home/lamp/1/state", ("x"):rep(20), 1, 0) then error("no room", 0) end`, "no"},
	{"messages of 200 bytes", `if not m:publish("home/lamp/1/state", ("x"):rep(200), 1, 0) then error("no room", 0) end`, "no"},
	{"files that are open", `t = {t, file.open("f" .. n, "w") or error("no room", 0)}`, "no room"},
}

// counted runs a module and its peers until it prints what it counts.
func counted(t *testing.T, code string, peers ...string) (n, each int, why string) {
	t.Helper()
	air := moonlet.NewNetwork()
	m := open(t, app(code), moonlet.On(air))
	for _, p := range peers {
		open(t, app(p), moonlet.On(air))
	}
	said := regexp.MustCompile(`count\t(\d+)\t(-?\d+)\t(.*)\r\n`)
	if err := air.RunUntil(func() bool { return said.MatchString(m.Output()) }, 2*time.Minute); err != nil {
		t.Fatalf("%v\n%s", err, m.Output())
	}
	f := said.FindStringSubmatch(m.Output())
	n, _ = strconv.Atoi(f[1])
	each, _ = strconv.Atoi(f[2])
	return n, each, f[3]
}

// TestCapacity holds the figures that docs/limits.md has of what there is room for on a heap of 44 KB. What
// the firmware takes for itself may change a little.
func TestCapacity(t *testing.T) {
	page, err := os.ReadFile("docs/limits.md")
	must(t, err)
	check := func(what, why, wantWhy string, n, each int) {
		row := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(what) + ` \| (\d+) \| (\d+)[ ,]`).FindSubmatch(page)
		if row == nil {
			t.Errorf("docs/limits.md has no row for %s: %d, %d bytes each", what, n, each)
			return
		}
		count, _ := strconv.Atoi(string(row[1]))
		size, _ := strconv.Atoi(string(row[2]))
		if d := n - count; d*d > count*count/100 || each-size > 16+size/16 || size-each > 16+size/16 {
			t.Errorf("%s: %d of %d bytes, docs/limits.md has %d of %d", what, n, each, count, size)
		}
		if !strings.Contains(why, wantWhy) {
			t.Errorf("%s end with %q, want %q", what, why, wantWhy)
		}
	}
	for _, c := range capacities {
		begin := `go()`
		if strings.Contains(c.code, "m:publish") {
			begin = `m = mqtt.Client("c", 3600) m:connect("192.168.0.112", 1883, false, go)`
		}
		n, each, why := counted(t, strings.NewReplacer("%CODE%", c.code, "%BEGIN%", begin).Replace(filling), silent)
		check(c.what, why, c.why, n, each)
	}
	for what, then := range map[string]string{
		"guests of its servers": "",
		// The sixth connection is one that nobody looks at, and from then on there is no limit.
		"guests beside a connection that the module begins when it has five": `tmr.create():alarm(5000, 0, function() net.createConnection():connect(80, "192.168.0.113") end)`,
	} {
		n, each, why := counted(t, strings.ReplaceAll(besieged, "%THEN%", then), besieger, silent)
		check(what, why, "wait", n, each)
	}
}
