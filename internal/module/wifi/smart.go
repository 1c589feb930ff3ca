package wifi

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// SmartConfig (app/modules/wifi.c, WIFI_SMART_ENABLE without NODE_SMART_OLDSTYLE): a phone tells the name and
// the password of a network.

// smartCallback is where the reference of the callback is (wifi_smart_succeed).
func smartCallback(L state.State) variables {
	return variables{L.Mem(), L.Host().(port.Chip).System().Static("wifi.smart", 4)}
}

func openSmart(L state.State) { smartCallback(L).setRef(0, state.NoRef) }

// smartConfig is the radio's SmartConfig. It raises an error where there is none.
func smartConfig(L state.State) port.SmartConfig {
	p, ok := port.SmartConfigOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoSmartConfig.Error())
	}
	return p
}

// startSmart is wifi.startsmart([type,] [function]). The function counts even if the type is wrong.
func startSmart(L state.State) int {
	r, s, arg := radio(L), smartConfig(L), 1
	if r.Mode() != port.StationMode {
		return L.Errorf("Smart link only in STATION mode")
	}
	kind := uint8(0)
	if L.IsNumber(1) {
		n, _ := L.ToInteger(1)
		kind, arg = uint8(n), 2
	}
	if L.IsFunction(arg) {
		L.PushValue(arg)
		smartCallback(L).register(L, 0)
	}
	if kind > 1 {
		return L.Errorf("wrong arg range")
	}
	main := L.MainThread()
	if !s.StartSmartConfig(int(kind), func(st port.SmartStatus, c port.StationConfig) { smartTells(main, st, c) }) {
		port.Note(L.Host(), "wifi", "wifi.startsmart only changes the function while SmartConfig goes on; call wifi.stopsmart first")
	}
	return 0
}

// stopSmart is wifi.stopsmart().
func stopSmart(L state.State) int {
	smartConfig(L).StopSmartConfig()
	smartCallback(L).unregister(L, 0)
	return 0
}

// smartTells connects to the network that the phone has told, and calls back once. Until the phone
// knows of it, SmartConfig goes on.
func smartTells(L state.State, st port.SmartStatus, c port.StationConfig) {
	if st == port.SmartLinkOver {
		smartConfig(L).StopSmartConfig()
		return
	}
	if st != port.SmartLink {
		return
	}
	r, v := radio(L), smartCallback(L)
	r.SetStationConfig(c, true)
	r.Disconnect()
	r.Connect()
	ref := v.ref(0)
	if ref == state.NoRef {
		return
	}
	top := L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(ref))
	L.PushString(c.SSID)
	L.PushString(c.Password)
	v.unregister(L, 0)
	L.PCallX(2, 0)
	L.SetTop(top)
}
