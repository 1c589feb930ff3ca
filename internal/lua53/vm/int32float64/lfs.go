// Code generated from ../lfs.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
	"moonlet.example/moonlet/internal/lua53/lfs"
)

// This file is what Lua knows of the Lua Flash Store (lnodemcu.c). Objects in the
// store have the bit inFlash in their mark, so that the collector leaves them
// alone; what they refer to is in the store as well.

// attachStore takes the store at Config.Store into use, if there is a whole one:
// its strings are found by intern from then on (luaN_init).
func (t *Thread) attachStore() {
	m, v, g := t.m, t.v, t.g
	base := v.cfg.Store.Base
	if v.cfg.Store.Size == 0 {
		return
	}
	m.SetPtr(g+layout.GlobalLFS, base)
	m.SetU32(g+layout.GlobalLFSSize, v.cfg.Store.Size)
	if v.storeWord(lfs.HeaderSignature) != lfs.Signature {
		return
	}
	m.SetU32(g+layout.GlobalSeed, v.storeWord(lfs.HeaderSeed))
	ro := g + layout.GlobalROStrt
	m.SetPtr(ro+layout.StringTableHash, base+4*Addr(v.storeWord(lfs.HeaderTable)))
	m.SetU32(ro+layout.StringTableNUse, v.storeWord(lfs.HeaderShortStrings))
	m.SetU32(ro+layout.StringTableSlots, v.storeWord(lfs.HeaderSlots))
	v.setPtr(g+layout.GlobalLFSTable, base+4*Addr(v.storeWord(lfs.HeaderModules)), tagROTable)
}

// storeWord is a word of the store's header.
func (v *VM) storeWord(i int) uint32 { return v.m.U32(v.cfg.Store.Base + 4*Addr(i)) }

// LFSConfig implements state.State.
func (t *Thread) LFSConfig() state.LFSConfig {
	m, v := t.m, t.v
	c := state.LFSConfig{Mapped: m.U32(t.g + layout.GlobalLFS), Size: m.U32(t.g + layout.GlobalLFSSize)}
	if m.Ptr(t.g+layout.GlobalROStrt+layout.StringTableHash) != 0 {
		c.Loaded = true
		c.Used, c.Timestamp = v.storeWord(lfs.HeaderSize), v.storeWord(lfs.HeaderTimestamp)
	}
	return c
}

// PushLFSIndex implements state.State.
func (t *Thread) PushLFSIndex() state.Type {
	t.v.copyTV(t.push(), t.g+layout.GlobalLFSTable)
	return t.Type(-1)
}

// PushLFSFunc implements state.State. The environment of the new function is the
// table of globals.
func (t *Thread) PushLFSFunc() bool {
	m, v, index := t.m, t.v, t.g+layout.GlobalLFSTable
	a := t.top() - tvSize
	found := Addr(0)
	if isString(v.tag(a)) && isTable(v.tag(index)) {
		found = v.roFind(v.gcOf(index), v.gcOf(a))
	}
	if found == 0 || v.tag(found) != tagLight {
		v.setNil(a)
		return false
	}
	p := v.gcOf(found)
	cl := t.newLClosure(m.Ptr(p + layout.ProtoSizeUpvalues))
	v.setPtr(t.top()-tvSize, cl, tagLua)
	t.initUpvals(cl)
	m.SetPtr(cl+layout.LClosureP, p)
	t.setEnvironment(cl)
	return true
}
