package net

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// datagram hears from a UDP socket.
func (e *endpoint) datagram(p []byte, from port.IP, srcPort uint16) {
	if !e.inUse() || e.socket().get(uReceive) == state.NoRef {
		return
	}
	e.call(uReceive, func(L state.State) int {
		L.PushBytes(p)
		L.PushInteger(int64(srcPort))
		L.PushString(from.String())
		return 3
	})
}

// sendTo is udpsocket:send.
func (u socket) sendTo() int {
	L := u.L
	p := uint16(L.CheckInteger(2))
	if p == 0 {
		return L.Errorf("need port")
	}
	to, ok := port.ParseIP(cString(L, 3))
	if !ok {
		return L.Errorf("invalid IP address")
	}
	data := u.sendArgs(4)
	if u.endpoint() == nil {
		u.bindAny()
	}
	e := u.endpoint()
	if e == nil || u.get(uSelf) == state.NoRef {
		return L.Errorf("not connected")
	}
	err := e.udp.SendTo(data[:uint16(len(data))], to, p)
	if err == port.NetErrMem {
		return L.Errorf("cannot allocate message buffer")
	}
	if u.get(uSent) != state.NoRef {
		u.pushCallback(uSent)
		L.Call(1, 0)
	}
	return fail(L, err)
}

// bindAny opens a socket that was not told to listen.
func (u socket) bindAny() {
	L := u.L
	e := &endpoint{}
	var err port.NetErr
	if e.udp, err = network(L).BindUDP(port.IP{}, 0, e.datagram); err != port.NetOK {
		fail(L, err)
	}
	u.attach(e)
	u.holdSelf()
}
