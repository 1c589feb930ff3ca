package firmware

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/port"
)

// Build is what a firmware is built from. The zero value is the build that modules have if
// nobody says anything.
type Build struct {
	Chip    *chip.Chip // nil is the ESP8266
	Lua     string     // the edition, "" is the default one
	Numbers num.Model
	// Modules are the names of the firmware's modules that are in the build, in any order;
	// nil is all that there are.
	Modules []string
	Options Options
	// Firmware is Classic for a build that has the calls of older firmware besides its own, "" for
	// the firmware as it is.
	Firmware string
	// Release is what the firmware tells about itself; nil is the release whose behaviour
	// Moonlet has.
	Release *Release
}

// Classic is the value of Build.Firmware for the classic interface: what older firmware has of calls
// that went, as docs/classic.md lists them. Banner and release stay those of the firmware.
const Classic = "classic"

func (b *Build) classic() bool { return b.Firmware == Classic }

// Options are switches that a build of the firmware has besides its modules
// (app/include/user_config.h). All are off in the default build.
type Options struct {
	DevelopmentTools bool // DEVELOPMENT_TOOLS: functions of node for those who work on the firmware
	StartupCounts    bool // PLATFORM_STARTUP_COUNT: node.startupcounts
	PMSleep          bool // PMSLEEP_ENABLE: wifi.suspend and resume, the constants of node.sleep
	TimerSuspend     bool // TIMER_SUSPEND_ENABLE: node.sleep, if PMSleep is there as well
	SmartConfig      bool // WIFI_SMART_ENABLE: wifi.startsmart and stopsmart
}

// Release is what a firmware tells about itself (user_version.h, buildinfo.h).
type Release struct {
	Major, Minor, Revision int
	Branch, Commit         string
	Name, Time             string // of the release; the time is that of its commit, as in 202402250804
	Built                  string // when, as in 2024-02-25 08:04
	SDK                    string
	NumberType             string // the build type; "" is what the firmware calls its numbers
}

// release300 is the commit whose behaviour Moonlet has.
var release300 = Release{
	Major: 3, Minor: 0, Revision: 0,
	Branch: "release", Commit: "36cbf9f017d356319a6369e299765eedff191154",
	Name: "3.0.0-release_20240225", Time: "202402250804", Built: "2024-02-25 08:04",
	SDK: "3.0.1-dev(fce080e)",
}

// Mistake is something in a build or a configuration that cannot be.
type Mistake struct {
	Key     string // of project files, as in "heap" and "modules[2]"
	Problem string // a sentence that says what would be right

	index int // of the entry of a list, -1 for none
}

// Error implements error.
func (m *Mistake) Error() string { return m.Problem }

// numberOf51 says that a number model does not go with Lua 5.1.
const numberOf51 = `this is for Lua 5.3: the edition "5.1" has 64-bit floats for all numbers, "5.1-int" 32-bit integers`

// Mistakes lists what is wrong with the build, nil if nothing is.
func (b *Build) Mistakes() (list []*Mistake) {
	edition, err := editions.Find(b.Lua)
	switch {
	case err != nil:
		list = append(list, &Mistake{Key: "lua", Problem: err.Error(), index: -1})
	case !edition.Has(b.Numbers):
		list = append(list, &Mistake{Key: "number", Problem: numberOf51, index: -1})
	}
	if b.Firmware != "" && b.Firmware != Classic {
		list = append(list, &Mistake{Key: "firmware", Problem: fmt.Sprintf("there is no firmware %q; there is %q, with the calls of older firmware besides its own", b.Firmware, Classic), index: -1})
	}
	return append(list, modulesMistakes(b.Modules)...)
}

// Check is all mistakes in the build as one error, each of them a *Mistake.
func (b *Build) Check() error { return Join(b.Mistakes()) }

// Join makes one error of mistakes, nil of none.
func Join(list []*Mistake) error {
	var errs []error
	for _, m := range list {
		errs = append(errs, m)
	}
	return errors.Join(errs...)
}

// Edition is the edition of Lua that the build has; the default one if there is none of
// that name.
func (b *Build) Edition() *editions.Edition {
	e, err := editions.Find(b.Lua)
	if err != nil {
		return editions.Default()
	}
	return e
}

// ChipOrDefault is the chip that the build is for.
func (b *Build) ChipOrDefault() *chip.Chip { return cmp.Or(b.Chip, chip.ESP8266()) }

func (b *Build) release() Release { return *cmp.Or(b.Release, &release300) }

// Info is what the firmware tells a program about itself. lfsSize is the size of the
// partition of the Lua Flash Store in bytes.
func (f *Firmware) Info(lfsSize int) port.Build {
	r := &f.Release
	return port.Build{
		Major: r.Major, Minor: r.Minor, Revision: r.Revision, Branch: r.Branch, Commit: r.Commit,
		Release: r.Name, ReleaseDTS: r.Time, SSL: f.hasTLS(), LFSSize: lfsSize,
		Modules: strings.Join(f.Modules, ","), NumberType: f.buildType(),
	}
}

// buildType is what the firmware calls its numbers (tools/update_buildinfo.sh): with 64-bit
// floats and 32-bit integers, which it has no word for, it is that of the default build.
func (f *Firmware) buildType() string {
	switch {
	case f.Release.NumberType != "":
		return f.Release.NumberType
	case f.Edition.Integral:
		return "integer"
	case f.Numbers == num.Int64Float64:
		return "double"
	}
	return "float"
}

// hasTLS tells whether secure connections are in the build: those who build with the module tls
// have set CLIENT_SSL_ENABLE, without which it is empty.
func (f *Firmware) hasTLS() bool { return slices.Contains(f.Modules, "tls") }

// Banner is what the firmware prints when it starts.
func (f *Firmware) Banner(lfsSize int) string {
	r := &f.Release
	return fmt.Sprintf("\nNodeMCU %d.%d.%d.0 built with Moonlet\n"+
		"\tbranch: %s\n\tcommit: %s\n\trelease: %s\n\trelease DTS: %s\n\tSSL: %t\n"+
		"\tbuild type: %s\n\tLFS: 0x%x bytes total capacity\n\tmodules: %s\n"+
		" build %s powered by Lua %s on SDK %s\n",
		r.Major, r.Minor, r.Revision, r.Branch, r.Commit, r.Name, r.Time, f.hasTLS(),
		f.buildType(), lfsSize, strings.Join(f.Modules, ","), r.Built, f.Edition.Release, r.SDK)
}
