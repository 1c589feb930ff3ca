package project

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/rcr"
)

// nameFrom marks, within a pattern, where the name on the module begins.
const nameFrom = "/./"

// Source is a file that goes to the module's flash memory.
type Source struct {
	Name string // on the module
	Path string // on the host; "" if this package made it up
	Data []byte
	sum  string
}

func newSource(name, path string, data []byte) Source {
	sum := sha256.Sum256(data)
	return Source{Name: name, Path: path, Data: data, sum: hex.EncodeToString(sum[:])}
}

// sourceMax is more than any flash chip holds: it keeps a stray file from
// filling the memory.
const sourceMax = 16 << 20

func fileSource(name string, from place) (Source, error) {
	path := from.path()
	data, err := from.tree.ReadFile(from.name, sourceMax)
	switch {
	case errors.Is(err, hostfile.ErrTooLarge):
		return Source{}, &Error{Where: path, Problem: fmt.Sprintf(
			"it has more than %d bytes, more than any flash memory: leave it out with the key files", sourceMax)}
	case err != nil:
		return Source{}, readError(path, err)
	}
	return newSource(name, path, data), nil
}

// findSources lists what a directory puts into flash.
func (p *Project) findSources() ([]Source, error) {
	found := map[string]place{}
	if p.settings.allFiles || !slices.ContainsFunc(p.settings.files, pattern.includes) {
		if err := p.visibleFiles(found); err != nil {
			return nil, err
		}
	}
	if err := p.matchAll(p.settings.files, found); err != nil {
		return nil, err
	}
	return readSources(found)
}

// matchAll finds the files of patterns, one after the other: one that begins with "!" takes
// away of what those before it found.
func (p *Project) matchAll(list []pattern, found map[string]place) error {
	for _, pat := range list {
		f := p.match
		if !pat.includes() {
			f = exclude
		}
		if err := f(pat, found); err != nil {
			return err
		}
	}
	return nil
}

const not = "!"

// includes tells that the pattern is none of what to leave out.
func (pat pattern) includes() bool { return !strings.HasPrefix(pat.text, not) }

// exclude takes away what a pattern stands for, by the name on the module or in the project,
// or, without a slash, by the last part of the name.
func exclude(pat pattern, found map[string]place) error {
	glob := path.Clean(strings.TrimPrefix(pat.text, not))
	for name, f := range found {
		names := []string{name, filepath.ToSlash(f.name)}
		if !strings.Contains(glob, "/") {
			names = append(names, path.Base(name))
		}
		for _, n := range names {
			switch ok, err := path.Match(glob, n); {
			case err != nil:
				return pat.fail("%q is no file pattern: a \"[\" is not closed", pat.text)
			case ok:
				delete(found, name)
			}
		}
	}
	return nil
}

// fail is an error of the pattern.
func (pat pattern) fail(format string, args ...any) error {
	e := &Error{Where: pat.at, Key: pat.key, Problem: fmt.Sprintf(format, args...)}
	if strings.HasPrefix(pat.at, "--") {
		e.Key = ""
	}
	return e
}

// readSources reads files, sorted by name.
func readSources(found map[string]place) ([]Source, error) {
	var out []Source
	sum := 0
	for _, name := range slices.Sorted(maps.Keys(found)) {
		s, err := fileSource(name, found[name])
		if err != nil {
			return nil, err
		}
		if sum += len(s.Data); sum > sourceMax {
			return nil, &Error{Where: s.Path, Problem: fmt.Sprintf(
				"with this file there are more than %d bytes, more than any flash memory: leave some out with the key files", sourceMax)}
		}
		out = append(out, s)
	}
	return out, nil
}

// visibleFiles finds what is put into flash without patterns.
func (p *Project) visibleFiles(found map[string]place) error {
	t := p.here()
	entries, err := t.ReadDir(".")
	if err != nil {
		return &Error{Where: p.Dir, Problem: "cannot be read: " + reason(err)}
	}
	var folders []string
	for _, e := range entries {
		f := place{t, e.Name()}
		if e.IsDir() && p.leavesOut(f.name) {
			folders = append(folders, f.name)
		}
		if strings.HasPrefix(f.name, ".") || f.name == FileName || strings.EqualFold(filepath.Ext(f.name), ".md") {
			continue
		}
		if ok, err := p.isSource(f); err != nil {
			return err
		} else if ok && !besideChip(f) {
			found[f.name] = f
		}
	}
	if len(folders) > 0 && p.settings.allFiles {
		p.Warnings = append(p.Warnings, p.foldersText(folders))
	}
	return nil
}

// leavesOut tells whether a folder of the project has files that go nowhere.
func (p *Project) leavesOut(folder string) bool {
	if strings.HasPrefix(folder, ".") || filepath.Clean(p.StateDir) == filepath.Join(p.Dir, folder) {
		return false
	}
	for _, pat := range slices.Concat(p.settings.lfsFiles, p.settings.resources) {
		if strings.HasPrefix(path.Clean(pat.text), folder+"/") {
			return false
		}
	}
	return p.filesIn(folder) > 0
}

// filesIn counts the visible files of a folder of the project, up to a hundred, without those
// of folders in it.
func (p *Project) filesIn(folder string) (n int) {
	entries, _ := p.here().ReadDir(folder)
	for _, e := range entries[:min(len(entries), 100)] {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			n++
		}
	}
	return n
}

// foldersText says that folders do not go to flash, and what to write.
func (p *Project) foldersText(folders []string) string {
	counts, globs := make([]string, len(folders)), []string{`"*"`}
	for i, name := range folders {
		n := p.filesIn(name)
		counts[i] = fmt.Sprintf("%s (%d files)", name, n)
		if n == 1 {
			counts[i] = name + " (1 file)"
		}
		globs = append(globs, fmt.Sprintf("%q", name+"/*"))
	}
	return fmt.Sprintf("not to flash: what is in folders: %s; to have it there, write files = [%s] into moonlet.toml", strings.Join(counts, ", "), strings.Join(globs, ", "))
}

// isSource tells whether something is a file that can be read. Pipes, devices and what a
// link promises that is not there are none. A link to a file out of the project is an
// error.
func (p *Project) isSource(f place) (bool, error) {
	info, err := f.tree.Stat(f.name)
	switch {
	case err == nil:
		return info.Mode().IsRegular(), nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case !errors.Is(err, hostfile.ErrOutside):
		return false, readError(f.path(), err)
	}
	if info, err := p.files.Stat(f.path()); err != nil || !info.Mode().IsRegular() {
		return false, nil
	}
	return false, outsideLink(f.path())
}

// besideChip tells whether a file is the image of a chip, or belongs to one: no module has
// room for that.
func besideChip(f place) bool {
	if isChip(f) {
		return true
	}
	for _, suffix := range append(flash.Beside(), "."+manifestName) {
		if image, ok := strings.CutSuffix(f.name, suffix); ok && isChip(place{f.tree, image}) {
			return true
		}
	}
	return false
}

// isChip tells whether a file has the size of a chip and a partition table.
func isChip(f place) bool {
	info, err := f.tree.Stat(f.name)
	if err != nil || !info.Mode().IsRegular() || flash.CheckSize(int(info.Size())) != nil {
		return false
	}
	data, err := f.tree.ReadFile(f.name, flash.MaxSize)
	if err != nil || len(data) < rcr.PageAddr+rcr.PageSize {
		return false
	}
	page, err := rcr.Load(data[rcr.PageAddr : rcr.PageAddr+rcr.PageSize])
	if err != nil {
		return false
	}
	table, ok := page.Table()
	return ok && len(table) > 0
}

// match finds the files of one pattern. A file is named on the module as it is
// in the project, with slashes, or by what follows "/./" in the pattern.
func (p *Project) match(pat pattern, found map[string]place) error {
	fail := pat.fail
	dir, glob := ".", pat.text
	if before, after, ok := strings.Cut(glob, nameFrom); ok {
		if strings.ContainsAny(before, "*?[") {
			return fail("%q: there can be no * before %q", pat.text, nameFrom)
		}
		if glob = after; before != "" {
			dir = before
		}
	}
	if glob = path.Clean(strings.TrimPrefix(glob, "./")); !fs.ValidPath(glob) {
		return fail("%q leads out of the project; to put a file from elsewhere into flash, write where its name begins, as in \"../lib/./*.lua\"", pat.text)
	}
	t, dir, err := p.base(pat, dir)
	if err != nil {
		return err
	}
	g := &globFS{tree: t, dir: dir}
	names, err := fs.Glob(g, glob)
	switch {
	case err != nil:
		return fail("%q is no file pattern: a \"[\" is not closed", pat.text)
	case g.err != nil:
		return readError(g.path, g.err)
	}
	some := false
	for _, name := range names {
		f := place{t, path.Join(dir, name)}
		if strings.HasPrefix(path.Base(name), ".") && !strings.HasPrefix(path.Base(glob), ".") {
			continue
		}
		if f.name == FileName && glob != FileName { // no module wants it
			continue
		}
		if ok, err := p.isSource(f); err != nil {
			return err
		} else if !ok {
			continue
		}
		some = true
		if old, ok := found[name]; ok && old.path() != f.path() {
			return fail("%s and %s have the same name on the module, %q: leave one out", old.path(), f.path(), name)
		}
		found[name] = f
	}
	if !some {
		return fail("no file matches %q in %s", pat.text, t.Join(dir))
	}
	return nil
}

// checkName tells what is wrong with a name on the module.
func checkName(s Source) error {
	where := s.Path
	if where == "" {
		where = s.Name
	}
	if len(s.Name) > port.FileNameMax {
		return &Error{Where: where, Problem: fmt.Sprintf(
			"its name on the module, %q, has %d bytes and the flash file system allows %d: rename it, or leave it out with the key files",
			s.Name, len(s.Name), port.FileNameMax)}
	}
	return nil
}
