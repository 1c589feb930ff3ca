package project

import (
	"bytes"
	"path/filepath"
	"slices"

	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/luac"
)

// Apart is the project with a new flash memory of its own, in the memory of this process.
// Nothing in the project's directory changes, and several modules can have it at once. The
// copy has nothing of the host, and p may be closed before it.
func (p *Project) Apart() *Project {
	q := *p
	q.inMemory()
	q.chip, q.settings.flash, q.save = nil, "", false
	q.root, q.stateIn, q.state, q.lock, q.beside, q.opened = nil, nil, nil, nil, nil, nil
	return &q
}

// SetImage puts another image into the store, which gets a partition if it has none.
func (p *Project) SetImage(im *chunk.Image) {
	p.Image = im
	p.settings.config.LFSSize = max(p.settings.config.LFSSize, defaultLFS)
}

// LuaSources are the Lua files of the project: those that Upload puts into flash, and those
// of the store.
func (p *Project) LuaSources() (list []Source) {
	for _, s := range p.Sources {
		if filepath.Ext(s.Name) == ".lua" {
			list = append(list, s)
		}
	}
	return append(list, p.lfs...)
}

// Build is the build of the firmware that keys say, for files that are no project.
func (o Options) Build() (firmware.Build, error) {
	p := &Project{}
	err := p.configure(keys.Items{}, &o)
	return p.settings.config.Build, err
}

// BuildStore compiles the files of the store, for a project that is Unbuilt; nil if there are none.
func (p *Project) BuildStore() (*chunk.Image, error) {
	if len(p.lfs) == 0 {
		return nil, nil
	}
	return p.compileImage(0)
}

// InStore tells whether a source is one of the store's.
func (p *Project) InStore(s *Source) bool {
	return slices.ContainsFunc(p.lfs, func(l Source) bool { return l.Path == s.Path })
}

// Compile compiles source text as a file of that name, with the project's numbers. Strip is
// that of luac.Config.
func (p *Project) Compile(text []byte, name string, strip int) (*chunk.Proto, error) {
	c, err := luac.NewCompiler(luac.Config{Model: p.settings.config.Build.Numbers, Strip: strip, Input: bytes.NewReader(text)})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	f, err := c.File(luac.Stdin)
	if err == nil {
		f.Source.S = "@" + name
	}
	return f, err
}
