package node

import "moonlet.example/moonlet/internal/lua/state"

// egcTable is node.egc. A firmware with Lua 5.3 lacks it; it does what the manual says.
var egcTable = &state.ROTable{Name: "node.egc", Entries: []state.Entry{
	state.Fn("meminfo", egcMemInfo),
	state.Fn("setmode", egcSetMode),
	state.Int("NOT_ACTIVE", 0),
	state.Int("ON_ALLOC_FAILURE", int64(state.EGCOnAllocFailure)),
	state.Int("ON_MEM_LIMIT", int64(state.EGCOnMemLimit)),
	state.Int("ALWAYS", int64(state.EGCAlways)),
}}

// egcSetMode is node.egc.setmode(mode [, limit]).
func egcSetMode(L state.State) int {
	const all = state.EGCOnAllocFailure | state.EGCOnMemLimit | state.EGCAlways
	mode := uint32(L.CheckInteger(1))
	limit := int(int32(L.OptInteger(2, 0)))
	L.ArgCheck(mode <= uint32(all), 1, "invalid mode")
	L.ArgCheck(state.EGCMode(mode)&state.EGCOnMemLimit == 0 || limit != 0, 1, "limit must be non-zero")
	L.SetEGC(state.EGCMode(mode), limit)
	return 0
}

// egcMemInfo is node.egc.meminfo(): what Lua has, and what of it was no garbage when the
// collector looked last. In Lua 5.3, whose firmware lacks the function, there is a third value: the largest block that
// the heap could give, which tells how fragmented it is.
func egcMemInfo(L state.State) int {
	L.PushInteger(int64(allocated(L)))
	L.PushInteger(int64(L.GC(state.GCEstimate, 0)))
	if state.IsLua51(L) {
		return 2
	}
	L.PushInteger(int64(system(L).LargestFreeHeap()))
	return 3
}

// allocated is how much memory Lua has, in bytes.
func allocated(L state.State) int { return L.GC(state.GCCount, 0)<<10 + L.GC(state.GCCountB, 0) }
