package port

// Interfaces of the chip (STATION_IF, SOFTAP_IF of the SDK's user_interface.h,
// which most of the names and figures of this file come from).
const (
	StationIf = 0
	SoftAPIf  = 1
)

// MAC is the hardware address of an interface.
type MAC [6]byte

// String writes m as the SDK's format MACSTR does.
func (m MAC) String() string {
	const hex = "0123456789abcdef"
	b := make([]byte, 0, 17)
	for i, n := range m {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, hex[n>>4], hex[n&15])
	}
	return string(b)
}

// ParseMAC reads six pairs of hexadecimal digits with any character between
// them, as ets_str2macaddr does. What is no digit counts as 0.
func ParseMAC(s string) (m MAC) {
	digit := func(i int) byte {
		if i >= len(s) {
			return 0
		}
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			return c - '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			return c | 0x20 - 'a' + 10
		}
		return 0
	}
	for i := range m {
		m[i] = digit(3*i)<<4 | digit(3*i+1)
	}
	return m
}

// BroadcastMAC is the address of everybody.
func BroadcastMAC() MAC { return MAC{255, 255, 255, 255, 255, 255} }

// WiFiMode is what the radio does.
type WiFiMode uint8

// The modes of the radio.
const (
	NullMode WiFiMode = iota
	StationMode
	SoftAPMode
	StationAPMode
)

// HasStation tells whether the station's interface exists in mode m.
func (m WiFiMode) HasStation() bool { return m == StationMode || m == StationAPMode }

// HasAP tells whether the access point's interface exists in mode m.
func (m WiFiMode) HasAP() bool { return m == SoftAPMode || m == StationAPMode }

// AuthMode is how a network checks its stations.
type AuthMode uint8

// The ways to do so.
const (
	AuthOpen AuthMode = iota
	AuthWEP
	AuthWPA
	AuthWPA2
	AuthWPAWPA2
	AuthMax // their number
)

// PhyMode is the kind of signal.
type PhyMode uint8

// The kinds of signal.
const (
	Phy11B PhyMode = iota + 1
	Phy11G
	Phy11N
)

// SleepType is what may rest while a station is connected.
type SleepType uint8

// The kinds of rest.
const (
	NoSleep SleepType = iota
	LightSleep
	ModemSleep
)

// StationStatus is how far the station's connection is.
type StationStatus uint8

// The states of a station.
const (
	StationIdle StationStatus = iota
	StationConnecting
	StationWrongPassword
	StationNoAPFound
	StationConnectFail
	StationGotIP
)

// Reasons for the end of a connection that the simulation gives by itself. All
// others of IEEE 802.11 and of the SDK are in the module's table.
const (
	ReasonAuthExpire    = 2
	ReasonAssocLeave    = 8
	ReasonBeaconTimeout = 200
	ReasonNoAPFound     = 201
	ReasonAssocFail     = 203
)

// WiFiEvent is something that the radio tells: one of the types below.
type WiFiEvent interface{ wifiEvent() }

// The events of the radio.
type (
	// StationConnected says that the station is with a network.
	StationConnected struct {
		SSID    string
		BSSID   MAC
		Channel uint8
	}
	// StationDisconnected says that it is so no more, or that it did not come to it.
	StationDisconnected struct {
		SSID   string
		BSSID  MAC
		Reason uint8
	}
	// StationAuthChanged says that the network checks its stations otherwise.
	StationAuthChanged struct{ Old, New AuthMode }
	// StationGotAddress says which address the station has.
	StationGotAddress struct{ IPInfo }
	// StationDHCPTimeout says that it got none.
	StationDHCPTimeout struct{}
	// APStationConnected and APStationDisconnected are about another station in the
	// module's own network, and its number there.
	APStationConnected struct {
		MAC MAC
		AID uint8
	}
	APStationDisconnected struct {
		MAC MAC
		AID uint8
	}
	// APProbeRequest says that a station looks for networks.
	APProbeRequest struct {
		MAC  MAC
		RSSI int8 // dBm
	}
	// WiFiModeChanged says what the radio did and what it does now.
	WiFiModeChanged struct{ Old, New WiFiMode }
	// APAddressGiven says which address a station got from the module.
	APAddressGiven struct {
		MAC     MAC
		Address IP
		AID     uint8
	}
)

func (StationConnected) wifiEvent()      {}
func (StationDisconnected) wifiEvent()   {}
func (StationAuthChanged) wifiEvent()    {}
func (StationGotAddress) wifiEvent()     {}
func (StationDHCPTimeout) wifiEvent()    {}
func (APStationConnected) wifiEvent()    {}
func (APStationDisconnected) wifiEvent() {}
func (APProbeRequest) wifiEvent()        {}
func (WiFiModeChanged) wifiEvent()       {}
func (APAddressGiven) wifiEvent()        {}

// IPInfo is the address of an interface.
type IPInfo struct{ Addr, Netmask, Gateway IP }

// DHCPInfo is what the DHCP client of an interface was offered.
type DHCPInfo struct{ Server, Client, NTP IP }

// StationConfig says which network to join.
type StationConfig struct {
	SSID     string
	Password string
	BSSIDSet bool // only the access point with that BSSID will do
	BSSID    MAC
}

// APConfig describes the module's own network.
type APConfig struct {
	SSID           string
	Password       string
	Channel        uint8
	Auth           AuthMode
	Hidden         bool
	MaxConnections uint8
	BeaconInterval uint16 // ms
}

// ScanConfig says what to look for; zero values mean anything.
type ScanConfig struct {
	SSID       string
	BSSID      MAC
	Channel    uint8
	ShowHidden bool
}

// ScanResult is an access point that was found.
type ScanResult struct {
	SSID    string
	BSSID   MAC
	Channel uint8
	RSSI    int8 // dBm
	Auth    AuthMode
}

// Country is the regulatory domain (wifi_country_t).
type Country struct {
	Code     string
	First    uint8 // channel
	Channels uint8 // their number
	Manual   bool  // never take it from the access point
}

// APClient is a station in the module's own network.
type APClient struct {
	MAC  MAC
	Addr IP
}

// NotConnectedRSSI is what RSSI gives without a connection.
const NotConnectedRSSI = 31

// WiFi is the radio, in the shape of the SDK's calls. The radio of an ESP8266 is an
// SDKWiFi, too.
type WiFi interface {
	Mode() WiFiMode
	DefaultMode() WiFiMode
	SetMode(m WiFiMode, save bool) bool
	Channel() uint8
	Country() Country
	SetCountry(c Country) bool
	PhyMode() PhyMode
	SetPhyMode(m PhyMode)
	SetMaxTxPower(quarterDBm uint8)
	SleepType() SleepType
	SetSleepType(t SleepType) bool

	MAC(iface int) MAC
	SetMAC(iface int, m MAC) bool
	IPInfo(iface int) IPInfo
	// SetIPInfo sets the address by hand. It stops the DHCP client of the station.
	SetIPInfo(iface int, info IPInfo) bool
	// DHCP is what the interface's DHCP client knows, ok being false without one.
	DHCP(iface int) (info DHCPInfo, ok bool)

	// OnEvent says who hears the events, which come between tasks.
	OnEvent(f func(e WiFiEvent))

	WiFiStation
	WiFiAP
}

// WiFiStation is the radio as a station.
type WiFiStation interface {
	// StationConfig is the current configuration, or the saved one.
	StationConfig(saved bool) StationConfig
	SetStationConfig(c StationConfig, save bool) bool
	Connect() bool
	Disconnect() bool
	SetAutoConnect(on bool)
	Status() StationStatus
	RSSI() int8 // dBm
	// Scan looks for networks and tells them later, unless it gives false.
	Scan(c ScanConfig, done func(found []ScanResult)) bool
	Hostname() string
	SetHostname(name string) bool
}

// SDKWiFi is what only the ESP8266's SDK makes of its radio.
type SDKWiFi interface {
	// NullModeSleep tells whether the radio rests where it has nothing to do.
	NullModeSleep() bool
	SetNullModeSleep(on bool)
	// AccessPoints are the networks that the SDK remembers.
	AccessPoints() []StationConfig
	SetAPLimit(n int) bool
	ChangeAP(i int) bool
	CurrentAP() int
}

// WiFiAP is the radio as an access point.
type WiFiAP interface {
	APConfig(saved bool) APConfig
	SetAPConfig(c APConfig, save bool) bool
	Clients() []APClient
	// Deauth throws a client out, everybody for BroadcastMAC.
	Deauth(m MAC) bool
	StartDHCPServer() bool
	StopDHCPServer() bool
	// SetDHCPRange says which addresses the server gives.
	SetDHCPRange(first, last IP) bool
}
