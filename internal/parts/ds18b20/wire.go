package ds18b20

import (
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim/pins"
)

// Times on the bus: how long the line is low for a reset; when the part looks whether a slot is a
// 0, and how long it pulls to send one (15 to 60 µs); when it begins to say that it is there (15
// to 60 µs), and how long that lasts (60 to 240 µs).
const (
	resetTime     = 480 * time.Microsecond
	slotTime      = 30 * time.Microsecond
	presenceAfter = 30 * time.Microsecond
	presenceTime  = 120 * time.Microsecond
)

// Commands, to all parts and to the one that was chosen.
const (
	cmdReadROM     = 0x33
	cmdMatch       = 0x55
	cmdSkip        = 0xCC
	cmdSearch      = 0xF0
	cmdAlarmSearch = 0xEC

	cmdConvert = 0x44
	cmdWrite   = 0x4E
	cmdRead    = 0xBE
	cmdCopy    = 0x48
	cmdRecall  = 0xB8
	cmdPower   = 0xB4
)

// wire is the part's side of the bus: one bit at a time. Between a reset and the next one it
// takes bits, gives them, or is idle.
type wire struct {
	part  *Part
	sink  *pins.Sink
	timer port.Timer
	fell  time.Duration // when the line went low
	slot  bool          // that was the begin of a slot, not of a presence pulse

	presence presence
	take     func(bit byte) // the next bit that the master sends; nil: none is expected
	give     func() byte    // the next bit to send; nil: nothing is sent
	sent     bool           // the bit of this slot is under way
}

// presence is how far the part is in telling that it is there.
type presence int

const (
	presenceNone presence = iota
	presenceComes
	presenceLasts
)

func (w *wire) connect(p *Part) {
	w.part, w.sink = p, p.line.NewSink()
	w.timer = p.loop.NewOutsideTimer(w.tick)
	p.line.Watch(w.edge)
}

// idle ignores what comes until the next reset.
func (w *wire) idle() { w.take, w.give, w.sent = nil, nil, false }

// tick ends waits: those around the presence pulse, and the one of a 0 that is sent.
func (w *wire) tick() {
	switch w.presence {
	case presenceComes:
		w.presence = presenceLasts
		w.timer.Arm(presenceTime, false)
		w.sink.Pull(true)
	case presenceLasts:
		w.presence = presenceNone
		w.sink.Pull(false)
	default:
		w.sink.Pull(false)
	}
}

// edge is a change of the line, by whomever.
func (w *wire) edge(level int) {
	now := w.part.loop.Now()
	if level == 0 {
		w.fell = now
		w.fall()
		return
	}
	low := now - w.fell
	if low >= resetTime {
		w.reset()
		return
	}
	if !w.slot {
		return
	}
	w.slot = false
	switch {
	case w.sent:
		w.sent = false
	case w.take != nil:
		bit := byte(1)
		if low >= slotTime {
			bit = 0
		}
		w.take(bit)
	}
}

// fall begins a slot, unless it is only another part that says that it is there.
func (w *wire) fall() {
	if w.slot = w.presence == presenceNone; !w.slot {
		return
	}
	if p := w.part; p.done != nil && p.parasite {
		p.lose()
		return
	}
	if w.give == nil {
		return
	}
	w.sent = true
	if w.give() == 0 {
		w.timer.Arm(slotTime, false)
		w.sink.Pull(true)
	}
}

func (w *wire) reset() {
	w.idle()
	w.sink.Pull(false)
	w.presence = presenceComes
	w.timer.Arm(presenceAfter, false)
	w.bytes(1, func(p []byte) { w.choose(p[0]) })
}

// bytes takes n bytes, the lowest bit of each first, and gives them to f.
func (w *wire) bytes(n int, f func(p []byte)) {
	p, at := make([]byte, n), 0
	w.take = func(bit byte) {
		p[at/8] |= bit << (at % 8)
		if at++; at == 8*n {
			w.idle()
			f(p)
		}
	}
}

// send gives these bytes, and 1 behind them as a line does that nobody pulls.
func (w *wire) send(p []byte) {
	at := 0
	w.give = func() byte {
		if at == 8*len(p) {
			return 1
		}
		bit := p[at/8] >> (at % 8) & 1
		at++
		return bit
	}
}

// choose obeys a command to all parts.
func (w *wire) choose(command byte) {
	rom := w.part.rom
	switch command {
	case cmdSkip:
		w.chosen()
	case cmdReadROM:
		w.send(rom[:])
		sending, left := w.give, 8*romSize
		w.give = func() byte {
			if left--; left == 0 {
				defer w.chosen()
			}
			return sending()
		}
	case cmdMatch:
		w.bytes(romSize, func(p []byte) {
			if [romSize]byte(p) == rom {
				w.chosen()
			}
		})
	case cmdSearch:
		w.search(0)
	case cmdAlarmSearch:
		if w.part.alarm {
			w.search(0)
		}
	}
}

// search gives the bit n of the code and its inverse, and goes on if the master takes it.
func (w *wire) search(n int) {
	w.idle()
	if n == 8*romSize {
		w.chosen()
		return
	}
	bit, inverse := w.part.rom[n/8]>>(n%8)&1, false
	w.give = func() byte {
		if !inverse {
			inverse = true
			return bit
		}
		w.give = nil
		w.take = func(got byte) {
			w.idle()
			if got == bit {
				w.search(n + 1)
			}
		}
		return bit ^ 1
	}
}

// chosen waits for what the part is to do.
func (w *wire) chosen() {
	w.take, w.give = nil, nil
	w.bytes(1, func(p []byte) { w.obey(p[0]) })
}

// obey does it.
func (w *wire) obey(command byte) {
	p := w.part
	busy := func() byte {
		if p.done != nil {
			return 0
		}
		return 1
	}
	switch command {
	case cmdConvert:
		p.convert()
		w.give = busy
	case cmdCopy:
		p.copyOut()
		w.give = busy
	case cmdRecall:
		p.recall()
		w.give = busy
	case cmdPower:
		w.give = func() byte {
			if p.parasite {
				return 0
			}
			return 1
		}
	case cmdRead:
		pad := p.scratchpad()
		w.send(pad[:])
	case cmdWrite:
		w.writePad(0)
	}
}

// writePad takes the bytes that the scratchpad gets; each counts when it is whole.
func (w *wire) writePad(i int) {
	if i == storedSize {
		return
	}
	w.bytes(1, func(b []byte) {
		v := b[0]
		if padHigh+i == padConfig {
			v = configOf(v >> 5)
		}
		w.part.pad[padHigh+i] = v
		w.writePad(i + 1)
	})
}
