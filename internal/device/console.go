package device

import (
	"fmt"
	"strings"

	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/module/pipe"
	"moonlet.example/moonlet/internal/port"
)

// The functions of this file are app/lua53/lua.c: they start Lua, run the
// application and execute what is typed.

// Prompts of the console.
const (
	prompt     = "> "
	prompt2    = ">> "
	eofMark    = "<eof>"
	initScript = "@init.lua"
)

var (
	mainProc   = &state.Proc{F: func(L state.State) int { return L.Host().(*Device).pmain(L) }}
	readerProc = &state.Proc{F: func(L state.State) int { return L.Host().(*Device).readStdin(L) }}

	// tracebackProc is the message handler of doCall (msghandler).
	tracebackProc = &state.Proc{F: func(L state.State) int { lauxlib.Traceback(L); return 1 }}

	// console declares what the console's functions are for the ROM.
	console = state.Module{Name: "lua", Procs: []*state.Proc{mainProc, readerProc, tracebackProc}}
)

// luaMain is lua_main.
func (d *Device) luaMain() error {
	for {
		if err := d.newMachine(); err != nil {
			d.print(err.Error() + "\n")
			return fmt.Errorf("%w: the heap is too small", err)
		}
		L := d.machine.State()
		if !d.loadRequested() {
			d.setLines(state.NoRef)
			L.PushFunction(mainProc)
			if doCall(L, 0) != state.OK {
				printValues(L, 1)
			}
			L.SetTop(0)
			return nil
		}
		d.machine.Close() // and once more, with the store
		d.machine = nil
	}
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

// pmain opens the libraries, sets the console up and starts the application.
func (d *Device) pmain(L state.State) int {
	const memLimit = 4096 // bytes that the collector keeps free
	L.GC(state.GCStop, 0)
	d.firmware.Machine.OpenLibs(L)
	L.GC(state.GCSetMemLimit, memLimit)
	L.GC(state.GCRestart, 0)
	L.SetTop(0)
	createStdin(L)
	if !d.input.setup(d.promptFor(L, true)) {
		return L.Errorf("not enough memory")
	}
	d.inputString([]byte(" \n")) // for the first prompt
	if options, _ := d.system.ReadRecord(port.RecordStartup); len(options) == 0 || options[0]&port.StartupNoBanner == 0 {
		d.print(d.firmware.Banner(d.config.LFSSize))
	}
	if status := d.loadInit(L); status == state.OK {
		if doCall(L, 0) == state.OK {
			return 0
		}
	}
	printValues(L, 1)
	return 0
}

// loadInit pushes the function that starts the application.
func (d *Device) loadInit(L state.State) state.Status {
	init := initScript
	if b, ok := d.system.ReadRecord(port.RecordInit); ok {
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
	return L.LoadBytes([]byte(init), "=INIT", "")
}

// promptFor is the prompt that the console shows next (get_prompt).
func (d *Device) promptFor(L state.State, first bool) string {
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
func (d *Device) lines() int       { return int(d.mem.I32(d.system.Static("lua", 4))) }
func (d *Device) setLines(ref int) { d.mem.SetI32(d.system.Static("lua", 4), int32(ref)) }

// incomplete tells whether a chunk was refused only because it goes on.
func incomplete(L state.State, status state.Status) bool {
	if status != state.ErrSyntax {
		return false
	}
	msg, _ := L.ToBytes(-1)
	if !strings.HasSuffix(string(msg), eofMark) {
		return false
	}
	L.Pop(1)
	return true
}

// doJob executes the line on top of the stack, or keeps it until the rest of its
// chunk has come (dojob).
func (d *Device) doJob(L state.State) {
	ref := d.lines()
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
	status := L.LoadBytes(code, "=stdin", "")
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
		if status != state.OK && !L.IsNil(-1) {
			L.PushString("Lua error: ")
			L.Insert(-2)
		}
		d.setLines(ref) // before what print does
		printValues(L, L.GetTop()-1)
	}
	d.setLines(ref)
	d.input.prompt = d.promptFor(L, ref == state.NoRef)
	L.Output([]byte(d.input.prompt))
}

// inputString puts text into the console's pipe (lua_input_string).
func (d *Device) inputString(text []byte) {
	d.idle = false
	L := d.machine.State()
	L.GetField(state.RegistryIndex, "stdin")
	L.RawGetI(-1, 1) // its method write
	L.Insert(-2)
	L.PushBytes(text)
	L.Call(2, 0)
}

// readStdin is the task that reads the pipe: one line each time (l_read_stdin).
// It returns false when there is none, so that it is not posted again.
func (d *Device) readStdin(L state.State) int {
	L.SetTop(1)
	L.GetField(1, "read")
	L.PushValue(1)
	L.PushString("\n+")
	L.Call(2, 1)
	b, _ := L.ToBytes(2)
	L.PushBoolean(false)
	if len(b) == 0 {
		d.idle = true
		d.checkEnd()
		return 1
	}
	if b[len(b)-1] != '\n' {
		L.Insert(1)
		L.GetField(2, "unread")
		L.Insert(2)
		L.Call(2, 0)
		d.idle = true
		d.checkEnd()
		return 1
	}
	L.Pop(1)
	L.PushBytes(b[:len(b)-1])
	L.Remove(2)
	d.doJob(L)
	return 0
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
