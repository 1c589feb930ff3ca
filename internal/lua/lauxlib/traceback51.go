package lauxlib

import "moonlet.example/moonlet/internal/lua/state"

// Sizes of the two parts of a long traceback of Lua 5.1 (ldblib.c).
const (
	firstLevels51 = 12
	lastLevels51  = 10
)

// traceback51 is Traceback of Lua 5.1.
func (l *Lib) traceback51(other state.State, msg string, hasMsg bool, level int) {
	below := l.c.GetTop()
	if hasMsg {
		l.c.PushString(msg)
	}
	l.AddTraceback(other, below, level)
}

// AddTraceback is what debug.traceback does in Lua 5.1: it pushes the levels piece by piece, and joins them with the
// message, which is what the stack has above its lowest values already.
func (l *Lib) AddTraceback(other state.State, below, level int) {
	of := state.Core(other)
	if l.c.SameThread(other) {
		of = l.c
	}
	if l.c.GetTop() > below {
		l.c.PushString("\n")
	} else {
		l.c.PushString("")
	}
	l.c.PushString("stack traceback:")
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
			l.c.PushString("\n\t...")
			for isLevel(of, level+lastLevels51) {
				level++
			}
			continue
		}
		l.level51(of, &ar)
		l.c.Concat(l.c.GetTop() - below)
	}
	l.c.Concat(l.c.GetTop() - below)
}

// level51 pushes what there is to say of a level.
func (l *Lib) level51(of state.Core, ar *state.Debug) {
	l.c.PushString("\n\t")
	of.GetInfo("Snl", ar)
	l.c.PushFString("%s:", ar.ShortSrc)
	if ar.CurrentLine > 0 {
		l.c.PushFString("%d:", ar.CurrentLine)
	}
	switch {
	case ar.NameWhat != "":
		l.c.PushFString(" in function '%s'", ar.Name)
	case ar.What == "main":
		l.c.PushString(" in main chunk")
	case ar.What == "C", ar.What == "tail":
		l.c.PushString(" ?")
	default:
		l.c.PushFString(" in function <%s:%d>", ar.ShortSrc, ar.LineDefined)
	}
}
