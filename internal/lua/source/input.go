// Package source reads the text of Lua programs: pieces of input, and the classes of
// characters. All editions of Lua have these in common.
package source

// EOZ is the end of the input.
const EOZ = -1

// Input is a chunk's input (lzio.c). Reader gives the next piece, nil at the end; a piece
// must stay unchanged until the next call.
type Input struct {
	Reader func() []byte
	p      []byte // the current piece
	i      int    // what is read of it
	before int    // bytes of the pieces that came earlier
}

// Next is the next byte of the input, EOZ at its end.
func (z *Input) Next() int {
	if z.i < len(z.p) {
		c := z.p[z.i]
		z.i++
		return int(c)
	}
	return z.fill()
}

// fill gets the next piece and reads its first byte.
func (z *Input) fill() int {
	z.before += len(z.p)
	z.i = 0
	if z.p = z.Reader(); len(z.p) == 0 {
		return EOZ
	}
	z.i = 1
	return int(z.p[0])
}

// Rest is what is left of the current piece; Skip passes over n bytes of it.
func (z *Input) Rest() []byte { return z.p[z.i:] }

// Skip passes over n bytes of Rest.
func (z *Input) Skip(n int) { z.i += n }

// Offset is how many bytes were read.
func (z *Input) Offset() int { return z.before + z.i }

// Read fills b and tells how many bytes are missing at the end of the input.
func (z *Input) Read(b []byte) int {
	for len(b) > 0 {
		if z.i == len(z.p) {
			z.before += len(z.p)
			z.i = 0
			if z.p = z.Reader(); len(z.p) == 0 {
				return len(b)
			}
		}
		n := copy(b, z.Rest())
		z.Skip(n)
		b = b[n:]
	}
	return 0
}
