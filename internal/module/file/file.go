// Package file is the module file: the file system and its files.
package file

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Names of metatables.
const (
	objectName = "file.obj"
	volumeName = "file.vol"
)

var (
	object = &state.ROTable{Name: objectName}
	volume = &state.ROTable{Name: volumeName}
)

// Module declares file, as a build without FAT file system has it: without
// mount and chdir.
var Module = state.Module{
	Name: "file",
	Table: &state.ROTable{Name: "file", Entries: []state.Entry{
		state.Fn("list", list),
		state.Fn("open", open),
		state.Fn("close", closeFile),
		state.Fn("write", write),
		state.Fn("writeline", writeLine),
		state.Fn("read", read),
		state.Fn("readline", readLine),
		state.Fn("format", format),
		state.Fn("fscfg", config),
		state.Fn("remove", remove),
		state.Fn("seek", seek),
		state.Fn("flush", flush),
		state.Fn("rename", rename),
		state.Fn("exists", exists),
		state.Fn("getcontents", getContents),
		state.Fn("putcontents", putContents),
		state.Fn("fsinfo", info),
		state.Fn("on", on),
		state.Fn("stat", stat),
	}},
	Open:   openModule,
	Tables: []*state.ROTable{object, volume},
}

func init() {
	object.Entries = []state.Entry{
		state.Fn("__gc", collect),
		state.Tab("__index", object),
		state.Fn("close", closeFile),
		state.Fn("read", read),
		state.Fn("readline", readLine),
		state.Fn("write", write),
		state.Fn("writeline", writeLine),
		state.Fn("seek", seek),
		state.Fn("flush", flush),
	}
	volume.Entries = []state.Entry{
		state.Tab("__index", volume),
		state.Fn("umount", unmount),
	}
}

func chip(L state.State) port.Chip { return L.Host().(port.Chip) }

// files is the board's file system. It raises an error where there is none.
func files(L state.State) port.Files {
	p, ok := port.FilesOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoFiles.Error())
	}
	return p
}

// Static variables of the module: the file that was opened last, a reference to
// its object, and one to the function that tells the time.
const (
	offLast    = 0 // file_fd
	offLastRef = 4 // file_fd_ref
	offClock   = 8 // rtc_cb_ref
	staticSize = 12
)

// statics is the place of the static variables.
type statics struct {
	m    mem.Mem
	addr state.Addr
}

func static(L state.State) statics {
	return statics{L.Mem(), chip(L).System().Static("file", staticSize)}
}

func (s statics) ref(off state.Addr) int       { return int(s.m.I32(s.addr + off)) }
func (s statics) setRef(off state.Addr, r int) { s.m.SetI32(s.addr+off, int32(r)) }

// forget releases the reference to the file that was opened last.
func (s statics) forget(L state.State) {
	L.Unref(state.RegistryIndex, s.ref(offLastRef))
	s.setRef(offLastRef, state.NoRef)
}

func openModule(L state.State) int {
	s := static(L)
	s.setRef(offLastRef, state.NoRef)
	s.setRef(offClock, state.NoRef)
	if f, ok := port.FilesOf(L.Host()); ok && !delayMount(L) && f.Mount() != nil {
		// Nothing there that could be mounted: make a file system.
		L.ErrorOutput("Formatting file system. Please wait...\n")
		if f.Format() != nil {
			formatFailed(L)
		}
	}
	L.ROMetatable(volumeName, volume)
	L.ROMetatable(objectName, object)
	return 0
}

// delayMount tells whether node.startup left the mount to the first use.
func delayMount(L state.State) bool {
	r, ok := port.RecordsOf(L.Host())
	if !ok {
		return false
	}
	b, ok := r.ReadRecord(port.RecordStartup)
	return ok && len(b) == 4 && b[0]&port.StartupDelayMount != 0
}

func formatFailed(L state.State) {
	L.ErrorOutput("\n*** ERROR ***: unable to format. FS might be compromised.\n")
	L.ErrorOutput("It is advised to re-flash the NodeMCU image.\n")
}

// checkPath returns the path in an argument.
func checkPath(L state.State, arg int) string {
	path := L.CheckString(arg)
	L.ArgCheck(port.ValidPath(path), arg, "filename invalid")
	return path
}

// format is file.format().
func format(L state.State) int {
	closeFile(L)
	if files(L).Format() != nil {
		formatFailed(L)
		return L.Errorf("Failed to format file system")
	}
	L.ErrorOutput("format done.\n")
	return 0
}

// config is file.fscfg().
func config(L state.State) int {
	r := files(L).Region()
	L.PushInteger(int64(r.Addr))
	L.PushInteger(int64(r.Size))
	return 2
}

// exists is file.exists(name).
func exists(L state.State) int {
	_, err := files(L).Stat(checkPath(L, 1))
	L.PushBoolean(err == nil)
	return 1
}

// remove is file.remove(name); it does not tell whether it could.
func remove(L state.State) int {
	files(L).Remove(checkPath(L, 1))
	return 0
}

// rename is file.rename(old, new).
func rename(L state.State) int {
	from := checkPath(L, 1)
	to := checkPath(L, 2)
	L.PushBoolean(files(L).Rename(from, to) == nil)
	return 1
}

// info is file.fsinfo().
func info(L state.State) int {
	total, used, err := files(L).Info()
	if err != nil {
		return L.Errorf("file system failed")
	}
	const sizeMax = 0x7FFFFFFF
	if total > sizeMax || used > sizeMax || used > total {
		return L.Errorf("file system error")
	}
	L.PushInteger(int64(total - used))
	L.PushInteger(int64(used))
	L.PushInteger(int64(total))
	return 3
}

// stat is file.stat(name). SPIFFS knows neither times nor attributes.
func stat(L state.State) int {
	path := L.CheckString(1)
	L.ArgCheck(len(path) <= port.FileNameMax && port.ValidPath(path), 1, "filename invalid")
	f, err := files(L).Stat(path)
	if err != nil {
		L.PushNil()
		return 1
	}
	L.CreateTable(0, 7)
	L.PushInteger(int64(f.Size))
	L.SetField(-2, "size")
	L.PushString(f.Name)
	L.SetField(-2, "name")
	for _, name := range [...]string{"is_dir", "is_rdonly", "is_hidden", "is_sys", "is_arch"} {
		L.PushBoolean(false)
		L.SetField(-2, name)
	}
	L.CreateTable(0, 6)
	for _, part := range [...]struct {
		name  string
		value int64
	}{{"year", 1970}, {"mon", 1}, {"day", 1}, {"hour", 0}, {"min", 0}, {"sec", 0}} {
		L.PushInteger(part.value)
		L.SetField(-2, part.name)
	}
	L.SetField(-2, "time")
	return 1
}

// dirSize is the size of the descriptor that a listing takes from the heap
// (struct myvfs_dir, app/spiffs/spiffs.c).
const dirSize = 20

// list is file.list([pattern]).
func list(L state.State) int {
	L.SetTop(1)
	byPattern := !L.IsNil(1)
	if byPattern {
		L.CheckBytes(1)
	}
	dir := L.Alloc(dirSize)
	if dir == 0 {
		return 0
	}
	entries, err := files(L).List()
	if err != nil {
		L.Free(dir, dirSize)
		return 0
	}
	L.NewTable()
	if byPattern {
		L.GetMetafield(1, "match")
	}
	for _, e := range entries {
		if byPattern {
			L.SetTop(3)
			L.PushValue(3)
			L.PushString(e.Name)
			L.PushValue(1)
			if L.PCall(2, 1, 0) != state.OK {
				L.Free(dir, dirSize)
				return L.Error()
			}
			if L.IsNil(-1) {
				continue
			}
		}
		L.PushInteger(int64(e.Size))
		L.SetField(2, e.Name)
	}
	L.SetTop(2)
	L.Free(dir, dirSize)
	return 1
}

// on is file.on("rtc", function|nil). Nothing asks the function for the time: no
// file of the flash file system has one.
func on(L state.State) int {
	L.CheckOption(1, "rtc", []string{"rtc"})
	s := static(L)
	L.Unref(state.RegistryIndex, s.ref(offClock))
	s.setRef(offClock, state.NoRef)
	switch L.Type(2) {
	case state.Function:
		L.PushValue(2)
		s.setRef(offClock, L.Ref(state.RegistryIndex))
	case state.Nil:
	default:
		return L.Errorf("Callback should be function or nil")
	}
	return 0
}

// unmount is volume:umount(). No volume can be made without a FAT file system.
func unmount(L state.State) int {
	L.CheckUdata(1, volumeName)
	L.PushBoolean(false)
	return 1
}
