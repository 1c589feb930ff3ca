package radio

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// elements takes a frame's body apart. It gives the elements in their order, and fails if they do not end
// where the frame ends.
func elements(t *testing.T, b []byte) (list [][]byte) {
	t.Helper()
	for len(b) > 0 {
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			t.Fatalf("an element is cut off: % x", b)
		}
		n := 2 + int(b[1])
		list = append(list, b[:n])
		b = b[n:]
	}
	return list
}

// checkHeader looks at the header of a management frame, and gives what is behind it.
func checkHeader(t *testing.T, f []byte, subtype byte, to, from, bssid port.MAC, sequence int) []byte {
	t.Helper()
	if len(f) < 24 || f[0] != subtype<<4 || !bytes.Equal(f[1:4], []byte{0, 0, 0}) {
		t.Fatalf("header: % x", f)
	}
	if port.MAC(f[4:]) != to || port.MAC(f[10:]) != from || port.MAC(f[16:]) != bssid {
		t.Fatalf("addresses: % x", f[4:22])
	}
	if n := binary.LittleEndian.Uint16(f[22:]); n&15 != 0 || int(n>>4) != sequence&0xFFF {
		t.Fatalf("sequence: %#x", n)
	}
	return f[24:]
}

// checkElements looks at what each frame has: the name first, vendors last, none is there
// twice but those of vendors, and the sizes are those of the standard.
func checkElements(t *testing.T, list [][]byte) map[byte][]byte {
	t.Helper()
	sizes := map[byte]int{ieRates: 8, ieChannel: 1, ieTIM: 4, ieCountry: 6, ieERP: 1, ieHT: 26, ieRSN: 20,
		ieExtendedRates: 4, ieHTOperation: 22, ieExtended: 8}
	found := map[byte][]byte{}
	for _, e := range list {
		id, content := e[0], e[2:]
		if _, twice := found[id]; twice && id != ieVendor {
			t.Fatalf("element %d is there twice", id)
		}
		if found[ieVendor] != nil && id != ieVendor {
			t.Fatalf("element %d behind those of vendors", id)
		}
		if want, ok := sizes[id]; ok && len(content) != want {
			t.Fatalf("element %d has %d bytes, want %d", id, len(content), want)
		}
		if id == ieSSID && len(content) > ssidMax {
			t.Fatalf("a name of %d bytes", len(content))
		}
		found[id] = content
	}
	if list[0][0] != ieSSID {
		t.Fatal("the name is not first")
	}
	return found
}

// FuzzFrames: beacons, probe requests and responses of all networks are well-formed, say what the networks are,
// and are longer than what the SDK gives of them.
func FuzzFrames(f *testing.F) {
	f.Add("home", uint8(port.AuthWPA2), uint8(6), int8(-44), false, []byte{2, 0, 1, 2, 3, 4}, uint16(7), int64(1e9))
	f.Add("", uint8(port.AuthOpen), uint8(1), int8(-1), false, []byte{}, uint16(0), int64(0))
	f.Add("a name of thirty-two bytes......", uint8(port.AuthWPAWPA2), uint8(14), int8(-128), true, []byte{255, 255, 255, 255, 255, 255}, uint16(4096), int64(-1))
	f.Fuzz(func(t *testing.T, ssid string, auth, channel uint8, rssi int8, hidden bool, mac []byte, sequence uint16, now int64) {
		n := &network{Network: Network{SSID: ssid[:min(len(ssid), ssidMax)], Auth: port.AuthMode(auth % 5), Channel: channel%channelMax + 1, RSSI: rssi, Hidden: hidden}}
		copy(n.BSSID[:], mac)
		country := port.Country{Code: "CN", First: 1, Channels: 13}
		other, all := port.MAC{2, 1, 1, 1, 1, 1}, port.BroadcastMAC()
		for _, isBeacon := range []bool{true, false} {
			to, subtype := other, byte(subtypeProbeResponse)
			if isBeacon {
				to, subtype = all, subtypeBeacon
			}
			fr := newFrame(subtype, to, n.BSSID, n.BSSID, int(sequence))
			fr.network(n, country, time.Duration(now), isBeacon)
			body := checkHeader(t, fr.b, subtype, to, n.BSSID, n.BSSID, int(sequence))
			if got := binary.LittleEndian.Uint64(body); got != uint64(time.Duration(now)/time.Microsecond) {
				t.Fatalf("timestamp %d", got)
			}
			if binary.LittleEndian.Uint16(body[8:]) != beaconUnits {
				t.Fatalf("interval % x", body[8:10])
			}
			if secret := body[10]&capPrivacy != 0; secret != (n.Auth != port.AuthOpen) || body[10]&capESS == 0 {
				t.Fatalf("capability % x", body[10:12])
			}
			e := checkElements(t, elements(t, body[12:]))
			if want := n.SSID; string(e[ieSSID]) != want && !(hidden && isBeacon && len(e[ieSSID]) == 0) {
				t.Fatalf("name %q, want %q", e[ieSSID], want)
			}
			if e[ieChannel][0] != n.Channel || e[ieHTOperation][0] != n.Channel {
				t.Fatal("channel")
			}
			if (e[ieTIM] != nil) != isBeacon || (e[ieRSN] != nil) != (n.Auth == port.AuthWPA2 || n.Auth == port.AuthWPAWPA2) {
				t.Fatal("TIM, RSN")
			}
			checkRecord(t, fr.b, n.RSSI, n.Channel)
		}
		p := probeRequest(n.BSSID, n.Channel, int(sequence))
		e := checkElements(t, elements(t, checkHeader(t, p, subtypeProbeRequest, all, n.BSSID, all, int(sequence))))
		if len(e[ieSSID]) != 0 {
			t.Fatalf("a probe request for %q", e[ieSSID])
		}
		checkRecord(t, p, n.RSSI, n.Channel)
	})
}

// checkRecord looks at what the SDK makes of a frame.
func checkRecord(t *testing.T, f []byte, rssi int8, channel uint8) {
	t.Helper()
	r := record(f, rssi, channel)
	if len(f) < port.SnifferFrame {
		t.Fatalf("a frame of %d bytes: behind it would be bytes that no radio has heard", len(f))
	}
	if len(r) != port.SnifferRecord || !bytes.Equal(r[port.SnifferHeader:][:port.SnifferFrame], f[:port.SnifferFrame]) {
		t.Fatal("the frame is not where it belongs")
	}
	length := len(f) + fcsSize
	if int8(r[0]) != rssi || r[10] != channel || int(binary.LittleEndian.Uint16(r[2:])) != length {
		t.Fatalf("header % x", r[:port.SnifferHeader])
	}
	if (r[1] == 1<<4) != (f[4]&1 != 0) || r[1]&^(1<<4) != 0 {
		t.Fatalf("group: % x", r[1])
	}
	if tail := r[port.SnifferHeader+port.SnifferFrame:]; tail[0] != 1 || tail[1] != 0 || int(binary.LittleEndian.Uint16(tail[2:])) != length {
		t.Fatalf("tail % x", tail)
	}
}
