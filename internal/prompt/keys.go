package prompt

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// key is a key that was pressed: a constant below, or a character.
type key rune

const (
	keyNone key = -iota - 1
	keyUp
	keyDown
	keyLeft
	keyRight
	keyHome
	keyEnd
	keyDelete
	keyWordLeft
	keyWordRight
	keyKillWord     // up to the end of the word
	keyKillWordBack // back to its beginning
	keyPasteStart
)

// ctrl is the key of a letter that is pressed with Ctrl.
func ctrl(letter rune) key { return key(letter & 0x1F) }

const (
	keyEscape    key = 0x1B
	keyBackspace key = 0x7F
)

// sequenceMax is how many bytes a sequence of a key may have; what is longer is none.
const sequenceMax = 32

// decoder makes keys of the bytes that a terminal sends.
type decoder struct {
	held    []byte // the beginning of a character or of a sequence
	pasting bool
}

// feed calls f for each key, and pasted for text that is pasted. A single Escape comes with
// the key behind it.
func (d *decoder) feed(p []byte, f func(k key), pasted func(text []byte)) {
	b := append(d.held, p...)
	for len(b) > 0 {
		if d.pasting {
			text, n, over := paste(b)
			if len(text) > 0 {
				pasted(text)
			}
			if b = b[n:]; n == 0 {
				break
			}
			d.pasting = !over
			continue
		}
		k, n := decode(b)
		if n == 0 {
			break
		}
		b = b[n:]
		if d.pasting = k == keyPasteStart; !d.pasting && k != keyNone {
			f(k)
		}
	}
	d.held = append([]byte(nil), b...)
}

// decode takes the first key of b, and tells how long it is; 0 if its end has yet to come.
func decode(b []byte) (key, int) {
	switch {
	case b[0] == byte(keyEscape):
		return decodeEscape(b)
	case !utf8.FullRune(b):
		return keyNone, 0
	}
	r, n := utf8.DecodeRune(b)
	if r >= 0x80 && r < 0xA0 {
		return keyNone, n
	}
	return key(r), n
}

// decodeEscape is decode for what begins with Escape.
func decodeEscape(b []byte) (key, int) {
	if len(b) == 1 {
		return keyNone, 0
	}
	switch b[1] {
	case byte(keyEscape):
		return keyNone, 1
	case '[':
		return decodeCSI(b)
	case 'O':
		if len(b) == 2 {
			return keyNone, 0
		}
		if b[2] == 'M' { // Enter of the block of digits
			return '\r', 3
		}
		return final(b[2], ""), 3
	case 'b', 'B':
		return keyWordLeft, 2
	case 'f', 'F':
		return keyWordRight, 2
	case 'd', 'D':
		return keyKillWord, 2
	case byte(keyBackspace), '\b':
		return keyKillWordBack, 2
	}
	if !utf8.FullRune(b[1:]) {
		return keyNone, 0
	}
	_, n := utf8.DecodeRune(b[1:])
	return keyNone, 1 + n
}

// decodeCSI is decode for ESC [ parameters final.
func decodeCSI(b []byte) (key, int) {
	if len(b) > 2 && b[2] == '[' { // a function key of the Linux console
		if len(b) == 3 {
			return keyNone, 0
		}
		return keyNone, 4
	}
	for i, c := range b[2:min(len(b), sequenceMax)] {
		switch {
		case c >= 0x40 && c < 0x7F:
			return final(c, string(b[2:2+i])), i + 3
		case c < 0x20 || c >= 0x7F: // no sequence
			return keyNone, 2 + i
		}
	}
	if len(b) >= sequenceMax {
		return keyNone, sequenceMax
	}
	return keyNone, 0
}

// final is the key of a sequence by its last byte.
func final(c byte, parameters string) key {
	number, modifier, _ := strings.Cut(parameters, ";")
	far := modifier != "" && modifier != "2" // with Alt or Ctrl
	either := func(near, word key) key {
		if far {
			return word
		}
		return near
	}
	switch c {
	case 'A':
		return keyUp
	case 'B':
		return keyDown
	case 'C':
		return either(keyRight, keyWordRight)
	case 'D':
		return either(keyLeft, keyWordLeft)
	case 'H':
		return keyHome
	case 'F':
		return keyEnd
	case '~':
		switch number {
		case "1", "7":
			return keyHome
		case "4", "8":
			return keyEnd
		case "3":
			return either(keyDelete, keyKillWord)
		case "200":
			return keyPasteStart
		}
	}
	return keyNone
}

// pasteEnd is what a terminal sends behind what is pasted.
var pasteEnd = []byte("\x1b[201~")

// paste takes what is pasted out of the front of b: up to the end of it, or as far as it has
// come. done is how much that is, over whether the end was there.
func paste(b []byte) (text []byte, done int, over bool) {
	if i := bytes.Index(b, pasteEnd); i >= 0 {
		return b[:i], i + len(pasteEnd), true
	}
	n := len(b)
	for k := min(len(pasteEnd)-1, n); k > 0; k-- { // its end may have begun
		if bytes.HasPrefix(pasteEnd, b[n-k:]) {
			n -= k
			break
		}
	}
	for k := 1; k < utf8.UTFMax && k <= n; k++ {
		if c := b[n-k]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[n-k : n]) {
				n -= k
			}
			break
		}
	}
	return b[:n], n, false
}
