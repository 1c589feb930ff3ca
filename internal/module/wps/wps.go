// Package wps is the module wps: a network's configuration by the button of its router
// (app/modules/wps.c).
package wps

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// Module declares wps.
var Module = state.Module{
	Name: "wps",
	Table: &state.ROTable{Name: "wps", Entries: []state.Entry{
		state.Fn("disable", disable),
		state.Fn("enable", enable),
		state.Fn("start", start),
		state.Int("SUCCESS", int64(port.WPSSuccess)),
		state.Int("FAILED", int64(port.WPSFailed)),
		state.Int("TIMEOUT", int64(port.WPSTimeout)),
		state.Int("WEP", int64(port.WPSWEP)),
		state.Int("SCAN_ERR", int64(port.WPSScanErr)),
	}},
}

// radio is what the radio has of WPS. It raises an error where there is none.
func radio(L state.State) port.WPS {
	p, ok := port.WPSOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoWPS.Error())
	}
	return p
}

// callback is where the reference of the callback is (wps_callback_ref). It begins as 0, not as
// LUA_NOREF, as in the firmware: until there is a callback, it is no reference all the same.
func callback(L state.State) state.Addr {
	return L.Host().(port.Chip).System().Static("wps", 4)
}

// disable is wps.disable().
func disable(L state.State) int {
	radio(L).DisableWPS()
	return 0
}

// enable is wps.enable().
func enable(L state.State) int {
	if !radio(L).EnableWPS() {
		port.Note(L.Host(), "wps", "wps.enable does nothing in a mode without a station")
	}
	return 0
}

// start is wps.start(function). The callback before is forgotten even if there is no new one.
func start(L state.State) int {
	r, at := radio(L), callback(L)
	L.Unref(state.RegistryIndex, int(L.Mem().I32(at)))
	L.Mem().SetI32(at, state.NoRef)
	if !L.IsFunction(1) {
		return L.Errorf("Argument not a function")
	}
	L.Mem().SetI32(at, int32(L.Ref(state.RegistryIndex))) // of the last argument, whatever that is
	main := L.MainThread()
	r.OnWPS(func(s port.WPSStatus) { ended(main, s) })
	if !r.StartWPS() {
		port.Note(L.Host(), "wps", "wps.start does nothing without wps.enable, in a mode without a station, or while WPS goes on")
	}
	return 0
}

// ended calls back. The callback stays for the next start.
func ended(L state.State, s port.WPSStatus) {
	ref := L.Mem().I32(callback(L))
	if ref == state.NoRef {
		return
	}
	top := L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(ref))
	L.PushInteger(int64(s))
	L.PCallX(1, 0)
	L.SetTop(top)
}
