package node

import "moonlet.example/moonlet/internal/lua/state"

// Modes of the emergency collector (app/lua/legc.h of the firmware for Lua 5.1).
const (
	egcNotActive      = 0
	egcOnAllocFailure = 1
	egcOnMemLimit     = 2
	egcAlways         = 4
)

// egcTable is node.egc. Lua 5.3 has another collector, so the modes are expressed
// in its terms: how much of the heap it tries to keep free.
var egcTable = &state.ROTable{Name: "node.egc", Entries: []state.Entry{
	state.Fn("meminfo", egcMemInfo),
	state.Fn("setmode", egcSetMode),
	state.Int("NOT_ACTIVE", egcNotActive),
	state.Int("ON_ALLOC_FAILURE", egcOnAllocFailure),
	state.Int("ON_MEM_LIMIT", egcOnMemLimit),
	state.Int("ALWAYS", egcAlways),
}}

// keepAll is more than any module has, in KB: the collector never finds enough
// free. It is the setting that the firmware boots with.
const keepAll = 4096

// egcSetMode is node.egc.setmode(mode [, limit]).
func egcSetMode(L state.State) int {
	mode := uint32(L.CheckInteger(1))
	limit := int(int32(L.OptInteger(2, 0)))
	L.ArgCheck(mode <= egcOnAllocFailure|egcOnMemLimit|egcAlways, 1, "invalid mode")
	L.ArgCheck(mode&egcOnMemLimit == 0 || limit != 0, 1, "limit must be non-zero")
	keep := 0 // KB; 0: collect when an allocation fails
	switch {
	case mode&egcAlways != 0:
		keep = keepAll
	case mode&egcOnMemLimit != 0:
		free := -limit
		if limit > 0 { // what is left when Lua uses that much
			free = L.FreeHeap() + allocated(L) - limit
		}
		keep = max((free+1023)/1024, 0)
	}
	L.GC(state.GCSetMemLimit, keep)
	return 0
}

// egcMemInfo is node.egc.meminfo(): what Lua has, and what of it was no garbage when the
// collector looked last. A third value is Moonlet's own: the largest block that the heap
// could give, which tells how fragmented it is.
func egcMemInfo(L state.State) int {
	L.PushInteger(int64(allocated(L)))
	L.PushInteger(int64(L.GC(state.GCEstimate, 0)))
	L.PushInteger(int64(system(L).LargestFreeHeap()))
	return 3
}

// allocated is how much memory Lua has, in bytes.
func allocated(L state.State) int { return L.GC(state.GCCount, 0)<<10 + L.GC(state.GCCountB, 0) }
