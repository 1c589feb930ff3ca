package compile

import (
	layout "moonlet.example/moonlet/internal/lua51/layout/common"
	"moonlet.example/moonlet/internal/mem"
)

// Line information while it grows: package lineinfo has its format. What is not yet used is filled, and the last
// byte of the vector is zero (growLineInfo, generateInfoDeltaLine, luaK_fixline, lcode.c).

const (
	lineFill     = 0x7f
	lineMax      = 126 // the largest count
	lineDelta    = 0x80
	lineNegative = 0x40
)

func (fs *funcState) lineByte(i int) byte { return fs.x.m.U8(fs.line + mem.Addr(i)) }

func (fs *funcState) setLineByte(i int, c byte) { fs.x.m.SetU8(fs.line+mem.Addr(i), c) }

// growLine makes room behind the vector's end, and tells where: its zero byte is one to be used now.
func (fs *funcState) growLine() int {
	old := fs.sizeLine
	fs.line = fs.x.vm.Grow(fs.line, &fs.sizeLine, 1, maxInt, "code size overflow")
	fs.x.m.SetPtr(fs.p+layout.ProtoLineInfo, fs.line)
	at := old
	if old > 0 {
		at--
	}
	for i := at; i < fs.sizeLine-1; i++ {
		fs.setLineByte(i, lineFill)
	}
	fs.setLineByte(fs.sizeLine-1, 0)
	return at
}

// put writes a byte at a place, and tells where the next one goes.
func (fs *funcState) put(at int, c byte) int {
	if fs.lineByte(at) == 0 {
		at = fs.growLine()
	}
	fs.setLineByte(at, c)
	return at + 1
}

// beginLine writes that an instruction is of another line.
func (fs *funcState) beginLine(line int) {
	at := fs.lineAt + 1
	if fs.line == 0 {
		at = fs.growLine()
	}
	if delta := line - fs.lastLine - 1; delta != 0 {
		sign := byte(0)
		if delta < 0 {
			sign, delta = lineNegative, -delta-1
		} else {
			delta--
		}
		at = fs.put(at, lineDelta|sign|byte(delta&0x3f))
		for delta >>= 6; delta != 0; delta >>= 7 {
			at = fs.put(at, lineDelta|byte(delta&0x7f))
		}
	}
	at = fs.put(at, 1)
	fs.lastLine = line
	fs.lineAt = at - 1
}

// fixLine says that the last instruction is of another line.
func (fs *funcState) fixLine(line int) {
	if line == fs.lastLine {
		return
	}
	at := fs.lineAt
	if n := fs.lineByte(at); n > 1 {
		fs.setLineByte(at, n-1)
	} else {
		delta := 0
		fs.setLineByte(at, lineFill)
		at--
		for at >= 0 {
			code := fs.lineByte(at)
			if code&lineDelta == 0 {
				break
			}
			fs.setLineByte(at, lineFill)
			at--
			if at >= 0 && fs.lineByte(at)&lineDelta != 0 {
				delta += int(code&0x7f) << 7
			} else {
				delta += int(code&0x3f) + 1
				if code&lineNegative != 0 {
					delta = -delta
				}
			}
		}
		fs.lastLine -= delta + 1
		fs.lineAt = at
	}
	fs.beginLine(line)
}

// addLine notes the line of the instruction that was just written.
func (fs *funcState) addLine(line int) {
	switch {
	case fs.pc != fs.lastPC+1: // it takes the place of another one
		fs.fixLine(line)
	case line == fs.lastLine && fs.lineByte(fs.lineAt) < lineMax:
		fs.setLineByte(fs.lineAt, fs.lineByte(fs.lineAt)+1)
	default:
		fs.beginLine(line)
	}
	fs.lastPC = fs.pc
}
