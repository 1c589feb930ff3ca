package hostnet

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

// pair is two modules on one air and one virtual clock, and a connection between them.
type pair struct {
	t           *testing.T
	loop        *sdk.Loop
	client, srv *Net
	log         []string // what the two are told, with the milliseconds since the connection
	since       time.Duration
	a, b        *end
}

// end is a handler that notes what happens to its end of the connection.
type end struct {
	p      *pair
	name   string
	c      port.TCP
	onData func(p []byte)
	onOpen func()
	onSent func()
	hold   bool
	quiet  bool // leaves the connection open when the peer ends
}

func (e *end) note(format string, args ...any) {
	ms := float64(e.p.loop.Now()-e.p.since) / 1e6
	e.p.log = append(e.p.log, fmt.Sprintf("%.0f %s ", ms, e.name)+fmt.Sprintf(format, args...))
}
func (e *end) Connected() {
	e.note("connected")
	if e.onOpen != nil {
		e.onOpen()
	}
}
func (e *end) Received(p []byte) {
	e.note("got %d", len(p))
	if e.onData != nil {
		e.onData(p)
	}
	if !e.hold {
		e.c.Recved()
	}
}
func (e *end) Sent(n int) {
	e.note("sent %d", n)
	if e.onSent != nil {
		e.onSent()
	}
}
func (e *end) Ended() {
	e.note("ended")
	if !e.quiet {
		e.c.Close()
	}
}
func (e *end) Failed(err port.NetErr) { e.note("failed %d", err) }

const (
	pairMask = 255
	srvPort  = 80
)

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{t: t, loop: sdk.New(sdk.Config{Clock: sdk.NewVirtualClock(), TaskLimit: -1, SoftWatchdog: -1})}
	air := &Air{}
	next := uint32(2000)
	for i, n := range []**Net{&p.client, &p.srv} {
		*n = New(Config{Loop: p.loop, Air: air, Policy: None, HostsOnly: true, Lingering: 3, Rand: func() uint32 { next++; return next }})
		(*n).SetInterface(port.StationIf, port.IP{10, 0, 0, byte(1 + i)}, port.IP{pairMask, pairMask, pairMask})
	}
	p.a, p.b = &end{p: p, name: "A"}, &end{p: p, name: "B"}
	return p
}

// listen makes B's module a server.
func (p *pair) listen() {
	_, e := p.srv.ListenTCP(port.IP{}, srvPort, func(c port.TCP) bool {
		p.b.c = c
		c.SetHandler(p.b)
		p.b.Connected()
		return true
	})
	if e != port.NetOK {
		p.t.Fatalf("ListenTCP: %d", e)
	}
}

// connect makes the connection, and begins the log behind it.
func (p *pair) connect() {
	p.t.Helper()
	p.listen()
	p.dial()
	p.run(0)
	if got := p.told(); got != "0 B connected|0 A connected" && got != "0 A connected|0 B connected" {
		p.t.Fatalf("%q", got)
	}
}

func (p *pair) dial() {
	p.since = p.loop.Now()
	p.a.c = p.client.NewTCP(p.a)
	if e := p.a.c.Connect(port.IP{10, 0, 0, 2}, srvPort); e != port.NetOK {
		p.t.Fatalf("Connect: %d", e)
	}
}

func (p *pair) run(d time.Duration) { p.loop.RunFor(d + time.Microsecond) }

// told is what was told since it was asked last.
func (p *pair) told() string {
	text := strings.Join(p.log, "|")
	p.log = nil
	return text
}

func (p *pair) want(what string) {
	p.t.Helper()
	if got := p.told(); got != what {
		p.t.Errorf("told %q,\nwant %q", got, what)
	}
}

// What is written between events leaves at the next slow tick, together; the peer acknowledges
// a small segment at its next fast tick.
func TestOutput_SlowTick(t *testing.T) {
	p := newPair(t)
	p.connect()
	p.run(30 * time.Millisecond)
	for range 4 {
		p.a.c.Write(make([]byte, 10))
		p.run(20 * time.Millisecond)
	}
	p.want("")
	p.run(300 * time.Millisecond)
	p.want("250 B got 40|375 A sent 40")
}

// What is written while a segment is processed leaves behind it, with the acknowledgement.
func TestOutput_BehindInput(t *testing.T) {
	p := newPair(t)
	p.a.onOpen = func() { p.a.c.Write([]byte("hello")); p.a.c.Write([]byte("you")) }
	p.b.onData = func([]byte) { p.b.c.Write([]byte("answer")) }
	p.listen()
	p.dial()
	p.run(100 * time.Millisecond)
	p.want("0 A connected|0 B connected|0 B got 8|0 A sent 8|0 A got 6")
	p.run(100 * time.Millisecond)
	p.want("125 B sent 6") // A had nothing to send along
}

// What is written while an acknowledgement is due leaves with that, at the fast tick; where it
// has left already, also to the host, at the slow one.
func TestOutput_FastTick(t *testing.T) {
	p := newPair(t)
	p.connect()
	p.run(240 * time.Millisecond)
	p.a.c.Write(make([]byte, 10))
	p.run(20 * time.Millisecond)
	p.b.c.Write(make([]byte, 20))
	p.want("250 B got 10")
	p.run(200 * time.Millisecond)
	p.want("375 A sent 10|375 A got 20")

	c := p.client.newConn(p.a, 0)
	c.state, c.local = stOpen, port.IP{10, 0, 0, 1}
	c.Write([]byte("x"))
	now := p.loop.Now()
	c.ackDelay, c.ackAt = true, p.client.clock.nextFast(now)
	if at := c.nextTick(); at != 500*time.Millisecond || !c.ackDelay {
		t.Errorf("due at %v", at)
	}
	p.run(200 * time.Millisecond)
	c.ackDelay, c.ackAt = true, now
	if at := c.nextTick(); at != 750*time.Millisecond || c.ackDelay {
		t.Errorf("due at %v", at)
	}
}

// While something is on its way, less than a segment waits (Nagle); a failed write breaks that.
func TestOutput_Nagle(t *testing.T) {
	p := newPair(t)
	p.connect()
	p.run(240 * time.Millisecond) // just before the tick
	p.a.c.Write(make([]byte, 10))
	p.run(20 * time.Millisecond)
	p.want("250 B got 10")
	p.a.c.Write(make([]byte, 20))
	p.run(100 * time.Millisecond)
	p.want("")
	p.run(20 * time.Millisecond)
	p.want("375 A sent 10|375 B got 20")
	p.run(200 * time.Millisecond)
	p.want("500 A sent 20")
}

// A segment as large as they may be is acknowledged at once: the window has moved far enough.
func TestOutput_LargeSegments(t *testing.T) {
	p := newPair(t)
	p.connect()
	p.a.c.Write(make([]byte, port.TCPSendBuffer))
	if e := p.a.c.Write([]byte{1}); e != port.NetErrMem {
		t.Errorf("one more: %d", e)
	}
	p.run(260 * time.Millisecond)
	p.want("250 B got 1460|250 B got 1460|250 A sent 1460|250 A sent 1460")
}

// Closing with all that may be sent on its way has no place for the end: a reset.
func TestClose_FullBuffer(t *testing.T) {
	p := newPair(t)
	p.a.onOpen = func() { p.a.c.Write(make([]byte, port.TCPSendBuffer)) }
	p.listen()
	p.dial()
	for p.a.c.(*conn).flying < 2 {
		p.loop.Step()
	}
	p.a.c.Close()
	p.run(10 * time.Second)
	if got := p.told(); !strings.HasSuffix(got, "B failed -9") {
		t.Errorf("%q", got)
	}
}

func TestClose_Order(t *testing.T) {
	p := newPair(t)
	p.connect()
	p.run(10 * time.Millisecond)
	p.a.c.Write([]byte("last words"))
	p.a.c.Close() // takes them along
	p.run(time.Millisecond)
	p.want("10 B got 10|10 B ended")
	if len(p.client.conns) != 0 || len(p.client.waiting) != 1 || len(p.srv.conns) != 0 || len(p.srv.waiting) != 0 {
		t.Errorf("connections %d and %d, %d and %d linger", len(p.client.conns), len(p.srv.conns), len(p.client.waiting), len(p.srv.waiting))
	}
	p.run(12 * time.Second)
	if len(p.client.waiting) != 0 {
		t.Error("it lingers still")
	}
}

// A peer that falls silent is found out by whoever sends: the first repetition comes after 4
// slow ticks, as the way there and back has taken one, the others after twice as many each
// time up to 512; behind the twelfth the connection is aborted. Whoever waits never learns.
func TestSilence(t *testing.T) {
	p := newPair(t)
	p.connect()
	p.a.c.Write([]byte("x"))
	p.run(time.Second)
	p.told()
	p.srv.SetSilent(port.StationIf, true)
	at := p.loop.Now() - p.since
	p.a.c.Write([]byte("y"))
	p.run(12 * time.Minute)
	p.want("")
	p.run(2 * time.Minute)
	ticks := 4*(1<<8-1) + 4*512 + 1
	p.want(fmt.Sprintf("%d A failed -8", (at.Truncate(slowTick) + slowTick + time.Duration(ticks)*slowTick).Milliseconds()))
	p.run(time.Hour)
	p.want("")
	if len(p.srv.conns) != 1 {
		t.Error("the silent one knows")
	}
}

// A silence that ends before is bridged, and nothing comes twice.
func TestSilence_Ends(t *testing.T) {
	for _, far := range []bool{false, true} {
		p := newPair(t)
		p.connect()
		p.run(100 * time.Millisecond)
		n := p.client
		if far {
			n = p.srv
		}
		n.SetSilent(port.StationIf, true)
		p.a.c.Write(make([]byte, 2000))
		p.run(2 * time.Second)
		n.SetSilent(port.StationIf, false)
		p.want("")
		p.run(10 * time.Second)
		if got := p.told(); !strings.Contains(got, "B got 1460") || strings.Count(got, "got") != 2 || !strings.HasSuffix(got, "A sent 540") {
			t.Errorf("%q", got)
		}
	}
}

// Between the module and the host, too, nothing comes and goes while the network is silent.
func TestSilence_Host(t *testing.T) {
	b := newBench(t, sdk.NewRealClock(10), nil)
	s := newSink()
	b.serve(80, func(port.TCP) *sink { return s })
	c := b.dial(80)
	c.Write([]byte("before"))
	if got := string(<-s.data); got != "before" {
		t.Fatalf("got %q", got)
	}
	silent := func(on bool) { b.do(func() { b.net.SetSilent(port.StationIf, on) }) }
	silent(true)
	c.Write([]byte("late"))
	b.do(func() { s.c.Recved(); s.c.Write([]byte("answer")) })
	_ = c.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if n, _ := c.Read(make([]byte, 10)); n != 0 {
		t.Errorf("%d bytes come out of a silent network", n)
	}
	select {
	case p := <-s.data:
		t.Errorf("%q comes in", p)
	default:
	}
	silent(false)
	if got := string(<-s.data); got != "late" {
		t.Errorf("got %q", got)
	}
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	got := make([]byte, 6)
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "answer" {
		t.Errorf("the host got %q, %v", got, err)
	}
	s.want(t, "sent 6")
	silent(true)
	c.Close()
	b.do(func() { s.c.KeepAlive(30 * time.Second) })
	s.want(t, "failed -8")
}

// An acknowledgement that is lost makes the sender repeat; the receiver tells the application
// once.
func TestSilence_LostAcknowledgement(t *testing.T) {
	p := newPair(t)
	p.connect()
	p.a.c.Write([]byte("abc"))
	p.run(300 * time.Millisecond) // it is there, not acknowledged
	p.want("250 B got 3")
	p.srv.SetSilent(port.StationIf, true)
	p.run(200 * time.Millisecond)
	p.srv.SetSilent(port.StationIf, false)
	p.run(2 * time.Second)
	p.want("1250 A sent 3")
}

// Nobody answers a request to connect: six repetitions, a second apart, and a tick.
func TestConnect_Nobody(t *testing.T) {
	p := newPair(t)
	p.srv.SetInterface(port.StationIf, port.IP{}, port.IP{})
	p.dial()
	p.run(6240 * time.Millisecond)
	p.want("")
	p.run(20 * time.Millisecond)
	p.want("6250 A failed -8")
	p.run(time.Second)
	p.dial() // the ticks have stood still, at another call of the two
	p.run(7 * time.Second)
	p.want("6125 A failed -8")
}

func TestConnect_AtASecondAttempt(t *testing.T) {
	p := newPair(t)
	p.listen()
	p.srv.SetSilent(port.StationIf, true)
	p.dial()
	p.run(2500 * time.Millisecond)
	p.srv.SetSilent(port.StationIf, false)
	p.run(time.Second)
	p.want("3000 A connected|3000 B connected")
}

func TestConnect_NoServer(t *testing.T) {
	p := newPair(t)
	p.dial()
	p.run(time.Millisecond)
	p.want("0 A failed -9")
}

// A module that was reset says nothing of it. It answers the next segment by a reset if it has
// its address again, else nobody does.
func TestReset_OfThePeer(t *testing.T) {
	p := newPair(t)
	p.connect()
	p.run(time.Second)
	p.srv.Reset()
	p.run(time.Minute)
	p.want("")
	p.srv.SetInterface(port.StationIf, port.IP{10, 0, 0, 2}, port.IP{pairMask, pairMask, pairMask})
	p.run(time.Minute)
	p.want("")
	p.a.c.Write([]byte("there?"))
	p.run(time.Second)
	if got := p.told(); !strings.HasSuffix(got, "A failed -9") {
		t.Errorf("%q", got)
	}
}

// A server asks its guests for a sign of life after 30 s and gives them up 10 s later. One that
// lives answers; one that has forgotten the connection answers by a reset.
func TestKeepAlive(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(p *pair)
		want    string
	}{
		"lives":  {func(p *pair) {}, ""},
		"silent": {func(p *pair) { p.client.SetSilent(port.StationIf, true) }, "100750 B failed -8"},
		"self":   {func(p *pair) { p.srv.SetSilent(port.StationIf, true) }, "100750 B failed -8"},
		"reset": {func(p *pair) {
			p.client.Reset()
			p.client.SetInterface(port.StationIf, port.IP{10, 0, 0, 1}, port.IP{pairMask, pairMask, pairMask})
		}, "90750 B failed -9"},
	} {
		p := newPair(t)
		p.b.onOpen = func() { p.b.c.KeepAlive(30 * time.Second) }
		p.connect()
		p.run(80 * time.Second)
		c.happens(p)
		p.run(5 * time.Minute)
		if got := p.told(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A side that has closed while nobody answers keeps its record as long as lwIP does.
func TestSilence_Closing(t *testing.T) {
	p := newPair(t)
	p.connect()
	p.run(time.Second)
	p.srv.SetSilent(port.StationIf, true)
	p.a.c.Close() // FIN_WAIT_1: twelve repetitions
	p.run(9 * time.Minute)
	if len(p.client.conns) != 1 {
		t.Error("given up too soon")
	}
	p.run(10 * time.Minute)
	if len(p.client.conns) != 0 || len(p.client.waiting) != 0 {
		t.Error("never given up")
	}

	p = newPair(t)
	p.connect()
	p.b.quiet = true
	p.a.c.Close() // FIN_WAIT_2: 20 s
	p.run(20 * time.Second)
	if len(p.client.conns) != 1 || len(p.srv.conns) != 1 {
		t.Error("half closed, it is given up too soon")
	}
	p.run(time.Second)
	if len(p.client.conns) != 0 || len(p.srv.conns) != 1 {
		t.Error("half closed, it is never given up")
	}
	p.client.SetSilent(port.StationIf, true)
	p.b.c.Close() // LAST_ACK: 10 s since the peer was heard of, which is longer ago
	p.run(time.Second)
	if len(p.srv.conns) != 0 {
		t.Error("the last one is never given up")
	}
	p.want("0 B ended")
}

// A window that is closed is asked for, and lets through what waits when it opens.
func TestWindow(t *testing.T) {
	p := newPair(t)
	p.connect()
	p.b.hold = true
	p.a.onSent = func() { p.a.c.Write(make([]byte, 1460)) }
	p.a.c.Write(make([]byte, 2920))
	p.run(20 * time.Second)
	if got := p.told(); strings.Count(got, "got 1460") != 4 {
		t.Errorf("into a closed window: %q", got)
	}
	p.b.hold, p.a.onSent = false, nil
	p.b.c.Recved()
	p.run(time.Second)
	if got := p.told(); got != "20000 B got 1460|20000 A sent 1460" {
		t.Errorf("when it opens: %q", got)
	}
}

// The same writes give the same times whenever lwIP's clock began, and no tick comes where no
// connection needs one.
func TestClock(t *testing.T) {
	p := newPair(t)
	p.connect()
	p.run(time.Minute)
	if p.client.tick.Armed() || p.srv.tick.Armed() {
		t.Error("a tick for nothing")
	}
	k := &tcpClock{before: 1}
	k.need(time.Second)
	for _, x := range []struct {
		now, fast time.Duration
		ticks     int
	}{
		{time.Second, 1125 * time.Millisecond, 1},
		{1200 * time.Millisecond, 1250 * time.Millisecond, 1},
		{1250 * time.Millisecond, 1375 * time.Millisecond, 2},
		{1600 * time.Millisecond, 1625 * time.Millisecond, 3},
	} {
		if f, n := k.nextFast(x.now), k.ticks(x.now); f != x.fast || n != x.ticks {
			t.Errorf("at %v: next %v, %d ticks", x.now, f, n)
		}
	}
	if at := k.at(3); at != 1500*time.Millisecond {
		t.Errorf("tick 3 at %v", at)
	}
	k.rest(1510 * time.Millisecond) // one more call, at 1625 ms, finds nobody
	k.need(9 * time.Second)
	if n, at := k.ticks(9*time.Second), k.at(4); n != 3 || at != 9*time.Second+fastTick {
		t.Errorf("then %d ticks, the next at %v", n, at)
	}
}
