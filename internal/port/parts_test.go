package port_test

import (
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/sim/pins"
	"moonlet.example/moonlet/internal/sim/radio"
)

// nothing has the methods of some parts, but not the parts.
type nothing struct{ *porttest.Chip }

func (nothing) Pins() port.Pins        { return nil }
func (nothing) ADC() port.ADC          { return nil }
func (nothing) Serial(int) port.Serial { return nil }
func (nothing) Input() port.Input      { return nil }
func (nothing) Files() port.Files      { return nil }
func (nothing) Records() port.Records  { return nil }
func (nothing) Store() port.Store      { return nil }
func (nothing) Net() port.Net          { return nil }
func (nothing) WiFi() port.WiFi        { return nil }
func (nothing) SDK() port.SDK          { return nil }
func (nothing) RTC() port.RTCMemory    { return nil }

// TestNoParts holds that a chip without a part has an answer that says so: one that lacks
// the method, one that gives nothing, and what is no chip at all.
func TestNoParts(t *testing.T) {
	chip := porttest.New(t, porttest.Config{})
	for what, look := range map[port.None]func(chip any) (any, bool){
		port.NoPins:    func(c any) (any, bool) { return port.PinsOf(c) },
		port.NoADC:     func(c any) (any, bool) { return port.ADCOf(c) },
		port.NoSerial:  func(c any) (any, bool) { return port.SerialOf(c, 0) },
		port.NoInput:   func(c any) (any, bool) { return port.InputOf(c) },
		port.NoFiles:   func(c any) (any, bool) { return port.FilesOf(c) },
		port.NoRecords: func(c any) (any, bool) { return port.RecordsOf(c) },
		port.NoStore:   func(c any) (any, bool) { return port.StoreOf(c) },
		port.NoNet:     func(c any) (any, bool) { return port.NetOf(c) },
		port.NoWiFi:    func(c any) (any, bool) { return port.WiFiOf(c) },
		port.NoSDKWiFi: func(c any) (any, bool) { return port.SDKWiFiOf(c) },
		port.NoSDK:     func(c any) (any, bool) { return port.SDKOf(c) },
		port.NoRTC:     func(c any) (any, bool) { return port.RTCOf(c) },
	} {
		for name, c := range map[string]any{"bare": chip, "nil": nothing{chip}, "no chip": nil} {
			if p, ok := look(c); ok {
				t.Errorf("%s has a part %v, though %q", name, p, what.Error())
			}
		}
		if err := error(what); !strings.HasPrefix(err.Error(), "this board has no ") {
			t.Error(err)
		}
	}
}

// full has pins and a radio.
type full struct {
	*porttest.Chip
	pins  *pins.Bank
	radio *radio.Radio
}

func (f full) Pins() port.Pins { return f.pins }
func (f full) WiFi() port.WiFi { return f.radio }

func TestParts(t *testing.T) {
	l := sdk.New(sdk.Config{Clock: sdk.NewVirtualClock()})
	f := full{nil, pins.New(l, 0), radio.New(radio.Config{Loop: l})}
	if p, ok := port.PinsOf(f); p != port.Pins(f.pins) || !ok {
		t.Errorf("pins: %v, %v", p, ok)
	}
	if w, ok := port.WiFiOf(f); w != port.WiFi(f.radio) || !ok {
		t.Errorf("radio: %v, %v", w, ok)
	}
	if w, ok := port.SDKWiFiOf(f); w != port.SDKWiFi(f.radio) || !ok {
		t.Errorf("the SDK's radio: %v, %v", w, ok)
	}
}
