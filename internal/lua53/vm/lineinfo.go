package vm

import (
	layout "moonlet.example/moonlet/internal/lua53/layout/v4"
)

// Line information is packed (lcode.c, ldebug.c). It is a sequence of
//
//	[delta] count
//
// closed by a zero byte. count, a byte from 1 to 127, is a number of
// instructions of one line; delta is the distance from the line before and is
// left out where it is 1:
//
//	1snnnnnn {1nnnnnnn}    little-endian; s: minus n, else plus n+2
//
// The first line is counted from 0. More than 127 instructions of a line repeat
// it with a delta of minus 0.

// lineRun is one step through packed line information.
type lineRun struct{ line, pc, count int }

// eachLine calls f for each run of instructions until it tells false. ok is
// false when the information ends early.
func (v *VM) eachLine(p Addr, f func(r lineRun) bool) (ok bool) {
	a := v.m.Ptr(p + layout.ProtoLineInfo)
	size := int(v.m.I32(p + layout.ProtoSizeCode))
	line, delta, shift, sign := 0, 0, 0, -1
	for pc := 0; pc < size; a++ {
		c := int(v.m.U8(a))
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
		if !f(lineRun{int(int32(line)), pc, c}) {
			return true
		}
		pc += c
	}
	return true
}

// funcLine is the line of an instruction, -1 without line information.
func (v *VM) funcLine(p Addr, pc int) int {
	if v.m.Ptr(p+layout.ProtoLineInfo) == 0 {
		return -1
	}
	line := 0
	if !v.eachLine(p, func(r lineRun) bool {
		if r.pc <= pc && pc < r.pc+r.count {
			line = r.line
			return false
		}
		return true
	}) {
		return -1
	}
	return line
}
