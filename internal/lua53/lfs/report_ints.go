package lfs

import (
	"moonlet.example/moonlet/internal/lua53/tag"
)

import "moonlet.example/moonlet/internal/lua/num"

// intSizes finds out whether integer constants in places of 8 bytes have 4 or 8
// bytes themselves. Where they have 4, the loader leaves the upper half to
// chance. It uses one variable for all constants of a function; so that half is
// what the last float of the function had there, or anything before the first
// one. Build writes zero.
type intSizes struct {
	float, other uint32 // upper halves in this function: of the last float, of an integer; 0: not seen
	long         bool   // there are integers of 8 bytes
	short        bool   // there are integers of 4 bytes
}

// begin begins with the constants of another function.
func (s *intSizes) begin() { s.float, s.other = 0, 0 }

func (s *intSizes) constant(tt, low, high uint32) {
	switch {
	case tt == tag.Float:
		s.float = high
	case tt != tag.Int || high == 0:
	case high == ^uint32(0) && low>>31 != 0:
		s.long = true // a negative number
	case s.float != 0 && high == s.float:
		s.short = true
	case s.float != 0, s.other != 0 && high != s.other:
		s.long = true
	default:
		s.other = high
	}
}

// models are the number models that are possible, the more likely one first.
func (s *intSizes) models() []num.Model {
	switch {
	case s.long && !s.short:
		return []num.Model{num.Int64Float64}
	case s.short && !s.long:
		return []num.Model{num.Int32Float64}
	}
	// Integers of 8 bytes lose nothing of what is there.
	return []num.Model{num.Int64Float64, num.Int32Float64}
}
