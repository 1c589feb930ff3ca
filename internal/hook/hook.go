// Package hook is what Moonlet's own command and trials may ask of the public API besides
// what everybody may. It is not part of the API: a program outside cannot name these types.
package hook

import (
	"net/netip"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/project"
)

// Options are such wishes. Zero values change nothing.
type Options struct {
	// Files is the file system of the host: faults of it can be tried out.
	Files *hostfile.Host
	// FailNetwork makes operations of the host's network fail, as hostnet.Config.Fail.
	FailNetwork func(op string, a netip.AddrPort) error
	// Project is opened already; whoever opened it closes it.
	Project *project.Project
	// Prepare changes a project before its files go to flash.
	Prepare func(p *project.Project)
	// Trial lets the project's time be virtual, with any ports of this computer. Seed is that
	// of the chip's random numbers; 0 leaves it to the project, which then has 1.
	Trial bool
	Seed  uint64
	// RealTime keeps such a trial in real time: something outside takes part.
	RealTime bool
	// NoOutput keeps nothing of what the module sends, which only goes to the writer of
	// moonlet.Serial: a command that passes it on has no need of more.
	NoOutput bool
	// Lenient leaves it to the module to find out what cannot be, one thing at a time and
	// after its flash memory was written, as the command has always done.
	Lenient bool
	// Console, if any, looks on at the console of the module.
	Console *Console
}

// Console is who looks on at a console. Functions run in the midst of the module's work,
// before the bytes that they tell of are sent, and must not call the module. All of them are
// needed.
type Console struct {
	// Typed tells that the module took a byte that was typed, and how many bytes it sends
	// back for that at once: 0 if it does not echo, -1 if nothing is to be seen of it.
	Typed func(c byte, echo int)
	// Prompt tells a prompt that Lua prints next.
	Prompt func(text string)
	// Receiver tells who gets what is typed: Lua's prompt, or the application, for which a
	// packet may end with a certain byte.
	Receiver func(lines, hasEnd bool, end byte)
	// Reset tells that this many bytes are lost with a reset, which were received and not
	// taken.
	Reset func(lost int)
}
