// Code generated from ../api_check.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
)

// What most functions ask of their arguments has a short way here; package lauxlib has the
// rest, and the errors. Through its interface each would cost some ns more, and Where two
// allocations.

func (t *Thread) CheckInteger(arg int) int64 {
	if a := t.index(arg); a != 0 && t.v.tag(a) == tagInt {
		return int64(t.v.intOf(a))
	}
	return t.Lib.CheckInteger(arg)
}

func (t *Thread) OptInteger(arg int, def int64) int64 {
	if t.IsNoneOrNil(arg) {
		return def
	}
	return t.CheckInteger(arg)
}

func (t *Thread) CheckBytes(arg int) []byte {
	if s, ok := t.ToBytes(arg); ok {
		return s
	}
	return t.Lib.CheckBytes(arg)
}

func (t *Thread) CheckType(arg int, ty state.Type) {
	if t.Type(arg) != ty {
		t.Lib.CheckType(arg, ty)
	}
}

func (t *Thread) CheckAny(arg int) {
	if t.IsNone(arg) {
		t.Lib.CheckAny(arg)
	}
}

func (t *Thread) Where(level int) {
	if ar, ok := t.GetStack(level); ok {
		t.GetInfo("Sl", &ar)
		if ar.CurrentLine > 0 {
			t.PushFString("%s:%d: ", ar.ShortSrc, ar.CurrentLine)
			return
		}
	}
	t.PushFString("")
}

func (t *Thread) Error() int {
	t.errorMsg()
	return 0
}

func (t *Thread) Raise() int {
	if len(t.v.levels) == 0 {
		return t.Error()
	}
	t.runHandler()
	return sentRaise
}

// Alloc, Realloc and Free are the C library's, outside Lua's account.

func (t *Thread) Alloc(n int) Addr { return t.Realloc(0, 0, n) }

func (t *Thread) Realloc(a Addr, osize, nsize int) Addr {
	if a == 0 && nsize == 0 {
		return 0
	}
	at := t.v.rawRealloc(a, Addr(osize), Addr(nsize))
	if at == 0 && nsize > 0 {
		t.v.short(Addr(nsize))
	}
	return at
}

func (t *Thread) Free(a Addr, size int) {
	if a != 0 {
		t.v.rawRealloc(a, Addr(size), 0)
	}
}

// ReallocCounted implements state.State (luaM_realloc_).
func (t *Thread) ReallocCounted(a Addr, osize, nsize int) Addr {
	return t.realloc(a, Addr(osize), Addr(nsize))
}

// FreeHeap implements state.State.
func (t *Thread) FreeHeap() int { return int(t.v.heap.FreeBytes()) }

// GC implements state.State (lua_gc).
func (t *Thread) GC(what, data int) int {
	m, v := t.m, t.v
	running := t.g + layout.GlobalGCRunning
	switch what {
	case state.GCStop:
		m.SetU8(running, 0)
	case state.GCRestart:
		v.setDebt(0)
		m.SetU8(running, 1)
	case state.GCCollect:
		t.fullGC(false)
	case state.GCCount:
		return int(v.totalBytes() >> 10)
	case state.GCCountB:
		return int(v.totalBytes() & 0x3ff)
	case state.GCStep:
		return t.gcStepBy(data)
	case state.GCSetPause:
		return int(swap32(m.I32, m.SetI32, t.g+layout.GlobalGCPause, int32(data)))
	case state.GCSetStepMul:
		return int(swap32(m.I32, m.SetI32, t.g+layout.GlobalGCStepMul, int32(max(data, 40))))
	case state.GCSetMemLimit:
		limit := int32(data) << 10
		if int(limit) > t.FreeHeap() {
			t.fullGC(false)
		}
		m.SetI32(t.g+layout.GlobalGCMemFreeBoard, limit)
		return int(limit >> 10)
	case state.GCIsRunning:
		return int(m.U8(running))
	case state.GCEstimate:
		return int(m.I32(t.g + layout.GlobalGCEstimate))
	default:
		return -1
	}
	return 0
}

func swap32(load func(Addr) int32, store func(Addr, int32), a Addr, n int32) int32 {
	old := load(a)
	store(a, n)
	return old
}

func (t *Thread) gcStepBy(data int) int {
	v := t.v
	running := t.g + layout.GlobalGCRunning
	old, debt := t.m.U8(running), int32(1)
	t.m.SetU8(running, 1)
	if data == 0 {
		v.setDebt(-gcStepSize)
		t.gcStep()
	} else {
		debt = int32(data)*1024 + v.debt()
		v.setDebt(debt)
		t.checkGC()
	}
	t.m.SetU8(running, old)
	if debt > 0 && v.gcState() == gcsPause {
		return 1
	}
	return 0
}
