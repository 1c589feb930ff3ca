package device

import (
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// input is the driver between the receiver of serial port 0 and its readers
// (app/driver/input.c). It implements port.Input.
type input struct {
	d      *Device
	data   mem.Addr // buffer of InputSize bytes from the heap, 0 before the console is set up
	pos    int      // bytes in it
	last   byte     // last character, for pairs of CR and LF
	prompt string
	echo   bool
	to     port.Receiver
}

func (i *input) reset() { *i = input{d: i.d} }

// setup gives the driver its buffer and lets it hear the port (input_setup).
func (i *input) setup(prompt string) bool {
	i.data = sdkMemory{i.d}.Take(port.InputSize, "console: the line that is typed")
	i.prompt, i.echo, i.to = prompt, true, port.Receiver{Lines: true}
	if i.data == 0 {
		return false
	}
	i.d.uarts[0].OnReceive(i.receive)
	return true
}

// SetReceiver implements port.Input.
func (i *input) SetReceiver(r port.Receiver) { i.to = r }

// SetEcho implements port.Input.
func (i *input) SetEcho(on bool) { i.echo = on }

// receive is the task that takes what has come (input_handler).
func (i *input) receive() {
	for {
		c, ok := i.d.uarts[0].TakeByte()
		if !ok {
			i.d.checkEnd()
			return
		}
		if i.to.Lines {
			i.edit(c)
		} else {
			i.collect(c)
		}
	}
}

func (i *input) bytes() []byte { return i.d.mem.Bytes(i.data, mem.Addr(i.pos)) }

func (i *input) add(c byte) {
	i.d.mem.SetU8(i.data+mem.Addr(i.pos), c)
	i.pos++
}

// edit takes a character of a line.
func (i *input) edit(c byte) {
	const backspace, del = '\b', 0x7F
	if c == '\r' && i.last == '\n' || c == '\n' && i.last == '\r' {
		i.last = 0
		return
	}
	if c == backspace || c == del {
		if i.pos > 0 {
			if i.echo {
				i.d.print("\b \b")
			}
			i.pos--
		}
		i.last = 0
		return
	}
	i.last = c
	if c == '\r' || c == '\n' {
		i.endLine()
		return
	}
	if i.echo {
		i.d.print(string([]byte{c}))
	}
	if i.pos+1 >= port.InputSize { // too long: it begins anew
		i.pos = 0
	}
	i.add(c)
}

// endLine gives a line to its readers; an empty one only brings a new prompt.
func (i *input) endLine() {
	if i.echo {
		i.d.print("\n")
	}
	if i.to.F != nil {
		i.to.F(i.bytes())
	}
	if i.pos == 0 {
		i.d.print(i.prompt)
		return
	}
	i.add('\n')
	line := append([]byte(nil), i.bytes()...)
	i.pos = 0
	i.d.inputString(line)
}

// collect takes a character of a packet.
func (i *input) collect(c byte) {
	if i.to.F == nil {
		return
	}
	if i.to.Length == 0 {
		i.to.F([]byte{c})
		return
	}
	i.add(c)
	if i.pos >= port.InputSize || i.to.Length > 0 && i.pos >= i.to.Length || i.to.Length < 0 && c == i.to.End {
		packet := append([]byte(nil), i.bytes()...)
		i.pos = 0
		i.to.F(packet)
	}
}
