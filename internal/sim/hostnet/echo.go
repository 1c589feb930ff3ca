package hostnet

import (
	"context"
	"net/netip"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// echoLimit bounds the wait for an answer in real time: PING_TIMEOUT_MS
// (app/include/lwip/app/ping.h).
const echoLimit = time.Second

// Echo sends an echo request. The numbers run from 1 to 0x7FFE and then from 0
// (ping_prepare_echo, app/lwip/app/ping.c).
func (n *Net) Echo(to port.IP, size int, reply func()) uint16 {
	if n.echoSeq++; n.echoSeq == 0x7FFF {
		n.echoSeq = 0
	}
	seq := n.echoSeq
	own, ok := n.route(to)
	if !ok {
		return seq
	}
	r := n.run
	if !n.lend(sizeHeadersIP+(8+size+3)&^3, nameSegment) { // ping_send
		return seq
	}
	n.noEcho() // nobody waits for an older one any more
	if n.muted(own) {
		return seq
	}
	answer := func() {
		if n.echoSeq == seq {
			n.received(reply)
		}
	}
	if m := n.neighbour(to); m != nil {
		n.airEcho(m, r, answer)
		return seq
	}
	way, ok := n.way("ping", to, 0)
	if !ok {
		return seq
	}
	a := way.Addr()
	if n.cfg.Ping == nil && a.IsLoopback() {
		if n.fails(OpPing, way) == nil {
			r.inject(answer) // no need to ask, and the same order every time
		}
		return seq
	}
	n.ask(a, size, answer)
	return seq
}

// ask sends a request to the network, unless too many are under way.
func (n *Net) ask(a netip.Addr, size int, answer func()) {
	r, h := n.run, n.run.hold(echoLimit)
	ctx, cancel := context.WithTimeout(r.ctx, echoLimit)
	n.noEcho = cancel
	asked := r.spawnIn(&n.echoes, func() {
		defer cancel()
		ping := n.cfg.Ping
		if ping == nil {
			ping = icmpEcho
		}
		ok := n.fails(OpPing, netip.AddrPortFrom(a, 0)) == nil && ping(ctx, a, size)
		r.inject(func() {
			r.release(h)
			if ok {
				answer()
			}
		})
	})
	if !asked {
		cancel()
		r.release(h)
	}
}

// echoRequest is an ICMP message as the firmware sends it (PING_ID, and the data
// counting up); the host puts its own identifier in.
func echoRequest(size int) []byte {
	m := make([]byte, 8+size)
	m[0], m[4], m[5], m[7] = 8, 0xAF, 0xAF, 1
	for i := range m[8:] {
		m[8+i] = byte(i)
	}
	var sum uint32
	for i := 0; i < len(m); i += 2 {
		sum += uint32(m[i]) << 8
		if i+1 < len(m) {
			sum += uint32(m[i+1])
		}
	}
	for sum>>16 != 0 {
		sum = sum>>16 + sum&0xFFFF
	}
	m[2], m[3] = byte(^sum>>8), byte(^sum)
	return m
}
