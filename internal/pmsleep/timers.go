package pmsleep

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// The firmware's list of timers that it holds in light sleep (app/pm/swtimer.c) is in Lua's
// registry: under the address of a static variable a table with a list "cb", a userdata for each
// function of a timer, and "st" for the timers that are held. Here the loop knows them, and the
// table is there for its heap.

// itemSize is the size of struct cb_registry_item.
const itemSize = 8

// key pushes the key of the table.
func key(L state.State) {
	L.PushLightUserdata(L.Host().(port.Chip).System().Static("swtimer", 8))
}

// RegisterTimer notes the function of a timer (swtmr_cb_register).
func RegisterTimer(L state.State) {
	key(L)
	if L.RawGet(state.RegistryIndex); !L.IsTable(-1) {
		L.Pop(1)
		L.NewTable()
		L.PushValue(-1)
		key(L)
		L.Insert(-2)
		L.RawSet(state.RegistryIndex)
	}
	L.PushString("cb")
	if L.RawGet(-2); !L.IsTable(-1) {
		L.Pop(1)
		L.NewTable()
		L.PushString("cb")
		L.PushValue(-2)
		L.RawSet(-4)
	}
	L.PushInteger(int64(L.RawLen(-1)) + 1)
	L.NewUserdata(itemSize)
	L.RawSet(-3)
	L.Pop(2)
}

// suspendTimers is swtmr_suspend_timers.
func suspendTimers(L state.State, f port.ForcedSleep) {
	f.SuspendTimers()
	setHeld(L, true)
}

// resumeTimers is swtmr_resume_timers.
func resumeTimers(L state.State, f port.ForcedSleep) {
	f.ResumeTimers()
	setHeld(L, false)
}

// setHeld notes in the table whether timers are held.
func setHeld(L state.State, held bool) {
	key(L)
	if L.RawGet(state.RegistryIndex); L.IsTable(-1) {
		L.PushString("st")
		if held {
			L.PushLightUserdata(0)
		} else {
			L.PushNil()
		}
		L.RawSet(-3)
	}
	L.Pop(1)
}
