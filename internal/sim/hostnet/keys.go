package hostnet

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/port"
)

// Keys are those of Access.
func Keys() keys.Fields[Access] {
	return keys.Fields[Access]{
		{Key: keys.Key{Name: "listen", Value: "IP", Usage: "address of this computer where servers are found (default: 127.0.0.1)",
			Doc: "address of your computer where servers are found; `0.0.0.0` is all", Default: "`\"127.0.0.1\"`"},
			Read: readListen},
		{Key: keys.Key{Name: "ports", Flag: "port", Value: "PORT=HOSTPORT", Form: keys.FormPairs,
			Usage: `where a server's port is found, as in 80=8080 or 80=any; other ports are found
at 8000 + port below 1024, else at their own number`,
			Doc: "where a server of the module is found; `any` for a free port", Default: "8000 + port below 1024, else the same number"},
			Read: readPorts},
		{Key: keys.Key{Name: "auto_ports", Usage: "take another port if one that was not named is in use (default: true)", Form: keys.FormSwitch,
			Doc: "take another port if one that was not named is in use", Default: "`true`"},
			Read: keys.Bool(true, func(a *Access) *bool { return &a.AutoPorts })},
		{Key: keys.Key{Name: "hosts", Flag: "host", Value: "NAME=IP", Usage: "address of a name, without a look-up", Form: keys.FormPairs,
			Doc: "the address of a name, without a look-up"},
			Read: readHosts},
		{Key: keys.Key{Name: "hosts_only", Usage: "all other names are unknown", Form: keys.FormSwitch,
			Doc: "all other names are unknown", Default: "`false`"},
			Read: keys.Bool(false, func(a *Access) *bool { return &a.HostsOnly })},
		{Key: keys.Key{Name: "gateway_is_host", Usage: "the address of the Wi-Fi's gateway leads to this computer", Form: keys.FormSwitch, Last: true,
			Doc: "the address of the Wi-Fi's gateway leads to your computer", Default: "`false`"},
			Read: keys.Bool(false, func(a *Access) *bool { return &a.GatewayIsHost })},
		{Key: keys.Key{Name: "network", Value: "WHAT",
			Usage: `what the module reaches: "all" as behind a router, "local" only what is named, or
"none" (default: all)`,
			Doc: "what the module reaches: `\"all\"`, `\"local\"` or `\"none\"`, see below", Default: "`\"all\"`"},
			Read: readPolicy},
		{Key: keys.Key{Name: "connect", Value: "HOST:PORT=IP:PORT", Form: keys.FormPairs,
			Usage: `what the module sends to that name or address goes there, as in
broker.lan:1883=127.0.0.1:1883; "*" as both ports is all,
"host" this computer as the module sees it`,
			Doc: "what the module sends to that name or address goes there; `*` as both ports is all of them, `host` the gateway"},
			Read: readConnect},
		{Key: keys.Key{Name: "time_server", Value: "WHEN",
			Usage: `what the time server at the Wi-Fi's gateway tells at power-on: a time as in
2026-01-01T00:00:00Z, "host", or "none" (default: host, unless time is virtual)`,
			Doc:     "what the time server at the gateway tells at power-on: a time as in `\"2026-01-01T00:00:00Z\"`, `\"host\"`, or `\"none\"` for no server, see below",
			Default: "`\"host\"`; with virtual time 2026-01-01"},
			Read: readTimeServer},
	}.Grouped("Network")
}

func readListen(s *keys.Section, name string, a *Access) {
	if t := s.Text(name); t != "" {
		ip, err := netip.ParseAddr(t)
		if err != nil {
			s.Fail(name, "%q is no IP address; 127.0.0.1 is this computer alone, 0.0.0.0 every network it is in", t)
		}
		a.ListenIP = ip
	}
}

func readPorts(s *keys.Section, name string, a *Access) {
	a.Ports = map[uint16]uint16{}
	s.Table(name, func(t *keys.Section) {
		for _, name := range t.Names() {
			v := t.At(name).Value
			host, ok := keys.TextOf(v)
			if !ok {
				host = keys.Describe(v)
			}
			device, h, err := ParsePort(name + "=" + host)
			if err != nil {
				t.Fail(name, `want the module's port and that of this computer, as in 80 = 8080 or 80 = "any"`)
				continue
			}
			a.Ports[device] = h
		}
	})
}

func readHosts(s *keys.Section, name string, a *Access) {
	a.Hosts = map[string]port.IP{}
	s.Table(name, func(t *keys.Section) {
		for _, name := range t.Names() {
			a.Hosts[strings.ToLower(name)] = t.IP(name)
		}
	})
}

func readTimeServer(s *keys.Section, name string, a *Access) {
	if t := s.Text(name); t != "" {
		var ok bool
		if a.TimeServer, ok = ParseTimeSource(t); !ok {
			s.Fail(name, `%q is neither a time before 2036, as in "2026-01-01T00:00:00Z", nor "host" nor "none"`, t)
		}
	}
}

func readPolicy(s *keys.Section, name string, a *Access) {
	if t := s.Text(name); t != "" {
		var ok bool
		if a.Policy, ok = ParsePolicy(t); !ok {
			s.Fail(name, `%q is none of "all", "local" and "none"`, t)
		}
	}
}

func readConnect(s *keys.Section, name string, a *Access) {
	s.Table(name, func(t *keys.Section) {
		at := map[string]int{} // places in Connect
		from := map[string]string{}
		for _, name := range t.Names() {
			to := t.Text(name)
			if _, ok := keys.TextOf(t.At(name).Value); !ok {
				continue // which Text has told
			}
			f, err := ParseForward(name, to)
			if err != nil {
				t.Fail(name, `%v; want the module's side and that of your network, as in "broker.lan:1883" = "127.0.0.1:1883"`, err)
				continue
			}
			source := f.source()
			i, twice := at[source]
			switch old := t.At(from[source]); {
			case !twice:
				at[source], from[source] = len(a.Connect), name
				a.Connect = append(a.Connect, f)
			case old.OwnWord() == t.At(name).OwnWord():
				t.Fail(name, "%q says already where that goes: keep one of the two", from[source])
			case t.At(name).OwnWord(): // flags win
				a.Connect[i], from[source] = f, name
			}
		}
	})
}

// Openings lists what a project's file, and not the user himself, lets the module reach or be reached by
// that it could not without.
func Openings(s *keys.Section) (list []string) {
	each := func(name string, dangerous func(value string) bool) {
		it := s.At(name)
		if it == nil {
			return
		}
		entries, ok := it.Value.(keys.Items)
		if !ok {
			return
		}
		for _, k := range keys.Sorted(entries) {
			v, _ := keys.TextOf(entries[k].Value)
			if !entries[k].OwnWord() && dangerous(v) {
				list = append(list, fmt.Sprintf("%s: %q = %q", name, k, v))
			}
		}
	}
	if it := s.At("listen"); it != nil && !it.OwnWord() {
		t, _ := keys.TextOf(it.Value)
		if ip, err := netip.ParseAddr(t); err == nil && !ip.IsLoopback() {
			list = append(list, fmt.Sprintf("listen = %q", t))
		}
	}
	each("hosts", func(v string) bool {
		ip, ok := keys.ParseIP(v)
		return ok && Special(ip) != ""
	})
	each("connect", func(string) bool { return true })
	if it := s.At("gateway_is_host"); it != nil && !it.OwnWord() && it.Value == true {
		list = append(list, "gateway_is_host = true")
	}
	return list
}

// HeapKeys are those of HeapUse.
func HeapKeys() keys.Fields[HeapUse] {
	def := DefaultHeapUse()
	return keys.Fields[HeapUse]{
		keys.SizeField("packet", "for each packet, besides lwIP's part, until it is told",
			"each packet that was received, while its callback runs", def.Packet, func(u *HeapUse) *int { return &u.Packet }),
		{Key: keys.Key{Name: "lingering", Value: "N",
			Usage: fmt.Sprintf("closed TCP connections that stay on the heap at most (TIME_WAIT) (default: %d)", def.Lingering),
			Doc:   "closed connections (TIME_WAIT) that are on the heap at most; a large number is what lwIP does", Default: strconv.Itoa(def.Lingering)},
			Read: keys.SizeOrNone(func(u *HeapUse) *int { return &u.Lingering })},
	}
}
