package net_test

import (
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/net"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

func TestClassic(t *testing.T) { moduletest.Editions(t, testClassic) }

func testClassic(t *testing.T) {
	c := newChip(t, sdk.NewRealClock(10), net.Classic(net.Module, nil))
	c.join()
	c.Script("testdata/classic.lua")
}

func TestClassicNoNetwork(t *testing.T) { moduletest.Editions(t, testClassicNoNetwork) }

func testClassicNoNetwork(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{net.Classic(net.Module, nil)}})
	for _, code := range []string{"net.createServer(net.UDP):listen(80)", "net.createConnection(net.UDP):connect(80, '10.0.0.1')",
		"net.createConnection(net.UDP):dns('x', print)"} {
		if err := l.Exec(code, "=test"); err == nil || !strings.HasSuffix(err.Error(), "this board has no network") {
			t.Errorf("%s: %v", code, err)
		}
	}
	l.Do("local s = net.createServer(net.UDP) s:send('x') s:close() s = nil collectgarbage()")
}

// TestClassicLeaks: sockets that nobody holds are collected, with what they have in the registry.
func TestClassicLeaks(t *testing.T) { moduletest.Editions(t, testClassicLeaks) }

func testClassicLeaks(t *testing.T) {
	c := newChip(t, sdk.NewRealClock(10), net.Classic(net.Module, nil))
	c.join()
	code := `local function use(s) s:on("receive", function() end) s:on("sent", function() end) return s end
local s = use(net.createServer(net.UDP)) s:listen(5000) s:close()
local k = use(net.createConnection(net.UDP)) k:connect(5000, "1.2.3.4") k:close()
use(net.createServer(net.UDP))
s, k = nil, nil
collectgarbage() collectgarbage()`
	c.Do(code)
	before, handles := c.Machine.TotalBytes(), c.Machine.Handles()
	for range 30 {
		c.Do(code)
	}
	if now := c.Machine.TotalBytes(); now > before+16 || c.Machine.Handles() != handles {
		t.Errorf("%d bytes and %d handles, then %d and %d", before, handles, now, c.Machine.Handles())
	}
}

// TestClassicAllocations: sockets of the old interface when there is no memory.
func TestClassicAllocations(t *testing.T) { moduletest.Editions(t, testClassicAllocations) }

func testClassicAllocations(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{net.Classic(net.Module, nil)}})
	l.EveryAllocation("testdata/classicsockets.lua")
}

// TestClassicSecure: what asks for a secure connection gets one of the module tls.
func TestClassicSecure(t *testing.T) { moduletest.Editions(t, testClassicSecure) }

func testClassicSecure(t *testing.T) {
	asked := 0
	secure := func(L state.State) int { asked++; L.NewTable(); return 1 }
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{net.Classic(net.Module, secure)}})
	l.Do(`assert(type(net.createConnection(net.TCP, 1)) == "table")
net.createConnection(net.TCP, 1, function(s) assert(type(s) == "table") n = 1 end) assert(n == 1)
assert(net.createConnection(net.TCP, 0).hold and net.createConnection().hold and net.createConnection(net.UDP, 1).listen)
assert(not pcall(net.createConnection, net.TCP, 2))`)
	if asked != 2 {
		t.Error(asked)
	}
}

// oldCalls hears of old calls.
type oldCalls struct {
	*board
	told []string
}

func (o *oldCalls) OldCall(form string) { o.told = append(o.told, form) }

// TestOldCalls: what is told of the calls that mean something else now.
func TestOldCalls(t *testing.T) { moduletest.Editions(t, testOldCalls) }

func testOldCalls(t *testing.T) {
	for code, want := range map[string]string{
		"net.createServer(net.TCP, 30) net.createServer(net.TCP)": "",
		"net.createServer(net.UDP)":                               "net.createServer(net.UDP)", "net.createConnection(net.UDP, 0)": "net.createConnection(net.UDP)",
		"net.createConnection(net.TCP, 1)": "net.createConnection(net.TCP, 1)", "net.createConnection(net.TCP, true)": "net.createConnection(net.TCP, 1)",
		"net.createServer() net.createServer(30) net.createConnection() net.createConnection(net.TCP, 0) net.createConnection('1') net.createUDPSocket()": "",
	} {
		o := &oldCalls{board: &board{Chip: newChip(t, sdk.NewRealClock(10)).Chip}}
		var host port.Chip = o
		moduletest.Boot(t, moduletest.Config{Chip: o.Chip, Host: host, Modules: []state.Module{net.Module}}).Do(code)
		if got := strings.Join(o.told, "|"); got != want {
			t.Errorf("%s: %q", code, got)
		}
	}
}
