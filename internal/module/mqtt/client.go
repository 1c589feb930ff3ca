package mqtt

import (
	"time"

	"moonlet.example/moonlet/internal/espconn"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// sendTimeout is how long TCP may need for CONNECT, and the broker for CONNACK
// (MQTT_SEND_TIMEOUT).
const sendTimeout = 5 * time.Second

// client is a client that is or was connected: what Go has of its userdata.
type client struct {
	userdata
	L     state.State // the main thread, in which callbacks run
	timer port.Timer
	// conn is the connection, or the attempt to make one; nil when it is over. Another one is
	// there after a callback that has connected anew, none after one that has collected the
	// client: then nothing of the old one is to be touched.
	conn *espconn.Conn
}

// call calls back, unless there is no function, with the client and what push pushes. The
// error of a function that fails is left to the error task.
func (c *client) call(field state.Addr, push func(L state.State) int) {
	c.callBy(field, push, func(nargs int) { c.L.PCallX(nargs, 0) })
}

func (c *client) callBy(field state.Addr, push func(L state.State) int, call func(nargs int)) {
	if c.get(field) == state.NoRef || c.get(uSelf) == state.NoRef {
		return
	}
	L := c.L
	top := L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(c.get(field)))
	L.RawGetI(state.RegistryIndex, int64(c.get(uSelf)))
	n := 1
	if push != nil {
		n += push(L)
	}
	call(n)
	L.SetTop(top)
}

// failed tells why there is no connection (mqtt_connack_fail).
func (c *client) failed(reason int) {
	c.failedBy(reason, func(nargs int) { c.L.PCallX(nargs, 0) })
}

func (c *client) failedBy(reason int, call func(nargs int)) {
	c.callBy(uOnFail, func(L state.State) int {
		L.PushInteger(int64(reason))
		return 1
	}, call)
}

// arm starts the timer.
func (c *client) arm(d time.Duration) { c.timer.Arm(d, false) }

// armKeepalive starts it for the time after which the broker wants to hear something. The
// firmware has 32 bits for it.
func (c *client) armKeepalive() {
	c.arm(time.Duration(uint32(c.get(uKeepalive)*1000)) * time.Millisecond)
}

// disconnect closes the connection; the rest comes with Disconnected.
func (c *client) disconnect() {
	if c.conn != nil {
		c.conn.Disconnect()
	}
}

// send gives TCP a packet. After that the timer waits for its acknowledgement, whatever TCP
// says.
func (c *client) send(p packet) (err espconn.Err) {
	if err = espconn.ErrArg; c.conn != nil {
		err = c.conn.Send(p)
	}
	c.setBool(uSending, true)
	c.arm(sendTimeout)
	return err
}

// sendNext sends the head of the queue, if it is not under way yet and TCP has acknowledged what
// was sent before (mqtt_send_if_possible). A head that TCP refuses stays and is not sent again.
func (c *client) sendNext() espconn.Err {
	n := c.head()
	if c.is(uSending) || n.at == 0 || c.m.U8(n.at+nSent) != 0 {
		return espconn.OK
	}
	c.m.SetU8(n.at+nSent, 1)
	return c.send(n.data())
}

// Connected implements espconn.Handler: CONNECT passes by the queue (mqtt_socket_connected). If
// it does not fit, it is not sent, and the timer tells.
func (c *client) Connected() {
	c.setBool(uConnected, true)
	L := c.L
	top := L.GetTop()
	info := connectInfo{
		willQoS: c.get(uFlags) & maskWillQoS, willRetain: c.flag(flagRetainWill),
		clean: c.flag(flagCleanSession), keepalive: uint16(c.get(uKeepalive)),
	}
	for _, f := range []struct {
		at state.Addr
		to *string
	}{{uClientID, &info.client}, {uUser, &info.user}, {uPassword, &info.password}, {uWillTopic, &info.willTopic}, {uWill, &info.will}} {
		L.RawGetI(state.RegistryIndex, int64(c.get(f.at)))
		s, _ := L.ToString(-1)
		*f.to = cut(s)
	}
	p := connect(&info)
	L.SetTop(top)
	c.send(p)
	c.set(uConnState, stateSending)
}

// Sent implements espconn.Handler: TCP has acknowledged the packet under way (mqtt_socket_sent).
// What the broker does not answer leaves the queue.
func (c *client) Sent() {
	if !c.is(uConnected) {
		return
	}
	c.setBool(uSending, false)
	if c.get(uConnState) == stateSending {
		c.set(uConnState, stateWaiting)
		c.arm(sendTimeout)
		return
	}
	c.armKeepalive()
	n := c.head()
	if n.at == 0 {
		return
	}
	switch kind := n.kind(); kind {
	case typePublish:
		if n.qos() != 0 {
			return
		}
		conn := c.conn
		c.dequeue()
		c.call(uOnPubAck, nil)
		if c.conn == conn {
			c.sendNext()
		}
	case typePubAck, typePubComp, typePingReq:
		c.dequeue()
		c.sendNext()
	case typeDisconnect:
		c.dequeue()
		c.disconnect()
	}
}

// timeout is the timer's function (mqtt_socket_timer). PINGREQ is sent only when nothing waits.
func (c *client) timeout() {
	if c.conn == nil {
		return
	}
	switch c.get(uConnState) {
	case stateSending:
		c.giveUp(failSending)
	case stateWaiting:
		c.giveUp(failReceiving)
	case stateAccepted:
		switch {
		case c.head().at != 0:
		case c.is(uPingWaits):
			c.disconnect()
		default:
			c.answer(typePingReq, 0)
			c.setBool(uPingWaits, true)
			c.sendNext()
		}
	}
}

// giveUp ends a connection whose CONNECT was in vain, for a reason.
func (c *client) giveUp(reason int) {
	c.set(uConnState, stateInit)
	c.disconnect()
	c.failed(reason)
}

// Failed implements espconn.Handler (mqtt_socket_reconnected): also long after CONNACK this is a
// connection that failed. The callback may have connected anew, where the firmware takes the new
// connection's records away.
func (c *client) Failed(espconn.Err) {
	c.timer.Disarm()
	conn := c.conn
	c.failed(failServer)
	if c.conn == conn {
		c.over()
	}
}

// Disconnected implements espconn.Handler. The firmware says who is to hear of that when it is
// connected. So if a broker ends a secure connection in the handshake, nobody is told, and the
// client stays as it is, and in use, until it connects again.
func (c *client) Disconnected() {
	if c.is(uConnected) {
		c.over()
	}
}

// over ends a connection: all is given back before the callback, which may connect anew
// (mqtt_socket_disconnected).
func (c *client) over() {
	c.timer.Disarm()
	c.dropQueue()
	c.freeBuffer()
	c.set(uSkip, 0)
	c.set(uReceiving, takePackets)
	if c.conn != nil {
		c.conn.Free()
		c.conn = nil
	}
	self := c.get(uSelf)
	c.set(uSelf, state.NoRef)
	if c.is(uConnected) {
		c.setBool(uConnected, false)
		if f := c.get(uOnOffline); f != state.NoRef && self != state.NoRef {
			L := c.L
			top := L.GetTop()
			L.RawGetI(state.RegistryIndex, int64(f))
			L.RawGetI(state.RegistryIndex, int64(self))
			L.PCallX(1, 0)
			L.SetTop(top)
		}
	}
	c.L.Unref(state.RegistryIndex, self)
}

// end takes the connection away from a client that is collected.
func (c *client) end() {
	c.timer.Disarm()
	if conn := c.conn; conn != nil {
		c.conn = nil
		conn.Abandon()
		conn.Free()
	}
}
