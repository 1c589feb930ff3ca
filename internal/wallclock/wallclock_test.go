package wallclock_test

import (
	"fmt"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/wallclock"
)

// board is a chip with RTC memory.
type board struct{ *porttest.Chip }

func (b board) RTC() port.RTCMemory { return b.Sys }

// bench is a chip with a clock.
type bench struct {
	t    *testing.T
	chip board
	last uint32 // the time that was told last, in s
}

func newBench(t *testing.T) *bench {
	return &bench{t: t, chip: board{porttest.New(t, porttest.Config{NoWatchdog: true})}}
}

func (b *bench) clock() wallclock.Clock { return wallclock.Of(b.chip.Space.Mem(), b.chip) }

func (b *bench) reset(info port.ResetInfo) {
	b.chip.Reset(info)
	b.clock().Boot()
}

// sleep runs a function that turns the chip off. It gives the cycles of the slow clock and the
// µs that passed before, and the state. The chip is off then.
func (b *bench) sleep(f func()) string {
	b.t.Helper()
	before := b.chip.Tasks.Now()
	func() {
		defer func() {
			if _, ok := recover().(porttest.Off); !ok {
				b.t.Error("the chip is on")
			}
		}()
		f()
	}()
	slept := b.chip.Sys.Pending().Sleep
	cycles := (uint64(slept)*4096 + 23552*1000 - 1) / (23552 * 1000)
	return fmt.Sprint(cycles, (b.chip.Tasks.Now() - before).Microseconds(), " ", b.clock().State())
}

// wakeUp lets the time of a sleep pass, and boots.
func (b *bench) wakeUp() {
	e := b.chip.Sys.Pending()
	b.chip.Tasks.Reset()
	b.chip.Tasks.RunFor(e.Sleep)
	b.reset(e.Next)
}

func (b *bench) told() time.Duration {
	sec, us := b.clock().Now()
	return time.Duration(sec)*time.Second + time.Duration(us)*time.Microsecond
}

func (b *bench) expect(want time.Duration) {
	b.t.Helper()
	if got := b.told(); (got - want).Abs() > 4*time.Microsecond {
		b.t.Errorf("the time is %v, want %v", got, want)
	}
}

const start = 1_700_000_000 * time.Second

func TestRuns(t *testing.T) {
	b := newBench(t)
	b.clock().Boot()
	b.chip.Tasks.RunFor(3 * time.Second)
	if b.told() != 0 || b.clock().Known() {
		t.Error("there is a time that nobody has set")
	}
	b.clock().Set(1_700_000_000, 0)
	b.expect(start)
	for range 20_000 { // the counter overflows after 3.8 hours
		b.chip.Tasks.RunFor(wallclock.TickPeriod)
		b.clock().Tick()
	}
	b.expect(start + 200_000*time.Second)
}

// TestSleep holds that the time goes on over a sleep that the clock begins, as long as the
// slow clock is as long as it is taken to be, and over no other reset.
func TestSleep(t *testing.T) {
	b := newBench(t)
	b.clock().Boot()
	b.clock().Set(1_700_000_000, 500_000)
	b.sleep(func() { b.clock().Sleep(60_000_000) })
	b.wakeUp()
	b.expect(start + 60*time.Second + 500*time.Millisecond)
	b.sleep(func() { b.clock().SleepAligned(30_000_000, 25_000_000) })
	b.wakeUp()
	b.expect((start/(30*time.Second) + 4) * 30 * time.Second)
	b.chip.Sys.Restart()
	b.wakeUp()
	if b.told() != 0 {
		t.Errorf("after a restart it is %v", b.told())
	}
}

// TestBack holds that a time that is set to an earlier one runs slower by a sixteenth, until
// it is that one.
func TestBack(t *testing.T) {
	b := newBench(t)
	b.clock().Boot()
	b.clock().Set(1_700_000_001, 0)
	b.clock().Set(1_700_000_000, 900_000) // 100 ms back
	last := b.told()
	for range 15 {
		b.chip.Tasks.RunFor(100 * time.Millisecond)
		now := b.told()
		if passed := now - last; passed < 93*time.Millisecond || passed > 95*time.Millisecond {
			t.Errorf("%v in 100 ms", passed)
		}
		last = now
	}
	for range 5 {
		b.chip.Tasks.RunFor(100 * time.Millisecond)
		b.told()
	}
	b.expect(start + 2900*time.Millisecond)
}

// TestRate holds that a rate counts from when it is set.
func TestRate(t *testing.T) {
	b := newBench(t)
	b.clock().Boot()
	b.clock().Set(1_700_000_000, 0)
	b.chip.Tasks.RunFor(time.Second)
	b.clock().SetRate(1 << 22) // 1 in 1024
	b.chip.Tasks.RunFor(1024 * time.Second)
	b.expect(start + 1026*time.Second)
	if d := b.clock().AdjustDelta(-1024); d != -1025 {
		t.Errorf("-1024 µs are %d", d)
	}
}

// TestCalibrates holds that the clock learns how long it really sleeps.
func TestCalibrates(t *testing.T) {
	b := newBench(t)
	b.clock().Boot()
	b.clock().Set(1_700_000_000, 0)
	b.sleep(func() { b.clock().Sleep(100_000_000) })
	b.wakeUp()
	b.clock().Set(1_700_000_110, 0) // ten seconds later than it thinks
	b.sleep(func() { b.clock().Sleep(110_000_000) })
	if slept := b.chip.Sys.Pending().Sleep; (slept - 100*time.Second).Abs() > time.Millisecond {
		t.Errorf("sleeps for %v of the chip's time, where it knows that cycles are longer", slept)
	}
}

func TestNoMemory(t *testing.T) {
	chip := porttest.New(t, porttest.Config{})
	c := wallclock.Of(chip.Space.Mem(), chip)
	c.Boot()
	c.Set(5, 0)
	if sec, _ := c.Now(); sec != 5 {
		t.Error("the time cannot be set without RTC memory")
	}
}
