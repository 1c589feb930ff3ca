package board

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

const ms = time.Millisecond

func newBoard(t *testing.T, c Config) (*sdk.Loop, *Board, []*Button) {
	t.Helper()
	l := sdk.New(sdk.Config{Clock: sdk.NewVirtualClock()})
	b, buttons, err := New(l, c, 1)
	if err != nil {
		t.Fatal(err)
	}
	return l, b, buttons
}

func TestPins_Levels(t *testing.T) {
	_, b, _ := newBoard(t, Config{})
	read := func(pin, want int, why string) {
		t.Helper()
		if got := b.Read(pin); got != want {
			t.Errorf("pin %d reads %d, want %d: %s", pin, got, want, why)
		}
	}
	read(1, 0, "nothing connected")
	read(3, 1, "GPIO0 is pulled up on the board")
	read(8, 0, "GPIO15 is pulled down on the board")
	b.Mode(1, port.PinInput, true)
	read(1, 1, "pull-up")
	b.Drive(1, 0)
	read(1, 0, "driven against the pull-up")
	b.Drive(1, Floating)
	read(1, 1, "pull-up again")
	b.Mode(8, port.PinInput, true)
	read(8, 0, "the board's resistor is stronger")
	b.Write(1, 0)
	read(1, 0, "GPIO_OUTPUT_SET turns the driver on")
	b.Drive(1, 1)
	read(1, 0, "an output wins")
	b.Mode(2, port.PinOpenDrain, true)
	b.Write(2, 1)
	read(2, 1, "open drain, let go")
	b.Drive(2, 0)
	read(2, 0, "open drain, pulled down outside")
	b.Drive(2, Floating)
	b.Write(2, 0)
	read(2, 0, "open drain, pulled down")
	b.Mode(0, port.PinInterrupt, true)
	b.Write(0, 1)
	read(0, 1, "GPIO16 as an output")
	b.Mode(0, port.PinInput, true)
	read(0, 0, "GPIO16 has no pull-up")
	b.Reset()
	read(1, 1, "driven from outside, an input after the reset")
}

func TestPins_WriteMask(t *testing.T) {
	_, b, _ := newBoard(t, Config{})
	b.WriteMask(1<<5, 0)
	if b.Read(1) != 0 {
		t.Error("WriteMask turned a driver on")
	}
	b.Mode(1, port.PinOutput, false)
	if b.Read(1) != 1 {
		t.Error("the output register was lost")
	}
	b.Mode(0, port.PinOutput, false)
	b.WriteMask(1<<16, 1<<5)
	if b.Read(1) != 0 || b.Read(0) != 1 {
		t.Error("WriteMask on an output")
	}
	b.WriteMask(1<<5, 1<<5)
	if b.Read(1) != 0 {
		t.Error("set and cleared at once")
	}
}

// watcher collects what an application's callback would get.
type watcher struct {
	b   *Board
	got []seen
}

type seen struct {
	level int
	when  time.Duration
	count int
}

func (w *watcher) run(e port.PinEvent) {
	w.got = append(w.got, seen{e.Level, e.When, w.b.TakeEvents(e.Pin)})
}

func TestInterrupts_Edges(t *testing.T) {
	for _, c := range []struct {
		trigger port.Trigger
		want    []seen
	}{
		{port.TriggerUp, []seen{{1, 1 * ms, 1}, {1, 3 * ms, 1}}},
		{port.TriggerDown, []seen{{0, 2 * ms, 1}, {0, 4 * ms, 1}}},
		{port.TriggerBoth, []seen{{1, 1 * ms, 1}, {0, 2 * ms, 1}, {1, 3 * ms, 1}, {0, 4 * ms, 1}}},
		{port.TriggerNone, nil},
	} {
		l, b, _ := newBoard(t, Config{Waves: []WaveConfig{{1, ms, ms}}})
		w := &watcher{b: b}
		b.OnInterrupt(w.run)
		b.Mode(1, port.PinInterrupt, false)
		b.SetTrigger(1, c.trigger)
		l.RunFor(4 * ms)
		if !slices.Equal(w.got, c.want) {
			t.Errorf("trigger %d: %v, want %v", c.trigger, w.got, c.want)
		}
	}
}

// Interrupts during a long task give one callback that counts them.
func TestInterrupts_Coalesced(t *testing.T) {
	l, b, _ := newBoard(t, Config{Waves: []WaveConfig{{1, ms, ms}}})
	w := &watcher{b: b}
	b.OnInterrupt(w.run)
	b.Mode(1, port.PinInterrupt, false)
	b.SetTrigger(1, port.TriggerUp)
	l.Post(port.Low, func() { l.Delay(100 * ms) })
	l.RunFor(101 * ms)
	want := []seen{{1, 1 * ms, 50}, {1, 101 * ms, 1}}
	if !slices.Equal(w.got, want) {
		t.Errorf("%v, want %v", w.got, want)
	}
}

// With a full task queue the next interrupt tries again.
func TestInterrupts_QueueFull(t *testing.T) {
	l, b, _ := newBoard(t, Config{})
	w := &watcher{b: b}
	b.OnInterrupt(w.run)
	b.Mode(1, port.PinInterrupt, false)
	b.SetTrigger(1, port.TriggerBoth)
	for range port.TaskQueueLen {
		l.Post(port.High, func() {})
	}
	b.Drive(1, 1)
	l.RunUntilIdle()
	if len(w.got) != 0 {
		t.Fatalf("reported %v through a full queue", w.got)
	}
	b.Drive(1, 0)
	l.RunUntilIdle()
	if len(w.got) != 1 || w.got[0].level != 0 || w.got[0].count != 2 {
		t.Errorf("%v, want one report of two edges", w.got)
	}
}

func TestInterrupts_Level(t *testing.T) {
	l, b, _ := newBoard(t, Config{})
	w := &watcher{b: b}
	b.OnInterrupt(w.run)
	b.Mode(1, port.PinInterrupt, true)
	b.SetTrigger(1, port.TriggerLow)
	b.Drive(1, 0)
	b.Drive(1, 1)
	b.Drive(1, 0) // masked until the callback arms it again
	l.RunUntilIdle()
	if want := []seen{{0, 0, 1}}; !slices.Equal(w.got, want) {
		t.Fatalf("%v, want %v", w.got, want)
	}
	b.SetTrigger(1, port.TriggerLow) // still low: again at once
	l.RunUntilIdle()
	if len(w.got) != 2 {
		t.Errorf("%d callbacks for a level that lasts", len(w.got))
	}
	b.Drive(1, 1)
	b.SetTrigger(1, port.TriggerHigh)
	l.RunUntilIdle()
	if len(w.got) != 3 || w.got[2].level != 1 {
		t.Errorf("high level: %v", w.got)
	}
}

func TestThings(t *testing.T) {
	l, b, buttons := newBoard(t, Config{
		History: 4,
		Levels:  []LevelConfig{{5, 1}},
		Wires:   []WireConfig{{1, 2}},
		Buttons: []ButtonConfig{{"flash", 3, 0, []PressConfig{{10 * ms, 5 * ms}}}},
	})
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
	want := []Change{{10 * ms, 0}, {15 * ms, 1}}
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
	wave := b.NewWave(6, ms, 3*ms)
	l.RunFor(12 * ms)
	wave.Stop()
	l.RunFor(12 * ms)
	if got := b.History(6); len(got) != 4 || got[3].At-got[2].At != ms && got[3].At-got[2].At != 3*ms {
		t.Errorf("wave: %v", got)
	}
}

func TestSources(t *testing.T) {
	at := func(s Source, t time.Duration) float64 { return s.At(t) }
	for _, c := range []struct {
		s    Source
		t    time.Duration
		want float64
	}{
		{Constant(3), time.Hour, 3},
		{Ramp{0, 10, time.Second, false}, 500 * ms, 5},
		{Ramp{0, 10, time.Second, false}, 2 * time.Second, 10},
		{Ramp{0, 10, time.Second, true}, 2100 * ms, 1},
		{Sine{100, 50, time.Second}, 250 * ms, 150},
		{Sine{100, 50, time.Second}, 1750 * ms, 50},
		{List{[]float64{1, 2, 3}, time.Second, false}, 10 * time.Second, 3},
		{List{[]float64{1, 2, 3}, time.Second, true}, 4 * time.Second, 2},
	} {
		if got := at(c.s, c.t); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%+v at %v: %v, want %v", c.s, c.t, got, c.want)
		}
	}
	n := Noise{Constant(100), 5, ms, 42}
	sum := 0.0
	for i := range 10000 {
		v := n.At(time.Duration(i) * ms)
		if v < 95 || v >= 105 {
			t.Fatalf("noise %v", v)
		}
		sum += v
	}
	if mean := sum / 10000; math.Abs(mean-100) > 0.2 {
		t.Errorf("noise has mean %v", mean)
	}
	if n.At(5*ms) != n.At(5*ms+ms/2) || n.At(5*ms) == n.At(6*ms) {
		t.Error("noise changes at the wrong moment")
	}
	if other := (Noise{Constant(100), 5, ms, 43}); other.At(0) == n.At(0) {
		t.Error("the seed does not count")
	}
}

func TestADC(t *testing.T) {
	l, b, _ := newBoard(t, Config{ADC: &SourceConfig{Kind: "ramp", From: -100, To: 2000, Every: 21 * time.Second}})
	for _, want := range []int{0, 0, 100} {
		if got := b.ADC(); got != want {
			t.Errorf("at %v: %d, want %d", l.Now(), got, want)
		}
		l.RunFor(time.Second)
	}
	l.RunFor(time.Minute)
	if b.ADC() != 1024 {
		t.Errorf("limit: %d", b.ADC())
	}
	b.SetADC(Constant(math.NaN()))
	if b.ADC() != 0 {
		t.Error("not a number")
	}
}

func TestConfig_Errors(t *testing.T) {
	for key, c := range map[string]Config{
		"levels[0].pin":         {Levels: []LevelConfig{{13, 1}}},
		"levels[0].level":       {Levels: []LevelConfig{{1, 2}}},
		"wires[0].to":           {Wires: []WireConfig{{1, -1}}},
		"wires[0]":              {Wires: []WireConfig{{1, 1}}},
		"buttons[0].presses[0]": {Buttons: []ButtonConfig{{Pin: 1, Presses: []PressConfig{{}}}}},
		"waves[0]":              {Waves: []WaveConfig{{1, 0, ms}}},
		"adc.kind":              {ADC: &SourceConfig{Kind: "square"}},
		"adc.values":            {ADC: &SourceConfig{Kind: "list"}},
		"adc.every":             {ADC: &SourceConfig{Kind: "sine"}},
	} {
		_, _, err := New(sdk.New(sdk.Config{Clock: sdk.NewVirtualClock()}), c, 0)
		var ce *ConfigError
		if !errors.As(err, &ce) || ce.Key != key {
			t.Errorf("%s: got %v", key, err)
		}
	}
}
