package mdns

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sim/hostnet"
)

func TestScript(t *testing.T) { newBench(t).Script("testdata/mdns.lua") }
func TestOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { newBench(t).EveryAllocation("testdata/memory.lua") })
}

// query makes a question for a name.
func query(name string, kind uint16) packet {
	p := packet{0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}.name(name)
	p = binary.BigEndian.AppendUint16(p, kind)
	return append(binary.BigEndian.AppendUint16(p, classIN), make([]byte, 10)...)
}

var asker = port.IP{10, 0, 0, 9}

// ask brings a packet in and gives what is answered.
func (b *bench) ask(p []byte, from uint16) []porttest.Sent {
	b.net.Sent = nil
	b.Tasks.Exec(func() { b.net.Last().Recv(p, asker, from) })
	return b.net.Sent
}

// TestNoNetwork holds what the functions say without a network, and without an address.
func TestNoNetwork(t *testing.T) { moduletest.Editions(t, testNoNetwork) }

func testNoNetwork(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{Module}})
	if err := l.Exec("mdns.close() mdns.register('x')", "=x"); err == nil || err.Error() != "x:1: this board has no network" {
		t.Error(err)
	}
	b := newBench(t)
	for _, x := range []struct {
		mode port.WiFiMode
		addr [2]port.IP
		ok   bool
	}{
		{port.NullMode, [2]port.IP{}, false}, {port.StationMode, [2]port.IP{{}, {1, 2, 3, 4}}, false}, {port.SoftAPMode, [2]port.IP{{1, 2, 3, 4}, {}}, false},
		{port.StationAPMode, [2]port.IP{{}, {1, 2, 3, 4}}, false}, {port.StationAPMode, [2]port.IP{{1, 2, 3, 4}, {}}, true}, {port.SoftAPMode, [2]port.IP{{}, {1, 2, 3, 4}}, true},
	} {
		b.board.wifi.mode, b.board.wifi.addr = x.mode, x.addr
		b.net.Groups = nil
		err := b.Exec("mdns.register('x')", "=x")
		if (err == nil) != x.ok || err != nil && err.Error() != "x:1: No network connection" {
			t.Errorf("%+v: %v", x, err)
		}
		if x.ok && len(b.net.Groups) != 1 {
			t.Errorf("%+v: groups %v", x, b.net.Groups)
		}
	}
	// The service that there was goes on when another one is refused.
	b.board.wifi.addr = [2]port.IP{}
	if b.net.Open() != 1 {
		t.Errorf("%d are open", b.net.Open())
	}
	// A port that is in use.
	b.board.wifi = radio{mode: port.StationMode, addr: [2]port.IP{{10, 0, 0, 2}}}
	b.net.Refuse = true
	if err := b.Exec("mdns.register('x')", "=x"); err == nil || err.Error() != "x:1: Unable to start mDns daemon" {
		t.Error(err)
	}
	if b.net.Open() != 0 {
		t.Errorf("%d are open", b.net.Open())
	}
}

// TestAnswers holds who is told what, and how.
func TestAnswers(t *testing.T) { moduletest.Editions(t, testAnswers) }

func testAnswers(t *testing.T) {
	b := newBench(t)
	b.Do(`mdns.register("fishtank", {description = "Top", port = 8080, location = "Living Room"})`)
	const service = "_http._tcp.local"
	for _, x := range []struct {
		name string
		kind uint16
		want int // answers; -1 for none at all
	}{
		{serviceTypes, typePTR, 1}, {serviceTypes, typeANY, 1}, {serviceTypes, typeA, 0},
		{service, typePTR, 4}, {service, typeANY, 4}, {service, typeTXT, 0}, {"_HTTP._Tcp.LOCAL", typePTR, 4},
		{"fishtank.local", typeA, 1}, {"fishtank.local", typeANY, 1}, {"fishtank.local", 28, 0},
		{"Top." + service, typeTXT, 4}, {"Top." + service, typeSRV, 4}, {"Top." + service, typePTR, 0},
		{"other.local", typeA, -1}, {"_ipp._tcp.local", typePTR, -1},
	} {
		for _, from := range []uint16{5353, 4000} {
			sent := b.ask(query(x.name, x.kind), from)
			if x.want < 0 {
				if len(sent) > 0 {
					t.Errorf("%s %d: answered", x.name, x.kind)
				}
				continue
			}
			if len(sent) != 1 {
				t.Errorf("%s %d: %d packets", x.name, x.kind, len(sent))
				continue
			}
			s := sent[0]
			if n := int(s.Data[7]); n != x.want || s.Data[2] != response {
				t.Errorf("%s %d: %d answers", x.name, x.kind, n)
			}
			to, p := group, uint16(mdnsPort)
			if from != mdnsPort {
				to, p = asker, from
			}
			if s.To != to || s.Port != p {
				t.Errorf("%s: to %v:%d", x.name, s.To, s.Port)
			}
		}
	}
	p := b.ask(query(service, typePTR), 4000)[0].Data
	for _, s := range []string{"\x03Top", "\x08fishtank\x05local\x00", "\x14location=Living Room", "\x10platform=nodemcu", "\x1f\x90" /* 8080 */, "\x0a\x00\x00\x02"} {
		if !bytes.Contains(p, []byte(s)) {
			t.Errorf("%q is not in %q", s, p)
		}
	}
	// Who asks for an answer of its own gets it, at any port.
	q := query("fishtank.local", typeA)
	q[len(q)-12] |= 0x80
	if s := b.ask(q, 5353); len(s) != 1 || s[0].To != asker {
		t.Errorf("%v", s)
	}
	// In the mode of an access point, its address is told.
	b.board.wifi.mode = port.SoftAPMode
	if s := b.ask(query("fishtank.local", typeA), 4000); !bytes.Contains(s[0].Data, []byte{192, 168, 4, 1}) {
		t.Errorf("% x", s[0].Data)
	}
}

// TestBadPackets holds that packets that are too short or too long have no answer, and that those
// that lead nowhere come to an end.
func TestBadPackets(t *testing.T) { moduletest.Editions(t, testBadPackets) }

func testBadPackets(t *testing.T) {
	b := newBench(t)
	b.Do(`mdns.register("fishtank")`)
	q := query("fishtank.local", typeA)
	if n := len(b.ask(append(q, make([]byte, 512-len(q))...), 5353)); n != 1 {
		t.Errorf("512 bytes: %d answers", n)
	}
	loop := append(packet{0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xC0, 12, 0, 1, 0, 1}, make([]byte, 10)...)
	circle := append(packet{0, 7, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0xC0, 14, 0xC0, 12, 0xC0, 12, 0, 1, 0, 1}, make([]byte, 10)...)
	full := packet{0, 7, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0}
	for len(full) < 512 {
		full = append(full, 63)
	}
	for _, p := range [][]byte{nil, q[:25], append(q, make([]byte, 513-len(q))...), loop, circle, full} {
		if s := b.ask(p, 5353); len(s) != 0 {
			t.Errorf("%d bytes: %d answers", len(p), len(s))
		}
	}
	// A place that is its own second byte, which is the length of what follows.
	if matches("fishtank.local", []byte("............\xC0\x0Dfishtank.loca\x00......"), 12) {
		t.Error("a name that begins in its own place")
	}
	// Each question of a packet is answered, and what is no end of a name is passed.
	two := append(packet{0, 7, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0}.name("fishtank.local"), 0, 1, 0, 1)
	two = append(append(two, 0xC0, 12, 0, 1, 0, 1), make([]byte, 10)...)
	if s := b.ask(two, 4000); len(s) != 2 {
		t.Errorf("%d answers", len(s))
	}
}

// TestTime holds when the service is told: at once, and each 280 s after it was told last; its
// type at once and then every twelfth time.
func TestTime(t *testing.T) { moduletest.Editions(t, testTime) }

func testTime(t *testing.T) {
	b := newBench(t)
	start := b.Tasks.Now()
	var told []string
	b.net.OnSend = func(s porttest.Sent) {
		what := "service"
		if s.Data[11] == 0 {
			what = "type"
		}
		told = append(told, fmt.Sprintf("%s %d", what, (b.Tasks.Now()-start)/time.Second))
	}
	b.Do(`mdns.register("fishtank")`)
	b.RunFor(13*280*time.Second + time.Second)
	want := []string{"service 0", "type 0"}
	for i := 1; i < 14; i++ {
		want = append(want, fmt.Sprint("service ", 280*i))
		if i == 12 {
			want = append(want, fmt.Sprint("type ", 280*i))
		}
	}
	if strings.Join(told, ",") != strings.Join(want, ",") {
		t.Errorf("told %v", told)
	}
	// An answer to all begins the time anew, one to a single asker does not.
	told = nil
	start = b.Tasks.Now()
	b.RunFor(100 * time.Second)
	b.ask(query("_http._tcp.local", typePTR), 4000)
	b.RunFor(100 * time.Second)
	b.ask(query("_http._tcp.local", typePTR), 5353)
	b.RunFor(279 * time.Second)
	if len(told) != 2 {
		t.Errorf("told %v", told)
	}
	b.RunFor(2 * time.Second)
	if len(told) != 3 {
		t.Errorf("told %v", told)
	}
	b.Do("mdns.close()")
	b.RunFor(time.Hour)
	if len(told) != 3 || b.net.Open() != 0 {
		t.Errorf("told %v", told)
	}
}

// TestHeap holds what is on the heap, to the byte: the record with its texts, a packet, and the
// name of the service, which stays.
func TestHeap(t *testing.T) { moduletest.Editions(t, testHeap) }

func testHeap(t *testing.T) {
	b := newBench(t)
	b.Do("register, close, name = mdns.register, mdns.close, 'fishtank' register(name) close() collectgarbage()")
	b.FillHoles()
	L := b.Machine.State()
	before := L.FreeHeap()
	want := func(what string, sizes ...int) {
		t.Helper()
		if got, sum := before-L.FreeHeap(), moduletest.Blocks(sizes...); got != sum {
			t.Errorf("%s: %d bytes, want %d", what, got, sum)
		}
	}
	for range 3 {
		L.GetGlobal("register")
		L.GetGlobal("name")
		b.Tasks.Exec(func() { L.PCall(1, 0, 0) })
		L.SetTop(0)
		want("registered", 56+9+9+5, 512)
	}
	L.GetGlobal("close")
	b.Tasks.Exec(func() { L.PCall(0, 0, 0) })
	want("closed")
}

// TestNeighbours holds that modules in one network hear of each other, and nothing of one whose
// network is gone.
func TestNeighbours(t *testing.T) { moduletest.Editions(t, testNeighbours) }

func testNeighbours(t *testing.T) {
	chip := porttest.New(t, porttest.Config{})
	air := &hostnet.Air{}
	heard := 0
	var nets [2]*hostnet.Net
	for i := range nets {
		nets[i] = hostnet.New(hostnet.Config{Loop: chip.Tasks, Policy: hostnet.None, Air: air})
		t.Cleanup(nets[i].Close)
		nets[i].SetInterface(port.StationIf, port.IP{10, 0, 0, byte(2 + i)}, port.IP{255, 255, 255, 0})
	}
	nets[1].JoinGroup(port.IP{10, 0, 0, 3}, group)
	u, _ := nets[1].BindUDP(port.IP{}, mdnsPort, func([]byte, port.IP, uint16) { heard++ })
	b := &board{Chip: chip, net: nets[0], wifi: radio{mode: port.StationMode, addr: [2]port.IP{{10, 0, 0, 2}}}}
	l := moduletest.Boot(t, moduletest.Config{Chip: chip, Host: b, Modules: []state.Module{Module}})
	l.Do("mdns.register('fishtank')")
	if heard != 2 {
		t.Errorf("heard %d", heard)
	}
	ask := func(want int) {
		t.Helper()
		heard = 0
		u.SendTo(query("fishtank.local", typeA), group, mdnsPort)
		l.RunFor(time.Second)
		if heard != want {
			t.Errorf("heard %d, want %d", heard, want)
		}
	}
	ask(1)
	nets[0].SetSilent(port.StationIf, true)
	ask(0)
	l.RunFor(600 * time.Second)
	nets[0].SetSilent(port.StationIf, false)
	ask(1)
	nets[0].SetInterface(port.StationIf, port.IP{}, port.IP{})
	ask(0)
	l.RunFor(600 * time.Second)
	l.Do("mdns.close()")
}

func FuzzPacket(f *testing.F) {
	f.Add([]byte(query("fishtank.local", typeA)))
	f.Add([]byte(query(serviceTypes, typePTR)))
	f.Add([]byte("\x00\x07\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01\xc0\x0e\xff\xff\xff\xff\xff\xff\xff\xff"))
	b := newBench(f)
	b.Do(`mdns.register("fishtank", {description = "Top"})`)
	f.Fuzz(func(t *testing.T, p []byte) {
		sent := b.ask(p, 4000)
		if len(p) < questionLeast && len(sent) > 0 {
			t.Error("an answer to what is too short")
		}
		for _, s := range sent {
			if len(s.Data) > packetMost || s.Data[2] != response {
				t.Errorf("answer % x", s.Data)
			}
		}
		b.net.Sent = nil
	})
}
