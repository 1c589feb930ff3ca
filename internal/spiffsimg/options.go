package spiffsimg

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// usage is what the tool prints if it is called without arguments.
const usage = "Syntax: spiffsimg -f <filename> [-d] [-o <locationfilename>] [-c size] [-S flashsize] [-U usedsize] [-l | -i | -r <scriptname> ]\n\n"

const (
	sector       = 4096
	align        = 8192      // of the size of an image
	paramSectors = 5         // at the chip's end: SYS_PARAM_SEC_NUM, app/platform/cpu_esp8266.h
	small        = 128 << 10 // SMALL_FILESYSTEM, tools/spiffsimg/main.c
	sizeMost     = 16 << 20  // the largest chip that the firmware knows
	startLarge   = 64 << 10  // a multiple of it is the start of a file system over small
	startSmall   = 8 << 10   // and of this one, if it is small
	spaceLeast   = 16 << 10  // what must be left of the chip
	patternMost  = 4 << 10   // bytes of a file name
)

// reason is why the tool gives up, in its own words.
type reason string

func (r reason) Error() string { return string(r) }

// options are the tool's options.
type options struct {
	image       string // -f, with the place of the file system put in
	location    string // -o: a file for that place
	create      bool
	size        int // of a new image in bytes
	used        int // place of the file system in the chip in bytes
	removeOnDie bool
	list        bool
	interactive bool
	script      string
}

// parse reads the tool's arguments.
func parse(args []string) (*options, error) {
	var o options
	var size, flash, used string
	f := pflag.NewFlagSet("spiffsimg", pflag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	f.SortFlags = false
	f.StringVarP(&o.image, "file", "f", "", "")
	f.StringVarP(&o.location, "location", "o", "", "")
	f.StringVarP(&size, "create", "c", "", "")
	f.StringVarP(&flash, "flash-size", "S", "", "")
	f.StringVarP(&used, "used", "U", "", "")
	f.BoolVarP(&o.removeOnDie, "delete", "d", false, "")
	f.BoolVarP(&o.list, "list", "l", false, "")
	f.BoolVarP(&o.interactive, "interactive", "i", false, "")
	f.StringVarP(&o.script, "run", "r", "", "")
	if err := f.Parse(args); err != nil {
		return nil, fmt.Errorf("unknown option: %w", err)
	}
	if o.image == "" {
		return nil, reason("Need a filename")
	}
	o.create = size != "" || flash != "" || used != ""
	if !o.create {
		return &o, nil
	}
	return &o, o.place(size, flash, used)
}

// place works out the size of a new image and where it goes.
func (o *options) place(size, flash, used string) (err error) {
	if o.size, err = number("-c", size); err != nil {
		return err
	}
	if o.used, err = number("-U", used); err != nil {
		return err
	}
	chip, err := flashSize(flash)
	if err != nil {
		return err
	}
	if o.size == 0 {
		if chip == 0 || o.used == 0 {
			return reason("Missing flashSize or Used")
		}
		params := paramSectors * sector
		room := chip - o.used - params
		if room < spaceLeast {
			return reason("Not enough space")
		}
		step := startSmall
		if room > small {
			step = startLarge
		}
		o.used = (o.used + step - 1) / step * step
		o.size = chip - o.used - params
	}
	o.size -= o.size % align
	if o.size < 4*sector {
		return errors.New("disk not large enough for four blocks")
	}
	if o.size > sizeMost {
		return fmt.Errorf("-c %d: no chip is larger than %d bytes", o.size, sizeMost)
	}
	o.image, err = fillIn(o.image, o.used)
	return err
}

// number reads a number of bytes as strtol does: decimal, 0x hexadecimal, 0 octal.
func number(option, text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 0, 32)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s %s: want a number of bytes", option, text)
	}
	return int(n), nil
}

var flashSizeForm = regexp.MustCompile(`^(0[xX][0-9a-fA-F]+|[0-9]+)([kKmM]?)(B?)$`)

// flashSize reads the size of a chip: in bits, or in bytes with a B: "32m", "4MB". It
// gives bytes.
func flashSize(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	part := flashSizeForm.FindStringSubmatch(text)
	var n int64
	err := errors.New("no size")
	if part != nil {
		n, err = strconv.ParseInt(part[1], 0, 32)
	}
	if err != nil {
		return 0, fmt.Errorf("-S %s: want a size in bits, as in 32m, or in bytes, as in 4MB", text)
	}
	switch strings.ToLower(part[2]) {
	case "k":
		n <<= 10
	case "m":
		n <<= 20
	}
	if part[3] == "B" {
		n *= 8
	}
	if n/8 > sizeMost {
		return 0, fmt.Errorf("-S %s: no chip is larger than %d bytes", text, sizeMost)
	}
	return int(n / 8), nil
}

var conversion = regexp.MustCompile(`%(%|[0-9]*[xXdou]|.?)`)

// fillIn puts the place of the file system into a file's name, as printf does.
func fillIn(name string, used int) (string, error) {
	if !strings.Contains(name, "%") {
		return name, nil
	}
	if used == 0 {
		return "", reason("Unable to calculate where to put the flash image, and % present in filename")
	}
	var err error
	out := conversion.ReplaceAllStringFunc(name, func(c string) string {
		switch verb := c[len(c)-1]; {
		case c == "%%":
			return "%"
		case len(c) > 5 || !strings.ContainsRune("xXdou", rune(verb)):
			err = fmt.Errorf("%s: %q cannot be filled in; %%x is for the place in hexadecimal digits", name, c)
			return ""
		case verb == 'u':
			return fmt.Sprintf(c[:len(c)-1]+"d", used)
		default:
			return fmt.Sprintf(c, used)
		}
	})
	return out, err
}
