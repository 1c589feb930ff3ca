package project

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/keys"
)

// A project that somebody got from elsewhere must not reach what is not its own: its
// files are opened below its directory, and nothing leads out of that, neither a path in
// moonlet.toml nor a link. What the user names by a flag is his own word.

// allowFlag is the flag by which the user trusts a project.
const allowFlag = "--allow-outside"

// tree is where files of a project are read; *hostfile.Dir is one.
type tree interface {
	Stat(name string) (fs.FileInfo, error)
	ReadDir(name string) ([]fs.DirEntry, error)
	ReadFile(name string, most int64) ([]byte, error)
	Join(name string) string
}

// anywhere is a directory out of which links and dots lead: that of a project that the
// user trusts.
type anywhere struct {
	host *hostfile.Host
	base string
}

// Join is the whole path of a name.
func (a anywhere) Join(name string) string { return filepath.Join(a.base, filepath.FromSlash(name)) }

// Stat implements tree.
func (a anywhere) Stat(name string) (fs.FileInfo, error) { return a.host.Stat(a.Join(name)) }

// ReadDir implements tree.
func (a anywhere) ReadDir(name string) ([]fs.DirEntry, error) { return a.host.ReadDir(a.Join(name)) }

// ReadFile implements tree.
func (a anywhere) ReadFile(name string, most int64) ([]byte, error) {
	return a.host.ReadFile(a.Join(name), most)
}

// place is a file in a tree.
type place struct {
	tree tree
	name string
}

// path is the whole path, for people.
func (f place) path() string { return f.tree.Join(f.name) }

// outside is the error about a path in the project file that leads out of the project.
func outside(at, key, text string) error {
	return &Error{Where: at, Key: key, Problem: fmt.Sprintf("%q leads out of the project: %s lets it", text, allowFlag)}
}

// outsideLink is the error about a link that does.
func outsideLink(path string) error {
	return &Error{Where: path, Problem: fmt.Sprintf("this leads out of the project by a link: remove the link, or let the project do that with %s", allowFlag)}
}

// readError is what is wrong with a file that cannot be read.
func readError(path string, err error) error {
	if errors.Is(err, hostfile.ErrOutside) {
		return outsideLink(path)
	}
	return &Error{Where: path, Problem: "cannot be read: " + reason(err)}
}

// isLocal tells whether a path with slashes stays within the directory it counts from.
func isLocal(name string) bool { return filepath.IsLocal(filepath.FromSlash(name)) }

// here is the tree of the project itself.
func (p *Project) here() tree {
	if p.allow || p.root == nil {
		return anywhere{p.files, p.Dir}
	}
	return p.root
}

// base is the tree in which a pattern counts from a directory, and that directory in it.
func (p *Project) base(pat pattern, dir string) (tree, string, error) {
	own := keys.OwnWord(pat.at)
	switch {
	case isLocal(dir):
		return p.here(), dir, nil
	case !own && !p.allow:
		return nil, "", outside(pat.at, pat.key, pat.text)
	}
	full := filepath.FromSlash(dir)
	if !filepath.IsAbs(full) {
		full = filepath.Join(p.Dir, full)
	}
	if p.allow {
		return anywhere{p.files, full}, ".", nil
	}
	d, err := p.files.OpenDir(full)
	if err != nil {
		return nil, "", &Error{Where: pat.at, Problem: fmt.Sprintf("no file matches %q: %s cannot be read: %s", pat.text, full, reason(err))}
	}
	p.opened = append(p.opened, d)
	return d, ".", nil
}

// globFS lets fs.Glob look into a tree, and keeps the first error, which that drops.
type globFS struct {
	tree tree
	dir  string
	path string // of the error
	err  error
}

// Open implements fs.FS; fs.Glob has no need of it.
func (g *globFS) Open(string) (fs.File, error) { return nil, fs.ErrInvalid }

// Stat implements fs.StatFS.
func (g *globFS) Stat(name string) (fs.FileInfo, error) {
	info, err := g.tree.Stat(path.Join(g.dir, name))
	g.note(name, err)
	return info, err
}

// ReadDir implements fs.ReadDirFS.
func (g *globFS) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := g.tree.ReadDir(path.Join(g.dir, name))
	g.note(name, err)
	return list, err
}

// note keeps an error, unless it is the usual one of a name that is not there.
func (g *globFS) note(name string, err error) {
	if err != nil && g.err == nil && !errors.Is(err, fs.ErrNotExist) && !isNotDir(err) {
		g.path, g.err = g.tree.Join(path.Join(g.dir, name)), err
	}
}

// sourceFiles lets the compiler read sources that have been read already.
type sourceFiles struct{ list []Source }

// Open implements luac.Files.
func (f *sourceFiles) Open(name string) (io.ReadCloser, error) {
	for _, s := range f.list {
		if s.Path == name {
			return io.NopCloser(strings.NewReader(string(s.Data))), nil
		}
	}
	return nil, fs.ErrNotExist
}
