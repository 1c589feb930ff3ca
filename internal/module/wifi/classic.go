package wifi

import (
	"slices"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// Calls that older firmware has: app/modules/wifi.c and wifi_eventmon.c of 2.0.0-master_20170202, the
// last release that has all of them without a warning.
//
//	wifi.sta.config(ssid, password [, auto [, bssid]])   until 2.1.0-master_20170811
//	wifi.sta.eventMonReg(status [, function])            until 2.1.0-master_20170811
//	wifi.sta.eventMonStart([ms]), eventMonStop([any])
//	wifi.sleep([state])                                  until 2.1.0-master_20170521

// Classic declares wifi with them.
var Classic = New(Options{Classic: true})

func classic(o Options) state.Module {
	station := &state.ROTable{Name: stationTable.Name, Entries: slices.Clone(stationTable.Entries)}
	for i, e := range station.Entries {
		if e.Name == "config" {
			station.Entries[i] = state.Fn(e.Name, anyStationConfig)
		}
	}
	station.Entries = append(station.Entries,
		state.Fn("eventMonReg", eventMonReg),
		state.Fn("eventMonStart", eventMonStart),
		state.Fn("eventMonStop", eventMonStop))
	m := declare(o, station, []state.Entry{state.Fn("sleep", forcedSleep)})
	m.Open = func(L state.State) int {
		openClassic(L)
		return o.open(L)
	}
	return m
}

// Static variables of these calls: references by status, the status that was seen last, the handle of
// the timer, and whether the radio is made to sleep.
const (
	statusMax   = 5 // the last one of enum station_status of the SDK
	cStatus     = 0
	cPrevious   = cStatus + 4*(statusMax+1)
	cTimer      = cPrevious + 4
	cAsleep     = cTimer + 4
	classicSize = cAsleep + 4
)

func classicStatics(L state.State) variables {
	return variables{L.Mem(), L.Host().(port.Chip).System().Static("wifi.classic", classicSize)}
}

func openClassic(L state.State) {
	v := classicStatics(L)
	for s := range state.Addr(statusMax + 1) {
		v.setRef(cStatus+4*s, state.NoRef)
	}
}

// anyStationConfig is wifi.sta.config with a table, or with a name and a password.
func anyStationConfig(L state.State) int {
	if L.IsTable(1) {
		return stationConfig(L)
	}
	var c port.StationConfig
	c.SSID = string(L.CheckBytes(1))
	L.ArgCheck(len(c.SSID) >= 1 && len(c.SSID) < 32, 1, "length:1-32")
	c.Password = string(L.CheckBytes(2))
	n := len(c.Password)
	L.ArgCheck(n == 0 || n >= 8 && n <= 64, 2, "length:0 or 8-64")
	auto := true
	switch {
	case L.IsNumber(3):
		n := L.CheckInteger(3)
		if n != 0 && n != 1 {
			return L.Errorf("wrong arg type")
		}
		auto = n == 1
	case L.IsString(3): // auto can be left out
		L.PushNil()
		L.Insert(3)
	case L.IsNil(3):
		return L.Errorf("wrong arg type")
	}
	if !L.IsNumber(4) && L.IsString(4) {
		c.BSSIDSet, c.BSSID = true, classicMAC(L)
	}
	return setStation(L, c, auto, true)
}

// classicMAC is the address at index 4.
func classicMAC(L state.State) port.MAC {
	text := L.CheckString(4)
	L.ArgCheck(len(text) == len("AA:BB:CC:DD:EE:FF"), 1, badMAC)
	return port.ParseMAC(text)
}

// eventMonReg is wifi.sta.eventMonReg.
func eventMonReg(L state.State) int {
	status := uint8(L.CheckInteger(1))
	if status > statusMax {
		return L.Errorf("valid wifi status:0-5")
	}
	v, field := classicStatics(L), cStatus+4*state.Addr(status)
	if !L.IsFunction(2) {
		v.unregister(L, field)
		return 0
	}
	L.PushValue(2)
	v.register(L, field)
	return 0
}

// eventMonStart is wifi.sta.eventMonStart: it looks at the station's status every so many milliseconds.
func eventMonStart(L state.State) int {
	if radio(L).Mode() == port.SoftAPMode {
		return L.Errorf("Can't monitor in SOFTAP mode")
	}
	v := classicStatics(L)
	some := false
	for s := range state.Addr(statusMax + 1) {
		some = some || v.ref(cStatus+4*s) != state.NoRef
	}
	if !some {
		return L.Errorf("No callbacks defined")
	}
	ms := uint32(150)
	if L.IsNumber(1) {
		ms = uint32(L.CheckInteger(1))
	}
	t, ok := v.timer(L)
	if !ok {
		main := L.MainThread()
		t = L.Host().(port.Chip).Loop().NewTimer(func() { lookAtStatus(main) })
		v.setRef(cTimer, int(L.NewHandle(t)))
	}
	t.Disarm()
	t.Arm(time.Duration(max(ms, 1))*time.Millisecond, true)
	return 0
}

// timer is the timer of eventMonStart, if there is one already.
func (v variables) timer(L state.State) (t port.Timer, ok bool) {
	if h := uint32(v.ref(cTimer)); h != 0 {
		t, ok = L.Handle(h).(port.Timer)
	}
	return t, ok
}

// lookAtStatus calls back with the status before, if that has changed.
func lookAtStatus(L state.State) {
	v := classicStatics(L)
	if radio(L).Mode() == port.SoftAPMode {
		if t, ok := v.timer(L); ok {
			t.Disarm()
		}
		return
	}
	now, before := int(radio(L).Status()), v.ref(cPrevious)
	v.setRef(cPrevious, now)
	if now == before || now < 0 || now > statusMax {
		return
	}
	ref := v.ref(cStatus + 4*state.Addr(now))
	if ref == state.NoRef {
		return
	}
	top := L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(ref))
	L.PushInteger(int64(before))
	L.PCallX(1, 0)
	L.SetTop(top)
}

// eventMonStop is wifi.sta.eventMonStop; with a string the callbacks are gone as well.
func eventMonStop(L state.State) int {
	v := classicStatics(L)
	if t, ok := v.timer(L); ok {
		t.Disarm()
	}
	if L.IsString(1) {
		for s := range state.Addr(statusMax + 1) {
			v.unregister(L, cStatus+4*s)
		}
	}
	return 0
}

// forcedSleep is wifi.sleep: 1 turns the radio off, in the null mode, in which it stays when 0 wakes it
// up. It gives whether it is asleep, and nil.
func forcedSleep(L state.State) int {
	v, r := classicStatics(L), radio(L)
	want := int64(2)
	if L.IsNumber(1) {
		want = L.CheckInteger(1)
	}
	switch asleep := v.ref(cAsleep) != 0; {
	case want == 1 && !asleep:
		if m := r.Mode(); m == port.StationMode || m == port.StationAPMode {
			r.Disconnect()
		}
		r.SetMode(port.NullMode, true)
		v.setRef(cAsleep, 1)
	case want == 0 && asleep:
		v.setRef(cAsleep, 0)
	}
	L.PushInteger(int64(v.ref(cAsleep)))
	L.PushNil()
	return 2
}
