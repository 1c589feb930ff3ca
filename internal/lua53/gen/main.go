// Command gen copies package lua53 for the other number models: everything but
// model.go, with the offsets of larger values. RATIONALE.md says why there are
// copies.
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

// copies are the directories, each with a model.go of its own.
var copies = [...]string{"int64float64", "int32float64"}

const (
	own    = "model.go"
	header = "// Code generated from ../%s by moonlet/internal/lua53/gen; DO NOT EDIT.\n"
)

func main() {
	dir := flag.String("dir", ".", "directory of package lua53")
	flag.Parse()
	if err := run(*dir); err != nil {
		log.Fatal(err)
	}
}

func run(dir string) error {
	for _, name := range copies {
		files, err := generate(dir, name)
		if err != nil {
			return err
		}
		if err := clean(filepath.Join(dir, name), files); err != nil {
			return err
		}
		for file, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name, file), text, 0o644); err != nil {
				return err
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
func generate(dir, pkg string) (map[string][]byte, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
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
		text = bytes.ReplaceAll(text, []byte("moonlet/internal/layout/v4"), []byte("moonlet/internal/layout/v8"))
		text = bytes.Replace(text, []byte("\npackage lua53\n"), []byte("\npackage "+pkg+"\n"), 1)
		text = bytes.Replace(text, []byte("// Package lua53 is"), []byte("// Package "+pkg+" is"), 1)
		files[name] = append(fmt.Appendf(nil, header, name), text...)
	}
	return files, nil
}
