package http

import (
	"bytes"
	"fmt"
	"iter"
	"math"
)

// redirectLimit is how many redirections are followed (REDIRECTION_FOLLOW_MAX).
const redirectLimit = 20

// answer is what a server has said.
type answer struct {
	status   int
	body     []byte
	chunked  bool   // body is to be decoded
	location string // where to ask instead, if redirect
	redirect bool
	wrong    string // what the firmware says about it, "" for nothing
}

// lower is c as a lower-case letter.
func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// indexFold finds the first sep in s whatever the case of letters (strcasestr), -1 for none.
func indexFold(s []byte, sep string) int {
	for i := 0; i+len(sep) <= len(s); i++ {
		if hasPrefixFold(s[i:], sep) {
			return i
		}
	}
	return -1
}

// hasPrefixFold tells whether s, which is long enough, begins with prefix.
func hasPrefixFold(s []byte, prefix string) bool {
	for i := range len(prefix) {
		if lower(s[i]) != lower(prefix[i]) {
			return false
		}
	}
	return true
}

// readAnswer reads what came until the connection ended, after that many redirections
// (http_disconnect_callback). Headers are looked for in all of it up to the first zero byte,
// the body included, as the firmware does.
func readAnswer(all []byte, redirects int) answer {
	text, _, _ := bytes.Cut(all, []byte{0})
	a := answer{status: failed}
	if len(text) == 0 {
		return a
	}
	const version = len("HTTP/1.x ")
	if !bytes.HasPrefix(text, []byte("HTTP/1.0 ")) && !bytes.HasPrefix(text, []byte("HTTP/1.1 ")) {
		a.wrong = fmt.Sprintf("Invalid version in %s", text)
		return a
	}
	status := atoi(text[version:])
	if i := indexFold(text, "Location:"); i >= 0 && status >= 300 && status <= 308 {
		where := bytes.TrimLeft(text[i+len("Location:"):], " ")
		end := bytes.Index(where, []byte("\r\n"))
		switch {
		case redirects >= redirectLimit:
			a.wrong = "Too many redirections"
		case end < 0:
			a.wrong = "Found Location header but was incomplete"
		default:
			a.status, a.redirect, a.location = status, true, string(where[:end])
		}
		return a
	}
	a.status = status
	i := bytes.Index(text, []byte("\r\n\r\n"))
	if i < 0 {
		// The firmware goes on with an empty body whose length it takes from two unrelated
		// addresses.
		a.wrong = "Body shouldn't be NULL"
		return a
	}
	a.body = all[i+4:]
	a.chunked = indexFold(text, "Transfer-Encoding: chunked") >= 0
	return a
}

// decodeChunks puts the pieces of a body together (http_chunked_decode). The firmware believes
// what a piece says about its length; here the last one is as long as what is there.
func decodeChunks(body []byte) (decoded []byte) {
	for {
		n := chunkSize(body)
		if n <= 0 {
			return decoded
		}
		text, _, _ := bytes.Cut(body, []byte{0})
		i := bytes.Index(text, []byte("\r\n"))
		if i < 0 {
			return decoded
		}
		body = body[i+2:]
		decoded = append(decoded, body[:min(n, len(body))]...)
		body = body[min(n+2, len(body)):]
	}
}

// chunkSize reads a number as C's strtoul with base 16 does, which is then taken for an int of
// 32 bits: 0 if there is none, negative where it is larger.
func chunkSize(s []byte) int {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	minus := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		minus, s = s[0] == '-', s[1:]
	}
	if len(s) > 2 && s[0] == '0' && lower(s[1]) == 'x' && hexDigit(s[2]) >= 0 {
		s = s[2:]
	}
	n := uint64(0)
	for len(s) > 0 && hexDigit(s[0]) >= 0 {
		n = min(n<<4|uint64(hexDigit(s[0])), math.MaxUint32+1)
		s = s[1:]
	}
	switch {
	case n > math.MaxUint32:
		return -1 // ULONG_MAX, whatever the sign
	case minus:
		return int(-int32(uint32(n)))
	}
	return int(int32(uint32(n)))
}

// hexDigit is the value of a digit, -1 if c is none.
func hexDigit(c byte) int {
	switch c = lower(c); {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// headersOf gives the headers of an answer, of which there is at least the first line
// (http_callback). They end at an empty line, or at one without a colon. A name or a value may
// have line feeds: what ends a line is a carriage return, with a line feed behind it or not.
func headersOf(all []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		text, _, _ := bytes.Cut(all, []byte{0})
		_, rest, _ := bytes.Cut(text, []byte{'\n'})
		for len(rest) > 0 && rest[0] != '\r' && rest[0] != '\n' {
			line, behind, _ := bytes.Cut(rest, []byte{'\r'})
			name, value, ok := bytes.Cut(line, []byte{':'})
			if !ok || !yield(name, bytes.TrimLeft(value, " ")) {
				return
			}
			rest = bytes.TrimPrefix(behind, []byte{'\n'})
		}
	}
}
