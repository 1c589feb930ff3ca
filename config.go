package moonlet

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Config says what a module is and what is around it. The zero value of a field leaves it to
// the default; what it means is said with the key of that name in docs/project.md, whose
// values those of a Config are. [New] makes a module of it, and [With] lets it win over what
// a project's file says.
type Config struct {
	// Files are the files in the module's flash memory, by name: the application. FS are
	// more of them, with their paths as names. Both are for New only.
	Files map[string]string
	FS    fs.FS
	// StoreFiles are Lua files that are compiled into the Lua Flash Store, by name. They are
	// for New only.
	StoreFiles map[string]string

	HeapBytes  int     // free heap at the prompt (key heap)
	StoreBytes int     // of the Lua Flash Store's partition (key lfs)
	Lua        string  // edition, such as "5.3" (key lua)
	Numbers    Numbers // of Lua (key number)
	// Modules are the modules of the firmware that the build has; nil is all that there are
	// (key modules).
	Modules []string
	// Options are switches of the firmware that its default build has not, such as "pmsleep"
	// (key options).
	Options []string
	// Firmware is "classic" for a build that has the calls of older firmware besides its own
	// (key firmware).
	Firmware string
	ChipID   int   // 1 to 0xFFFFFF
	Seed     int64 // of the chip's random numbers

	Time Time
	// TaskLimit is how long a task may be until a LongTask is told, Watchdog how long until
	// the chip is reset; negative turns them off. UnitTime is what a unit of work takes.
	TaskLimit, Watchdog, UnitTime time.Duration
	// FlashRead and FlashWrite are how long a page of 256 bytes of the flash chip takes,
	// FlashErase how long a sector of 4 KB; negative is no time.
	FlashRead, FlashWrite, FlashErase time.Duration

	// StateDir is the directory where the flash memory is kept; without it New keeps it in
	// the memory of this process until the module is closed. Flash is the file of a whole
	// chip to keep it in, and FlashBytes the size of a new chip.
	StateDir   string
	Flash      string
	FlashBytes int

	Network NetworkConfig
	WiFi    WiFiConfig

	Levels  []Level
	Wires   []Wire
	Buttons []Button
	Waves   []Wave
	// Thermometers are those of the type DS18B20 at 1-Wire buses.
	Thermometers []DS18B20
	// Hygrometers are sensors of temperature and humidity with one line.
	Hygrometers []DHT
	// Scales are converters of load cells.
	Scales []HX711
	// Encoders are knobs that turn.
	Encoders []Encoder
	Analog   *Analog // what the analog input measures
}

// Numbers are the numbers of Lua in a firmware.
type Numbers string

// The number models.
const (
	Int32 Numbers = "int32" // 32-bit integers and floats: the firmware's default
	Int64 Numbers = "int64" // 64-bit integers and floats
	Mixed Numbers = "mixed" // 32-bit integers, 64-bit floats
)

// Time is how the module's time passes.
type Time string

// Kinds of time, besides those of Scaled.
const (
	Real    Time = "real"    // as on the host
	Virtual Time = "virtual" // waiting takes no time
)

// Scaled is time that passes so many times as fast as on the host.
func Scaled(factor float64) Time { return Time(strconv.FormatFloat(factor, 'f', -1, 64) + "x") }

// NetworkConfig is how the module meets the network of this computer.
type NetworkConfig struct {
	Listen string // address of this computer where servers are found
	// Ports are ports of this computer by those of the module; AnyPort is any free one.
	Ports     map[int]int
	OnlyPorts bool              // take no other port if one that was not named is in use
	Hosts     map[string]string // addresses of names
	HostsOnly bool              // all other names are unknown
	Policy    string            // "all", "local" or "none" (key network)
	Connect   map[string]string // HOST:PORT for the module, IP:PORT of where that leads (key connect)
	// GatewayIsHost lets the address of the Wi-Fi's gateway lead to this computer.
	GatewayIsHost bool
	// TimeServer is what the time server at the gateway tells at power-on (key time_server).
	TimeServer string
}

// AnyPort is any free port of this computer.
const AnyPort = -1

// WiFiConfig is what the radio hears.
type WiFiConfig struct {
	Networks  []WiFiNetwork
	KnownOnly bool     // networks that were not named do not exist
	Script    []string // what happens to them, such as "10s drop @home"
}

// WiFiNetwork is an access point near the module.
type WiFiNetwork struct {
	SSID     string
	Password string // "" for an open network
	Auth     string // "open", "wep", "wpa", "wpa2" or "wpa/wpa2"
	BSSID    string // hardware address
	Channel  int
	RSSI     int // dBm
	Hidden   bool

	Address     string // what the module gets, such as 192.168.0.5/24
	Gateway     string
	DNS         []string
	NTP         string
	NoDHCP      bool
	DHCPTime    time.Duration
	DHCPTimeout time.Duration
}

// Level connects a pin to a level for good. Pins are those of a NodeMCU board, 0 to 12.
type Level struct{ Pin, Level int }

// Wire gives the level of one pin to another.
type Wire struct{ From, To int }

// Button connects a pin to a level while it is pressed.
type Button struct {
	Name    string
	Pin     int
	Level   int
	Presses []Press
}

// Press is a press of a button, at a time since power-on.
type Press struct{ At, For time.Duration }

// Wave is a square wave on a pin.
type Wave struct {
	Pin       int
	Low, High time.Duration
}

// DS18B20 is a thermometer at a 1-Wire bus. Many may share a pin.
type DS18B20 struct {
	Pin         int
	ID          string   // serial number, twelve hexadecimal digits; "" is one that follows from the place in the list
	Temperature Quantity // °C
	Resolution  int      // 9 to 12 bits; 0 means 12
	High, Low   int      // bounds of the alarm in °C; 0 means what the part has from the factory, 75 and 70
	Parasite    bool     // it has no supply but the bus
	Fault       string   // "absent", "stuck" or "crc"; "" for none
}

// DHT is a sensor of temperature and humidity.
type DHT struct {
	Pin         int
	Model       string   // "dht11", "dht12" or "dht22"; "" means "dht22"
	Temperature Quantity // °C
	Humidity    Quantity // percent
	Fault       string   // "absent", "stuck" or "crc"; "" for none
}

// HX711 is the converter of a scale.
type HX711 struct {
	Clock, Data int      // pins
	A, B        Quantity // what is at the inputs, in millivolts
	Rate        int      // samples a second, 10 or 80; 0 means 10
	Fault       string   // "absent" or "stuck"; "" for none
}

// Encoder is a knob that turns, with a switch.
type Encoder struct {
	A, B  int           // pins of its contacts
	Push  int           // pin of its switch; 0 for none
	Pace  time.Duration // from one change of a contact to the next; 0 means 2 ms
	Steps []string      // what is done to it, such as "2s turn -3" and "5s press 200ms"
}

// Quantity is something that can be measured and that changes with time.
type Quantity = Analog

// Analog is what the analog input measures, from 0 to 1024.
type Analog struct {
	Kind       string        // "constant", "ramp", "sine" or "list"
	Value      float64       // constant
	From, To   float64       // ramp
	Mean       float64       // sine
	Swing      float64       // sine: how far it goes from Mean
	Values     []float64     // list
	Every      time.Duration // ramp and sine: length; list: time per value
	Repeat     bool          // ramp and list begin again
	Noise      float64       // how far noise goes to both sides
	NoiseEvery time.Duration // between two values of the noise
}

// keys collects values by the keys of a project file.
type keys map[string]any

// set sets a key unless the value is the zero value.
func set[T comparable](k keys, key string, v T, value any) {
	var zero T
	if v != zero {
		k[key] = value
	}
}

func (k keys) str(key, v string) { set(k, key, v, v) }
func (k keys) int(key string, v int64) {
	set(k, key, v, v)
}
func (k keys) bool(key string, v bool)              { set(k, key, v, v) }
func (k keys) number(key string, v float64)         { set(k, key, v, v) }
func (k keys) duration(key string, v time.Duration) { set(k, key, v, v.String()) }
func (k keys) orOff(key string, v time.Duration) {
	if v < 0 {
		k[key] = "off"
		return
	}
	k.duration(key, v)
}

// under sets a key to a table unless it is empty.
func (k keys) under(key string, t keys) {
	if len(t) > 0 {
		k[key] = map[string]any(t)
	}
}

// listOf sets a key to a list of what f makes of each element, unless it is empty.
func listOf[T any](k keys, key string, list []T, f func(v T) any) {
	if len(list) == 0 {
		return
	}
	var out []any
	for _, v := range list {
		out = append(out, f(v))
	}
	k[key] = out
}

// values is the configuration as keys of a project file.
func (c *Config) values() map[string]any {
	k := keys{}
	k.int("heap", int64(c.HeapBytes))
	k.int("lfs", int64(c.StoreBytes))
	k.str("lua", c.Lua)
	listOf(k, "modules", c.Modules, func(name string) any { return name })
	listOf(k, "options", c.Options, func(name string) any { return name })
	k.str("firmware", c.Firmware)
	k.str("number", string(c.Numbers))
	k.int("chip_id", int64(c.ChipID))
	k.int("seed", c.Seed)
	k.str("time", string(c.Time))
	k.orOff("task_limit", c.TaskLimit)
	k.orOff("watchdog", c.Watchdog)
	k.duration("unit_time", c.UnitTime)
	k.orOff("flash_read", c.FlashRead)
	k.orOff("flash_write", c.FlashWrite)
	k.orOff("flash_erase", c.FlashErase)
	k.str("state", c.StateDir)
	k.str("flash", c.Flash)
	k.int("flash_size", int64(c.FlashBytes))
	c.Network.values(k)
	k.under("wifi", c.WiFi.values())
	c.parts(k)
	return k
}

func (n *NetworkConfig) values(k keys) {
	k.str("listen", n.Listen)
	ports := keys{}
	for _, p := range slices.Sorted(maps.Keys(n.Ports)) {
		var host any = int64(n.Ports[p])
		if n.Ports[p] == AnyPort {
			host = "any"
		}
		ports[fmt.Sprint(p)] = host
	}
	k.under("ports", ports)
	if n.OnlyPorts {
		k["auto_ports"] = false
	}
	k.under("hosts", texts(n.Hosts))
	k.bool("hosts_only", n.HostsOnly)
	k.str("network", n.Policy)
	k.under("connect", texts(n.Connect))
	k.bool("gateway_is_host", n.GatewayIsHost)
	k.str("time_server", n.TimeServer)
}

func texts(m map[string]string) keys {
	k := keys{}
	for name, v := range m {
		k[name] = v
	}
	return k
}

func (w *WiFiConfig) values() keys {
	k := keys{}
	listOf(k, "networks", w.Networks, func(n WiFiNetwork) any {
		t := keys{}
		t["ssid"] = n.SSID
		t.str("password", n.Password)
		t.str("auth", n.Auth)
		t.str("bssid", n.BSSID)
		t.int("channel", int64(n.Channel))
		t.int("rssi", int64(n.RSSI))
		t.bool("hidden", n.Hidden)
		t.str("address", n.Address)
		t.str("gateway", n.Gateway)
		listOf(t, "dns", n.DNS, func(v string) any { return v })
		t.str("ntp", n.NTP)
		t.bool("no_dhcp", n.NoDHCP)
		t.duration("dhcp_time", n.DHCPTime)
		t.duration("dhcp_timeout", n.DHCPTimeout)
		return map[string]any(t)
	})
	k.bool("known_only", w.KnownOnly)
	listOf(k, "script", w.Script, func(v string) any { return v })
	return k
}

// parts sets the keys of what is wired to the module.
func (c *Config) parts(k keys) {
	listOf(k, "levels", c.Levels, func(v Level) any { return map[string]any{"pin": int64(v.Pin), "level": int64(v.Level)} })
	listOf(k, "wires", c.Wires, func(v Wire) any { return map[string]any{"from": int64(v.From), "to": int64(v.To)} })
	listOf(k, "buttons", c.Buttons, func(v Button) any {
		t := keys{"pin": int64(v.Pin), "level": int64(v.Level)}
		t.str("name", v.Name)
		listOf(t, "presses", v.Presses, func(p Press) any { return map[string]any{"at": p.At.String(), "for": p.For.String()} })
		return map[string]any(t)
	})
	listOf(k, "waves", c.Waves, func(v Wave) any {
		return map[string]any{"pin": int64(v.Pin), "low": v.Low.String(), "high": v.High.String()}
	})
	listOf(k, "ds18b20", c.Thermometers, func(v DS18B20) any {
		t := keys{"pin": int64(v.Pin)}
		t.str("id", v.ID)
		t.under("temperature", v.Temperature.values())
		t.int("resolution", int64(v.Resolution))
		t.int("high", int64(v.High))
		t.int("low", int64(v.Low))
		t.bool("parasite", v.Parasite)
		t.str("fault", v.Fault)
		return map[string]any(t)
	})
	listOf(k, "dht", c.Hygrometers, func(v DHT) any {
		t := keys{"pin": int64(v.Pin)}
		t.str("model", v.Model)
		t.under("temperature", v.Temperature.values())
		t.under("humidity", v.Humidity.values())
		t.str("fault", v.Fault)
		return map[string]any(t)
	})
	listOf(k, "hx711", c.Scales, func(v HX711) any {
		t := keys{"clock": int64(v.Clock), "data": int64(v.Data)}
		t.under("a", v.A.values())
		t.under("b", v.B.values())
		t.int("rate", int64(v.Rate))
		t.str("fault", v.Fault)
		return map[string]any(t)
	})
	listOf(k, "encoders", c.Encoders, func(v Encoder) any {
		t := keys{"a": int64(v.A), "b": int64(v.B)}
		t.int("push", int64(v.Push))
		t.duration("pace", v.Pace)
		listOf(t, "steps", v.Steps, func(v string) any { return v })
		return map[string]any(t)
	})
	if c.Analog != nil {
		k.under("adc", c.Analog.values())
	}
}

func (a *Analog) values() keys {
	t := keys{}
	t.str("kind", a.Kind)
	t.number("value", a.Value)
	t.number("from", a.From)
	t.number("to", a.To)
	t.number("mean", a.Mean)
	t.number("swing", a.Swing)
	listOf(t, "values", a.Values, func(v float64) any { return v })
	t.duration("every", a.Every)
	t.bool("repeat", a.Repeat)
	t.number("noise", a.Noise)
	t.duration("noise_every", a.NoiseEvery)
	return t
}
