package wifi

import (
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// What stations and access points have in common: functions of an interface.

const badMAC = "MAC:FF:FF:FF:FF:FF:FF"

// onIface declares a function of interface i.
func onIface(name string, i int, f func(L state.State, i int) int) state.Entry {
	return state.Fn(name, func(L state.State) int { return f(L, i) })
}

func getMAC(L state.State, i int) int {
	L.PushString(radio(L).MAC(i).String())
	return 1
}

// macArg reads a hardware address, of which only the length is checked.
func macArg(L state.State, arg int) port.MAC {
	s := L.CheckString(arg)
	L.ArgCheck(len(s) == 17, 1, badMAC)
	return port.ParseMAC(s)
}

func setMAC(L state.State, i int) int {
	m := macArg(L, 1)
	return pushBool(L, radio(L).SetMAC(i, m))
}

func getIP(L state.State, i int) int {
	info := radio(L).IPInfo(i)
	if info.Addr.IsAny() {
		L.PushNil()
		return 1
	}
	L.PushString(info.Addr.String())
	L.PushString(info.Netmask.String())
	L.PushString(info.Gateway.String())
	return 3
}

func getBroadcast(L state.State, i int) int {
	info := radio(L).IPInfo(i)
	if info.Addr.IsAny() {
		L.PushNil()
		return 1
	}
	m := info.Netmask.Uint32()
	L.PushString(port.IPFromUint32(info.Addr.Uint32() | ^m).String())
	return 1
}

// addrField reads an address from the table at index 1: 0.0.0.0 if the field is
// no string, and 255.255.255.255 if it is no address.
func addrField(L state.State, name string) port.IP {
	var a port.IP
	L.GetField(1, name)
	if L.IsString(-1) {
		var ok bool
		if a, ok = port.ParseIP(L.CheckString(-1)); !ok {
			a = port.IP{255, 255, 255, 255}
		}
	}
	L.Pop(1)
	return a
}

func setIP(L state.State, i int) int {
	r := radio(L)
	info := r.IPInfo(i)
	if !L.IsTable(1) {
		return L.Errorf("wrong arg type")
	}
	if a := addrField(L, "ip"); !a.IsAny() {
		info.Addr = a
	}
	if a := addrField(L, "netmask"); !a.IsAny() {
		info.Netmask = a
	}
	if a := addrField(L, "gateway"); i == port.SoftAPIf || !a.IsAny() {
		info.Gateway = a
	}
	if i == port.StationIf {
		return pushBool(L, r.SetIPInfo(i, info))
	}
	r.StopDHCPServer()
	pushBool(L, r.SetIPInfo(i, info))
	r.StartDHCPServer()
	return 1
}

// cut is what C makes of a string: it ends at the first zero byte.
func cut(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

func setString(L state.State, name, value string) {
	L.PushString(cut(value))
	L.SetField(-2, name)
}

func setInt(L state.State, name string, n int64) {
	L.PushInteger(n)
	L.SetField(-2, name)
}

func setBool(L state.State, name string, b bool) {
	L.PushBoolean(b)
	L.SetField(-2, name)
}

// wantsTable tells whether argument 1 asks for the result as a table.
func wantsTable(L state.State) bool { return L.Type(1) == state.Boolean && L.ToBoolean(1) }

// options reads the table at index 1. Messages say what the firmware says for
// each field.
type options struct{ L state.State }

// text reads a string of at most limit bytes.
func (o options) text(name string, least, limit int, wrongType, wrongLength string) (s string, ok bool) {
	L := o.L
	if L.GetField(1, name) != state.Nil {
		if !L.IsString(-1) {
			L.ArgError(1, wrongType)
		}
		s, ok = L.CheckString(-1), true
		L.ArgCheck(len(s) >= least && len(s) <= limit, 1, wrongLength)
	}
	L.Pop(1)
	return s, ok
}

// number reads an integer from least to limit.
func (o options) number(name string, def, least, limit int64, wrongType, wrongRange string) int64 {
	L := o.L
	n := def
	if L.GetField(1, name) != state.Nil {
		if !L.IsNumber(-1) {
			L.ArgError(1, wrongType)
		}
		n = L.CheckInteger(-1)
		L.ArgCheck(n >= least && n <= limit, 1, wrongRange)
	}
	L.Pop(1)
	return n
}

// flag reads a boolean.
func (o options) flag(name string, def bool, wrongType string) bool {
	L := o.L
	b := def
	if L.GetField(1, name) != state.Nil {
		if L.Type(-1) != state.Boolean {
			L.ArgError(1, wrongType)
		}
		b = L.ToBoolean(-1)
	}
	L.Pop(1)
	return b
}

// callback registers a function for an event. It goes to the monitor on a thread
// of its own, as in the firmware, which costs what a thread costs.
func (o options) callback(name string, id eventID, wrongType string) {
	L := o.L
	if L.GetField(1, name) != state.Nil {
		if !L.IsFunction(-1) {
			L.ArgError(1, wrongType)
		}
		t := L.NewThread()
		L.PushInteger(int64(id))
		L.PushValue(-3)
		L.XMove(t, 2)
		register(t)
		L.Pop(1)
	}
	L.Pop(1)
}
