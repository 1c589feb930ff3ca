package hx711

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

const (
	us = time.Microsecond
	ms = time.Millisecond
)

// host is a chip with a clock at pin 1 and data at pin 2.
type host struct {
	loop *sdk.Loop
	bank *pins.Bank
	part *Part
}

func newHost(c Config) *host {
	l := sdk.New(sdk.Config{Clock: sdk.NewVirtualClock()})
	b := pins.New(l, 0)
	b.Mode(1, port.PinOutput, false)
	c.Clock, c.Data = 1, 2
	return &host{l, b, New(l, b, c, 0)}
}

// wait waits for a sample and tells how long that took, false after two seconds.
func (h *host) wait() (time.Duration, bool) {
	begin := h.loop.Now()
	for h.bank.Read(2) == 1 {
		h.loop.RunFor(100 * us)
		if h.loop.Now()-begin > 2*time.Second {
			return 0, false
		}
	}
	return h.loop.Now() - begin, true
}

func (h *host) read(pulses int) int32 {
	v := int32(0)
	for i := range pulses {
		h.bank.Write(1, 1)
		h.loop.RunFor(us)
		if i < 24 {
			v = v<<1 | int32(h.bank.Read(2))
		}
		h.bank.Write(1, 0)
		h.loop.RunFor(us)
	}
	return v << 8 >> 8
}

func TestSamples(t *testing.T) {
	h := newHost(Config{A: source.Config{Value: 5}, B: source.Config{Value: -1}, Rate: 80})
	for i, c := range []struct {
		after  time.Duration
		pulses int
		want   int32
	}{
		{50 * ms, 25, 1 << 21}, {12500 * us, 25, 1 << 21},
		{12500 * us, 26, 1 << 21}, {50 * ms, 26, -104858}, {12500 * us, 27, -104858}, {50 * ms, 25, 1 << 20}, {50 * ms, 25, 1 << 21},
	} {
		took, ok := h.wait()
		if !ok || took > c.after || took < c.after-200*us {
			t.Errorf("%d: it took %v, want %v", i, took, c.after)
		}
		if got := h.read(c.pulses); got != c.want {
			t.Errorf("%d: %d, want %d", i, got, c.want)
		}
		if h.bank.Read(2) != 1 {
			t.Error("data is low behind a sample")
		}
	}
	h.bank.Write(1, 1)
	h.loop.RunFor(61 * us)
	h.loop.RunFor(time.Second)
	if h.bank.Read(2) != 1 {
		t.Error("it has samples in its sleep")
	}
	h.bank.Write(1, 0)
	if took, ok := h.wait(); !ok || took < 49*ms {
		t.Errorf("it awoke in %v", took)
	}
}

func TestLimits(t *testing.T) {
	for v, want := range map[float64]int32{1000: 1<<23 - 1, -1000: -1 << 23, 0: 0, math.Inf(1): 1<<23 - 1} {
		h := newHost(Config{})
		h.part.a = source.Constant(v)
		if took, ok := h.wait(); !ok || took < 399*ms || took > 401*ms {
			t.Errorf("it took %v", took)
		}
		if got := h.read(25); got != want {
			t.Errorf("%v mV: %d, want %d", v, got, want)
		}
	}
	h := newHost(Config{})
	h.part.a = source.Constant(math.NaN())
	if h.wait(); h.read(25) != 0 {
		t.Error("not a number")
	}
}

// TestUnread holds that a sample that nobody reads makes way for the next one.
func TestUnread(t *testing.T) {
	h := newHost(Config{Rate: 80})
	falls := 0
	h.bank.Line(2).Watch(func(level int) { falls += 1 - level })
	h.loop.RunFor(50*ms + 3*12500*us)
	if falls != 4 {
		t.Errorf("%d samples", falls)
	}
}

func TestFaults(t *testing.T) {
	if h := newHost(Config{Fault: faultAbsent}); h.bank.Read(2) != 0 {
		t.Error("a line that is not connected is high")
	}
	if _, ok := newHost(Config{Fault: faultStuck}).wait(); ok {
		t.Error("it has a sample")
	}
}

func TestCheck(t *testing.T) {
	for field, c := range map[string]Config{
		"clock": {Clock: 13}, "data": {Data: -1}, "": {Clock: 1, Data: 1}, "rate": {Clock: 1, Rate: 20}, "fault": {Clock: 1, Fault: "x"},
		"a.kind": {Clock: 1, A: source.Config{Kind: "x"}}, "b.values": {Clock: 1, B: source.Config{Kind: "list"}},
	} {
		var f *keys.FieldError
		if err := c.Check(); !errors.As(err, &f) || f.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := (Config{Clock: 1, Rate: 80, Fault: faultStuck}).Check(); err != nil {
		t.Error(err)
	}
}

// FuzzClock gives a converter any pulses. It must have a right sample afterwards.
func FuzzClock(f *testing.F) {
	f.Add([]byte{1, 30, 0, 200, 1, 70, 0, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		h := newHost(Config{A: source.Config{Value: 5}, Rate: 80})
		for ; len(data) >= 2; data = data[2:] {
			switch data[0] % 8 {
			case 6:
				h.read(int(data[1] % 32))
			case 7:
				h.bank.Reset()
				h.bank.Mode(1, port.PinOutput, false)
			default:
				h.bank.Write(1, int(data[0]&1))
				h.loop.RunFor(time.Duration(data[1]) * time.Duration(data[0]) * us)
			}
		}
		h.bank.Write(1, 1)
		h.loop.RunFor(100 * us)
		h.bank.Write(1, 0)
		if _, ok := h.wait(); !ok || h.read(25) != 1<<21 {
			t.Error("it is not right any more")
		}
	})
}
