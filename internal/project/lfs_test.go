package project

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/sdk"
)

// storeProject is a project with modules in the store.
func storeProject(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(files[i+1]), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// boot uploads a project and gives what its module prints.
func boot(t *testing.T, dir string) string {
	t.Helper()
	p, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Upload(); err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var out bytes.Buffer
	c := p.Config()
	c.Clock, c.Serial, c.FastSerial = sdk.NewVirtualClock(), &out, true
	d, err := device.New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.RunFor(time.Second); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestLFSFiles(t *testing.T) {
	dir := storeProject(t, "moonlet.toml", "lfs = \"32KB\"\nlfs_files = [\"lib/*.lua\"]\n",
		"init.lua", "print(node.LFS.greet() .. ', ' .. table.concat(node.LFS.list(), ' '))",
		"lib/greet.lua", "return 'hello from the store'", "lib/__first.lua", "return 1")
	if got := boot(t, dir); !strings.Contains(got, "LFS image loaded") || !strings.Contains(got, "hello from the store, __first greet") {
		t.Errorf("the module prints %q", got)
	}
	// What has not changed is not written again, what has is.
	state := filepath.Join(dir, ".moonlet", "lfs-090000.bin")
	before, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	boot(t, dir)
	if after, _ := os.ReadFile(state); !bytes.Equal(after, before) {
		t.Error("the store changed by itself")
	}
	if err := os.WriteFile(filepath.Join(dir, "lib/greet.lua"), []byte("return 'hello again'"), 0o666); err != nil {
		t.Fatal(err)
	}
	if got := boot(t, dir); !strings.Contains(got, "hello again") {
		t.Errorf("after a change the module prints %q", got)
	}
	target, err := LFSTarget(dir)
	if err != nil || target.Size != 32<<10 || target.Base != 0x40290000 {
		t.Errorf("the store is %+v, %v", target, err)
	}
}

func TestLFSFiles_Wrong(t *testing.T) {
	for _, c := range []struct{ toml, file, want string }{
		{"lfs = 5000", "x = 1", "multiple of 4096"},
		{"lfs = \"1MB\"\nlfs_files = [\"lib/*\"]", "x = 1", "at most"},
		{"lfs_files = [\"lib/*.lua\"]", "x = = 1", "cannot be compiled for the store: lib"},
		{"lfs_files = [\"none/*.lua\"]", "x = 1", "no file matches"},
	} {
		dir := storeProject(t, "moonlet.toml", c.toml, "lib/a.lua", c.file)
		_, err := Open(dir, nil)
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), filepath.ToSlash(dir)+"/", ""), c.want) {
			t.Errorf("%s: %v, want %q", c.toml, err, c.want)
		}
	}
	dir := storeProject(t, "moonlet.toml", "lfs = 4096\nlfs_files = [\"lib/*.lua\"]", "lib/a.lua",
		"x = { "+strings.Repeat("'a string', ", 1000)+"}")
	p, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Upload(); err == nil || !strings.Contains(err.Error(), "the partition of the store has 4096") {
		t.Errorf("a store that is too small: %v", err)
	}
}

// TestResources holds what the key resources puts into the store, on each edition.
func TestResources(t *testing.T) {
	const toml = "resources = [\"web/*.html\", \"web/./*.css\"]\n"
	const script = `local f = node.LFS.get("resources_data")
local piece, names = f()
print(names:gsub("\n", " ") .. piece .. " " .. table.concat({ f("web/a.html") }, " ") .. " " .. f(select(2, f("b.css"))))`
	for _, lua := range []string{"5.3", "5.1", "5.1-int"} {
		dir := storeProject(t, "moonlet.toml", toml+"lua = \""+lua+"\"\n", "init.lua", script, "web/a.html", "<p>", "web/b.css", "{}", "web/c.txt", "x")
		if got := boot(t, dir); !strings.Contains(got, "b.css web/a.html 1024 3 2 {}") {
			t.Errorf("Lua %s: %q", lua, got)
		}
	}
	for _, c := range [][2]string{
		{toml + "lfs_files = [\"lib/./*.lua\"]", "resources: lfs_files has a file resources_data.lua as well"},
		{"resources = [\"none/*\"]", "no file matches"},
		{"resources = [\"web/./thread\"]", "resources: \"thread\": the firmware's loader for Lua 5.3 misreads this word"},
		{"lfs = 4096\nresources = [\"web/*\"]", "the partition of the store has 4096"},
	} {
		dir := storeProject(t, "moonlet.toml", c[0], "lib/resources_data.lua", "return 1", "web/a.html", strings.Repeat("<p>", 1500), "web/b.css", "{}", "web/thread", "")
		p, err := Open(dir, nil)
		if err == nil {
			_, err = p.Upload()
			p.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: %v", c[0], err)
		}
	}
}
