package project_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/project"
	"moonlet.example/moonlet/internal/storage"
	"moonlet.example/moonlet/internal/storage/flashdir"
)

// upload opens a directory, uploads it, and closes it if its state directory stays; it
// gives the names that were written.
func upload(t *testing.T, dir string, flags ...project.Setting) (*project.Project, string) {
	t.Helper()
	p, err := project.Open(dir, flags)
	if err != nil {
		t.Fatal(err)
	}
	return uploadProject(t, p)
}

func uploadProject(t *testing.T, p *project.Project) (*project.Project, string) {
	t.Helper()
	done, err := p.Upload()
	if err != nil {
		t.Fatal(err)
	}
	if !p.Temporary {
		closeProject(t, p)
	}
	var names []string
	for _, u := range done {
		names = append(names, u.Name)
	}
	return p, strings.Join(names, " ")
}

// flash is the content of a file in flash, "-" if there is none.
func flash(t *testing.T, p *project.Project, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(p.StateDir, storage.FlashDir, flashdir.HostName(name)))
	if errors.Is(err, os.ErrNotExist) {
		return "-"
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestUploadRules(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"init.lua": "one", "Data.txt": "two", "empty": "", "README.md": "no",
		".hidden": "no", project.FileName: "", "sub/x.lua": "no"})
	p, names := upload(t, dir)
	if names != "Data.txt empty init.lua" {
		t.Errorf("uploaded %q", names)
	}
	if got := flash(t, p, "Data.txt"); got != "two" {
		t.Errorf("Data.txt is %q", got)
	}
	if _, names := upload(t, dir); names != "" {
		t.Errorf("uploaded %q again", names)
	}

	// The application changes its files; only an edited source replaces one.
	inFlash := filepath.Join(p.StateDir, storage.FlashDir)
	write(t, inFlash, map[string]string{"init.lua": "changed", flashdir.HostName("Data.txt"): "changed", "own": "own"})
	write(t, dir, map[string]string{"init.lua": "edited"})
	if _, names := upload(t, dir); names != "init.lua" {
		t.Errorf("uploaded %q", names)
	}
	for name, want := range map[string]string{"init.lua": "edited", "Data.txt": "changed", "own": "own"} {
		if got := flash(t, p, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}

	// What the application removed stays away, until it is edited.
	if err := os.Remove(filepath.Join(inFlash, "empty")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		p, names := upload(t, dir)
		if names != "" || len(p.Warnings) != 2 || p.Warnings[1] != "not to flash: empty: the application removed what was there; an edit or --fresh brings it back" {
			t.Errorf("uploaded %q: %q", names, p.Warnings)
		}
	}
	write(t, dir, map[string]string{"empty": "no more"})
	if _, names := upload(t, dir); names != "empty" {
		t.Errorf("uploaded %q", names)
	}

	write(t, p.StateDir, map[string]string{"wifi.json": "{}", "mine.txt": "keep"})
	again, err := project.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Forget(); err != nil {
		t.Fatal(err)
	}
	closeProject(t, again)
	if got := flash(t, p, "own"); got != "-" {
		t.Errorf("own is %q after Forget", got)
	}
	if _, err := os.Stat(filepath.Join(p.StateDir, "wifi.json")); err == nil {
		t.Error("Forget left the Wi-Fi settings")
	}
	if _, err := os.Stat(filepath.Join(p.StateDir, "mine.txt")); err != nil {
		t.Error("Forget removed what is not the module's")
	}
	if _, names := upload(t, dir); names != "Data.txt empty init.lua" {
		t.Errorf("uploaded %q", names)
	}
}

// TestUpload_Gone: what is removed from the project is removed from flash, but not what the
// application has changed since.
func TestUpload_Gone(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"init.lua": "", "a.lua": "a", "b.lua": "b", "c.lua": "c"})
	p, _ := upload(t, dir)
	write(t, filepath.Join(p.StateDir, storage.FlashDir), map[string]string{"b.lua": "changed", "own": "own"})
	for _, name := range []string{"a.lua", "b.lua"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := project.Options{NoUpload: true}.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, names := uploadProject(t, kept); names != "" || flash(t, kept, "a.lua") != "a" {
		t.Errorf("without an upload: %q, %q", names, flash(t, kept, "a.lua"))
	}
	p, names := upload(t, dir)
	if names != "" || len(p.Warnings) != 1 || p.Warnings[0] != "removed from flash: a.lua: the project has it no more" {
		t.Errorf("%q, %q", names, p.Warnings)
	}
	for name, want := range map[string]string{"a.lua": "-", "b.lua": "changed", "c.lua": "c", "own": "own"} {
		if got := flash(t, p, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if p, _ := upload(t, dir); len(p.Warnings) != 0 {
		t.Errorf("told again: %q", p.Warnings)
	}
	// An application that formats has everything again.
	if err := os.RemoveAll(filepath.Join(p.StateDir, storage.FlashDir)); err != nil {
		t.Fatal(err)
	}
	if _, names := upload(t, dir); names != "c.lua init.lua" {
		t.Errorf("uploaded %q", names)
	}
}

// TestStoreShrinks: a smaller store is refused while there is an image in it that it has no
// room for.
func TestStoreShrinks(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"init.lua": "", "lfs/m.lua": "return '" + strings.Repeat("x", 9000) + "'", "moonlet.toml": `lfs_files = ["lfs/*.lua"]`})
	upload(t, dir)
	for _, c := range []struct{ toml, want string }{
		{`lfs = "128KB"`, ""},
		{`lfs = "16KB"`, ""}, // it has room there
		{`lfs = "8KB"`, "and the project asks for a store of 8192, so the image would be lost: set the key lfs to 131072, or begin with --fresh"},
		{``, ""}, // it is kept
		{"lfs = \"8KB\"\nlfs_files = [\"lfs/*.lua\"]", "the partition of the store has 8192; the key lfs sets its size"},
		{`lfs_files = ["lfs/*.lua"]`, ""},
	} {
		write(t, dir, map[string]string{"moonlet.toml": c.toml})
		p, err := project.Open(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Upload()
		closeProject(t, p)
		if told := strings.Contains(strings.Join(p.Warnings, ""), "is not used, since the project asks for none: the key lfs, with 131072, brings it back"); told != (c.toml == "") {
			t.Errorf("%s: told %q", c.toml, p.Warnings)
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", c.toml, err)
		}
	}
}

// TestExclusions: patterns with "!" take away, folders are told.
func TestExclusions(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"init.lua": "", "a.bak": "", "www/x.html": "", "www/y.bak": "", "notes.md": "", "lib/deep/z": "", "moonlet.toml": ""})
	for _, c := range []struct{ toml, want, told string }{
		{"", "a.bak init.lua", `not to flash: what is in folders: www (2 files); to have it there, write files = ["*", "www/*"] into moonlet.toml`},
		{`files = ["!*.bak"]`, "init.lua", ""},
		{`files = ["*", "www/*", "!*.bak"]`, "init.lua notes.md www/x.html", ""},
		{`files = ["*", "www/*", "!www/*.bak"]`, "a.bak init.lua notes.md www/x.html", ""},
		{`files = ["*", "!*.bak", "a.bak", "www/./*", "!x.html"]`, "a.bak init.lua notes.md y.bak", ""},
		{`files = ["moonlet.toml", "init.lua"]`, "init.lua moonlet.toml", ""},
	} {
		write(t, dir, map[string]string{"moonlet.toml": c.toml})
		p, err := project.Open(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, s := range p.Sources {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, " "); got != c.want || strings.Join(p.Warnings, "|") != c.told {
			t.Errorf("%s: %q, %q", c.toml, got, p.Warnings)
		}
		closeProject(t, p)
	}
	if _, err := project.Open(dir, []project.Setting{{Flag: "file", Value: "![x"}}); err == nil || !strings.Contains(err.Error(), "no file pattern") {
		t.Errorf("%v", err)
	}
}

func TestPatterns(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "app")
	write(t, parent, map[string]string{"lib/util.lua": "u", "app/src/init.lua": "i", "app/www/index.html": "h",
		"app/www/.hidden": "no", "app/www/deep/x": "no", "app/other.lua": "no",
		"app/" + project.FileName: `files = ["src/./*.lua", "www/*", "../lib/./util.lua"]`})
	if _, err := project.Open(dir, nil); err == nil || !strings.Contains(err.Error(), project.FileName+`:1: files[2]: "../lib/./util.lua" leads out of the project: --allow-outside`) {
		t.Errorf("a pattern that leads out: %v", err)
	}
	p, err := project.Options{AllowOutside: true}.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	p, names := uploadProject(t, p)
	if names != "init.lua util.lua www/index.html" {
		t.Errorf("uploaded %q", names)
	}
	if got := flash(t, p, "www/index.html"); got != "h" {
		t.Errorf("index.html is %q", got)
	}
	write(t, parent, map[string]string{"lib/init.lua": "second"})
	_, err = project.Open(dir, []project.Setting{{Flag: "file", Value: "src/./*"}, {Flag: "file", Value: "../lib/./*"}})
	if err == nil || !strings.Contains(err.Error(), "have the same name on the module") {
		t.Errorf("two files of one name: %v", err)
	}
}

// TestNothingIsWrittenIfSomethingIsWrong is about checks that come first.
func TestNothingIsWrittenIfSomethingIsWrong(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{strings.Repeat("n", 32), "", "has 32 bytes and the flash file system allows 31"},
		{"big", strings.Repeat("x", 4<<20), "it is too small: the files need 42"},
	} {
		dir := t.TempDir()
		write(t, dir, map[string]string{"init.lua": "", c.name: c.text})
		p, err := project.Open(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Upload()
		var e *project.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
		if got := flash(t, p, "init.lua"); got != "-" {
			t.Error("something was written")
		}
	}
}

// TestFull fills the flash memory to the last byte that the check allows.
func TestFull(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"init.lua": "", "a": "x", "b": "x"})
	size := 3300000
	for step := 1 << 18; step > 0; step /= 2 {
		write(t, dir, map[string]string{"b": strings.Repeat("y", size+step)})
		p, err := project.Open(dir, []project.Setting{{Flag: "state", Value: t.TempDir()}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Upload()
		var e *project.Error
		switch {
		case err == nil:
			size += step
		case !errors.As(err, &e):
			t.Fatalf("the check let a file of %d bytes pass, but %v", size+step, err)
		}
	}
	// The other way round: the file that fills it gives way to a small one while
	// another grows.
	write(t, dir, map[string]string{"b": strings.Repeat("y", size)})
	upload(t, dir)
	write(t, dir, map[string]string{"a": strings.Repeat("z", size), "b": "x"})
	if _, names := upload(t, dir); names != "a b" {
		t.Errorf("uploaded %q", names)
	}
}

func TestSingleFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"blink.lua": "print(1)", "it's \"x\".lc": "\x1bLua", "notes.txt": "", "other.lua": ""})
	p, names := upload(t, filepath.Join(dir, "blink.lua"))
	if names != "init.lua" || flash(t, p, "init.lua") != "print(1)" || !p.Temporary {
		t.Errorf("uploaded %q", names)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(p.StateDir); err == nil {
		t.Error("the temporary directory is still there")
	}
	if runtime.GOOS != "windows" {
		p, names = upload(t, filepath.Join(dir, "it's \"x\".lc"))
		if names != "init.lua it's \"x\".lc" || flash(t, p, "init.lua") != "dofile(\"it's \\034x\\034.lc\")\n" {
			t.Errorf("uploaded %q with %q", names, flash(t, p, "init.lua"))
		}
		p.Close()
	}
	state := t.TempDir()
	p, _ = upload(t, filepath.Join(dir, "blink.lua"), project.Setting{Flag: "state", Value: state})
	if p.StateDir != state || p.Temporary {
		t.Errorf("state is in %s", p.StateDir)
	}
	if _, err := project.Open(filepath.Join(dir, "notes.txt"), nil); err == nil {
		t.Error("a text file is a project")
	}
	if _, err := project.Open(filepath.Join(dir, "blink.lua"), []project.Setting{{Flag: "file", Value: "*"}}); err == nil {
		t.Error("--file goes with a single file")
	}
}

// TestInMemory holds that an application without a directory, and a copy of a project, are
// uploaded to memory, and made new there.
func TestInMemory(t *testing.T) {
	app := project.Application{Files: map[string][]byte{"init.lua": []byte("print(1)")}}
	made, err := project.Options{}.New(app)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, map[string]string{"init.lua": "print(2)", project.FileName: "state = \"kept\"\n"})
	opened, err := project.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	apart := opened.Apart()
	closeProject(t, opened) // the copy has no need of it
	for _, p := range []*project.Project{made, apart} {
		if err := p.Forget(); err != nil { // there is nothing yet
			t.Error(err)
		}
		if _, names := uploadProject(t, p); names != "init.lua" || p.StateDir != "" || !p.Temporary {
			t.Errorf("uploaded %q to %q", names, p.StateDir)
		}
		if _, names := uploadProject(t, p); names != "" {
			t.Errorf("uploaded %q again", names)
		}
		state := p.Config().State
		if b, err := state.ReadFile(storage.FlashDir+"/init.lua", 100); err != nil || !bytes.Equal(b, p.Sources[0].Data) {
			t.Errorf("init.lua is %q, %v", b, err)
		}
		if err := p.Forget(); err != nil {
			t.Error(err)
		}
		if list, err := state.ReadDir(storage.FlashDir); err != nil || len(list) != 0 {
			t.Errorf("what is new has %v, %v", list, err)
		}
		if _, names := uploadProject(t, p); names != "init.lua" {
			t.Errorf("uploaded %q to what is new", names)
		}
		p.Abandon()
		closeProject(t, p)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 2 {
		t.Errorf("the project's directory has %v, %v", list, err)
	}
	if p, err := (project.Options{Values: map[string]any{"state": dir}}).New(app); err != nil || p.StateDir != dir || p.Temporary {
		t.Errorf("with a directory: %+v, %v", p, err)
	}
}

func TestBadPaths(t *testing.T) {
	dir := t.TempDir()
	if _, err := project.Open(filepath.Join(dir, "nothing"), nil); err == nil || !strings.Contains(err.Error(), "there is no such file") {
		t.Errorf("missing path: %v", err)
	}
	p, err := project.Open(dir, nil)
	if err != nil || len(p.Warnings) != 1 {
		t.Errorf("empty directory: %v, %v", err, p)
	}
	// A file in the place of the state directory.
	write(t, dir, map[string]string{"state": "", "init.lua": ""})
	p, err = project.Open(dir, []project.Setting{{Flag: "state", Value: filepath.Join(dir, "state")}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Upload()
	var h *project.HostError
	if !errors.As(err, &h) {
		t.Errorf("state is a file: %v", err)
	}
	write(t, dir, map[string]string{".moonlet/uploaded.json": "{"})
	p, _ = project.Open(dir, nil)
	if _, err = p.Upload(); err == nil || !strings.Contains(err.Error(), "it is damaged") {
		t.Errorf("damaged manifest: %v", err)
	}
}

// TestManifestSurvives: if an upload is interrupted, files that were to be
// written are written the next time, whatever their source is by then.
func TestManifestSurvives(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"init.lua": "one"})
	p, _ := upload(t, dir)
	manifest := filepath.Join(p.StateDir, "uploaded.json")
	before, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"init.lua": "two"})
	upload(t, dir)
	after, err := os.ReadFile(manifest)
	if err != nil || bytes.Equal(before, after) {
		t.Errorf("the manifest did not change (%v)", err)
	}
	left, err := filepath.Glob(filepath.Join(p.StateDir, "uploaded.json.*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// TestUpload_Minify: source goes to flash in its shortest form, what is none or does not compile as it is.
func TestUpload_Minify(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"init.lua": "-- adds\nlocal first = 1 -- one\nprint(first)\n", "bad.lua": "return  +", "page.html": "--  no Lua",
		"old.lua": "local t = {}  return table.getn(t), '\\q'", project.FileName: "minify = true"})
	p, names := upload(t, dir)
	if names != "bad.lua init.lua old.lua page.html" {
		t.Error(names)
	}
	for name, want := range map[string]string{"init.lua": "\nlocal e=1\nprint(e)\n", "bad.lua": "return  +", "page.html": "--  no Lua",
		"old.lua": "local t = {}  return table.getn(t), '\\q'"} {
		if got := flash(t, p, name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if w := strings.Join(p.Warnings, "\n"); strings.Count(w, "it goes to flash as it is") != 2 || !strings.Contains(w, "bad.lua:1:9: ") {
		t.Error(p.Warnings)
	}
	// Nothing is written again; with the other edition one more compiles; without the key all are what they are.
	if _, names = upload(t, dir); names != "" {
		t.Error(names)
	}
	write(t, dir, map[string]string{project.FileName: "minify = true\nlua = '5.1'"})
	if p, names = upload(t, dir); names != "old.lua" || flash(t, p, "old.lua") != "local t={}return table.getn(t),\"q\"\n" {
		t.Error(names, flash(t, p, "old.lua"))
	}
	write(t, dir, map[string]string{project.FileName: ""})
	if p, names = upload(t, dir); names != "init.lua old.lua" || flash(t, p, "init.lua") != "-- adds\nlocal first = 1 -- one\nprint(first)\n" {
		t.Error(names, flash(t, p, "init.lua"))
	}
}
