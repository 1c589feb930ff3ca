package http_test

import (
	"crypto/tls"
	"fmt"
	"io"
	hosthttp "net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/espconn"
	"moonlet.example/moonlet/internal/mbedtls/tlstest"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sdk"
)

// secureServer answers with what it was asked, by TLS; /away leads to another page.
func secureServer(t *testing.T) (url string) {
	a := tlstest.Issue(t, nil, "a", tlstest.ECKey(t), nil)
	s := httptest.NewUnstartedServer(hosthttp.HandlerFunc(func(w hosthttp.ResponseWriter, r *hosthttp.Request) {
		if r.URL.Path == "/away" {
			w.Header().Set("Location", "/there")
			w.WriteHeader(302)
			return
		}
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %d", r.Method, r.URL.Path, r.Host, len(body))
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{tlstest.Chain(a)}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "127.0.0.1", "here", 1)
}

func newSecureChip(t *testing.T) *testChip {
	c := chipOf(t, porttest.Config{Clock: sdk.NewRealClock(20), NoWatchdog: true, TLS: true})
	espconn.TLSOptionsOf(c.Machine.State()).Open() // as the module tls does
	return c
}

func TestSecure(t *testing.T) { moduletest.Editions(t, testSecure) }

func testSecure(t *testing.T) {
	url := secureServer(t)
	host := strings.TrimPrefix(url, "https://")
	for _, x := range []struct{ code, want string }{
		{"http.get(url .. '/x', nil, function(code, body) show(code, body) end)", "GET /x HOST 0"},
		{"http.post(url .. '/x', nil, ('z'):rep(5000), function(code, body) show(code, body) end)", "POST /x HOST 5000"},
		{"http.get(url .. '/away', nil, function(code, body) show(code, body) end)", "GET /there HOST 0"},
	} {
		c := newSecureChip(t)
		before := c.Machine.State().FreeHeap()
		got := c.ask(fmt.Sprintf("url = %q %s", url, x.code))
		want := "200\t" + strings.ReplaceAll(x.want, "HOST", host) + "\tnil\n"
		if !strings.HasSuffix(got, want) || !strings.Contains(got, "client handshake start.\nclient handshake ok!\n") {
			t.Errorf("%s: %q, want %q", x.code, got, want)
		}
		c.Do("url = nil collectgarbage() collectgarbage()")
		if after := c.Machine.State().FreeHeap(); after < before-600 {
			t.Errorf("%s: %d bytes are free, %d before", x.code, after, before)
		}
	}
}

// In a build without TLS the same URL is asked in plain text.
func TestSecure_NotInBuild(t *testing.T) { moduletest.Editions(t, testSecure_NotInBuild) }

func testSecure_NotInBuild(t *testing.T) {
	url := secureServer(t)
	c := newChip(t, sdk.NewRealClock(20))
	if got := c.ask(fmt.Sprintf("http.get(%q, nil, function(code, body) show(code, body) end)", url)); !strings.Contains(got, "400\tClient sent an HTTP request to an HTTPS server.") {
		t.Errorf("got %q", got)
	}
}
