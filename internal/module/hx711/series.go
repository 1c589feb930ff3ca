package hx711

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// The record of a series, as the firmware's CONTROL, with two buffers behind it.
const (
	buffers     = 2
	offDropped  = 8  // samples that were lost before each buffer
	offTime     = 16 // when each buffer was full
	offWaiting  = 24 // full buffers that Lua has not had yet; in the firmware a counter that nobody reads
	offLength   = 32 // of a buffer, 16 bits
	offUsed     = 34 // of the buffer that is being filled, 16 bits
	offLost     = 36 // samples, since the last buffer
	offActive   = 40 // the buffer that is being filled
	offMode     = 42
	offDropping = 43
	offCallback = 44
	recordSize  = 48

	sampleSize  = 3
	samplesMost = 400
)

// series is a record in device memory.
type series struct {
	chip
	at state.Addr
}

func (s series) u8(off state.Addr) byte       { return s.m.U8(s.at + off) }
func (s series) setU8(off state.Addr, v byte) { s.m.SetU8(s.at+off, v) }
func (s series) length() int                  { return int(s.m.U16(s.at + offLength)) }
func (s series) size() int                    { return recordSize + buffers*s.length() }

func (s series) waiting() uint32     { return s.m.U32(s.at + offWaiting) }
func (s series) setWaiting(n uint32) { s.m.SetU32(s.at+offWaiting, n) }

// word is the place of a number that each buffer has.
func (s series) word(off state.Addr, buffer byte) state.Addr {
	return s.at + off + 4*state.Addr(buffer)
}

func (s series) buffer(i byte) state.Addr {
	return s.at + recordSize + state.Addr(int(i)*s.length())
}

// start is hx711.start(mode, samples, callback).
func start(L state.State) int {
	c := chipOf(L)
	mode64 := L.CheckInteger(1)
	samples := uint32(L.CheckInteger(2))
	mode := argMode(L, mode64)
	if samples == 0 || samples > samplesMost {
		return L.ArgError(2, "Samples value out of range (1-400)")
	}
	if c.control() != 0 {
		return L.Errorf("Already running")
	}
	length := sampleSize * int(samples)
	s := series{c, L.ReallocCounted(0, 0, recordSize+buffers*length)}
	if L.Type(3) != state.Function {
		L.ReallocCounted(s.at, recordSize+buffers*length, 0)
		return L.ArgError(3, "Not a callback function")
	}
	if !c.ready() {
		L.ReallocCounted(s.at, recordSize+buffers*length, 0)
		return L.Errorf("hx711.init has not been called")
	}
	// The record is not in use while the reference is made, which may fail.
	s.m.Zero(s.at, recordSize)
	s.m.SetU16(s.at+offLength, uint16(length))
	s.m.SetI32(s.at+offCallback, state.NoRef)
	s.setU8(offMode, byte(mode))
	s.m.SetPtr(s.addr+offControl, s.at)
	L.PushValue(3)
	s.m.SetI32(s.at+offCallback, int32(L.Ref(state.RegistryIndex)))
	if pin := c.data(); pin != 0 { // which has no interrupt
		c.pins.Hook(pin, c.available)
		c.pins.Mode(pin, port.PinInterrupt, false)
		c.pins.SetTrigger(pin, port.TriggerDown)
	}
	c.pins.Write(c.clock(), 0)
	return 0
}

// stop is hx711.stop().
func stop(L state.State) int {
	chipOf(L).stop(L)
	return 0
}

// stop ends a series. The firmware leaves its hook at the pin, and crashes when that interrupts
// again.
func (c chip) stop(L state.State) {
	s := series{c, c.control()}
	if s.at == 0 {
		return
	}
	c.pins.Hook(c.data(), nil)
	c.pins.Mode(c.data(), port.PinInput, false)
	c.m.SetPtr(c.addr+offControl, 0)
	L.Unref(state.RegistryIndex, int(c.m.I32(s.at+offCallback)))
	L.ReallocCounted(s.at, s.size(), 0)
}

// available reads a sample in the interrupt that tells that there is one.
func (c chip) available() {
	s := series{c, c.control()}
	if s.at == 0 || c.pins.Read(c.data()) != 0 {
		return
	}
	v := c.sample(uint32(s.u8(offMode)))
	active := s.u8(offActive)
	if s.u8(offDropping) != 0 {
		if s.waiting() == buffers {
			s.m.SetU32(s.at+offLost, s.m.U32(s.at+offLost)+1)
			return
		}
		active = (active + 1) % buffers
		s.setU8(offActive, active)
		s.setU8(offDropping, 0)
	}
	used := s.m.U16(s.at + offUsed)
	for i := range sampleSize {
		s.m.SetU8(s.buffer(active)+state.Addr(int(used)+i), byte(v>>(8*i)))
	}
	used += sampleSize
	if int(used) < s.length() {
		s.m.SetU16(s.at+offUsed, used)
		return
	}
	s.m.SetU16(s.at+offUsed, 0)
	s.full(active)
}

// full hands a buffer to Lua and goes on in the other one, or drops samples until that is free. The
// firmware compares with the buffer that Lua had last: where Lua gets two of them in a row, it drops
// all samples from then on.
func (s series) full(active byte) {
	s.m.SetU32(s.word(offTime, active), s.port.System().SystemTime())
	s.m.SetU32(s.word(offDropped, active), s.m.U32(s.at+offLost))
	s.m.SetU32(s.at+offLost, 0)
	s.port.Loop().Post(port.Medium, func() { s.tell(active) })
	s.setWaiting(s.waiting() + 1)
	if s.waiting() == buffers {
		s.setU8(offDropping, 1)
	} else {
		s.setU8(offActive, (active+1)%buffers)
	}
}

// tell calls the callback with a buffer of the series that runs now, if there is one.
func (c chip) tell(buffer byte) {
	s := series{c, c.control()}
	if s.at == 0 {
		return
	}
	ref := c.m.I32(s.at + offCallback)
	if ref == state.NoRef {
		return
	}
	L := c.main
	top := L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(ref))
	L.PushBytes(c.m.Bytes(s.buffer(buffer), state.Addr(s.length())))
	L.PushInteger(int64(c.m.U32(s.word(offTime, buffer))))
	L.PushInteger(int64(c.m.U32(s.word(offDropped, buffer))))
	s.setWaiting(max(s.waiting(), 1) - 1)
	L.PCallX(3, 0)
	L.SetTop(top)
}
