package serial

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

func newUART(c Config) (*sdk.Loop, *UART, *strings.Builder) {
	out := new(strings.Builder)
	c.Send = func(p []byte) { out.Write(p) }
	l := sdk.New(sdk.Config{Clock: sdk.NewVirtualClock()})
	return l, New(l, c), out
}

func TestUART_WriteTakesTime(t *testing.T) {
	l, u, out := newUART(Config{})
	u.Setup(port.SerialConfig{Baud: 9600, DataBits: 8, Parity: port.ParityEven, StopBits: port.StopBits1Half})
	each := 23 * time.Second / (2 * 9600) // 1 + 8 + 1 + 1.5 bits
	u.Write(make([]byte, 100))
	if l.Now() != 0 || u.FIFODepth(port.FIFOTX) != 100 {
		t.Errorf("100 bytes: at %v, %d wait", l.Now(), u.FIFODepth(port.FIFOTX))
	}
	u.Write(make([]byte, 100))
	if want := 74 * each; l.Now() != want || u.FIFODepth(port.FIFOTX) != 126 {
		t.Errorf("200 bytes: at %v, want %v; %d wait", l.Now(), want, u.FIFODepth(port.FIFOTX))
	}
	u.Setup(port.SerialConfig{Baud: port.DefaultBaud, DataBits: 8, StopBits: port.StopBits1})
	if want := 200 * each; l.Now() != want || u.FIFODepth(port.FIFOTX) != 0 {
		t.Errorf("set up at %v, want %v", l.Now(), want)
	}
	if out.Len() != 200 {
		t.Errorf("sent %d bytes", out.Len())
	}
}

func TestUART_WriteText(t *testing.T) {
	_, u, out := newUART(Config{Unpaced: true})
	port.WriteText(u, []byte("a\nb\r\n\rc"))
	port.WriteText(u, nil)
	if got := out.String(); got != "a\r\nb\r\nc" {
		t.Errorf("%q", got)
	}
}

func read(u *UART) string {
	var b []byte
	for {
		c, ok := u.TakeByte()
		if !ok {
			return string(b)
		}
		b = append(b, c)
	}
}

func TestUART_Receive(t *testing.T) {
	l, u, _ := newUART(Config{})
	var got []string
	u.OnReceive(func() { got = append(got, read(u)) })
	u.Receive([]byte("ab"))
	u.Receive([]byte("c"))
	l.RunFor(time.Second)
	if strings.Join(got, "|") != "a|b|c" {
		t.Errorf("read %q", got)
	}
	// While the chip is busy, bytes wait in the ring.
	got = nil
	l.Post(port.Low, func() { l.Delay(100 * time.Millisecond) })
	l.Step()
	u.Receive([]byte("defg"))
	l.Post(port.Low, func() { l.Delay(100 * time.Millisecond) })
	l.RunFor(time.Second)
	if strings.Join(got, "|") != "defg" {
		t.Errorf("read %q", got)
	}
}

func TestUART_Overrun(t *testing.T) {
	for _, lossy := range []bool{false, true} {
		l, u, _ := newUART(Config{Lossy: lossy})
		text := strings.Repeat("0123456789", 100)
		u.Receive([]byte(text))
		l.RunFor(time.Second) // nobody reads
		got := read(u)
		if lossy {
			if got != text[len(text)-receiveSize:] || u.Waiting() != 0 {
				t.Errorf("lossy: %d bytes", len(got))
			}
			continue
		}
		for range 10 {
			l.RunFor(time.Second)
			got += read(u)
		}
		if got != text {
			t.Errorf("lost bytes: %d of %d", len(got), len(text))
		}
	}
}

func TestUART_Reset(t *testing.T) {
	l, u, _ := newUART(Config{})
	u.OnReceive(func() { t.Error("a reader of the old life ran") })
	u.Setup(port.SerialConfig{Baud: 300, DataBits: 5, StopBits: port.StopBits2})
	u.Alternate(true)
	u.Receive([]byte("xy"))
	l.Reset()
	u.Reset()
	if u.Config().Baud != port.DefaultBaud || u.Alternated() {
		t.Error("the setup survived")
	}
	l.RunFor(time.Second)
	got := ""
	u.OnReceive(func() { got += read(u) })
	l.RunFor(time.Second)
	if got != "xy" {
		t.Errorf("read %q", got)
	}
}

func TestUART_NoReceiver(t *testing.T) {
	l, u, _ := newUART(Config{NoReceiver: true})
	u.Receive([]byte("x"))
	l.RunFor(time.Second)
	if _, ok := u.TakeByte(); ok {
		t.Error("port 1 received")
	}
}
