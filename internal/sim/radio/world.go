package radio

import (
	"cmp"
	"hash/fnv"
	"math/bits"
	"net/netip"
	"slices"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// Network is an access point somewhere near the module. Zero values stand for
// the defaults of withDefaults.
type Network struct {
	SSID     string
	Password string
	BSSID    port.MAC
	Channel  uint8
	RSSI     int8 // dBm
	Auth     port.AuthMode
	Hidden   bool
	Country  *port.Country

	NoDHCP      bool          // it gives no addresses
	DHCPTime    time.Duration // until it gives one
	DHCPTimeout time.Duration // until the station gives up; 0 for never, as the SDK has it
	Address     port.IPInfo   // what it gives
	DNS         []port.IP     // none means its gateway
	NTP         port.IP
}

func (n Network) withDefaults() Network {
	if n.BSSID == (port.MAC{}) {
		h := fnv.New32a()
		h.Write([]byte(n.SSID))
		v := h.Sum32()
		n.BSSID = port.MAC{2, 0, byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}
	}
	if n.Channel == 0 {
		n.Channel = 6
	}
	if n.RSSI == 0 {
		n.RSSI = -50
	}
	if n.Password != "" && n.Auth == port.AuthOpen {
		n.Auth = port.AuthWPA2
	}
	if n.DHCPTime == 0 {
		n.DHCPTime = DHCPTime
	}
	if n.Address == (port.IPInfo{}) {
		n.Address = DefaultAddress()
	}
	return n
}

// DefaultAddress is what a network gives that does not say otherwise.
func DefaultAddress() port.IPInfo {
	return port.IPInfo{
		Addr:    port.IP{192, 168, 0, 111}, // docs/modules/wifi.md, wifi.sta.getip()
		Netmask: port.IP{255, 255, 255, 0},
		Gateway: port.IP{192, 168, 0, 1},
	}
}

// World is what the radio hears.
type World struct {
	Networks  []Network // none means one called "Moonlet"
	KnownOnly bool      // takes away the open network that answers to every other name
	Script    []Step
}

// Addresses are those that the networks give, the default's first, where there is a
// network that gives it.
func (w *World) Addresses() (list []port.IPInfo) {
	if !w.KnownOnly || len(w.Networks) == 0 {
		list = append(list, DefaultAddress())
	}
	add := func(a port.IPInfo) {
		if a == (port.IPInfo{}) {
			a = DefaultAddress()
		}
		if !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	for _, n := range w.Networks {
		add(n.Address)
	}
	for _, s := range w.Script {
		if s.Action == Address {
			add(s.Address)
		}
	}
	return list
}

// Subnets are the simulated networks, whose addresses never lead outside; the module's own
// access point among them.
func (w *World) Subnets() (list []netip.Prefix) {
	for _, a := range append(w.Addresses(), DefaultAPAddress()) {
		bits := bits.OnesCount32(a.Netmask.Uint32())
		list = append(list, netip.PrefixFrom(netip.AddrFrom4(a.Addr), bits).Masked())
	}
	return list
}

// network is a Network in its present state.
type network struct {
	Network
	state
	answers  int  // to probe requests
	nameless bool // made up for a name that nobody has: scans do not show it
}

// state is what scripts change beyond the description.
type state struct {
	gone    bool
	cut     bool          // nothing gets through
	pressed time.Duration // until then the button of WPS counts
	refuses uint8         // reason for refusing stations, 0 for none
	refusal port.StationStatus
}

// find looks for the best network that c means.
func (r *Radio) find(c port.StationConfig) *network {
	var best *network
	known := false
	for _, n := range r.networks {
		if n.SSID != c.SSID {
			continue
		}
		known = true
		if !n.gone && (!c.BSSIDSet || n.BSSID == c.BSSID) && (best == nil || n.RSSI > best.RSSI) {
			best = n
		}
	}
	if known || r.cfg.KnownOnly || r.otherState.gone {
		return best
	}
	d := r.other
	d.SSID, d.BSSID = c.SSID, port.MAC{}
	if c.BSSIDSet {
		d.BSSID = c.BSSID
	}
	n := &network{Network: d.withDefaults(), state: r.otherState, nameless: true}
	r.networks = append(r.networks, n)
	return n
}

// Do lets something happen outside now.
func (r *Radio) Do(s Step) {
	switch s.Action {
	case Join:
		r.clientJoined(s.MAC, s.Address.Addr)
		return
	case Leave:
		r.clientLeft(s.MAC)
		return
	case Probe:
		r.probed(s.MAC, s.RSSI)
		return
	case Smart:
		r.phones(s)
		return
	case WPS: // the others of a name that nobody has have no button
		for _, n := range r.networks {
			if s.SSID == "" || n.SSID == s.SSID {
				n.pressed = r.loop.Now() + cmp.Or(s.Delay, WPSWalkTime)
			}
		}
		return
	}
	if s.SSID == "" {
		other := network{Network: r.other, state: r.otherState}
		other.change(s)
		r.other, r.otherState = other.Network, other.state
	}
	for _, n := range r.networks {
		if s.SSID == "" || n.SSID == s.SSID {
			old := n.Auth
			n.change(s)
			if n == r.station.net {
				r.happened(s, old)
			}
		}
	}
}

// change is the lasting effect of a step.
func (n *network) change(s Step) {
	switch s.Action {
	case Accept:
		n.refuses = 0
	case WrongPassword:
		n.refuses, n.refusal = reasonOr(s.Reason, port.ReasonAuthExpire), port.StationWrongPassword
	case Refuse:
		n.refuses, n.refusal = reasonOr(s.Reason, port.ReasonAssocFail), port.StationConnectFail
	case Vanish:
		n.gone = true
	case Return:
		n.gone = false
	case Cut:
		n.cut = true
	case Mend:
		n.cut = false
	case DHCP:
		n.NoDHCP, n.DHCPTime = false, s.Delay
	case NoDHCP:
		n.NoDHCP, n.DHCPTimeout = true, s.Delay
	case Address:
		n.Network.Address = s.Address
	case RSSI:
		n.Network.RSSI = s.RSSI
	case Auth:
		n.Network.Auth = s.Auth
	}
}

func reasonOr(reason, def uint8) uint8 {
	if reason == 0 {
		return def
	}
	return reason
}

// happened is what the connected station notices of a step at once.
func (r *Radio) happened(s Step, oldAuth port.AuthMode) {
	switch s.Action {
	case Drop:
		r.lost(reasonOr(s.Reason, port.ReasonAuthExpire))
	case Vanish:
		r.station.beacon.Arm(BeaconTime, false)
		r.silence()
	case Return, Cut, Mend:
		r.silence()
	case Auth:
		if oldAuth != s.Auth {
			r.emit(port.StationAuthChanged{Old: oldAuth, New: s.Auth})
		}
	}
}

// runScript does the steps that are due.
func (r *Radio) runScript() {
	for len(r.script) > 0 && r.due <= r.loop.Now() {
		s := r.script[0]
		r.script = r.script[1:]
		if len(r.script) > 0 {
			r.due += r.script[0].After
		}
		r.Do(s)
	}
	if len(r.script) > 0 {
		r.scripted.Arm(r.due-r.loop.Now(), false)
	}
}
