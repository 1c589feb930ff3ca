package source

// Class is a set of classes of characters. A run is a sequence of characters of one class.
type Class uint8

// The classes of runs.
const (
	InName    Class = 1 << iota // letters, digits and '_'
	InLine                      // all but the ends of a line
	InString                    // what stands for itself between quotes
	InBracket                   // what stands for itself in long brackets
	InSpace                     // blanks within a line
)

var classes = func() (t [256]Class) {
	for c := range t {
		k := InLine | InString | InBracket
		switch {
		case c == '\n' || c == '\r':
			k = 0
		case c == '"' || c == '\'' || c == '\\':
			k &^= InString
		case c == ']':
			k &^= InBracket
		}
		if IsAlpha(c) || IsDigit(c) {
			k |= InName
		}
		if c == ' ' || c == '\t' {
			k |= InSpace
		}
		t[c] = k
	}
	return t
}()

// RunOf is the length of the run of a class at the beginning of p.
func RunOf(p []byte, class Class) int {
	for i, c := range p {
		if classes[c]&class == 0 {
			return i
		}
	}
	return len(p)
}

// Classes of lctype.c, which know ASCII only; EOZ is in none.

// IsDigit tells whether c is a decimal digit.
func IsDigit(c int) bool { return '0' <= c && c <= '9' }

// IsHex tells whether c is a hexadecimal digit.
func IsHex(c int) bool { return IsDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// IsAlpha tells whether a name may begin with c.
func IsAlpha(c int) bool { return c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' }

// IsSpace tells whether c is white space.
func IsSpace(c int) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// IsPrint tells whether c can be seen, or is a blank.
func IsPrint(c int) bool { return ' ' <= c && c <= '~' }

// HexValue is the value of a hexadecimal digit.
func HexValue(c int) int {
	if IsDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
