// Package source is quantities that change with time, for inputs and sensors.
package source

import (
	"math"
	"time"
)

// Source is a simulated quantity. It depends on nothing but the time since
// power-on, so the same moment always gives the same value.
type Source interface {
	At(t time.Duration) float64
}

// Constant is a value that never changes.
type Constant float64

// At implements Source.
func (c Constant) At(time.Duration) float64 { return float64(c) }

// Ramp goes from one value to another and stays there, or begins again.
type Ramp struct {
	From, To float64
	Over     time.Duration
	Repeat   bool
}

// At implements Source.
func (r Ramp) At(t time.Duration) float64 {
	if r.Over <= 0 {
		return r.To
	}
	if t >= r.Over {
		if !r.Repeat {
			return r.To
		}
		t %= r.Over
	}
	// The conversion keeps processors from fusing product and sum, which would
	// make the last digit depend on the host. Likewise below.
	return r.From + float64((r.To-r.From)*(float64(t)/float64(r.Over)))
}

// Sine swings around its mean.
type Sine struct {
	Mean, Amplitude float64
	Period          time.Duration
}

// At implements Source.
func (s Sine) At(t time.Duration) float64 {
	if s.Period <= 0 {
		return s.Mean
	}
	phase := float64(t%s.Period) / float64(s.Period)
	return s.Mean + float64(s.Amplitude*math.Sin(2*math.Pi*phase))
}

// List takes one value after the other and stays at the last, or begins again.
type List struct {
	Values []float64
	Every  time.Duration
	Repeat bool
}

// At implements Source.
func (l List) At(t time.Duration) float64 {
	n := len(l.Values)
	if n == 0 || l.Every <= 0 {
		return 0
	}
	i := int64(t / l.Every)
	if l.Repeat {
		return l.Values[i%int64(n)]
	}
	return l.Values[min(i, int64(n-1))]
}

// Noise adds random values, evenly spread between -Amplitude and Amplitude, that
// change once per Every.
type Noise struct {
	Of        Source
	Amplitude float64
	Every     time.Duration
	Seed      uint64
}

// At implements Source.
func (n Noise) At(t time.Duration) float64 {
	slot := uint64(0)
	if n.Every > 0 {
		slot = uint64(t / n.Every)
	}
	unit := float64(mix(n.Seed, slot)>>11) / (1 << 53) // [0, 1)
	return n.Of.At(t) + float64(n.Amplitude*(2*unit-1))
}

// mix is a hash of two words (the finalizer of SplitMix64, Steele et al. 2014).
func mix(seed, slot uint64) uint64 {
	z := seed + (slot+1)*0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}
