package encoder

import (
	"errors"
	"slices"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/sim/pins"
)

const ms = time.Millisecond

func newKnob(c Config) (*sdk.Loop, *pins.Bank, *Part) {
	l := sdk.New(sdk.Config{Clock: sdk.NewVirtualClock()})
	b := pins.New(l, 100)
	return l, b, New(l, b, c)
}

// TestScript holds the signals of a notch to the right, one to the left, and a press.
func TestScript(t *testing.T) {
	l, b, _ := newKnob(Config{A: 1, B: 2, Push: 5, Pace: 10 * ms, Steps: []Step{
		{At: 100 * ms, Turn: 1}, {At: 110 * ms, Turn: -1}, {At: 300 * ms, Press: 50 * ms}}})
	l.RunFor(time.Second)
	at := func(level, when int) pins.Change { return pins.Change{At: time.Duration(when) * ms, Level: level} }
	for pin, want := range map[int][]pins.Change{
		1: {at(0, 110), at(1, 130), at(0, 140), at(1, 160)},
		2: {at(0, 100), at(1, 120), at(0, 150), at(1, 170)},
		5: {at(0, 300), at(1, 350)},
	} {
		if got := b.History(pin)[1:]; !slices.Equal(got, want) { // behind the resistor
			t.Errorf("pin %d: %v, want %v", pin, got, want)
		}
	}
}

func TestParseStep(t *testing.T) {
	for text, want := range map[string]Step{"2s turn -3": {At: 2 * time.Second, Turn: -3}, " 0s  press 20ms ": {Press: 20 * ms}} {
		if got, ok := parseStep(text); !ok || got != want {
			t.Errorf("%q: %+v", text, got)
		}
	}
	for _, text := range []string{"", "2s", "2s turn", "x turn 1", "2s turn x", "2s press 1", "2s fly 1", "2s turn 1 2", "999999h turn 1"} {
		if got, ok := parseStep(text); ok {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestCheck(t *testing.T) {
	good := Config{A: 1, B: 2, Push: 3, Steps: []Step{{Turn: 1}, {Press: ms}}}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	with := func(change func(c *Config)) Config { c := good; change(&c); return c }
	for _, c := range []struct {
		field  string
		config Config
	}{
		{"a", Config{B: 1}}, {"b", Config{A: 1, B: 13}}, {"push", with(func(c *Config) { c.Push = -1 })},
		{"", with(func(c *Config) { c.Push = 2 })}, {"pace", with(func(c *Config) { c.Pace = 1 })},
		{"steps[0]", with(func(c *Config) { c.Steps = []Step{{}} })}, {"steps[0]", with(func(c *Config) { c.Steps = []Step{{At: -1, Turn: 1}} })},
		{"steps[0]", with(func(c *Config) { c.Steps = []Step{{Turn: 1001}} })}, {"steps[1]", with(func(c *Config) { c.Push = 0 })},
	} {
		var f *keys.FieldError
		if err := c.config.Check(); !errors.As(err, &f) || f.Field != c.field {
			t.Errorf("%s: %v", c.field, err)
		}
	}
}

// FuzzKnob does anything to a knob, whose pins the chip uses for anything. It rests in the end.
func FuzzKnob(f *testing.F) {
	f.Add([]byte{0, 3, 1, 250, 2, 9, 3, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		l, b, p := newKnob(Config{A: 1, B: 2, Push: 3})
		for ; len(data) >= 2; data = data[2:] {
			v := int(data[1])
			switch data[0] % 5 {
			case 0:
				p.Turn(v - 128)
			case 1:
				p.Press(time.Duration(v) * ms)
			case 2:
				l.RunFor(time.Duration(v) * ms)
			case 3:
				b.Mode(1+v%3, port.PinMode(v/3%4), v&64 != 0)
			case 4:
				b.Write(1+v%3, v&1)
			}
		}
		b.Reset()
		l.RunFor(time.Hour)
		if b.Read(1) != 1 || b.Read(2) != 1 || b.Read(3) != 1 {
			t.Error("it does not rest")
		}
	})
}
