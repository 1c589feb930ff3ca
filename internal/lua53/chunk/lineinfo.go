package chunk

// LineOf is the source line of an instruction, counted from 0; it is -1 without
// line information (luaG_getfuncline, ldebug.c). A whole function is faster by
// Lines.
func (p *Proto) LineOf(pc int) int {
	line := -1
	p.eachLine(func(l, start, count int) bool {
		if pc < start || pc >= start+count {
			return true
		}
		line = l
		return false
	})
	return line
}

// Lines are the source lines of all instructions, as LineOf tells them.
func (p *Proto) Lines() []int {
	lines := make([]int, len(p.Code))
	for i := range lines {
		lines[i] = -1
	}
	p.eachLine(func(line, start, count int) bool {
		for i := range count {
			lines[start+i] = line
		}
		return true
	})
	return lines
}

// eachLine calls f for each run of instructions of one line until it tells false.
// The format, a sequence that a zero byte closes (lcode.c):
//
//	[delta] count          count: a byte from 1 to 127
//	delta = 1snnnnnn {1nnnnnnn}   little-endian; s: minus n, else plus n+2
//
// Without a delta the run belongs to the next line; the first line is counted
// from 0. Runs end with the code, and damaged information ends early.
func (p *Proto) eachLine(f func(line, start, count int) bool) {
	const (
		isDelta  = 0x80
		negative = 0x40
		maxShift = 31 // of a C int; what is above has no meaning
	)
	var line, delta int32
	step, minus, shift := true, false, 0
	pc := 0
	for _, c := range p.LineInfo {
		switch {
		case pc >= len(p.Code) || c == 0:
			return
		case c&isDelta == 0:
			count := min(int(c), len(p.Code)-pc)
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
