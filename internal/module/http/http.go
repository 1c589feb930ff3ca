// Package http is the module http: a client that asks for a page and gives all of it to a
// callback (app/modules/http.c, app/http/httpclient.c).
//
// One callback, in a static variable, serves all requests, as in the firmware: of two requests
// under way the one that ends first takes the newer callback, and the other has none. What a
// request consists of lies in blocks on the device heap, outside of Lua's account, that are
// taken and given back in the firmware's order. All texts are C strings: they end at a zero
// byte.
//
// In a build without TLS a URL with https:// is asked in plain text, at port 443, as in the
// firmware.
package http

import (
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// Module declares http.
var Module = state.Module{
	Name: "http",
	Table: &state.ROTable{Name: "http", Entries: []state.Entry{
		state.Fn("request", request),
		state.Fn("post", func(L state.State) int { return withBody(L, "POST") }),
		state.Fn("put", func(L state.State) int { return withBody(L, "PUT") }),
		state.Fn("delete", func(L state.State) int { return withBody(L, "DELETE") }),
		state.Fn("get", get),
		state.Int("OK", 0),
		state.Int("ERROR", failed),
	}},
	Open: func(L state.State) int {
		L.Mem().SetI32(callback(L), state.NoRef)
		return 0
	},
}

// failed is the status of a request that got no answer (HTTP_STATUS_GENERIC_ERROR).
const failed = -1

// callback is the place of the reference to the callback.
func callback(L state.State) state.Addr {
	return L.Host().(port.Chip).System().Static("http", 4)
}

// setCallback makes the function at index i the callback. Anything else leaves the one that
// there is.
func setCallback(L state.State, i int) {
	if !L.IsFunction(i) {
		return
	}
	at := callback(L)
	L.PushValue(i)
	L.Unref(state.RegistryIndex, int(L.Mem().I32(at)))
	L.Mem().SetI32(at, int32(L.Ref(state.RegistryIndex)))
}

// cText is a C string that may be NULL.
type cText struct {
	s     string
	there bool
}

// cut is s up to its first zero byte.
func cut(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// optional is the string or number at index i; whatever else is there is NULL.
func optional(L state.State, i int) cText {
	if !L.IsString(i) {
		return cText{}
	}
	return cText{cut(L.CheckString(i)), true}
}

// request is http.request(url, method [, headers [, body [, callback]]]).
func request(L state.State) int {
	url, method := cut(L.CheckString(1)), cut(L.CheckString(2))
	headers, body := optional(L, 3), optional(L, 4)
	setCallback(L, 5)
	return start(L, url, method, headers, body)
}

// withBody is http.post, http.put and http.delete(url [, headers [, body [, callback]]]).
func withBody(L state.State, method string) int {
	url := cut(L.CheckString(1))
	headers, body := optional(L, 2), optional(L, 3)
	setCallback(L, 4)
	return start(L, url, method, headers, body)
}

// get is http.get(url [, headers [, callback]]).
func get(L state.State) int {
	url, headers := cut(L.CheckString(1)), optional(L, 2)
	setCallback(L, 3)
	return start(L, url, "GET", headers, cText{})
}

// start begins a request.
func start(L state.State, url, method string, headers, body cText) int {
	n, ok := port.NetOf(L.Host())
	if !ok {
		return L.Errorf("%s", port.NoNet.Error())
	}
	main := L.MainThread()
	top := main.GetTop()
	c := client{main: main, net: n, tls: L.Host().(port.Chip).System().Build().SSL}
	c.open(url, method, headers, body, 0)
	main.SetTop(top)
	return 0
}

// answered calls the callback with a status and, unless that is failed, the body and a table
// of the headers. free gives back the memory of the answer, which all lies in; the firmware
// does so before the call.
func answered(L state.State, status int, body, all []byte, free func()) {
	at := callback(L)
	ref := int(L.Mem().I32(at))
	if ref == state.NoRef {
		return
	}
	top := L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(ref))
	L.PushInteger(int64(status))
	if status != failed {
		L.PushBytes(body)
		L.NewTable()
		for name, value := range headersOf(all) {
			b := L.NewBuffer()
			for _, c := range name {
				b.AddByte(lower(c))
			}
			b.PushResult()
			L.PushBytes(value)
			L.SetTable(-3)
		}
	} else {
		L.PushNil()
		L.PushNil()
	}
	free()
	L.Unref(state.RegistryIndex, ref)
	L.Mem().SetI32(at, state.NoRef)
	L.PCallX(3, 0)
	L.SetTop(top)
}
