package pins

// Sink is the open-drain output of a part: it pulls a pin to 0, or lets it go. Any number of
// them may be at one pin, which is 0 while one of them pulls.
type Sink struct {
	line  Line
	pulls bool
}

// NewSink returns an output at the pin that lets it go.
func (l Line) NewSink() *Sink { return &Sink{line: l} }

// Pull pulls the pin to 0, or lets it go.
func (s *Sink) Pull(low bool) {
	if s.pulls == low {
		return
	}
	s.pulls = low
	p := &s.line.bank.pins[s.line.pin]
	if low {
		p.sinking++
	} else {
		p.sinking--
	}
	s.line.bank.update(s.line.pin)
}

// PullUp connects the pin to 1 by a resistor that is stronger than those of the board.
func (l Line) PullUp() {
	l.bank.pins[l.pin].resistor = 1
	l.bank.update(l.pin)
}

// Output is what the chip's own driver puts on the pin, or Floating.
func (l Line) Output() int { return l.bank.pins[l.pin].output() }
