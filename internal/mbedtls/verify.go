package mbedtls

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"slices"
)

// Limits of mbedTLS's check (mbedtls_x509_crt_profile_default; MBEDTLS_X509_MAX_INTERMEDIATE_CA in
// user_mbedtls.h).
const (
	leastRSABits     = 2048
	mostIntermediate = 3
)

// verify checks a server's chain as the firmware does: from the first certificate each is signed
// by another one, until one of the roots is reached. Names and dates are not looked at.
func verify(chain, roots []*x509.Certificate) error {
	bad := func(why string) error {
		return newError(errCertVerify, "the server's certificate is not accepted: %s", why)
	}
	if len(chain) == 0 {
		return bad("there is none")
	}
	leaf := chain[0]
	switch {
	case leaf.KeyUsage != 0 && leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0:
		return bad("it is not for signatures (key usage)")
	case len(leaf.ExtKeyUsage)+len(leaf.UnknownExtKeyUsage) > 0 && !slices.ContainsFunc(leaf.ExtKeyUsage, forServers):
		return bad("it is not for servers (extended key usage)")
	}
	// What is trusted by itself needs no authority.
	if short(leaf) || old(leaf) {
		return bad("its key is shorter than 2,048 bits, or it is signed with SHA-1")
	}
	for _, r := range roots {
		if bytes.Equal(r.Raw, leaf.Raw) && bytes.Equal(leaf.RawIssuer, leaf.RawSubject) {
			return nil
		}
	}
	rest := slices.Clone(chain[1:])
	for child, depth := leaf, 0; depth <= mostIntermediate; depth++ {
		if short(child) || old(child) {
			return bad("its chain has a key of less than 2,048 bits, or a signature with SHA-1")
		}
		if root := signer(child, roots); root != nil {
			if short(root) {
				return bad("the key of its authority is shorter than 2,048 bits")
			}
			return nil
		}
		parent := signer(child, rest)
		if parent == nil {
			return bad("nobody who is trusted has signed it")
		}
		rest = slices.DeleteFunc(rest, func(c *x509.Certificate) bool { return c == parent })
		child = parent
	}
	return bad("its chain is too long")
}

func forServers(u x509.ExtKeyUsage) bool {
	return u == x509.ExtKeyUsageServerAuth || u == x509.ExtKeyUsageAny
}

func short(c *x509.Certificate) bool {
	k, ok := c.PublicKey.(*rsa.PublicKey)
	return ok && k.N.BitLen() < leastRSABits
}

func old(c *x509.Certificate) bool {
	switch c.SignatureAlgorithm {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1:
		return true
	}
	return false
}

// readable tells whether the firmware can read a server's key at all.
func readable(chain []*x509.Certificate) error {
	if len(chain) > 0 {
		switch chain[0].PublicKey.(type) {
		case *rsa.PublicKey, *ecdsa.PublicKey:
		default:
			return newError(errFatalAlert, "the server's key is none that mbedTLS has: it wants RSA or ECDSA")
		}
	}
	return nil
}

// signer finds who has signed a certificate.
func signer(child *x509.Certificate, among []*x509.Certificate) *x509.Certificate {
	for _, c := range among {
		if bytes.Equal(c.RawSubject, child.RawIssuer) && child.CheckSignatureFrom(c) == nil {
			return c
		}
	}
	return nil
}
