// Package crypto is the module crypto: digests, signatures with a key (HMAC), and AES.
//
// The functions themselves are Go's. What an object of Lua keeps of a digest is in its userdata,
// where the firmware has it.
package crypto

import (
	"bytes"
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// metaName is the name of the objects' metatable.
const metaName = "crypto.hash"

var methods = &state.ROTable{Name: metaName}

// Module declares crypto.
var Module = declare(nil)

// declare declares crypto with some more functions.
func declare(more []state.Entry) state.Module {
	return state.Module{
		Name: "crypto",
		Table: &state.ROTable{Name: "crypto", Entries: append([]state.Entry{
			state.Fn("sha1", sha1Of),
			state.Fn("mask", mask),
			state.Fn("hash", hashOf),
			state.Fn("fhash", hashOfFile),
			state.Fn("new_hash", newHash),
			state.Fn("hmac", hmacOf),
			state.Fn("new_hmac", newHMAC),
			state.Fn("encrypt", func(L state.State) int { return cipherOf(L, true) }),
			state.Fn("decrypt", func(L state.State) int { return cipherOf(L, false) }),
		}, more...)},
		Open: func(L state.State) int {
			L.ROMetatable(metaName, methods)
			return 0
		},
		Tables: []*state.ROTable{methods},
	}
}

func init() {
	methods.Entries = []state.Entry{
		state.Tab("__index", methods),
		state.Fn("update", update),
		state.Fn("finalize", finalize),
	}
}

// hashBytesPerUnit is how many bytes of a digest are charged as one unit of work, an assumption:
// about 50 cycles for each. AES is charged twice as much.
const hashBytesPerUnit = 2

// checkName is an argument that C reads up to the first zero byte.
func checkName(L state.State, arg int) string {
	s := L.CheckBytes(arg)
	if i := bytes.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	return string(s)
}

// checkMech is the digest that an argument names.
func checkMech(L state.State, arg int) *mech {
	name := checkName(L, arg)
	for i := range mechs {
		if strings.EqualFold(name, mechs[i].name) {
			return &mechs[i]
		}
	}
	L.Errorf("unknown hash mech")
	return nil
}

// scratch takes memory for the time of a call. It is outside of Lua's account.
func scratch(L state.State, size int) state.Addr {
	a := L.Alloc(size)
	if a == 0 {
		L.Errorf("insufficient memory")
	}
	return a
}

func pushBytes(L state.State, p []byte) int {
	L.PushBytes(p)
	return 1
}

// sha1Of is crypto.sha1(text).
func sha1Of(L state.State) int {
	data := L.CheckBytes(1)
	L.Charge(len(data) / hashBytesPerUnit)
	h := mechSHA1.new()
	h.Write(data)
	return pushBytes(L, h.Sum(nil))
}

// mask is crypto.mask(text, mask).
func mask(L state.State) int {
	text, key := L.CheckBytes(1), L.CheckBytes(2)
	if len(key) == 0 {
		return L.Errorf("invalid argument: mask")
	}
	b := L.NewBuffer()
	for i, c := range text {
		b.AddByte(c ^ key[i%len(key)])
	}
	b.PushResult()
	return 1
}

// hashOf is crypto.hash(mech, text).
func hashOf(L state.State) int {
	m := checkMech(L, 1)
	data := L.CheckBytes(2)
	ctx := scratch(L, m.contextSize)
	L.Charge(len(data) / hashBytesPerUnit)
	h := m.new()
	h.Write(data)
	L.Free(ctx, m.contextSize)
	return pushBytes(L, h.Sum(nil))
}

// hmacOf is crypto.hmac(mech, text, key).
func hmacOf(L state.State) int {
	m := checkMech(L, 1)
	data, key := L.CheckBytes(2), L.CheckBytes(3)
	size := m.contextSize + m.blockSize
	a := scratch(L, size)
	L.Charge((len(data) + len(key)) / hashBytesPerUnit)
	c := context{L.Mem(), m, a}
	c.create()
	c.beginHMAC(key, a+state.Addr(m.contextSize))
	c.update(data)
	digest := c.finalizeHMAC(a + state.Addr(m.contextSize))
	L.Free(a, size)
	return pushBytes(L, digest)
}

// fileBlock is what the file system takes for an open file (struct myvfs_file,
// app/spiffs/spiffs.c).
const fileBlock = 12

// hashOfFile is crypto.fhash(mech, name).
func hashOfFile(L state.State) int {
	m := checkMech(L, 1)
	name := checkName(L, 2)
	files, ok := port.FilesOf(L.Host())
	if !ok {
		return L.Errorf("%s", port.NoFiles.Error())
	}
	block := L.Alloc(fileBlock)
	if block == 0 {
		return L.Errorf("file does not exist")
	}
	f, err := files.Open(name, port.ParseOpenMode("r"))
	if err != nil {
		L.Free(block, fileBlock)
		return L.Errorf("file does not exist")
	}
	digest := hashFile(L, m, f)
	f.Close()
	L.Free(block, fileBlock)
	if digest == nil {
		return L.Errorf("insufficient memory")
	}
	return pushBytes(L, digest)
}

// hashFile reads a file by blocks of the digest; nil if there is no memory. Then the firmware
// forgets the first of its two pieces, if it has got that.
func hashFile(L state.State, m *mech, f port.File) []byte {
	ctx := L.Alloc(m.contextSize)
	if ctx == 0 {
		return nil
	}
	buffer := L.Alloc(m.blockSize)
	if buffer == 0 {
		return nil
	}
	h := m.new()
	p := L.Mem().Bytes(buffer, state.Addr(m.blockSize))
	for n := len(p); n == len(p); {
		var err error
		if n, err = f.Read(p); err != nil {
			n = 0
		}
		L.Charge(n / hashBytesPerUnit)
		h.Write(p[:n])
	}
	L.Free(buffer, m.blockSize)
	L.Free(ctx, m.contextSize)
	return h.Sum(nil)
}
