package moonlet_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlet.example/moonlet"
)

const join = `wifi.setmode(wifi.STATION) wifi.sta.config{ssid = "home"}
	wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function(t) `

const echoServer = join + `
		net.createServer():listen(80, function(c)
			c:on("receive", function(c, text) c:send("echo " .. text, text == "bye" and function(c) c:close() end or nil) end)
		end)
		local u = net.createUDPSocket() u:listen(5000)
		u:on("receive", function(u, text, port, ip) print("datagram", text, ip) u:send(port, ip, "answer to " .. text) end)
		print("serves at " .. t.IP) end)`

func client(server string) string {
	return join + `
		local function go()
			local c = net.createConnection()
			c:on("connection", function(c) c:send("hello") end)
			c:on("receive", function(c, text) print("got " .. text) if text == "echo hello" then c:send("bye") end end)
			c:on("disconnection", function(_, e) print("ended", e) end)
			c:connect(80, "` + server + `")
			local u = net.createUDPSocket()
			u:on("receive", function(_, text, port, ip) print("udp", text, port, ip) end)
			u:send(5000, "` + server + `", "one")
			u:send(5000, "192.168.255.255", "all")
			net.ping("` + server + `", 1, function(_, ip, seq) if seq then print("pinged " .. ip) end end)
			local no = net.createConnection()
			no:on("disconnection", function(_, e) print("refused", e) end)
			no:connect(81, "` + server + `")
		end
		tmr.create():alarm(1000, 0, go) end)`
}

// talked is what the client prints in the end.
var talked = []string{"got echo hello\n", "got echo bye\n", "ended\t0\n", "udp\tanswer to one\t5000\t192.168.0.111\n",
	"udp\tanswer to all\t5000\t192.168.0.111\n", "pinged 192.168.0.111\n", "refused\t-9\n"}

func hasAll(text string, list []string) bool {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for _, want := range list {
		if !strings.Contains(text, want) {
			return false
		}
	}
	return true
}

// TestNetwork_Virtual lets two modules talk in virtual time, the same way each time.
func TestNetwork_Virtual(t *testing.T) {
	var outputs []string
	for range 3 {
		n := moonlet.NewNetwork()
		server := open(t, app(echoServer), moonlet.On(n))
		other := open(t, app(client("192.168.0.111")), moonlet.On(n))
		if err := n.RunUntil(func() bool { return hasAll(other.Output(), talked) }, time.Minute); err != nil {
			t.Fatalf("%v\n%s\n%s", err, server.Output(), other.Output())
		}
		if a, err := other.Address(); a != netip.MustParseAddr("192.168.0.112") || err != nil {
			t.Error(a, err)
		}
		if !strings.Contains(server.Output(), "datagram\tone\t192.168.0.112") {
			t.Error(server.Output())
		}
		must(t, n.RunFor(20*time.Second))
		outputs = append(outputs, server.Output()+other.Output())
		if list := n.Modules(); len(list) != 2 {
			t.Errorf("%d modules", len(list))
		}
		must(t, server.Close())
		must(t, n.RunFor(time.Second))
		if list := n.Modules(); len(list) != 1 {
			t.Errorf("%d modules", len(list))
		}
	}
	if outputs[0] != outputs[1] || outputs[1] != outputs[2] {
		t.Errorf("three passes differ:\n%s\n%s\n%s", outputs[0], outputs[1], outputs[2])
	}
}

// TestNetwork_Real does so with a goroutine for each.
func TestNetwork_Real(t *testing.T) {
	n := moonlet.NewNetwork()
	one, two := app(echoServer), app(client("192.168.0.111"))
	one.Time, two.Time = moonlet.Scaled(5), moonlet.Scaled(5)
	server, other := open(t, one, moonlet.On(n)), open(t, two, moonlet.On(n))
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for _, m := range []*moonlet.Module{server, other} {
		wg.Go(func() { must(t, m.Run(ctx)) })
	}
	for end := time.Now().Add(20 * time.Second); !hasAll(other.Output(), talked); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s\n%s", server.Output(), other.Output())
		}
	}
	if err := n.RunFor(time.Second); !errors.Is(err, moonlet.ErrRunning) {
		t.Error(err)
	}
	cancel()
	wg.Wait()
}

// TestNetwork_Bulk brings a lot of data over, more than any window, and the peer reads it
// slowly.
func TestNetwork_Bulk(t *testing.T) {
	const size = 200_000
	n := moonlet.NewNetwork()
	server := open(t, app(join+fmt.Sprintf(`
		net.createServer():listen(80, function(c)
			local got, sum = 0, 0
			c:on("receive", function(c, text)
				got = got + #text
				for i = 1, #text, 97 do sum = sum + text:byte(i) end
				c:hold() tmr.create():alarm(20, 0, function() c:unhold() end)
				if got >= %d then print("got all", got) end
			end)
		end) print("serves") end)`, size)), moonlet.On(n))
	other := open(t, app(join+fmt.Sprintf(`
		tmr.create():alarm(500, 0, function()
			local c, sent = net.createConnection(), 0
			local function more(c) if sent < %d then sent = sent + 1000 c:send(("x"):rep(1000)) end end
			c:on("connection", more) c:on("sent", more) c:connect(80, "192.168.0.111") end) end)`, size)), moonlet.On(n))
	err := n.RunUntil(func() bool { return strings.Contains(server.Output(), fmt.Sprintf("got all\t%d", size)) }, 10*time.Minute)
	if err != nil {
		t.Errorf("%v\n%s\n%s", err, server.Output(), other.Output())
	}
}

// TestNetwork_Reset resets and closes modules while they talk: the other hears of it, and
// nothing hangs.
func TestNetwork_Reset(t *testing.T) {
	n := moonlet.NewNetwork()
	server := open(t, app(echoServer), moonlet.On(n))
	other := open(t, app(join+`
		local function go()
			local c = net.createConnection()
			c:on("connection", function(c) print("connected") c:send("x") end)
			c:on("receive", function(c) tmr.create():alarm(100, 0, function() pcall(c.send, c, "y") end) end)
			c:on("disconnection", function(_, e) print("lost") tmr.create():alarm(500, 0, go) end)
			c:connect(80, "192.168.0.111")
		end
		go() end)`), moonlet.On(n))
	count := func(what string) int { return strings.Count(other.Output(), what) }
	for i := 1; i <= 5; i++ {
		if err := n.RunUntil(func() bool { return count("connected") >= i }, time.Minute); err != nil {
			t.Fatalf("%v\n%s", err, other.Output())
		}
		must(t, n.RunFor(time.Second))
		lost := count("lost")
		if i%2 == 0 {
			must(t, server.CutPower())
		} else {
			must(t, server.Enter("node.restart()"))
		}
		if err := n.RunUntil(func() bool { return count("lost") > lost }, time.Minute); err != nil {
			t.Fatalf("%v\n%s", err, other.Output())
		}
	}
	must(t, server.Close())
	must(t, n.RunFor(10*time.Second))
}

// TestNetwork_Full lets six clients ask a server that has room for five at a time.
func TestNetwork_Full(t *testing.T) {
	n := moonlet.NewNetwork()
	open(t, app(join+`net.createServer():listen(80, function(c)
		tmr.create():alarm(2000, 0, function() c:close() end) end) end)`), moonlet.On(n))
	var others []*moonlet.Module
	for i := range 6 { // one after the other: what is counted is who is connected already
		others = append(others, open(t, app(join+fmt.Sprintf(`tmr.create():alarm(%d, 0, function()
			local c = net.createConnection() c:on("connection", function() print("in") end)
			c:connect(80, "192.168.0.111") end) end)`, 500+10*i)), moonlet.On(n)))
	}
	in := func() (k int) {
		for _, m := range others {
			k += strings.Count(m.Output(), "in\r\n") + strings.Count(strings.ReplaceAll(m.Output(), "\r\n", ""), "in\n")
		}
		return k
	}
	must(t, n.RunFor(5200*time.Millisecond))
	if k := in(); k != 5 {
		t.Errorf("%d are in at once", k)
	}
	if err := n.RunUntil(func() bool { return in() == 6 }, time.Minute); err != nil {
		t.Errorf("%v: %d", err, in())
	}
}

func ExampleNetwork() {
	n := moonlet.NewNetwork()
	server, err := moonlet.New(app(echoServer), moonlet.On(n))
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	other, err := moonlet.New(app(client("192.168.0.111")), moonlet.On(n))
	if err != nil {
		log.Fatal(err)
	}
	defer other.Close()
	err = n.RunUntil(func() bool { return strings.Contains(other.Output(), "echo hello") }, time.Minute)
	fmt.Println(err)
	// Output: <nil>
}

// TestNetwork_Standing lets a module call one that nobody runs: nothing piles up, and it is as
// if that were not there.
func TestNetwork_Standing(t *testing.T) {
	n := moonlet.NewNetwork()
	server := open(t, app(echoServer), moonlet.On(n))
	other := open(t, app(join+`
		local u = net.createUDPSocket()
		tmr.create():alarm(1000, 0, function()
			tmr.create():alarm(50, 1, function() u:send(5000, "192.168.0.111", "x") end)
			tmr.create():alarm(5000, 1, function() net.ping("192.168.0.111", 1, function() end) end)
			local c = net.createConnection() c:on("disconnection", function(_, e) print("gave up", e) end) c:connect(80, "192.168.0.111")
		end) end)`), moonlet.On(n))
	if err := n.RunUntil(func() bool { return strings.Contains(server.Output(), "serves") }, time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Expect("gave up\t-8", time.Minute); err != nil {
		t.Fatal(err)
	}
	must(t, other.RunFor(time.Hour))
	must(t, server.RunFor(time.Second))
	if k := strings.Count(server.Output(), "datagram"); k == 0 || k > 40 {
		t.Errorf("%d datagrams waited", k)
	}
}

// What is sent outside of the connection's events waits for lwIP's slow tick: ten small sends
// within 200 ms are told as sent once or twice, and the queue is full after 2,920 bytes.
func TestNetwork_SendsFromTimer(t *testing.T) {
	sends := func(t *testing.T, size int) string {
		n := moonlet.NewNetwork()
		open(t, app(join+`net.createServer():listen(80, function(c) end) end)`), moonlet.On(n))
		m := open(t, app(join+fmt.Sprintf(`tmr.create():alarm(500, 0, function()
			local c, n, sent = net.createConnection(), 0, 0
			c:on("sent", function() sent = sent + 1 end)
			c:on("connection", function() tmr.create():alarm(20, 1, function(t)
				n = n + 1
				local ok, e = pcall(c.send, c, ("x"):rep(%d))
				if not ok or n == 10 then
					t:unregister()
					tmr.create():alarm(600, 0, function() print("result", n, ok, e, sent) end)
				end
			end) end)
			c:connect(80, "192.168.0.111") end) end)`, size)), moonlet.On(n))
		if err := n.RunUntil(func() bool { return strings.Contains(m.Output(), "result") }, time.Minute); err != nil {
			t.Fatalf("%v\n%s", err, m.Output())
		}
		_, got, _ := strings.Cut(m.Output(), "result")
		return strings.Join(strings.Fields(got), " ")
	}
	if got := sends(t, 7); got != "10 true nil 1" {
		t.Errorf("small ones: %s", got)
	}
	if got := sends(t, 1000); got != "3 false out of memory 2" {
		t.Errorf("large ones: %s", got)
	}
}

// TestNetwork_Vanishes takes a server's network away while a client sends. For some seconds it
// is as if data came late; when the server has noticed, its connection is over at once, and the
// client's when somebody answers that there is none.
func TestNetwork_Vanishes(t *testing.T) {
	n := moonlet.NewNetwork()
	server := open(t, app(join+`net.createServer():listen(80, function(c)
		c:on("receive", function(_, s) print("got " .. s) end)
		c:on("disconnection", function(_, e) print("server lost", e) end) end) end)`), moonlet.On(n))
	other := open(t, app(join+`tmr.create():alarm(500, 0, function()
		local c, i = net.createConnection(), 0
		c:on("connection", function() print("connected") tmr.create():alarm(2000, 1, function(t)
			i = i + 1
			if not pcall(c.send, c, "n" .. i) then t:unregister() end
		end) end)
		c:on("disconnection", function(_, e) print("client lost", e) end)
		c:connect(80, "192.168.0.111") end) end)`), moonlet.On(n))
	until := func(m *moonlet.Module, text string, within time.Duration) {
		t.Helper()
		if err := n.RunUntil(func() bool { return strings.Contains(m.Output(), text) }, within); err != nil {
			t.Fatalf("%q: %v\n%s\n%s", text, err, server.Output(), other.Output())
		}
	}
	until(server, "got n1", time.Minute)
	must(t, server.WiFi("vanish"))
	must(t, n.RunFor(4*time.Second))
	if strings.Contains(server.Output(), "got n2") {
		t.Error("something comes in without a network")
	}
	must(t, server.WiFi("return"))
	until(server, "got n2", 20*time.Second)
	must(t, n.RunFor(10*time.Second))
	must(t, server.WiFi("vanish"))
	until(server, "server lost\t-8", 10*time.Second)
	if strings.Contains(other.Output(), "client lost") {
		t.Error("the client knows already")
	}
	must(t, server.WiFi("return"))
	until(other, "client lost\t-9", 3*time.Minute)
}
