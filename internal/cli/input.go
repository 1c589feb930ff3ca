package cli

import (
	"bytes"
	"fmt"
	"io"
)

// ctrlC is the byte that a terminal in raw mode gives for that key.
const ctrlC = 3

// feed types the standard input into the module. Typed tells that it comes from a
// terminal.
func (r *runner) feed(typed bool) {
	defer r.guard()
	buf := make([]byte, 4096)
	some := false
	for {
		n, err := r.app.In.Read(buf)
		p := buf[:n]
		if typed {
			p = r.typed(p)
		}
		if len(p) > 0 {
			some = true
			r.machine.Feed(p)
		}
		if err != nil {
			r.inputEnded(err, typed, some)
			return
		}
	}
}

// typed takes Ctrl-C out of what was typed.
func (r *runner) typed(p []byte) []byte {
	i := bytes.IndexByte(p, ctrlC)
	if i < 0 {
		return p
	}
	for range bytes.Count(p, []byte{ctrlC}) {
		r.leave()
	}
	return p[:i]
}

// inputEnded decides what the end of the input means: a terminal is gone, a text
// is executed, and where there was nothing nobody wanted to type.
func (r *runner) inputEnded(err error, typed, some bool) {
	switch {
	case typed:
		r.end(errLeave)
	case some:
		r.machine.EndInput()
	}
	if err != io.EOF && !typed {
		r.events.warn(fmt.Sprintf("standard input: %v", err))
	}
}
