package net

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// endpoint is the host's part of a socket that is in use: what the firmware's
// field pcb points to. It hears from the network on the module's goroutine,
// between tasks.
type endpoint struct {
	main     state.State // the thread that callbacks run in
	at       state.Addr  // the userdata
	kind     int
	detached bool // the userdata has no more to do with it, and may be gone

	tcp      port.TCP // one of them
	listener port.Listener
	udp      port.UDP
}

func (e *endpoint) socket() socket { return socket{e.main, e.main.Mem(), e.at} }

// inUse tells whether events still concern the socket.
func (e *endpoint) inUse() bool { return !e.detached && e.socket().get(uSelf) != state.NoRef }

// call calls back with what push pushes behind the socket. A failed call leaves
// its error, which the error task has by then.
func (e *endpoint) call(field state.Addr, push func(L state.State) int) {
	L := e.main
	top := L.GetTop()
	e.socket().pushCallback(field)
	n := 1
	if push != nil {
		n += push(L)
	}
	L.PCallX(n, 0)
	L.SetTop(top)
}

// accept takes a connection over from a server's endpoint.
func (e *endpoint) accept(c port.TCP) bool {
	if !e.inUse() || e.socket().get(uAccept) == state.NoRef {
		return false
	}
	L, server := e.main, e.socket()
	top := L.GetTop()
	client := &endpoint{tcp: c}
	accept := int64(server.get(uAccept))
	u := create(L, tcpClient)
	L.PushValue(-1)
	u.set(uSelf, L.Ref(state.RegistryIndex))
	u.attach(client)
	c.SetHandler(client)
	c.KeepAlive(seconds(server.get(uTimeout)))
	L.RawGetI(state.RegistryIndex, accept)
	L.PushValue(-2)
	L.PCallX(1, 0)
	client.Connected()
	L.SetTop(top)
	return true
}

// Connected implements port.TCPHandler.
func (e *endpoint) Connected() {
	if e.inUse() && e.socket().get(uConnect) != state.NoRef {
		e.call(uConnect, nil)
	}
}

// Received implements port.TCPHandler.
func (e *endpoint) Received(p []byte) {
	if !e.inUse() {
		return
	}
	if e.socket().get(uReceive) != state.NoRef {
		e.call(uReceive, func(L state.State) int {
			L.PushBytes(p)
			return 1
		})
	}
	if !e.detached && e.socket().get(uHold) == 0 {
		e.tcp.Recved()
	}
}

// Ended implements port.TCPHandler: the firmware closes its side, too.
func (e *endpoint) Ended() {
	e.gone(port.NetOK, e.protected)
	e.tcp.Close()
}

// Sent implements port.TCPHandler.
func (e *endpoint) Sent(int) {
	if e.inUse() && e.socket().get(uSent) != state.NoRef {
		e.call(uSent, nil)
	}
}

// Failed implements port.TCPHandler.
func (e *endpoint) Failed(err port.NetErr) { e.gone(err, e.protected) }

// protected calls a callback as a task does: an error of it is that of the task.
func (e *endpoint) protected(nargs int) { e.main.PCallX(nargs, 0) }

// gone tells the socket that its connection is no more (net_err_cb).
func (e *endpoint) gone(err port.NetErr, call func(nargs int)) {
	if e.detached {
		return
	}
	u := e.socket()
	u.detach(e)
	if u.get(uSelf) == state.NoRef {
		return
	}
	L := e.main
	top := L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(u.get(uSelf))) // it must outlive the call
	field := state.Addr(uDisconnect)
	if err != port.NetOK && u.get(uReconnect) != state.NoRef {
		field = uReconnect
	}
	if u.get(field) != state.NoRef {
		u.pushCallback(field)
		L.PushInteger(int64(err))
		call(2)
	}
	// As in the firmware this also lets go of a socket that its callback has
	// connected anew.
	if u.get(uWaitDNS) == 0 {
		u.releaseSelf()
	}
	L.SetTop(top)
}

// connect is socket:connect.
func connect(L state.State) int {
	u := argOf(L, tcpClient)
	if u.endpoint() != nil {
		return L.Errorf("already connected")
	}
	p := uint16(L.CheckInteger(2))
	if p == 0 {
		return L.Errorf("specify port")
	}
	domain := "127.0.0.1"
	if L.IsString(3) {
		domain = cString(L, 3)
	}
	if L.GetTop() > 3 {
		L.ArgCheck(L.IsFunction(4), 4, "not a function")
		u.setCallback(uConnect, 4)
	}
	e := &endpoint{}
	if e.tcp = network(L).NewTCP(e); e.tcp == nil {
		return fail(L, port.NetErrNoPCB)
	}
	e.tcp.SetPeerPort(p)
	u.attach(e)
	err := u.lookUp(domain)
	if err != port.NetOK {
		// tcp_abort tells net_err_cb, which calls back if the socket was in use already: it
		// waits for another name.
		e.gone(port.NetErrAborted, func(n int) { L.MainThread().Call(n, 0) })
		e.tcp.Abort()
	}
	return fail(L, err)
}

// dns is socket:dns and udpsocket:dns.
func dns(L state.State) int {
	u := argOf(L, tcpClient, udpSocket)
	domain := cString(L, 2)
	if L.IsFunction(3) {
		u.setCallback(uDNS, 3)
	}
	if u.get(uDNS) == state.NoRef {
		return L.Errorf("no callback specified")
	}
	return fail(L, u.lookUp(domain))
}

// lookUp resolves a name for the socket at index 1, which is in use meanwhile.
func (u socket) lookUp(name string) port.NetErr {
	L := u.L
	u.set(uWaitDNS, u.get(uWaitDNS)+1)
	held := u.get(uSelf) == state.NoRef
	u.holdSelf()
	main := L.MainThread()
	there := socket{main, main.Mem(), u.at}
	addr, err := network(L).Resolve(name, func(addr port.IP, ok bool) {
		top := main.GetTop()
		there.resolved(addr, ok, func(n int) { main.PCallX(n, 0) })
		main.SetTop(top)
	})
	switch err {
	case port.NetOK: // also at once the callback runs on the main thread (lua_getstate)
		there.resolved(addr, !addr.IsBroadcast(), func(n int) { main.Call(n, 0) })
	case port.NetErrInProgress:
	default:
		u.set(uWaitDNS, u.get(uWaitDNS)-1)
		if held {
			u.releaseSelf()
		}
		return err
	}
	return port.NetOK
}

// resolved tells the result of a look-up, and connects if that was the purpose
// (net_dns_cb). A name that was not found has the address 255.255.255.255, which
// the firmware then tries to reach.
func (u socket) resolved(addr port.IP, ok bool, call func(nargs int)) {
	L := u.L
	if u.get(uSelf) != state.NoRef && u.get(uDNS) != state.NoRef {
		u.pushCallback(uDNS)
		if ok {
			L.PushString(addr.String())
		} else {
			L.PushNil()
		}
		call(2)
	}
	if !ok {
		addr = port.IP{255, 255, 255, 255}
	}
	u.set(uWaitDNS, u.get(uWaitDNS)-1)
	e := u.endpoint()
	switch {
	case e != nil && e.tcp != nil && e.tcp.Unconnected():
		_, p := e.tcp.Peer()
		e.tcp.Connect(addr, p) // the firmware does not look at the outcome either
	case e == nil && u.get(uWaitDNS) == 0:
		u.releaseSelf()
	}
}

// send is socket:send and udpsocket:send.
func send(L state.State) int {
	u := argOf(L, tcpClient, udpSocket)
	if u.kind() == udpSocket {
		return u.sendTo()
	}
	data := u.sendArgs(2)
	e := u.endpoint()
	if e == nil || u.get(uSelf) == state.NoRef {
		return L.Errorf("not connected")
	}
	return fail(L, e.tcp.Write(data[:uint16(len(data))])) // tcp_write takes 16 bits
}

// sendArgs returns the data at index i; a function behind them becomes the
// callback "sent".
func (u socket) sendArgs(i int) []byte {
	data := u.L.CheckBytes(i)
	if len(data) == 0 {
		u.L.Errorf("no data to send")
	}
	if u.L.IsFunction(i + 1) {
		u.setCallback(uSent, i+1)
	}
	return data
}
