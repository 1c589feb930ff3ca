package moonlet

import (
	"encoding/json"
	"net/netip"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/project"
	"moonlet.example/moonlet/internal/sim/hostnet"
)

// Event is something that a board does not tell, or only to those who measure. It is one of
// the types below. As JSON it is an object with the keys event, which is Name, at, in
// seconds, and text; some events have more.
type Event interface {
	// Name is the event's name in JSON, such as "long-task".
	Name() string
	// When is the module's time since power-on.
	When() time.Duration
	// String is a sentence for people.
	String() string
	json.Marshaler

	event()
}

// About is what all events have.
type About struct {
	At   time.Duration // since power-on, by the module's clock
	Text string        // a sentence for people
}

// When implements Event.
func (a About) When() time.Duration { return a.At }

// String implements Event.
func (a About) String() string { return a.Text }

func (a About) event() {}

// Port is a port of the module and where it is on this computer.
type Port struct {
	Network string // "tcp" or "udp"
	Module  uint16 // the module's port
	Host    netip.AddrPort
	Named   bool  // somebody has chosen the port of this computer
	Err     error // why it cannot be had; nil if it can be reached
}

// The events.
type (
	// Listening tells that a server of the module can be reached.
	Listening struct {
		About
		Port Port
	}
	// LongTask tells that a task held the chip for longer than the radio can bear.
	LongTask struct {
		About
		Took      time.Duration
		Traceback string // where Lua was; it may be empty
	}
	// Watchdog tells that a task held the chip for so long that the watchdog resets it.
	Watchdog struct {
		About
		Traceback string
	}
	// Exception tells that the processor stopped, by damaged code, or that an error was
	// raised that nothing catches. A reset follows.
	Exception struct{ About }
	// Rebooted tells that a new life begins.
	Rebooted struct {
		About
		Reason ResetReason
	}
	// Sleeping tells that the chip sleeps deeply.
	Sleeping struct{ About }
	// HostError tells that this computer refused something.
	HostError struct {
		About
		Port *Port // of a server that cannot be reached; else nil
	}
	// FlashWear tells that a sector of the flash chip is erased too often.
	FlashWear struct {
		About
		Address int           // of the sector, in bytes
		Erases  int           // in this run
		Lasts   time.Duration // until it is worn, at this rate
	}
	// NetworkRefused tells that something was not let through to or from the host's network.
	NetworkRefused struct{ About }
	// Cut tells that the end of a run came in the midst of a task.
	Cut struct {
		About
		Traceback string
	}
	// Bug tells that a fault of Moonlet itself reset the module.
	Bug struct {
		About
		Traceback string
	}
	// MissingModule tells that the application asked for a module which the firmware has and
	// Moonlet does not have yet. It gets nil, as on a board without it; each is told of once.
	MissingModule struct {
		About
		Module    string // such as "somfy"
		Traceback string
	}
	// Panic tells of an error in a callback that nothing has caught: the module restarts two
	// seconds later, unless the application has said otherwise (node.setonerror), which is no
	// Panic.
	Panic struct {
		About
		Traceback string
	}
	// LuaError tells of an error in init.lua or in what is typed. The module goes on.
	LuaError struct {
		About
		Traceback string
	}
	// OldCode tells, behind a Panic or LuaError or by itself, that an older edition of Lua or an older
	// firmware has what the application uses, and what there is instead; each is told once.
	OldCode struct{ About }
	// Note tells what a board does without a word: data are lost, a connection does not begin,
	// a secure one failed for this reason. Each is told once.
	Note struct {
		About
		Module string // which does it
	}
	// OutOfMemory tells that memory was wanted which is not there; each place is told of once.
	// Lua has collected the garbage before; nobody does for what the SDK, lwIP or a module
	// wants for itself.
	OutOfMemory struct {
		About
		WantedBytes  int
		For          string // of the SDK or lwIP; "" for Lua and its modules
		FreeBytes    int
		LargestBytes int // piece that could be had
		GarbageBytes int // that a collection would give back; -1 if that cannot be told
		Traceback    string
	}
	// StoreRefused tells that node.LFS.reload was given what is no image for the store.
	StoreRefused struct {
		About
		Traceback string
	}
	// InputLate tells that a virtual clock does not wait any longer for what is typed.
	InputLate struct{ About }

	// PinChanged tells of a new level at a pin. It comes in the midst of tasks, and only
	// with WatchPins.
	PinChanged struct {
		About
		Pin, Level int
	}
	// FileWritten tells that a file was written and closed. It comes only with WatchFiles.
	FileWritten struct {
		About
		File  string
		Bytes int // that the file has now
	}
	// Packet is a piece of a TCP connection, or a datagram, that the module sent or got. It
	// comes only with WatchPackets.
	Packet struct {
		About
		Network string // "tcp" or "udp"
		Sent    bool   // by the module
		Local   uint16 // the module's port
		Peer    netip.AddrPort
		Data    []byte
	}
)

// Names in JSON.
func (Listening) Name() string      { return device.Listening.String() }
func (LongTask) Name() string       { return device.LongTask.String() }
func (Watchdog) Name() string       { return device.Watchdog.String() }
func (Exception) Name() string      { return device.Exception.String() }
func (Rebooted) Name() string       { return device.Rebooted.String() }
func (Sleeping) Name() string       { return device.Sleeping.String() }
func (HostError) Name() string      { return device.HostError.String() }
func (FlashWear) Name() string      { return device.FlashWear.String() }
func (NetworkRefused) Name() string { return device.NetworkRefused.String() }
func (Cut) Name() string            { return device.Cut.String() }
func (Bug) Name() string            { return device.Bug.String() }
func (MissingModule) Name() string  { return device.MissingModule.String() }
func (Panic) Name() string          { return device.Panic.String() }
func (LuaError) Name() string       { return device.LuaError.String() }
func (OldCode) Name() string        { return device.OldCode.String() }
func (Note) Name() string           { return device.Note.String() }
func (OutOfMemory) Name() string    { return device.OutOfMemory.String() }
func (StoreRefused) Name() string   { return device.StoreRefused.String() }
func (InputLate) Name() string      { return device.InputLate.String() }
func (PinChanged) Name() string     { return "pin-changed" }
func (FileWritten) Name() string    { return "file-written" }
func (Packet) Name() string         { return "packet" }

// record is an event as JSON.
type record struct {
	Event     string       `json:"event"`
	At        float64      `json:"at"` // seconds
	Text      string       `json:"text"`
	Traceback string       `json:"traceback,omitempty"`
	Took      float64      `json:"took,omitempty"` // seconds
	Network   string       `json:"network,omitempty"`
	Port      uint16       `json:"port,omitempty"` // of the module
	Host      string       `json:"host,omitempty"` // where the port is found
	Error     string       `json:"error,omitempty"`
	Reason    *ResetReason `json:"reason,omitempty"`
	File      string       `json:"file,omitempty"`
	Bytes     *int         `json:"bytes,omitempty"`
	Pin       *int         `json:"pin,omitempty"`
	Level     *int         `json:"level,omitempty"`
	Address   *int         `json:"address,omitempty"`
	Erases    int          `json:"erases,omitempty"`
	Lasts     float64      `json:"lasts,omitempty"` // seconds
	Sent      *bool        `json:"sent,omitempty"`
	Peer      string       `json:"peer,omitempty"`
	Data      []byte       `json:"data,omitempty"`
	Module    string       `json:"module,omitempty"` // of the firmware
	Wanted    int          `json:"wanted_bytes,omitempty"`
	For       string       `json:"for,omitempty"`
	Free      *int         `json:"free_bytes,omitempty"`
	Largest   *int         `json:"largest_free_bytes,omitempty"`
	Garbage   *int         `json:"garbage_bytes,omitempty"`
}

func (a About) record(name string) record {
	return record{Event: name, At: a.At.Seconds(), Text: a.Text}
}

func (r record) traced(traceback string) record {
	r.Traceback = traceback
	return r
}

func (r record) at(p *Port) record {
	if p == nil {
		return r
	}
	r.Network, r.Port, r.Host = p.Network, p.Module, p.Host.String()
	if p.Err != nil {
		r.Error = p.Err.Error()
	}
	return r
}

// MarshalJSON implements Event.
func (e Listening) MarshalJSON() ([]byte, error) { return json.Marshal(e.record(e.Name()).at(&e.Port)) }

// MarshalJSON implements Event.
func (e LongTask) MarshalJSON() ([]byte, error) {
	r := e.record(e.Name()).traced(e.Traceback)
	r.Took = e.Took.Seconds()
	return json.Marshal(r)
}

// MarshalJSON implements Event.
func (e Watchdog) MarshalJSON() ([]byte, error) {
	return json.Marshal(e.record(e.Name()).traced(e.Traceback))
}

// MarshalJSON implements Event.
func (e Exception) MarshalJSON() ([]byte, error) { return json.Marshal(e.record(e.Name())) }

// MarshalJSON implements Event.
func (e Rebooted) MarshalJSON() ([]byte, error) {
	r := e.record(e.Name())
	r.Reason = &e.Reason
	return json.Marshal(r)
}

// MarshalJSON implements Event.
func (e Sleeping) MarshalJSON() ([]byte, error) { return json.Marshal(e.record(e.Name())) }

// MarshalJSON implements Event.
func (e HostError) MarshalJSON() ([]byte, error) { return json.Marshal(e.record(e.Name()).at(e.Port)) }

// MarshalJSON implements Event.
func (e FlashWear) MarshalJSON() ([]byte, error) {
	r := e.record(e.Name())
	r.Address, r.Erases, r.Lasts = &e.Address, e.Erases, e.Lasts.Seconds()
	return json.Marshal(r)
}

// MarshalJSON implements Event.
func (e NetworkRefused) MarshalJSON() ([]byte, error) { return json.Marshal(e.record(e.Name())) }

// MarshalJSON implements Event.
func (e Cut) MarshalJSON() ([]byte, error) {
	return json.Marshal(e.record(e.Name()).traced(e.Traceback))
}

// MarshalJSON implements Event.
func (e Bug) MarshalJSON() ([]byte, error) {
	return json.Marshal(e.record(e.Name()).traced(e.Traceback))
}

// MarshalJSON implements Event.
func (e MissingModule) MarshalJSON() ([]byte, error) {
	r := e.record(e.Name()).traced(e.Traceback)
	r.Module = e.Module
	return json.Marshal(r)
}

// MarshalJSON implements Event.
func (e Panic) MarshalJSON() ([]byte, error) {
	return json.Marshal(e.record(e.Name()).traced(e.Traceback))
}

// MarshalJSON implements Event.
func (e LuaError) MarshalJSON() ([]byte, error) {
	return json.Marshal(e.record(e.Name()).traced(e.Traceback))
}

// MarshalJSON implements Event.
func (e OldCode) MarshalJSON() ([]byte, error) { return json.Marshal(e.record(e.Name())) }

// MarshalJSON implements Event.
func (e Note) MarshalJSON() ([]byte, error) {
	r := e.record(e.Name())
	r.Module = e.Module
	return json.Marshal(r)
}

// MarshalJSON implements Event.
func (e OutOfMemory) MarshalJSON() ([]byte, error) {
	r := e.record(e.Name()).traced(e.Traceback)
	r.Wanted, r.For, r.Free, r.Largest, r.Garbage = e.WantedBytes, e.For, &e.FreeBytes, &e.LargestBytes, &e.GarbageBytes
	return json.Marshal(r)
}

// MarshalJSON implements Event.
func (e StoreRefused) MarshalJSON() ([]byte, error) {
	return json.Marshal(e.record(e.Name()).traced(e.Traceback))
}

// MarshalJSON implements Event.
func (e InputLate) MarshalJSON() ([]byte, error) { return json.Marshal(e.record(e.Name())) }

// MarshalJSON implements Event.
func (e PinChanged) MarshalJSON() ([]byte, error) {
	r := e.record(e.Name())
	r.Pin, r.Level = &e.Pin, &e.Level
	return json.Marshal(r)
}

// MarshalJSON implements Event.
func (e FileWritten) MarshalJSON() ([]byte, error) {
	r := e.record(e.Name())
	r.File, r.Bytes = e.File, &e.Bytes
	return json.Marshal(r)
}

// MarshalJSON implements Event.
func (e Packet) MarshalJSON() ([]byte, error) {
	r := e.record(e.Name())
	r.Network, r.Port, r.Sent, r.Peer, r.Data = e.Network, e.Local, &e.Sent, e.Peer.String(), e.Data
	return json.Marshal(r)
}

// ResetReason is why the chip was reset (enum rst_reason of the SDK).
type ResetReason uint32

// The reasons.
const (
	ResetPowerOn          = ResetReason(port.ResetPowerOn)
	ResetHardwareWatchdog = ResetReason(port.ResetHardwareWatchdog)
	ResetException        = ResetReason(port.ResetException)
	ResetSoftWatchdog     = ResetReason(port.ResetSoftWatchdog)
	ResetRestart          = ResetReason(port.ResetRestart)
	ResetDeepSleep        = ResetReason(port.ResetDeepSleep) // it is over
	ResetExternal         = ResetReason(port.ResetExternal)  // by the pin
)

// portOf says where a server is.
func portOf(m *hostnet.Mapping, p *project.Project) Port {
	return Port{Network: m.Network, Module: m.Device, Host: m.Host, Err: m.Err, Named: p.NamesPort(m.Device)}
}

// eventOf is an event of the device in public form.
func eventOf(e device.Event, p *project.Project) Event {
	a := About{e.At, e.Text}
	switch e.Kind {
	case device.Listening:
		return Listening{a, portOf(e.Mapping, p)}
	case device.LongTask:
		return LongTask{a, e.Took, e.Traceback}
	case device.Watchdog:
		return Watchdog{a, e.Traceback}
	case device.Exception:
		return Exception{a}
	case device.Rebooted:
		return Rebooted{a, ResetReason(e.Reset.Reason)}
	case device.Sleeping:
		return Sleeping{a}
	case device.HostError:
		if e.Mapping != nil {
			at := portOf(e.Mapping, p)
			return HostError{a, &at}
		}
		return HostError{a, nil}
	case device.FlashWear:
		return FlashWear{a, e.Wear.Offset, e.Wear.Erases, e.Wear.Left}
	case device.NetworkRefused:
		return NetworkRefused{a}
	case device.Cut:
		return Cut{a, e.Traceback}
	case device.Bug:
		return Bug{a, e.Traceback}
	case device.MissingModule:
		return MissingModule{a, e.Module, e.Traceback}
	case device.Panic:
		return Panic{a, e.Traceback}
	case device.LuaError:
		return LuaError{a, e.Traceback}
	case device.OldCode:
		return OldCode{a}
	case device.Note:
		return Note{a, e.Module}
	case device.OutOfMemory:
		s := e.Shortage
		return OutOfMemory{a, s.Wanted, s.For, s.Free, s.Largest, s.Garbage, e.Traceback}
	case device.StoreRefused:
		return StoreRefused{a, e.Traceback}
	case device.InputLate:
		return InputLate{a}
	}
	panic("BUG: an event without a type: " + e.Kind.String())
}
