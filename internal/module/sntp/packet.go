package sntp

import "encoding/binary"

// A packet of SNTP has 48 bytes (RFC 4330, 4), behind which may be more:
//
//	0   leap indicator (2 bits), version (3), mode (3)
//	1   stratum: how many servers are between this one and a clock
//	4   delay of all of them to the clock and 8 what their clocks may be off by, with 16 bits
//	    after the binary point
//	12  who the server has its time from, or four letters that say why it has none
//	24  when the question left by this module's clock, as the question said it
//	32  when it came to the server
//	40  when the answer left it
//
// Times are seconds since 1900 with 32 bits after the binary point.
const (
	packetSize = 48
	atSent     = 40
	modeClient = 3
	epoch      = 2_208_988_800 // s from 1900 to 1970

	unsynchronized = 3 // a leap indicator: the server has no time, or wants no questions

	microsPerSec = 1_000_000
)

// answer is a packet of a server.
type answer struct {
	leap, stratum         uint8
	rootDelay, dispersion uint32
	reference             string
	origin                [8]byte // as the question had it
	asked, came, left     uint64
}

// parse reads a packet; false for one that is too short.
func parse(p []byte) (a answer, ok bool) {
	if len(p) < packetSize {
		return a, false
	}
	return answer{
		leap: p[0] >> 6, stratum: p[1],
		rootDelay: binary.BigEndian.Uint32(p[4:]), dispersion: binary.BigEndian.Uint32(p[8:]), reference: string(p[12:16]),
		origin: [8]byte(p[24:32]), asked: binary.BigEndian.Uint64(p[24:]), came: binary.BigEndian.Uint64(p[32:]), left: binary.BigEndian.Uint64(p[atSent:]),
	}, true
}

// sample is what an answer says.
type sample struct {
	delta                           int64  // what the clock is off by, or without one the time since 1970
	delay                           uint32 // to the server and back
	maxError, rootDelay, dispersion uint32
	leap, stratum                   uint8
}

func (a *answer) sample() sample {
	return sample{maxError: a.dispersion + a.rootDelay/2, rootDelay: a.rootDelay, dispersion: a.dispersion, leap: a.leap, stratum: a.stratum}
}

// compare is what an answer says that came at a time by the clock.
func (a *answer) compare(sec, frac uint32) sample {
	now := uint64(sec)<<32 | uint64(frac)
	s := a.sample()
	s.delta = int64(a.came-a.asked)/2 + int64(a.left-now)/2
	s.delay = uint32(int64(now-a.asked-(a.left-a.came)) >> 16)
	return s
}

// alone is what an answer says without a clock, where the question had the system's time in µs
// as its fraction.
func (a *answer) alone(system uint32) sample {
	s := a.sample()
	s.delta = int64((a.left>>32-epoch)<<32 | a.left&0xFFFFFFFF)
	s.delay = uint32(uint64(system-uint32(a.asked)) << 16 / microsPerSec)
	return s
}

// rank orders samples, the best one first.
func (s *sample) rank() uint32 { return s.rootDelay*2 + s.delay }

// fraction is µs as a fraction with 32 bits. The firmware has no division for that, but a sum
// that is a little less (div1m).
func fraction(micros uint32) uint32 {
	n := uint64(micros) << 32
	a := n>>5 + n>>10
	b := n>>12 + a>>1
	return uint32((n + a + b - (b>>11 - b>>23)) >> 20)
}

// micro is a fraction with 32 bits in µs, micro16 one with 16 bits.
func micro(frac int64) int64    { return frac * microsPerSec >> 32 }
func micro16(frac uint32) int64 { return int64(uint64(frac) * microsPerSec >> 16) }

// carry makes full seconds of µs.
func carry(sec, micros int32) (int32, int32) {
	for micros >= microsPerSec {
		micros -= microsPerSec
		sec++
	}
	return sec, micros
}

// steerLimit is what the clock may be off by for its rate to be steered, 0.2 s.
const steerLimit = 200_000 << 32 / microsPerSec

// steer is the rate of the clock that makes good within some time what it is off by, and what of
// that stays (PLL_A, PLL_B).
func steer(delta int64, before int32) (rate, after int32) {
	const all, part = 1 << 21, 1 << 19
	return int32(delta*all>>32) + before, before + int32(delta*part>>32)
}
