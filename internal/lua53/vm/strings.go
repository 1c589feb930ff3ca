package vm

import (
	"moonlet.example/moonlet/internal/lua/lauxlib"
	layout "moonlet.example/moonlet/internal/lua53/layout/v4"
	"moonlet.example/moonlet/internal/mem"
)

// Limits of strings (llimits.h).
const (
	maxShortLen    = 40
	minStringTable = 128
	hashLimit      = 5 // a hash looks at no more than about 2^hashLimit bytes
	maxSize        = 1<<31 - 1
)

// hashBytes is luaS_hash (lstring.c).
func hashBytes(s []byte, seed uint32) uint32 {
	h := seed ^ uint32(len(s))
	if len(s) < 1<<hashLimit {
		for i := len(s) - 1; i >= 0; i-- {
			h ^= h<<5 + h>>2 + uint32(s[i])
		}
		return h
	}
	step := len(s)>>hashLimit + 1
	for l := len(s); l >= step; l -= step {
		h ^= h<<5 + h>>2 + uint32(s[l-1])
	}
	return h
}

func strData(ts Addr) Addr { return ts + layout.TStringSize }

// strLen is the length of the string object ts.
func strLen(m mem.Mem, ts Addr) Addr {
	if m.U8(ts+layout.TStringTT) == tagShort&variantMask {
		return Addr(m.U8(ts + layout.TStringShrLen))
	}
	return m.Ptr(ts + layout.TStringLngLen)
}

// strBytes is a view of the string object ts.
func (v *VM) strBytes(ts Addr) []byte {
	return v.m.Bytes(strData(ts), strLen(v.m, ts))
}

func (v *VM) goString(ts Addr) string { return string(lauxlib.Touched(v.strBytes(ts))) }

// sizeString is the size of a string object of l bytes.
func sizeString(l Addr) Addr { return layout.TStringSize + l + 1 }

// setString stores the string object ts in a TValue.
func (v *VM) setString(a, ts Addr) {
	v.setPtr(a, ts, uint32(v.m.U8(ts+layout.TStringTT))|collectable)
}

func (t *Thread) newStringObj(l Addr, tt byte, hash uint32) Addr {
	ts := t.newObject(tt, sizeString(l))
	t.m.SetU32(ts+layout.TStringHash, hash)
	t.m.SetU8(ts+layout.TStringExtra, 0)
	t.m.SetU8(strData(ts)+l, 0)
	return ts
}

// newLongString makes a long string with undefined contents.
func (t *Thread) newLongString(l Addr) Addr {
	ts := t.newStringObj(l, tagLong&variantMask, t.m.U32(t.g+layout.GlobalSeed))
	t.m.SetPtr(ts+layout.TStringLngLen, l)
	return ts
}

// hashLong returns the hash of a long string and computes it on first use.
func (v *VM) hashLong(ts Addr) uint32 {
	if v.m.U8(ts+layout.TStringExtra) == 0 {
		h := hashBytes(v.strBytes(ts), v.m.U32(ts+layout.TStringHash))
		v.m.SetU32(ts+layout.TStringHash, h)
		v.m.SetU8(ts+layout.TStringExtra, 1)
	}
	return v.m.U32(ts + layout.TStringHash)
}

func (v *VM) eqLong(a, b Addr) bool {
	if a == b {
		return true
	}
	n := v.m.Ptr(a + layout.TStringLngLen)
	return n == v.m.Ptr(b+layout.TStringLngLen) &&
		v.m.String(strData(a), n) == v.m.String(strData(b), n)
}

// lookup finds a short string of hash h in the chain that starts at ts.
func lookup(m mem.Mem, ts Addr, s []byte, h uint32) Addr {
	for ; ts != 0; ts = m.Ptr(ts + layout.TStringHNext) {
		if m.U32(ts+layout.TStringHash) == h && int(m.U8(ts+layout.TStringShrLen)) == len(s) &&
			m.String(strData(ts), Addr(len(s))) == string(s) {
			return ts
		}
	}
	return 0
}

// chain is the head of the chain for a hash in the string table at strt.
func chain(m mem.Mem, strt Addr, hash uint32) Addr {
	return Addr(m.U32(strt+layout.StringTableHash) + 4*(hash&(m.U32(strt+layout.StringTableSlots)-1)))
}

// intern returns the one object of a short string: from RAM, from the flash
// store, or a new one.
func (t *Thread) intern(s []byte) Addr {
	m, v := t.m, t.v
	strt := t.g + layout.GlobalStrt
	h := hashBytes(s, m.U32(t.g+layout.GlobalSeed))
	slot := chain(m, strt, h)
	if ts := lookup(m, m.Ptr(slot), s, h); ts != 0 {
		if v.isDead(ts) {
			v.changeWhite(ts) // dead but not yet swept: it lives again
		}
		return ts
	}
	ro := t.g + layout.GlobalROStrt
	if m.Ptr(ro+layout.StringTableHash) != 0 {
		if ts := lookup(m, m.Ptr(chain(m, ro, h)), s, h); ts != 0 {
			return ts
		}
	}
	if n := m.U32(strt + layout.StringTableSlots); m.U32(strt+layout.StringTableNUse) >= n && n <= 1<<30-1 {
		t.resizeStrings(n * 2)
	}
	ts := t.newStringObj(Addr(len(s)), tagShort&variantMask, h)
	copy(m.Bytes(strData(ts), Addr(len(s))), s)
	m.SetU8(ts+layout.TStringShrLen, uint8(len(s)))
	// The table may have shrunk or grown meanwhile: find the slot anew.
	slot = chain(m, strt, h)
	m.SetPtr(ts+layout.TStringHNext, m.Ptr(slot))
	m.SetPtr(slot, ts)
	m.SetU32(strt+layout.StringTableNUse, m.U32(strt+layout.StringTableNUse)+1)
	return ts
}

// newString makes or finds the string s. s may alias device memory that the
// collector cannot free meanwhile.
func (t *Thread) newString(s []byte) Addr {
	if len(s) <= maxShortLen {
		return t.intern(s)
	}
	if len(s) >= maxSize-layout.TStringSize {
		t.tooBig()
	}
	ts := t.newLongString(Addr(len(s)))
	copy(t.m.Bytes(strData(ts), Addr(len(s))), s)
	return ts
}

func (t *Thread) newGoString(s string) Addr {
	if len(s) <= maxShortLen {
		var buf [maxShortLen]byte
		return t.intern(buf[:copy(buf[:], s)])
	}
	return t.newString([]byte(s))
}

// resizeStrings changes the size of the string table (luaS_resize).
func (t *Thread) resizeStrings(size uint32) {
	m, strt := t.m, t.g+layout.GlobalStrt
	old := m.U32(strt + layout.StringTableSlots)
	if size > old {
		hash := t.realloc(m.Ptr(strt+layout.StringTableHash), Addr(old)*4, Addr(size)*4)
		m.SetPtr(strt+layout.StringTableHash, hash)
		m.Zero(hash+Addr(old)*4, Addr(size-old)*4)
	}
	hash := m.Ptr(strt + layout.StringTableHash)
	for i := range Addr(old) {
		ts := m.Ptr(hash + 4*i)
		m.SetPtr(hash+4*i, 0)
		for ts != 0 {
			next := m.Ptr(ts + layout.TStringHNext)
			slot := hash + 4*Addr(m.U32(ts+layout.TStringHash)&(size-1))
			m.SetPtr(ts+layout.TStringHNext, m.Ptr(slot))
			m.SetPtr(slot, ts)
			ts = next
		}
	}
	if size < old {
		hash = t.realloc(hash, Addr(old)*4, Addr(size)*4)
		m.SetPtr(strt+layout.StringTableHash, hash)
	}
	m.SetU32(strt+layout.StringTableSlots, size)
}

// unlinkString takes a short string that is being freed out of the table.
func (v *VM) unlinkString(ts Addr) {
	m, strt := v.m, v.g+layout.GlobalStrt
	slot := chain(m, strt, m.U32(ts+layout.TStringHash))
	for m.Ptr(slot) != ts {
		slot = m.Ptr(slot) + layout.TStringHNext
	}
	m.SetPtr(slot, m.Ptr(ts+layout.TStringHNext))
	m.SetU32(strt+layout.StringTableNUse, m.U32(strt+layout.StringTableNUse)-1)
}

// compareStrings orders two string objects by their bytes (l_strcmp of the
// firmware, which knows no locale).
func (v *VM) compareStrings(a, b Addr) int {
	x, y := v.m.String(strData(a), strLen(v.m, a)), v.m.String(strData(b), strLen(v.m, b))
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// newUdata makes a userdata of size bytes; its memory is undefined, as in C.
func (t *Thread) newUdata(size Addr) Addr {
	if size > maxSize-layout.UdataSize {
		t.tooBig()
	}
	u := t.newObject(tagUdata&variantMask, layout.UdataSize+size)
	t.m.SetPtr(u+layout.UdataLen, size)
	t.m.SetPtr(u+layout.UdataMetatable, 0)
	t.m.SetU32(u+layout.UdataUser, 0)
	t.m.SetU8(u+layout.UdataTTUV, tagNil)
	return u
}
