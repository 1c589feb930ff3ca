package lualib_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlet.example/moonlet/moonlettest"
)

// TestHTTPDFiles compares what comes with what is there.
func TestHTTPDFiles(t *testing.T) {
	eachEdition(t, func(t *testing.T, edition string) {
		m := place{edition: edition, store: true}.httpd(t)
		for path, want := range map[string]string{
			"/files/big.bin": httpdFiles["www/big.bin"],
			"/counted":       strings.Repeat("0123456789", 1000),
			"/text":          strings.Repeat("text ", 500),
		} {
			if a := m.Get(80, path); a.Status != 200 || a.Body != want {
				t.Errorf("%s: %v", path, a)
			}
		}
		noFault(t, m)
	})
}

// TestHTTPDHostile is about clients that want to harm: none gets anything that it should not, the others are
// served afterwards, and the heap is as before.
func TestHTTPDHostile(t *testing.T) {
	t.Parallel()
	eachEdition(t, func(t *testing.T, edition string) {
		m := place{edition: edition, store: true}.httpd(t)
		for round := range 2 {
			random := rand.New(rand.NewPCG(5, 6))
			for range 30 {
				wild(m, random)
			}
			unread(m)
			quiet(m)
			crowd(t, m)
			quiet(m)
			talk(t, m, "afterwards", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "hello|$")
			m.Enter("close() print('clo' .. 'sed')") // the table of clients has one of two sizes
			m.Expect("closed")
			settled(m, round > 0)
			if round == 0 {
				m.Enter("open() print('open' .. 'ed')")
				m.Expect("opened")
			}
		}
		noFault(t, m)
		m.Enter("open() print('open' .. 'ed')")
		m.Expect("opened")
		talk(t, m, "opened again", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "hello")
		noFault(t, m)
	})
}

// quiet waits until all connections have ended, for which this computer needs time, too.
func quiet(m *moonlettest.Module) {
	m.Pace = 60
	m.Run(30 * time.Second)
	m.Pace = 0
}

// wild sends random bytes, or a request with some bytes changed, and goes.
func wild(m *moonlettest.Module, random *rand.Rand) {
	text := []byte(exchanges[random.IntN(len(exchanges))].request)
	if random.IntN(3) == 0 || len(text) == 0 {
		text = make([]byte, 1+random.IntN(3000))
		for i := range text {
			text[i] = byte(random.Uint32())
		}
	}
	for range random.IntN(4) {
		text[random.IntN(len(text))] = byte(random.Uint32())
	}
	c := m.Dial(80)
	c.Send(string(text))
	m.Run(time.Duration(random.IntN(300)) * time.Millisecond)
	c.Close()
}

// unread asks for much and reads nothing, from all connections that there are.
func unread(m *moonlettest.Module) {
	var list []net.Conn
	for range 4 {
		c, err := net.Dial("tcp", m.Address(80))
		if err != nil {
			continue
		}
		_ = c.(*net.TCPConn).SetReadBuffer(1)
		fmt.Fprint(c, strings.Repeat("GET /files/big.bin HTTP/1.1\r\nHost: x\r\n\r\n", 20))
		list = append(list, c)
		m.Run(100 * time.Millisecond)
	}
	m.Run(20 * time.Second)
	for _, c := range list {
		c.Close()
	}
	m.Run(time.Second)
}

// crowd connects more clients than there may be: the last ones are told so.
func crowd(t *testing.T, m *moonlettest.Module) {
	t.Helper()
	var list []*moonlettest.Conn
	for range 4 {
		c := m.Dial(80)
		c.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		c.Expect("hello")
		c.Send("GET /none HTTP/1.1\r\n")
		list = append(list, c)
	}
	for range 3 {
		c := m.Dial(80)
		c.Expect("503 Service Unavailable")
		c.ExpectEnd()
	}
	for _, c := range list {
		c.Send("Host: x\r\n\r\n")
		c.Expect("204")
	}
	m.Run(1500 * time.Millisecond)
	for i, c := range list { // who only waits for the next request gives its place
		next := m.Dial(80)
		next.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		next.Expect("hello")
		if i < 3 {
			next.Close()
			m.Run(100 * time.Millisecond)
		}
		c.Close()
	}
}

// TestHTTPDSoak asks very often, from several clients that keep their connections, and the heap stays as it is.
func TestHTTPDSoak(t *testing.T) {
	n := soak(300)
	for _, edition := range []string{"5.3", "5.1"} {
		t.Run("Lua-"+edition, func(t *testing.T) {
			m := place{edition: edition, store: true}.httpd(t)
			// Clients of this computer know nothing of virtual time, in which idle connections end at once.
			m.Enter("close() open(1e6) print('op' .. 'en')")
			m.Expect("\nopen")
			asks(t, m, 100)
			settled(m, false)
			began := time.Now()
			asks(t, m, n)
			took := time.Since(began)
			settled(m, true)
			noFault(t, m)
			out := strings.ReplaceAll(m.Output(), "\r\n", "\n")
			t.Logf("%d requests in %v, %.0f/s; %s", n, took.Round(time.Millisecond), float64(n)/took.Seconds(), heapLine(out))
		})
	}
}

// asks lets two clients ask for all kinds of things.
func asks(t *testing.T, m *moonlettest.Module, n int) {
	t.Helper()
	at := "http://" + m.Address(80)
	stop := m.Background()
	defer stop()
	var wg sync.WaitGroup
	for client := range 2 {
		wg.Go(func() {
			tr := &http.Transport{MaxConnsPerHost: 1, DisableCompression: true}
			defer tr.CloseIdleConnections()
			h := http.Client{Transport: tr, Timeout: 20 * time.Second}
			for i := client; i < n; i += 2 {
				if err := ask(&h, at, i); err != nil {
					t.Error(i, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// ask sends one of a mixture of requests.
func ask(h *http.Client, at string, i int) error {
	method, path, want, body := "GET", "", "", io.Reader(nil)
	switch i / 2 % 8 {
	case 0:
		path, want = "/", "<h1>hello</h1>"
	case 1:
		path, want = "/files/a.css", httpdFiles["www/a.css"]
	case 2:
		path, want = "/text", strings.Repeat("text ", 500)
	case 3:
		method, path, want, body = "POST", "/post", "9:some body", strings.NewReader("some body")
		want = "9:some body"
	case 4:
		method, path, want, body = "PUT", "/stream", "got 3000", io.MultiReader(bytes.NewReader(make([]byte, 3000)))
	case 5:
		path, want = "/files/none", "Not Found\n"
	case 6:
		path, want = "/query?a=1", "a=1"
	case 7:
		path, want = "/counted", strings.Repeat("0123456789", 1000)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, method, at+path, body)
	if err != nil {
		return err
	}
	r, err := h.Do(q)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	got, err := io.ReadAll(r.Body)
	if err != nil || string(got) != want {
		return fmt.Errorf("%s: %d %.100q %v", path, r.StatusCode, got, err)
	}
	return nil
}
