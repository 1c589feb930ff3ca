// Package node is the module node: the system, its settings and its console.
package node

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Options say what node works with, and what a build has beyond the default one.
type Options struct {
	// PipeCreate is pipe.create, which node.output calls.
	PipeCreate *state.Proc
	// LoadFile is luaL_loadfile, for node.compile.
	LoadFile func(L state.State, path string) state.Status
	// Lua51 is a build for Lua 5.1, which has the table egc and no conversions of bits.
	Lua51 bool
	// DevelopmentTools adds what the firmware has under that name: readrcr,
	// writercr, osprint, int2float, float2int.
	DevelopmentTools bool
	// StartupCounts adds startupcounts (PLATFORM_STARTUP_COUNT).
	StartupCounts bool
	// PMSleep adds the constants of sleep (PMSLEEP_ENABLE). With TimerSuspend there is
	// node.sleep.
	PMSleep, TimerSuspend bool
	// Manual adds what the manual describes and a build lacks: the table egc for Lua 5.3, and onerror as a second
	// name of setonerror.
	Manual bool
	// Classic lets node.output call its function with text, as older firmware does, and adds
	// readvdd33.
	Classic bool
}

// Tables and functions that are declared once; New puts the module's own table
// together.
var (
	onError        = &state.Proc{F: defaultOnError}
	setOnErrorProc = &state.Proc{F: setOnError} // one function under two names

	taskTable = &state.ROTable{Name: "node.task", Entries: []state.Entry{
		state.Fn("post", taskPost),
		state.Int("LOW_PRIORITY", state.TaskLow),
		state.Int("MEDIUM_PRIORITY", state.TaskMedium),
		state.Int("HIGH_PRIORITY", state.TaskHigh),
	}}
	lfsMeta = &state.ROTable{Name: "node.LFS.meta", Entries: []state.Entry{
		state.Fn("__index", lfsIndex),
	}}
	lfsTable = &state.ROTable{Name: "node.LFS", Meta: lfsMeta, Entries: []state.Entry{
		state.Fn("list", lfsList),
		state.Fn("get", lfsGet),
		state.Fn("reload", lfsReload),
	}}
)

// New declares node.
func New(o Options) state.Module {
	return state.Module{
		Name:   "node",
		Table:  &state.ROTable{Name: "node", Entries: entries(o)},
		Open:   open,
		Tables: []*state.ROTable{lfsMeta, partitionKeys},
		Procs:  []*state.Proc{onError, loadProc, freeProc},
	}
}

// entries lists the module's table in the firmware's order.
func entries(o Options) []state.Entry {
	e := []state.Entry{
		state.Fn("heap", heap),
		state.Fn("info", info),
		state.Tab("task", taskTable),
		state.Fn("flashreload", flashReload),
		state.Fn("flashindex", lfsGet),
		state.Tab("LFS", lfsTable),
		state.FnProc("setonerror", setOnErrorProc),
		state.Fn("startupcommand", startupCommand),
		state.Fn("startup", startup),
		state.Fn("restart", restart),
		state.Fn("dsleep", deepSleep),
		state.Fn("dsleepMax", deepSleepMax),
		state.Fn("sleep", sleepFor(o)),
	}
	if o.PMSleep {
		e = append(e, // PMSLEEP_INT_MAP, app/include/pm/pmSleep.h
			state.Int("INT_BOTH", int64(port.TriggerBoth)),
			state.Int("INT_UP", int64(port.TriggerUp)),
			state.Int("INT_DOWN", int64(port.TriggerDown)),
			state.Int("INT_HIGH", int64(port.TriggerHigh)),
			state.Int("INT_LOW", int64(port.TriggerLow)))
	}
	if o.DevelopmentTools {
		e = append(e, state.Fn("readrcr", readRecord), state.Fn("writercr", writeRecord))
	}
	if o.StartupCounts {
		e = append(e, state.Fn("startupcounts", startupCounts))
	}
	e = append(e,
		state.Fn("chipid", chipID),
		state.Fn("flashid", flashID),
		state.Fn("flashsize", flashSize),
		state.Fn("input", input),
		state.Fn("output", outputFor(o)),
		state.Fn("compile", compile(o.LoadFile)),
		state.Int("CPU80MHZ", cpuMHz),
		state.Int("CPU160MHZ", cpuMaxMHz),
		state.Fn("setcpufreq", setCPUFrequency),
		state.Fn("getcpufreq", cpuFrequency),
		state.Fn("bootreason", bootReason),
		state.Fn("restore", restore),
		state.Fn("random", random),
		state.Fn("stripdebug", stripDebug),
	)
	if o.Manual || o.Lua51 {
		e = append(e, state.Tab("egc", egcTable))
	}
	if o.Manual {
		e = append(e, state.FnProc("onerror", setOnErrorProc))
	}
	if o.DevelopmentTools {
		e = append(e, state.Fn("osprint", osPrint))
	}
	if o.DevelopmentTools && !o.Lua51 {
		e = append(e, state.Fn("int2float", intToFloat), state.Fn("float2int", floatToInt))
	}
	if o.Classic {
		e = append(e, state.Fn("readvdd33", readVDD33))
	}
	return append(e,
		state.Fn("getpartitiontable", getPartitions),
		state.Fn("setpartitiontable", setPartitions),
	)
}

func chip(L state.State) port.Chip { return L.Host().(port.Chip) }

func system(L state.State) port.System { return chip(L).System() }

// sdk is what only the ESP8266's SDK has. It raises an error where there is none.
func sdk(L state.State) port.SDK {
	p, ok := port.SDKOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoSDK.Error())
	}
	return p
}

// records is the settings that survive a reset. It raises an error where there is none.
func records(L state.State) port.Records {
	p, ok := port.RecordsOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoRecords.Error())
	}
	return p
}

// store is what loads the Lua Flash Store. It raises an error where there is none.
func store(L state.State) port.Store {
	p, ok := port.StoreOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoStore.Error())
	}
	return p
}

// Static variables of the module: whether output also goes to the serial port
// while it is redirected (serial_debug), whether the restart after an error is on
// its way, and the counts of node.startupcounts.
const (
	offSerialToo  = 0
	offRestarting = 4
	offCounts     = 8 // number of entries, then their lines and cycle counts
	countsMax     = 32
	offInOutput   = offCounts + 4 + 8*countsMax // classic: the function of node.output runs
	staticSize    = offInOutput + 4
)

// statics is the place of the static variables.
type statics struct {
	m    mem.Mem
	addr state.Addr
}

func static(L state.State) statics {
	return statics{L.Mem(), system(L).Static("node", staticSize)}
}

func (s statics) u32(off state.Addr) uint32       { return s.m.U32(s.addr + off) }
func (s statics) setU32(off state.Addr, v uint32) { s.m.SetU32(s.addr+off, v) }

func open(L state.State) int {
	static(L).setU32(offSerialToo, 1)
	L.SetTop(0)
	return setOnError(L)
}

// pushU32 pushes a word of the chip, which is negative in a model with 32-bit
// integers if its top bit is set.
func pushU32(L state.State, v uint32) int {
	if size, _ := L.NumberSizes(); size == 4 {
		L.PushInteger(int64(int32(v)))
	} else {
		L.PushInteger(int64(v))
	}
	return 1
}

func setInt(L state.State, v int64, name string) {
	L.PushInteger(v)
	L.SetField(-2, name)
}

func setU32Field(L state.State, v uint32, name string) {
	pushU32(L, v)
	L.SetField(-2, name)
}

func setString(L state.State, v, name string) {
	L.PushString(v)
	L.SetField(-2, name)
}

func chipID(L state.State) int { return pushU32(L, system(L).Hardware().ChipID) }

func flashID(L state.State) int { return pushU32(L, system(L).Hardware().FlashID) }

func flashSize(L state.State) int { return pushU32(L, system(L).Hardware().FlashSize) }

// heap is node.heap().
func heap(L state.State) int {
	L.PushInteger(int64(L.FreeHeap()))
	return 1
}

// info is node.info([group]).
func info(L state.State) int {
	h, b := system(L).Hardware(), system(L).Build()
	groups := []string{"lfs", "hw", "sw_version", "build_config", "legacy"}
	switch groups[L.CheckOption(1, "legacy", groups)] {
	case "lfs":
		pushLFSConfig(L)
	case "hw":
		L.CreateTable(0, 5)
		setU32Field(L, h.ChipID, "chip_id")
		setU32Field(L, h.FlashID, "flash_id")
		setU32Field(L, h.FlashSize/1024, "flash_size")
		setU32Field(L, h.FlashMode, "flash_mode")
		setU32Field(L, h.FlashSpeed, "flash_speed")
	case "sw_version":
		L.CreateTable(0, 7)
		setInt(L, int64(b.Major), "node_version_major")
		setInt(L, int64(b.Minor), "node_version_minor")
		setInt(L, int64(b.Revision), "node_version_revision")
		setString(L, b.Branch, "git_branch")
		setString(L, b.Commit, "git_commit_id")
		setString(L, b.Release, "git_release")
		setString(L, b.ReleaseDTS, "git_commit_dts")
	case "build_config":
		L.CreateTable(0, 4)
		L.PushBoolean(b.SSL)
		L.SetField(-2, "ssl")
		setInt(L, int64(b.LFSSize), "lfs_size")
		setString(L, b.Modules, "modules")
		setString(L, b.NumberType, "number_type")
	default:
		L.ErrorOutput(port.Deprecated("node.info() without parameter", "in the next version"))
		for _, v := range [...]int{b.Major, b.Minor, b.Revision} {
			L.PushInteger(int64(v))
		}
		for _, v := range [...]uint32{h.ChipID, h.FlashID, h.FlashSize / 1024, h.FlashMode, h.FlashSpeed} {
			pushU32(L, v)
		}
		return 8
	}
	return 1
}

// taskPost is node.task.post([priority,] function).
func taskPost(L state.State) int {
	arg, priority := 1, uint32(state.TaskMedium)
	if L.Type(1) == state.Number {
		priority = uint32(L.CheckInteger(1))
		L.ArgCheck(priority <= state.TaskHigh, 1, "invalid  priority")
		arg++
	}
	L.CheckType(arg, state.Function)
	L.SetTop(arg)
	L.PostTask(int(priority))
	return 0
}

// stripDebug is node.stripdebug([level [, function]]).
func stripDebug(L state.State) int {
	n := L.GetTop()
	level := 0
	L.SetTop(2)
	if !L.IsNil(1) {
		v, _ := L.ToInteger(1)
		level = int(int32(v))
		L.ArgCheck(level > 0 && level < 4, 1, "Invalid strip level")
	}
	if L.IsNumber(2) {
		if at := int(int32(L.CheckInteger(2))); at > 0 {
			L.Pop(1)
			if ar, ok := L.GetStack(at); ok {
				L.GetInfo("f", &ar) // pushes the function
			}
		}
	}
	isFunction := L.IsFunction(2)
	L.ArgCheck(n < 2 || isFunction, 2, "not a valid function")
	result := L.StripDebug(level - 1)
	if !isFunction {
		result++ // a level, which counts from 1
	}
	L.PushInteger(int64(result))
	return 1
}
