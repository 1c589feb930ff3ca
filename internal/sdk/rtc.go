package sdk

import "math/rand/v2"

// rtcMemory is the user's part of the memory in the real time clock. It belongs to no life of
// the chip: only where the power comes it is filled anew, with what happens to be in it. Here
// that comes from the seed, so that runs are the same.
type rtcMemory struct {
	words  []uint32
	random *rand.PCG
}

// rtcStream tells these numbers from those that programs ask for.
const rtcStream = 0x52544331

func newRTCMemory(words int, seed uint64) rtcMemory {
	return rtcMemory{make([]uint32, words), rand.NewPCG(seed, rtcStream)}
}

func (r *rtcMemory) powerOn() {
	for i := range r.words {
		r.words[i] = uint32(r.random.Uint64() >> 32)
	}
}

// RTCWords implements port.RTCMemory.
func (s *System) RTCWords() int { return len(s.rtc.words) }

// RTCWord implements port.RTCMemory.
func (s *System) RTCWord(i int) uint32 {
	if uint(i) < uint(len(s.rtc.words)) {
		return s.rtc.words[i]
	}
	return 0
}

// SetRTCWord implements port.RTCMemory.
func (s *System) SetRTCWord(i int, v uint32) {
	if uint(i) < uint(len(s.rtc.words)) {
		s.rtc.words[i] = v
	}
}
