package espconn_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/espconn"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
)

// wire is a TCP connection without a network, and the stack that makes it.
type wire struct {
	port.TCP
	h        port.TCPHandler
	local    uint16
	space    int // what Write takes
	got      []string
	repeats  int
	err      port.NetErr // of Connect
	calls    []string
	noDelay  bool
	noMemory bool // Write finds none for more than 10 bytes
}

func (w *wire) Bind(p uint16) { w.local = p }
func (w *wire) Connect(a port.IP, p uint16) port.NetErr {
	w.calls = append(w.calls, fmt.Sprintf("connect %v %d", a, p))
	return w.err
}
func (w *wire) Write(p []byte) port.NetErr {
	if len(p) > w.space || w.noMemory && len(p) > 10 {
		return port.NetErrMem
	}
	w.space -= len(p)
	w.got = append(w.got, string(p))
	return port.NetOK
}
func (w *wire) ack(n int)    { w.space += n; w.h.Sent(n) }
func (w *wire) Output()      { w.calls = append(w.calls, "output") }
func (w *wire) NoDelay()     { w.noDelay = true }
func (w *wire) Recved()      { w.calls = append(w.calls, "recved") }
func (w *wire) Close()       { w.calls = append(w.calls, "close") }
func (w *wire) Abort()       { w.calls = append(w.calls, "abort") }
func (w *wire) Repeats() int { return w.repeats }

// stack makes wires.
type stack struct {
	port.Net
	wires   []*wire
	noPCB   bool
	connect port.NetErr
}

func (s *stack) NewTCP(h port.TCPHandler) port.TCP {
	if s.noPCB {
		return nil
	}
	w := &wire{h: h, space: port.TCPSendBuffer, err: s.connect}
	s.wires = append(s.wires, w)
	return w
}

// air is a radio that is in a mode and has addresses.
type air struct {
	port.WiFi
	mode   port.WiFiMode
	addr   [2]port.IP
	status port.StationStatus
}

func (a *air) Mode() port.WiFiMode        { return a.mode }
func (a *air) IPInfo(i int) port.IPInfo   { return port.IPInfo{Addr: a.addr[i]} }
func (a *air) Status() port.StationStatus { return a.status }

type board struct {
	*porttest.Chip
	wifi *air
}

func (b *board) WiFi() port.WiFi {
	if b.wifi == nil {
		return nil
	}
	return b.wifi
}

type bench struct {
	*moduletest.Lua
	t     *testing.T
	board *board
	stack *stack
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, board: &board{Chip: porttest.New(t, porttest.Config{})}, stack: &stack{}}
	b.Lua = moduletest.Boot(t, moduletest.Config{Chip: b.board.Chip, Host: b.board})
	return b
}

// user notes what it is told.
type user struct {
	b    *bench
	c    *espconn.Conn
	told []string
	in   map[string]func() // what it does when it is told
}

func (u *user) note(what string) {
	u.told = append(u.told, what)
	if f := u.in[strings.Fields(what)[0]]; f != nil {
		f()
	}
}
func (u *user) Connected()             { u.note("connected") }
func (u *user) Received(p []byte)      { u.note("received " + string(p)) }
func (u *user) Sent()                  { u.note("sent") }
func (u *user) Disconnected()          { u.c.FreeTCP(); u.note("disconnected"); u.c.Free() }
func (u *user) Failed(err espconn.Err) { u.note(fmt.Sprint("failed ", err)); u.c.Free() }

func (u *user) want(what ...string) {
	u.b.t.Helper()
	u.b.RunFor(time.Millisecond)
	if !slices.Equal(u.told, what) {
		u.b.t.Errorf("told %q, want %q", u.told, what)
	}
	u.told = nil
}

func (b *bench) client() *user {
	u := &user{b: b, in: map[string]func(){}}
	u.c = espconn.New(b.Machine.State(), b.stack, port.IP{10, 1, 2, 3}, 1883, u)
	return u
}

func (b *bench) free() int { return b.Machine.State().FreeHeap() }

// open makes a client that is connected.
func (b *bench) open() (*user, *wire) {
	b.t.Helper()
	u := b.client()
	if err := u.c.Connect(); err != espconn.OK {
		b.t.Fatalf("Connect: %d", err)
	}
	w := b.stack.wires[len(b.stack.wires)-1]
	w.h.Connected()
	u.want("connected")
	return u, w
}

func (b *bench) wantErr(what string, got, want espconn.Err) {
	b.t.Helper()
	if got != want {
		b.t.Errorf("%s: %d, want %d", what, got, want)
	}
}

// The records of a connection are 28, 32 and 104 bytes, each with a header of 16 and in steps
// of 8; one that is sent has 20 more. All come back.
func TestHeap(t *testing.T) { moduletest.Editions(t, testHeap) }

func testHeap(t *testing.T) {
	b := newBench(t)
	before := b.free()
	step := func(what string, want int) {
		t.Helper()
		if got := before - b.free(); got != want {
			t.Errorf("%s: %d bytes, want %d", what, got, want)
		}
	}
	block := func(n int) int { return (n + 16 + 7) &^ 7 }
	u := b.client()
	step("new", block(28)+block(32))
	u.c.Connect()
	msg := block(28) + block(32) + block(104)
	step("connecting", msg)
	w := b.stack.wires[0]
	w.h.Connected()
	u.c.Send([]byte("hello"))
	step("sending", msg+block(20))
	w.ack(5)
	step("sent", msg)
	u.in["received"] = func() { step("receiving", msg+block(4)) }
	w.h.Received([]byte("abc"))
	step("received", msg)
	u.in["disconnected"] = func() { step("closed", msg-block(32)) }
	w.h.Ended()
	step("closing", msg)
	u.want("connected", "sent", "received abc", "disconnected")
	step("gone", 0)
}

func TestSendsOnePiece(t *testing.T) { moduletest.Editions(t, testSendsOnePiece) }

func testSendsOnePiece(t *testing.T) {
	b := newBench(t)
	u, w := b.open()
	if !w.noDelay || w.calls[0] != "connect 10.1.2.3 1883" {
		t.Errorf("no delay %v, %q", w.noDelay, w.calls)
	}
	b.wantErr("empty", u.c.Send(nil), espconn.ErrArg)
	b.wantErr("first", u.c.Send([]byte("one")), espconn.OK)
	b.wantErr("second", u.c.Send([]byte("two")), espconn.ErrMaxNum)
	w.ack(1)
	u.want()
	u.in["sent"] = func() { b.wantErr("next", u.c.Send([]byte("three")), espconn.OK); delete(u.in, "sent") }
	w.ack(2)
	u.want("sent")
	w.ack(5)
	u.want("sent")
	if got := strings.Join(w.got, "|"); got != "one|three" {
		t.Errorf("got %q", got)
	}
}

// What does not fit leaves with the acknowledgements, and the caller may use its memory again.
func TestSendsLargePiece(t *testing.T) { moduletest.Editions(t, testSendsLargePiece) }

func testSendsLargePiece(t *testing.T) {
	b := newBench(t)
	u, w := b.open()
	data := []byte(strings.Repeat("0123456789", 700))
	want := string(data)
	b.wantErr("7000", u.c.Send(data), espconn.OK)
	clear(data)
	for _, n := range []int{1460, 1460, 2000, 2000} {
		u.want()
		w.ack(n)
	}
	u.want()
	w.ack(80)
	u.want("sent")
	var sizes []int
	for _, s := range w.got {
		sizes = append(sizes, len(s))
	}
	if strings.Join(w.got, "") != want || fmt.Sprint(sizes) != "[2920 1460 1460 1160]" {
		t.Errorf("pieces %v", sizes)
	}
	w.noMemory, w.got = true, nil
	b.wantErr("without memory", u.c.Send([]byte(strings.Repeat("x", 100))), espconn.OK)
	if len(w.got) < 10 || len(w.got[0]) != 6 { // 100, 50, 25, 12, 6
		t.Errorf("pieces %q", w.got)
	}
	b.wantErr("65536", u.c.Send(make([]byte, 65536)), espconn.ErrArg)
}

func TestDisconnect(t *testing.T) { moduletest.Editions(t, testDisconnect) }

func testDisconnect(t *testing.T) {
	b := newBench(t)
	u, w := b.open()
	b.wantErr("first", u.c.Disconnect(), espconn.OK)
	b.wantErr("second", u.c.Disconnect(), espconn.ErrInProgress)
	if len(u.told) > 0 {
		t.Error("told at once")
	}
	u.in["disconnected"] = func() {
		b.wantErr("in the callback", u.c.Disconnect(), espconn.ErrArg)
		b.wantErr("sending there", u.c.Send([]byte("x")), espconn.ErrArg)
	}
	u.want("disconnected")
	if got := w.calls[len(w.calls)-1]; got != "close" {
		t.Errorf("%q", w.calls)
	}
	v := b.client()
	b.wantErr("not connected", v.c.Disconnect(), espconn.ErrArg)
	v.c.Connect()
	b.wantErr("sending early", v.c.Send([]byte("x")), espconn.ErrArg)
	b.wantErr("no answer yet", v.c.Disconnect(), espconn.OK)
	v.want("disconnected")
}

func TestErrors(t *testing.T) { moduletest.Editions(t, testErrors) }

func testErrors(t *testing.T) {
	b := newBench(t)
	for _, x := range []struct {
		open    bool
		repeats int
		lwip    port.NetErr
		want    int
	}{
		{false, 0, port.NetErrReset, -9}, {false, 6, port.NetErrAborted, -11}, {false, 1, port.NetErrAborted, -8},
		{true, 0, port.NetErrReset, -9}, {true, 12, port.NetErrAborted, -3}, {true, 6, port.NetErrAborted, -8},
	} {
		before := b.free()
		u := b.client()
		u.c.Connect()
		w := b.stack.wires[len(b.stack.wires)-1]
		if x.open {
			w.h.Connected()
			u.c.Send([]byte("lost"))
			u.told = nil
		}
		w.repeats = x.repeats
		w.h.Failed(x.lwip)
		if len(u.told) > 0 {
			t.Error("told at once")
		}
		u.in["failed"] = func() { b.wantErr("Disconnect in the callback", u.c.Disconnect(), espconn.ErrArg) }
		u.want(fmt.Sprint("failed ", x.want))
		if lost := before - b.free(); lost != 0 {
			t.Errorf("%+v: %d bytes are lost", x, lost)
		}
	}
}

func TestLimits(t *testing.T) { moduletest.Editions(t, testLimits) }

func testLimits(t *testing.T) {
	b := newBench(t)
	var all []*user
	ports := map[uint16]bool{}
	for range port.TCPMaxOpen {
		u, w := b.open()
		all, ports[w.local] = append(all, u), true
		if w.local < 1024 || w.local > 49999 {
			t.Errorf("local port %d", w.local)
		}
	}
	if len(ports) != port.TCPMaxOpen {
		t.Errorf("ports %v", ports)
	}
	extra := b.client()
	b.wantErr("the sixth", extra.c.Connect(), espconn.ErrIsConn)
	all[2].c.Disconnect()
	b.wantErr("while one closes", extra.c.Connect(), espconn.ErrIsConn)
	all[2].want("disconnected")
	b.wantErr("then", extra.c.Connect(), espconn.OK)
	for i, u := range all {
		if i != 2 {
			b.wantErr("Disconnect", u.c.Disconnect(), espconn.OK)
			u.want("disconnected")
		}
	}
	extra.c.Disconnect()
	extra.want("disconnected")
}

func TestNoAddress(t *testing.T) { moduletest.Editions(t, testNoAddress) }

func testNoAddress(t *testing.T) {
	b := newBench(t)
	sta, ap := port.IP{192, 168, 0, 7}, port.IP{10, 1, 2, 1}
	for _, x := range []struct {
		air  air
		want espconn.Err
	}{
		{air{mode: port.StationMode}, espconn.ErrRoute},
		{air{mode: port.StationMode, addr: [2]port.IP{sta}}, espconn.OK},
		{air{mode: port.SoftAPMode}, espconn.ErrRoute},
		{air{mode: port.SoftAPMode, addr: [2]port.IP{{}, ap}}, espconn.OK},
		{air{mode: port.StationAPMode, addr: [2]port.IP{{}, ap}}, espconn.OK}, // in its own network
		{air{mode: port.StationAPMode, addr: [2]port.IP{{}, {10, 9, 9, 9}}}, espconn.ErrRoute},
		{air{mode: port.StationAPMode, addr: [2]port.IP{{}, {10, 9, 9, 9}}, status: port.StationConnecting}, 1},
		{air{mode: port.StationAPMode, addr: [2]port.IP{{}, {10, 9, 9, 9}}, status: port.StationNoAPFound}, 3},
		{air{mode: port.StationAPMode, addr: [2]port.IP{sta, {10, 9, 9, 9}}, status: port.StationGotIP}, espconn.OK},
		{air{mode: port.StationAPMode, status: port.StationGotIP, addr: [2]port.IP{{}, {1, 1, 1, 1}}}, espconn.ErrRoute},
		{air{}, espconn.OK}, // lwIP finds out
	} {
		b.board.wifi = &x.air
		u := b.client()
		b.wantErr(fmt.Sprintf("%+v", x.air), u.c.Connect(), x.want)
		if x.want == espconn.OK {
			u.c.Disconnect()
			u.want("disconnected")
		}
		u.c.Free()
	}
	b.board.wifi, b.stack.connect = nil, port.NetErrRoute
	before := b.free()
	u := b.client()
	b.wantErr("no route", u.c.Connect(), espconn.ErrRoute)
	b.wantErr("Disconnect", u.c.Disconnect(), espconn.ErrArg)
	u.c.Free()
	if lost := before - b.free(); lost != 0 {
		t.Errorf("%d bytes are lost", lost)
	}
}

// Every allocation fails in turn.
func TestNoMemory(t *testing.T) { moduletest.Editions(t, testNoMemory) }

func testNoMemory(t *testing.T) {
	b := newBench(t)
	before := b.free()
	fail := func(after int, f func()) {
		b.Heap.FailAfter = after
		f()
		b.Heap.FailAfter = -1
	}
	for n := range 2 {
		fail(n, func() {
			if espconn.New(b.Machine.State(), b.stack, port.IP{1}, 1, nil) != nil {
				t.Errorf("made without memory, %d", n)
			}
		})
	}
	u := b.client()
	fail(0, func() { b.wantErr("Connect", u.c.Connect(), espconn.ErrMem) })
	b.stack.noPCB = true
	b.wantErr("Connect without a record of lwIP", u.c.Connect(), espconn.ErrMem)
	b.stack.noPCB, b.stack.connect = false, port.NetErrMem
	b.wantErr("Connect without a segment", u.c.Connect(), espconn.ErrMem)
	b.wantErr("Disconnect", u.c.Disconnect(), espconn.OK)
	u.want("disconnected")
	b.stack.connect = port.NetOK
	u, w := b.open()
	fail(0, func() { b.wantErr("Send", u.c.Send([]byte("x")), espconn.ErrMem) })
	b.wantErr("Send then", u.c.Send([]byte("x")), espconn.OK)
	fail(0, func() { w.h.Received([]byte("lost")) })
	u.want("failed -1")
	if w.calls[len(w.calls)-1] != "abort" {
		t.Errorf("%q", w.calls)
	}
	if lost := before - b.free(); lost != 0 {
		t.Errorf("%d bytes are lost", lost)
	}
	if err := b.Heap.Check(); err != nil {
		t.Error(err)
	}
}

// A reset forgets connections and what was posted for them.
func TestReset(t *testing.T) { moduletest.Editions(t, testReset) }

func testReset(t *testing.T) {
	b := newBench(t)
	u, _ := b.open()
	u.c.Disconnect()
	b.Reboot(port.ResetInfo{Raw: 2, Reason: port.ResetRestart})
	u.want()
	for range port.TCPMaxOpen {
		b.open()
	}
}

// again is a user that keeps its connection.
type again struct{ *user }

func (u again) Disconnected() { u.note("disconnected") }

// A connection that is over can connect once more.
func TestConnectAgain(t *testing.T) { moduletest.Editions(t, testConnectAgain) }

func testConnectAgain(t *testing.T) {
	b := newBench(t)
	u := again{&user{b: b, in: map[string]func(){}}}
	u.c = espconn.New(b.Machine.State(), b.stack, port.IP{10, 1, 2, 3}, 1883, u)
	for i := range 3 {
		b.wantErr("Connect", u.c.Connect(), espconn.OK)
		b.wantErr("Connect twice", u.c.Connect(), espconn.ErrIsConn)
		w := b.stack.wires[i]
		b.wantErr("Send early", u.c.Send([]byte("x")), espconn.ErrArg)
		w.h.Connected()
		b.wantErr("Send", u.c.Send([]byte(strings.Repeat("x", 3000))), espconn.OK)
		w.h.Ended() // while a piece is under way
		u.want("connected", "disconnected")
	}
	u.c.Free()
	if err := b.Heap.Check(); err != nil {
		t.Error(err)
	}
}
