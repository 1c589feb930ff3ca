// Code generated from ../rotable.go by internal/lua/gen; DO NOT EDIT.

package integral

import (
	"strings"

	layout "moonlet.example/moonlet/internal/lua51/layout/v4"
)

// A ROTable is a list of keys and values in flash. The firmware finds a key by a look-aside cache in static memory,
// and else by a scan from the front. Moonlet's cache is a Go array that maps a table and the address of a key to the
// value; the collector empties it, for only then can a dead string's address be given to another one.

const roCacheSize = 256

type roLine struct{ table, key, value uint32 }

func (v *VM) clearROCache() {
	clear(v.roCache[:])
	v.named = chunkName{}
}

// roLine is the line of the cache where a string in a ROTable would be.
func (v *VM) roLine(h, ts Addr) *roLine {
	return &v.roCache[uint8(h>>4*29^ts>>3*37)]
}

// roFind finds the value of a string in a ROTable, 0 if there is none.
func (v *VM) roFind(h, ts Addr) Addr {
	line := v.roLine(h, ts)
	if line.key == uint32(ts) && line.table == uint32(h) {
		return Addr(line.value)
	}
	a := Addr(0)
	if i := v.roIndex(h, ts); i >= 0 {
		a = v.roEntry(h, i) + layout.ROEntryValue
	} else if h == v.rom.Main && v.cfg.Undefined != nil {
		v.cfg.Undefined(v.goString(ts))
	}
	*line = roLine{uint32(h), uint32(ts), uint32(a)}
	return a
}

func (v *VM) roEntry(h Addr, i int) Addr {
	return v.m.Ptr(h+layout.ROTableEntry) + Addr(i)*layout.ROEntrySize
}

// roIndex is the position of a key in a ROTable, -1 if it has none. A key counts up to its first NUL.
func (v *VM) roIndex(h, ts Addr) int {
	if v.m.Ptr(h+layout.ROTableEntry) == 0 {
		return -1
	}
	m := v.m
	key, _, _ := strings.Cut(m.String(strData(ts), strLen(m, ts)), "\x00")
	first, size := byte(0), Addr(len(key))
	if size > 0 {
		first = key[0]
	}
	for i, n := 0, int(m.U8(h+layout.ROTableLSizeNode)); i < n; i++ {
		name := m.Ptr(v.roEntry(h, i) + layout.ROEntryKey)
		if m.U8(name) == first && m.String(name, size) == key && m.U8(name+size) == 0 {
			return i
		}
	}
	return -1
}

// roNext is next for a ROTable. A key that is no string is left as it is, and the value behind it, as the firmware
// does; an unknown string ends the traversal.
func (t *Thread) roNext(h, a Addr) bool {
	v, i := t.v, 0
	switch v.tag(a) {
	case tagNil:
	case tagString:
		if i = v.roIndex(h, v.gcOf(a)); i < 0 {
			i = int(t.m.U8(h + layout.ROTableLSizeNode))
		}
		i++
	default:
		return true
	}
	if i >= int(t.m.U8(h+layout.ROTableLSizeNode)) {
		v.setNil(a)
		v.setNil(a + tvSize)
		return false
	}
	e := v.roEntry(h, i)
	off := t.save(a)
	ts := t.newString(t.cString(t.m.Ptr(e + layout.ROEntryKey)))
	a = t.restore(off)
	v.setString(a, ts)
	v.copyTV(a+tvSize, e+layout.ROEntryValue)
	return true
}

// cString is a view of the NUL-terminated string at a.
func (t *Thread) cString(a Addr) []byte {
	n := Addr(0)
	for t.m.U8(a+n) != 0 {
		n++
	}
	return t.m.Bytes(a, n)
}
