package espconn

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"time"
)

// Memory that mbedTLS 2.16.3 takes in a handshake, as a build for 32 bits with the firmware's
// settings took it from servers with keys of several sizes, rounded as the chip's heap does.
// Small blocks are put together to one.
const (
	tlsBuffer    = 4429 // each of the two: MBEDTLS_SSL_IN_BUFFER_LEN with MBEDTLS_SSL_MAX_CONTENT_LEN 4096
	tlsTransform = 216  // mbedtls_ssl_transform
	tlsSession   = 124  // mbedtls_ssl_session
	tlsHandshake = 1404 // mbedtls_ssl_handshake_params
	tlsCert      = 312  // mbedtls_x509_crt; its bytes are copied beside it
	tlsCertRest  = 232  // its names and its key, without the key's numbers
	tlsExchange  = 600  // what the exchange of keys keeps until the handshake is over
	tlsCipher    = 1392 // the two keys of the connection, GCM; with CBC it is 304 less
)

// setUp takes what a connection has for its life, and the records of the handshake
// (mbedtls_ssl_setup).
func (s *secure) setUp(c *Conn) bool {
	for _, n := range []int{tlsBuffer, tlsBuffer, tlsTransform, tlsSession, tlsHandshake} {
		if !s.own.take(c, n) {
			return false
		}
	}
	return true
}

// steady is how many of the blocks remain behind the handshake: mbedtls_msg, its buffers, the
// transformation. The session lies before them and is given back, too.
const ownSteady = 5

// keyNumbers is the size of a public key's numbers in bytes, and how long a check of its
// signature takes.
func keyNumbers(c *x509.Certificate) (size int, check time.Duration) {
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		n := k.Size()
		return n, timeRSA2048 * time.Duration(n*n) / (256 * 256)
	case *ecdsa.PublicKey:
		n := (k.Params().BitSize + 7) / 8
		if n > 32 {
			return 2 * n, 2 * timeP384
		}
		return 2 * n, 2 * timeP256
	}
	return 0, 0
}

// handshakeWork takes the memory and the time that the server's certificates and the exchange of
// keys take, once they have come.
func (c secureEvents) handshakeWork() error {
	s := c.secure
	chain := s.tls.Peer()
	if chain == nil || s.worked {
		return nil
	}
	s.worked = true
	for _, cert := range chain {
		size, _ := keyNumbers(cert)
		if !s.own.take(c.Conn, tlsCert) || !s.own.take(c.Conn, len(cert.Raw)) || !s.own.take(c.Conn, tlsCertRest+size) {
			return errNoMemory
		}
	}
	size, check := keyNumbers(chain[0])
	// What is needed for a moment only: 16 times the numbers of an RSA key, some 2 KB on a curve.
	moment := 2024
	keep := tlsExchange
	if _, ok := chain[0].PublicKey.(*rsa.PublicKey); ok {
		moment, keep = max(moment, 16*size), keep+2*size
	}
	before := len(s.own.at)
	if !s.own.take(c.Conn, moment) {
		return errNoMemory
	}
	s.own.giveDownTo(c.Conn, before)
	if !s.own.take(c.Conn, keep) || !s.own.take(c.Conn, tlsCipher) {
		return errNoMemory
	}
	// The chip does nothing else meanwhile, at 160 MHz and with its watchdog off.
	c.hold(check + 2*timeP256)
	return nil
}

// hold lets time pass for the chip, whose watchdog is off.
func (c *Conn) hold(d time.Duration) {
	loop := c.chip.Loop()
	const step = time.Second
	for ; d > 0; d -= step {
		loop.FeedWatchdog()
		loop.Delay(min(d, step))
	}
	loop.FeedWatchdog()
}

// handshakeOver gives back what only the handshake needed (mbedtls_session_free,
// mbedtls_handshake_succ).
func (c secureEvents) handshakeOver() {
	s := c.secure
	cipher := tlsCipher
	s.own.giveDownTo(c.Conn, ownSteady)
	s.own.drop(c.Conn, 1) // mbedtls_session
	// What was given back is there, in the order of the blocks.
	s.own.take(c.Conn, cipher)
}

// drop gives back the i-th block.
func (b *blocks) drop(c *Conn, i int) {
	c.main.Free(b.at[i], b.size[i])
	b.at, b.size = append(b.at[:i], b.at[i+1:]...), append(b.size[:i], b.size[i+1:]...)
}
