package stdlib

import (
	"strconv"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
)

// timeItem is the room in bytes for one conversion of os.date (SIZETIMEFMT).
const timeItem = 250

// timeOption checks the conversion specifier that text begins with (C99 has
// some of two characters) and returns its length.
func timeOption(L state.State, text string) int {
	if text != "" && strings.Contains("aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%", text[:1]) {
		return 1
	}
	if len(text) >= 2 {
		// In the "C" locale E and O change nothing.
		if text[0] == 'E' && strings.Contains("cCxXyY", text[1:2]) ||
			text[0] == 'O' && strings.Contains("deHImMSuUVwWy", text[1:2]) {
			return 2
		}
	}
	L.PushFString("invalid conversion specifier '%%%s'", cString(text))
	msg, _ := L.ToString(-1)
	L.ArgError(1, msg)
	return 0
}

// timeLayout is a conversion that is made of others, as their letters; "" for
// all the rest.
func timeLayout(spec byte) string {
	switch spec {
	case 'c':
		return "a b e H:M:S Y"
	case 'D', 'x':
		return "m/d/y"
	case 'F':
		return "Y-m-d"
	case 'r':
		return "I:M:S p"
	case 'R':
		return "H:M"
	case 'T', 'X':
		return "H:M:S"
	}
	return ""
}

// appendTime formats t as strftime does in the "C" locale.
func appendTime(dst []byte, t time.Time, spec byte) []byte {
	if layout := timeLayout(spec); layout != "" {
		for i := range len(layout) {
			if c := layout[i]; charClass[c]&classAlpha != 0 {
				dst = appendTime(dst, t, c)
			} else {
				dst = append(dst, c)
			}
		}
		return dst
	}
	switch spec {
	case '%':
		return append(dst, '%')
	case 'n':
		return append(dst, '\n')
	case 't':
		return append(dst, '\t')
	case 'a':
		return append(dst, t.Weekday().String()[:3]...)
	case 'A':
		return append(dst, t.Weekday().String()...)
	case 'b', 'h':
		return append(dst, t.Month().String()[:3]...)
	case 'B':
		return append(dst, t.Month().String()...)
	case 'p':
		if t.Hour() < 12 {
			return append(dst, "AM"...)
		}
		return append(dst, "PM"...)
	case 'e':
		return appendPadded(dst, t.Day(), 2, ' ')
	case 'z':
		return t.AppendFormat(dst, "-0700")
	case 'Z':
		name, _ := t.Zone()
		return append(dst, name...)
	}
	return appendTimeNumber(dst, t, spec)
}

// appendTimeNumber formats the conversions that are numbers.
func appendTimeNumber(dst []byte, t time.Time, spec byte) []byte {
	n, width := 0, 2
	weekday := int(t.Weekday())
	switch spec {
	case 'C':
		n, width = floorDiv(t.Year(), 100), 1
	case 'd':
		n = t.Day()
	case 'g', 'G':
		n, _ = t.ISOWeek()
		if spec == 'g' {
			n -= 100 * floorDiv(n, 100)
		} else {
			width = 1
		}
	case 'H':
		n = t.Hour()
	case 'I':
		n = (t.Hour()+11)%12 + 1
	case 'j':
		n, width = t.YearDay(), 3
	case 'm':
		n = int(t.Month())
	case 'M':
		n = t.Minute()
	case 'S':
		n = t.Second()
	case 'u':
		n, width = (weekday+6)%7+1, 1
	case 'w':
		n, width = weekday, 1
	case 'U': // weeks begin on Sunday
		n = (t.YearDay() + 6 - weekday) / 7
	case 'W': // on Monday
		n = (t.YearDay() + 6 - (weekday+6)%7) / 7
	case 'V':
		_, n = t.ISOWeek()
	case 'y':
		n = t.Year() - 100*floorDiv(t.Year(), 100)
	case 'Y':
		n, width = t.Year(), 1
	}
	return appendPadded(dst, n, width, '0')
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// appendPadded appends n with at least width characters.
func appendPadded(dst []byte, n, width int, fill byte) []byte {
	for scale := 10; width > 1; width-- {
		if n >= 0 && n < scale {
			dst = append(dst, fill)
		}
		scale *= 10
	}
	return strconv.AppendInt(dst, int64(n), 10)
}
