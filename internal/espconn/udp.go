package espconn

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Sizes of the records that are UDP's own, and offsets in them. An espconn_msg knows who sent
// the newest datagram.
const (
	udpSize       = 16 // esp_udp
	udpRemotePort = 0
	udpLocalPort  = 4
	udpLocalIP    = 8
	udpRemoteIP   = 12

	msgRemotePort = 8
	msgRemoteIP   = 12

	typeUDP = 0x20
)

// isTCP tells whether an entry of the list of active connections is one of TCP: UDP has the
// same list.
func (c *Conn) isTCP(msg mem.Addr) bool {
	return c.m.U32(c.m.Ptr(msg+msgConn)+connType) == typeTCP
}

// UDP is an espconn of the type UDP. Everything that it knows is in device memory, so there may
// be any number of copies, and one can be made of the address alone.
type UDP struct {
	main state.State
	m    mem.Mem
	at   mem.Addr
}

// NewUDP takes the two records of an espconn from the device heap; false tells that there is no
// memory for them.
func NewUDP(L state.State) (UDP, bool) {
	u := UDPAt(L, 0)
	if u.at = u.zalloc(connSize); u.at == 0 {
		return u, false
	}
	u.m.SetU32(u.at+connType, typeUDP)
	own := u.zalloc(udpSize)
	if own == 0 {
		u.main.Free(u.at, connSize)
		return u, false
	}
	u.m.SetPtr(u.at+connProto, own)
	return u, true
}

// UDPAt is the one that lies at an address.
func UDPAt(L state.State, at mem.Addr) UDP {
	main := L.MainThread()
	return UDP{main, main.Mem(), at}
}

// Addr is where it lies.
func (u UDP) Addr() mem.Addr { return u.at }

// Free gives the records back. Delete comes before it.
func (u UDP) Free() {
	u.main.Free(u.own(), udpSize)
	u.m.SetPtr(u.at+connProto, 0)
	u.main.Free(u.at, connSize)
}

func (u UDP) own() mem.Addr { return u.m.Ptr(u.at + connProto) }

// list is an espconn that has no records, for what all of them have in common.
func (u UDP) list() *Conn {
	return &Conn{main: u.main, m: u.m, chip: u.main.Host().(port.Chip)}
}

func (u UDP) zalloc(n int) mem.Addr { return u.list().zalloc(n) }

// RandomPort gives a number from 1,024 to 49,999 that differs from the one before.
func (u UDP) RandomPort() uint16 { return u.list().RandomPort() }

// LocalPort is the own port, 0 if none was set.
func (u UDP) LocalPort() uint16 { return uint16(u.m.U32(u.own() + udpLocalPort)) }

// SetLocalPort sets it. What Create has opened keeps the one that it has.
func (u UDP) SetLocalPort(p int32) { u.m.SetI32(u.own()+udpLocalPort, p) }

// SetLocalIP notes an own address. Nothing asks for it.
func (u UDP) SetLocalIP(a port.IP) { copy(u.m.Bytes(u.own()+udpLocalIP, 4), a[:]) }

// Remote is where Send sends to.
func (u UDP) Remote() (a port.IP, p uint32) {
	copy(a[:], u.m.Bytes(u.own()+udpRemoteIP, 4))
	return a, u.m.U32(u.own() + udpRemotePort)
}

// SetRemoteIP and SetRemotePort change it.
func (u UDP) SetRemoteIP(a port.IP) { copy(u.m.Bytes(u.own()+udpRemoteIP, 4), a[:]) }

// SetRemotePort sets its port.
func (u UDP) SetRemotePort(p uint32) { u.m.SetU32(u.own()+udpRemotePort, p) }

// find is the espconn_msg, 0 while nothing is open.
func (u UDP) find() mem.Addr {
	for msg := range u.list().active {
		if u.m.Ptr(msg+msgConn) == u.at {
			return msg
		}
	}
	return 0
}

// Peer is who sent the newest datagram (espconn_get_connection_info), false while nothing is
// open.
func (u UDP) Peer() (a port.IP, p uint32, ok bool) {
	msg := u.find()
	if msg == 0 {
		return a, 0, false
	}
	copy(a[:], u.m.Bytes(msg+msgRemoteIP, 4))
	return a, u.m.U32(msg + msgRemotePort), true
}

// Create opens the own port (espconn_create). For a client only answers come in. recv gets each
// datagram in a block on the device heap that is valid until it returns; if there is no memory
// for that the datagram is lost. ErrIsConn tells that another espconn has the port, or this one.
//
// lwIP may refuse the port, if a socket of the module net has it. espconn does not look at that:
// nothing comes in then, and what is sent leaves from another port.
func (u UDP) Create(net port.Net, client bool, recv func(p []byte)) Err {
	list := u.list()
	for msg := range list.active {
		other := u.m.Ptr(msg + msgConn)
		if !list.isTCP(msg) && u.m.U32(u.m.Ptr(other+connProto)+udpLocalPort) == u.m.U32(u.own()+udpLocalPort) {
			return ErrIsConn
		}
	}
	take := func(p []byte, from port.IP, fromPort uint16) { u.received(p, from, fromPort, recv) }
	open := net.BindUDP
	if client {
		open = net.BindUDPClient
	}
	pcb, err := open(port.IP{}, u.LocalPort(), take)
	if err == port.NetErrInUse {
		pcb, err = net.BindUDP(port.IP{}, 0, take)
	}
	if err != port.NetOK {
		return ErrMem
	}
	msg := u.zalloc(msgSize)
	if msg == 0 {
		pcb.Close()
		return ErrMem
	}
	u.m.SetU32(msg+msgPCB, u.main.NewHandle(pcb))
	u.m.SetPtr(msg+msgConn, u.at)
	list.join(msg)
	return OK
}

// received brings a datagram in (espconn_udp_recv).
func (u UDP) received(p []byte, from port.IP, fromPort uint16, recv func(p []byte)) {
	msg := u.find()
	if msg == 0 {
		return
	}
	copy(u.m.Bytes(msg+msgRemoteIP, 4), from[:])
	u.m.SetU32(msg+msgRemotePort, uint32(fromPort))
	u.SetLocalIP(u.localFor(from))
	at := u.zalloc(len(p) + 1)
	if at == 0 {
		return
	}
	data := u.m.Bytes(at, mem.Addr(len(p)))
	copy(data, p)
	if len(p) > 0 {
		recv(data)
	}
	u.main.Free(at, len(p)+1)
}

// localFor is the own address that a datagram from there has come to.
func (u UDP) localFor(from port.IP) port.IP {
	w, ok := port.WiFiOf(u.main.Host())
	if !ok {
		return port.IP{}
	}
	if w.Mode() != port.StationMode {
		if ap := w.IPInfo(port.SoftAPIf); from.Mask(ap.Netmask) == ap.Addr.Mask(ap.Netmask) {
			return ap.Addr
		}
	}
	return w.IPInfo(port.StationIf).Addr
}

// Send sends p to the remote address and port (espconn_sent, espconn_udp_sent), in datagrams
// that an Ethernet frame can hold.
func (u UDP) Send(p []byte) (first Err) {
	p = p[:uint16(len(p))] // the firmware's length has 16 bits
	msg := u.find()
	if len(p) == 0 || msg == 0 {
		return ErrArg
	}
	u.m.SetU32(u.at+connState, stateWrite)
	pcb := u.main.Handle(u.m.U32(msg + msgPCB)).(port.UDP)
	to, toPort := u.Remote()
	for i := 0; len(p) > 0; i++ {
		n := min(len(p), port.UDPMaxPayload)
		err := Err(pcb.SendTo(p[:n], to, uint16(toPort)))
		if i == 0 {
			first = err
		}
		if err == ErrMem {
			return first // the rest is lost
		}
		p = p[n:]
	}
	u.m.SetU32(u.at+connState, stateConnect)
	return first
}

// Delete closes what Create has opened (espconn_delete); ErrArg tells that nothing is open.
func (u UDP) Delete() Err {
	msg := u.find()
	if msg == 0 {
		return ErrArg
	}
	handle := u.m.U32(msg + msgPCB)
	u.main.Handle(handle).(port.UDP).Close()
	u.main.FreeHandle(handle)
	list := u.list()
	list.msg = msg
	list.leave()
	u.main.Free(msg, msgSize)
	return OK
}
