package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"moonlet/internal/chunk"
	"moonlet/internal/device"
	"moonlet/internal/flash"
)

// defaultState is the state directory in a project's directory.
const defaultState = ".moonlet"

// Project is an application and the module it is made for.
type Project struct {
	// Dir is the directory, or that of the single file.
	Dir string
	// StateDir is where the module's flash memory is kept. Temporary tells that
	// Close removes it.
	StateDir  string
	Temporary bool
	// Sources are what Upload puts into flash, sorted by name.
	Sources []Source
	// Image is what Upload puts into the Lua Flash Store, nil if the project does not
	// say.
	Image *chunk.Image
	// Warnings are what the user should know before the module starts.
	Warnings []string

	settings settings
	chip     *flash.Chip // nil until it is opened, and without one
	unkept   bool        // chip is in memory only, and nobody asks later what was uploaded
	image    string      // the path, if the project is the image of a chip
	save     bool        // what happens is kept in image
	data     []byte      // of image, as a module begins with it
	older    bool        // the firmware in image has no partition table; data has one
}

// Open reads the project at a path: a directory, a single file, or the image of a flash
// chip, in which everything is already. Flags win over the project file. Errors are *Error, several of them joined, or *HostError.
func Open(path string, flags []Setting) (*Project, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &Error{Where: path, Problem: "there is no such file or directory; name a directory with an init.lua, a .lua or .lc file, or the image of a flash chip"}
	case err != nil:
		return nil, &Error{Where: path, Problem: "cannot be read: " + reason(err)}
	case !info.IsDir() && filepath.Base(path) == FileName:
		path = filepath.Dir(path)
	case !info.IsDir() && isScript(path):
		return openFile(path, flags)
	case !info.IsDir():
		return openImage(path, info, flags)
	}
	return openDir(path, flags)
}

// reason is an error of the host without the operation and the path.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return err.Error()
}

func openDir(dir string, flags []Setting) (*Project, error) {
	root := table{}
	name := filepath.Join(dir, FileName)
	text, err := readProjectFile(name)
	switch {
	case err == nil:
		if root, err = parseFile(name, text); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	p := &Project{Dir: dir, StateDir: filepath.Join(dir, defaultState)}
	if err := p.configure(root, flags); err != nil {
		return nil, err
	}
	if p.settings.stateAt != "" {
		p.StateDir = p.settings.state
		if !strings.HasPrefix(p.settings.stateAt, "--") && !filepath.IsAbs(p.StateDir) {
			p.StateDir = filepath.Join(dir, p.StateDir)
		}
	}
	if p.Sources, err = p.findSources(); err != nil {
		return nil, err
	}
	if p.Image, err = p.buildImage(); err != nil {
		return nil, err
	}
	if !p.hasInit() {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%s has no init.lua: the module starts with an empty prompt", dir))
	}
	return p, nil
}

func (p *Project) configure(root table, flags []Setting) error {
	if err := overlay(root, flags); err != nil {
		return err
	}
	r := &reader{}
	p.settings = r.read(root)
	return r.err()
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
func openFile(path string, flags []Setting) (*Project, error) {
	p := &Project{Dir: filepath.Dir(path)}
	if err := p.configure(table{}, flags); err != nil {
		return nil, err
	}
	if !p.settings.allFiles {
		f := p.settings.files[0]
		return nil, &Error{Where: f.at, Problem: "this goes with a directory; a single file is all that is put into flash"}
	}
	source, err := fileSource(filepath.Base(path), path)
	if err != nil {
		return nil, err
	}
	if filepath.Ext(path) == ".lua" {
		source.Name = "init.lua"
		p.Sources = []Source{source}
	} else {
		start := newSource("init.lua", "", fmt.Appendf(nil, "dofile(%s)\n", luaQuote(source.Name)))
		p.Sources = []Source{start, source}
	}
	return p, p.temporaryState()
}

// isScript tells whether a path is that of a single Lua file.
func isScript(path string) bool {
	ext := filepath.Ext(path)
	return ext == ".lua" || ext == ".lc"
}

// temporaryState makes a state directory that Close removes, if no other is given.
func (p *Project) temporaryState() error {
	if p.StateDir = p.settings.state; p.StateDir != "" {
		return nil
	}
	dir, err := os.MkdirTemp("", "moonlet-")
	if err != nil {
		return hostErrorf(err, "making a directory for the module's flash memory")
	}
	p.StateDir, p.Temporary = dir, true
	return nil
}

// luaQuote writes s as a Lua string.
func luaQuote(s string) string {
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
	c.StateDir, c.Chip = p.StateDir, p.chip
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
	if h := p.settings.config.FreeHeap; h != 0 {
		return h
	}
	return device.DefaultFreeHeap
}

// Close closes the flash chip and removes a temporary state directory.
func (p *Project) Close() (err error) {
	if p.chip != nil {
		err = hostErrorf(p.chip.Close(), "closing the flash chip")
		p.chip = nil
	}
	if p.save && p.settings.state == "" {
		os.Remove(p.StateDir) // if nothing is in it
	}
	if !p.Temporary {
		return err
	}
	return errors.Join(err, hostErrorf(os.RemoveAll(p.StateDir), "removing the temporary directory %s", p.StateDir))
}
