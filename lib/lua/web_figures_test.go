package lualib_test

import (
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"moonlet.example/moonlet/moonlettest"
)

const (
	joined = `wifi.setmode(wifi.STATION) wifi.sta.config{ ssid = "home" } tmr.create():alarm(1, 0, function() end)`
	server = `s = require("httpd").new{ port = 80 }
s:route("GET", "/", function(q, r) r:send("hello") end)
s:route("GET", "/*", function(q, r) r:file(q.rest, "www/") end)`
)

// asking connects to the module's server and asks for something, as often as it is said.
func asking(n int) func(t *testing.T, m *moonlettest.Module) {
	return func(_ *testing.T, m *moonlettest.Module) {
		for range n {
			c := m.Dial(80)
			c.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			c.Expect("hello")
		}
	}
}

// httpdFigures are those of httpd.
var httpdFigures = []figure{
	{label: "`httpd` in the store", store: true, library: "httpd", code: `httpd = require "httpd"`},
	{label: "a server with two routes", store: true, library: "httpd", before: joined + ` require "httpd"`, code: server},
	{label: "one client that is connected", store: true, library: "httpd", before: joined + server, code: ``, drive: asking(1)},
	{label: "four clients that are connected", store: true, library: "httpd", before: joined + server, code: ``, drive: asking(4)},
}

// downloading starts a request to a server that ends its answer behind the head or in the midst of the body.
func downloading(where string) func(t *testing.T, m *moonlettest.Module) {
	return func(t *testing.T, m *moonlettest.Module) {
		s := serve(t, func(c net.Conn, _ rawRequest) {
			if where == "body" {
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n"+string(make([]byte, 5000)))
			}
			time.Sleep(5 * time.Second)
		})
		m.Enter(fmt.Sprintf(`fetch.get("http://server.lan:%d/", { timeout = 600000, on = { data = function() end } }, print)`, s.port))
	}
}

// updating starts an update whose image stops in its midst.
func updating(t *testing.T, m *moonlettest.Module) {
	image := string(make([]byte, 10000))
	r := release{"2", image}
	s := serve(t, func(c net.Conn, q rawRequest) {
		text := r.response(q)
		if q.path != "/app.txt" {
			text = text[:6000]
		}
		_, _ = io.WriteString(c, text)
		if q.path != "/app.txt" {
			time.Sleep(5 * time.Second)
		}
	})
	m.Enter(fmt.Sprintf(`ota.check{ url = "http://server.lan:%d/app.txt", timeout = 600000 }`, s.port))
}

// fetchFigures are those of fetch.
var fetchFigures = []figure{
	{label: "`fetch` in RAM, from compiled code", library: "fetch", compiled: true, code: `fetch = dofile "fetch.lc"`},
	{label: "`fetch` in the store", store: true, library: "fetch", code: `fetch = require "fetch"`},
	{label: "a request that waits for its answer", store: true, library: "fetch", before: joined + ` fetch = require "fetch"`, drive: downloading("head")},
	{label: "a download in the midst of its body", store: true, library: "fetch", before: joined + ` fetch = require "fetch"`, drive: downloading("body")},
}

// otaFigures are those of ota.
var otaFigures = []figure{
	{label: "`ota` in RAM, from compiled code, for boot", library: "ota", compiled: true, code: `ota = dofile "ota.lc"`},
	{label: "`ota` in RAM, after boot, when nobody has it any more", library: "ota", compiled: true, code: `dofile("ota.lc").boot()`},
	{label: "`ota`, `otacheck` and `fetch` in the store", store: true, library: "ota", needs: []string{"otacheck", "fetch"}, code: `ota = require "ota" otacheck = require "otacheck" fetch = require "fetch"`},
	{label: "a check that downloads an image", store: true, library: "ota", needs: []string{"otacheck", "fetch"}, before: joined + ` ota = require "ota" ota.say = function() end otacheck = require "otacheck" fetch = require "fetch"`, drive: updating},
}

// TestHTTPDInRAM holds what the page says of httpd in RAM.
func TestHTTPDInRAM(t *testing.T) {
	f := figure{library: "httpd", compiled: true, code: `httpd = dofile "httpd.lc"`}
	onPage(t, fmt.Sprintf("Loaded into RAM it takes %d bytes on Lua 5.3, and on 5.1 it does not fit", f.measure(t, "5.3")))
}
