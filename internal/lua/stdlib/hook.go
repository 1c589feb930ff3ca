package stdlib

import (
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
)

// hookKey has no entries: its address is the key, in the registry, of the table
// that maps threads to their hook functions.
var hookKey = &state.ROTable{Name: "HOOKKEY"}

// pushHookTable pushes that table, or nil.
func pushHookTable(L state.State) state.Type {
	return L.RawGetP(state.RegistryIndex, hookAddr(L))
}

// hookAddr is the address of hookKey in the ROM.
func hookAddr(L state.State) state.Addr {
	L.PushROTable(hookKey)
	a := L.ToPointer(-1)
	L.Pop(1)
	return a
}

var hookEvents = [...]string{
	state.HookCall:     "call",
	state.HookRet:      "return",
	state.HookLine:     "line",
	state.HookCount:    "count",
	state.HookTailCall: "tail call",
}

// callHook calls the function that is registered for the running thread.
var callHook = &state.HookProc{F: func(L state.State, ar *state.Debug) {
	pushHookTable(L)
	L.PushThread()
	if L.RawGet(-2) != state.Function {
		return
	}
	L.PushString(hookEvents[ar.Event])
	if ar.CurrentLine >= 0 {
		L.PushInteger(int64(ar.CurrentLine))
	} else {
		L.PushNil()
	}
	L.Call(2, 0)
}}

// hookMask reads the mask argument of sethook.
func hookMask(text string, count int) int {
	mask := 0
	if strings.Contains(text, "c") {
		mask |= state.MaskCall
	}
	if strings.Contains(text, "r") {
		mask |= state.MaskRet
	}
	if strings.Contains(text, "l") {
		mask |= state.MaskLine
	}
	if count > 0 {
		mask |= state.MaskCount
	}
	return mask
}

// hookMaskText is the opposite of hookMask, without the count.
func hookMaskText(mask int) string {
	text := ""
	if mask&state.MaskCall != 0 {
		text += "c"
	}
	if mask&state.MaskRet != 0 {
		text += "r"
	}
	if mask&state.MaskLine != 0 {
		text += "l"
	}
	return text
}

// pushThreadOf pushes the thread of on the stack of L.
func pushThreadOf(L, of state.State) {
	needStack(L, of, 1)
	of.PushThread()
	of.XMove(L, 1)
}

func debugSetHook(L state.State) int {
	of, arg := threadArg(L)
	var hook *state.HookProc
	mask, count := 0, 0
	if L.IsNoneOrNil(arg + 1) {
		L.SetTop(arg + 1)
	} else {
		text := checkCString(L, arg+2)
		L.CheckType(arg+1, state.Function)
		count = optInt(L, arg+3, 0)
		hook, mask = callHook, hookMask(text, count)
	}
	if pushHookTable(L) == state.Nil {
		L.CreateTable(0, 2)
		L.PushValue(-1)
		L.RawSetP(state.RegistryIndex, hookAddr(L))
		L.PushString("k")
		L.SetField(-2, "__mode") // weak keys: it is its own metatable
		L.PushValue(-1)
		L.SetMetatable(-2)
	}
	pushThreadOf(L, of)
	L.PushValue(arg + 1)
	L.RawSet(-3)
	of.SetHook(hook, mask, count)
	return 0
}

func debugGetHook(L state.State) int {
	of, _ := threadArg(L)
	hook, mask, count := of.GetHook()
	switch hook {
	case nil:
		L.PushNil()
	case callHook:
		pushHookTable(L)
		pushThreadOf(L, of)
		L.RawGet(-2)
		L.Remove(-2)
	default:
		L.PushString("external hook")
	}
	L.PushString(hookMaskText(mask))
	L.PushInteger(int64(count))
	return 3
}
