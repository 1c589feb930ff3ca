package uart_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/uart"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sim/serial"
)

// board is a chip with serial ports. The second one only sends.
type board struct {
	*porttest.Chip
	uarts [port.SerialPorts]*serial.UART
	input input
}

func (b *board) Serial(id int) port.Serial { return b.uarts[id] }
func (b *board) Input() port.Input         { return &b.input }

// input stands for the console's input driver.
type input struct {
	r    port.Receiver
	echo bool
}

func (i *input) SetReceiver(r port.Receiver) { i.r = r }
func (i *input) SetEcho(on bool)             { i.echo = on }

func boot(t *testing.T) (*moduletest.Lua, *board) {
	t.Helper()
	b := &board{Chip: porttest.New(t, porttest.Config{})}
	var l *moduletest.Lua
	b.uarts[0] = serial.New(b.Tasks, serial.Config{Unpaced: true, Send: func(p []byte) { l.Out.Write(p) }})
	b.uarts[1] = serial.New(b.Tasks, serial.Config{NoReceiver: true})
	b.AtReset(b.uarts[0].Reset)
	write := func(p []byte) { port.WriteText(b.uarts[0], p) }
	l = moduletest.Boot(t, moduletest.Config{
		Chip: b.Chip, Host: b, UnitTime: time.Microsecond, Modules: []state.Module{uart.Module},
		Output:      func(_ state.State, p []byte) { write(p) },
		ErrorOutput: func(s string) { write([]byte(s)) },
	})
	return l, b
}

func TestScript(t *testing.T) { moduletest.Editions(t, testScript) }

func testScript(t *testing.T) {
	l, _ := boot(t)
	l.Script("testdata/uart.lua")
}

// A board without serial ports has the module, and its functions say what is missing.
func TestNoPorts(t *testing.T) { moduletest.Editions(t, testNoPorts) }

func testNoPorts(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{uart.Module}})
	for code, want := range map[string]string{
		"uart.write(0, 'x')": "this board has no such serial port", "uart.on('data')": "this board has no console input",
	} {
		if err := l.Exec(code, "=test"); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestUARTOn(t *testing.T) { moduletest.Editions(t, testUARTOn) }

func testUARTOn(t *testing.T) {
	l, b := boot(t)
	l.Do(`uart.on("data", 4, function(s) print("got " .. #s, s:byte(1, 4)) end, 0)`)
	if r := b.input.r; r.Lines || r.Length != 4 {
		t.Errorf("%+v", r)
	}
	b.input.r.F([]byte("a\x00bc"))
	if got := l.Printed(); got != "got 4\t97\t0\t98\t99\n" {
		t.Errorf("%q", got)
	}
	l.Do(`uart.on("data", "\r", function(s) error "oops" end)`)
	if r := b.input.r; !r.Lines || r.Length != -1 || r.End != '\r' {
		t.Errorf("%+v", r)
	}
	b.input.r.F([]byte("x"))
	if n := l.Machine.State().GetTop(); n != 0 {
		t.Errorf("%d values left", n)
	}
	// A number that is no integer is 0 where the C code does not ask for one; Lua 5.1 cuts it.
	l.Do(`half = tonumber "0.5" or 0 uart.on("data", 4, function() end, half)`)
	if b.input.r.Lines {
		t.Error("0.5 is not 0 for uart.on")
	}
	l.Do(`uart.setup(0, 115200, 8, uart.PARITY_NONE, uart.STOPBITS_1, half)`)
	if b.input.echo {
		t.Error("0.5 is not 0 for uart.setup")
	}
	l.Printed()
	l.Do(`uart.write(0, "<", tonumber "64.5" or 64, 64, ">")`)
	want := "<\x00@>"
	if l.Edition.Lua51 {
		want = "<@@>"
	}
	if got := l.Printed(); got != want {
		t.Errorf("%q", got)
	}
	l.Do(`uart.on "data"`)
	if r := b.input.r; !r.Lines || r.F != nil {
		t.Errorf("%+v", r)
	}
	l.Do(`uart.setup(0, 9600, 8, uart.PARITY_NONE, uart.STOPBITS_1, 1)`)
	if !b.input.echo || b.uarts[0].Config().Baud != 9600 {
		t.Error("setup")
	}
	l.Do(`uart.setup(0, 9600, 8, uart.PARITY_NONE, uart.STOPBITS_1, 0)`)
	if b.input.echo {
		t.Error("echo")
	}
}
