package mqtt

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
)

// connAckSize is how long CONNACK is, in bytes; the last one is the code.
const connAckSize = 4

// Received implements espconn.Handler (mqtt_socket_received). What the segment ends with, if it
// is not a whole packet, waits in a block: one of the packet's length where that is known, else
// one of what there is.
func (c *client) Received(p []byte) {
	switch c.get(uReceiving) {
	case bufferShort:
		if !c.receivedShort(p) {
			return
		}
	case bufferPacket:
		if !c.receivedPart(p) {
			return
		}
	case skipPacket:
		skip := int(c.m.U32(c.at + uSkip))
		if skip > len(p) {
			c.set(uSkip, skip-len(p))
			break
		}
		c.set(uSkip, 0)
		c.set(uReceiving, takePackets)
		if !c.packets(p[skip:]) {
			return
		}
	default:
		if !c.packets(p) {
			return
		}
	}
	c.sendNext()
}

// receivedShort joins a segment to the few bytes that there are.
func (c *client) receivedShort(p []byte) bool {
	short := c.buffer()
	whole := block{size: short.size + len(p)}
	if whole.size <= mem16 {
		whole.at = c.alloc(whole.size)
	}
	if whole.at == 0 {
		c.disconnect()
		return false
	}
	copy(c.bytes(whole), c.bytes(short))
	copy(c.bytes(whole)[short.size:], p)
	c.freeBuffer()
	c.set(uReceiving, takePackets)
	ok := c.packets(c.bytes(whole))
	c.L.Free(whole.at, whole.size)
	return ok
}

// mem16 is the largest number of 16 bits.
const mem16 = 1<<16 - 1

// receivedPart adds what belongs to the packet that waits; when it is whole, it and the rest of
// the segment are taken.
func (c *client) receivedPart(p []byte) bool {
	b, end := c.buffer(), c.m.Ptr(c.at+uBufferEnd)
	room := c.bytes(b)[end-b.at:]
	n := copy(room, p)
	c.m.SetPtr(c.at+uBufferEnd, end+mem.Addr(n))
	if n < len(room) {
		return true
	}
	c.set(uReceiving, takePackets)
	conn := c.conn
	if !c.packets(c.bytes(b)) || c.conn != conn {
		return false
	}
	c.freeBuffer()
	return c.packets(p[n:])
}

// packets takes the packets that have come. It is false when the connection has no more to do
// with the client, or is being closed for want of memory.
func (c *client) packets(in packet) bool {
	for len(in) > 0 {
		switch c.get(uConnState) {
		case stateSending, stateWaiting:
			return c.connAck(in)
		case stateAccepted:
		default:
			return true
		}
		n, ok := c.take(in)
		if !ok || n >= len(in) {
			return ok
		}
		in = in[n:]
	}
	return true
}

// connAck takes the answer to CONNECT. What comes behind it in the same segment is lost, as in
// the firmware, which also reads a code that has not come yet.
func (c *client) connAck(in packet) bool {
	if in.kind() == typeConnAck && len(in) < connAckSize {
		return c.keep(in, len(in), bufferShort)
	}
	c.armKeepalive()
	conn := c.conn
	switch {
	case in.kind() != typeConnAck:
		c.giveUp(failNoConnAck)
	case in[connAckSize-1] != accepted:
		c.giveUp(int(in[connAckSize-1]))
	default:
		c.set(uConnState, stateAccepted)
		c.setBool(uPingWaits, false)
		c.call(uOnConnect, nil)
	}
	return c.conn == conn
}

// keep puts the beginning of a packet into a block of a size until more of it comes.
func (c *client) keep(in packet, size, what int) bool {
	at := c.alloc(size)
	if at == 0 {
		c.disconnect()
		return false
	}
	copy(c.m.Bytes(at, mem.Addr(size)), in)
	c.m.SetPtr(c.at+uBuffer, at)
	c.m.SetPtr(c.at+uBufferEnd, at+mem.Addr(len(in)))
	c.set(uReceiving, what)
	c.set(uSkip, 0)
	c.m.SetU16(c.at+uBufferSize, uint16(size))
	return true
}

// take takes the first packet of in, and tells how long it is: more than there is where the rest
// comes later. ok is false as for packets.
func (c *client) take(in packet) (n int, ok bool) {
	n = in.total()
	if n == malformed {
		c.disconnect()
		return 0, false
	}
	if n > int(c.m.U16(c.at+uMax)) {
		if in.qos() == 0 || in.id() != 0 {
			return n, c.skip(in, n)
		}
		n = cutOff // its number is needed
	}
	switch {
	case n == cutOff:
		return len(in), c.keep(in, len(in), bufferShort)
	case n > len(in):
		return n, c.keep(in, n, bufferPacket)
	}
	conn := c.conn
	c.packet(in[:n], in.id())
	return n, c.conn == conn
}

// skip passes a packet of n bytes that is too long. Of a message, what is there is told, and the
// rest is as good as received.
func (c *client) skip(in packet, n int) bool {
	if in.kind() == typePublish {
		conn := c.conn
		qos, id := in.qos(), in.id()
		c.deliver(uOnOverflow, in)
		if c.conn != conn {
			return false
		}
		c.acknowledge(qos, id)
	}
	if n > len(in) {
		c.set(uReceiving, skipPacket)
		c.set(uSkip, n-len(in))
	}
	return true
}

// acknowledge queues the answer to a message.
func (c *client) acknowledge(qos int, id uint16) {
	switch qos {
	case 1:
		c.answer(typePubAck, id)
	case 2:
		c.answer(typePubRec, id)
	}
}

// deliver calls back with a message, of which there may be a part. A message without a topic is
// none, and one without data has no third argument.
func (c *client) deliver(field state.Addr, p packet) {
	topic, data, ok := p.message()
	if !ok || len(topic) == 0 {
		return
	}
	c.call(field, func(L state.State) int {
		L.PushBytes(topic)
		if len(data) == 0 {
			return 1
		}
		L.PushBytes(data)
		return 2
	})
}

// packet takes a whole packet. Answers count only if they are to the packet under way.
func (c *client) packet(p packet, id uint16) {
	first := c.head()
	switch p.kind() {
	case typeSubAck:
		c.done(first.is(typeSubscribe, id), uOnSubAck)
	case typeUnsubAck:
		c.done(first.is(typeUnsubscribe, id), uOnUnsubAck)
	case typePublish:
		c.acknowledge(p.qos(), id)
		c.deliver(uOnMessage, p)
	case typePubAck:
		c.done(first.is(typePublish, id), uOnPubAck)
	case typePubRec:
		c.goOn(first.is(typePublish, id), typePubRel, id)
	case typePubRel:
		c.goOn(first.is(typePubRec, id), typePubComp, id)
	case typePubComp:
		c.done(first.is(typePubRel, id), uOnPubAck)
	case typePingReq:
		c.answer(typePingResp, 0)
	case typePingResp:
		c.setBool(uPingWaits, false)
	}
}

// done removes the packet under way, which has its answer, and tells so.
func (c *client) done(ok bool, field state.Addr) {
	if ok {
		c.dequeue()
		c.call(field, nil)
	}
}

// goOn replaces the packet under way by the next one of its exchange, which goes to the end of
// the queue.
func (c *client) goOn(ok bool, kind int, id uint16) {
	if ok {
		c.dequeue()
		c.answer(kind, id)
	}
}
