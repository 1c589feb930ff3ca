package vm

import (
	"moonlet.example/moonlet/internal/lua/lauxlib"
	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
	"moonlet.example/moonlet/internal/mem"
)

const (
	minStringTable = 32 // MINSTRTABSIZE
	maxSize        = 1<<32 - 3
	maxInt         = 1<<31 - 3
)

// hashBytes is the hash of a string (luaS_newlstr), which looks at no more than 32 of its bytes.
func hashBytes(s []byte) uint32 {
	h := uint32(len(s))
	step := len(s)>>5 + 1
	for l := len(s); l >= step; l -= step {
		h ^= h<<5 + h>>2 + uint32(s[l-1])
	}
	return h
}

func strData(ts Addr) Addr { return ts + layout.TStringSize }

func strLen(m mem.Mem, ts Addr) Addr { return m.Ptr(ts + layout.TStringLen) }

// strBytes is a view of a string object.
func (v *VM) strBytes(ts Addr) []byte { return v.m.Bytes(strData(ts), strLen(v.m, ts)) }

func (v *VM) goString(ts Addr) string { return string(lauxlib.Touched(v.strBytes(ts))) }

// cGoString is a string object up to its first NUL, as C code would print it.
func (v *VM) cGoString(ts Addr) string { return cText(v.strBytes(ts)) }

// cText is s up to its first NUL.
func cText(s []byte) string {
	for i, c := range s {
		if c == 0 {
			return string(s[:i])
		}
	}
	return string(lauxlib.Touched(s))
}

// sizeString is the size of a string object of l bytes.
func sizeString(l Addr) Addr { return layout.TStringSize + l + 1 }

// lookup finds a string in the chain that starts at ts.
func lookup(m mem.Mem, ts Addr, s []byte, h uint32) Addr {
	for ; ts != 0; ts = m.Ptr(ts) {
		if m.U32(ts+layout.TStringHash) == h && int(m.U32(ts+layout.TStringLen)) == len(s) &&
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

// newString is the one object of a string: from RAM, from the flash store, or a new one (luaS_newlstr). s may be in
// device memory that the collector cannot free meanwhile.
func (t *Thread) newString(s []byte) Addr {
	m, v := t.m, t.v
	strt := t.g + layout.GlobalStrt
	h := hashBytes(s)
	if ts := lookup(m, m.Ptr(chain(m, strt, h)), s, h); ts != 0 {
		if v.isDead(ts) {
			v.changeWhite(ts) // dead but not yet swept: it lives again
		}
		return ts
	}
	if ro := t.g + layout.GlobalROStrt; m.Ptr(ro+layout.StringTableHash) != 0 {
		if ts := t.lookupStore(m.Ptr(chain(m, ro, h)), s, h); ts != 0 {
			return ts
		}
	}
	return t.makeString(s, h)
}

// lookupStore is lookup in the flash store, whose chains may be circles if it is damaged: a chip would go round until
// the watchdog comes.
func (t *Thread) lookupStore(ts Addr, s []byte, h uint32) Addr {
	const most = 1 << 16 // words that an image has
	m := t.m
	for n := 0; ts != 0; n++ {
		if n > most {
			t.v.badCode(ts)
		}
		if m.U32(ts+layout.TStringHash) == h && m.U32(ts+layout.TStringLen) == uint32(len(s)) && string(m.Bytes(strData(ts), Addr(len(s)))) == string(s) {
			return ts
		}
		ts = m.Ptr(ts)
	}
	return 0
}

// makeString makes a string that there is not (newlstr).
func (t *Thread) makeString(s []byte, h uint32) Addr {
	m, strt := t.m, t.g+layout.GlobalStrt
	if uint64(len(s))+1 > maxSize-layout.TStringSize {
		t.tooBig()
	}
	if n := m.U32(strt + layout.StringTableSlots); m.U32(strt+layout.StringTableNUse)+1 > n && n <= maxInt/2 {
		t.resizeStrings(n * 2)
	}
	ts := t.alloc(sizeString(Addr(len(s))))
	m.SetU32(ts+layout.TStringLen, uint32(len(s)))
	m.SetU32(ts+layout.TStringHash, h)
	m.SetU8(ts+layout.GCObjectMarked, t.v.currentWhite())
	m.SetU8(ts+layout.GCObjectTT, tagString)
	copy(m.Bytes(strData(ts), Addr(len(s))), s)
	m.SetU8(strData(ts)+Addr(len(s)), 0)
	slot := chain(m, strt, h) // the table may have changed meanwhile
	m.SetPtr(ts, m.Ptr(slot))
	m.SetPtr(slot, ts)
	m.SetU32(strt+layout.StringTableNUse, m.U32(strt+layout.StringTableNUse)+1)
	return ts
}

func (t *Thread) newGoString(s string) Addr {
	if len(s) <= 64 {
		var buf [64]byte
		return t.newString(buf[:copy(buf[:], s)])
	}
	return t.newString([]byte(s))
}

// resizeStrings changes the size of the string table, unless it is being swept or resized (luaS_resize).
func (t *Thread) resizeStrings(size uint32) {
	m, strt, flags := t.m, t.g+layout.GlobalStrt, t.g+layout.GlobalGCFlags
	if t.sweepStrings() || size == m.U32(strt+layout.StringTableSlots) || m.U8(flags)&flagResizing != 0 {
		return
	}
	m.SetU8(flags, m.U8(flags)|flagResizing)
	old := m.U32(strt + layout.StringTableSlots)
	if size > old {
		hash := t.reallocVector(m.Ptr(strt+layout.StringTableHash), Addr(old), Addr(size), 4)
		m.SetPtr(strt+layout.StringTableHash, hash)
		m.Zero(hash+Addr(old)*4, Addr(size-old)*4)
	}
	hash := m.Ptr(strt + layout.StringTableHash)
	for i := range Addr(old) {
		ts := m.Ptr(hash + 4*i)
		m.SetPtr(hash+4*i, 0)
		for ts != 0 {
			next := m.Ptr(ts)
			slot := hash + 4*Addr(m.U32(ts+layout.TStringHash)&(size-1))
			m.SetPtr(ts, m.Ptr(slot))
			m.SetPtr(slot, ts)
			ts = next
		}
	}
	if size < old {
		hash = t.reallocVector(hash, Addr(old), Addr(size), 4)
		m.SetPtr(strt+layout.StringTableHash, hash)
	}
	m.SetU32(strt+layout.StringTableSlots, size)
	m.SetU8(flags, m.U8(flags)&^flagResizing)
}

// compareStrings orders two string objects by their bytes: the firmware knows no locale.
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

// newUdata makes a userdata of size bytes, behind the main thread in the list of all (luaS_newudata). Its memory is
// undefined, as in C.
func (t *Thread) newUdata(size, env Addr) Addr {
	if uint64(size) > maxSize-layout.UdataSize {
		t.tooBig()
	}
	m := t.m
	u := t.alloc(layout.UdataSize + size)
	m.SetU8(u+layout.GCObjectMarked, t.v.currentWhite())
	m.SetU8(u+layout.GCObjectTT, tagUdata)
	m.SetPtr(u+layout.UdataLen, size)
	m.SetPtr(u+layout.UdataMetatable, 0)
	m.SetPtr(u+layout.UdataEnv, env)
	main := m.Ptr(t.g + layout.GlobalMainThread)
	m.SetPtr(u, m.Ptr(main))
	m.SetPtr(main, u)
	return u
}
