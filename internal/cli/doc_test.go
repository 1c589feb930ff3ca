package cli_test

import (
	"encoding/json"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/cli"
	"moonlet.example/moonlet/internal/manual"
)

func TestDoc(t *testing.T) {
	for _, c := range []struct{ word, want string }{
		{"tmr.create", "tmr.create() -> timer\n    A timer that does nothing yet."},
		{"tmr.create", "bytes stay"},
		{"alarm", "tmr.timer:alarm(milliseconds, mode, function)"},
		{"t:alarm", "tmr.timer:alarm(milliseconds, mode, function)"},
		{"tmr", "tmr.now() -> microseconds\n    The time since the start"},
		{"STA_GOT_IP", "All editions of Lua; module wifi."},
		{"gpio.OUTPUT", "gpio.INPUT, gpio.OUTPUT, gpio.OPENDRAIN, gpio.INT\n"},
		{"math.type", "Lua 5.3."},
		{"setfenv", "Lua 5.3 has not got it."},
		{"tmr.suspend_all", "only in builds with the option timer_suspend"},
		{"tmr.alarm", "instead: tmr.create():alarm(time, mode, function)"},
		{"wifi.sta.config", "is of older firmware"},
		{"cjson", "Gone since 2.1.0"},
		{"watchdog", "tmr.softwd(seconds)"},
		{"wifi.eventmon", "wifi.eventmon.register(event [, function])"},
	} {
		w := newWorld("", nil)
		if w.run(t, 0, "", "", "doc", c.word); !strings.Contains(strings.ToLower(w.out.String()), strings.ToLower(c.want)) {
			t.Errorf("doc %s: there is no %q in\n%s", c.word, c.want, w.out.String())
		}
	}
	newWorld("", nil).run(t, 0, "sjson          JSON.", "", "doc")
	newWorld("", nil).run(t, cli.ExitUsage, "", "tmr.create is near", "doc", "tmr.creeat")
	newWorld("", nil).run(t, cli.ExitUsage, "", "ucg is not in Moonlet yet", "doc", "ucg")

	w := newWorld("", nil)
	w.run(t, 0, "", "", "doc", "net.createServer", "bit.band", "--json")
	var list []struct {
		Name, Does string
		Editions   []string
		Heap       []struct {
			Lua        string
			StaysBytes int `json:"stays_bytes"`
		}
	}
	if err := json.Unmarshal([]byte(w.out.String()), &list); err != nil || len(list) != 2 || len(list[0].Heap) != 3 || list[0].Heap[1].Lua != "5.1" || list[0].Heap[0].StaysBytes < 20 || len(list[1].Heap) != 0 || len(list[1].Editions) != 3 {
		t.Errorf("%v, %+v", err, list)
	}
}

// TestDoc_Examples holds that all that is measured can be.
func TestDoc_Examples(t *testing.T) {
	m, err := manual.Read()
	if err != nil {
		t.Fatal(err)
	}
	measured := 0
	for _, n := range m.Names() {
		if n.Entry.Try == "" {
			continue
		}
		measured++
		w := newWorld("", nil)
		w.run(t, 0, "", "", "doc", n.Name, "--json")
		if got := strings.Count(w.out.String(), "stays_bytes"); got != len(n.Editions) {
			t.Errorf("%s is measured in %d of %d editions: %s", n.Name, got, len(n.Editions), w.out.String())
		}
	}
	if measured < 30 {
		t.Errorf("%d are measured", measured)
	}
}
