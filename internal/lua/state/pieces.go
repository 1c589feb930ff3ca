package state

// The buffer of Lua 5.1 (lauxlib.c): up to BufferSize bytes are outside the device's heap, and become a string on top
// of the Lua stack when there are more. Strings there are joined when they are many, or when one has outgrown the one
// below. So after each call of a method the stack may have more values on top.

// piecesMax is how many strings stay on the stack at least (LIMIT, LUA_MINSTACK/2).
const piecesMax = MinStack / 2

// ResetPieces prepares the buffer for a new string, as Lua 5.1 has it.
func (b *Buffer) ResetPieces(L BoxState) {
	b.Reset(L)
	b.inPieces, b.pieces, b.large = true, 0, nil
}

// empty makes a string of the bytes, if there are any (emptybuffer).
func (b *Buffer) empty() bool {
	if b.n == 0 {
		return false
	}
	b.L.PushBytes(b.init[:b.n])
	b.n = 0
	b.pieces++
	return true
}

// join joins strings on the stack (adjuststack).
func (b *Buffer) join() {
	if b.pieces <= 1 {
		return
	}
	n, top := 1, b.L.RawLen(-1)
	for n < b.pieces {
		l := b.L.RawLen(-(n + 1))
		if b.pieces-n+1 < piecesMax && top <= l {
			break
		}
		top += l
		n++
	}
	b.L.Concat(n)
	b.pieces += 1 - n
}

// flush makes room for a whole piece (luaL_prepbuffer).
func (b *Buffer) flush() {
	if b.empty() {
		b.join()
	}
}

// prepPiece is Prep. Where more is wanted than a piece has, the bytes are added one by one afterwards.
func (b *Buffer) prepPiece(n int) []byte {
	if n <= BufferSize-b.n {
		return b.init[b.n:]
	}
	if n <= BufferSize {
		b.flush()
		return b.init[:]
	}
	b.large = make([]byte, n)
	return b.large
}

func (b *Buffer) addLarge(n int) {
	p := b.large[:n]
	b.large = nil
	b.addPieces(p)
}

// addPieces appends p (luaL_addlstring).
func (b *Buffer) addPieces(p []byte) {
	for len(p) > 0 {
		if b.n == BufferSize {
			b.flush()
		}
		n := copy(b.init[b.n:], p)
		b.n += n
		p = p[n:]
	}
}

// addValuePiece appends the string or number on top (luaL_addvalue).
func (b *Buffer) addValuePiece() {
	s, _ := b.L.ToBytes(-1)
	if len(s) <= BufferSize-b.n {
		b.n += copy(b.init[b.n:], s)
		b.L.Pop(1)
		return
	}
	if b.empty() {
		b.L.Insert(-2) // the buffer's bytes come before the value
	}
	b.pieces++
	b.join()
}

// pushPieces pushes the string and ends the use of the buffer (luaL_pushresult).
func (b *Buffer) pushPieces() {
	b.empty()
	b.L.Concat(b.pieces)
	b.pieces = 1
	b.L.PutBuffer(b)
}
