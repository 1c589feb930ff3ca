package device

import (
	"context"
	"sync"
	"time"

	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/parts/source"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim/radio"
)

// The functions of this file are what the world outside does to a module. All but Between
// are for the module's goroutine, between two tasks.

// Now is the module's time since power-on.
func (d *Device) Now() time.Duration { return d.loop.Now() }

// Time is Now in the midst of a task, for those who watch.
func (d *Device) Time() time.Duration { return d.config.Clock.Now() }

// RunPart is RunFor as a part of a run that ends at a time of the module: only then tasks
// that do not end are cut.
func (d *Device) RunPart(t, end time.Duration) error {
	return d.lives(func() { d.loop.RunFor(t) }, end, end+taskMax)
}

// Between runs f between two tasks of the module, as soon as it runs. Any goroutine may
// call it.
func (d *Device) Between(f func()) { d.loop.InjectOutside(f) }

// Pause makes Run or RunFor return behind the task that runs, which nothing cuts. It is for
// Serial and Report.
func (d *Device) Pause() { d.loop.Stop() }

// Aside runs f in the midst of a task, and no time of the module passes: what a debugger
// does while its user thinks. What comes from outside waits. Stop cannot end f.
func (d *Device) Aside(f func()) { d.guard.outside(func() { d.config.Clock.Aside(f) }) }

// Running tells whether a life has begun and not ended: there is a Lua.
func (d *Device) Running() bool { return d.machine != nil && d.running }

// Drive forces a level on a pin from outside, or takes it away (pins.Floating).
func (d *Device) Drive(pin, level int) { d.pins.Line(pin).Drive(level) }

// Level is the level at a pin.
func (d *Device) Level(pin int) int { return d.pins.Read(pin) }

// Hold presses a button until it is released; false if there is none of that name.
func (d *Device) Hold(name string, down bool) bool {
	k, ok := d.buttons[name]
	switch {
	case ok && down:
		k.Press()
	case ok:
		k.Release()
	}
	return ok
}

// SetADC connects the analog input to a constant.
func (d *Device) SetADC(value float64) { d.adc.Connect(source.Constant(value)) }

// Air lets something happen to the networks around the module.
func (d *Device) Air(s radio.Step) { d.radio.Do(s) }

// Address is the module's address: the station's if it has one, else that of its own access
// point; the zero IP if it is in no network.
func (d *Device) Address() (a port.IP) {
	if d.radio.Status() == port.StationGotIP {
		return d.radio.IPInfo(port.StationIf).Addr
	}
	return d.radio.IPInfo(port.SoftAPIf).Addr
}

// ReadFile reads a file of the module's file system.
func (d *Device) ReadFile(name string) ([]byte, error) {
	f, err := d.files.Open(name, port.OpenRead)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, f.Size())
	n, err := f.Read(data)
	return data[:n], err
}

// Fields are the string keys of what a path of names leads to from the global variables, as
// machine.Machine has it; none if no Lua is running.
func (d *Device) Fields(path []string) []machine.Field {
	if !d.Running() {
		return nil
	}
	return d.machine.Fields(path)
}

// FileList lists the files of the module's file system.
func (d *Device) FileList() ([]port.FileInfo, error) { return d.files.List() }

// interrupts lets contexts end a run, and none a later one.
type interrupts struct {
	mu  sync.Mutex
	run int // number of the run
	on  bool
}

// endWith makes a run that begins now end with ctx, until stop is called or the run ends.
func (d *Device) endWith(ctx context.Context) (stop func() bool) {
	i := &d.interrupts
	i.mu.Lock()
	defer i.mu.Unlock()
	run := i.run
	return context.AfterFunc(ctx, func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.run == run {
			i.on = true
			d.halt()
		}
	})
}

// interrupted tells whether the run is to end.
func (d *Device) interrupted() bool {
	d.interrupts.mu.Lock()
	defer d.interrupts.mu.Unlock()
	return d.stopped.Load() || d.interrupts.on
}

// runEnds lets nothing of what was to end this run end another.
func (d *Device) runEnds() {
	d.interrupts.mu.Lock()
	defer d.interrupts.mu.Unlock()
	d.interrupts.run++
	d.interrupts.on = false
	d.living = false
	d.stopped.Store(false)
}
