package net_test

import (
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/sdk"
)

// A name that cannot be looked up ends the attempt to connect. A socket that waits for another
// name is told so as well, before the error comes; its look-up goes on.
func TestConnect_NameThatCannotBeLookedUp(t *testing.T) {
	moduletest.Editions(t, testConnect_NameThatCannotBeLookedUp)
}

func testConnect_NameThatCannotBeLookedUp(t *testing.T) {
	c := newChip(t, sdk.NewRealClock(100))
	c.join()
	c.Do(`
local function try(what, s, name)
  s:on("disconnection", function(k, e) print(what, k == s, e) end)
  print(what, pcall(s.connect, s, 80, name))
  print(what, pcall(s.close, s))
end
local long = ("x"):rep(256)
try("idle", net.createConnection(), long)
local busy = net.createConnection()
busy:dns("unknown.example", function(s, ip) print("dns", ip) end)
try("busy", busy, long)
try("again", busy, "")
busy:on("reconnection", function(k, e) print("reconnection", e) end)
try("other", busy, long)
busy:on("reconnection", function() error("oops", 0) end)
try("error", busy, long)
`)
	c.WaitFor(func() bool { return strings.Contains(c.Out.String(), "dns\t") })
	want := `idle	false	illegal argument
idle	false	not connected
busy	true	-8
busy	false	illegal argument
busy	false	not connected
again	true	-8
again	false	illegal argument
again	false	not connected
reconnection	-8
other	false	illegal argument
other	false	not connected
error	false	oops
error	false	not connected
dns	nil
`
	if got := c.Printed(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
