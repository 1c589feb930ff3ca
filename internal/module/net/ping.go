package net

import (
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Offsets in net_ping_t (app/modules/net_ping.c), a userdata, and its size.
const (
	pingCount = 0 // how many requests, 0 for the default
	pingIP    = 4
	pingRef   = 24 // reference: the closure that has the callbacks and the userdata
	pingSize  = 28
)

// Offsets in struct ping_msg (app/include/lwip/app/ping.h), which is outside
// Lua's account, and its size.
const (
	msgStart   = 8  // µs
	msgSent    = 12 // µs
	msgLost    = 16
	msgMax     = 20
	msgLeft    = 24
	msgPeriod  = 28 // ms
	msgSize    = 32
	pingPeriod = 1000 // PING_COARSE and PING_TIMEOUT_MS, ms
	pingData   = 32   // PING_DATA_SIZE, bytes
	pingTimes  = 4    // DEFAULT_PING_MAX_COUNT

	rawSize     = 28 // struct raw_pcb
	timeoutSize = 16 // struct sys_timeo, one for each timer that is armed
)

// ping is net.ping.
func ping(L state.State) int {
	name := cString(L, 1)
	count := int64(0)
	n := 4
	if L.IsFunction(2) {
		n = 3
	} else {
		count = L.OptInteger(2, 0)
	}
	L.SetTop(n)
	L.ArgCheck(L.IsFunction(-2), -2, "no received callback specified")
	L.ArgCheck(L.IsFunction(-1) || L.IsNil(-1), -1, "invalid sent callback, function expected")
	g := &pinger{main: L.MainThread(), m: L.Mem(), at: L.NewUserdata(pingSize), chip: chip(L), net: network(L)}
	L.PushClosure(pingReport, 3)
	g.m.SetI32(g.at+pingRef, int32(L.Ref(state.RegistryIndex)))
	g.m.SetU32(g.at+pingCount, uint32(count))

	addr, err := g.net.Resolve(name, func(addr port.IP, ok bool) { g.start(g.main, addr, ok) })
	switch err {
	case port.NetOK:
		g.start(g.main, addr, !addr.IsBroadcast())
	case port.NetErrInProgress:
	default:
		g.release(L)
		return L.Errorf("lwip error %d", int(err))
	}
	return 0
}

// pinger is a series of requests under way.
type pinger struct {
	main state.State
	m    mem.Mem
	chip port.Chip
	net  port.Net
	at   state.Addr // the userdata
	msg  state.Addr
	raw  state.Addr // lwIP's record

	lost timeout
	next timeout
}

// timeout is a timer of lwIP (sys_timeout): it has a block on the heap while it is armed.
type timeout struct {
	g     *pinger
	timer port.Timer
	block state.Addr
}

func (g *pinger) timeout(f func()) timeout {
	t := timeout{g: g}
	t.timer = g.chip.Loop().NewTimer(f)
	return t
}

func (t *timeout) arm(d time.Duration) {
	t.block = t.g.main.Alloc(timeoutSize)
	t.timer.Arm(d, false)
}

// over frees the block of a timer that has fired or is not wanted any more.
func (t *timeout) over() {
	t.timer.Disarm()
	if t.block != 0 {
		t.g.main.Free(t.block, timeoutSize)
		t.block = 0
	}
}

func (g *pinger) word(f state.Addr) uint32       { return g.m.U32(g.msg + f) }
func (g *pinger) setWord(f state.Addr, n uint32) { g.m.SetU32(g.msg+f, n) }

func (g *pinger) release(L state.State) {
	L.Unref(state.RegistryIndex, int(g.m.I32(g.at+pingRef)))
}

// start begins (net_ping_raw, ping_start).
func (g *pinger) start(L state.State, addr port.IP, ok bool) {
	if !ok {
		g.report(L, reportUnknown)
		return
	}
	g.m.SetU32(g.at+pingIP, addr.Uint32())
	if g.msg = L.Alloc(msgSize); g.msg == 0 {
		g.release(L)
		L.Errorf("memory allocation error: cannot start ping")
	}
	g.m.Zero(g.msg, msgSize)
	times := g.m.U32(g.at + pingCount)
	if times == 0 {
		times = pingTimes
	}
	g.setWord(msgMax, times)
	g.setWord(msgLeft, times)
	g.setWord(msgPeriod, pingPeriod)
	g.setWord(msgStart, g.chip.System().SystemTime())
	g.raw = L.Alloc(rawSize) // lwIP does not look whether it has got it
	g.lost, g.next = g.timeout(g.unanswered), g.timeout(g.proceed)
	g.send()
}

// send sends one request and prepares for both outcomes.
func (g *pinger) send() {
	g.setWord(msgSent, g.chip.System().SystemTime())
	var seq uint16
	seq = g.net.Echo(port.IPFromUint32(g.m.U32(g.at+pingIP)), pingData, func() { g.answered(seq) })
	g.lost.arm(pingPeriod * time.Millisecond)
	g.next.arm(time.Duration(g.word(msgPeriod)) * time.Millisecond)
}

// since is the time in ms since the one in the message's field.
func (g *pinger) since(f state.Addr) int64 {
	return int64(g.chip.System().SystemTime()-g.word(f)) / pingPeriod
}

func (g *pinger) answered(seq uint16) {
	if g.msg == 0 {
		return
	}
	g.lost.over()
	g.report(g.main, reportReceived, pingData, int64(seq), g.since(msgSent))
}

func (g *pinger) unanswered() {
	g.lost.over()
	g.setWord(msgLost, g.word(msgLost)+1)
	g.report(g.main, reportReceived, 0, 0, -1)
}

// proceed sends the next request or sums up.
func (g *pinger) proceed() {
	g.next.over()
	left := g.word(msgLeft) - 1
	g.setWord(msgLeft, left)
	if left != 0 {
		g.send()
		return
	}
	total, lost := int64(g.word(msgMax)), int64(g.word(msgLost))
	took := g.since(msgStart)
	if g.raw != 0 {
		g.main.Free(g.raw, rawSize)
	}
	g.main.Free(g.msg, msgSize)
	g.msg, g.raw = 0, 0
	g.report(g.main, reportSent, total, lost, pingData*(total-lost), took)
}

// Kinds of reports, the first argument of pingReport.
const (
	reportUnknown  = iota // the name was not found
	reportReceived        // bytes, number, ms
	reportSent            // requests, lost ones, bytes, ms
)

func (g *pinger) report(L state.State, kind int64, args ...int64) {
	top := L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(g.m.I32(g.at+pingRef)))
	L.PushInteger(kind)
	for _, n := range args {
		L.PushInteger(n)
	}
	L.Call(1+len(args), 0)
	L.SetTop(top)
}

// pingReport is the closure of a series: its upvalues are the callbacks for an
// answer and for the sum, and the userdata.
var pingReport = &state.Proc{F: func(L state.State) int {
	m, at := L.Mem(), L.ToUserdata(state.UpvalueIndex(3))
	release := func() { L.Unref(state.RegistryIndex, int(m.I32(at+pingRef))) }
	kind, _ := L.ToInteger(1)
	ip := port.IPFromUint32(m.U32(at + pingIP)).String()
	switch kind {
	case reportUnknown:
		release()
		L.PushValue(state.UpvalueIndex(1))
		L.PushInteger(0)
		L.PCallX(1, 0)
	case reportReceived:
		L.PushValue(state.UpvalueIndex(1))
		L.PushValue(2)
		L.PushString(ip)
		L.PushValue(3)
		L.PushValue(4)
		L.PCallX(4, 0)
	case reportSent:
		if L.PushValue(state.UpvalueIndex(2)); L.IsFunction(-1) {
			L.PushString(ip)
			for i := 2; i <= 5; i++ {
				L.PushValue(i)
			}
			L.PCallX(5, 0)
		}
		release()
	}
	return 0
}}
