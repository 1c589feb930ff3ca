package pmsleep

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// config is what a table says about a sleep (struct pmSleep_param).
type config struct {
	kind               port.SleepType
	duration           uint32 // µs
	pin                uint8
	trigger            port.Trigger
	preserve           bool
	suspended, resumed mem.Addr // where references of callbacks are, 0 for none
}

// Messages about the fields, and where they stand, are those of pmSleep_parse_table_lua.

// parse reads the table at index 1. A callback is registered as soon as it is read, whatever
// is wrong with the fields behind.
func (c *config) parse(L state.State) {
	if c.kind == port.ModemSleep {
		c.readDuration(L)
		c.readCallback(L, "suspend_cb", c.suspended, "suspend_cb: must be function")
	} else {
		c.readPin(L)
		c.readTrigger(L)
	}
	c.readCallback(L, "resume_cb", c.resumed, "resume_cb: must be function")
	c.preserve = true
	if L.GetField(1, "preserve_mode") != state.Nil {
		if L.Type(-1) != state.Boolean {
			L.ArgError(1, "preseve_mode: must be boolean")
		}
		c.preserve = L.ToBoolean(-1)
	}
	L.Pop(1)
	if c.duration == 0 {
		c.duration = port.ForcedSleepMax
	}
}

func (c *config) readDuration(L state.State) {
	if L.GetField(1, "duration") == state.Nil {
		L.ArgError(1, durationText)
	}
	if !L.IsNumber(-1) {
		L.ArgError(1, "duration: must be number")
	}
	n := L.CheckInteger(-1)
	L.ArgCheck(n >= durationMin && n <= durationMax || n == 0, 1, durationText)
	c.duration = uint32(n)
	L.Pop(1)
}

func (c *config) readCallback(L state.State, name string, at mem.Addr, wrongType string) {
	if L.GetField(1, name) != state.Nil {
		if !L.IsFunction(-1) {
			L.ArgError(1, wrongType)
		}
		L.PushValue(-1)
		static(L).register(L, at)
	}
	L.Pop(1)
}

func (c *config) readPin(L state.State) {
	if L.GetField(1, "wake_pin") == state.Nil {
		L.ArgError(1, "wake_pin: must specify pin")
	}
	if !L.IsNumber(-1) {
		L.ArgError(1, "wake_pin: must be number")
	}
	n, _ := L.ToInteger(-1)
	L.ArgCheck(n > 0 && n < port.PinCount, 1, "wake_pin: Invalid interrupt pin")
	c.pin = uint8(n)
	L.Pop(1)
}

func (c *config) readTrigger(L state.State) {
	c.trigger = port.TriggerLow
	if L.GetField(1, "int_type") != state.Nil {
		if !L.IsNumber(-1) {
			L.ArgError(1, "int_type: must be number")
		}
		n, _ := L.ToInteger(-1)
		L.ArgCheck(n >= int64(port.TriggerUp) && n <= int64(port.TriggerHigh), 1, "int_type: invalid interrupt type")
		c.trigger = port.Trigger(n)
	}
	L.Pop(1)
}
