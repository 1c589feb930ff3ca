package ow

import "moonlet.example/moonlet/internal/lua/state"

// searchState is how far the search on a pin came, in device memory: the ROM code that it found
// last, the last bit of it at which parts differed and 0 was taken, and whether it was the last
// one. Bits count from 1.
type searchState struct {
	statics
	pin int
}

const romBits = 8 * romSize

func (s searchState) romAt() state.Addr         { return s.addr + offROM + state.Addr(romSize*s.pin) }
func (s searchState) discrepancyAt() state.Addr { return s.addr + offDiscrepancy + state.Addr(s.pin) }
func (s searchState) lastAt() state.Addr        { return s.addr + offLast + state.Addr(s.pin) }

func (s searchState) rom() (rom [romSize]byte) {
	copy(rom[:], s.m.Bytes(s.romAt(), romSize))
	return rom
}

// rewind lets the next search be a first one; the code stays.
func (s searchState) rewind() {
	s.m.SetU8(s.discrepancyAt(), 0)
	s.m.SetU8(s.lastAt(), 0)
}

func (s searchState) reset() { s.target(0); s.rewind() }

// target lets the next search begin in a family.
func (s searchState) target(family byte) {
	s.m.Zero(s.romAt(), romSize)
	s.m.SetU8(s.romAt(), family)
	s.m.SetU8(s.discrepancyAt(), romBits)
	s.m.SetU8(s.lastAt(), 0)
}

func (s searchState) bit(n int) bool {
	return s.m.U8(s.romAt()+state.Addr((n-1)/8))>>((n-1)%8)&1 != 0
}

func (s searchState) setBit(n int, one bool) {
	at, mask := s.romAt()+state.Addr((n-1)/8), byte(1)<<((n-1)%8)
	v := s.m.U8(at) &^ mask
	if one {
		v |= mask
	}
	s.m.SetU8(at, v)
}

// next finds the next part: its code is in the state then. Behind the last one it finds nothing
// once, without asking the bus, and begins anew.
func (b bus) next(command byte) bool {
	s := b.search
	if s.m.U8(s.lastAt()) != 0 || !b.walk(command) || s.m.U8(s.romAt()) == 0 {
		s.rewind()
		return false
	}
	return true
}

// walk goes down the tree of the codes, by the way of the last search up to its last fork, there
// the other way, and behind it by the zeros.
func (b bus) walk(command byte) bool {
	if !b.reset() {
		return false
	}
	b.write(command, keepPower)
	s := b.search
	last, fork := int(s.m.U8(s.discrepancyAt())), 0
	for n := 1; n <= romBits; n++ {
		one, zero := b.readBit(), b.readBit() // each part sends its bit, and then its inverse
		switch {
		case one && zero:
			return false // nobody
		case one == zero: // both kinds are there
			one = n == last || n < last && s.bit(n)
			if !one {
				fork = n
			}
		}
		s.setBit(n, one)
		b.writeBit(one, false)
	}
	s.m.SetU8(s.discrepancyAt(), uint8(fork))
	if fork == 0 {
		s.m.SetU8(s.lastAt(), 1)
	}
	return true
}
