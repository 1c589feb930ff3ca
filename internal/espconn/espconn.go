// Package espconn is the layer that the ESP8266's SDK has between lwIP and those who speak a
// protocol over TCP: connections that send one piece after the other, and tell errors and ends
// in a task of their own (app/lwip/app/espconn.c, espconn_tcp.c). Modules such as http use it;
// the module net does not.
//
// Its records lie on the device heap with the firmware's sizes, taken and given back at its
// moments. The list of active connections is in device memory, so all modules that use the
// package share it, and a reset empties it.
//
// Over TCP there are only clients: nothing in the firmware's modules listens by espconn. UDP
// (espconn_udp.c) is one type for clients and servers.
//
// Two faults of the firmware are mended. What does not fit into lwIP's buffer is sent later
// from the caller's memory, which its callers have given back by then: here it is kept. And
// received data for which there is no memory are written to address 0: here the connection
// ends with ErrMem.
package espconn

import (
	"bytes"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Err is an error (the ESPCONN constants of app/include/lwip/app/espconn.h; most are lwIP's).
// Connect may also give a positive number.
type Err int8

// The errors.
const (
	OK            Err = 0
	ErrMem        Err = -1
	ErrTimeout    Err = -3  // the peer did not acknowledge what was sent
	ErrRoute      Err = -4  // there is no address
	ErrInProgress Err = -5  // it is being closed already
	ErrMaxNum     Err = -7  // a piece is under way
	ErrAborted    Err = -8  // for one, the network is gone
	ErrReset      Err = -9  // by the peer, or refused
	ErrClosed     Err = -10 //
	ErrConn       Err = -11 // no answer to the request to connect
	ErrArg        Err = -12 // not connected, or nothing to send
	ErrIsConn     Err = -15 // too many connections, or the own port is in use

	ErrHandshake   Err = -28 // names without a use: failures of TLS give mbedTLS's numbers
	ErrInvalidData Err = -61
)

// RecordSize is the size of struct espconn in bytes.
const RecordSize = connSize

// Sizes of records in bytes, and offsets in them.
const (
	connSize  = 28 // struct espconn
	connType  = 0
	connState = 4
	connProto = 8

	tcpSize       = 32 // esp_tcp
	tcpRemotePort = 0
	tcpLocalPort  = 4
	tcpRemoteIP   = 12

	msgSize = 104 // espconn_msg
	msgConn = 0
	msgPCB  = 4 // handle of the Conn, where the firmware has lwIP's record
	msgNext = 92

	bufSize = 20 // espconn_buf

	typeTCP = 0x10
)

// Statics: the head of the list of active connections, and the newest random port.
const (
	staticHead = 0
	staticPort = 4
	staticSize = 8
)

// States of a connection (enum espconn_state).
const (
	stateNone = iota
	stateWait
	_
	stateConnect
	stateWrite
	stateRead
	stateClose
)

// Handler is told what happens to a connection, on the module's goroutine between tasks.
// Behind Disconnected or Failed, in which it usually calls Free, nothing more is told.
type Handler interface {
	Connected()
	Received(p []byte) // a block on the device heap that is valid until it returns
	Sent()             // the peer has all of what Send was given
	Disconnected()     // closed by the peer or by Disconnect
	Failed(err Err)
}

// Conn is a client (struct espconn, with its esp_tcp).
type Conn struct {
	main state.State
	m    mem.Mem
	chip port.Chip
	net  port.Net
	h    Handler

	at, tcp  mem.Addr // espconn and esp_tcp, 0 when they were given back
	lent     bool     // espconn belongs to the caller
	msg      mem.Addr // espconn_msg, 0 while it is not on the list
	handle   uint32
	pcb      port.TCP
	open     bool // it was connected: write_flag
	ending   bool // its end is posted
	toPeer   int  // bytes that lwIP has and the peer has not acknowledged
	underWay piece
	secure   *secure // nil for plain text
}

// piece is what is being sent (espconn_buf).
type piece struct {
	at    mem.Addr // 0 for none
	rest  []byte   // what lwIP has not taken yet
	acked int
	size  int
}

// New makes a client of the port remote at an address, with an own port that is chosen at
// random. It takes two records from the device heap; nil tells that there is no memory for
// them.
func New(L state.State, net port.Net, addr port.IP, remote int, h Handler) *Conn {
	main := L.MainThread()
	c := &Conn{main: main, m: main.Mem(), chip: L.Host().(port.Chip), net: net, h: h}
	if c.at = c.zalloc(connSize); c.at == 0 {
		return nil
	}
	c.m.SetU32(c.at+connType, typeTCP)
	if c.tcp = c.zalloc(tcpSize); c.tcp == 0 {
		c.Free()
		return nil
	}
	c.m.SetPtr(c.at+connProto, c.tcp)
	c.m.SetI32(c.tcp+tcpLocalPort, int32(c.RandomPort()))
	c.m.SetI32(c.tcp+tcpRemotePort, int32(remote))
	copy(c.m.Bytes(c.tcp+tcpRemoteIP, 4), addr[:])
	return c
}

// SetAddr sets the address to connect to.
func (c *Conn) SetAddr(a port.IP) { copy(c.m.Bytes(c.tcp+tcpRemoteIP, 4), a[:]) }

// Remote is where the connection goes; false behind FreeTCP.
func (c *Conn) Remote() (addr port.IP, remote int, ok bool) {
	if c.tcp == 0 {
		return addr, 0, false
	}
	return c.remote(), int(uint16(c.m.U32(c.tcp + tcpRemotePort))), true
}

// zalloc takes zeroed bytes from the device heap (os_zalloc), 0 if there are none.
func (c *Conn) zalloc(n int) mem.Addr {
	at := c.main.Alloc(n)
	if at != 0 {
		c.m.Zero(at, mem.Addr(n))
	}
	return at
}

// FreeTCP gives esp_tcp back, Free the rest of what New took. The firmware's callers do the
// one first and the other when they have done all else.
func (c *Conn) FreeTCP() {
	if c.tcp != 0 {
		c.main.Free(c.tcp, tcpSize)
		c.tcp = 0
		if c.lent {
			c.m.SetPtr(c.at+connProto, 0)
		}
	}
}

// Free gives back what is left.
func (c *Conn) Free() {
	c.FreeTCP()
	if c.at != 0 {
		if !c.lent {
			c.main.Free(c.at, connSize)
		}
		c.at = 0
	}
}

func (c *Conn) static() mem.Addr { return c.chip.System().Static("espconn", staticSize) }

// RandomPort gives a number from 1,024 to 49,999 that differs from the one before
// (espconn_port).
func (c *Conn) RandomPort() uint16 {
	last := c.static() + staticPort
	for {
		p := c.chip.System().Random() % 50000
		if p < 1024 {
			p += 1024
		}
		if p != c.m.U32(last) {
			c.m.SetU32(last, p)
			return uint16(p)
		}
	}
}

func (c *Conn) setState(s uint32) {
	if c.at != 0 {
		c.m.SetU32(c.at+connState, s)
	}
}

// active lists the records of the connections that are.
func (c *Conn) active(yield func(msg mem.Addr) bool) {
	for at := c.m.Ptr(c.static() + staticHead); at != 0; at = c.m.Ptr(at + msgNext) {
		if !yield(at) {
			return
		}
	}
}

// join appends the connection to the list, leave takes it away.
func (c *Conn) join(msg mem.Addr) {
	end := c.static() + staticHead
	for at := range c.active {
		end = at + msgNext
	}
	c.msg = msg
	c.m.SetPtr(end, msg)
}

func (c *Conn) leave() {
	link := c.static() + staticHead
	for at := range c.active {
		if at == c.msg {
			c.m.SetPtr(link, c.m.Ptr(at+msgNext))
			break
		}
		link = at + msgNext
	}
	c.msg = 0
}

// Connect begins to connect (espconn_connect). What comes of it is told to the handler; an
// error is not. While a station with an access point beside it has no address, the result is
// its status, a positive number.
func (c *Conn) Connect() Err {
	if c.secure != nil {
		return c.connectSecure()
	}
	count := 0
	for at := range c.active {
		if c.isTCP(at) {
			count++
		}
	}
	if count >= port.TCPMaxOpen {
		return ErrIsConn
	}
	if err := c.route(); err != OK {
		return err
	}
	local := c.m.U32(c.tcp + tcpLocalPort)
	for at := range c.active {
		other := c.m.Ptr(c.m.Ptr(at+msgConn) + connProto)
		if c.isTCP(at) && c.m.U32(other+tcpLocalPort) == local {
			return ErrIsConn
		}
	}
	return c.connect(uint16(local))
}

// route tells whether there is an address to connect from.
func (c *Conn) route() Err {
	w, ok := port.WiFiOf(c.chip)
	if !ok {
		return OK
	}
	has := func(i int) Err {
		if w.IPInfo(i).Addr.IsAny() {
			return ErrRoute
		}
		return OK
	}
	switch w.Mode() {
	case port.StationMode:
		return has(port.StationIf)
	case port.SoftAPMode:
		return has(port.SoftAPIf)
	case port.StationAPMode:
		near := port.IP{255, 255, 255, 0}
		if c.remote().Mask(near) == w.IPInfo(port.SoftAPIf).Addr.Mask(near) {
			return OK
		}
		switch s := w.Status(); s {
		case port.StationGotIP:
			return has(port.StationIf)
		case port.StationIdle:
			return ErrRoute
		default:
			return Err(s)
		}
	}
	return OK
}

func (c *Conn) remote() (a port.IP) {
	copy(a[:], c.m.Bytes(c.tcp+tcpRemoteIP, 4))
	return a
}

// connect makes lwIP's connection (espconn_tcp_client). Where lwIP has no memory for the
// request to connect, it stays as it is until somebody calls Disconnect.
func (c *Conn) connect(local uint16) Err {
	msg := c.zalloc(msgSize)
	if msg == 0 {
		return ErrMem
	}
	pcb := c.net.NewTCP(events{c})
	if pcb == nil {
		c.main.Free(msg, msgSize)
		return ErrMem
	}
	c.handle, c.pcb = c.main.NewHandle(c), pcb
	c.open, c.ending, c.toPeer = false, false, 0
	c.m.SetPtr(msg+msgConn, c.at)
	c.m.SetU32(msg+msgPCB, c.handle)
	c.join(msg)
	c.setState(stateWait)
	pcb.Bind(local)
	err := pcb.Connect(c.remote(), uint16(c.m.U32(c.tcp+tcpRemotePort)))
	if err == port.NetErrRoute {
		pcb.Close()
		c.leave()
		c.freeMsg(msg)
	}
	return Err(err)
}

func (c *Conn) freeMsg(msg mem.Addr) {
	c.main.FreeHandle(c.handle)
	c.main.Free(msg, msgSize)
}

// Send sends up to 65,535 bytes (espconn_send); p is not needed any more when it returns.
// Before the handler's Sent another piece is refused and lost: ErrMaxNum.
func (c *Conn) Send(p []byte) Err {
	p = p[:uint16(len(p))] // the firmware's length has 16 bits
	if c.secure != nil {
		return c.sendSecure(p)
	}
	if len(p) == 0 || c.msg == 0 {
		return ErrArg
	}
	c.setState(stateWrite)
	switch {
	case !c.open:
		return ErrArg
	case c.underWay.at != 0:
		return ErrMaxNum
	}
	at := c.zalloc(bufSize)
	if at == 0 {
		return ErrMem
	}
	c.underWay = piece{at: at, rest: p, size: len(p)}
	err := c.write()
	c.underWay.rest = bytes.Clone(c.underWay.rest)
	return err
}

// write gives lwIP as much as it takes (espconn_tcp_write, espconn_tcp_sent).
func (c *Conn) write() Err {
	u := &c.underWay
	for len(u.rest) > 0 && c.toPeer < port.TCPSendBuffer {
		n := min(len(u.rest), port.TCPSendBuffer-c.toPeer)
		err := c.pcb.Write(u.rest[:n])
		for err == port.NetErrMem && n > 0 {
			if n < 3 {
				n--
			} else {
				n /= 2
			}
			if n > 0 {
				err = c.pcb.Write(u.rest[:n])
			}
		}
		if err != port.NetOK {
			return Err(err)
		}
		u.rest = u.rest[n:]
		c.toPeer += n
		c.pcb.Output()
	}
	return OK
}

// Disconnect closes the connection, also one that has no answer yet (espconn_disconnect). The
// handler's Disconnected comes later, unless the result is ErrArg: there is nothing to close.
func (c *Conn) Disconnect() Err {
	switch {
	case c.msg == 0:
		return ErrArg
	case c.ending || c.at == 0 || c.m.U32(c.at+connState) == stateClose:
		return ErrInProgress
	}
	c.close()
	return OK
}

// close lets lwIP close and posts what comes behind that (espconn_client_close). With that the
// connection is still on the list.
func (c *Conn) close() {
	if c.secure != nil {
		c.closeSocket()
	} else {
		c.pcb.Close()
	}
	c.setState(stateClose)
	c.post(c.h.Disconnected)
}

// post lets the task of espconn (espconn_Task), whose priority is above those of Lua, end the
// connection and tell the handler. There is one for each connection at most.
func (c *Conn) post(tell func()) {
	if c.ending {
		return
	}
	c.ending = true
	c.chip.Loop().Inject(func() {
		msg := c.msg
		if msg == 0 {
			return
		}
		c.leave()
		c.freePiece()
		if s := c.secure; s != nil { // espconn_close_internal gives it back before the call
			s.own.giveDownTo(c, 0)
			c.freeMsg(msg)
			tell()
			return
		}
		tell()
		c.freeMsg(msg)
	})
}

func (c *Conn) freePiece() {
	if c.underWay.at != 0 {
		c.main.Free(c.underWay.at, bufSize)
	}
	c.underWay = piece{}
}
