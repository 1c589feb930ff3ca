package hostnet

import (
	"io"
	"net"
	"net/netip"
	"testing"
	"time"
)

// An answer acknowledges what it answers, which is told first, however fast the peer is.
func TestSentBeforeAnswer(t *testing.T) {
	b := newBench(t, realClock(), nil)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.Copy(c, c)
	}()
	s := newSink()
	const exchanges = 500
	count, early := 0, 0
	waiting := false
	done := make(chan struct{})
	send := func() {
		waiting = true
		s.c.Write([]byte("question"))
		s.c.Output()
	}
	s.onSent = func() { waiting = false; <-s.events }
	s.onData = func([]byte) {
		<-s.data
		s.c.Recved()
		if waiting {
			early++
		}
		if count++; count == exchanges {
			close(done)
			return
		}
		send()
	}
	b.do(func() {
		s.c = b.net.NewTCP(s)
		s.c.NoDelay()
		s.c.Connect(loopback, netip.MustParseAddrPort(l.Addr().String()).Port())
	})
	s.want(t, "connected")
	b.do(send)
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("no answer")
	}
	if early > 0 {
		t.Errorf("%d of %d answers were told before what they answer was acknowledged", early, exchanges)
	}
	b.do(s.c.Close)
}

// What the host does not take is not waited for.
func TestAnswerPatience(t *testing.T) {
	rd := newReader(nil)
	rd.afterWriting()
	told := make(chan struct{})
	rd.writing.Store(&told)
	rd.afterWriting() // comes back
	close(told)
	rd.afterWriting()
}

// talker writes and closes as soon as it is connected.
type talker struct{ *sink }

func (s talker) Connected() {
	s.c.Write([]byte("hello"))
	s.c.Close()
}

// A connection that is closed before anything could be read sends what was written.
func TestCloseAtOnce(t *testing.T) {
	b := newBench(t, realClock(), nil)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b.do(func() {
		s := newSink()
		s.c = b.net.NewTCP(talker{s})
		s.c.Connect(loopback, netip.MustParseAddrPort(l.Addr().String()).Port())
	})
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if got, err := io.ReadAll(c); string(got) != "hello" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
