package device

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/lua/state"
)

// complaints are what the host refused. An application may try again for ever, so each
// kind of failure with each file is told once, and no more than complaintsMax of them;
// the others are counted.
type complaints struct {
	told once
	more int
}

// once remembers what was told. An application may do the same again for ever.
type once map[string]bool

// isNew tells whether something is to be told: it was not yet, nor most other things.
func (o *once) isNew(key string, most int) bool {
	if (*o)[key] || len(*o) >= most {
		return false
	}
	if *o == nil {
		*o = once{}
	}
	(*o)[key] = true
	return true
}

const complaintsMax = 20

// isNew tells whether an error is to be told.
func (c *complaints) isNew(err error) bool {
	key := err.Error()
	var p *fs.PathError
	if errors.As(err, &p) {
		key = p.Op + "\x00" + p.Path
	}
	if c.told.isNew(key, complaintsMax) {
		return true
	}
	c.more++
	return false
}

// end tells how many there were besides.
func (c *complaints) end(d *Device) {
	if n := c.more; n > 0 {
		c.more = 0
		d.report(Event{Kind: HostError, Text: fmt.Sprintf("the same and the like happened %d times more", n)})
	}
}

// luaError tells of an error that the module prints as well.
func (d *Device) luaError(k EventKind, message string) {
	text, traceback, _ := strings.Cut(message, "\n")
	if strings.HasSuffix(text, state.Restarting) { // node.LFS.reload ends what runs in this way
		return
	}
	d.report(Event{Kind: k, Text: text, Traceback: traceback})
	if d.outputs != nil && wantsText(text) && d.hinted.isNew(d.outputs.Form, complaintsMax) {
		d.report(Event{Kind: OldCode, Text: d.outputs.Text()})
	}
	if hint := firmware.Hint(d.firmware.Edition, message); hint != "" && d.hinted.isNew(hint, complaintsMax) {
		d.report(Event{Kind: OldCode, Text: hint})
	}
}

// OldCall implements port.HasOldCalls: it tells once for each place where the call is. Whether
// the function of node.output takes text shows when it gets a pipe.
func (d *Device) OldCall(form string) {
	f, ok := firmware.FactOf(form)
	switch {
	case !ok:
		panic("BUG: no fact has the form " + form)
	case f.Name == "node.output":
		d.outputs = f
		return
	}
	text := f.Text()
	for _, frame := range d.machine.CallStack(nil) {
		if frame.Line > 0 {
			text = fmt.Sprintf("%s:%d: %s", frame.Source, frame.Line, text)
			break
		}
	}
	if d.hinted.isNew(text, complaintsMax) {
		d.report(Event{Kind: OldCode, Text: text})
	}
}

// wantsText tells whether an error is that of a function which takes a pipe for text.
func wantsText(message string) bool {
	return strings.Contains(message, "(string expected, got table)") || strings.Contains(message, "attempt to concatenate a table value")
}

// hostError tells what went wrong on the host.
func (d *Device) hostError(err error) {
	if d.complaints.isNew(err) {
		d.report(Event{Kind: HostError, Text: err.Error()})
	}
}
