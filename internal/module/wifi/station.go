package wifi

import (
	"fmt"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

var stationTable = &state.ROTable{Name: "wifi_station", Entries: []state.Entry{
	state.Fn("autoconnect", autoConnect),
	state.Fn("changeap", changeAP),
	state.Fn("clearconfig", clearConfig),
	state.Fn("config", stationConfig),
	state.Fn("connect", connect),
	state.Fn("disconnect", disconnect),
	state.Fn("getap", getAP),
	state.Fn("getapindex", func(L state.State) int { return pushInt(L, sdkRadio(L).CurrentAP()+1) }),
	state.Fn("getapinfo", getAPInfo),
	onIface("getbroadcast", port.StationIf, getBroadcast),
	state.Fn("getconfig", func(L state.State) int { return getStationConfig(L, false) }),
	state.Fn("getdefaultconfig", func(L state.State) int { return getStationConfig(L, true) }),
	state.Fn("gethostname", getHostname),
	onIface("getip", port.StationIf, getIP),
	onIface("getmac", port.StationIf, getMAC),
	state.Fn("getrssi", getRSSI),
	state.Fn("setaplimit", setAPLimit),
	state.Fn("sethostname", setHostname),
	onIface("setip", port.StationIf, setIP),
	onIface("setmac", port.StationIf, setMAC),
	state.Fn("sleeptype", sleepType),
	state.Fn("status", func(L state.State) int { return pushInt(L, radio(L).Status()) }),
}}

// autoConnect is wifi.sta.autoconnect.
func autoConnect(L state.State) int {
	n := uint32(L.CheckInteger(1))
	L.ArgCheck(n <= 1, 1, "0 or 1")
	radio(L).SetAutoConnect(n == 1)
	return 0
}

// setAPLimit is wifi.sta.setaplimit.
func setAPLimit(L state.State) int {
	n := uint32(L.CheckInteger(1))
	L.ArgCheck(n >= 1 && n <= 5, 1, "Valid range: 1-5")
	return pushBool(L, sdkRadio(L).SetAPLimit(int(n)))
}

// changeAP is wifi.sta.changeap.
func changeAP(L state.State) int {
	n := uint8(L.CheckInteger(1))
	L.ArgCheck(n >= 1 && n <= 5, 1, "Valid range: 1-5")
	return pushBool(L, sdkRadio(L).ChangeAP(int(n)-1))
}

// getAPInfo is wifi.sta.getapinfo.
func getAPInfo(L state.State) int {
	all := sdkRadio(L).AccessPoints()
	L.NewTable()
	setInt(L, "qty", int64(len(all)))
	for i, c := range all {
		L.NewTable()
		setString(L, "ssid", c.SSID)
		if cut(c.Password) != "" {
			setString(L, "pwd", c.Password)
		}
		if c.BSSIDSet {
			setString(L, "bssid", c.BSSID.String())
		}
		L.PushInteger(int64(i) + 1)
		L.Insert(-2)
		L.SetTable(-3)
	}
	return 1
}

// getStationConfig is wifi.sta.getconfig and wifi.sta.getdefaultconfig.
func getStationConfig(L state.State, saved bool) int {
	c := radio(L).StationConfig(saved)
	if !wantsTable(L) {
		L.PushString(cut(c.SSID))
		L.PushString(cut(c.Password))
		L.PushInteger(int64(btoi(c.BSSIDSet)))
		L.PushString(c.BSSID.String())
		return 4
	}
	L.NewTable()
	setString(L, "ssid", c.SSID)
	if cut(c.Password) != "" {
		setString(L, "pwd", c.Password)
	}
	setBool(L, "bssid_set", c.BSSIDSet)
	setString(L, "bssid", c.BSSID.String())
	return 1
}

// clearConfig is wifi.sta.clearconfig.
func clearConfig(L state.State) int {
	r := radio(L)
	r.Disconnect()
	ok := r.SetStationConfig(port.StationConfig{}, true)
	r.SetAutoConnect(false)
	return pushBool(L, ok)
}

// stationConfig is wifi.sta.config.
func stationConfig(L state.State) int {
	if !L.IsTable(1) {
		return L.ArgError(1, "config table not found!")
	}
	o := options{L}
	var c port.StationConfig
	var ok bool
	if c.SSID, ok = o.text("ssid", 0, 32, "ssid:not string", "ssid: length:0-32"); !ok {
		return L.ArgError(1, "ssid required")
	}
	c.Password, _ = o.text("pwd", 0, 64, "pwd:not string", "pwd: length:0-64")
	var bssid string
	if bssid, c.BSSIDSet = o.text("bssid", 17, 17, "bssid:not string", "bssid: FF:FF:FF:FF:FF:FF"); c.BSSIDSet {
		c.BSSID = port.ParseMAC(bssid)
	}
	auto := o.flag("auto", true, "auto:not boolean")
	save := o.flag("save", true, "save:not boolean")
	o.callback("connect_cb", idStationConnected, "connect_cb:not function")
	o.callback("disconnect_cb", idStationDisconnected, "disconnect_cb:not function")
	o.callback("authmode_change_cb", idStationAuthChange, "authmode_change_cb:not function")
	o.callback("got_ip_cb", idStationGotIP, "gotip_cb:not function")
	o.callback("dhcp_timeout_cb", idStationDHCPTimeout, "dhcp_timeout_cb:not function")
	return setStation(L, c, auto, save)
}

// setStation lets the station have a configuration, and connects if it is to do that by itself.
func setStation(L state.State, c port.StationConfig, auto, save bool) int {
	r := radio(L)
	r.Disconnect()
	ok := r.SetStationConfig(c, save)
	r.SetAutoConnect(auto)
	if auto {
		r.Connect()
	}
	return pushBool(L, ok)
}

// connect is wifi.sta.connect.
func connect(L state.State) int {
	registerArg(L, idStationConnected)
	radio(L).Connect()
	return 0
}

// disconnect is wifi.sta.disconnect.
func disconnect(L state.State) int {
	registerArg(L, idStationDisconnected)
	radio(L).Disconnect()
	return 0
}

// registerArg makes a function that is the first argument the callback of an
// event.
func registerArg(L state.State, id eventID) {
	if L.IsFunction(1) {
		L.PushInteger(int64(id))
		L.PushValue(1)
		L.Remove(1)
		register(L)
	}
}

// getHostname is wifi.sta.gethostname.
func getHostname(L state.State) int {
	L.PushString(radio(L).Hostname())
	return 1
}

// setHostname is wifi.sta.sethostname.
func setHostname(L state.State) int {
	name := L.CheckString(1)
	L.ArgCheck(isHostname(name), 1, "Invalid hostname")
	return pushBool(L, radio(L).SetHostname(name))
}

// isHostname checks the rules of RFC 952 and 1123 and the length of 32.
func isHostname(s string) bool {
	for i := range len(s) {
		c := s[i]
		inner := i > 0 && i < len(s)-1
		if !isLetter(c) && (c < '0' || c > '9') && !(inner && c == '-') {
			return false
		}
	}
	return len(s) > 0 && len(s) <= 32
}

// getRSSI is wifi.sta.getrssi.
func getRSSI(L state.State) int {
	if n := radio(L).RSSI(); n < 10 {
		L.PushInteger(int64(n))
	} else {
		L.PushNil()
	}
	return 1
}

// getAP is wifi.sta.getap: options, format and callback, of which the first two
// may be missing.
func getAP(L state.State) int {
	r := radio(L)
	if r.Mode() == port.SoftAPMode {
		return L.Errorf("Can't list ap in SOFTAP mode")
	}
	v := statics(L)
	v.setFormat(0)
	var c port.ScanConfig
	missing := 0 // arguments to insert at index 1 or, behind options, at 2
	switch L.Type(1) {
	case state.Table:
		c = scanConfig(L)
	case state.Number:
		missing = 1
	case state.Function:
		missing = 2
	case state.Nil:
	default:
		return L.Errorf("wrong arg type")
	}
	at := 1
	if missing == 0 && L.IsFunction(2) {
		at, missing = 2, 1
	}
	for range missing {
		L.PushNil()
		L.Insert(at)
	}
	if L.Type(2) == state.Number {
		f := uint8(L.CheckInteger(2))
		v.setFormat(f)
		if f > 1 {
			return L.Errorf("wrong arg type")
		}
	}
	if !L.IsFunction(3) {
		v.unregister(L, vScan)
		return 0
	}
	L.PushValue(3)
	v.register(L, vScan)
	main := L.MainThread()
	if !r.Scan(c, func(found []port.ScanResult) { scanned(main, found) }) {
		port.Note(L.Host(), "wifi", "a scan is under way (getap's or enduser_setup's): the SDK begins no second one, and wifi.sta.getap's function is not called")
	}
	return 0
}

func scanConfig(L state.State) port.ScanConfig {
	var c port.ScanConfig
	field := func(name string, right func(i int) bool) bool {
		if L.GetField(1, name) == state.Nil {
			return false
		}
		if !right(-1) {
			L.Errorf("wrong arg type")
		}
		return true
	}
	if field("ssid", L.IsString) {
		if c.SSID = L.CheckString(-1); len(c.SSID) > 32 {
			L.Errorf("ssid:<32")
		}
		c.SSID = cut(c.SSID)
	}
	if field("bssid", L.IsString) {
		c.BSSID = macArg(L, -1)
	}
	if field("channel", L.IsNumber) {
		if c.Channel = uint8(L.CheckInteger(-1)); c.Channel > 13 {
			L.Errorf("channel: 0 or 1-13")
		}
	}
	if field("show_hidden", L.IsNumber) {
		n := uint8(L.CheckInteger(-1))
		if n > 1 {
			L.Errorf("show_hidden: 0 or 1")
		}
		c.ShowHidden = n == 1
	}
	L.Pop(4)
	return c
}

// scanned calls back with what a scan found; nobody hears of a scan that found
// nothing.
func scanned(L state.State, found []port.ScanResult) {
	v := statics(L)
	if v.ref(vScan) == state.NoRef || len(found) == 0 {
		return
	}
	top := L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(v.ref(vScan)))
	L.NewTable()
	for _, n := range found {
		if ssid := cut(n.SSID); v.format() == 1 {
			setString(L, n.BSSID.String(), fmt.Sprintf("%s,%d,%d,%d", ssid, n.RSSI, n.Auth, n.Channel))
		} else {
			setString(L, ssid, fmt.Sprintf("%d,%d,%v,%d", n.Auth, n.RSSI, n.BSSID, n.Channel))
		}
	}
	v.unregister(L, vScan)
	L.PCallX(1, 0)
	L.SetTop(top)
}
