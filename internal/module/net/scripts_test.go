package net_test

import (
	"bytes"
	"errors"
	"fmt"
	hostsock "net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/rom"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua53/vm"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/module/net"
	"moonlet.example/moonlet/internal/module/node"
	"moonlet.example/moonlet/internal/module/sjson"
	"moonlet.example/moonlet/internal/module/tmr"
	"moonlet.example/moonlet/internal/module/wifi"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/sim/hostnet"
	"moonlet.example/moonlet/internal/sim/radio"
	"moonlet.example/moonlet/internal/storage/rcr"
)

// Memory of the test chip.
const (
	staticStart, staticEnd = 0x3FFE4000, 0x3FFE8000
	heapStart, heapEnd     = 0x3FFE8000, 0x3FFFC000 // 80 KB
)

// testChip is a module with a network and a radio, as far as scripts need it.
type testChip struct {
	t       *testing.T
	space   *mem.Space
	loop    *sdk.Loop
	system  *sdk.System
	net     *hostnet.Net
	radio   *radio.Radio
	machine machine.Machine
	out     bytes.Buffer
	host    map[uint16]netip.AddrPort
	short   string // what there is no memory for: part of its name
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

func (c *testChip) Loop() port.Loop        { return c.loop }
func (c *testChip) System() port.System    { return c.system }
func (c *testChip) Serial(int) port.Serial { return nil }
func (c *testChip) Pins() port.Pins        { return nil }
func (c *testChip) Files() port.Files      { return nil }
func (c *testChip) Net() port.Net          { return c.net }
func (c *testChip) WiFi() port.WiFi        { return c.radio }

func newChip(t *testing.T, clock sdk.Clock, air radio.Config) *testChip {
	t.Helper()
	c := &testChip{t: t, host: map[uint16]netip.AddrPort{}}
	c.loop = sdk.New(sdk.Config{Clock: clock, SoftWatchdog: -1})
	var err error
	if c.space, err = mem.NewSpace(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.space.Close() })
	c.net = hostnet.New(hostnet.Config{
		Loop: c.loop, HostsOnly: true, Hosts: map[string]port.IP{"here": {127, 0, 0, 1}},
		Ports:    map[uint16]uint16{80: 0, 81: 0, 5000: 0, 7000: 0},
		OnListen: c.listening,
		Alias:    map[port.IP]port.IP{{192, 168, 0, 1}: {127, 0, 0, 1}},
		Memory:   c,
	})
	t.Cleanup(c.net.Close)
	air.Loop, air.Link, air.MAC = c.loop, c.net, radio.MACOf(0x123456)
	c.radio = radio.New(air)
	c.system = sdk.NewSystem(sdk.SystemConfig{
		Loop: c.loop, Records: rcr.New(4<<20, 0), Mem: c.space.Mem(), StaticStart: staticStart, StaticEnd: staticEnd,
	})
	c.boot()
	return c
}

// listening tells scripts where their server is on the host: for port 80 in port80.
func (c *testChip) listening(m hostnet.Mapping) {
	c.host[m.Device] = m.Host
	L := c.machine.State()
	L.PushInteger(int64(m.Host.Port()))
	L.SetGlobal(fmt.Sprint("port", m.Device))
}

func (c *testChip) boot() {
	main := &state.ROTable{Name: "ROM", Entries: stdlib.BaseTable().Entries}
	modules := append([]state.Module{lauxlib.Support()}, stdlib.Standard(main, vm.Model, false)...)
	image, err := rom.Link(vm.Model, main, append(modules,
		net.Module, wifi.Module, sjson.Module, tmr.Module, node.New(node.Options{})))
	if err == nil {
		err = image.Map(c.space)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	for _, r := range [][2]mem.Addr{{staticStart, staticEnd}, {heapStart, heapEnd}} {
		if err := c.space.Map(r[0], r[1]-r[0], mem.ReadWrite); err != nil {
			c.t.Fatal(err)
		}
	}
	m := c.space.Mem()
	write := func(p []byte) { c.out.Write(p) }
	c.machine, err = vm.New(machine.Config{
		Mem: m, Space: c.space, ROM: image, Host: c, StripDefault: 1, Heap: heap.NewDevice(m, heapStart, heapEnd),
		Output: write, ErrorOutput: func(s string) { write([]byte(s)) },
		PostTask: func(prio int, f func()) bool { return c.loop.Post(port.Priority(prio), f) },
		Fuel:     func(int64) int64 { return 1000 },
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.radio.Start()
	if status := c.machine.OpenLibs(); status != state.OK {
		msg, _ := c.machine.State().ToString(-1)
		c.t.Fatalf("opening the libraries: %s", msg)
	}
}

// join connects the station, so that there is a network.
func (c *testChip) join() {
	c.radio.SetMode(port.StationMode, false)
	c.radio.SetStationConfig(port.StationConfig{SSID: "any"}, false)
	c.radio.Connect()
	c.waitFor(func() bool { return c.radio.Status() == port.StationGotIP })
}

// exec runs a chunk as a task.
func (c *testChip) exec(code, name string) (err error) {
	defer mem.CatchFaults()()
	c.loop.Exec(func() {
		L := c.machine.State()
		status := L.LoadBytes([]byte(code), name, "bt")
		if status == state.OK {
			status = L.PCall(0, 0, 0)
		}
		if status != state.OK {
			err = errors.New(string(L.ToLString(-1)))
		}
		L.SetTop(0)
	})
	return err
}

// waitFor runs the module until done tells true, for two minutes of its time at
// most.
func (c *testChip) waitFor(done func() bool) bool {
	defer mem.CatchFaults()()
	for end := c.loop.Now() + 2*time.Minute; !done(); {
		if c.loop.Now() >= end {
			return false
		}
		c.loop.RunFor(10 * time.Millisecond)
	}
	return true
}

// script runs a file of a module's testdata, which ends by printing its name and
// "ok", at once or some time later.
func (c *testChip) script(path string) {
	c.t.Helper()
	code, err := os.ReadFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	base := strings.TrimSuffix(filepath.Base(path), ".lua")
	if err := c.exec(string(code), "@"+base+".lua"); err != nil {
		c.t.Fatalf("%v\n%s", err, c.out.String())
	}
	if !c.waitFor(func() bool { return strings.Contains(c.out.String(), base+": ok\n") }) {
		c.t.Errorf("did not come to its end: %s", c.out.String())
	}
	if strings.Contains(c.out.String(), "traceback") {
		c.t.Error(c.out.String())
	}
	if top := c.machine.State().GetTop(); top != 0 {
		c.t.Errorf("%d values are left on the stack", top)
	}
	if err := c.machine.CheckHeap(); err != nil {
		c.t.Error(err)
	}
}

func TestSJSON(t *testing.T) {
	for _, name := range []string{"sjson", "leaks"} {
		newChip(t, sdk.NewVirtualClock(), radio.Config{}).script("../sjson/testdata/" + name + ".lua")
	}
}

func TestWiFi(t *testing.T) {
	script, err := radio.ParseScript([]string{
		"60s join 02:00:00:00:00:01", "1s probe 02:00:00:00:00:02 -70", "1s auth wpa", "1s vanish",
	})
	if err != nil {
		t.Fatal(err)
	}
	newChip(t, sdk.NewVirtualClock(), radio.Config{Script: script, Networks: []radio.Network{
		{SSID: "home", Password: "secret-1", Channel: 11, RSSI: -60, Address: port.IPInfo{
			Addr: port.IP{10, 1, 0, 5}, Netmask: port.IP{255, 255}, Gateway: port.IP{10, 1, 0, 1}}},
		{SSID: "cafe,bar"},
		{SSID: "shy", Hidden: true},
	}}).script("../wifi/testdata/wifi.lua")
}

func TestNet(t *testing.T) {
	// The sockets are real, so time must be, too; it is only faster.
	c := newChip(t, sdk.NewRealClock(10), radio.Config{})
	c.join()
	c.script("testdata/net.lua")
}

// TestNoMemory holds what scripts are told when lwIP has no memory, in the words of
// app/modules/net.c.
func TestNoMemory(t *testing.T) {
	c := newChip(t, sdk.NewRealClock(10), radio.Config{})
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
		err := c.exec(x.code, "=test")
		if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.HasSuffix(err.Error(), x.want)) {
			t.Errorf("no memory for %s: %s: %v, want %q", x.short, x.code, err, x.want)
		}
	}
	c.short = ""
	server := `srv = net.createServer() srv:listen(80, function(s) sock = s s:on("receive", function() end) end)`
	if err := c.exec(server, "=server"); err != nil {
		t.Fatal(err)
	}
	peer, err := hostsock.Dial("tcp", c.host[80].String())
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	c.waitFor(func() bool { return c.exec("assert(sock)", "=look") == nil })
	c.short = "data to send"
	if err := c.exec("sock:send('x')", "=send"); err == nil || !strings.HasSuffix(err.Error(), "out of memory") {
		t.Errorf("sending without memory: %v", err)
	}
	c.short = ""
	if err := c.exec("sock:send('x')", "=send"); err != nil {
		t.Errorf("sending then: %v", err)
	}
}
