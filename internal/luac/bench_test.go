package luac

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"moonlet.example/moonlet/internal/luagen"
)

// benchFiles are the firmware's Lua files if there is a clone, else generated
// programs.
func benchFiles(b *testing.B) (files []string, bytes int64) {
	b.Helper()
	if root := os.Getenv("MOONLET_FIRMWARE"); root != "" {
		for _, depth := range []string{"*/*.lua", "*/*/*.lua", "*/*/*/*.lua"} {
			found, err := filepath.Glob(filepath.Join(root, "lua_[me]*", depth[2:]))
			if err != nil {
				b.Fatal(err)
			}
			files = append(files, found...)
		}
	} else {
		dir := b.TempDir()
		for seed := range 100 {
			name := filepath.Join(dir, fmt.Sprintf("p%d.lua", seed))
			if err := os.WriteFile(name, []byte(luagen.Program(uint64(seed), luagen.Options{})), 0o666); err != nil {
				b.Fatal(err)
			}
			files = append(files, name)
		}
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			b.Fatal(err)
		}
		bytes += info.Size()
	}
	return files, bytes
}

func BenchmarkCheck(b *testing.B) {
	files, bytes := benchFiles(b)
	b.SetBytes(bytes)
	for b.Loop() {
		c, err := NewCompiler(Config{Strip: 1})
		if err != nil {
			b.Fatal(err)
		}
		for _, f := range files {
			if err := c.Check(f); err != nil {
				b.Fatal(err)
			}
		}
		c.Close()
	}
}

// BenchmarkCombine compiles, and puts all together.
func BenchmarkCombine(b *testing.B) {
	files, bytes := benchFiles(b)
	b.SetBytes(bytes)
	for b.Loop() {
		o := &Options{Level: 1, Output: os.DevNull, Files: files}
		if err := command(Name, os.Stderr).compile(o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewCompiler(b *testing.B) {
	for b.Loop() {
		c, err := NewCompiler(Config{Strip: 1})
		if err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}
