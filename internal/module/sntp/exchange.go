package sntp

import (
	"encoding/binary"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/wallclock"
)

const (
	ntpPort = 123
	// A synchronization has asked enough when each server was asked maxAttempts times, or
	// all of them maxPackets times together.
	maxAttempts = 5
	maxPackets  = 8
	timeout     = 1000 * time.Millisecond // for each answer
)

// anyServer is the group of all time servers: who answers first is the server.
var anyServer = port.IP{224, 0, 1, 1}

// now is the time since 1970, or since the start if that is unknown.
func (c client) now() (sec, micros uint32) {
	if sec, micros = wallclock.Of(c.m, c.chip).Now(); sec == 0 {
		t := c.chip.System().SystemTime()
		sec, micros = t/microsPerSec, t%microsPerSec
	}
	return sec, micros
}

func (c client) offset() uint32 { return uint32(c.m.U8(c.at + offOffset)) }

// nextServer is whose turn it is, after the one who had it; false if enough were asked.
func (c client) nextServer() (i int, ok bool) {
	at, count := c.sync(), int(c.count())
	for {
		i = int(int16(c.m.U16(at+offServer))) + 1
		if i >= count {
			i = 0
			c.m.SetU8(at+offAttempts, c.m.U8(at+offAttempts)+1)
		}
		c.m.SetU16(at+offServer, uint16(i))
		if n := int(c.m.U8(at + offAttempts)); count == 0 || n >= maxAttempts || n*count >= maxPackets {
			return 0, false
		}
		if !c.server(i).IsAny() && !c.denied(i) {
			return i, true
		}
	}
}

// The firmware has 32 bits for the servers that want no more; the others share them.
func (c client) denied(i int) bool { return c.m.U32(c.sync()+offDenied)>>(i&31)&1 != 0 }

func (c client) setDenied(i int, on bool) {
	bits := c.m.U32(c.sync() + offDenied)
	if on {
		bits |= 1 << (i & 31)
	} else {
		bits &^= 1 << (i & 31)
	}
	c.m.SetU32(c.sync()+offDenied, bits)
}

// send asks the next server (sntp_dosend). Whether the packet leaves is not looked at: then no
// answer comes.
func (c client) send() {
	c = c.main() // what follows are tasks
	i, ok := c.nextServer()
	if !ok {
		c.post(port.High, c.finish)
		return
	}
	at := c.sync()
	question := make([]byte, packetSize)
	question[0] = 4<<3 | modeClient
	sent := question[atSent:]
	if c.clock {
		sec, micros := c.now()
		binary.BigEndian.PutUint32(sent, sec-c.offset()+epoch)
		binary.BigEndian.PutUint32(sent[4:], fraction(micros))
	} else {
		binary.BigEndian.PutUint32(sent[4:], c.chip.System().SystemTime())
	}
	socket := c.L.Handle(c.m.U32(at + offSocket)).(port.UDP)
	if socket.SendTo(question, c.server(i), ntpPort) == port.NetErrMem {
		c.post(port.Low, func() { c.fail(errMemory, nil) })
		return
	}
	copy(c.m.Bytes(at+offCookie, 8), sent)
	c.timer(at+offTimer).Arm(timeout, false)
}

// received is told a datagram (on_recv). It may come from any port.
func (c client) received(p []byte, from port.IP, _ uint16) {
	var sec, micros uint32
	if c.clock {
		sec, micros = c.now()
	}
	at := c.sync()
	a, ok := parse(p)
	if at == 0 || !ok {
		return
	}
	i := int(int16(c.m.U16(at + offServer)))
	if i < 0 || i >= int(c.count()) {
		return // nobody was asked yet
	}
	if s := c.server(i); s != anyServer && s != from || a.origin != [8]byte(c.m.Bytes(at+offCookie, 8)) {
		return
	}
	if a.leap == unsynchronized {
		switch {
		case a.reference != "DENY":
		case c.denied(i):
			c.setServer(i, port.IP{})
		default:
			c.setDenied(i, true)
		}
		return
	}
	c.setDenied(i, false)
	c.timer(at + offTimer).Disarm()
	if a.leap != 0 {
		c.m.SetU8(c.at+offPending, a.leap)
	}
	var s sample
	if c.clock {
		c.followLeaps()
		s = a.compare(sec-c.offset()+epoch, fraction(micros))
	} else {
		s = a.alone(c.chip.System().SystemTime())
	}
	c.keep(s, from)
	c.send()
}

// The best answer, from offBest on.
const (
	offDelay      = offBest + 0 // to the server and back, with 16 bits after the binary point
	offMaxError   = offBest + 4
	offRootDelay  = offBest + 8
	offDispersion = offBest + 12
	offLeap       = offBest + 18
	offStratum    = offBest + 19
	offRank       = offBest + 20
	offWhen       = offBest + 24
	offDelta      = offBest + 32
	offFrom       = offBest + 40
)

// keep keeps an answer if it is better than those before (record_result): the server's clock is
// near to a good one, and the server to us. The firmware means to prefer the server that was
// the best one last time, but has forgotten which that was.
func (c client) keep(s sample, from port.IP) {
	at := c.sync()
	if c.m.U8(at+offStratum) != 0 && s.rank() >= c.m.U32(at+offRank) {
		return
	}
	c.m.SetU32(at+offDelay, s.delay)
	c.m.SetU32(at+offMaxError, s.maxError)
	c.m.SetU32(at+offRootDelay, s.rootDelay)
	c.m.SetU32(at+offDispersion, s.dispersion)
	c.m.SetU8(at+offLeap, s.leap)
	c.m.SetU8(at+offStratum, s.stratum)
	c.m.SetU32(at+offRank, s.rank())
	c.m.SetU32(at+offWhen, c.chip.System().SystemTime())
	c.m.SetU64(at+offDelta, uint64(s.delta))
	copy(c.m.Bytes(at+offFrom, 4), from[:])
}

// best reads it.
func (c client) best() (s sample, from port.IP) {
	at := c.sync()
	copy(from[:], c.m.Bytes(at+offFrom, 4))
	return sample{
		delta: int64(c.m.U64(at + offDelta)), delay: c.m.U32(at + offDelay), maxError: c.m.U32(at + offMaxError),
		rootDelay: c.m.U32(at + offRootDelay), dispersion: c.m.U32(at + offDispersion),
		leap: c.m.U8(at + offLeap), stratum: c.m.U8(at + offStratum),
	}, from
}

// finish takes the best answer and tells the callback (sntp_handle_result).
func (c client) finish() {
	at := c.sync()
	if c.m.U8(at+offStratum) == 0 {
		c.setCount(0)
		c.fail(errTimeout, nil)
		return
	}
	s, from := c.best()
	var sec, micros int32
	if c.clock {
		sec, micros = c.adjust(s.delta)
	}
	ref := c.ref(offOnSync)
	if !isRef(ref) {
		c.end()
		return
	}
	if !c.clock {
		since := int32(c.chip.System().SystemTime() - c.m.U32(at+offWhen))
		sec, micros = carry(int32(s.delta>>32), int32(micro(s.delta&0xFFFFFFFF))+since)
	}
	L, top := c.L, c.L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(ref))
	// With a clock they are unsigned.
	if c.clock {
		L.PushInteger(int64(uint32(sec)))
		L.PushInteger(int64(uint32(micros)))
	} else {
		L.PushInteger(int64(sec))
		L.PushInteger(int64(micros))
	}
	L.PushString(from.String())
	c.pushInfo(s)
	c.end()
	L.PCallX(4, 0)
	L.SetTop(top)
}

// adjust sets the clock, or steers its rate if this is a repetition and it is nearly right. It
// gives the time.
func (c client) adjust(delta int64) (sec, micros int32) {
	s, us := c.now()
	sec, micros = carry(int32(s)+int32(delta>>32), int32(us)+int32(micro(delta&0xFFFFFFFF)))
	clock := wallclock.Of(c.m, c.chip)
	if c.m.U8(c.sync()+offRepeated) != 0 && delta > -steerLimit && delta < steerLimit {
		rate, pll := steer(delta, c.m.I32(c.at+offPLL))
		c.m.SetI32(c.at+offPLL, pll)
		clock.SetRate(rate)
	} else {
		clock.Set(uint32(sec), uint32(micros))
	}
	return sec, micros
}

// pushInfo pushes the table of what is known of the answer.
func (c client) pushInfo(s sample) {
	L := c.L
	set := func(name string, n int64) {
		L.PushInteger(n)
		L.SetField(-2, name)
	}
	L.NewTable()
	if c.clock {
		if far := int32(s.delta >> 40); far != 0 && far != -1 {
			set("offset_s", s.delta>>32)
		} else {
			set("offset_us", micro(s.delta))
		}
	}
	if s.delay > 0 {
		set("delay_us", micro16(s.delay))
	}
	set("root_delay_us", micro16(s.rootDelay))
	set("root_dispersion_us", micro16(s.dispersion))
	set("root_maxerr_us", micro16(s.maxError+s.delay/2))
	set("stratum", int64(s.stratum))
	set("leap", int64(s.leap))
	set("pending_leap", int64(c.m.U8(c.at+offPending)))
}
