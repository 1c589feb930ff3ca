package device_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim/hostnet"
)

// attacker tries to reach a port of this computer in all ways, the last with an address of
// its own choice. It writes what it learns.
const attacker = `
	wifi.setmode(wifi.STATIONAP)
	wifi.sta.config{ssid = "home"}
	local all = {"127.0.0.1", "127.1.2.3", "0.0.0.0", "192.168.0.1", "192.168.0.111", "192.168.4.1", "169.254.169.254",
	  "255.255.255.255", "192.168.0.77", "evil.example", "LOCALHOST"}
	local function try(to)
	  local c = net.createConnection()
	  c:on("connection", function() print("reached " .. to) end)
	  c:on("receive", function(_, s) print("received " .. s) end)
	  c:on("disconnection", function(_, e) print("ended " .. e) end)
	  c:connect(PORT, to)
	  net.ping(to, 1, function(n) if n > 0 then print("reached " .. to .. " by ping") end end)
	  if to:find "[a-zA-Z]" then return end
	  local u = net.createUDPSocket()
	  u:on("receive", function(_, s) print("received " .. s) end)
	  u:send(PORT, to, "x")
	  tmr.create():alarm(5000, tmr.ALARM_SINGLE, function() u:close() end)
	end
	local n = 0
	tmr.create():alarm(10000, tmr.ALARM_AUTO, function()
	  n = n + 1
	  if n == #all + 1 then wifi.sta.setip{ip = "10.9.9.9", netmask = "255.255.255.255", gateway = "10.9.9.1"} end
	  if n <= 2 * #all then try(all[(n - 1) % #all + 1]) end
	end)`

// TestWalls runs a module that tries to reach servers of this computer.
func TestWalls(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	p := ln.Addr().(*net.TCPAddr).Port
	pc, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: p})
	if err != nil {
		t.Skip("there is no port for both")
	}
	defer pc.Close()
	for _, policy := range []hostnet.Policy{hostnet.All, hostnet.Local, hostnet.None} {
		var mu sync.Mutex
		var asked []string
		m := startConfig(t, device.Config{
			StateDir: stateWith(t, "init.lua", strings.ReplaceAll(attacker, "PORT", fmt.Sprint(p))),
			Net: device.Network{Policy: policy, HostsOnly: policy == hostnet.All, Hosts: map[string]port.IP{"evil.example": {192, 168, 0, 5}},
				Fail: func(op string, a netip.AddrPort) error {
					mu.Lock()
					defer mu.Unlock()
					asked = append(asked, fmt.Sprint(op, " ", a))
					return nil
				}},
		})
		m.runFor(4 * time.Minute)
		mu.Lock()
		if len(asked) > 0 {
			t.Errorf("%v: the host is asked for %q", policy, asked)
		}
		mu.Unlock()
		out := m.out.String()
		if strings.Contains(out, "reached") || strings.Contains(out, "received") {
			t.Errorf("%v: %s", policy, out)
		}
		if n := strings.Count(out, "ended -8"); n != 22 {
			t.Errorf("%v: %d connections ended: %s", policy, n, out)
		}
		told := 0
		for _, e := range m.events {
			if e.Kind == device.NetworkRefused {
				told++
			}
		}
		if told < 10 || told > 20 {
			t.Errorf("%v: %d refusals are told", policy, told)
		}
	}
	_ = ln.(*net.TCPListener).SetDeadline(time.Now().Add(10 * time.Millisecond))
	if c, err := ln.Accept(); err == nil {
		t.Errorf("a connection from %v", c.RemoteAddr())
	}
	_ = pc.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	if _, from, err := pc.ReadFromUDP(make([]byte, 10)); err == nil {
		t.Errorf("a datagram from %v", from)
	}
}

// TestNetworkFails lets all of the host's sockets fail: the module goes on.
func TestNetworkFails(t *testing.T) {
	m := startConfig(t, device.Config{
		StateDir: stateWith(t, "init.lua", `
			wifi.setmode(wifi.SOFTAP)
			print(pcall(net.createServer().listen, net.createServer(), 80, print))
			print(pcall(net.createUDPSocket().listen, net.createUDPSocket(), 5000))
			c = net.createConnection()
			c:on("disconnection", function(_, e) print("ended " .. e) end)
			c:connect(80, "203.0.113.1")
			u = net.createUDPSocket()
			u:send(80, "203.0.113.1", "x")
			net.dns.resolve("some.where", function(_, a) print("address", a) end)`),
		Net: device.Network{Fail: func(string, netip.AddrPort) error { return errors.New("made to fail") }},
	})
	m.runFor(20 * time.Second)
	for _, want := range []string{"address in use", "ended -8", "address\tnil"} {
		if !strings.Contains(m.out.String(), want) {
			t.Errorf("there is no %q in %s", want, m.out.String())
		}
	}
}
