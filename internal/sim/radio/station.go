package radio

import (
	"time"

	"moonlet.example/moonlet/internal/port"
)

// station is the radio as a station.
type station struct {
	config  port.StationConfig
	points  []port.StationConfig // what is remembered, saved or not
	current int
	limit   int
	auto    bool

	want   bool // tries again whenever the connection fails
	trying bool
	status port.StationStatus
	net    *network // with which it is associated
	fixed  bool     // the address was set by hand
	lease  port.DHCPInfo
	timer  port.Timer
	then   func()     // what comes when timer fires
	beacon port.Timer // until the absence of the network is noticed

	scan      port.ScanConfig
	done      func([]port.ScanResult)
	scanTimer port.Timer

	// Of the interface, of being connected, and of the DHCP client's socket.
	memory, connection, socket blocks
}

func (s *station) after(d time.Duration, f func()) {
	s.then = f
	s.timer.Arm(d, false)
}

// StationConfig implements port.WiFiStation.
func (r *Radio) StationConfig(saved bool) port.StationConfig {
	if saved {
		return r.saved.Station
	}
	return r.station.config
}

// SetStationConfig implements port.WiFiStation. An empty name forgets. The SDK
// wants the station to be there.
func (r *Radio) SetStationConfig(c port.StationConfig, save bool) bool {
	if !r.mode.HasStation() {
		return false
	}
	if !c.BSSIDSet {
		c.BSSID = port.BroadcastMAC()
	}
	s := &r.station
	s.config = c
	if c.SSID != "" {
		s.points, s.current = remember(s.points, s.current, s.limit, c)
	}
	if save {
		r.saved.Station = c
		if c.SSID != "" {
			r.saved.Points, r.saved.Current = remember(r.saved.Points, r.saved.Current, s.limit, c)
		}
		r.save()
	}
	return true
}

// Connect implements port.WiFiStation.
func (r *Radio) Connect() bool {
	s := &r.station
	if !r.mode.HasStation() {
		return false
	}
	if s.net != nil || s.trying {
		return true
	}
	if s.config.SSID == "" {
		return false
	}
	s.want, s.status = true, port.StationConnecting
	r.attempt()
	return true
}

// Disconnect implements port.WiFiStation.
func (r *Radio) Disconnect() bool {
	if !r.mode.HasStation() {
		return false
	}
	if r.station.net != nil {
		r.disconnected(port.ReasonAssocLeave)
	}
	r.leave(port.StationIdle)
	return true
}

// leave ends the connection, or the attempts at one, without a word.
func (r *Radio) leave(status port.StationStatus) {
	s := &r.station
	s.timer.Disarm()
	s.beacon.Disarm()
	s.want, s.trying, s.net, s.status = false, false, nil, status
	r.dissociate()
	r.unaddress()
}

// unaddress takes the station's address away.
func (r *Radio) unaddress() {
	if !r.station.fixed {
		r.ip[port.StationIf] = port.IPInfo{}
	}
	r.station.lease = port.DHCPInfo{}
	r.link(port.StationIf)
}

// attempt looks for the network and joins it.
func (r *Radio) attempt() {
	s := &r.station
	s.trying = true
	s.after(ScanTime, func() {
		n := r.find(s.config)
		if n == nil {
			r.failed(port.ReasonNoAPFound, port.StationNoAPFound, s.config.BSSID)
			return
		}
		s.after(JoinTime, func() { r.join(n) })
	})
}

func (r *Radio) join(n *network) {
	c := r.station.config
	switch {
	case n.gone:
		r.failed(port.ReasonNoAPFound, port.StationNoAPFound, c.BSSID)
	case n.refuses != 0:
		r.failed(n.refuses, n.refusal, n.BSSID)
	case n.Auth != port.AuthOpen && c.Password != n.Password:
		// What this SDK reports for it (espressif/ESP8266_NONOS_SDK#218).
		r.failed(port.ReasonAuthExpire, port.StationWrongPassword, n.BSSID)
	default:
		r.joined(n)
	}
}

// failed reports an attempt that came to nothing. The status stays until one
// succeeds, so that an application can see it.
func (r *Radio) failed(reason uint8, status port.StationStatus, bssid port.MAC) {
	s := &r.station
	s.trying, s.status = false, status
	r.emit(port.StationDisconnected{SSID: s.config.SSID, BSSID: bssid, Reason: reason})
	r.again(RetryPause)
}

func (r *Radio) again(d time.Duration) {
	if r.station.want {
		r.station.after(d, r.attempt)
	}
}

func (r *Radio) joined(n *network) {
	s := &r.station
	s.trying, s.net, s.status = false, n, port.StationConnecting
	s.config.BSSID = n.BSSID
	r.associate()
	r.emit(port.StationConnected{SSID: n.SSID, BSSID: n.BSSID, Channel: n.Channel})
	switch {
	case s.fixed:
		r.gotIP()
	case !n.NoDHCP:
		s.after(n.DHCPTime, func() {
			r.ip[port.StationIf] = n.Address
			s.lease = port.DHCPInfo{Server: n.Address.Gateway, Client: n.Address.Addr, NTP: n.NTP}
			r.setDNS(n)
			r.gotIP()
		})
	case n.DHCPTimeout > 0:
		s.after(n.DHCPTimeout, func() { r.emit(port.StationDHCPTimeout{}) })
	}
}

func (r *Radio) setDNS(n *network) {
	if r.cfg.Link == nil {
		return
	}
	dns := n.DNS
	if len(dns) == 0 {
		dns = []port.IP{n.Address.Gateway}
	}
	for i, a := range dns {
		r.cfg.Link.SetDNSServer(i, a)
	}
}

func (r *Radio) gotIP() {
	r.station.status = port.StationGotIP
	r.link(port.StationIf)
	r.emit(port.StationGotAddress{IPInfo: r.ip[port.StationIf]})
	r.smartOver()
}

// lost reports the end of a connection and tries to get it back.
func (r *Radio) lost(reason uint8) {
	s := &r.station
	r.disconnected(reason)
	s.timer.Disarm()
	s.beacon.Disarm()
	s.net, s.status = nil, port.StationConnecting
	r.dissociate()
	r.unaddress()
	r.again(0)
}

// missed comes when a network has been silent for too long.
func (r *Radio) missed() {
	if n := r.station.net; n != nil && n.gone {
		r.lost(port.ReasonBeaconTimeout)
	}
}

func (r *Radio) disconnected(reason uint8) {
	n := r.station.net
	r.emit(port.StationDisconnected{SSID: n.SSID, BSSID: n.BSSID, Reason: reason})
}

func (r *Radio) setStationAddress(info port.IPInfo) bool {
	s := &r.station
	changed := r.ip[port.StationIf] != info || s.status != port.StationGotIP
	s.fixed = true
	r.ip[port.StationIf] = info
	if s.net != nil && changed {
		s.timer.Disarm() // the DHCP client stops (dhcp_stop)
		r.give(&s.socket)
		r.gotIP()
	}
	return true
}

// SetAutoConnect implements port.WiFiStation; the choice is saved.
func (r *Radio) SetAutoConnect(on bool) {
	r.station.auto = on
	if r.saved.AutoConnect != on {
		r.saved.AutoConnect = on
		r.save()
	}
}

// Status implements port.WiFiStation.
func (r *Radio) Status() port.StationStatus { return r.station.status }

// RSSI implements port.WiFiStation.
func (r *Radio) RSSI() int8 {
	if n := r.station.net; n != nil {
		return n.RSSI
	}
	return port.NotConnectedRSSI
}

// Scan implements port.WiFiStation.
func (r *Radio) Scan(c port.ScanConfig, done func([]port.ScanResult)) bool {
	s := &r.station
	if !r.mode.HasStation() || s.done != nil {
		return false
	}
	s.scan, s.done = c, done
	d := ScanTime
	if c.Channel != 0 {
		d = ScanTimeOne
	}
	s.scanTimer.Arm(d, false)
	return true
}

func (r *Radio) scanned() {
	c, done := r.station.scan, r.station.done
	r.station.done = nil
	var found []port.ScanResult
	for _, n := range r.networks {
		if n.gone || n.nameless || n.Hidden && !c.ShowHidden ||
			c.SSID != "" && n.SSID != c.SSID ||
			c.BSSID != (port.MAC{}) && n.BSSID != c.BSSID ||
			c.Channel != 0 && n.Channel != c.Channel {
			continue
		}
		found = append(found, port.ScanResult{SSID: n.SSID, BSSID: n.BSSID, Channel: n.Channel, RSSI: n.RSSI, Auth: n.Auth})
	}
	var list blocks
	for range found {
		r.take(&list, r.cfg.Use.ScanResult, nameScan)
	}
	done(found)
	r.give(&list)
}

// Hostname implements port.WiFiStation. It begins as the firmware sets it at
// boot (wifi_change_default_host_name, app/modules/wifi.c).
func (r *Radio) Hostname() string { return r.hostname }

// SetHostname implements port.WiFiStation.
func (r *Radio) SetHostname(name string) bool {
	if !r.mode.HasStation() {
		return false
	}
	r.hostname = name
	return true
}

// AccessPoints implements port.SDKWiFi.
func (r *Radio) AccessPoints() []port.StationConfig { return r.station.points }

// SetAPLimit implements port.SDKWiFi; it counts from the next Start.
func (r *Radio) SetAPLimit(n int) bool {
	if n < 1 || n > 5 {
		return false
	}
	r.saved.Limit = n
	r.save()
	return true
}

// ChangeAP implements port.SDKWiFi.
func (r *Radio) ChangeAP(i int) bool {
	s := &r.station
	if i < 0 || i >= len(s.points) || !r.mode.HasStation() {
		return false
	}
	r.Disconnect()
	s.current, s.config = i, s.points[i]
	return r.Connect()
}

// CurrentAP implements port.SDKWiFi.
func (r *Radio) CurrentAP() int { return r.station.current }
