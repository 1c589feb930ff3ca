package radio

import (
	"math"
	"net/netip"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/port"
)

// Names and passwords of Wi-Fi networks (IEEE 802.11).
const (
	ssidMax        = 32
	passwordMax    = 64
	wpaPasswordMin = 8
	channelMax     = 14
)

// Keys are those of World.
func Keys() keys.Fields[World] {
	return keys.Fields[World]{
		{Key: keys.Key{Name: "networks", Flag: "wifi-network", Value: "ssid=NAME,...", Form: keys.FormTables,
			Usage: `a network: ssid, password, auth, hidden, bssid, channel, rssi, address, gateway,
dns, ntp, no_dhcp, dhcp_time, dhcp_timeout`,
			Doc: "a network, see below", Default: "one that is called `Moonlet`", Entries: networkKeys().Names()},
			Read: keys.Tables(networkKeys(), func(w *World) *[]Network { return &w.Networks })},
		{Key: keys.Key{Name: "known_only", Usage: "networks that were not named do not exist", Form: keys.FormSwitch,
			Doc: "networks that were not named do not exist", Default: "`false`: every other name is an open network"},
			Read: keys.Bool(false, func(w *World) *bool { return &w.KnownOnly })},
		{Key: keys.Key{Name: "script", Value: "STEP", Usage: `what happens, as in "10s drop @home"`, Form: keys.FormList,
			Doc: "what happens, and when"},
			Read: readScript},
	}
}

func readScript(s *keys.Section, name string, w *World) {
	sum := time.Duration(0) // of the times before steps
	s.Texts(name, func(it *keys.Item, key, line string) {
		step, err := ParseStep(line)
		if err != nil {
			s.FailAt(it, key, "%s", strings.TrimPrefix(err.Error(), "step "))
			return
		}
		if sum += step.After; sum > keys.TimeMost || step.Delay > keys.TimeMost {
			s.FailAt(it, key, "this is more than %v from the start: the module is not that old", keys.TimeMost)
			sum = 0
		}
		w.Script = append(w.Script, step)
	})
}

// networkKeys are those of Network.
func networkKeys() keys.Fields[Network] {
	field := func(name string, read func(s *keys.Section, name string, n *Network)) keys.Field[Network] {
		return keys.Field[Network]{Key: keys.Key{Name: name}, Read: read}
	}
	return keys.Fields[Network]{
		field("ssid", keys.Text(func(n *Network) *string { return &n.SSID })),
		field("password", keys.Text(func(n *Network) *string { return &n.Password })),
		field("channel", keys.Int(1, channelMax, func(n *Network) *uint8 { return &n.Channel })),
		field("rssi", keys.Int(-128, -1, func(n *Network) *int8 { return &n.RSSI })),
		field("hidden", keys.Bool(false, func(n *Network) *bool { return &n.Hidden })),
		field("no_dhcp", keys.Bool(false, func(n *Network) *bool { return &n.NoDHCP })),
		field("dhcp_time", keys.Duration(0, func(n *Network) *time.Duration { return &n.DHCPTime })),
		field("dhcp_timeout", keys.Duration(0, func(n *Network) *time.Duration { return &n.DHCPTimeout })),
		field("ntp", keys.IP(func(n *Network) *port.IP { return &n.NTP })),
		{Read: checkSSID},
		field("bssid", readBSSID),
		field("auth", readAuth),
		field("address", readAddress),
		field("gateway", func(*keys.Section, string, *Network) {}), // by readAddress
		field("dns", readDNS),
	}
}

func checkSSID(s *keys.Section, _ string, n *Network) {
	switch {
	case !s.Has("ssid"):
		s.FailHere("ssid", "a network needs a name")
	case n.SSID == "" || len(n.SSID) > ssidMax:
		s.Fail("ssid", "a name has 1 to %d bytes, not %d", ssidMax, len(n.SSID))
	}
}

func readBSSID(s *keys.Section, name string, n *Network) {
	if mac := s.Text(name); mac != "" {
		n.BSSID = port.ParseMAC(mac)
		if len(mac) != 17 || n.BSSID.String() != strings.ToLower(mac) {
			s.Fail(name, "%q is no hardware address, as in 02:00:5e:00:00:01", mac)
		}
	}
}

// readAuth reads how a network is protected, which its password has to go with.
func readAuth(s *keys.Section, name string, n *Network) {
	if n.Password != "" {
		n.Auth = port.AuthWPA2
	}
	if a := s.Text(name); a != "" {
		i := indexOf(authNames[:], a)
		if i < 0 {
			s.Fail(name, "%q is none of %s", a, strings.Join(authNames[:], ", "))
			return
		}
		n.Auth = port.AuthMode(i)
	}
	switch {
	case !s.Has("password"):
	case n.Auth == port.AuthOpen && n.Password != "":
		s.Fail("password", `an open network has no password: leave it out, or choose another auth`)
	case n.Auth > port.AuthWEP && (len(n.Password) < wpaPasswordMin || len(n.Password) > passwordMax):
		s.Fail("password", "a password has %d to %d bytes, not %d", wpaPasswordMin, passwordMax, len(n.Password))
	}
}

// readAddress reads what a network gives to the module: its key gateway, too, which says
// nothing without an address.
func readAddress(s *keys.Section, name string, n *Network) {
	const other = "gateway"
	text, gateway := s.Text(name), s.IP(other)
	if text == "" {
		if s.Has(other) {
			s.Fail(other, `it only counts together with address, as in address = "192.168.0.5/24"`)
		}
		return
	}
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is4() {
		s.Fail(name, "%q is no address with the width of its network, as in 192.168.0.5/24", text)
		return
	}
	a := &n.Address
	a.Addr = p.Addr().As4()
	a.Netmask = port.IPFromUint32(uint32(uint64(math.MaxUint32) << (32 - p.Bits())))
	if a.Gateway = gateway; gateway.IsAny() { // usually the first address
		a.Gateway = port.IPFromUint32(a.Addr.Mask(a.Netmask).Uint32() + 1)
	}
}

func readDNS(s *keys.Section, name string, n *Network) {
	s.Texts(name, func(it *keys.Item, key, text string) {
		ip, ok := keys.ParseIP(text)
		if !ok {
			s.FailAt(it, key, "%q is no IP address, as in 192.168.0.1", text)
		}
		n.DNS = append(n.DNS, ip)
	})
}

// HeapKeys are those of HeapUse.
func HeapKeys() keys.Fields[HeapUse] {
	def := DefaultHeapUse()
	field := func(name, usage, doc string, at func(u *HeapUse) *int) keys.Field[HeapUse] {
		return keys.SizeField(name, usage, doc, *at(&def), at)
	}
	return keys.Fields[HeapUse]{
		field("station", "heap that the SDK takes for a station", "the station's interface, while it is on",
			func(u *HeapUse) *int { return &u.Station }),
		field("first_station", "for the first station, until a reset", "what the station takes when it is on for the first time, and keeps until a reset",
			func(u *HeapUse) *int { return &u.FirstStation }),
		field("access_point", "for an access point", "the access point's interface, while it is on",
			func(u *HeapUse) *int { return &u.AccessPoint }),
		field("association", "for a connection to a network", "a connection to a network",
			func(u *HeapUse) *int { return &u.Association }),
		field("client", "for each station at the module's own access point", "each station at the module's own access point",
			func(u *HeapUse) *int { return &u.Client }),
		field("scan_result", "for each network that a scan finds, until it is told", "each network that a scan finds, while its callback runs",
			func(u *HeapUse) *int { return &u.ScanResult }),
	}
}
