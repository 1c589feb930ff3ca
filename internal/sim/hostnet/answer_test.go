package hostnet

import (
	"net"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

// A virtual clock waits for the answer of the host, and for all of it, but not for ever for
// somebody who never answers.
func TestAnswers(t *testing.T) {
	for _, x := range []struct {
		name string
		wait time.Duration // of the host, before it answers; 0 is never
	}{{"at once", time.Microsecond}, {"late", 100 * time.Millisecond}, {"never", 0}} {
		t.Run(x.name, func(t *testing.T) {
			b := newBench(t, sdk.NewVirtualClock(), func(c *Config) { c.Patience = 300 * time.Millisecond })
			ln, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			go func() {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				defer c.Close()
				p := make([]byte, 100)
				for {
					if _, err := c.Read(p); err != nil {
						return
					}
					if x.wait > 0 {
						time.Sleep(x.wait)
						_, _ = c.Write([]byte("head "))
						time.Sleep(time.Millisecond)
						_, _ = c.Write([]byte("body"))
					}
				}
			}()
			h := &answerHandler{}
			b.do(func() {
				h.c = b.net.NewTCP(h)
				if e := h.c.Connect(port.IP{127, 0, 0, 1}, uint16(ln.Addr().(*net.TCPAddr).Port)); e != port.NetOK {
					t.Error(e)
				}
			})
			began, done := time.Now(), make(chan struct{})
			b.do(func() {
				n := 0
				var tm port.Timer
				tm = b.loop.NewTimer(func() {
					if n++; n > 5 {
						h.c.Abort()
						close(done)
						return
					}
					h.c.Write([]byte("x"))
					h.c.Output()
					tm.Arm(time.Minute, false)
				})
				tm.Arm(time.Second, false)
			})
			select {
			case <-done:
			case <-time.After(time.Minute):
				t.Fatal("stuck")
			}
			if want := map[bool]string{true: "head bodyhead bodyhead bodyhead bodyhead body", false: ""}[x.wait > 0]; h.got != want {
				t.Errorf("got %q", h.got)
			}
			// Who never answers is waited for less and less.
			if took := time.Since(began); x.wait == 0 && took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

type answerHandler struct {
	c   port.TCP
	got string
}

func (h *answerHandler) Connected()         {}
func (h *answerHandler) Received(p []byte)  { h.got += string(p); h.c.Recved() }
func (h *answerHandler) Ended()             {}
func (h *answerHandler) Sent(int)           {}
func (h *answerHandler) Failed(port.NetErr) {}
