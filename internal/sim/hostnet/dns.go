package hostnet

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// dnsTimeout is when lwIP gives a name up (dns_check_entry, app/lwip/core/dns.c):
// it asks the first server four times in 7 seconds and the second one, if there
// is one, in 8 more. It does not take "no such name" for an answer, so that takes
// as long.
func (n *Net) dnsTimeout() time.Duration {
	if n.servers[1].IsAny() {
		return 7 * time.Second
	}
	return 15 * time.Second
}

// Resolve finds the address of name.
func (n *Net) Resolve(name string, found func(port.IP, bool)) (port.IP, port.NetErr) {
	name, _, _ = strings.Cut(name, "\x00")
	if name == "" || len(name) >= port.DNSNameLimit {
		return port.IP{}, port.NetErrArg
	}
	if a, ok := port.ParseIP(name); ok && !a.IsBroadcast() {
		return a, port.NetOK
	}
	entry := n.enter(name)
	if entry == nil {
		return port.IP{}, port.NetErrMem
	}
	n.lend(packet(dnsQuery), nameDNS) // lwIP asks again later if that fails
	q := &query{n: n, run: n.run, entry: entry, found: found, until: n.loop.Now() + n.dnsTimeout()}
	q.ask(strings.TrimSuffix(strings.ToLower(name), "."))
	return port.IP{}, port.NetErrInProgress
}

// query is a name that is being looked up.
type query struct {
	n       *Net
	run     *run
	entry   *nameEntry
	found   func(port.IP, bool)
	until   time.Duration // when it fails, by the module's clock
	holding *hold
}

func (q *query) ask(name string) {
	if own, ok := q.n.route(port.IP{}); !ok || q.n.muted(own) {
		q.fail()
		return
	}
	if q.n.outOfSoftAP(port.IP{}) {
		q.n.tell(fmt.Sprintf("the name %q is not looked up: the module is in no network, and its own access point leads to none", name))
		q.fail()
		return
	}
	if a, ok := q.n.cfg.Hosts[name]; ok {
		q.run.inject(func() { q.answered(a) })
		return
	}
	if a, ok := q.n.walls.names[name]; ok {
		delete(q.n.walls.behind, a) // it may have moved
		q.run.inject(func() { q.answered(a) })
		return
	}
	if a, ok := q.n.poolServer(name); ok && q.n.poolFirst() {
		q.run.inject(func() { q.answered(a) })
		return
	}
	if p := q.n.cfg.Policy; p != All {
		q.n.tell(fmt.Sprintf("the name %q is not looked up: --network %v; --host NAME=IP gives a name its address", name, p))
		q.fail()
		return
	}
	if q.n.cfg.HostsOnly {
		q.fail()
		return
	}
	q.askHost(name)
}

// askHost lets the host look a name up.
func (q *query) askHost(name string) {
	q.holding = q.run.hold(0)
	n, r, limit := q.n, q.run, q.n.dnsTimeout()
	asked := r.spawnIn(&n.lookUps, func() {
		ctx, cancel := context.WithTimeout(r.ctx, limit)
		defer cancel()
		a, ok := n.lookUp(ctx, name)
		r.inject(func() {
			r.release(q.holding)
			if !ok {
				a, ok = n.poolServer(name)
			}
			if ok {
				q.answered(a)
			} else {
				q.fail()
			}
		})
	})
	if !asked {
		r.release(q.holding)
		q.fail()
	}
}

// lookUp asks the host. Any goroutine may.
func (n *Net) lookUp(ctx context.Context, name string) (port.IP, bool) {
	if n.fails(OpResolve, netip.AddrPort{}) != nil {
		return port.IP{}, false
	}
	all, err := n.cfg.Resolver.LookupNetIP(ctx, "ip4", name)
	if err != nil {
		return port.IP{}, false
	}
	for _, a := range all {
		if a = a.Unmap(); a.Is4() {
			return a.As4(), true
		}
	}
	return port.IP{}, false
}

// fail tells the failure when lwIP would.
func (q *query) fail() {
	r := q.run
	t := port.NewSDKTimer(q.n.loop, func() {
		if q.n.run == r {
			q.entry.busy = false
			q.found(port.IP{}, false)
		}
	})
	t.Arm(max(q.until-q.n.loop.Now(), 0), false)
}

// answered tells the address while lwIP still has the answer (dns_recv).
func (q *query) answered(a port.IP) {
	q.entry.busy, q.entry.known = false, true
	n := q.n
	copied, _ := n.take(dnsAnswer, nameDNS)
	n.received(func() { q.found(a, true) })
	if n.run == q.run {
		n.give(copied)
	}
}
