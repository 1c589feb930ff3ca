package prompt

import (
	"unicode"

	"golang.org/x/text/width"
)

// runeWidth is how many columns a character takes: 0 if it is drawn over the one before it, 2
// if it is a wide one. Terminals count so character by character; what they make of sequences
// of emoji differs from one to the next.
func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case r >= 0x1160 && r < 0x1200: // vowels and finals of Hangul, which follow an initial
		return 0
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
