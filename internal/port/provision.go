package port

// WPSStatus is how WPS ended (WPS_CB_ST constants of the SDK).
type WPSStatus int

// The ends of WPS.
const (
	WPSSuccess WPSStatus = iota
	WPSFailed
	WPSTimeout
	WPSWEP     // the network has WEP, for which there is no WPS
	WPSScanErr // no network was found
)

// WPS is the SDK's part of Wi-Fi Protected Setup: the button of a router gives the module the
// router's configuration, and does not connect it.
type WPS interface {
	// EnableWPS gives false without a station.
	EnableWPS() bool
	DisableWPS()
	// StartWPS looks for a router whose button is pressed, and calls the function of OnWPS
	// when that has ended. It gives false if WPS is not enabled or goes on already.
	StartWPS() bool
	OnWPS(f func(s WPSStatus))
}

// SmartStatus is how far SmartConfig is (sc_status of the SDK).
type SmartStatus int

// The states of SmartConfig that it tells of.
const (
	SmartWait SmartStatus = iota
	SmartFindChannel
	SmartGetting
	SmartLink     // name and password are there
	SmartLinkOver // the phone knows the module's address
)

// SmartConfig is the SDK's: a phone tells a network's name and password by the lengths of its
// packets.
type SmartConfig interface {
	// StartSmartConfig gives false if it goes on already. kind is 0 for ESP-TOUCH, 1 for
	// AirKiss. The configuration is that of SmartLink.
	StartSmartConfig(kind int, f func(s SmartStatus, c StationConfig)) bool
	StopSmartConfig()
}

// Sniffer is the radio in promiscuous mode.
type Sniffer interface {
	// Promiscuous switches the mode; OnFrame says who gets what is heard on the channel.
	Promiscuous(on bool)
	OnFrame(f func(record []byte))
	// SetChannel gives false for a channel that there is not.
	SetChannel(n uint8) bool
}

// Sizes of what a Sniffer gives for a management frame: the beginning of the frame behind what
// the receiver knows of it (struct sniffer_buf2 and RxControl, app/include/sys/network_80211.h).
const (
	SnifferHeader = 12
	SnifferFrame  = 112
	SnifferRecord = SnifferHeader + SnifferFrame + 4
)

// The errors of radios that have no such thing.
const (
	NoWPS         None = "WPS"
	NoSmartConfig None = "SmartConfig"
	NoSniffer     None = "promiscuous mode"
)

// WPSOf gives the WPS of a chip's radio.
func WPSOf(chip any) (p WPS, ok bool) {
	if c, ok := chip.(HasWiFi); ok {
		p, _ = c.WiFi().(WPS)
	}
	return p, p != nil
}

// SmartConfigOf gives the SmartConfig of a chip's radio.
func SmartConfigOf(chip any) (p SmartConfig, ok bool) {
	if c, ok := chip.(HasWiFi); ok {
		p, _ = c.WiFi().(SmartConfig)
	}
	return p, p != nil
}

// SnifferOf gives the promiscuous mode of a chip's radio.
func SnifferOf(chip any) (p Sniffer, ok bool) {
	if c, ok := chip.(HasWiFi); ok {
		p, _ = c.WiFi().(Sniffer)
	}
	return p, p != nil
}
