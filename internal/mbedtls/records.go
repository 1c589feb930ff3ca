package mbedtls

import "encoding/binary"

// The peer's bytes are records (RFC 5246, sections 6.2.1 and 7.4):
//
//	record    = type version length fragment    1, 2 and 2 bytes, then length bytes
//	handshake = kind length body                1 and 3 bytes; in fragments of type 22
//
// Until the peer's record of type 20 they are not enciphered.
const (
	headBytes    = 5
	messageBytes = 4

	typeChange    = 20
	typeHandshake = 22
	typeData      = 23
)

// Bytes of a record beside its content: the explicit nonce and the tag of GCM; the initial
// vector, the digest of SHA-384 and the padding of CBC.
const (
	addedByGCM = 8 + 16
	addedByCBC = 16 + 48 + 16
)

// records looks at what the peer sends, record by record, for what the firmware cannot read.
type records struct {
	kind     byte // of the record whose content comes
	rest     int  // bytes of it that are still to come
	fragment []byte
	secret   bool // records are enciphered
	added    int  // bytes of a record beside its content
	largest  int
}

// next tells how many of the bytes belong to what is on its way, the head of a record or its
// content; 0 if more are needed to know it.
func (r *records) next(p []byte) (int, error) {
	if r.rest > 0 {
		return min(r.rest, len(p)), nil
	}
	if len(p) < headBytes {
		return 0, nil
	}
	kind, size := p[0], int(binary.BigEndian.Uint16(p[3:]))
	if kind == typeData && !r.secret {
		return 0, newError(errUnexpectedMessage, "the server sends data before the handshake is over")
	}
	content := size
	if r.secret {
		content -= r.added
	}
	if content > BufferBytes {
		if kind != typeData {
			return 0, newError(errInvalidRecord, "the server sends %d bytes of the handshake in one record, and a module has room for %d", size, BufferBytes)
		}
		r.largest = max(r.largest, size)
	}
	return headBytes, nil
}

// took is told of bytes that next has counted.
func (r *records) took(p []byte) error {
	if r.rest == 0 { // a head
		r.kind, r.rest = p[0], int(binary.BigEndian.Uint16(p[3:]))
		r.fragment = nil
		return nil
	}
	r.rest -= len(p)
	if r.secret {
		return nil
	}
	if r.kind == typeHandshake {
		r.fragment = append(r.fragment, p...)
	}
	switch {
	case r.rest > 0:
	case r.kind == typeHandshake:
		return r.messages(r.fragment)
	case r.kind == typeChange:
		r.secret = true
	}
	return nil
}

// messages goes through the messages of a record. mbedTLS reads none that is in two.
func (r *records) messages(p []byte) error {
	for len(p) > 0 {
		n := messageBytes
		if len(p) >= messageBytes {
			n += length(p[1:])
		}
		if n > len(p) {
			return newError(errFeatureUnavailable, "the server sends a message of the handshake in several records, which mbedTLS does not read; a shorter chain of certificates may help")
		}
		p = p[n:]
	}
	return nil
}

// length reads a number of 3 bytes.
func length(p []byte) int { return int(p[0])<<16 | int(p[1])<<8 | int(p[2]) }
