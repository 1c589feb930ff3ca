package moonlet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/project"
	"moonlet.example/moonlet/internal/sdk"
)

// Errors of a Module.
var (
	// ErrClosed says that the module is closed.
	ErrClosed = errors.New("the module is closed")
	// ErrStopped says that Stop was called.
	ErrStopped = errors.New("the module is stopped")
	// ErrRunning says that another goroutine runs the module.
	ErrRunning = errors.New("the module is run by another goroutine")
	// ErrTimeout says that something did not come in time.
	ErrTimeout = errors.New("it did not come in time")
	// ErrNotRunning says that no Lua is running: the module is off, sleeps, or has just been
	// reset.
	ErrNotRunning = device.ErrNotRunning
	// ErrCut says that the task that ran when a run was to end had to be cut, as if the power
	// had gone. The next run begins with power-on.
	ErrCut = device.ErrCut
)

type (
	// Error is something wrong with what was asked for, such as a key of a project file; it
	// says where, what, and what would be right. Several of them come joined, see
	// errors.Join.
	Error = project.Error
	// HostFault is the error of what this computer does not let Moonlet do.
	HostFault = project.HostError
	// Loaded is a file that went to the module's flash memory, with its size in bytes.
	Loaded = project.Uploaded
)

// Module is a virtual module with an application. Its methods may be called by any
// goroutine.
type Module struct {
	options *options
	project *project.Project
	owned   []*project.Project  // that Close closes, the last one first
	names   func() upvalueNames // of the project, found once
	number  int                 // in options.network

	log    serialLog
	events subscribers
	pause  bool         // the run is to be interrupted for a request
	until  bool         // RunUntil wants to look after each output and event; of the module's goroutine
	inUser atomic.Int32 // functions of users that run in the midst of the module

	mu       sync.Mutex
	changed  *sync.Cond
	device   *device.Device // nil until it is needed for the first time
	isLoaded bool
	loaded   []Loaded
	busy     bool // somebody has the device
	running  bool // and runs it
	stopped  bool
	closed   bool
	requests []*request
	done     chan struct{} // closed when nothing is left

	// Of the end; valid when done is closed.
	closeErr  error
	discarded bool
}

// Open opens the application at a path: a project's directory, a .lua or .lc file, or the
// image of a whole flash chip. Nothing is written yet, and the module is off. What is wrong
// with it is an *Error, or several of them, all at once, or a *HostFault.
func Open(path string, opts ...Option) (*Module, error) {
	o := newOptions(opts)
	return o.open(func() (*project.Project, error) { return o.project.Open(path) })
}

// New makes a module of a configuration. Errors are as with Open.
func New(c Config, opts ...Option) (*Module, error) {
	app := project.Application{Files: map[string][]byte{}, Store: map[string][]byte{}}
	if err := c.application(&app); err != nil {
		return nil, err
	}
	o := newOptions(append([]Option{With(c)}, opts...))
	return o.open(func() (*project.Project, error) { return o.project.New(app) })
}

// application reads the files of a configuration.
func (c *Config) application(app *project.Application) error {
	for name, text := range c.Files {
		app.Files[name] = []byte(text)
	}
	for name, text := range c.StoreFiles {
		app.Store[name] = []byte(text)
	}
	if c.FS == nil {
		return nil
	}
	return fs.WalkDir(c.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if _, ok := app.Files[path]; ok {
			return &Error{Where: "configuration", Key: "files", Problem: fmt.Sprintf("%q is in both Files and FS: leave one out", path)}
		}
		app.Files[path], err = fs.ReadFile(c.FS, path)
		return err
	})
}

// open makes the module of a project.
func (o *options) open(read func() (*project.Project, error)) (*Module, error) {
	o.project.Apart = o.apart
	keys := project.Keys()
	for _, f := range o.project.Flags {
		if !slices.ContainsFunc(keys, func(k project.Key) bool { return k.Flag == f.Flag }) {
			return nil, &Error{Where: "--" + f.Flag, Problem: "there is no such flag; docs/project.md lists them"}
		}
	}
	m := &Module{options: o, project: o.hook.Project, done: make(chan struct{})}
	m.changed = sync.NewCond(&m.mu)
	m.names = sync.OnceValue(func() upvalueNames { return namesIn(m.project) })
	if m.project == nil {
		p, err := read()
		if err != nil {
			return nil, err
		}
		m.project, m.owned = p, append(m.owned, p)
	}
	if err := m.place(); err != nil {
		return nil, errors.Join(err, m.closeProjects())
	}
	if err := o.network.join(m); err != nil {
		return nil, errors.Join(err, m.closeProjects())
	}
	for _, f := range o.events {
		m.events.add(f)
	}
	return m, nil
}

// place decides where the flash memory is.
func (m *Module) place() error {
	o := m.options
	if o.fresh && m.project.IsImage() {
		return m.project.Forget() // tells why not
	}
	if o.save {
		if err := m.project.Save(); err != nil {
			return err
		}
	}
	if !o.apart {
		return nil
	}
	q := m.project.Apart()
	err := m.closeProjects() // it is not needed any more, and may have directories of the host
	if m.project, m.owned = q, []*project.Project{q}; err != nil {
		return err
	}
	if f := o.hook.Prepare; f != nil {
		f(q)
	}
	return nil
}

func (m *Module) closeProjects() error {
	var errs []error
	for _, p := range slices.Backward(m.owned) {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}

// Load brings the application's files into the module's flash memory: those that are not
// there, and those that have been edited since they went there last. The first run does so
// by itself.
func (m *Module) Load() error {
	if err := m.enter(false); err != nil {
		return err
	}
	defer m.leave()
	return m.load()
}

// Loaded tells which files went to the flash memory when the application was loaded, also
// if that failed behind them.
func (m *Module) Loaded() []Loaded {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.loaded
}

func (m *Module) load() error {
	if m.isLoaded {
		return nil
	}
	if m.options.fresh {
		if err := m.project.Forget(); err != nil {
			return err
		}
	}
	done, err := m.project.Upload()
	m.isLoaded = err == nil
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loaded = done
	return err
}

// Prepare makes the module, which stays off, after it has loaded the application. The first
// run does so by itself.
func (m *Module) Prepare() error {
	if err := m.enter(false); err != nil {
		return err
	}
	defer m.leave()
	return m.start()
}

// start makes the device, once.
func (m *Module) start() error {
	if m.device != nil {
		return nil
	}
	if err := m.load(); err != nil {
		return err
	}
	d, err := device.New(m.config())
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.device = d
	m.changed.Broadcast() // who wants to ask for something can
	return nil
}

// config is that of the device.
func (m *Module) config() device.Config {
	o := m.options
	c := m.project.Config()
	c.Serial, c.FastSerial = serialTee{m}, o.fastConsole
	if o.hook.NoOutput {
		c.Serial = o.console
	}
	c.Printed = o.printed
	c.EndAt, c.HeapProfile, c.PowerCut = o.endAt, o.heapProfile, o.powerCut
	c.Board.Attached = o.attached
	c.Report = func(e device.Event) { m.tell(eventOf(e, m.project)) }
	c.Watch = m.watch()
	c.Net.Fail = o.hook.FailNetwork
	if o.hook.Trial {
		if c.Clock = sdk.Clock(sdk.NewVirtualClock()); o.hook.RealTime {
			c.Clock = sdk.NewRealClock(1)
		}
		c.Net.AutoPorts, c.Net.Ports = true, nil
		c.Seed = cmp.Or(o.hook.Seed, c.Seed, 1)
	}
	o.network.configure(m, &c)
	return c
}

// enter takes the device for this goroutine, to run it or to do something between two runs.
func (m *Module) enter(toRun bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.busy && !m.closed {
		if toRun && m.running {
			return ErrRunning
		}
		m.changed.Wait()
	}
	switch {
	case m.closed:
		return ErrClosed
	case toRun && m.stopped:
		return ErrStopped
	}
	m.busy, m.running = true, toRun
	return nil
}

// leave gives the device to who waits for it, or closes it if somebody has asked for that.
func (m *Module) leave() {
	m.mu.Lock()
	for len(m.requests) > 0 && !m.closed {
		m.mu.Unlock()
		m.serve(false)
		m.mu.Lock()
	}
	m.running = false
	if !m.closed {
		m.busy = false
		m.changed.Broadcast()
		m.mu.Unlock()
		return
	}
	m.mu.Unlock()
	m.shut()
}

// ended is the error of a run that is to end.
func (m *Module) ended() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return ErrClosed
	case m.stopped:
		return ErrStopped
	}
	return nil
}

// run lets f run the device.
func (m *Module) run(f func(d *device.Device) error) error {
	if err := m.enter(true); err != nil {
		return err
	}
	defer m.leave()
	if err := m.start(); err != nil {
		return err
	}
	if err := m.ended(); err != nil {
		return err
	}
	return f(m.device)
}

// live runs the device, with pauses for requests.
func (m *Module) live(run func() error) error {
	for {
		err := run()
		if err != nil || !m.pause {
			return err
		}
		m.pause = false
		m.serve(false)
		if m.ended() != nil {
			return nil
		}
	}
}

// Boot switches the module on if it is off, and returns when init.lua has run.
func (m *Module) Boot() error {
	return m.run(func(d *device.Device) error {
		if d.Running() {
			return nil
		}
		return d.RunFor(0)
	})
}

// Run lets the module live until ctx is done, Stop, Close, EndAt, or the end of the input
// (EndInput); that is no error, but if a task had to be cut for it, the error is ErrCut.
func (m *Module) Run(ctx context.Context) error {
	return m.run(func(d *device.Device) error {
		return m.live(func() error { return d.Run(ctx) })
	})
}

// RunFor lets the module live for t of its own time, and longer if the task that runs then
// takes longer. One that does not end is cut: the error is ErrCut.
func (m *Module) RunFor(t time.Duration) error {
	return m.run(func(d *device.Device) error {
		end := d.Now() + t
		return m.live(func() error { return d.RunFor(max(end-d.Now(), 0)) })
	})
}

// untilStep is how often RunUntil looks, in the module's time, where nothing happens.
const untilStep = time.Millisecond

// RunUntil lets the module live until cond is true: it is asked between two tasks, after each
// output and event, and every millisecond. If it is not in a time of the module, the error
// is ErrTimeout; the time is as with RunFor.
func (m *Module) RunUntil(cond func(b *Bench) bool, within time.Duration) error {
	return m.run(func(d *device.Device) error {
		m.until = true
		defer func() { m.until = false }()
		for end := d.Now() + within; ; {
			if m.ask(cond) {
				return nil
			}
			left := end - d.Now()
			if left <= 0 {
				return ErrTimeout
			}
			step := min(left, untilStep)
			err := m.live(func() error { return d.RunPart(step, end) })
			if err := cmp.Or(err, m.ended()); err != nil {
				return err
			}
		}
	})
}

// look makes RunUntil ask again when the task that runs is over.
func (m *Module) look() {
	if m.until {
		m.device.Pause()
	}
}

// Stop ends the run, and every later one before it begins. A task that runs may go on for
// some 40 ms of the host's time; then it is cut.
func (m *Module) Stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stopped = true
	m.halt()
}

// halt ends the run. m.mu is locked.
func (m *Module) halt() {
	if m.running && m.device != nil {
		m.device.Stop()
	}
}

// Close switches the module off for good, wherever it is, and gives back what it has of this
// computer. It may be called again, and waits until all is closed; the first call gets the
// error. In a function that is called in the midst of the module's work it returns at once,
// and the module is closed when that is over.
func (m *Module) Close() error {
	m.mu.Lock()
	first := !m.closed
	m.closed = true
	m.halt()
	mine := first && !m.busy
	m.changed.Broadcast()
	m.mu.Unlock()
	switch {
	case mine:
		m.shut()
	case m.inUser.Load() > 0:
		return nil
	default:
		<-m.done
	}
	if !first {
		return nil
	}
	return m.closeErr
}

// shut closes what there is. Only one goroutine comes here.
func (m *Module) shut() {
	m.mu.Lock()
	requests := m.requests
	m.requests = nil
	m.mu.Unlock()
	for _, r := range requests {
		r.err = ErrClosed
		close(r.done)
	}
	var errs []error
	if m.device != nil {
		errs = append(errs, m.device.Close())
	}
	m.discarded = m.project.Lost()
	m.options.network.leave(m)
	errs = append(errs, m.closeProjects())
	m.closeErr = errors.Join(errs...)
	close(m.done)
}

// Now is the module's time since power-on.
func (m *Module) Now() (t time.Duration, err error) {
	err = m.Do(func(b *Bench) { t = b.Now() })
	return t, err
}
