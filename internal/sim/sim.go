// Package sim is what the simulators of the chip's hardware, and the parts around them, need
// of the event loop. Each simulator is a package below: pins, serial ports, analog input,
// radio, network. They implement interfaces of package port and know nothing of Lua.
//
// All but the network run on the module's goroutine only and take their time from the
// event loop, so that two runs with a virtual clock are the same.
package sim

import "moonlet.example/moonlet/internal/port"

// Loop is the event loop as the world around the chip sees it.
type Loop interface {
	port.Loop
	// NewOutsideTimer makes a timer that interrupts, and that goes on when the
	// chip is reset.
	NewOutsideTimer(f func()) port.Timer
}
