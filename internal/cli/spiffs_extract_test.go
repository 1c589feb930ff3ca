package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// imageOf makes an image with files that have their names as contents.
func imageOf(t *testing.T, names ...string) string {
	t.Helper()
	var sources []source
	for _, name := range names {
		sources = append(sources, source{name, []byte(name)})
	}
	disk, err := smallestSPIFFS(sources)
	if err != nil {
		t.Fatal(err)
	}
	return lfsFile(t, "image.bin", disk.Image())
}

// tree lists the files below a directory with their contents, and holds that all have
// names that every system knows.
func tree(t *testing.T, dir string) (files map[string]string) {
	t.Helper()
	files = map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		if !plainName(d.Name()) {
			t.Errorf("%s has a name that some systems do not know", path)
		}
		if d.IsDir() || d.Type()&fs.ModeSymlink != 0 {
			return nil
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestSPIFFSExtract_Names(t *testing.T) {
	want := map[string]string{ // path by name
		".": "%2e", "..": "%2e%2e", "../up": "%2e.%2fup", "": "%00", "/abs": "%2fabs", "end/": "end%2f",
		"a": "a", "a/b": "a%2fb", "a/b/c": "a%2fb%2fc", "d/e": "d/e", "d/f": "d/f", "d//g": "d%2f%2fg", "d/./h": "d%2f.%2fh",
		`c:\x`: "c%3a%5cx", "C:y": "!c%3ay", "nul": "%6eul", "NUL.txt": "!n!u!l.txt", "w/com1.lua": "w%2fcom1.lua",
		"com¹": "com%c2%b9", "lpt": "lpt", "com10": "com10", "dot.": "dot%2e", "blank ": "blank%20", "w/dot./x": "w%2fdot.%2fx",
		"\xff": "%ff", "bell\a": "bell%07", "é": "é", "-o": "-o", ".hidden": ".hidden", strings.Repeat(":", 31): strings.Repeat("%3a", 31),
		"Both.lua": "Both.lua",
	}
	var names []string
	for name := range want {
		names = append(names, name)
	}
	slices.Sort(names)
	image := imageOf(t, names...)
	around := t.TempDir()
	dir := filepath.Join(around, "in", "here")
	for _, args := range [][]string{{}, {"--force"}} {
		if code, _, message := runSPIFFS(append([]string{"extract", image, "-o", dir}, args...)...); code != ExitOK {
			t.Fatal(message)
		}
		got := tree(t, dir)
		for name, path := range want {
			if content, ok := got[path]; !ok || content != name {
				t.Errorf("%q is not in %s", name, path)
			}
		}
		if len(got) != len(want) || len(tree(t, around)) != len(want) {
			t.Errorf("%d files for %d names", len(got), len(want))
		}
	}
	// One beside the other matters only if both are written.
	alone := t.TempDir()
	if code, _, message := runSPIFFS("extract", image, "-o", alone, "a/b"); code != ExitOK || tree(t, alone)["a/b"] != "a/b" {
		t.Errorf("exit code %d, %s, %v", code, message, tree(t, alone))
	}
}

// What leads out of the directory, and what is in the way, stays as it is; nothing is
// written then.
func TestSPIFFSExtract_InTheWay(t *testing.T) {
	image := imageOf(t, "a", "www/index", "z")
	for name, c := range map[string]struct {
		make func(dir, outside string) error
		args []string
		want string
	}{
		"a directory's link": {func(dir, outside string) error { return os.Symlink(outside, filepath.Join(dir, "www")) }, []string{"--force"}, "www is in the way: "},
		"a link upwards":     {func(dir, _ string) error { return os.Symlink("..", filepath.Join(dir, "www")) }, []string{"--force"}, "www is in the way: "},
		"a dead link": {func(dir, outside string) error {
			return os.Symlink(filepath.Join(outside, "new"), filepath.Join(dir, "a"))
		}, nil, "a exists: --force replaces it"},
		"a file":      {func(dir, _ string) error { return os.WriteFile(filepath.Join(dir, "www"), nil, 0o600) }, []string{"--force"}, "www is in the way: it is no directory"},
		"a directory": {func(dir, _ string) error { return os.Mkdir(filepath.Join(dir, "z"), 0o700) }, []string{"--force"}, "z is in the way: it is a directory"},
	} {
		dir, outside := t.TempDir(), t.TempDir()
		if err := c.make(dir, outside); err != nil {
			t.Skip(err) // Windows without the right to make links
		}
		before := tree(t, dir)
		code, _, message := runSPIFFS(append([]string{"extract", image, "-o", dir}, c.args...)...)
		if code != ExitUsage || !strings.Contains(message, c.want) {
			t.Errorf("%s: exit code %d, %s", name, code, message)
		}
		if after := tree(t, dir); len(after) != len(before) || len(tree(t, outside)) != 0 {
			t.Errorf("%s: %v, and outside %v", name, after, tree(t, outside))
		}
	}
}

// A link is replaced, not followed; one to a directory inside is a directory.
func TestSPIFFSExtract_Links(t *testing.T) {
	image := imageOf(t, "a", "www/index")
	dir, outside := t.TempDir(), lfsFile(t, "outside", []byte("mine"))
	if err := os.Symlink(outside, filepath.Join(dir, "a")); err != nil {
		t.Skip(err)
	}
	os.Mkdir(filepath.Join(dir, "pages"), 0o700)
	os.Symlink("pages", filepath.Join(dir, "www"))
	if code, _, message := runSPIFFS("extract", image, "-o", dir, "--force"); code != ExitOK {
		t.Fatal(message)
	}
	if b, _ := os.ReadFile(outside); string(b) != "mine" {
		t.Errorf("the file that the link named has %q", b)
	}
	if got := tree(t, dir); got["a"] != "a" || got["pages/index"] != "www/index" || len(got) != 2 {
		t.Error(got)
	}
}

// TestSPIFFSExtract_OneName: what happens where the host takes two names for one, as with
// letters that differ in case. Here the names are the same from the start.
func TestSPIFFSExtract_OneName(t *testing.T) {
	for _, force := range []bool{false, true} {
		dir := t.TempDir()
		root, err := openOutput(nil, dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		x := &extraction{to: root, force: force}
		for _, f := range []extracted{{"d/x", "d/x", nil}, {"a", "a", nil}, {"D", "d", nil}, {"A/b", "a/b", nil}, {"A", "a", nil}} {
			f.data = []byte(f.name)
			if err := x.write(f); err != nil {
				t.Fatal(err)
			}
		}
		want := map[string]string{"d/x": "d/x", "a": "a", "!d": "D", "!a%2fb": "A/b", "!a": "A"}
		got := tree(t, dir)
		for path, name := range want {
			if got[path] != name || len(got) != len(want) {
				t.Fatalf("%v, want %v", got, want)
			}
		}
		// No encoding helps here.
		if err := x.write(extracted{"!a", "!a", nil}); err != nil {
			t.Fatal(err)
		}
		err = x.write(extracted{"a", "a", nil})
		if exitCode(err) != ExitUsage || !strings.Contains(err.Error(), "another file of the image has this name here") {
			t.Errorf("%v", err)
		}
		// Nor this, and nothing is left of all.
		err = x.write(extracted{"e/long", "e/" + strings.Repeat("n", 5000), nil})
		if exitCode(err) != ExitHost {
			t.Errorf("%v", err)
		}
		x.undo()
		if entries, _ := os.ReadDir(dir); len(entries) != 0 {
			t.Errorf("%v is left", entries)
		}
	}
}

// TestSPIFFSExtract_Damaged: if one file cannot be read none is written.
func TestSPIFFSExtract_Damaged(t *testing.T) {
	image, files := spiffsSample(t)
	data, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(data), string(files["big.bin"][1000:1100])) &^ 0xFF
	clear(data[at : at+0x100])
	if err := os.WriteFile(image, data, 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	code, _, message := runSPIFFS("extract", image, "-o", dir)
	if code != ExitUsage || !strings.Contains(message, `"big.bin"`) || len(tree(t, dir)) != 0 {
		t.Errorf("exit code %d, %s, %v", code, message, tree(t, dir))
	}
	if code, _, message := runSPIFFS("extract", image, "-o", dir, "init.lua"); code != ExitOK || tree(t, dir)["init.lua"] == "" {
		t.Errorf("exit code %d, %s", code, message)
	}
}
