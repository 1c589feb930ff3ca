// Command modpath gives the module another import path: in go.mod, in every import and in
// the documents. Run it in the module's root, with the new path.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./internal/dev/modpath NEW-PATH")
		os.Exit(2)
	}
	n, err := rename(".", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "modpath:", err)
		os.Exit(1)
	}
	fmt.Printf("%d files changed\n", n)
}

// valid are import paths that Go fetches: the first element is the name of a host. The
// last one is the name of the package.
var valid = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]+)?(/[A-Za-z0-9._~-]+)*/moonlet$`)

// ours tells which files may have the path: what people and Go read.
var ours = regexp.MustCompile(`(\.go|\.md|^go\.mod)$`)

// rename changes the path and tells in how many files.
func rename(root, to string) (changed int, err error) {
	if !valid.MatchString(to) {
		return 0, fmt.Errorf("%q is no path of this module: want a host, then a path that ends in /moonlet, as in code.example/team/moonlet", to)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return 0, err
	}
	first, _, _ := bytes.Cut(mod, []byte("\n"))
	from, ok := bytes.CutPrefix(first, []byte("module "))
	if !ok {
		return 0, errors.New("go.mod does not begin with its module's path")
	}
	// Behind the path there is another element, or it ends.
	pattern := regexp.MustCompile(regexp.QuoteMeta(string(from)) + `([^\w.-]|$)`)
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == ".git":
			return filepath.SkipDir
		case !d.Type().IsRegular() || !ours.MatchString(d.Name()):
			return nil
		}
		old, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		text := pattern.ReplaceAll(old, []byte(to+"$1"))
		if bytes.Equal(old, text) {
			return nil
		}
		changed++
		return os.WriteFile(name, text, 0o644)
	})
	return changed, err
}
