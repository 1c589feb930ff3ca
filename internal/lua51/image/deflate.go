package image

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
)

// What the firmware's compressor looks for (app/uzlib/uzlib_deflate.c). Its choices make the bytes of an image,
// so they are kept.
const (
	minMatch   = 3
	maxMatch   = 258
	window     = 16384 // bytes back
	candidates = 60    // that are compared at one place
)

// gzipHead is that of a member without a name and a time, by a compressor for speed, on Unix.
const gzipHead = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\x03"

// compress makes the gzip member of an image: one block with fixed codes, the CRC and the length.
func compress(data []byte) []byte {
	w := &bitWriter{b: []byte(gzipHead)}
	w.bits(1, 1) // the last block
	w.bits(1, 2) // with fixed codes
	newMatcher(data).run(w)
	w.bits(0, 7) // end of the block
	w.bits(0, 7) // so that all bits of it are written
	w.b = binary.LittleEndian.AppendUint32(w.b, crc32.ChecksumIEEE(data))
	return binary.LittleEndian.AppendUint32(w.b, uint32(len(data)))
}

// bitWriter writes deflate's codes, the lowest bit of a byte first.
type bitWriter struct {
	b     []byte
	held  uint32
	holds int
}

func (w *bitWriter) bits(v uint32, n int) {
	w.held |= v << w.holds
	w.holds += n
	for ; w.holds >= 8; w.holds -= 8 {
		w.b = append(w.b, byte(w.held))
		w.held >>= 8
	}
}

// code writes a Huffman code, whose highest bit comes first.
func (w *bitWriter) code(v uint32, n int) { w.bits(bits.Reverse32(v)>>(32-n), n) }

// symbol writes a symbol of the fixed table (RFC 1951, 3.2.6).
func (w *bitWriter) symbol(s uint32) {
	switch {
	case s < 144:
		w.code(0x30+s, 8)
	case s < 256:
		w.code(0x190+s-144, 9)
	case s < 280:
		w.code(s-256, 7)
	default:
		w.code(0xc0+s-280, 8)
	}
}

// classOf is the number of a length or distance n, counted from 0, in a table where the first 2·step classes hold
// one value each, and then every step classes have a bit more. rest are the bits that choose among a class's.
func classOf(n uint32, stepBits int) (class, rest uint32, extra int) {
	if n < 2<<stepBits {
		return n, 0, 0
	}
	extra = bits.Len32(n) - 1 - stepBits
	return uint32(extra)<<stepBits + n>>extra, n & (1<<extra - 1), extra
}

// match writes that length bytes are as those a distance back (RFC 1951, 3.2.5).
func (w *bitWriter) match(distance, length int) {
	if length == maxMatch {
		w.symbol(285)
	} else {
		class, rest, extra := classOf(uint32(length-minMatch), 2)
		w.symbol(257 + class)
		w.bits(rest, extra)
	}
	class, rest, extra := classOf(uint32(distance-1), 1)
	w.code(class, 5)
	w.bits(rest, extra)
}

// matcher finds what came before: chains of places with equal hashes of three bytes. Of a place 15 bits are kept, so
// that one which is too far back to be of use may be taken for one that is nearer, and match there.
type matcher struct {
	data  []byte
	heads []uint16 // by hash: the last place
	links []uint16 // by place in the window: the one before
	shift int
}

const (
	placeMask = 1<<15 - 1
	noPlace   = 1<<16 - 1
)

func newMatcher(data []byte) *matcher {
	chain, span, hashBits := min(len(data), window), 256, 6
	for ; span < chain; span <<= 1 {
		hashBits++
	}
	m := &matcher{data: data, heads: make([]uint16, span/4), links: make([]uint16, chain), shift: 24 - hashBits}
	for _, places := range [][]uint16{m.heads, m.links} {
		for i := range places {
			places[i] = noPlace
		}
	}
	return m
}

// find enters the place and gives the longest match there, the nearest of equal ones.
func (m *matcher) find(at int) (distance, length int) {
	v := uint32(m.data[at])<<16 | uint32(m.data[at+1])<<8 | uint32(m.data[at+2])
	hash := (v>>m.shift - v) & uint32(len(m.heads)-1)
	place := m.heads[hash]
	m.heads[hash] = uint16(at & placeMask)
	m.links[at%window] = place
	most := min(len(m.data)-at, maxMatch)
	length = minMatch - 1
	for range candidates {
		if place == noPlace {
			break
		}
		prev := at&^placeMask + int(place)
		if prev >= at {
			prev -= placeMask + 1
		}
		if at-prev > window {
			break
		}
		n := 0
		for n < most && m.data[at+n] == m.data[prev+n] {
			n++
		}
		if n > length {
			distance, length = at-prev, n
		}
		place = m.links[int(place)%window]
	}
	return distance, length
}

// run writes everything. A match waits for the one at the next byte: a longer one there takes its place.
func (m *matcher) run(w *bitWriter) {
	distance, length := 0, 0 // of what waits
	i := 0
	for ; i <= len(m.data)-minMatch; i++ {
		d, n := m.find(i)
		switch {
		case distance == 0 && d == 0:
			w.symbol(uint32(m.data[i]))
		case distance == 0:
			distance, length = d, n
		case d == 0 || length >= n:
			w.match(distance, length)
			i += length - 2 // the bytes between are not entered
			distance, length = 0, 0
		default:
			w.symbol(uint32(m.data[i-1]))
			distance, length = d, n
		}
	}
	if distance != 0 {
		w.match(distance, length)
		i += length - 1
	}
	for ; i < len(m.data); i++ {
		w.symbol(uint32(m.data[i]))
	}
}
