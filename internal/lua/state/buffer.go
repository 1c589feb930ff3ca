package state

// BoxState is what a Buffer needs of its thread.
type BoxState interface {
	Core
	Errorf(format string, args ...any) int // luaL_error
	// NewBox pushes a userdata of the type LUABOX that owns n bytes of heap, and
	// returns their address; ResizeBox changes the box at index i. Both raise
	// "not enough memory for buffer allocation".
	NewBox(n int) Addr
	ResizeBox(i, n int) Addr
	// PutBuffer takes a buffer back for the next NewBuffer.
	PutBuffer(b *Buffer)
}

// Buffer builds a string piece by piece (luaL_Buffer). Up to BufferSize bytes
// stay outside the device's heap, as they are on the C stack of the firmware;
// beyond, they are in a box on top of the Lua stack, whose size doubles.
//
// So between the first byte that does not fit and PushResult the stack has one
// more value on top: use it as the manual says for luaL_Buffer.
//
// The buffer of Lua 5.1 has strings on the Lua stack in place of the box: see pieces.go.
type Buffer struct {
	L    BoxState
	n    int
	size int
	box  Addr
	init [BufferSize]byte

	inPieces bool
	pieces   int    // on the stack
	large    []byte // room for more than a piece, on the way from Prep to AddSize
}

// Reset prepares the buffer for a new string.
func (b *Buffer) Reset(L BoxState) { b.L, b.n, b.size, b.box, b.inPieces = L, 0, BufferSize, 0, false }

// Len is the number of bytes so far.
func (b *Buffer) Len() int { return b.n }

// Prep returns room for n more bytes (luaL_prepbuffsize); AddSize takes what was
// filled. The slice is valid until the next call of a method.
func (b *Buffer) Prep(n int) []byte {
	if b.inPieces {
		return b.prepPiece(n)
	}
	if b.size-b.n < n {
		b.grow(n)
	}
	if b.box != 0 {
		return b.L.Mem().Bytes(b.box+Addr(b.n), Addr(b.size-b.n))
	}
	return b.init[b.n:]
}

func (b *Buffer) grow(n int) {
	size := b.size * 2
	if size-b.n < n {
		size = b.n + n
	}
	if size < b.n || size > 1<<31-1 {
		b.L.Errorf("buffer too large")
	}
	if b.box != 0 {
		b.box = b.L.ResizeBox(-1, size)
	} else {
		b.box = b.L.NewBox(size)
		copy(b.L.Mem().Bytes(b.box, Addr(b.n)), b.init[:b.n])
	}
	b.size = size
}

// AddSize counts n bytes that were written into Prep's slice.
func (b *Buffer) AddSize(n int) {
	if b.large != nil {
		b.addLarge(n)
		return
	}
	b.n += n
}

// AddByte appends a byte.
func (b *Buffer) AddByte(c byte) {
	if b.box == 0 && b.n < BufferSize {
		b.init[b.n] = c
		b.n++
		return
	}
	if b.inPieces {
		b.flush()
		b.AddByte(c)
		return
	}
	b.Prep(1)[0] = c
	b.n++
}

// AddBytes appends p, which may alias device memory but not the box itself.
func (b *Buffer) AddBytes(p []byte) {
	if b.inPieces {
		b.addPieces(p)
		return
	}
	if len(p) > 0 {
		copy(b.Prep(len(p)), p)
		b.n += len(p)
	}
}

// AddString appends s.
func (b *Buffer) AddString(s string) {
	if b.inPieces {
		b.addPieces([]byte(s))
		return
	}
	if len(s) > 0 {
		copy(b.Prep(len(s)), s)
		b.n += len(s)
	}
}

// AddValue pops the string or number on top of the stack and appends it.
func (b *Buffer) AddValue() {
	if b.inPieces {
		b.addValuePiece()
		return
	}
	s, _ := b.L.ToBytes(-1)
	below := b.box != 0
	if below {
		b.L.Insert(-2) // the value goes below the box
	}
	b.AddBytes(s)
	if b.box != 0 {
		b.L.Remove(-2)
	} else {
		b.L.Remove(-1)
	}
}

// Bytes is what was added so far, valid until the next call of a method.
func (b *Buffer) Bytes() []byte {
	if b.box != 0 {
		return b.L.Mem().Bytes(b.box, Addr(b.n))
	}
	return b.init[:b.n]
}

// PushResult pushes the string and ends the use of the buffer.
func (b *Buffer) PushResult() {
	if b.inPieces {
		b.pushPieces()
		return
	}
	b.L.PushBytes(b.Bytes())
	if b.box != 0 {
		b.L.ResizeBox(-2, 0)
		b.L.Remove(-2)
	}
	b.L.PutBuffer(b)
}
