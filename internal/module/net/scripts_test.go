package net_test

import (
	"fmt"
	hostsock "net"
	"net/netip"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/net"
	"moonlet.example/moonlet/internal/module/node"
	"moonlet.example/moonlet/internal/module/tmr"
	"moonlet.example/moonlet/internal/module/wifi"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/sim/hostnet"
	"moonlet.example/moonlet/internal/sim/radio"
)

// board is a chip with a network and a radio.
type board struct {
	*porttest.Chip
	net   *hostnet.Net
	radio *radio.Radio
}

func (b *board) Net() port.Net   { return b.net }
func (b *board) WiFi() port.WiFi { return b.radio }

// testChip is a module with a network and a radio, as far as scripts need it.
type testChip struct {
	*moduletest.Lua
	t     *testing.T
	radio *radio.Radio
	host  map[uint16]netip.AddrPort
	short string // what there is no memory for: part of its name
}

// Take implements port.Memory.
func (c *testChip) Take(_ int, what string) port.Block {
	if c.short != "" && strings.Contains(what, c.short) {
		return 0
	}
	return 1
}

func (c *testChip) Rename(port.Block, string) {}
func (c *testChip) Give(port.Block)           {}

// newChip makes a module. The sockets are real, so time must be, too.
func newChip(t *testing.T, clock sdk.Clock, variant ...state.Module) *testChip {
	t.Helper()
	b := &board{Chip: porttest.New(t, porttest.Config{Clock: clock, NoWatchdog: true})}
	c := &testChip{t: t, host: map[uint16]netip.AddrPort{}}
	b.net = hostnet.New(hostnet.Config{
		Loop: b.Tasks, HostsOnly: true, Hosts: map[string]port.IP{"here": {127, 0, 0, 1}},
		Ports:    map[uint16]uint16{80: 0, 81: 0, 5000: 0, 7000: 0},
		OnListen: c.listening,
		Alias:    map[port.IP]port.IP{{192, 168, 0, 1}: {127, 0, 0, 1}},
		Memory:   c,
	})
	t.Cleanup(b.net.Close)
	b.radio = radio.New(radio.Config{Loop: b.Tasks, Link: b.net, MAC: radio.MACOf(0x123456)})
	b.radio.Start()
	c.radio = b.radio
	module := net.Module
	if len(variant) > 0 {
		module = variant[0]
	}
	c.Lua = moduletest.Boot(t, moduletest.Config{
		Chip: b.Chip, Host: b,
		Modules: []state.Module{module, wifi.Module, tmr.Module, node.New(node.Options{})},
	})
	return c
}

// listening tells scripts where their server is on the host: for port 80 in port80.
func (c *testChip) listening(m hostnet.Mapping) {
	c.host[m.Device] = m.Host
	L := c.Machine.State()
	L.PushInteger(int64(m.Host.Port()))
	L.SetGlobal(fmt.Sprint("port", m.Device))
}

// join connects the station, so that there is a network.
func (c *testChip) join() {
	c.radio.SetMode(port.StationMode, false)
	c.radio.SetStationConfig(port.StationConfig{SSID: "any"}, false)
	c.radio.Connect()
	c.WaitFor(func() bool { return c.radio.Status() == port.StationGotIP })
}

func TestScript(t *testing.T) { moduletest.Editions(t, testScript) }

func testScript(t *testing.T) {
	c := newChip(t, sdk.NewRealClock(10))
	c.join()
	c.Script("testdata/net.lua")
}

// A board without a network has the module, and its functions say what is missing.
func TestNoNetwork(t *testing.T) { moduletest.Editions(t, testNoNetwork) }

func testNoNetwork(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{net.Module}})
	l.Do("assert(not net.ifinfo(0))")
	for _, code := range []string{
		"net.createServer():listen(80, print)", "net.createConnection():connect(80, '10.0.0.1')",
		"net.createUDPSocket():send(5000, '10.0.0.1', 'x')", "net.dns.getdnsserver()", "net.ping('10.0.0.1', print)",
	} {
		if err := l.Exec(code, "=test"); err == nil || !strings.HasSuffix(err.Error(), "this board has no network") {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// TestNoMemory holds what scripts are told when lwIP has no memory, in the words of
// app/modules/net.c.
func TestNoMemory(t *testing.T) { moduletest.Editions(t, testNoMemory) }

func testNoMemory(t *testing.T) {
	c := newChip(t, sdk.NewRealClock(10))
	c.join()
	for _, x := range []struct{ short, code, want string }{
		{"TCP connection", "net.createServer():listen(80, print)", "cannot allocate PCB"},
		{"TCP connection", "net.createConnection():connect(80, '127.0.0.1')", "cannot allocate PCB"},
		{"TCP server", "net.createServer():listen(80, print)", "out of memory"},
		{"UDP", "net.createUDPSocket():listen(5000)", "cannot allocate PCB"},
		{"UDP", "net.createUDPSocket():send(5000, '127.0.0.1', 'x')", "cannot allocate PCB"},
		{"data to send", "net.createUDPSocket():send(5000, '127.0.0.1', 'x')", "cannot allocate message buffer"},
		{"look-up", "net.dns.resolve('some.where', print)", "out of memory"},
		{"data to send", "c = net.createConnection() c:connect(80, '127.0.0.1')", ""}, // nobody looks
	} {
		c.short = x.short
		err := c.Exec(x.code, "=test")
		if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.HasSuffix(err.Error(), x.want)) {
			t.Errorf("no memory for %s: %s: %v, want %q", x.short, x.code, err, x.want)
		}
	}
	c.short = ""
	server := `srv = net.createServer() srv:listen(80, function(s) sock = s s:on("receive", function() end) end)`
	if err := c.Exec(server, "=server"); err != nil {
		t.Fatal(err)
	}
	peer, err := hostsock.Dial("tcp", c.host[80].String())
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	c.WaitFor(func() bool { return c.Exec("assert(sock)", "=look") == nil })
	c.short = "data to send"
	if err := c.Exec("sock:send('x')", "=send"); err == nil || !strings.HasSuffix(err.Error(), "out of memory") {
		t.Errorf("sending without memory: %v", err)
	}
	c.short = ""
	if err := c.Exec("sock:send('x')", "=send"); err != nil {
		t.Errorf("sending then: %v", err)
	}
}
