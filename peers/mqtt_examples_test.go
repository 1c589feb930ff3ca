package peers

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/mochi-mqtt/server/v2/listeners"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/mbedtls/tlstest"
)

// firmware reads a file of the firmware's working copy.
func firmware(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("MOONLET_FIRMWARE")
	if dir == "" {
		t.Skip("MOONLET_FIRMWARE does not name a working copy of the firmware")
	}
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// example runs a program when there is an address. What it connects to is the broker.
func example(t *testing.T, code, address string, b *mochiBroker) *moonlet.Module {
	t.Helper()
	m, err := moonlet.New(moonlet.Config{
		Files: map[string]string{"init.lua": `wifi.setmode(wifi.STATION) wifi.sta.config{ssid = "home"}
			wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function() dofile "example.lua" end)`, "example.lua": code},
		Time: moonlet.Scaled(5), Seed: 1,
		Network: moonlet.NetworkConfig{HostsOnly: true, Connect: map[string]string{address: b.addr}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// expect waits for lines, one after the other.
func expect(t *testing.T, m *moonlet.Module, lines ...string) {
	t.Helper()
	for _, l := range lines {
		if _, err := m.Expect(l, 2*time.Minute); err != nil {
			t.Fatalf("%q: %v\n%s", l, err, m.LastLines(20))
		}
	}
}

// TestMQTTManual runs the examples of the firmware's manual as they are.
func TestMQTTManual(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```lua\n(.*?)```").FindAllStringSubmatch(firmware(t, "docs/modules/mqtt.md"), -1)
	if len(blocks) != 3 {
		t.Fatalf("%d examples", len(blocks))
	}
	b := newMochi(t, false)
	m := example(t, blocks[0][1], "192.168.11.118:1883", b)
	expect(t, m, "connected\r\n", "subscribe success\r\n")
	expect(t, m, "hello\r\n") // close came before TCP was connected, which is nothing
	for i, want := range []string{"subscribe success", "unsubscribe success"} {
		for _, line := range strings.Split(blocks[i+1][1], "\n") {
			if line == "" || strings.HasPrefix(line, "--") {
				continue
			}
			if err := m.Enter(line); err != nil {
				t.Fatal(err)
			}
			expect(t, m, want+"\r\n")
		}
	}
	if err := m.Enter(`m:close()`); err != nil {
		t.Fatal(err)
	}
	expect(t, m, "offline\r\n")
}

// TestMQTTExamples runs the firmware's examples that use mqtt, as they are.
func TestMQTTExamples(t *testing.T) {
	b := newMochi(t, false)
	m := example(t, firmware(t, "lua_examples/mqtt/mqtt2cloud.lua"), "m11.cloudmqtt.com:11214", b)
	expect(t, m, "Warning, deprecated API! mqtt.connect secure parameter as integer.", "connection ", "sub done\r\n")
	for _, line := range []string{"sub done\r\n", "get1: hello\r\n", "get2: world\r\n", "get1: time: "} {
		if err := m.RunUntil(func(*moonlet.Bench) bool { return strings.Contains(m.Output(), line) }, 2*time.Minute); err != nil {
			t.Errorf("%q: %v\n%s", line, err, m.Output())
		}
	}
	m.Close()

	m = example(t, firmware(t, "lua_examples/mqtt/mqtt_file.lua"), "192.168.18.88:1883", b)
	expect(t, m, "connection ", "sub done\r\n")
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + b.addr).SetClientID("pc"))
	if tok := c.Connect(); tok.Wait() && tok.Error() != nil {
		t.Fatal(tok.Error())
	}
	defer c.Disconnect(0)
	var mu sync.Mutex
	var got string
	c.Subscribe("/topic2", 0, func(_ paho.Client, msg paho.Message) {
		mu.Lock()
		defer mu.Unlock()
		got += string(msg.Payload())
	}).Wait()
	for _, p := range []string{
		`{"cmd":"open","content":"test.lua"}`, `{"cmd":"write","content":"print([[hello world]])\n"}`,
		`{"cmd":"write","content":"print(\"hello2 world2\")\n"}`, `{"cmd":"close","content":"test.lua"}`, `{"cmd":"run","content":"test.lua"}`,
	} {
		c.Publish("/topic1", 0, false, p).Wait()
		expect(t, m, "get1: "+p[:20])
	}
	expect(t, m, "hello world\r\n", "hello2 world2\r\n")
	c.Publish("/topic1", 0, false, `{"cmd":"read","content":"test.lua"}`).Wait()
	const want = "print([[hello world]])\nprint(\"hello2 world2\")\n"
	err := m.RunUntil(func(*moonlet.Bench) bool {
		mu.Lock()
		defer mu.Unlock()
		return got == want
	}, time.Minute)
	if err != nil {
		t.Errorf("%v: got %q", err, got)
	}
}

// TestMQTTSecure talks to a broker by TLS: both directions, a QoS each, and the heap behind it.
func TestMQTTSecure(t *testing.T) {
	b := newMochi(t, false)
	secure := listeners.NewTCP(listeners.Config{ID: "tls", Address: "127.0.0.1:0", TLSConfig: &tls.Config{
		Certificates: []tls.Certificate{tlstest.Chain(tlstest.Issue(t, nil, "broker", tlstest.ECKey(t), nil))}}})
	if err := b.s.AddListener(secure); err != nil {
		t.Fatal(err)
	}
	b.s.Listeners.Serve("tls", b.s.EstablishConnection)
	m, err := moonlet.New(moonlet.Config{
		Files: map[string]string{"init.lua": `
			m = mqtt.Client("secure", 60)
			m:on("message", function(_, t, d) print("got", t, #d) end)
			m:on("connfail", function(_, e) print("connfail", e) end)
			m:on("offline", function() print "offline" tmr.create():alarm(15000, 0, function() collectgarbage() collectgarbage() print("heap", node.heap()) end) end)
			m:on("connect", function(c)
				print("connect", node.heap())
				c:subscribe("out/#", 2, function()
					for q = 0, 2 do c:publish("out/" .. q, ("x"):rep(100 * q + 500), q, 0) end
				end)
			end)
			function go() m:connect("broker", 8883, true) end
			function refused() m:connect("broker", 1883, true) end
			wifi.setmode(wifi.STATION) wifi.sta.config{ssid = "home"}
			wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function() print("ready", node.heap()) go() end)`},
		Time: moonlet.Scaled(5), Seed: 1,
		Network: moonlet.NetworkConfig{HostsOnly: true, Connect: map[string]string{"broker:8883": secure.Address(), "broker:1883": b.addr}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	heap := ""
	for range 3 {
		expect(t, m, "client handshake start.", "client handshake ok!", "connect\t", "got\tout/0\t500", "got\tout/1\t600", "got\tout/2\t700")
		if err := m.RunFor(2 * time.Second); err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"m:close()", "=1"} {
			if err := m.Enter(line); err != nil {
				t.Fatal(err)
			}
		}
		expect(t, m, "offline", "heap\t")
		heap = m.Output()[strings.LastIndex(m.Output(), "heap\t"):]
		if err := m.Enter("go()"); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s bytes are free behind it", strings.Fields(heap)[1])
	expect(t, m, "connect\t")
	if err := m.Enter("m:close()"); err != nil {
		t.Fatal(err)
	}
	expect(t, m, "offline")
	if err := m.Enter("refused()"); err != nil { // a broker that speaks no TLS
		t.Fatal(err)
	}
	expect(t, m, "client handshake start.", "Reason:[-0x7880]") // and no callback, as in the firmware
	if err := m.Enter("go()"); err != nil {
		t.Fatal(err)
	}
	expect(t, m, "client handshake ok!", "connect\t", "got\tout/2\t700")
}
