// Package console is what the firmware has around Lua: it starts the libraries and the
// application and executes what is typed (app/lua53/lua.c), and it is the driver between the
// receiver of serial port 0 and its readers (app/driver/input.c).
//
// As a module of the firmware does, it finds the chip through State.Host. What a chip has
// besides, it gets as a Config.
//
// A life of the console: Begin, Run, whatever the tasks do that these post, Reset.
package console

import (
	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// Module declares the console's functions for the ROM.
var Module = state.Module{Name: "lua", Procs: []*state.Proc{mainProc, readerProc, tracebackProc}}

var (
	mainProc   = &state.Proc{F: func(L state.State) int { return of(L).start(L) }}
	readerProc = &state.Proc{F: func(L state.State) int { return of(L).readLine(L) }}

	// tracebackProc is the message handler of doCall (msghandler).
	tracebackProc = &state.Proc{F: func(L state.State) int { lauxlib.Traceback(L); return 1 }}
)

// Serial is serial port 0 with its receiver.
type Serial interface {
	port.Serial
	// OnReceive names the function that runs as a task after bytes have come.
	OnReceive(f func())
	// TakeByte takes a byte that was received; false if there is none.
	TakeByte() (c byte, ok bool)
}

// Config is what a console needs of its module besides a port.Chip with records. All fields
// but Init are needed.
type Config struct {
	Serial Serial
	// Memory is the heap as the SDK sees it, where the line lies that is typed.
	Memory port.Memory
	// State gives the main thread of the present life.
	State func() state.State
	// OpenLibs opens the libraries, in a protected call already.
	OpenLibs func(L state.State)
	// Banner is what the firmware says of itself at each start, with line ends.
	Banner func() string
	// Init is what starts: a file of that name behind "@", a module of the store behind "!",
	// or Lua code; "" is InitScript. A record of node.startupcommand wins over it.
	Init string
	// OnError is told of an error of the application or of what is typed, which is printed
	// then.
	OnError func(message string)
	// OnWait is called whenever the receiver is empty, or no whole line is left: whoever
	// waits for the end of the input may ask Idle then.
	OnWait func()
	// Watch is who looks on.
	Watch Watch
}

// Watch is told what happens at the console, so that a program around the serial line can tell
// echo, prompts and output apart. Functions that are nil are not called. They run in the midst
// of tasks, before the bytes that they tell of are sent, and must not call the module.
type Watch struct {
	// Typed tells that a byte was taken from the receiver, and how many bytes the port sends
	// back for it at once; Silent if nothing can be expected to be seen of it, 0 if the
	// console does not echo.
	Typed func(c byte, echo int)
	// Prompt tells a prompt that Lua prints next, wherever its output goes.
	Prompt func(text string)
	// Receiver tells who gets the bytes from now on.
	Receiver func(r port.Receiver)
}

// Silent stands for the echo of a byte that does nothing, such as the second one of a line's
// end.
const Silent = -1

func (w *Watch) typed(c byte, echo int) {
	if w.Typed != nil {
		w.Typed(c, echo)
	}
}

func (w *Watch) prompt(text string) {
	if w.Prompt != nil {
		w.Prompt(text)
	}
}

func (w *Watch) receiver(r port.Receiver) {
	if w.Receiver != nil {
		w.Receiver(r)
	}
}

// Console is the console of one module, over all its lives. It is the port.Input of the chip,
// and belongs to the module's goroutine.
type Console struct {
	config Config
	driver driver
	idle   bool
	own    bool // what is sent now is no program's
}

var _ port.Input = (*Console)(nil)

// New makes a console. Nothing is read before Run.
func New(c Config) *Console {
	k := &Console{config: c}
	k.Reset()
	k.Begin()
	return k
}

// of is the console of a chip.
func of(L state.State) *Console {
	in, _ := port.InputOf(L.Host())
	return in.(*Console)
}

// Reset is a reset of the chip: what is typed is gone, and so are those who read it. Whether
// all was executed is not asked anew before Begin: a chip that sleeps has not done it.
func (c *Console) Reset() { c.driver, c.own = driver{console: c}, false }

// Begin begins a life, in which nothing has come yet.
func (c *Console) Begin() { c.idle = true }

// Idle tells whether all whole lines that came were executed.
func (c *Console) Idle() bool { return c.idle }

// SetReceiver implements port.Input.
func (c *Console) SetReceiver(r port.Receiver) {
	c.driver.to = r
	c.config.Watch.receiver(r)
}

// SetEcho implements port.Input.
func (c *Console) SetEcho(on bool) { c.driver.echo = on }

// Own tells whether what is sent at this moment is the console's own: the banner, a prompt, or
// the echo of what is typed.
func (c *Console) Own() bool { return c.own }

// print writes text of the console's own to serial port 0.
func (c *Console) print(text string) {
	c.own = true
	port.WriteText(c.config.Serial, []byte(text))
	c.own = false
}
