package parts

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/parts/button"
	"moonlet.example/moonlet/internal/parts/level"
	"moonlet.example/moonlet/internal/parts/source"
	"moonlet.example/moonlet/internal/parts/wave"
	"moonlet.example/moonlet/internal/parts/wire"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/sim/adc"
	"moonlet.example/moonlet/internal/sim/pins"
)

const ms = time.Millisecond

// bare is a board to which nothing is connected.
func bare() *Board {
	l := sdk.New(sdk.Config{Clock: sdk.NewVirtualClock()})
	return &Board{Loop: l, Pins: pins.New(l, 4), ADC: adc.New(l, nil), Seed: 1}
}

func newBoard(t *testing.T, c Config) (*sdk.Loop, *Board) {
	t.Helper()
	b := bare()
	if err := Connect(b, &c); err != nil {
		t.Fatal(err)
	}
	return b.Loop.(*sdk.Loop), b
}

func TestThings(t *testing.T) {
	l, board := newBoard(t, Config{
		Levels:  []level.Config{{Pin: 5, Level: 1}},
		Wires:   []wire.Config{{From: 1, To: 2}},
		Buttons: []button.Config{{Name: "flash", Pin: 3, Level: 0, Presses: []button.Press{{At: 10 * ms, For: 5 * ms}}}},
	})
	b, buttons := board.Pins, board.Buttons
	if b.Read(5) != 1 {
		t.Error("level")
	}
	b.Mode(1, port.PinOutput, false)
	b.Write(1, 1)
	if b.Read(2) != 1 {
		t.Error("wire")
	}
	l.Reset() // the world goes on
	b.Reset()
	l.RunFor(20 * ms)
	want := []pins.Change{{At: 10 * ms, Level: 0}, {At: 15 * ms, Level: 1}}
	if got := b.History(3); !slices.Equal(got, want) {
		t.Errorf("button: %v, want %v", got, want)
	}
	buttons[0].PressFor(ms)
	buttons[0].Press() // for good
	l.RunFor(10 * ms)
	if b.Read(3) != 0 {
		t.Error("a button that is held was released")
	}
	buttons[0].Release()
	if len(b.History(3)) != 4 {
		t.Errorf("history %v", b.History(3))
	}
	w := wave.New(l, b, wave.Config{Pin: 6, Low: ms, High: 3 * ms})
	l.RunFor(12 * ms)
	w.Stop()
	l.RunFor(12 * ms)
	if got := b.History(6); len(got) != 4 || got[3].At-got[2].At != ms && got[3].At-got[2].At != 3*ms {
		t.Errorf("wave: %v", got)
	}
}

func TestADC(t *testing.T) {
	l, b := newBoard(t, Config{ADC: &source.Config{Kind: "ramp", From: -100, To: 2000, Every: 21 * time.Second}})
	for _, want := range []int{0, 0, 100} {
		if got := b.ADC.Read(); got != want {
			t.Errorf("at %v: %d, want %d", l.Now(), got, want)
		}
		l.RunFor(time.Second)
	}
	l.RunFor(time.Minute)
	if b.ADC.Read() != 1024 {
		t.Errorf("limit: %d", b.ADC.Read())
	}
	b.ADC.Connect(source.Constant(math.NaN()))
	if b.ADC.Read() != 0 {
		t.Error("not a number")
	}
}

func TestConfig_Errors(t *testing.T) {
	for key, c := range map[string]Config{
		"levels[0].pin":         {Levels: []level.Config{{Pin: 13, Level: 1}}},
		"levels[0].level":       {Levels: []level.Config{{Pin: 1, Level: 2}}},
		"wires[0].to":           {Wires: []wire.Config{{From: 1, To: -1}}},
		"wires[0]":              {Wires: []wire.Config{{From: 1, To: 1}}},
		"buttons[0].presses[0]": {Buttons: []button.Config{{Pin: 1, Presses: []button.Press{{}}}}},
		"waves[0]":              {Waves: []wave.Config{{Pin: 1, High: ms}}},
		"adc.kind":              {ADC: &source.Config{Kind: "square"}},
		"adc.values":            {ADC: &source.Config{Kind: "list"}},
		"adc.every":             {ADC: &source.Config{Kind: "sine"}},
	} {
		var fe *keys.FieldError
		if err := Connect(bare(), &c); !errors.As(err, &fe) || fe.Field != key {
			t.Errorf("%s: got %v", key, err)
		}
	}
}
