package radio

import (
	"fmt"
	"slices"

	"moonlet.example/moonlet/internal/port"
)

// Settings are what the SDK keeps in flash.
type Settings struct {
	Mode        port.WiFiMode
	AutoConnect bool
	Station     port.StationConfig
	Points      []port.StationConfig // the networks that it remembers
	Current     int                  // index into Points
	Limit       int                  // how many it may remember
	AP          port.APConfig
	Phy         port.PhyMode
}

// Store keeps the settings over a reset.
type Store interface {
	// LoadWiFi gives false if there are none.
	LoadWiFi() (Settings, bool)
	SaveWiFi(s Settings)
}

type noStore struct{}

func (noStore) LoadWiFi() (Settings, bool) { return Settings{}, false }
func (noStore) SaveWiFi(Settings)          {}

// load returns the saved settings or those of a new module: the SDK then opens a
// network named after the chip.
func (r *Radio) load() Settings {
	if s, ok := r.cfg.Store.LoadWiFi(); ok {
		return s
	}
	if r.saved.Limit > 0 { // nothing is stored, but a reset is not the end
		return r.saved
	}
	return Settings{
		Mode:        port.SoftAPMode,
		AutoConnect: true,
		Station:     port.StationConfig{BSSID: port.BroadcastMAC()},
		Limit:       1, // docs/modules/wifi.md, wifi.sta.setaplimit()
		AP: port.APConfig{
			SSID:    fmt.Sprintf("ESP_%02X%02X%02X", r.cfg.MAC[3], r.cfg.MAC[4], r.cfg.MAC[5]),
			Channel: 1, MaxConnections: 4, BeaconInterval: 100,
		},
		Phy: port.Phy11N,
	}
}

func (r *Radio) save() {
	s := r.saved
	s.Points = slices.Clone(s.Points)
	r.cfg.Store.SaveWiFi(s)
}

// Forget returns the saved settings to those of a new module (system_restore).
// It takes effect with the next Start.
func (r *Radio) Forget() {
	r.saved = Settings{}
	s := (&Radio{cfg: Config{Store: noStore{}, MAC: r.cfg.MAC}}).load()
	r.cfg.Store.SaveWiFi(s)
	r.saved = s
}

// remember notes c among the networks of the SDK's cache: in its own place if the
// name is known, else in a new one, else in the one after the current.
func remember(points []port.StationConfig, current, limit int, c port.StationConfig) ([]port.StationConfig, int) {
	for i := range points {
		if points[i].SSID == c.SSID {
			points[i] = c
			return points, i
		}
	}
	if len(points) < limit {
		return append(points, c), len(points)
	}
	current = (current + 1) % limit
	points[current] = c
	return points, current
}
