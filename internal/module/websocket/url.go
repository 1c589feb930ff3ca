package websocket

import "strings"

// target is where a client connects to.
type target struct {
	host, path string
	port       int
	secure     bool
}

// hostLimit is the size of the firmware's buffer for a host's name and port, in bytes. A URL
// without a path overruns it there.
const hostLimit = 256

// Codes for what is wrong with a URL, and the most that a port can be.
const (
	codeProtocol = -1
	codeHostSize = -2
	codePort     = -3
	codeNoHost   = -4

	portMax = 65535
)

// cString is s up to its first zero byte.
func cString(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// parseURL takes a URL apart (ws_connect), or tells what is wrong with it.
func parseURL(url string) (t target, wrong int) {
	url = cString(url)
	for _, p := range []struct {
		scheme string
		port   int
		secure bool
	}{{"wss://", 443, true}, {"ws://", 80, false}} {
		if len(url) < len(p.scheme) || !strings.EqualFold(url[:len(p.scheme)], p.scheme) {
			continue
		}
		t = target{path: "/", port: p.port, secure: p.secure}
		t.host = url[len(p.scheme):]
		if i := strings.IndexByte(t.host, '/'); i >= 0 {
			t.host, t.path = t.host[:i], t.host[i:]
		}
		if len(t.host) >= hostLimit {
			return t, codeHostSize
		}
		if host, number, ok := strings.Cut(t.host, ":"); ok {
			t.host = host
			if t.port = atoi(number); t.port <= 0 || t.port > portMax {
				return t, codePort
			}
		}
		if t.host == "" {
			return t, codeNoHost
		}
		return t, 0
	}
	return t, codeProtocol
}

// atoi is C's, as far as ports need it.
func atoi(s string) (n int) {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	s, minus := strings.CutPrefix(s, "-")
	if !minus {
		s = strings.TrimPrefix(s, "+")
	}
	for i := 0; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		n = min(n*10+int(s[i]-'0'), portMax+1)
	}
	if minus {
		return -n
	}
	return n
}
