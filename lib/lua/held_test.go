package lualib_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/moonlettest"
)

// holder is a module that connects to the servers of the first one in its network, and does not read: on this
// computer the system would do that for it, some megabytes.
const holder = `
wifi.setmode(wifi.STATION) wifi.sta.config{ssid = "home"}
local function expects(c, list)
  c:on("receive", function(_, text)
    print("<" .. text .. ">")
    for code, say in pairs(list) do if text:find(code, 1, true) then say(c, text) end end
  end)
  c:on("disconnection", function() print "ended" end)
end
function ftpGuest()
  local c = net.createConnection()
  expects(c, {
    ["220 "] = function() c:send "USER me\r\n" end,
    ["331 "] = function() c:send "PASS secret\r\n" end,
    ["230 "] = function() c:send "EPSV\r\n" end,
    ["229 "] = function(_, text)
      data = net.createConnection()
      data:on("connection", function(d) d:hold() c:send "RETR large\r\n" end)
      data:on("receive", function() end)
      data:connect(tonumber(text:match "|||(%d+)|"), "192.168.0.111")
    end,
  })
  c:connect(21, "192.168.0.111")
end
function telnetGuest()
  local c = net.createConnection()
  c:on("connection", function() c:hold() c:send "for i = 1, 100 do print(i) end\nprint(1)\nprint(2)\n" end)
  c:on("receive", function() end)
  c:on("disconnection", function() print "ended" end)
  c:connect(23, "192.168.0.111")
end
function floodGuest() -- sends and does not read
  local c = net.createConnection()
  c:on("connection", function() c:hold() c:send(("HELP\r\n"):rep(200)) end)
  c:on("sent", function() c:send(("HELP\r\n"):rep(200)) end)
  c:on("receive", function() end)
  c:on("disconnection", function() print "ended" end)
  c:connect(21, "192.168.0.111")
end
`

// TestNobodyReads is guests who take nothing, while the application prints on.
func TestNobodyReads(t *testing.T) {
	for _, edition := range editions {
		t.Run("Lua-"+edition, func(t *testing.T) {
			t.Parallel()
			air := moonlet.NewNetwork()
			p := place{edition: edition, store: true, options: []moonlet.Option{moonlet.On(air)}}
			server := p.start(t, map[string]string{"large": strings.Repeat("x", 60_000)}, listening+`
telnet = require "telnet" telnet.open{} ftp = require "ftp" ftp.open { user = "me", password = "secret", idle = 200 }
function talk() talker = tmr.create() talker:alarm(20, tmr.ALARM_AUTO, function() print(('x'):rep(200)) end) end
print "ready"`, "telnet", "ftp")
			guest := moonlettest.New(t, moonlet.Config{Files: map[string]string{"init.lua": holder}}, moonlet.On(air))
			run := func(d time.Duration) {
				t.Helper()
				if err := air.RunFor(d); err != nil {
					t.Fatal(err)
				}
			}
			run(5 * time.Second)
			heldGuests(t, server, guest, run)
			startedOnce(t, server)
		})
	}
}

// heldGuests lets guests come until they leave nothing behind.
func heldGuests(t *testing.T, server, guest *moonlettest.Module, run func(time.Duration)) {
	t.Helper()
	wait := func(text string, most time.Duration) {
		t.Helper()
		for range most / time.Second {
			if run(time.Second); strings.Contains(guest.Unread(), text) {
				guest.Skip()
				return
			}
		}
		t.Fatalf("%q does not come:\n%s", text, guest.LastLines(20))
	}
	measure := func() rest {
		run(12 * time.Second) // connections of both have gone
		return settleIn(t, server, run)
	}
	var all []rest
	for i := range 6 {
		guest.Enter("ftpGuest()")
		wait("<426 ", 100*time.Second)
		guest.Enter("data:unhold() data = nil")
		wait("421", 300*time.Second) // and says nothing more
		guest.Enter("floodGuest()")
		wait("ended", 200*time.Second)
		guest.Enter("telnetGuest()")
		run(2 * time.Second)
		server.Enter("talk()") // which is not heard on the serial port
		run(2 * time.Second)
		server.Skip()
		run(30 * time.Second)
		if text := server.Unread(); strings.Contains(text, strings.Repeat("x", 200)) {
			t.Errorf("the guest has the console, but there is %.300s", text)
		}
		wait("ended", 200*time.Second)
		server.Skip()
		run(5 * time.Second)
		if text := server.Unread(); !strings.Contains(text, strings.Repeat("x", 200)) {
			t.Errorf("the serial port has the console, but there is %.300s", text)
		}
		server.Enter("talker:unregister() talker = nil")
		all = append(all, measure())
		if i > 0 && all[i].heap >= all[i-1].heap && all[i].objects == all[0].objects {
			t.Log(all)
			return
		}
	}
	t.Errorf("the heap shrinks, or something stays in use: %+v", all)
}
