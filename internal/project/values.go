package project

import (
	"maps"
	"slices"

	"moonlet.example/moonlet/internal/keys"
)

// Application is an application that is in no directory: files by their names.
type Application struct {
	Files map[string][]byte // for the flash memory
	Store map[string][]byte // Lua files for the Lua Flash Store
}

// New makes a project of an application. Its flash memory is in the memory of this process, if
// no directory is named for it. Errors are as with Open.
func (o Options) New(a Application) (*Project, error) {
	p := &Project{files: o.Files, allow: true, noUpload: o.NoUpload}
	if err := p.create(&a, &o); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

func (p *Project) create(a *Application, o *Options) error {
	for _, name := range slices.Sorted(maps.Keys(a.Files)) {
		p.Sources = append(p.Sources, newSource(name, "", a.Files[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(a.Store)) {
		p.lfs = append(p.lfs, newSource(name, name, a.Store[name]))
	}
	if err := p.configure(keys.Items{}, o); err != nil {
		return err
	}
	if len(p.lfs) > 0 {
		if p.settings.config.LFSSize == 0 {
			p.settings.config.LFSSize, p.settings.anyLFS = defaultLFS, true
		}
		im, err := p.compileImage(0)
		if err != nil {
			return err
		}
		p.Image = im
	}
	if p.StateDir = p.settings.state; p.StateDir == "" {
		p.inMemory()
	}
	return nil
}
