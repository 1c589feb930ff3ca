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

// Store keeps the mode over a reset: byte 107 of the init data, which is 0xFF for the supply.
type Store interface {
	LoadSupplyMode() bool
	SaveSupplyMode(on bool)
}

// supply is what a module's regulator gives, in mV.
const supply = 3300

// Input is the analog input.
type Input struct {
	clock  Clock
	source Source // nil is 0
	store  Store
	supply bool // the mode that is in force
}

var _ port.ADC = (*Input)(nil)

// New returns an input to which nothing is connected: it reads 0.
func New(clock Clock, store Store) *Input { return &Input{clock: clock, store: store} }

// Start is the start of the chip.
func (a *Input) Start() { a.supply = a.store.LoadSupplyMode() }

// Supply implements port.ADC.
func (a *Input) Supply() int {
	if !a.supply {
		return port.ADCNone
	}
	return supply
}

// SupplyMode implements port.ADC.
func (a *Input) SupplyMode() bool { return a.store.LoadSupplyMode() }

// SetSupplyMode implements port.ADC.
func (a *Input) SetSupplyMode(on bool) { a.store.SaveSupplyMode(on) }

// Connect connects it to a source instead of the one before.
func (a *Input) Connect(s Source) { a.source = s }

// Read implements port.ADC. What is beyond the range reads as its end.
func (a *Input) Read() int {
	if a.supply {
		return port.ADCNone
	}
	if a.source == nil {
		return 0
	}
	v := math.Round(a.source.At(a.clock.Now()))
	if !(v > 0) { // also not a number
		return 0
	}
	return int(min(v, port.ADCMax))
}
