package mqtt

import (
	"moonlet.example/moonlet/internal/espconn"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

const defaultPort = 1883

// target is what connect was told.
type target struct {
	host string
	port int
	next int // index of what follows
}

// targetOf reads client:connect's arguments from the second one on. What is of another type than
// what could stand there is taken for what follows.
func targetOf(L state.State, u userdata) target {
	t := target{port: defaultPort, next: 2}
	there := func(is func(int) bool) bool { return t.next <= L.GetTop() && is(t.next) }
	// Without a host the firmware looks up what happens to be on its stack.
	if !there(L.IsString) {
		L.Errorf("invalid domain")
	}
	t.host = cut(L.CheckString(t.next))
	t.next++
	if there(L.IsNumber) {
		n, _ := L.ToInteger(t.next)
		t.port = int(uint32(n))
		t.next++
	}
	switch {
	case there(L.IsNumber):
		L.ErrorOutput(port.Deprecated("mqtt.connect secure parameter as integer", "in the future"))
		n, _ := L.ToInteger(t.next)
		u.setFlag(flagSecure, n != 0)
		t.next++
		if there(func(i int) bool { return L.Type(i) == state.Number }) {
			port.TellOldCall(L.Host(), "m:connect(host, port, secure, autoreconnect, ok, fail)")
		}
	case there(func(i int) bool { return L.Type(i) == state.Boolean }):
		u.setFlag(flagSecure, L.ToBoolean(t.next))
		t.next++
	}
	return t
}

// connectTo is client:connect(host [, port [, secure]] [, ok [, fail]]). A connection that is
// being made already is given up for the new one, where the firmware would use its records for
// both.
func connectTo(L state.State) int {
	u := arg(L)
	n, ok := port.NetOf(L.Host())
	if !ok {
		return L.Errorf("%s", port.NoNet.Error())
	}
	if u.is(uConnected) {
		return L.Errorf("already connected")
	}
	u.setBool(uSending, false)
	t := targetOf(L, u)
	within := espconn.Within
	if u.flag(flagSecure) {
		if !chip(L).System().Build().SSL { // CLIENT_SSL_ENABLE
			return L.Errorf("ssl not available")
		}
		within = espconn.WithinSecure
	}
	for i, field := range []state.Addr{uOnConnect, uOnFail} {
		if i += t.next; L.IsFunction(i) {
			L.PushValue(i)
			u.unrefRef(L, field)
		}
	}
	c := u.client(L)
	if c.conn != nil {
		c.conn.Abandon()
	}
	conn := within(L, n, u.at, t.port, c)
	if c.conn = conn; conn == nil {
		return L.Errorf("not enough memory")
	}
	u.release(L, uSelf)
	L.PushValue(1)
	u.set(uSelf, L.Ref(state.RegistryIndex))
	c.timer.Disarm()
	// What happens before connect returns raises to its caller.
	call := func(nargs int) { c.L.Call(nargs, 0) }
	addr, err := n.Resolve(t.host, func(addr port.IP, ok bool) {
		c.resolved(conn, addr, ok, func(nargs int) { c.L.PCallX(nargs, 0) })
	})
	switch err {
	case port.NetOK:
		c.resolved(conn, addr, true, call)
	case port.NetErrInProgress:
	default: // the client stays as it is, and in use, until it connects again
		c.failedBy(failDNS, call)
	}
	return 0
}

// resolved comes with the address of the broker (socket_dns_found, mqtt_socket_do_connect). For a
// secure connection there is an error, too, where 18,432 bytes are not free.
func (c *client) resolved(conn *espconn.Conn, addr port.IP, ok bool, call func(nargs int)) {
	if c.conn != conn {
		return
	}
	if ok && !addr.IsAny() {
		conn.SetAddr(addr)
		c.set(uConnState, stateInit)
		if conn.Connect() == espconn.OK {
			return
		}
		conn.Abandon()
	}
	c.failedBy(failDNS, call)
	if c.conn == conn {
		c.over()
	}
}

// closeClient is client:close(). DISCONNECT waits in the queue like anything else; without
// memory for it the connection is closed at once.
func closeClient(L state.State) int {
	u := arg(L)
	if !u.is(uConnected) {
		return 0
	}
	c := u.client(L)
	if c.enqueue(bare(typeDisconnect), 0, typeDisconnect, 0) {
		c.sendNext()
	} else {
		c.disconnect()
	}
	return 0
}
