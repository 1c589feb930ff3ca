package console

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// What the driver itself works, in units of the virtual machine's cost, about 100 cycles each.
// Nobody has measured it. A character costs the interrupt that brings it, its share of the
// task and its echo. A line costs what giving it to the interpreter takes beyond the calls of
// Lua's API: two blocks of the heap, for the text and for the pipe's buffer, and the post of a
// task. It is as much as makes a board behave as uploaders know it that end lines by CR LF at
// 115,200 baud: the LF comes 87 µs behind the CR and has been taken when the line is executed,
// so it is no data for a receiver that the line sets up.
const (
	costByte = 4
	costLine = 64
)

// driver is the driver between the receiver of serial port 0 and its readers
// (app/driver/input.c).
type driver struct {
	console *Console
	mem     mem.Mem
	data    port.Block // buffer of InputSize bytes from the heap, 0 before the console is set up
	pos     int        // bytes in it
	last    byte       // last character, for pairs of CR and LF
	prompt  string
	echo    bool
	to      port.Receiver
}

// setup gives the driver its buffer and lets it hear the port (input_setup).
func (d *driver) setup(L state.State, prompt string) bool {
	c := &d.console.config
	d.mem, d.data = L.Mem(), c.Memory.Take(port.InputSize, "console: the line that is typed")
	d.prompt, d.echo, d.to = prompt, true, port.Receiver{Lines: true}
	if d.data == 0 {
		return false
	}
	c.Watch.receiver(d.to)
	c.Serial.OnReceive(d.receive)
	return true
}

// receive is the task that takes what has come (input_handler).
func (d *driver) receive() {
	for d.readLine() {
	}
	d.console.config.OnWait()
}

// readLine takes characters up to the end of a line, or all that there are; true tells that a
// line was given to the interpreter (input_readline). Who the characters are for is decided at
// its beginning: a callback that chooses another way to get them gets the rest of what has come
// in the way that was chosen before.
func (d *driver) readLine() bool {
	lines, single := d.to.Lines, d.to.Length == 0
	for {
		if !lines && d.to.F == nil && d.to.Lines {
			// The firmware calls NULL here: somebody has given the receiver back in the
			// midst of what has come. The interpreter gets the rest, as its manual promises.
			return true
		}
		c, ok := d.console.config.Serial.TakeByte()
		if !ok {
			return false
		}
		d.charge(costByte)
		if !lines {
			d.console.config.Watch.typed(c, 0)
		}
		switch {
		case !lines && d.to.F == nil: // nobody wants it
		case lines:
			if d.edit(c) {
				return true
			}
		case single:
			d.to.F([]byte{c})
		default:
			d.collect(c)
		}
	}
}

// charge counts work of the driver.
func (d *driver) charge(units int) { d.console.config.State().Charge(units) }

func (d *driver) bytes() []byte { return d.mem.Bytes(d.data, port.Block(d.pos)) }

func (d *driver) add(c byte) {
	d.mem.SetU8(d.data+port.Block(d.pos), c)
	d.pos++
}

// edit takes a character of a line; true tells that it was the last one.
func (d *driver) edit(c byte) bool {
	const backspace, del = '\b', 0x7F
	if c == '\r' && d.last == '\n' || c == '\n' && d.last == '\r' {
		d.tell(c, Silent)
		d.last = 0
		return false
	}
	if c == backspace || c == del {
		if d.pos == 0 {
			d.tell(c, Silent)
		} else {
			d.tell(c, len("\b \b"))
			if d.echo {
				d.console.print("\b \b")
			}
			d.pos--
		}
		d.last = 0
		return false
	}
	d.last = c
	if c == '\r' || c == '\n' {
		d.tell(c, len("\r\n"))
		return d.endLine()
	}
	d.tell(c, 1)
	if d.echo {
		d.console.print(string([]byte{c}))
	}
	if d.pos+1 >= port.InputSize { // too long: it begins anew
		d.pos = 0
	}
	d.add(c)
	return false
}

// tell tells that a byte was taken, of whose echo this many bytes are sent if there is any.
func (d *driver) tell(c byte, echo int) {
	if !d.echo && echo != Silent {
		echo = 0
	}
	d.console.config.Watch.typed(c, echo)
}

// endLine gives a line to its readers; an empty one only brings a new prompt, and is none.
func (d *driver) endLine() bool {
	if d.echo {
		d.console.print("\n")
	}
	if d.to.F != nil {
		d.to.F(d.bytes())
	}
	if d.pos == 0 {
		d.console.config.Watch.prompt(d.prompt)
		d.console.print(d.prompt)
		return false
	}
	d.add('\n')
	line := append([]byte(nil), d.bytes()...)
	d.pos = 0
	d.console.input(line)
	d.charge(costLine)
	return true
}

// collect takes a character of a packet. The settings are those of the moment.
func (d *driver) collect(c byte) {
	d.add(c)
	if d.pos >= port.InputSize || d.to.Length >= 0 && d.pos >= d.to.Length || d.to.Length < 0 && c == d.to.End {
		packet := append([]byte(nil), d.bytes()...)
		d.pos = 0
		d.to.F(packet)
	}
}
