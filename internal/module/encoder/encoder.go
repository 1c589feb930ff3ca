// Package encoder is the module encoder: bytes as Base64 or hexadecimal digits, and back.
package encoder

import (
	"encoding/base64"
	"encoding/hex"

	"moonlet.example/moonlet/internal/lua/state"
)

// Module declares encoder.
var Module = state.Module{
	Name: "encoder",
	Table: &state.ROTable{Name: "encoder", Entries: []state.Entry{
		state.Fn("fromBase64", convert(fromBase64)),
		state.Fn("toBase64", convert(toBase64)),
		state.Fn("fromHex", convert(fromHex)),
		state.Fn("toHex", convert(toHex)),
	}},
}

// bytesPerUnit is how many bytes of input are charged as one unit of work: an assumption, some
// ten cycles for each.
const bytesPerUnit = 8

// block is memory for a result, within Lua's account.
type block struct {
	L    state.State
	at   state.Addr
	size int
}

func newBlock(L state.State, size int) block {
	return block{L, L.ReallocCounted(0, 0, size), size}
}

// bytes are those of the block, in place.
func (b block) bytes() []byte {
	if b.size == 0 {
		return nil
	}
	return b.L.Mem().Bytes(b.at, state.Addr(b.size))
}

// resize changes the size; 0 gives the block back.
func (b *block) resize(size int) {
	b.at = b.L.ReallocCounted(b.at, b.size, size)
	b.size = size
}

// convert makes a function of Lua of one that converts a string. As in the firmware, the result
// stands in a block of its own until Lua has its string, and is lost if there is no memory for
// that.
func convert(f func(L state.State, in []byte) block) state.Func {
	return func(L state.State) int {
		in := L.CheckBytes(1)
		L.Charge(len(in) / bytesPerUnit)
		out := f(L, in)
		L.PushBytes(out.bytes())
		out.resize(0)
		return 1
	}
}

func toBase64(L state.State, in []byte) block {
	out := newBlock(L, base64.StdEncoding.EncodedLen(len(in)))
	base64.StdEncoding.Encode(out.bytes(), in)
	return out
}

const padding = '='

// fromBase64 wants groups of four digits. Bits that are left over in the last one may be any.
func fromBase64(L state.State, in []byte) block {
	if len(in) == 0 {
		return block{L: L}
	}
	digits := in
	for i := 0; i < 2 && digits[len(digits)-1] == padding && len(in)%4 == 0; i++ {
		digits = digits[:len(digits)-1]
	}
	if len(in)%4 != 0 || !allBase64(digits) {
		L.Errorf("Invalid base64 string")
	}
	out := newBlock(L, 1+3*len(in)/4)
	n, err := base64.RawStdEncoding.Decode(out.bytes(), digits)
	if err != nil {
		panic("BUG: encoder: " + err.Error())
	}
	out.resize(n)
	return out
}

// allBase64 keeps line ends away from Go's decoder, which takes them.
func allBase64(p []byte) bool {
	for _, c := range p {
		switch {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '+', c == '/':
		default:
			return false
		}
	}
	return true
}

func toHex(L state.State, in []byte) block {
	out := newBlock(L, hex.EncodedLen(len(in)))
	hex.Encode(out.bytes(), in)
	return out
}

func fromHex(L state.State, in []byte) block {
	if len(in)%2 != 0 {
		L.Errorf("Invalid hex string")
	}
	out := newBlock(L, hex.DecodedLen(len(in)))
	if _, err := hex.Decode(out.bytes(), in); err != nil {
		out.resize(0)
		L.Errorf("Invalid hex string")
	}
	return out
}
