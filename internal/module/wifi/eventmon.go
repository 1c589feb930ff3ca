package wifi

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

var eventTable = &state.ROTable{Name: "wifi_event_monitor", Entries: []state.Entry{
	state.Fn("register", register),
	state.Fn("unregister", register),
	state.Int("STA_CONNECTED", int64(port.EventStationConnected)),
	state.Int("STA_DISCONNECTED", int64(port.EventStationDisconnected)),
	state.Int("STA_AUTHMODE_CHANGE", int64(port.EventStationAuthChange)),
	state.Int("STA_GOT_IP", int64(port.EventStationGotIP)),
	state.Int("STA_DHCP_TIMEOUT", int64(port.EventStationDHCPTimeout)),
	state.Int("AP_STACONNECTED", int64(port.EventAPStationConnected)),
	state.Int("AP_STADISCONNECTED", int64(port.EventAPStationDisconnected)),
	state.Int("AP_PROBEREQRECVED", int64(port.EventAPProbeRequest)),
	state.Int("WIFI_MODE_CHANGED", int64(port.EventModeChanged)),
	state.Int("EVENT_MAX", int64(port.EventMax)),
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
	if id > uint8(port.EventMax) {
		return L.Errorf("valid wifi events:0-%d", int(port.EventMax))
	}
	v, f := statics(L), callback(port.WiFiEventID(id))
	if L.IsFunction(2) {
		L.PushValue(2)
		v.register(L, f)
	} else {
		v.unregister(L, f)
	}
	return 0
}

// openMonitor begins to hear events.
func openMonitor(L state.State) {
	v := statics(L)
	for f := state.Addr(vScan); f < state.Addr(vSize); f += 4 {
		v.setRef(f, state.NoRef)
	}
	main := L.MainThread()
	radio(L).OnEvent(func(e port.WiFiEvent) { monitor(main, e) })
}

// monitor queues an event that somebody waits for: as a userdata whose reference
// is in a table, processed by one task after the other.
func monitor(L state.State, e port.WiFiEvent) {
	v := statics(L)
	if v.pick(e.ID) == state.NoRef {
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
func (v variables) pick(id port.WiFiEventID) int {
	if r := v.ref(callback(id)); r != state.NoRef || id <= port.EventModeChanged {
		return r
	}
	return v.ref(callback(port.EventMax))
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
	e := readEvent(L.Mem(), L.ToUserdata(-1))
	L.Pop(1)
	ref := v.pick(e.ID)
	if ref != state.NoRef {
		L.RawGetI(state.RegistryIndex, int64(ref))
		pushEvent(L, e)
	}
	L.Unref(state.RegistryIndex, int(event))
	if ref != state.NoRef {
		L.PCallX(1, 0)
	}
	L.SetTop(top)
}

// pushEvent pushes the table that callbacks get.
func pushEvent(L state.State, e port.WiFiEvent) {
	L.NewTable()
	switch e.ID {
	case port.EventStationConnected:
		setString(L, "SSID", e.SSID)
		setString(L, "BSSID", e.BSSID.String())
		setInt(L, "channel", int64(e.Channel))
	case port.EventStationDisconnected:
		setString(L, "SSID", e.SSID)
		setInt(L, "reason", int64(e.Reason))
		setString(L, "BSSID", e.BSSID.String())
	case port.EventStationAuthChange:
		setInt(L, "old_auth_mode", int64(e.OldAuth))
		setInt(L, "new_auth_mode", int64(e.NewAuth))
	case port.EventStationGotIP:
		setString(L, "IP", e.IP.Addr.String())
		setString(L, "netmask", e.IP.Netmask.String())
		setString(L, "gateway", e.IP.Gateway.String())
	case port.EventStationDHCPTimeout:
	case port.EventAPStationConnected, port.EventAPStationDisconnected:
		setString(L, "MAC", e.MAC.String())
		setInt(L, "AID", int64(e.AID))
	case port.EventAPProbeRequest:
		setString(L, "MAC", e.MAC.String())
		setInt(L, "RSSI", int64(e.RSSI))
	case port.EventModeChanged:
		setInt(L, "old_mode", int64(e.OldMode))
		setInt(L, "new_mode", int64(e.NewMode))
	default:
		L.PushFString("event %d not implemented", int(e.ID))
		L.SetField(-2, "info")
	}
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
	m.SetU32(a+evID, uint32(e.ID))
	put := func(f state.Addr, p []byte) { copy(m.Bytes(a+f, state.Addr(len(p))), p) }
	switch e.ID {
	case port.EventStationConnected, port.EventStationDisconnected:
		ssid := e.SSID[:min(len(e.SSID), 32)]
		put(evSSID, []byte(ssid))
		m.SetU8(a+evSSIDLen, uint8(len(ssid)))
		put(evBSSID, e.BSSID[:])
		m.SetU8(a+evLast, e.Channel|e.Reason) // one of them is 0
	case port.EventStationAuthChange:
		m.SetU8(a+evOld, uint8(e.OldAuth))
		m.SetU8(a+evNew, uint8(e.NewAuth))
	case port.EventStationGotIP:
		put(evIP, e.IP.Addr[:])
		put(evNetmask, e.IP.Netmask[:])
		put(evGateway, e.IP.Gateway[:])
	case port.EventAPStationConnected, port.EventAPStationDisconnected:
		put(evMAC, e.MAC[:])
		m.SetU8(a+evAID, e.AID)
	case port.EventAPProbeRequest:
		m.SetI32(a+evRSSI, int32(e.RSSI))
		put(evProbe, e.MAC[:])
	case port.EventModeChanged:
		m.SetU8(a+evOld, uint8(e.OldMode))
		m.SetU8(a+evNew, uint8(e.NewMode))
	case port.EventAPAddressGiven:
		put(evMAC, e.MAC[:])
		put(evGiven, e.Address[:])
		m.SetU8(a+evGivenTo, e.AID)
	}
}

func readEvent(m mem.Mem, a state.Addr) port.WiFiEvent {
	e := port.WiFiEvent{ID: port.WiFiEventID(m.U32(a + evID))}
	get := func(f state.Addr, p []byte) { copy(p, m.Bytes(a+f, state.Addr(len(p)))) }
	switch e.ID {
	case port.EventStationConnected, port.EventStationDisconnected:
		e.SSID = string(m.Bytes(a+evSSID, state.Addr(min(m.U8(a+evSSIDLen), 32))))
		get(evBSSID, e.BSSID[:])
		e.Channel, e.Reason = m.U8(a+evLast), m.U8(a+evLast)
	case port.EventStationAuthChange:
		e.OldAuth, e.NewAuth = port.AuthMode(m.U8(a+evOld)), port.AuthMode(m.U8(a+evNew))
	case port.EventStationGotIP:
		get(evIP, e.IP.Addr[:])
		get(evNetmask, e.IP.Netmask[:])
		get(evGateway, e.IP.Gateway[:])
	case port.EventAPStationConnected, port.EventAPStationDisconnected:
		get(evMAC, e.MAC[:])
		e.AID = m.U8(a + evAID)
	case port.EventAPProbeRequest:
		e.RSSI = int8(m.I32(a + evRSSI))
		get(evProbe, e.MAC[:])
	case port.EventModeChanged:
		e.OldMode, e.NewMode = port.WiFiMode(m.U8(a+evOld)), port.WiFiMode(m.U8(a+evNew))
	}
	return e
}
