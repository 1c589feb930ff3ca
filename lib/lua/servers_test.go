package lualib_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/moonlettest"
)

// listening begins the scripts of servers. settled tells what is free and how many sockets and timers are in
// use, when closed connections do not linger any more.
const listening = `wifi.setmode(wifi.STATION) wifi.sta.config{ssid = "home"}
function settled()
  tmr.create():alarm(12000, tmr.ALARM_SINGLE, function()
    local n = 0
    for _, value in pairs(debug.getregistry()) do
      if type(value) == "userdata" then n = n + 1 end
    end
    print(("settled %d %d."):format(heap(), n))
  end)
end
`

// rest is what a server leaves.
type rest struct {
	heap    int // free
	objects int // that the registry holds: sockets and timers
}

// settle measures that, 12 s of virtual time later.
func settle(t *testing.T, m *moonlettest.Module) (r rest) {
	t.Helper()
	time.Sleep(2 * time.Millisecond) // for ends of connections to come from the host
	m.Run(100 * time.Millisecond)
	m.Enter("settled()")
	m.Expect("settled ")
	if _, err := fmt.Sscanf(m.Expect("."), "%d %d", &r.heap, &r.objects); err != nil {
		t.Fatal(err)
	}
	return r
}

// settleIn is settle where something else moves the module's time.
func settleIn(t *testing.T, m *moonlettest.Module, run func(time.Duration)) (r rest) {
	t.Helper()
	m.Skip()
	m.Enter("settled()")
	run(14 * time.Second)
	_, text, _ := strings.Cut(m.Unread(), "settled ")
	if _, err := fmt.Sscanf(text, "%d %d.", &r.heap, &r.objects); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return r
}

// steady does something over and over, and fails the test if each time less is left of the heap than before, or
// something is still in use. The first times make what stays: the interpreter's stack, its table of strings.
func steady(t *testing.T, m *moonlettest.Module, times int, do func()) {
	t.Helper()
	pace := m.Pace
	var last rest
	var all []rest
	for range times {
		do()
		m.Pace = 0
		now := settle(t, m)
		for range 3 { // the texts of one measurement may be in the way of the next, by some bytes
			if again := settle(t, m); again.objects < now.objects || again.heap > now.heap {
				now = again
			}
		}
		m.Pace = pace
		if all = append(all, now); len(all) > 1 && now.heap >= last.heap && now.objects == 1 { // the server
			t.Logf("%d bytes are free in the end, by turns: %v", now.heap, all)
			return
		}
		last = now
	}
	t.Errorf("the heap shrinks, or something stays in use: %+v\n%s", all, m.LastLines(20))
}

// startedOnce fails the test if the module was reset.
func startedOnce(t *testing.T, m *moonlettest.Module) {
	t.Helper()
	if n := countStarts(m); n != 1 {
		t.Errorf("the module started %d times:\n%s", n, m.LastLines(40))
	}
}

// dialSilent connects and reads nothing. A server that pauses is waited for.
func dialSilent(t *testing.T, m *moonlettest.Module, port int) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", m.Address(port))
	for i := 0; err != nil; i++ {
		if i == 100 {
			t.Fatal(err)
		}
		m.Run(time.Second)
		c, err = net.Dial("tcp", m.Address(port))
	}
	t.Cleanup(func() { c.Close() })
	tcp := c.(*net.TCPConn)
	if err := tcp.SetReadBuffer(1024); err != nil {
		t.Fatal(err)
	}
	return tcp
}
