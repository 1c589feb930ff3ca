package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/project"
	lualib "moonlet.example/moonlet/lib/lua"
)

// libraryDir is where modules of the library stand in a project.
const libraryDir = "lib"

// libraryLicense is the file that goes with them.
const libraryLicense = "LICENSE"

// requires finds what a module of the library needs.
var requires = regexp.MustCompile(`require *\(? *["'](\w+)["']`)

// libraryNames are the modules of the library, with what the first line of each says.
func libraryNames() (names []string, about map[string]string, err error) {
	list, err := fs.Glob(lualib.Files, "*.lua")
	about = map[string]string{}
	for _, file := range list {
		name := strings.TrimSuffix(file, ".lua")
		text, err := fs.ReadFile(lualib.Files, file)
		if err != nil {
			return nil, nil, err
		}
		line, _, _ := bytes.Cut(text, []byte("\n"))
		names, about[name] = append(names, name), strings.TrimPrefix(strings.TrimSpace(string(line)), "-- "+name+": ")
	}
	return names, about, err
}

// listLibrary lists the modules of the library.
func listLibrary(w io.Writer, names []string, about map[string]string) {
	fmt.Fprintf(w, "\nModules of the library, for --with (docs/library.md):\n\n")
	for _, name := range names {
		fmt.Fprintf(w, "%-12s %s\n", name, about[name])
	}
}

// libraryFiles are the files of modules of the library, and of those that they need, in order; none if none is wanted.
func libraryFiles(wanted []string) (files []newFile, err error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	names, _, err := libraryNames()
	if err != nil {
		return nil, fail(ExitHost, err)
	}
	add := func(name string) error {
		text, err := fs.ReadFile(lualib.Files, name)
		if err == nil {
			files = append(files, newFile{path.Join(libraryDir, name), string(text)})
		}
		return err
	}
	done := map[string]bool{}
	for todo := slices.Clone(wanted); len(todo) > 0; todo = todo[1:] {
		name := todo[0]
		if !slices.Contains(names, name) {
			return nil, fail(ExitUsage, fmt.Errorf("--with: the library has no module %q; it has %s", name, strings.Join(names, ", ")))
		}
		if done[name] {
			continue
		}
		done[name] = true
		if err := add(name + ".lua"); err != nil {
			return nil, fail(ExitHost, err)
		}
		for _, r := range requires.FindAllStringSubmatch(files[len(files)-1].text, -1) {
			if slices.Contains(names, r[1]) && !strings.Contains(commentOf(files[len(files)-1].text), r[0]) {
				todo = append(todo, r[1])
			}
		}
	}
	if err := add(libraryLicense); err != nil {
		return nil, fail(ExitHost, err)
	}
	return files, nil
}

// commentOf is the comment that a file begins with: its examples need nothing.
func commentOf(text string) string {
	end := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "--") {
			break
		}
		end += len(line)
	}
	return text[:end]
}

// storeKeys is what a project file needs for the library.
const storeKeys = "# The library lies in the flash store.\nlfs_files = [\"" + libraryDir + "/*.lua\"]\n\n"

// loaderLine lets require find modules in the flash store.
const loaderLine = "package.loaders[3] = function(name) return node.LFS.get(name) end"

// addLibrary puts modules of the library into a project that exists. Nothing is written if a file of that name differs.
func (a *App) addLibrary(dir string, names []string) error {
	files, err := libraryFiles(names)
	if err != nil {
		return err
	}
	info, err := a.Files.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail(ExitUsage, fmt.Errorf("there is neither a template nor a directory %s", dir))
	case err != nil:
		return fail(ExitUsage, err)
	case !info.IsDir():
		return fail(ExitUsage, fmt.Errorf("%s is no directory", dir))
	}
	for _, f := range files {
		old, err := readInput(a.Files, filepath.Join(dir, filepath.FromSlash(f.name)))
		if err == nil && string(old) != f.text && f.name != path.Join(libraryDir, libraryLicense) {
			return fail(ExitUsage, fmt.Errorf("%s is there and differs: remove it, or keep it", filepath.Join(dir, filepath.FromSlash(f.name))))
		}
	}
	if err := a.writeNew(dir, files); err != nil {
		return err
	}
	toml, _ := readInput(a.Files, filepath.Join(dir, project.FileName)) // it need not be there
	return a.writeText(func(w io.Writer) {
		fmt.Fprintf(w, "%s: %s\n", dir, fileNames(files))
		if !bytes.Contains(toml, []byte("lfs_files")) {
			fmt.Fprintf(w, "\nIn %s, in front of all [tables]:\n\n  lfs_files = [\"%s/*.lua\"]\n", project.FileName, libraryDir)
		}
		fmt.Fprintf(w, "\nIn init.lua, before the first require:\n\n  %s\n", loaderLine)
	})
}

func fileNames(files []newFile) string {
	var names []string
	for _, f := range files {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}
