package prompt

import "io"

// key does what a key means.
func (e *Editor) key(k key) {
	warned := e.warned
	if e.warned = false; e.search != nil && e.searchKey(k) {
		return
	}
	l := &e.line
	if k >= ' ' && k != keyBackspace {
		e.insert(rune(k))
		return
	}
	switch k {
	case '\r', '\n':
		e.enter()
	case ctrl('c'):
		e.warned = warned
		e.drop()
	case ctrl('d'):
		if len(l.text) == 0 {
			e.config.Leave()
			return
		}
		e.cut(l.at, l.behind())
	case '\t':
		e.complete()
	case ctrl('r'):
		e.startSearch()
	case ctrl('p'), keyUp:
		e.past.up(l)
	case ctrl('n'), keyDown:
		e.past.down(l)
	case ctrl('l'):
		e.clear()
	case ctrl('y'):
		l.insert(e.killed...)
	case ctrl('z'):
		e.suspend()
	default:
		if !e.move(k) {
			e.delete(k)
		}
	}
}

// move moves the cursor, if the key is one for that.
func (e *Editor) move(k key) bool {
	l := &e.line
	switch k {
	case ctrl('a'), keyHome:
		l.at = 0
	case ctrl('e'), keyEnd:
		l.at = len(l.text)
	case ctrl('b'), keyLeft:
		l.at = l.before()
	case ctrl('f'), keyRight:
		l.at = l.behind()
	case keyWordLeft:
		l.at = l.wordStart()
	case keyWordRight:
		l.at = l.wordEnd()
	default:
		return false
	}
	l.settle()
	return true
}

// delete takes text away, if the key is one for that.
func (e *Editor) delete(k key) {
	l := &e.line
	switch k {
	case ctrl('h'), keyBackspace:
		e.cut(l.before(), l.at)
	case keyDelete:
		e.cut(l.at, l.behind())
	case ctrl('k'):
		e.kill(l.at, len(l.text))
	case ctrl('u'):
		e.kill(0, l.at)
	case ctrl('w'):
		e.kill(l.blankStart(), l.at)
	case keyKillWordBack:
		e.kill(l.wordStart(), l.at)
	case keyKillWord:
		e.kill(l.at, l.wordEnd())
	}
}

func (e *Editor) cut(from, to int) { e.line.cut(from, to) }

// kill is cut for what can be brought back.
func (e *Editor) kill(from, to int) {
	if from < to {
		e.killed = e.line.cut(from, to)
	}
}

// clear empties the terminal, but for prompt and line.
func (e *Editor) clear() {
	e.raw(styleReset)
	io.WriteString(e.sink, "\x1b[H\x1b[2J")
	e.buf = append(e.buf, e.out.sgr...)
	if e.prompt != "" {
		e.joined = true
	}
}

// Redraw draws prompt and line anew, where somebody else has left the cursor.
func (e *Editor) Redraw() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.area, e.out = area{}, output{}
	e.raw(pasteOn + "\r")
	e.end()
}

// suspend is Ctrl-Z.
func (e *Editor) suspend() {
	if e.config.Suspend == nil {
		return
	}
	e.newRow()
	e.joined = false
	e.raw(Restore)
	e.away = true
	e.apart(e.config.Suspend)
	e.away = false
	e.out = output{}
	e.raw(pasteOn)
}
