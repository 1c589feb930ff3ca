package hostnet

import (
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// The simulated networks have a time server: at the gateway, which answers for the group of all
// time servers as well, and at the address that a network tells by DHCP, if that is within it.
// Names of the NTP pool lead there where the host has no answer, or is not to be asked.

// TimeSource says what the time servers of the simulated networks tell. The zero TimeSource is
// the host's time of day, and with a virtual clock VirtualTime.
type TimeSource struct {
	None bool      // there are no time servers
	Host bool      // they tell the host's time
	At   time.Time // what they tell at power-on
}

// VirtualTime is what time servers tell at power-on if the clock is virtual, so that all runs
// are the same.
func VirtualTime() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// ParseTimeSource reads a TimeSource: "host", "none", or a time as in "2026-01-01T00:00:00Z".
func ParseTimeSource(s string) (t TimeSource, ok bool) {
	switch s {
	case "host":
		return TimeSource{Host: true}, true
	case "none":
		return TimeSource{None: true}, true
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	// Behind that, the 32 bits of NTP's seconds begin anew, and so do a module's.
	if err != nil || at.Unix() < 0 || at.Unix() >= 1<<32-ntpEpoch {
		return t, false
	}
	return TimeSource{At: at.UTC()}, true
}

const (
	ntpPort   = 123
	ntpSize   = 48            // bytes of a packet without extensions
	ntpEpoch  = 2_208_988_800 // seconds from 1900 to 1970
	poolName  = ".pool.ntp.org"
	ntpMode   = 7 // of the first byte, as are the bits of the version
	ntpClient = 3
	ntpServer = 4
)

// ntpGroup is the group of all time servers (RFC 5905, 17), which the module's manual calls the
// anycast address.
var ntpGroup = port.IP{224, 0, 1, 1}

// AnswerNTP makes a time server's answer to a packet that came in at one time and goes out at
// another one; nil if it is no question of a client. The fields are those of RFC 5905, 7.3:
//
//	0   leap indicator (2 bits), version (3), mode (3)
//	1   stratum; 1 is a server with a clock of its own
//	2   poll interval and 3 precision, as logarithms of seconds to the base 2
//	4   delay to the clock and 8 dispersion, with 16 bits after the binary point
//	12  what kind of clock it is
//	16  when the clock was set
//	24  when the question left by the client's clock
//	32  when it came in
//	40  when the answer left
func AnswerNTP(question []byte, in, out time.Time) []byte {
	if len(question) < ntpSize || question[0]&ntpMode != ntpClient {
		return nil
	}
	const microsecond, millisecond = -20, 1<<16/1000 + 1
	precision := int8(microsecond)
	a := make([]byte, ntpSize)
	a[0] = question[0]>>3&ntpMode<<3 | ntpServer
	a[1], a[2], a[3] = 1, question[2], byte(precision)
	binary.BigEndian.PutUint32(a[8:], millisecond)
	copy(a[12:], "LOCL")
	putNTP(a[16:], out.Truncate(16*time.Second))
	copy(a[24:], question[40:48])
	putNTP(a[32:], in)
	putNTP(a[40:], out)
	return a
}

// putNTP writes a time: seconds since 1900, and what they have after the binary point.
func putNTP(p []byte, t time.Time) {
	binary.BigEndian.PutUint32(p, uint32(t.Unix()+ntpEpoch))
	binary.BigEndian.PutUint32(p[4:], uint32(uint64(t.Nanosecond())<<32/uint64(time.Second)))
}

// timeServer is the first time server in the network that an own address is in.
func (n *Net) timeServer(own port.IP) (a port.IP, ok bool) {
	if n.cfg.Time.IsZero() {
		return a, false
	}
	for i, at := range n.addr {
		if at != own || own.IsAny() {
			continue
		}
		for _, a := range n.cfg.TimeServers {
			if a.Mask(n.mask[i]) == own.Mask(n.mask[i]) && a != own {
				return a, true
			}
		}
	}
	return a, false
}

// poolServer is the time server that a name of the pool leads to.
func (n *Net) poolServer(name string) (a port.IP, ok bool) {
	if !strings.HasSuffix("."+name, poolName) {
		return a, false
	}
	own, _ := n.route(a)
	return n.timeServer(own)
}

// poolFirst tells whether the host is not asked for names of the pool.
func (n *Net) poolFirst() bool {
	return n.cfg.TimeFirst || n.cfg.Policy != All || n.cfg.HostsOnly
}

// askTime answers a datagram to a time server of the simulated network; false if there is none
// at that address.
func (u *udp) askTime(p []byte, to port.IP, dst uint16) bool {
	n := u.n
	if dst != ntpPort || n.cfg.Time.IsZero() {
		return false
	}
	if _, led := n.forward(to, dst); led {
		return false
	}
	if _, led := n.cfg.Alias[to]; led {
		return false
	}
	own, _ := n.route(to)
	from := to
	if to == ntpGroup {
		var ok bool
		if from, ok = n.timeServer(own); !ok {
			return false
		}
	} else if _, inside := n.timeServer(own); !inside || !slices.Contains(n.cfg.TimeServers, to) {
		return false
	}
	now := n.cfg.Time.Add(n.loop.Now())
	if answer := AnswerNTP(p, now, now); answer != nil {
		u.run.inject(func() {
			if !u.closed && !n.muted(own) {
				n.received(func() { u.recv(answer, from, ntpPort) })
			}
		})
	}
	return true
}
