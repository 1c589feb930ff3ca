package net

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// The interface of net until 3.0-master_20200610, on the network of now: the constructors have the
// kind of the socket as their first argument, and there are sockets of UDP with one peer
// (app/modules/net.c of 1.5.4.1-master_20161201):
//
//	net.createServer(net.TCP [, seconds] [, function])
//	net.createServer(net.UDP):listen(port [, ip]), :on, :send(data [, function]), :close
//	net.createConnection(net.TCP [, secure] [, function])
//	net.createConnection(net.UDP):connect(port, ip or name), :on, :send(data [, function]), :close, :dns
//
// A first argument that is neither net.TCP nor net.UDP is a call of now.

// classicType is the name of the type of sockets of UDP with one peer.
const classicType = "net.classicudp"

// A socket of that type is one of UDP (uType says so), and has besides:
const (
	cServer     = 44 // whether it answers, or asks
	cPeer       = 48 // address, 0 for none
	cPeerPort   = 52
	classicSize = 56
)

const (
	payloadMax = 1460
	timeoutMax = 28800 // seconds
)

var classicMethods = &state.ROTable{Name: classicType}

func init() {
	classicMethods.Entries = []state.Entry{
		state.Fn("__gc", classicCollect),
		state.Tab("__index", classicMethods),
		state.Fn("listen", classicListen),
		state.Fn("connect", classicConnect),
		state.Fn("on", classicOn),
		state.Fn("send", classicSend),
		state.Fn("dns", classicDNS),
		state.Fn("close", classicClose),
	}
}

// Classic declares net with that interface. now is the module as it is; secure pushes a connection of the
// module tls, nil in a build without it.
func Classic(now state.Module, secure state.Func) state.Module {
	m := now
	t := &state.ROTable{Name: m.Table.Name, Entries: append([]state.Entry(nil), m.Table.Entries...)}
	for i, e := range t.Entries {
		switch e.Name {
		case "createServer":
			t.Entries[i] = state.Fn(e.Name, anyServer)
		case "createConnection":
			t.Entries[i] = state.Fn(e.Name, anyConnection(secure))
		}
	}
	m.Table, m.Tables = t, append(append([]*state.ROTable(nil), m.Tables...), classicMethods)
	return m
}

// anyServer is net.createServer.
func anyServer(L state.State) int {
	kind, i := kindArg(L)
	switch kind {
	case 0:
		return createServer(L)
	case udpSocket:
		newClassic(L, true)
		return callWith(L, i)
	}
	seconds := int64(30)
	if L.IsNumber(i) {
		if seconds = L.CheckInteger(i); seconds < 1 || seconds > timeoutMax {
			return L.Errorf("wrong arg type")
		}
		i++
	}
	create(L, tcpServer).set(uTimeout, int(seconds))
	return callWith(L, i)
}

// anyConnection makes net.createConnection. Without TLS in the build the second argument has no
// effect, as in a firmware without it.
func anyConnection(secure state.Func) state.Func {
	return func(L state.State) int {
		kind, i := kindArg(L)
		want := int64(0)
		if kind != 0 && L.IsNumber(i) {
			want = L.CheckInteger(i)
			i++
		}
		switch {
		case secure != nil && want != 0 && want != 1:
			return L.Errorf("wrong arg type")
		case kind == udpSocket:
			newClassic(L, false)
		case secure != nil && want == 1:
			secure(L)
		default:
			create(L, tcpClient)
		}
		return callWith(L, i)
	}
}

// callWith calls the function at an index, if there is one, with the socket on top.
func callWith(L state.State, i int) int {
	if L.GetTop() > i && L.IsFunction(i) {
		L.PushValue(i)
		L.PushValue(-2)
		L.Call(1, 0)
	}
	return 1
}

func newClassic(L state.State, server bool) {
	u := socket{L, L.Mem(), L.NewUserdata(classicSize)}
	u.set(uType, udpSocket)
	u.set(uWaitDNS, 0)
	for _, f := range append(referencesOf(udpSocket), uSelf) {
		u.set(f, state.NoRef)
	}
	u.set(uPCB, 0)
	u.set(cServer, 0)
	if server {
		u.set(cServer, 1)
	}
	u.set(cPeer, 0)
	u.set(cPeerPort, 0)
	// The type is made known with the first object, so that applications without one do not pay for its name.
	L.ROMetatable(classicType, classicMethods)
	L.Pop(1)
	L.SetMetatableByName(classicType)
}

func classicArg(L state.State) socket {
	return socket{L, L.Mem(), L.CheckUdata(1, classicType)}
}

// setPeer notes who gets what is sent.
func (u socket) setPeer(ip port.IP, p uint16) {
	copy(u.m.Bytes(u.at+cPeer, 4), ip[:])
	u.set(cPeerPort, int(p))
}

// peer is who gets what is sent.
func (u socket) peer() (ip port.IP, p uint16) {
	copy(ip[:], u.m.Bytes(u.at+cPeer, 4))
	return ip, uint16(u.get(cPeerPort))
}

// bind opens the socket at a port, and closes the one before.
func (u socket) bind(ip port.IP, p uint16) port.NetErr {
	if e := u.endpoint(); e != nil {
		u.detach(e)
		e.udp.Close()
	}
	e := &endpoint{}
	var err port.NetErr
	if e.udp, err = network(u.L).BindUDP(ip, p, e.classicDatagram); err != port.NetOK {
		return err
	}
	u.attach(e)
	u.holdSelf()
	return port.NetOK
}

// classicDatagram hears from the network. Who sent to a server gets its answer.
func (e *endpoint) classicDatagram(p []byte, from port.IP, srcPort uint16) {
	if !e.inUse() {
		return
	}
	if u := e.socket(); u.get(cServer) != 0 {
		u.setPeer(from, srcPort)
	}
	if e.socket().get(uReceive) == state.NoRef {
		return
	}
	e.call(uReceive, func(L state.State) int {
		L.PushBytes(p)
		return 1
	})
}

// classicListen is udpserver:listen(port [, ip]).
func classicListen(L state.State) int {
	u := classicArg(L)
	p := uint16(L.CheckInteger(2))
	ip := port.IP{}
	if L.IsString(3) {
		var ok bool
		if ip, ok = port.ParseIP(cString(L, 3)); !ok {
			return L.Errorf("invalid IP address")
		}
	}
	return fail(L, u.bind(ip, p))
}

// classicConnect is udpsocket:connect(port, ip or name): what is sent goes there. What is sent before a name
// is known is lost.
func classicConnect(L state.State) int {
	u := classicArg(L)
	p := uint16(L.CheckInteger(2))
	name := "127.0.0.1"
	if L.IsString(3) {
		name = cString(L, 3)
	}
	if err := u.bind(port.IP{}, 0); err != port.NetOK {
		return fail(L, err)
	}
	u.setPeer(port.IP{}, 0)
	if ip, ok := port.ParseIP(name); ok {
		u.setPeer(ip, p)
		return 0
	}
	e := u.endpoint()
	ip, err := network(L).Resolve(name, func(ip port.IP, ok bool) {
		if ok && e.inUse() {
			e.socket().setPeer(ip, p)
		}
	})
	switch err {
	case port.NetOK:
		u.setPeer(ip, p)
	case port.NetErrInProgress:
	default:
		return fail(L, err)
	}
	return 0
}

// classicOn is the method on.
func classicOn(L state.State) int {
	u := classicArg(L)
	name := cString(L, 2)
	L.ArgCheck(L.IsFunction(3), 3, "function expected")
	switch name {
	case "receive":
		u.setCallback(uReceive, 3)
	case "sent":
		u.setCallback(uSent, 3)
	default:
		return L.Errorf("method not supported")
	}
	return 0
}

// classicSend is the method send(data [, function]).
func classicSend(L state.State) int {
	u := classicArg(L)
	e := u.endpoint()
	if e == nil { // neither connected nor listening
		return 0
	}
	data := L.CheckBytes(2)
	if len(data) > payloadMax {
		return L.Errorf("need <1460 payload")
	}
	if L.IsFunction(3) {
		u.setCallback(uSent, 3)
	}
	to, p := u.peer()
	if p == 0 && u.get(cServer) != 0 {
		return L.Errorf("remote ip/port unavailable")
	}
	if p == 0 || len(data) == 0 || e.udp.SendTo(data, to, p) != port.NetOK {
		return 0 // the firmware does not look at what became of it either
	}
	if u.get(uSent) != state.NoRef {
		chip(L).Loop().Post(port.Medium, func() {
			if e.inUse() && e.socket().get(uSent) != state.NoRef {
				e.call(uSent, nil)
			}
		})
	}
	return 0
}

// classicDNS is udpsocket:dns(name, function).
func classicDNS(L state.State) int {
	u := classicArg(L)
	name := cString(L, 2)
	if len(name) > 128 {
		return L.Errorf("need <128 domain")
	}
	if L.IsFunction(3) {
		u.setCallback(uDNS, 3)
	}
	return fail(L, u.lookUp(name))
}

// classicClose is the method close. A socket that is not open stays so.
func classicClose(L state.State) int {
	u := classicArg(L)
	if e := u.endpoint(); e != nil {
		u.detach(e)
		e.udp.Close()
		u.releaseSelf()
	}
	return 0
}

// classicCollect is the finalizer.
func classicCollect(L state.State) int {
	classicClose(L)
	u := classicArg(L)
	for _, f := range referencesOf(udpSocket) {
		u.release(f)
	}
	u.releaseSelf()
	return 0
}
