package radio

import (
	"slices"

	"moonlet.example/moonlet/internal/port"
)

// dhcpRange is the number of addresses that the DHCP server gives by default,
// and the largest distance between the first and the last one (DHCPS_MAX_LEASE,
// app/include/lwip/app/dhcpserver.h).
const dhcpRange = 0x64

// softAP is the radio as an access point.
type softAP struct {
	config      port.APConfig
	clients     []apClient
	stopped     bool    // the DHCP server
	first, last port.IP // its range, zero for the default
	memory      blocks
}

type apClient struct {
	port.APClient
	aid    uint8
	memory blocks
}

func (a *softAP) start(c port.APConfig) { *a = softAP{config: c} }

// DefaultAPAddress is what the module's own network has until it is told otherwise.
func DefaultAPAddress() port.IPInfo {
	ip := port.IP{192, 168, 4, 1} // docs/modules/wifi.md, wifi.setmode()
	return port.IPInfo{Addr: ip, Netmask: port.IP{255, 255, 255, 0}, Gateway: ip}
}

// APConfig implements port.WiFiAP.
func (r *Radio) APConfig(saved bool) port.APConfig {
	if saved {
		return r.saved.AP
	}
	return r.ap.config
}

// SetAPConfig implements port.WiFiAP. The SDK wants the access point to be there.
func (r *Radio) SetAPConfig(c port.APConfig, save bool) bool {
	if !r.mode.HasAP() {
		return false
	}
	r.ap.config = c
	if save {
		r.saved.AP = c
		r.save()
	}
	return true
}

// Clients implements port.WiFiAP.
func (r *Radio) Clients() []port.APClient {
	var all []port.APClient
	for _, c := range r.ap.clients {
		all = append(all, c.APClient)
	}
	return all
}

// Deauth implements port.WiFiAP.
func (r *Radio) Deauth(m port.MAC) bool {
	if !r.mode.HasAP() {
		return false
	}
	for _, c := range append([]apClient(nil), r.ap.clients...) {
		if m == port.BroadcastMAC() || c.MAC == m {
			r.clientLeft(c.MAC)
		}
	}
	return true
}

// StartDHCPServer implements port.WiFiAP. A range that does not go with the
// address gives way to the default (wifi_softap_init_dhcps_lease).
func (r *Radio) StartDHCPServer() bool {
	if !r.mode.HasAP() {
		return false
	}
	if !r.goodRange(r.ap.first, r.ap.last) {
		r.ap.first, r.ap.last = port.IP{}, port.IP{}
	}
	r.ap.stopped = false
	return true
}

// StopDHCPServer implements port.WiFiAP.
func (r *Radio) StopDHCPServer() bool {
	if !r.mode.HasAP() {
		return false
	}
	r.ap.stopped = true
	return true
}

// SetDHCPRange implements port.WiFiAP with the conditions of
// wifi_softap_set_dhcps_lease (app/lwip/app/dhcpserver.c).
func (r *Radio) SetDHCPRange(first, last port.IP) bool {
	if !r.mode.HasAP() || !r.ap.stopped || !r.goodRange(first, last) {
		return false
	}
	r.ap.first, r.ap.last = first, last
	return true
}

// goodRange tells whether a range is in the network of the access point, without
// its address, and not too long.
func (r *Radio) goodRange(first, last port.IP) bool {
	own, a, b := r.ip[port.SoftAPIf].Addr.Uint32(), first.Uint32(), last.Uint32()
	return (own < a || own > b) && a>>8 == own>>8 && b>>8 == own>>8 && b-a <= dhcpRange
}

// clientJoined lets a station into the module's network. With a zero address the
// DHCP server gives it one.
func (r *Radio) clientJoined(m port.MAC, addr port.IP) {
	if !r.mode.HasAP() || len(r.ap.clients) >= int(r.ap.config.MaxConnections) ||
		slices.ContainsFunc(r.ap.clients, func(c apClient) bool { return c.MAC == m }) {
		return
	}
	c := apClient{APClient: port.APClient{MAC: m, Addr: addr}, aid: r.freeAID()}
	given := addr.IsAny() && !r.ap.stopped
	if given {
		c.Addr = r.freeAddress()
	}
	r.admit(&c, given)
	r.ap.clients = append(r.ap.clients, c)
	r.emit(port.APStationConnected{MAC: m, AID: c.aid})
	if given {
		r.emit(port.APAddressGiven{MAC: m, Address: c.Addr, AID: c.aid})
	}
}

func (r *Radio) freeAID() uint8 {
	for n := uint8(1); ; n++ {
		if !slices.ContainsFunc(r.ap.clients, func(c apClient) bool { return c.aid == n }) {
			return n
		}
	}
}

// freeAddress is the first address of the range that nobody has.
func (r *Radio) freeAddress() port.IP {
	first, last := r.ap.first.Uint32(), r.ap.last.Uint32()
	if first == 0 { // wifi_softap_init_dhcps_lease
		own := r.ip[port.SoftAPIf].Addr.Uint32()
		if own&0xFF >= 0x80 {
			first = own - dhcpRange
		} else {
			first = own + 1
		}
		last = first + dhcpRange - 1
	}
	for n := first; n <= last; n++ {
		ip := port.IPFromUint32(n)
		if !slices.ContainsFunc(r.ap.clients, func(c apClient) bool { return c.Addr == ip }) {
			return ip
		}
	}
	return port.IP{}
}

func (r *Radio) clientLeft(m port.MAC) {
	i := slices.IndexFunc(r.ap.clients, func(c apClient) bool { return c.MAC == m })
	if i < 0 {
		return
	}
	aid := r.ap.clients[i].aid
	r.give(&r.ap.clients[i].memory)
	r.ap.clients = slices.Delete(r.ap.clients, i, i+1)
	r.emit(port.APStationDisconnected{MAC: m, AID: aid})
}

func (r *Radio) probed(m port.MAC, rssi int8) {
	if r.mode.HasAP() {
		r.emit(port.APProbeRequest{MAC: m, RSSI: rssi})
	}
	r.probedInAir(m, rssi)
}
