// Package websocket is the module websocket: clients of version 13 of the protocol (RFC 6455), on
// espconn (app/modules/websocket.c, app/websocket/websocketclient.c).
//
// As in the firmware the answer to the request has to come in one segment, a second message
// before the first one has left is lost, and so is the first fragment of a message in fragments.
// Frames that are cut by segments are put together, where the firmware reads beyond what has come.
package websocket

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// typeName is the name of a client's metatable.
const typeName = "websocket.client"

var object = &state.ROTable{Name: typeName}

// Module declares websocket.
var Module = state.Module{
	Name: "websocket",
	Table: &state.ROTable{Name: "websocket", Entries: []state.Entry{
		state.Fn("createClient", create),
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
		state.Fn("on", on),
		state.Fn("config", config),
		state.Fn("connect", connect),
		state.Fn("send", send),
		state.Fn("close", closeClient),
	}
}

// Offsets in ws_info and its size.
const (
	offState    = 0 // connectionState
	offHeaders  = 24
	offConn     = 28 // conn: here a handle
	offData     = 32 // reservedData: ws_data
	offPoints   = 80 // unhealthyPoints
	infoSize    = 96
	dataSize    = 16 // ws_data: four references
	headerBytes = 8  // header_t: two pointers
)

// States of a client.
const (
	stateIdle = iota
	stateLookUp
	stateConnecting
	stateOpen
	stateClosed // or about to
)

// The references in ws_data.
const (
	refSelf = 4 * iota
	refConnection
	refReceive
	refClose
)

// client is a userdata.
type client struct {
	main state.State
	m    mem.Mem
	at   mem.Addr
}

func check(L state.State) client {
	return client{L.MainThread(), L.Mem(), L.CheckUdata(1, typeName)}
}

func (c client) state() uint32     { return c.m.U32(c.at + offState) }
func (c client) setState(s uint32) { c.m.SetU32(c.at+offState, s) }
func (c client) data() mem.Addr    { return c.m.Ptr(c.at + offData) }

func (c client) ref(off mem.Addr) int { return int(c.m.I32(c.data() + off)) }

func (c client) unref(off mem.Addr) {
	ref := c.ref(off)
	c.m.SetI32(c.data()+off, state.NoRef)
	c.main.Unref(state.RegistryIndex, ref)
}

func (c client) setRef(L state.State, off mem.Addr) {
	c.m.SetI32(c.data()+off, int32(L.Ref(state.RegistryIndex)))
}

// link is the client's connection, nil if there is none.
func (c client) link() *link {
	h := c.m.U32(c.at + offConn)
	if h == 0 {
		return nil
	}
	l, _ := c.main.Handle(h).(*link)
	return l
}

// create is websocket.createClient().
func create(L state.State) int {
	data := L.ReallocCounted(0, 0, dataSize)
	m := L.Mem()
	for off := mem.Addr(0); off < dataSize; off += 4 {
		m.SetI32(data+off, state.NoRef)
	}
	c := client{L.MainThread(), m, L.NewUserdata(infoSize)}
	m.SetPtr(c.at+offData, data)
	L.SetMetatableByName(typeName)
	return 1
}

// on is client:on(event, function or nil).
func on(L state.State) int {
	c := check(L)
	off := mem.Addr(4 * (1 + L.CheckOption(2, "", []string{"connection", "receive", "close"})))
	L.ArgCheck(L.Type(3) == state.Nil || L.IsFunction(3), 3, "function or nil")
	c.unref(off)
	if L.Type(3) != state.Nil {
		L.PushValue(3)
		c.setRef(L, off)
	}
	return 0
}

// connect is client:connect(url).
func connect(L state.State) int {
	c := check(L)
	if s := c.state(); s != stateIdle && s != stateClosed || c.link() != nil {
		return L.Errorf("Websocket already connecting or connected.\n")
	}
	n, ok := port.NetOf(L.Host())
	if !ok {
		return L.Errorf("%s", port.NoNet.Error())
	}
	url := L.CheckString(2)
	c.setState(stateIdle)
	L.PushValue(1)
	c.setRef(L, refSelf)
	t, wrong := parseURL(url)
	if wrong != 0 {
		c.closed(wrong)
		return 0
	}
	c.open(n, t)
	return 0
}

// send is client:send(message [, opcode]).
func send(L state.State) int {
	c := check(L)
	l := c.link()
	if c.state() != stateOpen || l == nil {
		return L.Errorf("Websocket isn't connected.\n")
	}
	message := L.CheckBytes(2)
	code := int64(opText)
	if L.GetTop() == 3 {
		code = L.CheckInteger(3)
	}
	l.send(byte(code), message[:uint16(len(message))])
	return 0
}

// closeClient is client:close().
func closeClient(L state.State) int {
	if c := check(L); c.link() != nil {
		c.link().close()
	}
	return 0
}

// config is client:config(table).
func config(L state.State) int {
	c := check(L)
	L.CheckType(2, state.Table)
	L.GetField(2, "headers")
	if L.IsTable(-1) {
		c.freeHeaders(L)
		c.setHeaders(L)
	}
	L.Pop(1)
	return 0
}

// setHeaders copies the table on top: an array of pointers, and a block for each text. What is
// neither a string nor a number, where the firmware resets, is an error.
func (c client) setHeaders(L state.State) {
	size := 0
	for L.PushNil(); L.Next(-2); L.Pop(1) {
		L.ArgCheck(L.IsString(-1) && L.IsString(-2), 2, "strings expected in headers")
		size++
	}
	if size == 0 {
		return
	}
	array := L.Alloc((size + 1) * headerBytes)
	if array == 0 {
		L.Errorf("out of memory")
	}
	m, at := L.Mem(), array
	m.Zero(array, mem.Addr((size+1)*headerBytes))
	m.SetPtr(c.at+offHeaders, array)
	for L.PushNil(); L.Next(-2); L.Pop(3) { // the value and two copies
		for i, index := range []int{-2, -1} {
			L.PushValue(index - i) // a number must not change into a string in the table's key
			text, _ := L.ToString(-1)
			block := L.Alloc(len(cString(text)) + 1)
			if block == 0 {
				c.freeHeaders(L)
				L.Errorf("out of memory")
			}
			copy(m.Bytes(block, mem.Addr(len(cString(text))+1)), cString(text)+"\x00")
			m.SetPtr(at+mem.Addr(4*i), block)
		}
		at += headerBytes
	}
}

// header is one of a request.
type header struct{ name, value string }

// headers are the client's own.
func (c client) headers() (list []header) {
	at := c.m.Ptr(c.at + offHeaders)
	if at == 0 {
		return nil
	}
	for ; c.m.Ptr(at) != 0 && c.m.Ptr(at+4) != 0; at += headerBytes {
		list = append(list, header{c.text(c.m.Ptr(at)), c.text(c.m.Ptr(at + 4))})
	}
	return list
}

// text is the C string at an address.
func (c client) text(at mem.Addr) string {
	var b []byte
	for ; c.m.U8(at) != 0; at++ {
		b = append(b, c.m.U8(at))
	}
	return string(b)
}

// freeHeaders gives back what setHeaders took.
func (c client) freeHeaders(L state.State) {
	array := c.m.Ptr(c.at + offHeaders)
	if array == 0 {
		return
	}
	c.m.SetPtr(c.at+offHeaders, 0)
	at := array
	for ; c.m.Ptr(at) != 0; at += headerBytes {
		for _, p := range []mem.Addr{c.m.Ptr(at + 4), c.m.Ptr(at)} {
			if p != 0 {
				L.Free(p, len(c.text(p))+1)
			}
		}
	}
	L.Free(array, int(at-array)+headerBytes)
}

// tell calls a function of the client with the client and what push pushes.
func (c client) tell(off mem.Addr, push func() int) {
	if c.ref(off) == state.NoRef {
		return
	}
	L := c.main
	top := L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(c.ref(off)))
	L.RawGetI(state.RegistryIndex, int64(c.ref(refSelf)))
	L.PCallX(1+push(), 0)
	L.SetTop(top)
}

// closed tells how a connection has ended; then the client may be collected.
func (c client) closed(code int) {
	L := c.main
	top := L.GetTop()
	self := c.ref(refSelf)
	L.RawGetI(state.RegistryIndex, int64(self)) // it stays until this is over
	c.tell(refClose, func() int { L.PushInteger(int64(code)); return 1 })
	// A new connection that was begun in the call has a reference of its own.
	if c.ref(refSelf) == self {
		c.m.SetI32(c.data()+refSelf, state.NoRef)
	}
	L.Unref(state.RegistryIndex, self)
	L.SetTop(top)
}

// collect is __gc. A client that was never closed tells its function for that, without itself.
func collect(L state.State) int {
	c := check(L)
	if c.data() == 0 {
		return 0
	}
	if l := c.link(); l != nil {
		l.abandon()
	}
	c.freeHeaders(L)
	c.unref(refConnection)
	c.unref(refReceive)
	if c.ref(refClose) != state.NoRef {
		if c.state() != stateClosed {
			L.RawGetI(state.RegistryIndex, int64(c.ref(refClose)))
			L.PushInteger(-100)
			L.PCallX(1, 0)
		}
		c.unref(refClose)
	}
	c.unref(refSelf)
	L.ReallocCounted(c.data(), dataSize, 0)
	c.m.SetPtr(c.at+offData, 0)
	return 0
}
