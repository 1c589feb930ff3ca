package moonlet_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
)

// driver is a file of the firmware's lua_modules, as it is.
func driver(t *testing.T, path string) string {
	t.Helper()
	root := os.Getenv("MOONLET_FIRMWARE")
	if root == "" {
		t.Skip("MOONLET_FIRMWARE does not name a working copy of the firmware")
	}
	code, err := os.ReadFile(filepath.Join(root, "lua_modules", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(code)
}

// TestThermometerDrivers runs the firmware's own drivers of the DS18B20 on a bus with parts of all kinds,
// and compares what they tell with what the module ow reads.
func TestThermometerDrivers(t *testing.T) { editions(t, testThermometerDrivers) }

func testThermometerDrivers(t *testing.T) {
	integers := strings.HasSuffix(t.Name(), "-int")
	for _, name := range []string{"ds18b20", "ds18b20-integer"} {
		code := driver(t, "ds18b20/"+name+".lua")
		for _, c := range []struct {
			parasite bool
			want     string
		}{
			{false, "01:344 02:-162 03:2000"}, // 03: 125 °C
			{true, "01:344 02:-162 03:2000"},
		} {
			var out strings.Builder
			m := open(t, moonlet.Config{Time: moonlet.Virtual, Files: map[string]string{
				"ds18b20.lua": code,
				"init.lua": `local t = require "ds18b20"
					t:read_temp(function(temps)
						local own = {}
						for rom, degrees in pairs(temps) do
							ow.reset(3) ow.select(3, rom) ow.write(3, 0xBE)
							local p = ow.read_bytes(3, 9)
							local v = p:byte(1) + 256 * p:byte(2)
							if v > 32767 then v = v - 65536 end
							print("driver", rom:byte(7), degrees, v)
							own[#own + 1] = ("%02X:%d"):format(rom:byte(7), v)
						end
						table.sort(own)
						print("all " .. table.concat(own, " "))
					end, 3, t.C, true)`},
				Thermometers: []moonlet.DS18B20{
					{Pin: 3, ID: "000000000001", Temperature: moonlet.Quantity{Value: 21.5}},
					{Pin: 3, ID: "000000000002", Temperature: moonlet.Quantity{Value: -10.125}, Parasite: c.parasite},
					{Pin: 3, ID: "000000000003", Temperature: moonlet.Quantity{Value: 125}, Parasite: c.parasite},
				},
			}, moonlet.Printed(&out))
			if err := m.RunFor(10 * time.Second); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(out.String(), "all "+c.want) {
				t.Errorf("%s, parasite %v: %s", name, c.parasite, out.String())
			}
			for line := range strings.Lines(out.String()) {
				var rom, sixteenths int
				var degrees float64
				if !strings.HasPrefix(line, "driver") {
					continue
				}
				if _, err := fmt.Sscanf(line, "driver\t%d\t%g\t%d", &rom, &degrees, &sixteenths); err != nil {
					t.Errorf("%q: %v", line, err)
					continue
				}
				want := float64(sixteenths) / 16
				if name == "ds18b20-integer" {
					want *= 10000
				}
				if near := degrees-want < 1e-3 && want-degrees < 1e-3; !near && (!integers || math.Floor(want) != degrees) {
					t.Errorf("%s: %g degrees, and %g", name, degrees, want)
				}
			}
		}
	}
}
