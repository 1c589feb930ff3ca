package hostnet

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// What a router would remember of datagrams: natTime is what RFC 4787, REQ-5, recommends.
const (
	maxPeers = 64
	natTime  = 5 * time.Minute // of the module
)

// peer is somebody that a UDP socket exchanges datagrams with: where it is on the host,
// and what the module takes it for.
type peer struct {
	host  netip.AddrPort
	seen  destination
	until time.Duration // by the module's clock
}

// peers are the last ones of a socket. The goroutine that reads from it asks, too.
type peers struct {
	mu   sync.Mutex
	list []peer // the one that was noted last at the end
}

// note remembers one; where there are too many, the oldest is forgotten.
func (t *peers) note(host netip.AddrPort, seen destination, now time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.list = slices.DeleteFunc(t.list, func(p peer) bool { return p.host == host || p.until < now })
	if len(t.list) >= maxPeers {
		t.list = slices.Delete(t.list, 0, len(t.list)-maxPeers+1)
	}
	t.list = append(t.list, peer{host, seen, now + natTime})
}

// find returns one that fits and that time has not made a stranger.
func (t *peers) find(now time.Duration, fits func(p *peer) bool) (found peer, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.list {
		if p := &t.list[i]; p.until >= now && fits(p) {
			return *p, true
		}
	}
	return found, false
}

// atHost finds who is at a place of the host's network.
func (t *peers) atHost(a netip.AddrPort, now time.Duration) (peer, bool) {
	return t.find(now, func(p *peer) bool { return p.host == a })
}

// atModule finds who the module means.
func (t *peers) atModule(d destination, now time.Duration) (peer, bool) {
	return t.find(now, func(p *peer) bool { return p.seen == d })
}

// mayAnswer tells whether a datagram from there can be an answer: it comes from whom was
// asked, or a group was asked and it comes from where that is.
func (t *peers) mayAnswer(from netip.AddrPort, groupsAt func(netip.Addr) bool, now time.Duration) bool {
	_, ok := t.find(now, func(p *peer) bool {
		a := port.IP(p.host.Addr().As4())
		return p.host == from || (a.IsMulticast() || a.IsBroadcast()) && groupsAt(from.Addr())
	})
	return ok
}

// groupsAt tells whether groups that the module sends to can be where a is: on this
// computer, or where servers listen.
func (n *Net) groupsAt(a netip.Addr) bool { return a.IsLoopback() == n.cfg.ListenIP.IsLoopback() }
