package radio

import (
	"time"

	"moonlet.example/moonlet/internal/port"
)

// Times of WPS and SmartConfig.
const (
	// WPSWalkTime is how long a router waits after its button, and the station for one (Wi-Fi
	// Simple Configuration, "walk time").
	WPSWalkTime = 2 * time.Minute
	// WPSTime is how long the two then talk (messages M1 to M8); an assumption.
	WPSTime = 2 * time.Second
	// PhoneTime is how long a phone tells what SmartConfig is to hear: what Espressif's
	// application does.
	PhoneTime = time.Minute
	// SmartTime is how long SmartConfig takes to find the channel and to hear all; an assumption.
	SmartTime = 3 * time.Second
)

// provision is how the module comes to a configuration that nobody has typed.
type provision struct {
	wps      bool // enabled
	wpsTimer port.Timer
	wpsUntil time.Duration
	wpsNext  func() // nil if WPS does not go on
	onWPS    func(s port.WPSStatus)

	smart      func(s port.SmartStatus, c port.StationConfig) // nil if SmartConfig does not go on
	smartTimer port.Timer
	linked     bool

	phone      port.StationConfig // what a phone tells,
	phoneUntil time.Duration      // until then; it is outside of the chip
}

func (p *provision) init(r *Radio) {
	p.wpsTimer = port.NewSDKTimer(r.loop, func() { p.wpsNext() })
	p.smartTimer = port.NewSDKTimer(r.loop, r.smartHeard)
}

// reset is a reset of the chip.
func (p *provision) reset() {
	p.wpsTimer.Disarm()
	p.smartTimer.Disarm()
	*p = provision{wpsTimer: p.wpsTimer, smartTimer: p.smartTimer, phone: p.phone, phoneUntil: p.phoneUntil}
}

var (
	_ port.WPS         = (*Radio)(nil)
	_ port.SmartConfig = (*Radio)(nil)
)

// EnableWPS implements port.WPS.
func (r *Radio) EnableWPS() bool {
	r.provision.wps = r.mode.HasStation()
	return r.provision.wps
}

// DisableWPS implements port.WPS.
func (r *Radio) DisableWPS() {
	r.provision.wps, r.provision.wpsNext = false, nil
	r.provision.wpsTimer.Disarm()
}

// OnWPS implements port.WPS.
func (r *Radio) OnWPS(f func(s port.WPSStatus)) { r.provision.onWPS = f }

// StartWPS implements port.WPS. That the station leaves its network for it is an assumption.
func (r *Radio) StartWPS() bool {
	p := &r.provision
	if !p.wps || !r.mode.HasStation() || p.wpsNext != nil {
		return false
	}
	r.Disconnect()
	p.wpsUntil = r.loop.Now() + WPSWalkTime
	r.wpsAfter(ScanTime, r.wpsScanned)
	return true
}

func (r *Radio) wpsAfter(d time.Duration, f func()) {
	r.provision.wpsNext = f
	r.provision.wpsTimer.Arm(d, false)
}

func (r *Radio) wpsEnds(s port.WPSStatus) {
	r.provision.wpsNext = nil
	if f := r.provision.onWPS; f != nil {
		f(s)
	}
}

// wpsScanned looks for routers whose button is pressed. Two of them are one too many ("session
// overlap").
func (r *Radio) wpsScanned() {
	var pressed []*network
	heard := false
	for _, n := range r.networks {
		if n.gone || n.nameless {
			continue
		}
		heard = true
		if n.isPressed(r.loop.Now()) {
			pressed = append(pressed, n)
		}
	}
	switch {
	case !heard:
		r.wpsEnds(port.WPSScanErr)
	case len(pressed) > 1:
		r.wpsEnds(port.WPSFailed)
	case len(pressed) == 1 && pressed[0].Auth == port.AuthWEP:
		r.wpsEnds(port.WPSWEP)
	case len(pressed) == 1:
		r.wpsAfter(WPSTime, func() { r.wpsTalked(pressed[0]) })
	case r.loop.Now() >= r.provision.wpsUntil:
		r.wpsEnds(port.WPSTimeout)
	default:
		r.wpsAfter(min(ScanTime, r.provision.wpsUntil-r.loop.Now()), r.wpsScanned)
	}
}

// wpsTalked is the end of the messages. The SDK saves what it got, and does not connect.
func (r *Radio) wpsTalked(n *network) {
	if n.gone || n.cut || n.refuses != 0 || !r.mode.HasStation() {
		r.wpsEnds(port.WPSFailed)
		return
	}
	n.pressed = 0
	r.SetStationConfig(port.StationConfig{SSID: n.SSID, Password: n.Password}, true)
	r.wpsEnds(port.WPSSuccess)
}

// isPressed tells whether the button of a network was pressed so lately that it counts.
func (s *state) isPressed(now time.Duration) bool { return s.pressed > now }

// StartSmartConfig implements port.SmartConfig. Both kinds hear the same phone here. That the
// station leaves its network for it is an assumption.
func (r *Radio) StartSmartConfig(_ int, f func(s port.SmartStatus, c port.StationConfig)) bool {
	p := &r.provision
	if p.smart != nil {
		return false
	}
	r.Disconnect()
	p.smart, p.linked = f, false
	f(port.SmartWait, port.StationConfig{})
	r.smartHears()
	return true
}

// StopSmartConfig implements port.SmartConfig.
func (r *Radio) StopSmartConfig() {
	r.provision.smart, r.provision.linked = nil, false
	r.provision.smartTimer.Disarm()
}

// smartHears begins to listen, if both the module and a phone are there.
func (r *Radio) smartHears() {
	p := &r.provision
	if p.smart != nil && !p.linked && !p.smartTimer.Armed() && p.phoneUntil > r.loop.Now() {
		p.smartTimer.Arm(SmartTime, false)
	}
}

// smartHeard is when all that a phone tells is heard.
func (r *Radio) smartHeard() {
	p := &r.provision
	if p.smart == nil || p.phoneUntil <= r.loop.Now() {
		return
	}
	p.linked = true
	p.smart(port.SmartLink, p.phone)
}

// smartOver tells the phone, which ends SmartConfig, as soon as the station has an address.
func (r *Radio) smartOver() {
	if p := &r.provision; p.smart != nil && p.linked {
		p.phoneUntil = 0
		p.smart(port.SmartLinkOver, port.StationConfig{})
	}
}

// phones is a phone that begins to tell. Without a password it is that of the network.
func (r *Radio) phones(s Step) {
	c := port.StationConfig{SSID: s.SSID, Password: s.Text}
	if c.Password == "" {
		for _, n := range r.networks {
			if n.SSID == s.SSID {
				c.Password = n.Password
			}
		}
	}
	r.provision.phone, r.provision.phoneUntil = c, r.loop.Now()+PhoneTime
	r.smartHears()
}
