package endusersetup

import (
	"fmt"

	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// defaultSSID is the beginning of the network's name (ENDUSER_SETUP_AP_SSID).
const defaultSSID = "NodeMCU"

// ssidMost is what struct softap_config has for a name.
const ssidMost = 32

func (p portal) note(format string, args ...any) {
	port.Note(p.chip, name, fmt.Sprintf(format, args...))
}

// chooseChannel comes with the networks around (on_initial_scan_done): the own one goes to the
// channel of the strongest, which the person is thought to choose, since there is one radio.
func (p portal) chooseChannel(found []port.ScanResult) {
	s := p.state()
	if s == 0 {
		return
	}
	rssi := int8(-100)
	for _, n := range found {
		if n.RSSI > rssi {
			p.m.SetU8(s+sChannel, n.Channel)
			rssi = n.RSSI
		}
	}
	p.startAP()
	p.timer(sCheck).Arm(checkPeriod, true)
}

// startAP opens the module's own network (enduser_setup_ap_start).
func (p portal) startAP() {
	s, w := p.state(), p.wifi()
	mac := w.MAC(port.SoftAPIf)
	ssid := fmt.Sprintf("%s_%02X%02X%02X", defaultSSID, mac[3], mac[4], mac[5])
	if at := p.m.Ptr(s + sSSID); at != 0 {
		ssid = p.text(at)
		ssid = ssid[:min(len(ssid), ssidMost)] // the firmware tells a longer one as so long
	}
	w.SetMode(port.StationAPMode, true)
	w.SetAPConfig(port.APConfig{SSID: ssid, Channel: p.m.U8(s + sChannel), Auth: port.AuthOpen, MaxConnections: 5, BeaconInterval: 100}, true)
}

// backToChannel gives the station up, since it has taken the module's own network to another
// channel, and opens that again: the person is to see what came of it.
func (p portal) backToChannel() {
	w := p.wifi()
	if p.manual() {
		p.note("the radio is on channel %d, and with manual the own network counts as one on channel 1: as in the firmware the station is given up, the own network becomes that of the portal, and the connected callback comes with enduser_setup.stop", w.Channel())
	}
	w.Disconnect()
	w.SetMode(port.SoftAPMode, true)
	p.startAP()
}

// check looks whether the station has an address (enduser_setup_check_station).
func (p portal) check() {
	s, w := p.state(), p.wifi()
	info, here := w.IPInfo(port.StationIf), w.Channel() == p.m.U8(s+sChannel)
	if info == (port.IPInfo{}) {
		status := w.Status()
		if status != port.StationWrongPassword && status != port.StationNoAPFound && status != port.StationConnectFail {
			return
		}
		p.m.SetU8(s+sTrying, 0)
		if !here {
			p.m.SetU8(s+sStatus, uint8(status))
			p.backToChannel()
		}
		return
	}
	p.setAddress(info.Addr.String())
	p.m.SetU8(s+sSuccess, 1)
	p.m.SetU8(s+sStatus, uint8(port.StationGotIP))
	p.m.SetU8(s+sTrying, 0)
	if here {
		p.m.SetU8(s+sTold, 1)
		if !p.connected() { // the firmware goes on with what it has given back
			return
		}
	} else {
		p.backToChannel()
	}
	p.timer(sCheck).Disarm()
	if !p.manual() {
		p.timer(sShutdown).Arm(shutdownDelay, false)
	}
}

// A station's configuration (struct station_config) is a block within Lua's account until the
// task that takes it over has run.
const (
	configPassword = 32
	configSize     = 116
	passwordMost   = 64
)

// configure connects the station (do_station_cfg). Where that has a network already it leaves it.
func (p portal) configure(at mem.Addr) {
	if s := p.state(); s != 0 { // stopped since: the firmware writes to address 0
		p.m.SetU8(s+sTrying, 1)
	}
	c := port.StationConfig{SSID: p.text(at), Password: p.text(at + configPassword)}
	w := p.wifi()
	w.Disconnect()
	w.SetStationConfig(c, true)
	w.Connect()
	p.L.ReallocCounted(at, configSize, 0)
}
