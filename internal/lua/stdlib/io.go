package stdlib

import (
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
)

// IO declares the io library of the host profile.
var IO = state.Module{
	Name:  "io",
	Open:  openIO,
	Procs: append(procsOf(ioFuncs, fileFuncs), readLineProc),
}

// Registry keys of the library: the type of files and the default files.
const (
	fileType = "FILE*"
	ioInput  = "_IO_input"
	ioOutput = "_IO_output"
)

// Offsets in the userdata of a file, and its size, which is luaL_Stream's.
const (
	fileHandle = 0 // handle of the *stream
	fileState  = 4 // one of the states below
	fileSize   = 8
)

// States of a file: how to close it.
const (
	fileClosed = iota
	fileRegular
	fileStandard
)

var ioFuncs = []libFunc{
	{"close", &state.Proc{F: ioClose}},
	{"flush", &state.Proc{F: ioFlush}},
	{"input", &state.Proc{F: ioInputFile}},
	{"lines", &state.Proc{F: ioLines}},
	{"open", &state.Proc{F: ioOpen}},
	{"output", &state.Proc{F: ioOutputFile}},
	{"popen", &state.Proc{F: ioPopen}},
	{"read", &state.Proc{F: ioRead}},
	{"tmpfile", &state.Proc{F: ioTmpfile}},
	{"type", &state.Proc{F: ioType}},
	{"write", &state.Proc{F: ioWrite}},
}

var fileFuncs = []libFunc{
	{"close", &state.Proc{F: fileClose}},
	{"flush", &state.Proc{F: fileFlush}},
	{"lines", &state.Proc{F: fileLines}},
	{"read", &state.Proc{F: fileRead}},
	{"seek", &state.Proc{F: fileSeek}},
	{"setvbuf", &state.Proc{F: fileSetvbuf}},
	{"write", &state.Proc{F: fileWrite}},
	{"__gc", &state.Proc{F: fileGC}},
	{"__tostring", &state.Proc{F: fileToString}},
}

func openIO(L state.State) int {
	L.CreateTable(0, len(ioFuncs))
	setFuncs(L, ioFuncs)
	L.NewMetatable(fileType)
	L.PushValue(-1)
	L.SetField(-2, "__index")
	setFuncs(L, fileFuncs)
	L.Pop(1)
	std := stdStreams(L)
	for i, f := range [...]struct{ key, name string }{{ioInput, "stdin"}, {ioOutput, "stdout"}, {"", "stderr"}} {
		a := newFile(L)
		setStream(L, a, std[i], fileStandard)
		if f.key != "" {
			L.PushValue(-1)
			L.SetField(state.RegistryIndex, f.key)
		}
		L.SetField(-2, f.name)
	}
	return 1
}

// newFile pushes a file that counts as closed until it gets a stream, so that
// nothing is lost if memory runs out in between.
func newFile(L state.State) state.Addr {
	a := L.NewUserdata(fileSize)
	L.SetMetatableByName(fileType)
	return a
}

// setStream opens the file at address a.
func setStream(L state.State, a state.Addr, s *stream, how uint32) {
	L.Mem().SetU32(a+fileHandle, L.NewHandle(s))
	L.Mem().SetU32(a+fileState, how)
}

// isClosed tells whether the file at address a is closed.
func isClosed(L state.State, a state.Addr) bool { return L.Mem().U32(a+fileState) == fileClosed }

// streamOf is the stream of the open file at address a.
func streamOf(L state.State, a state.Addr) *stream {
	s, ok := L.Handle(L.Mem().U32(a + fileHandle)).(*stream)
	if !ok {
		L.Errorf("attempt to use a closed file")
	}
	return s
}

// checkFile is the stream of the file in the first argument.
func checkFile(L state.State) *stream {
	a := L.CheckUdata(1, fileType)
	if isClosed(L, a) {
		L.Errorf("attempt to use a closed file")
	}
	return streamOf(L, a)
}

// defaultFile pushes a default file and returns its stream.
func defaultFile(L state.State, key string) *stream {
	L.GetField(state.RegistryIndex, key)
	a := L.ToUserdata(-1)
	if isClosed(L, a) {
		L.Errorf("standard %s file is closed", strings.TrimPrefix(key, "_IO_"))
	}
	return streamOf(L, a)
}

// closeFile closes the open file at address a and returns what close returns.
func closeFile(L state.State, a state.Addr) int {
	mem := L.Mem()
	if mem.U32(a+fileState) == fileStandard {
		L.PushNil()
		L.PushString("cannot close standard file")
		return 2
	}
	s := streamOf(L, a)
	L.FreeHandle(mem.U32(a + fileHandle))
	mem.SetU32(a+fileHandle, 0)
	mem.SetU32(a+fileState, fileClosed)
	return fileResult(L, s.close(L))
}

func ioType(L state.State) int {
	L.CheckAny(1)
	switch a := L.TestUdata(1, fileType); {
	case a == 0:
		L.PushNil()
	case isClosed(L, a):
		L.PushString("closed file")
	default:
		L.PushString("file")
	}
	return 1
}

func fileToString(L state.State) int {
	a := L.CheckUdata(1, fileType)
	if isClosed(L, a) {
		L.PushString("file (closed)")
	} else {
		L.PushFString("file (%p)", state.Addr(L.Mem().U32(a+fileHandle)))
	}
	return 1
}

func fileClose(L state.State) int {
	checkFile(L)
	return closeFile(L, L.ToUserdata(1))
}

func ioClose(L state.State) int {
	if L.IsNone(1) {
		L.GetField(state.RegistryIndex, ioOutput)
	}
	return fileClose(L)
}

func fileGC(L state.State) int {
	a := L.CheckUdata(1, fileType)
	if !isClosed(L, a) { // closing a standard file says that it cannot be closed
		closeFile(L, a)
	}
	return 0
}

// validMode tells whether fopen understands a mode.
func validMode(mode string) bool {
	if mode == "" || !strings.Contains("rwa", mode[:1]) {
		return false
	}
	return strings.Trim(strings.TrimPrefix(mode[1:], "+"), "b") == ""
}

// openStream pushes a file and opens it; where that fails, the file stays closed.
func openStream(L state.State, name, mode string) error {
	a := newFile(L)
	host, ok := L.Host().(FileSystem)
	if !ok {
		return errNoFunction
	}
	f, err := host.OpenFile(name, mode)
	if err == nil {
		setStream(L, a, newStream(f, mode), fileRegular)
	}
	return err
}

// mustOpen is openStream for functions that raise the error.
func mustOpen(L state.State, name, mode string) {
	if err := openStream(L, name, mode); err != nil {
		text, _ := sysError(err)
		L.Errorf("cannot open file '%s' (%s)", name, text)
	}
}

func ioOpen(L state.State) int {
	name := checkCString(L, 1)
	mode := optCString(L, 2, "r")
	if !validMode(mode) {
		return L.ArgError(2, "invalid mode")
	}
	if err := openStream(L, name, mode); err != nil {
		return namedResult(L, err, name)
	}
	return 1
}

// ioPopen does what the firmware's host build does, which is made without
// POSIX's popen.
func ioPopen(L state.State) int {
	checkCString(L, 1)
	if mode := optCString(L, 2, "r"); mode != "r" && mode != "w" {
		return L.ArgError(2, "invalid mode")
	}
	return L.Errorf("'popen' not supported")
}

func ioTmpfile(L state.State) int {
	a := newFile(L)
	host, ok := L.Host().(FileSystem)
	if !ok {
		return fileResult(L, errNoFunction)
	}
	f, err := host.TempFile()
	if err != nil {
		return fileResult(L, err)
	}
	setStream(L, a, newStream(f, "w+"), fileRegular)
	return 1
}

// setDefault sets, if there is an argument, and returns a default file.
func setDefault(L state.State, key, mode string) int {
	if !L.IsNoneOrNil(1) {
		if name, ok := L.ToString(1); ok {
			mustOpen(L, cString(name), mode)
		} else {
			checkFile(L)
			L.PushValue(1)
		}
		L.SetField(state.RegistryIndex, key)
	}
	L.GetField(state.RegistryIndex, key)
	return 1
}

func ioInputFile(L state.State) int { return setDefault(L, ioInput, "r") }

func ioOutputFile(L state.State) int { return setDefault(L, ioOutput, "w") }

// writeArgs writes the arguments from arg on; the file is on top of the stack.
func writeArgs(L state.State, s *stream, arg int) int {
	var failed error
	for n := L.GetTop() - arg; n > 0; n-- {
		var err error
		if L.Type(arg) == state.Number {
			var room [64]byte
			err = s.write(L, appendNumber(L, room[:0], arg))
		} else {
			err = s.write(L, L.CheckBytes(arg))
		}
		if failed == nil {
			failed = err
		}
		arg++
	}
	if failed != nil {
		return fileResult(L, failed)
	}
	return 1
}

func ioWrite(L state.State) int { return writeArgs(L, defaultFile(L, ioOutput), 1) }

func fileWrite(L state.State) int {
	s := checkFile(L)
	L.PushValue(1)
	return writeArgs(L, s, 2)
}

var (
	seekModes   = []string{"set", "cur", "end"}
	bufferModes = []string{"no", "full", "line"}
)

func fileSeek(L state.State) int {
	s := checkFile(L)
	whence := L.CheckOption(2, "cur", seekModes) // in the order of io.SeekStart
	pos, err := s.seek(L, L.OptInteger(3, 0), whence)
	if err != nil {
		return fileResult(L, err)
	}
	L.PushInteger(pos)
	return 1
}

func fileSetvbuf(L state.State) int {
	s := checkFile(L)
	mode := L.CheckOption(2, "", bufferModes) // in the order of bufNone
	L.OptInteger(3, state.BufferSize)         // the size does not show
	if s.mode = mode; mode != bufNone {
		return fileResult(L, nil)
	}
	return fileResult(L, s.flush(L))
}

func ioFlush(L state.State) int { return fileResult(L, defaultFile(L, ioOutput).flush(L)) }

func fileFlush(L state.State) int { return fileResult(L, checkFile(L).flush(L)) }
