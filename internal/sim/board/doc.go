// Package board simulates what the chip's pins, its analog input and its serial
// ports are connected to: the pins themselves with their interrupts, buttons,
// square waves, wires, and values that change with time.
//
// It implements port.Pins and port.Serial. Everything in it runs on the
// module's goroutine and takes its time from the event loop, so that two runs
// with a virtual clock are the same.
package board

import "moonlet.example/moonlet/internal/port"

// Loop is what the board needs of the event loop.
type Loop interface {
	port.Loop
	// NewOutsideTimer makes a timer that interrupts, and that goes on when the
	// chip is reset.
	NewOutsideTimer(f func()) port.Timer
}
