package tls_test

import (
	hosttls "crypto/tls"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/mbedtls/tlstest"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
)

// Memory that ends at one point after the other, from connect to the end of the conversation:
// the connection fails, or the callback does, and nothing is broken.
func TestNoMemory(t *testing.T) { moduletest.Editions(t, testNoMemory) }

func testNoMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	a := tlstest.Issue(t, nil, "a", tlstest.RSAKey(t, 2048), nil)
	me := tlstest.Issue(t, a, "me", tlstest.ECKey(t), nil)
	p := server(t, &hosttls.Config{Certificates: []hosttls.Certificate{tlstest.Chain(a)}, ClientAuth: hosttls.RequestClientCert}, func(c *hosttls.Conn) {
		_, _ = c.Read(make([]byte, 10))
		_, _ = io.WriteString(c, "answer")
		end(c)
	})
	code := fmt.Sprintf(`tls.cert.verify(function(n) if n == 1 then return [[%s]] end end)
		tls.cert.auth(function(n) return ({[0] = [[%s]], [[%s]]})[n] end)`, a.PEM(), me.KeyPEM(t), me.PEM())
	through := 0
	c := newChip(t)
	for n := 0; n < 200; n++ {
		c.Do(script)
		c.Do(code)
		c.Do("collectgarbage()")
		c.Out.Reset()
		c.Heap.FailAfter = n
		err := c.Exec(fmt.Sprintf("open(%d)", p), "=x")
		c.unprotected(2500 * time.Millisecond)
		rest := c.Heap.FailAfter
		c.Heap.FailAfter = -1
		if err != nil && !strings.Contains(err.Error(), "memory") {
			t.Errorf("failing after %d: %v", n, err)
		}
		if err := c.Heap.Check(); err != nil {
			t.Fatalf("failing after %d: %v", n, err)
		}
		if err := c.Machine.CheckHeap(); err != nil {
			t.Fatalf("failing after %d: %v", n, err)
		}
		if strings.Contains(c.Out.String(), "receive\ts\tanswer") {
			through++
		}
		c.Reboot(port.ResetInfo{Raw: 2, Reason: port.ResetRestart})
		c.board.net.SetInterface(port.StationIf, port.IP{192, 168, 0, 111}, port.IP{255, 255, 255, 0})
		if rest > 0 {
			break // it did not come to that
		}
	}
	if through < 1 {
		t.Error("no conversation got through")
	}
}

// unprotected runs the chip until an error that the firmware answers with a reset.
func (c *testChip) unprotected(d time.Duration) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := c.Machine.Unprotected(r); !ok {
				panic(r)
			}
		}
	}()
	c.RunFor(d)
}
