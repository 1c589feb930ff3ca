package wifi

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// eventID is the number of an event, as the SDK has it.
type eventID uint8

// The events (enum of user_interface.h).
const (
	idStationConnected eventID = iota
	idStationDisconnected
	idStationAuthChange
	idStationGotIP
	idStationDHCPTimeout
	idAPStationConnected
	idAPStationDisconnected
	idAPProbeRequest
	idModeChanged
	idAPAddressGiven
	idMax // their number
)

// idOf is the number of an event.
func idOf(e port.WiFiEvent) eventID {
	switch e.(type) {
	case port.StationConnected:
		return idStationConnected
	case port.StationDisconnected:
		return idStationDisconnected
	case port.StationAuthChanged:
		return idStationAuthChange
	case port.StationGotAddress:
		return idStationGotIP
	case port.StationDHCPTimeout:
		return idStationDHCPTimeout
	case port.APStationConnected:
		return idAPStationConnected
	case port.APStationDisconnected:
		return idAPStationDisconnected
	case port.APProbeRequest:
		return idAPProbeRequest
	case port.WiFiModeChanged:
		return idModeChanged
	case port.APAddressGiven:
		return idAPAddressGiven
	}
	return idMax
}

var eventTable = &state.ROTable{Name: "wifi_event_monitor", Entries: []state.Entry{
	state.Fn("register", register),
	state.Fn("unregister", register),
	state.Int("STA_CONNECTED", int64(idStationConnected)),
	state.Int("STA_DISCONNECTED", int64(idStationDisconnected)),
	state.Int("STA_AUTHMODE_CHANGE", int64(idStationAuthChange)),
	state.Int("STA_GOT_IP", int64(idStationGotIP)),
	state.Int("STA_DHCP_TIMEOUT", int64(idStationDHCPTimeout)),
	state.Int("AP_STACONNECTED", int64(idAPStationConnected)),
	state.Int("AP_STADISCONNECTED", int64(idAPStationDisconnected)),
	state.Int("AP_PROBEREQRECVED", int64(idAPProbeRequest)),
	state.Int("WIFI_MODE_CHANGED", int64(idModeChanged)),
	state.Int("EVENT_MAX", int64(idMax)),
	state.Tab("reason", reasonTable),
}}

// reasonTable are the reason codes of IEEE 802.11 and, from 200, of the SDK
// (user_interface.h).
var reasonTable = &state.ROTable{Name: "wifi_event_monitor_reason", Entries: []state.Entry{
	state.Int("UNSPECIFIED", 1),
	state.Int("AUTH_EXPIRE", 2),
	state.Int("AUTH_LEAVE", 3),
	state.Int("ASSOC_EXPIRE", 4),
	state.Int("ASSOC_TOOMANY", 5),
	state.Int("NOT_AUTHED", 6),
	state.Int("NOT_ASSOCED", 7),
	state.Int("ASSOC_LEAVE", 8),
	state.Int("ASSOC_NOT_AUTHED", 9),
	state.Int("DISASSOC_PWRCAP_BAD", 10),
	state.Int("DISASSOC_SUPCHAN_BAD", 11),
	state.Int("IE_INVALID", 13),
	state.Int("MIC_FAILURE", 14),
	state.Int("4WAY_HANDSHAKE_TIMEOUT", 15),
	state.Int("GROUP_KEY_UPDATE_TIMEOUT", 16),
	state.Int("IE_IN_4WAY_DIFFERS", 17),
	state.Int("GROUP_CIPHER_INVALID", 18),
	state.Int("PAIRWISE_CIPHER_INVALID", 19),
	state.Int("AKMP_INVALID", 20),
	state.Int("UNSUPP_RSN_IE_VERSION", 21),
	state.Int("INVALID_RSN_IE_CAP", 22),
	state.Int("802_1X_AUTH_FAILED", 23),
	state.Int("CIPHER_SUITE_REJECTED", 24),
	state.Int("BEACON_TIMEOUT", 200),
	state.Int("NO_AP_FOUND", 201),
	state.Int("AUTH_FAIL", 202),
	state.Int("ASSOC_FAIL", 203),
	state.Int("HANDSHAKE_TIMEOUT", 204),
}}

// register is wifi.eventmon.register, and unregister when there is no function.
func register(L state.State) int {
	id := uint8(L.CheckInteger(1))
	if id > uint8(idMax) {
		return L.Errorf("valid wifi events:0-%d", int(idMax))
	}
	v, f := statics(L), callback(eventID(id))
	if L.IsFunction(2) {
		L.PushValue(2)
		v.register(L, f)
	} else {
		v.unregister(L, f)
	}
	return 0
}

// openMonitor begins to hear events.
func openMonitor(L state.State, r port.WiFi) {
	v := statics(L)
	for f := state.Addr(vScan); f < state.Addr(vSize); f += 4 {
		v.setRef(f, state.NoRef)
	}
	main := L.MainThread()
	r.OnEvent(func(e port.WiFiEvent) { monitor(main, e) })
}

// monitor queues an event that somebody waits for: as a userdata whose reference
// is in a table, processed by one task after the other.
func monitor(L state.State, e port.WiFiEvent) {
	v := statics(L)
	if v.pick(idOf(e)) == state.NoRef {
		return
	}
	if v.ref(vQueue) == state.NoRef {
		L.NewTable()
		v.setRef(vQueue, L.Ref(state.RegistryIndex))
	}
	L.RawGetI(state.RegistryIndex, int64(v.ref(vQueue)))
	writeEvent(L.Mem(), L.NewUserdata(eventSize), e)
	ref := L.Ref(state.RegistryIndex)
	n := L.RawLen(-1)
	L.PushInteger(int64(n) + 1)
	L.PushInteger(int64(ref))
	L.RawSet(-3)
	L.Pop(1)
	if n == 0 {
		post(L)
	}
}

// pick finds the callback for an event: its own, or the one for events that the
// module does not know.
func (v variables) pick(id eventID) int {
	if r := v.ref(callback(id)); r != state.NoRef || id <= idModeChanged {
		return r
	}
	return v.ref(callback(idMax))
}

func post(L state.State) {
	L.Host().(port.Chip).Loop().Post(port.Low, func() { process(L) })
}

// process takes the first event from the queue and calls back.
func process(L state.State) {
	v, top := statics(L), L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(v.ref(vQueue)))
	n := L.RawLen(-1)
	L.RawGetI(-1, 1)
	event, _ := L.ToInteger(-1)
	L.Pop(1)
	for i := 1; i < n; i++ {
		L.RawGetI(-1, int64(i)+1)
		L.RawSetI(-2, int64(i))
	}
	L.PushNil()
	L.RawSetI(-2, int64(n))
	if n > 1 {
		post(L)
	}
	L.Pop(1)

	L.RawGetI(state.RegistryIndex, event)
	id, e := readEvent(L.Mem(), L.ToUserdata(-1))
	L.Pop(1)
	ref := v.pick(id)
	if id == idModeChanged && ref == state.NoRef { // here the firmware counts it among the others
		ref = v.ref(callback(idMax))
	}
	if ref != state.NoRef {
		L.RawGetI(state.RegistryIndex, int64(ref))
		pushEvent(L, id, e)
	}
	L.Unref(state.RegistryIndex, int(event))
	if ref != state.NoRef {
		L.PCallX(1, 0)
	}
	L.SetTop(top)
}

// pushEvent pushes the table that callbacks get for an event, nil if it is one that the
// module does not know.
func pushEvent(L state.State, id eventID, e port.WiFiEvent) {
	L.NewTable()
	switch e := e.(type) {
	case port.StationConnected:
		setString(L, "SSID", e.SSID)
		setString(L, "BSSID", e.BSSID.String())
		setInt(L, "channel", int64(e.Channel))
	case port.StationDisconnected:
		setString(L, "SSID", e.SSID)
		setInt(L, "reason", int64(e.Reason))
		setString(L, "BSSID", e.BSSID.String())
	case port.StationAuthChanged:
		setInt(L, "old_auth_mode", int64(e.Old))
		setInt(L, "new_auth_mode", int64(e.New))
	case port.StationGotAddress:
		setString(L, "IP", e.Addr.String())
		setString(L, "netmask", e.Netmask.String())
		setString(L, "gateway", e.Gateway.String())
	case port.StationDHCPTimeout:
	case port.APStationConnected:
		pushStation(L, e.MAC, e.AID)
	case port.APStationDisconnected:
		pushStation(L, e.MAC, e.AID)
	case port.APProbeRequest:
		setString(L, "MAC", e.MAC.String())
		setInt(L, "RSSI", int64(e.RSSI))
	case port.WiFiModeChanged:
		setInt(L, "old_mode", int64(e.Old))
		setInt(L, "new_mode", int64(e.New))
	default:
		L.PushFString("event %d not implemented", int(id))
		L.SetField(-2, "info")
	}
}

func pushStation(L state.State, m port.MAC, aid uint8) {
	setString(L, "MAC", m.String())
	setInt(L, "AID", int64(aid))
}

// Offsets in the SDK's System_Event_t, by kind of event, and its size.
const (
	evID      = 0
	evSSID    = 4 // (dis)connected: 32 bytes
	evSSIDLen = 36
	evBSSID   = 37
	evLast    = 43 // channel or reason
	evIP      = 4  // got an address
	evNetmask = 8
	evGateway = 12
	evOld     = 4 // changes
	evNew     = 5
	evMAC     = 4 // stations of the access point
	evAID     = 10
	evRSSI    = 4 // probe request
	evProbe   = 8
	evGiven   = 12 // address given
	evGivenTo = 16
	eventSize = 44
)

func writeEvent(m mem.Mem, a state.Addr, e port.WiFiEvent) {
	m.SetU32(a+evID, uint32(idOf(e)))
	put := func(f state.Addr, p []byte) { copy(m.Bytes(a+f, state.Addr(len(p))), p) }
	network := func(ssid string, bssid port.MAC, last uint8) {
		ssid = ssid[:min(len(ssid), 32)]
		put(evSSID, []byte(ssid))
		m.SetU8(a+evSSIDLen, uint8(len(ssid)))
		put(evBSSID, bssid[:])
		m.SetU8(a+evLast, last)
	}
	client := func(mac port.MAC, aid uint8) {
		put(evMAC, mac[:])
		m.SetU8(a+evAID, aid)
	}
	change := func(old, now uint8) {
		m.SetU8(a+evOld, old)
		m.SetU8(a+evNew, now)
	}
	switch e := e.(type) {
	case port.StationConnected:
		network(e.SSID, e.BSSID, e.Channel)
	case port.StationDisconnected:
		network(e.SSID, e.BSSID, e.Reason)
	case port.StationAuthChanged:
		change(uint8(e.Old), uint8(e.New))
	case port.StationGotAddress:
		put(evIP, e.Addr[:])
		put(evNetmask, e.Netmask[:])
		put(evGateway, e.Gateway[:])
	case port.APStationConnected:
		client(e.MAC, e.AID)
	case port.APStationDisconnected:
		client(e.MAC, e.AID)
	case port.APProbeRequest:
		m.SetI32(a+evRSSI, int32(e.RSSI))
		put(evProbe, e.MAC[:])
	case port.WiFiModeChanged:
		change(uint8(e.Old), uint8(e.New))
	case port.APAddressGiven:
		put(evMAC, e.MAC[:])
		put(evGiven, e.Address[:])
		m.SetU8(a+evGivenTo, e.AID)
	}
}

// readEvent gives an event with its number; nil for one that the module does not know.
func readEvent(m mem.Mem, a state.Addr) (eventID, port.WiFiEvent) {
	ip := func(f state.Addr) port.IP { return port.IP(m.Bytes(a+f, 4)) }
	mac := func(f state.Addr) port.MAC { return port.MAC(m.Bytes(a+f, 6)) }
	ssid := func() string { return string(m.Bytes(a+evSSID, state.Addr(min(m.U8(a+evSSIDLen), 32)))) }
	old, now := m.U8(a+evOld), m.U8(a+evNew)
	id := eventID(m.U32(a + evID))
	switch id {
	case idStationConnected:
		return id, port.StationConnected{SSID: ssid(), BSSID: mac(evBSSID), Channel: m.U8(a + evLast)}
	case idStationDisconnected:
		return id, port.StationDisconnected{SSID: ssid(), BSSID: mac(evBSSID), Reason: m.U8(a + evLast)}
	case idStationAuthChange:
		return id, port.StationAuthChanged{Old: port.AuthMode(old), New: port.AuthMode(now)}
	case idStationGotIP:
		return id, port.StationGotAddress{IPInfo: port.IPInfo{Addr: ip(evIP), Netmask: ip(evNetmask), Gateway: ip(evGateway)}}
	case idStationDHCPTimeout:
		return id, port.StationDHCPTimeout{}
	case idAPStationConnected:
		return id, port.APStationConnected{MAC: mac(evMAC), AID: m.U8(a + evAID)}
	case idAPStationDisconnected:
		return id, port.APStationDisconnected{MAC: mac(evMAC), AID: m.U8(a + evAID)}
	case idAPProbeRequest:
		return id, port.APProbeRequest{RSSI: int8(m.I32(a + evRSSI)), MAC: mac(evProbe)}
	case idModeChanged:
		return id, port.WiFiModeChanged{Old: port.WiFiMode(old), New: port.WiFiMode(now)}
	}
	return id, nil
}
