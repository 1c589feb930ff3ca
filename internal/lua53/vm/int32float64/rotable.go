// Code generated from ../rotable.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import layout "moonlet.example/moonlet/internal/lua53/layout/v8"

// A ROTable is a list of keys and values in flash. The firmware finds a key by
// a look-aside cache of 512 bytes and else by a scan from the front; keys that
// begin with "__" stand first, so that the search for a metafield can end early.
//
// Moonlet's cache is a Go array: it maps a table and the address of an interned
// key to the entry. The collector's atomic phase empties it, for only after that
// can a dead string's address be given to another one.

const roCacheSize = 256

type roLine struct{ table, key, value uint32 }

func (v *VM) clearROCache() {
	clear(v.roCache[:])
	v.Forget()
}

// roLine is the line of the cache where a string in a ROTable would be.
func (v *VM) roLine(h, ts Addr) *roLine {
	return &v.roCache[uint8(h>>4*29^ts>>3*37)]
}

// roFind finds the value of a short string in a ROTable, 0 if there is none.
func (v *VM) roFind(h, ts Addr) Addr {
	line := v.roLine(h, ts)
	if line.key == uint32(ts) && line.table == uint32(h) {
		return Addr(line.value)
	}
	a := v.roScan(h, ts)
	*line = roLine{uint32(h), uint32(ts), uint32(a)}
	return a
}

func (v *VM) roScan(h, ts Addr) Addr {
	i := v.roIndex(h, ts)
	if i < 0 {
		if h == v.rom.Main && v.cfg.Undefined != nil {
			v.cfg.Undefined(v.goString(ts))
		}
		return 0
	}
	return v.roEntry(h, i) + layout.ROEntryValue
}

func (v *VM) roEntry(h Addr, i int) Addr {
	return v.m.Ptr(h+layout.ROTableEntry) + Addr(i)*layout.ROEntrySize
}

// roIndex is the position of a key in a ROTable, -1 if it has none.
func (v *VM) roIndex(h, ts Addr) int {
	if v.m.Ptr(h+layout.ROTableEntry) == 0 || v.objTT(ts) != tagShort&variantMask {
		return -1
	}
	key := v.m.String(strData(ts), strLen(v.m, ts)+1) // with the final NUL
	meta := len(key) > 2 && key[0] == '_' && key[1] == '_'
	for i, n := 0, int(v.m.U8(h+layout.ROTableLSizeNode)); i < n; i++ {
		name := v.m.Ptr(v.roEntry(h, i) + layout.ROEntryKey)
		if meta && (v.m.U8(name) != '_' || v.m.U8(name+1) != '_') {
			break
		}
		if v.m.U8(name) == key[0] && v.m.String(name, Addr(len(key))) == key {
			return i
		}
	}
	return -1
}

// roNext is next for a ROTable.
func (t *Thread) roNext(h, a Addr) bool {
	v := t.v
	i := 0
	if tag := v.tag(a); isString(tag) {
		// Like the firmware, go past the end for a key that is not there.
		if i = v.roIndex(h, v.gcOf(a)); i < 0 {
			i = int(t.m.U8(h + layout.ROTableLSizeNode))
		}
		i++
	} else if tag != tagNil {
		v.setNil(a)
		return false
	}
	if i >= int(t.m.U8(h+layout.ROTableLSizeNode)) {
		v.setNil(a)
		return false
	}
	e := v.roEntry(h, i)
	v.setString(a, t.newString(v.CString(t.m.Ptr(e+layout.ROEntryKey))))
	v.copyTV(a+tvSize, e+layout.ROEntryValue)
	return true
}
