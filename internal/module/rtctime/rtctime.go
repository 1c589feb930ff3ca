// Package rtctime is the module rtctime: the time of day, kept over deep sleep, and the
// calendar. The clock itself is package wallclock.
package rtctime

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/wallclock"
)

// Module declares rtctime.
var Module = state.Module{
	Name: "rtctime",
	Table: &state.ROTable{Name: "rtctime", Entries: []state.Entry{
		state.Fn("set", set),
		state.Fn("get", get),
		state.Fn("adjust_delta", adjustDelta),
		state.Fn("dsleep", sleep),
		state.Fn("dsleep_aligned", sleepAligned),
		state.Fn("epoch2cal", calendar),
	}},
	Open: open,
}

func clock(L state.State) wallclock.Clock { return wallclock.Of(L.Mem(), L.Host().(port.Chip)) }

// open is what the firmware does before Lua starts, if this module is in the build.
func open(L state.State) int {
	c := clock(L)
	c.Boot()
	L.Host().(port.Chip).Loop().NewTimer(c.Tick).Arm(wallclock.TickPeriod, true)
	return 0
}

// integer is lua_tointeger of an argument that may be missing, cut to 32 bits.
func integer(L state.State, arg int) uint32 {
	n, _ := L.ToInteger(arg)
	return uint32(n)
}

// set is rtctime.set([seconds [, µs [, rate]]]).
func set(L state.State) int {
	c := clock(L)
	c.Prepare()
	if L.IsNumber(1) {
		sec, micros := uint32(L.CheckInteger(1)), uint32(0)
		if L.IsNumber(2) {
			micros = integer(L, 2)
		}
		c.Set(sec, micros)
	}
	if L.IsNumber(3) {
		c.SetRate(int32(integer(L, 3)))
	}
	return 0
}

// get is rtctime.get(): seconds, µs and the rate.
func get(L state.State) int {
	c := clock(L)
	sec, micros := c.Now()
	L.PushInteger(int64(sec)) // negative from 2038 on, if integers are that short
	L.PushInteger(int64(micros))
	L.PushInteger(int64(c.Rate()))
	return 3
}

// adjustDelta is rtctime.adjust_delta(µs).
func adjustDelta(L state.State) int {
	L.PushInteger(int64(clock(L).AdjustDelta(int32(L.CheckInteger(1)))))
	return 1
}

const optionMax = 4

// sleepOption tells the SDK what the radio does after waking up, if there is such an argument.
func sleepOption(L state.State, arg int) {
	if !L.IsNumber(arg) {
		return
	}
	option := integer(L, arg)
	if option > optionMax {
		L.Errorf("unknown sleep option")
	}
	if sdk, ok := port.SDKOf(L.Host()); ok {
		sdk.SetDeepSleepOption(uint8(option))
	}
}

// sleep is rtctime.dsleep(µs [, option]). It does not return.
func sleep(L state.State) int {
	us := uint32(L.CheckInteger(1))
	sleepOption(L, 2)
	clock(L).Sleep(us)
	return 0
}

// sleepAligned is rtctime.dsleep_aligned(align µs, least µs [, option]). It does not return.
func sleepAligned(L state.State) int {
	c := clock(L)
	if !c.Known() {
		return L.Errorf("time not available, unable to align")
	}
	align, least := uint32(L.CheckInteger(1)), uint32(L.CheckInteger(2))
	sleepOption(L, 3)
	c.SleepAligned(align, least)
	return 0
}

// calendar is rtctime.epoch2cal(seconds).
func calendar(L state.State) int {
	stamp := int32(L.CheckInteger(1))
	L.ArgCheck(stamp >= 0, 1, "wrong arg range")
	d := wallclock.CalendarOf(int64(stamp))
	L.CreateTable(0, 8)
	for _, field := range [...]struct {
		name  string
		value int
	}{
		{"yday", d.YearDay}, {"wday", d.Weekday + 1}, {"year", d.Year}, {"mon", d.Month}, {"day", d.Day},
		{"hour", d.Hour}, {"min", d.Minute}, {"sec", d.Second},
	} {
		L.PushInteger(int64(field.value))
		L.SetField(-2, field.name)
	}
	return 1
}
