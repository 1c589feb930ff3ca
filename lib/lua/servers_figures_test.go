package lualib_test

import (
	"fmt"
	"testing"

	"moonlet.example/moonlet/moonlettest"
)

// onAir is what runs before a server is measured: the module is in a network in less than 3 s. What is printed goes
// to the serial port, also while somebody has the prompt.
const onAir = `wifi.setmode(wifi.STATION)
wifi.sta.setip{ ip = "192.168.0.111", netmask = "255.255.255.0", gateway = "192.168.0.1" }
wifi.sta.config{ ssid = "home" }
function print(text) uart.write(0, text, "\n") end
`

const (
	telnetOpen = `telnet = require "telnet" telnet.open()`
	ftpOpen    = `ftp = require "ftp" ftp.open { user = "me", password = "secret", passive = 50000 }`
)

// telnetFigures are those of docs/library-servers.md, ## telnet.
var telnetFigures = []figure{
	{label: "`telnet` in RAM, open", library: "telnet", before: onAir, code: telnetOpen},
	{label: "`telnet` in the store, open", store: true, library: "telnet", before: onAir, code: telnetOpen},
	{label: "`telnet` in the store, with a guest at the prompt", store: true, library: "telnet", before: onAir, code: telnetOpen,
		drive: func(t *testing.T, m *moonlettest.Module) { m.Dial(23).Expect("> ") }},
	{label: "`telnet` in the store, after the guest has gone", store: true, library: "telnet", before: onAir, code: telnetOpen,
		drive: func(t *testing.T, m *moonlettest.Module) {
			c := m.Dial(23)
			c.Expect("> ")
			leave(m, c)
		}},
}

// ftpFigures are those of ## ftp.
var ftpFigures = []figure{
	{label: "`ftp` in the store, open", store: true, library: "ftp", before: onAir, code: ftpOpen},
	{label: "`ftp` in the store, with a client", store: true, library: "ftp", before: onAir, code: ftpOpen,
		drive: func(t *testing.T, m *moonlettest.Module) { ftpLogin(t, m) }},
	{label: "`ftp` in the store, with two clients", store: true, library: "ftp", before: onAir, code: ftpOpen,
		drive: func(t *testing.T, m *moonlettest.Module) {
			ftpLogin(t, m)
			ftpLogin(t, m)
		}},
	{label: "`ftp` in the store, during an upload", store: true, library: "ftp", before: onAir, code: ftpOpen,
		drive: func(t *testing.T, m *moonlettest.Module) {
			f := ftpLogin(t, m)
			d := f.passive()
			f.want(150, "STOR new")
			d.Send(fmt.Sprintf("%01000d", 0))
		}},
	{label: "`ftp` in the store, after the client has gone", store: true, library: "ftp", before: onAir, code: ftpOpen,
		drive: func(t *testing.T, m *moonlettest.Module) {
			f := ftpLogin(t, m)
			f.fetch("NLST", false)
			f.quit()
			m.Run(12 * 1e9) // what lingers has ended
		}},
}
