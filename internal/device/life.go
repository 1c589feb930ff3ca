package device

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/module/node"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/storage"
)

// reset is the panic by which a life ends in the midst of a task.
type reset struct{ info port.ResetInfo }

// cutOff is the panic by which a task ends that does not end by itself.
type cutOff struct{}

// ErrCut says that the task that ran when the module was to stop had to be cut. The next
// run begins with power-on.
var ErrCut = errors.New("a task did not end and was cut off")

// lives runs one life after the other, until run returns for another reason than
// the end of a life, or it is time to end, or Stop says so. A task that still runs when
// the time is last is cut.
func (d *Device) lives(run func(), end, last time.Duration) (err error) {
	defer mem.CatchFaults()()
	defer d.watch()()
	d.living = true
	defer d.runEnds()
	d.loop.Limit(end, last)
	defer d.loop.Limit(sdk.Forever, sdk.Forever)
	d.bugs, d.bug = 0, nil
	defer func() { err = cmp.Or(d.bug, err) }()
	d.awaitInput()
	for !d.interrupted() {
		if d.wakeUp != 0 {
			if d.sleep(run); d.wakeUp != 0 || d.interrupted() {
				return nil
			}
		}
		began := d.loop.Now()
		ending, err := d.live(run)
		if ending != nil && d.loop.Now() == began {
			d.loop.Charge(shortestLife)
		}
		if err != nil || d.hostErr != nil {
			return cmp.Or(err, d.hostErr)
		}
		if ending == nil {
			return nil
		}
		d.end(*ending)
		if d.loop.Now() >= end || d.bugs >= bugsMax {
			return nil
		}
	}
	return nil
}

// shortestLife lets time pass when a module is reset before anything else does, over
// and over again: by a store that is damaged, for instance.
const shortestLife = 10 * time.Millisecond

// end ends a life.
func (d *Device) end(e sdk.Ending) {
	d.running, d.next = false, e.Next
	if e.Sleep == 0 {
		return
	}
	d.off()
	d.loop.Reset()
	text := "asleep until a reset from outside"
	d.wakeUp = sdk.Forever
	if e.Sleep != sdk.Forever {
		text = fmt.Sprintf("asleep for %v", e.Sleep)
		d.wakeUp = d.config.Clock.Now() + e.Sleep
	}
	d.report(Event{Kind: Sleeping, Text: text})
}

// sleep lets the time of a deep sleep pass; the world outside goes on.
func (d *Device) sleep(run func()) {
	wake := d.loop.NewOutsideTimer(func() {
		d.wakeUp = 0
		d.loop.Stop()
	})
	if d.wakeUp != sdk.Forever {
		wake.Arm(max(d.wakeUp-d.config.Clock.Now(), 0), false)
	}
	run()
	wake.Disarm()
}

// live leads the rest of a life, after the boot if it has not begun. It returns
// how the life ended, nil if it goes on.
func (d *Device) live(run func()) (ending *sdk.Ending, err error) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		how := d.ended(r)
		ending, err = &how, nil
		if d.cut {
			d.cut = false
			d.end(how)
			ending, err = nil, ErrCut
		}
	}()
	if !d.running {
		if err := d.boot(d.next); err != nil {
			return nil, err
		}
	}
	if d.system.Pending() == nil {
		run()
	}
	return d.system.Pending(), nil
}

// off takes the power from all that a reset resets.
func (d *Device) off() {
	d.net.Reset()
	d.radio.Reset()
	d.forced.Reset()
	d.pins.Reset()
	d.i2c.Reset()
	if f := d.config.Watch.Reset; f != nil {
		lost := d.uarts[0].Buffered()
		d.guard.outside(func() { f(lost) })
	}
	for _, u := range d.uarts {
		u.Reset()
	}
	d.files.Reset()
	d.console.Reset()
	d.machine, d.heap = nil, nil
}

// boot begins a life: memory is empty, flash is as it was.
func (d *Device) boot(info port.ResetInfo) error {
	if d.heap != nil {
		d.off()
	}
	d.loop.Reset()
	if d.used { // else the host has just given it, empty and not touched yet
		ram := d.firmware.Chip.Memory.RAM
		d.mem.Zero(ram.Start, ram.Size())
	}
	d.used = true
	d.newHeap()
	d.system.Reset(info)
	if err := cmp.Or(d.openFiles(), d.openStore()); err != nil {
		return err
	}
	d.console.Begin()
	if info.Reason != port.ResetPowerOn {
		d.report(Event{Kind: Rebooted, Text: "reset: " + d.firmware.Chip.Resets[info.Reason].Name, Reset: &info})
	}
	d.radio.Start()
	d.adc.Start()
	d.running = true
	var err error
	d.booting = true
	defer func() { d.booting = false }()
	d.loop.Exec(func() { err = d.luaMain() })
	return err
}

// resetInfo is what the SDK tells about a reset without a crash behind it.
func (d *Device) resetInfo(r port.ResetReason) port.ResetInfo { return d.firmware.Chip.ResetInfo(r) }

// luaMain starts Lua, once more if an image was loaded into the store before.
func (d *Device) luaMain() error {
	for {
		if err := d.newMachine(); err != nil {
			d.print(err.Error() + "\n")
			return fmt.Errorf("%w: the heap is too small", err)
		}
		if !d.loadRequested() {
			d.console.Run()
			return nil
		}
		d.machine.Close() // and once more, with the store
		d.machine = nil
	}
}

// newMachine makes the virtual machine of this life.
func (d *Device) newMachine() error {
	store, err := d.attachStore()
	if err != nil {
		return err
	}
	vm, err := d.firmware.Machine.New(machine.Config{
		Mem: d.mem, Space: d.space, ROM: d.firmware.Image, Host: d, Heap: d.allocator(),
		Store: store, StripDefault: 1, CLib: clib.Chip, Seed: d.system.Random(),
		Output:      func(p []byte) { node.Output(d.machine.State(), p) },
		ErrorOutput: d.print,
		PostTask:    func(prio int, f func()) bool { return d.loop.Post(port.Priority(prio), f) },
		Fuel:        d.fuel, Undefined: d.onUndefined,
		OutOfMemory: func(n int) { d.memoryShort(n, "") },
	})
	if err == nil {
		d.machine = vm
	}
	return err
}

// onUndefined tells of a module of the firmware that is asked for and not in Moonlet. What a
// build leaves out is nil without a word, as on a board.
func (d *Device) onUndefined(name string) {
	if !firmware.IsMissing(name) || !d.missed.isNew(name, math.MaxInt) { // there are only so many
		return
	}
	d.report(Event{Kind: MissingModule, Module: name, Traceback: d.position(),
		Text: fmt.Sprintf("the firmware's module %s is not in Moonlet yet: it is nil, as in a build without it", name)})
}

// print writes text to serial port 0.
func (d *Device) print(text string) { port.WriteText(d.uarts[0], []byte(text)) }

// budget is how many cost units the interpreter runs at most until the chip's
// time moves on.
const budget = 4000

// fuel is machine.Config.Fuel.
func (d *Device) fuel(used int64) int64 {
	d.guard.beats.Add(1)
	if d.machine == nil {
		return budget
	}
	d.places.note(d, used)
	d.loop.Charge(d.work(used))
	left := int64(d.loop.NextInterrupt() / d.unitTime())
	return min(max(left, 20), budget)
}

// unitTime is the length of a cost unit at the current processor clock.
func (d *Device) unitTime() time.Duration {
	if mhz := d.system.CPUFrequency(); mhz != d.unitMHz { // a division is dear
		d.unitMHz, d.unit = mhz, max(d.config.UnitTime*time.Duration(d.firmware.Chip.Clocks.UnitMHz)/time.Duration(mhz), 1)
	}
	return d.unit
}

func (d *Device) work(units int64) time.Duration { return time.Duration(units) * d.unitTime() }

// flashWork lets the time pass that the flash chip takes. The firmware feeds the watchdog
// before each reading and writing (platform_s_flash_read, app/platform/platform.c); that it is
// fed while it erases, too, is an assumption: boards format 3 MB in a task, which takes longer
// than the watchdog would wait.
func (d *Device) flashWork(w storage.Work) {
	if !d.running {
		return
	}
	for left := d.config.FlashTimes.Of(w); left > 0; left -= flashSlice {
		d.loop.FeedWatchdog()
		d.loop.Charge(min(left, flashSlice))
	}
}

// flashSlice is less than any watchdog would wait.
const flashSlice = 100 * time.Millisecond

func (d *Device) pendingWork() time.Duration {
	if d.machine == nil {
		return 0
	}
	used := d.machine.Used()
	if used >= placeUnits {
		d.places.note(d, used)
	}
	return d.work(used)
}

// ended tells how a life has ended of which a panic came out.
func (d *Device) ended(r any) sdk.Ending {
	if _, ok := r.(sdk.Off); ok {
		return *d.system.Pending()
	}
	return sdk.Ending{Next: d.crash(r)}
}

// crash turns a panic that came out of a task into the reset that the chip makes. What
// is not the guest's is a fault of this program: it resets the module, too, and is told.
func (d *Device) crash(r any) port.ResetInfo {
	switch r := r.(type) {
	case reset:
		return r.info
	case cutOff:
		d.cut = true
		return d.resetInfo(port.ResetPowerOn)
	}
	if f, ok := d.space.AsFault(r); ok {
		revoked, err := d.space.Restore()
		switch {
		case err != nil:
			return d.foundBug(err)
		case revoked && d.loop.Cutting():
			d.reportCut("the end came in the midst of a task, which was cut off by force")
			d.cut = true
			return d.resetInfo(port.ResetPowerOn)
		case revoked:
			d.report(Event{Kind: Watchdog, Text: "a task kept this computer busy for too long: the watchdog resets the module"})
			return d.resetInfo(port.ResetSoftWatchdog)
		}
		return d.exception(f)
	}
	if _, ok := r.(runtime.Error); ok || d.machine == nil {
		return d.foundBug(r)
	}
	msg, ok := d.machine.Unprotected(r)
	if !ok {
		return d.foundBug(r)
	}
	d.lastWords("PANIC: unprotected error in call to Lua API (" + msg + ")\n")
	d.report(Event{Kind: Exception, Text: "an error that no protected call catches: " + msg})
	return d.resetInfo(port.ResetException)
}

// lastWords is print behind the end of a life. That takes time, in which the end of the run or
// the watchdog may come; neither changes what the life ended with.
func (d *Device) lastWords(text string) {
	defer func() {
		switch r := recover().(type) {
		case nil, reset:
		case cutOff:
			d.cut = true
		default:
			panic(r)
		}
	}()
	d.print(text)
}

// bugsMax is how many faults of this program end a run: a module may meet one at each
// start.
const bugsMax = 10

// foundBug reports a fault of this program with what is needed to repeat it. It is no
// reason to take the user's work down, so the module is only reset.
func (d *Device) foundBug(r any) port.ResetInfo {
	what := strings.TrimPrefix(fmt.Sprint(r), "BUG: ")
	d.bugs++
	if d.bug == nil {
		d.bug = errors.New("BUG: " + what)
	}
	c := &d.config
	lua := c.Build.Edition().Name
	if !c.Build.Edition().Lua51 {
		lua += " with " + c.Build.Numbers.Flag()
	}
	d.report(Event{Kind: Bug, Traceback: d.anyPosition(), Text: fmt.Sprintf(
		"BUG: %s\nThis is a fault of moonlet itself, and the module is reset. Please report it with the application, if you may, and with this:\n"+
			"%s %s/%s, Lua %s, heap %d, seed %d, after %v of the module's time\n%s",
		what, runtime.Version(), runtime.GOOS, runtime.GOARCH, lua, c.FreeHeap, c.Seed, c.Clock.Now(), debug.Stack())})
	return d.resetInfo(port.ResetException)
}

// anyPosition is position where nothing can be relied upon.
func (d *Device) anyPosition() (text string) {
	defer func() {
		if recover() != nil {
			text = ""
		}
	}()
	return d.position()
}

// exception reports a fault as the SDK does.
func (d *Device) exception(f *mem.Fault) port.ResetInfo {
	d.lastWords(d.firmware.Chip.ExceptionText(f))
	d.report(Event{Kind: Exception, Text: fmt.Sprintf("fatal exception %d (%s) at address 0x%08x", f.Cause, d.firmware.Chip.ExceptionName(f.Cause), f.Addr)})
	info := d.resetInfo(port.ResetException)
	info.ExcCause, info.ExcVAddr = uint32(f.Cause), f.Addr
	return info
}

// position is a traceback of what runs, empty if that is not Lua.
func (d *Device) position() (text string) {
	if d.machine == nil {
		return ""
	}
	defer func() {
		if r := recover(); r != nil {
			if _, ok := d.space.AsFault(r); !ok {
				panic(r)
			}
			text = ""
		}
	}()
	return d.machine.Position()
}

// onTaskLimit remembers where a task is that has become too long, or where it has worked most
// if its Lua is over.
func (d *Device) onTaskLimit() { d.where = cmp.Or(d.position(), d.places.costliest(d.loop.Turn())) }

// onLongTask warns of a task that took too long. The boot is not one that the
// radio waits for.
func (d *Device) onLongTask(t time.Duration) {
	where := d.where
	d.where = ""
	if d.booting {
		return
	}
	limit := cmp.Or(d.config.TaskLimit, d.firmware.Chip.Watchdog.Task)
	d.report(Event{Kind: LongTask, Took: t, Traceback: where,
		Text: fmt.Sprintf("a task held the chip for %v; after %v the radio suffers", t.Round(100*time.Microsecond), limit)})
}

// onCut cuts the task that runs. On a busy host its memory may have been taken before that: it is
// needed once more, to tell where the task was.
func (d *Device) onCut() {
	watchers.reached(&d.guard)
	d.space.Restore() // an error shows at the next access
	d.reportCut("the end came in the midst of a task, which was cut off")
	panic(cutOff{})
}

func (d *Device) reportCut(text string) {
	d.report(Event{Kind: Cut, Traceback: d.anyPosition(), Text: text})
}

// onWatchdog resets the chip in the midst of a task.
func (d *Device) onWatchdog() {
	d.report(Event{Kind: Watchdog, Traceback: d.position(), Text: "a task held the chip for too long: the watchdog resets it"})
	panic(reset{d.resetInfo(port.ResetSoftWatchdog)})
}
