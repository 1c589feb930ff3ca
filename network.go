package moonlet

import (
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim/hostnet"
)

// Network is a simulated network that several modules are in, see [On]: what one sends to
// the address of another goes there directly, be it a connection, a datagram, a broadcast or
// a ping, and whatever the modules may reach besides. Each module has a number of its own in
// chip ids, and addresses from 192.168.0.111 on, in the order in which they were made, unless
// its configuration says otherwise.
//
// With real or scaled time, each module can be run by a goroutine of its own. With virtual
// time their clocks would run apart; RunFor and RunUntil move all of them together, and then
// the same modules do the same to the byte.
//
// Methods may be called by any goroutine.
type Network struct {
	air hostnet.Air

	mu      sync.Mutex
	made    int
	members []*Module
}

// NewNetwork makes a network with nobody in it.
func NewNetwork() *Network { return &Network{} }

// networkMax is how many addresses a Network gives.
const networkMax = 60_000

// errNetworkFull says that a Network has no more addresses.
var errNetworkFull = errors.New("the network has no more addresses")

// join adds a module, also to no network.
func (n *Network) join(m *Module) error {
	if n == nil {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.made >= networkMax {
		return errNetworkFull
	}
	m.number = n.made
	n.made++
	n.members = append(n.members, m)
	return nil
}

// leave takes a module out.
func (n *Network) leave(m *Module) {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.members = slices.DeleteFunc(n.members, func(o *Module) bool { return o == m })
}

// configure gives a module its place.
func (n *Network) configure(m *Module, c *device.Config) {
	if n == nil {
		return
	}
	if c.ChipID == 0 {
		c.ChipID = device.DefaultChipID + uint32(m.number)
	}
	c.Air = &n.air
	c.Lease = port.IPInfo{Addr: leaseOf(m.number), Netmask: port.IP{255, 255, 0, 0}, Gateway: port.IP{192, 168, 0, 1}}
}

// leaseOf is the address of a module: from 192.168.0.111 on, without those that end in 0 or
// 255.
func leaseOf(number int) port.IP {
	const first, perByte = 110, 254
	i := first + number
	return port.IP{192, 168, byte(i / perByte), byte(i%perByte + 1)}
}

// Modules lists the modules that are in the network and not closed.
func (n *Network) Modules() []*Module {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.members)
}

// turn is how long a module is ahead of the others at most, in its own time.
const turn = time.Millisecond

// RunFor lets all modules live for t of their time, in turns of a millisecond: so far apart
// are they at most, but for tasks that take longer. Nobody else may run one of them
// meanwhile. The error is that of the first module that has one.
func (n *Network) RunFor(t time.Duration) error {
	err := n.RunUntil(func() bool { return false }, t)
	if errors.Is(err, ErrTimeout) {
		return nil
	}
	return err
}

// RunUntil lets all modules live, as RunFor, until cond is true, which is asked before each
// turn. If it is not in that time of the modules the error is ErrTimeout.
func (n *Network) RunUntil(cond func() bool, within time.Duration) error {
	starts := map[*Module]time.Duration{}
	for passed := time.Duration(0); !cond(); {
		if passed >= within {
			return ErrTimeout
		}
		passed += min(turn, within-passed)
		for _, m := range n.Modules() {
			if err := m.turn(starts, passed, within); err != nil && !errors.Is(err, ErrClosed) {
				return err
			}
		}
	}
	return nil
}

// turn lets the module live until that time has passed since its start, as a part of a run
// that takes so long.
func (m *Module) turn(starts map[*Module]time.Duration, passed, within time.Duration) error {
	return m.run(func(d *device.Device) error {
		start, known := starts[m]
		if !known {
			start = d.Now() - max(passed-turn, 0)
			starts[m] = start
		}
		left := start + passed - d.Now()
		if left <= 0 {
			return nil // a task took longer
		}
		return m.live(func() error { return d.RunPart(left, start+within) })
	})
}

// Address is Bench.Address between two tasks.
func (m *Module) Address() (a netip.Addr, err error) {
	err = m.Do(func(b *Bench) { a = b.Address() })
	return a, err
}
