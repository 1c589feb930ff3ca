package stdlib

import (
	"io"
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
)

// Debug declares the debug library: debug.debug, which reads commands from the
// standard input, is in host builds only.
func Debug(host bool) state.Module {
	entries := debugEntries
	if host {
		entries = append([]state.Entry{state.Fn("debug", debugDebug)}, entries...)
	}
	return state.Module{
		Name:   "debug",
		Table:  &state.ROTable{Name: "debug", Entries: entries},
		Tables: []*state.ROTable{hookKey},
		Hooks:  []*state.HookProc{callHook},
	}
}

var debugEntries = []state.Entry{
	state.Fn("getuservalue", debugGetUserValue),
	state.Fn("gethook", debugGetHook),
	state.Fn("getinfo", debugGetInfo),
	state.Fn("getlocal", debugGetLocal),
	state.Fn("getregistry", debugGetRegistry),
	state.Fn("getstrings", debugGetStrings),
	state.Fn("getmetatable", debugGetMetatable),
	state.Fn("getupvalue", debugGetUpvalue),
	state.Fn("upvaluejoin", debugUpvalueJoin),
	state.Fn("upvalueid", debugUpvalueID),
	state.Fn("setuservalue", debugSetUserValue),
	state.Fn("sethook", debugSetHook),
	state.Fn("setlocal", debugSetLocal),
	state.Fn("setmetatable", debugSetMetatable),
	state.Fn("setupvalue", debugSetUpvalue),
	state.Fn("traceback", debugTraceback),
}

// debugLine is how much of a line debug.debug takes at once, with the final NUL.
const debugLine = 250

// debugDebug runs lines of the standard input until it reads "cont" or there are no more.
func debugDebug(L state.State) int {
	in, ok := L.Host().(Stdin)
	if !ok {
		return 0
	}
	for {
		L.ErrorOutput("lua_debug> ")
		line := commandLine(in.Stdin(), debugLine-1)
		if len(line) == 0 || string(line) == "cont\n" {
			return 0
		}
		status := L.LoadBytes(line, "=(debug command)", "bt")
		if status == state.OK {
			status = L.PCall(0, 0, 0)
		}
		if status != state.OK {
			message, ok := L.ToString(-1)
			if !ok {
				message = "(null)" // as C prints it
			}
			L.ErrorOutput(message + "\n")
		}
		L.SetTop(0)
	}
}

// commandLine reads up to a newline, and at most so many bytes, byte by byte: what follows
// belongs to the next reader.
func commandLine(r io.Reader, most int) (line []byte) {
	var b [1]byte
	for len(line) < most {
		if n, err := r.Read(b[:]); n == 0 && err != nil {
			break
		} else if n == 1 {
			line = append(line, b[0])
		}
		if b[0] == '\n' && len(line) > 0 {
			break
		}
	}
	return line
}

func debugGetRegistry(L state.State) int {
	L.PushValue(state.RegistryIndex)
	return 1
}

var stringTables = []string{"RAM", "ROM"}

// debugGetStrings lists the strings in RAM or in the LFS image, sorted by
// table.sort if that is still there.
func debugGetStrings(L state.State) int {
	rom := L.CheckOption(1, "RAM", stringTables) == 1
	if L.PushStringsArray(rom) && L.GetGlobal("table") == state.Table {
		L.GetField(-1, "sort")
		L.PushValue(-3)
		L.Call(1, 0)
		L.Pop(1)
	}
	return 1
}

func debugGetMetatable(L state.State) int {
	L.CheckAny(1)
	if !L.GetMetatable(1) {
		L.PushNil()
	}
	return 1
}

func debugSetMetatable(L state.State) int {
	if t := L.Type(2); t != state.Nil && t != state.Table {
		return L.ArgError(2, "nil or table expected")
	}
	L.SetTop(2)
	L.SetMetatable(1)
	return 1
}

func debugGetUserValue(L state.State) int {
	if L.Type(1) == state.Userdata {
		L.GetUserValue(1)
	} else {
		L.PushNil()
	}
	return 1
}

func debugSetUserValue(L state.State) int {
	L.CheckType(1, state.Userdata)
	L.CheckAny(2)
	L.SetTop(2)
	L.SetUserValue(1)
	return 1
}

// threadArg is the thread that a function works on and how many arguments
// (0 or 1) name it.
func threadArg(L state.State) (of state.State, arg int) {
	if L.Type(1) == state.Thread {
		return L.ToThread(1), 1
	}
	return L, 0
}

// needStack makes room on the stack of another thread, which can be in any state.
func needStack(L, of state.State, n int) {
	if !L.SameThread(of) && !of.CheckStack(n) {
		L.Errorf("stack overflow")
	}
}

// pushName pushes a name, or nil if there is none.
func pushName(L state.State, name string, ok bool) {
	if ok {
		L.PushString(name)
	} else {
		L.PushNoString()
	}
}

// setString sets a field of the table on top of the stack; the other two likewise.
func setString(L state.State, key, value string) {
	L.PushString(value)
	L.SetField(-2, key)
}

func setInt(L state.State, key string, value int) {
	L.PushInteger(int64(value))
	L.SetField(-2, key)
}

func setBool(L state.State, key string, value bool) {
	L.PushBoolean(value)
	L.SetField(-2, key)
}

func debugGetInfo(L state.State) int {
	of, arg := threadArg(L)
	options := optCString(L, arg+2, "flnStu")
	if strings.HasPrefix(options, ">") { // C takes what is on the stack for a function
		return L.ArgError(arg+2, "invalid option")
	}
	needStack(L, of, 3)
	var ar state.Debug
	if L.IsFunction(arg + 1) {
		L.PushFString(">%s", options)
		options = ">" + options
		L.PushValue(arg + 1)
		L.XMove(of, 1)
	} else {
		var ok bool
		if ar, ok = of.GetStack(checkInt(L, arg+1)); !ok {
			L.PushNil()
			return 1
		}
	}
	if !of.GetInfo(options, &ar) {
		return L.ArgError(arg+2, "invalid option")
	}
	L.NewTable()
	setInfo(L, options, &ar)
	if strings.Contains(options, "L") {
		setInfoValue(L, of, "activelines")
	}
	if strings.Contains(options, "f") {
		setInfoValue(L, of, "func")
	}
	return 1
}

// setInfo puts what the options ask for into the table on top of the stack.
func setInfo(L state.State, options string, ar *state.Debug) {
	if strings.Contains(options, "S") {
		setString(L, "source", ar.Source)
		setString(L, "short_src", ar.ShortSrc)
		setInt(L, "linedefined", ar.LineDefined)
		setInt(L, "lastlinedefined", ar.LastLineDefined)
		setString(L, "what", ar.What)
	}
	if strings.Contains(options, "l") {
		setInt(L, "currentline", ar.CurrentLine)
	}
	if strings.Contains(options, "u") {
		setInt(L, "nups", ar.NUps)
		setInt(L, "nparams", ar.NParams)
		setBool(L, "isvararg", ar.IsVararg)
	}
	if strings.Contains(options, "n") {
		pushName(L, ar.Name, ar.NameWhat != "")
		L.SetField(-2, "name")
		setString(L, "namewhat", ar.NameWhat)
	}
	if strings.Contains(options, "t") {
		setBool(L, "istailcall", ar.IsTailCall)
	}
}

// setInfoValue puts a value that GetInfo pushed, below the table or on the other
// thread's stack, into the table on top.
func setInfoValue(L, of state.State, key string) {
	if L.SameThread(of) {
		L.Rotate(-2, 1)
	} else {
		of.XMove(L, 1)
	}
	L.SetField(-2, key)
}

func debugGetLocal(L state.State) int {
	of, arg := threadArg(L)
	n := checkInt(L, arg+2)
	if L.IsFunction(arg + 1) {
		L.PushValue(arg + 1)
		name, ok := L.GetLocal(nil, n)
		pushName(L, name, ok)
		return 1
	}
	ar, ok := of.GetStack(checkInt(L, arg+1))
	if !ok {
		return L.ArgError(arg+1, "level out of range")
	}
	needStack(L, of, 1)
	name, ok := of.GetLocal(&ar, n)
	if !ok {
		L.PushNil()
		return 1
	}
	of.XMove(L, 1)
	L.PushString(name)
	L.Rotate(-2, 1)
	return 2
}

func debugSetLocal(L state.State) int {
	of, arg := threadArg(L)
	level := checkInt(L, arg+1)
	n := checkInt(L, arg+2)
	ar, ok := of.GetStack(level)
	if !ok {
		return L.ArgError(arg+1, "level out of range")
	}
	L.CheckAny(arg + 3)
	L.SetTop(arg + 3)
	needStack(L, of, 1)
	L.XMove(of, 1)
	name, ok := of.SetLocal(&ar, n)
	if !ok {
		of.Pop(1)
	}
	pushName(L, name, ok)
	return 1
}

func debugGetUpvalue(L state.State) int {
	n := checkInt(L, 2)
	L.CheckType(1, state.Function)
	name, ok := L.GetUpvalue(1, n)
	if !ok {
		return 0
	}
	L.PushString(name)
	L.Insert(-2)
	return 2
}

func debugSetUpvalue(L state.State) int {
	L.CheckAny(3)
	n := checkInt(L, 2)
	L.CheckType(1, state.Function)
	name, ok := L.SetUpvalue(1, n)
	if !ok {
		return 0
	}
	L.PushString(name)
	return 1
}

// checkUpvalue is the number of an upvalue that must exist; it leaves its value
// on the stack, as the C code does.
func checkUpvalue(L state.State, funcArg, numArg int) int {
	n := checkInt(L, numArg)
	L.CheckType(funcArg, state.Function)
	if _, ok := L.GetUpvalue(funcArg, n); !ok {
		L.ArgError(numArg, "invalid upvalue index")
	}
	return n
}

func debugUpvalueID(L state.State) int {
	L.PushLightUserdata(L.UpvalueID(1, checkUpvalue(L, 1, 2)))
	return 1
}

func debugUpvalueJoin(L state.State) int {
	n1 := checkUpvalue(L, 1, 2)
	n2 := checkUpvalue(L, 3, 4)
	if L.IsCFunction(1) {
		return L.ArgError(1, "Lua function expected")
	}
	if L.IsCFunction(3) {
		return L.ArgError(3, "Lua function expected")
	}
	L.UpvalueJoin(1, n1, 3, n2)
	return 0
}

func debugTraceback(L state.State) int {
	of, arg := threadArg(L)
	msg, ok := L.ToString(arg + 1)
	if !ok && !L.IsNoneOrNil(arg+1) {
		L.PushValue(arg + 1) // no text: returned as it is
		return 1
	}
	level := 0
	if L.SameThread(of) {
		level = 1
	}
	L.Traceback(of, cString(msg), ok, optInt(L, arg+2, level))
	return 1
}
