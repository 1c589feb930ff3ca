// Package adc simulates the chip's analog input. It implements port.ADC.
package adc

import (
	"math"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// Source is what the input is connected to: a value for each moment since power-on.
type Source interface {
	At(t time.Duration) float64
}

// Clock tells the time since power-on.
type Clock interface {
	Now() time.Duration
}

// Input is the analog input.
type Input struct {
	clock  Clock
	source Source // nil is 0
}

var _ port.ADC = (*Input)(nil)

// New returns an input to which nothing is connected: it reads 0.
func New(clock Clock) *Input { return &Input{clock: clock} }

// Connect connects it to a source instead of the one before.
func (a *Input) Connect(s Source) { a.source = s }

// Read implements port.ADC. What is beyond the range reads as its end.
func (a *Input) Read() int {
	if a.source == nil {
		return 0
	}
	v := math.Round(a.source.At(a.clock.Now()))
	if !(v > 0) { // also not a number
		return 0
	}
	return int(min(v, port.ADCMax))
}
