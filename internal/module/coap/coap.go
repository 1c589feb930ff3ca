// Package coap is the module coap: a server that gives the values of variables and calls
// functions, and a client that sends requests (app/modules/coap.c, app/coap).
//
// Everything that it remembers is in device memory with the firmware's sizes: what a server
// offers, requests that wait for their answers, the connections of package espconn. A request
// that is confirmable is sent up to five times; of its answer Lua hears nothing.
package coap

import (
	"strings"

	"moonlet.example/moonlet/internal/espconn"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Names of the metatables.
const (
	serverType = "coap_server"
	clientType = "coap_client"
)

var server, client = &state.ROTable{Name: serverType}, &state.ROTable{Name: clientType}

func init() {
	server.Entries = []state.Entry{
		state.Fn("__gc", func(L state.State) int { return collect(L, serverType) }),
		state.Tab("__index", server),
		state.Fn("listen", listen),
		state.Fn("close", closeServer),
		state.Fn("var", func(L state.State) int { return name(L, offVariables) }),
		state.Fn("func", func(L state.State) int { return name(L, offFunctions) }),
	}
	client.Entries = []state.Entry{
		state.Fn("__gc", func(L state.State) int { return collect(L, clientType) }),
		state.Tab("__index", client),
		state.Fn("get", func(L state.State) int { return request(L, methodGet) }),
		state.Fn("post", func(L state.State) int { return request(L, methodPost) }),
		state.Fn("put", func(L state.State) int { return request(L, methodPut) }),
		state.Fn("delete", func(L state.State) int { return request(L, methodDelete) }),
	}
}

// Module declares coap.
var Module = state.Module{
	Name: "coap",
	Table: &state.ROTable{Name: "coap", Entries: []state.Entry{
		state.Fn("Server", func(L state.State) int { return create(L, serverType) }),
		state.Fn("Client", func(L state.State) int { return create(L, clientType) }),
		state.Int("CON", typeCON),
		state.Int("NON", typeNON),
		state.Int("TEXT_PLAIN", formatText),
		state.Int("LINKFORMAT", formatLinks),
		state.Int("XML", formatXML),
		state.Int("OCTET_STREAM", formatOctets),
		state.Int("EXI", formatEXI),
		state.Int("JSON", formatJSON),
	}},
	Open:   open,
	Tables: []*state.ROTable{server, client},
}

// Static variables.
const (
	offQueue     = 0 // the first request that waits
	offTimer     = 4 // a handle
	offBase      = 8 // the system's time in ms when the first one's time was looked at
	offMessageID = 12
	offVariables = 16 // lists of names
	offFunctions = 20
	staticSize   = 24
)

func open(L state.State) int {
	c := moduleOf(L)
	c.m.SetU16(c.at+offMessageID, uint16(c.chip.System().Random()))
	L.ROMetatable(serverType, server)
	L.ROMetatable(clientType, client)
	return 0
}

// module is coap on one chip.
type module struct {
	L    state.State
	m    mem.Mem
	chip port.Chip
	at   mem.Addr // the static variables
}

func moduleOf(L state.State) module {
	chip := L.Host().(port.Chip)
	return module{L, L.Mem(), chip, chip.System().Static("coap", staticSize)}
}

// main is c with the main thread.
func (c module) main() module {
	c.L = c.L.MainThread()
	return c
}

func (c module) udp(at mem.Addr) espconn.UDP { return espconn.UDPAt(c.L, at) }

// cut is s up to its first zero byte.
func cut(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// object is a server or a client: a userdata with the address of its espconn and, of a server
// that listens, a reference to itself (lcoap_userdata).
type object struct {
	m  mem.Mem
	at mem.Addr
}

const (
	objectConn = 0
	objectSelf = 4
	objectSize = 8
)

func (o object) conn() mem.Addr { return o.m.Ptr(o.at + objectConn) }
func (o object) self() int      { return int(o.m.I32(o.at + objectSelf)) }
func (o object) setSelf(r int)  { o.m.SetI32(o.at+objectSelf, int32(r)) }

// checkObject is argument 1, which must not have been collected.
func checkObject(L state.State, kind string) object {
	o := object{L.Mem(), L.CheckUdata(1, kind)}
	if o.conn() == 0 {
		L.ArgError(1, "Server/Client expected") // the firmware reads address 0
	}
	return o
}

// create is coap.Server() and coap.Client().
func create(L state.State, kind string) int {
	o := object{L.Mem(), L.NewUserdata(objectSize)}
	o.setSelf(state.NoRef)
	o.m.SetPtr(o.at+objectConn, 0)
	L.SetMetatableByName(kind)
	u, ok := espconn.NewUDP(L)
	if !ok {
		return L.Errorf("not enough memory")
	}
	o.m.SetPtr(o.at+objectConn, u.Addr())
	return 1
}

// unhold lets the object go.
func (o object) unhold(L state.State) {
	if o.self() != state.NoRef {
		L.Unref(state.RegistryIndex, o.self())
		o.setSelf(state.NoRef)
	}
}

// collect is __gc.
func collect(L state.State, kind string) int {
	o := object{L.Mem(), L.CheckUdata(1, kind)}
	o.unhold(L)
	if at := o.conn(); at != 0 {
		c := moduleOf(L)
		c.forget(at)
		u := c.udp(at)
		u.Delete()
		u.Free()
		o.m.SetPtr(o.at+objectConn, 0)
	}
	return 0
}

// listen is server:listen(port [, ip]). What has listened already goes on as it is.
func listen(L state.State) int {
	o := checkObject(L, serverType)
	n, ok := port.NetOf(L.Host())
	if !ok {
		return L.Errorf("%s", port.NoNet.Error())
	}
	c := moduleOf(L)
	u := c.udp(o.conn())
	u.SetLocalPort(int32(L.CheckInteger(2)))
	if L.IsString(3) {
		a, ok := port.ParseIP(cut(L.CheckString(3)))
		if !ok {
			a = port.IP{255, 255, 255, 255}
		}
		u.SetLocalIP(a)
	}
	if o.self() == state.NoRef {
		L.PushValue(1)
		o.setSelf(L.Ref(state.RegistryIndex))
	}
	at, main := o.conn(), c.main()
	u.Create(n, false, func(p []byte) { main.received(at, p) })
	return 0
}

// closeServer is server:close().
func closeServer(L state.State) int {
	o := object{L.Mem(), L.CheckUdata(1, serverType)}
	if at := o.conn(); at != 0 {
		moduleOf(L).udp(at).Delete()
	}
	o.unhold(L)
	return 0
}

// name is server:var and server:func(name [, format]). All servers have the same names, and as
// in the firmware it does not matter what is in front of the colon.
func name(L state.State, list mem.Addr) int {
	c := moduleOf(L)
	text, format := cut(L.CheckString(2)), int32(L.OptInteger(3, formatText))
	if !c.name(c.at+list, text, format) {
		return L.Errorf("not enough memory")
	}
	return 0
}

// owner tells what a server has in the registry.
var owner = port.Owner{Type: serverType, References: func(m mem.Mem, at mem.Addr) (refs []port.OwnedRef, inUse bool) {
	if self := (object{m, at}).self(); self != state.NoRef {
		return []port.OwnedRef{{Ref: self, Name: "the server itself"}}, true
	}
	return nil, false
}}

// Owners are the types of this module whose objects have entries in the registry.
func Owners() []port.Owner { return []port.Owner{owner} }
