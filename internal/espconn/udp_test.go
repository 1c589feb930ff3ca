package espconn_test

import (
	"fmt"
	"slices"
	"testing"

	"moonlet.example/moonlet/internal/espconn"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
)

// newUDP makes an espconn of UDP.
func newUDP(t *testing.T) (b *bench, n *porttest.Datagrams, u espconn.UDP) {
	t.Helper()
	b = newBench(t)
	n = &porttest.Datagrams{}
	u, ok := espconn.NewUDP(b.Machine.State())
	if !ok {
		t.Fatal("no memory")
	}
	return b, n, u
}

// TestUDPServer holds what a server does: it answers whom it heard of last.
func TestUDPServer(t *testing.T) { moduletest.Editions(t, testUDPServer) }

func testUDPServer(t *testing.T) {
	b, n, u := newUDP(t)
	b.board.wifi = &air{mode: port.StationAPMode, addr: [2]port.IP{{10, 0, 0, 2}, {192, 168, 4, 1}}}
	u.SetLocalPort(5683)
	if _, _, ok := u.Peer(); ok || u.Send([]byte("x")) != espconn.ErrArg || u.Delete() != espconn.ErrArg {
		t.Error("nothing is open yet")
	}
	var got []string
	if err := u.Create(n, false, func(p []byte) { got = append(got, string(p)) }); err != espconn.OK {
		t.Fatal(err)
	}
	if err := u.Create(n, false, nil); err != espconn.ErrIsConn {
		t.Errorf("twice: %d", err)
	}
	other, _ := espconn.NewUDP(b.Machine.State())
	other.SetLocalPort(5683)
	if err := other.Create(n, false, nil); err != espconn.ErrIsConn {
		t.Errorf("another one with that port: %d", err)
	}
	s := n.Last()
	if s.Client || s.Port != 5683 {
		t.Errorf("opened %+v", s)
	}
	s.Recv([]byte("one\x00two"), port.IP{10, 0, 0, 9}, 4000)
	s.Recv(nil, port.IP{10, 0, 0, 8}, 4001) // is nothing to tell, but somebody was heard
	if !slices.Equal(got, []string{"one\x00two"}) {
		t.Errorf("received %q", got)
	}
	a, p, ok := u.Peer()
	if !ok || a != (port.IP{10, 0, 0, 8}) || p != 4001 {
		t.Errorf("peer %v:%d %v", a, p, ok)
	}
	u.SetRemoteIP(a)
	u.SetRemotePort(p)
	if err := u.Send(make([]byte, 3000)); err != espconn.OK {
		t.Error(err)
	}
	want := []string{"1472 bytes to 10.0.0.8:4001", "1472 bytes to 10.0.0.8:4001", "56 bytes to 10.0.0.8:4001"}
	var sent []string
	for _, x := range n.Sent {
		sent = append(sent, fmt.Sprintf("%d bytes to %v:%d", len(x.Data), x.To, x.Port))
	}
	if !slices.Equal(sent, want) {
		t.Errorf("sent %q", sent)
	}
	if u.Send(nil) != espconn.ErrArg {
		t.Error("nothing was sent")
	}
	for _, x := range []struct {
		lwip port.NetErr
		want espconn.Err
	}{{port.NetErrMem, espconn.ErrMem}, {port.NetErrRoute, espconn.ErrRoute}} {
		n.Err = x.lwip
		if err := u.Send([]byte("x")); err != x.want {
			t.Errorf("%d: %d", x.lwip, err)
		}
	}
	if err := u.Delete(); err != espconn.OK || !s.Closed {
		t.Error(err, s.Closed)
	}
	if err := other.Create(n, true, nil); err != espconn.OK || !n.Last().Client {
		t.Errorf("the port is free again: %d", err)
	}
}

// TestUDPAndTCP holds that the two have one list and do not count for each other.
func TestUDPAndTCP(t *testing.T) { moduletest.Editions(t, testUDPAndTCP) }

func testUDPAndTCP(t *testing.T) {
	b, n, _ := newUDP(t)
	for i := range port.TCPMaxOpen + 1 {
		u, _ := espconn.NewUDP(b.Machine.State())
		u.SetLocalPort(int32(100 + i))
		if err := u.Create(n, false, nil); err != espconn.OK {
			t.Fatal(err)
		}
	}
	u := &user{b: b}
	u.c = espconn.New(b.Machine.State(), b.stack, port.IP{10, 0, 0, 1}, 80, u)
	if err := u.c.Connect(); err != espconn.OK {
		t.Errorf("TCP: %d", err)
	}
	same, _ := espconn.NewUDP(b.Machine.State())
	same.SetLocalPort(int32(b.stack.wires[0].local))
	if err := same.Create(n, true, nil); err != espconn.OK {
		t.Errorf("UDP at the port of TCP: %d", err)
	}
}

// TestUDPPort holds what happens where lwIP does not give the port.
func TestUDPPort(t *testing.T) { moduletest.Editions(t, testUDPPort) }

func testUDPPort(t *testing.T) {
	_, n, u := newUDP(t)
	u.SetLocalPort(53)
	n.Refuse = true
	if err := u.Create(n, true, nil); err != espconn.OK {
		t.Fatal(err)
	}
	if s := n.Last(); s.Port != 0 || s.Client {
		t.Errorf("opened %+v", s)
	}
	u.Delete()
	n.NoPCB = true
	if err := u.Create(n, true, nil); err != espconn.ErrMem {
		t.Error(err)
	}
}

// TestUDPMemory holds what it has on the heap to the byte, and that without memory a datagram is
// lost.
func TestUDPMemory(t *testing.T) { moduletest.Editions(t, testUDPMemory) }

func testUDPMemory(t *testing.T) {
	b := newBench(t)
	L := b.Machine.State()
	n := &porttest.Datagrams{}
	b.FillHoles()
	before := L.FreeHeap()
	want := func(what string, sizes ...int) {
		t.Helper()
		if got, sum := before-L.FreeHeap(), moduletest.Blocks(sizes...); got != sum {
			t.Errorf("%s: %d bytes, want %d", what, got, sum)
		}
	}
	for k := range 2 {
		b.Heap.FailAfter = k
		if _, ok := espconn.NewUDP(L); ok {
			t.Error("made of no memory")
		}
		b.Heap.FailAfter = -1
		want("none")
	}
	u, _ := espconn.NewUDP(L)
	want("made", 28, 16)
	b.Heap.FailAfter = 0
	if err := u.Create(n, false, nil); err != espconn.ErrMem || !n.Last().Closed {
		t.Error(err)
	}
	b.Heap.FailAfter = -1
	want("not created", 28, 16)
	calls := 0
	u.Create(n, false, func(p []byte) {
		want("receiving", 28, 16, 104, len(p)+1)
		calls++
	})
	want("created", 28, 16, 104)
	n.Last().Recv(make([]byte, 100), port.IP{}, 1)
	b.Heap.FailAfter = 0
	n.Last().Recv(make([]byte, 100), port.IP{}, 1)
	b.Heap.FailAfter = -1
	if calls != 1 {
		t.Errorf("%d calls", calls)
	}
	u.Delete()
	want("deleted", 28, 16)
	u.Free()
	want("freed")
}
