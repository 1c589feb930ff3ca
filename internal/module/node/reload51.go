package node

import "moonlet.example/moonlet/internal/lua/state"

// loading is an image of Lua 5.1 that is being loaded.
type loading struct {
	name   string
	why    string // it is not loaded
	blocks []block
}

// block is memory that the loader has.
type block struct {
	at   state.Addr
	size int
}

// The loader runs in a protected call of its own, and what it has taken is given back in another one.
var (
	loadProc = &state.Proc{F: loadImage}
	freeProc = &state.Proc{F: freeLoading}
)

// reload51 is luaL_lfsreload of Lua 5.1: it loads the image at once. If that succeeds nothing comes back; else it
// pushes a message.
func reload51(L state.State) {
	name, _ := L.ToString(1)
	if L.LFSConfig().Size == 0 {
		store(L).Refused("the module has no store")
		L.PushString("No LFS partition allocated")
		return
	}
	ld := &loading{name: name}
	h := L.NewHandle(ld)
	defer L.FreeHandle(h)
	lua51 := L.(state.Environments)
	msg := "Unknown Error"
	switch status := lua51.CPCall(loadProc, state.Addr(h)); {
	case status == state.ErrMem:
		msg = "Memory allocation error"
	case ld.why != "":
		msg = ld.why
	}
	store(L).Refused(msg)
	lua51.CPCall(freeProc, state.Addr(h))
	L.SetTop(0)
	L.PushString(msg)
}

// loadImage is loadLFS.
func loadImage(L state.State) int {
	ld := L.Handle(uint32(L.ToUserdata(1))).(*loading)
	ld.why = store(L).LoadNow(ld.name, func(bytes int) {
		ld.blocks = append(ld.blocks, block{L.ReallocCounted(0, 0, bytes), bytes})
	})
	L.PushNil()
	return L.Error()
}

// freeLoading is loadLFSgc.
func freeLoading(L state.State) int {
	for _, b := range L.Handle(uint32(L.ToUserdata(1))).(*loading).blocks {
		L.ReallocCounted(b.at, b.size, 0)
	}
	return 0
}
