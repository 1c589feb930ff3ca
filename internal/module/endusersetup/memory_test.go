package endusersetup

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim/radio"
)

// TestHeap holds what the portal has on the heap, to the byte: its record, espconn's, the page;
// requests as far as they have come; records of who waits; the configuration until its task.
func TestHeap(t *testing.T) { moduletest.Editions(t, testHeap) }

func testHeap(t *testing.T) {
	b := newLab(t)
	b.Do(`function go() enduser_setup.start("lamp") end function stop() enduser_setup.stop() end
		go() stop() collectgarbage()`)
	b.FillHoles()
	L := b.Machine.State()
	before := L.FreeHeap()
	call := func(name string) {
		L.GetGlobal(name)
		b.Tasks.Exec(func() { L.PCall(0, 0, 0) })
	}
	want := func(what string, sizes ...int) {
		t.Helper()
		if got := before - L.FreeHeap(); got != moduletest.Blocks(sizes...) {
			t.Errorf("%s: %d bytes, want %d", what, got, moduletest.Blocks(sizes...))
		}
	}
	page := len(pageHead(ownPage, len(ownPage))) + len(ownPage)
	open := []int{84, len("lamp") + 1, 28, 16, 104, page} // espconn's record of what is open is 104
	call("go")
	want("started", open...)
	b.RunFor(radio.ScanTime)
	want("open", open...)
	p := b.browser().send("POST /setwifi HTTP/1.1\r\n")
	want("a part of a request", append(open, 8+24+1)...)
	p.send("Content-Length: 11\r\n\r\n")
	want("more of it", append(open, 8+24+22+1)...)
	p.send("wifi_ssid=a")
	b.RunFor(passed)
	want("configured", open...)
	b.Tasks.Exec(func() { b.radio.Disconnect() })
	q := b.browser()
	portalOf(L).m.SetU8(portalOf(L).state()+sTrying, 0)
	q.send("GET /aplist HTTP/1.1\r\n\r\n")
	want("waiting", append(open, 12)...)
	b.RunFor(radio.ScanTime)
	want("told", open...)
	q = b.browser().send("GET / HTTP/1.1\r\n\r\n")
	want("sending", open...)
	q.all()
	want("sent", open[:len(open)-1]...)
	q = b.browser().send("GET / HTTP/1.1\r\n\r\n")
	want("sending anew", open...)
	q.all()
	call("stop")
	want("stopped")
}

// TestLost holds what the firmware loses, and no more: a name that does not fit, the request of a
// browser that resets the connection, the references to callbacks.
func TestLost(t *testing.T) { moduletest.Editions(t, testLost) }

func testLost(t *testing.T) {
	b := newLab(t)
	b.Do("enduser_setup.start()")
	b.RunFor(radio.ScanTime)
	b.FillHoles()
	L := b.Machine.State()
	lost := func(what string, n int, do func()) {
		t.Helper()
		before := L.FreeHeap()
		do()
		if got := before - L.FreeHeap(); got != n {
			t.Errorf("%s: %d bytes are lost, want %d", what, got, n)
		}
	}
	lost("a name", moduletest.Blocks(116), func() { b.ask(form("wifi_ssid=" + strings.Repeat("x", 40))) })
	lost("no name", moduletest.Blocks(116), func() { b.ask(form("wifi_ssid=")) })
	lost("a request", moduletest.Blocks(8+5+1), func() {
		p := b.browser().send("GET /")
		b.Tasks.Exec(func() { p.h.Failed(port.NetErrReset) })
	})
	lost("a request that is closed", 0, func() { b.browser().send("GET /").ends() })
	lost("one who waits", 0, func() {
		p := b.browser().send("GET /aplist \r\n\r\n")
		b.Tasks.Exec(func() { p.h.Failed(port.NetErrReset) })
	})
	lost("what cannot be read", 0, func() { b.browser().send("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\n") })
	lost("a form", 0, func() { b.ask(form("wifi_ssid=a&wifi_password=b&c=d&e")); b.RunFor(passed) })
}

// TestNoMemory holds that memory which fails at any single allocation, for good, leaves a sound
// heap, and nothing in Go breaks: the errors of Lua that nothing protects reset a board.
func TestNoMemory(t *testing.T) { moduletest.Editions(t, testNoMemory) }

func testNoMemory(t *testing.T) {
	b := newLab(t)
	answered := 0
	for n := range 120 {
		b.Do("log = {} function note() end")
		b.Heap.FailAfter = n
		b.protect(func() {
			if b.Exec("enduser_setup.start(note, note, note)", "=x") != nil {
				return
			}
			b.RunFor(radio.ScanTime)
			for _, r := range []string{"GET / HTTP/1.1\r\n\r\n", "GET /aplist HTTP/1.1\r\n\r\n", "POST /setwifi HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nwifi_ssid\r\n5\r\n=a&b=\r\n0\r\n\r\n"} {
				if b.net.accept == nil {
					return
				}
				p := b.browser().send(r)
				b.RunFor(radio.ScanTime)
				if p.all() != "" {
					answered++
				}
				p.ends()
				b.Tasks.Exec(func() { b.net.Last().Recv([]byte("0123456789ab\x01x\x00"), port.IP{1, 2, 3, 4}, 5) })
			}
			b.RunFor(20 * time.Second)
		})
		b.Heap.FailAfter = -1
		if err := b.Heap.Check(); err != nil {
			t.Fatalf("failing after %d: %v", n, err)
		}
		if err := b.Machine.CheckHeap(); err != nil {
			t.Fatalf("failing after %d: %v", n, err)
		}
		b.radio.Reset()
		b.net.accept = nil
		for _, s := range b.net.Sockets {
			s.Closed = true
		}
		b.Reboot(port.ResetInfo{Raw: 2, Reason: port.ResetRestart})
		b.radio.Start()
	}
	if answered < 60 {
		t.Errorf("%d requests were answered", answered)
	}
}

// protect runs f until an error that the firmware answers with a reset.
func (b *lab) protect(f func()) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := b.Machine.Unprotected(r); !ok {
				panic(r)
			}
		}
	}()
	f()
}
