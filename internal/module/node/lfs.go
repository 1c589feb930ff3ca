package node

import "moonlet/internal/state"

// The functions here answer as on a module without a partition for the Lua
// Flash Store.

// pushLFSConfig pushes node.LFS.config. Without a store its address is 0, which
// lies that far below the window of the flash chip.
func pushLFSConfig(L state.State) {
	const flashWindow = 0x40200000
	L.CreateTable(0, 4)
	setInt(L, 0, "lfs_mapped")
	setInt(L, -flashWindow, "lfs_base")
	setInt(L, 0, "lfs_size")
	setInt(L, 0, "lfs_used")
}

// lfsGet is node.LFS.get(name), and node.flashindex(name).
func lfsGet(L state.State) int {
	L.PushNil()
	return 1
}

// lfsList is node.LFS.list().
func lfsList(L state.State) int {
	L.PushNil()
	return 1
}

// lfsIndex is __index of node.LFS.
func lfsIndex(L state.State) int {
	switch name, _ := L.ToString(2); name {
	case "config":
		pushLFSConfig(L)
	case "time":
		L.PushInteger(0)
	default:
		L.PushNil()
	}
	return 1
}

// lfsReload is node.LFS.reload(image): a message, since it cannot be done.
func lfsReload(L state.State) int {
	L.SetTop(1)
	image, ok := L.ToString(1)
	if L.GetGlobal("file") == state.Nil {
		L.PushString("No file system mounted")
		return 1
	}
	L.GetField(2, "exists")
	if ok {
		L.PushString(image)
	} else {
		L.PushNil()
	}
	L.Call(1, 1) // for the errors that it raises
	L.PushString("No LFS partition allocated")
	return 1
}

// flashReload is node.flashreload(image).
func flashReload(L state.State) int {
	deprecated(L, "node.flashreload", "soon. Use node.LFS interface instead")
	return lfsReload(L)
}
