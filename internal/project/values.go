package project

import (
	"maps"
	"slices"
	"strings"
)

// valuesAt is where a value stands that a program has set.
const valuesAt = "configuration"

// ownWord tells whether the user himself said something: by a flag, or in a program.
func ownWord(at string) bool { return strings.HasPrefix(at, "--") || at == valuesAt }

// overlayValues puts what a program says over the tree of a file. Entries of tables join
// those of the file, all else takes their place.
func overlayValues(root table, values map[string]any) {
	for name, v := range values {
		entries, ok := v.(map[string]any)
		if !ok {
			root[name] = valueItem(v)
			continue
		}
		t := subTable(root, name, valuesAt)
		for k, e := range entries {
			t[k] = valueItem(e)
		}
	}
}

// valueItem makes an item of a value as go-toml would give it.
func valueItem(v any) *item {
	switch x := v.(type) {
	case map[string]any:
		t := table{}
		for k, e := range x {
			t[k] = valueItem(e)
		}
		v = t
	case []any:
		list := make([]*item, len(x))
		for i, e := range x {
			list[i] = valueItem(e)
		}
		v = list
	}
	return &item{value: v, at: valuesAt}
}

// Application is an application that is in no directory: files by their names.
type Application struct {
	Files map[string][]byte // for the flash memory
	Store map[string][]byte // Lua files for the Lua Flash Store
}

// New makes a project of an application. Its flash memory is in a temporary directory, if
// no other is named. Errors are as with Open.
func (o Options) New(a Application) (*Project, error) {
	p := &Project{files: o.Files, allow: true}
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
	if err := p.configure(table{}, o); err != nil {
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
	return p.temporaryState()
}
