package hostnet

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

// clockBench is a module in virtual time whose network has time servers.
type clockBench struct {
	loop *sdk.Loop
	net  *Net
}

func newClockBench(t *testing.T, change func(*Config)) clockBench {
	t.Helper()
	b := clockBench{loop: sdk.New(sdk.Config{Clock: sdk.NewVirtualClock(), TaskLimit: -1, SoftWatchdog: -1})}
	cfg := Config{Loop: b.loop, Policy: None, Time: VirtualTime(), TimeServers: []port.IP{gateway, {192, 168, 0, 7}, {10, 9, 9, 1}}, TimeFirst: true}
	if change != nil {
		change(&cfg)
	}
	b.net = New(cfg)
	t.Cleanup(b.net.Close)
	b.net.SetInterface(port.StationIf, ownIP, ownMask)
	return b
}

// ask sends a question to an address, and gives the answer and who sent it.
func (b clockBench) ask(t *testing.T, to port.IP, dst uint16, q []byte) (answer []byte, from port.IP) {
	t.Helper()
	u, e := b.net.BindUDP(port.IP{}, 0, func(p []byte, a port.IP, src uint16) {
		answer, from = bytes.Clone(p), a
		if src != 123 {
			t.Errorf("from port %d", src)
		}
	})
	if e != port.NetOK {
		t.Fatal(e)
	}
	defer u.Close()
	u.SendTo(q, to, dst)
	b.loop.RunFor(time.Second)
	return answer, from
}

func question() []byte {
	q := make([]byte, 48)
	q[0] = 4<<3 | 3
	copy(q[40:], "cookie..")
	return q
}

// TestTimeServer holds where time is told, and which one.
func TestTimeServer(t *testing.T) {
	b := newClockBench(t, nil)
	b.loop.RunFor(90 * time.Minute)
	for _, x := range []struct {
		to, from port.IP
		port     uint16
	}{
		{gateway, gateway, 123}, {port.IP{192, 168, 0, 7}, port.IP{192, 168, 0, 7}, 123}, {port.IP{224, 0, 1, 1}, gateway, 123},
		{gateway, port.IP{}, 124}, {port.IP{192, 168, 0, 8}, port.IP{}, 123}, {port.IP{224, 0, 1, 2}, port.IP{}, 123},
	} {
		at := VirtualTime().Add(b.loop.Now())
		a, from := b.ask(t, x.to, x.port, question())
		if from != x.from {
			t.Errorf("%v:%d: answer from %v, want %v", x.to, x.port, from, x.from)
		}
		if a == nil {
			continue
		}
		if string(a[24:32]) != "cookie.." || a[0] != 4<<3|4 || a[1] != 1 {
			t.Errorf("answer % x", a)
		}
		sent := time.Unix(int64(binary.BigEndian.Uint32(a[40:]))-ntpEpoch, int64(uint64(binary.BigEndian.Uint32(a[44:]))*1e9>>32))
		if d := sent.Sub(at); d < -time.Microsecond || d > time.Microsecond {
			t.Errorf("told %v at %v", sent, at)
		}
	}
	// What is none of a client's questions has no answer, and the other end of a network neither.
	for _, q := range [][]byte{nil, question()[:47], append([]byte{4<<3 | 4}, question()[1:]...)} {
		if a, _ := b.ask(t, gateway, 123, q); a != nil {
			t.Errorf("% x: answer % x", q, a)
		}
	}
	b.net.SetSilent(port.StationIf, true)
	if a, _ := b.ask(t, gateway, 123, question()); a != nil {
		t.Error("an answer over a network that is gone")
	}
}

// TestTimeServer_Elsewhere holds what leads the module to others.
func TestTimeServer_Elsewhere(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"none": func(c *Config) { c.Time = time.Time{} },
		"connect": func(c *Config) {
			c.Connect = []Forward{{Addr: gateway, Port: 123, To: netip.MustParseAddrPort("127.0.0.1:9")}}
		},
		"alias": func(c *Config) { c.Alias = map[port.IP]port.IP{gateway: loopback} },
		"other": func(c *Config) { c.TimeServers = []port.IP{{10, 9, 9, 1}} },
	} {
		b := newClockBench(t, change)
		if a, _ := b.ask(t, gateway, 123, question()); a != nil {
			t.Errorf("%s: answered", name)
		}
	}
}

type resolver func(name string) ([]netip.Addr, error)

func (r resolver) LookupNetIP(_ context.Context, _, name string) ([]netip.Addr, error) {
	return r(name)
}

// TestTimeServer_Names holds where the names of the pool lead.
func TestTimeServer_Names(t *testing.T) {
	pool := port.IP{192, 0, 2, 1}
	there := resolver(func(string) ([]netip.Addr, error) { return []netip.Addr{netip.AddrFrom4(pool)}, nil })
	gone := resolver(func(string) ([]netip.Addr, error) { return nil, errors.New("no such name") })
	for _, x := range []struct {
		what   string
		name   string
		change func(*Config)
		want   port.IP
	}{
		{"first", "0.nodemcu.pool.ntp.org", func(c *Config) { c.Policy, c.Resolver = All, there }, gateway},
		{"host", "0.nodemcu.pool.ntp.org", func(c *Config) { c.Policy, c.Resolver, c.TimeFirst = All, there, false }, pool},
		{"host has none", "1.POOL.ntp.org.", func(c *Config) { c.Policy, c.Resolver, c.TimeFirst = All, gone, false }, gateway},
		{"local", "pool.ntp.org", func(c *Config) { c.Policy, c.TimeFirst = Local, false }, gateway},
		{"hosts only", "pool.ntp.org", func(c *Config) { c.Policy, c.HostsOnly, c.TimeFirst = All, true, false }, gateway},
		{"named", "pool.ntp.org", func(c *Config) { c.Hosts = map[string]port.IP{"pool.ntp.org": pool} }, pool},
		{"no time", "pool.ntp.org", func(c *Config) { c.Time = time.Time{} }, port.IP{}},
		{"another name", "carpool.ntp.org", nil, port.IP{}},
	} {
		b := newClockBench(t, x.change)
		var got port.IP
		if _, e := b.net.Resolve(x.name, func(a port.IP, ok bool) { got = a }); e != port.NetErrInProgress {
			t.Fatal(e)
		}
		b.loop.RunFor(10 * time.Second)
		if got != x.want {
			t.Errorf("%s: %v, want %v", x.what, got, x.want)
		}
	}
}

func FuzzAnswerNTP(f *testing.F) {
	f.Add(question())
	f.Add(question()[:47])
	f.Fuzz(func(t *testing.T, q []byte) {
		a := AnswerNTP(q, VirtualTime(), VirtualTime())
		asks := len(q) >= ntpSize && q[0]&7 == ntpClient
		if (a != nil) != asks {
			t.Errorf("% x: answer % x", q, a)
		}
		if a != nil && (len(a) != ntpSize || !bytes.Equal(a[24:32], q[40:48])) {
			t.Errorf("% x: answer % x", q, a)
		}
	})
}

func TestParseTimeSource(t *testing.T) {
	for _, x := range []struct {
		text string
		want TimeSource
		ok   bool
	}{
		{"host", TimeSource{Host: true}, true}, {"none", TimeSource{None: true}, true},
		{"2026-01-01T02:00:00.5+02:00", TimeSource{At: VirtualTime().Add(time.Second / 2)}, true},
		{"", TimeSource{}, false}, {"2026-01-01", TimeSource{}, false}, {"1969-12-31T23:59:59Z", TimeSource{}, false},
		{"2036-02-07T06:28:16Z", TimeSource{}, false},
	} {
		if got, ok := ParseTimeSource(x.text); got != x.want || ok != x.ok {
			t.Errorf("%q: %+v %v", x.text, got, ok)
		}
	}
}
