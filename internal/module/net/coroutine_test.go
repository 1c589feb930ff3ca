package net_test

import (
	"regexp"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/sdk"
)

// Callbacks of look-ups that have their answer at once run on the main thread, also where a
// coroutine asked. An error in one is the main thread's: it ends the coroutine's resume as
// well, and what the coroutine was about stays undone.
func TestCallbacksOnMainThread(t *testing.T) { moduletest.Editions(t, testCallbacksOnMainThread) }

func testCallbacksOnMainThread(t *testing.T) {
	c := newChip(t, sdk.NewRealClock(10))
	c.join()
	c.Do(`
function asked(f)
  local co = coroutine.create(function() f() print "back" end)
  print(pcall(coroutine.resume, co))
  print(coroutine.status(co))
  return co
end
local function where(name)
  return function(s, ip)
    print(name, ip, select(2, coroutine.running()), (type(s)))
    print(pcall(coroutine.yield))
  end
end
asked(function() net.dns.resolve("1.2.3.4", where "resolve") end)
asked(function() net.createUDPSocket():dns("1.2.3.4", where "dns") end)
asked(function()
  local s = net.createConnection()
  s:on("dns", where "connect")
  s:connect(80, "1.2.3.4")
  s:close()
end)
local co = asked(function() net.dns.resolve("1.2.3.4", function() error "oops" end) end)
print(coroutine.resume(co))
-- the error passes all coroutines by
asked(function() print(coroutine.wrap(function() return pcall(net.dns.resolve, "1.2.3.4", function() error({}) end) end)()) end)
print(pcall(net.dns.resolve, "1.2.3.4", function() error("plain", 0) end))
print(select(2, coroutine.running()), coroutine.wrap(function(...) return ... end)(1))
collectgarbage()
`)
	want := `resolve 1.2.3.4 true nil
false attempt to yield from outside a coroutine
back
true true
dead
dns 1.2.3.4 true userdata
false attempt to yield from outside a coroutine
back
true true
dead
connect 1.2.3.4 true userdata
false attempt to yield from outside a coroutine
back
true true
dead
false test:22: oops
normal
false cannot resume non-suspended coroutine
false table
normal
false plain
true 1
`
	if c.Edition.Lua51 { // where running gives nothing on the main thread
		want = strings.NewReplacer(
			"1.2.3.4 true", "1.2.3.4 nil", "true 1\n", "nil 1\n", "yield from outside a coroutine", "yield across metamethod/C-call boundary",
			"resume non-suspended", "resume normal",
		).Replace(want)
	}
	got := strings.ReplaceAll(c.Printed(), "\t", " ")
	got = regexp.MustCompile("table: 0x[0-9a-f]+").ReplaceAllString(got, "table")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if err := c.Machine.CheckHeap(); err != nil {
		t.Error(err)
	}
}
