package crypto

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding"
	"encoding/binary"
	"hash"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
)

// mech is a digest (digest_mech_info_t, app/crypto/digests.h). Its context in C is a row of
// words, a count of bits, and a block that is not full yet (app/include/rom.h, app/crypto/sha2.h);
// what Go writes of a digest is the same in another order.
type mech struct {
	name        string
	new         func() hash.Hash
	contextSize int // bytes
	digestSize  int
	blockSize   int
	words       int // of the state
	wordSize    int // bytes
	countAt     int // where the count of bits is
	bufferAt    int // where the block is
}

var mechs = [...]mech{
	// The chip's ROM uses 88 of the 92 bytes that rom.h gives to MD5.
	{"MD5", md5.New, 92, md5.Size, md5.BlockSize, 4, 4, 16, 24},
	{"SHA1", sha1.New, 92, sha1.Size, sha1.BlockSize, 5, 4, 20, 28},
	{"SHA256", sha256.New, 104, sha256.Size, sha256.BlockSize, 8, 4, 32, 40},
	{"SHA384", sha512.New384, 208, sha512.Size384, sha512.BlockSize, 8, 8, 64, 80},
	{"SHA512", sha512.New, 208, sha512.Size, sha512.BlockSize, 8, 8, 64, 80},
}

var mechSHA1 = &mechs[1]

// context is a digest that is being made, at a place in device memory.
type context struct {
	m    mem.Mem
	mech *mech
	at   state.Addr
}

// magicSize is how many bytes Go writes to tell which digest it is.
const magicSize = 4

// goState is the digest as Go writes it: a mark, the words, the block, the number of bytes, all
// with the most significant byte first.
type goState struct {
	mech *mech
	p    []byte
}

func newGoState(h hash.Hash, m *mech) goState {
	p, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil || len(p) != magicSize+m.words*m.wordSize+m.blockSize+8 {
		panic("BUG: crypto: Go writes " + m.name + " in another way")
	}
	return goState{m, p}
}

func (g goState) words() []byte { return g.p[magicSize:][:g.mech.words*g.mech.wordSize] }
func (g goState) block() []byte { return g.p[len(g.p)-8-g.mech.blockSize:][:g.mech.blockSize] }
func (g goState) count() []byte { return g.p[len(g.p)-8:] }

// swapWords copies words whose bytes are in reverse order on the other side.
func swapWords(to, from []byte, size int) {
	for i := 0; i+size <= len(from); i += size {
		for k := range size {
			to[i+k] = from[i+size-1-k]
		}
	}
}

func (c context) bytes() []byte { return c.m.Bytes(c.at, state.Addr(c.mech.contextSize)) }

// store writes the state of h.
func (c context) store(h hash.Hash) {
	g, p := newGoState(h, c.mech), c.bytes()
	swapWords(p, g.words(), c.mech.wordSize)
	copy(p[c.mech.bufferAt:], g.block())
	binary.LittleEndian.PutUint64(p[c.mech.countAt:], 8*binary.BigEndian.Uint64(g.count()))
}

// load makes a digest that goes on from the context.
func (c context) load() hash.Hash {
	h := c.mech.new()
	g, p := newGoState(h, c.mech), c.bytes()
	words := g.words()
	swapWords(words, p[:len(words)], c.mech.wordSize)
	copy(g.block(), p[c.mech.bufferAt:])
	binary.BigEndian.PutUint64(g.count(), binary.LittleEndian.Uint64(p[c.mech.countAt:])/8)
	if err := h.(encoding.BinaryUnmarshaler).UnmarshalBinary(g.p); err != nil {
		panic("BUG: crypto: " + err.Error())
	}
	return h
}

func (c context) create() {
	clear(c.bytes())
	c.store(c.mech.new())
}

func (c context) update(data []byte) {
	h := c.load()
	h.Write(data)
	c.store(h)
}

// finalize gives the digest and wipes the context, so that another digest of it is that of
// nothing, but begun with zeros. For MD5 and SHA1, which are in the chip's ROM, this is assumed.
func (c context) finalize() []byte {
	digest := c.load().Sum(nil)
	clear(c.bytes())
	return digest
}

// The bytes that are combined with the key of an HMAC.
const (
	innerPad = 0x36
	outerPad = 0x5C
)

// beginHMAC begins a digest with a key, and writes what its end needs to outer.
func (c context) beginHMAC(key []byte, outer state.Addr) {
	if len(key) > c.mech.blockSize {
		c.update(key)
		key = c.finalize()
		c.create()
	}
	inner, out := make([]byte, c.mech.blockSize), c.m.Bytes(outer, state.Addr(c.mech.blockSize))
	for i := range inner {
		var k byte
		if i < len(key) {
			k = key[i]
		}
		inner[i], out[i] = k^innerPad, k^outerPad
	}
	c.update(inner)
}

func (c context) finalizeHMAC(outer state.Addr) []byte {
	digest := c.finalize()
	c.create()
	h := c.load()
	h.Write(c.m.Bytes(outer, state.Addr(c.mech.blockSize)))
	h.Write(digest)
	c.store(h)
	return c.finalize()
}
