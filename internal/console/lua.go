package console

import (
	"cmp"
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/module/pipe"
	"moonlet.example/moonlet/internal/port"
)

// The functions of this file are app/lua53/lua.c: they start Lua, run the
// application and execute what is typed.

// Prompts of the console.
const (
	prompt  = "> "
	prompt2 = ">> "
)

// InitScript is what a build of the firmware starts if it does not say anything else
// (LUA_INIT_STRING, user_config.h).
const InitScript = "@init.lua"

// Run starts Lua: the libraries, the console, the banner and the application. It is the task
// that boots (lua_main, after it has made the state).
func (c *Console) Run() {
	L := c.config.State()
	setLines(L, state.NoRef)
	L.PushFunction(mainProc)
	if doCall(L, 0) != state.OK {
		printValues(L, 1)
	}
	L.SetTop(0)
}

// doCall calls a function so that an error becomes a traceback (docall).
func doCall(L state.State, nargs int) state.Status {
	base := L.GetTop() - nargs
	L.PushFunction(tracebackProc)
	L.Insert(base)
	status := L.PCall(nargs, state.MultRet, base)
	L.Remove(base)
	if status != state.OK {
		L.GC(state.GCCollect, 0)
	}
	return status
}

// printValues prints n values with Lua's print (l_print).
func printValues(L state.State, n int) {
	if n <= 0 {
		return
	}
	L.CheckStackMsg(state.MinStack, "too many results to print")
	L.GetGlobal("print")
	L.Insert(-n - 1)
	if L.PCall(n, 0, 0) != state.OK {
		msg, _ := L.ToString(-1)
		L.ErrorOutput("error calling 'print' (" + msg + ")\n")
		L.SetTop(-n - 1)
	}
}

// start opens the libraries, sets the console up and starts the application (pmain).
func (c *Console) start(L state.State) int {
	const memLimit = 4096 // bytes that the collector keeps free; in Lua 5.1 the longest string, too
	L.GC(state.GCStop, 0)
	c.config.OpenLibs(L)
	if state.IsLua51(L) {
		L.SetEGC(state.EGCAlways, memLimit)
	} else {
		L.GC(state.GCSetMemLimit, memLimit)
	}
	L.GC(state.GCRestart, 0)
	L.SetTop(0)
	createStdin(L)
	if !c.driver.setup(L, promptFor(L, true)) {
		return L.Errorf("not enough memory")
	}
	c.input([]byte(" \n")) // for the first prompt
	if options, _ := record(L, port.RecordStartup); len(options) == 0 || options[0]&port.StartupNoBanner == 0 {
		c.print(c.config.Banner())
	}
	status := c.loadInit(L)
	if status == state.OK {
		if status = doCall(L, 0); status == state.OK {
			return 0
		}
	}
	c.failed(L, status)
	printValues(L, 1)
	return 0
}

// failed tells of an error whose message is on top of the stack. That there is no init.lua is
// none: the firmware prints so and goes on.
func (c *Console) failed(L state.State, status state.Status) {
	if status == state.OK || status == state.ErrFile {
		return
	}
	message, ok := L.ToString(-1)
	if !ok {
		message = "(an error that is no text)"
	}
	c.config.OnError(message)
}

// record reads a reboot config record; a chip without records has none.
func record(L state.State, id uint8) (body []byte, ok bool) {
	r, ok := port.RecordsOf(L.Host())
	if !ok {
		return nil, false
	}
	return r.ReadRecord(id)
}

// loadInit pushes the function that starts the application.
func (c *Console) loadInit(L state.State) state.Status {
	init := cmp.Or(c.config.Init, InitScript)
	if b, ok := record(L, port.RecordInit); ok {
		init, _, _ = strings.Cut(string(b), "\x00")
	}
	switch {
	case strings.HasPrefix(init, "!"): // a module of the store, which needs no compiler
		L.PushString(init[1:])
		if !L.PushLFSFunc() {
			L.PushFString("cannot load LFS.%s", init[1:])
			return state.ErrRun
		}
		return state.OK
	case strings.HasPrefix(init, "@"):
		return stdlib.LoadFile(L, init[1:], true, "bt")
	}
	return L.LoadBytes([]byte(init), "=INIT", "bt")
}

// promptFor is the prompt that the console shows next (get_prompt).
func promptFor(L state.State, first bool) string {
	name, text := "_PROMPT", prompt
	if !first {
		name, text = "_PROMPT2", prompt2
	}
	L.GetGlobal(name)
	if s, ok := L.ToString(-1); ok {
		text = s
	}
	L.Pop(1)
	return text
}

// lines is the reference of the lines that do not make a whole chunk yet.
func lines(L state.State) int         { return int(L.Mem().I32(static(L))) }
func setLines(L state.State, ref int) { L.Mem().SetI32(static(L), int32(ref)) }

// static is where the console's static variable is in device memory.
func static(L state.State) state.Addr { return L.Host().(port.Chip).System().Static("lua", 4) }

// incomplete tells whether a chunk was refused only because it goes on.
func incomplete(L state.State, status state.Status) bool {
	if status != state.ErrSyntax {
		return false
	}
	mark := "<eof>"
	if state.IsLua51(L) {
		mark = "'<eof>'"
	}
	msg, _ := L.ToBytes(-1)
	if !strings.HasSuffix(string(msg), mark) {
		return false
	}
	L.Pop(1)
	return true
}

// doJob executes the line on top of the stack, or keeps it until the rest of its
// chunk has come (dojob).
func (c *Console) doJob(L state.State) {
	ref := lines(L)
	if ref != state.NoRef {
		L.RawGetI(state.RegistryIndex, int64(ref))
		L.PushString("\n")
		L.PushValue(-3)
		L.Concat(3)
		L.Remove(-2)
	} else if b, _ := L.ToString(-1); strings.HasPrefix(b, "=") {
		L.PushFString("return %s", b[1:])
		L.Remove(-2)
	}
	code, _ := L.ToBytes(-1)
	status := L.LoadBytes(code, "=stdin", "bt")
	if incomplete(L, status) {
		if ref == state.NoRef {
			ref = L.Ref(state.RegistryIndex)
		} else {
			L.RawSetI(state.RegistryIndex, int64(ref))
		}
	} else {
		L.Remove(-2)
		if ref != state.NoRef {
			L.Unref(state.RegistryIndex, ref)
			ref = state.NoRef
		}
		if status == state.OK {
			status = doCall(L, 0)
		}
		c.failed(L, status)
		if status != state.OK && !L.IsNil(-1) {
			L.PushString("Lua error: ")
			L.Insert(-2)
		}
		setLines(L, ref) // before what print does
		printValues(L, L.GetTop()-1)
	}
	setLines(L, ref)
	c.driver.prompt = promptFor(L, ref == state.NoRef)
	c.config.Watch.prompt(c.driver.prompt)
	c.own = true
	L.Output([]byte(c.driver.prompt))
	c.own = false
}

// input puts text into the console's pipe (lua_input_string).
func (c *Console) input(text []byte) {
	c.idle = false
	L := c.config.State()
	L.GetField(state.RegistryIndex, "stdin")
	L.RawGetI(-1, 1) // its method write
	L.Insert(-2)
	L.PushBytes(text)
	L.Call(2, 0)
}

// readLine is the task that reads the pipe: one line each time (l_read_stdin).
// It returns false when there is none, so that it is not posted again.
func (c *Console) readLine(L state.State) int {
	L.SetTop(1)
	L.GetField(1, "read")
	L.PushValue(1)
	L.PushString("\n+")
	L.Call(2, 1)
	b, _ := L.ToBytes(2)
	L.PushBoolean(false)
	if len(b) == 0 {
		c.wait()
		return 1
	}
	if b[len(b)-1] != '\n' {
		L.Insert(1)
		L.GetField(2, "unread")
		L.Insert(2)
		L.Call(2, 0)
		c.wait()
		return 1
	}
	L.Pop(1)
	L.PushBytes(b[:len(b)-1])
	L.Remove(2)
	c.doJob(L)
	return 0
}

// wait tells that no whole line is left.
func (c *Console) wait() {
	c.idle = true
	c.config.OnWait()
}

// createStdin makes the console's pipe and keeps it in the registry.
func createStdin(L state.State) {
	L.PushString("stdin")
	L.PushFunction(pipe.Create)
	L.PushFunction(readerProc)
	L.PushInteger(state.TaskLow)
	L.Call(2, 1)
	L.RawSet(state.RegistryIndex)
}
