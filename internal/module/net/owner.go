package net

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// refName is the name of a field that holds a callback, in the words of socket:on.
func refName(kind int, field state.Addr) string {
	if kind == tcpServer {
		return "the callback of listen"
	}
	switch field {
	case uConnect:
		return `callback "connection"`
	case uDisconnect:
		return `callback "disconnection"`
	case uReconnect:
		return `callback "reconnection"`
	case uDNS:
		return `callback "dns"`
	case uReceive:
		return `callback "receive"`
	}
	return `callback "sent"`
}

// Owners are the types of this module whose objects have entries in the registry. Those
// that net.ping leaves there have no type.
func Owners() (list []port.Owner) {
	for kind, name := range typeNames {
		list = append(list, port.Owner{Type: name, References: func(m mem.Mem, at mem.Addr) ([]port.OwnedRef, bool) {
			return references(socket{m: m, at: at}, kind)
		}})
	}
	return append(list, port.Owner{Type: classicType, References: func(m mem.Mem, at mem.Addr) ([]port.OwnedRef, bool) {
		return references(socket{m: m, at: at}, udpSocket)
	}})
}

// references lists what a socket has in the registry. One that is in use holds itself.
func references(u socket, kind int) (list []port.OwnedRef, inUse bool) {
	for _, f := range referencesOf(kind) {
		if ref := u.get(f); ref != state.NoRef {
			list = append(list, port.OwnedRef{Ref: ref, Name: refName(kind, f)})
		}
	}
	if self := u.get(uSelf); self != state.NoRef {
		list, inUse = append(list, port.OwnedRef{Ref: self, Name: "the socket itself"}), true
	}
	return list, inUse
}
