package websocket

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Owners are the types of this module whose objects have entries in the registry.
func Owners() []port.Owner {
	return []port.Owner{{Type: typeName, References: references}}
}

// references lists what a client has in the registry. One that is connected holds itself.
func references(m mem.Mem, at mem.Addr) (list []port.OwnedRef, inUse bool) {
	c := client{m: m, at: at}
	if c.data() == 0 {
		return nil, false
	}
	for _, r := range []struct {
		off  mem.Addr
		name string
	}{{refConnection, "connection"}, {refReceive, "receive"}, {refClose, "close"}} {
		if ref := c.ref(r.off); ref != state.NoRef {
			list = append(list, port.OwnedRef{Ref: ref, Name: `callback "` + r.name + `"`})
		}
	}
	if self := c.ref(refSelf); self != state.NoRef {
		list, inUse = append(list, port.OwnedRef{Ref: self, Name: "the client itself"}), true
	}
	return list, inUse
}
