package hostnet

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// interfaces of the chip: station and access point (STATION_IF, SOFTAP_IF).
const interfaces = 2

// Net implements port.Net.
type Net struct {
	cfg  Config
	loop port.Loop
	// virtual tells that the module's time does not pass by itself.
	virtual bool

	// Of the module's goroutine only.
	addr      [interfaces]port.IP
	mask      [interfaces]port.IP
	conns     []*conn // newest first, as lwIP lists them
	listeners []*listener
	udps      []*udp
	waiting   []*lingering                     // in TIME_WAIT, the oldest first
	patience  map[netip.AddrPort]time.Duration // with those who have not answered
	clock     tcpClock
	tick      port.Timer    // when a tick means something to a connection,
	tickAt    time.Duration // which is then
	mute      [interfaces]bool
	groups    []group
	servers   [port.DNSServers]port.IP
	names     nameTable
	echoSeq   uint16
	run       *run
	walls     walls
	noEcho    context.CancelFunc // ends the last ping

	dials, lookUps, echoes gate
	coming                 atomic.Pointer[atomic.Int32] // packets of other modules, in this run; any goroutine

	wg sync.WaitGroup

	mu   sync.Mutex // guards what listeners wait for: up, run.open, listener.closed
	cond *sync.Cond
	up   bool
}

// New makes a stack without an address: SetInterface gives it one.
func New(cfg Config) *Net {
	if !cfg.ListenIP.IsValid() {
		cfg.ListenIP = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if cfg.Resolver == nil {
		cfg.Resolver = &net.Resolver{}
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Uint32
	}
	if cfg.Patience == 0 {
		cfg.Patience = answerMost
	}
	if cfg.Memory == nil {
		cfg.Memory = noMemory{}
	}
	n := &Net{cfg: cfg, loop: cfg.Loop, walls: newWalls(&cfg), noEcho: func() {}}
	n.dials.most, n.lookUps.most, n.echoes.most = maxDials, maxLookUps, maxEchoes
	n.cond = sync.NewCond(&n.mu)
	n.tick = port.NewSDKTimer(n.loop, n.ticked)
	if l, ok := n.loop.(interface{ Jumps() bool }); ok {
		n.virtual = l.Jumps()
	}
	n.start()
	return n
}

func (n *Net) start() {
	n.run = newRun(n)
	n.coming.Store(new(atomic.Int32))
	n.clock, n.tickAt, n.mute = tcpClock{before: 1}, never, [interfaces]bool{}
	n.tick.Disarm()
	// The default of lwIP is resolver1.opendns.com (app/lwip/core/dns.c).
	n.servers = [port.DNSServers]port.IP{{208, 67, 222, 222}}
}

// Reset closes everything, as a reboot of the module does. It does not wait for
// the goroutines, which end soon after. The chip's heap is not touched: it is gone.
func (n *Net) Reset() {
	old := n.run
	for _, l := range n.listeners {
		l.shut()
	}
	for _, c := range slices.Clone(n.conns) { // drop takes it out
		if h, ok := c.h.(port.TCPDropped); ok {
			h.Dropped()
		}
		c.lose()
		c.drop()
	}
	for _, u := range n.udps {
		u.shut()
	}
	for _, w := range n.waiting {
		w.timer.Disarm()
	}
	n.listeners, n.conns, n.udps, n.waiting, n.groups = nil, nil, nil, nil, nil
	n.onAir(port.StationIf, n.addr[port.StationIf], port.IP{})
	n.addr, n.mask, n.names, n.echoSeq = [interfaces]port.IP{}, [interfaces]port.IP{}, nameTable{}, 0
	n.walls.forget()
	n.start()
	old.end()
	n.mu.Lock()
	n.up = false
	n.cond.Broadcast()
	n.mu.Unlock()
}

// Close is Reset for good: it returns when no goroutine is left. The loop must
// not be held up by it: Inject may not wait for the module's goroutine.
func (n *Net) Close() {
	n.Reset()
	n.run.end()
	n.wg.Wait()
}

// SetInterface tells the address and netmask of interface i; the zero address is
// none. As in lwIP (netif_set_ipaddr, app/lwip/core/netif.c) a change aborts the
// connections of the old address.
func (n *Net) SetInterface(i int, addr, mask port.IP) {
	old := n.addr[i]
	if addr.IsAny() { // there is no network any more, so their peers do not hear of it
		n.addr[i] = addr
	}
	if old != addr && !old.IsAny() {
		for _, c := range append([]*conn(nil), n.conns...) {
			if c.local == old && c.state != stClosed && c.state != stDone {
				c.fail(port.NetErrAborted)
			}
		}
	}
	n.addr[i], n.mask[i] = addr, mask
	n.onAir(i, old, addr)
	n.mu.Lock()
	n.up = n.isUp()
	n.cond.Broadcast()
	n.mu.Unlock()
}

func (n *Net) isUp() bool {
	for i, a := range n.addr {
		if !a.IsAny() && !n.mute[i] {
			return true
		}
	}
	return false
}

// route finds the module's own address for packets to a (ip_route): that of the
// interface whose network has it, else the first that is up.
func (n *Net) route(a port.IP) (from port.IP, ok bool) {
	for i, own := range n.addr {
		if own.IsAny() {
			continue
		}
		if m := n.mask[i]; own.Mask(m) == a.Mask(m) {
			return own, true
		}
		if !ok {
			from, ok = own, true
		}
	}
	return from, ok
}

// DNSServer is the i-th name server. It is only kept: names are looked up with
// the host's means.
func (n *Net) DNSServer(i int) port.IP {
	if i < 0 || i >= port.DNSServers {
		return port.IP{}
	}
	return n.servers[i]
}

// SetDNSServer changes the i-th name server; 0.0.0.0 changes nothing.
func (n *Net) SetDNSServer(i int, a port.IP) {
	if i >= 0 && i < port.DNSServers && !a.IsAny() {
		n.servers[i] = a
	}
}

// localPort chooses a TCP port as tcp_new_port does (app/lwip/core/tcp.c).
func (n *Net) localPort() uint16 {
	for {
		p := uint16(n.cfg.Rand() % port.LocalPortsLimit)
		if p < port.LocalPortsTCP {
			p += port.LocalPortsTCP
		}
		if !n.portTaken(p) {
			return p
		}
	}
}

func (n *Net) portTaken(p uint16) bool {
	for _, c := range n.conns {
		if c.localPort == p {
			return true
		}
	}
	for _, l := range n.listeners {
		if l.port == p {
			return true
		}
	}
	return false
}

// TCPPortTaken implements port.Net.
func (n *Net) TCPPortTaken(p uint16) bool {
	return n.portTaken(p) || slices.ContainsFunc(n.waiting, func(w *lingering) bool { return w.port == p })
}

// run is what belongs to one run of the module, from reset to reset.
type run struct {
	n      *Net
	ctx    context.Context
	cancel context.CancelFunc
	holds  map[*hold]bool // of the module's goroutine

	open  int                   // established connections; guarded by n.mu
	socks map[*net.TCPConn]bool // on their way to the loop; guarded by n.mu
}

func newRun(n *Net) *run {
	r := &run{n: n, holds: map[*hold]bool{}, socks: map[*net.TCPConn]bool{}}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

func (r *run) end() {
	r.cancel()
	for h := range r.holds {
		r.release(h)
	}
	r.n.mu.Lock()
	for s := range r.socks {
		r.n.close(s, netip.AddrPort{})
	}
	clear(r.socks)
	r.n.mu.Unlock()
}

// count keeps the number of established connections.
func (r *run) count(d int) {
	r.n.mu.Lock()
	r.open += d
	r.n.cond.Broadcast()
	r.n.mu.Unlock()
}

// opened is the number of established connections.
func (r *run) opened() int {
	r.n.mu.Lock()
	defer r.n.mu.Unlock()
	return r.open
}

// spawn runs f on a goroutine that Close waits for.
func (r *run) spawn(f func()) {
	r.n.wg.Add(1)
	go func() {
		defer r.n.wg.Done()
		f()
	}()
}

// inject brings f to the module's goroutine, unless there was a reset since.
func (r *run) inject(f func()) {
	r.n.loop.Inject(func() {
		if r.n.run == r {
			f()
		}
	})
}

// injectSock is inject for a function that takes over sock, which may be nil. A
// reset closes it if the function has not run by then.
func (r *run) injectSock(sock *net.TCPConn, f func()) {
	if sock == nil {
		r.inject(f)
		return
	}
	n := r.n
	n.mu.Lock()
	defer n.mu.Unlock()
	if r.ctx.Err() != nil {
		n.close(sock, netip.AddrPort{})
		return
	}
	r.socks[sock] = true
	r.inject(func() {
		n.mu.Lock()
		delete(r.socks, sock)
		n.mu.Unlock()
		f()
	})
}

// hold keeps a virtual clock waiting for a socket of the host.
type hold struct {
	release func()
	timer   *time.Timer
}

// hold starts waiting; release, on the module's goroutine, ends it. A limit above
// zero ends it anyway after that real time.
func (r *run) hold(limit time.Duration) *hold {
	h := &hold{release: r.n.loop.Hold()}
	r.holds[h] = true
	if limit > 0 {
		h.timer = time.AfterFunc(limit, func() { r.inject(func() { r.release(h) }) })
	}
	return h
}

func (r *run) release(h *hold) {
	if h == nil || !r.holds[h] {
		return
	}
	delete(r.holds, h)
	if h.timer != nil {
		h.timer.Stop()
	}
	h.release()
}
