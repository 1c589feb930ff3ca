package project_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/project"
	"moonlet.example/moonlet/internal/storage"
	"moonlet.example/moonlet/internal/trial"
)

// link makes a symbolic link, or skips the test where that is not allowed.
func link(t *testing.T, to, path string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.Symlink(to, path)); err != nil {
		t.Skipf("no links here: %v", err)
	}
}

// tryProject opens, empties and uploads a project, and tells the first error.
func tryProject(o project.Options, dir string) error {
	p, err := o.Open(dir)
	if err != nil {
		return err
	}
	defer p.Close()
	if err := p.Forget(); err != nil {
		return err
	}
	if _, err := p.Upload(); err != nil {
		return err
	}
	d, err := device.New(p.Config())
	if err != nil {
		return err
	}
	return d.Close()
}

// TestHostileProject is about projects that reach for what is not theirs: nothing outside
// changes, nothing of it comes in, and the message says what to do.
func TestHostileProject(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		link  string // from the project to the directory outside, or to a file in it
		to    string
		want  string // "" if it starts, without the link
	}{
		{name: "state", link: ".moonlet", want: "leads out of the project by a link"},
		{name: "flash directory", link: ".moonlet/flash", want: "leads out of its directory"},
		{name: "store", files: map[string]string{"moonlet.toml": "lfs = '64KB'"}, link: ".moonlet/lfs-090000.bin", to: "init.lua"},
		{name: "records", link: ".moonlet/records.bin", to: "init.lua"},
		{name: "Wi-Fi", link: ".moonlet/wifi.json", to: "init.lua"},
		{name: "manifest", link: ".moonlet/uploaded.json", to: "init.lua"},
		{name: "lock", link: ".moonlet/moonlet.lock", to: "init.lua", want: "leads out of its directory"},
		{name: "file in flash", link: ".moonlet/flash/secret", to: "init.lua"},
		{name: "source", link: "secret.lua", to: "init.lua", want: "secret.lua: this leads out of the project by a link: remove the link, or let the project do that with --allow-outside"},
		{name: "store source", files: map[string]string{"moonlet.toml": "lfs_files = ['lib/*.lua']"}, link: "lib", want: "lib: this leads out of the project by a link"},
		{name: "project file", link: "moonlet.toml", to: "init.lua", want: "by a link"},
		{name: "chip", files: map[string]string{"moonlet.toml": "flash = 'chip.bin'"}, link: "chip.bin", to: "chip.bin", want: "chip.bin: this leads out of the project by a link"},
		{name: "wear", files: map[string]string{"moonlet.toml": "flash = 'chip.bin'\nfiles = ['init.lua']"}, link: "chip.bin.wear", to: "init.lua", want: "chip.bin.wear: this leads out of the project by a link"},
		{name: "chip's lock", files: map[string]string{"moonlet.toml": "flash = 'chip.bin'\nfiles = ['init.lua']"}, link: "chip.bin.lock", to: "init.lua"},
		{name: "chip's manifest", files: map[string]string{"moonlet.toml": "flash = 'chip.bin'\nfiles = ['init.lua']"}, link: "chip.bin.uploaded.json", to: "init.lua"},
		{name: "key state", files: map[string]string{"moonlet.toml": "\nstate = '../outside'"}, want: `moonlet.toml:2: state: "../outside" leads out of the project: --allow-outside lets it`},
		{name: "key flash", files: map[string]string{"moonlet.toml": "flash = '../outside/chip.bin'"}, want: "flash: \"../outside/chip.bin\" leads out"},
		{name: "key files", files: map[string]string{"moonlet.toml": "files = ['../outside/./*.lua']"}, want: "files[0]: \"../outside/./*.lua\" leads out"},
		{name: "key files, round about", files: map[string]string{"moonlet.toml": "files = ['x/../../outside/./*.lua']"}, want: "leads out"},
		{name: "key lfs_files", files: map[string]string{"moonlet.toml": "lfs_files = ['../outside/./*.lua']"}, want: "lfs_files[0]: \"../outside/./*.lua\" leads out"},
	} {
		t.Run(c.name, func(t *testing.T) {
			parent := t.TempDir()
			dir, outside := filepath.Join(parent, "app"), filepath.Join(parent, "outside")
			write(t, outside, map[string]string{"init.lua": "secret", "chip.bin": "secret", "flash/init.lua": "secret"})
			before := tree(t, outside)
			write(t, dir, map[string]string{"init.lua": "print(1)"})
			write(t, dir, c.files)
			if strings.HasPrefix(c.link, ".moonlet/") { // it looks like one that Moonlet made
				write(t, dir, map[string]string{".moonlet/.gitignore": "*\n"})
			}
			if c.link != "" {
				link(t, filepath.Join(outside, c.to), filepath.Join(dir, filepath.FromSlash(c.link)))
			}
			err := tryProject(project.Options{}, dir)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(filepath.ToSlash(err.Error()), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if after := tree(t, outside); after != before {
				t.Errorf("outside there was %q, and is %q", before, after)
			}
			if got := tree(t, dir); strings.Contains(got, "secret\n") {
				t.Errorf("the project got what is outside: %q", got)
			}
		})
	}
}

// tree is what is in a directory, links not followed.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		b.WriteString(strings.TrimPrefix(path, dir) + " ")
		if info.Mode().IsRegular() {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			b.Write(text)
		}
		b.WriteString("\n")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestAllowOutside: with the flag, what was refused is done; what the user says himself
// needs none.
func TestAllowOutside(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "app")
	write(t, parent, map[string]string{"lib/util.lua": "u", "app/init.lua": "i", "lib/linked.lua": "l",
		"app/moonlet.toml": "state = '../state'\nfiles = ['*.lua', '../lib/./util.lua']\nlfs_files = ['../lib/./util.lua']"})
	write(t, parent, map[string]string{"lib/util.lua": "x = 1"})
	if runtime.GOOS != "windows" {
		link(t, filepath.Join(parent, "lib", "linked.lua"), filepath.Join(dir, "linked.lua"))
	}
	p, err := project.Options{AllowOutside: true}.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, names := uploadProject(t, p)
	if want := "init.lua linked.lua util.lua LFS: util"; runtime.GOOS != "windows" && names != want {
		t.Errorf("uploaded %q, want %q", names, want)
	}
	if _, err := os.Stat(filepath.Join(parent, "state", storage.FlashDir, "util.lua")); err != nil {
		t.Error(err)
	}
	p, err = project.Open(dir, []project.Setting{{Flag: "state", Value: filepath.Join(parent, "other")},
		{Flag: "file", Value: "init.lua"}, {Flag: "file", Value: "../lib/./util.lua"}, {Flag: "lfs-file", Value: "../lib/./util.lua"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, names := uploadProject(t, p); names != "init.lua util.lua LFS: util" {
		t.Errorf("with flags: uploaded %q", names)
	}
}

// TestStateIsLocked: a second module does not get the state directory, whoever asks.
func TestStateIsLocked(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"init.lua": ""})
	open := func(flags ...project.Setting) *project.Project {
		p, err := project.Open(dir, flags)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		return p
	}
	first := open()
	if _, err := first.Upload(); err != nil {
		t.Fatal(err)
	}
	second := open()
	for name, f := range map[string]func() error{
		"run":   func() error { _, err := second.Upload(); return err },
		"fresh": second.Forget,
	} {
		var host *project.HostError
		if err := f(); !errors.As(err, &host) || !strings.Contains(err.Error(), "is in use by process ") || !strings.Contains(err.Error(), "--state") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(first.StateDir, storage.FlashDir, "init.lua")); err != nil {
		t.Error("--fresh emptied a flash memory in use")
	}
	if _, err := trial.Strings(t.Context(), second, 1e8); err != nil {
		t.Errorf("a trial is hindered: %v", err)
	}
	if _, err := project.LFSTarget(dir); err != nil {
		t.Errorf("a look is hindered: %v", err)
	}
	if _, err := open(project.Setting{Flag: "state", Value: t.TempDir()}).Upload(); err != nil {
		t.Errorf("another directory: %v", err)
	}
	closeProject(t, first)
	if _, err := second.Upload(); err != nil {
		t.Errorf("after the end of the first: %v", err)
	}
}

// TestFreshTakesOnlyOurs: a directory that Moonlet did not make is no state directory.
func TestFreshTakesOnlyOurs(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		ok    bool
	}{
		{"empty", nil, true},
		{"a user's", map[string]string{"flash/photo.jpg": "mine", "notes.txt": "mine"}, false},
		{"a user's flash alone", map[string]string{"flash/photo.jpg": "mine"}, false},
		{"with a .gitignore", map[string]string{"flash/photo.jpg": "mine", ".gitignore": "*.o\n"}, false},
		{"of an older version", map[string]string{"flash/f": "", ".gitignore": "*\n", "uploaded.json": "{}", "mine": "keep"}, true},
		{"of an older version, named", map[string]string{"flash/f": "", "uploaded.json": "{}", "wifi.json": "{}"}, true},
		{"settings alone", map[string]string{"wifi.json": "{}"}, true},
		{"a first start that was cut off", map[string]string{".gitignore": ""}, true},
	} {
		dir, state := t.TempDir(), t.TempDir()
		write(t, dir, map[string]string{"init.lua": ""})
		write(t, state, c.files)
		before := tree(t, state)
		p, err := project.Open(dir, []project.Setting{{Flag: "state", Value: state}})
		if err != nil {
			t.Fatal(err)
		}
		var bad *project.Error
		if err := p.Forget(); (err == nil) != c.ok || err != nil && !errors.As(err, &bad) {
			t.Errorf("%s: %v", c.name, err)
		}
		if !c.ok && tree(t, state) != before {
			t.Errorf("%s: it changed", c.name)
		}
		if _, err := os.Stat(filepath.Join(state, "mine")); err != nil && c.files["mine"] != "" {
			t.Errorf("%s: what is not the module's is gone", c.name)
		}
		closeProject(t, p)
	}
}

// TestLeftOvers: what a killed run left goes at the next start, and nothing else does.
func TestLeftOvers(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"init.lua": ""})
	p, _ := upload(t, dir)
	ours := []string{".wifi.json.tmp-0123456789abcdef", ".records.bin.tmp-0123456789abcdef", ".wifi.json.1234567", ".uploaded.json.tmp-0123456789abcdef"}
	others := []string{".wifi.json.old", ".notes.tmp-0123456789abcdef", ".wifi.json.tmp-1"}
	for _, name := range append(ours, others...) {
		write(t, p.StateDir, map[string]string{name: "password"})
	}
	upload(t, dir)
	for _, name := range ours {
		if _, err := os.Stat(filepath.Join(p.StateDir, name)); err == nil {
			t.Errorf("%s is left", name)
		}
	}
	for _, name := range others {
		if _, err := os.Stat(filepath.Join(p.StateDir, name)); err != nil {
			t.Errorf("%s is gone", name)
		}
	}
	// An empty .gitignore hides nothing.
	write(t, p.StateDir, map[string]string{".gitignore": ""})
	upload(t, dir)
	if b, _ := os.ReadFile(filepath.Join(p.StateDir, ".gitignore")); string(b) != "*\n" {
		t.Errorf(".gitignore has %q", b)
	}
}
