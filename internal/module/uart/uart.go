// Package uart is the module uart: the serial ports.
package uart

import (
	"slices"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// Module declares uart.
var Module = state.Module{
	Name: "uart",
	Table: &state.ROTable{Name: "uart", Entries: []state.Entry{
		state.Fn("setup", setup),
		state.Fn("getconfig", getConfig),
		state.Fn("write", write),
		state.Fn("on", on),
		state.Fn("alt", alt),
		state.Fn("fifodepth", fifoDepth),
		state.Int("STOPBITS_1", int64(port.StopBits1)),
		state.Int("STOPBITS_1_5", int64(port.StopBits1Half)),
		state.Int("STOPBITS_2", int64(port.StopBits2)),
		state.Int("PARITY_NONE", int64(port.ParityNone)),
		state.Int("PARITY_EVEN", int64(port.ParityEven)),
		state.Int("PARITY_ODD", int64(port.ParityOdd)),
		state.Int("DIR_RX", int64(port.FIFORX)),
		state.Int("DIR_TX", int64(port.FIFOTX)),
	}},
	Open: open,
}

func chip(L state.State) port.Chip { return L.Host().(port.Chip) }

// input is the driver between serial port 0 and its readers. It raises an error where there is none.
func input(L state.State) port.Input {
	p, ok := port.InputOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoInput.Error())
	}
	return p
}

// serial is the serial port of that number. It raises an error where there is none.
func serial(L state.State, uart int) port.Serial {
	p, ok := port.SerialOf(L.Host(), uart)
	if !ok {
		L.Errorf("%s", port.NoSerial.Error())
	}
	return p
}

// receiver is the module's static variable: the reference of the function that
// gets what is received.
func receiver(L state.State) state.Addr { return chip(L).System().Static("uart", 4) }

func open(L state.State) int {
	L.Mem().SetI32(receiver(L), state.NoRef)
	return 0
}

// checkPort returns a port by the number in the first argument, which has to be
// there.
func checkPort(L state.State) port.Serial {
	id := uint32(L.CheckInteger(1))
	if id >= port.SerialPorts {
		L.Errorf("uart %d does not exist", int(int32(id)))
	}
	return serial(L, int(id))
}

// on is uart.on("data" [, length|end] [, function [, run_input]]).
func on(L state.State) int {
	method, _ := L.ToString(1)
	L.ArgCheck(method == "data", 1, "method not supported")
	arg, r := 2, port.Receiver{Length: -1, Lines: true}
	if L.Type(arg) == state.Number {
		n := int32(L.CheckInteger(arg))
		L.ArgCheck(n >= 0 && n < port.InputSize, arg, "wrong arg range")
		r.Length = int(n)
		arg++
	} else if L.IsString(arg) {
		end := L.CheckBytes(arg)
		if len(end) != 1 {
			return L.Errorf("wrong arg range")
		}
		r.End = end[0]
		arg++
	}
	place := receiver(L)
	old := int(L.Mem().I32(place))
	if !L.IsFunction(arg) {
		L.Unref(state.RegistryIndex, old)
		L.Mem().SetI32(place, state.NoRef)
		input(L).SetReceiver(port.Receiver{Lines: true})
		return 0
	}
	if n, _ := L.ToInteger(arg + 1); n == 0 && L.IsNumber(arg+1) {
		r.Lines = false
	}
	L.PushValue(arg)
	L.Unref(state.RegistryIndex, old)
	L.Mem().SetI32(place, int32(L.Ref(state.RegistryIndex)))
	main := L.MainThread()
	r.F = func(p []byte) { received(main, p) }
	input(L).SetReceiver(r)
	return 0
}

func received(L state.State, p []byte) {
	top := L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(L.Mem().I32(receiver(L))))
	L.PushBytes(p)
	L.PCallX(1, 0)
	L.SetTop(top) // an error leaves a value
}

// setup is uart.setup(id, baud, databits, parity, stopbits [, echo]).
func setup(L state.State) int {
	s := checkPort(L)
	baud := int64(uint32(L.CheckInteger(2)))
	c := port.SerialConfig{
		Baud:     int(baud),
		DataBits: int(L.CheckInteger(3)),
		Parity:   port.Parity(L.CheckInteger(4)),
		StopBits: port.StopBits(L.CheckInteger(5)),
	}
	if L.IsNumber(6) {
		echo, _ := L.ToInteger(6)
		input(L).SetEcho(echo != 0)
	}
	s.Setup(known(c))
	L.PushInteger(baud)
	return 1
}

// fallbackBaud is what the firmware takes for a rate that it does not know.
const fallbackBaud = 9600

// known replaces what the firmware does not know (platform_uart_setup,
// app/platform/platform.c).
func known(c port.SerialConfig) port.SerialConfig {
	if !slices.Contains(port.BaudRates(), c.Baud) {
		c.Baud = fallbackBaud
	}
	if c.DataBits < 5 || c.DataBits > 8 {
		c.DataBits = 8
	}
	if c.Parity != port.ParityEven && c.Parity != port.ParityOdd {
		c.Parity = port.ParityNone
	}
	if c.StopBits != port.StopBits2 && c.StopBits != port.StopBits1Half {
		c.StopBits = port.StopBits1
	}
	return c
}

// getConfig is uart.getconfig(id).
func getConfig(L state.State) int {
	c := checkPort(L).Config()
	L.PushInteger(int64(c.Baud))
	L.PushInteger(int64(c.DataBits))
	L.PushInteger(int64(c.Parity))
	L.PushInteger(int64(c.StopBits))
	return 4
}

// alt is uart.alt(on).
func alt(L state.State) int {
	serial(L, 0).Alternate(uint8(L.CheckInteger(1)) != 0)
	return 0
}

// write is uart.write(id, data, …); a number is a byte.
func write(L state.State) int {
	s := checkPort(L)
	for i := 2; i <= L.GetTop(); i++ {
		if L.Type(i) == state.Number {
			n, _ := L.ToInteger(i)
			if uint32(n) > 255 {
				return L.Errorf("invalid number")
			}
			s.Write([]byte{byte(n)})
			continue
		}
		L.CheckType(i, state.String)
		p, _ := L.ToBytes(i)
		s.Write(p)
	}
	return 0
}

// fifoDepth is uart.fifodepth([id [, direction]]).
func fifoDepth(L state.State) int {
	id := L.OptInteger(1, 0)
	if id != 0 && id != 1 {
		return L.ArgError(1, "Bad UART id; must be 0 or 1")
	}
	dir := port.FIFO(L.OptInteger(2, 0))
	if dir != port.FIFORX && dir != port.FIFOTX {
		return L.ArgError(2, "Bad direction; must be DIR_RX or DIR_TX")
	}
	L.PushInteger(int64(serial(L, int(id)).FIFODepth(dir)))
	return 1
}
