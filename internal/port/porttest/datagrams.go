package porttest

import (
	"bytes"

	"moonlet.example/moonlet/internal/port"
)

// Datagrams is a stack that has UDP sockets without a network, and a name server. The test is
// the network: what the module sends is in Sent, what it gets comes by Socket.Recv.
type Datagrams struct {
	port.Net
	Sockets []*Socket // that were opened, closed ones too
	Sent    []Sent
	OnSend  func(s Sent)
	Groups  []port.IP // that were joined

	NoPCB  bool        // there is no memory for a socket
	Refuse bool        // ports that the module chooses are in use
	Err    port.NetErr // of SendTo

	// Names are the addresses of names; others are unknown. Later tells how the module hears
	// of them, nil that nobody answers. NameErr, if any, is what a look-up says at once.
	Names   map[string]port.IP
	Later   func(f func())
	NameErr port.NetErr
	Asked   []string
}

// Sent is a datagram that the module has sent.
type Sent struct {
	Data   []byte
	To     port.IP
	Port   uint16
	Socket *Socket
}

// Socket is one of the module's sockets.
type Socket struct {
	Port   uint16
	Client bool
	Closed bool
	n      *Datagrams
	recv   func(p []byte, from port.IP, port uint16)
}

// BindUDP implements port.Net.
func (n *Datagrams) BindUDP(_ port.IP, p uint16, recv func(p []byte, from port.IP, port uint16)) (port.UDP, port.NetErr) {
	switch {
	case n.NoPCB:
		return nil, port.NetErrNoPCB
	case n.Refuse && p != 0:
		return nil, port.NetErrInUse
	}
	s := &Socket{Port: p, n: n, recv: recv}
	n.Sockets = append(n.Sockets, s)
	return s, port.NetOK
}

// BindUDPClient implements port.Net.
func (n *Datagrams) BindUDPClient(a port.IP, p uint16, recv func(p []byte, from port.IP, port uint16)) (port.UDP, port.NetErr) {
	u, err := n.BindUDP(a, p, recv)
	if err == port.NetOK {
		u.(*Socket).Client = true
	}
	return u, err
}

// Last is the socket that was opened last.
func (n *Datagrams) Last() *Socket { return n.Sockets[len(n.Sockets)-1] }

// Open counts the sockets that are open.
func (n *Datagrams) Open() (count int) {
	for _, s := range n.Sockets {
		if !s.Closed {
			count++
		}
	}
	return count
}

// Resolve implements port.Net.
func (n *Datagrams) Resolve(name string, found func(addr port.IP, ok bool)) (port.IP, port.NetErr) {
	n.Asked = append(n.Asked, name)
	if name == "" || len(name) >= port.DNSNameLimit {
		return port.IP{}, port.NetErrArg
	}
	if a, ok := port.ParseIP(name); ok {
		return a, port.NetOK
	}
	if n.NameErr != 0 {
		return port.IP{}, n.NameErr
	}
	if n.Later != nil {
		a, ok := n.Names[name]
		n.Later(func() { found(a, ok) })
	}
	return port.IP{}, port.NetErrInProgress
}

// JoinGroup implements port.Net.
func (n *Datagrams) JoinGroup(_, group port.IP) { n.Groups = append(n.Groups, group) }

// Recv brings a datagram in, unless the socket is closed.
func (s *Socket) Recv(p []byte, from port.IP, port uint16) {
	if !s.Closed {
		s.recv(p, from, port)
	}
}

// SendTo implements port.UDP.
func (s *Socket) SendTo(p []byte, to port.IP, dst uint16) port.NetErr {
	if s.n.Err == port.NetErrMem {
		return s.n.Err
	}
	sent := Sent{bytes.Clone(p), to, dst, s}
	s.n.Sent = append(s.n.Sent, sent)
	if s.n.OnSend != nil {
		s.n.OnSend(sent)
	}
	return s.n.Err
}

// Close implements port.UDP.
func (s *Socket) Close() { s.Closed = true }

// Local implements port.UDP.
func (s *Socket) Local() (port.IP, uint16) { return port.IP{}, s.Port }

// TTL implements port.UDP.
func (s *Socket) TTL() uint8 { return port.DefaultTTL }

// SetTTL implements port.UDP.
func (s *Socket) SetTTL(uint8) {}
