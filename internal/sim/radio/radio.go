// Package radio is a simulated Wi-Fi radio and the networks around it.
//
// Nothing goes through the air: the package has the states, events, times and
// settings of the SDK's radio, and tells by Link which addresses the module has,
// so that its sockets come and go with them. All time passes on the module's
// clock, hence the same script gives the same trace under a virtual clock.
//
// Without configuration there is one open network that answers to every name. A
// station is with it after ScanTime and JoinTime, gets the address 192.168.0.111
// from the gateway 192.168.0.1 after DHCPTime (the addresses of
// docs/modules/wifi.md of the firmware) and stays. A script makes the networks
// behave otherwise (see Step).
package radio

import (
	"fmt"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// Times of the simulated radio. The SDK documents none of them.
const (
	// ScanTime is a look at all 13 channels. Stations that find no network report
	// it every 2.95 s (log in espressif/ESP8266_RTOS_SDK#848); RetryPause of that
	// is the pause between two attempts.
	ScanTime = 1950 * time.Millisecond
	// ScanTimeOne is a look at one channel, as the firmware configures it
	// (scan_time in app/modules/wifi.c).
	ScanTimeOne = 120 * time.Millisecond
	// RetryPause is in the SDK's message "no … found, reconnect after 1s".
	RetryPause = time.Second
	// JoinTime is authentication and association; an assumption.
	JoinTime = 100 * time.Millisecond
	// DHCPTime is the default wait for an address; an assumption.
	DHCPTime = time.Second
	// BeaconTime is how long until a network that has gone is missed: 6 s without
	// beacons, an assumption, and 2.5 s of asking (the messages
	// "ap_probe_send_start" and "ap_probe_send_over" in the log in
	// espressif/ESP8266_RTOS_SDK#355).
	BeaconTime = 8500 * time.Millisecond
)

// Link is told the module's addresses; a hostnet.Net is one.
type Link interface {
	SetInterface(i int, addr, mask port.IP)
	// SetSilent tells that nothing comes and goes through an interface that has its address,
	// or that it does again.
	SetSilent(i int, on bool)
	SetDNSServer(i int, a port.IP)
}

// Config describes the radio and its surroundings. Only Loop is needed.
type Config struct {
	Loop  port.Loop
	Link  Link
	Store Store
	// MAC is the station's address; that of the access point differs in one bit.
	// The zero MAC is that of chip 0.
	MAC port.MAC

	// Networks are there from the beginning; none means one called "Moonlet".
	Networks []Network
	// KnownOnly takes away the open network that answers to every other name.
	KnownOnly bool
	// Script is what happens to them.
	Script []Step

	// Lease is what networks give that do not say otherwise; the zero value is
	// DefaultAddress.
	Lease port.IPInfo

	// Memory is the chip's heap; nil takes nothing. Use is how much the closed part of
	// the SDK takes of it.
	Memory port.Memory
	Use    HeapUse
}

// MACOf is the address of the chip with the given id, which is its last three
// bytes (system_get_chip_id).
func MACOf(chipID uint32) port.MAC {
	return port.MAC{0x18, 0xFE, 0x34, byte(chipID >> 16), byte(chipID >> 8), byte(chipID)}
}

// Radio implements port.WiFi and port.SDKWiFi.
type Radio struct {
	cfg  Config
	loop port.Loop

	// The world outside goes on over a reset of the module.
	networks   []*network
	other      Network // what a network of unknown name is like
	otherState state
	script     []Step
	due        time.Duration // when the next step is due
	scripted   port.Timer

	// The chip, from reset to reset.
	saved     Settings
	mode      port.WiFiMode
	mac       [2]port.MAC
	ip        [2]port.IPInfo
	country   port.Country
	phy       port.PhyMode
	sleep     port.SleepType
	nullSleep bool
	maxPower  uint8 // quarters of dBm
	hostname  string
	station   station
	kept      blocks // until a reset: what the first station took
	ap        softAP
	provision provision
	sniffer   sniffer
	handler   func(port.WiFiEvent)
	events    []port.WiFiEvent
	wake      port.Timer // delivers events
}

var (
	_ port.WiFi    = (*Radio)(nil)
	_ port.SDKWiFi = (*Radio)(nil)
)

// New makes a radio that is switched off; Start switches it on.
func New(cfg Config) *Radio {
	if cfg.Store == nil {
		cfg.Store = noStore{}
	}
	if cfg.MAC == (port.MAC{}) {
		cfg.MAC = MACOf(0)
	}
	if len(cfg.Networks) == 0 {
		cfg.Networks = []Network{{SSID: "Moonlet"}}
	}
	r := &Radio{cfg: cfg, loop: cfg.Loop, script: cfg.Script}
	r.other = Network{Address: cfg.Lease}.withDefaults()
	for _, n := range cfg.Networks {
		if n.Address == (port.IPInfo{}) {
			n.Address = cfg.Lease
		}
		r.networks = append(r.networks, &network{Network: n.withDefaults()})
	}
	r.scripted = port.NewSDKTimer(r.loop, r.runScript)
	r.wake = port.NewSDKTimer(r.loop, r.deliver)
	r.station.timer = port.NewSDKTimer(r.loop, func() { r.station.then() })
	r.station.scanTimer = port.NewSDKTimer(r.loop, r.scanned)
	r.station.beacon = port.NewSDKTimer(r.loop, r.missed)
	r.provision.init(r)
	r.sniffer.timer = port.NewSDKTimer(r.loop, r.beacons)
	if len(r.script) > 0 {
		r.due = r.loop.Now() + r.script[0].After
	}
	return r
}

// Start is what the SDK does at boot: the saved mode, and the saved network if
// the station connects by itself.
func (r *Radio) Start() {
	r.saved = r.load()
	s := &r.saved
	r.mac = [2]port.MAC{r.cfg.MAC, r.cfg.MAC}
	r.mac[port.SoftAPIf][0] |= 2
	r.country = port.Country{Code: "CN", First: 1, Channels: 13} // user_interface.h
	r.phy, r.sleep, r.nullSleep, r.maxPower = s.Phy, port.ModemSleep, true, 82
	r.hostname = fmt.Sprintf("NODE-%02X%02X%02X", r.cfg.MAC[3], r.cfg.MAC[4], r.cfg.MAC[5])
	r.station.config = s.Station
	r.station.points = append([]port.StationConfig(nil), s.Points...)
	r.station.current, r.station.limit = s.Current, s.Limit
	r.station.auto = s.AutoConnect
	r.ap.start(s.AP)
	r.ip = [2]port.IPInfo{port.SoftAPIf: DefaultAPAddress()}
	r.setMode(s.Mode)
	if len(r.script) > 0 {
		r.scripted.Arm(max(r.due-r.loop.Now(), 0), false)
	}
}

// Reset switches the radio off, as a reboot does; the networks outside go on. The chip's
// heap is not touched: it is gone.
func (r *Radio) Reset() {
	st := &r.station
	for _, t := range []port.Timer{r.scripted, r.wake, st.timer, st.scanTimer, st.beacon} {
		t.Disarm()
	}
	*st = station{timer: st.timer, scanTimer: st.scanTimer, beacon: st.beacon}
	r.provision.reset()
	r.sniffer.reset()
	r.ap, r.kept = softAP{}, nil
	r.mode, r.handler, r.events = port.NullMode, nil, nil
	r.ip = [2]port.IPInfo{}
	r.link(port.StationIf)
	r.link(port.SoftAPIf)
}

// OnEvent implements port.WiFi.
func (r *Radio) OnEvent(f func(port.WiFiEvent)) { r.handler = f }

// emit queues an event. The SDK, too, delivers it after the task that caused it.
func (r *Radio) emit(e port.WiFiEvent) {
	r.events = append(r.events, e)
	if !r.wake.Armed() {
		r.wake.Arm(0, false)
	}
}

func (r *Radio) deliver() {
	for len(r.events) > 0 {
		e := r.events[0]
		r.events = r.events[1:]
		if r.handler != nil {
			r.handler(e)
		}
	}
}

// link tells the network stack the address of interface i.
func (r *Radio) link(i int) {
	if r.cfg.Link == nil {
		return
	}
	info := port.IPInfo{}
	if i == port.StationIf && r.station.status == port.StationGotIP || i == port.SoftAPIf && r.mode.HasAP() {
		info = r.ip[i]
	}
	r.cfg.Link.SetInterface(i, info.Addr, info.Netmask)
	r.silence()
}

// silence tells the network stack whether the network that the station is with is there.
func (r *Radio) silence() {
	if n := r.station.net; r.cfg.Link != nil {
		r.cfg.Link.SetSilent(port.StationIf, n != nil && (n.gone || n.cut))
	}
}

// Mode implements port.WiFi.
func (r *Radio) Mode() port.WiFiMode { return r.mode }

// DefaultMode implements port.WiFi.
func (r *Radio) DefaultMode() port.WiFiMode { return r.saved.Mode }

// SetMode implements port.WiFi.
func (r *Radio) SetMode(m port.WiFiMode, save bool) bool {
	if m > port.StationAPMode {
		return false
	}
	if save && r.saved.Mode != m {
		r.saved.Mode = m
		r.save()
	}
	old := r.mode
	if old != m {
		r.setMode(m)
	}
	r.emit(port.WiFiModeChanged{Old: old, New: m}) // also of a mode to itself, as boards do
	return true
}

func (r *Radio) setMode(m port.WiFiMode) {
	old := r.mode
	r.mode = m
	if old.HasStation() && !m.HasStation() {
		r.leave(port.StationIdle)
		r.station.scanTimer.Disarm()
		r.station.done = nil
		r.DisableWPS()
		r.StopSmartConfig()
	}
	if old.HasStation() != m.HasStation() {
		r.listen()
	}
	if old.HasAP() != m.HasAP() {
		for i := range r.ap.clients {
			r.give(&r.ap.clients[i].memory)
		}
		r.ap.clients = nil
		r.link(port.SoftAPIf)
	}
	r.interfaces(old, m)
	if !old.HasStation() && m.HasStation() && r.station.auto && r.station.config.SSID != "" {
		r.Connect()
	}
}

// Channel implements port.WiFi.
func (r *Radio) Channel() uint8 {
	switch {
	case r.station.net != nil:
		return r.station.net.Channel
	case r.mode.HasAP():
		return r.ap.config.Channel
	case r.sniffer.channel != 0:
		return r.sniffer.channel
	}
	return r.country.First
}

// Country implements port.WiFi.
func (r *Radio) Country() port.Country {
	c := r.country
	if n := r.station.net; n != nil && !c.Manual && n.Country != nil {
		c.Code, c.First, c.Channels = n.Country.Code, n.Country.First, n.Country.Channels
	}
	return c
}

// SetCountry implements port.WiFi.
func (r *Radio) SetCountry(c port.Country) bool {
	r.country = c
	return true
}

// PhyMode implements port.WiFi.
func (r *Radio) PhyMode() port.PhyMode { return r.phy }

// SetPhyMode implements port.WiFi; the mode is saved.
func (r *Radio) SetPhyMode(m port.PhyMode) {
	r.phy = m
	if r.saved.Phy != m {
		r.saved.Phy = m
		r.save()
	}
}

// SetMaxTxPower implements port.WiFi. Power has no effect here.
func (r *Radio) SetMaxTxPower(quarterDBm uint8) { r.maxPower = quarterDBm }

// SleepType implements port.WiFi.
func (r *Radio) SleepType() port.SleepType { return r.sleep }

// SetSleepType implements port.WiFi.
func (r *Radio) SetSleepType(t port.SleepType) bool {
	r.sleep = t
	return true
}

// NullModeSleep implements port.SDKWiFi.
func (r *Radio) NullModeSleep() bool { return r.nullSleep }

// SetNullModeSleep implements port.SDKWiFi.
func (r *Radio) SetNullModeSleep(on bool) { r.nullSleep = on }

func (r *Radio) has(iface int) bool {
	return iface == port.StationIf && r.mode.HasStation() || iface == port.SoftAPIf && r.mode.HasAP()
}

// MAC implements port.WiFi.
func (r *Radio) MAC(iface int) port.MAC { return r.mac[iface] }

// SetMAC implements port.WiFi. As in the SDK's documentation the interface must
// exist, the address must not be that of a group, and the two must differ.
func (r *Radio) SetMAC(iface int, m port.MAC) bool {
	if !r.has(iface) || m[0]&1 != 0 || m == r.mac[1-iface] {
		return false
	}
	r.mac[iface] = m
	return true
}

// IPInfo implements port.WiFi.
func (r *Radio) IPInfo(iface int) port.IPInfo {
	if !r.has(iface) {
		return port.IPInfo{}
	}
	return r.ip[iface]
}

// SetIPInfo implements port.WiFi.
func (r *Radio) SetIPInfo(iface int, info port.IPInfo) bool {
	if iface == port.StationIf {
		return r.setStationAddress(info)
	}
	r.ip[iface] = info
	r.link(iface)
	return true
}

// DHCP implements port.WiFi.
func (r *Radio) DHCP(iface int) (port.DHCPInfo, bool) {
	if iface != port.StationIf || !r.mode.HasStation() || r.station.fixed || r.station.net == nil {
		return port.DHCPInfo{}, false
	}
	return r.station.lease, true
}
