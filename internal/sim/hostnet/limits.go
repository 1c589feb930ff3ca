package hostnet

import (
	"net/netip"
	"sync/atomic"

	"moonlet.example/moonlet/internal/port"
)

// Each queue between host and module has a bound:
//
//	received from a connection  the window, TCPWindow, until Recved opens it (reader)
//	to be sent by a connection  TCPSendBuffer (conn.Write)
//	while the network is silent the window of each connection, and its end (conn.heard)
//	connections not accepted    the host's backlog; TCPMaxOpen with those that wait
//	                            for memory (listener.wait)
//	datagrams                   udpBacklog for each socket, and one for each group; more
//	                            stay in the host's buffer, which drops them
//	peers of a UDP socket       maxPeers each for those asked and those that asked
//	datagrams to itself         maxExpected for each socket
//	sockets and servers         the chip's memory, where each has a record
//	requests to connect         maxDials
//	names being looked up       port.DNSQueries, and maxLookUps over resets
//	packets that wait for one   maxSeekers each
//	pings on their way          maxEchoes
//	refusals that are told      maxTold
//	packets of other modules    airBacklog; more are lost, and those of connections come again
//
// What comes in by Loop.Inject is bounded by these: each goroutine waits for its turn.
const (
	maxDials   = 64
	maxLookUps = 2 * port.DNSQueries
	maxEchoes  = 4
)

// gate bounds how many goroutines of a kind there are. A reset does not open it: those of
// the old life may still wait.
type gate struct {
	most int32
	n    atomic.Int32
}

// spawnIn is spawn for what a gate bounds; false if that is closed.
func (r *run) spawnIn(g *gate, f func()) bool {
	if g.n.Add(1) > g.most {
		g.n.Add(-1)
		return false
	}
	r.spawn(func() {
		defer g.n.Add(-1)
		f()
	})
	return true
}

// Operations of the host that Config.Fail is asked about.
const (
	OpListen  = "listen" // of TCP and UDP
	OpAccept  = "accept"
	OpDial    = "dial"
	OpRead    = "read"
	OpWrite   = "write"
	OpClose   = "close"
	OpOption  = "setsockopt"
	OpResolve = "resolve"
	OpPing    = "ping"
)

// fails asks whether an operation of the host is to fail.
func (n *Net) fails(op string, a netip.AddrPort) error {
	if n.cfg.Fail == nil {
		return nil
	}
	return n.cfg.Fail(op, a)
}

// close closes a socket of the host. An error changes nothing: the socket is gone.
func (n *Net) close(s interface{ Close() error }, a netip.AddrPort) {
	_ = n.fails(OpClose, a)
	_ = s.Close()
}

// option sets an option of a socket, unless that is to fail: the socket works without it.
func (n *Net) option(a netip.AddrPort, set func()) {
	if n.fails(OpOption, a) == nil {
		set()
	}
}
