package endusersetup

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sim/radio"
	"moonlet.example/moonlet/internal/storage/flashfs"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

// wire is a network whose browsers and askers are the test.
type wire struct {
	porttest.Datagrams
	accept  func(c port.TCP) bool // nil while nobody listens
	taken   bool                  // port 80 is that of somebody else
	noPCB   bool
	refuses port.NetErr // of ListenTCP
	pcbs    int         // that were made and not given back
}

func (w *wire) NewTCP(port.TCPHandler) port.TCP {
	if w.noPCB {
		return nil
	}
	w.pcbs++
	return &peer{}
}

func (w *wire) TCPPortTaken(uint16) bool { return w.taken }

func (w *wire) ListenTCP(_ port.IP, p uint16, accept func(c port.TCP) bool) (port.Listener, port.NetErr) {
	switch {
	case p != 80 || w.accept != nil:
		panic("a second server, or at another port")
	case w.noPCB:
		return nil, port.NetErrNoPCB
	case w.refuses != port.NetOK:
		return nil, w.refuses
	}
	w.accept = accept
	return listener{w}, port.NetOK
}

type listener struct{ w *wire }

func (l listener) Close()                   { l.w.accept = nil }
func (l listener) Local() (port.IP, uint16) { return port.IP{}, 80 }

// peer is the connection of a browser.
type peer struct {
	port.TCP
	b       *lab
	h       port.TCPHandler
	got     strings.Builder // all that was written
	room    int
	waits   int // of what was written, bytes that are not acknowledged
	fails   bool
	ticks   int
	polls   func()
	noDelay bool
	opened  int // calls of Recved
	end     string
}

func (p *peer) SetHandler(h port.TCPHandler) { p.h = h }
func (p *peer) NoDelay()                     { p.noDelay = true }
func (p *peer) Recved()                      { p.opened++ }
func (p *peer) Room() int                    { return p.room }
func (p *peer) WriteRef(t []byte) port.NetErr {
	return p.Write(t)
}

func (p *peer) Poll(ticks int, f func()) { p.ticks, p.polls = ticks, f }

func (p *peer) Write(t []byte) port.NetErr {
	if p.fails || len(t) > p.room || p.end != "" {
		return port.NetErrMem
	}
	p.got.Write(t)
	p.room -= len(t)
	p.waits += len(t)
	return port.NetOK
}

func (p *peer) Close() { p.end += "closed" }
func (p *peer) Abort() { p.end += "reset" }

// lab is a module with the portal, and what is around it.
type lab struct {
	*moduletest.Lua
	t     testing.TB
	net   *wire
	radio *radio.Radio
	files port.Files
	notes []string
}

type board struct {
	*porttest.Chip
	lab *lab
}

func (b *board) Net() port.Net {
	if b.lab.net == nil {
		return nil
	}
	return b.lab.net
}

func (b *board) WiFi() port.WiFi {
	if b.lab.radio == nil {
		return nil
	}
	return b.lab.radio
}

func (b *board) Files() port.Files { return b.lab.files }
func (b *board) Notes() port.Notes { return b }
func (b *board) Note(_, text string) {
	b.lab.notes = append(b.lab.notes, text)
}

// towns are the networks around; the module's own goes to channel 6.
var towns = []radio.Network{
	{SSID: "cafe", Channel: 11, RSSI: -70},
	{SSID: "home", Password: "correct horse", Channel: 6, RSSI: -40},
	{SSID: "far", Password: "12345678", Channel: 11, RSSI: -80},
}

func newLab(t testing.TB, networks ...radio.Network) *lab {
	t.Helper()
	if networks == nil {
		networks = towns
	}
	b := &lab{t: t, net: &wire{}}
	own := &board{porttest.New(t, porttest.Config{NoWatchdog: true}), b}
	b.radio = radio.New(radio.Config{Loop: own.Tasks, MAC: radio.MACOf(0x123456), Networks: networks, KnownOnly: true})
	b.radio.Start()
	b.radio.SetMode(port.NullMode, true)
	b.radio.SetAutoConnect(false)
	partition := port.FlashRegion{Size: 16 * 8192}
	fs := flashfs.New(spiffs.NewMemory(int(partition.Size)), partition)
	if err := fs.Format(); err != nil {
		t.Fatal(err)
	}
	b.files = fs
	own.AtReset(func() { b.net.accept = nil })
	b.Lua = moduletest.Boot(t, moduletest.Config{Chip: own.Chip, Host: own, Modules: []state.Module{Module}})
	return b
}

const startCode = `
	log = {}
	function note(...) log[#log + 1] = table.concat({...}, " ") end
	enduser_setup.start(function() note("connected") end, function(n, s) note("error", n, s) end, function(s) note("debug", s) end)`

// open starts the portal and waits until its network is there.
func (b *lab) open() {
	b.t.Helper()
	b.Do(startCode)
	b.RunFor(radio.ScanTime)
}

// said takes what the callbacks have noted.
func (b *lab) said() string {
	b.t.Helper()
	b.Do("print(table.concat(log, '\\n')) log = {}")
	return strings.TrimSuffix(b.Printed(), "\n")
}

// browser connects one.
func (b *lab) browser() *peer {
	b.t.Helper()
	p := &peer{b: b, room: port.TCPSendBuffer}
	b.Tasks.Exec(func() {
		if b.net.accept == nil || !b.net.accept(p) {
			b.t.Fatal("the portal does not take a connection")
		}
	})
	if !p.noDelay {
		b.t.Error("Nagle's algorithm is on")
	}
	return p
}

// send brings text in, in segments, as far as the module takes it.
func (p *peer) send(text string) *peer {
	for len(text) > 0 && p.end == "" {
		k := min(len(text), port.TCPSegment)
		p.b.Tasks.Exec(func() { p.h.Received([]byte(text[:k])) })
		text = text[k:]
	}
	return p
}

// ends is the browser's end.
func (p *peer) ends() {
	if p.end == "" {
		p.b.Tasks.Exec(p.h.Ended)
	}
}

// ack acknowledges n bytes.
func (p *peer) ack(n int) {
	n = min(n, p.waits)
	p.waits -= n
	p.room += n
	p.b.Tasks.Exec(func() { p.h.Sent(n) })
}

// all acknowledges until no more comes, and gives what has come.
func (p *peer) all() string {
	for p.waits > 0 && p.end == "" {
		p.ack(port.TCPSegment)
	}
	return p.got.String()
}

// ask is a request and its answer, behind which the browser closes.
func (b *lab) ask(request string) string {
	b.t.Helper()
	p := b.browser().send(request)
	answer := p.all()
	p.ends()
	if answer != "" && p.end != "closed" {
		b.t.Errorf("%.40q: the connection is %q", request, p.end)
	}
	return answer
}

func (b *lab) file(name string) string {
	f, err := b.files.Open(name, port.OpenRead)
	if err != nil {
		return ""
	}
	defer f.Close()
	p := make([]byte, f.Size())
	_, _ = f.Read(p)
	return string(p)
}

func (b *lab) write(name, text string) {
	b.t.Helper()
	f, err := b.files.Open(name, port.ParseOpenMode("w"))
	if err == nil {
		_, err = f.Write([]byte(text))
	}
	if err != nil {
		b.t.Fatal(err)
	}
	f.Close()
}

// form is a request that sends a form.
func form(body string) string {
	return fmt.Sprintf("POST /setwifi HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// passed is the time that tasks need.
const passed = time.Millisecond
