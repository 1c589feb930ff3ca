// Package mbedtls makes TLS connections that look to a server, and to an application, as those
// of the firmware's mbedTLS 2.16.3 do (app/mbedtls, app/include/user_mbedtls.h). The work is done
// by crypto/tls; this package sees to it that only what the firmware speaks is spoken, that
// certificates are checked as it checks them, that records which do not fit into its buffers are
// refused as there, and that errors have its numbers.
//
// A connection is driven by its owner: bytes of the peer go in, bytes for the peer come out, and
// no goroutine runs meanwhile. What crypto/tls does in a call that waits is done by a coroutine.
//
// crypto/tls differs from the firmware's library in what it offers: no key exchange by DHE, no
// Camellia and CCM, no curves secp256k1 and Brainpool, and it does not ask for records of 4 KB
// (max_fragment_length).
package mbedtls

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"iter"
	"net"
	"strings"
	"time"
)

// BufferBytes is what a record may have (SSL_BUFFER_SIZE, app/include/user_config.h).
const BufferBytes = 4096

// Config says who the client is and whom it trusts.
type Config struct {
	// Roots are the authorities of which one has to stand behind the server; nil if nothing is
	// to be checked.
	Roots []*x509.Certificate
	// Own is the chain that shows who the client is, in DER, and Key the key of its first
	// certificate; empty for a client without.
	Own [][]byte
	Key crypto.Signer
}

// Conn is a client's side of a connection. Its methods are called by one goroutine.
type Conn struct {
	tls     *tls.Conn
	in, out []byte
	data    []byte // what was deciphered in the newest step
	shaken  bool
	err     error
	peer    []*x509.Certificate
	records records

	next func() (struct{}, bool)
	stop func()
}

// errStopped ends the coroutine.
var errStopped = errors.New("stopped")

// pieceBytes is what a step gives of deciphered data (MBEDTLS_SSL_PLAIN_ADD: TCP_MSS).
const pieceBytes = 1460

// New makes a client that has not sent anything yet. Whoever makes one calls Stop.
func New(c Config) *Conn {
	conn := &Conn{}
	config := &tls.Config{
		MinVersion:             tls.VersionTLS12,
		MaxVersion:             tls.VersionTLS12,
		CipherSuites:           suites(),
		CurvePreferences:       []tls.CurveID{tls.CurveP384, tls.CurveP256},
		SessionTicketsDisabled: true,
		InsecureSkipVerify:     true, // VerifyConnection does it as the firmware does
	}
	config.VerifyConnection = func(s tls.ConnectionState) error {
		conn.peer = s.PeerCertificates
		if err := readable(s.PeerCertificates); err != nil || c.Roots == nil {
			return err
		}
		return verify(s.PeerCertificates, c.Roots)
	}
	if len(c.Own) > 0 {
		own := tls.Certificate{Certificate: c.Own, PrivateKey: c.Key}
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &own, nil }
	}
	var yield func(struct{}) bool
	wire := &wire{conn: conn, wait: func() bool { return yield(struct{}{}) }}
	conn.tls = tls.Client(wire, config)
	conn.next, conn.stop = iter.Pull(func(y func(struct{}) bool) {
		yield = y
		conn.run(wire.wait)
	})
	return conn
}

// suites are those of the firmware that crypto/tls has, too.
func suites() []uint16 {
	return []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
	}
}

// run is the coroutine: it shakes hands and reads until something goes wrong. wait gives
// control back until the next step, and tells false when there will be none.
func (c *Conn) run(wait func() bool) {
	if err := c.tls.Handshake(); err != nil {
		c.fail(err)
		return
	}
	c.shaken = true
	c.records.added = addedByGCM
	if id := c.tls.ConnectionState().CipherSuite; strings.Contains(tls.CipherSuiteName(id), "_CBC_") {
		c.records.added = addedByCBC
	}
	if !wait() {
		return
	}
	buffer := make([]byte, pieceBytes)
	for {
		n, err := c.tls.Read(buffer)
		c.data = buffer[:n]
		if n > 0 && !wait() {
			return
		}
		if err != nil {
			c.fail(err)
			return
		}
	}
}

// fail notes the first error.
func (c *Conn) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// Feed gives bytes that came from the peer. Step looks at them.
func (c *Conn) Feed(p []byte) { c.in = append(c.in, p...) }

// Step goes on until something is to be told: the end of the handshake, a piece of data or an
// error. It tells false when there is nothing more without further bytes. Data are valid until
// the next step.
func (c *Conn) Step() (data []byte, more bool) {
	if c.err != nil {
		return nil, false
	}
	shaken := c.shaken
	c.data = nil
	_, alive := c.next()
	return c.data, alive && (len(c.data) > 0 || c.shaken != shaken)
}

// Shaken tells whether the handshake is over.
func (c *Conn) Shaken() bool { return c.shaken }

// Err is what has ended the connection: an *Error, io.EOF behind the peer's close_notify, or nil
// as long as nothing has.
func (c *Conn) Err() error {
	if c.err == nil || c.err == io.EOF {
		return c.err
	}
	return c.errorOf(c.err)
}

// Take gives the bytes that are to be sent to the peer, and forgets them.
func (c *Conn) Take() []byte {
	out := c.out
	c.out = nil
	return out
}

// Write makes records of p, which has no more than pieceBytes. They are in Take.
func (c *Conn) Write(p []byte) error {
	if c.err != nil {
		return c.Err()
	}
	_, err := c.tls.Write(p)
	if err != nil {
		return c.errorOf(err)
	}
	return nil
}

// CloseNotify makes the record that says that nothing more will be sent.
func (c *Conn) CloseNotify() { _ = c.tls.CloseWrite() }

// Stop ends the connection without a word.
func (c *Conn) Stop() {
	c.fail(errStopped)
	c.stop()
}

// LargestRecord is the size in bytes of the largest record that came behind the handshake and
// would not have fitted into the firmware's buffer; 0 if all did.
func (c *Conn) LargestRecord() int { return c.records.largest }

// Peer is the server's chain of certificates, once it has come.
func (c *Conn) Peer() []*x509.Certificate { return c.peer }

// wire is the connection that crypto/tls sees. Its Read waits in the coroutine.
type wire struct {
	conn *Conn
	wait func() bool
}

// Read implements net.Conn. It gives no more than one record, so that what is wrong with the next
// one is found when it is its turn.
func (w *wire) Read(p []byte) (int, error) {
	c := w.conn
	for {
		n, err := c.records.next(c.in)
		if err != nil {
			c.fail(err)
			return 0, err
		}
		if n > 0 {
			n = copy(p, c.in[:n])
			if err := c.records.took(c.in[:n]); err != nil {
				c.fail(err)
				return 0, err
			}
			c.in = c.in[n:]
			return n, nil
		}
		if !w.wait() {
			return 0, errStopped
		}
	}
}

// Write implements net.Conn.
func (w *wire) Write(p []byte) (int, error) {
	w.conn.out = append(w.conn.out, p...)
	return len(p), nil
}

// The rest of net.Conn.

func (w *wire) Close() error                     { return nil }
func (w *wire) LocalAddr() net.Addr              { return nil }
func (w *wire) RemoteAddr() net.Addr             { return nil }
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }
