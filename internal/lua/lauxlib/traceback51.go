package lauxlib

import "moonlet.example/moonlet/internal/lua/state"

// Sizes of the two parts of a long traceback of Lua 5.1 (ldblib.c).
const (
	firstLevels51 = 12
	lastLevels51  = 10
)

// traceback51 is what debug.traceback does there: it pushes the message and the levels piece by piece, and joins
// them.
func (l *Lib) traceback51(other state.State, msg string, hasMsg bool, level int) {
	top := l.c.GetTop()
	if hasMsg {
		l.c.PushString(msg)
	}
	Levels51(l.c, other, top, hasMsg, level)
}

// Levels51 pushes a traceback, behind a line feed where there is a message, and makes one string of all that is on the
// stack above top: debug.traceback leaves arguments there that nothing asks for.
func Levels51(c state.Core, other state.State, top int, hasMsg bool, level int) {
	of := state.Core(other)
	if c.SameThread(other) {
		of = c
	}
	if hasMsg {
		c.PushString("\n")
	} else {
		c.PushString("")
	}
	c.PushString("stack traceback:")
	first := true
	for {
		ar, ok := of.GetStack(level)
		level++
		if !ok {
			break
		}
		if first && level > firstLevels51 {
			first = false
			if !isLevel(of, level+lastLevels51) {
				level--
				continue
			}
			c.PushString("\n\t...")
			for isLevel(of, level+lastLevels51) {
				level++
			}
			continue
		}
		level51(c, of, &ar)
		c.Concat(c.GetTop() - top)
	}
	c.Concat(c.GetTop() - top)
}

// level51 pushes what there is to say of a level.
func level51(c, of state.Core, ar *state.Debug) {
	c.PushString("\n\t")
	of.GetInfo("Snl", ar)
	c.PushFString("%s:", ar.ShortSrc)
	if ar.CurrentLine > 0 {
		c.PushFString("%d:", ar.CurrentLine)
	}
	switch {
	case ar.NameWhat != "":
		c.PushFString(" in function '%s'", ar.Name)
	case ar.What == "main":
		c.PushString(" in main chunk")
	case ar.What == "C", ar.What == "tail":
		c.PushString(" ?")
	default:
		c.PushFString(" in function <%s:%d>", ar.ShortSrc, ar.LineDefined)
	}
}
