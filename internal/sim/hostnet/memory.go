package hostnet

import (
	"slices"

	"moonlet.example/moonlet/internal/port"
)

// What lwIP asks the heap for, in bytes. The firmware builds lwIP from source, with
// MEMP_MEM_MALLOC and MEM_LIBC_MALLOC set to 1 (app/include/lwipopts.h): there are no
// pools, each record is an allocation of its own. The sizes are those of the structures
// in app/include/lwip on a 32-bit processor. That of a connection agrees with the 184
// bytes that Arduino programs miss while one lingers (esp8266/Arduino#2332, where two
// words less are configured): 168 and the allocator's header of 16.
const (
	sizeTCP      = 176 // struct tcp_pcb
	sizeListener = 36  // struct tcp_pcb_listen
	sizeUDP      = 36  // struct udp_pcb
	sizeSegment  = 20  // struct tcp_seg
	sizePbuf     = 20  // struct pbuf; alone where it refers to a buffer of the driver
	sizeGroup    = 20  // struct igmp_group

	// A packet to be sent is one block (pbuf_alloc with PBUF_RAM, app/lwip/core/pbuf.c):
	// struct pbuf, room for the headers of TCP (20), IP (20), Ethernet (14) and the
	// radio (36), rounded up to a word, and the data.
	sizeHeaders   = (sizePbuf + 20 + 20 + 14 + 36 + 3) &^ 3
	sizeHeadersIP = (sizePbuf + 20 + 14 + 36 + 3) &^ 3 // where TCP has no part in it

	synOptions   = 4   // LWIP_TCP_OPT_LENGTH(TF_SEG_OPTS_MSS)
	earlySegment = 536 // mss before the peer has told its own (tcp_alloc, app/lwip/core/tcp.c)
	maxSegments  = 8   // TCP_SND_QUEUELEN

	dnsAnswer = 512 + 3      // LWIP_MEM_ALIGN_BUFFER(DNS_MSG_SIZE), while an answer is read
	dnsQuery  = 12 + 256 + 4 // SIZEOF_DNS_HDR + DNS_MAX_NAME_LENGTH + SIZEOF_DNS_QUERY
)

// Names of blocks in reports.
const (
	nameTCP      = "lwIP: TCP connection"
	nameWait     = "lwIP: closed TCP connection (TIME_WAIT)"
	nameListener = "lwIP: TCP server"
	nameUDP      = "lwIP: UDP socket"
	nameSegment  = "lwIP: data to send"
	nameReceived = "lwIP: received packet"
	nameDNS      = "lwIP: name look-up"
	nameGroup    = "lwIP: multicast group"
)

// noMemory is a heap without end, for a stack whose memory does not count.
type noMemory struct{}

func (noMemory) Take(int, string) port.Block { return 1 }
func (noMemory) Rename(port.Block, string)   {}
func (noMemory) Give(port.Block)             {}

// take takes a block, or nothing of size 0; false if there is none.
func (n *Net) take(size int, what string) (at port.Block, ok bool) {
	if size == 0 {
		return 0, true
	}
	at = n.cfg.Memory.Take(size, what)
	return at, at != 0
}

func (n *Net) give(at port.Block) {
	if at != 0 {
		n.cfg.Memory.Give(at)
	}
}

// packet is the size of a packet with n bytes of data.
func packet(n int) int { return sizeHeaders + (n+3)&^3 }

// lend takes memory until the current task is over: the radio's driver, which still has
// the packet then, has a task of its own.
func (n *Net) lend(size int, what string) bool {
	at, ok := n.take(size, what)
	if ok {
		n.run.inject(func() { n.give(at) })
	}
	return ok
}

// received is what a packet takes while somebody reads it.
func (n *Net) received(f func()) {
	own, _ := n.take(sizePbuf, nameReceived)
	driver, _ := n.take(n.cfg.Packet, nameReceived)
	r := n.run
	f()
	if n.run == r { // else the heap is another one
		n.give(own)
		n.give(driver)
	}
}

// newPCB is tcp_alloc: where memory is short, the connection goes that has been closed
// for longest, then the one that has been silent for longest.
func (n *Net) newPCB() (at port.Block, ok bool) {
	if at, ok = n.take(sizeTCP, nameTCP); ok {
		return at, true
	}
	if len(n.waiting) > 0 {
		n.waiting[0].end()
	}
	if at, ok = n.take(sizeTCP, nameTCP); ok {
		return at, true
	}
	if c := n.silent(); c != nil {
		c.kill()
	}
	return n.take(sizeTCP, nameTCP)
}

// silent is the connection that tcp_kill_prio would choose: all have the same
// priority, and the oldest of those that are equal goes.
func (n *Net) silent() (found *conn) {
	longest, now := 0, n.ticks()
	for _, c := range n.conns { // newest first, as lwIP lists them
		if since := now - c.tmr; c.state != stClosed && since >= longest {
			found, longest = c, since
		}
	}
	return found
}

// lingering is a connection in the state TIME_WAIT: nothing but its memory is left.
type lingering struct {
	n     *Net
	block port.Block
	port  uint16 // its own
	timer port.Timer
}

// linger keeps the record of a connection that this side has closed until more than
// 2 × TCP_MSL (app/include/lwipopts.h) have passed since the peer was last heard of before, in
// slow tick heard. Where there are too many, the oldest goes, as if memory for another
// connection were short.
func (n *Net) linger(block port.Block, own uint16, heard int) {
	if n.cfg.Lingering <= 0 {
		n.give(block)
		return
	}
	if len(n.waiting) >= n.cfg.Lingering {
		n.waiting[0].end()
	}
	n.cfg.Memory.Rename(block, nameWait)
	w := &lingering{n: n, block: block, port: own}
	w.timer = port.NewSDKTimer(n.loop, w.end)
	w.timer.Arm(n.clock.at(max(heard+ticksMSL, n.ticks())+1)-n.loop.Now(), false)
	n.waiting = append(n.waiting, w)
}

// end frees it.
func (w *lingering) end() {
	w.timer.Disarm()
	w.n.give(w.block)
	if i := slices.Index(w.n.waiting, w); i >= 0 {
		w.n.waiting = slices.Delete(w.n.waiting, i, i+1)
	}
	w.n.unregistered()
}

// segment is a piece of data that the connection keeps until the peer has it
// (struct tcp_seg and its pbuf).
type segment struct {
	record, data port.Block
	ref          port.Block // the pbuf of data that are elsewhere
	text         []byte
	seq          int  // sequence number of its first byte, 0 before it leaves
	fin          bool // the connection ends behind it
}

// length is how many sequence numbers the segment takes.
func (s *segment) length() int {
	if s.fin {
		return len(s.text) + 1
	}
	return len(s.text)
}

func (n *Net) newSegment(size int) (s segment, ok bool) {
	if s.data, ok = n.take(packet(size), nameSegment); !ok {
		return s, false
	}
	if s.record, ok = n.take(sizeSegment, nameSegment); !ok {
		n.give(s.data)
	}
	return s, ok
}

func (n *Net) freeSegments(list []segment) {
	for _, s := range list {
		n.give(s.data)
		n.give(s.ref)
		n.give(s.record)
	}
}

// refer queues p as tcp_write does with data that it need not copy: in segments of their own,
// each with a pbuf that refers to them and one for the headers. lwIP would put the first of them
// into a segment that is not full; those who write so write full ones.
func (c *conn) refer(p []byte) bool {
	var list []segment
	for rest := p; len(rest) > 0; {
		k := min(port.TCPSegment, len(rest))
		ref, ok := c.n.take(sizePbuf, nameSegment)
		s := segment{}
		if ok = ok && len(c.segments)+len(list) < maxSegments; ok {
			s, ok = c.n.newSegment(0)
		}
		if !ok {
			c.n.give(ref)
			c.n.freeSegments(list)
			return false
		}
		s.ref, s.text = ref, append([]byte(nil), rest[:k]...)
		list, rest = append(list, s), rest[k:]
	}
	c.room, c.segments = 0, append(c.segments, list...)
	return true
}

// buffer finds place for p as tcp_write does: first behind the data of the last
// segment that has not left, then in new ones, each of which has the size of the
// largest. Nothing changes if there is no place for all.
func (c *conn) buffer(p []byte) bool {
	mss, most := port.TCPSegment, maxSegments
	if c.state == stSynSent {
		mss, most = earlySegment, maxSegments-1 // the request to connect is one
	}
	if len(c.segments) >= most {
		return false
	}
	size, room, list := len(p), c.room, []segment(nil)
	for size > room {
		size -= room
		s, ok := segment{}, len(c.segments)+len(list) < most
		if ok {
			s, ok = c.n.newSegment(mss)
		}
		if !ok {
			c.n.freeSegments(list)
			return false
		}
		list, room = append(list, s), mss
	}
	if c.room > 0 {
		last, k := &c.segments[len(c.segments)-1], min(c.room, len(p))
		last.text = append(last.text, p[:k]...)
		p = p[k:]
	}
	for i := range list {
		k := min(mss, len(p))
		list[i].text = append(list[i].text, p[:k]...)
		p = p[k:]
	}
	c.room = room - size
	c.segments = append(c.segments, list...)
	return true
}

// nameTable are the names that are or were looked up (dns_table, app/lwip/core/dns.c).
// The table is static; the text of each name is a block, which stays when its entry is
// free again and changes its size for the next name.
type nameTable struct {
	entries [port.DNSQueries]nameEntry
	seq     int
}

type nameEntry struct {
	block    port.Block
	busy     bool // the look-up is under way
	known    bool // it had an answer
	sequence int
}

// enter finds an entry for a name as dns_enqueue does; nil if all are busy or there is no
// memory. lwIP keeps an answer for as long as its server says; here that is until
// the entry is needed.
func (n *Net) enter(name string) *nameEntry {
	e := n.names.choose()
	if e == nil {
		return nil
	}
	old := e.block
	var ok bool
	if e.block, ok = n.take(len(name)+1, nameDNS); !ok {
		return nil // dns_enqueue forgets the old block then, too
	}
	n.give(old)
	n.names.seq++
	e.busy, e.known, e.sequence = true, false, n.names.seq
	return e
}

// choose finds an entry that is free, else the oldest that has its answer.
func (t *nameTable) choose() (found *nameEntry) {
	for i := range t.entries {
		e := &t.entries[i]
		if !e.busy && !e.known {
			return e
		}
		if e.known && (found == nil || e.sequence < found.sequence) {
			found = e
		}
	}
	return found
}
