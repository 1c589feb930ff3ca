package coap

// target is what a URI names, in the firmware's reading of it:
//
//	coap://HOST[:PORT][/PATH[?QUERY]]   coaps://… is the same
//	/PATH[?QUERY]                       where the request before it went
//
// HOST may be in brackets. Without a path there may be a query behind a port only.
type target struct {
	host, path, query []byte
	port              uint16
}

const defaultPort = 5683

// lower is tolower of C.
func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// skip passes a text in lower case; false if s does not begin with it.
func skip(s []byte, text string) (rest []byte, ok bool) {
	for i := range len(text) {
		if i >= len(s) || lower(s[i]) != text[i] {
			return s, false
		}
	}
	return s[len(text):], true
}

// parseURI reads a URI (coap_split_uri).
func parseURI(s []byte) (t target, ok bool) {
	t.port = defaultPort
	hasPort := false
	if len(s) == 0 || s[0] != '/' {
		if s, ok = skip(s, "coap"); !ok {
			return t, false
		}
		if len(s) > 0 && lower(s[0]) == 's' {
			s = s[1:]
		}
		if s, ok = skip(s, "://"); !ok {
			return t, false
		}
		if t.host, s, ok = parseHost(s); !ok {
			return t, false
		}
		if len(s) > 0 && s[0] == ':' {
			hasPort = true
			n, number := 1, int32(0)
			for n < len(s) && isDigit(s[n]) {
				number = number*10 + int32(s[n]-'0')
				n++
			}
			if n > 1 {
				t.port = uint16(number)
			}
			s = s[n:]
		}
	}
	if len(s) == 0 {
		return t, true
	}
	slash := s[0] == '/'
	if slash {
		n := 1
		for n < len(s) && s[n] != '?' {
			n++
		}
		t.path, s = s[1:n], s[n:]
	}
	if len(s) > 0 && s[0] == '?' && (slash || hasPort) {
		t.query, s = s[1:], nil
	}
	return t, len(s) == 0
}

// parseHost reads a host. Its letters become small ones, except in brackets.
func parseHost(s []byte) (host, rest []byte, ok bool) {
	if len(s) > 0 && s[0] == '[' {
		n := 0
		for n < len(s) && s[n] != ']' {
			n++
		}
		if n == len(s) || n == 1 {
			return nil, nil, false
		}
		return s[1:n], s[n+1:], true
	}
	for len(host) < len(s) {
		c := s[len(host)]
		if c == ':' || c == '/' || c == '?' {
			break
		}
		host = append(host, lower(c))
	}
	return host, s[len(host):], len(host) > 0
}

// segments yields the pieces between separators, up to a byte that ends them. A separator at the
// end has nothing behind it.
func segments(s []byte, separator byte, ends string) func(yield func([]byte) bool) {
	over := func(c byte) bool {
		for i := range len(ends) {
			if ends[i] == c {
				return true
			}
		}
		return false
	}
	return func(yield func([]byte) bool) {
		for len(s) > 0 && !over(s[0]) {
			if s[0] == separator {
				s = s[1:]
			}
			n := 0
			for n < len(s) && s[n] != separator && !over(s[n]) {
				n++
			}
			if len(s) == 0 || !yield(s[:n]) {
				return
			}
			s = s[n:]
		}
	}
}

// decode replaces %XX by the byte; false for a percent sign with something else behind it.
func decode(s []byte) (out []byte, ok bool) {
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			out = append(out, s[i])
			continue
		}
		if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
			return nil, false
		}
		out = append(out, hexValue(s[i+1])<<4|hexValue(s[i+2]))
		i += 2
	}
	return out, true
}

func isHex(c byte) bool { return isDigit(c) || lower(c) >= 'a' && lower(c) <= 'f' }

func hexValue(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return lower(c) - 'a' + 10
}

// scratchSize is how many bytes the options of a request may have, but for the host.
const scratchSize = 60 // MAX_REQ_SCRATCH_SIZE

// options are those of a request (coap_make_request); false if there are too many, where the
// firmware writes over what is behind them. A piece that is badly written, or for which there is
// no room any more, is left out, as is one that begins with two dots, or is one dot.
func (t *target) options() (list []option, ok bool) {
	room := scratchSize
	if len(t.host) > 0 {
		list = append(list, option{optionHost, t.host})
	}
	if t.port != defaultPort {
		var v []byte
		for n := t.port; n > 0; n >>= 8 {
			v = append([]byte{byte(n)}, v...)
		}
		list, room = append(list, option{optionPort, v}), room-len(v)
	}
	add := func(number uint8, s []byte) {
		if len(s) == 0 || s[0] == '.' && (len(s) == 1 || s[1] == '.') {
			return
		}
		if v, ok := decode(s); ok && len(v) <= room {
			list, room = append(list, option{number, v}), room-len(v)
		}
	}
	for s := range segments(t.path, '/', "?#") {
		add(optionPath, s)
	}
	for s := range segments(t.query, '&', "#") {
		add(optionQuery, s)
	}
	return list, len(list) <= maxOptions
}
