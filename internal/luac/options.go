package luac

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/lua/num"
)

// DefaultOutput is where the result goes without -o.
const DefaultOutput = "luac.cross.out"

// Options are a command line. The letters and their meaning are luac.cross's; the
// long ones are Moonlet's.
type Options struct {
	List    int    // -l: 1, or 2 for everything
	Output  string // -o; "-" is the standard output
	Execute string // -e
	Flash   bool   // -f, -a, -m: an image of the store
	Lookup  bool   // -i, or with Flash: names of the modules
	Image   string // -F
	Address uint32 // -a
	MaxSize int    // -m; 0 is DefaultMaxSize, of which a larger image is only told
	Parse   bool   // -p: write nothing
	Strip   bool   // -s
	Version bool   // -v
	Files   []string

	Lua       string // --lua: "5.3", "5.1" or "5.1-int"
	Model     num.Model
	HasModel  bool
	Level     int    // --strip
	Seed      uint32 // --seed
	HasSeed   bool
	Timestamp int64 // --timestamp
	HasTime   bool
	Word32    bool   // --word 32
	JSON      bool   // --json
	Deps      bool   // --deps
	Module    string // --module: the project whose module is to take the image
	Help      bool
}

const lua53 = "5.3"

// DefaultMaxSize is the largest store that the C tool was made for (maxSize,
// luac.c; LFS_SIZE, lnodemcu.c), in bytes.
const DefaultMaxSize = 0x40000

// The flash window, where an absolute image can lie (luac.c).
const (
	windowStart = chip.ESP8266Window
	windowSize  = chip.ESP8266WindowBytes
)

// UsageError is a mistake in the command line. An option that does not exist is
// its own message.
type UsageError struct{ Text string }

func (e *UsageError) Error() string {
	if strings.HasPrefix(e.Text, "-") {
		return fmt.Sprintf("unrecognized option '%s'", e.Text)
	}
	return e.Text
}

func usage(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

// Parse reads a command line without the program's name. env tells
// SOURCE_DATE_EPOCH.
func Parse(args []string, env func(string) string) (*Options, error) {
	o := &Options{Output: DefaultOutput, Lua: lua53, Level: 1}
	p := &argParser{args: args, o: o}
	for p.more() {
		if err := p.option(); err != nil {
			return nil, err
		}
	}
	o.Files = p.args[p.i:]
	if err := o.epoch(env); err != nil {
		return nil, err
	}
	bare := !slices.ContainsFunc(args, func(a string) bool { return a != "-v" && a != "--" })
	if o.Lua != lua53 {
		return o, o.check51(bare || o.Version && len(o.Files) == 0 && !o.Parse && o.List == 0)
	}
	return o, o.check(bare)
}

// epoch takes the time stamp from the environment, as builds that are to be
// repeatable set it.
func (o *Options) epoch(env func(string) string) error {
	s := env("SOURCE_DATE_EPOCH")
	if s == "" || o.HasTime {
		return nil
	}
	t, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return usage("SOURCE_DATE_EPOCH is '%s', not a number of seconds", s)
	}
	o.Timestamp, o.HasTime = t, true
	return nil
}

// check holds what options demand of one another. bare tells that there is nothing
// but -v.
func (o *Options) check(bare bool) error {
	if o.Help || o.Version && bare {
		return nil
	}
	if o.Address != 0 && (o.Output == "-" || o.Image == "" || o.Execute != "" || len(o.Files) > 0) {
		return usage("'-a' also requires '-o' and '-f' options without lua source files")
	}
	if len(o.Files) == 0 && (o.List > 0 || o.Parse) {
		o.Parse = true
		o.Files = []string{DefaultOutput}
	}
	if len(o.Files) == 0 && o.Execute == "" && o.Address == 0 {
		return usage("no input files given")
	}
	return nil
}

type argParser struct {
	args []string
	i    int
	o    *Options
	end  bool
}

// more tells whether the next argument is an option.
func (p *argParser) more() bool {
	if p.end || p.i >= len(p.args) {
		return false
	}
	a := p.args[p.i]
	if a == "--" {
		p.i++
		return false
	}
	return a != Stdin && strings.HasPrefix(a, "-")
}

// value is the argument of an option; message is the C tool's.
func (p *argParser) value(message string) (string, error) {
	p.i++
	if p.i >= len(p.args) || p.args[p.i] == "" {
		return "", usage("%s", message)
	}
	return p.args[p.i], nil
}

// path is the argument of an option that names a file.
func (p *argParser) path(message string) (string, error) {
	v, err := p.value(message)
	if err == nil && strings.HasPrefix(v, "-") {
		err = usage("%s", message)
	}
	return v, err
}

func (p *argParser) option() (err error) {
	o := p.o
	switch a := p.args[p.i]; a {
	case "-e":
		o.Execute, err = p.path(`"-e" needs a file argument`)
	case "-F":
		o.Image, err = p.path(`"-F" needs an LFS image file argument`)
	case "-f":
		o.Flash, o.Lookup = true, true
	case "-a":
		err = p.address()
	case "-i":
		o.Lookup = true
	case "-l":
		o.List++
	case "-m":
		err = p.maxSize()
	case "-o":
		if o.Output, err = p.value("'-o' needs argument"); err == nil && o.Output != "-" && o.Output[0] == '-' {
			err = usage("'-o' needs argument")
		}
	case "-p":
		o.Parse = true
	case "-s":
		o.Strip = true
	case "-v":
		o.Version = true
	default:
		if !strings.HasPrefix(a, "--") {
			return usage("%s", a)
		}
		err = p.long(a)
	}
	p.i++
	return err
}

// number reads an integer as strtol does with base 0, but whole.
func number(s string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 0, 64)
	if len(s) > 1 && s[0] == '0' && err == nil && strings.ContainsAny(s[:2], "bo_") {
		return 0, false
	}
	return n, err == nil && !strings.Contains(s, "_")
}

func (p *argParser) address() error {
	p.o.Flash, p.o.Lookup = true, true
	const message = `"-a" absolute address must be valid flash address`
	v, err := p.value(message)
	if err != nil {
		return err
	}
	n, ok := number(v)
	if offset := n - windowStart; !ok || offset <= 0 || offset > windowSize {
		return usage(message)
	}
	if n%4 != 0 {
		return usage(`"-a" absolute address must be a multiple of 4`)
	}
	p.o.Address = uint32(n)
	return nil
}

func (p *argParser) maxSize() error {
	p.o.Flash, p.o.Lookup = true, true
	const message = `"-e" maximum size must be a multiple of 4,096` // sic: the C tool's words
	v, err := p.value(message)
	if err != nil {
		return err
	}
	n, ok := number(v)
	if !ok || n&0xFFF != 0 || n <= 0 || n > windowSize {
		return usage(message)
	}
	p.o.MaxSize = int(n)
	return nil
}

// long reads one of Moonlet's own options, as "--name value" or "--name=value".
func (p *argParser) long(a string) error {
	o := p.o
	name, v, inline := strings.Cut(a[2:], "=")
	switch name {
	case "json":
		o.JSON = true
	case "deps":
		o.Deps = true
	case "help":
		o.Help = true
	case "lua", "number", "strip", "seed", "timestamp", "module", "word":
		if !inline {
			var err error
			if v, err = p.value(fmt.Sprintf("'--%s' needs an argument", name)); err != nil {
				return err
			}
		}
		return o.setLong(name, v)
	default:
		return usage("%s", a)
	}
	if inline {
		return usage("'--%s' takes no argument", name)
	}
	return nil
}

func (o *Options) setLong(name, v string) (err error) {
	switch name {
	case "lua":
		if _, ok := numbers51[v]; !ok && v != lua53 {
			return usage("'--lua' takes 5.3, 5.1 (numbers are floats) or 5.1-int (integers), not '%s'", v)
		}
		o.Lua = v
	case "number":
		if o.Model, err = num.Parse(v); err != nil {
			return usage("'--number': %v", err)
		}
		o.HasModel = true
	case "strip":
		if len(v) != 1 || v[0] < '0' || v[0] > '2' {
			return usage("'--strip' takes 0 (keep all), 1 (keep line numbers) or 2 (keep nothing), not '%s'", v)
		}
		o.Level = int(v[0] - '0')
	case "seed":
		n, ok := number(v)
		if !ok || n < 0 || n > 1<<32-1 {
			return usage("'--seed' takes a number of 32 bits, not '%s'", v)
		}
		o.Seed, o.HasSeed = uint32(n), true
	case "timestamp":
		if o.Timestamp, o.HasTime = number(v); !o.HasTime {
			return usage("'--timestamp' takes seconds since 1970, not '%s'", v)
		}
	case "module":
		o.Module = v
	case "word":
		if v != "32" && v != "64" {
			return usage("'--word' takes 32 or 64, not '%s'", v)
		}
		o.Word32 = v == "32"
	}
	return nil
}
