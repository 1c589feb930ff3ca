package project_test

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/project"
	"moonlet.example/moonlet/internal/sim/radio"
)

// write makes files in a directory; names have slashes.
func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// open opens a project with that project file and an init.lua.
func open(t testing.TB, toml string, flags ...project.Setting) (*project.Project, error) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"init.lua": "", project.FileName: toml})
	return project.Open(dir, flags)
}

const everything = `
profile = "esp8266"
heap = "40KB"
chip_id = 0x123456
seed = 7
files = ["*.lua"]
state = "my state"
time = "10x"
task_limit = "20ms"
watchdog = "off"
unit_time = "2us"
listen = "0.0.0.0"
auto_ports = false
hosts_only = true
gateway_is_host = true

[ports]
80 = 8080
23 = "any"

[hosts]
Example = "192.168.1.2"

[wifi]
known_only = true
script = ["10s drop 200 @home"]

[[wifi.networks]]
ssid = "home"
password = "correct horse"
bssid = "02:00:5E:00:00:01"
channel = 11
rssi = -70
hidden = true
dhcp_time = "250ms"
address = "10.1.2.3/16"
dns = ["10.1.0.2"]

[[levels]]
pin = 1
level = 1

[[wires]]
from = 1
to = 2

[[buttons]]
name = "boost"
pin = 3
level = 0
presses = ["5s+200ms", { at = "10s", for = "1s" }]

[[encoders]]
a = 4
b = 6
push = 7
pace = "1ms"
steps = ["2s turn 3", "5s press 200ms"]

[[hx711]]
clock = 0
data = 12
b = 3
rate = 80

[[dht]]
pin = 2
model = "dht11"
humidity = 40

[[ds18b20]]
pin = 9
temperature = { kind = "ramp", from = 1, to = 2, every = "1m" }

[[ds18b20]]
pin = 9
temperature = -3.5
low = -20

[[waves]]
pin = 5
low = "1ms"
high = "2ms"

[memory]
station = "2KB"
packet = 0
client = 100

[adc]
kind = "sine"
mean = 512
swing = 100.5
every = "1m"
`

func TestEverything(t *testing.T) {
	p, err := open(t, everything)
	if err != nil {
		t.Fatal(err)
	}
	c := p.Config()
	if want := filepath.Join(p.Dir, "my state"); p.StateDir != want || c.StateDir != want {
		t.Errorf("state is in %s and %s, want %s", p.StateDir, c.StateDir, want)
	}
	if c.FreeHeap != 40<<10 || p.Heap() != 40<<10 || c.ChipID != 0x123456 || c.Seed != 7 {
		t.Errorf("heap %d, chip %x, seed %d", c.FreeHeap, c.ChipID, c.Seed)
	}
	want := device.DefaultSDKMemory()
	want.Radio.Station, want.Net.Packet, want.Radio.Client = 2048, 0, 100
	if c.SDKMemory == nil || *c.SDKMemory != want {
		t.Errorf("memory of the SDK: %+v", c.SDKMemory)
	}
	if c.TaskLimit != 20*time.Millisecond || c.SoftWatchdog >= 0 || c.UnitTime != 2*time.Microsecond || c.Clock.Jumps() {
		t.Errorf("times: %v %v %v", c.TaskLimit, c.SoftWatchdog, c.UnitTime)
	}
	n := c.Net
	if n.ListenIP != netip.AddrFrom4([4]byte{}) || n.Ports[80] != 8080 || n.AutoPorts || !n.HostsOnly || !n.GatewayIsHost ||
		n.Hosts["example"] != (port.IP{192, 168, 1, 2}) {
		t.Errorf("network: %+v", n)
	}
	if host, ok := n.Ports[23]; !ok || host != 0 || p.NamesPort(23) || !p.NamesPort(80) || p.NamesPort(81) {
		t.Errorf("ports: %v", n.Ports)
	}
	checkWiFi(t, c)
	b := c.Board
	if len(b.Levels) != 1 || len(b.Wires) != 1 || len(b.Waves) != 1 || b.ADC == nil || b.ADC.Swing != 100.5 {
		t.Errorf("board: %+v", b)
	}
	if k := b.Buttons[0]; k.Name != "boost" || len(k.Presses) != 2 || k.Presses[0].For != 200*time.Millisecond || k.Presses[1].At != 10*time.Second {
		t.Errorf("button: %+v", k)
	}
	if e := b.Encoders; len(e) != 1 || e[0].Push != 7 || e[0].Pace != time.Millisecond || len(e[0].Steps) != 2 || e[0].Steps[0].Turn != 3 {
		t.Errorf("encoders: %+v", e)
	}
	if s := b.Scales; len(s) != 1 || s[0].Data != 12 || s[0].B.Value != 3 || s[0].Rate != 80 {
		t.Errorf("scales: %+v", s)
	}
	if h := b.Hygrometers; len(h) != 1 || h[0].Model != "dht11" || h[0].Humidity.Value != 40 {
		t.Errorf("hygrometers: %+v", h)
	}
	if th := b.Thermometers; len(th) != 2 || th[0].Temperature.Every != time.Minute || th[0].High != 75 || th[1].Temperature.Value != -3.5 || th[1].Low != -20 {
		t.Errorf("thermometers: %+v", th)
	}
	if err := c.Board.Validate(); err != nil {
		t.Error(err)
	}
}

func checkWiFi(t *testing.T, c device.Config) {
	t.Helper()
	w := c.WiFi
	if !w.KnownOnly || len(w.Script) != 1 || w.Script[0].Action != radio.Drop || len(w.Networks) != 1 {
		t.Fatalf("Wi-Fi: %+v", w)
	}
	n := w.Networks[0]
	if n.SSID != "home" || n.Password != "correct horse" || n.Auth != port.AuthWPA2 || n.Channel != 11 || n.RSSI != -70 ||
		!n.Hidden || n.DHCPTime != 250*time.Millisecond || n.BSSID != (port.MAC{2, 0, 0x5E, 0, 0, 1}) {
		t.Errorf("network: %+v", n)
	}
	want := port.IPInfo{Addr: port.IP{10, 1, 2, 3}, Netmask: port.IP{255, 255, 0, 0}, Gateway: port.IP{10, 1, 0, 1}}
	if n.Address != want || len(n.DNS) != 1 {
		t.Errorf("address: %+v, DNS %v", n.Address, n.DNS)
	}
}

func TestFlagsWin(t *testing.T) {
	p, err := open(t, everything,
		project.Setting{Flag: "heap", Value: "30000"},
		project.Setting{Flag: "time", Value: "virtual"},
		project.Setting{Flag: "state", Value: "elsewhere"},
		project.Setting{Flag: "port", Value: "80=9090"},
		project.Setting{Flag: "port", Value: "8000=any"},
		project.Setting{Flag: "wifi-known-only", Value: "false"},
		project.Setting{Flag: "wifi-network", Value: `ssid=a,"password=with,comma",dns=1.1.1.1,dns=8.8.8.8`},
		project.Setting{Flag: "wifi-network", Value: "ssid=b,auth=open"},
		project.Setting{Flag: "button", Value: "pin=4,level=0,presses=1s+1s,presses=5s+1s"},
		project.Setting{Flag: "memory-association", Value: "1KB"},
		project.Setting{Flag: "adc-kind", Value: "constant"},
		project.Setting{Flag: "adc-value", Value: "3.5"})
	if err != nil {
		t.Fatal(err)
	}
	c := p.Config()
	if m := c.SDKMemory; m.Radio.Association != 1024 || m.Radio.Station != 2048 {
		t.Errorf("memory of the SDK: %+v", m)
	}
	if c.FreeHeap != 30000 || !c.Clock.Jumps() || p.StateDir != "elsewhere" || c.WiFi.KnownOnly {
		t.Errorf("heap %d, state %s", c.FreeHeap, p.StateDir)
	}
	if _, ok := c.Net.Ports[8000]; c.Net.Ports[80] != 9090 || !ok || len(c.Net.Ports) != 3 {
		t.Errorf("ports: %v", c.Net.Ports)
	}
	w := c.WiFi.Networks
	if len(w) != 2 || w[0].Password != "with,comma" || len(w[0].DNS) != 2 || w[1].SSID != "b" {
		t.Errorf("networks: %+v", w)
	}
	if b := c.Board.Buttons; len(b) != 1 || b[0].Pin != 4 || len(b[0].Presses) != 2 {
		t.Errorf("buttons: %+v", b)
	}
	if a := c.Board.ADC; a.Kind != "constant" || a.Value != 3.5 || a.Mean != 512 {
		t.Errorf("adc: %+v", a)
	}
}

// TestBadFiles: each message begins with the line and the key, and says what is
// wrong.
func TestBadFiles(t *testing.T) {
	for _, c := range []struct{ toml, want string }{
		{"heap = ", ":1: this is not TOML"},
		{"\nheap = 1\nheap = 2", ":3: this is not TOML"},
		{"\n\nhaep = 5", `:3: haep: there is no such key; did you mean "heap"?`},
		{"[wifi]\nknownonly = true", `:2: wifi.knownonly: there is no such key; did you mean "known_only"?`},
		{"[something]\na = 1", ":1: something: there is no such key; the keys are profile,"},
		{"heap = true", ":1: heap: want a number of bytes"},
		{"heap = \"44 bananas\"", `:1: heap: want a number of bytes, as in 45056 or "44KB", not "44 bananas"`},
		{"heap = -1", ":1: heap: want"},
		{"[memory]\nstation = -1", ":2: memory.station: want a number of bytes"},
		{"[memory]\nstaiton = 1", `:2: memory.staiton: there is no such key; did you mean "station"?`},
		{"profile = \"esp32\"", ":1: profile: there is no profile \"esp32\""},
		{"seed = \"x\"", ":1: seed: want a whole number, not \"x\""},
		{"chip_id = 0x1000000", ":1: chip_id: 16777216 is not possible: choose 1 to 16777215"},
		{"time = \"fast\"", `:1: time: "fast" is none of`},
		{"time = \"0x\"", `:1: time: "0x" is none of`},
		{"time = \"NaNx\"", `:1: time: "NaNx" is none of`},
		{"time = \"-NaNx\"", `:1: time: "-NaNx" is none of`},
		{"time = \"Infx\"", `:1: time: "Infx" is none of`},
		{"time = \"-0x\"", `:1: time: "-0x" is none of`},
		{"time = \"1e400x\"", `:1: time: "1e400x" is none of`},
		{"time = \"1e-400x\"", `:1: time: "1e-400x" is none of`},
		{"time = \"-1x\"", `:1: time: "-1x" is none of`},
		{"heap = \"NaN\"", `:1: heap: want a number of bytes`},
		{"heap = \"InfKB\"", `:1: heap: want a number of bytes`},
		{"heap = \"-0\"", `:1: heap: want a number of bytes`},
		{"heap = \"1e300\"", `:1: heap: want a number of bytes`},
		{"heap = \"2047.9999999MB\"", `:1: heap: want a number of bytes`},
		{"heap = \"2048MB\"", `:1: heap: want a number of bytes`},
		{"heap = 9223372036854775807", `:1: heap: want a number of bytes`},
		{"heap = nan", `:1: heap: want a number of bytes`},
		{"seed = 9223372036854775808", `:1: this is not TOML`},
		{"task_limit = \"9223372036s\"", `:1: task_limit: 2562047h47m16s is too long: choose 87600h0m0s or less, or "off"`},
		{"task_limit = \"1e30s\"", `:1: task_limit: want a time`},
		{"task_limit = \"NaNs\"", `:1: task_limit: want a time`},
		{"watchdog = \"9223372037s\"", `:1: watchdog: want a time`},
		{"unit_time = \"1001ms\"", `:1: unit_time: 1.001s is too long: choose 1s or less`},
		{"[[waves]]\npin = 1\nlow = \"200000h\"\nhigh = \"1s\"", ":3: waves[0].low: 200000h0m0s is too long"},
		{"[[wifi.networks]]\nssid = \"a\"\ndhcp_time = \"2562047h\"", ":3: wifi.networks[0].dhcp_time: 2562047h0m0s is too long"},
		{"[[buttons]]\npin = 1\npresses = [\"2562047h+2562047h\"]", `:3: buttons[0].presses[0]: want when and how long`},
		{"[wifi]\nscript = [\n\"87000h drop\",\n\"87000h accept\"]", ":4: wifi.script[1]: this is more than 87600h0m0s from the start"},
		{"[wifi]\nscript = [\n\"1s dhcp 2562047h\"]", ":3: wifi.script[0]: this is more than 87600h0m0s from the start"},
		{"[wifi]\nscript = [\n\"NaNs drop\"]", `:3: wifi.script[0]: "NaNs drop" of the Wi-Fi script: "NaNs" is no time`},
		{"watchdog = 3", `:1: watchdog: want a time with its unit, as in "1.5s" or "20ms", or "off", not 3`},
		{"unit_time = \"off\"", `:1: unit_time: want a time with its unit`},
		{"task_limit = \"1us\"", `:1: task_limit: 1µs is too short`},
		{"listen = \"localhost\"", `:1: listen: "localhost" is no IP address`},
		{"\n[ports]\n80 = 70000", ":3: ports.80: want the module's port"},
		{"ports = 5", ":1: ports: want a table, as in [ports], not 5"},
		{"[hosts]\na = \"::1\"", `:2: hosts.a: "::1" is no IP address`},
		{"network = \"open\"", `:1: network: "open" is none of "all", "local" and "none"`},
		{"[connect]\n\"a.lan\" = \"127.0.0.1:1\"", `:2: connect.a.lan: "a.lan" is not HOST:PORT; want the module's side`},
		{"[connect]\n\"a.lan:1\" = 5", `:2: connect.a.lan:1: want text in quotes, not 5`},
		{"connect = 5", ":1: connect: want a table"},
		{"files = \"*.lua\"", ":1: files: want a list"},
		{"files = [\n\"*.lua\",\n5]", ":3: files[1]: want text in quotes, not 5"},
		{"files = [\"*.lua\",\n \"nothing*\"]", `:2: files[1]: no file matches "nothing*"`},
		{"files = [\"../*.lua\"]", `:1: files[0]: "../*.lua" leads out of the project`},
		{"files = [\"[\"]", `:1: files[0]: "[" is no file pattern`},
		{"[[wifi.networks]]\nchannel = 1", ":1: wifi.networks[0].ssid: a network needs a name"},
		{"[[wifi.networks]]\nssid = \"a\"\n[[wifi.networks]]\nssid = \"b\"\nrssi = 5", ":5: wifi.networks[1].rssi: 5 is not possible: choose -128 to -1"},
		{"[[wifi.networks]]\nssid = \"a\"\npassword = \"short\"", ":3: wifi.networks[0].password: a password has 8 to 64 bytes, not 5"},
		{"[[wifi.networks]]\nssid = \"a\"\nauth = \"wpa3\"", `:3: wifi.networks[0].auth: "wpa3" is none of open, wep`},
		{"[[wifi.networks]]\nssid = \"a\"\naddress = \"10.0.0.1\"", `:3: wifi.networks[0].address: "10.0.0.1" is no address with the width`},
		{"[wifi]\nnetworks = [\n{ ssid = \"a\" },\n{ ssid = \"b\", chanel = 1 }]", `:4: wifi.networks[1].chanel: there is no such key; did you mean "channel"?`},
		{"[wifi]\nscript = [\n\"10s drop\",\n\"10s explode\"]", `:4: wifi.script[1]: "10s explode" of the Wi-Fi script: unknown action`},
		{"[[levels]]\npin = 1", ":1: levels[0].level: this key is missing"},
		{"[[levels]]\npin = 99\nlevel = 1", ":2: levels[0].pin: there is no pin 99"},
		{"[[buttons]]\npin = 1\npresses = [\"5s\"]", `:3: buttons[0].presses[0]: want when and how long`},
		{"[[buttons]]\npin = 1\n[[buttons.presses]]\nat = \"1s\"\nfor = \"0s\"", `:3: buttons[0].presses[0]: a press needs`},
		{"[[waves]]\npin = 1\nlow = \"1ms\"\nhigh = \"0s\"", ":1: waves[0]: each half must last"},
		{"[adc]\nkind = \"triangle\"", `:2: adc.kind: "triangle" is none of`},
		{"[adc]\nkind = \"ramp\"", `:1: adc.every: a ramp needs a time`},
		{"[adc]\nnoise = 1\nnoise_every = \"-1s\"", `:3: adc.noise_every: -1s is too short`},
		{"adc.value = nan", `:1: adc.value: want a number`},
		{"adc.value = -inf", `:1: adc.value: want a number`},
		{"adc.swing = 1e308", `:1: adc.swing: want a number from -1e9 to 1e9, not 1e+308`},
		{"[adc]\nvalues = [1, 2,\n-1e10]", `:3: adc.values[2]: want a number from -1e9 to 1e9`},
		{"[[encoders]]\na = 1\nb = 2\nsteps = [\"2s fly\"]", ":4: encoders[0].steps[0]: want when and what"},
		{"[[encoders]]\na = 1\nb = 2\nsteps = [\"2s press 1s\"]", ":4: encoders[0].steps[0]: there is no switch"},
		{"[[dht]]\npin = 1\nhumidity = { knd = 1 }", `:3: dht[0].humidity.knd: there is no such key; did you mean "kind"`},
		{"[[ds18b20]]\npin = 0", ":2: ds18b20[0].pin: pin 0 cannot be"},
		{"[[ds18b20]]\npin = 1\ntemperature = \"warm\"", ":3: ds18b20[0].temperature: want a number"},
		{"[[ds18b20]]\npin = 1\ntemperature = { kind = \"list\" }", ":3: ds18b20[0].temperature.values: a list needs"},
		{"\n[[buttons]]", ":2: buttons[0].pin: this key is missing"},
		{"wires = [\n{}]", ":2: wires[0].from: this key is missing"},
		{"a = 1\nb = 2", ":1: a: there is no such key"},
		{"a = 1\nb = 2", ":2: b: there is no such key"},
	} {
		_, err := open(t, c.toml)
		if err == nil {
			t.Errorf("%q is accepted", c.toml)
			continue
		}
		if !strings.Contains(err.Error(), project.FileName+c.want) {
			t.Errorf("%q gives\n  %v\nwant %s", c.toml, err, c.want)
		}
		var e *project.Error
		if !errors.As(err, &e) {
			t.Errorf("%q gives a %T", c.toml, err)
		}
	}
}

func TestBadFlags(t *testing.T) {
	for _, c := range []struct{ flag, value, want string }{
		{"heap", "much", `--heap: heap: want a number of bytes`},
		{"time", "NaNx", `--time: time: "NaNx" is none of`},
		{"time", "Infx", `--time: time: "Infx" is none of`},
		{"seed", "9223372036854775808", `--seed: seed: want a whole number`},
		{"chip-id", "-0", `--chip-id: chip_id: 0 is not possible`},
		{"unit-time", "1e400ns", `--unit-time: unit_time: want a time`},
		{"port", "80", `--port: "80": want PORT=HOSTPORT`},
		{"port", "80=x", `--port: ports.80: want the module's port`},
		{"wifi-network", "home", `--wifi-network: "home": want ssid=NAME,...: "home" has no "="`},
		{"wifi-network", `ssid="x`, `--wifi-network: `},
		{"wifi-network", "ssid=a,rssi=low", `--wifi-network: wifi.networks[0].rssi: want a whole number`},
		{"network", "some", `--network: network: "some" is none of`},
		{"connect", "a.lan:1", `--connect: "a.lan:1": want HOST:PORT=IP:PORT`},
		{"connect", "*:1=127.0.0.1:1", `--connect: connect.*:1: "*" is no name: each name and address has an entry`},
		{"connect", "a.lan:1=b.lan:1", `--connect: connect.a.lan:1: "b.lan" is no IPv4 address`},
		{"file", "nothing", `--file: no file matches "nothing"`},
		{"level", "pin=1,level=2", `--level: levels[0].level: a level is 0 or 1, not 2`},
		{"hosts-only", "perhaps", `--hosts-only: hosts_only: want true or false`},
		{"wifi-script", "soon drop", `--wifi-script: wifi.script[0]: "soon drop"`},
	} {
		_, err := open(t, "", project.Setting{Flag: c.flag, Value: c.value})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("--%s %s gives %v, want %s", c.flag, c.value, err, c.want)
		}
	}
}

func TestKeysAreWhole(t *testing.T) {
	flags := map[string]bool{}
	groups := map[string]bool{}
	for _, g := range project.Groups() {
		groups[g] = true
	}
	for _, k := range project.Keys() {
		if flags[k.Flag] || !groups[k.Group] || k.Usage == "" || (k.Value == "") != (k.Form == project.FormSwitch) {
			t.Errorf("key %+v", k)
		}
		flags[k.Flag] = true
	}
}

func FuzzProjectFile(f *testing.F) {
	f.Add(everything)
	f.Add("a.b = [[1, {c = 2}], [[\n]]]\n[x.y]\n[[z]]\n[z.w]\n\"quoted key\" = '''\n'''")
	f.Add("time = \"NaNx\"\n[adc]\nvalue = -inf\nevery = \"9223372036s\"")
	f.Add("\xEF\xBB\xBF[[buttons]]\n[[buttons.presses]]\nat = 5\n[[buttons]]")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(filepath.Join(dir, project.FileName), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		p, err := project.Open(dir, nil)
		if err == nil {
			c := p.Config() // makes the clock, too
			if err := c.Board.Validate(); err != nil {
				t.Errorf("an impossible board came through: %v", err)
			}
			return
		}
		if strings.Contains(err.Error(), "BUG") || !strings.Contains(err.Error(), project.FileName+":") {
			t.Errorf("message without a line: %v", err)
		}
	})
}
