package node

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// pushLFSConfig pushes node.LFS.config. Without a store its address is 0, which
// lies that far below the window of the flash chip.
func pushLFSConfig(L state.State) {
	c := L.LFSConfig()
	L.CreateTable(0, 4)
	setInt(L, int64(int32(c.Mapped)), "lfs_mapped")
	setInt(L, int64(int32(c.Mapped-system(L).Hardware().FlashWindow)), "lfs_base")
	setInt(L, int64(int32(c.Size)), "lfs_size")
	setInt(L, int64(int32(c.Used)), "lfs_used")
}

// lfsGet is node.LFS.get(name), and node.flashindex(name).
func lfsGet(L state.State) int {
	L.SetTop(1)
	L.PushLFSFunc()
	return 1
}

// lfsList is node.LFS.list(): the names of the modules in order.
func lfsList(L state.State) int {
	L.SetTop(1)
	state.PushLFSModules(L)
	if L.IsTable(-1) && L.GetGlobal("table") == state.Table {
		L.GetField(-1, "sort")
		L.Remove(-2)
		L.PushValue(-2)
		L.Call(1, 0)
	}
	return 1
}

// lfsIndex is __index of node.LFS: its properties, else the modules.
func lfsIndex(L state.State) int {
	L.Remove(1)
	L.SetTop(1)
	name, ok := L.ToString(1)
	switch {
	case !ok:
		L.PushNil()
	case name == "config":
		pushLFSConfig(L)
	case name == "time":
		state.PushLFSTimestamp(L)
	default:
		L.PushLFSFunc()
	}
	return 1
}

// lfsReload is node.LFS.reload(image).
func lfsReload(L state.State) int {
	L.SetTop(1)
	if state.IsLua51(L) {
		reload51(L)
	} else {
		state.LFSReload(L, store(L))
	}
	return 1
}

// flashReload is node.flashreload(image).
func flashReload(L state.State) int {
	L.ErrorOutput(port.Deprecated("node.flashreload", "soon. Use node.LFS interface instead"))
	return lfsReload(L)
}
