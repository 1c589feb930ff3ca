package project

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/lua/store"
	"moonlet.example/moonlet/internal/sim/hostnet"
	"moonlet.example/moonlet/internal/storage"
	"moonlet.example/moonlet/internal/storage/flash"
)

// defaultState is the state directory in a project's directory.
const defaultState = ".moonlet"

// Project is an application and the module it is made for.
type Project struct {
	// Dir is the directory, or that of the single file.
	Dir string
	// StateDir is where the module's flash memory is kept, "" for the memory of this
	// process. Temporary tells that nothing of it is there after Close.
	StateDir  string
	Temporary bool
	// Sources are what Upload puts into flash, sorted by name.
	Sources []Source
	// Image is what Upload puts into the Lua Flash Store, nil if the project does not
	// say.
	Image *store.Image
	// Warnings are what the user should know before the module starts.
	Warnings []string

	files      *hostfile.Host
	allow      bool            // links and paths may lead out of the project
	root       *hostfile.Dir   // Dir, nil if the project is no directory
	opened     []*hostfile.Dir // others that Close closes
	settings   settings
	lfs        []Source           // of the store
	stateIn    *hostfile.Dir      // the directory below which StateDir is, nil if that is the user's word
	stateName  string             // of StateDir in it
	state      *hostfile.Dir      // StateDir, nil until it is opened and locked
	lock       *storage.StateLock // nil if there are no locks
	beside     *hostfile.Dir      // the directory of the chip's file, and the file's name in it
	besideName string
	chip       *flash.Chip // nil until it is opened, and without one
	chipErr    error       // the first one of writing to it, before the module starts
	memory     bool        // the state directory is in the memory of this process
	noUpload   bool
	unkept     bool   // chip is in memory only, and nobody asks later what was uploaded
	image      string // the path, if the project is the image of a chip
	save       bool   // what happens is kept in image
	data       []byte // of image, as a module begins with it
	older      bool   // the firmware in image has no partition table; data has one
}

// Options tell how a project is opened.
type Options struct {
	Flags []Setting
	// Files is the file system of the host; nil is the real one.
	Files *hostfile.Host
	// AllowOutside lets the project read and write where the user may, by paths in its
	// file and by links. Without it both are refused.
	AllowOutside bool
	// Values are keys and their values, as in a project file: strings, int64, float64, bool,
	// []any and map[string]any. They win over the project file, and flags over them.
	Values map[string]any
	// Apart says that the project is only opened to make it Apart: if there is no other
	// directory for the flash memory, none is made on the host.
	Apart bool
	// NoUpload leaves the flash memory as it is.
	NoUpload bool
	// Strict also looks for what only a module would find, or nobody.
	Strict bool

	// Unbuilt leaves out the image of the store: LuaSources has what it would be made of.
	Unbuilt bool

	settingsOnly bool // no sources are wanted
}

// Open opens a project with flags and without more.
func Open(path string, flags []Setting) (*Project, error) { return Options{Flags: flags}.Open(path) }

// Open reads the project at a path: a directory, a single file, or the image of a flash
// chip, in which everything is already. Flags win over the project file. Errors are *Error, several of them joined, or *HostError.
func (o Options) Open(path string) (*Project, error) {
	p := &Project{files: o.Files, allow: o.AllowOutside, noUpload: o.NoUpload}
	if err := p.open(path, &o); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func (p *Project) open(path string, o *Options) error {
	info, err := p.files.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Error{Where: path, Problem: "there is no such file or directory; name a directory with an init.lua, a .lua or .lc file, or the image of a flash chip"}
	case err != nil:
		return &Error{Where: path, Problem: "cannot be read: " + reason(err)}
	case !info.IsDir() && filepath.Base(path) == FileName:
		path = filepath.Dir(path)
	case !info.IsDir() && isScript(path):
		return p.openFile(path, o)
	case !info.IsDir():
		return p.openImage(path, info, o)
	}
	return p.openDir(path, o)
}

// reason is an error of the host without the operation and the path.
func reason(err error) string { return hostfile.Reason(err).Error() }

func (p *Project) openDir(dir string, o *Options) (err error) {
	p.Dir, p.StateDir = dir, filepath.Join(dir, defaultState)
	if p.root, err = p.files.OpenDir(dir); err != nil {
		return &Error{Where: dir, Problem: "cannot be read: " + reason(err)}
	}
	root := keys.Items{}
	name := filepath.Join(dir, FileName)
	text, err := p.readProjectFile(name)
	switch {
	case err == nil:
		if root, err = parseFile(name, text); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := p.configure(root, o); err != nil {
		return err
	}
	if err := p.placeState(); err != nil {
		return err
	}
	if err := p.checkFlash(); err != nil || o.settingsOnly {
		return err
	}
	if p.Sources, err = p.findSources(); err != nil {
		return err
	}
	if p.Image, err = p.buildImage(o.Unbuilt); err != nil {
		return err
	}
	if p.settings.config.Init == "" && !p.hasInit() {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%s has no init.lua: the module starts with an empty prompt", dir))
	}
	return nil
}

// placeState finds out where the state directory of a directory is: in it, unless the
// user says something else.
func (p *Project) placeState() error {
	s := &p.settings
	name := defaultState
	switch {
	case keys.OwnWord(s.stateAt):
		p.StateDir = s.state
		return nil
	case s.stateAt != "":
		if name = s.state; !filepath.IsLocal(name) && !p.allow {
			return outside(s.stateAt, "state", name)
		}
		if p.StateDir = name; !filepath.IsAbs(name) {
			p.StateDir = filepath.Join(p.Dir, name)
		}
	}
	if !p.allow {
		p.stateIn, p.stateName = p.root, name
	}
	return nil
}

func (p *Project) configure(root keys.Items, o *Options) (err error) {
	keys.OverlayValues(root, o.Values)
	if err := keys.Overlay(root, Keys(), o.Flags); err != nil {
		return err
	}
	p.settings, err = read(root, o.Strict, p.Sources)
	if n := p.settings.config.DebugHeap; n > 0 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("a heap of %d bytes is for finding faults only: no ESP8266 has it, and what fits into it may not fit into a board", n))
	}
	if list := p.settings.openings; len(list) > 0 && p.settings.config.Net.Policy != hostnet.None {
		p.Warnings = append(p.Warnings, fmt.Sprintf("the project's file opens the network further than the default: %s",
			strings.Join(list, ", ")))
	}
	return err
}

func (p *Project) hasInit() bool {
	for _, s := range p.Sources {
		if s.Name == "init.lua" {
			return true
		}
	}
	return false
}

// openFile makes a project of one file. A module starts init.lua, so that is
// what a source file becomes; compiled code is started by one.
func (p *Project) openFile(path string, o *Options) error {
	p.Dir = filepath.Dir(path)
	if err := p.configure(keys.Items{}, o); err != nil {
		return err
	}
	if !p.settings.allFiles {
		f := p.settings.files[0]
		return &Error{Where: f.at, Problem: "this goes with a directory; a single file is all that is put into flash"}
	}
	name := filepath.Base(path)
	source, err := fileSource(name, place{anywhere{p.files, p.Dir}, name})
	if err != nil {
		return err
	}
	if filepath.Ext(path) == ".lua" {
		source.Name = "init.lua"
		p.Sources = []Source{source}
	} else {
		start := newSource("init.lua", "", fmt.Appendf(nil, "dofile(%s)\n", LuaQuote(source.Name)))
		p.Sources = []Source{start, source}
	}
	return p.temporaryState(o)
}

// isScript tells whether a path is that of a single Lua file.
func isScript(path string) bool {
	ext := filepath.Ext(path)
	return ext == ".lua" || ext == ".lc"
}

// temporaryState makes a state directory that Close removes, if no other is given.
func (p *Project) temporaryState(o *Options) error {
	if p.StateDir = p.settings.state; p.StateDir != "" {
		return nil
	}
	if o.Apart {
		p.inMemory()
		return nil
	}
	dir, err := p.files.MkdirTemp()
	if err != nil {
		return hostErrorf(err, "making a directory for the module's flash memory")
	}
	p.StateDir, p.Temporary = dir, true
	return nil
}

// inMemory keeps the flash memory in the memory of this process.
func (p *Project) inMemory() { p.StateDir, p.Temporary, p.memory = "", true, true }

// removeTemporary removes a temporary state directory.
func (p *Project) removeTemporary() error {
	if !p.Temporary || p.memory {
		return nil
	}
	return hostErrorf(p.files.RemoveAll(p.StateDir), "removing the temporary directory %s", p.StateDir)
}

// LuaQuote writes s as a Lua string.
func LuaQuote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			fmt.Fprintf(&b, "\\%03d", c)
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Config is the configuration of the module; its clock begins to run now.
func (p *Project) Config() device.Config {
	c := p.settings.config
	c.StateDir, c.State, c.Files, c.Chip = p.StateDir, p.state, p.files, p.chip
	c.Clock = p.settings.clock()
	return c
}

// NamesPort tells whether the user chose the host's port for a device port.
func (p *Project) NamesPort(device uint16) bool {
	host, ok := p.settings.config.Net.Ports[device]
	return ok && host != 0
}

// Heap is the free heap in bytes.
func (p *Project) Heap() int {
	c := &p.settings.config
	return cmp.Or(c.DebugHeap, c.FreeHeap, device.DefaultFreeHeap)
}

// Abandon removes a temporary state directory while the module may still use it: the
// process is about to end. Any goroutine may call it.
func (p *Project) Abandon() {
	_ = p.removeTemporary()
}

// Close closes the flash chip and what else is open, and removes a temporary state
// directory.
func (p *Project) Close() (err error) {
	if p.chip != nil {
		err = hostErrorf(p.chip.Close(), "closing the flash chip")
		p.chip = nil
	}
	p.closeState()
	for _, d := range append(p.opened, p.root) {
		if d != nil {
			d.Close()
		}
	}
	p.opened, p.root, p.stateIn, p.beside = nil, nil, nil, nil
	return errors.Join(err, p.removeTemporary())
}
