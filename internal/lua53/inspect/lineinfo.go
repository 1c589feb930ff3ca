package inspect

import layout "moonlet.example/moonlet/internal/lua53/layout/common"

// Line information is packed; package lineinfo says how. Here it is read from memory byte
// by byte, for what ends it may be damaged.

// EachLine calls f for each run of instructions of one line until it tells false. ok is
// false when the information ends early.
func (w *View) EachLine(p Addr, f func(line, start, count int) bool) (ok bool) {
	a := w.m.Ptr(p + layout.ProtoLineInfo)
	size := int(w.m.I32(p + layout.ProtoSizeCode))
	line, delta, shift, sign := 0, 0, 0, -1
	for pc := 0; pc < size; a++ {
		c := int(w.m.U8(a))
		if c&0x80 != 0 {
			if shift == 0 {
				sign, delta, shift = c>>6&1, c&0x3f, 6
			} else {
				delta += c & 0x7f << shift
				shift += 7
			}
			continue
		}
		if c == 0 {
			return false
		}
		switch sign {
		case -1:
			line++
		case 1:
			line -= delta
		default:
			line += delta + 2
		}
		delta, shift, sign = 0, 0, -1
		if !f(int(int32(line)), pc, c) {
			return true
		}
		pc += c
	}
	return true
}

// FuncLine is the line of an instruction, -1 without line information.
func (w *View) FuncLine(p Addr, pc int) int {
	if w.m.Ptr(p+layout.ProtoLineInfo) == 0 {
		return -1
	}
	line := 0
	if !w.EachLine(p, func(l, start, count int) bool {
		if start <= pc && pc < start+count {
			line = l
			return false
		}
		return true
	}) {
		return -1
	}
	return line
}
