package crypto

import (
	"encoding/base64"
	"encoding/hex"

	"moonlet.example/moonlet/internal/lua/state"
)

// Classic declares crypto with the two functions that went in 3.0-release_20201107, since encoder has
// them: as app/modules/crypto.c of 2.2.1-master_20181207 has them without encoder.
var Classic = declare([]state.Entry{
	state.Fn("toBase64", encoded(base64.StdEncoding.EncodedLen, base64.StdEncoding.Encode)),
	state.Fn("toHex", encoded(hex.EncodedLen, func(dst, src []byte) { hex.Encode(dst, src) })),
})

// encodedPerUnit is how many bytes are charged as one unit of work, as those of encoder.
const encodedPerUnit = 4

// encoded makes a function of Lua that encodes a string. The result stands in a block of its own
// until Lua has its string.
func encoded(size func(n int) int, encode func(dst, src []byte)) state.Func {
	return func(L state.State) int {
		in := L.CheckBytes(1)
		L.Charge(len(in) / encodedPerUnit)
		n := size(len(in))
		if n == 0 {
			L.PushString("")
			return 1
		}
		at := L.ReallocCounted(0, 0, n)
		out := L.Mem().Bytes(at, state.Addr(n))
		encode(out, in)
		L.PushBytes(out)
		L.ReallocCounted(at, n, 0)
		return 1
	}
}
