// Code generated from ../api_check.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
)

func (t *Thread) CheckInteger(arg int) int64 {
	if a := t.index(arg); a != 0 && t.v.tag(a) == tagInt {
		return int64(t.v.intOf(a))
	}
	n, ok := t.ToInteger(arg)
	if !ok {
		if t.IsNumber(arg) {
			t.ArgError(arg, "number has no integer representation")
		}
		t.tagError(arg, state.Number)
	}
	return n
}

func (t *Thread) OptInteger(arg int, def int64) int64 {
	if t.IsNoneOrNil(arg) {
		return def
	}
	return t.CheckInteger(arg)
}

func (t *Thread) CheckNumber(arg int) float64 {
	n, ok := t.ToNumber(arg)
	if !ok {
		t.tagError(arg, state.Number)
	}
	return n
}

func (t *Thread) OptNumber(arg int, def float64) float64 {
	if t.IsNoneOrNil(arg) {
		return def
	}
	return t.CheckNumber(arg)
}

func (t *Thread) CheckBytes(arg int) []byte {
	s, ok := t.ToBytes(arg)
	if !ok {
		t.tagError(arg, state.String)
	}
	return s
}

func (t *Thread) CheckString(arg int) string { return string(touched(t.CheckBytes(arg))) }

func (t *Thread) OptString(arg int, def string) string {
	if t.IsNoneOrNil(arg) {
		return def
	}
	return t.CheckString(arg)
}

func (t *Thread) CheckType(arg int, ty state.Type) {
	if t.Type(arg) != ty {
		t.tagError(arg, ty)
	}
}

func (t *Thread) CheckAny(arg int) {
	if t.IsNone(arg) {
		t.ArgError(arg, "value expected")
	}
}

func (t *Thread) CheckOption(arg int, def string, list []string) int {
	name := def
	if def == "" || !t.IsNoneOrNil(arg) {
		name = t.CheckString(arg)
	}
	for i, s := range list {
		if s == name {
			return i
		}
	}
	t.PushFString("invalid option '%s'", name)
	return t.ArgError(arg, t.topString())
}

func (t *Thread) ArgCheck(cond bool, arg int, msg string) {
	if !cond {
		t.ArgError(arg, msg)
	}
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

func (t *Thread) Errorf(format string, args ...any) int {
	t.Where(1)
	t.PushFString(format, args...)
	t.Concat(2)
	return t.Error()
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

func (t *Thread) ArgError(arg int, msg string) int {
	ar, ok := t.GetStack(0)
	if !ok {
		return t.Errorf("bad argument #%d (%s)", arg, msg)
	}
	t.GetInfo("n", &ar)
	if ar.NameWhat == "method" {
		if arg--; arg == 0 {
			return t.Errorf("calling '%s' on bad self (%s)", ar.Name, msg)
		}
	}
	if ar.NameWhat == "" {
		ar.Name = "?"
		if t.pushGlobalFuncName(t, &ar) {
			ar.Name = t.topString()
		}
	}
	return t.Errorf("bad argument #%d to '%s' (%s)", arg, ar.Name, msg)
}

func (t *Thread) TypeError(arg int, name string) int {
	got := t.TypeNameAt(arg)
	if t.GetMetafield(arg, "__name") == state.String {
		got = t.topString()
	} else if t.Type(arg) == state.LightUserdata {
		got = "light userdata"
	}
	t.PushFString("%s expected, got %s", name, got)
	return t.ArgError(arg, t.topString())
}

func (t *Thread) tagError(arg int, ty state.Type) { t.TypeError(arg, typeName(int(ty))) }

// Buffers.

// NewBuffer implements state.State.
func (t *Thread) NewBuffer() *state.Buffer {
	v := t.v
	var b *state.Buffer
	if n := len(v.buffers); n > 0 {
		b = v.buffers[n-1]
		v.buffers = v.buffers[:n-1]
	} else {
		b = new(state.Buffer)
	}
	b.Reset(t)
	return b
}

// PutBuffer implements state.BoxState.
func (t *Thread) PutBuffer(b *state.Buffer) { t.v.buffers = append(t.v.buffers, b) }

// A box is a userdata of two words: address and size of a block of heap.
const boxSize = 8

// boxName is the type of boxes in the registry.
const boxName = "LUABOX"

// boxGC frees a box's block.
var boxGC = &state.Proc{F: func(L state.State) int {
	a := L.ToUserdata(1)
	m := L.Mem()
	L.Free(m.Ptr(a), int(m.U32(a+4)))
	m.SetPtr(a, 0)
	m.SetU32(a+4, 0)
	return 0
}}

// Support declares what the API itself needs in the ROM; every selection of
// modules includes it.
func Support() state.Module {
	return state.Module{Name: "lauxlib", Procs: []*state.Proc{boxGC, errorReport, errorHandler}}
}

// NewBox implements state.BoxState.
func (t *Thread) NewBox(n int) Addr {
	t.NewUserdata(boxSize)
	if t.NewMetatable(boxName) {
		t.PushFunction(boxGC)
		t.SetField(-2, "__gc")
	}
	t.SetMetatable(-2)
	return t.ResizeBox(-1, n)
}

// ResizeBox implements state.BoxState.
func (t *Thread) ResizeBox(i, n int) Addr {
	box := t.ToUserdata(i)
	a := t.Realloc(t.m.Ptr(box), int(t.m.U32(box+4)), n)
	if a == 0 && n > 0 {
		t.ResizeBox(i, 0)
		t.Errorf("not enough memory for buffer allocation")
	}
	t.m.SetPtr(box, a)
	t.m.SetU32(box+4, uint32(n))
	return a
}

// Alloc, Realloc and Free are the C library's, outside Lua's account.

func (t *Thread) Alloc(n int) Addr { return t.v.rawRealloc(0, 0, Addr(n)) }

func (t *Thread) Realloc(a Addr, osize, nsize int) Addr {
	if a == 0 && nsize == 0 {
		return 0
	}
	return t.v.rawRealloc(a, Addr(osize), Addr(nsize))
}

func (t *Thread) Free(a Addr, size int) {
	if a != 0 {
		t.v.rawRealloc(a, Addr(size), 0)
	}
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
