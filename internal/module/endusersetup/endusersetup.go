// Package endusersetup is the module enduser_setup: a portal by which a person tells a module
// which Wi-Fi to join (app/modules/enduser_setup.c).
//
// The module opens a network of its own, where each name leads to it, and serves a page that
// lists the networks around, takes a name and a password, and tells how it goes with them. Every
// three seconds it looks whether it has an address, and ten seconds behind that it is over.
//
// What it has lies in blocks on the device heap with the firmware's sizes: a record, the page
// while it is being sent, requests as far as they have come. Its HTTP is that of the firmware to
// the letter, odd as it is: a request is what begins with the right letters, and what does not
// fit is told to the error callback. Errors that end the portal are told to nobody, since the
// firmware has forgotten the callback by then; a note tells the user.
package endusersetup

import (
	"strings"
	"time"

	"moonlet.example/moonlet/internal/espconn"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

const name = "enduser_setup"

// Module declares enduser_setup.
var Module = state.Module{
	Name: name,
	Table: &state.ROTable{Name: name, Entries: []state.Entry{
		state.Fn("manual", manual),
		state.Fn("start", start),
		state.Fn("stop", stop),
	}},
}

// Static variables.
const (
	offState   = 0  // the record, 0 while the portal is closed
	offManual  = 4  // a byte
	offTask    = 8  // do_station_cfg_handle, of which nothing is made here
	offAddress = 12 // the station's address as text
	addressMax = 16
	staticSize = offAddress + addressMax
)

// The record (enduser_setup_state_t). Timers have 20 bytes there, which begin with a handle here.
const (
	sDNS       = 0  // espconn
	sServer    = 4  // handle of the HTTP server
	sPage      = 8  // with its headers, 0 when it was sent
	sPageLen   = 12 // bytes
	sSSID      = 16 // the name that start was given, 0 for the usual one
	sCheck     = 20 // timers
	sShutdown  = 40
	sConnected = 60 // references
	sFailed    = 64
	sDebug     = 68
	sListeners = 72 // who waits for a list of networks
	sChannel   = 76 // bytes from here on
	sSuccess   = 77
	sTold      = 78 // the connected callback was called
	sStatus    = 79 // of the station, where that cannot tell it itself any more
	sTrying    = 80 // the station is connecting
	stateSize  = 84
)

// Numbers of errors.
const (
	errMemory = 1 + iota
	errNotFound
	errUnknown
	errPortInUse
	errMaxNumber
	errInitialized
)

const (
	checkPeriod   = 3 * time.Second
	shutdownDelay = 10 * time.Second
)

// portal is the module on one chip.
type portal struct {
	L    state.State // the main thread
	m    mem.Mem
	chip port.Chip
	at   mem.Addr // the static variables
}

func portalOf(L state.State) portal {
	main, chip := L.MainThread(), L.Host().(port.Chip)
	return portal{main, main.Mem(), chip, chip.System().Static(name, staticSize)}
}

// parts finds the radio and the network; it raises if one is missing.
func parts(L state.State) {
	if _, ok := port.WiFiOf(L.Host()); !ok {
		L.Errorf("%s", port.NoWiFi.Error())
	}
	if _, ok := port.NetOf(L.Host()); !ok {
		L.Errorf("%s", port.NoNet.Error())
	}
}

// wifi and net are there: start and stop have looked.
func (p portal) wifi() port.WiFi { w, _ := port.WiFiOf(p.chip); return w }
func (p portal) net() port.Net   { n, _ := port.NetOf(p.chip); return n }

// state is the record, 0 if there is none.
func (p portal) state() mem.Addr { return p.m.Ptr(p.at + offState) }

func (p portal) manual() bool { return p.m.U8(p.at+offManual) != 0 }

// cut is s up to its first zero byte.
func cut(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// text is the C string at an address.
func (p portal) text(at mem.Addr) string {
	var b []byte
	for ; p.m.U8(at) != 0; at++ {
		b = append(b, p.m.U8(at))
	}
	return string(b)
}

// setAddress notes the station's address as text.
func (p portal) setAddress(s string) {
	b := p.m.Bytes(p.at+offAddress, addressMax)
	clear(b)
	copy(b, s)
}

// manual is enduser_setup.manual([on]).
func manual(L state.State) int {
	p := portalOf(L)
	if !L.IsNoneOrNil(1) {
		on := uint8(0)
		if L.ToBoolean(1) {
			on = 1
		}
		p.m.SetU8(p.at+offManual, on)
	}
	L.PushBoolean(p.manual())
	return 1
}

// start is enduser_setup.start([ssid,] [connected [, failed [, debug]]]).
func start(L state.State) int {
	parts(L)
	p := portalOf(L)
	p.setAddress("")
	if !p.init(L) || !p.open() {
		p.stop()
	}
	return 0
}

// init makes the record and keeps what start was given (enduser_setup_init). If there is one
// already its callbacks are replaced, and then all is over.
func (p portal) init(L state.State) bool {
	old := p.state()
	if old == 0 {
		p.newState()
	}
	s := p.state()
	if s == 0 { // the firmware writes to address 0
		p.fatal("init failed. Unable to allocate memory.", errMemory)
		return false
	}
	arg := 1
	if L.IsString(arg) {
		p.m.SetPtr(s+sSSID, p.copyOf(cut(L.CheckString(arg)))) // the one before is lost
		arg++
	}
	for i, at := range []mem.Addr{sConnected, sFailed, sDebug} {
		if !L.IsNoneOrNil(arg + i) {
			L.PushValue(arg + i)
			p.m.SetI32(s+at, int32(L.Ref(state.RegistryIndex)))
		}
	}
	if old != 0 {
		p.fatal("init failed. Appears to already be started. EUS will shut down now.", errInitialized)
		return false
	}
	return true
}

// newState makes the record, if there is memory.
func (p portal) newState() {
	s := p.L.Alloc(stateSize)
	p.m.SetPtr(p.at+offState, s)
	if s == 0 {
		return
	}
	p.m.Zero(s, stateSize)
	for _, at := range []mem.Addr{sConnected, sFailed, sDebug} {
		p.m.SetI32(s+at, state.NoRef)
	}
	p.m.SetU8(s+sChannel, 1)
	p.m.SetU32(s+sCheck, p.L.NewHandle(p.chip.Loop().NewTimer(p.check)))
	p.m.SetU32(s+sShutdown, p.L.NewHandle(p.chip.Loop().NewTimer(p.stop)))
}

// open begins with the network, and starts both servers; false if the portal has ended with that.
func (p portal) open() bool {
	if w := p.wifi(); !p.manual() {
		w.SetMode(w.Mode()|port.StationMode, true)
		w.Scan(port.ScanConfig{}, p.chooseChannel) // one that is under way tells p, too
	} else {
		p.timer(sCheck).Arm(checkPeriod, true)
	}
	return p.startDNS() && p.startHTTP()
}

// stop is enduser_setup.stop().
func stop(L state.State) int {
	parts(L)
	portalOf(L).stop()
	return 0
}

// stop ends the portal (enduser_setup_stop). It takes the module's own network away, also if there
// was no portal. A station that had to be given up for its channel connects again, and has no
// address yet when the callback is called.
func (p portal) stop() {
	w := p.wifi()
	if !p.manual() {
		w.SetMode(w.Mode()&^port.SoftAPMode, true)
	}
	if s := p.state(); s != 0 && p.m.U8(s+sSuccess) != 0 && p.m.U8(s+sTold) == 0 {
		w.SetMode(w.Mode()|port.StationMode, true)
		w.Connect()
		p.m.SetU8(s+sTold, 1) // before the callback, which may call stop; the firmware calls itself without end
		if !p.connected() {
			return
		}
	}
	s := p.state()
	if s == 0 {
		return
	}
	p.dns().Delete()
	if h := p.m.U32(s + sServer); h != 0 {
		p.L.Handle(h).(port.Listener).Close()
		p.L.FreeHandle(h)
	}
	p.free(s)
}

// free gives the record back with what it has (enduser_setup_free). As in the firmware the
// references to the callbacks stay.
func (p portal) free(s mem.Addr) {
	for _, at := range []mem.Addr{sCheck, sShutdown} {
		p.timer(at).Disarm()
		p.L.FreeHandle(p.m.U32(s + at))
	}
	if p.m.Ptr(s+sDNS) != 0 {
		p.dns().Free()
	}
	p.freePage()
	p.freeListeners()
	if at := p.m.Ptr(s + sSSID); at != 0 {
		p.L.Free(at, len(p.text(at))+1)
	}
	p.L.Free(s, stateSize)
	p.m.SetPtr(p.at+offState, 0)
}

func (p portal) timer(at mem.Addr) port.Timer {
	return p.L.Handle(p.m.U32(p.state() + at)).(port.Timer)
}

// dns is the DNS server; at address 0, which is open nowhere, if there is none.
func (p portal) dns() espconn.UDP { return espconn.UDPAt(p.L, p.m.Ptr(p.state()+sDNS)) }

// copyOf makes a C string of s (strdup), 0 without memory.
func (p portal) copyOf(s string) mem.Addr {
	at := p.L.Alloc(len(s) + 1)
	if at != 0 {
		copy(p.m.Bytes(at, mem.Addr(len(s))), s)
		p.m.SetU8(at+mem.Addr(len(s)), 0)
	}
	return at
}

// connected calls the callback for that; false if that has ended this portal, and has perhaps
// opened another one.
func (p portal) connected() bool {
	timer := p.timer(sCheck)
	p.call(sConnected, func() int { return 0 })
	return p.state() != 0 && p.timer(sCheck) == timer
}

// fail calls the error callback (enduser_setup_error). The line is where the firmware's source
// has the text.
func (p portal) fail(line int, text string, code int64) {
	p.call(sFailed, func() int {
		p.L.PushInteger(code)
		p.L.PushFString("%d: \t%s", line, text)
		return 2
	})
}

// call calls a callback, if there is one.
func (p portal) call(at mem.Addr, push func() (n int)) {
	s := p.state()
	if s == 0 || p.m.I32(s+at) == state.NoRef {
		return
	}
	top := p.L.GetTop()
	p.L.RawGetI(state.RegistryIndex, int64(p.m.I32(s+at)))
	p.L.PCallX(push(), 0)
	p.L.SetTop(top)
}

// fatal ends the portal for an error. The firmware ends it first and then looks for the error
// callback, which is gone: so the user is told here, since the application cannot be.
func (p portal) fatal(text string, code int) {
	p.stop()
	p.note("%s The portal has ended, with error %d; as in the firmware the error callback is not called for that", text, code)
}
