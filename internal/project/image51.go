package project

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"

	"moonlet.example/moonlet/internal/lua/store"
	"moonlet.example/moonlet/internal/lua51/chunk"
	"moonlet.example/moonlet/internal/lua51/front"
	"moonlet.example/moonlet/internal/luac"
)

// numbers51 are the numbers of a project for Lua 5.1.
func (p *Project) numbers51() chunk.Numbers {
	return chunk.NumbersOf(p.settings.config.Build.Edition().Integral)
}

// compileImage51 compiles files for the store of Lua 5.1.
func (p *Project) compileImage51(files []Source, newest int64) (*store.Image, error) {
	compiler, err := front.New()
	if err != nil {
		return nil, hostErrorf(err, "compiling for the store")
	}
	defer compiler.Close()
	var mains []*chunk.Proto
	for _, s := range files {
		main, err := luac.File51(compiler, p.numbers51(), "@"+s.Path, s.Data, 1)
		if err != nil {
			return nil, &Error{Where: s.Path, Problem: fmt.Sprintf("it cannot be compiled for the store: %v", err)}
		}
		main.Source.S = "@" + s.Name // as in the project, wherever that is
		mains = append(mains, main)
	}
	im, err := luac.Image51(p.numbers51(), mains, newest)
	if err == nil {
		_, err = store.New51(im).Flash(0)
	}
	if err != nil {
		return nil, &Error{Where: filepath.Join(p.Dir, FileName), Key: "lfs_files", Problem: err.Error()}
	}
	return store.New51(im), nil
}

// withModule51 is WithModule.
func (p *Project) withModule51(name string, text []byte) (*store.Image, error) {
	var mains []*chunk.Proto
	var timestamp int64
	if p.Image != nil {
		im := p.Image.Lua51()
		timestamp = im.Timestamp
		for _, m := range im.Modules {
			if m.Name != name {
				mains = append(mains, m.Main)
			}
		}
	}
	compiler, err := front.New()
	if err != nil {
		return nil, err
	}
	defer compiler.Close()
	main, err := compiler.Compile(p.numbers51(), "@"+name+".lua", bytes.NewReader(text), 1)
	if err != nil {
		return nil, err
	}
	im, err := luac.Image51(p.numbers51(), append(slices.Clip(mains), main), timestamp)
	if err != nil {
		return nil, err
	}
	return store.New51(im), nil
}

// functions51 is Functions.
func (p *Project) functions51(text []byte, name string) (Function, error) {
	compiler, err := front.New()
	if err != nil {
		return Function{}, err
	}
	defer compiler.Close()
	main, err := compiler.Compile(p.numbers51(), "@"+name, bytes.NewReader(text), 0)
	if err != nil {
		return Function{}, err
	}
	return functionsOf51(main), nil
}

func functionsOf51(p *chunk.Proto) Function {
	f := Function{Line: p.LineDefined}
	for _, u := range p.Upvalues {
		f.Upvalues = append(f.Upvalues, u.S)
	}
	for _, q := range p.Protos {
		f.Inner = append(f.Inner, functionsOf51(q))
	}
	return f
}
