package mbedtls

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
)

// ParseCertificates reads certificates in PEM, or one in DER (mbedtls_x509_crt_parse). Of several
// in PEM those that cannot be read are left out, unless that are all.
func ParseCertificates(b []byte) (list []*x509.Certificate, err error) {
	blocks := blocksOf(b)
	if blocks == nil {
		c, err := x509.ParseCertificate(element(b))
		if err != nil {
			return nil, err
		}
		return []*x509.Certificate{c}, nil
	}
	err = errors.New("there is no certificate")
	for _, block := range blocks {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, e := x509.ParseCertificate(block.Bytes)
		if e != nil {
			err = e
			continue
		}
		list = append(list, c)
	}
	if list == nil {
		return nil, err
	}
	return list, nil
}

// ParseKey reads a private key in PEM or DER (mbedtls_pk_parse_key), without a password.
func ParseKey(b []byte) (crypto.Signer, error) {
	b = element(b)
	for _, block := range blocksOf(b) {
		if k := keyOf(block.Bytes); k != nil {
			return k, nil
		}
	}
	if k := keyOf(b); k != nil {
		return k, nil
	}
	return nil, errors.New("there is no private key")
}

func keyOf(der []byte) crypto.Signer {
	if k, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return k
	}
	if k, err := x509.ParseECPrivateKey(der); err == nil {
		return k
	}
	if k, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		switch k := k.(type) {
		case *rsa.PrivateKey:
			return k
		case *ecdsa.PrivateKey:
			return k
		}
	}
	return nil
}

// blocksOf are the blocks of PEM, nil if there are none.
func blocksOf(b []byte) (list []*pem.Block) {
	for {
		block, rest := pem.Decode(b)
		if block == nil {
			return list
		}
		list, b = append(list, block), rest
	}
}

// element is the element of ASN.1 at the beginning of b, without what is behind it: strings of
// C have a zero byte there.
func element(b []byte) []byte {
	if len(b) < 2 || b[0] != 0x30 {
		return b
	}
	head, n := 2, int(b[1])
	if n >= 0x80 {
		count := n - 0x80
		if count > 3 || len(b) < head+count {
			return b
		}
		n = 0
		for _, c := range b[head : head+count] {
			n = n<<8 | int(c)
		}
		head += count
	}
	return b[:min(head+n, len(b))]
}
