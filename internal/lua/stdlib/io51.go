package stdlib

import (
	"bytes"

	"moonlet.example/moonlet/internal/lua/cfmt"
	"moonlet.example/moonlet/internal/lua/state"
)

// fileType51 is the type of files in the firmware's Lua 5.1: a macro of the compiler's source has another value than
// elsewhere.
const fileType51 = "INT"

// Places of the default files. In the firmware's functions without upvalues the environment is the table of globals.
const (
	input51  = 1
	output51 = 2
)

// stdKeys51 is where in the registry the standard files are, so that they stay: in C the first of three addresses.
const stdKeys51 = 0x40100000

// IO51 is the io library of the host profile of Lua 5.1, of a build with floats or one with integers.
func IO51(integral bool) state.Module {
	f := files51{integral}
	t := &state.ROTable{Name: "io"}
	t.Entries = []state.Entry{state.Tab("__index", t), state.Fn("close", close51), state.Fn("flush", ioFlush51),
		state.Fn("input", ioInput51), state.Fn("lines", ioLines51), state.Fn("open", ioOpen51), state.Fn("output", ioOutput51),
		state.Fn("read", f.ioRead), state.Fn("type", type51), state.Fn("write", f.ioWrite)}
	closing := t.Entries[1]
	meta := &state.ROTable{Name: "io.file"}
	meta.Entries = []state.Entry{state.Fn("__gc", gc51), state.Tab("__index", meta), state.Fn("__tostring", toString51), closing,
		state.Fn("flush", flush51), state.Fn("lines", lines51), state.Fn("read", f.read), state.Fn("seek", f.seek),
		state.Fn("setvbuf", f.setvbuf), state.Fn("write", f.write)}
	return state.Module{Name: "io", Table: t, Tables: []*state.ROTable{meta}, Procs: []*state.Proc{nextLine51},
		Open: func(L state.State) int { return open51(L, t, meta) }}
}

// files51 are the functions that read or write numbers.
type files51 struct{ integral bool }

// open51 makes the table io, which is its own metatable, and the standard files.
func open51(L state.State, t, meta *state.ROTable) int {
	L.ROMetatable(fileType51, meta)
	L.GetField(state.RegistryIndex, "_LOADED")
	L.NewTable()
	L.PushValue(-1)
	L.SetGlobal("io")
	L.PushValue(-1)
	L.SetField(-3, "io")
	L.Remove(-2)
	L.PushValue(-1)
	L.SetMetatable(-2)
	L.PushROTable(t)
	L.SetField(-2, "__index")
	for i, s := range stdStreams(L) {
		setStream(L, newFile51(L), s, fileStandard)
		L.PushValue(-1)
		L.RawSetI(state.RegistryIndex, stdKeys51+int64(i))
		L.SetField(-2, []string{"stdin", "stdout", "stderr"}[i])
	}
	return 1
}

// newFile51 pushes a file that is closed until it gets a stream.
func newFile51(L state.State) state.Addr {
	a := L.NewUserdata(fileSize)
	L.SetMetatableByName(fileType51)
	return a
}

// check51 is the stream of the file in the first argument.
func check51(L state.State) *stream {
	if a := L.CheckUdata(1, fileType51); isClosed(L, a) {
		L.Errorf("attempt to use a closed file")
	}
	return streamOf(L, L.ToUserdata(1))
}

// default51 pushes a default file and gives its stream. Where the firmware has none yet, and crashes, it is the standard
// one.
func default51(L state.State, which int64) *stream {
	L.PushGlobalTable()
	if L.RawGetI(-1, which) == state.Nil {
		L.Pop(1)
		L.RawGetI(state.RegistryIndex, stdKeys51+which-1)
	}
	L.Remove(-2)
	a := L.TestUdata(-1, fileType51)
	if a == 0 {
		L.Errorf("bad file")
	}
	if isClosed(L, a) {
		L.Errorf("standard %s file is closed", []string{"input", "output"}[which-1])
	}
	return streamOf(L, a)
}

func type51(L state.State) int {
	L.CheckAny(1)
	switch a := L.TestUdata(1, fileType51); {
	case a == 0:
		L.PushNil()
	case isClosed(L, a):
		L.PushString("closed file")
	default:
		L.PushString("file")
	}
	return 1
}

func toString51(L state.State) int {
	if a := L.CheckUdata(1, fileType51); isClosed(L, a) {
		L.PushString("file (closed)")
	} else {
		L.PushFString("file (%p)", a)
	}
	return 1
}

func close51(L state.State) int {
	if L.IsNone(1) {
		L.PushGlobalTable()
		L.RawGetI(-1, output51)
		L.Replace(1)
	}
	check51(L)
	return closeFile(L, L.ToUserdata(1))
}

func gc51(L state.State) int {
	if a := L.CheckUdata(1, fileType51); !isClosed(L, a) {
		closeFile(L, a)
	}
	return 0
}

// mode51 is how fopen understands a mode: of what is behind the letter it knows the plus sign, and takes no offence.
func mode51(mode string) (string, bool) {
	if mode == "" || !bytes.ContainsAny([]byte(mode[:1]), "rwa") {
		return "", false
	}
	if bytes.ContainsRune([]byte(mode[1:min(len(mode), 7)]), '+') {
		return mode[:1] + "+", true
	}
	return mode[:1], true
}

// errInvalid is what fopen says to a mode that is none.
var errInvalid = errno{22, "Invalid argument"}

// openFile51 pushes a file and opens it.
func openFile51(L state.State, name, mode string) error {
	a := newFile51(L)
	exclusive := len(mode) > 1 && mode[0] != 'r' && bytes.ContainsRune([]byte(mode[1:min(len(mode), 7)]), 'x')
	mode, ok := mode51(mode)
	if !ok {
		return errInvalid
	}
	host, ok := L.Host().(FileSystem)
	if !ok {
		return errNoFunction
	}
	if exclusive {
		if f, err := host.OpenFile(name, "r"); err == nil {
			f.Close()
			return errExists
		}
	}
	f, err := host.OpenFile(name, mode)
	if err == nil {
		setStream(L, a, newStream(f, mode), fileRegular)
	}
	return err
}

// mustOpen51 is openFile51 for functions whose first argument is the name.
func mustOpen51(L state.State, name, mode string) {
	if err := openFile51(L, name, mode); err != nil {
		text, _ := sysError(err)
		L.PushFString("%s: %s", name, text)
		message, _ := L.ToString(-1)
		L.ArgError(1, message)
	}
}

func ioOpen51(L state.State) int {
	name := checkCString(L, 1)
	mode := optCString(L, 2, "r")
	if err := openFile51(L, name, mode); err != nil {
		return namedResult(L, err, name)
	}
	return 1
}

// setDefault51 sets a default file, if there is an argument, and gives it.
func setDefault51(L state.State, which int64, mode string) int {
	if !L.IsNoneOrNil(1) {
		if name, ok := L.ToString(1); ok {
			mustOpen51(L, cString(name), mode)
		} else {
			check51(L)
			L.PushValue(1)
		}
		L.PushGlobalTable()
		L.Insert(-2)
		L.RawSetI(-2, which)
		L.Pop(1)
	}
	L.PushGlobalTable()
	L.RawGetI(-1, which)
	return 1
}

func ioInput51(L state.State) int { return setDefault51(L, input51, "r") }

func ioOutput51(L state.State) int { return setDefault51(L, output51, "w") }

// writeArgs51 writes the arguments from arg on, of which there is one less than values on the stack.
func (f files51) writeArgs(L state.State, s *stream, arg int) int {
	var failed error
	for n := L.GetTop() - 1; n > 0; n-- {
		var text []byte
		switch {
		case L.Type(arg) != state.Number:
			text = L.CheckBytes(arg)
		case f.integral:
			i, _ := L.ToInteger(arg)
			text = cfmt.Int(nil, cfmt.Spec{Verb: 'd', Prec: -1}, i, 64)
		default:
			d, _ := L.ToNumber(arg)
			text = L.CLibrary().AppendG(nil, d, 14)
		}
		if failed == nil {
			failed = s.write(L, text)
		}
		arg++
	}
	return fileResult(L, failed)
}

func (f files51) ioWrite(L state.State) int { return f.writeArgs(L, default51(L, output51), 1) }

func (f files51) write(L state.State) int { return f.writeArgs(L, check51(L), 2) }

// offset is luaL_optinteger where C's integers have 64 bits, as on hosts with floats for numbers.
func (f files51) offset(L state.State, arg int, def int64) int64 {
	if f.integral || L.IsNoneOrNil(arg) {
		return L.OptInteger(arg, def)
	}
	return HostInteger(L.CheckNumber(arg))
}

// HostInteger is C's conversion of a double to 64 bits on a host, which gives the least number for what has no place.
func HostInteger(f float64) int64 {
	if f >= -(1<<63) && f < 1<<63 {
		return int64(f)
	}
	return -1 << 63
}

func (f files51) seek(L state.State) int {
	s := check51(L)
	whence := L.CheckOption(2, "cur", seekModes)
	offset := f.offset(L, 3, 0)
	pos, err := s.seek(L, offset, whence)
	if err != nil {
		return fileResult(L, err)
	}
	if f.integral {
		pos = int64(int32(pos))
	}
	L.PushNumber(float64(pos))
	return 1
}

func (f files51) setvbuf(L state.State) int {
	s := check51(L)
	mode := L.CheckOption(2, "", bufferModes)
	f.offset(L, 3, state.BufferSize)
	if s.mode = mode; mode != bufNone {
		return fileResult(L, nil)
	}
	return fileResult(L, s.flush(L))
}

func ioFlush51(L state.State) int { return fileResult(L, default51(L, output51).flush(L)) }

func flush51(L state.State) int { return fileResult(L, check51(L).flush(L)) }
