package moonlet_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
)

// miniBroker is a broker in Lua that takes CONNECT, PUBLISH with QoS 0 and 1 and PINGREQ, each in a
// segment of its own, and counts messages.
const miniBroker = join + `
	got = {}
	net.createServer(net.TCP, 7200):listen(1883, function(s)
		s:on("receive", function(s, d)
			while #d > 1 do
				local kind, n = math.floor(d:byte() / 16), d:byte(2) + 2
				local p = d:sub(1, n)
				d = d:sub(n + 1)
				if kind == 1 then s:send("\32\2\0\0")
				elseif kind == 12 then if not silent then s:send("\208\0") end
				elseif kind == 3 then
					local t = p:byte(4)
					local body = p:sub(5 + t)
					if p:byte() % 8 >= 2 then s:send("\64\2" .. body:sub(1, 2)) body = body:sub(3) end
					got[#got + 1] = body
					print("broker got " .. body)
				end
			end
		end)
		s:on("disconnection", function(_, e) print("broker lost", e) end)
	end)
	print("serves at " .. t.IP) end)`

// mqttClient connects as the manual says: again ten seconds after a failure, and at once when the
// connection is lost. It publishes a number each second that it is connected.
const mqttClient = join + `
		if started then return end
		started = true
		local n, up = 0, false
		local m = mqtt.Client("client", 20)
		local function later() tmr.create():alarm(10 * 1000, tmr.ALARM_SINGLE, function() go() end) end
		function go() m:connect("192.168.0.111", 1883, false) end
		m:on("connect", function() up = true print("connect", math.floor(tmr.now() / 1000000)) end)
		m:on("connfail", function(_, e) print("connfail", e, math.floor(tmr.now() / 1000000)) if e ~= -5 or not up then later() end end)
		m:on("offline", function() up = false print("offline", math.floor(tmr.now() / 1000000)) later() end)
		m:on("puback", function() print("puback") end)
		if publishes then tmr.create():alarm(1000, tmr.ALARM_AUTO, function()
			if up then n = n + 1 local ok = m:publish("t", n, 1, 0) if not ok then print("refused " .. n) end end
		end) end
		tmr.create():alarm(1000, tmr.ALARM_SINGLE, go) end)`

// newMQTTPair boots a broker and a client in one network.
func newMQTTPair(t *testing.T, code string) (n *moonlet.Network, broker, client *moonlet.Module, until func(m *moonlet.Module, text string, within time.Duration) (said string)) {
	t.Helper()
	n = moonlet.NewNetwork()
	broker = open(t, app(miniBroker), moonlet.On(n))
	client = open(t, app(code), moonlet.On(n))
	read := map[*moonlet.Module]int{}
	until = func(m *moonlet.Module, text string, within time.Duration) string {
		t.Helper()
		if err := n.RunUntil(func() bool { return strings.Contains(m.Output()[read[m]:], text) }, within); err != nil {
			t.Fatalf("%q: %v\n%s", text, err, m.Output()[read[m]:])
		}
		said := m.Output()[read[m]:]
		read[m] += len(said)
		return said
	}
	return n, broker, client, until
}

// TestMQTTLinkCut cuts the client off for ten minutes. What it published when it did not know yet
// is lost; all else arrives.
func TestMQTTLinkCut(t *testing.T) { editions(t, testMQTTLinkCut) }

func testMQTTLinkCut(t *testing.T) {
	n, broker, client, until := newMQTTPair(t, "publishes = true "+mqttClient)
	until(client, "connect\t", time.Minute)
	until(broker, "broker got 5", time.Minute)
	must(t, client.WiFi("vanish"))
	said := until(client, "offline", time.Minute)
	if !strings.Contains(said, "connfail\t-5") { // lwIP ends the connection, with its address
		t.Errorf("printed %q", said)
	}
	must(t, n.RunFor(10*time.Minute))
	must(t, client.WiFi("return"))
	said = until(client, "connect\t", time.Minute)
	if tries := strings.Count(said, "connfail\t-3"); tries < 58 || tries > 63 {
		t.Errorf("%d attempts", tries)
	}
	must(t, n.RunFor(20*time.Second))
	got := regexp.MustCompile(`broker got (\d+)`).FindAllStringSubmatch(broker.Output(), -1)
	last, lost := 0, 0
	for _, g := range got {
		k := 0
		for _, c := range g[1] {
			k = k*10 + int(c-'0')
		}
		if k <= last {
			t.Errorf("%d comes behind %d", k, last)
		}
		lost += k - last - 1
		last = k
	}
	// The network is missed after 8.5 s: so many messages wait, one of them under way.
	if lost < 7 || lost > 9 || len(got) < 20 {
		t.Errorf("%d have come, %d are lost", len(got), lost)
	}
	t.Logf("%d have come, %d are lost", len(got), lost)
}

// TestMQTTBrokerVanishes takes the broker's network away: nothing answers, and nothing refuses.
// PINGREQ is not acknowledged, so the module waits until lwIP gives up.
func TestMQTTBrokerVanishes(t *testing.T) {
	n, broker, client, until := newMQTTPair(t, mqttClient)
	until(client, "connect\t", time.Minute)
	must(t, n.RunFor(time.Minute)) // PINGREQ has answers
	if out := client.Output(); strings.Contains(out, "offline") {
		t.Fatalf("offline too early: %s", out)
	}
	must(t, broker.WiFi("vanish"))
	said := until(client, "offline", 20*time.Minute)
	if !strings.Contains(said, "connfail\t-5") {
		t.Errorf("printed %q", said)
	}
	at := regexp.MustCompile(`offline\t(\d+)`).FindStringSubmatch(said)
	t.Logf("offline at %s s", at[1])
	until(client, "connfail\t-5", time.Minute) // nobody is there
	must(t, broker.WiFi("return"))
	until(client, "connect\t", time.Minute)
}

// TestMQTTSilentBroker has a broker whose TCP lives and that says nothing: the first PINGREQ leaves
// after one time of keepalive, and after the second one the module closes the connection.
func TestMQTTSilentBroker(t *testing.T) { editions(t, testMQTTSilentBroker) }

func testMQTTSilentBroker(t *testing.T) {
	n, broker, client, until := newMQTTPair(t, mqttClient)
	until(client, "connect\t", time.Minute)
	must(t, n.RunFor(65*time.Second))
	must(t, broker.Enter("silent = true"))
	said := until(client, "offline", time.Minute)
	if strings.Contains(said, "connfail") {
		t.Errorf("printed %q", said)
	}
	at := regexp.MustCompile(`offline\t(\d+)`).FindStringSubmatch(said)
	t.Logf("offline at %s s", at[1])
	until(client, "connect\t", time.Minute) // that it still answers
}

// TestMQTTQueueFillsHeap publishes until nearly all of the heap is full: the queue has no other bound. All of
// it comes back when the connection ends.
func TestMQTTQueueFillsHeap(t *testing.T) {
	n, broker, client, until := newMQTTPair(t, join+`
		if started then return end
		started = true
		local m, k = mqtt.Client("client", 20), 0
		local function heap() collectgarbage() collectgarbage() return node.heap() end
		m:on("connect", function()
			local h = heap()
			repeat k = k + 1 until not m:publish("t", "0123456789", 1, 0) or node.heap() < 1000
			print("queued", k, h, node.heap())
		end)
		m:on("puback", function() k = k - 1 if k == 0 then print("all sent", heap()) m:close() end end)
		m:on("offline", function() tmr.create():alarm(15000, 0, function() print("over", heap()) end) end)
		tmr.create():alarm(1000, 0, function() m:connect("192.168.0.111") end) end)`)
	said := until(client, "queued", time.Minute)
	must(t, n.RunFor(100*time.Millisecond))
	said += until(client, "\n", time.Minute)
	f := regexp.MustCompile(`queued\t(\d+)\t(\d+)\t(\d+)`).FindStringSubmatch(said)
	if f == nil {
		t.Fatal(said)
	}
	t.Logf("%s messages of 10 bytes in %s bytes, %s bytes are left", f[1], f[2], f[3])
	until(client, "over", 10*time.Minute)
	if n := strings.Count(broker.Output(), "broker got 0123456789"); n < 300 {
		t.Errorf("%d messages have come", n)
	}
	out := client.Output()
	f = regexp.MustCompile(`over\t(\d+)`).FindStringSubmatch(out)
	t.Logf("%s bytes are free in the end", f[1])
}
