package hostnet

import (
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// Output sends at once what would wait for a tick; a second small piece waits for the answer to
// the first one, unless NoDelay was called.
func TestOutput_AtOnce(t *testing.T) {
	p := newPair(t)
	p.connect()
	write := func(n int) { p.a.c.Write(make([]byte, n)); p.a.c.Output() }
	p.run(10 * time.Millisecond)
	write(10)
	write(20)
	p.run(10 * time.Millisecond)
	p.want("10 B got 10")
	p.run(500 * time.Millisecond)
	p.told()
	p.a.c.NoDelay()
	write(10)
	write(20)
	p.run(10 * time.Millisecond)
	if got := p.told(); got != "520 B got 10|520 B got 20|520 A sent 30" {
		t.Errorf("told %q", got)
	}
}

// A connection leaves from the port of Bind, unless that is taken.
func TestBind(t *testing.T) {
	p := newPair(t)
	p.listen()
	var locals []uint16
	for range 2 {
		c := p.client.NewTCP(&end{p: p, name: "A"})
		c.Bind(31000)
		if e := c.Connect(port.IP{10, 0, 0, 2}, srvPort); e != port.NetOK {
			t.Fatalf("Connect: %d", e)
		}
		_, local := c.Local()
		locals = append(locals, local)
		c.Bind(32000) // too late
		if _, again := c.Local(); again != local {
			t.Errorf("port %d became %d", local, again)
		}
	}
	if locals[0] != 31000 || locals[1] == 31000 || locals[1] == 0 {
		t.Errorf("ports %d", locals)
	}
}

// Repeats tells of a connection that has failed how often it has asked.
func TestRepeats(t *testing.T) {
	p := newPair(t)
	p.a.c = p.client.NewTCP(p.a)
	p.a.c.Connect(port.IP{10, 0, 0, 9}, srvPort)
	p.run(10 * time.Second)
	if n := p.a.c.Repeats(); n != port.TCPSYNRepeats {
		t.Errorf("asked %d times again", n)
	}
	q := newPair(t)
	q.connect()
	q.srv.SetInterface(port.StationIf, port.IP{}, port.IP{})
	q.told()
	q.a.c.Write([]byte("lost"))
	q.run(time.Hour)
	if got := q.told(); got == "" || q.a.c.Repeats() != port.TCPRepeats {
		t.Errorf("told %q, sent %d times again", got, q.a.c.Repeats())
	}
}
