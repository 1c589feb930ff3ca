package project

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/lua/store"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/luac"
	"moonlet.example/moonlet/internal/resources"
)

// defaultLFS is the partition for lfs_files where nobody says how large it is.
const defaultLFS = 128 << 10

// ImageSeed is the seed of the strings' hashes in images that a project makes: a
// project is to give the same image each time.
const ImageSeed = 0x4d6f6f6e

// buildImage compiles the files of the keys lfs_files and resources, or only reads them.
func (p *Project) buildImage(unbuilt bool) (*store.Image, error) {
	if len(p.settings.lfsFiles)+len(p.settings.resources) == 0 {
		return nil, nil
	}
	newest, err := p.readLFS()
	if err != nil || unbuilt {
		return nil, err
	}
	return p.compileImage(newest)
}

// compileImage compiles the files of the store; newest is when the newest one was changed,
// in seconds since 1970.
func (p *Project) compileImage(newest int64) (*store.Image, error) {
	if e := p.settings.config.Build.Edition(); e.Lua51 {
		return p.compileImage51(p.lfs, newest)
	}
	byName := map[string]Source{}
	var names []string
	for _, s := range p.lfs {
		byName[s.Name] = s
		names = append(names, s.Name)
	}
	compiler, err := luac.NewCompiler(luac.Config{Model: p.settings.config.Build.Numbers, Strip: 1, Files: &sourceFiles{p.lfs}})
	if err != nil {
		return nil, hostErrorf(err, "compiling for the store")
	}
	defer compiler.Close()
	var mains []*chunk.Proto
	for _, name := range luac.Order(names) {
		main, err := compiler.File(byName[name].Path)
		if err != nil {
			return nil, &Error{Where: byName[name].Path, Problem: fmt.Sprintf("it cannot be compiled for the store: %v", err)}
		}
		main.Source.S = "@" + name // as in the project, wherever that is
		mains = append(mains, main)
	}
	im, err := luac.Image(mains, ImageSeed, newest)
	if err != nil {
		return nil, &Error{Where: filepath.Join(p.Dir, FileName), Key: "lfs_files", Problem: err.Error()}
	}
	im.Collect(luac.Source)
	return store.New53(p.settings.config.Build.Numbers, im), nil
}

// readLFS reads the files of the keys lfs_files and resources, sorted by name, and tells when the
// newest one was changed, in seconds since 1970.
func (p *Project) readLFS() (newest int64, err error) {
	if p.lfs, newest, err = p.readMatches(p.settings.lfsFiles); err != nil || len(p.settings.resources) == 0 {
		return newest, err
	}
	list, changed, err := p.readMatches(p.settings.resources)
	if err != nil {
		return 0, err
	}
	files := make([]resources.File, len(list))
	for i, s := range list {
		files[i] = resources.File{Name: s.Name, Data: s.Data}
	}
	const name = resources.Module + ".lua"
	text, err := resources.Source(files)
	if err == nil && slices.ContainsFunc(p.lfs, func(s Source) bool { return s.Name == name }) {
		err = fmt.Errorf("lfs_files has a file %s as well, which this key makes: leave one out", name)
	}
	if err != nil {
		return 0, &Error{Where: filepath.Join(p.Dir, FileName), Key: "resources", Problem: err.Error()}
	}
	p.lfs = append(p.lfs, newSource(name, name, text))
	slices.SortFunc(p.lfs, func(a, b Source) int { return cmp.Compare(a.Name, b.Name) })
	return max(newest, changed), nil
}

// readMatches reads the files of patterns, sorted by name, and tells when the newest one was
// changed.
func (p *Project) readMatches(list []pattern) (sources []Source, newest int64, err error) {
	found := map[string]place{}
	if err := p.matchAll(list, found); err != nil {
		return nil, 0, err
	}
	if sources, err = readSources(found); err != nil {
		return nil, 0, err
	}
	for _, f := range found {
		info, err := f.tree.Stat(f.name)
		if err != nil {
			return nil, 0, readError(f.path(), err)
		}
		newest = max(newest, info.ModTime().Unix())
	}
	return sources, newest, nil
}

// uploadStore puts the image into the store unless it is what was put there last.
func (p *Project) uploadStore(m manifest, done []Uploaded) ([]Uploaded, error) {
	if p.Image == nil {
		return done, nil
	}
	sum := sha256.Sum256(p.Image.Sum())
	text := hex.EncodeToString(sum[:])
	if m.Store == text {
		return done, nil
	}
	n, err := device.FlashStore(p.Config(), p.Image)
	var host *fs.PathError
	switch {
	case errors.As(err, &host):
		return done, hostErrorf(err, "writing the store")
	case err != nil:
		return done, &Error{Where: "store", Problem: err.Error() + "; the key lfs sets its size"}
	}
	m.Store = text
	return append(done, Uploaded{"LFS: " + strings.Join(p.Image.Modules(), ", "), n}), p.writeManifest(m)
}
