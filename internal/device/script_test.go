package device_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
)

// TestScript does things to a board that works, waits, or sleeps.
func TestScript(t *testing.T) {
	for _, code := range []string{
		"print('boot', node.bootreason())",
		"print('boot', node.bootreason()) for i = 1, 1e6 do tmr.wdclr() end",
		"print('boot', node.bootreason()) tmr.create():alarm(1, 1, function() tmr.delay(900) end)",
		"print('boot', node.bootreason()) node.dsleep(0)",
	} {
		var steps []device.BoardStep
		for _, line := range []string{"2s reset", "1.5s power", "1s reset"} {
			s, err := device.ParseBoardStep(line)
			if err != nil {
				t.Fatal(err)
			}
			steps = append(steps, s)
		}
		m := startConfig(t, device.Config{StateDir: stateWith(t, "init.lua", code), Script: steps, EndAt: 5 * time.Second})
		m.Run(t.Context())
		var boots []string
		for line := range strings.Lines(m.printed()) {
			if strings.HasPrefix(line, "boot") {
				boots = append(boots, strings.TrimSpace(line[5:]))
			}
		}
		if got := strings.Join(boots, ", "); got != "1\t0, 2\t6, 1\t0, 2\t6" {
			t.Errorf("%s: boots %q", code, got)
		}
		var at []time.Duration
		for _, e := range m.only(device.Rebooted) {
			at = append(at, e.At)
		}
		if len(at) != 2 || at[0].Round(time.Millisecond) != 2*time.Second || at[1].Round(time.Millisecond) != 4500*time.Millisecond {
			t.Errorf("%s: resets at %v", code, at)
		}
	}
	for line, want := range map[string]string{"reset": "want a time and an action", "1 reset": `"1" is no time`, "0s power": `"0s" is no time`,
		"1s off": `unknown action "off"; there are reset, power`, "1s reset now": "want a time and an action"} {
		if _, err := device.ParseBoardStep(line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", line, err)
		}
	}
}
