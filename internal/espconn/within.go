package espconn

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Within makes a client whose struct espconn is part of a record of the caller's, which stays
// where it is until Free, such as a userdata. The record begins with zeros; an esp_tcp that it
// still has from a client before is used again, with its own port. nil tells that there is no
// memory for one. SetAddr says which address Connect asks.
func Within(L state.State, net port.Net, at mem.Addr, remote int, h Handler) *Conn {
	c := within(L, net, at, remote, h)
	if c != nil && c.m.U32(c.tcp+tcpLocalPort) == 0 {
		c.m.SetI32(c.tcp+tcpLocalPort, int32(c.RandomPort()))
	}
	return c
}

// WithinAnyPort is WithinSecure for a client whose own port is lwIP's choice.
func WithinAnyPort(L state.State, net port.Net, at mem.Addr, remote int, h Handler) *Conn {
	return secured(within(L, net, at, remote, h))
}

func within(L state.State, net port.Net, at mem.Addr, remote int, h Handler) *Conn {
	main := L.MainThread()
	c := &Conn{main: main, m: main.Mem(), chip: L.Host().(port.Chip), net: net, h: h, at: at, lent: true}
	if c.tcp = c.m.Ptr(at + connProto); c.tcp == 0 {
		if c.tcp = c.zalloc(tcpSize); c.tcp == 0 {
			return nil
		}
		c.m.SetPtr(at+connProto, c.tcp)
	}
	c.m.SetU32(at+connType, typeTCP)
	c.setState(stateNone)
	c.m.SetI32(c.tcp+tcpRemotePort, int32(remote))
	return c
}

// secured makes a connection secure.
func secured(c *Conn) *Conn {
	if c != nil {
		c.secure = &secure{}
	}
	return c
}

// WithinSecure is Within for a connection that is secure.
func WithinSecure(L state.State, net port.Net, at mem.Addr, remote int, h Handler) *Conn {
	return secured(Within(L, net, at, remote, h))
}

// Abandon ends a connection, or the attempt to make one, at once: the peer gets a reset, or with
// TLS the end, and the handler is told nothing any more. What Connect took is given back, which after an error of
// Connect may be something, too.
func (c *Conn) Abandon() {
	msg := c.msg
	if msg == 0 {
		return
	}
	if s := c.secure; s != nil {
		c.closeSocket()
		s.own.giveDownTo(c, 0)
	} else {
		c.pcb.Abort()
	}
	c.leave()
	c.freePiece()
	c.freeMsg(msg)
}
