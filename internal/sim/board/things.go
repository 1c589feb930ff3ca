package board

import (
	"time"

	"moonlet.example/moonlet/internal/port"
)

// Button connects a pin to a level as long as it is pressed, and else to
// nothing.
type Button struct {
	board *Board
	pin   int
	level int
	timer port.Timer // releases it
}

// NewButton returns a button that is not pressed.
func (b *Board) NewButton(pin, level int) *Button {
	k := &Button{board: b, pin: pin, level: level}
	k.timer = b.loop.NewOutsideTimer(k.Release)
	return k
}

// Press holds the button down.
func (k *Button) Press() {
	k.timer.Disarm()
	k.board.Drive(k.pin, k.level)
}

// Release lets it go.
func (k *Button) Release() { k.board.Drive(k.pin, Floating) }

// PressFor holds it down for d.
func (k *Button) PressFor(d time.Duration) {
	k.Press()
	k.timer.Arm(d, false)
}

// press presses it at a time from now on.
func (k *Button) pressAt(at, d time.Duration) {
	k.board.loop.NewOutsideTimer(func() { k.PressFor(d) }).Arm(at, false)
}

// Wave is a square wave on a pin.
type Wave struct {
	board     *Board
	pin       int
	low, high time.Duration
	level     int
	timer     port.Timer
}

// minWave is the shortest half of a wave: a shorter one would leave no time for
// anything else.
const minWave = time.Microsecond

// NewWave starts a wave with its low half. Each half lasts at least 1 µs.
func (b *Board) NewWave(pin int, low, high time.Duration) *Wave {
	w := &Wave{board: b, pin: pin, low: max(low, minWave), high: max(high, minWave), level: 1}
	w.timer = b.loop.NewOutsideTimer(w.toggle)
	w.toggle()
	return w
}

func (w *Wave) toggle() {
	w.level ^= 1
	if w.level == 0 {
		w.timer.Arm(w.low, false)
	} else {
		w.timer.Arm(w.high, false)
	}
	w.board.Drive(w.pin, w.level)
}

// Stop ends the wave and leaves the pin to itself.
func (w *Wave) Stop() {
	w.timer.Disarm()
	w.board.Drive(w.pin, Floating)
}
