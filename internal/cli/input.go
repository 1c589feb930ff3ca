package cli

import (
	"bytes"
	"fmt"
	"io"

	"moonlet.example/moonlet"
)

// ctrlC is the byte that a terminal in raw mode gives for that key.
const ctrlC = 3

// feed types the standard input into the module. Typed tells that it comes from a
// terminal. Whoever pipes waits while the module has not read what came before. At a
// terminal everything is read at once, for Ctrl-C must be heard; there what is too much is
// lost, as on the line of a board.
func (r *runner) feed(typed bool) {
	defer r.guard()
	buf := make([]byte, 4096)
	some, lost := false, false
	for {
		n, err := r.app.In.Read(buf)
		p := buf[:n]
		if typed {
			p = r.typed(p)
			if r.machine.Untyped()+len(p) > typedMax {
				if p = nil; !lost {
					lost = true
					r.telling.Go(func() { r.events.warn("the module does not read what is typed: some of it is lost") })
				}
			}
		}
		if len(p) > 0 {
			some = true
			if _, err := r.machine.Type(p); err != nil {
				return // it is closed
			}
		}
		if err != nil {
			r.inputEnded(err, typed, some)
			return
		}
	}
}

// typedMax is how many bytes may be typed ahead, less than the module lets wait.
const typedMax = moonlet.TypedMax / 2

// typed takes Ctrl-C out of what was typed.
func (r *runner) typed(p []byte) []byte {
	if i := bytes.IndexByte(p, ctrlC); i >= 0 {
		r.leave()
		return p[:i]
	}
	return p
}

// inputEnded decides what the end of the input means: a terminal is gone, a text
// is executed, and where there was nothing nobody wanted to type.
func (r *runner) inputEnded(err error, typed, some bool) {
	switch {
	case typed:
		r.end(errLeave)
	case some:
		_ = r.machine.EndInput() // it is closed, if that fails
	default:
		_ = r.machine.ExpectInput(false)
	}
	if err != io.EOF && !typed {
		r.events.warn(fmt.Sprintf("standard input: %v", err))
	}
}
