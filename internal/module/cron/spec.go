package cron

import (
	"fmt"
	"math"
	"strings"
)

// spec says at which minutes an entry is due: all five have to be.
type spec struct {
	minute  uint64 // bit 0 is minute 0
	hour    uint32
	day     uint32 // bit 0 is the first of the month
	month   uint16 // bit 0 is January
	weekday uint8  // bit 0 is Sunday
}

// ranges of the five parts of a mask, in their order.
var ranges = [...]struct{ least, most uint32 }{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}}

// parseSpec reads a mask such as "*/5 1,2 * * 0". What is wrong with it is the firmware's text.
func parseSpec(s string) (d spec, problem string) {
	s, _, _ = strings.Cut(s, "\x00")
	var parts [len(ranges)]uint64
	at := 0
	for i, r := range ranges {
		if i > 0 {
			if !isBlank(s, at) {
				return d, fmt.Sprintf("invalid spec (separator @%d)", at)
			}
			at++
		}
		if parts[i], at, problem = parsePart(s, at, r.least, r.most); problem != "" {
			return d, problem
		}
	}
	for isBlank(s, at) {
		at++
	}
	if at != len(s) {
		return d, fmt.Sprintf("invalid spec (trailing @%d)", at)
	}
	return spec{parts[0], uint32(parts[1]), uint32(parts[2]), uint16(parts[3]), uint8(parts[4])}, ""
}

func isBlank(s string, at int) bool { return at < len(s) && (s[at] == ' ' || s[at] == '\t') }

// parsePart reads a part of a mask from at on: "*", "*/n" or numbers with commas between, each
// from least to most. It gives a bit for each of them and where the part ends.
func parsePart(s string, at int, least, most uint32) (bits uint64, end int, problem string) {
	for isBlank(s, at) {
		at++
	}
	if at < len(s) && s[at] == '*' {
		return parseEach(s, at+1, most-least)
	}
	for {
		var n int32
		n, end = strtol(s, at)
		if v := uint32(n); v < least || v > most {
			return 0, end, fmt.Sprintf("invalid spec (val %d out of range %d..%d)", n, least, most)
		}
		bits |= 1 << (uint32(n) - least)
		if end >= len(s) || s[end] != ',' {
			return bits, end, ""
		}
		at = end + 1
	}
}

// parseEach reads what is behind a star: nothing, or "/n" for each n-th of 0 to last.
func parseEach(s string, at int, last uint32) (bits uint64, end int, problem string) {
	each := uint32(1)
	if end = at; at < len(s) && s[at] == '/' {
		var n int32
		n, end = strtol(s, at+1)
		if each = uint32(n); each == 0 || each >= last {
			return 0, end, fmt.Sprintf("invalid spec (each %d)", n)
		}
	}
	for i := uint32(0); i <= last; i += each {
		bits |= 1 << i
	}
	return bits, end, ""
}

// strtol reads a decimal number of 32 bits as C does: behind white space, with a sign, and no
// larger than there is room for. Where there is no number it is 0 and ends where it began.
func strtol(s string, at int) (n int32, end int) {
	i := at
	for i < len(s) && (s[i] == ' ' || s[i] >= '\t' && s[i] <= '\r') {
		i++
	}
	sign := int64(1)
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		if s[i] == '-' {
			sign = -1
		}
		i++
	}
	v, digits := int64(0), i
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		v = min(v*10+int64(s[i]-'0'), math.MaxInt32+1)
	}
	if i == digits {
		return 0, at
	}
	return int32(min(sign*v, math.MaxInt32)), i
}
