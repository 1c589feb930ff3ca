package node

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// input is node.input(text): it writes to the console's input pipe, which stands
// in the registry under the name stdin.
func input(L state.State) int {
	L.CheckBytes(1)
	L.GetField(state.RegistryIndex, "stdin")
	L.RawGetI(-1, 1) // its method write
	L.Insert(-2)
	L.PushValue(1)
	L.Call(2, 0)
	return 0
}

// output returns node.output([function [, serial]]). It puts a pipe into the
// registry under the name stdout, whose reader is the function.
func output(pipeCreate *state.Proc) state.Func {
	return func(L state.State) int {
		serialToo := uint32(1)
		if n, _ := L.ToInteger(2); n == 0 && L.IsNumber(2) {
			serialToo = 0
		}
		L.SetTop(1)
		if L.IsFunction(1) {
			port.TellOldCall(L.Host(), "node.output(function(text) … end)")
			static(L).setU32(offSerialToo, serialToo)
			L.PushFunction(pipeCreate)
			L.Insert(1)
			L.PushInteger(state.TaskMedium)
			L.Call(2, 1)
		} else {
			L.Pop(1)
			L.PushNil()
			static(L).setU32(offSerialToo, 1)
		}
		L.PushString("stdout")
		L.Insert(1)
		L.RawSet(state.RegistryIndex)
		return 0
	}
}

// toSerial writes text to serial port 0, if there is one.
func toSerial(L state.State, p []byte) {
	if s, ok := port.SerialOf(L.Host(), 0); ok {
		port.WriteText(s, p)
	}
}

// Output is where everything goes that Lua prints (output_redirect,
// app/modules/node.c): to serial port 0, to the pipe that node.output made, or
// to both. Errors of the pipe cannot be reported through it, so they restart the
// module.
func Output(L state.State, p []byte) {
	L = L.MainThread()
	top := L.GetTop()
	L.PushString("stdout")
	L.RawGet(state.RegistryIndex)
	switch {
	case L.IsFunction(-1):
		callOutput(L, p)
		L.SetTop(top)
		return
	case !L.IsTable(-1):
		toSerial(L, p)
		L.SetTop(top)
		return
	}
	if static(L).u32(offSerialToo) != 0 {
		toSerial(L, p)
	}
	L.RawGetI(-1, 1) // its method write
	L.Insert(-2)
	L.PushBytes(p)
	if L.PCall(2, 0, 0) != state.OK {
		msg, _ := L.ToString(-1)
		L.ErrorOutput("error calling stdout:write(" + msg + ")\n")
		system(L).Restart()
	}
	L.SetTop(top)
}
