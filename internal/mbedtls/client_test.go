package mbedtls_test

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/mbedtls"
	"moonlet.example/moonlet/internal/mbedtls/tlstest"
)

// server is the other side of a connection, in a goroutine.
type server struct {
	conn net.Conn // raw
	done chan error
}

// serve answers like a server of that kind and then sends what talk says.
func serve(t testing.TB, config *tls.Config, talk func(*tls.Conn) error) *server {
	t.Helper()
	ours, theirs := net.Pipe()
	s := &server{conn: ours, done: make(chan error, 1)}
	go func() {
		c := tls.Server(theirs, config)
		err := c.Handshake()
		if err == nil {
			err = talk(c)
		}
		theirs.Close()
		s.done <- err
	}()
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return s
}

// run drives a client to its end; bytes reach it in pieces of that many.
func run(t testing.TB, c *mbedtls.Conn, s *server, piece int, say func() []byte) (got []byte, err error) {
	t.Helper()
	said := false
	buffer := make([]byte, piece)
	_ = s.conn.SetDeadline(time.Now().Add(20 * time.Second))
	for {
		for {
			data, more := c.Step()
			got = append(got, data...)
			if len(data) > 1460 {
				t.Errorf("a piece of %d bytes", len(data))
			}
			if !more {
				break
			}
		}
		if c.Shaken() && !said && say != nil {
			said = true
			if err := c.Write(say()); err != nil {
				t.Error(err)
			}
		}
		if out := c.Take(); len(out) > 0 {
			if _, err := s.conn.Write(out); err != nil && c.Err() == nil {
				t.Error(err)
			}
		}
		if err := c.Err(); err != nil {
			s.conn.Close()
			return got, err
		}
		n, err := s.conn.Read(buffer)
		c.Feed(buffer[:n])
		if err != nil {
			return got, err
		}
	}
}

func echo(c *tls.Conn) error {
	p := make([]byte, 100)
	n, err := c.Read(p)
	if err == nil {
		_, err = c.Write(bytes.Repeat(p[:n], 1000))
	}
	if err == nil {
		err = c.CloseWrite()
	}
	return err
}

func code(err error) int {
	var e *mbedtls.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

func TestConversation(t *testing.T) {
	ec, rs := tlstest.Issue(t, nil, "ec", tlstest.ECKey(t), nil), tlstest.Issue(t, nil, "rsa", tlstest.RSAKey(t, 2048), nil)
	for _, x := range []struct {
		name   string
		server *tlstest.Authority
		suite  uint16
	}{
		{"ECDSA", ec, 0}, {"RSA", rs, 0},
		{"AES128-GCM", rs, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
		{"AES256-CBC", rs, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA},
	} {
		for _, piece := range []int{1, 7, 1460, 100000} {
			config := &tls.Config{Certificates: []tls.Certificate{tlstest.Chain(x.server)}}
			if x.suite != 0 {
				config.CipherSuites = []uint16{x.suite}
			}
			s := serve(t, config, echo)
			c := mbedtls.New(mbedtls.Config{Roots: []*x509.Certificate{x.server.Cert}})
			got, err := run(t, c, s, piece, func() []byte { return []byte("hello") })
			if err != io.EOF || string(got) != strings.Repeat("hello", 1000) {
				t.Errorf("%s, %d: %d bytes, %v", x.name, piece, len(got), err)
			}
			if err := <-s.done; err != nil {
				t.Errorf("%s: %v", x.name, err)
			}
			if c.LargestRecord() != 0 || len(c.Peer()) != 1 || !c.Peer()[0].Equal(x.server.Cert) {
				t.Errorf("%s: record %d, certificates %v", x.name, c.LargestRecord(), len(c.Peer()))
			}
			c.Stop()
		}
	}
}

// The server's records are told if the firmware could not have read them.
func TestLargeRecords(t *testing.T) {
	a := tlstest.Issue(t, nil, "a", tlstest.ECKey(t), nil)
	for _, size := range []int{4096, 4097, 16384} {
		s := serve(t, &tls.Config{Certificates: []tls.Certificate{tlstest.Chain(a)}, DynamicRecordSizingDisabled: true}, func(c *tls.Conn) error {
			_, err := c.Write(make([]byte, size))
			c.Close()
			return err
		})
		c := mbedtls.New(mbedtls.Config{})
		got, err := run(t, c, s, 1000, nil)
		if len(got) != size || err != io.EOF {
			t.Errorf("%d: %d bytes, %v", size, len(got), err)
		}
		if want := map[bool]int{true: size + 24}[size > 4096]; c.LargestRecord() != want {
			t.Errorf("%d: largest record %d, want %d", size, c.LargestRecord(), want)
		}
		c.Stop()
	}
}

func TestChecks(t *testing.T) {
	root := tlstest.Issue(t, nil, "root", tlstest.ECKey(t), nil)
	middle := tlstest.Issue(t, root, "middle", tlstest.ECKey(t), nil)
	leaf := tlstest.Issue(t, middle, "leaf", tlstest.ECKey(t), nil)
	other := tlstest.Issue(t, nil, "root", tlstest.ECKey(t), nil) // the same name
	noCA := tlstest.Issue(t, root, "no authority", tlstest.ECKey(t), func(c *x509.Certificate) { c.IsCA = false })
	long := []*tlstest.Authority{root}
	for range 6 {
		long = append([]*tlstest.Authority{tlstest.Issue(t, long[0], "link"+string(rune('a'+len(long))), tlstest.ECKey(t), nil)}, long...)
	}
	small := tlstest.Issue(t, nil, "small", tlstest.RSAKey(t, 1024), nil)
	client := tlstest.Issue(t, root, "client", tlstest.ECKey(t), func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
	signs := tlstest.Issue(t, root, "signs", tlstest.ECKey(t), func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign })
	for _, x := range []struct {
		name   string
		server []*tlstest.Authority
		root   *tlstest.Authority
		ok     bool
	}{
		{"itself", []*tlstest.Authority{root}, root, true},
		{"by the root", []*tlstest.Authority{middle}, root, true},
		{"whole chain", []*tlstest.Authority{leaf, middle, root}, root, true},
		{"chain without root", []*tlstest.Authority{leaf, middle}, root, true},
		{"chain in disorder", []*tlstest.Authority{leaf, root, middle}, root, true},
		{"trusted in the middle", []*tlstest.Authority{leaf, middle}, middle, true},
		{"link missing", []*tlstest.Authority{leaf}, root, false},
		{"another root of that name", []*tlstest.Authority{middle}, other, false},
		{"not by an authority", []*tlstest.Authority{tlstest.Issue(t, noCA, "x", tlstest.ECKey(t), nil), noCA}, root, false},
		{"long chain", long[:5], root, false},
		{"short key", []*tlstest.Authority{tlstest.Issue(t, small, "x", tlstest.ECKey(t), nil)}, small, false},
		{"a client's", []*tlstest.Authority{client}, root, false},
		{"not for signatures", []*tlstest.Authority{signs}, root, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := serve(t, &tls.Config{Certificates: []tls.Certificate{tlstest.Chain(x.server...)}}, func(c *tls.Conn) error { return c.Close() })
			c := mbedtls.New(mbedtls.Config{Roots: []*x509.Certificate{x.root.Cert}})
			defer c.Stop()
			_, err := run(t, c, s, 4000, nil)
			if x.ok && err != io.EOF || !x.ok && code(err) != 0x2700 {
				t.Errorf("%v", err)
			}
			// Without roots nothing is checked.
			s = serve(t, &tls.Config{Certificates: []tls.Certificate{tlstest.Chain(x.server...)}}, func(c *tls.Conn) error { return c.Close() })
			d := mbedtls.New(mbedtls.Config{})
			defer d.Stop()
			if _, err := run(t, d, s, 4000, nil); err != io.EOF {
				t.Errorf("unchecked: %v", err)
			}
		})
	}
}

func TestClientCertificate(t *testing.T) {
	a := tlstest.Issue(t, nil, "a", tlstest.ECKey(t), nil)
	for _, key := range []crypto.Signer{tlstest.ECKey(t), tlstest.RSAKey(t, 2048)} {
		me := tlstest.Issue(t, a, "me", key, nil)
		pool := x509.NewCertPool()
		pool.AddCert(a.Cert)
		config := &tls.Config{Certificates: []tls.Certificate{tlstest.Chain(a)}, ClientAuth: tls.RequireAnyClientCert}
		who := make(chan string, 1)
		s := serve(t, config, func(c *tls.Conn) error {
			who <- c.ConnectionState().PeerCertificates[0].Subject.CommonName
			return c.Close()
		})
		c := mbedtls.New(mbedtls.Config{Own: [][]byte{me.Cert.Raw}, Key: key})
		if _, err := run(t, c, s, 4000, nil); err != io.EOF || <-who != "me" {
			t.Error(err)
		}
		c.Stop()
		s = serve(t, config, func(c *tls.Conn) error { return c.Close() })
		d := mbedtls.New(mbedtls.Config{})
		if _, err := run(t, d, s, 4000, nil); code(err) != 0x7780 {
			t.Errorf("without a certificate: %v", err)
		}
		d.Stop()
	}
}

// What a server may ask for and the firmware has not ends the handshake with mbedTLS's number.
func TestRefused(t *testing.T) {
	a := tlstest.Issue(t, nil, "a", tlstest.ECKey(t), nil)
	large := tlstest.Issue(t, nil, strings.Repeat("x", 60), tlstest.ECKey(t), func(c *x509.Certificate) {
		c.Subject.OrganizationalUnit = []string{strings.Repeat("y", 4200)}
	})
	for _, x := range []struct {
		name   string
		config *tls.Config
		code   int
	}{
		{"TLS 1.3 only", &tls.Config{MinVersion: tls.VersionTLS13}, 0x7780},
		{"TLS 1.1 only", &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}, 0x7780},
		{"X25519 only", &tls.Config{CurvePreferences: []tls.CurveID{tls.X25519}}, 0x7780},
		{"ChaCha20 only", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256}}, 0x7780},
		{"large certificate", &tls.Config{Certificates: []tls.Certificate{tlstest.Chain(large)}}, 0x7200},
	} {
		if x.config.Certificates == nil {
			x.config.Certificates = []tls.Certificate{tlstest.Chain(a)}
		}
		s := serve(t, x.config, func(*tls.Conn) error { return nil })
		c := mbedtls.New(mbedtls.Config{})
		if _, err := run(t, c, s, 1460, nil); code(err) != x.code {
			t.Errorf("%s: %v (0x%x)", x.name, err, code(err))
		}
		c.Stop()
	}
}

// Bytes that are none of TLS.
func TestGarbage(t *testing.T) {
	for _, x := range []struct {
		bytes string
		code  int
	}{
		{"HTTP/1.1 400 Bad Request\r\n\r\n", 0x7200},
		{"\x16\x03\x03\x50\x00", 0x7200},                     // a record of 20 KB
		{"\x16\x03\x03\x00\x04\x02\x00\x10\x00", 0x7080},     // the beginning of a message
		{"\x15\x03\x03\x00\x02\x02\x28", 0x7780},             // handshake_failure
		{"\x16\x03\x03\x00\x04\x0E\x00\x00\x00", 0x7700},     // ServerHelloDone
		{"\x17\x03\x03\x00\x01x", 0x7700},                    // data
		{"\x16\x03\x03\x00\x06\x02\x00\x00\x02\x03\x03", -1}, // half a ServerHello
	} {
		c := mbedtls.New(mbedtls.Config{})
		c.Step()
		if hello := c.Take(); len(hello) == 0 || hello[0] != 22 {
			t.Errorf("hello %x", hello)
		}
		c.Feed([]byte(x.bytes))
		for more := true; more; {
			_, more = c.Step()
		}
		if err := c.Err(); err == nil || x.code > 0 && code(err) != x.code {
			t.Errorf("%q: %v (0x%x), want 0x%x", x.bytes, err, code(err), x.code)
		}
		if err := c.Write([]byte("x")); err == nil {
			t.Error("it can be written to")
		}
		c.Stop()
	}
}

func TestStatus(t *testing.T) {
	for code, want := range map[int]int8{0x2700: -39, 0x7080: 16, 0x7180: 15, 0x7200: -114, 0x7780: 9, 0x7880: 8, 0x7F00: -127} {
		if got := mbedtls.Status(code); got != want {
			t.Errorf("%#x: %d, want %d", code, got, want)
		}
	}
}

func TestNothingIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 200 {
		c := mbedtls.New(mbedtls.Config{})
		c.Step()
		c.Stop()
		c.Stop()
		d := mbedtls.New(mbedtls.Config{}) // never begun
		d.Stop()
	}
	for i := 0; runtime.NumGoroutine() > before && i < 100; i++ {
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
}

func FuzzServer(f *testing.F) {
	f.Add([]byte("\x16\x03\x03\x00\x04\x0E\x00\x00\x00"), 3)
	f.Add([]byte("\x15\x03\x03\x00\x02\x02\x28"), 1)
	f.Fuzz(func(t *testing.T, p []byte, piece int) {
		if piece < 1 || len(p) > 1<<16 {
			return
		}
		c := mbedtls.New(mbedtls.Config{Roots: []*x509.Certificate{}})
		defer c.Stop()
		for len(p) > 0 && c.Err() == nil {
			n := min(piece, len(p))
			c.Feed(p[:n])
			p = p[n:]
			for more := true; more; {
				_, more = c.Step()
			}
		}
		if c.Shaken() {
			t.Error("bytes without a key were taken for a server")
		}
	})
}
