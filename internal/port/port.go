// Package port is what a module of the firmware may ask of the chip: tasks and
// timers, pins, serial ports, files, network, radio, system control. The
// simulators implement it, the modules use it, and neither knows the other.
//
// Chip is what every chip has. All else is a part that a chip may have or not, each with
// an interface of its own, and is looked for by a function such as PinsOf (parts.go).
//
// Everything here is called on the module's own goroutine. A simulator that
// learns something elsewhere (a socket's goroutine, the terminal) brings it in
// with Loop.Inject.
package port

import "time"

// Chip is one virtual module: what every chip has. A library gets it from State.Host,
// and asks the same value for its parts.
type Chip interface {
	Loop() Loop
	System() System
}

// Priority is a task priority (LUA_TASK constants of the firmware).
type Priority int

// The task priorities.
const (
	Low Priority = iota
	Medium
	High
)

// Loop is the SDK's event loop: everything that runs on a module is a function
// that Loop calls, one at a time, to completion.
type Loop interface {
	// Post queues f as a task. It tells false when the queue of that priority
	// (TaskQueueLen entries, app/platform/platform.c) is full.
	Post(p Priority, f func()) bool
	// NewTimer makes a timer (os_timer_setfn) that is not armed.
	NewTimer(f func()) Timer
	// Now is the time since power-on. It goes on during a task.
	Now() time.Duration
	// Delay holds the chip for d (ets_delay_us): nothing else runs meanwhile.
	Delay(d time.Duration)
	// Inject runs f on the module's goroutine before the next task; it is the
	// only method that any goroutine may call.
	Inject(f func())
	// Hold tells that something outside will Inject before anything else
	// happens, so that a virtual clock waits for it in real time; release ends it.
	Hold() (release func())
	// FeedWatchdog starts the watchdog's time anew (tmr.wdclr).
	FeedWatchdog()
}

// TaskQueueLen is the length of each priority's task queue (TASK_DEFAULT_QUEUE_LEN,
// app/platform/platform.c).
const TaskQueueLen = 8

// Timer is an SDK software timer. Timers that are due at the same moment fire in
// the order in which they were armed.
type Timer interface {
	Arm(d time.Duration, repeat bool) // arms anew if it is armed already
	Disarm()
	Armed() bool
}
