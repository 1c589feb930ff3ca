package port

import "moonlet.example/moonlet/internal/mem"

// Owner tells which entries of Lua's registry the userdata of a type have. The collector
// does not see that, but reports on the heap do.
type Owner struct {
	Type string // the name of the metatable
	// References lists the entries of the userdata with its memory at at, and tells
	// whether the firmware itself needs the userdata now: a timer that runs, a socket
	// that is connected.
	References func(m mem.Mem, at mem.Addr) (list []OwnedRef, inUse bool)
}

// OwnedRef is an entry of the registry (luaL_ref) with its part in the userdata.
type OwnedRef struct {
	Ref  int
	Name string // "callback", "the timer itself"
}
