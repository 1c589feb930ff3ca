package net

import (
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// resolve is net.dns.resolve.
func resolve(L state.State) int {
	name := cString(L, 1)
	L.CheckType(2, state.Function)
	L.PushValue(2)
	ref := L.Ref(state.RegistryIndex)
	main := L.MainThread()
	addr, err := network(L).Resolve(name, func(addr port.IP, ok bool) {
		top := main.GetTop()
		pushResolved(main, ref, addr, ok)
		main.PCallX(2, 0)
		main.SetTop(top)
	})
	switch err {
	case port.NetOK: // also at once the callback runs on the main thread (lua_getstate)
		pushResolved(main, ref, addr, !addr.IsBroadcast())
		main.Call(2, 0)
		return 0
	case port.NetErrInProgress:
		return 0
	}
	L.Unref(state.RegistryIndex, ref)
	return fail(L, err)
}

// pushResolved pushes the callback and its arguments, the first of which is nil
// where a socket's callback has the socket.
func pushResolved(L state.State, ref int, addr port.IP, ok bool) {
	L.RawGetI(state.RegistryIndex, int64(ref))
	L.Unref(state.RegistryIndex, ref)
	L.PushNil()
	if ok {
		L.PushString(addr.String())
	} else {
		L.PushNil()
	}
}

// serverIndex returns the index of a name server, of which lwIP takes a byte.
func serverIndex(L state.State, arg int) int {
	i := int32(L.OptInteger(arg, 0))
	if i >= port.DNSServers {
		L.Errorf("server index out of range [0-%d]", port.DNSServers-1)
	}
	return int(uint8(i))
}

// setDNSServer is net.dns.setdnsserver.
func setDNSServer(L state.State) int {
	text := L.CheckString(1)
	a, ok := port.ParseIP(text)
	if len(text) > 16 || !ok || a.IsBroadcast() || a.IsAny() {
		return L.Errorf("invalid dns server ip")
	}
	network(L).SetDNSServer(serverIndex(L, 2), a)
	return 0
}

// getDNSServer is net.dns.getdnsserver.
func getDNSServer(L state.State) int {
	pushAddr(L, network(L).DNSServer(serverIndex(L, 1)))
	return 1
}

// pushAddr pushes an address, nil for 0.0.0.0.
func pushAddr(L state.State, a port.IP) {
	if a.IsAny() {
		L.PushNil()
	} else {
		L.PushString(a.String())
	}
}

// ifinfo is net.ifinfo.
func ifinfo(L state.State) int {
	i := int(int32(L.OptInteger(1, 0)))
	w, ok := port.WiFiOf(L.Host())
	if !ok {
		return 0
	}
	if i != port.StationIf && i != port.SoftAPIf ||
		i == port.StationIf && !w.Mode().HasStation() || i == port.SoftAPIf && !w.Mode().HasAP() {
		return 0
	}
	dhcp, hasDHCP := w.DHCP(i)
	n := 4
	if hasDHCP {
		n++
	}
	L.CreateTable(0, n)
	mac := w.MAC(i)
	L.PushBytes(mac[:])
	L.SetField(-2, "hwaddr")
	info := w.IPInfo(i)
	setAddr(L, "ip", info.Addr)
	setAddr(L, "netmask", info.Netmask)
	setAddr(L, "gateway", info.Gateway)
	if hasDHCP {
		L.CreateTable(0, 3)
		setAddr(L, "server_ip", dhcp.Server)
		setAddr(L, "client_ip", dhcp.Client)
		setAddr(L, "ntp_server", dhcp.NTP)
		L.SetField(-2, "dhcp")
	}
	return 1
}

func setAddr(L state.State, name string, a port.IP) {
	pushAddr(L, a)
	L.SetField(-2, name)
}

// multicast is net.multicastJoin and net.multicastLeave.
func multicast(L state.State, join bool) int {
	iface := groupArg(L, 1, "invalid if ip")
	group := groupArg(L, 2, "invalid multicast ip")
	if join {
		network(L).JoinGroup(iface, group)
	} else {
		network(L).LeaveGroup(iface, group)
	}
	return 0
}

// groupArg reads an address; the first one may also be "any" or empty. As in the
// firmware, only its length is checked.
func groupArg(L state.State, arg int, message string) port.IP {
	if !L.IsString(arg) {
		L.Errorf("wrong arg type")
	}
	text := L.CheckString(arg)
	if arg == 1 && (text == "" || strings.EqualFold(text, "any")) {
		text = "0.0.0.0"
	}
	if len(text) > 15 || len(text) < 7 {
		L.Errorf("%s", message)
	}
	a, ok := port.ParseIP(text)
	if !ok {
		return port.IP{255, 255, 255, 255}
	}
	return a
}
