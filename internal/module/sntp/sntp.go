// Package sntp is the module sntp: it asks time servers what time it is (app/modules/sntp.c).
//
// A synchronization asks each of its servers several times, one packet after the other, and takes
// the answer that was under way for the shortest time. Its record, the list of addresses and
// that of the repetition are blocks on the device heap, outside of Lua's account, that are taken
// and given back in the firmware's order.
//
// With rtctime in the build the answers set its clock, or steer its rate; without it the module
// has one function, and its results are those of a clock without a date.
package sntp

import (
	"strconv"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/wallclock"
)

// What sync is in both kinds of build; it may push itself.
var syncAlone, syncWithClock = &state.Proc{}, &state.Proc{}

func init() {
	syncAlone.F = func(L state.State) int { return sync(L, false) }
	syncWithClock.F = func(L state.State) int { return sync(L, true) }
}

// Module declares sntp for a build without rtctime.
var Module = state.Module{
	Name:  "sntp",
	Table: &state.ROTable{Name: "sntp", Entries: []state.Entry{state.FnProc("sync", syncAlone)}},
}

// ModuleWithClock declares sntp for a build with rtctime.
var ModuleWithClock = state.Module{
	Name: "sntp",
	Table: &state.ROTable{Name: "sntp", Entries: []state.Entry{
		state.FnProc("sync", syncWithClock),
		state.Fn("setoffset", setOffset),
		state.Fn("getoffset", getOffset),
	}},
}

// The errors that the callback is told.
const (
	errDNS     = 1
	errMemory  = 2
	errTimeout = 4 // 3, that a packet could not be sent, is not told by the firmware either
)

// Static variables, in the firmware's order.
const (
	offSync     = 0 // the synchronization under way, 0 for none
	offRepeat   = 4 // what begins the next one, 0 for none
	offServers  = 8 // a list of addresses, 0 for none, and how many there are
	offCount    = 12
	offUsing    = 13 // leap seconds are followed
	offOffset   = 14 // of the clock to the time of servers, in s
	offPending  = 15 // a leap second that was announced
	offMidnight = 16 // when the next day begins, by the time of servers
	offPLL      = 20 // the rate that steering has come to
	offSize     = 24 // of the list, in bytes; the firmware's task has its number here
	staticSize  = 28
)

// The record of a synchronization (sntp_state_t).
const (
	offSocket     = 0
	offCookie     = 4  // what the next answer must repeat, 8 bytes
	offTimer      = 12 // a handle, in the place of os_timer_t
	offOnSync     = 32 // references to the callbacks
	offOnError    = 36
	offAttempts   = 40 // how often each server was asked
	offLookUps    = 42 // entries of the list that have been looked at
	offRepeated   = 43 // it is not the first one
	offDenied     = 44 // a bit for each server that wants no more
	offServer     = 48 // whose turn it is
	offList       = 52 // reference to the list of names
	offBest       = 56
	syncSize      = 104
	repeatSize    = 32 // sntp_repeat_t: three references and a timer
	offRepeatTick = 12
)

// repeatPeriod is how often a synchronization is repeated.
const repeatPeriod = 1000 * time.Second

// client is the module on one chip. Everything runs on the main thread but what sync does
// before it asks.
type client struct {
	L     state.State
	m     mem.Mem
	chip  port.Chip
	at    mem.Addr // the static variables
	clock bool     // rtctime is in the build
}

func clientOf(L state.State, clock bool) client {
	chip := L.Host().(port.Chip)
	return client{L, L.Mem(), chip, chip.System().Static("sntp", staticSize), clock}
}

// main is c with the main thread.
func (c client) main() client {
	c.L = c.L.MainThread()
	return c
}

func (c client) sync() mem.Addr   { return c.m.Ptr(c.at + offSync) }
func (c client) repeat() mem.Addr { return c.m.Ptr(c.at + offRepeat) }
func (c client) count() uint8     { return c.m.U8(c.at + offCount) }

func (c client) setCount(n uint8) { c.m.SetU8(c.at+offCount, n) }

// ref is a reference in the record of the synchronization.
func (c client) ref(off mem.Addr) int { return int(c.m.I32(c.sync() + off)) }

func (c client) setRef(off mem.Addr, ref int) { c.m.SetI32(c.sync()+off, int32(ref)) }

// isRef tells whether a reference is one to a value.
func isRef(ref int) bool { return ref != state.NoRef && ref != state.RefNil }

func (c client) timer(at mem.Addr) port.Timer { return c.L.Handle(c.m.U32(at)).(port.Timer) }

// newTimer makes a timer whose handle is at an address.
func (c client) newTimer(at mem.Addr, f func()) {
	c.m.SetU32(at, c.L.NewHandle(c.chip.Loop().NewTimer(f)))
}

// freeTimer forgets one.
func (c client) freeTimer(at mem.Addr) {
	c.timer(at).Disarm()
	c.L.FreeHandle(c.m.U32(at))
}

// begin makes the record of a synchronization (state_init). It tells what is wrong, "" for
// nothing. As in the firmware a record without a socket stays, for the caller to give back.
func (c client) begin() string {
	at := c.L.Alloc(syncSize)
	c.m.SetPtr(c.at+offSync, at)
	if at == 0 {
		return "out of memory"
	}
	c.m.Zero(at, syncSize)
	for _, off := range [...]mem.Addr{offOnSync, offOnError, offList} {
		c.setRef(off, state.NoRef)
	}
	n, _ := port.NetOf(c.chip)
	main := c.main()
	socket, err := n.BindUDP(port.IP{}, 0, main.received)
	switch err {
	case port.NetOK:
	case port.NetErrNoPCB:
		return "out of memory"
	default:
		return "no port available"
	}
	c.m.SetU32(at+offSocket, c.L.NewHandle(socket))
	c.newTimer(at+offTimer, main.send)
	c.m.SetU16(at+offServer, 0xFFFF) // before the first one
	return ""
}

// end gives the record back, and its references (cleanup).
func (c client) end() {
	at := c.sync()
	for _, off := range [...]mem.Addr{offOnSync, offOnError, offList} {
		c.L.Unref(state.RegistryIndex, c.ref(off))
	}
	c.drop(at)
}

// drop gives back what is not Lua's.
func (c client) drop(at mem.Addr) {
	if h := c.m.U32(at + offSocket); h != 0 {
		c.freeTimer(at + offTimer)
		c.L.Handle(h).(port.UDP).Close()
		c.L.FreeHandle(h)
	}
	c.L.Free(at, syncSize)
	c.m.SetPtr(c.at+offSync, 0)
}

// fail ends the synchronization and tells the callback (handle_error); name, if any, is what
// could not be found.
func (c client) fail(code int, name *string) {
	ref := c.ref(offOnError)
	if !isRef(ref) {
		c.end()
		return
	}
	L, top := c.L, c.L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(ref))
	L.PushInteger(int64(code))
	if name == nil {
		L.PushNoString()
	} else {
		L.PushString(*name)
	}
	c.end()
	L.PCallX(2, 0)
	L.SetTop(top)
}

// sync is sntp.sync([server or list [, callback [, error callback [, repeat]]]]).
func sync(L state.State, clock bool) int {
	if _, ok := port.NetOf(L.Host()); !ok {
		return L.Errorf("%s", port.NoNet.Error())
	}
	c := clientOf(L, clock)
	c.stopRepeating()
	if c.sync() != 0 {
		return L.Errorf("sync in progress")
	}
	if wrong := c.begin(); wrong != "" {
		if at := c.sync(); at != 0 {
			c.drop(at)
		}
		return L.Errorf("%s", wrong)
	}
	for i, off := range [...]mem.Addr{offOnSync, offOnError} {
		if !L.IsNoneOrNil(2 + i) {
			L.PushValue(2 + i)
			c.setRef(off, L.Ref(state.RegistryIndex))
		}
	}
	if !c.pushList() {
		c.end()
		return L.Errorf("need <128 hostname")
	}
	if clock {
		c.m.SetI32(c.at+offPLL, wallclock.Of(c.m, c.chip).Rate())
	}
	c.setRef(offList, L.Ref(state.RegistryIndex))
	repeats := !L.IsNoneOrNil(4)
	// A copy for the repetition, if this one fails at once.
	L.RawGetI(state.RegistryIndex, int64(c.ref(offList)))
	list := L.GetTop()
	c.lookUp()
	if repeats {
		c.startRepeating(list)
	}
	return 0
}

// hostNameMost is the most that a server's name may have, in bytes.
const hostNameMost = 128

// pushList pushes the list of the servers that argument 1 says; false if its name is too long.
// Where the servers of the last time are to be asked, there is no list, and the firmware takes
// what is on top of the stack for one: the last argument, which is gone with that, or the
// function itself.
func (c client) pushList() bool {
	L := c.L
	switch {
	case !L.IsNoneOrNil(1):
		c.setCount(0)
		if L.IsTable(1) {
			L.PushValue(1)
			return true
		}
		name := L.CheckBytes(1)
		if len(name) > hostNameMost {
			return false
		}
		L.NewTable()
		c.entry(1, cut(string(name)))
	case c.count() == 0:
		L.NewTable()
		if offered := c.offered(); !offered.IsAny() {
			c.entry(1, offered.String())
			break
		}
		for i := range 4 {
			c.entry(i+1, strconv.Itoa(i)+".nodemcu.pool.ntp.org")
		}
	case L.GetTop() == 0 && c.clock:
		L.PushFunction(syncWithClock)
	case L.GetTop() == 0:
		L.PushFunction(syncAlone)
	}
	return true
}

// entry appends a name to the list on top of the stack.
func (c client) entry(i int, name string) {
	c.L.PushInteger(int64(i))
	c.L.PushString(name)
	c.L.SetTable(-3)
}

// offered is the time server that the station's network has told.
func (c client) offered() port.IP {
	w, ok := port.WiFiOf(c.chip)
	if !ok {
		return port.IP{}
	}
	dhcp, _ := w.DHCP(port.StationIf)
	return dhcp.NTP
}

// stopRepeating and startRepeating are set_repeat_mode. The latter takes the callbacks of the
// synchronization, and its list, which is at index list as well: where it has ended by then, the
// firmware reads address 0.
func (c client) stopRepeating() {
	at := c.repeat()
	if at == 0 {
		return
	}
	c.timer(at + offRepeatTick).Disarm()
	for i := range mem.Addr(3) {
		c.L.Unref(state.RegistryIndex, int(c.m.I32(at+4*i)))
	}
	c.freeTimer(at + offRepeatTick)
	c.L.Free(at, repeatSize)
	c.m.SetPtr(c.at+offRepeat, 0)
}

func (c client) startRepeating(list int) {
	L := c.L
	c.stopRepeating()
	at := L.Alloc(repeatSize)
	c.m.SetPtr(c.at+offRepeat, at)
	if at == 0 {
		return
	}
	c.m.Zero(at, repeatSize)
	args := [...]int{2, 3, list}
	for i, off := range [...]mem.Addr{offOnSync, offOnError, offList} {
		switch {
		case c.sync() != 0:
			L.RawGetI(state.RegistryIndex, int64(c.ref(off)))
		case L.IsNone(args[i]):
			L.PushNil()
		default:
			L.PushValue(args[i])
		}
		c.m.SetI32(at+4*mem.Addr(i), int32(L.Ref(state.RegistryIndex)))
	}
	c.newTimer(at+offRepeatTick, c.main().again)
	c.timer(at+offRepeatTick).Arm(repeatPeriod, true)
}

// again begins the next synchronization (on_long_timeout), unless one is under way.
func (c client) again() {
	L := c.L
	if c.sync() != 0 || c.begin() != "" {
		return
	}
	copyRef := func(i mem.Addr) int {
		L.RawGetI(state.RegistryIndex, int64(c.m.I32(c.repeat()+4*i)))
		return L.Ref(state.RegistryIndex)
	}
	c.setRef(offOnSync, copyRef(0))
	c.setRef(offOnError, copyRef(1))
	if c.count() == 0 {
		c.setRef(offList, copyRef(2))
	}
	c.m.SetU8(c.sync()+offRepeated, 1)
	c.lookUp()
}
