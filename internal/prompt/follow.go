package prompt

import "bytes"

// follower tells the parts of the module's output apart. What the module does comes in two
// ways, as bytes that it sends, which may wait in a buffer, and as calls of Typed and its
// like, which do not: these become marks at a place among the bytes.
type follower struct {
	sent  int64 // bytes that the module has sent, of the module's goroutine
	seen  int64 // those that came through Write
	marks []mark
	echo  int    // how many bytes that come next are echo
	text  []byte // of a prompt that comes next
	found int    // how many bytes of it have come
	ahead int    // how many bytes that the module has yet to take are shown already
	lines bool   // Lua gets what is typed
}

// mark is something that happened before the byte at a place was sent.
type mark struct {
	at int64
	f  func(e *Editor)
}

// Sent tells that the module has sent n bytes, which come by Write soon.
func (e *Editor) Sent(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.follow.sent += int64(n)
}

// mark lets something happen when all that was sent has come. There are no more marks than
// bytes that were typed and prompts with output between them. What happens without a word
// (silent) is seen with what is sent next.
func (e *Editor) mark(silent bool, f func(e *Editor)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	w := &e.follow
	switch {
	case w.seen < w.sent || len(w.marks) > 0:
		w.marks = append(w.marks, mark{w.sent, f})
	case silent && w.found == 0:
		f(e)
	default:
		e.erase()
		f(e)
		e.end()
	}
}

// Typed tells that the module took a byte that was typed, and how many bytes of echo it sends
// next: 0 if it does not echo, less if there is nothing to be seen.
func (e *Editor) Typed(c byte, echo int) { e.mark(echo > 0, func(e *Editor) { e.typed(c, echo) }) }

func (e *Editor) typed(c byte, echo int) {
	e.noPrompt()
	if w := &e.follow; w.ahead > 0 && echo <= 0 {
		w.ahead--
		return
	}
	mine := e.taken(c)
	switch e.follow.ahead = 0; {
	case echo > 0:
		e.follow.echo = echo
	case echo == 0:
		e.commit()
		e.unechoed(c, mine)
	}
}

// unechoed shows a byte that the module took and does not echo, with the rest of the line that
// was entered: what an application answers to single bytes comes behind that.
func (e *Editor) unechoed(c byte, entered bool) {
	text := []byte{c}
	if end := bytes.IndexByte(e.pending, '\n'); entered && c != '\n' && c != '\r' && end >= 0 {
		text = append(text, e.pending[:end+1]...)
		e.forget(end + 1)
		e.follow.ahead = end + 1
	}
	text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	e.show(bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")))
}

// Prompted tells that Lua prints a prompt next.
func (e *Editor) Prompted(text string) {
	e.mark(true, func(e *Editor) {
		e.noPrompt()
		sent := bytes.ReplaceAll([]byte(text), []byte("\r"), nil)
		e.follow.text = bytes.ReplaceAll(sent, []byte("\n"), []byte("\r\n"))
	})
}

// Receives tells whether Lua gets what is typed.
func (e *Editor) Receives(lines bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.follow.lines = lines
}

// Reset tells of a reset of the module, by which this many bytes were lost that it had not
// taken.
func (e *Editor) Reset(lost int) {
	e.mark(false, func(e *Editor) {
		e.noPrompt()
		e.commit()
		shown := min(lost, e.follow.ahead)
		e.follow.ahead -= shown
		e.forget(min(lost-shown, len(e.pending)))
	})
}

// Write takes what the module has sent.
func (e *Editor) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.erase()
	w := &e.follow
	for rest := p; ; {
		for len(w.marks) > 0 && w.marks[0].at <= w.seen {
			m := w.marks[0]
			w.marks = w.marks[1:]
			m.f(e)
		}
		if len(rest) == 0 {
			break
		}
		n := len(rest)
		if len(w.marks) > 0 {
			n = int(min(int64(n), w.marks[0].at-w.seen))
		}
		e.sentBytes(rest[:n])
		w.seen += int64(n)
		rest = rest[n:]
	}
	if len(w.marks) == 0 {
		w.marks = nil
	}
	e.end()
	return len(p), e.err
}

// sentBytes takes bytes between two marks.
func (e *Editor) sentBytes(p []byte) {
	w := &e.follow
	for len(p) > 0 {
		switch {
		case w.echo > 0:
			n := min(w.echo, len(p))
			w.echo -= n
			e.commit()
			e.show(p[:n])
			p = p[n:]
		case len(w.text) > 0 && p[0] == w.text[w.found]:
			p = p[1:]
			if w.found++; w.found == len(w.text) {
				text := w.text
				w.text, w.found = nil, 0
				e.prompted(text)
			}
		case len(w.text) > 0:
			e.noPrompt()
		default:
			e.output(p)
			return
		}
	}
}

// noPrompt gives up that a prompt comes next.
func (e *Editor) noPrompt() {
	w := &e.follow
	begun := w.text[:w.found]
	w.text, w.found, w.echo = nil, 0, 0
	if len(begun) > 0 {
		e.output(begun)
	}
}

// prompted takes a prompt that has come as a whole. Of several rows only the last one stays
// with the line.
func (e *Editor) prompted(text []byte) {
	e.prompt = ""
	if i := bytes.LastIndexByte(text, '\n'); i >= 0 {
		e.output(text[:i+1])
		text = text[i+1:]
	}
	e.prompt, e.joined = clean(text), e.out.col >= e.out.right
}

// clean is text as a Screen shows it.
func clean(text []byte) string {
	var b bytes.Buffer
	NewScreen(&b).Write(text)
	return b.String()
}
