package espconn

import (
	"bytes"
	"crypto/x509"
	"encoding/binary"
	"fmt"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mbedtls"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// TLSOptions are what all secure connections go by (ssl_client_options): a static variable.
type TLSOptions struct {
	m  mem.Mem
	at mem.Addr
}

// Fields of TLSOptions (struct ssl_options).
const (
	optBuffer     = 0 // uint16: bytes
	optVerify     = 8 // flag: the server is checked with the certificates in flash
	optAuth       = 16
	optVerifyFunc = 20 // references: functions that give certificates
	optAuthFunc   = 24
	optSize       = 28
)

// TLSOptionsOf are those of a module.
func TLSOptionsOf(L state.State) TLSOptions {
	return TLSOptions{L.Mem(), L.Host().(port.Chip).System().Static("ssl_client_options", optSize)}
}

// Open sets what holds at the start of the chip.
func (o TLSOptions) Open() {
	o.m.SetU16(o.at+optBuffer, mbedtls.BufferBytes)
	o.m.SetI32(o.at+optVerifyFunc, state.NoRef)
	o.m.SetI32(o.at+optAuthFunc, state.NoRef)
}

// Cert is one of the two kinds of certificates: the roots by which servers are checked, or those
// of the client.
type Cert int

// The kinds; each has a sector of the flash chip with that number (port.CertSectors).
const (
	VerifyCert Cert = iota
	AuthCert
)

func (o TLSOptions) flag(k Cert) mem.Addr {
	return o.at + map[Cert]mem.Addr{VerifyCert: optVerify, AuthCert: optAuth}[k]
}

func (o TLSOptions) fn(k Cert) mem.Addr {
	return o.at + map[Cert]mem.Addr{VerifyCert: optVerifyFunc, AuthCert: optAuthFunc}[k]
}

// Enabled tells whether the certificates in flash are used, and SetEnabled decides it.
func (o TLSOptions) Enabled(k Cert) bool { return o.m.U8(o.flag(k)) != 0 }

// SetEnabled decides what Enabled tells.
func (o TLSOptions) SetEnabled(k Cert, on bool) {
	var b uint8
	if on {
		b = 1
	}
	o.m.SetU8(o.flag(k), b)
}

// Function is the reference to the function that gives the certificates, or state.NoRef.
func (o TLSOptions) Function(k Cert) int {
	if o.m.U16(o.at+optBuffer) == 0 { // nobody has called Open: there is no module tls
		return state.NoRef
	}
	return int(o.m.I32(o.fn(k)))
}

// SetFunction sets what Function gives.
func (o TLSOptions) SetFunction(k Cert, ref int) { o.m.SetI32(o.fn(k), int32(ref)) }

// In a sector there are certificates and keys, one behind the other:
//
//	sector = { name length DER }    32 bytes, 2, and that many
//
// The name is a C string; a length of 0xFFFF ends them, since erased flash has it.
const (
	certName = 32
	certHead = certName + 2
	certEnd  = 0xFFFF

	// CertificateName and KeyName are the names.
	CertificateName = "certificate"
	KeyName         = "private_key"
)

// configure makes the client of a connection (mbedtls_msg_config).
func (c *Conn) configure() error {
	s, o := c.secure, TLSOptionsOf(c.main)
	if !s.setUp(c) {
		return errNoMemory
	}
	config := mbedtls.Config{}
	own, err := c.certificates(o, AuthCert, &config)
	if err == nil {
		for _, cert := range own {
			config.Own = append(config.Own, cert.Raw)
		}
		config.Roots, err = c.certificates(o, VerifyCert, &config)
	}
	if err != nil {
		c.Note(err.Error())
		return errNoMemory // as the firmware says
	}
	if config.Key == nil {
		config.Own = nil
	}
	s.tls = mbedtls.New(config)
	return nil
}

// certificates finds those of a kind, and the client's key; nil if there is nothing of the kind.
func (c *Conn) certificates(o TLSOptions, k Cert, to *mbedtls.Config) (list []*x509.Certificate, err error) {
	if o.Function(k) != state.NoRef {
		return c.asked(o.Function(k), k, to)
	}
	if !o.Enabled(k) {
		return nil, nil
	}
	sectors, ok := port.CertSectorsOf(c.chip)
	if !ok {
		return nil, fmt.Errorf("%w", port.NoCertSectors)
	}
	sector := sectors.CertSector(int(k))
	der, err := c.find(sector, CertificateName, k == VerifyCert)
	if err != nil {
		return nil, err
	}
	if list, err = mbedtls.ParseCertificates(der); err != nil {
		return nil, fmt.Errorf("the certificate in flash cannot be read: %w", err)
	}
	if k == AuthCert {
		if der, err = c.find(sector, KeyName, false); err == nil {
			to.Key, err = mbedtls.ParseKey(der)
		}
	}
	return list, errOrMemory(err, c.keep(list))
}

func errOrMemory(err error, ok bool) error {
	if err == nil && !ok {
		return errNoMemory
	}
	return err
}

// find looks for a name in a sector (mbedtls_msg_info_load), which it tells as the firmware does.
func (c *Conn) find(sector []byte, name string, any bool) ([]byte, error) {
	for len(sector) >= certHead {
		head, n := sector[:certHead], int(binary.LittleEndian.Uint16(sector[certName:]))
		text, _, _ := bytes.Cut(head[:certName], []byte{0})
		c.main.ErrorOutput(fmt.Sprintf("espconn_mbedtls.c 568, type[%s],length[%d]\n", text, n))
		if n == certEnd {
			break
		}
		sector = sector[certHead:]
		if n > len(sector) {
			break
		}
		if any || bytes.HasPrefix(text, []byte(name)) {
			return sector[:n], nil
		}
		sector = sector[n:]
	}
	return nil, fmt.Errorf("there is no %s in flash", name)
}

// asked asks a function for certificates (nodemcu_tls_cert_get). Its argument counts them from 1;
// 0 is the client's key. Something that is none, or an error, ends the connection.
func (c *Conn) asked(ref int, k Cert, to *mbedtls.Config) (list []*x509.Certificate, err error) {
	list = []*x509.Certificate{}
	if k == AuthCert {
		text, there, err := c.ask(ref, 0)
		if err != nil {
			return nil, err
		}
		if there {
			if to.Key, err = mbedtls.ParseKey(text); err != nil {
				return nil, fmt.Errorf("the key of the function for tls.cert.auth cannot be read: %w", err)
			}
		}
	}
	for i := 1; i <= askedMost; i++ {
		text, there, err := c.ask(ref, i)
		if err != nil || !there {
			return list, errOrMemory(err, c.keep(list))
		}
		more, err := mbedtls.ParseCertificates(text)
		if err != nil {
			return nil, fmt.Errorf("certificate %d of the function for tls.cert cannot be read: %w", i, err)
		}
		list = append(list, more...)
	}
	return nil, fmt.Errorf("the function for tls.cert has given %d certificates, and no end", askedMost)
}

// askedMost is more certificates than fit into a module; the firmware asks until it is told nil
// or has no memory.
const askedMost = 100

// ask calls a function with a number; false if it gives nil or false.
func (c *Conn) ask(ref, n int) (text []byte, there bool, err error) {
	L := c.main
	top := L.GetTop()
	defer L.SetTop(top)
	L.RawGetI(state.RegistryIndex, int64(ref))
	L.PushInteger(int64(n))
	if L.PCall(1, 1, 0) != state.OK {
		message, _ := L.ToString(-1)
		return nil, false, fmt.Errorf("the function for tls.cert has failed: %s", message)
	}
	if L.IsNil(-1) || L.Type(-1) == state.Boolean && !L.ToBoolean(-1) {
		return nil, false, nil
	}
	b, ok := L.ToBytes(-1)
	if !ok {
		return nil, false, fmt.Errorf("the function for tls.cert has given a %s, not a string", L.TypeNameAt(-1))
	}
	return bytes.Clone(b), true, nil
}

// keep takes the memory of certificates of this side.
func (c *Conn) keep(list []*x509.Certificate) bool {
	s := c.secure
	for i, cert := range list {
		size, _ := keyNumbers(cert)
		if i > 0 && !s.own.take(c, tlsCert) || !s.own.take(c, len(cert.Raw)) || !s.own.take(c, tlsCertRest+size) {
			return false
		}
	}
	return true
}
