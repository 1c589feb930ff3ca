package project

import (
	"fmt"
	"strings"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/port"
)

// Form is how often and in which form a flag is given.
type Form int

// The forms.
const (
	FormValue  Form = iota // once
	FormSwitch             // once, and without a value it means true
	FormList               // once per entry
	FormPairs              // once per entry, NAME=VALUE
	FormTables             // once per entry, NAME=VALUE,NAME=VALUE
)

// Key is something that a project file or a flag can say.
type Key struct {
	Name  string // in the file, with a dot between table and key
	Flag  string // without the dashes
	Value string // placeholder in help texts
	Usage string
	Group string
	Form  Form
}

// Setting is a flag with its value.
type Setting struct{ Flag, Value string }

// Groups of keys, in the order in which help shows them.
func Groups() []string {
	return []string{"Module", "Files", "Time", "Network", "Wi-Fi", "Memory", "Pins"}
}

// byDefault is a usage text with a default.
func byDefault(text string, n int) string { return fmt.Sprintf("%s (default: %d)", text, n) }

// Keys lists all keys.
func Keys() []Key {
	use := port.DefaultSDKMemory()
	return []Key{
		{"profile", "profile", "NAME", `kind of module; there is ` + chip.Names(), "Module", FormValue},
		{"lua", "lua", "EDITION", `edition of Lua; there is "5.3"`, "Module", FormValue},
		{"modules", "modules", "NAME,...", `modules of the firmware, as its banner lists them (default: all that there are:
` + strings.Join(firmware.ModuleNames(), ", ") + ")", "Module", FormList},
		{"number", "number", "MODEL", `numbers: int32, int64 or mixed (32-bit integers, 64-bit floats)`, "Module", FormValue},
		{"heap", "heap", "BYTES", `free heap at the prompt, as in 45056 or 44KB`, "Module", FormValue},
		{"lfs", "lfs", "BYTES", `size of the partition of the Lua Flash Store, as in 64KB (default: none, or
128KB with lfs_files)`, "Module", FormValue},
		{"lfs_files", "lfs-file", "PATTERN", `Lua files that are compiled into the store, as in "lfs/*.lua"`, "Files", FormList},
		{"chip_id", "chip-id", "N", "number of the chip, 1 to 0xFFFFFF", "Module", FormValue},
		{"seed", "seed", "N", "seed of the chip's random numbers", "Module", FormValue},

		{"files", "file", "PATTERN", `files for the flash memory, relative to the project; "a/./b" is named "b" there
(default: the visible files of the directory itself without moonlet.toml, *.md and images of chips)`, "Files", FormList},
		{"flash", "flash", "FILE", `keep the module's flash memory in one file, the image of its chip, which is made if
there is none (default: a directory of files, see state)`, "Files", FormValue},
		{"flash_size", "flash-size", "BYTES", `size of a new chip: 512KB, 1MB, 2MB, 4MB, 8MB or 16MB (default: 4MB)`, "Files", FormValue},
		{"state", "state", "DIR", "where the flash memory is kept (default: DIR/.moonlet)", "Files", FormValue},

		{"time", "time", "KIND", `"real", "virtual" (waiting takes no time), or a factor as in 10x`, "Time", FormValue},
		{"task_limit", "task-limit", "TIME", `report tasks that take longer, as in 15ms, or "off"`, "Time", FormValue},
		{"watchdog", "watchdog", "TIME", `reset the module after a task of that length, as in 3.2s, or "off"`, "Time", FormValue},
		{"unit_time", "unit-time", "TIME", "how long one unit of work takes on the chip, as in 1.25us", "Time", FormValue},

		{"listen", "listen", "IP", "address of this computer where servers are found (default: 127.0.0.1)", "Network", FormValue},
		{"ports", "port", "PORT=HOSTPORT", `where a server's port is found, as in 80=8080 or 80=any; other ports are found
at 8000 + port below 1024, else at their own number`, "Network", FormPairs},
		{"auto_ports", "auto-ports", "", "take another port if one that was not named is in use (default: true)", "Network", FormSwitch},
		{"hosts", "host", "NAME=IP", "address of a name, without a look-up", "Network", FormPairs},
		{"hosts_only", "hosts-only", "", "all other names are unknown", "Network", FormSwitch},
		{"network", "network", "WHAT", `what the module reaches: "all" as behind a router, "local" only what is named, or
"none" (default: all)`, "Network", FormValue},
		{"connect", "connect", "HOST:PORT=IP:PORT", `what the module sends to that name or address goes there, as in
broker.lan:1883=127.0.0.1:1883; "*" as both ports is all`, "Network", FormPairs},
		{"gateway_is_host", "gateway-is-host", "", "the address of the Wi-Fi's gateway leads to this computer", "Network", FormSwitch},

		{"wifi.networks", "wifi-network", "ssid=NAME,...", `a network: ssid, password, auth, hidden, bssid, channel, rssi, address, gateway,
dns, ntp, no_dhcp, dhcp_time, dhcp_timeout`, "Wi-Fi", FormTables},
		{"wifi.known_only", "wifi-known-only", "", "networks that were not named do not exist", "Wi-Fi", FormSwitch},
		{"wifi.script", "wifi-script", "STEP", `what happens, as in "10s drop @home"`, "Wi-Fi", FormList},

		{"memory.station", "memory-station", "BYTES", byDefault("heap that the SDK takes for a station", use.Station), "Memory", FormValue},
		{"memory.access_point", "memory-access-point", "BYTES", byDefault("for an access point", use.AccessPoint), "Memory", FormValue},
		{"memory.association", "memory-association", "BYTES", byDefault("for a connection to a network", use.Association), "Memory", FormValue},
		{"memory.client", "memory-client", "BYTES", byDefault("for each station at the module's own access point", use.Client), "Memory", FormValue},
		{"memory.scan_result", "memory-scan-result", "BYTES", byDefault("for each network that a scan finds, until it is told", use.ScanResult), "Memory", FormValue},
		{"memory.packet", "memory-packet", "BYTES", byDefault("for each packet, besides lwIP's part, until it is told", use.Packet), "Memory", FormValue},
		{"memory.lingering", "memory-lingering", "N", byDefault("closed TCP connections that stay on the heap at most (TIME_WAIT)", use.Lingering), "Memory", FormValue},

		{"levels", "level", "pin=P,level=L", "a pin that is connected to 0 or 1", "Pins", FormTables},
		{"wires", "wire", "from=P,to=P", "a wire between two pins", "Pins", FormTables},
		{"buttons", "button", "pin=P,level=L,...", `a button: name, pin, level while pressed, presses=AT+LENGTH as in 5s+200ms`, "Pins", FormTables},
		{"waves", "wave", "pin=P,low=T,high=T", "a square wave on a pin", "Pins", FormTables},
		{"adc.kind", "adc-kind", "KIND", "analog input: constant, ramp, sine or list", "Pins", FormValue},
		{"adc.value", "adc-value", "N", "constant: the value", "Pins", FormValue},
		{"adc.from", "adc-from", "N", "ramp: where it begins", "Pins", FormValue},
		{"adc.to", "adc-to", "N", "ramp: where it ends", "Pins", FormValue},
		{"adc.mean", "adc-mean", "N", "sine: its middle", "Pins", FormValue},
		{"adc.swing", "adc-swing", "N", "sine: how far it goes from there", "Pins", FormValue},
		{"adc.values", "adc-values", "N", "list: the next value", "Pins", FormList},
		{"adc.every", "adc-every", "TIME", "ramp and sine: length; list: time per value", "Pins", FormValue},
		{"adc.repeat", "adc-repeat", "", "ramp and list begin again", "Pins", FormSwitch},
		{"adc.noise", "adc-noise", "N", "how far noise goes to both sides", "Pins", FormValue},
		{"adc.noise_every", "adc-noise-every", "TIME", "time between two values of the noise", "Pins", FormValue},
	}
}
