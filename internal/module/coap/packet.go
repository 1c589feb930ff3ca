package coap

// A message of CoAP (RFC 7252, 3):
//
//	0  version (2 bits), type (2), length of the token (4)
//	1  code: class (3 bits) and detail (5)
//	2  number of the message
//	4  token, options, and behind a byte 0xFF the payload
//
// An option begins with a byte whose halves are what its number is more than that of the one
// before, and how long it is. 13 stands for 13 and the byte that follows, 14 for 269 and the two
// that follow; those of the number come first.
//
// The firmware's reader (app/coap/coap.c) keeps eight bits of a number, adds numbers and lengths
// with sixteen, and gives up behind maxOptions options: what follows is no payload then.

const (
	maxOptions = 16   // MAXOPT
	maxMessage = 1152 // MAX_MESSAGE_SIZE: what is read, bytes
	maxAnswer  = maxMessage + 1
	maxRequest = 576  // MAX_REQUEST_SIZE
	maxPayload = 1024 // MAX_PAYLOAD_SIZE: of an answer

	payloadMark = 0xFF
)

// Types of messages.
const (
	typeCON = iota
	typeNON
	typeACK
	typeReset
)

// Methods, and codes of answers.
const (
	methodGet = iota + 1
	methodPost
	methodPut
	methodDelete

	codeContent    = 2<<5 | 5
	codeBadRequest = 4 << 5
	codeNotFound   = 4<<5 | 4
)

// Numbers of options.
const (
	optionHost   = 3
	optionPort   = 7
	optionPath   = 11
	optionFormat = 12
	optionQuery  = 15
)

// Formats of payloads. formatNone stands for none, and is sent as 65535.
const (
	formatNone   = -1
	formatText   = 0
	formatLinks  = 40
	formatXML    = 41
	formatOctets = 42
	formatEXI    = 47
	formatJSON   = 50
)

type option struct {
	number uint8
	value  []byte
}

type message struct {
	kind, code uint8
	id         [2]byte
	token      []byte
	options    []option
	payload    []byte
}

// wrong is what is wrong with a message, as the firmware numbers it (coap_error_t); 0 is nothing.
type wrong int

const (
	tooShort      wrong = 1
	notVersion1   wrong = 2
	badToken      wrong = 3
	optionShort   wrong = 4
	optionTooBig  wrong = 7
	lengthInvalid wrong = 8
	bufferSmall   wrong = 9
	deltaInvalid  wrong = 11
)

// parse reads a message, whose parts are parts of p.
func parse(p []byte) (m message, w wrong) {
	if len(p) < 4 {
		return m, tooShort
	}
	if p[0]>>6 != 1 {
		return m, notVersion1
	}
	m.kind, m.code, m.id = p[0]>>4&3, p[1], [2]byte(p[2:4])
	n := int(p[0] & 15)
	if n > 8 || 4+n > len(p) {
		return m, badToken
	}
	m.token, p = p[4:4+n], p[4+n:]
	number := uint16(0)
	for len(m.options) < maxOptions && len(p) > 0 && p[0] != payloadMark {
		delta, value, rest, w := parseOption(p)
		if w != 0 {
			return m, w
		}
		number += delta
		m.options = append(m.options, option{uint8(number), value})
		p = rest
	}
	if len(p) > 1 && p[0] == payloadMark {
		m.payload = p[1:]
	}
	return m, 0
}

// parseOption reads the option that p begins with.
func parseOption(p []byte) (delta uint16, value, rest []byte, w wrong) {
	delta, length := uint16(p[0]>>4), uint16(p[0]&15)
	p = p[1:]
	for _, x := range [...]struct {
		n       *uint16
		invalid wrong
	}{{&delta, deltaInvalid}, {&length, lengthInvalid}} {
		more := 0
		switch *x.n {
		case 13:
			more = 1
		case 14:
			more = 2
		case 15:
			return 0, nil, nil, x.invalid
		}
		if len(p) < more {
			return 0, nil, nil, optionShort
		}
		switch more {
		case 1:
			*x.n = uint16(p[0]) + 13
		case 2:
			*x.n = uint16(p[0])<<8 | uint16(p[1]) + 269
		}
		p = p[more:]
	}
	if len(p) < int(length) {
		return 0, nil, nil, optionTooBig
	}
	return delta, p[:length], p[length:], 0
}

// find gives the first options with a number, as far as they are one behind the other.
func (m *message) find(number uint8) []option {
	first := 0
	for first < len(m.options) && m.options[first].number != number {
		first++
	}
	end := first
	for end < len(m.options) && m.options[end].number == number {
		end++
	}
	return m.options[first:end]
}

// build makes the bytes of a message, most of them at most. The options are in order.
func (m *message) build(most int) ([]byte, wrong) {
	p := []byte{1<<6 | m.kind<<4 | uint8(len(m.token)), m.code, m.id[0], m.id[1]}
	p = append(p, m.token...)
	before := uint8(0)
	for _, o := range m.options {
		delta, length := nibble(int(o.number-before)), nibble(len(o.value))
		p = append(p, delta.half<<4|length.half)
		p = append(append(append(p, delta.more...), length.more...), o.value...)
		before = o.number
	}
	if len(m.payload) > 0 {
		if most < len(p)+1+len(m.payload) {
			return nil, bufferSmall
		}
		p = append(append(p, payloadMark), m.payload...)
	}
	return p, 0
}

// half is a number of an option's head, with the bytes behind it.
type half struct {
	half uint8
	more []byte
}

func nibble(n int) half {
	switch {
	case n < 13:
		return half{uint8(n), nil}
	case n < 269:
		return half{13, []byte{uint8(n - 13)}}
	}
	return half{14, []byte{uint8((n - 269) >> 8), uint8(n - 269)}}
}

// transaction is the number by which an answer is found to belong to a request: a hash of the
// server's port and address and of the message's number (coap_transaction_id).
func transaction(ip [4]byte, port uint32, id [2]byte) int32 {
	var h [4]uint8
	for _, c := range [...]byte{
		byte(port), byte(port >> 8), byte(port >> 16), byte(port >> 24), ip[0], ip[1], ip[2], ip[3], id[0], id[1],
	} {
		for j := 3; j > 0; j-- {
			h[j] += h[j]<<7 | h[j-1]>>1
		}
		h[0] += h[0]<<7 + c
	}
	return (int32(h[0])<<8 | int32(h[1])) ^ (int32(h[2])<<8 | int32(h[3]))
}
