package endusersetup

import (
	"bytes"

	"moonlet.example/moonlet/internal/espconn"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// An answer is the number of the query, flags and counts, the name that was asked for, a question
// and an answer for an address of it, and the module's address, whatever was asked:
//
//	ID(2) FLAGS(2) 1(2) 1(2) 0(2) 0(2) NAME  TYPE(2) CLASS(2)  0xC00C(2) TYPE(2) CLASS(2) TTL(4) 4(2) ADDRESS(4)
const (
	dnsHead   = "\x80\x00\x00\x01\x00\x01\x00\x00\x00\x00"
	dnsBody   = "\x00\x01\x00\x01\xC0\x0C\x00\x01\x00\x01\x00\x00\x00\x78\x00\x04"
	dnsHeader = 12 // bytes of a query in front of its name
	dnsPort   = 53

	errInterface = espconn.Err(-14) // ESPCONN_IF
)

// startDNS opens the server for names (enduser_setup_dns_start).
func (p portal) startDNS() bool {
	u, ok := espconn.NewUDP(p.L)
	if !ok {
		p.fatal("dns_start failed. Memory allocation failed (espconn_dns_udp == NULL).", errMemory)
		return false
	}
	p.m.SetPtr(p.state()+sDNS, u.Addr())
	u.SetLocalPort(dnsPort)
	switch err := u.Create(p.net(), false, p.asked); err {
	case espconn.OK:
		return true
	case espconn.ErrIsConn:
		p.fatal("dns_start failed. Couldn't create connection, already listening for that connection.", errPortInUse)
	default:
		p.fatal("dns_start failed. Couldn't create connection, out of memory.", errMemory)
	}
	return false
}

// dnsAnswer makes the answer to a query that has a header.
func dnsAnswer(query []byte, own port.IP) []byte {
	asked := query[dnsHeader:]
	if i := bytes.IndexByte(asked, 0); i >= 0 {
		asked = asked[:i]
	}
	a := append(append([]byte(nil), query[:2]...), dnsHead...)
	a = append(append(append(a, asked...), 0), dnsBody...)
	return append(a, own[:]...)
}

// asked answers a query (enduser_setup_dns_recv_callback). What has no header is none; the
// firmware reads on behind it.
func (p portal) asked(query []byte) {
	w := p.wifi()
	switch {
	case !w.Mode().HasAP():
		p.fatal("dns_recv_callback failed. Interface mode not supported.", errUnknown)
		return
	case len(query) < dnsHeader:
		return
	}
	answer := dnsAnswer(query, w.IPInfo(port.SoftAPIf).Addr)
	block := p.L.Alloc(len(answer))
	if block == 0 {
		p.fail(1840, "dns_recv_callback failed. Failed to allocate memory.", errMemory)
		return
	}
	copy(p.m.Bytes(block, mem.Addr(len(answer))), answer)
	u := p.dns()
	a, from, ok := u.Peer()
	if !ok {
		p.L.Free(block, len(answer))
		p.fatal("dns_recv_callback failed. Unable to get IP of UDP sender.", errNotFound)
		return
	}
	u.SetRemotePort(from)
	u.SetRemoteIP(a)
	err := u.Send(p.m.Bytes(block, mem.Addr(len(answer))))
	p.L.Free(block, len(answer))
	p.sent(err)
}

// sent tells what went wrong with an answer.
func (p portal) sent(err espconn.Err) {
	switch err {
	case espconn.OK:
	case espconn.ErrMem:
		p.fatal("dns_recv_callback failed. Failed to allocate memory for send.", errMemory)
	case espconn.ErrArg:
		p.fatal("dns_recv_callback failed. Can't execute transmission.", errNotFound)
	case espconn.ErrMaxNum:
		p.fail(1876, "dns_recv_callback failed. Buffer full. Discarding...", errMaxNumber)
	case errInterface:
		p.fail(1880, "dns_recv_callback failed. Send UDP data failed", errUnknown)
	default:
		p.fatal("dns_recv_callback failed. espconn_send failed", errUnknown)
	}
}
