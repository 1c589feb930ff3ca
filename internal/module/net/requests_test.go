package net_test

import (
	"fmt"
	"io"
	hostsock "net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

// newAP makes a module that has a network at once: its own, at 192.168.4.1.
func newAP(t *testing.T) *testChip {
	t.Helper()
	c := newChip(t, sdk.NewRealClock(1))
	c.radio.SetMode(port.StationAPMode, false)
	return c
}

// while runs the module until f, on a goroutine of its own, is over.
func (c *testChip) while(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	c.WaitFor(func() bool {
		select {
		case <-done:
			return true
		default:
			return false
		}
	})
	c.Tasks.RunUntilIdle()
}

const requestServer = `
do -- sockets that wait for the collector have references: let the registry grow once for all
  local many, f = {}, function() end
  for i = 1, 150 do
    many[i] = net.createConnection()
    for _, event in ipairs{"receive", "sent", "disconnection"} do many[i]:on(event, f) end
  end
end
local n = 1000 -- all have four digits
net.createServer(30):listen(80, function(c)
  c:on("receive", function(c, request)
    n = n + 1
    c:send("HTTP/1.0 200 OK\r\n\r\n" .. request:match "GET (%S+)" .. " is request " .. n)
  end)
  c:on("sent", function(c) c:close() end)
  c:on("disconnection", function(c) c = nil end)
end)
local function forget()  -- what registers still hold from callbacks
  local a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z
end
function heap()
  forget() collectgarbage() collectgarbage()
  print(node.heap(), math.floor(collectgarbage "count" * 1024))
end`

// TestRequests asks a server 2,000 times, 8 at a time: everything is answered,
// and nothing stays behind.
func TestRequests(t *testing.T) { moduletest.Editions(t, testRequests) }

func testRequests(t *testing.T) {
	const requests, atOnce = 2000, 8
	c := newAP(t)
	if err := c.Exec(requestServer, "=server"); err != nil {
		t.Fatal(err)
	}
	run := func(times int) {
		var answered atomic.Int32
		c.while(func() {
			var wg sync.WaitGroup
			for range atOnce {
				wg.Go(func() {
					for range times / atOnce {
						if request(t, c.host[80].String()) {
							answered.Add(1)
						}
					}
				})
			}
			wg.Wait()
		})
		if n := int(answered.Load()); n != times {
			t.Errorf("%d of %d requests were answered", n, times)
		}
	}
	run(80)
	before, usedBefore := c.heapNow()
	start := time.Now()
	run(requests)
	took := time.Since(start)
	after, usedAfter := c.heapNow()
	t.Logf("heap %d before, %d after; %d requests took %v", before, after, requests, took)
	if usedAfter != usedBefore {
		t.Errorf("%d bytes in use before, %d after", usedBefore, usedAfter)
	}
	// The same blocks at other places can leave up to 32 bytes more or less behind each
	// of them that are too small for a block of their own. What each request left would
	// be 2,000 times as much.
	const rounding = 10 * 32
	if d := after - before; d < -rounding || d > rounding {
		t.Errorf("heap %d before, %d after", before, after)
	}
	if err := c.Machine.CheckHeap(); err != nil {
		t.Error(err)
	}
}

// heapNow asks the module for its free heap and for the bytes that Lua uses.
func (c *testChip) heapNow() (free, used int) {
	c.t.Helper()
	c.Out.Reset()
	if err := c.Exec("heap()", "=heap"); err != nil {
		c.t.Fatal(err)
	}
	if _, err := fmt.Sscan(c.Out.String(), &free, &used); err != nil {
		c.t.Fatal(err)
	}
	return free, used
}

// TestCallbackErrors shows that an error in a callback goes to the error task and
// leaves everything else as it was.
func TestCallbackErrors(t *testing.T) { moduletest.Editions(t, testCallbackErrors) }

func testCallbackErrors(t *testing.T) {
	c := newAP(t)
	err := c.Exec(`
		node.setonerror(function(text) print("reported: " .. text) end)
		local n = 0
		net.createServer():listen(80, function(c)
		  n = n + 1
		  if n == 1 then error "in accept" end
		  c:on("connection", function() if n == 2 then error "in connection" end end)
		  c:on("receive", function(c)
		    c:send "/page is request "
		    if n == 3 then error "in receive" end
		  end)
		  c:on("sent", function(c)
		    c:close()
		    if n == 4 then error "in sent" end
		  end)
		end)`, "=server")
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 5; n++ {
		ok := false
		c.while(func() {
			s, err := hostsock.Dial("tcp", c.host[80].String())
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			_ = s.SetDeadline(time.Now().Add(500 * time.Millisecond))
			io.WriteString(s, "?")
			got, err := io.ReadAll(s)
			ok = err == nil && string(got) == "/page is request "
		})
		if want := n > 1; ok != want { // the first has no callback to answer with
			t.Errorf("request %d: answered %v", n, ok)
		}
	}
	out := c.Out.String()
	for _, where := range []string{"accept", "connection", "receive", "sent"} {
		if !strings.Contains(out, "reported: server:") || !strings.Contains(out, "in "+where+"\nstack traceback:") {
			t.Errorf("no report of the error in %q:\n%s", where, out)
		}
	}
	if top := c.Machine.State().GetTop(); top != 0 {
		t.Errorf("%d values are left on the stack", top)
	}
}

// request asks the server for a page.
func request(t *testing.T, host string) bool {
	s, err := hostsock.Dial("tcp", host)
	if err != nil {
		t.Error(err)
		return false
	}
	defer s.Close()
	_ = s.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.WriteString(s, "GET /page HTTP/1.0\r\n\r\n"); err != nil {
		t.Error(err)
		return false
	}
	got, err := io.ReadAll(s)
	if err != nil || !strings.Contains(string(got), "/page is request ") {
		t.Errorf("got %q, %v", got, err)
		return false
	}
	return true
}
