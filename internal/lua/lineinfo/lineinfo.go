// Package lineinfo reads the packed line information that both editions of NodeMCU's Lua
// have, a sequence that a zero byte closes (lcode.c):
//
//	info  = {[delta] count} 0
//	count = a byte from 1 to 127
//	delta = 1snnnnnn {1nnnnnnn}   little-endian; s: minus n, else plus n+2
//
// Without a delta a run belongs to the next line; the first line is counted from 0.
package lineinfo

// Each calls f for each run of instructions of one line until it tells false. Runs
// end with the code, which has instructions; damaged information ends early.
func Each(info []byte, instructions int, f func(line, start, count int) bool) {
	const (
		isDelta  = 0x80
		negative = 0x40
		maxShift = 31 // of a C int; what is above has no meaning
	)
	var line, delta int32
	step, minus, shift := true, false, 0
	pc := 0
	for _, c := range info {
		switch {
		case pc >= instructions || c == 0:
			return
		case c&isDelta == 0:
			count := min(int(c), instructions-pc)
			switch {
			case step:
				line++
			case minus:
				line -= delta
			default:
				line += delta + 2
			}
			step, shift = true, 0
			if !f(int(line), pc, count) {
				return
			}
			pc += count
		case shift == 0:
			step, minus, shift = false, c&negative != 0, 6
			delta = int32(c & 0x3f)
		case shift < maxShift:
			delta += int32(c&0x7f) << shift
			shift += 7
		}
	}
}

// Of is the line of one instruction, counted from 0; -1 without information
// (luaG_getfuncline, luaG_getline). A whole function is faster by All.
func Of(info []byte, instructions, pc int) int {
	line := -1
	Each(info, instructions, func(l, start, count int) bool {
		if pc < start || pc >= start+count {
			return true
		}
		line = l
		return false
	})
	return line
}

// All are the lines of all instructions, as Of tells them.
func All(info []byte, instructions int) []int {
	lines := make([]int, instructions)
	for i := range lines {
		lines[i] = -1
	}
	Each(info, instructions, func(line, start, count int) bool {
		for i := range count {
			lines[start+i] = line
		}
		return true
	})
	return lines
}
