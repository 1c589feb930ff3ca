package websocket

// A frame (RFC 6455, section 5.2):
//
//	frame = first second [length] [key] payload
//	first  = 0x80 if it is the last of its message, and the opcode in 4 bits
//	second = 0x80 if there is a key, and the length in 7 bits;
//	         126: the length is in 2 bytes behind it, 127: in 8 bytes
//	key    = 4 bytes, by which the payload is changed with exclusive or
const (
	opContinuation = 0
	opText         = 1
	opClose        = 8
	opPing         = 9
	opPong         = 10

	finBit  = 0x80
	maskBit = 0x80
	opMask  = 0x0F

	keyBytes  = 4
	headBytes = 10 // what the firmware has room for in front of a payload that it sends
)

// frame is one that has come.
type frame struct {
	fin     bool
	op      byte
	payload []byte // within what was read, without its key
}

// readFrame reads the frame at the beginning of p, which it unmasks there, and gives its size;
// 0 if it is not whole. The firmware looks at 4 of the 8 bytes of a long length, and those are the
// upper ones.
func readFrame(p []byte) (f frame, size int) {
	if len(p) < 2 {
		return f, 0
	}
	f.fin, f.op = p[0]&finBit != 0, p[0]&opMask
	n, at := uint64(p[1]&^maskBit), 2
	extra := map[uint64]int{126: 2, 127: 8}[n]
	if len(p) < at+extra {
		return f, 0
	}
	if extra > 0 {
		n = 0
		for _, b := range p[at : at+extra] {
			n = n<<8 | uint64(b)
		}
		at += extra
	}
	key := []byte(nil)
	if p[1]&maskBit != 0 {
		if len(p) < at+keyBytes {
			return f, 0
		}
		key = p[at : at+keyBytes]
		at += keyBytes
	}
	if n > uint64(len(p)-at) {
		return f, 0
	}
	f.payload = p[at : at+int(n)]
	if key != nil {
		mask(f.payload, [keyBytes]byte(key))
	}
	return f, at + int(n)
}

// mask changes a payload by a key, or back.
func mask(p []byte, key [keyBytes]byte) {
	for i := range p {
		p[i] ^= key[i%keyBytes]
	}
}

// appendFrame appends a frame with a key to b.
func appendFrame(b []byte, op byte, key [keyBytes]byte, payload []byte) []byte {
	b = append(b, finBit+op)
	if n := len(payload); n < 126 {
		b = append(b, maskBit+byte(n))
	} else {
		b = append(b, maskBit+126, byte(n>>8), byte(n))
	}
	b = append(b, key[:]...)
	start := len(b)
	b = append(b, payload...)
	mask(b[start:], key)
	return b
}
