package wifi

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// The table wifi.monitor, which is the firmware's module wifi_monitor
// (app/modules/wifi_monitor.c).

var monitorTable = &state.ROTable{Name: "wifi_monitor", Entries: []state.Entry{
	state.Fn("start", monitorStart),
	state.Fn("stop", monitorStop),
	state.Fn("channel", monitorChannel),
}}

// Static variables: the reference of the callback, which begins as 0 and not as LUA_NOREF as in
// the firmware; the filter, three bytes; and whether the monitor waits for the station to leave.
const (
	mCallback   = 0  // recv_cb
	mOffset     = 4  // of the byte that is looked at
	mValue      = 5  // that it must have
	mMask       = 6  // in these bits
	mWaits      = 8  // on_disconnected
	mTask       = 12 // tasknumber
	monitorSize = 16
)

func monitorStatics(L state.State) variables {
	return variables{L.Mem(), L.Host().(port.Chip).System().Static("wifi_monitor", monitorSize)}
}

// openSniffer is wifi_monitor_init. Events that the monitor has waited for do not come to anybody else.
func openSniffer(L state.State) {
	L.ROMetatable(packetType, packetTable)
	r, ok := port.WiFiOf(L.Host())
	if !ok {
		return
	}
	main := L.MainThread()
	r.OnEvent(func(e port.WiFiEvent) {
		if _, gone := e.(port.StationDisconnected); !gone || !left(main) {
			monitor(main, e)
		}
	})
}

// sniffer is the radio's promiscuous mode. It raises an error where there is none.
func sniffer(L state.State) port.Sniffer {
	p, ok := port.SnifferOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoSniffer.Error())
	}
	return p
}

// monitorStart is wifi.monitor.start([offset, value [, mask,]] function). The filter counts even if
// there is no function then.
func monitorStart(L state.State) int {
	v, arg := monitorStatics(L), 1
	filter := func(offset, value, mask uint8) {
		v.m.SetU8(v.at+mOffset, offset)
		v.m.SetU8(v.at+mValue, value)
		v.m.SetU8(v.at+mMask, mask)
	}
	if L.Type(1) == state.Number {
		offset := uint8(L.CheckInteger(1)) - 1
		if L.Type(2) != state.Number {
			return L.Errorf("Must supply offset and value")
		}
		value, mask := uint8(L.CheckInteger(2)), uint8(0xFF)
		if arg = 3; L.Type(3) == state.Number {
			mask, arg = uint8(L.CheckInteger(3)), 4
		}
		filter(offset, value, mask)
	} else {
		filter(port.SnifferHeader, 0, 0x0C) // management frames
	}
	if !L.IsFunction(arg) {
		return L.Errorf("Missing callback")
	}
	r, s := radio(L), sniffer(L)
	L.PushValue(arg)
	v.setRef(mCallback, L.Ref(state.RegistryIndex)) // the one before stays in the registry
	// The firmware waits for the event that the station has left whenever it did anything. What
	// the SDK tells of an attempt at a network is not known: here there is no event.
	connected := r.Status() != port.StationIdle && r.RSSI() != port.NotConnectedRSSI
	r.SetAutoConnect(false)
	r.SetMode(port.StationMode, false)
	s.Promiscuous(false)
	r.Disconnect()
	main := L.MainThread()
	s.OnFrame(func(record []byte) { heard(main, record) })
	if connected {
		v.m.SetU32(v.at+mWaits, 1)
	} else {
		listen(s)
	}
	return 0
}

func listen(s port.Sniffer) {
	s.SetChannel(1)
	s.Promiscuous(true)
}

// left is told that the station has left its network; true if the monitor has waited for that, and
// nobody else hears of it.
func left(L state.State) bool {
	v := monitorStatics(L)
	if v.m.U32(v.at+mWaits) == 0 {
		return false
	}
	listen(sniffer(L))
	v.m.SetU32(v.at+mWaits, 0)
	return true
}

// monitorChannel is wifi.monitor.channel([n]), which returns the channel before. Without an argument it
// sets that one again, since it is the first on the stack then, as in the firmware.
func monitorChannel(L state.State) int {
	L.PushInteger(int64(radio(L).Channel()))
	if L.Type(1) == state.Number {
		n := int32(L.CheckInteger(1))
		if n < 1 || n > 15 {
			return L.Errorf("Channel number (%d) is out of range", int(n))
		}
		sniffer(L).SetChannel(uint8(n))
	}
	return 1
}

// monitorStop is wifi.monitor.stop().
func monitorStop(L state.State) int {
	v := monitorStatics(L)
	sniffer(L).Promiscuous(false)
	radio(L).SetMode(port.StationMode, false)
	v.unregister(L, mCallback)
	return 0
}

// heard takes what the radio heard, if the filter lets it pass, to a task. It is lost if there is
// no memory for it, or no room in the queue.
func heard(L state.State, record []byte) {
	v := monitorStatics(L)
	at := int(v.m.U8(v.at + mOffset))
	if at >= len(record) || record[at]&v.m.U8(v.at+mMask) != v.m.U8(v.at+mValue) {
		return
	}
	p := L.Alloc(packetSize)
	if p == 0 {
		return
	}
	v.m.SetU16(p, port.SnifferRecord)
	copy(v.m.Bytes(p+packetData, port.SnifferRecord), record)
	if !L.Host().(port.Chip).Loop().Post(port.Medium, func() { monitorTask(L, p) }) {
		L.Free(p, packetSize)
	}
}

// monitorTask calls back with what was heard.
func monitorTask(L state.State, p state.Addr) {
	ref := monitorStatics(L).ref(mCallback)
	if ref == state.NoRef {
		L.Free(p, packetSize)
		return
	}
	top := L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(ref))
	u := L.NewUserdata(packetSize)
	copy(L.Mem().Bytes(u, packetSize), L.Mem().Bytes(p, packetSize))
	L.SetMetatableByName(packetType)
	L.Free(p, packetSize)
	L.PCallX(1, 0)
	L.SetTop(top)
}
