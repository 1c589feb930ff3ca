package port

// SerialConfig is how a serial port is set up.
type SerialConfig struct {
	Baud     int // bits per second, one of BaudRates
	DataBits int // 5 to 8
	Parity   Parity
	StopBits StopBits
}

// Parity is a kind of parity bit (PLATFORM_UART_PARITY constants,
// app/platform/platform.h).
type Parity int

// The kinds of parity bit that the chip has.
const (
	ParityNone Parity = iota
	ParityEven
	ParityOdd
)

// StopBits is the length of the pause between bytes (PLATFORM_UART_STOPBITS
// constants, app/platform/platform.h).
type StopBits int

// The lengths of the pause.
const (
	StopBits1 StopBits = iota + 1
	StopBits2
	StopBits1Half
)

// SerialPorts is the number of serial ports (NUM_UART, app/platform/cpu_esp8266.h).
// The second one has no receiver.
const SerialPorts = 2

// DefaultBaud is the rate after a reset (BIT_RATE_DEFAULT, user_config.h).
const DefaultBaud = 115200

// BaudRates are the rates that the firmware accepts (app/include/driver/uart.h),
// in ascending order.
func BaudRates() []int {
	return []int{
		300, 600, 1200, 2400, 4800, 9600, 19200, 31250, 38400, 57600, 74880, 115200,
		230400, 256000, 460800, 921600, 1843200, 3686400,
	}
}

// FIFO names one of the two byte queues of a port's hardware.
type FIFO int

// The queues, with the numbers that uart.fifodepth gives them.
const (
	FIFORX FIFO = iota
	FIFOTX
)

// Serial is the hardware of one serial port.
type Serial interface {
	// Setup waits until what was written is out, then sets the port up anew;
	// bytes in the receiver's FIFO are lost (uart_config, app/driver/uart.c).
	Setup(c SerialConfig)
	// Config tells the setup in force.
	Config() SerialConfig
	// Write sends p as it is. It holds the chip while the FIFO is full.
	Write(p []byte)
	// FIFODepth is the number of bytes that wait in a queue.
	FIFODepth(f FIFO) int
	// Alternate moves port 0 to GPIO13 and GPIO15, or back (uart0_alt).
	Alternate(on bool)
}

// WriteText sends p as the console writes text (uart0_putc, app/driver/uart.c):
// a line feed becomes carriage return and line feed, and a carriage return by
// itself is dropped.
func WriteText(s Serial, p []byte) {
	start := 0
	for i, c := range p {
		if c != '\n' && c != '\r' {
			continue
		}
		if i > start {
			s.Write(p[start:i])
		}
		if c == '\n' {
			s.Write([]byte("\r\n"))
		}
		start = i + 1
	}
	if start < len(p) {
		s.Write(p[start:])
	}
}

// InputSize is the size of the buffer that a line or a packet is collected in
// (LUA_MAXINPUT, app/lua53/lua.h), in bytes.
const InputSize = 256

// Input is the driver between port 0's receiver and its two readers: the
// interpreter, which takes lines, and a callback of the application
// (app/driver/input.c).
type Input interface {
	// SetReceiver says who gets what arrives (input_setup_receive).
	SetReceiver(r Receiver)
	// SetEcho turns on or off that characters are sent back as they are typed.
	SetEcho(on bool)
}

// Receiver says what happens to the bytes that port 0 receives.
type Receiver struct {
	// Lines sends whole lines to the interpreter, with echo and editing. F, if
	// any, gets each line before, without its end.
	Lines bool
	// F gets the bytes. Without Lines they come in packets: of one byte if
	// Length is 0, of Length bytes if it is positive, and up to and with the
	// byte End if it is negative; never of more than InputSize bytes.
	F      func(p []byte)
	Length int
	End    byte
}
