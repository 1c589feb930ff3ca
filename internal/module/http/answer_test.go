package http

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestChunkSize(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "a": 10, "1F\r\n": 31, " \t\r\n7": 7, "+8": 8, "-1": -1, "0x1g": 1, "0x": 0, "0xg": 0, "x": 0,
		"7fffffff": 1<<31 - 1, "80000000": -1 << 31, "ffffffff": -1, "100000000": -1, "-100000000": -1,
		"-ffffffff": 1, "00000000000000001": 1,
	} {
		if got := chunkSize([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestAtoi(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "200 OK": 200, " \n\v7": 7, "+1": 1, "-20x": -20, "- 1": 0, "0x10": 0,
		"2147483647": 1<<31 - 1, "99999999999999999999": 1<<31 - 1, "-99999999999": -1 << 31,
	} {
		if got := atoi(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestDecodeChunks(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "0\r\n\r\n": "", "2\r\nab\r\n1;x\r\nc\r\n0\r\n\r\n": "abc", "2\r\na\x00\r\n1\r\nc\r\n0": "a\x00c",
		"2": "", "2\r\n": "", "2\r\na": "a", "2\r\nab": "ab", "2\r\nabXX1\r\nc": "abc", "ffffffff\r\nab": "", "9\r\nab\r\n0": "ab\r\n0",
		"2\x00\r\nab": "",
	} {
		if got := string(decodeChunks([]byte(text))); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Whatever a server answers, no more comes out than went in, and reading it ends.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody", "HTTP/1.1 302 x\r\nLocation: http://a:1/b\r\n\r\n",
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "HTTP/1.1 200\n:\r\r:\x00",
	} {
		f.Add([]byte(s), 0)
	}
	f.Fuzz(func(t *testing.T, all []byte, redirects int) {
		before := bytes.Clone(all)
		a := readAnswer(all, redirects)
		if a.redirect {
			if redirects >= redirectLimit || a.status < 300 || a.status > 308 || strings.ContainsAny(a.location, "\x00") {
				t.Errorf("%q after %d: %+v", all, redirects, a)
			}
			if u, wrong := parseURL(a.location); wrong == "" && (u.host == "" && u.path == "" || u.path[0] != '/' || len(u.host) >= hostLimit) {
				t.Errorf("%q: %+v", a.location, u)
			}
		}
		body := a.body
		if a.chunked {
			body = decodeChunks(body)
		}
		if len(body) > len(a.body) || len(a.body) > 0 && !bytes.HasSuffix(all, a.body) {
			t.Errorf("%q: body %q of %q", all, body, a.body)
		}
		n := 0
		for name, value := range headersOf(all) {
			n += len(name) + len(value) + 1
			if bytes.ContainsAny(name, ":\x00\r") || bytes.ContainsAny(value, "\x00\r") || bytes.HasPrefix(value, []byte(" ")) {
				t.Errorf("%q: %q, %q", all, name, value)
			}
		}
		if n > len(all) {
			t.Errorf("%q: headers of %d bytes", all, n)
		}
		if !bytes.Equal(all, before) {
			t.Error("the answer has changed")
		}
	})
}

func TestParseURL(t *testing.T) {
	for url, want := range map[string]target{
		"http://a":                           {"a", "/", 80, false},
		"https://a/b?c":                      {"a", "/b?c", 443, true},
		"http://a:8080":                      {"a", "/", 8080, false},
		"http://a:8080x/":                    {"a", "/", 8080, false},
		"http://a:1:2/":                      {"a", "/", 1, false},
		"http://a/b:1":                       {"a", "/b:1", 80, false},
		"http://u:p@a/":                      {},
		"http://a:-1/":                       {"a", "/", -1, false},
		"http://a?x":                         {"a?x", "/", 80, false},
		"http://a:70000":                     {"a", "/", 70000, false},
		"http:///x":                          {"", "/x", 80, false},
		"http://" + strings.Repeat("h", 127): {strings.Repeat("h", 127), "/", 80, false},
	} {
		got, wrong := parseURL(url)
		if wrong != "" {
			got = target{}
		}
		if got != want || (wrong != "") != (want == target{}) {
			t.Errorf("%s: %s, %q", url, fmt.Sprint(got), wrong)
		}
	}
}
