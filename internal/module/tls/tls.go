// Package tls is the module tls: secure connections, and the certificates by which servers are
// checked and the module shows who it is (app/modules/tls.c, on app/mbedtls).
//
// As in the firmware a server is not checked until cert.verify says so, and then neither its name
// nor the dates of its certificate count.
package tls

import (
	"fmt"
	"strings"

	"moonlet.example/moonlet/internal/espconn"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// typeName is the name of a socket's metatable.
const typeName = "tls.socket"

var (
	object = &state.ROTable{Name: typeName}

	// Cert is the table tls.cert, which the module net has, too.
	Cert = &state.ROTable{Name: "tls.cert"}
)

// Module declares tls.
var Module = state.Module{
	Name: "tls",
	Table: &state.ROTable{Name: "tls", Entries: []state.Entry{
		state.Fn("createConnection", Create),
		state.Tab("cert", Cert),
	}},
	Open: func(L state.State) int {
		L.ROMetatable(typeName, object)
		espconn.TLSOptionsOf(L).Open()
		return 0
	},
	Tables: []*state.ROTable{object},
}

func init() {
	object.Entries = []state.Entry{
		state.Fn("__gc", collect),
		state.Tab("__index", object),
		state.Fn("connect", connect),
		state.Fn("close", closeSocket),
		state.Fn("on", on),
		state.Fn("send", send),
		state.Fn("hold", func(L state.State) int { check(L); return 0 }),
		state.Fn("unhold", func(L state.State) int { check(L); return 0 }),
		state.Fn("getpeer", getPeer),
	}
	Cert.Entries = []state.Entry{
		state.Tab("__index", Cert),
		state.Fn("verify", func(L state.State) int { return setCert(L, espconn.VerifyCert) }),
		state.Fn("auth", func(L state.State) int { return setCert(L, espconn.AuthCert) }),
	}
}

// Offsets in tls_socket_ud and its size. It begins with the struct espconn itself, whose word
// reverse, which the firmware does not use for clients, has the handle of the connection here.
const (
	offHandle     = 24
	offSelf       = espconn.RecordSize
	offConnect    = 32
	offReconnect  = 36
	offDisconnect = 40
	offSent       = 44
	offReceive    = 48
	offDNS        = 52
	socketSize    = 56
)

// events are the names for on with the places of the functions.
var events = map[string]mem.Addr{
	"connection": offConnect, "disconnection": offDisconnect, "reconnection": offReconnect,
	"receive": offReceive, "sent": offSent, "dns": offDNS,
}

// socket is a userdata.
type socket struct {
	main state.State
	m    mem.Mem
	at   mem.Addr
}

func check(L state.State) socket {
	return socket{L.MainThread(), L.Mem(), L.CheckUdata(1, typeName)}
}

func (u socket) ref(off mem.Addr) int { return int(u.m.I32(u.at + off)) }

func (u socket) setRef(off mem.Addr, ref int) { u.m.SetI32(u.at+off, int32(ref)) }

// unref forgets what a field refers to.
func (u socket) unref(off mem.Addr) {
	ref := u.ref(off)
	u.setRef(off, state.NoRef)
	u.main.Unref(state.RegistryIndex, ref)
}

// Create is tls.createConnection().
func Create(L state.State) int {
	u := socket{L.MainThread(), L.Mem(), L.NewUserdata(socketSize)}
	for off := mem.Addr(offSelf); off < socketSize; off += 4 {
		u.setRef(off, state.NoRef)
	}
	L.SetMetatableByName(typeName)
	return 1
}

// link is the connection of a socket, which hears what happens to it.
type link struct {
	u    socket
	conn *espconn.Conn
}

// link gives the connection of a socket, nil if there is none.
func (u socket) link() *link {
	h := u.m.U32(u.at + offHandle)
	if h == 0 {
		return nil
	}
	l, _ := u.main.Handle(h).(*link)
	return l
}

// free gives back what the connection has on the heap, as the firmware does where it sets the
// pointer to esp_tcp to NULL.
func (u socket) free() {
	if l := u.link(); l != nil {
		l.conn.Disconnect()
		l.conn.FreeTCP()
		u.main.FreeHandle(u.m.U32(u.at + offHandle))
		u.m.SetU32(u.at+offHandle, 0)
	}
}

// connect is socket:connect(port, host).
func connect(L state.State) int {
	u := check(L)
	if u.link() != nil {
		return L.Errorf("already connected")
	}
	n, ok := port.NetOf(L.Host())
	if !ok {
		return L.Errorf("%s", port.NoNet.Error())
	}
	to := uint16(L.CheckInteger(2))
	host := "127.0.0.1"
	if L.IsString(3) {
		host = L.CheckString(3)
	}
	if to == 0 {
		return L.Errorf("invalid port")
	}
	host, _, _ = strings.Cut(host, "\x00")
	l := &link{u: u}
	if l.conn = espconn.WithinAnyPort(L, n, u.at, int(to), l); l.conn == nil {
		return L.Errorf("not enough memory")
	}
	u.m.SetU32(u.at+offHandle, u.main.NewHandle(l))
	if u.ref(offSelf) == state.NoRef {
		L.PushValue(1)
		u.setRef(offSelf, L.Ref(state.RegistryIndex))
	}
	addr, err := n.Resolve(host, l.resolved)
	switch err {
	case port.NetErrInProgress:
	case port.NetOK:
		l.resolved(addr, true)
	default:
		l.resolved(port.IP{}, false)
	}
	return 0
}

// resolved comes with the address of the host (tls_socket_dns_cb). What espconn says about the
// attempt to connect is not looked at, so without a network nothing more is told.
func (l *link) resolved(addr port.IP, ok bool) {
	u := l.u
	if u.ref(offSelf) == state.NoRef || u.link() != l {
		return
	}
	if addr.IsBroadcast() {
		ok = false
	}
	u.tell(offDNS, func() int {
		if ok {
			u.main.PushString(addr.String())
		} else {
			u.main.PushNil()
		}
		return 1
	})
	switch {
	case u.link() != l:
	case !ok:
		u.unref(offSelf)
	default:
		l.conn.SetAddr(addr)
		if err := l.conn.Connect(); err != espconn.OK {
			l.conn.Note(fmt.Sprintf("the connection does not begin (%d), and the firmware tells nothing of that", int(err)))
		}
	}
}

// tell calls a function of the socket with the socket and what push pushes.
func (u socket) tell(off mem.Addr, push func() int) {
	L := u.main
	if u.ref(off) == state.NoRef {
		return
	}
	top := L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(u.ref(off)))
	L.RawGetI(state.RegistryIndex, int64(u.ref(offSelf)))
	L.PCallX(1+push(), 0)
	L.SetTop(top)
}

func nothing() int { return 0 }

// Connected implements espconn.Handler.
func (l *link) Connected() { l.u.tell(offConnect, nothing) }

// Received implements espconn.Handler.
func (l *link) Received(p []byte) {
	l.u.tell(offReceive, func() int { l.u.main.PushBytes(p); return 1 })
}

// Sent implements espconn.Handler.
func (l *link) Sent() { l.u.tell(offSent, nothing) }

// Disconnected implements espconn.Handler. The function gets nil, since the firmware has
// forgotten the socket before it calls (tls_socket_ondisconnect).
func (l *link) Disconnected() {
	u := l.u
	if u.ref(offSelf) == state.NoRef {
		return
	}
	L, ref, top := u.main, u.ref(offDisconnect), u.main.GetTop()
	L.RawGetI(state.RegistryIndex, int64(u.ref(offSelf))) // so that it is there until the end
	u.free()
	u.unref(offSelf)
	if ref != state.NoRef {
		L.RawGetI(state.RegistryIndex, int64(ref))
		L.PushNil()
		L.PCallX(1, 0)
	}
	L.SetTop(top)
}

// reasons are the texts for the errors that have one (tls_socket_onreconnect).
var reasons = map[espconn.Err]string{
	espconn.ErrMem: "Out of memory", espconn.ErrTimeout: "Timeout", espconn.ErrRoute: "Routing problem",
	espconn.ErrAborted: "Connection aborted", espconn.ErrReset: "Connection reset", espconn.ErrClosed: "Connection closed",
	espconn.ErrHandshake: "SSL handshake failed", espconn.ErrInvalidData: "SSL application invalid",
}

// Failed implements espconn.Handler.
func (l *link) Failed(err espconn.Err) {
	u := l.u
	if u.ref(offSelf) == state.NoRef {
		return
	}
	L, ref, top := u.main, u.ref(offReconnect), u.main.GetTop()
	L.RawGetI(state.RegistryIndex, int64(u.ref(offSelf)))
	if ref != state.NoRef {
		L.RawGetI(state.RegistryIndex, int64(ref))
		L.PushValue(-2)
		if text, ok := reasons[err]; ok {
			L.PushString(text)
		} else {
			L.PushNil()
		}
	}
	u.free()
	u.unref(offSelf)
	if ref != state.NoRef {
		L.PCallX(2, 0)
	}
	L.SetTop(top)
}

// on is socket:on(event, function or nil).
func on(L state.State) int {
	u := check(L)
	off, ok := events[L.CheckString(2)]
	if !ok {
		return L.Errorf("invalid method")
	}
	switch {
	case L.IsFunction(3):
		L.PushValue(3)
		u.unref(off)
		u.setRef(off, L.Ref(state.RegistryIndex))
	case L.Type(3) == state.Nil:
		u.unref(off)
	default:
		return L.Errorf("invalid callback function")
	}
	return 0
}

// send is socket:send(string). Where there is no connection, or a piece is under way, it does
// nothing and says nothing.
func send(L state.State) int {
	u := check(L)
	s := L.CheckBytes(2)
	if l := u.link(); l != nil {
		l.conn.Send(s)
	}
	return 0
}

// getPeer is socket:getpeer().
func getPeer(L state.State) int {
	if l := check(L).link(); l != nil {
		if addr, remote, ok := l.conn.Remote(); ok {
			L.PushString(addr.String())
			L.PushInteger(int64(remote))
			return 2
		}
	}
	L.PushNil()
	L.PushNil()
	return 2
}

// closeSocket is socket:close().
func closeSocket(L state.State) int {
	if l := check(L).link(); l != nil {
		l.conn.Disconnect()
	}
	return 0
}

// collect is __gc (tls_socket_delete).
func collect(L state.State) int {
	u := check(L)
	if l := u.link(); l != nil {
		u.free()
		l.conn.Free()
	}
	for _, off := range []mem.Addr{offConnect, offDisconnect, offReconnect, offDNS, offReceive, offSent, offSelf} {
		u.unref(off)
	}
	return 0
}
