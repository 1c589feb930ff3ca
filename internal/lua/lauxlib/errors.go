package lauxlib

import "moonlet.example/moonlet/internal/lua/state"

// Errorf implements state.State.
func (l *Lib) Errorf(format string, args ...any) int {
	l.c.Where(1)
	l.c.PushFString(format, args...)
	l.c.Concat(2)
	return l.c.Error()
}

// ArgError implements state.State.
func (l *Lib) ArgError(arg int, msg string) int {
	ar, ok := l.c.GetStack(0)
	if !ok {
		return l.Errorf("bad argument #%d (%s)", arg, msg)
	}
	l.c.GetInfo("n", &ar)
	if ar.NameWhat == "method" {
		if arg--; arg == 0 {
			return l.Errorf("calling '%s' on bad self (%s)", ar.Name, msg)
		}
	}
	if ar.NameWhat == "" {
		ar.Name = "?"
		if !l.old && l.pushGlobalFuncName(l.c, &ar) {
			ar.Name = l.text()
		}
	}
	return l.Errorf("bad argument #%d to '%s' (%s)", arg, ar.Name, msg)
}

// TypeError implements state.State.
func (l *Lib) TypeError(arg int, name string) int {
	got := l.c.TypeNameAt(arg)
	if l.old {
		// nothing has another name
	} else if l.GetMetafield(arg, "__name") == state.String {
		got = l.text()
	} else if l.c.Type(arg) == state.LightUserdata {
		got = "light userdata"
	}
	l.c.PushFString("%s expected, got %s", name, got)
	return l.ArgError(arg, l.text())
}

func (l *Lib) tagError(arg int, ty state.Type) { l.TypeError(arg, l.c.TypeName(ty)) }

// Sizes of the two parts of a long traceback.
const (
	firstLevels = 10
	lastLevels  = 11
)

// findField looks for the value at objidx in the table on top, to a depth of
// level; it pushes the name under which it found it.
func (l *Lib) findField(objidx, level int) bool {
	if level == 0 || !l.c.IsTable(-1) {
		return false
	}
	l.c.PushNil()
	for l.c.Next(-2) {
		if l.c.Type(-2) == state.String {
			if l.c.RawEqual(objidx, -1) {
				l.c.Pop(1)
				return true
			}
			if l.findField(objidx, level-1) {
				l.c.Remove(-2)
				l.c.PushString(".")
				l.c.Insert(-2)
				l.c.Concat(3)
				return true
			}
		}
		l.c.Pop(1)
	}
	return false
}

// pushGlobalFuncName pushes the name of a function of thread of in the loaded
// modules or in ROM.
func (l *Lib) pushGlobalFuncName(of state.Core, ar *state.Debug) bool {
	top := l.c.GetTop()
	of.GetInfo("f", ar)
	l.take(of)
	l.c.GetField(state.RegistryIndex, "_LOADED")
	if !l.findField(top+1, 2) {
		l.c.SetTop(top + 1)
		l.c.GetGlobal("ROM")
		if !l.findField(top+1, 2) {
			l.c.SetTop(top)
			return false
		}
	}
	if name := l.text(); len(name) >= 3 && name[:3] == "_G." {
		l.c.PushString(name[3:])
		l.c.Remove(-2)
	}
	l.c.Copy(-1, top+1)
	l.c.SetTop(top + 1)
	return true
}

// take moves the top of another thread to this one.
func (l *Lib) take(of state.Core) {
	if !l.c.SameThread(of) {
		of.XMove(l.c, 1)
	}
}

func (l *Lib) pushFuncName(of state.Core, ar *state.Debug) {
	switch {
	case l.pushGlobalFuncName(of, ar):
		l.c.PushFString("function '%s'", l.text())
		l.c.Remove(-2)
	case ar.NameWhat != "":
		l.c.PushFString("%s '%s'", ar.NameWhat, ar.Name)
	case ar.What == "main":
		l.c.PushString("main chunk")
	case ar.What != "C":
		l.c.PushFString("function <%s:%d>", ar.ShortSrc, ar.LineDefined)
	default:
		l.c.PushString("?")
	}
}

// lastLevel is the level of a thread's outermost function.
func lastLevel(of state.Core) int {
	low, high := 1, 1
	for isLevel(of, high) {
		low, high = high, high*2
	}
	for low < high {
		if mid := (low + high) / 2; isLevel(of, mid) {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return high - 1
}

func isLevel(of state.Core, level int) bool {
	_, ok := of.GetStack(level)
	return ok
}

// Traceback implements state.State.
func (l *Lib) Traceback(other state.State, msg string, hasMsg bool, level int) {
	if l.old {
		l.traceback51(other, msg, hasMsg, level)
		return
	}
	of := state.Core(other)
	if l.c.SameThread(other) {
		of = l.c
	}
	top := l.c.GetTop()
	last := lastLevel(of)
	first := -1
	if last-level > firstLevels+lastLevels {
		first = firstLevels
	}
	if hasMsg {
		l.c.PushFString("%s\n", msg)
	}
	l.CheckStackMsg(10, "")
	l.c.PushString("stack traceback:")
	for {
		ar, ok := of.GetStack(level)
		level++
		if !ok {
			break
		}
		if first == 0 {
			l.c.PushString("\n\t...")
			level = last - lastLevels + 1
		} else {
			of.GetInfo("Slnt", &ar)
			l.c.PushFString("\n\t%s:", ar.ShortSrc)
			if ar.CurrentLine > 0 {
				l.c.PushFString("%d:", ar.CurrentLine)
			}
			l.c.PushString(" in ")
			l.pushFuncName(of, &ar)
			if ar.IsTailCall {
				l.c.PushString("\n\t(...tail calls...)")
			}
			l.c.Concat(l.c.GetTop() - top)
		}
		first--
	}
	l.c.Concat(l.c.GetTop() - top)
}
