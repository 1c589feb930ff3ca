package luac

import (
	"bufio"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"moonlet.example/moonlet/internal/lua53/chunk"
)

// Dep is something that a file needs.
type Dep struct {
	Kind    string
	Name    string // "" if Dynamic
	Dynamic bool   // the name is known at run time only
	Line    int    // where it is first named; 0 without line information
}

// The kinds of Dep.
const (
	KindModule  = "module"  // a module of the firmware, used by its global name
	KindRequire = "require" // a Lua module: require
	KindScript  = "script"  // a file with Lua code: dofile, loadfile
	KindLFS     = "lfs"     // a module in the store: node.LFS, LFS, node.flashindex
	KindFile    = "file"    // another file: file.open, file.getcontents, file.exists
)

// Deps finds the modules and files that a main function and the functions in it
// name, in the order in which they appear, each once.
//
// It follows values through registers, upvalues and branches, but not through
// tables, parameters and results. What it finds is in the code, which does not
// mean that it is ever run. A global that the file itself assigns is no module of
// the firmware.
func Deps(main *chunk.Proto) []Dep { return deps(main, nil) }

// deps is Deps; wide has constants by function and instruction, for GETTABUP and SETTABUP whose operand has no room for
// them.
func deps(main *chunk.Proto, wide map[*chunk.Proto]map[int]int) []Dep {
	a := newAnalysis()
	a.wide = wide
	upvalues := make([]value, len(main.Upvalues))
	if len(upvalues) > 0 && !a.assigns(main)[0] {
		upvalues[0] = a.value(globals, "")
	}
	a.function(main, upvalues)
	var deps []Dep
	seen := map[Dep]bool{}
	for _, d := range a.deps {
		key := d
		key.Line = 0
		if seen[key] || d.Kind == KindModule && a.assigned[d.Name] {
			continue
		}
		seen[key] = true
		deps = append(deps, d)
	}
	return deps
}

// WriteDeps writes a line for each: kind, tab, name. The name is "?" if it is
// dynamic, and in Go's quotes if the line would be misread otherwise.
func WriteDeps(w io.Writer, deps []Dep) error {
	b := bufio.NewWriter(w)
	for _, d := range deps {
		name := d.Name
		switch {
		case d.Dynamic:
			name = missing
		case name == "" || name == missing || name[0] == '"' || !utf8.ValidString(name) ||
			strings.ContainsFunc(name, func(r rune) bool { return !strconv.IsPrint(r) }):
			name = strconv.Quote(name)
		}
		b.WriteString(d.Kind + "\t" + name + "\n")
	}
	return b.Flush()
}

// IsFirmwareModule tells whether a global is the name of a module of the
// firmware.
func IsFirmwareModule(name string) bool {
	_, found := slices.BinarySearch(firmwareModules, name)
	return found
}

// firmwareModules are the modules with a page in the firmware's documentation
// (docs/modules), sorted, by the names that Lua has for them. cjson is the older
// name of sjson.
var firmwareModules = []string{
	"adc", "ads1115", "adxl345", "am2320", "apa102",
	"bit", "bloom", "bme280", "bme280_math", "bme680", "bmp085",
	"cjson", "coap", "color_utils", "cron", "crypto",
	"dcc", "dht", "encoder", "enduser_setup", "file",
	"gdbstub", "gpio", "hdc1080", "hmc5883l", "http", "hx711",
	"i2c", "l3g4200d", "mcp4725", "mdns", "mqtt",
	"net", "node", "ow", "pcm", "perf", "pipe", "pixbuf", "pwm", "pwm2",
	"rfswitch", "rotary", "rtcfifo", "rtcmem", "rtctime",
	"si7021", "sigma_delta", "sjson", "sntp", "softuart", "somfy", "spi", "struct", "switec",
	"tcs34725", "tls", "tm1829", "tmr", "tsl2561",
	"u8g2", "uart", "ucg", "websocket", "wiegand", "wifi", "wps",
	"ws2801", "ws2812", "ws2812_effects", "xpt2046",
}

// storeProperties are fields of node.LFS that are no modules: those of Lua 5.3
// (node_lfs, app/modules/node.c) and of the table that _init.lua makes for 5.1.
var storeProperties = []string{"config", "get", "list", "reload", "time", "_config", "_list", "_time"}

// kindOfCall tells what the first argument of a function names.
func kindOfCall(path string) (kind string, ok bool) {
	switch path {
	case "require":
		return KindRequire, true
	case "dofile", "loadfile":
		return KindScript, true
	case pathGet:
		return KindLFS, true
	case "file.open", "file.getcontents", "file.exists":
		return KindFile, true
	}
	return "", false
}

// Paths with more than one name.
const (
	pathLFS = "node.LFS"
	pathGet = "node.LFS.get"
)

// field is the path of a global's field, "" if nothing more is to be known of it.
func field(path, key string) string {
	switch {
	case path == "node" && key == "LFS":
		return pathLFS
	case path == "node" && key == "flashindex", path == pathLFS && key == "get":
		return pathGet
	case path == "file":
		return "file." + key
	}
	return ""
}
