package project

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"moonlet/internal/chunk"
	"moonlet/internal/device"
	"moonlet/internal/luac"
)

// defaultLFS is the partition for lfs_files where nobody says how large it is.
const defaultLFS = 128 << 10

// imageSeed is the seed of the strings' hashes in images that a project makes: a
// project is to give the same image each time.
const imageSeed = 0x4d6f6f6e

// buildImage compiles the files of the key lfs_files.
func (p *Project) buildImage() (*chunk.Image, error) {
	if len(p.settings.lfsFiles) == 0 {
		return nil, nil
	}
	found := map[string]string{} // path by name
	for _, pat := range p.settings.lfsFiles {
		if err := p.match(pat, found); err != nil {
			return nil, err
		}
	}
	var names []string
	for name := range found {
		names = append(names, name)
	}
	slices.Sort(names)
	compiler, err := luac.NewCompiler(luac.Config{Model: p.settings.config.Model, Strip: 1})
	if err != nil {
		return nil, hostErrorf(err, "compiling for the store")
	}
	defer compiler.Close()
	var mains []*chunk.Proto
	newest := int64(0)
	for _, name := range luac.Order(names) {
		main, err := compiler.File(found[name])
		if err != nil {
			return nil, &Error{Where: found[name], Problem: fmt.Sprintf("it cannot be compiled for the store: %v", err)}
		}
		main.Source.S = "@" + name // as in the project, wherever that is
		mains = append(mains, main)
		if info, err := os.Stat(found[name]); err == nil {
			newest = max(newest, info.ModTime().Unix())
		}
	}
	im, err := luac.Image(mains, imageSeed, newest)
	if err != nil {
		return nil, &Error{Where: filepath.Join(p.Dir, FileName), Key: "lfs_files", Problem: err.Error()}
	}
	im.Collect(luac.Source)
	return im, nil
}

// uploadStore puts the image into the store unless it is what was put there last.
func (p *Project) uploadStore(m manifest, done []Uploaded) ([]Uploaded, error) {
	if p.Image == nil {
		return done, nil
	}
	sum := sha256.Sum256(chunk.EncodeImage(p.settings.config.Model, p.Image, luac.Source, 0))
	text := hex.EncodeToString(sum[:])
	if m.Store == text {
		return done, nil
	}
	n, err := device.FlashStore(p.Config(), p.Image)
	if err != nil {
		return done, &Error{Where: "store", Problem: err.Error() + "; the key lfs sets its size"}
	}
	var names []string
	for _, mod := range p.Image.Modules {
		names = append(names, mod.Name)
	}
	m.Store = text
	return append(done, Uploaded{"LFS: " + strings.Join(names, ", "), n}), p.writeManifest(m)
}
