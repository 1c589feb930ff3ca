package device

import (
	"moonlet.example/moonlet/internal/console"
	"moonlet.example/moonlet/internal/port"
)

// Watch is what a module tells besides events, to those who ask for it. Functions run in
// the midst of tasks and interrupts, and must not call the Device. Where one is nil,
// nothing is looked at.
type Watch struct {
	Pin    func(pin, level int) // a level changed
	File   func(name string, bytes int)
	Packet func(p Packet)
	// Console is as in console.Config; Reset tells that what was typed and not taken by it,
	// this many bytes, is gone with a life of the module.
	Console console.Watch
	Reset   func(lost int)
}

// watchConsole lets Watch.Console hear of the console, outside of the module's time.
func (d *Device) watchConsole() (w console.Watch) {
	to := &d.config.Watch.Console
	if f := to.Typed; f != nil {
		w.Typed = func(c byte, echo int) { d.guard.outside(func() { f(c, echo) }) }
	}
	if f := to.Prompt; f != nil {
		w.Prompt = func(text string) { d.guard.outside(func() { f(text) }) }
	}
	if f := to.Receiver; f != nil {
		w.Receiver = func(r port.Receiver) { d.guard.outside(func() { f(r) }) }
	}
	return w
}

// Packet is a piece of a TCP connection, or a datagram, that the module sends or gets.
type Packet struct {
	Network  string // "tcp" or "udp"
	Sent     bool   // by the module
	Local    uint16 // the module's port
	Peer     port.IP
	PeerPort uint16
	Data     []byte // valid until the function returns
}

// watchPins lets Watch.Pin hear of pins.
func (d *Device) watchPins() {
	f := d.config.Watch.Pin
	if f == nil {
		return
	}
	for pin := range port.PinCount {
		d.pins.Line(pin).Watch(func(level int) { d.guard.outside(func() { f(pin, level) }) })
	}
}

// watchedFiles tells of files that were written.
type watchedFiles struct {
	port.Files
	d *Device
}

// Open implements port.Files.
func (w watchedFiles) Open(path string, m port.OpenMode) (port.File, error) {
	f, err := w.Files.Open(path, m)
	if err != nil || m&port.OpenWrite == 0 {
		return f, err
	}
	name, _ := port.FlashName(path)
	return &watchedFile{File: f, d: w.d, name: name, wrote: m&port.OpenTruncate != 0}, nil
}

type watchedFile struct {
	port.File
	d     *Device
	name  string
	wrote bool
}

// Write implements port.File.
func (f *watchedFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.wrote = f.wrote || n > 0
	return n, err
}

// Close implements port.File.
func (f *watchedFile) Close() error {
	size := f.Size()
	err := f.File.Close()
	if err == nil && f.wrote {
		f.d.guard.outside(func() { f.d.config.Watch.File(f.name, size) })
	}
	return err
}

// watchedNet tells of packets.
type watchedNet struct {
	port.Net
	d *Device
}

func (w watchedNet) tell(p Packet) { w.d.guard.outside(func() { w.d.config.Watch.Packet(p) }) }

// NewTCP implements port.Net.
func (w watchedNet) NewTCP(h port.TCPHandler) port.TCP {
	t := &watchedTCP{net: w}
	c := w.Net.NewTCP(&watchedHandler{h, t})
	if c == nil {
		return nil
	}
	t.TCP = c
	return t
}

// ListenTCP implements port.Net.
func (w watchedNet) ListenTCP(addr port.IP, p uint16, accept func(c port.TCP) bool) (port.Listener, port.NetErr) {
	return w.Net.ListenTCP(addr, p, func(c port.TCP) bool { return accept(&watchedTCP{c, w}) })
}

// BindUDP implements port.Net.
func (w watchedNet) BindUDP(addr port.IP, p uint16, recv func(p []byte, from port.IP, port uint16)) (port.UDP, port.NetErr) {
	return w.bindUDP(w.Net.BindUDP, addr, p, recv)
}

// BindUDPClient implements port.Net.
func (w watchedNet) BindUDPClient(addr port.IP, p uint16, recv func(p []byte, from port.IP, port uint16)) (port.UDP, port.NetErr) {
	return w.bindUDP(w.Net.BindUDPClient, addr, p, recv)
}

func (w watchedNet) bindUDP(bind func(port.IP, uint16, func([]byte, port.IP, uint16)) (port.UDP, port.NetErr),
	addr port.IP, p uint16, recv func(p []byte, from port.IP, port uint16)) (port.UDP, port.NetErr) {
	var bound port.UDP
	u, err := bind(addr, p, func(data []byte, from port.IP, fromPort uint16) {
		_, local := bound.Local()
		w.tell(Packet{Network: "udp", Local: local, Peer: from, PeerPort: fromPort, Data: data})
		recv(data, from, fromPort)
	})
	if err != port.NetOK {
		return nil, err
	}
	bound = u
	return watchedUDP{u, w}, err
}

type watchedUDP struct {
	port.UDP
	net watchedNet
}

// SendTo implements port.UDP.
func (u watchedUDP) SendTo(p []byte, to port.IP, dst uint16) port.NetErr {
	err := u.UDP.SendTo(p, to, dst)
	if err == port.NetOK {
		_, local := u.Local()
		u.net.tell(Packet{Network: "udp", Sent: true, Local: local, Peer: to, PeerPort: dst, Data: p})
	}
	return err
}

type watchedTCP struct {
	port.TCP
	net watchedNet
}

// SetHandler implements port.TCP.
func (t *watchedTCP) SetHandler(h port.TCPHandler) { t.TCP.SetHandler(&watchedHandler{h, t}) }

// Write implements port.TCP.
func (t *watchedTCP) Write(p []byte) port.NetErr {
	err := t.TCP.Write(p)
	if err == port.NetOK && len(p) > 0 {
		t.tell(p, true)
	}
	return err
}

func (t *watchedTCP) tell(p []byte, sent bool) {
	_, local := t.Local()
	peer, peerPort := t.Peer()
	t.net.tell(Packet{Network: "tcp", Sent: sent, Local: local, Peer: peer, PeerPort: peerPort, Data: p})
}

type watchedHandler struct {
	port.TCPHandler
	tcp *watchedTCP
}

// Received implements port.TCPHandler.
func (h *watchedHandler) Received(p []byte) {
	h.tcp.tell(p, false)
	h.TCPHandler.Received(p)
}
