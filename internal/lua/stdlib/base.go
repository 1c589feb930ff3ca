package stdlib

import (
	"moonlet.example/moonlet/internal/lua/numconv"
	"moonlet.example/moonlet/internal/lua/state"
)

// Base declares the basic library, which puts _VERSION and the metatable with
// the ROM table rom into the globals. Its functions have no table of their own:
// see BaseTable.
func Base(rom *state.ROTable) state.Module {
	return state.Module{
		Name: "_G",
		Open: func(L state.State) int {
			L.PushGlobalTable()
			L.PushString("Lua 5.3")
			L.SetField(-2, "_VERSION")
			L.CreateTable(0, 1)
			L.PushROTable(rom)
			L.SetField(-2, "__index")
			L.SetMetatable(-2)
			return 1
		},
		Procs: []*state.Proc{ipairsStepProc},
		Conts: []*state.Cont{finishPCall, dofileCont},
	}
}

// BaseTable has the functions of the basic library. A device's ROM table begins
// with these entries; the firmware's host build has the table in its ROM as _G
// and as __index of its ROM's metatable.
func BaseTable() *state.ROTable { return baseTable }

var baseTable = &state.ROTable{Name: "_G", Entries: []state.Entry{
	state.Fn("assert", baseAssert),
	state.Fn("collectgarbage", baseCollectGarbage),
	state.Fn("dofile", baseDofile),
	state.Fn("error", baseError),
	state.Fn("getmetatable", GetMetatable),
	state.Fn("ipairs", baseIpairs),
	state.Fn("loadfile", baseLoadfile),
	state.FnProc("load", loadProc),
	state.FnProc("loadstring", loadProc),
	state.FnProc("next", nextProc),
	state.Fn("pairs", basePairs),
	state.Fn("pcall", basePCall),
	state.Fn("print", basePrint),
	state.Fn("rawequal", baseRawEqual),
	state.Fn("rawlen", baseRawLen),
	state.Fn("rawget", baseRawGet),
	state.Fn("rawset", baseRawSet),
	state.Fn("select", Select),
	state.Fn("setmetatable", baseSetMetatable),
	state.Fn("tonumber", baseToNumber),
	state.Fn("tostring", baseToString),
	state.Fn("type", baseType),
	state.Fn("unpack", baseUnpack),
	state.Fn("xpcall", baseXPCall),
}}

// What print writes between and behind the values.
var tab, newline = []byte{'\t'}, []byte{'\n'}

func basePrint(L state.State) int {
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
			L.Output(tab)
		}
		L.Output(s)
		L.Pop(1)
	}
	L.Output(newline)
	return 0
}

// digitValue is the value of a digit in bases up to 36, 36 for other bytes.
func digitValue(c byte) uint64 {
	switch {
	case '0' <= c && c <= '9':
		return uint64(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'z':
		return uint64(c|0x20-'a') + 10
	}
	return 36
}

// skipSpaces is the index of the first byte from i on that is no space.
func skipSpaces(s []byte, i int) int {
	for i < len(s) && charClass[s[i]]&classSpace != 0 {
		i++
	}
	return i
}

// parseBase reads an integer in a base; it wraps around.
func parseBase(s []byte, base uint64) (int64, bool) {
	i := skipSpaces(s, 0)
	neg := false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		neg = s[i] == '-'
		i++
	}
	first := i
	n := uint64(0)
	for ; i < len(s) && charClass[s[i]]&classAlnum != 0; i++ {
		d := digitValue(s[i])
		if d >= base {
			return 0, false
		}
		n = n*base + d
	}
	if i == first {
		return 0, false
	}
	if neg {
		n = -n
	}
	return int64(n), skipSpaces(s, i) == len(s)
}

func baseToNumber(L state.State) int {
	if !L.IsNoneOrNil(2) {
		base := L.CheckInteger(2)
		L.CheckType(1, state.String)
		s, _ := L.ToBytes(1)
		if base < 2 || base > 36 {
			return L.ArgError(2, "base out of range")
		}
		if n, ok := parseBase(s, uint64(base)); ok {
			L.PushInteger(n)
		} else {
			L.PushNil()
		}
		return 1
	}
	switch L.Type(1) {
	case state.Number:
		L.SetTop(1)
		return 1
	case state.String:
		s, _ := L.ToBytes(1)
		if n, ok := numconv.ParseInt(s, intBits(L)); ok {
			L.PushInteger(n)
			return 1
		}
		if f, ok := L.CLibrary().ParseFloat(s); ok {
			L.PushNumber(f)
			return 1
		}
	default:
		L.CheckAny(1)
	}
	L.PushNil()
	return 1
}

func baseError(L state.State) int {
	level := optInt(L, 2, 1)
	L.SetTop(1)
	if L.Type(1) == state.String && level > 0 {
		L.Where(level)
		L.PushValue(1)
		L.Concat(2)
	}
	return L.Raise()
}

func baseAssert(L state.State) int {
	if L.ToBoolean(1) {
		return L.GetTop()
	}
	L.CheckAny(1)
	L.Remove(1)
	L.PushString("assertion failed!")
	L.SetTop(1) // the caller's message, or else this one
	return baseError(L)
}

// GetMetatable is getmetatable, in all editions.
func GetMetatable(L state.State) int {
	L.CheckAny(1)
	if !L.GetMetatable(1) {
		L.PushNil()
		return 1
	}
	L.GetMetafield(1, "__metatable") // hides the metatable if it is there
	return 1
}

func baseSetMetatable(L state.State) int {
	t := L.Type(2)
	L.CheckType(1, state.Table)
	if t != state.Nil && t != state.Table {
		return L.ArgError(2, "nil or table expected")
	}
	if L.GetMetafield(1, "__metatable") != state.Nil {
		return L.Errorf("cannot change a protected metatable")
	}
	L.SetTop(2)
	L.SetMetatable(1)
	return 1
}

func baseRawEqual(L state.State) int {
	L.CheckAny(1)
	L.CheckAny(2)
	L.PushBoolean(L.RawEqual(1, 2))
	return 1
}

func baseRawLen(L state.State) int {
	if t := L.Type(1); t != state.Table && t != state.String {
		return L.ArgError(1, "table or string expected")
	}
	L.PushInteger(int64(L.RawLen(1)))
	return 1
}

func baseRawGet(L state.State) int {
	L.CheckType(1, state.Table)
	L.CheckAny(2)
	L.SetTop(2)
	L.RawGet(1)
	return 1
}

func baseRawSet(L state.State) int {
	L.CheckType(1, state.Table)
	L.CheckAny(2)
	L.CheckAny(3)
	L.SetTop(3)
	L.RawSet(1)
	return 1
}

var gcOptions = []string{"stop", "restart", "collect", "count", "step", "setpause", "setstepmul",
	"setmemlimit", "isrunning"}

// gcRequests has a request for each option. The firmware's table has one entry
// too few, so "setmemlimit" answers as "isrunning" does, and "isrunning" reads
// behind the table (lbaselib.c, luaB_collectgarbage); here it does what it says.
var gcRequests = [...]int{state.GCStop, state.GCRestart, state.GCCollect, state.GCCount, state.GCStep,
	state.GCSetPause, state.GCSetStepMul, state.GCIsRunning, state.GCIsRunning}

func baseCollectGarbage(L state.State) int {
	request := gcRequests[L.CheckOption(1, "collect", gcOptions)]
	res := L.GC(request, optInt(L, 2, 0))
	switch request {
	case state.GCCount:
		L.PushNumber(float64(res) + float64(L.GC(state.GCCountB, 0))/1024)
	case state.GCStep, state.GCIsRunning:
		L.PushBoolean(res != 0)
	default:
		L.PushInteger(int64(res))
	}
	return 1
}

func baseType(L state.State) int {
	t := L.Type(1)
	if t == state.None {
		return L.ArgError(1, "value expected")
	}
	L.PushString(L.TypeName(t))
	return 1
}

var nextProc = &state.Proc{F: baseNext, Role: state.RoleNext}

func baseNext(L state.State) int {
	L.CheckType(1, state.Table)
	L.SetTop(2)
	if L.Next(1) {
		return 2
	}
	L.PushNil()
	return 1
}

func basePairs(L state.State) int {
	L.CheckAny(1)
	if L.GetMetafield(1, "__pairs") == state.Nil {
		L.PushFunction(nextProc)
		L.PushValue(1)
		L.PushNil()
	} else {
		L.PushValue(1)
		L.Call(1, 3)
	}
	return 3
}

var ipairsStepProc = &state.Proc{F: ipairsStep, Role: state.RoleIPairs}

func ipairsStep(L state.State) int {
	i := succ(L, L.CheckInteger(2))
	L.PushInteger(i)
	if L.GetI(1, i) == state.Nil {
		return 1
	}
	return 2
}

func baseIpairs(L state.State) int {
	L.CheckAny(1)
	L.PushFunction(ipairsStepProc)
	L.PushValue(1)
	L.PushInteger(0)
	return 3
}

// Select is select, in all editions.
func Select(L state.State) int {
	n := int64(L.GetTop())
	if L.Type(1) == state.String {
		if s, _ := L.ToBytes(1); len(s) > 0 && s[0] == '#' {
			L.PushInteger(n - 1)
			return 1
		}
	}
	i := L.CheckInteger(1)
	if i < 0 {
		i += n
	} else if i > n {
		i = n
	}
	if i < 1 {
		return L.ArgError(1, "index out of range")
	}
	return int(n - i)
}

// finishPCall ends pcall and xpcall: the context is how many values at the
// bottom of the stack are no results.
var finishPCall = &state.Cont{F: func(L state.State, status state.Status, extra int) int {
	if status != state.OK && status != state.Yield {
		L.PushBoolean(false)
		L.PushValue(-2)
		return 2
	}
	return L.GetTop() - extra
}}

func basePCall(L state.State) int {
	L.CheckAny(1)
	L.PushBoolean(true) // first result
	L.Insert(1)
	return L.PCallK(L.GetTop()-2, state.MultRet, 0, 0, finishPCall)
}

func baseXPCall(L state.State) int {
	n := L.GetTop()
	L.CheckType(2, state.Function)
	L.PushBoolean(true)
	L.PushValue(1)
	L.Rotate(3, 2) // function, handler, true, function, arguments
	return L.PCallK(n-2, state.MultRet, 2, 2, finishPCall)
}

func baseToString(L state.State) int {
	L.CheckAny(1)
	L.ToLString(1)
	return 1
}

// baseUnpack is LUA_COMPAT_UNPACK: whatever table.unpack is now.
func baseUnpack(L state.State) int {
	n := L.GetTop()
	L.GetGlobal("table")
	L.GetField(-1, "unpack")
	L.Insert(1)
	L.Pop(1)
	L.Call(n, state.MultRet)
	return L.GetTop()
}
