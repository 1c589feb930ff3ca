package main

// events are those that functions named on take, by the type.
var events = map[string][]string{
	"file.on":             {"rtc"},
	"mqtt.socket:on":      {"connect", "connfail", "offline", "message", "overflow", "puback", "suback", "unsuback"},
	"net.tcpsocket:on":    {"connection", "reconnection", "disconnection", "receive", "sent", "dns"},
	"net.udpsocket:on":    {"receive", "sent", "dns"},
	"tls.socket:on":       {"connection", "reconnection", "disconnection", "receive", "sent", "dns"},
	"uart.on":             {"data", "error"},
	"websocket.client:on": {"connection", "receive", "close"},
}

// alsoAs are tables that stand in two places, and tests know them by the other one.
var alsoAs = map[string]string{"tls.cert.": "net.cert."}

// reasons say why something has no test.
var reasons = map[string]string{
	"node.onerror":    "it is called by tests of device, at internal/device/calls_test.go",
	"file.vol:umount": "there is no other volume than the flash, and that cannot be unmounted",
}

// notHere are functions of the manual that the module has under another name, or not in this
// build.
var notHere = map[string]string{
	"file.chdir":             "SD cards only",
	"file.mount":             "SD cards only",
	"node.readvdd33":         "it is adc.readvdd33; the classic build has it",
	"pixbuf.buffer:__concat": "a metamethod",
	"pobj:write":             "pipe.obj:write",
}
