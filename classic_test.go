package moonlet_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
)

// TestClassic: Config.Firmware chooses the classic interface; without it a call that changed
// silently is told as an event.
func TestClassic(t *testing.T) {
	const code = `srv = net.createServer(net.UDP) if tmr.alarm then tmr.alarm(0, 10, 0, function(n) print("rang", n) end) end`
	for _, firmware := range []string{"", "classic"} {
		c := app(code)
		c.Firmware = firmware
		var old []string
		m, err := moonlet.New(c, moonlet.OnEvent(func(e moonlet.Event) {
			if e, ok := e.(moonlet.OldCode); ok {
				old = append(old, e.String())
			}
		}))
		must(t, err)
		must(t, m.RunFor(time.Second))
		must(t, m.Close())
		if classic := firmware != ""; classic == (len(old) > 0) || len(old) > 0 && !strings.Contains(old[0], "init.lua:1: older firmware has net.createServer(net.UDP)") {
			t.Errorf("%q: %q", firmware, old)
		}
	}
	c := app("")
	c.Firmware = "old"
	if _, err := moonlet.New(c); err == nil || !strings.Contains(err.Error(), `there is "classic"`) {
		t.Error(err)
	}
}
