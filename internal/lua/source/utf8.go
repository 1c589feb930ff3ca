package source

// UTF8Max is the length of the longest sequence (UTF8BUFFSZ, lobject.h).
const UTF8Max = 8

// AppendUTF8 appends the sequence of a code point (luaO_utf8esc, lobject.c), which may be
// one that UTF-8 does not have.
func AppendUTF8(dst []byte, c uint32) []byte {
	if c < 0x80 {
		return append(dst, byte(c))
	}
	var buf [UTF8Max]byte
	n, first := UTF8Max, uint32(0x3f) // the largest payload of the first byte
	for {
		n--
		buf[n] = byte(0x80 | c&0x3f)
		c >>= 6
		first >>= 1
		if c <= first {
			break
		}
	}
	n--
	buf[n] = byte(^first<<1 | c)
	return append(dst, buf[n:]...)
}
