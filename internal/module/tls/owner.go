package tls

import (
	"slices"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Owners are the types of this module whose objects have entries in the registry.
func Owners() []port.Owner {
	return []port.Owner{{Type: typeName, References: references}}
}

// references lists what a socket has in the registry. One that is in use holds itself.
func references(m mem.Mem, at mem.Addr) (list []port.OwnedRef, inUse bool) {
	u := socket{m: m, at: at}
	for name, off := range events {
		if ref := u.ref(off); ref != state.NoRef {
			list = append(list, port.OwnedRef{Ref: ref, Name: `callback "` + name + `"`})
		}
	}
	slices.SortFunc(list, func(a, b port.OwnedRef) int { return a.Ref - b.Ref })
	if self := u.ref(offSelf); self != state.NoRef {
		list, inUse = append(list, port.OwnedRef{Ref: self, Name: "the socket itself"}), true
	}
	return list, inUse
}
