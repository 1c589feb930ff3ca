package wifi

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

var apTable = &state.ROTable{Name: "wifi_ap", Entries: []state.Entry{
	state.Fn("config", apConfig),
	state.Fn("deauth", deauth),
	onIface("getip", port.SoftAPIf, getIP),
	onIface("setip", port.SoftAPIf, setIP),
	onIface("getbroadcast", port.SoftAPIf, getBroadcast),
	onIface("getmac", port.SoftAPIf, getMAC),
	onIface("setmac", port.SoftAPIf, setMAC),
	state.Fn("getclient", getClient),
	state.Fn("getconfig", func(L state.State) int { return getAPConfig(L, false) }),
	state.Fn("getdefaultconfig", func(L state.State) int { return getAPConfig(L, true) }),
	state.Tab("dhcp", &state.ROTable{Name: "wifi_ap_dhcp", Entries: []state.Entry{
		state.Fn("config", dhcpConfig),
		state.Fn("start", func(L state.State) int { return pushBool(L, radio(L).StartDHCPServer()) }),
		state.Fn("stop", func(L state.State) int { return pushBool(L, radio(L).StopDHCPServer()) }),
	}}),
}}

// deauth is wifi.ap.deauth.
func deauth(L state.State) int {
	m := port.BroadcastMAC()
	if L.IsString(1) {
		m = macArg(L, 1)
	}
	return pushBool(L, radio(L).Deauth(m))
}

// getClient is wifi.ap.getclient.
func getClient(L state.State) int {
	r := radio(L)
	if r.Mode() == port.StationMode {
		return L.Errorf("Can't list clients in STATION mode")
	}
	L.NewTable()
	for _, c := range r.Clients() {
		setString(L, c.MAC.String(), c.Addr.String())
	}
	return 1
}

// getAPConfig is wifi.ap.getconfig and wifi.ap.getdefaultconfig.
func getAPConfig(L state.State, saved bool) int {
	c := radio(L).APConfig(saved)
	if !wantsTable(L) {
		L.PushString(cut(c.SSID))
		if c.Auth == port.AuthOpen {
			L.PushNil()
		} else {
			L.PushString(cut(c.Password))
		}
		return 2
	}
	L.NewTable()
	setString(L, "ssid", c.SSID)
	if c.Auth != port.AuthOpen {
		setString(L, "pwd", c.Password)
	}
	setInt(L, "auth", int64(c.Auth))
	setInt(L, "channel", int64(c.Channel))
	setBool(L, "hidden", c.Hidden)
	setInt(L, "max", int64(c.MaxConnections))
	setInt(L, "beacon", int64(c.BeaconInterval))
	return 1
}

// apConfig is wifi.ap.config.
func apConfig(L state.State) int {
	L.CheckType(1, state.Table)
	o := options{L}
	var c port.APConfig
	var ok bool
	if c.SSID, ok = o.text("ssid", 1, 32, "ssid: not string", "ssid: length:1-32"); !ok {
		return L.ArgError(1, "ssid: required")
	}
	if c.Password, ok = o.text("pwd", 8, 64, "pwd: not string", "pwd: length:0 or 8-64"); ok {
		c.Auth = port.AuthWPAWPA2
	}
	c.Auth = port.AuthMode(o.number("auth", int64(c.Auth), 0, int64(port.AuthMax)-1, "auth: not number", "auth: Range:0-4"))
	c.Channel = uint8(o.number("channel", 6, 1, 13, "channel: not number", "channel: Range:1-13"))
	c.Hidden = hiddenField(L)
	c.MaxConnections = uint8(o.number("max", 4, 1, 4, "max: not number", "max: 1-4"))
	c.BeaconInterval = uint16(o.number("beacon", 100, 100, 60000, "beacon: not number", "beacon: 100-60000"))
	save := o.flag("save", true, "save: not boolean")
	o.callback("staconnected_cb", idAPStationConnected, "staconnected_cb:not function")
	o.callback("stadisconnected_cb", idAPStationDisconnected, "stadisconnected_cb:not function")
	o.callback("probereq_cb", idAPProbeRequest, "probereq_cb:not function")
	return pushBool(L, radio(L).SetAPConfig(c, save))
}

// hiddenField reads the field "hidden", which may be 0 or 1 as well.
func hiddenField(L state.State) bool {
	n := int64(0)
	switch L.GetField(1, "hidden") {
	case state.Nil:
	case state.Number:
		n = L.CheckInteger(-1)
	case state.Boolean:
		n = int64(btoi(L.ToBoolean(-1)))
	default:
		L.ArgError(1, "hidden: not boolean")
	}
	L.ArgCheck(n == 0 || n == 1, 1, "hidden: 0 or 1")
	L.Pop(1)
	return n == 1
}

// dhcpConfig is wifi.ap.dhcp.config. The range is as large as the number of
// clients.
func dhcpConfig(L state.State) int {
	if !L.IsTable(1) {
		return L.Errorf("wrong arg type")
	}
	first := addrField(L, "start")
	if first.IsAny() {
		return L.Errorf("wrong arg type")
	}
	r := radio(L)
	last := first
	last[3] += r.APConfig(false).MaxConnections - 1
	L.PushString(first.String())
	L.PushString(last.String())
	r.StopDHCPServer()
	r.SetDHCPRange(first, last)
	r.StartDHCPServer()
	return 2
}
