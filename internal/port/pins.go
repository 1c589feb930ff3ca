package port

import "time"

// PinCount is the number of pins of a NodeMCU board (GPIO_PIN_NUM,
// app/platform/pin_map.h). A pin is named by its index on the board.
const PinCount = 13

// GPIO is the number that the chip gives to a pin of the board
// (app/platform/pin_map.c).
func GPIO(pin int) int {
	return [PinCount]int{16, 5, 4, 0, 2, 14, 12, 13, 15, 3, 1, 9, 10}[pin]
}

// PinMode is the use of a pin (PLATFORM_GPIO constants, app/platform/platform.h).
type PinMode int

// The uses of a pin.
const (
	PinInput PinMode = iota
	PinOutput
	PinInterrupt
	PinOpenDrain
)

// Trigger says which signal on a pin interrupts (GPIO_PIN_INTR constants of the
// SDK).
type Trigger int

// The triggers. The last two interrupt as long as the level lasts.
const (
	TriggerNone Trigger = iota
	TriggerUp
	TriggerDown
	TriggerBoth
	TriggerLow
	TriggerHigh
)

// IsLevel tells whether t is one of the two triggers by level.
func (t Trigger) IsLevel() bool { return t >= TriggerLow }

// PinEvent is what the interrupt routine notes about the interrupt that it
// reports.
type PinEvent struct {
	Pin   int
	Level int
	When  time.Duration // since power-on, as Loop.Now
}

// Pins is the general purpose input and output of the chip. Pin numbers are
// valid (below PinCount); who calls checks them.
type Pins interface {
	// Mode sets a pin up and turns its interrupt off (platform_gpio_mode). Pin 0
	// (GPIO16) is an input or an output and nothing else.
	Mode(pin int, m PinMode, pullUp bool)
	// Read is the level at the pin, 0 or 1.
	Read(pin int) int
	// Write sets the output register and turns the output driver on, as the
	// SDK's GPIO_OUTPUT_SET does even for an input.
	Write(pin, level int)
	// Release turns the output driver off and leaves the output register, the
	// pull-up and the interrupt as they are (the SDK's GPIO_DIS_OUTPUT).
	Release(pin int)
	// WriteMask changes only the output register: first it sets the bits of set,
	// then it clears those of clear. Bits are GPIO numbers.
	WriteMask(set, clear uint32)

	// OnInterrupt names the function that runs as a task of high priority after
	// an interrupt (platform_gpio_init). One task reports all interrupts of a
	// pin until TakeEvents.
	OnInterrupt(f func(e PinEvent))
	// Hook gives the interrupts of a pin to f, in the interrupt routine itself and
	// in place of a task (platform_gpio_register_intr_hook); nil ends that. What
	// the pin does while f runs does not interrupt.
	Hook(pin int, f func())
	// SetTrigger arms the interrupt of a pin (platform_gpio_intr_init). It also
	// forgets an edge that was noted, but not interrupts that were counted.
	SetTrigger(pin int, t Trigger)
	// Trigger is what SetTrigger set last.
	Trigger(pin int) Trigger
	// TakeEvents is the number of interrupts of the pin since it was called
	// last (15 bits, as the firmware counts them); the next one posts a task
	// again.
	TakeEvents(pin int) int
}
