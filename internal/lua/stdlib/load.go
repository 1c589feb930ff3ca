package stdlib

import "moonlet.example/moonlet/internal/lua/state"

// reservedSlot is above all arguments of load; it keeps the string that the
// reader function returned alive while it is parsed.
const reservedSlot = 5

// readPiece calls the reader function that load got.
func readPiece(L state.State) []byte {
	L.CheckStackMsg(2, "too many nested functions")
	L.PushValue(1)
	L.Call(0, 1)
	if L.IsNil(-1) {
		L.Pop(1)
		return nil
	}
	if !L.IsString(-1) {
		L.Errorf("reader function must return a string")
	}
	L.Replace(reservedSlot)
	if s, _ := L.ToBytes(reservedSlot); len(s) > 0 {
		return s
	}
	return nil
}

// finishLoad returns a loaded function, after setting its environment to the
// value at index env (0 for none), or nil and the message.
func finishLoad(L state.State, status state.Status, env int) int {
	if status != state.OK {
		L.PushNil()
		L.Insert(-2)
		return 2
	}
	if env != 0 {
		L.PushValue(env)
		if _, ok := L.SetUpvalue(-2, 1); !ok {
			L.Pop(1) // the function uses no environment
		}
	}
	return 1
}

// optIndex is arg if there is such an argument, else 0.
func optIndex(L state.State, arg int) int {
	if L.IsNone(arg) {
		return 0
	}
	return arg
}

// loadProc has two names, load and loadstring (LUA_COMPAT_LOADSTRING).
var loadProc = &state.Proc{F: baseLoad}

func baseLoad(L state.State) int {
	code, isString := L.ToBytes(1)
	mode := optCString(L, 3, "bt")
	env := optIndex(L, 4)
	if isString {
		var name string
		if L.IsNoneOrNil(2) {
			name = cString(string(code))
		} else {
			name = checkCString(L, 2)
		}
		return finishLoad(L, L.LoadBytes(code, name, mode), env)
	}
	name := optCString(L, 2, "=(load)")
	L.CheckType(1, state.Function)
	L.SetTop(reservedSlot)
	return finishLoad(L, L.Load(readPiece, name, mode), env)
}

func baseLoadfile(L state.State) int {
	name := optCString(L, 1, "")
	mode := optCString(L, 2, "bt")
	env := optIndex(L, 3)
	return finishLoad(L, LoadFile(L, name, !L.IsNoneOrNil(1), mode), env)
}

var dofileCont = &state.Cont{F: func(L state.State, _ state.Status, _ int) int {
	return L.GetTop() - 1
}}

func baseDofile(L state.State) int {
	name := optCString(L, 1, "")
	hasName := !L.IsNoneOrNil(1)
	L.SetTop(1)
	if LoadFile(L, name, hasName, "bt") != state.OK {
		return L.Raise()
	}
	return L.CallK(0, state.MultRet, 0, dofileCont)
}
