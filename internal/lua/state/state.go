// Package state is what a library or a module may ask of Lua: the C API of the
// firmware in the shape of a Go interface, without a word about the edition or
// the number model behind it.
//
// Names and stack effects are those of lua.h and lauxlib.h without their
// prefix, so the Lua 5.3 reference manual (§4, §5) and the NodeMCU reference
// manual document each method; comments here give only what Go changes.
//
// # Rules for callers
//
//  1. A function may use MinStack slots above its arguments without CheckStack.
//  2. A byte slice that ToBytes or CheckBytes returns aliases device memory. It
//     is valid while the string stays on the stack, and it is never written.
//  3. Methods marked "raises" do not return when they fail: they panic with an
//     error that the protected call around them catches. Nothing else may
//     recover it.
//  4. The results of CallK, PCallK, YieldK and Raise are sentinels: the calling
//     function must return them at once, as in "return L.CallK(…)".
//  5. What must outlive a call is kept in device memory (registry, userdata),
//     never in a Go variable that is not reached through Host or a Handle.
package state

import (
	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/mem"
)

// Addr is a device address.
type Addr = mem.Addr

// Func is a C function: it finds its arguments at indices 1 to GetTop, pushes
// its results and returns how many there are.
type Func func(L State) int

// KFunc is a continuation (lua_KFunction). It always runs when the call that
// named it is over, whether or not a yield interrupted it: with status Yield
// after success and with the error's status after a failed PCallK, whose error
// object is then on top of the stack.
type KFunc func(L State, status Status, ctx int) int

// Reader produces the next piece of a chunk, nil at its end. The piece must
// stay unchanged until the next call.
type Reader func(L State) []byte

// Writer receives a piece of a dump; a non-nil error ends the dump.
type Writer func(L State, p []byte) error

// DumpError says why a function cannot be dumped, whatever the Writer does.
type DumpError string

func (e DumpError) Error() string { return string(e) }

// Hook is a debug hook (lua_Hook).
type Hook func(L State, ar *Debug)

// Type is the type of a value (LUA_T constants).
type Type int

// The types of Lua values; None is no value at all.
const (
	None Type = iota - 1
	Nil
	Boolean
	LightUserdata
	Number
	String
	Table
	Function
	Userdata
	Thread
)

// Status is the outcome of a protected call or a thread's state.
type Status int

// The statuses, in the order of lua.h.
const (
	OK Status = iota
	Yield
	ErrRun
	ErrSyntax
	ErrMem
	ErrGCMM
	ErrErr
	ErrFile // luaL_loadfile could not read its file
)

// Limits and pseudo-indices of the firmware (luaconf.h, lua.h).
const (
	MinStack      = 20
	MaxStack      = 12000
	MultRet       = -1
	RegistryIndex = -MaxStack - 1000
	RIdxMain      = 1
	RIdxGlobals   = 2
	NoRef         = -2
	RefNil        = -1
	BufferSize    = 256 // LUAL_BUFFERSIZE
)

// UpvalueIndex is the pseudo-index of a C closure's i-th upvalue.
func UpvalueIndex(i int) int { return RegistryIndex - i }

// Operators of Arith and Compare.
const (
	OpAdd = iota
	OpSub
	OpMul
	OpMod
	OpPow
	OpDiv
	OpIDiv
	OpBAnd
	OpBOr
	OpBXor
	OpShl
	OpShr
	OpUnm
	OpBNot
)

// Comparisons of Compare.
const (
	OpEq = iota
	OpLt
	OpLe
)

// EGCMode says when there are collections besides those of the collector's own pace
// (app/lua/legc.h of the firmware for Lua 5.1; its documentation calls them emergency
// collections). The modes can be combined.
type EGCMode uint8

// The modes. A new machine has EGCOnAllocFailure; without that an allocation that fails is an
// error at once.
const (
	EGCOnAllocFailure EGCMode = 1
	EGCOnMemLimit     EGCMode = 2 // when Lua would have more than the limit, or less is free than the negative limit
	EGCAlways         EGCMode = 4 // before each allocation
)

// Requests of GC (lua.h); GCSetMemLimit takes KB, as the firmware has it. GCEstimate is
// not of C: what was no garbage at the end of the last cycle, in bytes.
const (
	GCStop = iota
	GCRestart
	GCCollect
	GCCount
	GCCountB
	GCStep
	GCSetPause
	GCSetStepMul
	GCSetMemLimit
	GCIsRunning
	GCEstimate
	GCGetMemLimit // of Lua 5.1
)

// Events and masks of debug hooks.
const (
	HookCall = iota
	HookRet
	HookLine
	HookCount
	HookTailCall

	MaskCall  = 1 << HookCall
	MaskRet   = 1 << HookRet
	MaskLine  = 1 << HookLine
	MaskCount = 1 << HookCount
)

// Priorities of tasks (LUA_TASK constants).
const (
	TaskLow = iota
	TaskMedium
	TaskHigh
)

// Debug is what the debug interface tells about a function (lua_Debug).
type Debug struct {
	Event           int
	Name            string
	NameWhat        string
	What            string
	Source          string
	ShortSrc        string
	CurrentLine     int
	LineDefined     int
	LastLineDefined int
	NUps            int
	NParams         int
	IsVararg        bool
	IsTailCall      bool

	CI Addr // the call that it describes; private to the implementation
}

// Core is one Lua thread, without the auxiliary library.
type Core interface {
	// Environment.

	Host() any               // what the embedder attached: a module's chip, an exec session
	Mem() mem.Mem            // the device memory that userdata live in
	NumberSizes() (i, f int) // bytes of an integer and of a float in this number model; 0 where there are no floats
	CLibrary() clib.Library  // whose numbers these are: the chip's, or a host's
	Output(p []byte)         // lua_writestring
	ErrorOutput(s string)    // lua_writestringerror, already formatted
	MainThread() State       // lua_getstate
	NewHandle(v any) uint32  // keeps a host object; the number goes into device memory
	Handle(h uint32) any     // nil if there is no such handle
	FreeHandle(h uint32)
	// Charge counts work that takes the chip's time, in units of about one
	// instruction of the virtual machine (docs/time.md). A function that may work
	// for long without calling anything else here has to call it now and then, so
	// that the watchdog sees the work.
	Charge(units int)

	// Stack.

	AbsIndex(i int) int
	GetTop() int
	SetTop(i int)
	Pop(n int)
	PushValue(i int)
	Rotate(i, n int)
	Insert(i int)
	Remove(i int)
	Replace(i int)
	Copy(from, to int)
	CheckStack(n int) bool
	XMove(to Core, n int) // moves from the receiver to the other thread

	// Access. None raises unless it says so.

	Type(i int) Type
	TypeName(t Type) string
	TypeNameAt(i int) string
	IsNone(i int) bool
	IsNoneOrNil(i int) bool
	IsNil(i int) bool
	IsInteger(i int) bool
	IsNumber(i int) bool // number or convertible string
	IsString(i int) bool // string or number
	IsCFunction(i int) bool
	IsFunction(i int) bool
	IsTable(i int) bool
	IsUserdata(i int) bool
	ToBoolean(i int) bool
	ToInteger(i int) (n int64, ok bool)
	ToNumber(i int) (n float64, ok bool)
	ToBytes(i int) (s []byte, ok bool)  // converts a number in place, as lua_tolstring does
	ToString(i int) (s string, ok bool) // a copy
	ToUserdata(i int) Addr              // 0 if it is none
	ToThread(i int) State               // nil if it is none
	ToPointer(i int) Addr
	StringAddr(i int) Addr // where the bytes of a string are, 0 if it is none
	RawLen(i int) int
	RawEqual(i, j int) bool
	Compare(i, j, op int) bool // raises
	Arith(op int)              // raises
	Concat(n int)              // raises
	Len(i int)                 // raises
	StringToNumber(s string) bool

	// Push.

	PushNil()
	PushBoolean(b bool)
	PushInteger(n int64)
	PushNumber(n float64)
	PushString(s string)
	PushBytes(s []byte)
	PushNoString()                          // lua_pushstring of NULL: nil, and the collector's step when it is due
	PushFString(format string, args ...any) // verbs of lua_pushfstring: %s %d %I %f %p %c %U %%
	PushFunction(p *Proc)                   // p is declared by a Module
	PushClosure(p *Proc, n int)             // likewise
	PushLightUserdata(a Addr)
	PushThread() (isMain bool)
	PushROTable(t *ROTable)
	PushGlobalTable()

	// Tables.

	NewTable()
	CreateTable(narr, nrec int)
	NewUserdata(size int) Addr // zeroed
	GetGlobal(name string) Type
	SetGlobal(name string)
	GetTable(i int) Type
	SetTable(i int)
	GetField(i int, name string) Type
	SetField(i int, name string)
	GetI(i int, n int64) Type
	SetI(i int, n int64)
	// CopyI copies n elements of a table to another or the same one, each by GetI and
	// SetI, in Lua 5.1 without metamethods; down begins with the last.
	CopyI(src int, from int64, dst int, to, n int64, down bool)
	RawGet(i int) Type
	RawSet(i int)
	RawGetI(i int, n int64) Type
	RawSetI(i int, n int64)
	RawGetP(i int, p Addr) Type
	RawSetP(i int, p Addr)
	Next(i int) bool
	GetMetatable(i int) bool
	SetMetatable(i int)
	GetUserValue(i int) Type
	SetUserValue(i int)

	// Errors.

	Error() int      // lua_error; raises
	Raise() int      // lua_error for a function that returns it at once
	Where(level int) // luaL_where

	// Calls.

	Call(nargs, nresults int) // raises what the callee raises
	CallK(nargs, nresults, ctx int, k *Cont) int
	PCall(nargs, nresults, msgh int) Status
	PCallK(nargs, nresults, msgh, ctx int, k *Cont) int

	// Coroutines.

	NewThread() State
	Resume(from State, nargs int) Status
	YieldK(nresults, ctx int, k *Cont) int
	IsYieldable() bool
	Status() Status
	SameThread(other Core) bool

	// Code.

	// Load refuses what its mode does not name: "b" stands for binary chunks, "t" for text.
	Load(r Reader, chunkName, mode string) Status
	LoadBytes(code []byte, chunkName, mode string) Status
	// An error is the writer's, or a DumpError.
	Dump(w Writer, strip int) error
	StripDebug(level int) int
	PushStringsArray(rom bool) bool // lua_pushstringsarray

	// The Lua Flash Store (lnodemcu.c); the functions PushLFSModules and
	// PushLFSTimestamp of this package build on these.

	LFSConfig() LFSConfig // lua_getlfsconfig
	PushLFSIndex() Type   // lua_pushlfsindex: the ROTable of modules, or nil
	// PushLFSFunc replaces the name on top of the stack by a function of the store
	// (lua_pushlfsfunc, luaL_pushlfsmodule), by nil if there is none of that name.
	PushLFSFunc() bool

	// Debug.

	GetStack(level int) (Debug, bool)
	GetInfo(what string, ar *Debug) bool
	GetLocal(ar *Debug, n int) (name string, ok bool) // ar nil: parameters of the function on top
	SetLocal(ar *Debug, n int) (name string, ok bool)
	GetUpvalue(fi, n int) (name string, ok bool)
	SetUpvalue(fi, n int) (name string, ok bool)
	UpvalueID(fi, n int) Addr
	UpvalueJoin(f1, n1, f2, n2 int)
	SetHook(h *HookProc, mask, count int)
	GetHook() (h *HookProc, mask, count int)

	// Memory.

	GC(what, data int) int
	SetEGC(mode EGCMode, limit int)        // bytes
	FreeHeap() int                         // lua_freeheap: bytes
	Alloc(n int) Addr                      // malloc outside Lua's account, 0 if it fails
	Realloc(a Addr, osize, nsize int) Addr // likewise
	Free(a Addr, size int)                 // likewise
	// ReallocCounted is luaM_realloc_, for what a module takes within Lua's account: 0 is no
	// block and no bytes. It collects garbage when there is no memory; raises.
	ReallocCounted(a Addr, osize, nsize int) Addr
}

// Environments is what a State of Lua 5.1 has besides: above all environments of functions, userdata and threads.
type Environments interface {
	GetFEnv(i int)      // lua_getfenv
	SetFEnv(i int) bool // lua_setfenv
	SetCurrentEnv()     // lua_replace(L, LUA_ENVIRONINDEX); raises
	// CPCall calls a declared function in a protected call, with a light userdata (lua_cpcall).
	CPCall(p *Proc, ud Addr) Status
	// ResumeSuspended resumes the coroutine at an index, if that is suspended, with the n values on top, moves what it
	// yields or returns to the top, and calls then. The result is to be returned by the C function. False: nothing is
	// done.
	ResumeSuspended(i, n int, then Resumed) (results int, done bool)
}

// Resumed goes on in a C function when the coroutine that it resumed has yielded or ended with n values on top, or with
// an error, whose object is there: n is -1. The result is the function's.
type Resumed func(L State, n int) int

// IsLua51 tells whether a State is of Lua 5.1.
func IsLua51(L State) bool {
	_, ok := L.(Environments)
	return ok
}

// IsIntegral tells whether all numbers are integers (LUA_NUMBER_INTEGRAL).
func IsIntegral(L Core) bool {
	_, float := L.NumberSizes()
	return float == 0
}

// State is one Lua thread with the auxiliary library, which package lauxlib has.
type State interface {
	Core

	CheckStackMsg(n int, msg string) // luaL_checkstack; raises
	LenInt(i int) int64              // luaL_len; raises
	ToLString(i int) []byte          // luaL_tolstring: pushes the string, too; raises

	// Tables and their metatables.

	GetMetafield(i int, name string) Type // luaL_getmetafield: pushes nothing for Nil
	CallMeta(i int, name string) bool
	GetSubTable(i int, name string) bool

	// References (lauxlib.h and the firmware's extensions).

	Ref(t int) int
	Unref(t, ref int)
	Reref(t int, ref *int)

	// Userdata types.

	NewMetatable(name string) bool
	ROMetatable(name string, t *ROTable) bool // luaL_rometatable
	GetMetatableByName(name string) Type
	SetMetatableByName(name string)
	TestUdata(i int, name string) Addr
	CheckUdata(i int, name string) Addr // raises

	// Arguments. All raise.

	CheckInteger(arg int) int64
	OptInteger(arg int, def int64) int64
	CheckNumber(arg int) float64
	OptNumber(arg int, def float64) float64
	CheckBytes(arg int) []byte
	CheckString(arg int) string
	OptString(arg int, def string) string
	CheckType(arg int, t Type)
	CheckAny(arg int)
	CheckOption(arg int, def string, list []string) int // def "" means there is none
	ArgCheck(cond bool, arg int, msg string)

	// Errors.

	Errorf(format string, args ...any) int                  // luaL_error; raises; verbs as in PushFString
	ArgError(arg int, msg string) int                       // raises
	TypeError(arg int, typeName string) int                 // raises
	Traceback(of State, msg string, hasMsg bool, level int) // pushes on the receiver

	// Calls, tasks, buffers.

	PCallX(nargs, nresults int) Status // luaL_pcallx: reports through the error task
	PostTask(prio int) int             // luaL_posttask; raises
	NewBuffer() *Buffer                // luaL_buffinit
}
