package hostnet

import (
	"context"
	"time"

	"moonlet/internal/port"
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
	if _, ok := n.route(to); !ok {
		return seq
	}
	a := n.outside(to, 0, func(p uint16) uint16 { return p }).Addr()
	r := n.run
	if !n.lend(sizeHeadersIP+(8+size+3)&^3, nameSegment) { // ping_send
		return seq
	}
	answer := func() {
		if n.echoSeq == seq {
			n.received(reply)
		}
	}
	if n.cfg.Ping == nil && a.IsLoopback() {
		r.inject(answer) // no need to ask, and the same order every time
		return seq
	}
	h := r.hold(echoLimit)
	r.spawn(func() {
		ctx, cancel := context.WithTimeout(r.ctx, echoLimit)
		defer cancel()
		ask := n.cfg.Ping
		if ask == nil {
			ask = icmpEcho
		}
		ok := ask(ctx, a, size)
		r.inject(func() {
			r.release(h)
			if ok {
				answer()
			}
		})
	})
	return seq
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
