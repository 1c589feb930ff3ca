package radio

import (
	"encoding/binary"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// sniffer is the radio in promiscuous mode, which needs a station (SDK). It hears the beacons of the networks on its
// channel, and what a step of the script makes a station send, with the answers to that;
// nothing else is in the air.
type sniffer struct {
	on      bool
	channel uint8 // 0 until one was chosen
	f       func(record []byte)
	since   time.Duration // when it began to listen, or heard beacons last
	timer   port.Timer    // the next beacon
	probes  int           // that stations have sent; it is outside of the chip
}

func (s *sniffer) reset() {
	s.timer.Disarm()
	*s = sniffer{timer: s.timer, probes: s.probes}
}

var _ port.Sniffer = (*Radio)(nil)

// Promiscuous implements port.Sniffer.
func (r *Radio) Promiscuous(on bool) {
	r.sniffer.on = on
	r.listen()
}

// OnFrame implements port.Sniffer.
func (r *Radio) OnFrame(f func(record []byte)) { r.sniffer.f = f }

// SetChannel implements port.Sniffer.
func (r *Radio) SetChannel(n uint8) bool {
	if n < 1 || n > channelMax {
		return false
	}
	r.sniffer.channel = n
	r.listen()
	return true
}

// beaconPhase is when a network sends its first beacon since power-on, so that not all send at
// once.
func (n *network) beaconPhase() time.Duration {
	return time.Duration(binary.BigEndian.Uint32(n.BSSID[2:])%(beaconUnits*1024)) * time.Microsecond
}

// nextBeacon is the number of a network's first beacon behind now, and when that is.
func (n *network) nextBeacon(now time.Duration) (k int, at time.Duration) {
	if phase := n.beaconPhase(); now >= phase {
		k = int((now-phase)/beaconInterval) + 1
	}
	return k, n.beaconPhase() + time.Duration(k)*beaconInterval
}

// hears tells whether a network is there on the sniffer's channel.
func (r *Radio) hears(n *network) bool {
	return !n.gone && !n.nameless && n.Channel == r.sniffer.channel
}

// listens tells whether the radio is in promiscuous mode.
func (r *Radio) listens() bool { return r.sniffer.on && r.mode.HasStation() }

// listen waits for the next beacon.
func (r *Radio) listen() {
	s := &r.sniffer
	s.timer.Disarm()
	if !r.listens() {
		return
	}
	now, next := r.loop.Now(), time.Duration(-1)
	s.since = now
	for _, n := range r.networks {
		if n.Channel != s.channel || n.nameless {
			continue
		}
		if _, at := n.nextBeacon(now); next < 0 || at < next {
			next = at
		}
	}
	if next >= 0 {
		s.timer.Arm(next-now, false)
	}
}

// beacons are those that are due: a clock that came late gives the newest of each network only.
func (r *Radio) beacons() {
	now := r.loop.Now()
	for _, n := range r.networks {
		k, at := n.nextBeacon(now)
		if k, at = k-1, at-beaconInterval; at <= r.sniffer.since || !r.hears(n) {
			continue
		}
		f := newFrame(subtypeBeacon, port.BroadcastMAC(), n.BSSID, n.BSSID, k+n.answers)
		f.network(n, r.country, at, true)
		r.hear(f.b, n.RSSI)
	}
	r.listen()
}

func (r *Radio) hear(f []byte, rssi int8) {
	if s := &r.sniffer; r.listens() && s.f != nil {
		s.f(record(f, rssi, s.channel))
	}
}

// probedInAir is a station that asks on each channel, and the answers on that of the sniffer.
func (r *Radio) probedInAir(m port.MAC, rssi int8) {
	r.sniffer.probes++
	for _, n := range r.networks {
		if !n.Hidden {
			n.answers++
		}
	}
	s := &r.sniffer
	if !r.listens() {
		return
	}
	r.hear(probeRequest(m, s.channel, s.probes), rssi)
	now := r.loop.Now()
	for _, n := range r.networks {
		if n.Hidden || !r.hears(n) {
			continue
		}
		k, _ := n.nextBeacon(now)
		f := newFrame(subtypeProbeResponse, m, n.BSSID, n.BSSID, k-1+n.answers)
		f.network(n, r.country, now, false)
		r.hear(f.b, n.RSSI)
	}
}
