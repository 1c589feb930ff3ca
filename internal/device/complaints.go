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
	told map[string]bool
	more int
}

const complaintsMax = 20

// isNew tells whether an error is to be told.
func (c *complaints) isNew(err error) bool {
	key := err.Error()
	var p *fs.PathError
	if errors.As(err, &p) {
		key = p.Op + "\x00" + p.Path
	}
	if c.told[key] || len(c.told) >= complaintsMax {
		c.more++
		return false
	}
	if c.told == nil {
		c.told = map[string]bool{}
	}
	c.told[key] = true
	return true
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
	hint := firmware.Hint(d.firmware.Edition, message)
	if hint == "" || d.hinted[hint] || len(d.hinted) >= complaintsMax {
		return
	}
	if d.hinted == nil {
		d.hinted = map[string]bool{}
	}
	d.hinted[hint] = true
	d.report(Event{Kind: OldCode, Text: hint})
}

// hostError tells what went wrong on the host.
func (d *Device) hostError(err error) {
	if d.complaints.isNew(err) {
		d.report(Event{Kind: HostError, Text: err.Error()})
	}
}
