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
var alsoAs = map[string]string{"tls.cert.": "net.cert.", "node.onerror": "node.setonerror"}

// reasons say why something has no test.
var reasons = map[string]string{
	"node.pt_map:lfs_addr":    keys,
	"node.pt_map:lfs_size":    keys,
	"node.pt_map:spiffs_addr": keys,
	"node.pt_map:spiffs_size": keys,
	"file.vol:umount":         "there is no other volume than the flash, and that cannot be unmounted",
}

const keys = "no method, but a key of node.getpartitiontable, which has a test"

// notHere are functions of the manual that the module has under another name, or not in this
// build.
var notHere = map[string]string{
	"file.chdir":             "SD cards only",
	"file.mount":             "SD cards only",
	"packet:ie_table":        "a field, not a method, whatever the manual says; TestMonitorCases reads it",
	"node.readvdd33":         "it is adc.readvdd33; the classic build has it",
	"pixbuf.buffer:__concat": "a metamethod",
	"pobj:write":             "pipe.obj:write",
}
