// Code generated from ../position.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	"strconv"
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
)

// positionLevels bounds the length of a Position.
const positionLevels = 20

// running is the thread that the innermost protected run belongs to.
func (v *VM) running() *Thread {
	if n := len(v.levels); n > 0 {
		return v.thread(v.levels[n-1].l)
	}
	return v.main
}

// Position implements Machine. Functions are named by the code that called them,
// not by the loaded modules: looking those up would need the stack.
func (v *VM) Position() string {
	var b strings.Builder
	b.WriteString("stack traceback:")
	t := v.running()
	lua := false
	for level := range positionLevels {
		ar, ok := t.GetStack(level)
		if !ok && !lua {
			return ""
		} else if !ok {
			return b.String()
		}
		t.GetInfo("Slnt", &ar)
		b.WriteString("\n\t" + ar.ShortSrc + ":")
		lua = lua || ar.What != "C"
		if ar.CurrentLine > 0 {
			b.WriteString(strconv.Itoa(ar.CurrentLine) + ":")
		}
		switch {
		case ar.NameWhat != "":
			b.WriteString(" in " + ar.NameWhat + " '" + ar.Name + "'")
		case ar.What == "main":
			b.WriteString(" in main chunk")
		case ar.What != "C":
			b.WriteString(" in function <" + ar.ShortSrc + ":" + strconv.Itoa(ar.LineDefined) + ">")
		default:
			b.WriteString(" in ?")
		}
	}
	b.WriteString("\n\t...")
	return b.String()
}

// Unprotected implements Machine.
func (v *VM) Unprotected(r any) (msg string, ok bool) {
	status, ok := v.caught(r)
	if !ok {
		return "", false
	}
	if status == state.ErrMem {
		return memErrMsg, true
	}
	t := v.running()
	if a := t.top() - tvSize; a > t.stack() && isString(v.tag(a)) {
		return v.goString(v.gcOf(a)), true
	}
	return "", true
}
