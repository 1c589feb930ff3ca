package endusersetup

import (
	"fmt"

	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// list looks for networks, whose list is sent to all who wait for it then. It tells false if the
// answer is that there is none: while the station is connecting, nothing may look.
func (c *conn) list() bool {
	p, s := c.p, c.p.state()
	if p.m.U8(s+sTrying) != 0 {
		c.send(answer204)
		return false
	}
	l := p.L.Alloc(listenerSize)
	if l == 0 {
		p.fail(1545, "out of memory", errMemory)
		c.tcp.Abort() // the firmware gives lwIP back what it has freed
		return true
	}
	first := p.m.Ptr(s+sListeners) == 0
	p.m.SetU32(l, listenerKind)
	p.m.SetU32(l+listenerConn, p.L.NewHandle(c))
	p.m.SetPtr(l+listenerNext, p.m.Ptr(s+sListeners))
	p.m.SetPtr(s+sListeners, l)
	c.listener = l
	if first && !p.wifi().Scan(port.ScanConfig{}, p.found) {
		c.send(answer500)
		c.closeLater()
		p.freeListeners()
	}
	return true
}

// listeners lists who waits, the newest first.
func (p portal) listeners(yield func(l mem.Addr) bool) {
	s := p.state()
	if s == 0 {
		return
	}
	for l := p.m.Ptr(s + sListeners); l != 0; {
		next := p.m.Ptr(l + listenerNext)
		if !yield(l) {
			return
		}
		l = next
	}
}

// freeListener gives a record back. Its connection, if it has one still, waits for nothing more.
func (p portal) freeListener(l mem.Addr) {
	h := p.m.U32(l + listenerConn)
	p.L.Handle(h).(*conn).listener = 0
	p.L.FreeHandle(h)
	p.L.Free(l, listenerSize)
}

// freeListeners gives all records back (free_scan_listeners).
func (p portal) freeListeners() {
	for l := range p.listeners {
		p.freeListener(l)
	}
	if s := p.state(); s != 0 {
		p.m.SetPtr(s+sListeners, 0)
	}
}

// leave takes one who waits out of the list (remove_scan_listener).
func (p portal) leave(gone mem.Addr) {
	s := p.state()
	if s == 0 {
		return
	}
	link := s + sListeners
	for l := range p.listeners {
		if l == gone {
			p.m.SetPtr(link, p.m.Ptr(l+listenerNext))
			p.freeListener(l)
			return
		}
		link = l + listenerNext
	}
}

// tell sends an answer to all who wait (notify_scan_listeners). Those are reset who have no
// room for it: it may have as many bytes as lwIP's buffer.
func (p portal) tell(answer []byte) {
	for l := range p.listeners {
		c := p.L.Handle(p.m.U32(l + listenerConn)).(*conn)
		if c.tcp.Write(answer) != port.NetOK {
			c.tcp.Abort()
		} else {
			c.sending = sendLast
		}
	}
	p.freeListeners()
}

// A list of networks is a block while it is made: the header, with four digits for the length of
// the body, and as much for each network as it may have at most.
const (
	listHeader = "HTTP/1.1 200 OK\r\nConnection:close\r\nCache-control:no-cache\r\nAccess-Control-Allow-Origin: *\r\n" +
		"Content-type:application/json\r\nContent-length:%4d\r\n\r\n"
	listEntry    = 35 + 2*ssidMost + 9
	listBrackets = 3
)

// found comes with the networks around (on_scan_done).
func (p portal) found(found []port.ScanResult) {
	if s := p.state(); s == 0 || p.m.Ptr(s+sListeners) == 0 {
		return
	}
	size := len(listHeader) + 1 + len(found)*listEntry + listBrackets
	block := p.L.Alloc(size)
	if block == 0 {
		p.tell([]byte(answer500))
		return
	}
	p.m.Zero(block, mem.Addr(size))
	answer := networks(found)
	n := copy(p.m.Bytes(block, mem.Addr(size)), answer)
	p.tell(p.m.Bytes(block, mem.Addr(n)))
	p.L.Free(block, size)
}

// networks is the answer with a list of networks.
func networks(found []port.ScanResult) string {
	body := []byte{'['}
	for i, n := range found {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, `{"ssid":"`...)
		ssid := cut(n.SSID)
		for _, c := range []byte(ssid[:min(len(ssid), ssidMost)]) {
			if c == '\\' || c == '"' {
				body = append(body, '\\')
			}
			body = append(body, c)
		}
		body = fmt.Appendf(body, `","rssi":%d,"chan":%d,"auth":%d}`, n.RSSI, n.Channel, n.Auth)
	}
	body = append(body, ']')
	return fmt.Sprintf(listHeader, len(body)) + string(body)
}
