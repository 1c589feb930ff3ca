package machine

import (
	"strconv"
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
)

// This file has what the editions have in common when somebody looks at the functions that run.

// Frames calls f for each function that runs, with its thread and its frame, until it tells false: innermost first, and
// below a coroutine's functions those of the thread that resumed it.
type Frames func(f func(l, ci mem.Addr) bool)

// Depth is that of Control.
func (each Frames) Depth() (n int) {
	each(func(_, _ mem.Addr) bool { n++; return true })
	return n
}

// At finds the function at a level of CallStack, and its thread; ci is 0 if there is none.
func (each Frames) At(level int) (l, ci mem.Addr) {
	each(func(thread, frame mem.Addr) bool {
		if level == 0 {
			l, ci = thread, frame
		}
		level--
		return level >= 0
	})
	return l, ci
}

// callFrames is how many functions CallStack tells at most.
const callFrames = 48

// CallStack is that of Machine. frame describes a function; ok is false for one that has no place to tell. In damaged
// memory, which faults, it is what is known so far.
func (each Frames) CallStack(list []Frame, space *mem.Space, frame func(l, ci mem.Addr) (f Frame, ok bool)) (out []Frame) {
	out = list
	defer func() {
		if r := recover(); r != nil {
			if _, ok := space.AsFault(r); !ok {
				panic(r)
			}
		}
	}()
	each(func(l, ci mem.Addr) bool {
		if len(out) >= callFrames {
			return false
		}
		if f, ok := frame(l, ci); ok {
			out = append(out, f)
		}
		return true
	})
	return out
}

// Temporary is the name of a value of a frame that is no variable.
const Temporary = "(*temporary)"

// VariablesOf are the Variables of Control of one function: local and upvalue find its n-th ones, counted from 1, and
// where their values are; ok is false, or the place 0, behind the last one.
func VariablesOf(local func(n int) (name string, at mem.Addr), upvalue func(n int) (name string, at mem.Addr, ok bool),
	valueOf func(at mem.Addr) Value) (list []Variable) {
	for n := 1; ; n++ {
		name, at := local(n)
		if at == 0 || name == Temporary {
			break
		}
		list = append(list, Variable{Kind: Local, Name: name, Index: n, Value: valueOf(at)})
	}
	for n := 1; ; n++ {
		name, at, ok := upvalue(n)
		if !ok {
			return list
		}
		list = append(list, Variable{Kind: Upvalue, Name: name, Index: n, Value: valueOf(at)})
	}
}

// positionLevels bounds the length of a Position.
const positionLevels = 20

// PositionOf is the Position of Machine. info tells about the function at a level of the running thread what
// lua_getinfo does for "Sln"; in are the words of the edition's tracebacks for a function that has a name, or "" for one
// that has neither a name nor lines.
func PositionOf(info func(level int) (ar state.Debug, ok bool), in func(ar *state.Debug) string) string {
	var b strings.Builder
	b.WriteString("stack traceback:")
	lua := false
	for level := range positionLevels {
		ar, ok := info(level)
		switch {
		case !ok && !lua:
			return ""
		case !ok:
			return b.String()
		}
		lua = lua || ar.What != "C"
		b.WriteString("\n\t" + ar.ShortSrc + ":")
		if ar.CurrentLine > 0 {
			b.WriteString(strconv.Itoa(ar.CurrentLine) + ":")
		}
		switch {
		case ar.NameWhat == "" && ar.What == "main":
			b.WriteString(" in main chunk")
		case ar.NameWhat == "" && ar.What == "Lua":
			b.WriteString(" in function <" + ar.ShortSrc + ":" + strconv.Itoa(ar.LineDefined) + ">")
		default:
			b.WriteString(in(&ar))
		}
	}
	b.WriteString("\n\t...")
	return b.String()
}
