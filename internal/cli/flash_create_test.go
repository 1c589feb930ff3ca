package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/storage/chipmap"
	"moonlet.example/moonlet/internal/storage/flash"
)

// createSample makes a project with a store and two files.
func createSample(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	os.Mkdir(filepath.Join(dir, "lib"), 0o777)
	for name, text := range map[string]string{
		"init.lua": "print'hello'", "data.txt": strings.Repeat("data", 1000), "lib/greet.lua": "return 'hello'",
		"moonlet.toml": "lfs = \"64KB\"\nlfs_files = [\"lib/*.lua\"]\nflash_size = \"1MB\"\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFlashCreate(t *testing.T) {
	dir := createSample(t)
	image, parts := filepath.Join(t.TempDir(), "module.bin"), filepath.Join(t.TempDir(), "a", "parts")
	code, out, message := runFlash("create", dir, "-o", image, "--parts", parts)
	if code != ExitOK || message != "" {
		t.Fatalf("exit code %d, %s", code, message)
	}
	for _, want := range []string{": a flash chip of 1 MB\n", "0x010000    4096  records  partition table\n", "lfs      1 module, int32/float32\n",
		"0x0a0000  376832  spiffs   2 files\n", "There is no firmware in it", "whose program ends before 0x090000:\n  esptool.py write_flash 0x010000 " +
			filepath.Join(parts, "records.bin") + " 0x090000 " + filepath.Join(parts, "lfs.img") + " 0x0a0000 " + filepath.Join(parts, "spiffs.bin") + "\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	data, err := os.ReadFile(image)
	if err != nil || len(data) != 1<<20 {
		t.Fatalf("%d bytes, %v", len(data), err)
	}
	for name, at := range map[string]int{"records.bin": 0x10000, "lfs.img": 0x90000, "spiffs.bin": 0xA0000} {
		if b, err := os.ReadFile(filepath.Join(parts, name)); err != nil || !bytes.Equal(b, data[at:at+len(b)]) {
			t.Errorf("%s: %v, %d bytes", name, err, len(b))
		}
	}
	if code, out, _ := runFlash("inspect", image); code != ExitOK || strings.Contains(out, "problem") || strings.Contains(out, "warning") {
		t.Errorf("exit code %d, %s", code, out)
	}
	// Once more, over what is there, with a firmware; what was counted of the old one goes.
	os.WriteFile(image+".wear", []byte("x"), 0o666)
	os.WriteFile(image+".uploaded.json", []byte("x"), 0o666)
	boot := append([]byte{0xE9, 1, 2, 0x20, 0, 0, 0x10, 0x40, 0, 0, 0x10, 0x40, 4, 0, 0, 0, 1, 2, 3, 4}, make([]byte, 12)...)
	boot[31] = 0xEF ^ 1 ^ 2 ^ 3 ^ 4
	code, _, message = runFlash("create", dir, "-o", image, "--parts", parts, "--force", "--json",
		"--firmware", lfsFile(t, "0x00000.bin", boot)+"@0", "--firmware", filepath.Join(parts, "records.bin")+"@0x10000", "--flash-size", "2MB")
	if code != ExitUsage || !strings.Contains(message, "is what is read itself") {
		t.Errorf("a part over a firmware: exit code %d, %s", code, message)
	}
	code, out, message = runFlash("create", dir, "-o", image, "--force", "--json", "--flash-size", "2MB", "--parts", t.TempDir(),
		"--firmware", lfsFile(t, "0x00000.bin", boot)+"@0", "--firmware", lfsFile(t, "0x10000.bin", data[0x10000:0x11000])+"@0x10000")
	var doc created
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != ExitOK || !doc.Firmware || doc.Bytes != 2<<20 || len(doc.Parts) != 4 || len(doc.Some) != 8 ||
		strings.Join(doc.Whole, " ") != "esptool.py write_flash 0x0 "+image || doc.Parts[0].Kind != chipmap.BootRegion {
		t.Errorf("%v, exit code %d, %s%s", err, code, out, message)
	}
	if exists(image+".wear") || exists(image+".uploaded.json") {
		t.Error("the counts of the old chip are left")
	}
}

func TestShellQuote(t *testing.T) {
	for text, want := range map[string]string{"module.bin": "module.bin", "a b": "'a b'", "it's": `'it'\''s'`, "/a/b_c-1.bin": "/a/b_c-1.bin", "$x": "'$x'", "": "''"} {
		if got := shellQuote(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestFlashCreate_Epoch(t *testing.T) {
	dir := createSample(t)
	make := func() []byte {
		image := filepath.Join(t.TempDir(), "module.bin")
		if code, _, message := runFlash("create", dir, "-o", image); code != ExitOK {
			t.Fatal(message)
		}
		data, _ := os.ReadFile(image)
		return data
	}
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	first := make()
	now := filepath.Join(dir, "lib", "greet.lua")
	text, _ := os.ReadFile(now)
	os.Remove(now)
	os.WriteFile(now, text, 0o666)
	if !bytes.Equal(first, make()) {
		t.Error("the same project, other bytes")
	}
	t.Setenv("SOURCE_DATE_EPOCH", "yesterday")
	if code, _, message := runFlash("create", dir, "-o", filepath.Join(t.TempDir(), "x")); code != ExitUsage || !strings.Contains(message, "SOURCE_DATE_EPOCH") {
		t.Errorf("exit code %d, %s", code, message)
	}
}

func TestFlashCreate_Refused(t *testing.T) {
	dir := createSample(t)
	image := flashSample(t, 1)
	bad, _ := os.ReadFile(image)
	bad[0x90000+300]-- // its store goes
	bad[0x3FD000+9] = 0
	bad[0], bad[1], bad[3] = 0xE9, 1, 0x40 // a boot image with a wrong checksum
	used := flashSample(t, 1)
	c, err := flash.OpenChip(used, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	file := lfsFile(t, "file", []byte("x"))
	full := t.TempDir()
	os.WriteFile(filepath.Join(full, "records.bin"), []byte("mine"), 0o666)
	for _, c := range []struct {
		code int
		want string
		args []string // before -o NEW
	}{
		{ExitUsage, "the name of a project is missing", nil},
		{ExitUsage, "there is no such file or directory", []string{"nowhere"}},
		{ExitUsage, "is the image of a chip already", []string{image}},
		{ExitUsage, "exists: give --force", []string{dir, "-o", image}},
		{ExitUsage, "is in use", []string{dir, "-o", used, "--force"}},
		{ExitUsage, "is a directory", []string{dir, "-o", full, "--force"}},
		{ExitUsage, "is no plain file", []string{dir, "-o", os.DevNull, "--force"}},
		{ExitUsage, "is what is read itself", []string{dir, "-o", image, "--base", image, "--force", "--flash-size", "4MB"}},
		{ExitUsage, "want a file and its address", []string{dir, "--firmware", "0x10000.bin"}},
		{ExitUsage, "want a file and its address", []string{dir, "--firmware", "@0"}},
		{ExitUsage, "want a file and its address", []string{dir, "--firmware", "a@b"}},
		{ExitUsage, "nowhere: there is no such file", []string{dir, "--firmware", "nowhere@0"}},
		{ExitUsage, "there is no partition table", []string{dir, "--firmware", file + "@0"}},
		{ExitUsage, "nowhere: there is no such file", []string{dir, "--base", "nowhere"}},
		{ExitUsage, "not the image of a whole flash chip", []string{dir, "--base", file}},
		{ExitUsage, "has 4 MB, not 1 MB", []string{dir, "--base", image}},
		{ExitUsage, "the chip would have a problem: ", []string{dir, "--base", lfsFile(t, "bad.bin", bad), "--flash-size", "4MB"}},
		{ExitUsage, "no flash chip has 3145728 bytes", []string{dir, "--flash-size", "3MB"}},
		{ExitUsage, "1 MB or more", []string{dir, "--flash-size", "512KB"}},
		{ExitUsage, "records.bin exists: give --force to replace it, or another place with --parts", []string{dir, "--parts", full}},
		{ExitUsage, "image and a part of it", []string{dir, "-o", filepath.Join(full, "x", "lfs.img"), "--parts", filepath.Join(full, "x")}},
		{ExitHost, "cannot write the image", []string{dir, "-o", filepath.Join(full, "nowhere", "x")}},
		{ExitUsage, "not a directory", []string{dir, "--parts", filepath.Join(file, "x")}},
	} {
		into := t.TempDir()
		args := append([]string{"create"}, c.args...)
		if !strings.Contains(strings.Join(args, " "), "-o") {
			args = append(args, "-o", filepath.Join(into, "new.bin"))
		}
		code, out, message := runFlash(args...)
		if code != c.code || !strings.Contains(message, c.want) || out != "" {
			t.Errorf("%v: exit code %d, %q, want %d, %q", c.args, code, message, c.code, c.want)
		}
		if left, _ := os.ReadDir(into); len(left) != 0 {
			t.Errorf("%v: %v is left", c.args, left)
		}
	}
	if code, _, message := runFlash("create", dir); code != ExitUsage || !strings.Contains(message, "--output is missing") {
		t.Errorf("exit code %d, %s", code, message)
	}
	if b, _ := os.ReadFile(filepath.Join(full, "records.bin")); string(b) != "mine" {
		t.Error("a file was replaced")
	}
}
