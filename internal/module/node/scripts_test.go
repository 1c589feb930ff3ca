package node_test

import (
	"io"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/module/file"
	"moonlet.example/moonlet/internal/module/gpio"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/node"
	"moonlet.example/moonlet/internal/module/pipe"
	"moonlet.example/moonlet/internal/module/tmr"
	"moonlet.example/moonlet/internal/module/uart"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sim/pins"
	"moonlet.example/moonlet/internal/sim/serial"
	"moonlet.example/moonlet/internal/storage/flashdir"
)

// board is a chip with what node works on, and what its tests use besides.
type board struct {
	*porttest.Chip
	uarts [port.SerialPorts]*serial.UART
	pins  *pins.Bank
	files *flashdir.FS
}

func (b *board) Serial(id int) port.Serial { return b.uarts[id] }
func (b *board) Input() port.Input         { return input{} }
func (b *board) Pins() port.Pins           { return b.pins }
func (b *board) Files() port.Files         { return b.files }
func (b *board) Records() port.Records     { return b.Sys }
func (b *board) Store() port.Store         { return b.Sys }
func (b *board) SDK() port.SDK             { return b.Sys }

// Open is what dofile and its like need.
func (b *board) Open(name string) (io.ReadCloser, error) {
	f, err := b.files.Open(name, port.OpenRead)
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

// input stands for the console's input driver, to which nobody types.
type input struct{}

func (input) SetReceiver(port.Receiver) {}
func (input) SetEcho(bool)              {}

// boot puts a module together as the device does, as far as these tests need it.
func boot(t *testing.T) *moduletest.Lua { t.Helper(); return bootWith(t, false) }

func bootWith(t *testing.T, classic bool) *moduletest.Lua {
	t.Helper()
	b := &board{Chip: porttest.New(t, porttest.Config{})}
	b.pins = pins.New(b.Tasks, 0)
	var l *moduletest.Lua
	b.uarts[0] = serial.New(b.Tasks, serial.Config{Unpaced: true, Send: func(p []byte) { l.Out.Write(p) }})
	b.uarts[1] = serial.New(b.Tasks, serial.Config{NoReceiver: true})
	var err error
	b.files, err = flashdir.New(flashdir.Options{
		Dir: t.TempDir(), OnHostError: func(err error) { t.Errorf("host error: %v", err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.files.Close() })
	b.AtReset(b.pins.Reset)
	b.AtReset(b.uarts[0].Reset)
	b.AtReset(b.files.Reset)
	l = moduletest.Boot(t, moduletest.Config{
		Chip: b.Chip, Host: b, UnitTime: time.Microsecond,
		Output:      node.Output,
		ErrorOutput: func(s string) { port.WriteText(b.uarts[0], []byte(s)) },
		Modules: []state.Module{
			file.Module, gpio.Module, pipe.Module, tmr.Module, uart.Module,
			node.New(node.Options{
				PipeCreate: pipe.Create, Classic: classic, DevelopmentTools: true, StartupCounts: true, Manual: true,
				Lua51: moduletest.Edition(t).Lua51,
				LoadFile: func(L state.State, path string) state.Status {
					return stdlib.LoadFile(L, path, true, "bt")
				},
			}),
		},
	})
	return l
}

func TestScript(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).Script("testdata/node.lua") })
}

func TestOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).OutOfMemory("testdata/node.lua") })
}

// A board with nothing but a loop and a system has the module, and its functions say what
// is missing.
func TestBareBoard(t *testing.T) { moduletest.Editions(t, testBareBoard) }

func testBareBoard(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Output: node.Output, Modules: []state.Module{node.New(node.Options{})}})
	l.Do("print(node.chipid(), node.heap(), node.bootreason())") // goes nowhere
	for code, want := range map[string]string{
		"node.restore()":           "=test:1: this board has no ESP8266 SDK",
		"node.getpartitiontable()": "=test:1: this board has no reboot config records",
		"node.startup()":           "=test:1: this board has no reboot config records",
	} {
		if err := l.Exec(code, "=test"); err == nil || "="+err.Error() != want {
			t.Errorf("%s: %v, want %s", code, err, want)
		}
	}
}
