// Package cron is the module cron: functions that are called at minutes by the clock.
package cron

import (
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/wallclock"
)

// typeName is the name of an entry's metatable.
const typeName = "cron.entry"

var object = &state.ROTable{Name: typeName}

// Module declares cron.
var Module = state.Module{
	Name: "cron",
	Table: &state.ROTable{Name: "cron", Entries: []state.Entry{
		state.Fn("schedule", create),
		state.Fn("reset", reset),
	}},
	Open:   open,
	Tables: []*state.ROTable{object},
}

func init() {
	object.Entries = []state.Entry{
		state.Fn("__gc", collect),
		state.Tab("__index", object),
		state.Fn("schedule", schedule),
		state.Fn("handler", handler),
		state.Fn("unschedule", unschedule),
	}
}

func chip(L state.State) port.Chip { return L.Host().(port.Chip) }

// An entry is a userdata as the firmware's cronent_ud_t. Its last word is not used there; here
// it is the entry's own reference as long as it is scheduled.
const (
	offMinute  = 0
	offHour    = 8
	offDay     = 12
	offMonth   = 16
	offWeekday = 18
	offFunc    = 24 // cb_ref
	offSelf    = 28
	entrySize  = 32
)

type entry struct {
	m  mem.Mem
	at state.Addr
}

func check(L state.State) entry { return entry{L.Mem(), L.CheckUdata(1, typeName)} }

func (e entry) ref(off state.Addr) int       { return int(e.m.I32(e.at + off)) }
func (e entry) setRef(off state.Addr, r int) { e.m.SetI32(e.at+off, int32(r)) }

func (e entry) setSpec(s spec) {
	e.m.SetU64(e.at+offMinute, s.minute)
	e.m.SetU32(e.at+offHour, s.hour)
	e.m.SetU32(e.at+offDay, s.day)
	e.m.SetU16(e.at+offMonth, s.month)
	e.m.SetU8(e.at+offWeekday, s.weekday)
}

// due tells whether the entry is due at a minute.
func (e entry) due(c wallclock.Calendar) bool {
	return e.m.U64(e.at+offMinute)>>c.Minute&1 != 0 && e.m.U32(e.at+offHour)>>c.Hour&1 != 0 &&
		e.m.U32(e.at+offDay)>>(c.Day-1)&1 != 0 && e.m.U16(e.at+offMonth)>>(c.Month-1)&1 != 0 &&
		e.m.U8(e.at+offWeekday)>>c.Weekday&1 != 0
}

// list is the firmware's list of the entries that are scheduled: a block of references, in the
// order in which they were scheduled. Its static variables are these.
type list struct {
	m  mem.Mem
	at state.Addr
}

const (
	offList    = 0 // cronent_list
	offCount   = 4 // cronent_count
	offBytes   = 8 // of the block
	staticSize = 12
	refSize    = 4
)

func listOf(L state.State) list {
	return list{L.Mem(), chip(L).System().Static("cron", staticSize)}
}

func (l list) count() int { return int(l.m.U32(l.at + offCount)) }

func (l list) slot(i int) state.Addr { return l.m.Ptr(l.at+offList) + state.Addr(refSize*i) }

func (l list) ref(i int) int { return int(l.m.I32(l.slot(i))) }

// grow makes room for one more.
func (l list) grow(L state.State) {
	bytes := refSize * (l.count() + 1)
	block := L.Realloc(l.m.Ptr(l.at+offList), int(l.m.U32(l.at+offBytes)), bytes)
	if block == 0 {
		L.Errorf("out of memory")
	}
	l.m.SetPtr(l.at+offList, block)
	l.m.SetU32(l.at+offBytes, uint32(bytes))
}

// add adds the entry on top of the stack and pops it. There is room for it.
func (l list) add(L state.State, e entry) {
	ref := L.Ref(state.RegistryIndex)
	e.setRef(offSelf, ref)
	l.m.SetI32(l.slot(l.count()), int32(ref))
	l.m.SetU32(l.at+offCount, uint32(l.count()+1))
}

// remove takes an entry out, if it is there.
func (l list) remove(L state.State, e entry) {
	for i := range l.count() {
		if l.ref(i) != e.ref(offSelf) {
			continue
		}
		L.Unref(state.RegistryIndex, l.ref(i))
		e.setRef(offSelf, state.NoRef)
		for ; i < l.count()-1; i++ {
			l.m.SetI32(l.slot(i), int32(l.ref(i+1)))
		}
		l.m.SetU32(l.at+offCount, uint32(l.count()-1))
		return
	}
}

// checkSpec reads the mask in an argument.
func checkSpec(L state.State, arg int) spec {
	s, problem := parseSpec(L.CheckString(arg))
	if problem != "" {
		L.Errorf("%s", problem)
	}
	return s
}

// create is cron.schedule(mask, function).
func create(L state.State) int {
	L.CheckString(1)
	L.CheckType(2, state.Function)
	s := checkSpec(L, 1)
	e := entry{L.Mem(), L.NewUserdata(entrySize)}
	e.setRef(offFunc, state.NoRef)
	e.setRef(offSelf, state.NoRef)
	L.SetMetatableByName(typeName)
	L.PushValue(2)
	e.setRef(offFunc, L.Ref(state.RegistryIndex))
	e.setSpec(s)
	l := listOf(L)
	l.grow(L)
	L.PushValue(-1)
	l.add(L, e)
	return 1
}

// schedule is entry:schedule(mask).
func schedule(L state.State) int {
	e := check(L)
	e.setSpec(checkSpec(L, 2))
	if e.ref(offSelf) != state.NoRef {
		return 0
	}
	l := listOf(L)
	l.grow(L)
	L.PushValue(1)
	l.add(L, e)
	return 0
}

// handler is entry:handler(function).
func handler(L state.State) int {
	e := check(L)
	L.CheckType(2, state.Function)
	L.PushValue(2)
	L.Unref(state.RegistryIndex, e.ref(offFunc))
	e.setRef(offFunc, state.NoRef)
	e.setRef(offFunc, L.Ref(state.RegistryIndex))
	return 0
}

// unschedule is entry:unschedule().
func unschedule(L state.State) int {
	listOf(L).remove(L, check(L))
	return 0
}

// collect is __gc.
func collect(L state.State) int {
	e := check(L)
	listOf(L).remove(L, e)
	L.Unref(state.RegistryIndex, e.ref(offFunc))
	e.setRef(offFunc, state.NoRef)
	return 0
}

// reset is cron.reset().
func reset(L state.State) int {
	l := listOf(L)
	for i := range l.count() {
		L.RawGetI(state.RegistryIndex, int64(l.ref(i)))
		entry{L.Mem(), L.ToUserdata(-1)}.setRef(offSelf, state.NoRef)
		L.Pop(1)
		L.Unref(state.RegistryIndex, l.ref(i))
	}
	l.m.SetU32(l.at+offCount, 0)
	L.Free(l.m.Ptr(l.at+offList), int(l.m.U32(l.at+offBytes)))
	l.m.SetPtr(l.at+offList, 0)
	l.m.SetU32(l.at+offBytes, 0)
	return 0
}

// waitForTime is how often the module looks whether the time is known.
const waitForTime = 1000 * time.Millisecond

func open(L state.State) int {
	L.ROMetatable(typeName, object)
	main := L.MainThread()
	var timer port.Timer
	timer = chip(L).Loop().NewTimer(func() { tick(main, timer) })
	timer.Arm(waitForTime, false)
	return 0
}

// tick runs at the beginning of each minute, and in the midst of the first one of which the
// time is known. In the last second of a minute it is early, and does what the next one needs.
func tick(L state.State, timer port.Timer) {
	sec, micros := wallclock.Of(L.Mem(), chip(L)).Now()
	if sec == 0 {
		timer.Arm(waitForTime, false)
		return
	}
	const minute, last = 60_000, 59 // ms, s
	c := wallclock.CalendarOf(int64(int32(sec)))
	left := uint32(minute - c.Second*1000 - int(micros/1000))
	if c.Second == last {
		left += minute
		c = wallclock.CalendarOf(int64(int32(sec + 1)))
	}
	timer.Arm(time.Duration(left)*time.Millisecond, false)
	call(L, c)
}

// call calls the functions of all entries that are due. They may change the list: what comes to
// its end is called as well, and what moves to a place that was passed is not.
func call(L state.State, c wallclock.Calendar) {
	l := listOf(L)
	for i := 0; i < l.count(); i++ {
		top := L.GetTop()
		L.RawGetI(state.RegistryIndex, int64(l.ref(i)))
		e := entry{L.Mem(), L.ToUserdata(-1)}
		L.Pop(1)
		if !e.due(c) {
			continue
		}
		L.RawGetI(state.RegistryIndex, int64(e.ref(offFunc)))
		L.RawGetI(state.RegistryIndex, int64(l.ref(i)))
		L.PCallX(1, 0)
		L.SetTop(top) // an error leaves a value
	}
}

// owner tells what an entry has in the registry.
var owner = port.Owner{Type: typeName, References: func(m mem.Mem, at mem.Addr) (refs []port.OwnedRef, inUse bool) {
	e := entry{m, at}
	if f := e.ref(offFunc); f != state.NoRef {
		refs = append(refs, port.OwnedRef{Ref: f, Name: "callback"})
	}
	if self := e.ref(offSelf); self != state.NoRef {
		refs, inUse = append(refs, port.OwnedRef{Ref: self, Name: "the entry itself"}), true
	}
	return refs, inUse
}}

// Owners are the types of this module whose objects have entries in the registry.
func Owners() []port.Owner { return []port.Owner{owner} }
