package gpio

import (
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// What serout works on, as the firmware's serout_t; in the place of the number
// of its task stands the handle of the hardware timer.
const (
	offPin     = 0
	offLevel   = 4
	offIndex   = 8
	offRepeats = 12
	offTable   = 16 // delays in µs, on the heap
	offLength  = 20 // of the table
	offTimer   = 24
	offDone    = 28 // reference to the callback
	seroutSize = 32
)

// delaysMax is the first length of a table that serout refuses
// (DELAY_TABLE_MAX_LEN).
const delaysMax = 256

// edgeTime is the least time between two edges: what the loop of the firmware
// needs for one.
const edgeTime = time.Microsecond

// seroutState is the place of these variables, with what works on them.
type seroutState struct {
	m    mem.Mem
	addr state.Addr
	main state.State
	chip port.Chip
	pins port.Pins // nil if the board has none
}

func (s statics) serout(L state.State) seroutState {
	p, _ := port.PinsOf(L.Host())
	return seroutState{s.m, s.addr + offSerout, L.MainThread(), chip(L), p}
}

func (s seroutState) u32(off state.Addr) uint32       { return s.m.U32(s.addr + off) }
func (s seroutState) setU32(off state.Addr, v uint32) { s.m.SetU32(s.addr+off, v) }
func (s seroutState) done() int                       { return int(s.m.I32(s.addr + offDone)) }
func (s seroutState) setDone(ref int)                 { s.m.SetI32(s.addr+offDone, int32(ref)) }

func (s seroutState) table() state.Addr { return s.m.Ptr(s.addr + offTable) }

func (s seroutState) delay(i uint32) time.Duration {
	us := s.m.U32(s.table() + state.Addr(4*i))
	return max(time.Duration(us)*time.Microsecond, edgeTime)
}

// edge sets the pin to the level that is next. Pin 0 is none of the chip's
// ordinary outputs, so nothing happens there.
func (s seroutState) edge() {
	level := s.u32(offLevel)
	if pin := s.u32(offPin); pin != 0 {
		s.pins.Write(int(pin), int(level))
	}
	s.setU32(offLevel, level^1)
}

func (s seroutState) free() {
	if a := s.table(); a != 0 {
		s.main.Free(a, int(4*s.u32(offLength)))
		s.m.SetPtr(s.addr+offTable, 0)
	}
}

// serout is gpio.serout(pin, level, delays [, repeats [, callback]]).
func serout(L state.State) int {
	pins(L)
	s := static(L).serout(L)
	s.setU32(offPin, uint32(L.CheckInteger(1)))
	s.setU32(offLevel, uint32(L.CheckInteger(2)))
	s.setU32(offRepeats, uint32(L.OptInteger(4, 1)-1))
	L.Unref(state.RegistryIndex, s.done())
	s.setDone(state.NoRef)
	async := !L.IsNoneOrNil(5)
	if async && !L.IsNumber(5) {
		L.PushValue(5)
		s.setDone(L.Ref(state.RegistryIndex))
	}
	s.free()
	L.ArgCheck(s.u32(offPin) < port.PinCount, 1, "Invalid pin")
	level := s.u32(offLevel)
	L.ArgCheck(level == levelHigh || level == levelLow, 2, "Wrong level type")
	L.ArgCheck(L.IsTable(3) && L.RawLen(3) < delaysMax, 3, "Invalid delay_times")
	s.readTable(L)
	if async {
		s.start(L)
	} else {
		s.runNow()
	}
	return 0
}

// readTable copies the delays from the table in the third argument.
func (s seroutState) readTable(L state.State) {
	n := L.RawLen(3)
	s.setU32(offLength, uint32(n))
	if n == 0 {
		return
	}
	a := L.Alloc(4 * n)
	if a == 0 {
		L.GC(state.GCCollect, 0)
		if a = L.Alloc(4 * n); a == 0 {
			L.Errorf("not enough memory")
		}
	}
	s.m.SetPtr(s.addr+offTable, a)
	s.m.Zero(a, state.Addr(4*n))
	for i := range n {
		L.RawGetI(3, int64(i+1))
		s.m.SetU32(a+state.Addr(4*i), uint32(L.CheckInteger(-1)))
		L.Pop(1)
	}
}

// runNow holds the chip until everything is out.
func (s seroutState) runNow() {
	loop := s.chip.Loop()
	for {
		for i := range s.u32(offLength) {
			s.setU32(offIndex, i)
			s.edge()
			loop.Delay(s.delay(i))
		}
		repeats := s.u32(offRepeats)
		s.setU32(offRepeats, repeats-1)
		if repeats == 0 {
			break
		}
		if s.u32(offLength) == 0 {
			loop.Delay(edgeTime)
		}
	}
	s.free()
}

// start lets the hardware timer do the work.
func (s seroutState) start(L state.State) {
	t, ok := L.Handle(s.u32(offTimer)).(port.Timer)
	if !ok {
		t = s.chip.System().NewHardwareTimer(s.step)
		s.setU32(offTimer, L.NewHandle(t))
	}
	t.Disarm()
	s.setU32(offIndex, 0)
	s.step()
}

// step is the interrupt routine: one edge, or the end. It touches Lua only to
// look up the timer's handle.
func (s seroutState) step() {
	i, n := s.u32(offIndex), s.u32(offLength)
	if i >= n || s.table() == 0 {
		s.chip.Loop().Post(port.Low, s.finish)
		return
	}
	s.edge()
	if t, ok := s.main.Handle(s.u32(offTimer)).(port.Timer); ok {
		t.Arm(s.delay(i), false)
	}
	i++
	if repeats := s.u32(offRepeats); repeats > 0 && i >= n {
		i = 0
		s.setU32(offRepeats, repeats-1)
	}
	s.setU32(offIndex, i)
}

// finish frees the delays and calls the callback.
func (s seroutState) finish() {
	L := s.main
	s.free()
	ref := s.done()
	if ref == state.NoRef {
		return
	}
	top := L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(ref))
	L.Unref(state.RegistryIndex, ref)
	s.setDone(state.NoRef)
	L.PCallX(0, 0)
	L.SetTop(top) // an error leaves a value
}
