// Package net is the module net: TCP servers and connections, UDP sockets, name
// look-up and ping.
//
// A socket is a userdata with the firmware's layout (lnet_userdata of
// app/modules/net.c on a 32-bit processor). Its field pcb holds a handle for the
// endpoint, which is the host's part of it, and 0 where the firmware has NULL.
// The other fields are references into the registry, taken and released at the
// firmware's moments: a socket that is in use holds itself by self_ref.
//
// The firmware calls back unprotected. Here callbacks that the network causes go
// through the error task (PCallX), as those of the other modules do; those that
// come before the calling function returns raise to its caller, as there.
package net

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// Types of sockets, in the order of the firmware's enum net_type.
const (
	tcpServer = iota
	tcpClient
	udpSocket
)

// typeNames are the names of their userdata types.
var typeNames = [...]string{"net.tcpserver", "net.tcpsocket", "net.udpsocket"}

// Module declares net.
var Module = declare()

// WithCert declares net for a build with the module tls, whose table cert it has, too.
func WithCert(cert *state.ROTable) state.Module { return declare(state.Tab("cert", cert)) }

// declare declares net with more entries behind dns.
func declare(more ...state.Entry) state.Module {
	more = append(more, state.Int("TCP", tcpClient), state.Int("UDP", udpSocket))
	return state.Module{
		Name: "net",
		Table: &state.ROTable{Name: "net", Entries: append([]state.Entry{
			state.Fn("createServer", createServer),
			state.Fn("createConnection", createConnection),
			state.Fn("createUDPSocket", func(L state.State) int { create(L, udpSocket); return 1 }),
			state.Fn("ifinfo", ifinfo),
			state.Fn("multicastJoin", func(L state.State) int { return multicast(L, true) }),
			state.Fn("multicastLeave", func(L state.State) int { return multicast(L, false) }),
			state.Fn("ping", ping),
			state.Tab("dns", &state.ROTable{Name: "net_dns_map", Entries: []state.Entry{
				state.Fn("setdnsserver", setDNSServer),
				state.Fn("getdnsserver", getDNSServer),
				state.Fn("resolve", resolve),
			}}),
		}, more...)},
		Open: func(L state.State) int {
			for i, t := range methodTables {
				L.ROMetatable(typeNames[i], t)
			}
			return 0
		},
		Tables: methodTables[:],
		Procs:  []*state.Proc{pingReport},
	}
}

// methodTables are the metatables by type.
var methodTables = [...]*state.ROTable{
	tcpServer: methods(typeNames[tcpServer],
		state.Fn("listen", listen),
		state.Fn("getaddr", getaddr),
		state.Fn("close", closeSocket)),
	tcpClient: methods(typeNames[tcpClient],
		state.Fn("connect", connect),
		state.Fn("close", closeSocket),
		state.Fn("on", on),
		state.Fn("send", send),
		state.Fn("hold", hold),
		state.Fn("unhold", unhold),
		state.Fn("dns", dns),
		state.Fn("ttl", ttl),
		state.Fn("getpeer", getpeer),
		state.Fn("getaddr", getaddr)),
	udpSocket: methods(typeNames[udpSocket],
		state.Fn("listen", listen),
		state.Fn("close", closeSocket),
		state.Fn("on", on),
		state.Fn("send", send),
		state.Fn("dns", dns),
		state.Fn("ttl", ttl),
		state.Fn("getaddr", getaddr)),
}

// methods declares a metatable that is its own __index.
func methods(name string, entries ...state.Entry) *state.ROTable {
	t := &state.ROTable{Name: name}
	t.Entries = append([]state.Entry{state.Fn("__gc", collect), state.Tab("__index", t)}, entries...)
	return t
}

func chip(L state.State) port.Chip { return L.Host().(port.Chip) }

// network is the chip's TCP/IP stack. It raises an error where there is none.
func network(L state.State) port.Net {
	p, ok := port.NetOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoNet.Error())
	}
	return p
}

// createServer is net.createServer. Its argument is the idle time in seconds
// after which a client is asked for a sign of life.
func createServer(L state.State) int {
	tellOldServer(L)
	seconds := L.OptInteger(1, 30)
	u := create(L, tcpServer)
	u.set(uTimeout, int(int32(seconds)))
	return 1
}

// createConnection is net.createConnection.
func createConnection(L state.State) int {
	tellOldConnection(L)
	create(L, tcpClient)
	return 1
}

// Until 3.0-master_20200610 the first argument was the kind of the socket. No error tells that it is another
// thing now.

// kindArg is the kind of socket that the first argument names, and the index of the next one; 0 and 1
// if it names none.
func kindArg(L state.State) (kind, next int) {
	if n, ok := L.ToInteger(1); ok && L.Type(1) == state.Number && (n == tcpClient || n == udpSocket) {
		return int(n), 2
	}
	return 0, 1
}

// tellOldServer tells of a server that was to be one of UDP. Nothing is told of one of TCP, as the firmware's
// own pages have it to this day: its clients are asked for a sign of life earlier, which nobody notices.
func tellOldServer(L state.State) {
	if kind, _ := kindArg(L); kind == udpSocket {
		port.TellOldCall(L.Host(), "net.createServer(net.UDP)")
	}
}

// tellOldConnection tells of a connection that was to be one of UDP, or a secure one.
func tellOldConnection(L state.State) {
	secure := L.Type(2) == state.Boolean && L.ToBoolean(2)
	if n, ok := L.ToInteger(2); ok && n == 1 {
		secure = true
	}
	switch kind, _ := kindArg(L); {
	case kind == udpSocket:
		port.TellOldCall(L.Host(), "net.createConnection(net.UDP)")
	case kind == tcpClient && secure:
		port.TellOldCall(L.Host(), "net.createConnection(net.TCP, 1)")
	}
}

// fail raises what the firmware says for an error of lwIP, and returns 0 for
// none (lwip_lua_checkerr). Where a record cannot be made, all functions say the same.
func fail(L state.State, e port.NetErr) int {
	text := "unknown error"
	switch e {
	case port.NetOK:
		return 0
	case port.NetErrNoPCB:
		text = "cannot allocate PCB"
	case port.NetErrMem:
		text = "out of memory"
	case port.NetErrBuf:
		text = "buffer error"
	case port.NetErrTimeout:
		text = "timeout"
	case port.NetErrRoute:
		text = "routing problem"
	case port.NetErrInProgress:
		text = "in progress"
	case port.NetErrVal:
		text = "illegal value"
	case port.NetErrWouldBlock:
		text = "would block"
	case port.NetErrAborted:
		text = "connection aborted"
	case port.NetErrReset:
		text = "connection reset"
	case port.NetErrClosed:
		text = "connection closed"
	case port.NetErrConn:
		text = "not connected"
	case port.NetErrArg:
		text = "illegal argument"
	case port.NetErrInUse:
		text = "address in use"
	case port.NetErrIf:
		text = "netif error"
	case port.NetErrIsConn:
		text = "already connected"
	}
	return L.Errorf("%s", text)
}
