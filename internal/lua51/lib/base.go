package lib

import (
	"slices"
	"strconv"
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
)

// BaseTable is the table of the base functions that are in ROM, of a build with floats or one with integers.
func BaseTable(integral bool) *state.ROTable {
	if !integral {
		return baseTable
	}
	t := &state.ROTable{Name: baseTable.Name, Entries: slices.Clone(baseTable.Entries)}
	for i, e := range t.Entries {
		if e.Name == "tonumber" {
			t.Entries[i] = state.Fn(e.Name, toNumberInt)
		}
	}
	return t
}

var baseTable = &state.ROTable{Name: "_G", Entries: []state.Entry{
	state.Fn("assert", assert), state.Fn("collectgarbage", collectGarbage), state.Fn("dofile", doFile), state.Fn("error", raise),
	state.Fn("gcinfo", gcInfo), state.Fn("getfenv", getFEnv), state.Fn("getmetatable", stdlib.GetMetatable), state.Fn("loadfile", loadFile),
	state.Fn("load", load), state.Fn("loadstring", loadString), state.FnProc("next", nextProc), state.Fn("pcall", pcall),
	state.Fn("print", printAll), state.Fn("rawequal", rawEqual), state.Fn("rawget", rawGet), state.Fn("rawset", rawSet),
	state.Fn("select", stdlib.Select), state.Fn("setfenv", setFEnv), state.Fn("setmetatable", setMetatable), state.Fn("tonumber", toNumber),
	state.Fn("tostring", toString), state.Fn("type", typeOf), state.Fn("unpack", unpack), state.Fn("xpcall", xpcall),
}}

var (
	nextProc       = &state.Proc{F: next, Role: state.RoleNext}
	ipairsStepProc = &state.Proc{F: ipairsStep, Role: state.RoleIPairs}
	pairsProc      = &state.Proc{F: pairs}
	ipairsProc     = &state.Proc{F: ipairs}
	newProxyProc   = &state.Proc{F: newProxy}
)

// Base is the base library. main is the table ROM, which is what globals are looked up in last.
func Base(main *state.ROTable) state.Module {
	return state.Module{Name: "_G", Procs: []*state.Proc{nextProc, ipairsStepProc, pairsProc, ipairsProc, newProxyProc},
		Tables: []*state.ROTable{main},
		Open: func(L state.State) int {
			L.PushGlobalTable()
			// lua_settable(L, LUA_GLOBALSINDEX) with the library's name and the table on the stack
			L.SetGlobal(libraryName(L))
			L.PushString("Lua 5.1")
			L.SetGlobal("_VERSION")
			for _, f := range []struct {
				name       string
				proc, step *state.Proc
			}{{"ipairs", ipairsProc, ipairsStepProc}, {"pairs", pairsProc, nextProc}} {
				L.PushFunction(f.step)
				L.PushClosure(f.proc, 1)
				L.SetGlobal(f.name)
			}
			L.CreateTable(0, 1)
			L.PushString("kv")
			L.SetField(-2, "__mode")
			L.PushValue(-1)
			L.SetMetatable(-2)
			L.PushClosure(newProxyProc, 1)
			L.SetGlobal("newproxy")
			L.PushROTable(main)
			L.SetGlobal("__index")
			L.PushGlobalTable()
			L.PushValue(-1)
			L.SetMetatable(-2)
			L.Pop(1)
			return 0
		}}
}

// libraryName is the name that a start-up function gets.
func libraryName(L state.State) string {
	if s, ok := L.ToString(1); ok && s != "" {
		return s
	}
	return "_G"
}

func printAll(L state.State) int {
	n := L.GetTop()
	L.GetGlobal("tostring")
	for i := 1; i <= n; i++ {
		L.PushValue(-1)
		L.PushValue(i)
		L.Call(1, 1)
		s, ok := L.ToBytes(-1)
		if !ok {
			return L.Errorf("'tostring' must return a string to 'print'")
		}
		if i > 1 {
			L.Output([]byte("\t"))
		}
		L.Output([]byte(text(s)))
		L.Pop(1)
	}
	L.Output([]byte("\n"))
	return 0
}

func toNumber(L state.State) int {
	return readNumber(L, func(n uint64) { L.PushNumber(float64(n)) })
}

// toNumberInt is toNumber where numbers are integers: C's conversion keeps the low bits.
func toNumberInt(L state.State) int {
	return readNumber(L, func(n uint64) { L.PushInteger(int64(int32(n))) })
}

// readNumber is tonumber; push pushes what strtoul gives.
func readNumber(L state.State, push func(n uint64)) int {
	base := optInt(L, 2, 10)
	if base == 10 {
		L.CheckAny(1)
		if n, ok := L.ToNumber(1); ok {
			L.PushNumber(n)
			return 1
		}
	} else {
		s := text(L.CheckBytes(1))
		L.ArgCheck(2 <= base && base <= 36, 2, "base out of range")
		if n, ok := parseUnsigned(s, uint64(base), longBits(L)); ok {
			push(n)
			return 1
		}
	}
	L.PushNil()
	return 1
}

// parseUnsigned is strtoul of a whole string with spaces around: the value stays at the end of its range.
func parseUnsigned(s string, base uint64, bits int) (uint64, bool) {
	s = strings.Trim(s, " \t\n\v\f\r")
	negative := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s, negative = s[1:], s[0] == '-'
	}
	if base == 16 && len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		s = s[2:]
	}
	if s == "" {
		return 0, false
	}
	limit := uint64(1)<<(bits-1)<<1 - 1
	n, over := uint64(0), false
	for _, c := range []byte(s) {
		d := uint64(99)
		switch {
		case '0' <= c && c <= '9':
			d = uint64(c - '0')
		case 'a' <= c|0x20 && c|0x20 <= 'z':
			d = uint64(c|0x20-'a') + 10
		}
		if d >= base {
			return 0, false
		}
		over = over || n > (limit-d)/base
		n = n*base + d
	}
	switch {
	case over:
		n = limit
	case negative:
		n = -n & limit
	}
	return n, true
}

func raise(L state.State) int {
	level := optInt(L, 2, 1)
	L.SetTop(1)
	if L.IsString(1) && level > 0 {
		L.Where(int(level))
		L.PushValue(1)
		L.Concat(2)
	}
	return L.Raise()
}

func setMetatable(L state.State) int {
	t := L.Type(2)
	checkTable(L, 1)
	L.ArgCheck(t == state.Nil || t == state.Table, 2, "nil or table expected")
	if L.GetMetafield(1, "__metatable") != state.Nil {
		return L.Errorf("cannot change a protected metatable")
	}
	L.SetTop(2)
	L.SetMetatable(1)
	return 1
}

// getFunc pushes the function that argument 1 is, or at that level of the stack.
func getFunc(L state.State, optional bool) {
	if L.IsFunction(1) {
		L.PushValue(1)
		return
	}
	level := int64(1)
	if !optional || !L.IsNoneOrNil(1) {
		level = L.CheckInteger(1)
	}
	L.ArgCheck(level >= 0, 1, "level must be non-negative")
	ar, ok := L.GetStack(int(level))
	if !ok {
		L.ArgError(1, "invalid level")
	}
	L.GetInfo("f", &ar)
	if L.IsNil(-1) {
		L.Errorf("no function environment for tail call at level %d", int(level))
	}
}

func getFEnv(L state.State) int {
	getFunc(L, true)
	if L.IsCFunction(-1) {
		L.PushGlobalTable()
	} else {
		L.(state.Environments).GetFEnv(-1)
	}
	return 1
}

func setFEnv(L state.State) int {
	checkTable(L, 2)
	getFunc(L, false)
	L.PushValue(2)
	if n, ok := L.ToNumber(1); ok && n == 0 {
		L.PushThread()
		L.Insert(-2)
		L.(state.Environments).SetFEnv(-2)
		return 0
	}
	if L.IsCFunction(-2) || !L.(state.Environments).SetFEnv(-2) {
		return L.Errorf("'setfenv' cannot change environment of given object")
	}
	return 1
}

func rawEqual(L state.State) int {
	L.CheckAny(1)
	L.CheckAny(2)
	L.PushBoolean(L.RawEqual(1, 2))
	return 1
}

func rawGet(L state.State) int {
	checkTable(L, 1)
	L.CheckAny(2)
	L.SetTop(2)
	L.RawGet(1)
	return 1
}

func rawSet(L state.State) int {
	checkTable(L, 1)
	L.CheckAny(2)
	L.CheckAny(3)
	L.SetTop(3)
	L.RawSet(1)
	return 1
}

func gcInfo(L state.State) int {
	L.PushInteger(int64(L.GC(state.GCCount, 0)))
	return 1
}

var gcOptions = []string{"stop", "restart", "collect", "count", "step", "setpause", "setstepmul", "setmemlimit", "getmemlimit"}

var gcRequests = [...]int{state.GCStop, state.GCRestart, state.GCCollect, state.GCCount, state.GCStep, state.GCSetPause,
	state.GCSetStepMul, state.GCSetMemLimit, state.GCGetMemLimit}

func collectGarbage(L state.State) int {
	what := gcRequests[L.CheckOption(1, "collect", gcOptions)]
	data := optInt(L, 2, 0)
	res := L.GC(what, int(data))
	switch what {
	case state.GCCount:
		L.PushNumber(float64(res) + float64(L.GC(state.GCCountB, 0))/1024)
	case state.GCStep:
		L.PushBoolean(res != 0)
	default:
		L.PushInteger(int64(res))
	}
	return 1
}

func typeOf(L state.State) int {
	L.CheckAny(1)
	L.PushString(L.TypeNameAt(1))
	return 1
}

func next(L state.State) int {
	checkTable(L, 1)
	L.SetTop(2)
	if L.Next(1) {
		return 2
	}
	L.PushNil()
	return 1
}

func pairs(L state.State) int {
	checkTable(L, 1)
	L.PushValue(state.UpvalueIndex(1))
	L.PushValue(1)
	L.PushNil()
	return 3
}

func ipairs(L state.State) int {
	checkTable(L, 1)
	L.PushValue(state.UpvalueIndex(1))
	L.PushValue(1)
	L.PushInteger(0)
	return 3
}

func ipairsStep(L state.State) int {
	i := int64(int32(L.CheckInteger(2) + 1))
	checkTable(L, 1)
	L.PushInteger(i)
	if L.RawGetI(1, i) == state.Nil {
		return 0
	}
	return 2
}

// loaded gives the function that was loaded, or nil and a message.
func loaded(L state.State, status state.Status) int {
	if status == state.OK {
		return 1
	}
	L.PushNil()
	L.Insert(-2)
	return 2
}

func loadString(L state.State) int {
	s := L.CheckBytes(1)
	name := text(s)
	if !L.IsNoneOrNil(2) {
		name = text(L.CheckBytes(2))
	}
	return loaded(L, L.LoadBytes(s, name, "bt"))
}

// fileName is the optional name of a file.
func fileName(L state.State) (name string, ok bool) {
	if L.IsNoneOrNil(1) {
		return "", false
	}
	return text(L.CheckBytes(1)), true
}

func loadFile(L state.State) int {
	name, ok := fileName(L)
	return loaded(L, stdlib.LoadFile(L, name, ok, "bt"))
}

// load takes the pieces of a chunk from a function; the last one is kept in a slot of the stack.
func load(L state.State) int {
	name := "=(load)"
	if !L.IsNoneOrNil(2) {
		name = text(L.CheckBytes(2))
	}
	L.CheckType(1, state.Function)
	L.SetTop(3)
	status := L.Load(func(L state.State) []byte {
		L.CheckStackMsg(2, "too many nested functions")
		L.PushValue(1)
		L.Call(0, 1)
		if L.IsNil(-1) {
			return nil
		}
		if !L.IsString(-1) {
			L.Errorf("reader function must return a string")
		}
		L.Replace(3)
		s, _ := L.ToBytes(3)
		return s
	}, name, "bt")
	return loaded(L, status)
}

func doFile(L state.State) int {
	name, ok := fileName(L)
	n := L.GetTop()
	if stdlib.LoadFile(L, name, ok, "bt") != state.OK {
		return L.Error()
	}
	L.Call(0, state.MultRet)
	return L.GetTop() - n
}

func assert(L state.State) int {
	L.CheckAny(1)
	if !L.ToBoolean(1) {
		return L.Errorf("%s", L.OptString(2, "assertion failed!"))
	}
	return L.GetTop()
}

func unpack(L state.State) int {
	checkTable(L, 1)
	i := optInt(L, 2, 1)
	e := optIntOf(L, 3, func() int64 { return int64(L.RawLen(1)) })
	if i > e {
		return 0
	}
	n := int64(int32(e - i + 1))
	if n <= 0 || !L.CheckStack(int(n)) {
		return L.Errorf("too many results to unpack")
	}
	for ; i <= e; i++ {
		L.RawGetI(1, i)
	}
	return int(n)
}

func pcall(L state.State) int {
	L.CheckAny(1)
	status := L.PCall(L.GetTop()-1, state.MultRet, 0)
	L.PushBoolean(status == state.OK)
	L.Insert(1)
	return L.GetTop()
}

func xpcall(L state.State) int {
	L.CheckAny(2)
	L.SetTop(2)
	L.Insert(1)
	status := L.PCall(0, state.MultRet, 1)
	L.PushBoolean(status == state.OK)
	L.Replace(1)
	return L.GetTop()
}

func toString(L state.State) int {
	L.CheckAny(1)
	if L.CallMeta(1, "__tostring") { // what that gives is not looked at
		return 1
	}
	switch L.Type(1) {
	case state.Number:
		s, _ := L.ToString(1) // the argument becomes a string itself
		L.PushString(s)
	case state.String:
		L.PushValue(1)
	case state.Boolean:
		L.PushString(strconv.FormatBool(L.ToBoolean(1)))
	case state.Nil:
		L.PushString("nil")
	default:
		L.PushFString("%s: %p", L.TypeNameAt(1), L.ToPointer(1))
	}
	return 1
}

// newProxy makes a userdata without contents. Its upvalue is a weak table of the metatables that it made.
func newProxy(L state.State) int {
	L.SetTop(1)
	L.NewUserdata(0)
	switch {
	case !L.ToBoolean(1):
		return 1
	case L.Type(1) == state.Boolean:
		L.NewTable()
		L.PushValue(-1)
		L.PushBoolean(true)
		L.RawSet(state.UpvalueIndex(1))
	default:
		valid := false
		if L.GetMetatable(1) {
			L.RawGet(state.UpvalueIndex(1))
			valid = L.ToBoolean(-1)
			L.Pop(1)
		}
		L.ArgCheck(valid, 1, "boolean or proxy expected")
		L.GetMetatable(1)
	}
	L.SetMetatable(2)
	return 1
}
