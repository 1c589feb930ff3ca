package luac

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"moonlet.example/moonlet/internal/luagen"
)

// benchFiles are the firmware's Lua files if there is a clone, else generated
// programs.
func benchFiles(b *testing.B, lua51 bool) (files []string, bytes int64) {
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
			if err := os.WriteFile(name, []byte(luagen.Program(uint64(seed), luagen.Options{Lua51: lua51})), 0o666); err != nil {
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
	files, bytes := benchFiles(b, false)
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
	for _, lua := range []string{lua53, "5.1"} {
		b.Run(lua, func(b *testing.B) {
			files, bytes := benchFiles(b, lua != lua53)
			b.SetBytes(bytes)
			c := command(Name, os.Stderr)
			run := c.run
			if lua != lua53 {
				run = c.run51
			}
			files = slices.DeleteFunc(files, func(f string) bool { // some generated programs have too many upvalues for Lua 5.1
				return run(&Options{Lua: lua, Output: os.DevNull, Files: []string{f}}) != nil
			})
			for b.Loop() {
				o := &Options{Lua: lua, Level: 1, Output: os.DevNull, Files: files}
				if err := run(o); err != nil {
					b.Fatal(err)
				}
			}
		})
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
