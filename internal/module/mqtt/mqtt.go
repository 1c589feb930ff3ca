// Package mqtt is the module mqtt: a client of a broker that speaks MQTT 3.1.1
// (app/modules/mqtt.c, app/mqtt).
//
// A client is a userdata with the firmware's layout (lmqtt_userdata), in which all of its state
// is. Its connection, which only Go can hold, is reached by a handle in it, where the firmware's
// timer has its argument. What the client has to send waits in one list on the device heap; its
// head is the packet under way, and nothing else is sent until that is done with.
//
// The firmware calls back unprotected. Here callbacks that the network or the timer cause go
// through the error task (PCallX), as those of the other modules do; those that come before
// connect returns raise to its caller, as there.
package mqtt

import (
	"fmt"
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

const typeName = "mqtt.socket"

// object is the metatable of clients, which is its own __index.
var object = &state.ROTable{Name: typeName}

// Module declares mqtt.
var Module = state.Module{
	Name: "mqtt",
	Table: &state.ROTable{Name: "mqtt", Entries: []state.Entry{
		state.Fn("Client", newClient),
		state.Int("CONN_FAIL_SERVER_NOT_FOUND", failServer),
		state.Int("CONN_FAIL_NOT_A_CONNACK_MSG", failNoConnAck),
		state.Int("CONN_FAIL_DNS", failDNS),
		state.Int("CONN_FAIL_TIMEOUT_RECEIVING", failReceiving),
		state.Int("CONN_FAIL_TIMEOUT_SENDING", failSending),
		state.Int("CONNACK_ACCEPTED", accepted),
		state.Int("CONNACK_REFUSED_PROTOCOL_VER", 1),
		state.Int("CONNACK_REFUSED_ID_REJECTED", 2),
		state.Int("CONNACK_REFUSED_SERVER_UNAVAILABLE", 3),
		state.Int("CONNACK_REFUSED_BAD_USER_OR_PASS", 4),
		state.Int("CONNACK_REFUSED_NOT_AUTHORIZED", 5),
	}},
	Open: func(L state.State) int {
		L.ROMetatable(typeName, object)
		return 0
	},
	Tables: []*state.ROTable{object},
}

func init() {
	object.Entries = []state.Entry{
		state.Fn("__gc", collect),
		state.Tab("__index", object),
		state.Fn("connect", connectTo),
		state.Fn("close", closeClient),
		state.Fn("publish", publishMessage),
		state.Fn("subscribe", subscribeTo),
		state.Fn("unsubscribe", unsubscribeFrom),
		state.Fn("lwt", lwt),
		state.Fn("on", on),
	}
	classicObject.Entries = classicMethods()
}

// Reasons of a connection that fails, besides the codes of CONNACK
// (enum mqtt_connack_return_code).
const (
	accepted      = 0
	failSending   = -1
	failReceiving = -2
	failDNS       = -3 // also: espconn does not even try
	failNoConnAck = -4
	failServer    = -5 // TCP gives an error, at any time
)

// Values of a client where nothing is said.
const (
	defaultKeepalive = 60   // s (MQTT_DEFAULT_KEEPALIVE)
	defaultMax       = 1024 // bytes (DEFAULT_MAX_MESSAGE_LENGTH)
)

func chip(L state.State) port.Chip { return L.Host().(port.Chip) }

// cut is s up to its first zero byte, as C takes it.
func cut(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// newClient is mqtt.Client([id [, keepalive [, user [, password [, clean [, max]]]]]]). What is
// of another type than what could stand there is taken for what could follow.
func newClient(L state.State) int {
	makeClient(L, false)
	return 1
}

// makeClient pushes a client, which asks for a clean session as its fifth argument says, else as clean
// does.
func makeClient(L state.State, clean bool) {
	u := userdata{L.Mem(), L.NewUserdata(uSize)}
	for _, f := range references {
		u.set(f.at, state.NoRef)
	}
	L.SetMetatableByName(typeName)
	i := 1
	if L.IsString(i) {
		L.PushValue(i)
		i++
	} else {
		L.PushString(fmt.Sprintf("NodeMCU_%x", chip(L).System().Hardware().ChipID))
	}
	u.set(uClientID, L.Ref(state.RegistryIndex))
	number := func() (n int64) {
		if L.IsNumber(i) {
			n = L.CheckInteger(i)
			i++
		}
		return n
	}
	if u.set(uKeepalive, int(int32(number()))); u.get(uKeepalive) == 0 {
		u.set(uKeepalive, defaultKeepalive)
	}
	for _, f := range []state.Addr{uUser, uPassword} {
		if L.IsString(i) {
			L.PushValue(i)
			u.set(f, L.Ref(state.RegistryIndex))
			i++
		}
	}
	if L.IsNumber(i) {
		clean = number() != 0
	}
	u.setFlag(flagCleanSession, clean)
	if u.m.SetU16(u.at+uMax, uint16(number())); u.m.U16(u.at+uMax) == 0 {
		u.m.SetU16(u.at+uMax, defaultMax)
	}
	if last := L.GetTop() - 1; i < last && L.IsNil(i) { // on top is the client
		port.Note(L.Host(), "mqtt", `mqtt.Client takes nothing of what stands behind a nil; "" is a user or a password that there is not`)
	}
}

// arg is the client at index 1.
func arg(L state.State) userdata { return userdata{L.Mem(), L.CheckUdata(1, typeName)} }

// connectedArg is arg for functions that want one whose TCP connection is there.
func connectedArg(L state.State) *client {
	u := arg(L)
	if !u.is(uConnected) {
		L.Errorf("not connected")
	}
	return u.client(L)
}

// lwt is client:lwt(topic, message [, qos [, retain]]).
func lwt(L state.State) int {
	u := arg(L)
	L.ArgCheck(L.IsString(2), 2, "need lwt topic")
	L.ArgCheck(L.IsString(3), 3, "need lwt message")
	for i, f := range []state.Addr{uWillTopic, uWill} {
		L.PushValue(2 + i)
		u.refer(L, f)
	}
	i := 4
	if L.IsNumber(i) {
		n, _ := L.ToInteger(i)
		u.set(uFlags, u.get(uFlags)&^maskWillQoS|int(n)&maskWillQoS)
		i++
	}
	if L.IsNumber(i) {
		n, _ := L.ToInteger(i)
		u.setFlag(flagRetainWill, n != 0)
	}
	return 0
}

// eventNames are what on takes, eventFields where it puts the function.
var (
	eventNames  = []string{"connect", "connfail", "offline", "message", "overflow", "puback", "suback", "unsuback"}
	eventFields = []state.Addr{uOnConnect, uOnFail, uOnOffline, uOnMessage, uOnOverflow, uOnPubAck, uOnSubAck, uOnUnsubAck}
)

// on is client:on(event, function).
func on(L state.State) int {
	u := arg(L)
	L.CheckType(3, state.Function)
	L.PushValue(3)
	u.unrefRef(L, eventFields[L.CheckOption(2, "", eventNames)])
	return 0
}

// collect is the finalizer. A program can call it, too: that ends the connection.
func collect(L state.State) int {
	u := arg(L)
	u.setBool(uConnected, false)
	if h := u.m.U32(u.at + uHandle); h != 0 {
		if c, ok := L.Handle(h).(*client); ok {
			c.end()
		}
		L.FreeHandle(h)
		u.m.SetU32(u.at+uHandle, 0)
	}
	c := &client{userdata: u, L: L.MainThread()}
	c.dropQueue()
	c.freeBuffer()
	c.set(uReceiving, takePackets) // should a program connect it again; the firmware goes on with what it gave back
	for _, f := range references {
		u.release(L, f.at)
	}
	return 0
}

// Owners are the types of this module whose objects have entries in the registry.
func Owners() []port.Owner { return []port.Owner{owner} }

// owner tells what a client has in the registry. One that is connected, or wants to be, holds
// itself.
var owner = port.Owner{Type: typeName, References: func(m mem.Mem, at mem.Addr) (list []port.OwnedRef, inUse bool) {
	u := userdata{m, at}
	for _, f := range references {
		if ref := u.get(f.at); ref != state.NoRef {
			list = append(list, port.OwnedRef{Ref: ref, Name: f.name})
			inUse = inUse || f.at == uSelf
		}
	}
	return list, inUse
}}
