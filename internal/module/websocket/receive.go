package websocket

import "moonlet.example/moonlet/internal/port"

// receive reads frames (ws_receiveCallback). One that is not whole waits in a block of its own.
func (l *link) receive(p []byte) {
	l.c.m.SetU32(l.c.at+offPoints, 0)
	l.timer.Arm(pingInterval, true)
	if l.frame.at != 0 {
		old := l.frame.size
		if !l.grow(&l.frame, old+len(p)) {
			l.fail(codeNoMore)
			return
		}
		copy(l.bytes(l.frame)[old:], p)
		p = l.bytes(l.frame)
	}
	for len(p) > 0 {
		f, n := readFrame(p)
		if n == 0 {
			l.wait(p)
			return
		}
		if !l.handle(f) || l.over {
			return
		}
		p = p[n:]
	}
	l.free(&l.frame)
}

// wait keeps the beginning of a frame.
func (l *link) wait(p []byte) {
	if l.frame.at == 0 {
		if l.frame = l.take(len(p)); l.frame.at == 0 {
			l.fail(codeNoFrame)
			return
		}
	}
	copy(l.bytes(l.frame), p) // to the front of the same block, perhaps
	if len(p) < l.frame.size && !l.grow(&l.frame, len(p)) {
		l.fail(codeNoFrame)
	}
}

// handle does what a frame asks for; false ends the reading.
func (l *link) handle(f frame) bool {
	if !f.fin {
		return l.fragment(f)
	}
	if f.op == opContinuation {
		return l.lastFragment(f)
	}
	rest := f.payload
	if f.op == opClose {
		rest = rest[min(2, len(rest)):] // behind the reason
	}
	b := l.take(len(rest) + 1)
	if b.at == 0 {
		l.fail(codeNoPayload)
		return false
	}
	defer l.free(&b)
	copy(l.bytes(b), rest)
	switch f.op {
	case opClose:
		l.closing = true
		l.send(opClose, f.payload)
		l.c.setState(stateClosed)
	case opPing:
		l.send(opPong, f.payload)
	case opPong:
	default:
		l.deliver(b, len(rest), f.op)
	}
	return true
}

// deliver gives a message to the application.
func (l *link) deliver(b block, n int, op byte) {
	l.c.tell(refReceive, func() int {
		l.c.main.PushBytes(l.bytes(b)[:n])
		l.c.main.PushInteger(int64(op))
		return 2
	})
}

// fragment keeps a part of a message. The firmware does not count the first one, whose place the
// second one takes: it is lost.
func (l *link) fragment(f frame) bool {
	if l.message.at == 0 {
		if l.message = l.take(max(len(f.payload), 1)); l.message.at == 0 {
			l.fail(codeNoPart)
			return false
		}
		copy(l.bytes(l.message), f.payload)
		l.messageOp = int(f.op)
		port.Note(l.chip, "websocket", "the first fragment of a message is lost, as in the firmware; a server should send messages whole")
		return true
	}
	old := l.messageBytes
	if !l.grow(&l.message, max(old+len(f.payload), 1)) {
		l.messageBytes = 0
		l.fail(codeNoMorePart)
		return false
	}
	copy(l.bytes(l.message)[old:], f.payload)
	l.messageBytes += len(f.payload)
	return true
}

// lastFragment puts a message together.
func (l *link) lastFragment(f frame) bool {
	if l.message.at == 0 {
		l.fail(codeNoBegin)
		return false
	}
	n := l.messageBytes + len(f.payload)
	b := l.take(max(n, 1))
	if b.at == 0 {
		l.fail(codeNoMessage)
		return false
	}
	defer l.free(&b)
	copy(l.bytes(b), l.bytes(l.message)[:l.messageBytes])
	copy(l.bytes(b)[l.messageBytes:], f.payload)
	l.free(&l.message)
	op := byte(l.messageOp)
	l.messageBytes, l.messageOp = 0, 0
	if op != opClose && op != opPing && op != opPong {
		l.deliver(b, n, op)
	}
	return true
}
