// Package bloom is the module bloom: sets of strings that may take a string for a member which is
// none.
package bloom

import (
	"crypto/sha256"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
)

// metaName is the name of the filters' metatable.
const metaName = "bloom.filter"

var methods = &state.ROTable{Name: metaName}

// Module declares bloom.
var Module = state.Module{
	Name:  "bloom",
	Table: &state.ROTable{Name: "bloom", Entries: []state.Entry{state.Fn("create", create)}},
	Open: func(L state.State) int {
		L.ROMetatable(metaName, methods)
		return 1
	},
	Tables: []*state.ROTable{methods},
}

func init() {
	methods.Entries = []state.Entry{
		state.Tab("__index", methods),
		state.Fn("add", func(L state.State) int { return look(L, true) }),
		state.Fn("check", func(L state.State) int { return look(L, false) }),
		state.Fn("reset", reset),
		state.Fn("info", info),
	}
}

// A filter is a userdata (bloom_t of app/modules/bloom.c) with how many functions it has, its size
// in words, how many bits are set, and the words.
const (
	offFunctions = 0 // 1 byte
	offWords     = 2 // 2 bytes
	offSet       = 4
	offBits      = 8
)

// Limits of a filter.
const (
	minBits      = 256
	minFunctions = 2
	maxFunctions = 15
)

// hashWork is what the digest of a string is charged beside half a unit for each byte: an
// assumption, as in module crypto.
const hashWork = 32

// filter is a filter in device memory.
type filter struct {
	m    mem.Mem
	at   state.Addr
	size int // of the userdata
}

func checkFilter(L state.State) filter {
	at := L.CheckUdata(1, metaName)
	return filter{L.Mem(), at, L.RawLen(1)}
}

// functions and words are bounded: they are in memory that damaged code can write.
func (f filter) functions() int { return min(int(f.m.U8(f.at+offFunctions)), maxFunctions) }
func (f filter) words() int {
	return min(int(f.m.U16(f.at+offWords)), (f.size-offBits)/4)
}
func (f filter) set() uint32     { return f.m.U32(f.at + offSet) }
func (f filter) setSet(n uint32) { f.m.SetU32(f.at+offSet, n) }

// create is bloom.create(elements, rate). All numbers are C's of 32 bits, and wrap around.
func create(L state.State) int {
	elements, rate := int32(L.CheckInteger(1)), int32(L.CheckInteger(2))
	L.ArgCheck(elements != 0, 1, "should be a positive integer") // C divides by it
	log := int32(0)
	for n := rate; n > 0; n >>= 1 {
		log++
	}
	bits := elements * log
	bits += bits >> 1
	bits = max((bits+31)&^31, minBits)
	functions := bits / elements
	functions = min(max(functions>>1+functions/6, minFunctions), maxFunctions)

	at := L.NewUserdata(offBits + int(bits/8))
	L.SetMetatableByName(metaName)
	m := L.Mem()
	m.SetU8(at+offFunctions, byte(functions))
	m.SetU16(at+offWords, uint16(bits/32))
	return 1
}

// look is filter:add(text) and filter:check(text): whether all bits of the text are set.
func look(L state.State, add bool) int {
	f := checkFilter(L)
	text := L.CheckBytes(2)
	L.Charge(hashWork + len(text)/2)
	digest := sha256.Sum256(text)
	L.PushBoolean(f.look(digest, add))
	return 1
}

// look goes through the numbers of 24 bits in a digest, one for each function. With more than ten
// functions they overlap.
func (f filter) look(digest [sha256.Size]byte, add bool) bool {
	functions, bits := f.functions(), uint32(f.words())<<5
	step := 3
	if functions > 10 {
		step = 2
	}
	known := true
	for i := 0; i < functions && bits > 0; i++ {
		d := digest[i*step:]
		n := (uint32(d[0])<<16 | uint32(d[1])<<8 | uint32(d[2])) % bits
		word, bit := f.at+offBits+state.Addr(n>>5<<2), uint32(1)<<(n&31)
		if f.m.U32(word)&bit != 0 {
			continue
		}
		known = false
		if !add {
			break
		}
		f.m.SetU32(word, f.m.U32(word)|bit)
		f.setSet(f.set() + 1)
	}
	return known
}

// reset is filter:reset().
func reset(L state.State) int {
	f := checkFilter(L)
	if n := f.words(); n > 0 {
		clear(f.m.Bytes(f.at+offBits, state.Addr(4*n)))
	}
	f.setSet(0)
	return 0
}

// info is filter:info(): bits, functions, bits that are set, and the n of "one of n is taken for a
// member by mistake".
func info(L state.State) int {
	f := checkFilter(L)
	L.PushInteger(int64(f.words()) << 5)
	L.PushInteger(int64(f.functions()))
	L.PushInteger(int64(int32(f.set())))
	L.PushInteger(int64(chance(uint32(f.words()), f.functions(), f.set())))
	return 4
}

// maxChance is the largest n that is told.
const maxChance = 1000000

// chance is bits per set bit to the power of the number of functions, first in whole numbers, and
// where that is small in 256ths.
func chance(words uint32, functions int, set uint32) uint64 {
	if set == 0 {
		return maxChance
	}
	ratio := uint64(words << 5 / set)
	n := ratio
	for i := 1; i < functions && n < maxChance; i++ {
		n *= ratio
	}
	if n < maxChance {
		ratio = uint64(words << 13 / set)
		n = ratio
		for i := 1; i < functions && n < maxChance<<8; i++ {
			n = n * ratio >> 8
		}
		n >>= 8
	}
	return min(n, maxChance)
}
