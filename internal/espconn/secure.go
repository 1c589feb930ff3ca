package espconn

import (
	"errors"
	"fmt"
	"io"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mbedtls"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Secure connections (app/mbedtls/app: espconn_secure.c, espconn_mbedtls.c, lwIPSocket.c). They
// have espconn's twin below them: sockets, of which there are three, a ring of bytes in front of
// mbedTLS, and a task of their own.
const (
	secureSockets = 3 // NUM_SOCKETS, app/include/sys/socket.h

	// SecureLeast is what has to be free on the heap for a secure connection, and one byte
	// more: SSL_BUFFER_SIZE and ESPCONN_SECURE_DEFAULT_HEAP.
	SecureLeast = mbedtls.BufferBytes + 0x3800

	securePiece = port.TCPSegment // MBEDTLS_SSL_PLAIN_ADD: what goes into a record, and what is read at once
)

// Sizes of records in bytes. Those of mbedTLS are what its compiler makes of them for 32 bits,
// with the firmware's settings (user_mbedtls.h).
const (
	tlsMsgSize     = 1200 // mbedtls_msg
	tlsSessionSize = 632  // mbedtls_session: own chain, roots and key
	netconnSize    = 28   // lwIP_netconn
	ringSize       = 16   // ringbuf_t
	ringBytes      = port.TCPSendBuffer + 1
)

// secure is what a secure connection has beside the record of any connection.
type secure struct {
	tls     *mbedtls.Conn
	ring    blocks // of the socket: given back when it closes
	own     blocks // of mbedTLS: given back in the task behind that
	socket  bool   // there is one
	quiet   bool   // the handshake is over
	sending bool   // a piece is under way: not SentFnFlag
	written int    // bytes given to lwIP
	acked   int
	until   int // sent is told when that many are acknowledged
	rest    []byte
	worked  bool // the exchange of keys is done
	large   bool // a large record was told
}

// blocks are blocks of the device heap that go back together.
type blocks struct {
	at   []mem.Addr
	size []int
}

// take takes another one; false if there is no memory.
func (b *blocks) take(c *Conn, n int) bool {
	at := c.zalloc(n)
	if at == 0 {
		return false
	}
	b.at, b.size = append(b.at, at), append(b.size, n)
	return true
}

// giveDownTo gives back all but the first n.
func (b *blocks) giveDownTo(c *Conn, n int) {
	for i := len(b.at) - 1; i >= n; i-- {
		c.main.Free(b.at[i], b.size[i])
	}
	b.at, b.size = b.at[:n], b.size[:n]
}

// NewSecure makes a client whose connection is secure.
func NewSecure(L state.State, net port.Net, addr port.IP, remote int, h Handler) *Conn {
	return secured(New(L, net, addr, remote, h))
}

// connectSecure begins to connect (espconn_secure_connect, espconn_ssl_client).
func (c *Conn) connectSecure() Err {
	if err := c.route(); err != OK {
		return err
	}
	if c.main.FreeHeap() <= SecureLeast {
		return ErrMem
	}
	msg := c.zalloc(msgSize)
	if msg == 0 {
		return ErrMem
	}
	s := &secure{}
	c.secure = s
	fail := func() Err {
		s.ring.giveDownTo(c, 0)
		s.own.giveDownTo(c, 0)
		c.main.Free(msg, msgSize)
		return ErrMem
	}
	if !s.own.take(c, tlsMsgSize) || !s.own.take(c, tlsSessionSize) || !s.ring.take(c, netconnSize) {
		return fail()
	}
	if c.countSockets() >= secureSockets {
		c.main.ErrorOutput("Create Socket Failed!\n")
		return fail()
	}
	pcb := c.net.NewTCP(secureEvents{c})
	if pcb == nil {
		return fail()
	}
	if pcb.Connect(c.remote(), uint16(c.m.U32(c.tcp+tcpRemotePort))) != port.NetOK {
		c.main.ErrorOutput("Can Not Connect To!\n")
		pcb.Close()
		return fail()
	}
	c.handle, c.pcb, s.socket = c.main.NewHandle(c), pcb, true
	c.open, c.ending, c.toPeer = false, false, 0
	c.setState(stateWait)
	c.m.SetPtr(msg+msgConn, c.at)
	c.m.SetU32(msg+msgPCB, c.handle)
	c.join(msg)
	return OK
}

// countSockets counts the sockets that there are.
func (c *Conn) countSockets() (n int) {
	for at := range c.active {
		if o, ok := c.main.Handle(c.m.U32(at + msgPCB)).(*Conn); ok && o.secure != nil && o.secure.socket {
			n++
		}
	}
	return n
}

// sendSecure sends a piece (espconn_secure_sent). What does not go into the first record is kept,
// where the firmware reads it later from the caller's memory.
func (c *Conn) sendSecure(p []byte) Err {
	c.setState(stateWrite)
	s := c.secure
	if c.msg == 0 || !s.socket {
		return ErrArg
	}
	if !s.quiet || s.sending {
		return ErrInProgress
	}
	s.sending, s.rest = true, append([]byte(nil), p...)
	c.writeSecure()
	return OK
}

// writeSecure makes a record of what is to be sent (espconn_ssl_sent).
func (c *Conn) writeSecure() {
	s := c.secure
	n := min(len(s.rest), securePiece)
	if err := s.tls.Write(s.rest[:n]); err != nil {
		c.failSecure(err)
		return
	}
	s.rest = s.rest[n:]
	c.flush()
	s.until = s.written
}

// flush gives lwIP what mbedTLS has made. That is less than what lwIP takes but for the certificates of the handshake.
func (c *Conn) flush() {
	s := c.secure
	p := s.tls.Take()
	for len(p) > 0 && s.socket {
		n := min(len(p), port.TCPSendBuffer)
		if c.pcb.Write(p[:n]) != port.NetOK {
			c.failSecure(&mbedtls.Error{Code: mbedtls.ErrSendFailed, Text: "there is no memory to send the handshake"})
			return
		}
		s.written += n
		p = p[n:]
	}
	c.pcb.Output()
}

// closeSocket closes without a word to the server (mbedtls_net_free).
func (c *Conn) closeSocket() {
	s := c.secure
	if s.tls != nil {
		s.tls.Stop()
	}
	if s.socket {
		s.socket = false
		c.pcb.Close()
	}
	s.ring.giveDownTo(c, 0)
	c.setState(stateClose)
}

// failSecure ends a connection in which something went wrong (mbedtls_fail_info). nil stands for
// the end of the server's bytes.
func (c *Conn) failSecure(err error) {
	s := c.secure
	e := &mbedtls.Error{Code: mbedtls.ErrCloseNotify}
	if errors.As(err, &e) {
		if s.quiet {
			c.main.ErrorOutput("client's data invalid protocol\n")
			s.tls.CloseNotify()
		} else {
			c.main.ErrorOutput("client handshake failed!\n")
		}
		c.flushLast()
		c.Note(e.Text)
	}
	c.main.ErrorOutput(fmt.Sprintf("Reason:[-0x%2x]\n", e.Code))
	c.closeSocket()
	if e.Code == mbedtls.ErrCloseNotify {
		c.post(c.h.Disconnected)
		return
	}
	status := Err(mbedtls.Status(e.Code))
	c.post(func() { c.h.Failed(status) })
}

// flushLast sends what mbedTLS has to say at the end, if it can be sent.
func (c *Conn) flushLast() {
	if s := c.secure; s.tls != nil && s.socket {
		if p := s.tls.Take(); len(p) > 0 && c.pcb.Write(p) == port.NetOK {
			c.pcb.Output()
		}
	}
}

// Note tells the user what a board does not tell.
func (c *Conn) Note(text string) {
	port.Note(c.chip, "tls", fmt.Sprintf("%v:%d: %s", c.remote(), uint16(c.m.U32(c.tcp+tcpRemotePort)), text))
}

// secureEvents is what lwIP tells a secure connection (port.TCPHandler).
type secureEvents struct{ *Conn }

// Connected implements port.TCPHandler (do_connected): the handshake begins. Without memory for
// the ring the firmware waits for ever.
func (c secureEvents) Connected() {
	s := c.secure
	c.open = true
	if !s.ring.take(c.Conn, ringSize) || !s.ring.take(c.Conn, ringBytes) {
		c.failSecure(errNoMemory)
		return
	}
	c.parse()
}

// errNoMemory is mbedTLS's lack of memory.
var errNoMemory = &mbedtls.Error{Code: mbedtls.ErrAlloc, Text: "there is not enough memory for TLS"}

// Received implements port.TCPHandler (recv_tcp).
func (c secureEvents) Received(p []byte) {
	c.pcb.Recved()
	if s := c.secure; s.tls != nil && s.socket {
		s.tls.Feed(p)
		c.parse()
	}
}

// Ended implements port.TCPHandler.
func (c secureEvents) Ended() {
	if c.secure.socket {
		c.failSecure(nil)
	}
}

// Sent implements port.TCPHandler (sent_tcp, espconn_mbedtls_parse_thread).
func (c secureEvents) Sent(n int) {
	s := c.secure
	s.acked += n
	if !s.quiet || !s.sending || s.acked < s.until || !s.socket {
		return
	}
	if len(s.rest) > 0 {
		c.writeSecure()
		return
	}
	s.sending = false
	c.setState(stateConnect)
	c.h.Sent()
}

// Failed implements port.TCPHandler (err_tcp).
func (c secureEvents) Failed(err port.NetErr) {
	c.secure.socket = false // lwIP has it no more
	c.closeSocket()
	e := c.errOf(err)
	c.post(func() { c.h.Failed(e) })
}

// Dropped implements port.TCPDropped: the chip is reset.
func (c secureEvents) Dropped() {
	if s := c.secure; s.tls != nil {
		s.tls.Stop()
	}
}

// parse goes on with the handshake, or reads (espconn_mbedtls_parse_internal).
func (c secureEvents) parse() {
	s := c.secure
	if s.tls == nil {
		c.main.ErrorOutput("client handshake start.\n")
		if err := c.configure(); err != nil {
			c.failSecure(err)
			return
		}
	}
	if !s.quiet && !c.shake() {
		return
	}
	c.read()
}

// shake goes on with the handshake, and tells whether it is over. What comes behind it in the
// same segment is read at once; the firmware waits for the next one.
func (c secureEvents) shake() bool {
	s := c.secure
	for more := true; more && !s.tls.Shaken(); {
		_, more = s.tls.Step()
	}
	if err := c.handshakeWork(); err != nil {
		c.failSecure(err)
		return false
	}
	if err := s.tls.Err(); err != nil {
		if err == io.EOF {
			err = nil
		}
		c.failSecure(err)
		return false
	}
	c.flush()
	if !s.tls.Shaken() || !s.socket {
		return false
	}
	c.handshakeOver()
	s.quiet = true
	c.main.ErrorOutput("client handshake ok!\n")
	c.setState(stateConnect)
	c.h.Connected()
	return c.secure == s && s.socket
}

// read gives the handler what there is, in pieces.
func (c secureEvents) read() {
	s := c.secure
	at := c.zalloc(securePiece + 1)
	if at == 0 {
		c.failSecure(&mbedtls.Error{Code: 1, Text: "there is no memory for what the server has sent"})
		return
	}
	defer func() { c.main.Free(at, securePiece+1) }()
	for s.socket {
		data, more := s.tls.Step()
		if n := s.tls.LargestRecord(); n > 0 && !s.large {
			s.large = true
			c.Note(fmt.Sprintf("the server sends records of %d bytes; a module has room for %d, and gets on only with servers that obey its request for smaller ones (max_fragment_length): OpenSSL does, Go does not", n, mbedtls.BufferBytes))
		}
		if len(data) > 0 {
			block := c.m.Bytes(at, mem.Addr(len(data)))
			copy(block, data)
			c.setState(stateRead)
			c.h.Received(block)
			if c.secure != s || !s.socket {
				return
			}
			c.setState(stateConnect)
			continue
		}
		if !more {
			break
		}
	}
	switch err := s.tls.Err(); {
	case err == io.EOF: // the server's close_notify; its FIN ends the connection
		s.tls.CloseNotify()
		c.flushLast()
	case err != nil && s.socket:
		c.failSecure(err)
	}
}

// Times of a handshake at 160 MHz. They are assumptions: what public measurements of mbedTLS on
// this processor have in common is that a multiplication on P-256 takes some tenths of a second.
const (
	timeP256    = 350 * time.Millisecond // a multiplication
	timeP384    = 900 * time.Millisecond
	timeRSA2048 = 60 * time.Millisecond // a check of a signature; it grows with the square of the bits
)
