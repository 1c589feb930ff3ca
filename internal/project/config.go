package project

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/storage"
	"moonlet.example/moonlet/internal/storage/flash"
)

// chipIDMax is the largest chip id: it is the last three bytes of an address.
const chipIDMax = 1<<24 - 1

// unitTimeMost is the longest time of a unit of work: a task has billions of them.
const unitTimeMost = time.Second

// flashTimeMost is the longest time of one thing that the flash chip does.
const flashTimeMost = 10 * time.Second

// settings is what a project says.
type settings struct {
	config   device.Config
	files    []pattern
	allFiles bool // no patterns were given
	lfsFiles []pattern
	// resources are files that become strings of the store.
	resources []pattern
	anyLFS    bool // the store is the default's for lfsFiles or resources
	state     string
	stateAt   string // "" if the project does not say where the state is
	flash     string // the chip's file, "" for none
	flashAt   string
	// flashSize is that of a new chip in bytes, 0 for the default.
	flashSize int
	minify    bool     // sources go to flash in their shortest form
	openings  []string // in the network, by the file
	virtual   bool
	scale     float64 // of real time
}

// pattern is an entry of the key files.
type pattern struct{ at, key, text string }

// read makes settings of a tree.
func read(root keys.Items, strict bool, sources []Source) (settings, error) {
	r := &keys.Reader{}
	s := r.Section("", &keys.Item{}, root)
	c := settings{scale: 1}
	fields().Read(s, &c)
	if strict {
		r.CheckAll()
		c.checkHeap(s)
		c.check(s, sources)
	} else {
		r.Check()
		c.checkHeap(s)
	}
	s.Done()
	return c, r.Err()
}

// moduleFields say what kind of module it is.
func moduleFields() keys.Fields[settings] {
	return keys.Fields[settings]{
		{Key: keys.Key{Name: "heap", Value: "BYTES", Usage: `free heap at the prompt, as in 45056 or 44KB`,
			Doc: "free heap at the prompt, without an application and with the radio as the SDK sets it up: an access point; with the default numbers", Default: "`\"44KB\"`"},
			Read: keys.Size(func(c *settings) *int { return &c.config.FreeHeap })},
		{Key: keys.Key{Name: "debug_heap", Value: "BYTES", Usage: `a heap that no chip has, as in 1MB, to find faults in what does not fit yet`,
			Doc: "in place of `heap`, one that no chip has, up to `\"4MB\"`: to find faults in an application that does not fit yet. A warning says so at each start", Default: "none"},
			Read: keys.Size(func(c *settings) *int { return &c.config.DebugHeap })},
		{Key: keys.Key{Name: "init", Value: "COMMAND", Usage: `what the build starts: "@FILE", "!MODULE" of the store, or Lua code`,
			Doc: "what the build starts (`LUA_INIT_STRING`): `\"@file.lua\"`, `\"!module\"` of the store, or Lua code. `node.startupcommand` wins over it", Default: "`\"@init.lua\"`"},
			Read: keys.Text(func(c *settings) *string { return &c.config.Init })},
		{Key: keys.Key{Name: "script", Value: "STEP", Form: keys.FormList, Usage: `what is done to the board: a time after the step before, and reset or power,
as in "10s reset"`,
			Doc: "what is done to the board, and when: steps such as `\"10s reset\"`, the button, and `\"1m power\"`, which goes and comes back; each time is after the step before", Default: "none"},
			Read: readScript},
		{Key: keys.Key{Name: "lfs", Value: "BYTES", Usage: `size of the partition of the Lua Flash Store, as in 64KB (default: none, or
128KB with lfs_files)`,
			Doc: "size of the partition of the [Lua Flash Store](lfs.md), a multiple of 4 KB, 448 KB at most", Default: "none, or `\"128KB\"` with `lfs_files`"},
			Read: func(s *keys.Section, name string, c *settings) {
				c.config.LFSSize = s.Size(name)
				if n := c.config.LFSSize; n%flash.SectorSize != 0 || n > device.MaxLFS {
					s.Fail(name, "want a multiple of 4096 bytes, %d at most", device.MaxLFS)
				}
			}},
	}
}

// readScript reads what is done to the board.
func readScript(s *keys.Section, name string, c *settings) {
	s.Texts(name, func(it *keys.Item, key, text string) {
		step, err := device.ParseBoardStep(text)
		if err != nil {
			s.FailAt(it, key, "%v", err)
			return
		}
		c.config.Script = append(c.config.Script, step)
	})
}

// lfsFields say what is in the store, which comes with what is in the file system.
func lfsFields() keys.Fields[settings] {
	return keys.Fields[settings]{
		{Key: keys.Key{Name: "lfs_files", Flag: "lfs-file", Value: "PATTERN", Form: keys.FormList,
			Usage: `Lua files that are compiled into the store, as in "lfs/*.lua"`,
			Doc:   "Lua files that are compiled into the store", Default: "none"},
			Read: func(s *keys.Section, name string, c *settings) {
				c.lfsFiles = patterns(s, name)
				c.needStore(c.lfsFiles)
			}},
		{Key: keys.Key{Name: "resources", Flag: "resource", Value: "PATTERN", Form: keys.FormList,
			Usage: `files that an application reads as strings of the store, as in "web/*"`,
			Doc:   "files that an application reads as strings of the store, with the module [resources](library-start.md#resources)", Default: "none"},
			Read: func(s *keys.Section, name string, c *settings) {
				c.resources = patterns(s, name)
				c.needStore(c.resources)
			}},
	}
}

// needStore gives the module a partition for the store if there are patterns and nobody said how large it is.
func (c *settings) needStore(list []pattern) {
	if len(list) > 0 && c.config.LFSSize == 0 {
		c.config.LFSSize, c.anyLFS = defaultLFS, true
	}
}

// checkHeap looks whether the chip has room for the heap that was asked for.
func (c *settings) checkHeap(s *keys.Section) {
	for _, m := range c.config.Mistakes() {
		if m.Key == "debug_heap" || m.Key == "heap" && c.config.FreeHeap != 0 {
			s.Fail(m.Key, "%s", m.Problem)
		}
	}
}

// patterns reads a list of file patterns.
func patterns(s *keys.Section, name string) (list []pattern) {
	s.Texts(name, func(it *keys.Item, key, t string) { list = append(list, pattern{it.At, key, t}) })
	return list
}

// chipFields say what tells one module from the other.
func chipFields() keys.Fields[settings] {
	return keys.Fields[settings]{
		{Key: keys.Key{Name: "chip_id", Value: "N", Usage: "number of the chip, 1 to 0xFFFFFF",
			Doc: "number of the chip, 1 to 0xFFFFFF; also the end of its hardware address", Default: "0x4D4C54"},
			Read: keys.Int(1, chipIDMax, func(c *settings) *uint32 { return &c.config.ChipID })},
		{Key: keys.Key{Name: "seed", Value: "N", Usage: "seed of the chip's random numbers",
			Doc: "seed of the chip's random numbers", Default: "0"},
			Read: keys.Int(0, math.MaxInt64, func(c *settings) *uint64 { return &c.config.Seed })},
	}
}

// timeFields say how time passes.
func timeFields() keys.Fields[settings] {
	return keys.Fields[settings]{
		{Key: keys.Key{Name: "time", Value: "KIND", Values: []string{"real", "virtual", "10x"}, Usage: `"real", "virtual" (waiting takes no time), or a factor as in 10x`,
			Doc: "`\"real\"`, `\"virtual\"`, or a factor as in `\"10x\"`", Default: "`\"real\"`"},
			Read: readTime},
		{Key: keys.Key{Name: "task_limit", Value: "TIME", Usage: `report tasks that take longer, as in 15ms, or "off"`,
			Doc: "report tasks that take longer, or `\"off\"`", Default: "`\"15ms\"`"},
			Read: keys.DurationOrOff(time.Millisecond, func(c *settings) *time.Duration { return &c.config.TaskLimit })},
		{Key: keys.Key{Name: "watchdog", Value: "TIME", Usage: `reset the module after a task of that length, as in 3.2s, or "off"`,
			Doc: "reset the module after a task of that length, or `\"off\"`", Default: "`\"3.2s\"`"},
			Read: keys.DurationOrOff(time.Millisecond, func(c *settings) *time.Duration { return &c.config.SoftWatchdog })},
		{Key: keys.Key{Name: "unit_time", Value: "TIME", Usage: "how long one unit of work takes on the chip, as in 1.25us",
			Doc: "how long a unit of work takes on the chip", Default: "`\"1.25us\"`"},
			Read: func(s *keys.Section, name string, c *settings) {
				c.config.UnitTime = s.Duration(name, time.Nanosecond, false)
				if c.config.UnitTime > unitTimeMost {
					s.Fail(name, "%v is too long: choose %v or less", c.config.UnitTime, unitTimeMost)
				}
			}},
		flashTime("flash_read", "how long reading a page of 256 bytes of the flash chip takes, as in 40us",
			"how long reading a page of 256 bytes of the flash chip takes", func(t *storage.Times) *time.Duration { return &t.PageRead }),
		flashTime("flash_write", "how long writing such a page takes, as in 900us",
			"how long writing such a page takes", func(t *storage.Times) *time.Duration { return &t.PageWrite }),
		flashTime("flash_erase", "how long erasing a sector of 4 KB takes, as in 45ms",
			"how long erasing a sector of 4 KB takes", func(t *storage.Times) *time.Duration { return &t.SectorErase }),
	}
}

// flashTime is a field of the time that the flash chip takes for something.
func flashTime(name, usage, doc string, at func(t *storage.Times) *time.Duration) keys.Field[settings] {
	def := storage.DefaultTimes()
	text := strings.Replace(at(&def).String(), "µ", "u", 1)
	return keys.Field[settings]{
		Key: keys.Key{Name: name, Value: "TIME", Usage: fmt.Sprintf(`%s, or "off" (default: %s)`, usage, text),
			Doc: doc + ", or `\"off\"`", Default: "`\"" + text + "\"`"},
		Read: func(s *keys.Section, name string, c *settings) {
			d := s.Duration(name, time.Nanosecond, true)
			if *at(&c.config.FlashTimes) = d; d > flashTimeMost {
				s.Fail(name, "%v is too long: choose %v or less", d, flashTimeMost)
			}
		},
	}
}

func readTime(s *keys.Section, name string, c *settings) {
	switch t := s.Text(name); t {
	case "", "real":
	case "virtual":
		c.virtual = true
	default:
		f, err := strconv.ParseFloat(strings.TrimSuffix(t, "x"), 64)
		if err != nil || !strings.HasSuffix(t, "x") || !(f >= 0.001 && f <= 1e6) { // so for NaN, too
			s.Fail(name, `%q is none of "real", "virtual" and a factor from "0.001x" to "1000000x"`, t)
			break
		}
		c.scale = f
	}
}

// fileFields say what is in the flash memory and where that is kept.
func fileFields() keys.Fields[settings] {
	return keys.Fields[settings]{
		{Key: keys.Key{Name: "files", Flag: "file", Value: "PATTERN", Form: keys.FormList,
			Usage: `files for the flash memory, relative to the project; "a/./b" is named "b" there, "!*.bak" leaves out
(default: the visible files of the directory itself without moonlet.toml, *.md and images of chips)`,
			Doc:     "what goes to flash, relative to the project; `!*.bak` leaves out",
			Default: "the visible files of the directory itself, without `moonlet.toml`, `*.md`, and images of whole chips with what is beside them"},
			Read: func(s *keys.Section, name string, c *settings) {
				c.allFiles = !s.Has(name)
				c.files = patterns(s, name)
			}},
		{Key: keys.Key{Name: "minify", Form: keys.FormSwitch, Usage: "Lua source goes to flash in its shortest form, with the same code (docs/minify.md)",
			Doc: "Lua source goes to flash in its [shortest form](minify.md), with the same code and its lines", Default: "`false`"},
			Read: keys.Bool(false, func(c *settings) *bool { return &c.minify })},
		{Key: keys.Key{Name: "flash", Value: "FILE", Usage: `keep the module's flash memory in one file, the image of its chip, which is made if
there is none (default: a directory of files, see state)`,
			Doc: "keep the module's flash memory in one file, the [image of its chip](flash.md), which is made if there is none", Default: "none"},
			Read: func(s *keys.Section, name string, c *settings) {
				c.flash = s.Text(name)
				if it := s.At(name); it != nil {
					c.flashAt = it.At
				}
			}},
		{Key: keys.Key{Name: "flash_size", Value: "BYTES", Usage: `size of a new chip: 512KB, 1MB, 2MB, 4MB, 8MB or 16MB (default: 4MB)`,
			Doc: "size of a new chip: `\"512KB\"`, `\"1MB\"`, `\"2MB\"`, `\"4MB\"`, `\"8MB\"` or `\"16MB\"`", Default: "`\"4MB\"`"},
			Read: func(s *keys.Section, name string, c *settings) {
				if c.flashSize = s.Size(name); c.flashSize != 0 {
					if err := flash.CheckSize(c.flashSize); err != nil {
						s.Fail(name, "%v", err)
					}
				}
			}},
		{Key: keys.Key{Name: "state", Value: "DIR", Usage: "where the flash memory is kept (default: DIR/.moonlet)",
			Doc: "where the flash memory is kept", Default: "`.moonlet` in the project"},
			Read: func(s *keys.Section, name string, c *settings) {
				c.state = s.Text(name)
				if it := s.At(name); it != nil {
					c.stateAt = it.At
					if c.state == "" {
						s.Fail(name, "want the name of a directory")
					}
				}
			}},
	}
}

// clock makes the clock, which begins to run at once.
func (c *settings) clock() sdk.Clock {
	if c.virtual {
		return sdk.NewVirtualClock()
	}
	return sdk.NewRealClock(c.scale)
}
