package moonlet_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
)

// TestConnect holds that a program reaches servers of this computer by a name that stands in
// Connect alone: connections, datagrams, look-ups and pings; and by the gateway, for "host".
func TestConnect(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	u, err := net.ListenPacket("udp4", "127.0.0.1:0")
	must(t, err)
	defer u.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(c, "welcome")
			c.Close()
		}
	}()
	go func() {
		buf := make([]byte, 100)
		for {
			n, from, err := u.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = u.WriteTo(append([]byte("re: "), buf[:n]...), from)
		}
	}()
	c := app(join + `
		local function ask(port, name)
			local c = net.createConnection()
			c:on("receive", function(_, text) print(name, port, text) end)
			c:on("disconnection", function(_, e) if e ~= 0 then print(name, port, e) end end)
			c:connect(port, name)
		end
		ask(1883, "broker.lan") ask(99, "broker.lan") ask(80, t.gateway)
		local u = net.createUDPSocket()
		u:on("receive", function(_, text, port, ip) print(text, port, ip) end)
		net.dns.resolve("broker.lan", function(_, ip) print("found", ip) u:send(123, ip, "time?") end)
		net.ping("broker.lan", 1, function(_, ip, seq) if seq then print("pinged", ip) end end)
		end)`)
	c.Time = moonlet.Scaled(5) // virtual time does not wait for who answers datagrams
	c.Network = moonlet.NetworkConfig{HostsOnly: true, Connect: map[string]string{
		"broker.lan:1883": l.Addr().String(), "broker.lan:123": u.LocalAddr().String(), "host:80": l.Addr().String()}}
	m := open(t, c)
	var refused []string
	defer m.Subscribe(func(e moonlet.Event) {
		if r, ok := e.(moonlet.NetworkRefused); ok {
			refused = append(refused, fmt.Sprint(r))
		}
	})()
	want := []string{"broker.lan\t1883\twelcome\n", "broker.lan\t99\t-8\n", "192.168.0.1\t80\twelcome\n", "found\t198.18.0.1\n",
		"re: time?\t123\t198.18.0.1\n", "pinged\t198.18.0.1\n"}
	for end := time.Now().Add(20 * time.Second); !hasAll(m.Output(), want); {
		if time.Now().After(end) {
			t.Fatalf("got %s", m.Output())
		}
		must(t, m.RunFor(time.Second))
	}
	if len(refused) != 1 || !strings.Contains(refused[0], `tcp to 198.18.0.1:99 goes nowhere: --connect leads the name "broker.lan" at other ports only`) {
		t.Errorf("refused: %q", refused)
	}
}
