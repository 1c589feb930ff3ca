package coap

import (
	"time"

	"moonlet.example/moonlet/internal/espconn"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// What a request takes from the device heap (coap_pdu_t, coap_packet_t and their buffers), and
// while a confirmable one waits for its answer (coap_queue_t).
const (
	uriSize    = 28 // and the text with a zero byte
	pduSize    = 20
	packetSize = 228
	bufferSize = maxRequest + 1

	pduScratch = 0 // addresses of its blocks
	pduPacket  = 8
	pduBuffer  = 12
	pduLength  = 16 // of the message in the buffer

	nodeNext    = 0
	nodeTime    = 4 // ms until it is sent again, behind the node before it
	nodeCount   = 8 // how often it was
	nodeTimeout = 12
	nodeID      = 16
	nodePDU     = 20
	nodeConn    = 24
	nodeSize    = 28
)

const (
	firstTimeout = 2000 // ms, and up to half as long again
	maxRepeats   = 4
	// The system's time in ms goes back to 0 here (SYS_TIME_MAX).
	systemTimeMax = 0xFFFFFFFF / 1000
)

// token is that of all requests.
const token = "node"

// newPDU takes the blocks of a request in their order; 0 if there is no memory.
func (c module) newPDU() mem.Addr {
	pdu := c.L.Alloc(pduSize)
	if pdu == 0 {
		return 0
	}
	c.m.Zero(pdu, pduSize)
	for _, b := range pduBlocks {
		at := c.L.Alloc(b.size)
		if at == 0 {
			c.freePDU(pdu)
			return 0
		}
		c.m.Zero(at, mem.Addr(b.size))
		c.m.SetPtr(pdu+b.off, at)
	}
	return pdu
}

var pduBlocks = [...]struct {
	off  mem.Addr
	size int
}{{pduScratch, scratchSize}, {pduPacket, packetSize}, {pduBuffer, bufferSize}}

func (c module) freePDU(pdu mem.Addr) {
	for _, b := range pduBlocks {
		if at := c.m.Ptr(pdu + b.off); at != 0 {
			c.L.Free(at, b.size)
		}
	}
	c.L.Free(pdu, pduSize)
}

// request is client:get, post, put and delete([type,] uri [, payload]) (coap_request).
func request(L state.State, method uint8) int {
	c := moduleOf(L)
	o := checkObject(L, clientType)
	n, ok := port.NetOf(L.Host())
	if !ok {
		return L.Errorf("%s", port.NoNet.Error())
	}
	arg, kind := 2, uint8(typeCON)
	if L.IsNumber(arg) {
		t, _ := L.ToInteger(arg)
		if t = int64(int32(t)); t != typeCON && t != typeNON {
			return L.Errorf("wrong arg type")
		}
		arg, kind = arg+1, uint8(t)
	}
	uri := L.CheckBytes(arg)
	block, blockSize := mem.Addr(0), uriSize+len(uri)+1
	if block = L.Alloc(blockSize); block == 0 {
		return L.Errorf("uri wrong format.")
	}
	t, fits := parseURI(uri)
	options, few := t.options()
	switch {
	case !fits || !few:
		L.Free(block, blockSize)
		return L.Errorf("uri wrong format.")
	case len(t.host)+1 > hostSize:
		L.Free(block, blockSize)
		return L.Errorf("host too long")
	}
	u := c.udp(o.conn())
	u.SetRemotePort(uint32(t.port))
	u.SetLocalPort(int32(u.RandomPort()))
	if len(t.host) > 0 {
		a, ok := port.ParseIP(cut(string(t.host)))
		if !ok {
			a = port.IP{255, 255, 255, 255} // names are not looked up
		}
		u.SetRemoteIP(a)
	}
	pdu := c.newPDU()
	if pdu == 0 {
		L.Free(block, blockSize)
		return L.Errorf("alloc fail")
	}
	var payload []byte
	if L.IsString(arg + 1) {
		payload = L.CheckBytes(arg + 1)
	}
	id := c.nextID()
	m := message{kind: kind, code: method, id: [2]byte{byte(id >> 8), byte(id)}, token: []byte(token), options: options, payload: payload}
	p, w := m.build(maxRequest)
	if w == 0 {
		copy(c.m.Bytes(c.m.Ptr(pdu+pduBuffer), bufferSize), p)
		c.m.SetU32(pdu+pduLength, uint32(len(p)))
		u.Create(n, true, func(p []byte) { c.main().answered(u.Addr(), p) })
	}
	if w != 0 || kind != typeCON || !c.sendConfirmed(u, pdu) {
		if w == 0 && kind != typeCON {
			c.send(u, pdu)
		}
		c.freePDU(pdu)
	}
	L.Free(block, blockSize)
	return 0
}

// hostSize is the room for the text of an address, with a zero byte.
const hostSize = 64

// nextID counts the requests since the start, from a number that is chosen then.
func (c module) nextID() uint16 {
	id := c.m.U16(c.at + offMessageID)
	c.m.SetU16(c.at+offMessageID, id+1)
	return id
}

// send sends a request, once more or for the first time, and gives the number of the
// transaction (coap_send).
func (c module) send(u espconn.UDP, pdu mem.Addr) int32 {
	p := c.m.Bytes(c.m.Ptr(pdu+pduBuffer), mem.Addr(c.m.U32(pdu+pduLength)))
	u.Send(p)
	a, p2 := u.Remote()
	return transaction(a, p2, [2]byte(p[2:4]))
}

// sendConfirmed sends a request and keeps it until there is an answer; false if there is no
// memory for that, and nothing is sent then (coap_send_confirmed). How long that waits the
// firmware draws from the C library, and this from the chip.
func (c module) sendConfirmed(u espconn.UDP, pdu mem.Addr) bool {
	node := c.L.Alloc(nodeSize)
	if node == 0 {
		return false
	}
	c.m.Zero(node, nodeSize)
	c.m.SetI32(node+nodeID, c.send(u, pdu))
	timeout := firstTimeout + 1000*(c.chip.System().Random()&0xFF)>>8
	c.m.SetU32(node+nodeTimeout, timeout)
	c.m.SetPtr(node+nodeConn, u.Addr())
	c.m.SetPtr(node+nodePDU, pdu)
	c.stopTimer()
	c.passed()
	c.m.SetU32(node+nodeTime, timeout)
	c.insert(node)
	c.startTimer()
	return true
}

// answered is told a datagram (coap_response_handler). Nothing of an answer reaches Lua; it only
// ends a request.
func (c module) answered(conn mem.Addr, p []byte) {
	if len(p) > maxMessage {
		return
	}
	u := c.udp(conn)
	m, w := parse(p)
	if w == 0 && string(m.token) == token && m.kind != typeReset {
		a, remote := u.Remote()
		c.stopTimer()
		c.remove(func(node mem.Addr) bool { return c.m.I32(node+nodeID) == transaction(a, remote, m.id) })
		c.passed()
		c.startTimer()
	}
	if c.m.Ptr(c.at+offQueue) == 0 {
		u.Delete()
	}
}

// The requests that wait are a list in the order of their times, each of which counts from the
// one before (app/coap/node.c).

func (c module) time(node mem.Addr) uint32       { return c.m.U32(node + nodeTime) }
func (c module) setTime(node mem.Addr, t uint32) { c.m.SetU32(node+nodeTime, t) }

func (c module) insert(node mem.Addr) {
	link, t := c.at+offQueue, c.time(node)
	for {
		next := c.m.Ptr(link)
		// Behind those that are due at the same time.
		if next == 0 || t < c.time(next) {
			c.setTime(node, t)
			c.m.SetPtr(node+nodeNext, next)
			c.m.SetPtr(link, node)
			if next != 0 {
				c.setTime(next, c.time(next)-t)
			}
			return
		}
		t -= c.time(next)
		link = next + nodeNext
	}
}

// remove takes the first request that fits away, with what it has.
func (c module) remove(fits func(node mem.Addr) bool) bool {
	link := c.at + offQueue
	for node := c.m.Ptr(link); node != 0; node = c.m.Ptr(link) {
		if !fits(node) {
			link = node + nodeNext
			continue
		}
		next := c.m.Ptr(node + nodeNext)
		c.m.SetPtr(link, next)
		if next != 0 {
			c.setTime(next, c.time(next)+c.time(node))
		}
		c.freeNode(node)
		return true
	}
	return false
}

func (c module) freeNode(node mem.Addr) {
	c.freePDU(c.m.Ptr(node + nodePDU))
	c.L.Free(node, nodeSize)
}

// forget takes away what a client waits for that is collected; the firmware sends that again
// from memory which it has given back.
func (c module) forget(conn mem.Addr) {
	c.stopTimer()
	c.passed()
	for c.remove(func(node mem.Addr) bool { return c.m.Ptr(node+nodeConn) == conn }) {
	}
	c.startTimer()
}

// passed takes the time that has passed since the last call from the first request
// (coap_timer_update).
func (c module) passed() {
	now, before := c.chip.System().SystemTime()/1000, c.m.U32(c.at+offBase)
	c.m.SetU32(c.at+offBase, now)
	since := now - before
	if now < before {
		since += systemTimeMax
	}
	if first := c.m.Ptr(c.at + offQueue); first != 0 {
		c.setTime(first, c.time(first)-min(since, c.time(first)))
	}
}

func (c module) timer() port.Timer {
	if h := c.m.U32(c.at + offTimer); h != 0 {
		return c.L.Handle(h).(port.Timer)
	}
	t := c.chip.Loop().NewTimer(c.main().tick)
	c.m.SetU32(c.at+offTimer, c.L.NewHandle(t))
	return t
}

func (c module) stopTimer() { c.timer().Disarm() }

func (c module) startTimer() {
	if first := c.m.Ptr(c.at + offQueue); first != 0 {
		c.timer().Arm(time.Duration(c.time(first))*time.Millisecond, false)
	}
}

// tick sends the first request again, or gives it up (coap_timer_tick).
func (c module) tick() {
	node := c.m.Ptr(c.at + offQueue)
	if node == 0 {
		return
	}
	c.m.SetPtr(c.at+offQueue, c.m.Ptr(node+nodeNext))
	c.m.SetPtr(node+nodeNext, 0)
	n := c.m.U8(node + nodeCount)
	if n < maxRepeats {
		n++
		c.m.SetU8(node+nodeCount, n)
		c.setTime(node, c.m.U32(node+nodeTimeout)<<n)
		c.m.SetI32(node+nodeID, c.send(c.udp(c.m.Ptr(node+nodeConn)), c.m.Ptr(node+nodePDU)))
		c.insert(node)
	} else {
		c.freeNode(node)
	}
	c.startTimer()
}
