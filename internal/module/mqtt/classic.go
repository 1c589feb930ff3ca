package mqtt

import "moonlet.example/moonlet/internal/lua/state"

// Two things that older firmware takes in another sense (app/modules/mqtt.c of
// 2.2.1-master_20181207): a client asks for a clean session if nobody says anything, until
// 3.0.0-release_20210201, and connect has a number behind the one for a secure connection, for
// connecting again by itself, until 3.0-master_20190907. The number is taken here and has no effect.

var classicObject = &state.ROTable{Name: typeName}

// Classic declares mqtt in that sense.
var Classic = func() state.Module {
	m := Module
	t := &state.ROTable{Name: m.Table.Name, Entries: append([]state.Entry(nil), m.Table.Entries...)}
	t.Entries[0] = state.Fn("Client", classicClient)
	m.Table, m.Tables = t, []*state.ROTable{classicObject}
	m.Open = func(L state.State) int {
		L.ROMetatable(typeName, classicObject)
		return 0
	}
	return m
}()

// classicMethods are those of object with the old connect; object has them once the package is ready.
func classicMethods() (list []state.Entry) {
	for _, e := range object.Entries {
		switch e.Name {
		case "__index":
			e = state.Tab(e.Name, classicObject)
		case "connect":
			e = state.Fn(e.Name, classicConnect)
		}
		list = append(list, e)
	}
	return list
}

// classicClient is mqtt.Client, whose fifth argument is 1 unless it is there.
func classicClient(L state.State) int {
	makeClient(L, true)
	return 1
}

// classicConnect is client:connect(host, port, secure [, autoreconnect] [, ok [, fail]]), with numbers.
func classicConnect(L state.State) int {
	if !L.IsString(2) || !L.IsNumber(3) || L.Type(4) != state.Number {
		return connectTo(L)
	}
	if L.Type(5) == state.Number {
		L.Remove(5)
	}
	n, _ := L.ToInteger(4)
	L.PushBoolean(n != 0)
	L.Insert(4)
	L.Remove(5)
	return connectTo(L)
}
