package project

import (
	"bytes"
	"path/filepath"
	"slices"

	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/lua/store"
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
func (p *Project) SetImage(im *store.Image) {
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
func (p *Project) BuildStore() (*store.Image, error) {
	if len(p.lfs) == 0 {
		return nil, nil
	}
	return p.compileImage(0)
}

// InStore tells whether a source is one of the store's.
func (p *Project) InStore(s *Source) bool {
	return slices.ContainsFunc(p.lfs, func(l Source) bool { return l.Path == s.Path })
}

// WithModule is the image of the store with one more module, or another one of that name.
func (p *Project) WithModule(name string, text []byte) (*store.Image, error) {
	if p.settings.config.Build.Edition().Lua51 {
		return p.withModule51(name, text)
	}
	im := &chunk.Image{Seed: ImageSeed}
	if p.Image != nil {
		*im = *p.Image.Lua53()
		im.Modules = slices.Clone(im.Modules)
	}
	main, err := p.compile(text, name+".lua", 1)
	if err != nil {
		return nil, err
	}
	im.Modules = append(slices.DeleteFunc(im.Modules, func(m chunk.Module) bool { return m.Name == name }), chunk.Module{Name: name, Main: main})
	main.Upvalues[0].InStack = 0
	im.Collect(luac.Source)
	return store.New53(p.settings.config.Build.Numbers, im), nil
}

// compile compiles source text of Lua 5.3 as a file of that name, with the project's numbers. Strip is
// that of luac.Config.
func (p *Project) compile(text []byte, name string, strip int) (*chunk.Proto, error) {
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

// Function is a function of a source.
type Function struct {
	Line     int      // where it is defined, 0 of a main chunk
	Upvalues []string // their names
	Inner    []Function
}

// Functions compiles source text with all names, as a file of that name.
func (p *Project) Functions(text []byte, name string) (Function, error) {
	if p.settings.config.Build.Edition().Lua51 {
		return p.functions51(text, name)
	}
	f, err := p.compile(text, name, 0)
	if err != nil {
		return Function{}, err
	}
	return functions53(f), nil
}

func functions53(p *chunk.Proto) Function {
	f := Function{Line: p.LineDefined}
	for _, u := range p.Upvalues {
		f.Upvalues = append(f.Upvalues, u.Name.S)
	}
	for _, q := range p.Protos {
		f.Inner = append(f.Inner, functions53(q))
	}
	return f
}
