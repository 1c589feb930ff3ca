// Package hostnet is the chip's TCP/IP stack made of the host's sockets.
//
// The module sees lwIP as its firmware configures it: segments of at most 1,460
// bytes, a receive window of four of them, 2,920 bytes of send buffer, five open
// connections. The host stands between it and the network as a router with
// address translation does:
//
//   - A server on a device port below 1024 is found at host port 8000 + port (80
//     at 8080, 23 at 8023), any other at its own number; Config.Ports says
//     otherwise. It listens on 127.0.0.1 unless Config.ListenIP differs.
//   - Outgoing connections and datagrams leave from ports that the host chooses. A
//     datagram comes in only from whom was asked, or at a server's port.
//   - The module's own addresses, as the radio tells them by SetInterface, and all of
//     their networks exist only inside. The firmware's lwIP has no loopback interface
//     (LWIP_HAVE_LOOPIF and LWIP_NETIF_LOOPBACK are 0, app/include/lwipopts.h): it
//     asks on the air who has its own address (etharp_output), and nobody answers.
//     Without an address there is no network.
//   - What passes no router does not get out, nor what Config.Policy forbids. To the
//     module that looks as if nobody answered; the user is told (walls.go).
//
// Everything is called on the module's goroutine. Goroutines only wait for the
// host's sockets; what they learn comes in through Loop.Inject. A reset ends all
// of them.
package hostnet

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// PrivilegedBase is added to device ports below 1024 (see the package comment).
const PrivilegedBase = 8000

// Times of the firmware's TCP, in device time.
const (
	// synTimeout is how long lwIP waits at most for an answer to a connection request:
	// TCP_SYNMAXRTX (6, app/lwip/core/init.c) repetitions one second apart, and
	// one tick of the 250 ms slow timer.
	synTimeout = 6*time.Second + 250*time.Millisecond
	// finTimeout is TCP_FIN_WAIT_TIMEOUT (app/include/lwip/tcp_impl.h): how long a
	// closed connection may still send what was queued.
	finTimeout = 20 * time.Second
	// keepInterval is TCP_KEEPINTVL_DEFAULT (same file).
	keepInterval = 10 * time.Second
)

// ownLimit bounds how long a datagram that the module sends to itself keeps a virtual clock
// waiting, in real time. It only counts where the host loses one.
const ownLimit = time.Second

// holdLimit bounds how long a write that the host does not take keeps a virtual
// clock waiting, in real time.
const holdLimit = 200 * time.Millisecond

// Resolver looks names up; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Config says how the module meets the host. Only Loop is needed.
type Config struct {
	Loop port.Loop

	// Patience is how long a virtual clock waits for the answer of a peer on the host, in the
	// host's time; 0 is answerMost.
	Patience time.Duration

	// ListenIP is where servers listen; the zero Addr is 127.0.0.1.
	ListenIP netip.Addr
	// Ports maps device ports to host ports; 0 is any free one.
	Ports map[uint16]uint16
	// AutoPorts takes a free host port where the default one is in use. Ports
	// that Ports names are never replaced.
	AutoPorts bool
	// OnListen is told where each server is found, or why it could not be opened.
	OnListen func(Mapping)

	// Hosts are names that need no look-up, in lower case. Their addresses are let out,
	// also those that pass no router.
	Hosts map[string]port.IP
	// HostsOnly makes all other names unknown.
	HostsOnly bool
	// Resolver finds the others; nil is the host's own.
	Resolver Resolver

	// Policy is what may pass. Connect leads to places that are named; Inside are
	// networks that are simulated, besides those that the module is in. OnRefused is told
	// what was not let through, and what would help.
	Policy    Policy
	Connect   []Forward
	Inside    []netip.Prefix
	OnRefused func(text string)

	// Gateways are those of the simulated networks, which HostName in Connect stands for.
	Gateways []port.IP
	// Time is what the TimeServers of the simulated networks tell when the loop's time is 0;
	// the zero Time is that there are none. TimeFirst leads names of the NTP pool to them
	// without asking the host.
	Time        time.Time
	TimeServers []port.IP
	TimeFirst   bool
	// Alias replaces addresses that the module sends to, say that of a gateway
	// that exists only in the simulated network by 127.0.0.1.
	Alias map[port.IP]port.IP
	// Air is the simulated network with other modules; nil if this one is alone.
	Air *Air
	// Rand chooses local ports; nil is the host's source.
	Rand func() uint32
	// Memory is the chip's heap, where lwIP has its records and packets; nil is one
	// without end. Packet is what the radio's driver takes for a packet that was
	// received (HeapUse).
	Memory port.Memory
	Packet int
	// Lingering is how many closed connections stay in the state TIME_WAIT at most
	// (HeapUse).
	Lingering int
	// Ping tells whether to answers an echo request; nil asks the network, and
	// takes loopback addresses for granted. It runs on a goroutine of its own.
	Ping func(ctx context.Context, to netip.Addr, size int) bool

	// Fail, if any, is asked before each operation of the host, one of Op…; an error is
	// what the operation fails with. Any goroutine asks. The address is that of the other
	// side, or where a server is to listen; for names there is none.
	Fail func(op string, a netip.AddrPort) error
}

// Access is what a user may say about how the module meets the host's network; see Config.
type Access struct {
	ListenIP  netip.Addr
	Ports     map[uint16]uint16
	AutoPorts bool
	Hosts     map[string]port.IP
	HostsOnly bool
	// GatewayIsHost sends what goes to the gateway's address to this host.
	GatewayIsHost bool
	Policy        Policy
	Connect       []Forward
	TimeServer    TimeSource
	// Fail makes operations of the host fail, for tests.
	Fail func(op string, a netip.AddrPort) error
}

// HeapUse is what a user may say about what the network takes from the heap, beside what
// is known of lwIP.
type HeapUse struct {
	// Packet is what the radio's driver takes for a packet that was received, besides
	// lwIP's part, while its callback runs; in bytes as it asks for them.
	Packet int
	// Lingering is no size: it is how many connections in the state TIME_WAIT stay on
	// the heap at most. lwIP has no such limit, but a board does not answer a host that
	// asks a thousand times in a second.
	Lingering int
}

// DefaultHeapUse are the best guesses.
func DefaultHeapUse() HeapUse {
	return HeapUse{
		// A guess: the driver's receive buffers are static.
		Packet: 0,
		// A guess: what a board comes to that somebody looks at with a browser.
		Lingering: 8,
	}
}

// Mapping tells where on the host a server of the module is.
type Mapping struct {
	Network string // "tcp" or "udp"
	Device  uint16
	Host    netip.AddrPort
	Err     error // why it is not there
}

// String is a line for the user.
func (m Mapping) String() string {
	switch {
	case m.Err != nil:
		return fmt.Sprintf("port %d (%s): cannot listen on %v: %v", m.Device, m.Network, m.Host, m.Err)
	case m.Network == "tcp" && m.Device == 80:
		return fmt.Sprintf("port 80 is http://%v/", m.Host)
	case m.Network == "tcp":
		return fmt.Sprintf("port %d is %v", m.Device, m.Host)
	}
	return fmt.Sprintf("port %d (%s) is %v", m.Device, m.Network, m.Host)
}

// ParsePort reads an entry for Config.Ports: DEVICE=HOST, as in 80=8080, where
// HOST may be "any" for any free port.
func ParsePort(s string) (device, host uint16, err error) {
	left, right, _ := strings.Cut(s, "=")
	d, err := strconv.ParseUint(left, 10, 16)
	if err != nil || d == 0 {
		return 0, 0, fmt.Errorf("port map %q: want DEVICE=HOST, as in 80=8080", s)
	}
	if right == "any" {
		return uint16(d), 0, nil
	}
	h, err := strconv.ParseUint(right, 10, 16)
	if err != nil || h == 0 {
		return 0, 0, fmt.Errorf("port map %q: %q is neither a port of the host nor \"any\"", s, right)
	}
	return uint16(d), uint16(h), nil
}

// HostPort is the port of the host for a device port, 0 for any free one; fixed
// tells that no other may take its place.
func (c *Config) HostPort(device uint16) (host uint16, fixed bool) {
	if h, ok := c.Ports[device]; ok {
		return h, h != 0
	}
	if device < 1024 {
		return PrivilegedBase + device, !c.AutoPorts
	}
	return device, !c.AutoPorts
}
