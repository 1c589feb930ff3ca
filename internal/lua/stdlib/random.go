package stdlib

import "moonlet.example/moonlet/internal/lua/state"

// math.random scales rand() of the C library (lmathlib.c): its generator is part
// of the platform. The firmware's host build has glibc's, the modules have
// newlib's; both return 31 bits and start as if seeded with 1.

// randMax is the largest value of rand (L_RANDMAX).
const randMax = 1<<31 - 1

// randomBits draws from the host's generator. A host without one gets
// NewlibRand with its state in the registry.
func randomBits(L state.State) uint32 {
	if host, ok := L.Host().(Randomizer); ok {
		return host.Random() & randMax
	}
	a := registryRand(L)
	g := NewlibRand{next: L.Mem().U64(a), seeded: true}
	n := g.Random()
	L.Mem().SetU64(a, g.next)
	return n
}

// seedRandom seeds the generator.
func seedRandom(L state.State, seed uint32) {
	if host, ok := L.Host().(Randomizer); ok {
		host.SeedRandom(seed)
		return
	}
	L.Mem().SetU64(registryRand(L), uint64(seed))
}

// registryRand is the address of the generator's state, which is made at the
// first use.
func registryRand(L state.State) state.Addr {
	const key = "RAND"
	if L.GetField(state.RegistryIndex, key) == state.Nil {
		a := L.NewUserdata(8)
		L.Mem().SetU64(a, 1)
		L.SetField(state.RegistryIndex, key)
		L.Pop(1)
		return a
	}
	a := L.ToUserdata(-1)
	L.Pop(1)
	return a
}

func mathRandom(L state.State) int {
	r := float64(randomBits(L)) * (1.0 / (randMax + 1.0))
	var low, up int64
	switch L.GetTop() {
	case 0:
		L.PushNumber(r)
		return 1
	case 1:
		low, up = 1, L.CheckInteger(1)
	case 2:
		low, up = L.CheckInteger(1), L.CheckInteger(2)
	default:
		return L.Errorf("wrong number of arguments")
	}
	if low > up {
		return L.ArgError(1, "interval is empty")
	}
	if low < 0 && up > maxInteger(L)+low {
		return L.ArgError(1, "interval too large")
	}
	r *= float64(up-low) + 1
	L.PushInteger(int64(r) + low)
	return 1
}

func mathRandomSeed(L state.State) int {
	f := L.CheckNumber(1)
	// C converts to an integer and then to unsigned int; x86 makes the smallest
	// integer of what does not fit.
	n := int64(-1) << (intBits(L) - 1)
	if limit := -float64(n); -limit <= f && f < limit {
		n = int64(f)
	}
	seedRandom(L, uint32(n))
	randomBits(L) // the first one would depend too much on the seed
	return 0
}

// NewlibRand is rand of newlib, the C library of the modules.
type NewlibRand struct {
	next   uint64
	seeded bool
}

// SeedRandom is srand.
func (g *NewlibRand) SeedRandom(seed uint32) { g.next, g.seeded = uint64(seed), true }

// Random is rand.
func (g *NewlibRand) Random() uint32 {
	if !g.seeded {
		g.SeedRandom(1)
	}
	g.next = g.next*6364136223846793005 + 1
	return uint32(g.next>>32) & randMax
}

// glibcLag and glibcSep are the distances of glibc's additive generator (TYPE_3).
const glibcLag, glibcSep = 31, 3

// GlibcRand is rand of glibc, the C library of the firmware's host build.
type GlibcRand struct {
	ring   [glibcLag]uint32
	pos    int
	seeded bool
}

// SeedRandom is srand.
func (g *GlibcRand) SeedRandom(seed uint32) {
	if seed == 0 {
		seed = 1
	}
	word := int32(seed)
	for i := range g.ring {
		g.ring[i] = uint32(word)
		// 16807·word mod 2³¹-1 without overflow (Schrage); a negative word
		// occurs for seeds from 2³¹ on.
		high, low := word/127773, word%127773
		if word = 16807*low - 2836*high; word < 0 {
			word += randMax
		}
	}
	g.pos, g.seeded = glibcSep, true
	for range 10 * glibcLag {
		g.Random()
	}
}

// Random is rand.
func (g *GlibcRand) Random() uint32 {
	if !g.seeded {
		g.SeedRandom(1)
	}
	g.ring[g.pos] += g.ring[(g.pos+glibcLag-glibcSep)%glibcLag]
	n := g.ring[g.pos] >> 1
	g.pos = (g.pos + 1) % glibcLag
	return n
}

// Random and SeedRandom are rand and srand of the C library, for the library of another edition.

func Random(L state.State) uint32 { return randomBits(L) }

func SeedRandom(L state.State, seed uint32) { seedRandom(L, seed) }
