package stdlib

import (
	"bytes"

	"moonlet.example/moonlet/internal/lua/state"
)

// The userdata of gmatch is as large as the firmware's GMatchState: eight words
// and 32 captures of two words. Only two words are used.
const (
	gmatchSize = 36 + maxCaptures*8
	gmatchPos  = 0 // index in the subject where the next search begins
	gmatchLast = 8 // index of the end of the last match and 1, 0 at first
)

var gmatchStepProc = &state.Proc{F: gmatchStep}

func stringGmatch(L state.State) int {
	L.CheckBytes(1)
	L.CheckBytes(2)
	L.SetTop(2)
	L.NewUserdata(gmatchSize)
	L.PushClosure(gmatchStepProc, 3)
	return 1
}

// gmatchStep is the iterator of gmatch; its upvalues are subject, pattern and
// userdata.
func gmatchStep(L state.State) int {
	src, _ := L.ToBytes(state.UpvalueIndex(1))
	pat, _ := L.ToBytes(state.UpvalueIndex(2))
	a := L.ToUserdata(state.UpvalueIndex(3))
	mem := L.Mem()
	pos := int(mem.I32(a + gmatchPos))
	if uint(pos) > uint(len(src)) { // the debug library has changed an upvalue
		return 0
	}
	var m matchState
	m.prepare(L, src, pat)
	start, end := m.find(pos, int(mem.I32(a+gmatchLast))-1, false)
	if start < 0 {
		return 0
	}
	mem.SetI32(a+gmatchPos, int32(end))
	mem.SetI32(a+gmatchLast, int32(end+1))
	return m.pushCaptures(start, end, true)
}

// addTemplate appends the replacement string, with captures for '%1' and so on.
func (m *matchState) addTemplate(b *state.Buffer, s, end int) {
	L := m.L
	repl, _ := L.ToBytes(3)
	for {
		i := bytes.IndexByte(repl, escape)
		if i < 0 {
			addRun(b, repl)
			return
		}
		addRun(b, repl[:i])
		var c byte // zero behind the end
		if i+1 < len(repl) {
			c = repl[i+1]
		}
		switch {
		case c == escape:
			b.AddByte(c)
		case c == '0':
			b.AddBytes(m.src[s:end])
		case '1' <= c && c <= '9':
			m.pushCapture(int(c-'1'), s, end)
			L.ToLString(-1) // a position becomes a string
			L.Remove(-2)
			b.AddValue()
		default:
			L.Errorf("invalid use of '%%' in replacement string")
		}
		repl = repl[i+2:]
	}
}

// addReplacement appends what the third argument makes of a match.
func (m *matchState) addReplacement(b *state.Buffer, s, end int, kind state.Type) {
	L := m.L
	switch kind {
	case state.Function:
		L.PushValue(3)
		L.Call(m.pushCaptures(s, end, true), 1)
	case state.Table:
		m.pushCapture(0, s, end)
		L.GetTable(3)
	default:
		m.addTemplate(b, s, end)
		return
	}
	if !L.ToBoolean(-1) {
		L.Pop(1)
		L.PushBytes(m.src[s:end])
	} else if !L.IsString(-1) {
		L.Errorf("invalid replacement value (a %s)", L.TypeNameAt(-1))
	}
	b.AddValue()
}

func stringGsub(L state.State) int {
	src := L.CheckBytes(1)
	pat := L.CheckBytes(2)
	kind := L.Type(3)
	limit := L.OptInteger(4, int64(len(src))+1)
	switch kind {
	case state.Number, state.String, state.Function, state.Table:
	default:
		return L.ArgError(3, "string/function/table expected")
	}
	b := L.NewBuffer()
	anchored := len(pat) > 0 && pat[0] == '^'
	if anchored {
		pat = pat[1:]
	}
	var m matchState
	m.prepare(L, src, pat)
	n := int64(0)
	pos, last := 0, -1
	for n < limit {
		start, end := m.find(pos, last, anchored)
		if start < 0 {
			// C has appended byte by byte what it tried in vain.
			tried := len(src)
			if anchored {
				tried = min(pos+1, tried)
			}
			addRun(b, src[pos:tried])
			pos = tried
			break
		}
		n++
		addRun(b, src[pos:start])
		m.addReplacement(b, start, end, kind)
		pos, last = end, end
		if anchored {
			break
		}
	}
	b.AddBytes(src[pos:])
	b.PushResult()
	L.PushInteger(n)
	return 2
}
