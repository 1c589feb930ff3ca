// Package hostexec runs Lua programs in the host profile: the standard library
// with io and os and the memory of a large machine, as the firmware's
// "luac.cross -e" does.
package hostexec

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/rom"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/lfs"
	"moonlet.example/moonlet/internal/mem"
)

// The host profile's memory: far more than a chip has, at addresses that the
// chip does not use.
const (
	heapStart = 0x80000000
	// HeapMax is the largest heap, in bytes.
	HeapMax = 0x70000000
)

// Config configures a session. System and Output are required.
type Config struct {
	// Lua is the edition; nil is Lua 5.3. Model counts with that alone.
	Lua       Edition
	Model     num.Model
	HeapBytes int // 0 means HeapMax
	Seed      uint32
	// CLib is where numbers come from, a host's C library by default.
	CLib clib.Library
	// NarrowKeys is the reverse of machine.Config.WideKeys.
	NarrowKeys bool
	// StripDefault is the strip level of compiled code.
	StripDefault int
	System       *hostos.System
	Random       stdlib.Randomizer
	Output       io.Writer
	Errors       io.Writer
	Modules      []state.Module // besides the standard library
	// NoSystem leaves out io and os, which no chip has. It counts with Lua 5.1 alone.
	NoSystem bool
	// CompileOnly leaves out all libraries: the session is for Compile alone.
	CompileOnly bool
	Image       *chunk.Image // of the Lua Flash Store, nil for none
}

// Host is what the libraries find in State.Host.
type Host struct {
	*hostos.System
	stdlib.Randomizer

	open   func(L state.State)
	opened int // values on pmain's stack when it has opened the libraries
	load   func(L state.State) state.Status
	args   []string
	failed error
}

// Session is a Lua state of the host profile.
type Session struct {
	space   *mem.Space
	lua     Edition
	machine machine.Machine
	L       state.State
	host    *Host
	garbage int   // see CollectAbove
	err     error // of the output

	interrupted atomic.Pointer[error] // see Interrupt
}

// New makes a session with the libraries opened.
func New(c Config) (*Session, error) {
	space, err := mem.NewSpace()
	if err != nil {
		return nil, err
	}
	s := &Session{space: space, lua: c.edition()}
	if err := s.open(c); err != nil {
		space.Close()
		return nil, err
	}
	return s, nil
}

func (s *Session) open(c Config) error {
	edition := c.machine()
	image, err := c.link(edition)
	if err != nil {
		return err
	}
	size := c.HeapBytes
	if size == 0 {
		size = HeapMax
	}
	m := s.space.Mem()
	if err := image.Map(s.space); err != nil {
		return err
	}
	end := heapStart + mem.Addr(size)&^(mem.PageSize-1)
	if err := s.space.Map(heapStart, end-heapStart, mem.ReadWrite); err != nil {
		return err
	}
	store, err := s.mapStore(c)
	if err != nil {
		return err
	}
	s.host = &Host{System: c.System, Randomizer: c.Random}
	s.machine, err = edition.New(machine.Config{
		Mem: m, Space: s.space, Heap: heap.NewFast(m, heapStart, end), ROM: image, Store: store,
		Host: s.host, Seed: c.Seed, StripDefault: c.StripDefault, WideKeys: !c.NarrowKeys, CLib: c.CLib, Fuel: s.fuel,
		Output: func(p []byte) { s.write(c.Output, p) },
		ErrorOutput: func(text string) {
			if c.Errors != nil {
				s.write(c.Errors, []byte(text))
			}
		},
	})
	if err != nil {
		return err
	}
	s.L = s.machine.State()
	if c.CompileOnly {
		return nil
	}
	s.host.open = edition.OpenLibs
	if status := s.L.PCall(s.pushMain(openProc), 0, 0); status != state.OK {
		msg, _ := s.L.ToString(-1)
		return fmt.Errorf("BUG: opening the libraries: %s", msg)
	}
	return nil
}

// mapStore places the words of an image where a chip reads its flash memory.
func (s *Session) mapStore(c Config) (machine.Store, error) {
	if c.Image == nil {
		return machine.Store{}, nil
	}
	start := chip.ESP8266().Memory.StoreBase
	r := lfs.Build(c.Model, c.Image, uint32(start))
	size := (mem.Addr(len(r.Data)) + mem.PageSize - 1) &^ (mem.PageSize - 1)
	if err := s.space.Map(start, size, mem.ReadWrite); err != nil {
		return machine.Store{}, err
	}
	copy(s.space.Mem().Bytes(start, size), r.Data)
	return machine.Store{Base: start, Size: uint32(size)}, s.space.Map(start, size, mem.ReadOnly)
}

func (s *Session) write(w io.Writer, p []byte) {
	if _, err := w.Write(p); err != nil && s.err == nil {
		s.err = err
	}
}

// Link links the ROM of the host profile: as in the firmware's host build the
// basic functions are a table of their own, which the ROM's metatable cites.
func Link(model num.Model, modules []state.Module) (*rom.Image, error) {
	main := &state.ROTable{Name: "ROM",
		Meta:    &state.ROTable{Name: "ROM.mt", Entries: []state.Entry{state.Tab("__index", stdlib.BaseTable())}},
		Entries: []state.Entry{state.Tab("_G", stdlib.BaseTable())}}
	e := editions.Default().Machine(model)
	all := append([]state.Module{e.Support()}, stdlib.Standard(main, model, true)...)
	all = append(all, stdlib.IO, stdlib.OS,
		state.Module{Name: "luac", Procs: []*state.Proc{openProc, mainProc, handlerProc}})
	return rom.Link(model, main, append(all, modules...))
}

// Machine is the session's virtual machine.
func (s *Session) Machine() machine.Machine { return s.machine }

// ErrDeviceException is a fault of damaged code.
var ErrDeviceException = errors.New("device exception")

// RunFile loads a file and runs it with arguments, which it also finds in the global table
// arg, as the command lua has it; without any table if args is nil. The error is the message
// of the Lua error with its traceback.
func (s *Session) RunFile(name string, args []string) (err error) {
	return s.run(func(L state.State) state.Status {
		if args != nil {
			pushArg(L, name, args)
			L.SetGlobal("arg")
		}
		return stdlib.LoadFile(L, name, true, "bt")
	}, args)
}

// pushArg pushes the table of arguments: the program's name at 0, the others from 1 on.
func pushArg(L state.State, name string, args []string) {
	L.CreateTable(len(args), 1)
	L.PushString(name)
	L.RawSetI(-2, 0)
	for i, a := range args {
		L.PushString(a)
		L.RawSetI(-2, int64(i+1))
	}
}

// RunString runs a chunk of source text.
func (s *Session) RunString(code, name string) error {
	return s.run(func(L state.State) state.Status { return L.LoadBytes([]byte(code), name, "bt") }, nil)
}

// RunForFunction runs a file as Lua 5.1's "luac.cross -e" does: the error is Lua's message alone, and code is what the
// file returns, dumped, if that is a function of Lua.
func (s *Session) RunForFunction(name string) (code []byte, err error) {
	var failed error
	err = s.protect(func() {
		L := s.L
		L.SetTop(0)
		if stdlib.LoadFile(L, name, true, "bt") != state.OK || L.PCall(0, 1, 0) != state.OK {
			msg, ok := L.ToString(-1)
			if !ok {
				msg = "(null)" // as C prints what is no string
			}
			failed = errors.New(msg)
		} else if L.IsFunction(-1) && !L.IsCFunction(-1) {
			failed = L.Dump(func(_ state.State, p []byte) error { code = append(code, p...); return nil }, 0)
		}
		L.SetTop(0)
	})
	return code, cmp.Or(err, failed, s.err)
}

func (s *Session) run(load func(L state.State) state.Status, args []string) error {
	err := s.protect(func() { s.runMain(load, args) })
	return cmp.Or(err, s.host.failed, s.err)
}

func (s *Session) runMain(load func(L state.State) state.Status, args []string) {
	s.host.load, s.host.args, s.host.failed = load, args, nil
	L := s.L
	if status := L.PCall(s.pushMain(mainProc), 0, 0); status != state.OK {
		s.host.failed = errors.New(string(L.ToLString(-1)))
	}
	L.SetTop(0)
}

var (
	openProc    = &state.Proc{F: popen}
	mainProc    = &state.Proc{F: pmain}
	handlerProc = &state.Proc{F: msgHandler}
)

// The stack of luac.c: its function pmain has two arguments, of which one is the count
// of the other, opens the libraries, each of which leaves a value there, and then loads
// and calls a chunk. How large the stack was decides how large it becomes.
func (s *Session) pushMain(p *state.Proc) (args int) {
	if s.lua.Lua51 {
		return s.pushMain51()
	}
	L := s.L
	L.SetTop(0)
	L.PushFunction(p)
	L.PushInteger(0)
	L.PushLightUserdata(0)
	return 2
}

// popen is the first half of pmain: it opens the libraries.
func popen(L state.State) int {
	h := L.Host().(*Host)
	h.open(L)
	h.opened = L.GetTop()
	return 0
}

// pmain loads a chunk and calls it.
func pmain(L state.State) int {
	h := L.Host().(*Host)
	L.SetTop(h.opened)
	status := h.load(L)
	L.PushFunction(handlerProc)
	handler := h.opened + 1
	L.Insert(handler)
	h.call(L, status, handler)
	return 0
}

// call calls the chunk on top that was loaded, if it was, with the session's arguments.
func (h *Host) call(L state.State, status state.Status, handler int) {
	if status == state.OK {
		L.CheckStackMsg(len(h.args), "too many arguments")
		for _, a := range h.args {
			L.PushString(a)
		}
		status = L.PCall(len(h.args), 0, handler)
	}
	if status != state.OK {
		h.failed = errors.New(string(L.ToLString(-1)))
	}
}

// msgHandler appends a traceback to an error message.
func msgHandler(L state.State) int {
	msg, ok := L.ToString(1)
	if !ok {
		msg = "(error object is a " + L.TypeNameAt(1) + " value)"
	}
	msg, _, _ = strings.Cut(msg, "\x00") // a C string, there
	L.Traceback(L, msg, true, 1)
	return 1
}

// Close ends the session: finalizers run and the memory goes.
func (s *Session) Close() error { return errors.Join(s.End(), s.space.Close()) }

// End is Close where the process ends anyway: it leaves the memory to that. What was
// interrupted stays as it is: its finalizers may be what does not end.
func (s *Session) End() error {
	if s.interrupted.Load() != nil {
		return nil
	}
	defer mem.CatchFaults()()
	defer func() {
		if r := recover(); r != nil {
			if _, ok := s.space.AsFault(r); !ok {
				panic(r)
			}
		}
	}()
	s.machine.Close()
	return nil
}

// Compile compiles a file, or the standard input, and gives the pieces of the
// binary chunk to write, unless that is nil. The error is Lua's message.
func (s *Session) Compile(name string, isFile bool, strip int, write func(p []byte)) error {
	var failed error
	err := s.protect(func() {
		L := s.L
		L.SetTop(0)
		if status := stdlib.LoadFile(L, name, isFile, "bt"); status != state.OK {
			failed = errors.New(string(L.ToLString(-1)))
		} else if write != nil {
			failed = L.Dump(func(_ state.State, p []byte) error { write(p); return nil }, strip)
		}
		L.SetTop(0)
		if s.garbage > 0 && s.machine.TotalBytes() > s.garbage {
			L.GC(state.GCCollect, 0)
		}
	})
	return cmp.Or(err, failed)
}

// CollectAbove lets garbage lie until Lua has so many bytes when a compilation is
// over, since a compiler that soon ends need not clean up behind itself.
func (s *Session) CollectAbove(bytes int) {
	s.L.GC(state.GCStop, 0)
	s.garbage = bytes
}

// protect runs f so that a fault of the guest's memory becomes an error, as does an
// interruption.
func (s *Session) protect(f func()) (err error) {
	defer mem.CatchFaults()()
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		why := s.interrupted.Load()
		fault, ok := s.space.AsFault(r)
		switch {
		case ok && why != nil:
			err = *why // its memory was taken away
		case ok:
			err = fmt.Errorf("%w: cause %d at %#08x", ErrDeviceException, fault.Cause, fault.Addr)
		case r == stopped{}:
			err = fmt.Errorf("%w\n%s", *why, strings.TrimRight(s.machine.Position(), "\n"))
		default:
			panic(r)
		}
	}()
	f()
	return nil
}

// stopped is the panic by which an interruption ends a program.
type stopped struct{}

// fuelPiece is how many units of cost a program runs until it looks for an interruption:
// some milliseconds.
const fuelPiece = 1 << 20

// fuel is machine.Config.Fuel.
func (s *Session) fuel(int64) int64 {
	if s.interrupted.Load() != nil {
		panic(stopped{})
	}
	return fuelPiece
}

// InterruptTime is how long a program may go on after Interrupt until its memory is taken
// away. What waits for the host, say for input, notices neither.
const InterruptTime = 50 * time.Millisecond

// Interrupt ends the program that runs: its error is err, with a traceback where that can
// be had. The session is of no use afterwards. Any goroutine may call it.
func (s *Session) Interrupt(err error) {
	if s.interrupted.CompareAndSwap(nil, &err) {
		time.AfterFunc(InterruptTime, func() { s.space.Revoke() })
	}
}
