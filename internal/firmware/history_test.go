package firmware_test

import (
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/lua/editions"
)

// In Lua 5.1 messages have another form, and nothing of the language is missing that there is advice for.
func TestHint_Lua51(t *testing.T) {
	for message, want := range map[string]string{
		"a.lua:3: attempt to call field 'alarm' (a nil value)":                       "there is no alarm in Lua 5.1 of this firmware: older firmware has tmr.alarm(number, …)",
		"a.lua:3: attempt to index global 'cjson' (a nil value)\nstack traceback:\n": "now it is sjson",
		"a.lua:3: attempt to call field 'register' (a nil value)":                    "if that is tmr.register: older firmware",
		"a.lua:3: attempt to call field 'led' (a nil value)":                         "if that is node.led: older firmware has node.led",
		"a.lua:3: attempt to index field 'led' (a nil value)":                        "",
		"a.lua:3: attempt to call method 'register' (a nil value)":                   "",
		"a.lua:3: attempt to call field 'log10' (a nil value)":                       "",
		"a.lua:3: attempt to call global 'getfenv' (a nil value)":                    "",
		"a.lua:3: attempt to call field 'foreach' (a nil value)":                     "",
		"a.lua:3: attempt to get length of global 'arg' (a nil value)":               "",
		"a.lua:3: attempt to call field 'mine' (a nil value)":                        "",
		"a.lua:3: attempt to call a nil value":                                       "",
		`a.lua:3: invalid escape sequence near '"a\-'`:                               "",
		"a.lua:3: bad argument #1 to 'config' (config table not found!)":             "older firmware has wifi.sta.config(ssid, pwd); since",
		"a.lua:3: oh\na.lua:4: attempt to call field 'alarm' (a nil value)":          "",
	} {
		for _, integral := range []bool{false, true} {
			e := editions.Lua51(integral)
			got := firmware.Hint(e, message)
			if !strings.Contains(strings.Replace(got, " with integers", "", 1), want) || want == "" && got != "" {
				t.Errorf("%v, %q: %q", e, message, got)
			}
		}
	}
}

func TestHint(t *testing.T) {
	for message, want := range map[string]string{
		"init.lua:1: attempt to call a nil value (field 'foreach')\nstack":            `Lua 5.3 of this firmware: Lua 5.1 has table.foreach; here it is a loop with pairs`,
		"a.lua:3: attempt to call a nil value (field 'alarm')":                        "tmr.create():alarm",
		"a.lua:3: attempt to index a nil value (global 'cjson')":                      "sjson",
		`stdin:1: invalid escape sequence near '"a\-'`:                                `Lua 5.3 has no escape \-`,
		"a.lua:1: bad argument #2 to 'format' (number has no integer representation)": "x // 1",
		"a.lua:3: bad argument #1 to 'config' (config table not found!)":              "older firmware has wifi.sta.config(ssid, pwd); since",
		"a.lua:3: attempt to call a nil value (field 'register')":                     "if that is tmr.register: older firmware has tmr.register(number, …), until 2.2.1-master_20190405; now it is tmr.create():register(time, mode, function); --firmware classic has it as it was",
		"a.lua:3: attempt to call a nil value (field 'led')":                          "if that is node.led: older firmware has node.led",
		"a.lua:3: attempt to call a nil value (field 'init')":                         "",
		"a.lua:3: attempt to get length of a nil value (global 'arg')":                "here it is {...}",
		"a.lua:3: attempt to call a nil value (method 'register')":                    "",
		"a.lua:3: attempt to index a nil value (field 'state')":                       "",
		"a.lua:3: attempt to call a nil value (field 'mine')":                         "",
		"a.lua:3: oh\nattempt to call a nil value (global 'gcinfo')":                  "",
		"": "",
	} {
		if got := firmware.Hint(editions.Default(), message); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%q: %q", message, got)
		}
	}
}
