package tls

import (
	"bytes"
	"encoding/binary"
	"strings"

	"moonlet.example/moonlet/internal/espconn"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// kind is what cert.verify and cert.auth differ in.
type kind struct {
	name  string
	types []string // of PEM, by argument
	names []string // under which they are kept
}

var kinds = map[espconn.Cert]kind{
	espconn.VerifyCert: {"verify", []string{"CERTIFICATE"}, []string{espconn.CertificateName}},
	espconn.AuthCert:   {"auth", []string{"CERTIFICATE", "RSA PRIVATE KEY"}, []string{espconn.CertificateName, espconn.KeyName}},
}

// setCert is cert.verify and cert.auth: with a function that gives certificates, or, as they were
// before, with certificates for the flash chip or whether those are used. Other arguments end the
// use of a function.
func setCert(L state.State, which espconn.Cert) int {
	o, k := espconn.TLSOptionsOf(L), kinds[which]
	if ref := o.Function(which); ref != state.NoRef {
		o.SetFunction(which, state.NoRef)
		L.Unref(state.RegistryIndex, ref)
	}
	if L.Type(1) == state.Function {
		L.PushValue(1) // the firmware takes what is on top
		o.SetFunction(which, L.Ref(state.RegistryIndex))
		L.PushBoolean(true)
		return 1
	}
	if L.Type(1) != state.Nil {
		L.ErrorOutput(port.Deprecated("tls.cert."+k.name+"'s old interface", "soon"))
	}
	sectors, ok := port.CertSectorsOf(L.Host())
	if !ok {
		return L.Errorf("%s", port.NoCertSectors.Error())
	}
	enable := L.ToBoolean(1)
	if L.Type(1) == state.String {
		if problem := fill(L, k, sectors, int(which)); problem != "" {
			return L.Errorf("%s", problem)
		}
		enable = true
	}
	if enable {
		if first := sectors.CertSector(int(which))[0]; first == 0 || first == 0xFF {
			return L.Errorf("no certificates found")
		}
	}
	o.SetEnabled(which, enable)
	L.PushBoolean(true)
	return 1
}

// fill writes the arguments to a sector (fill_page_with_pem), and tells what is wrong with them.
func fill(L state.State, k kind, sectors port.CertSectors, i int) (problem string) {
	at := L.Alloc(port.CertSectorBytes)
	if at == 0 {
		L.Errorf("not enough memory")
	}
	defer func() { L.Free(at, port.CertSectorBytes) }()
	page := make([]byte, 0, port.CertSectorBytes)
	for arg := 1; arg <= L.GetTop() && arg <= len(k.types); arg++ {
		text, ok := L.ToString(arg)
		if !ok {
			return "No PEM blob"
		}
		if page, problem = appendPEM(page, text, k.types[arg-1], k.names[arg-1]); problem != "" {
			return problem
		}
	}
	page = append(page, bytes.Repeat([]byte{0xFF}, port.CertSectorBytes-len(page))...)
	if !bytes.Equal(page, sectors.CertSector(i)) {
		sectors.WriteCertSector(i, page)
	}
	return ""
}

// Heads in a sector: a name of 32 bytes and the length of what follows.
const (
	nameBytes = 32
	headBytes = nameBytes + 2
)

// appendPEM appends what is in a text of PEM to a page (append_pem_blob). Whatever is between
// the base64's characters but for white space is a mistake.
func appendPEM(page []byte, text, kind, name string) (longer []byte, problem string) {
	text, _, _ = strings.Cut(text, "\x00")
	const begin, end = "-----BEGIN ", "-----END "
	i := strings.Index(text, begin)
	if i < 0 {
		return page, "No PEM header"
	}
	text = text[i+len(begin):]
	if !strings.HasPrefix(text, kind) {
		return page, "Wrong PEM type"
	}
	if i = strings.Index(text, "\n"); i < 0 {
		return page, "Incorrect PEM format"
	}
	text = text[i:]
	head := len(page)
	page = append(page, make([]byte, headBytes)...)
	bits, value := 0, uint32(0)
	for ; text != "" && len(page) < port.CertSectorBytes && text[0] != '-'; text = text[1:] {
		c := text[0]
		digit := strings.IndexByte(digits, c)
		switch {
		case digit >= 0:
			bits += 6
			value = value<<6 + uint32(digit)
			if bits >= 8 {
				bits -= 8
				page = append(page, byte(value>>bits))
			}
		case c == '=':
			bits = 0
		case c == ' ' || '\t' <= c && c <= '\r':
		default:
			return page[:head], "Invalid character in PEM"
		}
	}
	if len(page) >= port.CertSectorBytes || !strings.HasPrefix(text, end) || !strings.HasPrefix(text[len(end):], kind) || bits != 0 {
		return page[:head], "Invalid PEM format data"
	}
	copy(page[head:], name)
	binary.LittleEndian.PutUint16(page[head+nameBytes:], uint16(len(page)-head-headBytes))
	return page, ""
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
