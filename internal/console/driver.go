package console

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
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
	for {
		c, ok := d.console.config.Serial.TakeByte()
		if !ok {
			d.console.config.OnWait()
			return
		}
		if d.to.Lines {
			d.edit(c)
		} else {
			d.collect(c)
		}
	}
}

func (d *driver) bytes() []byte { return d.mem.Bytes(d.data, port.Block(d.pos)) }

func (d *driver) add(c byte) {
	d.mem.SetU8(d.data+port.Block(d.pos), c)
	d.pos++
}

// edit takes a character of a line.
func (d *driver) edit(c byte) {
	const backspace, del = '\b', 0x7F
	if c == '\r' && d.last == '\n' || c == '\n' && d.last == '\r' {
		d.tell(c, Silent)
		d.last = 0
		return
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
		return
	}
	d.last = c
	if c == '\r' || c == '\n' {
		d.tell(c, len("\r\n"))
		d.endLine()
		return
	}
	d.tell(c, 1)
	if d.echo {
		d.console.print(string([]byte{c}))
	}
	if d.pos+1 >= port.InputSize { // too long: it begins anew
		d.pos = 0
	}
	d.add(c)
}

// tell tells that a byte was taken, of whose echo this many bytes are sent if there is any.
func (d *driver) tell(c byte, echo int) {
	if !d.echo && echo != Silent {
		echo = 0
	}
	d.console.config.Watch.typed(c, echo)
}

// endLine gives a line to its readers; an empty one only brings a new prompt.
func (d *driver) endLine() {
	if d.echo {
		d.console.print("\n")
	}
	if d.to.F != nil {
		d.to.F(d.bytes())
	}
	if d.pos == 0 {
		d.console.config.Watch.prompt(d.prompt)
		d.console.print(d.prompt)
		return
	}
	d.add('\n')
	line := append([]byte(nil), d.bytes()...)
	d.pos = 0
	d.console.input(line)
}

// collect takes a character of a packet.
func (d *driver) collect(c byte) {
	d.console.config.Watch.typed(c, 0)
	if d.to.F == nil {
		return
	}
	if d.to.Length == 0 {
		d.to.F([]byte{c})
		return
	}
	d.add(c)
	if d.pos >= port.InputSize || d.to.Length > 0 && d.pos >= d.to.Length || d.to.Length < 0 && c == d.to.End {
		packet := append([]byte(nil), d.bytes()...)
		d.pos = 0
		d.to.F(packet)
	}
}
