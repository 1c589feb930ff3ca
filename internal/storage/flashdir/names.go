package flashdir

import (
	"strings"
)

const hexDigits = "0123456789abcdef"

// emptyName stands for the empty name, which SPIFFS allows.
const emptyName = "%00"

// HostName encodes a name for the host. The result differs for different names
// also where the host takes no notice of case, and it is a plain file name on
// every host:
//
//   - lower-case letters, digits, '-', '_' and '.' stand for themselves,
//   - an upper-case letter becomes '!' and the lower-case letter,
//   - every other byte becomes '%' and two hexadecimal digits, likewise a dot at
//     the start or the end, and the first letter of a name that Windows reserves
//     for a device.
func HostName(name string) string {
	if name == "" {
		return emptyName
	}
	var b strings.Builder
	escape := func(c byte) {
		b.WriteByte('%')
		b.WriteByte(hexDigits[c>>4])
		b.WriteByte(hexDigits[c&15])
	}
	reserved := isReserved(name)
	for i := range len(name) {
		c := name[i]
		switch {
		case i == 0 && reserved, c == '.' && (i == 0 || i == len(name)-1):
			escape(c)
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
			b.WriteByte(c)
		case 'A' <= c && c <= 'Z':
			b.WriteByte('!')
			b.WriteByte(c + 'a' - 'A')
		default:
			escape(c)
		}
	}
	return b.String()
}

// isReserved tells whether Windows takes a name for a device, whatever follows
// the first dot. Names with upper-case letters are safe by their encoding.
func isReserved(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	switch stem {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(stem) == 4 && (stem[:3] == "com" || stem[:3] == "lpt") && '0' <= stem[3] && stem[3] <= '9'
}

// DeviceName decodes a host's name. It also takes names that HostName would
// never make, such as one that a user typed with capital letters; it is false
// for hidden files, for broken escapes and for what is not a name on the module.
func DeviceName(host string) (string, bool) {
	if host == emptyName {
		return "", true
	}
	if host == "" || host[0] == '.' {
		return "", false
	}
	var b []byte
	for i := 0; i < len(host); i++ {
		c := host[i]
		switch c {
		case '!':
			i++
			if i == len(host) || host[i] < 'a' || host[i] > 'z' {
				return "", false
			}
			c = host[i] - 'a' + 'A'
		case '%':
			if i+2 >= len(host) {
				return "", false
			}
			hi, lo := strings.IndexByte(hexDigits, host[i+1]), strings.IndexByte(hexDigits, host[i+2])
			c = byte(hi<<4 | lo)
			if hi < 0 || lo < 0 || c == 0 {
				return "", false
			}
			i += 2
		}
		b = append(b, c)
	}
	return string(b), true
}
