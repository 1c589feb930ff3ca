package espconn

import (
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// events is what lwIP tells a connection (port.TCPHandler).
type events struct{ *Conn }

// Connected implements port.TCPHandler (espconn_client_connect).
func (c events) Connected() {
	c.setState(stateConnect)
	c.open = true
	c.pcb.NoDelay()
	c.h.Connected()
}

// Received implements port.TCPHandler (espconn_client_recv): the window opens before the
// handler gets its copy.
func (c events) Received(p []byte) {
	c.pcb.Recved()
	size := len(p) + 1
	at := c.zalloc(size)
	if at == 0 {
		c.pcb.Abort()
		c.fail(ErrMem)
		return
	}
	data := c.m.Bytes(at, mem.Addr(len(p)))
	copy(data, p)
	c.setState(stateRead)
	c.h.Received(data)
	if c.at != 0 && c.m.U32(c.at+connState) != stateClose {
		c.setState(stateConnect)
	}
	c.main.Free(at, size)
}

// Ended implements port.TCPHandler: this side closes, too.
func (c events) Ended() { c.close() }

// Sent implements port.TCPHandler (espconn_client_sent, espconn_tcp_finish).
func (c events) Sent(n int) {
	c.toPeer -= n
	u := &c.underWay
	u.acked += n
	c.write()
	if u.at == 0 || u.acked < u.size {
		return
	}
	c.freePiece()
	c.setState(stateConnect)
	c.h.Sent()
}

// Failed implements port.TCPHandler (espconn_client_err). lwIP has one error for all
// connections that it gives up; espconn asks how often that has sent in vain.
func (c events) Failed(err port.NetErr) { c.fail(c.errOf(err)) }

func (c *Conn) errOf(err port.NetErr) Err {
	switch {
	case err != port.NetErrAborted:
	case !c.open && c.pcb.Repeats() == port.TCPSYNRepeats:
		err = port.NetErrConn
	case c.open && c.pcb.Repeats() == port.TCPRepeats:
		err = port.NetErrTimeout
	}
	return Err(err)
}

// fail posts what comes behind an error.
func (c events) fail(err Err) {
	c.setState(stateClose)
	c.post(func() { c.h.Failed(err) })
}
