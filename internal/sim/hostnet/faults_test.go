package hostnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

// faulty makes the n-th operation of a kind fail, or all from then on, and counts.
type faulty struct {
	mu      sync.Mutex
	op      string
	n       int
	forever bool
	asked   map[string]int
	failed  map[string]int
}

var errFault = errors.New("made to fail")

func (f *faulty) fail(op string, _ netip.AddrPort) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked[op]++
	if op == f.op && (f.asked[op] == f.n || f.forever && f.asked[op] > f.n) {
		f.failed[op]++
		return errFault
	}
	return nil
}

// went is how many operations of a kind were not made to fail.
func (f *faulty) went(op string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[op] - f.failed[op]
}

// tally is a handler that counts what the module is told.
type tally struct {
	b                                    *bench
	c                                    port.TCP
	text                                 string
	connected, received, sent, ended, no int

	wasSent chan struct{} // has a value when the module knows that it has sent, or cannot
}

func (s *tally) Connected() {
	s.connected++
	s.c.SetTTL(9)
	s.c.Write([]byte("question"))
}
func (s *tally) Received(p []byte) {
	s.received++
	s.text += string(p)
	s.c.Recved()
}
func (s *tally) Ended() {
	s.ended++
	s.c.Close()
}
func (s *tally) Sent(int) {
	s.sent++
	s.goOn()
}
func (s *tally) Failed(port.NetErr) {
	s.no++
	s.goOn()
}

// goOn lets the peer answer.
func (s *tally) goOn() {
	select {
	case s.wasSent <- struct{}{}:
	default:
	}
}

// scenario is something to do with a module; it returns what went well, and must end
// whatever fails. The limit is for what is waited for in vain.
type scenario func(t *testing.T, f *faulty, limit time.Duration) string

// TestFaults lets each operation of the host fail in turn, once and from then on.
func TestFaults(t *testing.T) {
	for name, run := range map[string]scenario{"server": serverScenario, "client": clientScenario} { // in any order
		whole := &faulty{asked: map[string]int{}, failed: map[string]int{}}
		want := ""
		t.Run(name+"/none", func(t *testing.T) { want = run(t, whole, 20*time.Second) })
		if t.Failed() {
			continue
		}
		for _, op := range []string{OpListen, OpAccept, OpDial, OpRead, OpWrite, OpClose, OpOption, OpResolve, OpPing} {
			// Sockets work without options, and are gone even if closing them fails.
			harmless, limit := op == OpOption || op == OpClose, 300*time.Millisecond
			if harmless {
				limit = 20 * time.Second
			}
			for n := 1; n <= whole.asked[op]; n++ {
				for _, forever := range []bool{false, true} {
					f := &faulty{op: op, n: n, forever: forever, asked: map[string]int{}, failed: map[string]int{}}
					t.Run(fmt.Sprintf("%s/%s %d %v", name, op, n, forever), func(t *testing.T) {
						got := run(t, f, limit)
						if harmless && got != want {
							t.Errorf("%q without it, %q with it", want, got)
						}
					})
				}
			}
		}
	}
}

// serverScenario asks a server three times.
func serverScenario(t *testing.T, f *faulty, limit time.Duration) string {
	b := newBench(t, realClock(), func(c *Config) { c.Fail = f.fail })
	accepted, sent, received := 0, 0, 0
	b.do(func() {
		_, e := b.net.ListenTCP(port.IP{}, 80, func(c port.TCP) bool {
			accepted++
			s := newSink()
			s.c = c
			s.onData = func([]byte) {
				received++
				c.Recved()
				c.Write([]byte("answer"))
			}
			s.onSent = func() { sent++; c.Close() }
			c.SetHandler(s)
			c.KeepAlive(time.Minute)
			return true
		})
		if bad := f.went(OpListen) == 0; bad != (e != port.NetOK) || bad != (b.errs[80] != nil) {
			t.Errorf("ListenTCP: %d, told %v", e, b.errs[80])
		}
	})
	var host netip.AddrPort
	b.do(func() { host = b.host[80] })
	good := 0
	for range 3 {
		if f.went(OpListen) == 0 {
			break
		}
		c, err := net.Dial("tcp", host.String())
		if err != nil {
			continue
		}
		_ = c.SetDeadline(time.Now().Add(limit))
		io.WriteString(c, "question")
		switch got, err := io.ReadAll(c); {
		case string(got) == "answer" && err == nil:
			good++
		case err == nil && len(got) > 0:
			t.Errorf("the answer %q", got)
		}
		c.Close()
	}
	b.do(func() {
		if a, r, w := f.went(OpAccept), f.went(OpRead), f.went(OpWrite); accepted > a || received > r || sent > w {
			t.Errorf("accepted %d of %d, received %d of %d, sent %d of %d", accepted, a, received, r, sent, w)
		}
	})
	if f.op == "" && good != 3 {
		t.Errorf("%d answers", good)
	}
	return fmt.Sprint(good)
}

// clientScenario resolves a name, talks to what is there by TCP and UDP, and pings it.
func clientScenario(t *testing.T, f *faulty, limit time.Duration) string {
	wasSent := make(chan struct{}, 1)
	tcp, udp := echoServers(t, wasSent)
	b := newBench(t, sdk.NewVirtualClock(), func(c *Config) {
		c.HostsOnly, c.Resolver, c.Fail = false, thisHost{}, f.fail
		c.Ping = func(context.Context, netip.Addr, int) bool { return true }
	})
	s := &tally{b: b, wasSent: wasSent}
	var found, known, echoed, ponged int
	done := make(chan struct{})
	b.do(func() {
		b.net.Resolve("echo.example", func(a port.IP, ok bool) {
			found++
			if !ok {
				return
			}
			known++
			if s.c = b.net.NewTCP(s); s.c.Connect(a, tcp) != port.NetOK {
				t.Error("Connect")
			}
			u, e := b.net.BindUDP(port.IP{}, 5000, func(p []byte, _ port.IP, _ uint16) {
				if echoed++; string(p) != "datagram" {
					t.Errorf("the datagram %q", p)
				}
			})
			if (e != port.NetOK) != (b.errs[5000] != nil) {
				t.Errorf("BindUDP: %d, told %v", e, b.errs[5000])
			}
			if e == port.NetOK {
				u.SetTTL(9)
				u.SendTo([]byte("datagram"), a, udp)
			}
			b.net.Echo(a, 32, func() { ponged++ })
		})
		b.loop.NewTimer(func() { close(done) }).Arm(30*time.Second, false)
	})
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("stuck")
	}
	// What a peer of the host does is not waited for by the clock.
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(time.Millisecond) {
		over := false
		b.do(func() { over = s.ended+s.no > 0 && echoed > 0 || known == 0 })
		if over {
			break
		}
	}
	result := ""
	b.do(func() {
		result = fmt.Sprint(found, known, s.connected, s.text, s.sent, s.ended, s.no, echoed, ponged)
		r, w := f.went(OpRead), f.went(OpWrite)
		if found != 1 || known > f.went(OpResolve) || s.connected > f.went(OpDial) || s.received+echoed > r || s.sent > w || ponged > f.went(OpPing) ||
			s.text != "" && s.text != "question" || s.connected+s.no == 0 && known > 0 {
			t.Errorf("the module was told %s, and the host did %v, of which %v failed", result, f.asked, f.failed)
		}
	})
	if want := "1 1 1question1 1 0 1 1"; f.op == "" && result != want {
		t.Errorf("%q, want %q", result, want)
	}
	return result
}

type thisHost struct{}

func (thisHost) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

// echoServers send back what they get, the one for TCP once, and not before the other side
// knows that it has sent: else that may hear of the end first.
func echoServers(t *testing.T, wasSent <-chan struct{}) (tcp, udp uint16) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	pc, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
		buf := make([]byte, len("question"))
		if _, err := io.ReadFull(c, buf); err == nil {
			select {
			case <-wasSent:
			case <-time.After(20 * time.Second):
			}
			_, _ = c.Write(buf)
		}
	})
	wg.Go(func() {
		buf := make([]byte, 100)
		for {
			n, from, err := pc.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			_, _ = pc.WriteToUDPAddrPort(buf[:n], from)
		}
	})
	t.Cleanup(func() {
		ln.Close()
		pc.Close()
		wg.Wait()
	})
	return uint16(ln.Addr().(*net.TCPAddr).Port), localAddr(pc).Port()
}
