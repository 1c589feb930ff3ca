package node_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/rom"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua53/vm"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/module/bit"
	"moonlet.example/moonlet/internal/module/file"
	"moonlet.example/moonlet/internal/module/gpio"
	"moonlet.example/moonlet/internal/module/node"
	"moonlet.example/moonlet/internal/module/pipe"
	"moonlet.example/moonlet/internal/module/structmod"
	"moonlet.example/moonlet/internal/module/tmr"
	"moonlet.example/moonlet/internal/module/uart"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/sim/board"
	"moonlet.example/moonlet/internal/storage/flashdir"
	"moonlet.example/moonlet/internal/storage/rcr"
)

// Memory of the test chip.
const (
	staticStart, staticEnd = 0x3FFE4000, 0x3FFE8000
	heapStart, heapEnd     = 0x3FFE8000, 0x3FFFC000 // 80 KB
)

// testChip puts a module together as the device does, as far as these modules
// need it.
type testChip struct {
	t       testing.TB
	space   *mem.Space
	loop    *sdk.Loop
	system  *sdk.System
	records *rcr.Page
	board   *board.Board
	uarts   [port.SerialPorts]*board.UART
	files   *flashdir.FS
	input   testInput
	machine machine.Machine
	heap    *heap.Device
	out     bytes.Buffer // of serial port 0
	long    []time.Duration
}

func (c *testChip) Loop() port.Loop           { return c.loop }
func (c *testChip) System() port.System       { return c.system }
func (c *testChip) Serial(id int) port.Serial { return c.uarts[id] }
func (c *testChip) Pins() port.Pins           { return c.board }
func (c *testChip) Files() port.Files         { return c.files }
func (c *testChip) Net() port.Net             { return nil }
func (c *testChip) WiFi() port.WiFi           { return nil }

// Open is what dofile and its like need.
func (c *testChip) Open(name string) (io.ReadCloser, error) {
	f, err := c.files.Open(name, port.OpenRead)
	if err != nil {
		return nil, err
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

// testInput stands for the console's input driver.
type testInput struct {
	r    port.Receiver
	echo bool
}

func (i *testInput) SetReceiver(r port.Receiver) { i.r = r }
func (i *testInput) SetEcho(on bool)             { i.echo = on }

type reset struct{ reason port.ResetReason }

func newChip(t testing.TB) *testChip {
	t.Helper()
	c := &testChip{t: t, records: rcr.New(4<<20, 0)}
	c.loop = sdk.New(sdk.Config{
		Clock:      sdk.NewVirtualClock(),
		OnWatchdog: func() { panic(reset{port.ResetSoftWatchdog}) },
		OnLongTask: func(d time.Duration) { c.long = append(c.long, d) },
	})
	var err error
	if c.space, err = mem.NewSpace(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.space.Close() })
	if c.board, _, err = board.New(c.loop, board.Config{}, 1); err != nil {
		t.Fatal(err)
	}
	send := func(p []byte) { c.out.Write(p) }
	c.uarts[0] = board.NewUART(c.loop, board.UARTConfig{Unpaced: true, Send: send})
	c.uarts[1] = board.NewUART(c.loop, board.UARTConfig{NoReceiver: true})
	c.files, err = flashdir.New(flashdir.Options{
		Dir: t.TempDir(), OnHostError: func(err error) { t.Errorf("host error: %v", err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.files.Close() })
	c.mapMemory()
	c.system = sdk.NewSystem(sdk.SystemConfig{
		Loop: c.loop, Records: c.records, Mem: c.space.Mem(), StaticStart: staticStart, StaticEnd: staticEnd,
		Hardware: port.Hardware{ChipID: 0x123456, FlashID: 0x1640EF, FlashSize: 4 << 20, FlashSpeed: 40000000},
		Build:    port.Build{Major: 3, Branch: "release", Modules: "node", NumberType: "float"},
		Input:    &c.input, Seed: 1,
	})
	c.boot()
	return c
}

func (c *testChip) mapMemory() {
	for _, r := range [][2]mem.Addr{
		{staticStart, staticEnd}, {heapStart, heapEnd},
	} {
		if err := c.space.Map(r[0], r[1]-r[0], mem.ReadWrite); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := c.link().Map(c.space); err != nil {
		c.t.Fatal(err)
	}
}

func (c *testChip) link() *rom.Image {
	main := &state.ROTable{Name: "ROM", Entries: stdlib.BaseTable().Entries}
	modules := append([]state.Module{lauxlib.Support()}, stdlib.Standard(main, vm.Model, false)...)
	image, err := rom.Link(vm.Model, main, append(modules,
		bit.Module, file.Module, gpio.ModuleWithPulse, gpio.PulseModule, pipe.Module, structmod.Module,
		tmr.Module, uart.Module,
		node.New(node.Options{
			PipeCreate: pipe.Create, DevelopmentTools: true, StartupCounts: true, Manual: true,
			LoadFile: func(L state.State, path string) state.Status {
				return stdlib.LoadFile(L, path, true, "bt")
			},
		})))
	if err != nil {
		c.t.Fatal(err)
	}
	return image
}

// boot makes the virtual machine, as after any reset.
func (c *testChip) boot() {
	const microsecondsPerUnit = 1
	m := c.space.Mem()
	c.heap = heap.NewDevice(m, heapStart, heapEnd)
	lua, err := vm.New(machine.Config{
		Mem: m, Space: c.space, ROM: c.link(), Host: c, StripDefault: 1,
		Heap:        c.heap,
		Output:      func(p []byte) { node.Output(c.machine.State(), p) },
		ErrorOutput: func(s string) { port.WriteText(c.uarts[0], []byte(s)) },
		PostTask:    func(prio int, f func()) bool { return c.loop.Post(port.Priority(prio), f) },
		Fuel: func(used int64) int64 {
			c.loop.Charge(time.Duration(used) * microsecondsPerUnit * time.Microsecond)
			return 1000
		},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.machine = lua
	if status := lua.OpenLibs(); status != state.OK {
		msg, _ := lua.State().ToString(-1)
		c.t.Fatalf("opening the libraries: %s", msg)
	}
}

// reboot resets the chip and begins its next life.
func (c *testChip) reboot(info port.ResetInfo) {
	c.loop.Reset()
	c.system.Reset(info)
	c.board.Reset()
	c.uarts[0].Reset()
	c.files.Reset()
	c.boot()
}

// exec runs a chunk as a task. An error is that of the chunk; a reset that the
// watchdog makes is an error, too.
func (c *testChip) exec(code, name string) (err error) {
	defer mem.CatchFaults()()
	defer func() {
		if r, ok := recover().(reset); ok {
			err = fmt.Errorf("reset: %d", r.reason)
		}
	}()
	c.loop.Exec(func() {
		L := c.machine.State()
		status := L.LoadBytes([]byte(code), name, "bt")
		if status == state.OK {
			status = L.PCall(0, 0, 0)
		}
		if status != state.OK {
			err = errors.New(string(L.ToLString(-1)))
		}
		L.SetTop(0)
	})
	return err
}

// runFor runs the chip, unless its life is over.
func (c *testChip) runFor(d time.Duration) {
	defer mem.CatchFaults()()
	c.loop.RunFor(d)
}

// do runs a chunk that must succeed, and a millisecond of what comes after it.
func (c *testChip) do(code string) {
	c.t.Helper()
	if err := c.exec(code, "=test"); err != nil {
		c.t.Fatalf("%s: %v", code, err)
	}
	c.runFor(time.Millisecond)
}

// printed takes what port 0 has sent.
func (c *testChip) printed() string {
	s := strings.ReplaceAll(c.out.String(), "\r\n", "\n")
	c.out.Reset()
	return s
}

// TestScripts runs the scripts of all modules of this group. A script ends by
// printing its name and "ok", at once or some time later.
func TestScripts(t *testing.T) {
	for _, name := range []string{"bit", "structmod/struct", "pipe", "tmr", "uart", "file", "gpio", "gpio/pulse", "node"} {
		dir, base := filepath.Split(name)
		if dir == "" {
			dir = base
		}
		path := filepath.Join("..", dir, "testdata", base+".lua")
		t.Run(base, func(t *testing.T) {
			code, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			c := newChip(t)
			if err := c.exec(string(code), "@"+base+".lua"); err != nil {
				t.Fatalf("%v\n%s", err, c.out.String())
			}
			c.runFor(20 * time.Second)
			if !strings.Contains(c.out.String(), base+": ok\r\n") {
				t.Errorf("did not come to its end: %s", c.out.String())
			}
			if top := c.machine.State().GetTop(); top != 0 {
				t.Errorf("%d values are left on the stack", top)
			}
			if err := c.machine.CheckHeap(); err != nil {
				t.Error(err)
			}
		})
	}
}
