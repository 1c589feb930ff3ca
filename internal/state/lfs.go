package state

// LFSConfig tells about the Lua Flash Store (lua_getlfsconfig). Without a
// partition for it all is zero.
type LFSConfig struct {
	Mapped    uint32 // address of the store's header in the flash window
	Size      uint32 // of the partition, in bytes
	Loaded    bool   // there is a whole image in it
	Used      uint32 // bytes, 0 unless loaded
	Timestamp uint32 // seconds since 1970, 0 unless loaded
}

// PushLFSModules pushes a list of the names of the store's modules, or nil if
// there is no store (luaL_pushlfsmodules).
func PushLFSModules(L State) {
	if L.PushLFSIndex() == Nil {
		return
	}
	L.NewTable()
	L.Insert(-2)
	L.PushNil()
	for i := int64(1); L.Next(-2); i++ {
		L.Pop(1)
		L.PushValue(-1)
		L.RawSetI(-4, i)
	}
	L.Pop(1)
}

// PushLFSTimestamp pushes the time stamp of the store (luaL_pushlfsdts).
func PushLFSTimestamp(L State) { L.PushInteger(int64(int32(L.LFSConfig().Timestamp))) }
