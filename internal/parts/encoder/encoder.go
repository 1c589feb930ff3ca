// Package encoder is a knob that somebody turns and presses: two contacts that open and close in
// turn, and a switch. All of them connect a pin to 0, against a resistor.
package encoder

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim"
	"moonlet.example/moonlet/internal/sim/pins"
)

// Config is a knob and what is done to it.
type Config struct {
	A, B  int
	Push  int           // pin of the switch; 0 for none
	Pace  time.Duration // from one change of a contact to the next; 0 means 2 ms
	Steps []Step
}

// Step is one thing that is done, some time after power-on. What is turned later waits until the
// knob rests.
type Step struct {
	At    time.Duration
	Turn  int           // notches to the right, or to the left if it is negative
	Press time.Duration // how long it is pressed
}

const (
	defaultPace = 2 * time.Millisecond
	turnMost    = 1000 // notches
)

// Keys are those of Config.
func Keys() keys.Fields[Config] {
	return keys.Fields[Config]{
		{Key: keys.Key{Name: "a"}, Read: keys.Int32(func(c *Config) *int { return &c.A })},
		{Key: keys.Key{Name: "b"}, Read: keys.Int32(func(c *Config) *int { return &c.B })},
		{Key: keys.Key{Name: "push"}, Read: keys.Int32(func(c *Config) *int { return &c.Push })},
		{Key: keys.Key{Name: "pace"}, Read: keys.Duration(0, func(c *Config) *time.Duration { return &c.Pace })},
		{Key: keys.Key{Name: "steps"}, Read: readSteps},
	}
}

func readSteps(s *keys.Section, name string, c *Config) {
	for i, it := range s.List(name) {
		text, _ := keys.TextOf(it.Value)
		step, ok := parseStep(text)
		if !ok {
			s.FailAt(it, fmt.Sprintf("%s[%d]", s.Key(name), i),
				`want when and what, as in "2s turn -3" or "5s press 200ms", not %s`, keys.Describe(it.Value))
			continue
		}
		c.Steps = append(c.Steps, step)
	}
}

func parseStep(text string) (step Step, ok bool) {
	words := strings.Fields(text)
	if len(words) != 3 {
		return step, false
	}
	var errs [2]error
	step.At, errs[0] = time.ParseDuration(words[0])
	switch words[1] {
	case "turn":
		step.Turn, errs[1] = strconv.Atoi(words[2])
	case "press":
		step.Press, errs[1] = time.ParseDuration(words[2])
	default:
		return step, false
	}
	return step, errs[0] == nil && errs[1] == nil && step.At <= keys.TimeMost && step.Press <= keys.TimeMost
}

// Check tells what is wrong: nil or a *keys.FieldError.
func (c Config) Check() error {
	fail := func(field, format string, args ...any) error {
		return &keys.FieldError{Field: field, Problem: fmt.Sprintf(format, args...)}
	}
	for _, p := range []struct {
		field string
		pin   int
	}{{"a", c.A}, {"b", c.B}, {"push", c.Push}} {
		if what := pins.Check(p.pin); what != "" {
			return fail(p.field, "%s", what)
		}
		if p.pin == 0 && p.field != "push" {
			return fail(p.field, "pin 0 cannot interrupt; choose 1 to 12")
		}
	}
	if c.A == c.B || c.A == c.Push || c.B == c.Push {
		return fail("", "each contact needs a pin of its own")
	}
	if c.Pace < 0 || c.Pace > 0 && c.Pace < shortest {
		return fail("pace", "want %v or more, not %v", shortest, c.Pace)
	}
	for i, s := range c.Steps {
		field := fmt.Sprintf("steps[%d]", i)
		switch {
		case s.At < 0:
			return fail(field, "a time cannot be negative")
		case s.Turn < -turnMost || s.Turn > turnMost:
			return fail(field, "want -%d to %d notches, not %d", turnMost, turnMost, s.Turn)
		case (s.Turn == 0) == (s.Press == 0) || s.Press < 0:
			return fail(field, "a step turns the knob or presses it for a time")
		case s.Press != 0 && c.Push == 0:
			return fail(field, "there is no switch to press: say its pin, as in push = 3")
		}
	}
	return nil
}

// shortest is the shortest time between two changes of contacts.
const shortest = time.Microsecond

// quarters is how many changes there are from one notch to the next.
const quarters = 4

// Part is a knob.
type Part struct {
	a, b, push *pins.Sink // push is nil if there is no switch
	pace       time.Duration
	turns      port.Timer
	release    port.Timer
	place      int // in quarters
	goal       int
	waiting    []int // turns behind the one that is under way, in notches
}

// New connects a knob that rests in a notch, where all contacts are open; times in c count from
// now.
func New(loop sim.Loop, bank *pins.Bank, c Config) *Part {
	contact := func(pin int) *pins.Sink {
		line := bank.Line(pin)
		line.PullUp()
		return line.NewSink()
	}
	p := &Part{a: contact(c.A), b: contact(c.B), pace: c.Pace}
	if p.pace == 0 {
		p.pace = defaultPace
	}
	if c.Push != 0 {
		p.push = contact(c.Push)
	}
	p.turns, p.release = loop.NewOutsideTimer(p.turn), loop.NewOutsideTimer(p.Release)
	for _, s := range c.Steps {
		loop.NewOutsideTimer(func() {
			if s.Turn != 0 {
				p.Turn(s.Turn)
			} else {
				p.Press(s.Press)
			}
		}).Arm(s.At, false)
	}
	return p
}

// Turn turns the knob by notches, behind what it is being turned by.
func (p *Part) Turn(notches int) {
	p.waiting = append(p.waiting, notches)
	if !p.turns.Armed() {
		p.turn()
	}
}

// turn makes one change of a contact. To the right the second contact closes first.
func (p *Part) turn() {
	if p.place == p.goal && len(p.waiting) > 0 {
		p.goal += quarters * p.waiting[0]
		p.waiting = p.waiting[1:]
	}
	switch {
	case p.place < p.goal:
		p.place++
	case p.place > p.goal:
		p.place--
	default:
		return
	}
	at := p.place & (quarters - 1)
	p.b.Pull(at == 1 || at == 2)
	p.a.Pull(at == 2 || at == 3)
	p.turns.Arm(p.pace, false)
}

// Press presses the switch for a time.
func (p *Part) Press(d time.Duration) {
	if p.push != nil {
		p.push.Pull(true)
		p.release.Arm(d, false)
	}
}

// Release lets the switch go.
func (p *Part) Release() {
	if p.push != nil {
		p.push.Pull(false)
	}
}
