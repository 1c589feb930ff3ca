// Package porttest has a fake chip for tests: with what every chip has and no parts.
//
// A test that needs parts puts the Chip into a type of its own, which has a method for each
// of them:
//
//	type board struct {
//		*porttest.Chip
//		pins *pins.Bank
//	}
//
//	func (b *board) Pins() port.Pins { return b.pins }
package porttest

import (
	"testing"
	"time"

	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/storage/rcr"
)

// Memory of the chip.
const (
	StaticStart, StaticEnd mem.Addr = 0x3FFE4000, 0x3FFE8000
	HeapStart, HeapEnd     mem.Addr = 0x3FFE8000, 0x3FFFC000 // 80 KB
)

// Config is what a test may want otherwise.
type Config struct {
	Clock sdk.Clock // nil is a virtual one
	// NoWatchdog leaves the watchdog out. With one a task that is too long ends by a panic
	// with a Reset.
	NoWatchdog bool
	// TLS says that secure connections are in the build.
	TLS bool
}

// Chip is a chip without parts. Its event loop and its system are the real ones, its
// memory is at the addresses of an ESP8266.
type Chip struct {
	Clock   sdk.Clock
	Tasks   *sdk.Loop
	Sys     *sdk.System
	Space   *mem.Space
	Flash   *rcr.Page       // its reboot config records
	Long    []time.Duration // of tasks that were too long
	atReset []func()
}

var _ port.Chip = (*Chip)(nil)

// Reset is the panic by which the watchdog ends a life.
type Reset struct{ Reason port.ResetReason }

// Off is the panic by which a task ends that turned the chip off (port.Power.SleepNow).
type Off = sdk.Off

// New makes a chip that has just been switched on. The test's end takes its memory away.
func New(t testing.TB, config Config) *Chip {
	t.Helper()
	c := &Chip{Flash: rcr.New(4<<20, 0)}
	loop := sdk.Config{Clock: config.Clock, OnLongTask: func(d time.Duration) { c.Long = append(c.Long, d) }}
	if loop.Clock == nil {
		loop.Clock = sdk.NewVirtualClock()
	}
	if config.NoWatchdog {
		loop.SoftWatchdog = -1
	} else {
		loop.OnWatchdog = func() { panic(Reset{port.ResetSoftWatchdog}) }
	}
	c.Clock, c.Tasks = loop.Clock, sdk.New(loop)
	var err error
	if c.Space, err = mem.NewSpace(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Space.Close() })
	for _, r := range [][2]mem.Addr{{StaticStart, StaticEnd}, {HeapStart, HeapEnd}} {
		if err := c.Space.Map(r[0], r[1]-r[0], mem.ReadWrite); err != nil {
			t.Fatal(err)
		}
	}
	c.Sys = sdk.NewSystem(sdk.SystemConfig{
		Loop: c.Tasks, Records: c.Flash, Mem: c.Space.Mem(), StaticStart: StaticStart, StaticEnd: StaticEnd,
		Hardware: port.Hardware{ChipID: 0x123456, FlashID: 0x1640EF, FlashSize: 4 << 20, FlashSpeed: 40000000},
		Build:    port.Build{Major: 3, Branch: "release", Modules: "node", NumberType: "float", SSL: config.TLS},
		Seed:     1,
	})
	return c
}

// Loop implements port.Chip.
func (c *Chip) Loop() port.Loop { return c.Tasks }

// System implements port.Chip.
func (c *Chip) System() port.System { return c.Sys }

// AtReset says what a reset of the chip does to a part.
func (c *Chip) AtReset(f func()) { c.atReset = append(c.atReset, f) }

// Reset begins the next life.
func (c *Chip) Reset(info port.ResetInfo) {
	c.Tasks.Reset()
	c.Sys.Reset(info)
	for _, f := range c.atReset {
		f()
	}
}
