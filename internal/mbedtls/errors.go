package mbedtls

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
)

// Error is what ends a connection, with the number that mbedTLS has for it.
type Error struct {
	Code int // positive, as in Reason:[-0x7780]
	Text string
}

// Error implements error.
func (e *Error) Error() string { return e.Text }

func newError(code int, format string, args ...any) *Error {
	return &Error{code, fmt.Sprintf(format, args...)}
}

// Numbers of mbedTLS (app/include/mbedtls/ssl.h, x509.h).
const (
	errCertVerify         = 0x2700 // MBEDTLS_ERR_X509_CERT_VERIFY_FAILED
	errBadProtocolVersion = 0x6E80 // MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION
	errFeatureUnavailable = 0x7080 // MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE
	errInvalidMAC         = 0x7180 // MBEDTLS_ERR_SSL_INVALID_MAC
	errInvalidRecord      = 0x7200 // MBEDTLS_ERR_SSL_INVALID_RECORD
	errUnexpectedMessage  = 0x7700 // MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE
	errFatalAlert         = 0x7780 // MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE
	errServerHello        = 0x7980 // MBEDTLS_ERR_SSL_BAD_HS_SERVER_HELLO
	errServerCertificate  = 0x7A00 // MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE
	errServerKeyExchange  = 0x7B00 // MBEDTLS_ERR_SSL_BAD_HS_SERVER_KEY_EXCHANGE
)

// ErrSendFailed is the number of bytes that could not be sent (MBEDTLS_ERR_NET_SEND_FAILED),
// ErrCloseNotify that of an end in good order (MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY), and ErrAlloc that
// of a connection for which there is no memory (MBEDTLS_ERR_SSL_ALLOC_FAILED).
const (
	ErrSendFailed  = 0x004E
	ErrCloseNotify = 0x7880
	ErrAlloc       = 0x7F00
)

// local are the beginnings of crypto/tls's own errors, with mbedTLS's number for the same fault.
// What is not here is a message that cannot be read.
var local = []struct {
	text string
	code int
}{
	{"local error: tls: bad record MAC", errInvalidMAC},
	{"local error: tls: unexpected message", errUnexpectedMessage},
	{"tls: received unexpected handshake message", errUnexpectedMessage},
	{"local error: tls: record overflow", errInvalidRecord},
	{"tls: oversized record", errInvalidRecord},
	{"tls: server selected unsupported protocol version", errBadProtocolVersion},
	{"tls: server chose an unconfigured cipher suite", errServerHello},
	{"tls: server selected unsupported compression", errServerHello},
	{"tls: server advertised unrequested", errServerHello},
	{"tls: failed to parse certificate", errServerCertificate},
	{"tls: received empty certificates message", errServerCertificate},
	{"tls: the server's certificate contains an unsupported type", errServerCertificate},
	{"tls: server's certificate", errServerCertificate},
	{"tls: invalid signature by the server", errServerKeyExchange},
	{"tls: server selected unsupported curve", errServerKeyExchange},
	{"tls: invalid ServerKeyExchange", errServerKeyExchange},
}

// errorOf finds mbedTLS's number for an error of crypto/tls.
func (c *Conn) errorOf(err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	var header tls.RecordHeaderError
	if errors.As(err, &header) {
		return newError(errInvalidRecord, "%v", err)
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" {
		return newError(errFatalAlert, "the server has ended the connection: %s", strings.TrimPrefix(op.Err.Error(), "tls: "))
	}
	text := err.Error()
	for _, l := range local {
		if strings.HasPrefix(text, l.text) {
			return newError(l.code, "%v", err)
		}
	}
	return newError(errServerHello, "%v", err)
}

// Status is what espconn makes of a number, and what of that arrives at the callback of an
// error, whose argument is a byte (mbedtls_fail_info, app/mbedtls/app/espconn_mbedtls.c).
func Status(code int) int8 {
	if code&0xFF != 0 {
		code += code >> 8
	} else {
		code >>= 8
	}
	return int8(-code)
}
