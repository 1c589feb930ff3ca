package file

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// The firmware keeps an open file in a block on the heap (struct myvfs_file,
// app/spiffs/spiffs.c): type of the file system, functions, and the descriptor
// of SPIFFS, in whose place the handle of the host's file stands here. A file
// object is a userdata that holds the address of that block, 0 once it is
// closed.
const (
	offFSType  = 0
	offHandle  = 8
	blockSize  = 12
	objectSize = 4
	fsSPIFFS   = 1 // VFS_FS_SPIFFS
)

// readChunk is how much read takes without an argument: FILE_READ_CHUNK.
const readChunk = 1024

// pieceSize is how much is read at once: LUAL_BUFFERSIZE/2.
const pieceSize = state.BufferSize / 2

// noEnd is no byte: EOF.
const noEnd = -1

// openBlock opens a file and returns the address of its block, 0 if it cannot.
func openBlock(L state.State, path, mode string) state.Addr {
	a := L.Alloc(blockSize)
	if a == 0 {
		return 0
	}
	f, err := files(L).Open(path, port.ParseOpenMode(mode))
	if err != nil {
		L.Free(a, blockSize)
		return 0
	}
	m := L.Mem()
	m.SetU32(a+offFSType, fsSPIFFS)
	m.SetU32(a+offHandle, L.NewHandle(f))
	return a
}

// fileAt is the file of a block. It is nil if the block was freed: functions
// without an object use the address of the file that was opened last, also when
// that was closed.
func fileAt(L state.State, a state.Addr) port.File {
	f, _ := L.Handle(L.Mem().U32(a + offHandle)).(port.File)
	return f
}

func closeBlock(L state.State, a state.Addr) {
	h := L.Mem().U32(a + offHandle)
	if f, ok := L.Handle(h).(port.File); ok {
		f.Close()
		L.FreeHandle(h)
	}
	L.Mem().SetU32(a+offHandle, 0)
	L.Free(a, blockSize)
}

// open is file.open(name [, mode]).
func open(L state.State) int {
	s := static(L)
	s.forget(L)
	path := checkPath(L, 1)
	mode := L.OptString(2, "r")
	a := openBlock(L, path, mode)
	s.m.SetPtr(s.addr+offLast, a)
	if a == 0 {
		L.PushNil()
		return 1
	}
	// Of the two, the userdata is made last: so it is in the firmware, where a
	// failure here leaves the file open.
	s.m.SetPtr(L.NewUserdata(objectSize), a)
	L.SetMetatableByName(objectName)
	L.PushValue(-1)
	s.setRef(offLastRef, L.Ref(state.RegistryIndex))
	return 1
}

// closeObject closes the file of an object at that address.
func closeObject(L state.State, obj state.Addr) {
	m := L.Mem()
	if a := m.Ptr(obj); a != 0 {
		m.SetPtr(obj, 0)
		closeBlock(L, a)
	}
}

// closeFile is file.close() and object:close().
func closeFile(L state.State) int {
	s := static(L)
	if L.Type(1) == state.Userdata {
		closeObject(L, L.CheckUdata(1, objectName))
	} else {
		if s.ref(offLastRef) == state.NoRef {
			return 0
		}
		L.RawGetI(state.RegistryIndex, int64(s.ref(offLastRef)))
		obj := L.CheckUdata(-1, objectName)
		L.Pop(1)
		closeObject(L, obj)
	}
	s.forget(L) // also if another file was closed
	return 0
}

// collect is __gc.
func collect(L state.State) int {
	closeObject(L, L.CheckUdata(1, objectName))
	return 0
}

// target is the file that a function works on: that of the object in the first
// argument, or the one that was opened last. It raises an error if there was
// none; a closed one gives nil. The second result is the next argument.
func target(L state.State) (port.File, int) {
	a, next := static(L).last(), 1
	if L.Type(1) == state.Userdata {
		a, next = L.Mem().Ptr(L.CheckUdata(1, objectName)), 2
	}
	if a == 0 {
		L.Errorf("open a file first")
	}
	return fileAt(L, a), next
}

func (s statics) last() state.Addr { return s.m.Ptr(s.addr + offLast) }

// read is file.read([n|char]).
func read(L state.State) int {
	arg := 1
	if L.Type(1) == state.Userdata {
		L.CheckUdata(1, objectName)
		arg = 2
	}
	want, end := readChunk, noEnd
	if L.Type(arg) == state.Number {
		want = int(int32(L.CheckInteger(arg)))
	} else if L.IsString(arg) {
		s := L.CheckBytes(arg)
		if len(s) != 1 {
			return L.Errorf("wrong arg range")
		}
		end = int(s[0])
	}
	f, _ := target(L)
	return readInto(L, f, want, end)
}

// readLine is file.readline().
func readLine(L state.State) int {
	f, _ := target(L)
	return readInto(L, f, readChunk, '\n')
}

// readInto pushes what it reads: want bytes at most, up to and with the byte
// end, nil at the end of the file.
func readInto(L state.State, f port.File, want, end int) int {
	b := L.NewBuffer()
	var piece [pieceSize]byte
	for done := 0; done < want; done += pieceSize {
		n := min(want-done, pieceSize)
		got := readPiece(f, piece[:n])
		if got == 0 {
			if done > 0 {
				break
			}
			L.PushNil()
			return 1
		}
		if i := indexByte(piece[:got], end); i >= 0 {
			b.AddBytes(piece[:i+1])
			f.Seek(i+1-got, port.SeekCur)
			break
		}
		b.AddBytes(piece[:got])
		if got < n {
			break
		}
	}
	b.PushResult()
	return 1
}

// readPiece returns 0 at the end and for a file that cannot be read.
func readPiece(f port.File, p []byte) int {
	if f == nil {
		return 0
	}
	n, err := f.Read(p)
	if err != nil {
		return 0
	}
	return n
}

func indexByte(p []byte, c int) int {
	for i, b := range p {
		if int(b) == c {
			return i
		}
	}
	return -1
}

// pushOK pushes true, or nil for a failure.
func pushOK(L state.State, ok bool) int {
	if ok {
		L.PushBoolean(true)
	} else {
		L.PushNil()
	}
	return 1
}

func writeAll(f port.File, p []byte) bool {
	if f == nil {
		return false
	}
	n, err := f.Write(p)
	return err == nil && n == len(p)
}

// write is file.write(text).
func write(L state.State) int {
	f, arg := target(L)
	return pushOK(L, writeAll(f, L.CheckBytes(arg)))
}

// writeLine is file.writeline(text).
func writeLine(L state.State) int {
	f, arg := target(L)
	return pushOK(L, writeAll(f, L.CheckBytes(arg)) && writeAll(f, []byte("\n")))
}

// flush is file.flush().
func flush(L state.State) int {
	f, _ := target(L)
	return pushOK(L, f != nil && f.Flush() == nil)
}

// seek is file.seek([whence [, offset]]).
func seek(L state.State) int {
	f, arg := target(L)
	whence := port.Whence(L.CheckOption(arg, "cur", []string{"set", "cur", "end"}))
	offset := int(int32(L.OptInteger(arg+1, 0)))
	if f == nil {
		return pushOK(L, false)
	}
	if _, err := f.Seek(offset, whence); err != nil {
		return pushOK(L, false)
	}
	L.PushInteger(int64(f.Tell()))
	return 1
}

// getContents is file.getcontents(name).
func getContents(L state.State) int {
	L.SetTop(1)
	open(L)
	if L.IsNil(-1) {
		return 0
	}
	L.Remove(1)
	const everything = 1<<31 - 1
	n := readInto(L, fileAt(L, L.Mem().Ptr(L.CheckUdata(1, objectName))), everything, noEnd)
	closeFile(L)
	L.Remove(1)
	return n
}

// putContents is file.putcontents(name, text).
func putContents(L state.State) int {
	L.SetTop(2)
	L.PushValue(2)
	L.PushString("w+")
	L.Replace(2)
	open(L)
	if L.IsNil(-1) {
		return 1
	}
	L.Remove(2)
	L.Replace(1)
	write(L)
	L.Remove(2)
	closeFile(L)
	L.Remove(1)
	return 1
}
