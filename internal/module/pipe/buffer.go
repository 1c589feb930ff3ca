package pipe

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
)

// A buffer is a userdata of two words and bufferSize bytes (buffer_t of
// app/modules/pipe.c): the words say where its content starts and ends.
const (
	bufferSize = state.BufferSize
	offStart   = 0
	offEnd     = 4
	offBytes   = 8
)

// buffer is a buffer's place in device memory; address 0 means there is none.
type buffer struct {
	m    mem.Mem
	addr state.Addr
}

// start and end are bounded: the words are in memory that damaged code can write.
func (b buffer) start() int     { return int(min(b.m.U32(b.addr+offStart), uint32(b.end()))) }
func (b buffer) end() int       { return int(min(b.m.U32(b.addr+offEnd), bufferSize)) }
func (b buffer) setStart(n int) { b.m.SetU32(b.addr+offStart, uint32(n)) }
func (b buffer) setEnd(n int)   { b.m.SetU32(b.addr+offEnd, uint32(n)) }
func (b buffer) used() int      { return b.end() - b.start() }
func (b buffer) bytes() []byte  { return b.m.Bytes(b.addr+offBytes, bufferSize) }

// content is what the buffer holds, in place.
func (b buffer) content() []byte { return b.bytes()[b.start():b.end()] }

func (b buffer) moveToStart() {
	n := copy(b.bytes(), b.content())
	b.setStart(0)
	b.setEnd(n)
}

func (b buffer) moveToEnd() {
	start := bufferSize - b.used()
	copy(b.bytes()[start:], b.content())
	b.setStart(start)
	b.setEnd(bufferSize)
}

func (b buffer) append(p []byte) { b.setEnd(b.end() + copy(b.bytes()[b.end():], p)) }

func (b buffer) prepend(p []byte) {
	b.setStart(b.start() - len(p))
	copy(b.bytes()[b.start():], p)
}

// newBuffer makes a buffer and puts it into a slot of the pipe at index i.
func newBuffer(L state.State, i, slot int) buffer {
	b := buffer{L.Mem(), L.NewUserdata(offBytes + bufferSize)}
	L.PushROTable(meta)
	L.SetMetatable(-2)
	L.RawSetI(i, int64(slot))
	return b
}

// hasMeta tells whether the value at index i is a pipe or a buffer. It leaves
// the stack as it was.
func hasMeta(L state.State, i int) bool {
	if !L.GetMetatable(i) {
		return false
	}
	L.PushROTable(meta)
	ok := L.RawEqual(-1, -2)
	L.Pop(2)
	return ok
}

// checkPipe raises an error if the argument is no pipe, and returns the buffer
// in a slot of it, that in the last slot for 0. It has address 0 if the pipe is
// empty.
func checkPipe(L state.State, arg, slot int, writing bool) buffer {
	top, n := L.GetTop(), L.RawLen(arg)
	if !L.IsTable(arg) || !L.GetMetatable(arg) {
		L.ArgError(arg, "pipe table")
	}
	L.PushROTable(meta)
	if !L.RawEqual(-1, -2) {
		L.ArgError(arg, "pipe table")
	}
	var b buffer
	if n <= 1 {
		if writing {
			b = newBuffer(L, arg, firstBuffer)
		}
	} else {
		if slot == 0 {
			slot = n
		}
		L.RawGetI(arg, int64(slot))
		b = checkBuffer(L, -1)
	}
	L.SetTop(top)
	return b
}

// checkBuffer raises an error if the value at index i is no buffer. The firmware
// goes on with a wild pointer if it is another userdata.
func checkBuffer(L state.State, i int) buffer {
	L.CheckType(i, state.Userdata)
	if !hasMeta(L, i) {
		L.ArgError(i, "pipe buffer expected")
	}
	return buffer{L.Mem(), L.ToUserdata(i)}
}
