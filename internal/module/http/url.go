package http

import (
	"math"
	"strings"
)

// hostLimit is the size of the firmware's buffer for a host's name, in bytes.
const hostLimit = 128

// target is where a request goes.
type target struct {
	host, path string
	port       int
	secure     bool
}

// parseURL takes a URL apart (http_request). What is wrong with it is told in the words of the
// firmware, "" for nothing.
func parseURL(url string) (t target, wrong string) {
	var ok bool
	t.port = 80
	rest, ok := strings.CutPrefix(url, "http://")
	if !ok {
		if rest, ok = strings.CutPrefix(url, "https://"); !ok {
			return t, "URL is not HTTP or HTTPS " + url
		}
		t.port, t.secure = 443, true
	}
	authority, path := rest, "/"
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	if len(authority) >= hostLimit {
		return t, "hostname is too long " + rest
	}
	t.host, t.path = authority, path
	if host, number, ok := strings.Cut(authority, ":"); ok {
		t.host = host
		if t.port = atoi(number); t.port == 0 {
			return t, "Port error " + rest
		}
	}
	return t, ""
}

// isSpace tells whether C takes c for white space.
func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// atoi is C's: white space, a sign, digits; 0 if there are none. What does not fit is the
// largest or the smallest number.
func atoi[T string | []byte](s T) int {
	i := 0
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	minus := false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		minus = s[i] == '-'
		i++
	}
	n := int64(0)
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		n = min(n*10+int64(s[i]-'0'), math.MaxInt32+1)
	}
	if minus {
		return int(-n)
	}
	return int(min(n, math.MaxInt32))
}
