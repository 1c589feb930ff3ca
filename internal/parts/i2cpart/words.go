package i2cpart

// Words is a Part with registers of 16 bits, the upper byte first. A byte that is written is the number of the
// register that is read from then on, also by later transfers; what follows it is written to the register.
type Words struct {
	// Get gives a register, and false if it is not there yet: the part then does not acknowledge its address.
	Get func(at int) (v uint16, ready bool)
	// Set changes a register; nil if nothing can be changed.
	Set func(at int, v uint16)
	// Select is called when a register is chosen; it may be nil.
	Select func(at int)

	at    int
	named bool
	high  bool   // the upper byte was written
	word  uint16 // what is read, and what is written
	left  int    // bytes of word that are still to be read
}

// Ready tells whether a read can begin. Attach asks for it.
func (w *Words) Ready() bool {
	_, ready := w.Get(w.at)
	return ready
}

// Begin implements Part.
func (w *Words) Begin(read bool) { w.named, w.high, w.left = read, false, 0 }

// Write implements Part.
func (w *Words) Write(b byte) bool {
	switch {
	case !w.named:
		w.at, w.named = int(b), true
		if w.Select != nil {
			w.Select(w.at)
		}
	case !w.high:
		w.word, w.high = uint16(b)<<8, true
	default:
		w.high = false
		if w.Set != nil {
			w.Set(w.at, w.word|uint16(b))
		}
	}
	return true
}

// Read implements Part: the two bytes of the register, again and again.
func (w *Words) Read() byte {
	if w.left == 0 {
		w.word, _ = w.Get(w.at)
		w.left = 2
	}
	w.left--
	return byte(w.word >> (8 * w.left))
}

// Pending is how many bytes of the register are still to be read.
func (w *Words) Pending() int { return w.left }

// End implements Part.
func (w *Words) End() {}
