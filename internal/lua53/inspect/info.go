package inspect

import (
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/common"
	"moonlet.example/moonlet/internal/lua53/tag"
)

// This file tells about one function what lua_getinfo does (ldebug.c).

// Info fills in what the letters of what ask for: about the function at fn, which the call
// ci is of; ci is 0 if it does not run. It tells whether it knows all letters. Those that
// push something, 'f' and 'L', are the caller's.
func (w *View) Info(what string, ar *state.Debug, fn, ci Addr) bool {
	m, ok := w.m, true
	cl, isLua := w.Closure(fn)
	for _, c := range what {
		switch c {
		case 'S':
			w.funcInfo(ar, cl, isLua)
		case 'l':
			ar.CurrentLine = -1
			if ci != 0 && w.isLua(ci) {
				p := w.protoAt(fn)
				ar.CurrentLine = w.FuncLine(p, w.pc(p, ci))
			}
		case 'u':
			ar.NUps, ar.IsVararg, ar.NParams = 0, true, 0
			if cl != 0 {
				ar.NUps = int(m.U8(cl + layout.LClosureNUpvalues))
			}
			if isLua {
				p := m.Ptr(cl + layout.LClosureP)
				ar.IsVararg = m.U8(p+layout.ProtoIsVararg) != 0
				ar.NParams = int(m.U8(p + layout.ProtoNumParams))
			}
		case 't':
			ar.IsTailCall = ci != 0 && w.ciStatus(ci)&tag.CallTail != 0
		case 'n':
			ar.NameWhat, ar.Name = "", ""
			if ci != 0 {
				ar.NameWhat, ar.Name = w.funcName(ci)
			}
		case 'L', 'f':
		default:
			ok = false
		}
	}
	return ok
}

// Closure is the closure at fn, and whether it is one of Lua; 0 if there is none.
func (w *View) Closure(fn Addr) (cl Addr, isLua bool) {
	if t := w.tag(fn); t == tag.Lua || t == tag.CCl {
		cl = w.gcOf(fn)
	}
	return cl, cl != 0 && w.objTT(cl) == tag.ObjLua
}

func (w *View) funcInfo(ar *state.Debug, cl Addr, isLua bool) {
	m := w.m
	if !isLua {
		ar.Source, ar.ShortSrc, ar.What, ar.LineDefined, ar.LastLineDefined = "=[C]", "[C]", "C", -1, -1
		return
	}
	p := m.Ptr(cl + layout.LClosureP)
	ar.Source, ar.ShortSrc = "=?", "?"
	if s := m.Ptr(p + layout.ProtoSource); s != 0 {
		if w.named.at != s {
			source := w.Text(s)
			w.named = chunkName{s, source, ChunkID(source)}
		}
		ar.Source, ar.ShortSrc = w.named.source, w.named.short
	}
	ar.LineDefined = int(m.I32(p + layout.ProtoLineDefined))
	ar.LastLineDefined = int(m.I32(p + layout.ProtoLastLineDefined))
	ar.What = "Lua"
	if ar.LineDefined == 0 {
		ar.What = "main"
	}
}

// chunkName is the name of a chunk, whose string object is at the address at, and
// how messages show it. The last one is kept until strings can change their places.
type chunkName struct {
	at            Addr
	source, short string
}

// Forget is to be called when a string's address can become another string's.
func (w *View) Forget() { w.named = chunkName{} }

// idSize is the size of a chunk's name in messages with its final NUL
// (LUA_IDSIZE, luaconf.h).
const idSize = 60

// ChunkID makes a printable name of a chunk's source (luaO_chunkid).
func ChunkID(source string) string {
	switch {
	case strings.HasPrefix(source, "="):
		if len(source) <= idSize {
			return source[1:]
		}
		return source[1:idSize]
	case strings.HasPrefix(source, "@"):
		if len(source) <= idSize {
			return source[1:]
		}
		return "..." + source[1+len(source)-(idSize-3):]
	}
	const pre, dots, post = `[string "`, "...", `"]`
	room := idSize - len(pre+dots+post) - 1
	line, _, cut := strings.Cut(source, "\n")
	if len(source) < room && !cut {
		return pre + source + post
	}
	return pre + line[:min(len(line), room)] + dots + post
}

// pc is the index of the instruction of the prototype p that the frame ci executes.
func (w *View) pc(p, ci Addr) int {
	return int(w.m.Ptr(ci+layout.CallInfoSavedPC)-w.m.Ptr(p+layout.ProtoCode))/4 - 1
}

// CurrentLine is the line that the Lua frame ci executes, -1 without line information.
func (w *View) CurrentLine(ci Addr) int {
	p := w.ciProto(ci)
	return w.FuncLine(p, w.pc(p, ci))
}
