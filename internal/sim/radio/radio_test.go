package radio

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

// bench is a radio on a virtual clock that notes events and addresses with their
// times in milliseconds.
type bench struct {
	loop  *sdk.Loop
	radio *Radio
	log   []string

	silent [2]bool
}

func newBench(t *testing.T, cfg Config, script ...string) *bench {
	t.Helper()
	b := &bench{loop: sdk.New(sdk.Config{Clock: sdk.NewVirtualClock()})}
	var err error
	if cfg.Script, err = ParseScript(script); err != nil {
		t.Fatal(err)
	}
	cfg.Loop, cfg.Link = b.loop, b
	b.radio = New(cfg)
	b.boot()
	return b
}

func (b *bench) boot() {
	b.radio.Start()
	b.radio.OnEvent(b.event)
	b.log = nil
}

func (b *bench) note(format string, args ...any) {
	b.log = append(b.log, fmt.Sprintf("%d ", b.loop.Now().Milliseconds())+fmt.Sprintf(format, args...))
}

func (b *bench) SetInterface(i int, a, _ port.IP) { b.note("if%d %v", i, a) }
func (b *bench) SetSilent(i int, on bool) {
	if on != b.silent[i] {
		b.silent[i] = on
		b.note("if%d silent %v", i, on)
	}
}
func (b *bench) SetDNSServer(i int, a port.IP) { b.note("dns%d %v", i, a) }

func (b *bench) event(e port.WiFiEvent) {
	switch e := e.(type) {
	case port.StationConnected:
		b.note("connected %s %d", e.SSID, e.Channel)
	case port.StationDisconnected:
		b.note("disconnected %s %d", e.SSID, e.Reason)
	case port.StationAuthChanged:
		b.note("auth %d %d", e.Old, e.New)
	case port.StationGotAddress:
		b.note("ip %v %v %v", e.Addr, e.Netmask, e.Gateway)
	case port.WiFiModeChanged:
		b.note("mode %d %d", e.Old, e.New)
	case port.APAddressGiven:
		b.note("gave %v %v %d", e.MAC, e.Address, e.AID)
	default:
		b.note("%T %v", e, e)
	}
}

// expect runs the module for d and compares what happened.
func (b *bench) expect(t *testing.T, d time.Duration, want ...string) {
	t.Helper()
	b.loop.RunFor(d)
	got := b.log
	b.log = nil
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func (b *bench) join(ssid, pwd string) {
	b.radio.SetMode(port.StationMode, true)
	b.radio.SetStationConfig(port.StationConfig{SSID: ssid, Password: pwd}, true)
	b.radio.Connect()
}

func (b *bench) status(t *testing.T, want port.StationStatus) {
	t.Helper()
	if got := b.radio.Status(); got != want {
		t.Errorf("status %d, want %d", got, want)
	}
}

func TestDefaultNetworkAnswersAnyName(t *testing.T) {
	b := newBench(t, Config{})
	b.join("anything", "whatever")
	b.status(t, port.StationConnecting)
	b.expect(t, 10*time.Second,
		"0 if1 0.0.0.0",
		"0 mode 2 1",
		"2050 connected anything 6",
		"3050 dns0 192.168.0.1",
		"3050 if0 192.168.0.111",
		"3050 ip 192.168.0.111 255.255.255.0 192.168.0.1")
	b.status(t, port.StationGotIP)
	if r := b.radio.RSSI(); r != -50 {
		t.Errorf("RSSI %d", r)
	}
	if d, ok := b.radio.DHCP(port.StationIf); !ok || d.Client != (port.IP{192, 168, 0, 111}) {
		t.Errorf("DHCP %v %v", d, ok)
	}
	b.radio.Disconnect()
	b.expect(t, 10*time.Second, "10000 if0 0.0.0.0", "10000 disconnected anything 8")
	b.status(t, port.StationIdle)
}

func TestWrongPassword(t *testing.T) {
	b := newBench(t, Config{Networks: []Network{{SSID: "home", Password: "secret-1"}}})
	b.join("home", "secret-2")
	b.expect(t, 6*time.Second,
		"0 if1 0.0.0.0", "0 mode 2 1", "2050 disconnected home 2", "5100 disconnected home 2")
	b.status(t, port.StationWrongPassword)
	b.radio.Disconnect()
	b.radio.SetStationConfig(port.StationConfig{SSID: "home", Password: "secret-1"}, true)
	b.radio.Connect()
	b.expect(t, 4*time.Second, "6000 if0 0.0.0.0",
		"8050 connected home 6", "9050 dns0 192.168.0.1", "9050 if0 192.168.0.111",
		"9050 ip 192.168.0.111 255.255.255.0 192.168.0.1")
}

func TestScript(t *testing.T) {
	b := newBench(t, Config{KnownOnly: true, Networks: []Network{{SSID: "home"}}},
		"5s drop 3 @home", // 5
		"5s vanish",       // 10
		"12s return",      // 22
		"8s auth wpa",     // 30
		"1s auth open",
		"1s rssi -80",
		"1s address 10.0.0.5/8 10.0.0.1",
		"0s dhcp 3s",
		"0s drop", // 33
		"10s nodhcp 2s",
		"0s drop", // 43
		"7s refuse",
		"0s drop") // 50
	b.join("home", "")
	b.expect(t, 40*time.Second,
		"0 if1 0.0.0.0", "0 mode 2 1",
		"2050 connected home 6", "3050 dns0 192.168.0.1", "3050 if0 192.168.0.111",
		"3050 ip 192.168.0.111 255.255.255.0 192.168.0.1",
		"5000 if0 0.0.0.0", "5000 disconnected home 3",
		"7050 connected home 6", "8050 dns0 192.168.0.1", "8050 if0 192.168.0.111",
		"8050 ip 192.168.0.111 255.255.255.0 192.168.0.1",
		"10000 if0 silent true",
		"18500 if0 0.0.0.0", "18500 if0 silent false", "18500 disconnected home 200",
		"20450 disconnected home 201",
		"23500 connected home 6", "24500 dns0 192.168.0.1", "24500 if0 192.168.0.111",
		"24500 ip 192.168.0.111 255.255.255.0 192.168.0.1",
		"30000 auth 0 2", "31000 auth 2 0",
		"33000 if0 0.0.0.0", "33000 disconnected home 2",
		"35050 connected home 6", "38050 dns0 10.0.0.1", "38050 if0 10.0.0.5",
		"38050 ip 10.0.0.5 255.0.0.0 10.0.0.1")
	if r := b.radio.RSSI(); r != -80 {
		t.Errorf("RSSI %d", r)
	}
	b.expect(t, 8*time.Second,
		"43000 if0 0.0.0.0", "43000 disconnected home 2",
		"45050 connected home 6", "47050 port.StationDHCPTimeout {}")
	b.status(t, port.StationConnecting)
	b.expect(t, 7*time.Second,
		"50000 if0 0.0.0.0", "50000 disconnected home 2", "52050 disconnected home 203")
	b.status(t, port.StationConnectFail)
}

func TestUnknownNetwork(t *testing.T) {
	b := newBench(t, Config{KnownOnly: true})
	b.join("nowhere", "")
	b.expect(t, 6*time.Second, "0 if1 0.0.0.0", "0 mode 2 1",
		"1950 disconnected nowhere 201", "4900 disconnected nowhere 201")
	b.status(t, port.StationNoAPFound)
	if r := b.radio.RSSI(); r != port.NotConnectedRSSI {
		t.Errorf("RSSI %d", r)
	}
}

// A mode that is set again is told again, as boards do.
func TestModeAgain(t *testing.T) {
	b := newBench(t, Config{})
	for _, m := range []port.WiFiMode{port.NullMode, port.NullMode, port.SoftAPMode, port.SoftAPMode} {
		b.radio.SetMode(m, false)
	}
	b.expect(t, time.Second, "0 if1 0.0.0.0", "0 if1 192.168.4.1", "0 mode 2 0", "0 mode 0 0", "0 mode 0 2", "0 mode 2 2")
}

func TestStaticAddress(t *testing.T) {
	b := newBench(t, Config{})
	b.radio.SetMode(port.StationMode, false)
	b.radio.SetIPInfo(port.StationIf, port.IPInfo{Addr: port.IP{10, 9, 8, 7}, Netmask: port.IP{255}, Gateway: port.IP{10, 0, 0, 1}})
	b.join("x", "")
	b.expect(t, 3*time.Second, "0 if1 0.0.0.0", "0 mode 2 1", "0 mode 1 1",
		"2050 if0 10.9.8.7", "2050 connected x 6", "2050 ip 10.9.8.7 255.0.0.0 10.0.0.1")
	if _, ok := b.radio.DHCP(port.StationIf); ok {
		t.Error("DHCP client is running")
	}
}

func TestSettingsSurviveReboot(t *testing.T) {
	b := newBench(t, Config{MAC: MACOf(0xA2D734)}, "20s vanish")
	if got := b.radio.APConfig(true).SSID; got != "ESP_A2D734" {
		t.Errorf("default name %q", got)
	}
	if got := b.radio.MAC(port.SoftAPIf).String(); got != "1a:fe:34:a2:d7:34" {
		t.Errorf("access point %s", got)
	}
	b.join("home", "")
	b.expect(t, 4*time.Second, "0 if1 0.0.0.0", "0 mode 2 1",
		"2050 connected home 6", "3050 dns0 192.168.0.1", "3050 if0 192.168.0.111",
		"3050 ip 192.168.0.111 255.255.255.0 192.168.0.1")
	b.radio.SetMode(port.StationAPMode, false)
	b.radio.Reset()
	b.loop.Reset()
	b.boot()
	b.expect(t, 4*time.Second,
		"6050 connected home 6", "7050 dns0 192.168.0.1", "7050 if0 192.168.0.111",
		"7050 ip 192.168.0.111 255.255.255.0 192.168.0.1")
	if m := b.radio.Mode(); m != port.StationMode {
		t.Errorf("mode %d", m)
	}
	b.expect(t, 21*time.Second, "20000 if0 silent true", "28500 if0 0.0.0.0", "28500 if0 silent false", "28500 disconnected home 200") // the world outside went on
	b.radio.Forget()
	b.radio.Reset()
	b.loop.Reset()
	b.boot()
	b.expect(t, 10*time.Second)
	if m, s := b.radio.Mode(), b.radio.StationConfig(true).SSID; m != port.SoftAPMode || s != "" {
		t.Errorf("after Forget: mode %d, network %q", m, s)
	}
}

func TestRememberedNetworks(t *testing.T) {
	b := newBench(t, Config{})
	b.radio.SetAPLimit(2)
	b.radio.Reset()
	b.boot()
	b.radio.SetMode(port.StationMode, true)
	for _, ssid := range []string{"a", "b", "a", "c"} {
		b.radio.SetStationConfig(port.StationConfig{SSID: ssid}, true)
	}
	var names []string
	for _, c := range b.radio.AccessPoints() {
		names = append(names, c.SSID)
	}
	if !slices.Equal(names, []string{"a", "c"}) || b.radio.CurrentAP() != 1 {
		t.Errorf("remembered %v, current %d", names, b.radio.CurrentAP())
	}
	if !b.radio.ChangeAP(0) || b.radio.StationConfig(false).SSID != "a" || b.radio.ChangeAP(2) {
		t.Error("ChangeAP")
	}
}

func TestScan(t *testing.T) {
	b := newBench(t, Config{Networks: []Network{
		{SSID: "one", Channel: 1, RSSI: -40}, {SSID: "six", Password: "12345678"}, {SSID: "shy", Hidden: true}}},
		"0s vanish @one", "3s return")
	b.radio.SetMode(port.StationMode, false)
	scan := func(c port.ScanConfig) (names []string) {
		if !b.radio.Scan(c, func(all []port.ScanResult) {
			for _, n := range all {
				names = append(names, fmt.Sprint(n.SSID, n.Channel, n.RSSI, n.Auth))
			}
		}) {
			t.Error("Scan refused")
		}
		b.loop.RunFor(2 * time.Second)
		return names
	}
	if got := scan(port.ScanConfig{}); !slices.Equal(got, []string{"six6 -50 3"}) {
		t.Errorf("first scan: %v", got)
	}
	b.loop.RunFor(2 * time.Second)
	if got := scan(port.ScanConfig{ShowHidden: true}); len(got) != 3 {
		t.Errorf("all: %v", got)
	}
	if got := scan(port.ScanConfig{Channel: 1}); !slices.Equal(got, []string{"one1 -40 0"}) {
		t.Errorf("channel 1: %v", got)
	}
	b.radio.SetMode(port.SoftAPMode, false)
	if b.radio.Scan(port.ScanConfig{}, nil) {
		t.Error("scan without a station")
	}
}

func TestAccessPoint(t *testing.T) {
	b := newBench(t, Config{},
		"1s join 02:00:00:00:00:01",
		"1s join 02:00:00:00:00:02 192.168.4.9",
		"1s probe 02:00:00:00:00:03 -70",
		"1s leave 02:00:00:00:00:01")
	b.expect(t, 2500*time.Millisecond,
		"1000 port.APStationConnected {02:00:00:00:00:01 1}",
		"1000 gave 02:00:00:00:00:01 192.168.4.2 1",
		"2000 port.APStationConnected {02:00:00:00:00:02 2}")
	if got := fmt.Sprint(b.radio.Clients()); got != "[{02:00:00:00:00:01 192.168.4.2} {02:00:00:00:00:02 192.168.4.9}]" {
		t.Error(got)
	}
	b.expect(t, 3*time.Second,
		"3000 port.APProbeRequest {02:00:00:00:00:03 -70}",
		"4000 port.APStationDisconnected {02:00:00:00:00:01 1}")
	if !b.radio.Deauth(port.BroadcastMAC()) || len(b.radio.Clients()) > 0 {
		t.Error("Deauth")
	}
	b.expect(t, 0, "5500 port.APStationDisconnected {02:00:00:00:00:02 2}")
	if b.radio.SetDHCPRange(port.IP{192, 168, 4, 100}, port.IP{192, 168, 4, 103}) {
		t.Error("range set while the server runs")
	}
	b.radio.StopDHCPServer()
	for _, bad := range [][2]port.IP{
		{{192, 168, 4, 1}, {192, 168, 4, 3}}, {{192, 168, 5, 2}, {192, 168, 5, 3}}, {{192, 168, 4, 2}, {192, 168, 4, 103}}} {
		if b.radio.SetDHCPRange(bad[0], bad[1]) {
			t.Errorf("range %v accepted", bad)
		}
	}
	if !b.radio.SetDHCPRange(port.IP{192, 168, 4, 100}, port.IP{192, 168, 4, 103}) || !b.radio.StartDHCPServer() {
		t.Error("range refused")
	}
	b.radio.Do(Step{Action: Join, MAC: port.MAC{2}})
	b.expect(t, 0, "5500 port.APStationConnected {02:00:00:00:00:00 1}", "5500 gave 02:00:00:00:00:00 192.168.4.100 1")
	b.radio.SetMode(port.NullMode, false)
	if b.radio.Deauth(port.MAC{2}) || len(b.radio.Clients()) > 0 || b.radio.StartDHCPServer() {
		t.Error("access point still there")
	}
}

func TestMAC(t *testing.T) {
	b := newBench(t, Config{})
	b.radio.SetMode(port.StationMode, false)
	ap := b.radio.MAC(port.SoftAPIf)
	for m, want := range map[port.MAC]bool{{1}: false, ap: false, {2}: true} {
		if b.radio.SetMAC(port.StationIf, m) != want {
			t.Errorf("SetMAC(%v) is not %v", m, want)
		}
	}
	if b.radio.SetMAC(port.SoftAPIf, port.MAC{4}) {
		t.Error("no access point, but its address changed")
	}
}

func TestBadSteps(t *testing.T) {
	for _, s := range []string{"", "5s", "x drop", "-1s drop", "1s dance", "1s drop 0", "1s drop 1 2", "1s dhcp", "1s rssi 5",
		"1s auth wpa9", "1s address 1.2.3.4 1.2.3.4", "1s address 1.2.3.4/33 1.2.3.4", "1s join 1", "1s leave", "1s nodhcp soon"} {
		if _, err := ParseStep(s); err == nil {
			t.Errorf("%q accepted", s)
		}
	}
	s, err := ParseStep("1m30s auth wpa/wpa2 @my home ")
	if err != nil || s.After != 90*time.Second || s.Auth != port.AuthWPAWPA2 || s.SSID != "my home" {
		t.Errorf("%+v, %v", s, err)
	}
}
