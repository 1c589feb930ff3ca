package state

import "fmt"

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
	if IsLua51(L) { // a function, which gives the time and the names
		L.Call(0, 2)
		L.Remove(-2)
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
func PushLFSTimestamp(L State) {
	if !IsLua51(L) {
		L.PushInteger(int64(int32(L.LFSConfig().Timestamp)))
		return
	}
	if L.PushLFSIndex() != Nil {
		L.Call(0, 1)
	}
}

// LFSHost is what a module of the firmware has for LFSReload: its port.Store.
type LFSHost interface {
	// CheckImage tells why a file is no image for the store, "" if nothing is known
	// against it.
	CheckImage(name string) string
	// Refused tells the user, who may not see what Lua gets, why an image is not loaded.
	Refused(why string)
	// LoadImage lets the chip restart and load an image on its way up, when the task
	// that calls it is over; false if that cannot be noted.
	LoadImage(name string) bool
}

// Restarting is the error by which LFSReload ends what runs.
const Restarting = "system restarting"

// LFSReload loads the image whose file name is at index 1, the only value on the
// stack (luaL_lfsreload): it raises an error because the module restarts, or pushes
// what is in the way. The firmware finds out about bad images later.
func LFSReload(L State, host LFSHost) {
	image, ok := L.ToString(1)
	refuse := func(result, why string) {
		host.Refused(why)
		L.PushString(result)
	}
	if L.GetGlobal("file") == Nil {
		refuse("No file system mounted", "there is no module file, and so no file system")
		return
	}
	L.GetField(2, "exists")
	if ok {
		L.PushString(image)
	} else {
		L.PushNil()
	}
	L.Call(1, 1)
	const noStore = "No LFS partition allocated"
	switch {
	case !L.ToBoolean(-1):
		refuse(noStore, fmt.Sprintf("there is no file %q", image))
		return
	case L.LFSConfig().Size == 0:
		refuse(noStore, "the module has no store")
		return
	}
	if why := host.CheckImage(image); why != "" {
		refuse(why, why)
		return
	}
	if host.LoadImage(image) {
		L.Errorf("%s", Restarting)
	}
	host.Refused("the name of the image cannot be noted for the restart")
}
