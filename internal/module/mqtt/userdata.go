package mqtt

import (
	"moonlet.example/moonlet/internal/espconn"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
)

// Offsets in lmqtt_userdata and its size, in bytes. It begins with a struct espconn.
const (
	uSelf      = espconn.RecordSize + iota*4 // references: the client itself while it is in use
	uOnConnect                               // callbacks
	uOnFail
	uOnOffline
	uOnMessage
	uOnOverflow
	uOnSubAck
	uOnUnsubAck
	uOnPubAck
	uClientID // texts
	uUser
	uPassword
	uWillTopic
	uWill
	uKeepalive // s
	uMax       // 16 bits: of the longest message that is taken, in bytes
	uFlags
	uQueue // the first node of what waits to be sent

	uNextID     = 100 // 16 bits: number of the newest packet that has one
	uBuffer     = 104 // a packet of which a part has come
	uBufferEnd  = 108 // where the next of it goes
	uBufferSize = 112 // 16 bits: its length
	uSkip       = 112 // or, instead, how much of a packet is to be skipped
	uReceiving  = 116 // what the three are about
	uConnected  = 120 // byte: TCP is connected
	uPingWaits  = 121 // byte: the last PINGREQ has had no answer
	uSending    = 122 // byte: the peer's TCP has not acknowledged what was sent last
	uHandle     = 140 // of the *client: the argument of the timer, which is at 124
	uConnState  = 144
	uSize       = 148
)

// Flags in uFlags.
const (
	maskWillQoS      = 3
	flagRetainWill   = 1 << 2
	flagCleanSession = 1 << 3
	flagSecure       = 1 << 4
)

// States of the connection (tConnState).
const (
	stateInit     = iota
	stateSending  // CONNECT is under way
	stateWaiting  // TCP has acknowledged it
	stateAccepted // by CONNACK
)

// What is done with received bytes (tReceiveState).
const (
	takePackets = iota
	bufferShort // too few to tell how long the packet is
	bufferPacket
	skipPacket
)

// references are the entries of the registry that a client has, in the order in which the
// firmware gives them back.
var references = []struct {
	at   state.Addr
	name string
}{
	{uOnConnect, `callback "connect"`}, {uOnFail, `callback "connfail"`}, {uOnOffline, `callback "offline"`},
	{uOnMessage, `callback "message"`}, {uOnOverflow, `callback "overflow"`}, {uOnSubAck, `callback "suback"`},
	{uOnUnsubAck, `callback "unsuback"`}, {uOnPubAck, `callback "puback"`}, {uClientID, "the client's name"},
	{uUser, "the user"}, {uPassword, "the password"}, {uWillTopic, "the topic of the last will"}, {uWill, "the last will"},
	{uSelf, "the client itself"},
}

// userdata is a client as it is in device memory.
type userdata struct {
	m  mem.Mem
	at state.Addr
}

func (u userdata) get(field state.Addr) int          { return int(u.m.I32(u.at + field)) }
func (u userdata) set(field state.Addr, n int)       { u.m.SetI32(u.at+field, int32(n)) }
func (u userdata) is(field state.Addr) bool          { return u.m.U8(u.at+field) != 0 }
func (u userdata) setBool(field state.Addr, on bool) { u.m.SetU8(u.at+field, b2u(on)) }
func (u userdata) flag(f int) bool                   { return u.get(uFlags)&f != 0 }
func (u userdata) setFlag(f int, on bool)            { u.set(uFlags, u.get(uFlags)&^f|f*int(b2u(on))) }

func b2u(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// release gives back a reference.
func (u userdata) release(L state.State, field state.Addr) {
	ref := u.get(field)
	u.set(field, state.NoRef)
	L.Unref(state.RegistryIndex, ref)
}

// unrefRef makes the value on top of the stack that of a field, whose old one goes first; refer
// puts it into the entry that the old one has (luaL_reref).
func (u userdata) unrefRef(L state.State, field state.Addr) {
	u.release(L, field)
	u.set(field, L.Ref(state.RegistryIndex))
}

func (u userdata) refer(L state.State, field state.Addr) {
	ref := u.get(field)
	L.Reref(state.RegistryIndex, &ref)
	u.set(field, ref)
}

// client gives what Go has of the client, which it makes where there is none.
func (u userdata) client(L state.State) *client {
	if h := u.m.U32(u.at + uHandle); h != 0 {
		if c, ok := L.Handle(h).(*client); ok && c.at == u.at {
			return c
		}
	}
	c := &client{userdata: u, L: L.MainThread()}
	c.timer = chip(L).Loop().NewTimer(c.timeout)
	u.m.SetU32(u.at+uHandle, L.NewHandle(c))
	return c
}
