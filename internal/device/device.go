package device

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"moonlet.example/moonlet/internal/console"
	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/parts"
	"moonlet.example/moonlet/internal/parts/button"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/sim/adc"
	"moonlet.example/moonlet/internal/sim/hostnet"
	"moonlet.example/moonlet/internal/sim/i2c"
	"moonlet.example/moonlet/internal/sim/pins"
	"moonlet.example/moonlet/internal/sim/radio"
	"moonlet.example/moonlet/internal/sim/serial"
	"moonlet.example/moonlet/internal/storage"
	"moonlet.example/moonlet/internal/storage/rcr"
)

// Device is a virtual module.
type Device struct {
	config   Config
	space    *mem.Space
	mem      mem.Mem
	firmware *firmware.Firmware
	heap     heap.System
	machine  machine.Machine // of this life

	loop    *sdk.Loop
	system  *sdk.System
	records *rcr.Page
	pins    *pins.Bank
	adc     *adc.Input
	i2c     *i2c.Master
	buttons map[string]*button.Button
	uarts   [port.SerialPorts]*serial.UART // as many as the chip has
	room    storage.Room
	files   storage.Files
	filesAt port.FlashRegion // the partition of files
	net     *hostnet.Net
	radio   *radio.Radio
	forced  *sdk.ForcedSleep

	store      partition
	stateLock  *storage.StateLock // nil if the caller has it
	complaints complaints
	profile    heapProfile
	guard      guard
	typing     typing
	console    *console.Console
	shortages  once           // where memory ran out, and for what
	hinted     once           // what was told of older editions
	outputs    *firmware.Fact // of node.output, if that has a function
	noted      once           // what was told that a board does without a word
	certs      *storage.Certs
	places     places
	missed     once // modules of the firmware that were asked for and are not there
	used       bool // something is in RAM
	running    bool // a life has begun and not ended
	living     bool // lives runs
	interrupts interrupts
	next       port.ResetInfo // how the next one begins
	wakeUp     time.Duration  // when the deep sleep ends that the chip is in, 0 for none
	booting    bool           // the boot task runs
	where      string         // traceback of the task that is too long
	unit       time.Duration  // of a cost unit at unitMHz
	unitMHz    int
	hostErr    error // of writing to Serial
	stopped    atomic.Bool
	endInput   bool
	cut        bool // the task that ran was cut
	bugs       int  // faults of this program in this run
	bug        error
}

// New makes a module that is switched off. Errors are for the user.
func New(c Config) (*Device, error) {
	if err := c.setDefaults(); err != nil {
		return nil, err
	}
	if c.StateDir == "" && c.State == nil {
		return nil, fmt.Errorf("a module needs a directory for its flash memory")
	}
	d := &Device{config: c, buttons: map[string]*button.Button{}}
	if err := d.link(); err != nil {
		return nil, err
	}
	d.next = d.resetInfo(port.ResetPowerOn)
	d.typing.init(func(piece []byte) { d.loop.InjectOutside(func() { d.uarts[0].Receive(piece) }) })
	if err := d.openState(); err != nil {
		return nil, err
	}
	d.room = d.config.Room(storage.Hooks{OnError: d.hostError, OnOp: d.onFlash, OnWorn: d.onWorn, OnWork: d.flashWork, Now: d.config.Clock.Now})
	if err := d.assemble(); err != nil {
		d.Close()
		return nil, err
	}
	d.room.On()
	d.playScript(c.Script)
	return d, nil
}

func (d *Device) assemble() (err error) {
	if d.records, err = d.room.Records(); err != nil {
		return err
	}
	if err := d.mapMemory(); err != nil {
		return err
	}
	return d.connect()
}

// connect makes the chip's parts and what they are connected to.
func (d *Device) connect() error {
	c, chip := &d.config, d.firmware.Chip
	d.loop = sdk.New(sdk.Config{
		Clock: c.Clock, OnWait: d.guard.outside, OnJump: func() { d.guard.beats.Add(1) }, TaskQueue: chip.TaskQueue, TimerStep: chip.TimerStep,
		TaskLimit: cmp.Or(c.TaskLimit, chip.Watchdog.Task), SoftWatchdog: cmp.Or(c.SoftWatchdog, chip.Watchdog.Soft),
		Pending:     d.pendingWork,
		OnTaskLimit: d.onTaskLimit, OnLongTask: d.onLongTask, OnWatchdog: d.onWatchdog,
		OnLate: d.guard.lateNow, OnCut: d.onCut,
	})
	adcMode, err := d.room.ADC()
	if err != nil {
		return err
	}
	if d.certs, err = d.room.Certs(); err != nil {
		return err
	}
	d.pins, d.adc = pins.New(d.loop, c.Board.History), adc.New(d.loop, adcMode)
	d.forced = sdk.NewForcedSleep(d.loop, d.pins)
	buses := &i2c.Board{Pins: d.pins}
	d.i2c = i2c.New(d.loop, buses)
	board := parts.Board{Loop: d.loop, Pins: d.pins, ADC: d.adc, I2C: buses, Seed: c.Seed}
	if err := parts.Connect(&board, &c.Board); err != nil {
		return err
	}
	d.watchPins()
	for i, k := range board.Buttons {
		d.buttons[c.Board.Buttons[i].Name] = k
	}
	d.uarts[0] = serial.New(d.loop, serial.Config{Send: d.console0(c.Serial), Unpaced: c.FastSerial, OnTaken: d.typed, Deaf: d.loop.Asleep})
	d.uarts[1] = serial.New(d.loop, serial.Config{Send: d.sender(c.Serial1), Unpaced: c.FastSerial, NoReceiver: true})
	d.net = hostnet.New(d.netConfig())
	store, err := d.room.WiFi()
	if err != nil {
		return err
	}
	d.radio = radio.New(radio.Config{
		Loop: d.loop, Link: d.net, Store: store, MAC: radio.MACOf(c.ChipID),
		Networks: c.WiFi.Networks, KnownOnly: c.WiFi.KnownOnly, Script: c.WiFi.Script,
		Memory: sdkMemory{d}, Use: c.SDKMemory.Radio, Lease: c.Lease,
	})
	flashSize := d.room.FlashBytes()
	d.system = sdk.NewSystem(sdk.SystemConfig{
		Chip: chip, Loop: d.loop, Records: d.records,
		Mem: d.mem, StaticStart: chip.Memory.RAM.Start, StaticEnd: chip.Memory.Heap().Start,
		Hardware: port.Hardware{ChipID: c.ChipID, FlashID: chip.Flash.ID(flashSize), FlashSize: flashSize, FlashSpeed: chip.Flash.SpeedHz},
		Build:    d.firmware.Info(c.LFSSize), Seed: c.Seed, OnRestoreDefaults: d.radio.Forget,
		CheckImage: d.checkFile, LoadNow: d.loadNow, OnRefused: d.imageRefused,
		OnUncaught: func(message string) { d.luaError(Panic, message) }, LargestFreeHeap: func() int { return int(d.heap.LargestFree()) },
	})
	d.console = console.New(console.Config{
		Serial: d.uarts[0], Memory: sdkMemory{d}, OnWait: d.checkEnd, Init: d.config.Init,
		OnError:  func(message string) { d.luaError(LuaError, message) },
		State:    func() state.State { return d.machine.State() },
		OpenLibs: d.firmware.Machine.OpenLibs,
		Banner:   func() string { return d.firmware.Banner(c.LFSSize) },
		Watch:    d.watchConsole(),
	})
	d.guard.cut, d.guard.revoke = d.loop.Cut, d.space.Revoke
	return d.openFiles()
}

// openFiles opens the file system where the partition table of this life says it
// is.
func (d *Device) openFiles() error {
	region := d.system.Partition(port.PartitionSPIFFS)
	if d.files != nil {
		if region == d.filesAt {
			return nil
		}
		if err := d.files.Close(); err != nil {
			return err
		}
	}
	d.filesAt = region
	files, err := d.room.Files(region)
	if err != nil {
		return fmt.Errorf("cannot use the directory of the module's files: %w", err)
	}
	d.files = files
	return nil
}

func (d *Device) netConfig() hostnet.Config {
	c := &d.config.Net
	n := hostnet.Config{
		Loop: d.loop, ListenIP: c.ListenIP, Ports: c.Ports, AutoPorts: c.AutoPorts,
		Hosts: c.Hosts, HostsOnly: c.HostsOnly, OnListen: d.onListen,
		Policy: c.Policy, Connect: c.Connect, Air: d.config.Air, Inside: d.config.WiFi.Subnets(), Fail: c.Fail,
		OnRefused: func(text string) { d.report(Event{Kind: NetworkRefused, Text: text}) },
		Rand:      func() uint32 { return d.system.Random() },
		Memory:    sdkMemory{d}, Packet: d.config.SDKMemory.Net.Packet, Lingering: d.config.SDKMemory.Net.Lingering,
	}
	for _, a := range d.config.WiFi.Addresses() {
		if !a.Gateway.IsAny() {
			n.Gateways = append(n.Gateways, a.Gateway)
		}
	}
	d.timeServers(&n)
	if c.GatewayIsHost {
		n.Alias = map[port.IP]port.IP{}
		for _, a := range n.Gateways {
			n.Alias[a] = port.IP{127, 0, 0, 1}
		}
	}
	return n
}

// timeServers says who tells the time in the simulated networks, and which one.
func (d *Device) timeServers(n *hostnet.Config) {
	c := &d.config
	switch s := c.Net.TimeServer; {
	case s.None:
		return
	case !s.At.IsZero():
		n.Time, n.TimeFirst = s.At, true
	case s.Host || !c.Clock.Jumps():
		n.Time, n.TimeFirst = sdk.TimeOfDay().Add(-c.Clock.Now()), s.Host
	default:
		n.Time, n.TimeFirst = hostnet.VirtualTime(), true
	}
	n.TimeServers = slices.Clone(n.Gateways)
	for _, w := range c.WiFi.Networks {
		if !w.NTP.IsAny() {
			n.TimeServers = append(n.TimeServers, w.NTP)
		}
	}
}

func (d *Device) sender(w io.Writer) func(p []byte) {
	return func(p []byte) {
		var err error
		d.guard.outside(func() { _, err = w.Write(p) })
		if err != nil && d.hostErr == nil {
			d.hostErr = fmt.Errorf("cannot write what the module sends: %w", err)
			d.halt()
		}
	}
}

// console0 is sender for the port that the console is at.
func (d *Device) console0(w io.Writer) func(p []byte) {
	send := d.sender(w)
	if d.config.Printed == nil {
		return send
	}
	printed := d.sender(d.config.Printed)
	return func(p []byte) {
		if !d.console.Own() {
			printed(p)
		}
		send(p)
	}
}

// Loop implements port.Chip.
func (d *Device) Loop() port.Loop { return d.loop }

// System implements port.Chip.
func (d *Device) System() port.System { return d.system }

// Serial implements port.HasSerial.
func (d *Device) Serial(uart int) port.Serial {
	if uart < 0 || uart >= min(len(d.uarts), d.firmware.Chip.SerialPorts) {
		return nil
	}
	return d.uarts[uart]
}

// The other parts that the chip has, as package port looks for them.

// Input implements port.HasInput.
func (d *Device) Input() port.Input { return d.console }

// Pins implements port.HasPins.
func (d *Device) Pins() port.Pins { return d.pins }

// ADC implements port.HasADC.
func (d *Device) ADC() port.ADC { return d.adc }

// I2C implements port.HasI2C.
func (d *Device) I2C() port.I2C { return d.i2c }

// CertSectors implements port.HasCertSectors.
func (d *Device) CertSectors() port.CertSectors { return d.certs }

// Notes implements port.HasNotes.
func (d *Device) Notes() port.Notes { return d }

// Note implements port.Notes.
func (d *Device) Note(module, text string) {
	if d.noted.isNew(module+": "+text, complaintsMax) {
		d.report(Event{Kind: Note, Module: module, Text: text})
	}
}

// Files implements port.HasFiles.
func (d *Device) Files() port.Files {
	if d.config.Watch.File != nil {
		return watchedFiles{d.files, d}
	}
	return d.files
}

// Records implements port.HasRecords.
func (d *Device) Records() port.Records { return d.system }

// Store implements port.HasStore.
func (d *Device) Store() port.Store { return d.system }

// Net implements port.HasNet.
func (d *Device) Net() port.Net {
	if d.config.Watch.Packet != nil {
		return watchedNet{d.net, d}
	}
	return d.net
}

// WiFi implements port.HasWiFi.
func (d *Device) WiFi() port.WiFi { return d.radio }

// ForcedSleep implements port.HasForcedSleep.
func (d *Device) ForcedSleep() port.ForcedSleep { return d.forced }

// SDK implements port.HasSDK.
func (d *Device) SDK() port.SDK { return d.system }

// RTC implements port.HasRTC.
func (d *Device) RTC() port.RTCMemory { return d.system }

// Open implements stdlib.Files: what dofile and its like read.
func (d *Device) Open(name string) (io.ReadCloser, error) {
	f, err := d.files.Open(name, port.OpenRead)
	if err != nil {
		return nil, errors.New("") // the firmware gives no reason
	}
	return fileReader{f}, nil
}

type fileReader struct{ port.File }

func (r fileReader) Read(p []byte) (int, error) {
	n, err := r.File.Read(p)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

// checkEnd stops the loop when the input has ended and is executed.
func (d *Device) checkEnd() {
	if d.endInput && d.console.Idle() && !d.booting && d.uarts[0].Waiting() == 0 && d.uarts[0].Buffered() == 0 {
		d.loop.Stop()
	}
}

// Stop makes Run or RunFor return; if neither runs, the next one does so at once. The
// task that runs may go on for some 40 ms on the host. Then it is cut, as if the power had
// gone, and the error is ErrCut. Any goroutine may call it.
func (d *Device) Stop() {
	d.stopped.Store(true)
	d.halt()
}

// halt ends the task that runs, soon.
func (d *Device) halt() {
	d.loop.Stop()
	d.typing.hurry()
	d.guard.hurry()
}

// Press holds a button of the board for some time; false if there is none of
// that name.
func (d *Device) Press(name string, t time.Duration) bool {
	k, ok := d.buttons[name]
	if ok {
		k.PressFor(t)
	}
	return ok
}

// ErrNotRunning says that no Lua is running: the module sleeps, has just been reset, or has
// not begun.
var ErrNotRunning = errors.New("no Lua is running")

// Live collects the garbage, between two tasks of the module, and tells how many
// bytes of heap are free then and which short strings are in RAM. The error is
// ErrNotRunning, also if a finalizer resets the module, or ErrCut if one does not end.
func (d *Device) Live() (free int, strings []string, err error) {
	if err := d.collected(func() { strings = d.machine.RAMStrings() }); err != nil {
		return 0, nil, err
	}
	return d.FreeHeap(), strings, nil
}

// collected collects the garbage, between two tasks of the module, and runs f
// then. The error is that of Live.
func (d *Device) collected(f func()) (err error) {
	if d.machine == nil || !d.running {
		return ErrNotRunning
	}
	defer mem.CatchFaults()()
	defer d.watch()()
	d.loop.Limit(d.loop.Now(), d.loop.Now()+taskMax)
	defer d.loop.Limit(sdk.Forever, sdk.Forever)
	defer func() {
		if r := recover(); r != nil {
			err = d.fell(r)
		}
	}()
	d.loop.Exec(func() {
		for range 2 { // what has a finalizer goes the second time
			d.machine.State().GC(state.GCCollect, 0)
		}
		f()
	})
	return nil
}

// fell ends a life that a panic ended while nobody ran the module.
func (d *Device) fell(r any) error {
	d.end(d.ended(r))
	if d.cut {
		d.cut = false
		return ErrCut
	}
	return ErrNotRunning
}

// FreeHeap is what node.heap() tells, in bytes.
func (d *Device) FreeHeap() int {
	if d.heap == nil {
		return 0
	}
	return int(d.heap.FreeBytes())
}

// Run switches the module on and lets it live until ctx is done, Stop, Config.EndAt or
// the end of the input; that is no error, but if a task had to be cut for it, the error is
// ErrCut. EndAt cuts at once, so that all runs in virtual time are the same.
func (d *Device) Run(ctx context.Context) error {
	defer d.endWith(ctx)()
	run := func() { d.loop.Run(context.Background()) }
	end := cmp.Or(d.config.EndAt, sdk.Forever)
	if end != sdk.Forever {
		run = func() { d.loop.RunFor(end - d.loop.Now()) }
	}
	return d.lives(func() {
		if run(); d.endInput && !d.interrupted() {
			d.loop.RunUntilIdle()
		}
	}, end, end)
}

// taskMax is how long, by the module's clock, a task may take when the time of RunFor is
// over. The watchdog ends a task that does not feed it before that, so only what would go
// on for ever is cut.
const taskMax = 10 * time.Second

// RunFor lets the module live for t of its own time, and longer if the task that runs
// then takes longer. One that does not end is cut, after 10 s of the module's time or 2 s
// of the host's, and the error is ErrCut.
func (d *Device) RunFor(t time.Duration) error {
	end := d.loop.Now() + t
	return d.lives(func() { d.loop.RunFor(end - d.loop.Now()) }, end, end+taskMax)
}

// Close switches the module off for good.
func (d *Device) Close() error {
	d.typing.close()
	var errs []error
	if d.net != nil {
		d.net.Close()
	}
	if d.loop != nil {
		d.room.Off(d.loop.Now())
	}
	if d.files != nil {
		errs = append(errs, d.files.Close())
	}
	errs = append(errs, d.store.close())
	d.complaints.end(d)
	d.closeState()
	if d.space != nil {
		errs = append(errs, d.space.Close())
	}
	d.net, d.files, d.space = nil, nil, nil
	return errors.Join(errs...)
}

func (d *Device) onListen(m hostnet.Mapping) {
	if m.Err != nil {
		d.report(Event{Kind: HostError, Text: m.String(), Mapping: &m})
		return
	}
	d.report(Event{Kind: Listening, Text: m.String(), Mapping: &m})
}

func (d *Device) report(e Event) {
	if d.loop != nil {
		e.At = d.config.Clock.Now()
	}
	d.guard.outside(func() { d.config.Report(e) })
}

var _ interface {
	port.Chip
	port.HasSerial
	port.HasInput
	port.HasPins
	port.HasADC
	port.HasI2C
	port.HasFiles
	port.HasRecords
	port.HasStore
	port.HasNet
	port.HasWiFi
	port.HasForcedSleep
	port.HasSDK
	port.HasRTC
} = (*Device)(nil)
