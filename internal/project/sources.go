package project

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"moonlet/internal/flash"
	"moonlet/internal/port"
	"moonlet/internal/rcr"
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

func fileSource(name, path string) (Source, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > sourceMax {
		return Source{}, &Error{Where: path, Problem: fmt.Sprintf(
			"it has %d bytes, more than any flash memory: leave it out with the key files", info.Size())}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return Source{}, &Error{Where: path, Problem: "cannot be read: " + reason(err)}
	}
	return newSource(name, path, data), nil
}

// findSources lists what a directory puts into flash.
func (p *Project) findSources() ([]Source, error) {
	found := map[string]string{} // path by name
	if p.settings.allFiles {
		if err := p.visibleFiles(found); err != nil {
			return nil, err
		}
	}
	for _, pat := range p.settings.files {
		if err := p.match(pat, found); err != nil {
			return nil, err
		}
	}
	var out []Source
	for name, path := range found {
		s, err := fileSource(name, path)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out, nil
}

// visibleFiles finds what is put into flash without patterns.
func (p *Project) visibleFiles(found map[string]string) error {
	entries, err := os.ReadDir(p.Dir)
	if err != nil {
		return &Error{Where: p.Dir, Problem: "cannot be read: " + reason(err)}
	}
	for _, e := range entries {
		name := e.Name()
		full := filepath.Join(p.Dir, name)
		hidden := strings.HasPrefix(name, ".")
		if hidden || name == FileName || strings.EqualFold(filepath.Ext(name), ".md") || !regular(full) || besideChip(full) {
			continue
		}
		found[name] = full
	}
	return nil
}

// besideChip tells whether a file is the image of a chip, or belongs to one: no module has
// room for that.
func besideChip(path string) bool {
	if isChip(path) {
		return true
	}
	for _, suffix := range append(flash.Beside(), "."+manifestName) {
		if image, ok := strings.CutSuffix(path, suffix); ok && isChip(image) {
			return true
		}
	}
	return false
}

// isChip tells whether a file has the size of a chip and a partition table.
func isChip(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || flash.CheckSize(int(info.Size())) != nil {
		return false
	}
	records := make([]byte, rcr.PageSize)
	if _, err := f.ReadAt(records, rcr.PageAddr); err != nil {
		return false
	}
	page, err := rcr.Load(records)
	if err != nil {
		return false
	}
	table, ok := page.Table()
	return ok && len(table) > 0
}

func regular(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// match finds the files of one pattern. A file is named on the module as it is
// in the project, with slashes, or by what follows "/./" in the pattern.
func (p *Project) match(pat pattern, found map[string]string) error {
	fail := func(format string, args ...any) error {
		e := &Error{Where: pat.at, Key: pat.key, Problem: fmt.Sprintf(format, args...)}
		if strings.HasPrefix(pat.at, "--") {
			e.Key = ""
		}
		return e
	}
	base, glob := p.Dir, pat.text
	if before, after, ok := strings.Cut(glob, nameFrom); ok {
		if strings.ContainsAny(before, "*?[") {
			return fail("%q: there can be no * before %q", pat.text, nameFrom)
		}
		base, glob = filepath.Join(p.Dir, filepath.FromSlash(before)), after
		if filepath.IsAbs(filepath.FromSlash(before)) {
			base = filepath.FromSlash(before)
		}
	}
	if glob = path.Clean(strings.TrimPrefix(glob, "./")); !fs.ValidPath(glob) {
		return fail("%q leads out of the project; to put a file from elsewhere into flash, write where its name begins, as in \"../lib/./*.lua\"", pat.text)
	}
	names, err := fs.Glob(os.DirFS(base), glob)
	if err != nil {
		return fail("%q is no file pattern: a \"[\" is not closed", pat.text)
	}
	some := false
	for _, name := range names {
		full := filepath.Join(base, filepath.FromSlash(name))
		hidden := strings.HasPrefix(path.Base(name), ".") && !strings.HasPrefix(path.Base(glob), ".")
		if hidden || !regular(full) {
			continue
		}
		some = true
		if old, ok := found[name]; ok && old != full {
			return fail("%s and %s have the same name on the module, %q: leave one out", old, full, name)
		}
		found[name] = full
	}
	if !some {
		return fail("no file matches %q in %s", pat.text, base)
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
