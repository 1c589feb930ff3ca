package hostfile

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
)

// tempPrivate is the mode in which a file begins that is to replace another one: nobody
// else reads what is in it before it has its own mode.
const tempPrivate = 0o600

// tempName makes a name for a file that will be called name. Only this package makes such
// names.
func tempName(name string) string { return fmt.Sprintf(".%s.tmp-%016x", name, rand.Uint64()) }

// tempOf tells whose temporary file has a name. Older versions of this program made the
// second form.
func tempOf(name string) (of string, ok bool) {
	m := regexp.MustCompile(`^\.(.+)\.(tmp-[0-9a-f]{16}|[0-9]+)$`).FindStringSubmatch(name)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// IsTemp tells whether a name is that of a temporary file for one of some files.
func IsTemp(name string, made func(of string) bool) bool {
	of, ok := tempOf(name)
	return ok && made(of)
}

// Sweep removes temporary files for some files in a directory, which a run left that was
// killed. Nobody else may be writing those files.
func (d *Dir) Sweep(dir string, made func(of string) bool) error {
	list, err := d.ReadDir(dir)
	for _, e := range list {
		if IsTemp(e.Name(), made) && e.Type().IsRegular() {
			err = errors.Join(err, d.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// temp writes a temporary file beside name.
func (d *Dir) temp(name string, content []byte, perm fs.FileMode) (string, error) {
	temp := filepath.Join(filepath.Dir(name), tempName(filepath.Base(name)))
	f, err := d.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, tempPrivate)
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err == nil && perm != tempPrivate {
		err = f.chmod(perm)
	}
	if err == nil {
		err = f.Sync() // else a power failure could leave the name without the content
	}
	if err = errors.Join(err, f.Close()); err != nil {
		d.Remove(temp)
		return "", err
	}
	return temp, nil
}

// Replace writes a file so that it has either the old content or the new one.
func (d *Dir) Replace(name string, content []byte, perm fs.FileMode) error {
	temp, err := d.temp(name, content, perm)
	if err != nil {
		return err
	}
	if err := d.Rename(temp, name); err != nil {
		d.Remove(temp)
		return err
	}
	d.sync(filepath.Dir(name))
	return nil
}

// Create writes a file that does not exist yet, whole or not at all. If it exists, the
// error is fs.ErrExist and it stays as it is, also if another process makes it at the
// same moment; only where the file system has no hard links could that one's be lost.
func (d *Dir) Create(name string, content []byte, perm fs.FileMode) error {
	exists := pathError(Open, d.Join(name), fs.ErrExist)
	if _, err := d.Lstat(name); err == nil {
		return exists
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	temp, err := d.temp(name, content, perm)
	if err != nil {
		return err
	}
	err = d.link(temp, name)
	if noLinks(err) {
		if _, e := d.Lstat(name); e == nil {
			err = exists
		} else if err = d.Rename(temp, name); err == nil {
			d.sync(filepath.Dir(name))
			return nil
		}
	}
	if e := d.Remove(temp); e != nil && err == nil {
		return e
	}
	if err == nil {
		d.sync(filepath.Dir(name))
	}
	return err
}

// noLinks tells whether the file system has no hard links.
func noLinks(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EINVAL)
}

// sync brings the names in a directory to the disk, where the host can do that. The files
// are whole without it; it is the old one that a power failure could bring back.
func (d *Dir) sync(name string) {
	if d.host.ask(Sync, d.Join(name)) != nil || d.host != nil && d.host.NoSync {
		return
	}
	if f, err := d.root.open(name, os.O_RDONLY, 0); err == nil {
		f.Sync()
		f.Close()
	}
}

// linksMax is how many links a path may lead through.
const linksMax = 40

// Resolve follows a path that the user names, if it is a link, to what need not exist.
func (h *Host) Resolve(path string) (string, error) {
	if err := h.ask(Stat, path); err != nil {
		return "", err
	}
	for range linksMax {
		info, err := os.Lstat(path)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return path, nil // whoever opens it tells what is wrong
		}
		to, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(to) { // not cleaned: what is before ".." may be a link as well
			to = filepath.Dir(path) + string(filepath.Separator) + to
		}
		path = to
	}
	return "", pathError(Open, path, syscall.ELOOP)
}

// Place opens the directory of a file that the user names, and gives the file's name in
// it. If the path is a link, it is the file that counts.
func (h *Host) Place(path string) (*Dir, string, error) {
	path, err := h.Resolve(path)
	if err != nil {
		return nil, "", err
	}
	dir, name := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	d, err := h.OpenDir(dir)
	return d, name, err
}

// Replace writes a file that the user names, so that it has either the old content or the
// new one. A device or a pipe is written to.
func (h *Host) Replace(path string, content []byte, perm fs.FileMode) error {
	info, err := h.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return pathError(Open, path, syscall.EISDIR)
	case err == nil && !info.Mode().IsRegular():
		return h.write(path, content)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	d, name, err := h.Place(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Replace(name, content, perm)
}

// write writes to what is no plain file.
func (h *Host) write(path string, content []byte) error {
	if err := h.askOp(Op{Open, path, true}); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	w := &File{hostHandle{f}, h, path}
	_, err = w.Write(content)
	return errors.Join(err, w.Close())
}

// Create is Dir.Create for a path that the user names.
func (h *Host) Create(path string, content []byte, perm fs.FileMode) error {
	dir, name := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	d, err := h.OpenDir(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Create(name, content, perm)
}
