package radio

import (
	"encoding/binary"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// Management frames as they are in the air (IEEE 802.11-2016, 9.3.3 and 9.4), numbers with
// their least significant byte first:
//
//	frame    = control[2] duration[2] to[6] from[6] bssid[6] sequence[2] body
//	control  = version 0, type 0, subtype in the upper half of the first byte; no flags
//	sequence = 4 bits for the fragment, which is 0; 12 that count the frames of the sender
//	beacon, probe response = timestamp[8] interval[2] capability[2] element...
//	probe request = element...
//	element  = id[1] length[1] content[length]

// Subtypes of management frames.
const (
	subtypeProbeRequest  = 4
	subtypeProbeResponse = 5
	subtypeBeacon        = 8
)

// Element ids.
const (
	ieSSID          = 0
	ieRates         = 1
	ieChannel       = 3
	ieTIM           = 5
	ieCountry       = 7
	ieERP           = 42
	ieHT            = 45
	ieRSN           = 48
	ieExtendedRates = 50
	ieHTOperation   = 61
	ieExtended      = 127
	ieVendor        = 221
)

// Bits of the capability field.
const (
	capESS           = 1 << 0
	capPrivacy       = 1 << 4
	capShortPreamble = 1 << 5
	capShortSlot     = 1 << 10
)

// beaconUnits is the interval between beacons in units of 1,024 µs: what nearly every access
// point has.
const (
	beaconUnits    = 100
	beaconInterval = beaconUnits * 1024 * time.Microsecond
)

// fcsSize is the checksum behind each frame, which the receiver counts and does not give.
const fcsSize = 4

// frame is a frame that is being put together.
type frame struct{ b []byte }

func newFrame(subtype byte, to, from, bssid port.MAC, sequence int) *frame {
	f := &frame{b: make([]byte, 0, 256)}
	f.b = append(f.b, subtype<<4, 0, 0, 0)
	f.b = append(f.b, to[:]...)
	f.b = append(f.b, from[:]...)
	f.b = append(f.b, bssid[:]...)
	f.b = binary.LittleEndian.AppendUint16(f.b, uint16(sequence&0xFFF)<<4)
	return f
}

func (f *frame) element(id byte, content ...byte) {
	f.b = append(f.b, id, byte(len(content)))
	f.b = append(f.b, content...)
}

// rates are those of 802.11b and g in units of 500 kbit/s, the basic ones with the highest bit.
func (f *frame) rates() {
	f.element(ieRates, 0x82, 0x84, 0x8B, 0x96, 0x24, 0x30, 0x48, 0x6C)
}

func (f *frame) extendedRates() { f.element(ieExtendedRates, 0x0C, 0x12, 0x18, 0x60) }

// ht are the capabilities of a radio for 20 MHz with one stream (802.11n).
func (f *frame) ht() {
	f.element(ieHT, append([]byte{0x2C, 0x01, 0x17, 0xFF}, make([]byte, 22)...)...)
}

// Suites of security: the standard's and, before it, Microsoft's for WPA.
var (
	suitesRSN = [...]byte{0x00, 0x0F, 0xAC}
	suitesWPA = [...]byte{0x00, 0x50, 0xF2}
)

// security says which ciphers a network has: one for groups, one for pairs, and a key that is shared.
func security(oui [3]byte, cipher byte) []byte {
	b := []byte{1, 0} // version
	b = append(b, oui[0], oui[1], oui[2], cipher)
	b = append(b, 1, 0, oui[0], oui[1], oui[2], cipher)
	return append(b, 1, 0, oui[0], oui[1], oui[2], 2)
}

const (
	cipherTKIP = 2
	cipherCCMP = 4
)

// network makes what beacons and probe responses have in common. Only a beacon has a TIM.
func (f *frame) network(n *network, c port.Country, now time.Duration, beacon bool) {
	f.b = binary.LittleEndian.AppendUint64(f.b, uint64(now/time.Microsecond))
	f.b = binary.LittleEndian.AppendUint16(f.b, beaconUnits)
	bits := capESS | capShortPreamble | capShortSlot
	if n.Auth != port.AuthOpen {
		bits |= capPrivacy
	}
	f.b = binary.LittleEndian.AppendUint16(f.b, uint16(bits))
	if ssid := n.SSID; n.Hidden && beacon {
		f.element(ieSSID)
	} else {
		f.element(ieSSID, []byte(ssid)...)
	}
	f.rates()
	f.element(ieChannel, n.Channel)
	if beacon {
		f.element(ieTIM, 0, 1, 0, 0)
	}
	if n.Country != nil {
		c = *n.Country
	}
	f.element(ieCountry, append([]byte((c.Code + "   ")[:3]), c.First, c.Channels, 20)...)
	f.element(ieERP, 0)
	f.extendedRates()
	if n.Auth == port.AuthWPA2 || n.Auth == port.AuthWPAWPA2 {
		f.element(ieRSN, append(security(suitesRSN, cipherCCMP), 0, 0)...)
	}
	f.ht()
	f.element(ieHTOperation, append([]byte{n.Channel}, make([]byte, 21)...)...)
	if n.Auth == port.AuthWPA || n.Auth == port.AuthWPAWPA2 {
		f.element(ieVendor, append([]byte{0x00, 0x50, 0xF2, 1}, security(suitesWPA, cipherTKIP)...)...)
	}
	f.element(ieVendor, 0x00, 0x50, 0xF2, 2, 1, 1, 0, 0, // WMM with the usual parameters
		0x03, 0xA4, 0, 0, 0x27, 0xA4, 0, 0, 0x42, 0x43, 0x5E, 0, 0x62, 0x32, 0x2F, 0)
}

// probeRequest is what a phone sends that looks for any network.
func probeRequest(from port.MAC, channel uint8, sequence int) []byte {
	all := port.BroadcastMAC()
	f := newFrame(subtypeProbeRequest, all, from, all, sequence)
	f.element(ieSSID)
	f.rates()
	f.extendedRates()
	f.element(ieChannel, channel)
	f.ht()
	f.element(ieExtended, 0, 0, 0, 0, 0, 0, 0, 0x40)
	// Wi-Fi Simple Configuration: version, request type, methods, and an id of its own.
	wps := []byte{0x00, 0x50, 0xF2, 4, 0x10, 0x4A, 0, 1, 0x10, 0x10, 0x3A, 0, 1, 1, 0x10, 0x08, 0, 2, 0x31, 0x48, 0x10, 0x47, 0, 16}
	wps = append(append(wps, make([]byte, 10)...), from[:]...)
	f.element(ieVendor, wps...)
	return f.b
}

// record is a frame as the SDK gives it: what the receiver knows, the beginning of the frame,
// and how many there are of which length. Of the receiver's fields (struct RxControl) these are
// not 0: the strength, whether the frame is for a group, the length, the channel. The rate is 0,
// 1 Mbit/s, with which such frames are sent. How the length counts is an assumption.
func record(f []byte, rssi int8, channel uint8) []byte {
	r := make([]byte, port.SnifferRecord)
	length := len(f) + fcsSize
	r[0] = byte(rssi)
	r[1] = f[4] & 1 << 4
	binary.LittleEndian.PutUint16(r[2:], uint16(length)&0xFFF)
	r[10] = channel & 0x0F
	copy(r[port.SnifferHeader:][:port.SnifferFrame], f)
	binary.LittleEndian.PutUint16(r[port.SnifferHeader+port.SnifferFrame:], 1)
	binary.LittleEndian.PutUint16(r[port.SnifferHeader+port.SnifferFrame+2:], uint16(length))
	return r
}
