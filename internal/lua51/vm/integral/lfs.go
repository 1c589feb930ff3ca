// Code generated from ../lfs.go by internal/lua/gen; DO NOT EDIT.

package integral

import (
	"math"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua51/chunk"
	"moonlet.example/moonlet/internal/lua51/image"
	layout "moonlet.example/moonlet/internal/lua51/layout/v4"
)

// This file is what Lua knows of the Lua Flash Store (lflash.c, lnodemcu.c).

// Words of a store's header (lflash.h).
const (
	storeSignature = iota
	storeBytes
	storeMain
	storeStrings
	storeCount
	storeSlots
)

func (v *VM) storeWord(i int) uint32 { return v.m.U32(v.cfg.Store.Base + 4*Addr(i)) }

// attachStore takes the store at Config.Store into use, if there is a whole one: its strings are found from then on
// (luaN_init).
func (t *Thread) attachStore() {
	m, v, g := t.m, t.v, t.g
	size := v.cfg.Store.Size
	if size == 0 {
		return
	}
	m.SetU32(g+layout.GlobalLFSSize, size)
	main := Addr(v.storeWord(storeMain))
	if v.storeWord(storeSignature)&^image.AbsoluteBit != image.Signature(chunk.NumbersOf(integral), !integral) || v.storeWord(storeStrings) == math.MaxUint32 || !v.inStore(main) {
		return
	}
	ro := g + layout.GlobalROStrt
	m.SetPtr(ro+layout.StringTableHash, Addr(v.storeWord(storeStrings)))
	m.SetU32(ro+layout.StringTableNUse, v.storeWord(storeCount))
	m.SetU32(ro+layout.StringTableSlots, v.storeWord(storeSlots))
	m.SetPtr(g+layout.GlobalROPVMain, main)
}

// storeMainProto is the function of the store that gives its modules, 0 if there is no store.
func (t *Thread) storeMainProto() Addr { return t.m.Ptr(t.g + layout.GlobalROPVMain) }

// LFSConfig implements state.State.
func (t *Thread) LFSConfig() state.LFSConfig {
	c := state.LFSConfig{Size: t.m.U32(t.g + layout.GlobalLFSSize)}
	if c.Size > 0 {
		c.Mapped = uint32(t.v.cfg.Store.Base)
	}
	if p := t.storeMainProto(); p != 0 {
		c.Loaded, c.Used = true, t.v.storeWord(storeBytes)
		if n := t.m.Ptr(p + layout.ProtoSizeK); n > 0 {
			c.Timestamp = uint32(numInt(t.v.numOf(t.v.item(t.m.Ptr(p+layout.ProtoK), n-1))))
		}
	}
	return c
}

// PushLFSIndex pushes the function of the store, or nil (lua_pushlfsindex).
func (t *Thread) PushLFSIndex() state.Type {
	p := t.storeMainProto()
	if p == 0 {
		t.PushNil()
		return state.Nil
	}
	cl := t.newLClosure(0, t.v.gcOf(t.globals()), p)
	t.v.setPtr(t.push(), cl, tagFunc)
	return state.Function
}

// PushLFSFunc replaces the name on top by the function of a module, nil if there is none (luaL_pushlfsmodule).
func (t *Thread) PushLFSFunc() bool {
	if t.PushLFSIndex() == state.Nil {
		t.Remove(-2)
		return false
	}
	t.Insert(-2)
	t.Call(1, 1)
	if t.IsFunction(-1) {
		return true
	}
	t.Pop(1)
	t.PushNil()
	return false
}
