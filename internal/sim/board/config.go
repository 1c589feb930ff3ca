package board

import (
	"fmt"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// Config says what is connected to a module, as a project file does.
type Config struct {
	Levels  []LevelConfig
	Wires   []WireConfig
	Buttons []ButtonConfig
	Waves   []WaveConfig
	ADC     *SourceConfig // nil: 0
	// History is how many changes of level are kept per pin.
	History int
}

// LevelConfig is a pin that is connected to a level for good.
type LevelConfig struct{ Pin, Level int }

// WireConfig gives the level of one pin to another.
type WireConfig struct{ From, To int }

// ButtonConfig is a button and when it is pressed.
type ButtonConfig struct {
	Name    string
	Pin     int
	Level   int // while pressed
	Presses []PressConfig
}

// PressConfig is one press of a button.
type PressConfig struct{ At, For time.Duration }

// WaveConfig is a square wave.
type WaveConfig struct {
	Pin       int
	Low, High time.Duration
}

// SourceConfig describes a Source. Which fields count depends on Kind.
type SourceConfig struct {
	Kind     string        // "constant", "ramp", "sine" or "list"
	Value    float64       // constant: the value
	From, To float64       // ramp: its ends
	Mean     float64       // sine: its middle
	Swing    float64       // sine: how far it goes from there
	Values   []float64     // list
	Every    time.Duration // ramp and sine: length; list: time per value
	Repeat   bool          // ramp and list begin again
	Noise    float64       // any: how far noise goes to both sides
	// NoiseEvery is the time between two values of the noise; 0 means 1 ms.
	NoiseEvery time.Duration
}

// ConfigError is a part of a Config that makes no sense. Key names it as in a
// project file.
type ConfigError struct{ Key, Problem string }

func (e *ConfigError) Error() string { return e.Key + ": " + e.Problem }

func checkPin(key string, pin int) error {
	if pin < 0 || pin >= port.PinCount {
		return &ConfigError{key, fmt.Sprintf("there is no pin %d; pins are 0 to %d", pin, port.PinCount-1)}
	}
	return nil
}

func checkLevel(key string, level int) error {
	if level != 0 && level != 1 {
		return &ConfigError{key, fmt.Sprintf("a level is 0 or 1, not %d", level)}
	}
	return nil
}

// Validate tells the first thing that is wrong with c.
func (c *Config) Validate() error {
	for i, v := range c.Levels {
		key := fmt.Sprintf("levels[%d]", i)
		if err := first(checkPin(key+".pin", v.Pin), checkLevel(key+".level", v.Level)); err != nil {
			return err
		}
	}
	for i, v := range c.Wires {
		key := fmt.Sprintf("wires[%d]", i)
		if err := first(checkPin(key+".from", v.From), checkPin(key+".to", v.To)); err != nil {
			return err
		}
		if v.From == v.To {
			return &ConfigError{key, fmt.Sprintf("connects pin %d with itself", v.From)}
		}
	}
	for i, v := range c.Buttons {
		key := fmt.Sprintf("buttons[%d]", i)
		if err := first(checkPin(key+".pin", v.Pin), checkLevel(key+".level", v.Level)); err != nil {
			return err
		}
		for j, p := range v.Presses {
			if p.At < 0 || p.For <= 0 {
				return &ConfigError{fmt.Sprintf("%s.presses[%d]", key, j), "a press needs a time and a length"}
			}
		}
	}
	for i, v := range c.Waves {
		key := fmt.Sprintf("waves[%d]", i)
		if err := checkPin(key+".pin", v.Pin); err != nil {
			return err
		}
		if v.Low < minWave || v.High < minWave {
			return &ConfigError{key, fmt.Sprintf("each half must last %v or more", minWave)}
		}
	}
	if c.ADC != nil {
		_, err := c.ADC.Source("adc", 0)
		return err
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Source makes the source; errors name it by key. The seed is for its noise.
func (c *SourceConfig) Source(key string, seed uint64) (Source, error) {
	var s Source
	switch c.Kind {
	case "constant", "":
		s = Constant(c.Value)
	case "ramp":
		s = Ramp{From: c.From, To: c.To, Over: c.Every, Repeat: c.Repeat}
	case "sine":
		s = Sine{Mean: c.Mean, Amplitude: c.Swing, Period: c.Every}
	case "list":
		if len(c.Values) == 0 {
			return nil, &ConfigError{key + ".values", "a list needs at least one value"}
		}
		s = List{Values: append([]float64(nil), c.Values...), Every: c.Every, Repeat: c.Repeat}
	default:
		return nil, &ConfigError{key + ".kind", fmt.Sprintf("%q is none of constant, ramp, sine, list", c.Kind)}
	}
	if _, ok := s.(Constant); !ok && c.Every <= 0 {
		return nil, &ConfigError{key + ".every", fmt.Sprintf("a %s needs a time", c.Kind)}
	}
	if c.Noise != 0 {
		every := c.NoiseEvery
		if every == 0 {
			every = time.Millisecond
		}
		if every < 0 {
			return nil, &ConfigError{key + ".noiseEvery", "a time cannot be negative"}
		}
		s = Noise{Of: s, Amplitude: c.Noise, Every: every, Seed: seed}
	}
	return s, nil
}

// New returns a board as c describes it; times in c count from now. Buttons
// come back in their order.
func New(loop Loop, c Config, seed uint64) (*Board, []*Button, error) {
	if err := c.Validate(); err != nil {
		return nil, nil, err
	}
	b := newPins(loop)
	b.historyMax = c.History
	for _, v := range c.Levels {
		b.Drive(v.Pin, v.Level)
	}
	for _, v := range c.Wires {
		b.Wire(v.From, v.To)
	}
	var buttons []*Button
	for _, v := range c.Buttons {
		k := b.NewButton(v.Pin, v.Level)
		for _, p := range v.Presses {
			k.pressAt(p.At, p.For)
		}
		buttons = append(buttons, k)
	}
	for _, v := range c.Waves {
		b.NewWave(v.Pin, v.Low, v.High)
	}
	if c.ADC != nil {
		s, err := c.ADC.Source("adc", seed)
		if err != nil {
			return nil, nil, err
		}
		b.SetADC(s)
	}
	return b, buttons, nil
}
