package chunk

import "moonlet.example/moonlet/internal/lua/lineinfo"

// LineOf is the source line of an instruction, counted from 0; it is -1 without
// line information. A whole function is faster by Lines.
func (p *Proto) LineOf(pc int) int { return lineinfo.Of(p.LineInfo, len(p.Code), pc) }

// Lines are the source lines of all instructions, as LineOf tells them.
func (p *Proto) Lines() []int { return lineinfo.All(p.LineInfo, len(p.Code)) }
