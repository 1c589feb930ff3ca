package endusersetup

import (
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// closePolls are lwIP's slow ticks until a connection is reset that the browser does not close.
const closePolls = 15

// Records: what came of a request, whose text follows (http_request_buffer_t), and who waits for
// a list of networks (scan_listener_t). Both begin with their kind.
const (
	listenerKind = 1
	requestKind  = 2

	requestLen  = 4
	requestHead = 8

	listenerConn = 4 // a handle
	listenerNext = 8
	listenerSize = 12
)

// reading is what is done with data (tcp_recv), and sending with acknowledgements (tcp_sent).
type (
	reading int
	sending int
)

const (
	readRequest reading = iota // enduser_setup_http_recvcb
	readNothing                // tcp_recv_null: an end is answered at once
	readEnd                    // handle_remote_close

	sendNothing sending = iota
	sendPage            // streamout_sent
	sendLast            // close_once_sent
)

// conn is a connection to a browser. What lwIP keeps as its argument is here.
type conn struct {
	p        portal
	tcp      port.TCP
	reading  reading
	sending  sending
	request  mem.Addr // 0 for none
	size     int      // of that block
	listener mem.Addr
	offset   int // of the page, up to which it was written
}

// startHTTP opens the server, and makes the page (enduser_setup_http_start).
func (p portal) startHTTP() bool {
	n := p.net()
	const bind = "http_start bind failed"
	if n.TCPPortTaken(httpPort) { // the firmware does not set SOF_REUSEADDR, and loses the connection
		if n.NewTCP(nil) == nil {
			p.fatal("http_start failed. Memory allocation failed (http_pcb == NULL).", errMemory)
		} else {
			p.fatal(bind+": port 80 is that of a server or of a connection that is there still.", errPortInUse)
		}
		return false
	}
	l, err := n.ListenTCP(port.IP{}, httpPort, p.accept)
	switch err {
	case port.NetOK:
	case port.NetErrNoPCB:
		p.fatal("http_start failed. Memory allocation failed (http_pcb == NULL).", errMemory)
		return false
	case port.NetErrMem:
		p.fatal("http_start listen failed.", errPortInUse)
		return false
	default:
		p.fatal(bind+".", errPortInUse)
		return false
	}
	p.m.SetU32(p.state()+sServer, p.L.NewHandle(l))
	if !p.loadPage() {
		p.fatal("http_start failed. Unable to allocate memory for HTTP payload.", errMemory)
		return false
	}
	return true
}

const httpPort = 80

// accept takes a connection (enduser_setup_http_connectcb).
func (p portal) accept(tcp port.TCP) bool {
	if p.state() == 0 {
		return false
	}
	tcp.SetHandler(&conn{p: p, tcp: tcp})
	tcp.NoDelay()
	return true
}

// Connected implements port.TCPHandler. Nobody calls it for a server's connection.
func (c *conn) Connected() {}

// Failed implements port.TCPHandler. The firmware does not hear of it: what has come of a request
// stays on the heap, and a list of networks would be sent to what is there no more.
func (c *conn) Failed(port.NetErr) {
	if c.listener != 0 {
		c.p.leave(c.listener)
		c.listener = 0
	}
}

// Received implements port.TCPHandler.
func (c *conn) Received(p []byte) {
	switch {
	case c.reading != readRequest:
		c.tcp.Recved()
	case c.p.state() == 0:
		c.tcp.Abort()
	case c.listener != 0: // the firmware is given them again each 125 ms, with an error each time
		c.p.fail(1625, noPage, errUnknown)
		c.tcp.Recved()
	case !c.keep(p):
		c.refuse()
	default:
		c.tcp.Recved()
		c.read()
	}
}

// Ended implements port.TCPHandler. Where the browser closes before it was answered, the
// connection stays until it is reset, as in the firmware.
func (c *conn) Ended() {
	switch {
	case c.reading == readEnd:
		c.reading = readNothing
		c.tcp.Poll(0, nil)
		c.tcp.Close()
	case c.reading == readNothing:
		c.tcp.Close()
	case c.p.state() == 0:
		c.tcp.Abort()
	default:
		if c.listener != 0 {
			c.p.leave(c.listener)
			c.listener = 0
		}
		c.forget()
		c.closeLater()
	}
}

// Sent implements port.TCPHandler.
func (c *conn) Sent(int) {
	switch c.sending {
	case sendPage:
		c.stream()
	case sendLast:
		c.closeLater()
	}
}

// closeLater lets the browser close, and resets the connection if it does not (deferred_close).
func (c *conn) closeLater() {
	c.tcp.Poll(closePolls, func() {
		c.tcp.Poll(0, nil)
		c.tcp.Abort()
	})
	c.reading, c.sending = readEnd, sendNothing
}

// refuse ends a connection whose request cannot be answered. The firmware gives lwIP back what
// it may have freed already, which is told again and again.
func (c *conn) refuse() {
	c.forget()
	c.p.fail(1625, noPage, errUnknown)
	c.tcp.Abort()
}

const noPage = "http_recvcb failed. Unable to send HTML."

// keep puts data behind what has come of the request; false if there is no memory.
func (c *conn) keep(p []byte) bool {
	m := c.p.m
	if c.request == 0 {
		if c.request = c.p.L.Alloc(requestHead); c.request == 0 {
			return false
		}
		c.size = requestHead
		m.Zero(c.request, requestHead)
		m.SetU32(c.request, requestKind)
	}
	length := int(m.U32(c.request + requestLen))
	size := requestHead + length + len(p) + 1
	at := c.p.L.Realloc(c.request, c.size, size)
	if at == 0 {
		return false
	}
	c.request, c.size = at, size
	copy(m.Bytes(at+requestHead+mem.Addr(length), mem.Addr(len(p))), p)
	m.SetU8(at+mem.Addr(size-1), 0)
	m.SetU32(at+requestLen, uint32(length+len(p)))
	return true
}

// forget gives the request back.
func (c *conn) forget() {
	if c.request != 0 {
		c.p.L.Free(c.request, c.size)
		c.request = 0
	}
}

// read answers the request if all of it has come.
func (c *conn) read() {
	data := c.p.m.Bytes(c.request+requestHead, mem.Addr(c.p.m.U32(c.request+requestLen)))
	n, p := complete(data)
	switch p {
	case waiting:
		return
	case wrong:
		c.refuse()
		return
	}
	text := string(data[:n])
	request, size := c.request, c.size
	c.request = 0 // what comes now is nobody's
	c.answer(text)
	c.p.L.Free(request, size)
}
