package tag

// Bits of an object's mark (lgc.h).
const (
	White0    = 1 << 0
	White1    = 1 << 1
	Black     = 1 << 2
	Finalized = 1 << 3 // marked for finalization
	InFlash   = 1 << 5 // lives in the flash store: never marked or swept
	Whites    = White0 | White1
)

// Bits of CallInfo.callstatus (lstate.h) that tell what is called.
const (
	CallLua    = 1 << 1
	CallHooked = 1 << 2 // a hook runs
	CallTail   = 1 << 5
	CallFin    = 1 << 8 // a finalizer
)
