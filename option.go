package moonlet

import (
	"io"
	"maps"
	"time"

	"moonlet.example/moonlet/internal/hook"
	"moonlet.example/moonlet/internal/parts"
	"moonlet.example/moonlet/internal/project"
	"moonlet.example/moonlet/internal/storage/flash"
)

// Option changes how a module is opened.
type Option func(o *options)

// options are what the Options say.
type options struct {
	project     project.Options
	fresh, save bool
	apart       bool
	console     io.Writer
	printed     io.Writer
	fastConsole bool
	heapProfile bool
	watch       Watched
	events      []func(Event)
	powerCut    func(flash.Op) bool
	network     *Network
	attached    []parts.Attached
	endAt       time.Duration
	hook        hook.Options
}

// With lets a configuration win over what the project's file says. Its files are not
// regarded.
func With(c Config) Option {
	return func(o *options) {
		if o.project.Values == nil {
			o.project.Values = map[string]any{}
		}
		maps.Copy(o.project.Values, c.values())
	}
}

// Set is a flag of the command moonlet run with its value, such as "heap" and "40KB". It wins
// over the project's file and over configurations; docs/project.md lists the flags.
func Set(flag, value string) Option {
	return func(o *options) {
		o.project.Flags = append(o.project.Flags, project.Setting{Flag: flag, Value: value})
	}
}

// Fresh makes the flash memory new when the application is loaded.
func Fresh() Option { return func(o *options) { o.fresh = true } }

// NoUpload leaves the flash memory as it is: nothing of the project goes there.
func NoUpload() Option { return func(o *options) { o.project.NoUpload = true } }

// Save keeps what the module writes in the image of a chip that was opened. Without it the
// image stays as it is.
func Save() Option { return func(o *options) { o.save = true } }

// Apart gives the module a new flash memory of its own, in the memory of this process. Nothing
// in the project's directory changes.
func Apart() Option { return func(o *options) { o.apart = true } }

// TrustProject lets a project read and write out of its directory, by its file and by links.
func TrustProject() Option { return func(o *options) { o.project.AllowOutside = true } }

// Serial also gives what the module sends on its serial port 0 to w, piece by piece. An error
// of w ends the run. What Write does must not wait for the module.
func Serial(w io.Writer) Option { return func(o *options) { o.console = w } }

// Printed gives w, of what goes to Serial, only what programs send: no banner, no prompt and
// no echo.
func Printed(w io.Writer) Option { return func(o *options) { o.printed = w } }

// FastSerial lets the serial ports send without the time that their lines take.
func FastSerial() Option { return func(o *options) { o.fastConsole = true } }

// ProfileHeap makes the module remember which line took which block of the heap, for
// HeapSnapshot. The module cannot notice it.
func ProfileHeap() Option { return func(o *options) { o.heapProfile = true } }

// EndAt ends every run at that time of the module, also in the midst of a task.
func EndAt(t time.Duration) Option { return func(o *options) { o.endAt = t } }

// OnEvent calls f with each event, in the midst of the module's work: it must neither wait
// for the module nor take long.
func OnEvent(f func(e Event)) Option { return func(o *options) { o.events = append(o.events, f) } }

// Watched are events that come only if somebody asks for them, for there may be many.
type Watched uint

// What can be watched.
const (
	WatchPins    Watched = 1 << iota // PinChanged
	WatchFiles                       // FileWritten
	WatchPackets                     // Packet
)

// Watch asks for such events.
func Watch(what Watched) Option { return func(o *options) { o.watch |= what } }

// FlashOp is a thing that the flash chip does: it erases a sector, or writes a word.
type FlashOp = flash.Op

// CutPowerWhen cuts the power before an operation of the flash chip if f says so: what was
// written before is there at the next start, and nothing else. Without a whole chip (the key
// flash) these are the operations of the Lua Flash Store.
func CutPowerWhen(f func(op FlashOp) bool) Option { return func(o *options) { o.powerCut = f } }

// On puts the module into a network with others.
func On(n *Network) Option { return func(o *options) { o.network = n } }

// Inside is for Moonlet's own command and trials.
func Inside(h hook.Options) Option {
	return func(o *options) {
		o.hook = h
		o.project.Files = h.Files
	}
}

func newOptions(list []Option) *options {
	o := &options{}
	for _, f := range list {
		f(o)
	}
	o.project.Strict = !o.hook.Lenient
	return o
}
