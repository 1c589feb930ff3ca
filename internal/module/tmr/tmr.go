// Package tmr is the module tmr: timers, the system's counters and a watchdog
// for applications.
package tmr

import (
	"slices"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/pmsleep"
	"moonlet.example/moonlet/internal/port"
)

// typeName is the name of a timer's metatable.
const typeName = "tmr.timer"

var object = &state.ROTable{Name: typeName}

// Module declares tmr.
var Module = declare(nil, open)

// WithSuspend is tmr in a build with TIMER_SUSPEND_ENABLE: with functions that were removed, and
// its timers in the list of those that light sleep holds.
func WithSuspend(m state.Module) state.Module {
	removed := func(L state.State) int {
		return L.Errorf("This feature has been removed, we apologize for any inconvenience this may have caused.")
	}
	methods := &state.ROTable{Name: object.Name}
	for _, e := range object.Entries {
		if e.Name == "__index" {
			e = state.Tab(e.Name, methods)
		}
		methods.Entries = append(methods.Entries, e)
	}
	methods.Entries = append(methods.Entries, state.Fn("suspend", removed), state.Fn("resume", removed))
	table := *m.Table
	at := slices.IndexFunc(table.Entries, func(e state.Entry) bool { return e.Name == "create" })
	table.Entries = slices.Insert(slices.Clone(table.Entries), at,
		state.Fn("suspend_all", removed), state.Fn("resume_all", removed))
	openPlain := m.Open
	m.Table, m.Tables = &table, []*state.ROTable{methods}
	m.Open = func(L state.State) int {
		L.ROMetatable(typeName, methods) // openPlain finds it there
		openPlain(L)
		pmsleep.RegisterTimer(L) // rtc_callback
		pmsleep.RegisterTimer(L) // alarm_timer_common
		return 0
	}
	return m
}

// declare declares tmr with some more functions.
func declare(more []state.Entry, open state.Func) state.Module {
	return state.Module{
		Name:   "tmr",
		Table:  &state.ROTable{Name: "tmr", Entries: append(entries(), more...)},
		Open:   open,
		Tables: []*state.ROTable{object},
	}
}

func entries() []state.Entry {
	return []state.Entry{
		state.Fn("delay", delay),
		state.Fn("now", now),
		state.Fn("wdclr", func(L state.State) int { chip(L).Loop().FeedWatchdog(); return 0 }),
		state.Fn("softwd", softwd),
		state.Fn("time", uptime),
		state.Fn("ccount", ccount),
		state.Fn("create", create),
		state.Int("ALARM_SINGLE", modeSingle),
		state.Int("ALARM_SEMI", modeSemi),
		state.Int("ALARM_AUTO", modeAuto),
	}
}

func init() {
	object.Entries = []state.Entry{
		state.Fn("__gc", collect),
		state.Tab("__index", object),
		state.Fn("register", register),
		state.Fn("alarm", alarm),
		state.Fn("start", start),
		state.Fn("stop", stop),
		state.Fn("unregister", unregister),
		state.Fn("state", status),
		state.Fn("interval", interval),
	}
}

func chip(L state.State) port.Chip { return L.Host().(port.Chip) }

// Static variables of the module.
const (
	offCalibration = 0  // rtc_time_cali
	offRTC         = 4  // last_rtc_time
	offMicros      = 8  // last_rtc_time_us, 64 bits
	offWatchdog    = 16 // soft_watchdog, seconds
	staticSize     = 24
)

// statics is the place of the static variables.
type statics struct {
	m    mem.Mem
	addr state.Addr
	sys  port.System
}

func static(L state.State) statics {
	sys := chip(L).System()
	return statics{L.Mem(), sys.Static("tmr", staticSize), sys}
}

// second is the period of the module's own timer.
const second = 1000 * time.Millisecond

func open(L state.State) int {
	L.ROMetatable(typeName, object)
	s := static(L)
	s.m.SetU32(s.addr+offRTC, s.sys.RTCTime()) // tmr.time counts from here
	s.m.SetU64(s.addr+offMicros, 0)
	s.m.SetI32(s.addr+offWatchdog, -1)
	chip(L).Loop().NewTimer(s.tick).Arm(second, true)
	return 0
}

// tick runs every second: it calibrates the slow clock and counts the
// application's watchdog down.
func (s statics) tick() {
	s.micros(true)
	left := s.m.I32(s.addr + offWatchdog)
	if left < 0 {
		return
	}
	left--
	s.m.SetI32(s.addr+offWatchdog, left)
	if left < 0 {
		s.sys.Restart()
	}
}

// keepMicros is how much has to pass before a reading becomes the new base:
// rounding would add up otherwise.
const keepMicros = 100_000

// micros is the time since boot in µs by the slow clock, whose rate changes with
// temperature: each stretch is converted with the calibration of its own time.
func (s statics) micros(calibrate bool) uint64 {
	if calibrate || s.m.U32(s.addr+offCalibration) == 0 {
		s.m.SetU32(s.addr+offCalibration, s.sys.RTCCalibration())
	}
	current := s.sys.RTCTime()
	cycles := current - s.m.U32(s.addr+offRTC)
	us := uint32(uint64(cycles) * uint64(s.m.U32(s.addr+offCalibration)) >> 12)
	total := s.m.U64(s.addr+offMicros) + uint64(us)
	if us >= keepMicros {
		s.m.SetU32(s.addr+offRTC, current)
		s.m.SetU64(s.addr+offMicros, total)
	}
	return total
}

// delay is tmr.delay(µs).
func delay(L state.State) int {
	us := int32(L.CheckInteger(1))
	L.ArgCheck(us > 0, 1, "wrong arg range")
	loop := chip(L).Loop()
	const slice = 1_000_000
	for ; us > 0; us -= slice {
		loop.Delay(time.Duration(min(us, slice)) * time.Microsecond)
		loop.FeedWatchdog()
	}
	return 0
}

// now is tmr.now().
func now(L state.State) int {
	L.PushInteger(int64(chip(L).System().SystemTime() & 0x7FFFFFFF))
	return 1
}

// uptime is tmr.time().
func uptime(L state.State) int {
	L.PushInteger(int64(static(L).micros(false) / 1_000_000))
	return 1
}

// ccount is tmr.ccount().
func ccount(L state.State) int {
	L.PushInteger(int64(int32(chip(L).System().CycleCount())))
	return 1
}

// softwd is tmr.softwd(seconds); a negative value turns the watchdog off.
func softwd(L state.State) int {
	s := static(L)
	s.m.SetI32(s.addr+offWatchdog, int32(L.CheckInteger(1)))
	return 0
}
