package project

import (
	"errors"
	"fmt"
	"path/filepath"

	"moonlet.example/moonlet/internal/lua/syntax"
	"moonlet.example/moonlet/internal/minify"
)

// flashSources are the sources as they go to flash: with the key minify those of Lua in their shortest form. Lines stay
// what they are, so that messages of errors tell those of the project. What does not compile goes as it is.
func (p *Project) flashSources() ([]Source, error) {
	if !p.settings.minify {
		return p.Sources, nil
	}
	b := &p.settings.config.Build
	m, err := minify.New(b.Edition(), b.Numbers)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	list := make([]Source, 0, len(p.Sources))
	for _, s := range p.Sources {
		if filepath.Ext(s.Name) == ".lua" {
			r, err := m.Minify(s.Data, minify.Options{KeepLines: true})
			var wrong *syntax.Error
			switch {
			case errors.As(err, &wrong):
				p.Warnings = append(p.Warnings, fmt.Sprintf("%s:%d:%d: %s: it goes to flash as it is", s.Path, wrong.Line, wrong.Column, wrong.Message))
			case err != nil:
				return nil, fmt.Errorf("%s: %w", s.Path, err)
			case len(r.Text) < len(s.Data):
				s = newSource(s.Name, s.Path, r.Text)
			}
		}
		list = append(list, s)
	}
	return list, nil
}
