package project

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/sim/board"
	"moonlet.example/moonlet/internal/sim/hostnet"
	"moonlet.example/moonlet/internal/sim/radio"
	"moonlet.example/moonlet/internal/storage/flash"
)

// chipIDMax is the largest chip id: it is the last three bytes of an address.
const chipIDMax = 1<<24 - 1

// unitTimeMost is the longest time of a unit of work: a task has billions of them.
const unitTimeMost = time.Second

// Names and passwords of Wi-Fi networks (IEEE 802.11).
const (
	ssidMax        = 32
	passwordMax    = 64
	wpaPasswordMin = 8
	channelMax     = 14
)

// settings is what a project says.
type settings struct {
	config   device.Config
	files    []pattern
	allFiles bool // no patterns were given
	lfsFiles []pattern
	anyLFS   bool // the store is the default's for lfsFiles
	state    string
	stateAt  string // "" if the project does not say where the state is
	flash    string // the chip's file, "" for none
	flashAt  string
	// flashSize is that of a new chip in bytes, 0 for the default.
	flashSize int
	openings  []string // in the network, by the file
	virtual   bool
	scale     float64 // of real time
}

// pattern is an entry of the key files.
type pattern struct{ at, key, text string }

// read makes settings of a tree.
func (r *reader) read(root table) settings {
	s := r.section("", &item{}, root)
	c := settings{scale: 1}
	if p := s.str("profile"); p != "" && p != "esp8266" {
		s.fail("profile", `there is no profile %q; choose "esp8266"`, p)
	}
	if name := s.str("number"); name != "" {
		var err error
		if c.config.Model, err = num.Parse(name); err != nil {
			s.fail("number", "%v", err)
		}
	}
	c.config.FreeHeap = s.size("heap")
	c.config.LFSSize = s.size("lfs")
	if n := c.config.LFSSize; n%flash.SectorSize != 0 || n > device.MaxLFS {
		s.fail("lfs", "want a multiple of 4096 bytes, %d at most", device.MaxLFS)
	}
	s.strings("lfs_files", func(it *item, key, t string) {
		c.lfsFiles = append(c.lfsFiles, pattern{it.at, key, t})
	})
	if len(c.lfsFiles) > 0 && c.config.LFSSize == 0 {
		c.config.LFSSize, c.anyLFS = defaultLFS, true
	}
	c.config.ChipID = uint32(s.integer("chip_id", 1, chipIDMax))
	c.config.Seed = uint64(s.integer("seed", 0, math.MaxInt64))
	c.readTime(s)
	c.readFiles(s)
	c.readNetwork(s)
	s.table("memory", func(t *section) { c.config.SDKMemory = readMemory(t); t.done() })
	s.table("wifi", func(t *section) { c.readWiFi(t); t.done() })
	c.readBoard(s)
	s.done()
	if r.strict {
		c.check(s, r.sources)
	}
	return c
}

// readMemory reads what the SDK takes from the heap.
func readMemory(t *section) *port.SDKMemory {
	m := port.DefaultSDKMemory()
	read := func(name string, n *int) { *n = t.sizeFrom(name, 0, *n) }
	read("station", &m.Station)
	read("access_point", &m.AccessPoint)
	read("association", &m.Association)
	read("client", &m.Client)
	read("scan_result", &m.ScanResult)
	read("packet", &m.Packet)
	read("lingering", &m.Lingering)
	return &m
}

func (c *settings) readTime(s *section) {
	switch t := s.str("time"); t {
	case "", "real":
	case "virtual":
		c.virtual = true
	default:
		f, err := strconv.ParseFloat(strings.TrimSuffix(t, "x"), 64)
		if err != nil || !strings.HasSuffix(t, "x") || !(f >= 0.001 && f <= 1e6) { // so for NaN, too
			s.fail("time", `%q is none of "real", "virtual" and a factor from "0.001x" to "1000000x"`, t)
			break
		}
		c.scale = f
	}
	c.config.TaskLimit = s.duration("task_limit", time.Millisecond, true)
	c.config.SoftWatchdog = s.duration("watchdog", time.Millisecond, true)
	c.config.UnitTime = s.duration("unit_time", time.Nanosecond, false)
	if c.config.UnitTime > unitTimeMost {
		s.fail("unit_time", "%v is too long: choose %v or less", c.config.UnitTime, unitTimeMost)
	}
}

func (c *settings) readFiles(s *section) {
	c.allFiles = !s.has("files")
	s.strings("files", func(it *item, key, t string) {
		c.files = append(c.files, pattern{it.at, key, t})
	})
	c.flash = s.str("flash")
	if it := s.items["flash"]; it != nil {
		c.flashAt = it.at
	}
	if c.flashSize = s.size("flash_size"); c.flashSize != 0 {
		if err := flash.CheckSize(c.flashSize); err != nil {
			s.fail("flash_size", "%v", err)
		}
	}
	c.state = s.str("state")
	if it := s.items["state"]; it != nil {
		c.stateAt = it.at
		if c.state == "" {
			s.fail("state", "want the name of a directory")
		}
	}
}

func (c *settings) readNetwork(s *section) {
	n := &c.config.Net
	if t := s.str("listen"); t != "" {
		ip, err := netip.ParseAddr(t)
		if err != nil {
			s.fail("listen", "%q is no IP address; 127.0.0.1 is this computer alone, 0.0.0.0 every network it is in", t)
		}
		n.ListenIP = ip
	}
	n.Ports = map[uint16]uint16{}
	s.table("ports", func(t *section) {
		for _, name := range sortedNames(t.items) {
			v := t.items[name].value
			host, ok := text(v)
			if !ok {
				host = describe(v)
			}
			device, h, err := hostnet.ParsePort(name + "=" + host)
			if err != nil {
				t.fail(name, `want the module's port and that of this computer, as in 80 = 8080 or 80 = "any"`)
				continue
			}
			n.Ports[device] = h
		}
	})
	n.AutoPorts = s.boolean("auto_ports", true)
	n.Hosts = map[string]port.IP{}
	s.table("hosts", func(t *section) {
		for _, name := range sortedNames(t.items) {
			n.Hosts[strings.ToLower(name)] = t.ip(name)
		}
	})
	n.HostsOnly = s.boolean("hosts_only", false)
	n.GatewayIsHost = s.boolean("gateway_is_host", false)
	if t := s.str("network"); t != "" {
		var ok bool
		if n.Policy, ok = hostnet.ParsePolicy(t); !ok {
			s.fail("network", `%q is none of "all", "local" and "none"`, t)
		}
	}
	s.table("connect", func(t *section) {
		for _, name := range sortedNames(t.items) {
			f, err := hostnet.ParseForward(name, t.str(name))
			if err != nil {
				t.fail(name, `%v; want the module's side and that of your network, as in "broker.lan:1883" = "127.0.0.1:1883"`, err)
				continue
			}
			n.Connect = append(n.Connect, f)
		}
	})
	c.openings = openings(s)
}

// openings lists what the file, and no flag, lets the module reach or be reached by that it
// could not without.
func openings(s *section) (list []string) {
	each := func(name string, dangerous func(value string) bool) {
		it := s.items[name]
		if it == nil {
			return
		}
		entries, ok := it.value.(table)
		if !ok {
			return
		}
		for _, k := range sortedNames(entries) {
			v, _ := text(entries[k].value)
			if !ownWord(entries[k].at) && dangerous(v) {
				list = append(list, fmt.Sprintf("%s: %q = %q", name, k, v))
			}
		}
	}
	if it := s.items["listen"]; it != nil && !ownWord(it.at) {
		t, _ := text(it.value)
		if ip, err := netip.ParseAddr(t); err == nil && !ip.IsLoopback() {
			list = append(list, fmt.Sprintf("listen = %q", t))
		}
	}
	each("hosts", func(v string) bool {
		ip, ok := parseIP(v)
		return ok && hostnet.Special(ip) != ""
	})
	each("connect", func(string) bool { return true })
	if it := s.items["gateway_is_host"]; it != nil && !ownWord(it.at) && it.value == true {
		list = append(list, "gateway_is_host = true")
	}
	return list
}

func (c *settings) readWiFi(s *section) {
	w := &c.config.WiFi
	s.tables("networks", func(_ int, t *section) { w.Networks = append(w.Networks, readNetworkTable(t)) })
	w.KnownOnly = s.boolean("known_only", false)
	sum := time.Duration(0) // of the times before steps
	s.strings("script", func(it *item, key, line string) {
		step, err := radio.ParseStep(line)
		if err != nil {
			s.r.fail(it, key, "%s", strings.TrimPrefix(err.Error(), "step "))
			return
		}
		if sum += step.After; sum > timeMost || step.Delay > timeMost {
			s.r.fail(it, key, "this is more than %v from the start: the module is not that old", timeMost)
			sum = 0
		}
		w.Script = append(w.Script, step)
	})
}

func readNetworkTable(t *section) radio.Network {
	n := radio.Network{
		SSID: t.str("ssid"), Password: t.str("password"),
		Channel: uint8(t.integer("channel", 1, channelMax)),
		RSSI:    int8(t.integer("rssi", -128, -1)),
		Hidden:  t.boolean("hidden", false),
		NoDHCP:  t.boolean("no_dhcp", false), DHCPTime: t.duration("dhcp_time", 0, false),
		DHCPTimeout: t.duration("dhcp_timeout", 0, false), NTP: t.ip("ntp"),
	}
	switch {
	case !t.has("ssid"):
		t.r.fail(t.here, t.key("ssid"), "a network needs a name")
	case n.SSID == "" || len(n.SSID) > ssidMax:
		t.fail("ssid", "a name has 1 to %d bytes, not %d", ssidMax, len(n.SSID))
	}
	if mac := t.str("bssid"); mac != "" {
		n.BSSID = port.ParseMAC(mac)
		if len(mac) != 17 || n.BSSID.String() != strings.ToLower(mac) {
			t.fail("bssid", "%q is no hardware address, as in 02:00:5e:00:00:01", mac)
		}
	}
	n.Auth = readAuth(t, n.Password)
	readAddress(t, &n.Address)
	t.strings("dns", func(it *item, key, text string) {
		ip, ok := parseIP(text)
		if !ok {
			t.r.fail(it, key, "%q is no IP address, as in 192.168.0.1", text)
		}
		n.DNS = append(n.DNS, ip)
	})
	return n
}

// readAuth reads how a network is protected, which its password has to go with.
func readAuth(t *section, password string) port.AuthMode {
	names := []string{"open", "wep", "wpa", "wpa2", "wpa/wpa2"}
	auth := port.AuthOpen
	if password != "" {
		auth = port.AuthWPA2
	}
	if a := t.str("auth"); a != "" {
		found := false
		for i, n := range names {
			if n == a {
				auth, found = port.AuthMode(i), true
			}
		}
		if !found {
			t.fail("auth", "%q is none of %s", a, strings.Join(names, ", "))
			return auth
		}
	}
	switch {
	case !t.has("password"):
	case auth == port.AuthOpen && password != "":
		t.fail("password", `an open network has no password: leave it out, or choose another auth`)
	case auth > port.AuthWEP && (len(password) < wpaPasswordMin || len(password) > passwordMax):
		t.fail("password", "a password has %d to %d bytes, not %d", wpaPasswordMin, passwordMax, len(password))
	}
	return auth
}

// readAddress reads what a network gives to the module.
func readAddress(t *section, info *port.IPInfo) {
	text, gateway := t.str("address"), t.ip("gateway")
	if text == "" {
		if t.has("gateway") {
			t.fail("gateway", `it only counts together with address, as in address = "192.168.0.5/24"`)
		}
		return
	}
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is4() {
		t.fail("address", "%q is no address with the width of its network, as in 192.168.0.5/24", text)
		return
	}
	info.Addr = p.Addr().As4()
	info.Netmask = port.IPFromUint32(uint32(uint64(math.MaxUint32) << (32 - p.Bits())))
	if info.Gateway = gateway; gateway.IsAny() { // usually the first address
		info.Gateway = port.IPFromUint32(info.Addr.Mask(info.Netmask).Uint32() + 1)
	}
}

func (c *settings) readBoard(s *section) {
	b := &c.config.Board
	any32 := func(t *section, name string) int { return int(t.integer(name, math.MinInt32, math.MaxInt32)) }
	s.tables("levels", func(_ int, t *section) {
		t.need("pin", "level")
		b.Levels = append(b.Levels, board.LevelConfig{Pin: any32(t, "pin"), Level: any32(t, "level")})
	})
	s.tables("wires", func(_ int, t *section) {
		t.need("from", "to")
		b.Wires = append(b.Wires, board.WireConfig{From: any32(t, "from"), To: any32(t, "to")})
	})
	s.tables("buttons", func(_ int, t *section) {
		t.need("pin")
		k := board.ButtonConfig{Name: t.str("name"), Pin: any32(t, "pin"), Level: any32(t, "level")}
		readPresses(t, &k)
		b.Buttons = append(b.Buttons, k)
	})
	s.tables("waves", func(_ int, t *section) {
		t.need("pin", "low", "high")
		b.Waves = append(b.Waves, board.WaveConfig{Pin: any32(t, "pin"),
			Low: t.duration("low", 0, false), High: t.duration("high", 0, false)})
	})
	s.table("adc", func(t *section) {
		b.ADC = &board.SourceConfig{Kind: t.str("kind"), Value: t.number("value"), From: t.number("from"),
			To: t.number("to"), Mean: t.number("mean"), Swing: t.number("swing"), Values: t.numbers("values"),
			Every: t.duration("every", 0, false), Repeat: t.boolean("repeat", false),
			Noise: t.number("noise"), NoiseEvery: t.duration("noise_every", 0, false)}
		t.done()
	})
	if len(s.r.problems) == 0 && !s.r.strict {
		s.checkBoard(b)
	}
}

// readPresses reads { at, for } or the short form "AT+LENGTH".
func readPresses(t *section, k *board.ButtonConfig) {
	for i, it := range t.list("presses") {
		key := fmt.Sprintf("%s[%d]", t.key("presses"), i)
		if sub, ok := it.value.(table); ok {
			p := t.r.section(key, it, sub)
			p.need("at", "for")
			k.Presses = append(k.Presses, board.PressConfig{
				At: p.duration("at", 0, false), For: p.duration("for", 0, false)})
			p.done()
			continue
		}
		short, _ := text(it.value)
		at, length, _ := strings.Cut(short, "+")
		a, errAt := time.ParseDuration(at)
		l, errFor := time.ParseDuration(length)
		if errAt != nil || errFor != nil || a > timeMost || l > timeMost {
			t.r.fail(it, key, `want when and how long, as in "5s+200ms", not %s`, describe(it.value))
			continue
		}
		k.Presses = append(k.Presses, board.PressConfig{At: a, For: l})
	}
}

// need complains about keys that are not there.
func (s *section) need(names ...string) {
	for _, n := range names {
		if !s.has(n) {
			s.r.fail(s.here, s.key(n), "this key is missing")
		}
	}
}

// checkBoard lets the board look at its part; it names keys as the file does,
// except for their case.
func (s *section) checkBoard(b *board.Config) {
	err := b.Validate()
	if err == nil {
		return
	}
	var c *board.ConfigError
	if !errors.As(err, &c) {
		s.r.fail(&item{}, "", "%v", err)
		return
	}
	key := strings.ReplaceAll(c.Key, "noiseEvery", "noise_every")
	s.r.fail(find(s.items, key), key, "%s", c.Problem)
}

// find returns the item of a key such as buttons[1].presses[0], or that of the
// closest table around it.
func find(t table, key string) *item {
	at := &item{}
	for _, part := range strings.Split(key, ".") {
		name, index, isList := strings.Cut(strings.TrimSuffix(part, "]"), "[")
		it := t[name]
		if it == nil {
			return at
		}
		at = it
		if isList {
			list, _ := it.value.([]*item)
			i, err := strconv.Atoi(index)
			if err != nil || i >= len(list) {
				return at
			}
			at = list[i]
		}
		if t, isList = at.value.(table); !isList {
			return at
		}
	}
	return at
}

// clock makes the clock, which begins to run at once.
func (c *settings) clock() sdk.Clock {
	if c.virtual {
		return sdk.NewVirtualClock()
	}
	return sdk.NewRealClock(c.scale)
}
