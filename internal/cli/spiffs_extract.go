package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/storage/flashdir"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

func (a *App) spiffsExtractCommand() *cobra.Command {
	var dir string
	var force bool
	c := &cobra.Command{
		Use:   "extract IMAGE [NAME...]",
		Short: "write the files of an image to a directory",
		Long: `Writes the files in an image of SPIFFS or of a whole flash chip to a directory, all or
those that are named. A slash in a name makes a directory; a name that could not be one
here is written as in the state directory of "moonlet run": one that no system has, such
as "..", "a/b" beside a file "a", and of two that are the same file here one.

Nothing is written outside of the directory, also by links in it. A file that exists is
only replaced with --force. If one of the files cannot be read or written none is, except
that replaced ones stay so.

Exit codes: 0 all went well, 2 the image, a name or a file in the way, 3 a file cannot
be written.`,
		Args: needArg(0, "an image"),
		RunE: func(_ *cobra.Command, args []string) error { return a.spiffsExtract(args[0], args[1:], dir, force) },
	}
	c.Flags().StringVarP(&dir, "output", "o", ".", "`directory` for the files; it is made if it does not exist")
	c.Flags().BoolVar(&force, "force", false, "replace files that exist")
	return c
}

func (a *App) spiffsExtract(name string, wanted []string, dir string, force bool) error {
	files, err := readExtracted(a.Files, name, wanted)
	if err != nil {
		return err
	}
	host := a.Files
	if !force { // nothing old goes, so nothing has to be safe before
		host = host.Passing()
	}
	to, err := openOutput(host, dir)
	if err != nil {
		return err
	}
	x := &extraction{to: to, force: force}
	defer to.Close()
	for _, f := range files {
		if err := x.check(f.target); err != nil {
			return fail(ExitUsage, err)
		}
	}
	for _, f := range files {
		if err := x.write(f); err != nil {
			x.undo()
			return err
		}
	}
	return nil
}

// extracted is a file of an image and where it goes, with slashes.
type extracted struct {
	name, target string
	data         []byte
}

// readExtracted reads the files that are wanted, all if none is named. They come from z to
// a: of names that differ in case that with small letters, which has no other encoding,
// gets its own name.
func readExtracted(host *hostfile.Host, name string, wanted []string) (files []extracted, err error) {
	_, disk, list, err := viewSPIFFS(host, name)
	if err != nil {
		return nil, err
	}
	has := map[string]bool{}
	for _, s := range list {
		has[s.Name] = len(wanted) == 0 || slices.Contains(wanted, s.Name)
	}
	for _, w := range wanted {
		if !has[w] {
			return nil, fail(ExitUsage, fmt.Errorf("%s has no file %q", name, w))
		}
	}
	slices.Reverse(list)
	list = slices.CompactFunc(list, func(a, b spiffs.Stat) bool { return a.Name == b.Name }) // of a damaged image
	for _, s := range list {
		if !has[s.Name] {
			continue
		}
		data, err := disk.ReadFile(s.Name)
		if err != nil {
			return nil, fail(ExitUsage, fmt.Errorf("%s: %q: %w; \"moonlet spiffs check\" tells more", name, s.Name, err))
		}
		target := hostPath(s.Name)
		for dir := path.Dir(s.Name); dir != "." && dir != "/"; dir = path.Dir(dir) {
			if has[dir] {
				target = flashdir.HostName(s.Name)
			}
		}
		files = append(files, extracted{s.Name, target, data})
	}
	return files, nil
}

// openOutput opens a directory for files, which it makes if there is none.
func openOutput(host *hostfile.Host, dir string) (*hostfile.Dir, error) {
	err := host.MkdirAll(dir, 0o777)
	if err == nil {
		var to *hostfile.Dir
		if to, err = host.OpenDir(dir); err == nil {
			return to, nil
		}
	}
	return nil, fail(ExitHost, fmt.Errorf("cannot make the directory for the files: %w", err))
}

// extraction writes files beneath a directory.
type extraction struct {
	to    *hostfile.Dir
	force bool
	dirs  []string      // that it made
	files []string      // that it made, without those that it replaced
	infos []fs.FileInfo // of all that it wrote
}

// at is a path below the directory for people.
func (x *extraction) at(target string) string { return x.to.Join(filepath.FromSlash(target)) }

// parents are the directories of a path from the top down.
func parents(target string) (list []string) {
	for i, c := range target {
		if c == '/' {
			list = append(list, target[:i])
		}
	}
	return list
}

// check tells what is in the way of a file.
func (x *extraction) check(target string) error {
	for _, dir := range parents(target) {
		info, err := x.to.Stat(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return fmt.Errorf("%s is in the way: %w", x.at(dir), err)
		case !info.IsDir():
			return fmt.Errorf("%s is in the way: it is no directory", x.at(dir))
		}
	}
	switch info, err := x.to.Lstat(target); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is in the way: it is a directory", x.at(target))
	case !x.force:
		return fmt.Errorf("%s exists: --force replaces it", x.at(target))
	}
	return nil
}

// errTaken says that another file of the image has the place of a file, since the host
// takes their names for one.
var errTaken = errors.New("another file of the image has this name here")

// write writes a file under its own name, or an encoded one if that is taken.
func (x *extraction) write(f extracted) error {
	err := x.put(f.target, f.data)
	if encoded := flashdir.HostName(f.name); errors.Is(err, errTaken) && encoded != f.target {
		if err := x.check(encoded); err != nil {
			return fail(ExitUsage, err)
		}
		err = x.put(encoded, f.data)
	}
	if errors.Is(err, errTaken) {
		return fail(ExitUsage, fmt.Errorf("%q cannot be written as %s: %w; extract it by its name to another directory", f.name, x.at(f.target), err))
	}
	return fail(ExitHost, err)
}

// put writes a file, whole or not at all.
func (x *extraction) put(target string, data []byte) error {
	for _, dir := range parents(target) {
		if err := x.mkdir(dir); err != nil {
			return err
		}
	}
	if x.taken(target) {
		return errTaken
	}
	err := x.to.Create(target, data, 0o644)
	switch {
	case err == nil:
		x.files = append(x.files, target)
	case errors.Is(err, fs.ErrExist) && x.force:
		err = x.to.Replace(target, data, 0o644)
	case errors.Is(err, fs.ErrExist):
		err = errTaken
	}
	if err != nil {
		return err
	}
	if info, err := x.to.Lstat(target); err == nil {
		x.infos = append(x.infos, info)
	}
	return nil
}

func (x *extraction) mkdir(dir string) error {
	err := x.to.Mkdir(dir, 0o777)
	if err == nil {
		x.dirs = append(x.dirs, dir)
	} else if info, e := x.to.Stat(dir); e == nil && info.IsDir() {
		return nil
	} else if e == nil {
		return errTaken
	}
	return err
}

// taken tells whether a place is that of a file or directory which was not there before.
func (x *extraction) taken(target string) bool {
	info, err := x.to.Lstat(target)
	return err == nil && (!x.force || info.IsDir() ||
		slices.ContainsFunc(x.infos, func(mine fs.FileInfo) bool { return os.SameFile(mine, info) }))
}

// undo removes what was made.
func (x *extraction) undo() {
	for _, list := range [...][]string{x.files, x.dirs} {
		for _, name := range slices.Backward(list) {
			x.to.Remove(name)
		}
	}
}

// hostPath is where a file of the module goes below a directory, with slashes: never out
// of it, and the same on all systems.
func hostPath(name string) string {
	for part := range strings.SplitSeq(name, "/") {
		if !plainName(part) {
			return flashdir.HostName(name)
		}
	}
	return name
}

// plainName tells whether every system can have a file of that name.
func plainName(s string) bool {
	odd := func(r rune) bool {
		return r < ' ' || r == 0x7F || r == utf8.RuneError || strings.ContainsRune(`\:*?"<>|`, r)
	}
	if s == "" || strings.ContainsFunc(s, odd) || strings.HasSuffix(s, ".") || strings.HasSuffix(s, " ") {
		return false // Windows drops a dot or blank at the end
	}
	stem, _, _ := strings.Cut(s, ".")
	stem = strings.ToLower(strings.TrimRight(stem, " "))
	switch stem {
	case "con", "prn", "aux", "nul", "conin$", "conout$":
		return false
	}
	number, ok := strings.CutPrefix(stem, "com")
	if !ok {
		number, ok = strings.CutPrefix(stem, "lpt")
	}
	return !ok || utf8.RuneCountInString(number) != 1 || !strings.Contains("0123456789¹²³", number)
}
