package crypto

import (
	"crypto/aes"
	"crypto/cipher"
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
)

// aesContext is what the SDK takes for the keys of AES, in bytes (libcrypto.a).
const aesContext = 244

// cipherOf is crypto.encrypt and crypto.decrypt(mech, key, text [, iv]). A text is filled up with
// zeros to whole blocks, a starting vector, too. As in the firmware, the result stands in a block
// of its own within Lua's account until Lua has its string.
func cipherOf(L state.State, encrypt bool) int {
	name := checkName(L, 1)
	chained := strings.EqualFold(name, "AES-CBC")
	if !chained && !strings.EqualFold(name, "AES-ECB") {
		return L.Errorf("unknown cipher: %s", name)
	}
	key, data := L.CheckBytes(2), L.CheckBytes(3)
	var iv [aes.BlockSize]byte
	if !L.IsNoneOrNil(4) {
		if given := L.CheckBytes(4); chained {
			copy(iv[:], given)
		}
	}
	size := (len(data) + aes.BlockSize - 1) / aes.BlockSize * aes.BlockSize
	at := L.ReallocCounted(0, 0, size)
	var out []byte
	if size > 0 {
		out = L.Mem().Bytes(at, state.Addr(size))
	}
	ctx, ok := L.Alloc(aesContext), false
	if ctx != 0 {
		ok = crypt(out, data, key, blocksOf(chained, encrypt, iv[:]))
		L.Charge(len(out))
		L.Free(ctx, aesContext)
	}
	L.PushBytes(out)
	L.ReallocCounted(at, size, 0)
	if !ok {
		return L.Errorf("crypto op failed")
	}
	return 1
}

// crypt fills out with data, and lets do work on that. It is false if the key has no length for
// AES. Keys of 24 and 32 bytes do, although the manual wants 16: the SDK takes them.
func crypt(out, data, key []byte, do func(b cipher.Block, p []byte)) bool {
	b, err := aes.NewCipher(key)
	if err != nil {
		return false
	}
	clear(out[copy(out, data):])
	do(b, out)
	return true
}

// blocksOf works on whole blocks, in place.
func blocksOf(chained, encrypt bool, iv []byte) func(b cipher.Block, p []byte) {
	switch {
	case chained && encrypt:
		return func(b cipher.Block, p []byte) { cipher.NewCBCEncrypter(b, iv).CryptBlocks(p, p) }
	case chained:
		return func(b cipher.Block, p []byte) { cipher.NewCBCDecrypter(b, iv).CryptBlocks(p, p) }
	}
	return func(b cipher.Block, p []byte) {
		one := b.Decrypt
		if encrypt {
			one = b.Encrypt
		}
		for ; len(p) > 0; p = p[aes.BlockSize:] {
			one(p, p)
		}
	}
}
