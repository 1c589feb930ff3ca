package mbedtls_test

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/mbedtls"
)

// The reference is a program with the firmware's mbedTLS and its settings that connects to a
// port of this computer, with records of 4 KB asked for. Its arguments are the port, a file with
// a root or "-", and perhaps files with a certificate and a key of its own. It tells
//
//	RESULT ok
//	RESULT -0x7780
//
// and is compared with Conn, while "openssl s_server" is the server.

// differs are the servers with which something else comes out here, with what and why.
var differs = map[string][2]string{
	"DHE":               {"-0x7780", "crypto/tls has no DHE"},
	"P-521":             {"-0x7780", "the server falls back to DHE"},
	"X25519":            {"-0x7780", "the server falls back to DHE"},
	"brainpool":         {"-0x7780", "crypto/tls has no Brainpool curves"},
	"brainpool key":     {"-0x7780", "crypto/x509 has no Brainpool curves"},
	"secp256k1 key":     {"-0x7780", "crypto/x509 has no secp256k1"},
	"camellia":          {"-0x7780", "crypto/tls has no Camellia"},
	"CCM":               {"-0x7780", "crypto/tls has no CCM"},
	"AES256-SHA384":     {"-0x7780", "crypto/tls has no CBC with SHA-384"},
	"TLS 1.1":           {"-0x7780", "crypto/tls lists its versions, so the server refuses where it would offer 1.1"},
	"large certificate": {"-0x7200", "crypto/tls does not ask for records of 4 KB, so the server's is too large where it would be cut in two"},
}

func TestReference(t *testing.T) {
	program := os.Getenv("MOONLET_MBEDTLS_C")
	if program == "" {
		t.Skip("MOONLET_MBEDTLS_C names no program with the firmware's mbedTLS")
	}
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("there is no openssl")
	}
	dir := t.TempDir()
	key := func(name string, args ...string) {
		t.Helper()
		out, err := exec.Command(openssl, append([]string{"req", "-x509", "-nodes", "-days", "100", "-subj", "/CN=" + name,
			"-keyout", filepath.Join(dir, name+".key"), "-out", filepath.Join(dir, name+".crt")}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	for _, curve := range []string{"prime256v1", "secp384r1", "secp521r1", "secp256k1", "brainpoolP256r1"} {
		key(curve, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:"+curve)
	}
	key("rsa1024", "-newkey", "rsa:1024")
	key("rsa2048", "-newkey", "rsa:2048")
	key("rsa4096", "-newkey", "rsa:4096")
	key("ed25519", "-newkey", "ed25519")
	key("sha1", "-newkey", "rsa:2048", "-sha1")
	key("large", "-newkey", "rsa:2048", "-addext", "nsComment="+strings.Repeat("x", 4000))
	for _, x := range []struct{ name, cert, args, root string }{
		{"plain", "prime256v1", "", "-"}, {"RSA", "rsa2048", "", "-"}, {"RSA 4096", "rsa4096", "", "-"}, {"RSA 1024", "rsa1024", "-cipher ALL@SECLEVEL=0", "-"},
		{"P-384 key", "secp384r1", "", "-"}, {"P-521 key", "secp521r1", "", "-"}, {"secp256k1 key", "secp256k1", "", "-"},
		{"brainpool key", "brainpoolP256r1", "", "-"}, {"Ed25519 key", "ed25519", "", "-"},
		{"P-256", "rsa2048", "-groups P-256", "-"}, {"P-384", "rsa2048", "-groups P-384", "-"}, {"P-521", "rsa2048", "-groups P-521", "-"},
		{"X25519", "rsa2048", "-groups X25519", "-"}, {"brainpool", "rsa2048", "-groups brainpoolP256r1", "-"},
		{"TLS 1.1", "rsa2048", "-tls1_1 -cipher ALL@SECLEVEL=0", "-"}, {"TLS 1.3", "rsa2048", "-tls1_3", "-"},
		{"DHE", "rsa2048", "-cipher DHE-RSA-AES128-GCM-SHA256", "-"}, {"static RSA", "rsa2048", "-cipher AES128-GCM-SHA256", "-"},
		{"camellia", "rsa2048", "-cipher ECDHE-RSA-CAMELLIA128-SHA256", "-"}, {"CCM", "prime256v1", "-cipher ECDHE-ECDSA-AES128-CCM", "-"},
		{"ChaCha20", "rsa2048", "-cipher ECDHE-RSA-CHACHA20-POLY1305", "-"},
		{"AES128-GCM", "rsa2048", "-cipher ECDHE-RSA-AES128-GCM-SHA256", "-"}, {"AES256-GCM", "rsa2048", "-cipher ECDHE-RSA-AES256-GCM-SHA384", "-"},
		{"AES128-SHA", "rsa2048", "-cipher ECDHE-RSA-AES128-SHA", "-"}, {"AES128-SHA256", "rsa2048", "-cipher ECDHE-RSA-AES128-SHA256", "-"},
		{"AES256-SHA384", "rsa2048", "-cipher ECDHE-RSA-AES256-SHA384", "-"},
		{"asks for a certificate", "rsa2048", "-verify 1", "-"}, {"wants a certificate", "rsa2048", "-Verify 1", "-"},
		{"large certificate", "large", "", "-"},
		{"root is the server's", "rsa2048", "", "rsa2048"}, {"root is another's", "rsa2048", "", "rsa4096"},
		{"short key is checked", "rsa1024", "-cipher ALL@SECLEVEL=0", "rsa1024"}, {"SHA-1 is checked", "sha1", "-cipher ALL@SECLEVEL=0", "sha1"},
		{"EC root", "prime256v1", "", "prime256v1"}, {"P-384 root", "secp384r1", "", "secp384r1"},
	} {
		t.Run(x.name, func(t *testing.T) {
			args := append([]string{"-cert", filepath.Join(dir, x.cert+".crt"), "-key", filepath.Join(dir, x.cert+".key"), "-quiet", "-no_ign_eof"}, strings.Fields(x.args)...)
			root := "-"
			var roots []*x509.Certificate
			if x.root != "-" {
				root = filepath.Join(dir, x.root+".crt")
				b, err := os.ReadFile(root)
				if err != nil {
					t.Fatal(err)
				}
				if roots, err = mbedtls.ParseCertificates(b); err != nil {
					t.Fatal(err)
				}
			}
			want := asks(t, openssl, args, func(port int) string {
				out, _ := exec.Command(program, fmt.Sprint(port), root).CombinedOutput()
				m := regexp.MustCompile(`RESULT (ok|-0x[0-9a-f]+)`).FindSubmatch(out)
				if m == nil {
					t.Fatalf("%s", out)
				}
				return string(m[1])
			})
			got := asks(t, openssl, args, func(port int) string { return shake(t, port, roots) })
			other, known := differs[x.name]
			t.Logf("%-24s firmware %-8s here %-8s %s", x.name, want, got, other[1])
			if known && got == other[0] && got != want {
				return
			}
			if known || got != want {
				t.Errorf("%s: %s here, %s in the firmware; %s was expected", x.name, got, want, other[0])
			}
		})
	}
}

// asks starts a server and asks it.
func asks(t *testing.T, openssl string, args []string, ask func(port int) string) string {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := ln.Addr().(*net.TCPAddr).Port
	ln.Close()
	cmd := exec.Command(openssl, append([]string{"s_server", "-accept", fmt.Sprintf("127.0.0.1:%d", port)}, args...)...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	for range 200 {
		time.Sleep(20 * time.Millisecond)
		if b, err := os.ReadFile("/proc/net/tcp"); err != nil || bytes.Contains(b, fmt.Appendf(nil, "0100007F:%04X 00000000:0000 0A", port)) {
			break
		}
	}
	return ask(port)
}

// shake shakes hands with a server.
func shake(t *testing.T, port int, roots []*x509.Certificate) string {
	conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	c := mbedtls.New(mbedtls.Config{Roots: roots})
	defer c.Stop()
	buffer := make([]byte, 1460)
	for {
		for more := true; more; {
			_, more = c.Step()
		}
		_, _ = conn.Write(c.Take())
		switch err := c.Err(); {
		case c.Shaken():
			return "ok"
		case err == io.EOF:
			return "-0x7880"
		case err != nil:
			t.Logf("%v", err)
			return fmt.Sprintf("-0x%x", code(err))
		}
		n, err := conn.Read(buffer)
		if err != nil {
			return "-0x7880"
		}
		c.Feed(buffer[:n])
	}
}
