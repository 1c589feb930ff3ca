package moonlet

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim/pins"
	"moonlet.example/moonlet/internal/sim/radio"
)

// Bench is the module as it lies on the bench between two of its tasks, while its time
// stands. It is valid until the function that got it returns.
type Bench struct {
	m      *Module
	d      *device.Device
	action *device.BoardAction // nil for none
}

// request is something to be done between two tasks.
type request struct {
	f        func(b *Bench)
	aside    bool // not in the midst of a run
	done     chan struct{}
	err      error
	panicked any
}

// Do calls f between two tasks of the module: at once if nobody runs it, else as soon as the
// task that runs is over.
func (m *Module) Do(f func(b *Bench)) error { return m.request(&request{f: f}) }

// request does something, or lets the goroutine do it that runs the module.
func (m *Module) request(r *request) error {
	r.done = make(chan struct{})
	m.mu.Lock()
	for m.busy && !(m.running && m.device != nil) && !m.closed {
		m.changed.Wait()
	}
	switch {
	case m.closed:
		m.mu.Unlock()
		return ErrClosed
	case m.busy:
		m.requests = append(m.requests, r)
		m.device.Between(func() { m.serve(true) })
		m.mu.Unlock()
		<-r.done
	default:
		m.busy = true
		m.mu.Unlock()
		if r.err = m.start(); r.err == nil {
			if action := m.do(r); action != nil {
				m.device.Do(*action)
			}
		}
		m.leave()
	}
	if r.panicked != nil {
		panic(r.panicked)
	}
	return r.err
}

// serve does what others have asked for. It is on the module's goroutine. Within a run, what
// is to be done aside makes a pause in the run.
func (m *Module) serve(within bool) {
	for {
		m.mu.Lock()
		if len(m.requests) == 0 || m.closed {
			m.mu.Unlock()
			return
		}
		r := m.requests[0]
		if r.aside && within {
			m.pause = true
			m.mu.Unlock()
			m.device.Pause()
			return
		}
		m.requests = m.requests[1:]
		m.mu.Unlock()
		action := m.do(r)
		close(r.done)
		if action != nil {
			m.look()
			m.device.Do(*action) // may not return
		}
	}
}

// do does it, and tells what is to be done to the board then, if anything.
func (m *Module) do(r *request) (action *device.BoardAction) {
	m.inUser.Add(1)
	b := &Bench{m: m, d: m.device}
	defer func() {
		b.d = nil
		m.inUser.Add(-1)
		r.panicked = recover()
	}()
	r.f(b)
	m.look()
	return b.action
}

// ask asks a condition of RunUntil.
func (m *Module) ask(cond func(b *Bench) bool) (ok bool) {
	m.inUser.Add(1)
	defer m.inUser.Add(-1)
	b := &Bench{m: m, d: m.device}
	defer func() { b.d = nil }()
	return cond(b)
}

// Now is the module's time since power-on.
func (b *Bench) Now() time.Duration { return b.d.Now() }

// Running tells whether Lua is running: the module is neither off nor asleep.
func (b *Bench) Running() bool { return b.d.Running() }

// Pin is the level at a pin, 0 or 1; -1 if there is no such pin.
func (b *Bench) Pin(pin int) int {
	if pin < 0 || pin >= port.PinCount {
		return -1
	}
	return b.d.Level(pin)
}

// SetPin connects a pin to a level, from outside.
func (b *Bench) SetPin(pin, level int) error {
	if err := checkPin(pin); err != nil {
		return err
	}
	if level != 0 && level != 1 {
		return fmt.Errorf("a level is 0 or 1, not %d", level)
	}
	b.d.Drive(pin, level)
	return nil
}

// FreePin takes away what SetPin connected to a pin.
func (b *Bench) FreePin(pin int) error {
	if err := checkPin(pin); err != nil {
		return err
	}
	b.d.Drive(pin, pins.Floating)
	return nil
}

func checkPin(pin int) error {
	if pin < 0 || pin >= port.PinCount {
		return fmt.Errorf("there is no pin %d; pins are 0 to %d", pin, port.PinCount-1)
	}
	return nil
}

// SetAnalog is the value that the analog input measures from now on, from 0 to 1024.
func (b *Bench) SetAnalog(value float64) { b.d.SetADC(value) }

// Press holds a button of the board for some time of the module.
func (b *Bench) Press(button string, t time.Duration) error {
	if !b.d.Press(button, t) {
		return fmt.Errorf("there is no button %q; the key buttons lists them", button)
	}
	return nil
}

// Hold presses a button, or lets it go.
func (b *Bench) Hold(button string, down bool) error {
	if !b.d.Hold(button, down) {
		return fmt.Errorf("there is no button %q; the key buttons lists them", button)
	}
	return nil
}

// WiFi lets something happen to the networks around the module: a step of a script
// (docs/project.md) without its time, such as "vanish @home", "return @home", "drop" or
// "rssi -80 @home".
func (b *Bench) WiFi(step string) error {
	s, err := radio.ParseStep("0s " + step)
	if err != nil {
		return err
	}
	b.d.Air(s)
	return nil
}

// Address is the module's address: that of its station, or of its own access point; the zero
// Addr if it is in no network.
func (b *Bench) Address() netip.Addr {
	if a := b.d.Address(); !a.IsAny() {
		return netip.AddrFrom4(a)
	}
	return netip.Addr{}
}

// CutPower takes the power away and gives it back when the function that got the Bench is
// over: the module boots again with what is in its flash memory then.
func (b *Bench) CutPower() { b.action = new(device.CyclePower) }

// Reset presses the board's reset button when the function that got the Bench is over. What
// is in RAM is gone, as with CutPower, but node.bootreason tells of another reason.
func (b *Bench) Reset() { b.action = new(device.PressReset) }

// ReadFile reads a file of the module's flash memory.
func (b *Bench) ReadFile(name string) ([]byte, error) {
	data, err := b.d.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}

// File is a file in the module's flash memory.
type File struct {
	Name  string
	Bytes int
}

// Files lists the files in the module's flash memory, by name.
func (b *Bench) Files() ([]File, error) {
	list, err := b.d.FileList()
	if err != nil {
		return nil, err
	}
	var files []File
	for _, f := range list {
		files = append(files, File{f.Name, f.Size})
	}
	return files, nil
}

// Field is an entry of a table of the module with a string for a key.
type Field struct {
	Name string
	Kind string // what type tells of the value: "function", "table", ...
}

// Fields lists the fields of what a path of names leads to from the global variables, by name,
// and the global variables themselves without a path: Fields("wifi", "sta"). Where a value has
// a metatable with a table for __index, the fields of that are there, too. No Lua runs for it,
// and the module cannot notice. Of what does not exist or has no fields there are none.
func (b *Bench) Fields(path ...string) (list []Field) {
	for _, f := range b.d.Fields(path) {
		list = append(list, Field(f))
	}
	slices.SortStableFunc(list, func(x, y Field) int { return strings.Compare(x.Name, y.Name) })
	return slices.CompactFunc(list, func(x, y Field) bool { return x.Name == y.Name })
}

// doing is Do for what can fail by itself.
func (m *Module) doing(f func(b *Bench) error) (err error) {
	if err2 := m.Do(func(b *Bench) { err = f(b) }); err2 != nil {
		return err2
	}
	return err
}

// Pin is Bench.Pin between two tasks.
func (m *Module) Pin(pin int) (level int, err error) {
	if err := checkPin(pin); err != nil {
		return 0, err
	}
	err = m.Do(func(b *Bench) { level = b.Pin(pin) })
	return level, err
}

// SetPin is Bench.SetPin between two tasks.
func (m *Module) SetPin(pin, level int) error {
	return m.doing(func(b *Bench) error { return b.SetPin(pin, level) })
}

// FreePin is Bench.FreePin between two tasks.
func (m *Module) FreePin(pin int) error {
	return m.doing(func(b *Bench) error { return b.FreePin(pin) })
}

// Press is Bench.Press between two tasks.
func (m *Module) Press(button string, t time.Duration) error {
	return m.doing(func(b *Bench) error { return b.Press(button, t) })
}

// WiFi is Bench.WiFi between two tasks.
func (m *Module) WiFi(step string) error {
	return m.doing(func(b *Bench) error { return b.WiFi(step) })
}

// CutPower is Bench.CutPower between two tasks.
func (m *Module) CutPower() error { return m.Do((*Bench).CutPower) }

// Reset presses the board's reset button.
func (m *Module) Reset() error { return m.Do((*Bench).Reset) }

// ReadFile is Bench.ReadFile between two tasks.
func (m *Module) ReadFile(name string) (data []byte, err error) {
	err = m.doing(func(b *Bench) (err error) {
		data, err = b.ReadFile(name)
		return err
	})
	return data, err
}
