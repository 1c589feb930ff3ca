package hostnet

import (
	"slices"
	"sync"

	"moonlet.example/moonlet/internal/port"
)

// Air is a simulated network that several modules are in. What one sends to the address of
// another goes there directly: the host's network has no part in it, and no policy. All of it
// is told from loop to loop, so there is no goroutine, and modules whose virtual clocks are
// moved in turns always do the same.
type Air struct {
	mu      sync.Mutex
	members map[port.IP]*Net
}

// enter tells that n has an address, unless somebody else has it already; leave that it has it
// no more.
func (a *Air) enter(at port.IP, n *Net) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.members == nil {
		a.members = map[port.IP]*Net{}
	}
	if a.members[at] == nil {
		a.members[at] = n
	}
}

func (a *Air) leave(at port.IP, n *Net) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.members[at] == n {
		delete(a.members, at)
	}
}

// neighbour is the other module that has an address; nil if there is none.
func (n *Net) neighbour(at port.IP) *Net {
	a := n.cfg.Air
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if m := a.members[at]; m != n {
		return m
	}
	return nil
}

// neighbours are all others, by their addresses.
func (n *Net) neighbours() (list []*Net) {
	a := n.cfg.Air
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var at []port.IP
	for ip, m := range a.members {
		if m != n {
			at = append(at, ip)
		}
	}
	slices.SortFunc(at, func(a, b port.IP) int { return slices.Compare(a[:], b[:]) })
	for _, ip := range at {
		list = append(list, a.members[ip])
	}
	return list
}

// onAir tells the others which address interface i has now.
func (n *Net) onAir(i int, old, addr port.IP) {
	if n.cfg.Air == nil || i != port.StationIf || old == addr {
		return
	}
	if !old.IsAny() {
		n.cfg.Air.leave(old, n)
	}
	if !addr.IsAny() {
		n.cfg.Air.enter(addr, n)
	}
}

// airBacklog is how many packets of other modules may wait for a module; more are lost.
const airBacklog = 4 * udpBacklog

// fromAir runs f on the module's goroutine, for another module. It is lost if too many wait,
// as where nobody runs this one, or if it is reset meanwhile.
func (n *Net) fromAir(f func()) {
	coming := n.coming.Load()
	if coming.Add(1) > airBacklog {
		coming.Add(-1)
		return
	}
	n.loop.Inject(func() {
		coming.Add(-1)
		f()
	})
}

// airSend brings a datagram to the other modules that have its address or hear its group. It
// tells whether nobody else can be meant.
func (u *udp) airSend(p []byte, to port.IP, dst uint16) (done bool) {
	n := u.n
	list, only := []*Net(nil), false
	if m := n.neighbour(to); m != nil {
		list, only = []*Net{m}, true
	} else if n.isBroadcast(to) || to.IsMulticast() {
		list = n.neighbours()
	}
	if len(list) == 0 {
		return false
	}
	own, _ := n.route(to)
	for _, m := range list {
		data := append([]byte(nil), p...)
		m.fromAir(func() {
			if !m.muted(m.addr[port.StationIf]) {
				m.airArrived(data, to, dst, own, u.port)
			}
		})
	}
	return only
}

// airArrived gives a datagram of another module to the socket at its port.
func (n *Net) airArrived(p []byte, to port.IP, dst uint16, from port.IP, src uint16) {
	if to.IsMulticast() && !slices.ContainsFunc(n.groups, func(g group) bool { return g.addr == to }) {
		return
	}
	for _, u := range n.udps {
		if u.port == dst && (u.addr.IsAny() || u.addr == to) {
			n.received(func() { u.recv(p, from, src) })
			return
		}
	}
}

// airEcho answers an echo request by another module.
func (n *Net) airEcho(m *Net, r *run, answer func()) {
	m.fromAir(func() {
		if !m.muted(m.addr[port.StationIf]) {
			r.inject(answer)
		}
	})
}
