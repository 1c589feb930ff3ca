package mdns

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
)

// referenceVariable names a program made of the firmware's app/net/nodemcu_mdns.c for 32 bits,
// around a network of its own, that answers these lines; bytes and texts are hexadecimal.
//
//	R MODE HOST DESCRIPTION SERVICE PORT ATTRIBUTE…  register, in that mode of the radio; the
//	                                                 station has 10.0.0.2, the access point
//	                                                 192.168.4.1
//	T                                                the timer
//	Q PORT ADDR PACKET                               a packet from there
//
// Told is ADDR:PORT:PACKET for what is sent, arm for the timer, and what was returned.
const referenceVariable = "MOONLET_MDNS_C"

// radio has addresses.
type radio struct {
	port.WiFi
	mode port.WiFiMode
	addr [2]port.IP
}

func (r *radio) Mode() port.WiFiMode      { return r.mode }
func (r *radio) IPInfo(i int) port.IPInfo { return port.IPInfo{Addr: r.addr[i]} }

type board struct {
	*porttest.Chip
	net  port.Net
	wifi radio
}

func (b *board) Net() port.Net   { return b.net }
func (b *board) WiFi() port.WiFi { return &b.wifi }

// bench is the module in a network that the test is.
type bench struct {
	*moduletest.Lua
	board *board
	net   *porttest.Datagrams
}

func newBench(t testing.TB) *bench {
	b := &bench{board: &board{Chip: porttest.New(t, porttest.Config{NoWatchdog: true})}, net: &porttest.Datagrams{}}
	b.board.net = b.net
	b.board.wifi = radio{mode: port.StationMode, addr: [2]port.IP{{10, 0, 0, 2}, {192, 168, 4, 1}}}
	b.Lua = moduletest.Boot(t, moduletest.Config{Chip: b.board.Chip, Host: b.board, Modules: []state.Module{Module}})
	return b
}

// told takes what was sent.
func (b *bench) told() string {
	var s strings.Builder
	for _, p := range b.net.Sent {
		fmt.Fprintf(&s, "%v:%d:%x ", p.To, p.Port, p.Data)
	}
	b.net.Sent = nil
	return s.String()
}

// TestReference compares thousands of packets with the firmware's C code.
func TestReference(t *testing.T) {
	program := moduletest.StartProgram(t, referenceVariable)
	r, b := rand.New(rand.NewPCG(1, 1)), newBench(t)
	ask := func(line, got string) {
		t.Helper()
		var want []string
		for _, w := range strings.Fields(program.Ask(t, "%s", line)) {
			if w != "arm" && w != "." && w != "1" {
				want = append(want, w)
			}
		}
		if got, want := strings.TrimSpace(got), strings.Join(want, " "); got != want {
			t.Fatalf("%s\ngot  %s\nwant %s", line, got, want)
		}
	}
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	asked, answered := 0, 0
	for range 1000 {
		host := pick("fishtank", "a", "Node-MCU", "two.labels", "dot.", strings.Repeat("h", 1+r.IntN(130)))
		i := info{host: host, desc: host, service: pick("http", "ipp", "x", strings.Repeat("s", 1+r.IntN(114))), port: uint16(r.Uint32())}
		if r.IntN(2) == 0 {
			i.desc = pick("Top Fishtank", "a description.with dots", strings.Repeat("d", 1+r.IntN(200)))
		}
		for k := range r.IntN(11) {
			i.attributes = append(i.attributes, fmt.Sprintf("%s%d=%s", pick("key", "k"), k, strings.Repeat("v", r.IntN(1+r.IntN(60)))))
		}
		if n := len(i.attributes); n > 0 && r.IntN(4) == 0 {
			i.attributes[0] = pick("platform=mine", "platform=", "platforms=3")
		}
		mode := 1 + r.IntN(3)
		b.board.wifi.mode = port.WiFiMode(mode)
		line := fmt.Sprintf("R %d %x %x %x %d", mode, i.host, i.desc, i.service, i.port)
		for _, s := range i.attributes {
			line += fmt.Sprintf(" %x", s)
		}
		b.net.Sent = nil
		b.Tasks.Exec(func() {
			x := responderOf(b.Machine.State())
			x.close()
			x.start(&i, b.net, &b.board.wifi)
			x.m.Zero(x.m.Ptr(x.at+offPacket), questionMost)
		})
		ask(line, b.told())
		for range r.IntN(14) {
			b.Tasks.Exec(func() { responderOf(b.Machine.State()).tell() })
			ask("T", b.told())
		}
		names := []string{serviceTypes, "_" + i.service + "._tcp.local", host + ".local", i.desc + "._" + i.service + "._tcp.local", "", "f", "fish", "local", "other.local", "_services"}
		for range r.IntN(30) {
			p := randomQuestion(r, names)
			from, fromPort := port.IP{10, 0, 0, 9}, []uint16{5353, 4000}[r.IntN(2)]
			b.Tasks.Exec(func() { b.net.Last().Recv(p, from, fromPort) })
			got := b.told()
			ask(fmt.Sprintf("Q %d %v %s", fromPort, from, hex.EncodeToString(p)), got)
			asked++
			if got != "" {
				answered++
			}
		}
	}
	t.Logf("%d packets, %d were answered", asked, answered)
	if answered < asked/3 {
		t.Error("too few answers")
	}
}

// randomQuestion makes a packet of some questions, more or less. What makes the C code read
// behind its memory, or loop, is left out: names end, and places are those of names.
func randomQuestion(r *rand.Rand, names []string) []byte {
	count := 1 + r.IntN(3)
	p := []byte{byte(r.Uint32()), byte(r.Uint32()), 0, 0, 0, byte(count), 0, 0, 0, 0, 0, 0}
	var places []int
	for range count {
		name := names[r.IntN(len(names))]
		if r.IntN(4) == 0 {
			name = strings.ToUpper(name)
		}
		place := len(p)
		switch {
		case len(places) > 0 && r.IntN(3) == 0:
			p = append(p, 0xC0, byte(places[r.IntN(len(places))]))
		case name == "":
			p = append(p, 0)
		default:
			for _, s := range strings.Split(name, ".") {
				s = s[:min(len(s), 63)]
				p = append(append(p, byte(len(s))), s...)
			}
			p = append(p, 0)
		}
		if place < 200 {
			places = append(places, place)
		}
		kind := []byte{1, 12, 16, 33, 255, 28, 47}[r.IntN(7)]
		p = append(p, 0, kind, []byte{0, 0x80}[r.IntN(2)], 1)
	}
	if len(p) > 480 {
		p = p[:480]
	}
	if r.IntN(3) > 0 {
		p = append(p, make([]byte, r.IntN(24))...)
	}
	return p
}
