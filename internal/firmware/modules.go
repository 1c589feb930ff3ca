package firmware

import (
	"fmt"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/module/adc"
	"moonlet.example/moonlet/internal/module/bit"
	"moonlet.example/moonlet/internal/module/bloom"
	"moonlet.example/moonlet/internal/module/bme280math"
	"moonlet.example/moonlet/internal/module/coap"
	"moonlet.example/moonlet/internal/module/colorutils"
	"moonlet.example/moonlet/internal/module/cron"
	"moonlet.example/moonlet/internal/module/crypto"
	"moonlet.example/moonlet/internal/module/dht"
	"moonlet.example/moonlet/internal/module/encoder"
	"moonlet.example/moonlet/internal/module/endusersetup"
	"moonlet.example/moonlet/internal/module/file"
	"moonlet.example/moonlet/internal/module/gpio"
	"moonlet.example/moonlet/internal/module/http"
	"moonlet.example/moonlet/internal/module/hx711"
	"moonlet.example/moonlet/internal/module/i2c"
	"moonlet.example/moonlet/internal/module/mdns"
	"moonlet.example/moonlet/internal/module/mqtt"
	"moonlet.example/moonlet/internal/module/net"
	"moonlet.example/moonlet/internal/module/node"
	"moonlet.example/moonlet/internal/module/ow"
	"moonlet.example/moonlet/internal/module/perf"
	"moonlet.example/moonlet/internal/module/pipe"
	"moonlet.example/moonlet/internal/module/pixbuf"
	"moonlet.example/moonlet/internal/module/rotary"
	"moonlet.example/moonlet/internal/module/rtcfifo"
	"moonlet.example/moonlet/internal/module/rtcmem"
	"moonlet.example/moonlet/internal/module/rtctime"
	"moonlet.example/moonlet/internal/module/sjson"
	"moonlet.example/moonlet/internal/module/sntp"
	"moonlet.example/moonlet/internal/module/structmod"
	"moonlet.example/moonlet/internal/module/tls"
	"moonlet.example/moonlet/internal/module/tmr"
	"moonlet.example/moonlet/internal/module/uart"
	"moonlet.example/moonlet/internal/module/websocket"
	"moonlet.example/moonlet/internal/module/wifi"
	"moonlet.example/moonlet/internal/module/wps"
	"moonlet.example/moonlet/internal/port"
)

// module is a module of the firmware that this program has.
type module struct {
	name string // in the banner and in Lua
	// link declares it, in order, for a build.
	link func(*Build) []state.Module
	// always tells that the module is in every build, named or not, and not in the banner
	// unless it is named (app/modules/pipe.c selects itself).
	always bool
	// why says what does not work without the module, if no build can do without it.
	why string
	// needs are modules that this one does not work without.
	needs []string
	// owners are the types of the module whose objects have entries in Lua's registry.
	owners func() []port.Owner
}

// modules are all of them in the order in which they are linked, which is that of their
// start: the heap remembers it.
var modules = allModules()

func allModules() []module {
	plain := func(list ...state.Module) func(*Build) []state.Module {
		return func(*Build) []state.Module { return list }
	}
	// variants are a module as it is and as the classic interface has it.
	variants := func(now state.Module, classic ...state.Module) func(*Build) []state.Module {
		return func(b *Build) []state.Module {
			if b.classic() {
				return classic
			}
			return []state.Module{now}
		}
	}
	return []module{
		{name: "adc", link: plain(adc.Module)},
		{name: "bit", link: plain(bit.Module)},
		{name: "bloom", link: plain(bloom.Module)},
		{name: "bme280_math", link: plain(bme280math.Module)},
		{name: "coap", link: plain(coap.Module), owners: coap.Owners},
		{name: "color_utils", link: plain(colorutils.Module)},
		{name: "cron", link: plain(cron.Module), owners: cron.Owners},
		{name: "crypto", link: variants(crypto.Module, crypto.Classic)},
		{name: "dht", link: plain(dht.Module)},
		{name: "encoder", link: plain(encoder.Module)},
		{name: "enduser_setup", link: plain(endusersetup.Module)},
		{name: "file", link: plain(file.Module)},
		{name: "gpio", link: plain(gpio.ModuleWithPulse, gpio.PulseModule)},
		{name: "http", link: plain(http.Module)},
		{name: "hx711", link: plain(hx711.Module)},
		{name: "i2c", link: plain(i2c.Module)},
		{name: "mdns", link: plain(mdns.Module)},
		{name: "mqtt", link: variants(mqtt.Module, mqtt.Classic), owners: mqtt.Owners},
		{name: "net", link: linkNet, owners: net.Owners},
		{name: "ow", link: plain(ow.Module)},
		{name: "perf", link: plain(perf.Module)},
		{name: "pipe", link: plain(pipe.Module), always: true},
		{name: "pixbuf", link: plain(pixbuf.Module)},
		{name: "rotary", link: plain(rotary.Module)},
		{name: "rtcfifo", link: linkFIFO},
		{name: "rtcmem", link: plain(rtcmem.Module)},
		{name: "rtctime", link: plain(rtctime.Module)},
		{name: "sjson", link: variants(sjson.Module, sjson.Classic, sjson.CJSON)},
		{name: "sntp", link: linkSNTP},
		{name: "struct", link: plain(structmod.Module)},
		{name: "tls", link: plain(tls.Module), needs: []string{"net"}, owners: tls.Owners},
		{name: "tmr", link: linkTmr, owners: tmr.Owners},
		{name: "uart", link: plain(uart.Module)},
		{name: "websocket", link: plain(websocket.Module), owners: websocket.Owners},
		{name: "wifi", link: linkWiFi},
		{name: "wifi_monitor", link: plain(), needs: []string{"wifi"}}, // a table of wifi
		{name: "wps", link: plain(wps.Module)},
		{name: "node", link: linkNode, why: "the console and the report of errors are its work"},
	}
}

func linkNode(b *Build) []state.Module {
	o := &b.Options
	return []state.Module{node.New(node.Options{
		PipeCreate: pipe.Create, Manual: true,
		DevelopmentTools: o.DevelopmentTools, StartupCounts: o.StartupCounts,
		PMSleep: o.PMSleep, TimerSuspend: o.TimerSuspend, Classic: b.classic(), Lua51: b.Edition().Lua51,
		LoadFile: func(L state.State, path string) state.Status {
			return stdlib.LoadFile(L, path, true, "bt")
		},
	})}
}

func linkTmr(b *Build) []state.Module {
	m := tmr.Module
	if b.classic() {
		m = tmr.Classic
	}
	if b.Options.TimerSuspend {
		m = tmr.WithSuspend(m)
	}
	return []state.Module{m}
}

func linkWiFi(b *Build) []state.Module {
	o := &b.Options
	return []state.Module{wifi.New(wifi.Options{
		Classic: b.classic(), PMSleep: o.PMSleep, SmartConfig: o.SmartConfig,
		Monitor: b.Modules == nil || slices.Contains(b.Modules, "wifi_monitor"),
	})}
}

// linkNet declares net, which has the certificates of tls as well if that is there.
func linkNet(b *Build) []state.Module {
	m, secure := net.Module, state.Func(nil)
	if b.Modules == nil || slices.Contains(b.Modules, "tls") {
		m, secure = net.WithCert(tls.Cert), tls.Create
	}
	if b.classic() {
		m = net.Classic(m, secure)
	}
	return []state.Module{m}
}

// hasClock tells whether rtctime is in the build.
func (b *Build) hasClock() bool { return b.Modules == nil || slices.Contains(b.Modules, "rtctime") }

// linkFIFO declares rtcfifo, which can sleep if rtctime is there.
func linkFIFO(b *Build) []state.Module {
	if b.hasClock() {
		return []state.Module{rtcfifo.ModuleWithClock}
	}
	return []state.Module{rtcfifo.Module}
}

// linkSNTP declares sntp, which sets the clock if rtctime is there.
func linkSNTP(b *Build) []state.Module {
	if b.hasClock() {
		return []state.Module{sntp.ModuleWithClock}
	}
	return []state.Module{sntp.Module}
}

// HostModules declares the modules that the firmware's host tool has besides the standard
// library, in the order of their start.
func HostModules() []state.Module {
	return []state.Module{structmod.Module, bit.Module, colorutils.Module, sjson.Module, pipe.Module, pixbuf.Module}
}

// missing are the modules of the firmware that Moonlet does not have yet, by their names in
// Lua (NODEMCU_MODULE in app/modules).
var missing = strings.Fields(`
	ads1115 adxl345 am2320 apa102 bme280 bme680 bmp085 dcc gdbstub
	hdc1080 hmc5883l l3g4200d mcp4725 pcm pwm pwm2 rfswitch
	si7021
	sigma_delta softuart somfy spi switec tcs34725 tm1829 tsl2561 u8g2 ucg
	wiegand ws2801 ws2812 ws2812_effects xpt2046`)

// ModuleNames lists the modules that there are, sorted.
func ModuleNames() []string {
	var b Build
	return b.banner()
}

// IsMissing tells whether a name is that of a module which the firmware has and Moonlet
// does not have yet.
func IsMissing(name string) bool {
	_, found := slices.BinarySearch(missing, name)
	return found
}

// modulesMistakes lists what is wrong with the names of modules; nil is all modules.
func modulesMistakes(names []string) (list []*Mistake) {
	if names == nil {
		return nil
	}
	all := ModuleNames()
	there := strings.Join(all, ", ")
	fail := func(key string, index int, format string, args ...any) {
		list = append(list, &Mistake{Key: key, Problem: fmt.Sprintf(format, args...), index: index})
	}
	for i, name := range names {
		key := fmt.Sprintf("modules[%d]", i)
		switch {
		case slices.Contains(names[:i], name):
			fail(key, i, "%q is named twice; leave one out", name)
		case slices.Contains(all, name):
		case IsMissing(name):
			fail(key, i, "the firmware's module %q is not in Moonlet yet; there are %s", name, there)
		default:
			fail(key, i, "there is no module %q; there are %s", name, there)
		}
	}
	for _, m := range modules {
		named := slices.Contains(names, m.name)
		if !named && m.why != "" {
			fail("modules", -1, "no build can do without %q: %s; add it", m.name, m.why)
		}
		for _, n := range m.needs {
			if named && !slices.Contains(names, n) {
				fail("modules", -1, "%q does not work without %q: add it, or leave both out", m.name, n)
			}
		}
	}
	return list
}

// names tells whether a module is named in a build.
func (b *Build) names(m *module) bool {
	return b.Modules == nil || slices.Contains(b.Modules, m.name)
}

// banner lists the modules that are named, sorted.
func (b *Build) banner() []string {
	list := make([]string, 0, len(modules))
	for i := range modules {
		if m := &modules[i]; b.names(m) {
			list = append(list, m.name)
		}
	}
	slices.Sort(list)
	return list
}
