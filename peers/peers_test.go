// Package peers has tests in which modules talk to programs that others have written: brokers,
// servers, responders and clients. It is a Go module of its own, so that Moonlet's has none of
// their code.
package peers

import (
	_ "github.com/coder/websocket"
	_ "github.com/eclipse/paho.mqtt.golang"
	_ "github.com/mochi-mqtt/server/v2"
	_ "github.com/mochi-mqtt/server/v2/listeners"

	_ "moonlet.example/moonlet/moonlettest"
)
