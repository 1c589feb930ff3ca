package node

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// outputFor is node.output of a build.
func outputFor(o Options) state.Func {
	if o.Classic {
		return textOutput
	}
	return output(o.PipeCreate)
}

// textOutput is node.output([function [, serial]]) until 3.0-master_20200610: the function is
// called with the text (node_output, app/modules/node.c of 2.0.0-master_20170202). It stands in the registry
// under the name that the pipe has now.
func textOutput(L state.State) int {
	serialToo := uint32(1)
	if L.IsFunction(1) && L.IsNumber(2) {
		if n, _ := L.ToInteger(2); n == 0 {
			serialToo = 0
		}
	}
	static(L).setU32(offSerialToo, serialToo)
	L.SetTop(1)
	if !L.IsFunction(1) {
		L.Pop(1)
		L.PushNil()
	}
	L.PushString("stdout")
	L.Insert(1)
	L.RawSet(state.RegistryIndex)
	return 0
}

// callOutput calls the function of textOutput, which is on top, with text. What that prints itself
// goes to the serial port: in the firmware it would call itself until the stack is full. An error
// is reported, and resets the module.
func callOutput(L state.State, p []byte) {
	s := static(L)
	if s.u32(offInOutput) != 0 {
		toSerial(L, p)
		return
	}
	if s.u32(offSerialToo) != 0 {
		toSerial(L, p)
	}
	s.setU32(offInOutput, 1)
	L.PushBytes(p)
	status := L.PCall(1, 0, 0)
	s.setU32(offInOutput, 0)
	if status != state.OK {
		msg, _ := L.ToString(-1)
		L.ErrorOutput("error calling the function of node.output (" + msg + ")\n")
		system(L).Restart()
	}
}

// readVDD33 is node.readvdd33 until 0.9.6, which is adc.readvdd33 now: the supply in mV.
func readVDD33(L state.State) int {
	a, ok := port.ADCOf(L.Host())
	if !ok {
		return L.Errorf("%s", port.NoADC.Error())
	}
	L.PushInteger(int64(a.Supply()))
	return 1
}
