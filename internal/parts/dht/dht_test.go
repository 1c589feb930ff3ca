package dht

import (
	"errors"
	"math"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/parts/source"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/sim/pins"
)

const us = time.Microsecond

func newBoard() (*sdk.Loop, *pins.Bank) {
	l := sdk.New(sdk.Config{Clock: sdk.NewVirtualClock()})
	b := pins.New(l, 2000)
	b.Mode(1, port.PinOpenDrain, false)
	b.Write(1, 1)
	return l, b
}

// request is what a host does: it pulls for d and lets go.
func request(l *sdk.Loop, b *pins.Bank, d time.Duration) {
	b.Write(1, 0)
	l.RunFor(d)
	b.Write(1, 1)
	l.RunFor(10 * time.Millisecond)
}

// answer reads the answer in the history of the pin by the rules of the data sheet.
func answer(t *testing.T, b *pins.Bank) (f [5]byte) {
	t.Helper()
	h := b.History(1)
	const edges = 2 + 2*40 + 2
	if len(h) < edges {
		t.Fatalf("%d edges", len(h))
	}
	h = h[len(h)-edges:]
	if low, high := h[1].At-h[0].At, h[2].At-h[1].At; h[0].Level != 0 || low != 80*us || high != 80*us {
		t.Errorf("it begins with %v and %v", low, high)
	}
	for i := range 40 {
		low, high := h[3+2*i].At-h[2+2*i].At, h[4+2*i].At-h[3+2*i].At
		if low != 50*us || high != 26*us && high != 70*us {
			t.Errorf("bit %d: %v and %v", i, low, high)
		}
		if high == 70*us {
			f[i/8] |= 0x80 >> (i % 8)
		}
	}
	return f
}

func TestFrames(t *testing.T) {
	for _, c := range []struct {
		model                 string
		temperature, humidity float64
		want                  [5]byte
	}{
		{"", 35.1, 65.2, [5]byte{0x02, 0x8C, 0x01, 0x5F, 0xEE}}, // the example of the data sheet
		{"dht22", -10.1, 65.2, [5]byte{0x02, 0x8C, 0x80, 0x65, 0x73}},
		{"dht22", -0.01, 100, [5]byte{0x03, 0xE7, 0, 0, 0xEA}},
		{"dht22", 500, -3, [5]byte{0, 0, 0x03, 0x20, 0x23}},
		{"dht11", 23.4, 52.6, [5]byte{53, 0, 23, 0, 76}},
		{"dht11", -5, 0, [5]byte{20, 0, 0, 0, 20}},
		{"dht12", -5.4, 30.7, [5]byte{30, 7, 0x85, 4, 0xAE}},
		{"dht22", math.Inf(-1), math.Inf(1), [5]byte{0x03, 0xE7, 0x81, 0x90, 0xFB}},
	} {
		l, b := newBoard()
		p := New(l, b, Config{Pin: 1, Model: c.model}, 0)
		p.temperature, p.humidity = source.Constant(c.temperature), source.Constant(c.humidity)
		l.RunFor(time.Second)
		request(l, b, 18*time.Millisecond)
		if got := answer(t, b); got != c.want {
			t.Errorf("%v: %X", c, got)
		}
	}
}

// TestTooSoon holds that a sensor does not answer at first, and gives its old values when it is
// asked too soon.
func TestTooSoon(t *testing.T) {
	l, b := newBoard()
	New(l, b, Config{Pin: 1, Temperature: source.Config{Kind: "ramp", To: 10, Every: 10 * time.Second}, Humidity: source.Config{Value: 50}}, 0)
	request(l, b, time.Millisecond)
	if n := len(b.History(1)); n != 3 { // the resistor, and the request
		t.Errorf("%d edges", n)
	}
	degrees := func() float64 { f := answer(t, b); return float64(f[3]) / 10 }
	l.RunFor(2 * time.Second)
	request(l, b, time.Millisecond)
	first := degrees()
	l.RunFor(1900 * time.Millisecond)
	request(l, b, time.Millisecond)
	if got := degrees(); got != first {
		t.Errorf("%v and then %v", first, got)
	}
	l.RunFor(100 * time.Millisecond)
	request(l, b, time.Millisecond)
	if got := degrees(); got < first+1.9 {
		t.Errorf("%v and then %v", first, got)
	}
	before := len(b.History(1))
	request(l, b, 700*us)
	if n := len(b.History(1)); n != before+2 {
		t.Errorf("a short request is answered: %d edges", n-before)
	}
}

func TestCheck(t *testing.T) {
	for field, c := range map[string]Config{
		"pin": {}, "model": {Pin: 1, Model: "dht99"}, "fault": {Pin: 1, Fault: "x"},
		"temperature.kind": {Pin: 1, Temperature: source.Config{Kind: "x"}}, "humidity.every": {Pin: 1, Humidity: source.Config{Kind: "ramp"}},
	} {
		var f *keys.FieldError
		if err := c.Check(); !errors.As(err, &f) || f.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := (Config{Pin: 1, Model: "dht12", Fault: faultStuck}).Check(); err != nil {
		t.Error(err)
	}
}

// FuzzLine gives a sensor any levels for any times. It must answer a request afterwards.
func FuzzLine(f *testing.F) {
	f.Add([]byte{0, 100, 1, 10, 0, 255, 1, 3, 0, 4})
	f.Fuzz(func(t *testing.T, data []byte) {
		l, b := newBoard()
		New(l, b, Config{Pin: 1, Temperature: source.Config{Value: 20}, Humidity: source.Config{Value: 50}}, 0)
		l.RunFor(time.Second)
		for ; len(data) >= 2; data = data[2:] {
			switch data[0] % 4 {
			case 0:
				b.Write(1, 0)
			case 1:
				b.Write(1, 1)
			case 2:
				b.Mode(1, port.PinMode(data[1]%4), data[1]&4 != 0)
			}
			l.RunFor(time.Duration(data[1]) * time.Duration(data[0]) * us / 4)
		}
		b.Mode(1, port.PinOpenDrain, false)
		b.Write(1, 1)
		l.RunFor(10 * time.Millisecond)
		request(l, b, time.Millisecond)
		if got := answer(t, b); got != [5]byte{1, 0xF4, 0, 200, 0xBD} {
			t.Errorf("%X", got)
		}
	})
}
