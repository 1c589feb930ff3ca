// Package pipe is the module pipe: a stream of bytes from one task to another
// with an optional reader task. The console's input and output are pipes.
//
// A pipe is a table. Slot 1 holds a closure that is both its method write and
// the wrapper of its reader task, slots 2 and up hold buffers: userdata of a
// fixed size. Bytes are written into the last buffer and read from slot 2.
package pipe

import (
	"bytes"

	"moonlet.example/moonlet/internal/lua/state"
)

// Create is pipe.create, which the console and node.output push by themselves.
var Create = &state.Proc{F: create}

// Tables and functions of the module. The metatable holds for the pipe and for
// its buffers. Entries are filled in by init, since some of the functions refer
// to the tables.
var (
	meta    = &state.ROTable{Name: "pipe.meta"}
	methods = &state.ROTable{Name: "pipe.methods"}
	poster  = &state.Proc{F: writeOrRead}
	reader  = &state.Proc{F: readUpvalues}
)

// Module declares pipe.
var Module = state.Module{
	Name: "pipe",
	Table: &state.ROTable{Name: "pipe", Entries: []state.Entry{
		state.FnProc("create", Create),
	}},
	Tables: []*state.ROTable{meta, methods},
	Procs:  []*state.Proc{poster, reader},
}

func init() {
	meta.Entries = []state.Entry{
		state.Fn("__index", index),
		state.Fn("__len", length),
		state.Fn("__tostring", toString),
	}
	methods.Entries = []state.Entry{
		state.Fn("__len", length),
		state.Fn("__tostring", toString),
		state.Fn("read", read),
		state.Fn("reader", newReader),
		state.Fn("unread", unread),
		state.Fn("nrec", records),
	}
}

// States of the reader task (upvalue 4 of the closure).
const (
	noReader  = 0
	active    = 1 // the callback is running
	written   = 2 // something was written since the task was posted
	quiescent = 4
)

// Upvalues of the closure.
const (
	upPipe = iota + 1
	upFunc
	upPriority
	upState
)

const firstBuffer = 2 // slot

// create is pipe.create([callback [, priority]]).
func create(L state.State) int {
	priority := int64(-1)
	L.SetTop(2)
	if !L.IsNil(1) {
		L.CheckType(1, state.Function)
		priority = state.TaskMedium
		if !L.IsNil(2) {
			n, _ := L.ToInteger(2)
			priority = int64(int32(n))
			L.ArgCheck(priority >= state.TaskLow && priority <= state.TaskHigh, 2, "invalid priority")
		}
	}
	L.CreateTable(1, 0)
	L.PushROTable(meta)
	L.SetMetatable(-2)

	L.PushValue(-1)
	L.PushValue(1)
	L.PushInteger(priority)
	if priority < 0 {
		L.PushInteger(noReader)
	} else {
		L.PushInteger(quiescent)
	}
	L.PushClosure(poster, 4)
	L.RawSetI(-2, 1)
	return 1
}

// writeOrRead is the closure in slot 1. With the pipe as its argument it is
// write; otherwise the task runner calls it with a priority, and it calls the
// reader's callback.
func writeOrRead(L state.State) int {
	st := stateOf(L)
	if L.RawEqual(1, state.UpvalueIndex(upPipe)) {
		if write(L) && st != noReader && st&written == 0 {
			setState(L, st|written)
			// The firmware posts here also while the callback runs, though its
			// source reads as if that were left to the end of the callback.
			post(L)
		}
		return 0
	}
	if st == noReader {
		return 0
	}
	setState(L, active)
	L.PushValue(state.UpvalueIndex(upFunc))
	L.PushValue(state.UpvalueIndex(upPipe))
	L.Call(1, 1)
	// Whether the task runs again is for the callback to say. Without a word of
	// it, what counts is the state before the call.
	again := st&written != 0
	if L.Type(-1) == state.Boolean {
		again = L.ToBoolean(-1) && L.RawLen(state.UpvalueIndex(upPipe)) > 1
	}
	if !again {
		setState(L, quiescent)
		return 0
	}
	setState(L, quiescent|written)
	post(L)
	return 0
}

func stateOf(L state.State) int64 {
	n, _ := L.ToInteger(state.UpvalueIndex(upState))
	return n
}

func setState(L state.State, st int64) {
	L.PushInteger(st)
	L.Replace(state.UpvalueIndex(upState))
}

// post posts the closure as a task.
func post(L state.State) {
	L.RawGetI(state.UpvalueIndex(upPipe), 1)
	priority, _ := L.ToInteger(state.UpvalueIndex(upPriority))
	L.PostTask(int(priority))
}

// index is __index: methods by name.
func index(L state.State) int {
	L.SetTop(2)
	// The firmware crashes for a key that is no string.
	if L.CheckString(2) == "write" {
		L.RawGetI(1, 1)
		return 1
	}
	L.PushROTable(methods)
	L.Replace(1)
	L.RawGet(1)
	return 1
}

// length is __len: of a pipe the number of its slots, of a buffer its bytes.
func length(L state.State) int {
	if L.IsTable(1) {
		L.PushInteger(int64(L.RawLen(1)))
		return 1
	}
	L.PushInteger(int64(checkBuffer(L, 1).used()))
	return 1
}

// toString is __tostring: of a buffer its content.
func toString(L state.State) int {
	if L.IsTable(1) {
		L.PushFString("Pipe: %p", L.ToPointer(1))
		return 1
	}
	L.PushBytes(checkBuffer(L, 1).content())
	return 1
}

// records is pipe:nrec.
func records(L state.State) int {
	L.PushInteger(int64(L.RawLen(1) - 1))
	return 1
}

// separator is the second argument of read and reader: a size or a delimiter.
type separator struct {
	size  int // 0: up to delim
	delim byte
	keep  bool // the delimiter belongs to the record
}

func checkSeparator(L state.State, arg int) separator {
	switch L.Type(arg) {
	case state.Number:
		n := int32(L.CheckInteger(arg))
		L.ArgCheck(n > 0, arg, "invalid chunk size")
		return separator{size: int(n)}
	case state.Nil:
		return separator{delim: '\n'}
	}
	s, _ := L.ToBytes(arg)
	keep := len(s) == 2 && s[1] == '+'
	L.ArgCheck(len(s) == 1 || keep, arg, "invalid delimiter")
	return separator{delim: s[0], keep: keep}
}

// read is pipe:read([size|delimiter]).
func read(L state.State) int {
	b := checkPipe(L, 1, firstBuffer, false)
	L.SetTop(2)
	sep := checkSeparator(L, 2)
	L.Pop(1)
	parts := 0
	for left := sep.size; b.addr != 0; {
		want, used, last := b.used(), b.used(), false
		if sep.size > 0 {
			want = min(left, want)
			used = want
			left -= used
			last = left == 0
		} else if i := bytes.IndexByte(b.content(), sep.delim); i >= 0 {
			want, used, last = i, i+1, true
			if sep.keep {
				want++
			}
		}
		// One for the part and one to move buffers; the firmware does not look
		// whether its stack has room.
		L.CheckStackMsg(2, "too many parts")
		L.PushBytes(b.content()[:want])
		parts++
		b.setStart(b.start() + used)
		if b.used() == 0 {
			b = shift(L)
		}
		if last {
			break
		}
	}
	if parts == 0 {
		L.PushNil()
		return 1
	}
	L.Concat(parts)
	return 1
}

// shift drops the first buffer of the pipe at index 1, moves the others down,
// and returns the new first one.
func shift(L state.State) buffer {
	n := L.RawLen(1)
	for i := firstBuffer; i < n; i++ {
		L.RawGetI(1, int64(i+1))
		L.RawSetI(1, int64(i))
	}
	L.PushNil()
	L.RawSetI(1, int64(n))
	if n <= firstBuffer {
		return buffer{}
	}
	L.RawGetI(1, firstBuffer)
	b := checkBuffer(L, -1)
	L.Pop(1)
	return b
}

// newReader is pipe:reader([size|delimiter]): an iterator.
func newReader(L state.State) int {
	L.SetTop(2)
	checkPipe(L, 1, firstBuffer, false)
	checkSeparator(L, 2)
	L.PushClosure(reader, 2)
	return 1
}

func readUpvalues(L state.State) int {
	L.SetTop(0)
	L.PushValue(state.UpvalueIndex(1))
	L.PushValue(state.UpvalueIndex(2))
	return read(L)
}

// text returns the second argument; it is empty if that is no string. The C code means to
// refuse those, but lua_tolstring gives them the length 0, and then it has already returned.
func text(L state.State) []byte {
	s, _ := L.ToBytes(2)
	return s
}

// write is pipe:write(text); it tells whether anything was written.
func write(L state.State) bool {
	s := text(L)
	if len(s) == 0 {
		return false
	}
	b := checkPipe(L, 1, 0, true)
	for {
		if b.used() == bufferSize {
			b = newBuffer(L, 1, L.RawLen(1)+1)
		} else if bufferSize-b.end() < len(s) {
			b.moveToStart()
		}
		n := min(bufferSize-b.used(), len(s))
		b.append(s[:n])
		s = s[n:]
		if len(s) == 0 {
			return true
		}
	}
}

// unread is pipe:unread(text): it puts text before everything else.
func unread(L state.State) int {
	s := text(L)
	if len(s) == 0 {
		return 0
	}
	b := checkPipe(L, 1, firstBuffer, true)
	for {
		if b.used() == bufferSize {
			for i := L.RawLen(1); i > 1; i-- {
				L.RawGetI(1, int64(i))
				L.RawSetI(1, int64(i+1))
			}
			b = newBuffer(L, 1, firstBuffer)
			b.setStart(bufferSize)
			b.setEnd(bufferSize)
		} else if b.start() < len(s) {
			b.moveToEnd()
		}
		n := min(bufferSize-b.used(), len(s))
		b.prepend(s[len(s)-n:])
		s = s[:len(s)-n]
		if len(s) == 0 {
			return 0
		}
	}
}
