package lauxlib

import "moonlet.example/moonlet/internal/lua/state"

// NewBuffer implements state.State.
func (l *Lib) NewBuffer() *state.Buffer {
	var b *state.Buffer
	if n := len(l.s.buffers); n > 0 {
		b = l.s.buffers[n-1]
		l.s.buffers = l.s.buffers[:n-1]
	} else {
		b = new(state.Buffer)
	}
	if l.old {
		b.ResetPieces(l.c)
	} else {
		b.Reset(l.c)
	}
	return b
}

// PutBuffer implements state.BoxState.
func (l *Lib) PutBuffer(used *state.Buffer) { l.s.buffers = append(l.s.buffers, used) }

// A box is a userdata of two words: address and size of a block of heap.
const boxSize = 8

// boxName is the type of boxes in the registry.
const boxName = "LUABOX"

// boxGC frees a box's block.
var boxGC = &state.Proc{F: func(L state.State) int {
	a := L.ToUserdata(1)
	m := L.Mem()
	L.Free(m.Ptr(a), int(m.U32(a+4)))
	m.SetPtr(a, 0)
	m.SetU32(a+4, 0)
	return 0
}}

// NewBox implements state.BoxState.
func (l *Lib) NewBox(n int) Addr {
	l.c.NewUserdata(boxSize)
	if l.NewMetatable(boxName) {
		l.c.PushFunction(boxGC)
		l.c.SetField(-2, "__gc")
	}
	l.c.SetMetatable(-2)
	return l.ResizeBox(-1, n)
}

// ResizeBox implements state.BoxState.
func (l *Lib) ResizeBox(i, n int) Addr {
	at, m := l.c.ToUserdata(i), l.c.Mem()
	a := l.c.Realloc(m.Ptr(at), int(m.U32(at+4)), n)
	if a == 0 && n > 0 {
		l.ResizeBox(i, 0)
		l.Errorf("not enough memory for buffer allocation")
	}
	m.SetPtr(at, a)
	m.SetU32(at+4, uint32(n))
	return a
}
