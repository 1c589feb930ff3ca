package chunk

import "slices"

// Levels of debug information, as LUAI_OPTIMIZE_DEBUG and node.stripdebug count
// them.
const (
	StripNothing = 0
	StripNames   = 1 // names of upvalues and local variables
	StripLines   = 2 // line information as well
)

// Strip is a copy of a function and those inside it without the debug
// information that a level leaves out (luaU_stripdebug, ldump.c). A level above
// StripLines is taken for that one.
func Strip(p *Proto, level int) *Proto {
	q := *p
	q.Protos = make([]*Proto, len(p.Protos))
	for i, sub := range p.Protos {
		q.Protos[i] = Strip(sub, level)
	}
	q.Code = slices.Clone(p.Code)
	q.Constants = slices.Clone(p.Constants)
	q.Upvalues = slices.Clone(p.Upvalues)
	q.LineInfo = slices.Clone(p.LineInfo)
	q.LocVars = slices.Clone(p.LocVars)
	if level >= StripNames {
		for i := range q.Upvalues {
			q.Upvalues[i].Name = Text{}
		}
		q.HasNames, q.LocVars = false, nil
	}
	if level >= StripLines {
		q.LineInfo = nil
	}
	return &q
}

// Level is the highest strip level at which a function could have been stripped:
// the information of lower ones is not there.
func Level(p *Proto) int {
	level := StripLines
	if len(p.LineInfo) > 0 {
		level = StripNames
	}
	if len(p.LocVars) > 0 || slices.ContainsFunc(p.Upvalues, func(u Upvalue) bool { return u.Name.Set }) {
		return StripNothing
	}
	for _, sub := range p.Protos {
		level = min(level, Level(sub))
	}
	return level
}
