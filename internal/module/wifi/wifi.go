// Package wifi is the module wifi: the radio as a station and as an access point,
// and its events.
//
// Module is what the default build of the firmware has (app/include/user_config.h):
// with the event monitor and its list of reasons, without SmartConfig and the monitor of
// frames, and with suspend and resume that only say that they are not there. New declares others.
package wifi

import (
	"slices"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/pmsleep"
	"moonlet.example/moonlet/internal/port"
)

// Module declares wifi as the default build has it.
var Module = New(Options{})

// Options are what a build has beyond the default one.
type Options struct {
	// Classic adds what older firmware has.
	Classic bool
	// PMSleep has suspend and resume (PMSLEEP_ENABLE).
	PMSleep bool
	// SmartConfig has startsmart and stopsmart (WIFI_SMART_ENABLE).
	SmartConfig bool
	// Monitor has the table monitor (LUA_USE_MODULES_WIFI_MONITOR).
	Monitor bool
}

// New declares wifi.
func New(o Options) state.Module {
	m := declare(o, stationTable, nil)
	if o.Classic {
		m = classic(o)
	}
	return m
}

// sleepEntries are suspend and resume.
func (o Options) sleepEntries() []state.Entry {
	if o.PMSleep {
		return []state.Entry{state.Fn("suspend", pmsleep.Suspend), state.Fn("resume", pmsleep.Resume)}
	}
	return []state.Entry{state.Fn("suspend", suspend), state.Fn("resume", suspend)}
}

// smartEntries are those of SmartConfig.
func (o Options) smartEntries() []state.Entry {
	if !o.SmartConfig {
		return nil
	}
	return []state.Entry{state.Fn("startsmart", startSmart), state.Fn("stopsmart", stopSmart)}
}

// tables are those of events and of the monitor.
func (o Options) tables() []state.Entry {
	list := []state.Entry{state.Tab("eventmon", eventTable)}
	if o.Monitor {
		list = append(list, state.Tab("monitor", monitorTable))
	}
	return list
}

// declare declares wifi with a table of the station and some more functions.
func declare(o Options, station *state.ROTable, more []state.Entry) state.Module {
	m := state.Module{
		Name:  "wifi",
		Table: &state.ROTable{Name: "wifi", Entries: o.entries(station, more)},
		Open:  o.open,
	}
	if o.Monitor {
		m.Tables = []*state.ROTable{packetTable, packetMethods}
	}
	return m
}

// entries lists the module's table in the firmware's order.
func (o Options) entries(station *state.ROTable, more []state.Entry) []state.Entry {
	return slices.Concat(
		[]state.Entry{
			state.Fn("setmode", setMode),
			state.Fn("getmode", func(L state.State) int { return pushInt(L, radio(L).Mode()) }),
			state.Fn("getdefaultmode", func(L state.State) int { return pushInt(L, radio(L).DefaultMode()) }),
			state.Fn("getchannel", func(L state.State) int { return pushInt(L, radio(L).Channel()) }),
			state.Fn("getcountry", getCountry),
			state.Fn("setcountry", setCountry),
			state.Fn("setphymode", setPhyMode),
			state.Fn("getphymode", func(L state.State) int { return pushInt(L, radio(L).PhyMode()) }),
			state.Fn("setmaxtxpower", setMaxTxPower),
		},
		o.sleepEntries(),
		[]state.Entry{
			state.Fn("nullmodesleep", nullModeSleep),
		},
		o.smartEntries(),
		[]state.Entry{
			state.Fn("sleeptype", sleepType),
			state.Tab("sta", station),
			state.Tab("ap", apTable),
		},
		o.tables(),
		[]state.Entry{
			state.Int("NULLMODE", int64(port.NullMode)),
			state.Int("STATION", int64(port.StationMode)),
			state.Int("SOFTAP", int64(port.SoftAPMode)),
			state.Int("STATIONAP", int64(port.StationAPMode)),
			state.Int("PHYMODE_B", int64(port.Phy11B)),
			state.Int("PHYMODE_G", int64(port.Phy11G)),
			state.Int("PHYMODE_N", int64(port.Phy11N)),
			state.Int("NONE_SLEEP", int64(port.NoSleep)),
			state.Int("LIGHT_SLEEP", int64(port.LightSleep)),
			state.Int("MODEM_SLEEP", int64(port.ModemSleep)),
			state.Int("OPEN", int64(port.AuthOpen)),
			state.Int("WPA_PSK", int64(port.AuthWPA)),
			state.Int("WPA2_PSK", int64(port.AuthWPA2)),
			state.Int("WPA_WPA2_PSK", int64(port.AuthWPAWPA2)),
			state.Int("STA_IDLE", int64(port.StationIdle)),
			state.Int("STA_CONNECTING", int64(port.StationConnecting)),
			state.Int("STA_WRONGPWD", int64(port.StationWrongPassword)),
			state.Int("STA_APNOTFOUND", int64(port.StationNoAPFound)),
			state.Int("STA_FAIL", int64(port.StationConnectFail)),
			state.Int("STA_GOTIP", int64(port.StationGotIP)),
			state.Int("COUNTRY_AUTO", 0),
			state.Int("COUNTRY_MANUAL", 1),
		},
		more)
}

// radio is the chip's radio. It raises an error where there is none.
func radio(L state.State) port.WiFi {
	r, ok := port.WiFiOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoWiFi.Error())
	}
	return r
}

// sdkRadio is what only the ESP8266's radio can do. It raises an error where there is none.
func sdkRadio(L state.State) port.SDKWiFi {
	r, ok := port.SDKWiFiOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoSDKWiFi.Error())
	}
	return r
}

func (o Options) open(L state.State) int {
	openEvents(L)
	if o.Monitor {
		openSniffer(L)
	}
	if o.SmartConfig {
		openSmart(L)
	}
	return 0
}

func openEvents(L state.State) {
	r, ok := port.WiFiOf(L.Host())
	if !ok {
		return
	}
	if s, ok := port.SDKWiFiOf(L.Host()); ok {
		s.SetNullModeSleep(true)
	}
	if r.Mode() == port.NullMode {
		r.SetMode(port.NullMode, false)
	}
	openMonitor(L, r)
}

func pushInt[T ~uint8 | ~int](L state.State, n T) int {
	L.PushInteger(int64(n))
	return 1
}

func pushBool(L state.State, b bool) int {
	L.PushBoolean(b)
	return 1
}

// setMode is wifi.setmode.
func setMode(L state.State) int {
	m := uint32(L.CheckInteger(1))
	L.ArgCheck(m <= uint32(port.StationAPMode), 1, "Invalid mode")
	save := true
	if !L.IsNoneOrNil(2) {
		L.CheckType(2, state.Boolean)
		save = L.ToBoolean(2)
	}
	radio(L).SetMode(port.WiFiMode(m), save)
	return pushInt(L, radio(L).Mode())
}

// getCountry is wifi.getcountry.
func getCountry(L state.State) int {
	c := radio(L).Country()
	L.NewTable()
	L.PushString("country")
	L.PushString(c.Code)
	L.RawSet(-3)
	for _, f := range []struct {
		name string
		n    int
	}{{"start_ch", int(c.First)}, {"end_ch", int(c.First) + int(c.Channels) - 1}, {"policy", btoi(c.Manual)}} {
		L.PushString(f.name)
		L.PushInteger(int64(f.n))
		L.RawSet(-3)
	}
	return 1
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// setCountry is wifi.setcountry.
func setCountry(L state.State) int {
	if !L.IsTable(1) {
		return L.ArgError(1, "Table not found!")
	}
	c := port.Country{Code: "CN"}
	if L.GetField(1, "country") != state.Nil {
		if !L.IsString(-1) {
			return L.ArgError(1, "country: must be string")
		}
		s := L.CheckString(-1)
		L.ArgCheck(len(s) == 2 && isLetter(s[0]) && isLetter(s[1]), 1, "country: country code must be 2 chars")
		c.Code = string([]byte{s[0] &^ 0x20, s[1] &^ 0x20})
	}
	L.Pop(1)
	first, ok := countryField(L, "start_ch")
	if !ok {
		first = 1
	}
	L.ArgCheck(first >= 1 && first <= 14, 1, "start_ch: Range:1-14")
	last, ok := countryField(L, "end_ch")
	if ok {
		L.ArgCheck(last >= 1 && last <= 14, 1, "end_ch: Range:1-14")
		L.ArgCheck(last >= first, 1, "end_ch: can't be less than start_ch")
	} else {
		last = 13
	}
	policy, _ := countryField(L, "policy")
	L.ArgCheck(policy <= 1, 1, "policy: must be 0 or 1")
	c.First, c.Channels, c.Manual = first, last-first+1, policy == 1
	if !radio(L).SetCountry(c) {
		return L.Errorf("Unable to set country info")
	}
	return pushBool(L, true)
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func countryField(L state.State, name string) (n uint8, ok bool) {
	if L.GetField(1, name) != state.Nil {
		if !L.IsNumber(-1) {
			L.ArgError(1, name+": must be a number")
		}
		n, ok = uint8(L.CheckInteger(-1)), true
	}
	L.Pop(1)
	return n, ok
}

// setPhyMode is wifi.setphymode.
func setPhyMode(L state.State) int {
	m := uint32(L.CheckInteger(1))
	if m < uint32(port.Phy11B) || m > uint32(port.Phy11N) {
		return L.Errorf("wrong arg type")
	}
	radio(L).SetPhyMode(port.PhyMode(m))
	return pushInt(L, radio(L).PhyMode())
}

// setMaxTxPower is wifi.setmaxtxpower. It says that it has a result, and so its
// last argument is that.
func setMaxTxPower(L state.State) int {
	p := uint32(L.CheckInteger(1))
	L.ArgCheck(p > 0 && p < 83, 1, "tx power out of range (0->82)")
	radio(L).SetMaxTxPower(uint8(p))
	return 1
}

// suspend is wifi.suspend and wifi.resume of a build without PMSLEEP_ENABLE.
func suspend(L state.State) int {
	L.ErrorOutput("\n The option \"PMSLEEP_ENABLE\" in \"app/include/user_config.h\" was disabled during FW build!\n")
	return L.Errorf("wifi.suspend is unavailable")
}

// nullModeSleep is wifi.nullmodesleep.
func nullModeSleep(L state.State) int {
	r, s := radio(L), sdkRadio(L)
	if !L.IsNone(1) {
		if on := L.ToBoolean(1); on != s.NullModeSleep() {
			s.SetNullModeSleep(on)
			if r.Mode() == port.NullMode {
				r.SetMode(port.NullMode, false)
			}
		}
	}
	return pushBool(L, s.NullModeSleep())
}

// sleepType is wifi.sleeptype and wifi.sta.sleeptype.
func sleepType(L state.State) int {
	r := radio(L)
	if L.IsNumber(1) {
		n, _ := L.ToInteger(1)
		t := uint32(n)
		L.ArgCheck(t <= uint32(port.ModemSleep), 1, "range:0-2")
		if !r.SetSleepType(port.SleepType(t)) {
			L.PushNil()
			return 1
		}
	}
	return pushInt(L, r.SleepType())
}
