package radio

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// testHeap knows what is on it.
type testHeap struct {
	blocks map[port.Block]string
	next   port.Block
}

func (h *testHeap) Take(size int, what string) port.Block {
	h.next++
	h.blocks[h.next] = fmt.Sprint(size, strings.TrimLeft(what, "SDKlwIP:"))
	return h.next
}

func (h *testHeap) Rename(port.Block, string) {}

func (h *testHeap) Give(at port.Block) {
	if h.blocks[at] == "" {
		panic("a block is given that was not taken")
	}
	delete(h.blocks, at)
}

func (h *testHeap) String() string {
	return strings.Join(slices.Sorted(maps.Values(h.blocks)), ", ")
}

func TestMemory(t *testing.T) {
	h := &testHeap{blocks: map[port.Block]string{}}
	b := newBench(t, Config{Memory: h, Use: HeapUse{Station: 10, AccessPoint: 20, Association: 30, Client: 40, ScanResult: 50}})
	want := func(when, what string) {
		t.Helper()
		if got := h.String(); got != what {
			t.Errorf("%s there is %q, want %q", when, got, what)
		}
	}
	r := b.radio
	want("at boot", "20 access point")
	join := port.MAC{2, 0, 0, 0, 0, 1}
	r.clientJoined(join, port.IP{})
	want("with a station", "20 access point, 24 address that DHCP gave, 40 station at the access point, 8 address that DHCP gave")
	r.clientLeft(join)
	want("without it", "20 access point")
	r.clientJoined(join, port.IP{192, 168, 4, 9})
	want("with one that has its address", "20 access point, 40 station at the access point")
	r.SetMode(port.StationMode, false)
	want("as a station", "10 station")
	r.Scan(port.ScanConfig{}, func([]port.ScanResult) {
		want("with the results of a scan", "10 station, 50 network that a scan found")
	})
	b.loop.RunFor(3 * time.Second)
	want("after the scan", "10 station")
	r.SetStationConfig(port.StationConfig{SSID: "any"}, false)
	const connected = "10 station, 30 connection to a network, 36 DHCP client, 64 DHCP client"
	r.Connect()
	b.loop.RunFor(ScanTime + JoinTime + time.Millisecond)
	want("while DHCP asks", connected)
	b.loop.RunFor(10 * time.Second)
	want("with an address", connected)
	r.SetIPInfo(port.StationIf, port.IPInfo{Addr: port.IP{10, 0, 0, 1}})
	want("with an address by hand", "10 station, 30 connection to a network, 64 DHCP client")
	r.Disconnect()
	want("when it is over", "10 station")
	r.Connect()
	b.loop.RunFor(10 * time.Second)
	want("with an address by hand from the beginning", "10 station, 30 connection to a network")
	r.SetMode(port.NullMode, false)
	want("without a radio", "")
}

// The first station leaves something behind, once in a life; the later ones nothing.
func TestMemory_FirstStation(t *testing.T) {
	h := &testHeap{blocks: map[port.Block]string{}}
	b := newBench(t, Config{Memory: h, Use: HeapUse{Station: 10, AccessPoint: 20, FirstStation: 70}})
	for _, m := range []struct {
		mode port.WiFiMode
		want string
	}{
		{port.NullMode, ""},
		{port.StationMode, "10 station, 70 what the first station leaves"},
		{port.SoftAPMode, "20 access point, 70 what the first station leaves"},
		{port.StationAPMode, "10 station, 20 access point, 70 what the first station leaves"},
		{port.NullMode, "70 what the first station leaves"},
	} {
		b.radio.SetMode(m.mode, false)
		if got := h.String(); got != m.want {
			t.Errorf("in mode %d there is %q, want %q", m.mode, got, m.want)
		}
	}
}

// TestMemory_Reset holds that a reset does not touch the heap, which is gone.
func TestMemory_Reset(t *testing.T) {
	h := &testHeap{blocks: map[port.Block]string{}}
	b := newBench(t, Config{Memory: h, Use: DefaultHeapUse()})
	b.radio.clientJoined(port.MAC{2, 0, 0, 0, 0, 1}, port.IP{})
	clear(h.blocks) // Give panics now
	b.radio.Reset()
	b.loop.Reset()
	b.boot()
	if got := h.String(); got != "2384 access point" {
		t.Errorf("after a reset there is %q", got)
	}
}
