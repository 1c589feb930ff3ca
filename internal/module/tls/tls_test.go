package tls_test

import (
	hosttls "crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	hostsock "net"
	"runtime"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mbedtls/tlstest"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/net"
	"moonlet.example/moonlet/internal/module/tls"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/sim/hostnet"
)

// sectors keep certificates in memory.
type sectors struct {
	s      [2][]byte
	writes int
}

func (s *sectors) CertSector(i int) []byte {
	if s.s[i] == nil {
		return make([]byte, 4096)
	}
	return s.s[i]
}
func (s *sectors) WriteCertSector(i int, p []byte) { s.s[i] = p; s.writes++ }

// board is a chip with a network, and a place for certificates.
type board struct {
	*porttest.Chip
	net     *hostnet.Net
	sectors sectors
	notes   []string
}

func (b *board) Net() port.Net                 { return b.net }
func (b *board) CertSectors() port.CertSectors { return &b.sectors }
func (b *board) Notes() port.Notes             { return b }
func (b *board) Note(module, text string)      { b.notes = append(b.notes, text) }

type testChip struct {
	*moduletest.Lua
	t     *testing.T
	board *board
}

func newChip(t *testing.T) *testChip {
	t.Helper()
	b := &board{Chip: porttest.New(t, porttest.Config{Clock: sdk.NewRealClock(20), NoWatchdog: true, TLS: true})}
	b.net = hostnet.New(hostnet.Config{Loop: b.Tasks, HostsOnly: true, Hosts: map[string]port.IP{"here": {127, 0, 0, 1}}})
	t.Cleanup(b.net.Close)
	b.AtReset(b.net.Reset)
	b.net.SetInterface(port.StationIf, port.IP{192, 168, 0, 111}, port.IP{255, 255, 255, 0})
	c := &testChip{t: t, board: b}
	c.Lua = moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{net.WithCert(tls.Cert), tls.Module}})
	return c
}

// server answers with config: it sends what came back behind "got ", and closes behind that.
func server(t *testing.T, config *hosttls.Config, talk func(c *hosttls.Conn)) int {
	t.Helper()
	ln, err := hostsock.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { ln.Close(); <-done })
	go func() {
		defer close(done)
		for {
			sock, err := ln.Accept()
			if err != nil {
				return
			}
			_ = sock.SetDeadline(time.Now().Add(20 * time.Second))
			if c := hosttls.Server(sock, config); c.Handshake() == nil {
				talk(c)
			}
			sock.Close()
		}
	}()
	return ln.Addr().(*hostsock.TCPAddr).Port
}

func echo(c *hosttls.Conn) {
	p := make([]byte, 3000)
	n, _ := c.Read(p)
	_, _ = fmt.Fprintf(c, "got %d %.10s", n, p[:n])
	end(c)
}

// end closes a connection and waits for the other side to do so.
func end(c *hosttls.Conn) {
	sock := c.NetConn().(*hostsock.TCPConn)
	_ = c.CloseWrite()
	_ = sock.CloseWrite()
	_, _ = io.Copy(io.Discard, sock)
}

const script = `
	function open(port)
	  s = tls.createConnection()
	  for _, e in ipairs{"dns", "connection", "reconnection", "disconnection", "receive", "sent"} do
	    s:on(e, function(c, x) print(e, c == s and "s" or c, x) if e == "connection" then c:send(what) end
	      if e:find("connection", 3) then over = true end end)
	  end
	  s:connect(port, "here")
	end
	what = "hello"`

// talk opens a connection and tells what was printed until it was over.
func (c *testChip) talk(port int, code string) string {
	c.t.Helper()
	c.Do(script)
	c.Do(code)
	c.Do(fmt.Sprintf("over = false open(%d)", port))
	if !c.WaitFor(func() bool {
		return strings.Contains(c.Out.String(), "disconnection") || strings.Contains(c.Out.String(), "reconnection")
	}) {
		c.t.Errorf("it was not over: %q; %q", c.Out.String(), c.board.notes)
	}
	c.RunFor(10 * time.Millisecond)
	if err := c.Machine.CheckHeap(); err != nil {
		c.t.Error(err)
	}
	if top := c.Machine.State().GetTop(); top != 0 {
		c.t.Errorf("%d values are left on the stack", top)
	}
	return c.Printed()
}

const shaken = "client handshake start.\nclient handshake ok!\n"

func TestConversation(t *testing.T) { moduletest.Editions(t, testConversation) }

func testConversation(t *testing.T) {
	a := tlstest.Issue(t, nil, "a", tlstest.ECKey(t), nil)
	p := server(t, &hosttls.Config{Certificates: []hosttls.Certificate{tlstest.Chain(a)}}, echo)
	c := newChip(t)
	want := "dns\ts\t127.0.0.1\n" + shaken + "connection\ts\tnil\nsent\ts\tnil\nreceive\ts\tgot 5 hello\nReason:[-0x7880]\ndisconnection\tnil\tnil\n"
	if got := c.talk(p, ""); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(c.board.notes) > 0 {
		t.Errorf("notes %q", c.board.notes)
	}
	// It can connect again, and gives back what it took.
	before := 0
	for i := range 20 {
		if i == 10 {
			before = c.collected()
		}
		c.talk(p, "")
	}
	c.sameHeap(before)
}

// collected is the free heap when all garbage is gone.
func (c *testChip) collected() int {
	c.t.Helper()
	c.Do("s, over = nil, nil collectgarbage() collectgarbage()")
	return c.Machine.State().FreeHeap()
}

// sameHeap holds that nothing was lost. How large the registry and the table of strings are
// depends on the order of things, so a few bytes go and come.
func (c *testChip) sameHeap(before int) {
	c.t.Helper()
	if got := c.collected(); got < before-200 {
		c.t.Errorf("%d bytes are free, %d before", got, before)
	}
}

// A piece of more than a record's 1,460 bytes is sent in several, and told once.
func TestLargePieces(t *testing.T) { moduletest.Editions(t, testLargePieces) }

func testLargePieces(t *testing.T) {
	a := tlstest.Issue(t, nil, "a", tlstest.RSAKey(t, 2048), nil)
	p := server(t, &hosttls.Config{Certificates: []hosttls.Certificate{tlstest.Chain(a)}, DynamicRecordSizingDisabled: true}, func(c *hosttls.Conn) {
		got := 0
		for buffer := make([]byte, 20000); got < 6000; {
			n, err := c.Read(buffer)
			if n > 1460 || err != nil {
				break
			}
			got += n
		}
		_, _ = fmt.Fprintf(c, "%d", got)
		_, _ = c.Write([]byte(strings.Repeat("x", 4000)))
		end(c)
	})
	c := newChip(t)
	got := c.talk(p, "what = ('y'):rep(6000)")
	got = strings.ReplaceAll(got, "receive\ts\t", "")
	got = strings.ReplaceAll(got, "\n", "|")
	for _, want := range []string{"|sent\ts\tnil|", "|6000|", strings.Repeat("x", 1460) + "|" + strings.Repeat("x", 1460) + "|" + strings.Repeat("x", 1080)} {
		if strings.Count(got, want) != 1 {
			t.Errorf("%d times %.20q in %q", strings.Count(got, want), want, got)
		}
	}
}

func TestVerify(t *testing.T) { moduletest.Editions(t, testVerify) }

func testVerify(t *testing.T) {
	root := tlstest.Issue(t, nil, "root", tlstest.ECKey(t), nil)
	leaf := tlstest.Issue(t, root, "leaf", tlstest.ECKey(t), nil)
	other := tlstest.Issue(t, nil, "other", tlstest.ECKey(t), nil)
	p := server(t, &hosttls.Config{Certificates: []hosttls.Certificate{tlstest.Chain(leaf)}}, echo)
	const note = "Warning, deprecated API! tls.cert.verify's old interface. It will be removed soon. See documentation for details.\n"
	inFlash := func(a *tlstest.Authority) string {
		return fmt.Sprintf("espconn_mbedtls.c 568, type[certificate],length[%d]\n", len(a.Cert.Raw))
	}
	const refused = "client handshake start.\nFLASHclient handshake failed!\nReason:[-0x2700]\nreconnection\ts\tnil\n"
	good := "client handshake start.\nFLASHclient handshake ok!\nconnection\ts\tnil\nsent\ts\tnil\nreceive\ts\tgot 5 hello\nReason:[-0x7880]\ndisconnection\tnil\tnil\n"
	for _, x := range []struct{ name, code, flash, want, printed string }{
		{"nothing", "", "", good, ""},
		{"a function", "assert(tls.cert.verify(function(n) if n == 1 then return ROOT end end))", "", good, ""},
		{"the second", "net.cert.verify(function(n) return ({OTHER, ROOT})[n] end)", "", good, ""},
		{"another's", "tls.cert.verify(function(n) return n == 1 and OTHER end)", "", refused, ""},
		{"no roots", "tls.cert.verify(function(n) end)", "", refused, ""},
		{"in flash", "assert(tls.cert.verify(ROOT))", inFlash(root), good, note},
		{"another's in flash", "assert(tls.cert.verify(OTHER))", inFlash(other), refused, note},
		{"off", "tls.cert.verify(OTHER) assert(tls.cert.verify(false))", "", good, note + note},
		{"off by nil", "tls.cert.verify(OTHER) assert(tls.cert.verify(nil))", "", good, note},
		{"on again", "tls.cert.verify(ROOT) tls.cert.verify(false) tls.cert.verify(true)", inFlash(root), good, note + note + note},
		{"an error", "tls.cert.verify(function(n) error('no') end)", "", strings.Replace(refused, "2700", "7f00", 1), ""},
		{"nonsense", "tls.cert.verify(function(n) return 'x' end)", "", strings.Replace(refused, "2700", "7f00", 1), ""},
		{"a table", "tls.cert.verify(function(n) return {} end)", "", strings.Replace(refused, "2700", "7f00", 1), ""},
		{"for ever", "tls.cert.verify(function(n) return ROOT end)", "", strings.Replace(refused, "2700", "7f00", 1), ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := newChip(t)
			code := strings.NewReplacer("ROOT", fmt.Sprintf("[[%s]]", root.PEM()), "OTHER", fmt.Sprintf("[[%s]]", other.PEM())).Replace(x.code)
			got := c.talk(p, code)
			want := x.printed + "dns\ts\t127.0.0.1\n" + strings.ReplaceAll(x.want, "FLASH", x.flash)
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if failed := strings.Contains(want, "failed"); failed != (len(c.board.notes) > 0) {
				t.Errorf("notes: %q", c.board.notes)
			}
		})
	}
}

func TestClientCertificate(t *testing.T) { moduletest.Editions(t, testClientCertificate) }

func testClientCertificate(t *testing.T) {
	a := tlstest.Issue(t, nil, "a", tlstest.ECKey(t), nil)
	ec, rs := tlstest.Issue(t, a, "ec", tlstest.ECKey(t), nil), tlstest.Issue(t, a, "rsa", tlstest.RSAKey(t, 2048), nil)
	p := server(t, &hosttls.Config{Certificates: []hosttls.Certificate{tlstest.Chain(a)}, ClientAuth: hosttls.RequireAnyClientCert}, func(c *hosttls.Conn) {
		_, _ = fmt.Fprint(c, c.ConnectionState().PeerCertificates[0].Subject.CommonName)
		end(c)
	})
	for _, x := range []struct{ code, want string }{
		{"tls.cert.auth(function(n) return ({[0] = ECKEY, EC})[n] end)", "receive\ts\tec\n"},
		{"tls.cert.auth(function(n) return ({[0] = RSAKEY, RSA})[n] end)", "receive\ts\trsa\n"},
		{"tls.cert.auth(RSA, RSAKEY)", "receive\ts\trsa\n"},
		{"", "Reason:[-0x7780]\n"},
		{"tls.cert.auth(function(n) return n == 0 and ECKEY end)", "Reason:[-0x7780]\n"},
		{"tls.cert.auth(function(n) return n == 1 and EC end)", "Reason:[-0x7780]\n"},
		{"tls.cert.auth(RSA)", "Reason:[-0x7f00]\n"},
	} {
		c := newChip(t)
		code := strings.NewReplacer("ECKEY", "[["+ec.KeyPEM(t)+"]]", "EC", "[["+ec.PEM()+"]]", "RSAKEY", "[["+rs.KeyPEM(t)+"]]", "RSA", "[["+rs.PEM()+"]]").Replace(x.code)
		if got := c.talk(p, code); !strings.Contains(got, x.want) {
			t.Errorf("%.60s: %q", x.code, got)
		}
	}
}

func TestCertErrors(t *testing.T) { moduletest.Editions(t, testCertErrors) }

func testCertErrors(t *testing.T) {
	rs := tlstest.Issue(t, nil, "rsa", tlstest.RSAKey(t, 2048), nil)
	c := newChip(t)
	for _, x := range []struct{ code, want string }{
		{"tls.cert.verify(true)", "no certificates found"},
		{"tls.cert.auth(true)", "no certificates found"},
		{"tls.cert.verify('x')", "No PEM header"},
		{"tls.cert.verify('-----BEGIN X')", "Wrong PEM type"},
		{"tls.cert.verify('-----BEGIN CERTIFICATE')", "Incorrect PEM format"},
		{"tls.cert.verify('-----BEGIN CERTIFICATE-----\\nA!')", "Invalid character in PEM"},
		{"tls.cert.verify('-----BEGIN CERTIFICATE-----\\nAAA')", "Invalid PEM format data"},
		{"tls.cert.verify('-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END X')", "Invalid PEM format data"},
		{"tls.cert.verify('-----BEGIN CERTIFICATE-----\\n' .. ('A'):rep(6000) .. '-----END CERTIFICATE-----')", "Invalid PEM format data"},
		{"tls.cert.auth('" + strings.ReplaceAll(rs.PEM(), "\n", "\\n") + "', nil)", "No PEM blob"},
		{"tls.cert.auth('" + strings.ReplaceAll(rs.PEM(), "\n", "\\n") + "', '-----BEGIN EC PRIVATE KEY')", "Wrong PEM type"},
		{"tls.createConnection():connect(0, 'here')", "invalid port"},
		{"tls.createConnection():on('x', print)", "invalid method"},
		{"tls.createConnection():on('sent', 1)", "invalid callback function"},
		{"s = tls.createConnection() s:connect(1, 'here') s:connect(1, 'here')", "already connected"},
	} {
		if err := c.Exec(x.code, "=x"); err == nil || !strings.HasSuffix(err.Error(), x.want) {
			t.Errorf("%.60s: %v, want %q", x.code, err, x.want)
		}
	}
	if c.board.sectors.writes != 0 {
		t.Errorf("%d writes", c.board.sectors.writes)
	}
	pem := "[[" + rs.PEM() + "]]"
	c.Do("tls.cert.verify(" + pem + ") tls.cert.verify(" + pem + ")")
	if c.board.sectors.writes != 1 {
		t.Errorf("the same sector is written %d times", c.board.sectors.writes)
	}
	// It survives a reset, but not that it is used.
	c.Reboot(port.ResetInfo{})
	c.Do("tls.cert.verify(true)")
}

func TestFailures(t *testing.T) { moduletest.Editions(t, testFailures) }

func testFailures(t *testing.T) {
	a := tlstest.Issue(t, nil, "a", tlstest.ECKey(t), nil)
	config := &hosttls.Config{Certificates: []hosttls.Certificate{tlstest.Chain(a)}}
	closed := server(t, config, func(c *hosttls.Conn) {})
	ln, err := hostsock.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := ln.Addr().(*hostsock.TCPAddr).Port
	ln.Close()
	plain := raw(t, "HTTP/1.1 400 Bad Request\r\n\r\n", false)
	silent := raw(t, "", false)
	reset := raw(t, "", true)
	x25519 := server(t, &hosttls.Config{Certificates: config.Certificates, CurvePreferences: []hosttls.CurveID{hosttls.X25519}}, echo)
	broken := server(t, config, func(c *hosttls.Conn) {
		_, _ = c.NetConn().Write([]byte("\x17\x03\x03\x00\x20" + strings.Repeat("x", 32)))
		time.Sleep(50 * time.Millisecond)
	})
	for _, x := range []struct {
		name string
		port int
		want string
	}{
		{"nobody", nobody, "reconnection\ts\tConnection reset\n"},
		{"no TLS", plain, "client handshake start.\nclient handshake failed!\nReason:[-0x7200]\nreconnection\ts\tnil\n"},
		{"closes at once", silent, "client handshake start.\nReason:[-0x7880]\ndisconnection\tnil\tnil\n"},
		{"reset", reset, "client handshake start.\nreconnection\ts\tConnection reset\n"},
		{"no common curve", x25519, "client handshake start.\nclient handshake failed!\nReason:[-0x7780]\nreconnection\ts\tnil\n"},
		{"broken data", broken, shaken + "connection\ts\tnil\nclient's data invalid protocol\nReason:[-0x7180]\nreconnection\ts\tnil\n"},
		{"closes behind the handshake", closed, shaken + "connection\ts\tnil\nReason:[-0x7880]\ndisconnection\tnil\tnil\n"},
	} {
		c := newChip(t)
		code := ""
		if x.name == "broken data" || strings.HasPrefix(x.name, "closes") {
			code = "what = ''"
		}
		if got, want := c.talk(x.port, code), "dns\ts\t127.0.0.1\n"+x.want; got != want {
			t.Errorf("%s: got %q, want %q", x.name, got, want)
		}
		before := c.collected()
		c.talk(x.port, code)
		c.talk(x.port, code)
		c.sameHeap(before)
	}
	// No address: the firmware tells nothing more, and the socket remains as it is.
	c := newChip(t)
	c.Do(script)
	c.Do("s = tls.createConnection() s:on('dns', print) s:connect(1, 'unknown.invalid')")
	c.RunFor(20 * time.Second)
	if got := c.Printed(); !strings.HasSuffix(got, "\tnil\n") {
		t.Errorf("a name without address: %q", got)
	}
	if err := c.Exec("s:connect(1, 'here')", "=x"); err == nil || !strings.HasSuffix(err.Error(), "already connected") {
		t.Errorf("behind that: %v", err)
	}
}

// raw is a server that answers in plain text.
func raw(t *testing.T, answer string, reset bool) int {
	t.Helper()
	ln, err := hostsock.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { ln.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			buffer := make([]byte, 1000)
			_, _ = c.Read(buffer)
			_, _ = c.Write([]byte(answer))
			time.Sleep(20 * time.Millisecond)
			if reset {
				_ = c.(*hostsock.TCPConn).SetLinger(0)
			}
			c.Close()
		}
	}()
	return ln.Addr().(*hostsock.TCPAddr).Port
}

// Certificates that are too large, and records.
func TestTooLarge(t *testing.T) { moduletest.Editions(t, testTooLarge) }

func testTooLarge(t *testing.T) {
	large := tlstest.Issue(t, nil, "a", tlstest.ECKey(t), func(c *x509.Certificate) {
		c.Subject.OrganizationalUnit = []string{strings.Repeat("y", 4200)}
	})
	p := server(t, &hosttls.Config{Certificates: []hosttls.Certificate{tlstest.Chain(large)}}, echo)
	c := newChip(t)
	if got := c.talk(p, ""); !strings.Contains(got, "Reason:[-0x7200]\nreconnection\ts\tnil\n") || len(c.board.notes) != 1 || !strings.Contains(c.board.notes[0], "room for 4096") {
		t.Errorf("%q, %q", got, c.board.notes)
	}
	a := tlstest.Issue(t, nil, "a", tlstest.ECKey(t), nil)
	p = server(t, &hosttls.Config{Certificates: []hosttls.Certificate{tlstest.Chain(a)}, DynamicRecordSizingDisabled: true}, func(c *hosttls.Conn) {
		_, _ = c.Write(make([]byte, 9000))
		end(c)
	})
	c = newChip(t)
	c.talk(p, "")
	if len(c.board.notes) != 1 || !strings.Contains(c.board.notes[0], "records of 9024 bytes") {
		t.Errorf("notes %q", c.board.notes)
	}
}

// Three sockets are all that there are, and each needs 18 KB that are free.
func TestLimits(t *testing.T) { moduletest.Editions(t, testLimits) }

func testLimits(t *testing.T) {
	p := raw(t, "", false)
	c := newChip(t)
	c.Do(fmt.Sprintf("list = {} for i = 1, 4 do list[i] = tls.createConnection() list[i]:connect(%d, '127.0.0.1') end", p))
	if got := c.Printed(); !strings.HasPrefix(got, "Create Socket Failed!\n") || len(c.board.notes) != 1 || !strings.Contains(c.board.notes[0], "(-1)") {
		t.Errorf("%q, %q", got, c.board.notes)
	}
	c = newChip(t)
	c.Do(fmt.Sprintf("full = {} for i = 1, %d do full[i] = ('x'):rep(1000) .. i end collectgarbage()", (c.Machine.State().FreeHeap()-18432)/1024))
	c.Do(fmt.Sprintf("s = tls.createConnection() s:connect(%d, '127.0.0.1')", p))
	if len(c.board.notes) != 1 || !strings.Contains(c.board.notes[0], "(-1)") {
		t.Errorf("%q", c.board.notes)
	}
}

// What a connection takes of the heap, at its moments.
func TestHeap(t *testing.T) { moduletest.Editions(t, testHeap) }

func testHeap(t *testing.T) {
	a := tlstest.Issue(t, nil, "a", tlstest.ECKey(t), nil)
	p := server(t, &hosttls.Config{Certificates: []hosttls.Certificate{tlstest.Chain(a)}}, echo)
	c := newChip(t)
	c.Do(script + ` what = ""`)
	c.Do(fmt.Sprintf("open(%d) collectgarbage()", p))
	before := c.Machine.State().FreeHeap()
	c.WaitFor(func() bool { return strings.Contains(c.Out.String(), "connection") })
	open := c.Machine.State().FreeHeap()
	// Two buffers, a transformation, the keys and the ring: some 13.5 KB.
	if took := before - open; took < 12500 || took > 14500 {
		t.Errorf("a connection takes %d bytes", took)
	}
}

// What a socket tells of its peer, and what it does without a connection.
func TestMethods(t *testing.T) { moduletest.Editions(t, testMethods) }

func testMethods(t *testing.T) {
	a := tlstest.Issue(t, nil, "a", tlstest.ECKey(t), nil)
	p := server(t, &hosttls.Config{Certificates: []hosttls.Certificate{tlstest.Chain(a)}}, func(c *hosttls.Conn) { _, _ = io.Copy(io.Discard, c) })
	c := newChip(t)
	c.Do(`s = tls.createConnection() print(s:getpeer()) s:send("x") s:close() s:hold() s:unhold()`)
	if got := c.Printed(); got != "nil\tnil\n" {
		t.Errorf("without a connection: %q", got)
	}
	c = newChip(t)
	c.Do(fmt.Sprintf(`s = tls.createConnection()
		s:on("connection", function(c) print(c:getpeer()) c:hold() c:unhold() c:close() c:close() end)
		s:on("disconnection", function() print("closed", s:getpeer()) end)
		s:connect(%d, "here") print(s:getpeer())`, p))
	if !c.WaitFor(func() bool { return strings.Contains(c.Out.String(), "closed") }) {
		t.Error("it was not closed")
	}
	if got, want := c.Printed(), fmt.Sprintf("0.0.0.0\t%d\n%s127.0.0.1\t%d\nclosed\tnil\tnil\n", p, shaken, p); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A reset in the midst of a handshake or of a connection leaves nothing on the host.
func TestReset_Leaks(t *testing.T) { moduletest.EditionsInTurn(t, testReset_Leaks) }

func testReset_Leaks(t *testing.T) {
	a := tlstest.Issue(t, nil, "a", tlstest.ECKey(t), nil)
	p := server(t, &hosttls.Config{Certificates: []hosttls.Certificate{tlstest.Chain(a)}}, func(c *hosttls.Conn) {
		_, _ = c.Read(make([]byte, 10))
		time.Sleep(100 * time.Millisecond)
	})
	c := newChip(t)
	before := runtime.NumGoroutine()
	for i := range 20 {
		c.Do(script)
		c.Do(fmt.Sprintf("open(%d)", p))
		c.WaitFor(func() bool {
			return strings.Contains(c.Out.String(), map[bool]string{true: "start", false: "ok!"}[i%2 == 0])
		})
		c.Out.Reset()
		c.Reboot(port.ResetInfo{})
		c.board.net.SetInterface(port.StationIf, port.IP{192, 168, 0, 111}, port.IP{255, 255, 255, 0})
	}
	for i := 0; runtime.NumGoroutine() > before+2 && i < 200; i++ {
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before+2 {
		t.Errorf("%d goroutines, %d before", n, before)
	}
}

// On a board without a network the functions say so.
func TestWithoutParts(t *testing.T) { moduletest.Editions(t, testWithoutParts) }

func testWithoutParts(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{tls.Module}})
	for code, want := range map[string]string{
		"tls.createConnection():connect(1, 'x')": "this board has no network",
		"tls.cert.verify(true)":                  "this board has no place for certificates",
	} {
		if err := l.Exec(code, "=x"); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v", code, err)
		}
	}
}
