// Package prompt is what a person has around the serial line of a running module: a line
// editor with history, search and completion, and the module's output above the line that is
// being typed.
//
// The line stands on the screen until the module takes it. What a transcript of the session
// shows is the module's own echo, in the order in which it takes what was entered; only where
// it does not echo the Editor writes what was taken. For that the Editor is told of every byte
// that the module takes, and of its prompts (Typed, Prompted).
package prompt

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// The least size of a terminal that is drawn for.
const (
	minWidth  = 4
	minHeight = 2
)

// Config is what an Editor is connected to.
type Config struct {
	// Terminal gets what is drawn.
	Terminal io.Writer
	// Width and Height are the terminal's columns and rows.
	Width, Height int
	// Color lets prompts and such stand out.
	Color bool

	// The functions below are called by Keys, on its goroutine.

	// Send takes a line that was entered, without its end, and must not wait; false if there
	// is no room for it. Drop takes away what was entered and the module has not been given
	// yet, and tells how many bytes that is, with the ends of lines.
	Send func(line string) bool
	Drop func() (bytes int)
	// Complete lists what may stand in the place of a word. It may take a while.
	Complete func(Word) []Candidate
	// Leave is called when the person wants to leave.
	Leave func()
	// Suspend stops the program until it is continued; nil where that cannot be.
	Suspend func()

	History *History
}

// Editor is one terminal. Write, Note and Keys may be called by three goroutines at once.
type Editor struct {
	config  Config
	sink    io.Writer // gets what stays on the terminal; drawn, but for tests
	screen  *Screen   // in front of it
	decoder decoder   // of the goroutine that calls Keys

	mu            sync.Mutex
	buf           []byte // on its way to the terminal
	err           error  // of writing to it
	width, height int
	out           output
	area          area
	away          bool // the terminal is somebody else's
	closed        bool

	prompt       string // of Lua, behind which a line goes; "" if there is none
	joined       bool   // it stands in the row in which the output ended
	pending      []byte // entered and not taken by the module, with "\n" behind each line
	pendingLines int
	line         line
	killed       []rune // by the last key that takes away more than a character
	search       *search
	past         past
	warned       bool // Ctrl-C was pressed last, and nothing was there to drop

	follow follower
}

// New makes an Editor. Nothing is drawn before Start.
func New(c Config) *Editor {
	e := &Editor{config: c, width: max(c.Width, minWidth), height: max(c.Height, minHeight)}
	e.follows(drawn{e})
	e.past.history = c.History
	return e
}

// follows lets a writer get what stays on the terminal.
func (e *Editor) follows(w io.Writer) { e.sink, e.screen = w, NewScreen(w) }

const (
	pasteOn  = "\x1b[?2004h"
	pasteOff = "\x1b[?2004l"
)

// Restore is what a terminal needs to be as it was, if an Editor could not be closed.
const Restore = pasteOff + styleReset

// Start takes the terminal.
func (e *Editor) Start() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.raw(pasteOn)
	e.end()
}

// Close gives the terminal back. What stands there stays, and the cursor is at the start of a
// row. What is written later goes through as it is.
func (e *Editor) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	e.erase()
	e.commit()
	e.show([]byte(string(e.line.text)))
	e.newRow()
	e.raw(Restore)
	e.closed = true
	e.end()
}

// end brings everything to the terminal.
func (e *Editor) end() {
	e.draw()
	if len(e.buf) > 0 && e.err == nil {
		_, e.err = e.config.Terminal.Write(e.buf)
	}
	if e.buf = e.buf[:0]; cap(e.buf) > 64<<10 {
		e.buf = nil
	}
}

// drawn gets what a Screen lets through.
type drawn struct{ e *Editor }

// Write implements io.Writer.
func (d drawn) Write(p []byte) (int, error) {
	d.e.out.follow(p, d.e.width)
	d.e.buf = append(d.e.buf, p...)
	return len(p), nil
}

// show writes what the module has sent. The area is erased.
func (e *Editor) show(p []byte) { e.screen.Write(p) }

// newRow begins a new row, unless the cursor is at the start of one. The area is erased.
func (e *Editor) newRow() {
	if !e.out.fresh() {
		e.show([]byte("\r\n"))
	}
}

// commit makes the prompt a part of the output.
func (e *Editor) commit() {
	if e.prompt == "" {
		return
	}
	if !e.joined {
		e.newRow()
	}
	e.show([]byte(e.prompt))
	e.prompt = ""
}

// output writes what the module has sent and is no echo: above a prompt, in a row of its own.
func (e *Editor) output(p []byte) {
	if e.prompt != "" && e.joined {
		e.newRow()
	}
	e.joined = false
	e.show(p)
}

// Note writes what the program itself has to say, above the line that is typed.
func (e *Editor) Note(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		e.buf = append(e.buf, p...)
	} else {
		e.erase()
		e.note(string(p), styleFaint)
	}
	e.end()
	return len(p), e.err
}

// note writes text of the program's own. The area is erased.
func (e *Editor) note(text, style string) {
	if e.prompt != "" {
		e.joined = false
	}
	e.newRow()
	if len(e.out.sgr) > 0 {
		e.raw(styleReset)
	}
	kept := e.out.sgr
	e.out.sgr = nil
	for text := range strings.Lines(text) {
		text, ended := strings.CutSuffix(text, "\n")
		if style = e.style(style); style != styleNone {
			text = style + text + styleReset
		}
		if ended {
			text += "\r\n"
		}
		io.WriteString(e.sink, text)
	}
	e.out.sgr = kept
	e.buf = append(e.buf, kept...)
}

// Keys takes what was typed at the terminal. One goroutine calls it.
func (e *Editor) Keys(p []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.erase()
	e.decoder.feed(p, e.key, e.paste)
	e.end()
}

// apart does something while the lock is not held.
func (e *Editor) apart(f func()) {
	e.end()
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		e.erase()
	}()
	f()
}

// paste inserts text that was pasted, and enters its lines.
func (e *Editor) paste(text []byte) {
	e.endSearch(true)
	e.warned = false
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		wasCR := e.past.pastedCR
		e.past.pastedCR = r == '\r'
		switch {
		case r == '\n' && wasCR:
		case r == '\r' || r == '\n':
			e.enter()
		default:
			e.insert(r)
		}
	}
}

// insert inserts a character, if it is one that can be drawn.
func (e *Editor) insert(r rune) {
	if len(e.line.text) >= lineRunes {
		return
	}
	if r >= ' ' && (r < 0x7F || r >= 0xA0) || r == '\t' {
		e.line.insert(r)
	}
}

// enter enters the line.
func (e *Editor) enter() {
	text := string(e.line.text)
	e.line = line{}
	e.past.add(text)
	if !e.config.Send(text) {
		e.note("moonlet: the module does not read what is entered: this line is lost\n", styleFaint)
		return
	}
	if e.follow.lines && len(text) > lineMax {
		e.note(fmt.Sprintf("moonlet: this line has %d bytes, the module takes %d: it begins anew with what is behind\n",
			len(text), lineMax), styleFaint)
	}
	e.pending = append(append(e.pending, text...), '\n')
	e.pendingLines++
	e.forget(max(len(e.pending)-pendingMax, 0))
}

// Bounds of what is typed: characters in a line, and bytes of entered lines that are remembered
// until the module takes them.
const (
	lineRunes  = 64 << 10
	pendingMax = 2 << 20
)

// lineMax is how many bytes a line may have at Lua's prompt (LUA_MAXINPUT, with its end).
const lineMax = 255

// drop is Ctrl-C: it takes away the line, and lines that the module was not given yet.
func (e *Editor) drop() {
	if n := e.config.Drop(); n > 0 {
		n = max(len(e.pending)-n, 0)
		e.pendingLines -= bytes.Count(e.pending[n:], []byte{'\n'})
		e.pending = e.pending[:n]
	} else if len(e.line.text) == 0 {
		if e.warned {
			e.config.Leave()
			return
		}
		e.warned = true
		e.note("moonlet: Ctrl-D, or Ctrl-C once more, leaves\n", styleFaint)
		return
	}
	if prompt, joined := e.prompt, e.joined; len(e.line.text) > 0 {
		e.commit()
		e.show([]byte(string(e.line.text) + "^C"))
		e.newRow()
		e.prompt, e.joined = prompt, joined && !e.out.fresh()
	}
	e.line = line{}
	e.past.leave()
}

// taken takes a byte that the module has taken out of those that are pending. What was lost
// before it is gone as well. It tells whether the byte was one of them.
func (e *Editor) taken(c byte) bool {
	if c == '\r' {
		c = '\n'
	}
	i := bytes.IndexByte(e.pending, c)
	e.forget(i + 1)
	return i >= 0
}

// forget takes bytes from the front of those that are pending.
func (e *Editor) forget(n int) {
	e.pendingLines -= bytes.Count(e.pending[:n], []byte{'\n'})
	e.pending = e.pending[n:]
}
