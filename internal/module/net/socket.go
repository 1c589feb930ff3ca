package net

import (
	"strings"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Offsets in lnet_userdata and its size.
const (
	uType = 0
	uSelf = 4 // reference: the socket itself while it is in use
	uPCB  = 8 // handle of the endpoint

	uAccept  = 12 // of a server: reference
	uTimeout = 16 // seconds

	uWaitDNS    = 12 // of the others: look-ups under way
	uDNS        = 16 // references, also below
	uReceive    = 20
	uSent       = 24
	uHold       = 28
	uConnect    = 32
	uDisconnect = 36
	uReconnect  = 40

	uSize = 44
)

// socket is the userdata of a socket.
type socket struct {
	L  state.State
	m  mem.Mem
	at state.Addr
}

func (u socket) get(field state.Addr) int    { return int(u.m.I32(u.at + field)) }
func (u socket) set(field state.Addr, n int) { u.m.SetI32(u.at+field, int32(n)) }
func (u socket) kind() int                   { return u.get(uType) }

// create pushes a socket.
func create(L state.State, kind int) socket {
	u := socket{L, L.Mem(), L.NewUserdata(uSize)}
	u.set(uType, kind)
	for _, f := range referencesOf(kind) {
		u.set(f, state.NoRef)
	}
	u.set(uSelf, state.NoRef)
	L.SetMetatableByName(typeNames[kind])
	return u
}

// referencesOf lists the fields that hold callbacks, in the order in which the
// firmware releases them.
func referencesOf(kind int) []state.Addr {
	switch kind {
	case tcpServer:
		return []state.Addr{uAccept}
	case tcpClient:
		return []state.Addr{uConnect, uDisconnect, uReconnect, uDNS, uReceive, uSent}
	}
	return []state.Addr{uDNS, uReceive, uSent}
}

// arg returns the socket at index 1, and false if the value there has nothing of
// a socket. It raises if it is one by its first word only.
func arg(L state.State) (u socket, ok bool) {
	if L.Type(1) != state.Userdata {
		return u, false
	}
	u = socket{L, L.Mem(), L.ToUserdata(1)}
	kind := u.m.U32(u.at + uType)
	if kind >= uint32(len(typeNames)) {
		return u, false
	}
	u.at = L.CheckUdata(1, typeNames[kind])
	return u, true
}

// argOf is arg for functions that work on some types only.
func argOf(L state.State, kinds ...int) socket {
	u, ok := arg(L)
	if ok {
		for _, k := range kinds {
			if u.kind() == k {
				return u
			}
		}
	}
	L.Errorf("invalid user data")
	return u
}

// endpoint returns the host's part, nil for NULL.
func (u socket) endpoint() *endpoint {
	h := u.m.U32(u.at + uPCB)
	if h == 0 {
		return nil
	}
	e, _ := u.L.Handle(h).(*endpoint)
	return e
}

// attach makes e the endpoint of u.
func (u socket) attach(e *endpoint) {
	e.main, e.at, e.kind = u.L.MainThread(), u.at, u.kind()
	u.m.SetU32(u.at+uPCB, u.L.NewHandle(e))
}

// detach makes the field pcb NULL.
func (u socket) detach(e *endpoint) {
	u.L.FreeHandle(u.m.U32(u.at + uPCB))
	u.m.SetU32(u.at+uPCB, 0)
	e.detached = true
}

// holdSelf refers to the socket, which is at index 1, if it is not yet.
func (u socket) holdSelf() {
	if u.get(uSelf) == state.NoRef {
		u.L.PushValue(1)
		u.set(uSelf, u.L.Ref(state.RegistryIndex))
	}
}

// releaseSelf ends that.
func (u socket) releaseSelf() { u.release(uSelf) }

func (u socket) release(field state.Addr) {
	ref := u.get(field)
	u.set(field, state.NoRef)
	u.L.Unref(state.RegistryIndex, ref)
}

// setCallback makes the function at index i the callback of field.
func (u socket) setCallback(field state.Addr, i int) {
	u.L.PushValue(i)
	u.L.Unref(state.RegistryIndex, u.get(field))
	u.set(field, u.L.Ref(state.RegistryIndex))
}

// pushCallback pushes the callback of field and the socket.
func (u socket) pushCallback(field state.Addr) {
	u.L.RawGetI(state.RegistryIndex, int64(u.get(field)))
	u.L.RawGetI(state.RegistryIndex, int64(u.get(uSelf)))
}

// cString is the string at index i up to its first zero byte.
func cString(L state.State, i int) string {
	s, _, _ := strings.Cut(L.CheckString(i), "\x00")
	return s
}

// listen is server:listen and udpsocket:listen.
func listen(L state.State) int {
	u := argOf(L, tcpServer, udpSocket)
	if u.endpoint() != nil {
		return L.Errorf("already listening")
	}
	i, p, domain := 2, uint16(0), "0.0.0.0"
	if L.IsNumber(i) {
		n, _ := L.ToInteger(i)
		p = uint16(n)
		i++
	}
	if L.IsString(i) {
		domain = cString(L, i)
		i++
	}
	addr, ok := port.ParseIP(domain)
	if !ok {
		return L.Errorf("invalid IP address")
	}
	e := &endpoint{}
	var err port.NetErr
	if u.kind() == tcpServer {
		if !L.IsFunction(i) {
			return L.Errorf("need callback")
		}
		u.setCallback(uAccept, i)
		e.listener, err = network(L).ListenTCP(addr, p, e.accept)
	} else {
		e.udp, err = network(L).BindUDP(addr, p, e.datagram)
	}
	if err != port.NetOK {
		return fail(L, err)
	}
	u.attach(e)
	u.holdSelf()
	return 0
}

// on is socket:on and udpsocket:on.
func on(L state.State) int {
	u := argOf(L, tcpClient, udpSocket)
	var field state.Addr
	switch name := cString(L, 2); {
	case u.kind() == tcpClient && name == "connection":
		field = uConnect
	case u.kind() == tcpClient && name == "disconnection":
		field = uDisconnect
	case u.kind() == tcpClient && name == "reconnection":
		field = uReconnect
	case name == "dns":
		field = uDNS
	case name == "receive":
		field = uReceive
	case name == "sent":
		field = uSent
	default:
		return L.Errorf("invalid callback name")
	}
	switch {
	case L.IsFunction(3):
		u.setCallback(field, 3)
	case L.IsNil(3):
		u.release(field)
	default:
		return L.Errorf("invalid callback function")
	}
	return 0
}

// hold is socket:hold.
func hold(L state.State) int {
	if u := argOf(L, tcpClient); u.endpoint() != nil {
		u.set(uHold, 1)
	}
	return 0
}

// unhold is socket:unhold.
func unhold(L state.State) int {
	u := argOf(L, tcpClient)
	if e := u.endpoint(); e != nil && u.get(uHold) != 0 {
		u.set(uHold, 0)
		e.tcp.Recved()
	}
	return 0
}

// ttl is socket:ttl and udpsocket:ttl.
func ttl(L state.State) int {
	u := argOf(L, tcpClient, udpSocket)
	e := u.endpoint()
	if e == nil {
		return L.Errorf("socket is not open/bound yet")
	}
	n := int64(int32(L.OptInteger(2, -1)))
	switch {
	case n == -1 && e.tcp != nil:
		n = int64(e.tcp.TTL())
	case n == -1:
		n = int64(e.udp.TTL())
	case e.tcp != nil:
		e.tcp.SetTTL(uint8(n))
	default:
		e.udp.SetTTL(uint8(n))
	}
	L.PushInteger(n)
	return 1
}

// getpeer is socket:getpeer.
func getpeer(L state.State) int {
	if e := argOf(L, tcpClient).endpoint(); e != nil {
		return pushAddress(L, e.tcp.Peer)
	}
	return pushAddress(L, nil)
}

// getaddr is the method getaddr of all types.
func getaddr(L state.State) int {
	switch e := argOf(L, tcpServer, tcpClient, udpSocket).endpoint(); {
	case e == nil:
		return pushAddress(L, nil)
	case e.listener != nil:
		return pushAddress(L, e.listener.Local)
	case e.udp != nil:
		return pushAddress(L, e.udp.Local)
	default:
		return pushAddress(L, e.tcp.Local)
	}
}

func pushAddress(L state.State, get func() (port.IP, uint16)) int {
	if get != nil {
		if a, p := get(); p != 0 {
			L.PushInteger(int64(p))
			L.PushString(a.String())
			return 2
		}
	}
	L.PushNil()
	L.PushNil()
	return 2
}

// closeSocket is the method close of all types.
func closeSocket(L state.State) int {
	u := argOf(L, tcpServer, tcpClient, udpSocket)
	e := u.endpoint()
	if e == nil {
		return L.Errorf("not connected")
	}
	u.detach(e)
	switch {
	case e.listener != nil:
		e.listener.Close()
	case e.udp != nil:
		e.udp.Close()
	default:
		e.tcp.Close()
	}
	if u.kind() == tcpServer || u.get(uWaitDNS) == 0 {
		u.releaseSelf()
	}
	return 0
}

// collect is the finalizer of all types.
func collect(L state.State) int {
	u, ok := arg(L)
	if !ok {
		return L.Errorf("no user data")
	}
	if e := u.endpoint(); e != nil {
		u.detach(e)
		switch {
		case e.listener != nil:
			e.listener.Close()
		case e.udp != nil:
			e.udp.Close()
		default:
			e.tcp.Abort()
		}
	}
	for _, f := range referencesOf(u.kind()) {
		u.release(f)
	}
	u.releaseSelf()
	return 0
}

// seconds converts the idle time of a server as the firmware does, to an
// unsigned number of milliseconds.
func seconds(n int) time.Duration { return time.Duration(uint32(n)*1000) * time.Millisecond }
