package hostnet

import (
	"net/netip"
	"time"
)

// Whoever on the host is asked something answers in the host's time, and a virtual clock would
// be far beyond that. So it waits behind what the module has sent, and behind a connection
// that the module has made, for the first bytes that come back, and then until no more come
// for twice as long as that took. Not everybody answers: who did not is waited for half as long
// the next time.
const (
	answerMost  = 500 * time.Millisecond // of the host's time
	answerLeast = time.Millisecond
	restLeast   = 5 * time.Millisecond // for more behind the first bytes
	// answerPeers is of how many peers it is known how long they are waited for.
	answerPeers = 256
)

// awaited is the wait for the answer of one peer.
type awaited struct {
	hold  *hold
	peer  netip.AddrPort
	since time.Time     // what was sent is with the peer, in the host's time
	rest  time.Duration // how long more is waited for
}

// await waits for an answer, or goes on to do so.
func (n *Net) await(a *awaited, r *run, peer netip.AddrPort) {
	if !n.virtual {
		return
	}
	limit, known := n.patience[peer]
	if !known {
		limit = n.cfg.Patience
	}
	a.peer, a.since = peer, time.Now()
	n.waitFor(a, r, limit, func() {
		if n.patience == nil || len(n.patience) >= answerPeers {
			n.patience = map[netip.AddrPort]time.Duration{}
		}
		n.patience[peer] = max(limit/2, answerLeast)
	})
}

// waitFor holds the clock until the wait ends, for so long at most. inVain is called if it was
// that.
func (n *Net) waitFor(a *awaited, r *run, limit time.Duration, inVain func()) {
	r.release(a.hold)
	h := r.hold(0)
	h.timer = time.AfterFunc(limit, func() {
		r.inject(func() {
			if r.holds[h] {
				r.release(h)
				inVain()
			}
		})
	})
	a.hold = h
}

// heard takes notice of an answer: there may be more of it.
func (n *Net) heard(a *awaited, r *run) {
	if a.hold == nil {
		return
	}
	delete(n.patience, a.peer)
	if !a.since.IsZero() {
		a.rest, a.since = min(max(2*time.Since(a.since), restLeast), n.cfg.Patience), time.Time{}
	}
	n.waitFor(a, r, a.rest, func() {})
}

// forgo ends the wait: nobody wants an answer any more.
func (n *Net) forgo(a *awaited, r *run) {
	r.release(a.hold)
	a.hold = nil
}
