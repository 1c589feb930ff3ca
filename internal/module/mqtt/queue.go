package mqtt

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
)

// Offsets in a node of the queue (msg_queue_t), and its size, in bytes.
const (
	nNext   = 0
	nData   = 4
	nLength = 8  // 16 bits
	nID     = 12 // 16 bits
	nKind   = 16
	nQoS    = 20 // of a PUBLISH
	nSent   = 24 // byte: it was given to TCP
	nSize   = 28
)

// node is a packet that waits, or the one under way, which is the first; at is 0 for none.
type node struct {
	m  mem.Mem
	at mem.Addr
}

func (n node) data() []byte { return n.m.Bytes(n.m.Ptr(n.at+nData), mem.Addr(n.length())) }
func (n node) length() int  { return int(n.m.U16(n.at + nLength)) }
func (n node) kind() int    { return int(n.m.I32(n.at + nKind)) }
func (n node) qos() int     { return int(n.m.I32(n.at + nQoS)) }

// is tells whether it is of a type and has a number.
func (n node) is(kind int, id uint16) bool {
	return n.at != 0 && n.kind() == kind && n.m.U16(n.at+nID) == id
}

// alloc takes zeroed bytes from the device heap, 0 if there are none.
func (c *client) alloc(n int) mem.Addr {
	at := c.L.Alloc(n)
	if at != 0 {
		c.m.Zero(at, mem.Addr(n))
	}
	return at
}

// head is the first node.
func (c *client) head() node { return node{c.m, c.m.Ptr(c.at + uQueue)} }

// enqueue appends a packet (msg_enqueue): two blocks, with no limit but the heap. It is false
// for a packet that was not built, and where there is no memory.
func (c *client) enqueue(p packet, id uint16, kind, qos int) bool {
	if len(p) == 0 {
		return false
	}
	at := c.alloc(nSize)
	if at == 0 {
		return false
	}
	data := c.alloc(len(p))
	if data == 0 {
		c.L.Free(at, nSize)
		return false
	}
	copy(c.m.Bytes(data, mem.Addr(len(p))), p)
	c.m.SetPtr(at+nData, data)
	c.m.SetU16(at+nLength, uint16(len(p)))
	c.m.SetU16(at+nID, id)
	c.m.SetI32(at+nKind, int32(kind))
	c.m.SetI32(at+nQoS, int32(qos))
	link, waiting := c.at+uQueue, 0
	for next := c.m.Ptr(link); next != 0; next = c.m.Ptr(next + nNext) {
		link = next + nNext
		waiting++
	}
	c.m.SetPtr(link, at)
	c.L.Charge((len(p) + waiting) / workPerUnit)
	return true
}

// workPerUnit is how many bytes are copied, or nodes passed, in a unit of work: an assumption.
const workPerUnit = 16

// answer appends a packet that the module sends by itself.
func (c *client) answer(kind int, id uint16) {
	p := packet(bare(kind))
	if kind >= typePubAck && kind <= typePubComp {
		p = acknowledge(kind, id)
	}
	c.enqueue(p, id, kind, p.qos())
}

// dequeue removes the first node.
func (c *client) dequeue() {
	n := c.head()
	c.m.SetPtr(c.at+uQueue, c.m.Ptr(n.at+nNext))
	c.L.Free(c.m.Ptr(n.at+nData), n.length())
	c.L.Free(n.at, nSize)
}

// dropQueue removes all.
func (c *client) dropQueue() {
	for c.head().at != 0 {
		c.dequeue()
	}
}

// block is a piece of the device heap.
type block struct {
	at   state.Addr
	size int
}

// buffer is the block that a part of a packet waits in.
func (c *client) buffer() block {
	return block{c.m.Ptr(c.at + uBuffer), int(c.m.U16(c.at + uBufferSize))}
}

func (c *client) bytes(b block) []byte { return c.m.Bytes(b.at, mem.Addr(b.size)) }

func (c *client) freeBuffer() {
	if b := c.buffer(); b.at != 0 {
		c.L.Free(b.at, b.size)
		c.m.SetPtr(c.at+uBuffer, 0)
	}
}
