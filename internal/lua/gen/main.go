// Command gen copies the packages that are written for one number model to those for the
// others. RATIONALE.md says why there are copies.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
)

// A source is a package written by hand.
type source struct {
	dir    string // from the module's root
	layout string // the offsets that it imports, from internal
	copies []target
}

// A target is a copy of a source in a directory below it, which has the same name as its
// package. Its file model.go is written by hand.
type target struct {
	pkg    string
	layout string // the offsets that it imports instead
}

// sources are all that is copied.
var sources = [...]source{
	{"internal/lua53/vm", "lua53/layout/v4", []target{
		{"int64float64", "lua53/layout/v8"},
		{"int32float64", "lua53/layout/v8"},
	}},
	{"internal/lua51/vm", "lua51/layout/v8", []target{
		{"integral", "lua51/layout/v4"},
	}},
}

const (
	own    = "model.go"
	header = "// Code generated from ../%s by internal/lua/gen; DO NOT EDIT.\n"
)

func main() {
	root := flag.String("root", ".", "directory of the module")
	flag.Parse()
	if err := run(*root); err != nil {
		log.Fatal(err)
	}
}

func run(root string) error {
	for _, s := range sources {
		for _, t := range s.copies {
			files, err := generate(root, s, t)
			if err != nil {
				return err
			}
			dir := filepath.Join(root, s.dir, t.pkg)
			if err := clean(dir, files); err != nil {
				return err
			}
			for file, text := range files {
				if err := os.WriteFile(filepath.Join(dir, file), text, 0o644); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// clean removes files whose original is gone.
func clean(dir string, files map[string][]byte) error {
	old, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if name := filepath.Base(path); name != own && files[name] == nil {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// generate makes the files of a copy by name.
func generate(root string, s source, t target) (map[string][]byte, error) {
	paths, err := filepath.Glob(filepath.Join(root, s.dir, "*.go"))
	if err != nil {
		return nil, err
	}
	pkg := filepath.Base(s.dir)
	files := map[string][]byte{}
	for _, path := range paths {
		name := filepath.Base(path)
		if name == own || strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		text = append([]byte("\n"), text...)
		text = bytes.ReplaceAll(text, []byte("/internal/"+s.layout+`"`), []byte("/internal/"+t.layout+`"`))
		text = bytes.Replace(text, []byte("\npackage "+pkg+"\n"), []byte("\npackage "+t.pkg+"\n"), 1)
		text = bytes.Replace(text, []byte("// Package "+pkg+" is"), []byte("// Package "+t.pkg+" is"), 1)
		files[name] = append(fmt.Appendf(nil, header, name), text...)
	}
	return files, nil
}
