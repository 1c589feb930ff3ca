package endusersetup

import "bytes"

// A request is, as the firmware sees it:
//
//	METHOD " " PATH ... *( LINE "\n" ) "\r\n\r\n" [ BODY ]
//
// The header ends at the first empty line, and there must be no zero byte in it. Lines of it
// count that begin with "Transfer-Encoding:" and have "chunked" in them, and "Content-Length:",
// letters of either case. So does the beginning of the body, where the firmware looks, too.
// Chunked bodies are joined:
//
//	BODY  = *( CHUNK ) LAST
//	CHUNK = HEX ... "\n" DATA "\r\n"
//	LAST  = "0" ... "\n"
type progress int

const (
	waiting progress = iota // there is more to come
	whole
	wrong
)

// complete tells whether data is a request, and how long it is. It joins a chunked body.
func complete(data []byte) (n int, p progress) {
	text := data // as C sees it
	if i := bytes.IndexByte(data, 0); i >= 0 {
		text = data[:i]
	}
	header := bytes.Index(text, []byte("\r\n\r\n"))
	if header < 0 {
		return 0, waiting
	}
	header += 4
	chunked := false
	for i := 0; i < header; {
		i++ // at first it is the method's first letter that is left out
		switch rest := data[i:]; {
		case hasPrefixFold(rest, "transfer-encoding:"):
			line, _, _ := bytes.Cut(rest, []byte("\n"))
			chunked = chunked || bytes.Contains(line, []byte("chunked"))
		case hasPrefixFold(rest, "content-length:"):
			// The first character behind the colon is left out: a space, usually.
			if number := strtol(after(rest, len("content-length:")+1), 10); uint32(number)+uint32(header) > uint32(len(data)) {
				return 0, waiting
			}
		}
		k := bytes.IndexByte(text[i:], '\n')
		if k < 0 {
			break
		}
		i += k
	}
	if !chunked {
		return len(data), whole
	}
	return join(data, header)
}

// after is what is behind the first n bytes.
func after(p []byte, n int) []byte { return p[min(n, len(p)):] }

// hasPrefixFold tells whether p begins with a text in small letters, in letters of either case.
func hasPrefixFold(p []byte, prefix string) bool {
	if len(p) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		c := p[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != prefix[i] {
			return false
		}
	}
	return true
}

// join joins the chunks of a body that begins at a place of data, and tells how long data is
// then. A chunk of less than no bytes, which sends the firmware back, is wrong.
func join(data []byte, from int) (n int, p progress) {
	var chunks [][]byte
	for at := from; ; {
		if at >= len(data) {
			return 0, waiting
		}
		length := strtol(data[at:], 16)
		line := bytes.IndexByte(data[at:], '\n')
		switch {
		case line < 0 || bytes.IndexByte(data[at:at+line], 0) >= 0:
			return 0, waiting
		case length < 0:
			return 0, wrong
		}
		at += line + 1
		if length == 0 {
			break
		}
		end := at + int(length)
		if end+2 > len(data) {
			return 0, waiting
		}
		if string(data[end:end+2]) != "\r\n" {
			return 0, wrong
		}
		chunks = append(chunks, data[at:end])
		at = end + 2
	}
	n = from
	for _, c := range chunks {
		n += copy(data[n:], c)
	}
	return n, whole
}

// strtol reads a number as C does with a long of 32 bits: white space, a sign, digits, and 0x
// in front of hexadecimal ones. It is 0 where there is no number.
func strtol(p []byte, base int64) int32 {
	i := 0
	for i < len(p) && (p[i] == ' ' || p[i] >= '\t' && p[i] <= '\r') {
		i++
	}
	negative := i < len(p) && p[i] == '-'
	if negative || i < len(p) && p[i] == '+' {
		i++
	}
	if base == 16 && len(p) > i+2 && p[i] == '0' && p[i+1]|0x20 == 'x' && digit(p[i+2]) < 16 {
		i += 2
	}
	limit, v := int64(1<<31-1), int64(0)
	if negative {
		limit = 1 << 31
	}
	for ; i < len(p) && digit(p[i]) < base; i++ {
		v = min(v*base+digit(p[i]), limit)
	}
	if negative {
		v = -v
	}
	return int32(v)
}

// digit is the value of a digit in either case, and more than 15 for other characters.
func digit(c byte) int64 {
	switch {
	case c >= '0' && c <= '9':
		return int64(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int64(c|0x20-'a') + 10
	}
	return 99
}
