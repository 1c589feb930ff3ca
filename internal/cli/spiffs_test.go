package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/storage/flash"
)

// spiffsSample makes an image with three files: a short one, one in a "directory" and
// one of many pages.
func spiffsSample(t *testing.T, args ...string) (image string, files map[string][]byte) {
	t.Helper()
	files = map[string][]byte{"init.lua": []byte("print(1)\n"), "www/index.html": []byte("<p>"), "big.bin": bytes.Repeat([]byte("0123456789"), 700)}
	image = filepath.Join(t.TempDir(), "spiffs.bin")
	args = append([]string{"create", "-o", image}, args...)
	for _, name := range []string{"init.lua", "www/index.html", "big.bin"} {
		args = append(args, lfsFile(t, "source", files[name])+"="+name)
	}
	if code, out, message := runSPIFFS(args...); code != ExitOK || out != "" {
		t.Fatalf("exit code %d, %s%s", code, out, message)
	}
	return image, files
}

func TestSPIFFSCreate(t *testing.T) {
	image, _ := spiffsSample(t)
	if info, err := os.Stat(image); err != nil || info.Size() != spiffsAuto {
		t.Fatalf("%v, %v", info, err)
	}
	large := lfsFile(t, "large", make([]byte, 50000))
	grown := image + "2"
	if code, _, message := runSPIFFS("create", "-o", grown, large); code != ExitOK {
		t.Fatal(message)
	}
	info, _ := os.Stat(grown)
	if code, _, message := runSPIFFS("create", "-o", image+"3", "--size", strconv.FormatInt(info.Size()-spiffsStep, 10), large); code != ExitUsage || !strings.Contains(message, "full") {
		t.Errorf("%d bytes are not the least: exit code %d, %s", info.Size(), code, message)
	}
	sized, _ := spiffsSample(t, "--size", "256KB")
	if info, _ := os.Stat(sized); info.Size() != 256<<10 {
		t.Errorf("%d bytes", info.Size())
	}
	code, out, message := runSPIFFS("list", sized)
	if code != ExitOK || !strings.Contains(out, "      7000  big.bin\n         9  init.lua\n         3  www/index.html\n") {
		t.Errorf("exit code %d, %s%s", code, out, message)
	}
	// In the image of a chip it is found.
	data, _ := os.ReadFile(sized)
	chip := lfsFile(t, "chip.bin", slices.Concat(bytes.Repeat([]byte{0xFF}, 0x90000), data, bytes.Repeat([]byte{0xFF}, 0x30000)))
	if code, out, _ := runSPIFFS("list", chip); code != ExitOK || !strings.Contains(out, "32 blocks of 8192 bytes at 0x90000,") {
		t.Errorf("exit code %d, %s", code, out)
	}
	code, out, _ = runSPIFFS("list", sized, "--json")
	var list spiffsList
	if err := json.Unmarshal([]byte(out), &list); err != nil || code != ExitOK || list.Bytes != 256<<10 || len(list.Files) != 3 || list.Used <= 7000 || list.Total <= list.Used {
		t.Errorf("%v, exit code %d, %s", err, code, out)
	}
}

func TestSPIFFSExtract(t *testing.T) {
	image, files := spiffsSample(t)
	dir := filepath.Join(t.TempDir(), "a", "b")
	if code, out, message := runSPIFFS("extract", image, "-o", dir); code != ExitOK {
		t.Fatalf("exit code %d, %s%s", code, out, message)
	}
	for name, want := range files {
		if got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, %d bytes", name, err, len(got))
		}
	}
	mine := filepath.Join(dir, "init.lua")
	os.WriteFile(mine, []byte("mine"), 0o666)
	os.Remove(filepath.Join(dir, "big.bin"))
	if code, _, message := runSPIFFS("extract", image, "-o", dir); code != ExitUsage || !strings.Contains(message, "exists: --force replaces it") {
		t.Errorf("exit code %d, %s", code, message)
	}
	if exists(filepath.Join(dir, "big.bin")) {
		t.Error("a file was written beside one that is in the way")
	}
	if code, _, message := runSPIFFS("extract", image, "init.lua", "-o", dir, "--force"); code != ExitOK {
		t.Errorf("exit code %d, %s", code, message)
	}
	if b, _ := os.ReadFile(mine); !bytes.Equal(b, files["init.lua"]) || exists(filepath.Join(dir, "big.bin")) {
		t.Errorf("%q", b)
	}
}

// Names that are no paths here, or lead out of the directory, stay in it.
func TestSPIFFSExtract_OddNames(t *testing.T) {
	odd := []string{"../up", "/etc/x", "a//b", "nul\x00", "c:d", "\xff"}
	args := []string{"create", "-o", filepath.Join(t.TempDir(), "odd.bin")}
	for _, name := range odd {
		if name == "nul\x00" {
			continue // no argument has that
		}
		args = append(args, lfsFile(t, "x", []byte(name))+"="+name)
	}
	if code, _, message := runSPIFFS(args...); code != ExitOK {
		t.Fatal(message)
	}
	dir := filepath.Join(t.TempDir(), "in")
	if code, _, message := runSPIFFS("extract", args[2], "-o", dir); code != ExitOK {
		t.Fatal(message)
	}
	entries, _ := os.ReadDir(dir)
	around, _ := os.ReadDir(filepath.Dir(dir))
	if len(entries) != len(odd)-1 || len(around) != 1 {
		t.Errorf("%v in %v", entries, around)
	}
}

func TestSPIFFSCheck(t *testing.T) {
	image, _ := spiffsSample(t)
	if code, out, _ := runSPIFFS("check", image); code != ExitOK || !strings.Contains(out, "  nothing is wrong\n") {
		t.Errorf("exit code %d, %s", code, out)
	}
	data, _ := os.ReadFile(image)
	at := bytes.Index(data, []byte("0123456789")) // the first data page of big.bin
	data[at-5] &= 0xF0                            // its header
	data[at-4] &= 0xF0
	damaged := lfsFile(t, "damaged.bin", data)
	code, out, message := runSPIFFS("check", damaged)
	if code != ExitGuest || message != "" || strings.Contains(out, "nothing is wrong") || !strings.Contains(out, "has the id") {
		t.Errorf("exit code %d, %s%s", code, out, message)
	}
	if after, _ := os.ReadFile(damaged); !bytes.Equal(after, data) {
		t.Error("check wrote to the image")
	}
	fixed := filepath.Join(t.TempDir(), "fixed.bin")
	if code, _, message := runSPIFFS("check", damaged, "--repair", "-o", fixed); code != ExitOK {
		t.Errorf("exit code %d, %s", code, message)
	}
	if after, _ := os.ReadFile(damaged); !bytes.Equal(after, data) {
		t.Error("repair wrote to the image, not to another file")
	}
	if b, _ := os.ReadFile(fixed); !bytes.Contains(b, data[at:at+200]) {
		t.Error("the page is lost")
	}
	if code, out, _ := runSPIFFS("check", fixed); code != ExitOK {
		t.Errorf("exit code %d, %s", code, out)
	}
	if code, _, message := runSPIFFS("check", damaged, "--repair"); code != ExitOK {
		t.Errorf("exit code %d, %s", code, message)
	}
	a, _ := os.ReadFile(damaged)
	if b, _ := os.ReadFile(fixed); !bytes.Equal(a, b) {
		t.Error("in place it is repaired otherwise")
	}
}

func TestSPIFFSChange(t *testing.T) {
	image, files := spiffsSample(t, "--size", "64KB")
	os.Chmod(image, 0o600)
	before, _ := os.ReadFile(image)
	changed := filepath.Join(t.TempDir(), "changed.bin")
	added := []byte("-- another")
	if code, _, message := runSPIFFS("add", image, lfsFile(t, "init.lua", added), lfsFile(t, "x", nil)+"=empty", "-o", changed); code != ExitOK {
		t.Fatal(message)
	}
	if after, _ := os.ReadFile(image); !bytes.Equal(before, after) {
		t.Error("the image was changed, not another file")
	}
	was, _ := os.Stat(image)
	if info, _ := os.Stat(changed); info.Size() != was.Size() || info.Mode() != was.Mode() {
		t.Errorf("%d bytes, %v", info.Size(), info.Mode())
	}
	if code, _, message := runSPIFFS("remove", changed, "big.bin"); code != ExitOK {
		t.Fatal(message)
	}
	code, out, _ := runSPIFFS("list", changed)
	if code != ExitOK || !strings.HasSuffix(out, "in use\n         0  empty\n        10  init.lua\n         3  www/index.html\n") {
		t.Errorf("exit code %d, %s", code, out)
	}
	if code, out, _ := runSPIFFS("check", changed); code != ExitOK {
		t.Errorf("exit code %d, %s", code, out)
	}
	dir := t.TempDir()
	runSPIFFS("extract", changed, "-o", dir)
	for name, want := range map[string][]byte{"init.lua": added, "www/index.html": files["www/index.html"], "empty": nil} {
		if got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, %q", name, err, got)
		}
	}
	// What fails changes nothing.
	before, _ = os.ReadFile(changed)
	for _, args := range [][]string{
		{"add", changed, lfsFile(t, "small", added), lfsFile(t, "big", make([]byte, 100<<10))},
		{"remove", changed, "init.lua", "nothing"},
		{"add", changed}, {"remove", changed},
	} {
		if code, _, message := runSPIFFS(args...); code != ExitUsage || message == "" {
			t.Errorf("%v: exit code %d, %s", args, code, message)
		}
	}
	if after, _ := os.ReadFile(changed); !bytes.Equal(before, after) {
		t.Error("the image was changed")
	}
}

// An image in a module is read, and not repaired in place.
func TestSPIFFSCheck_InUse(t *testing.T) {
	image, _ := spiffsSample(t, "--size", "1MB")
	data, _ := os.ReadFile(image)
	at := bytes.Index(data, []byte("0123456789"))
	data[at-5], data[at-4] = 0, 0
	os.WriteFile(image, data, 0o600)
	c, err := flash.OpenChip(image, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if code, _, message := runSPIFFS("check", image, "--repair"); code != ExitUsage || !strings.Contains(message, "is in use") {
		t.Errorf("exit code %d, %s", code, message)
	}
	if code, _, message := runSPIFFS("remove", image, "init.lua"); code != ExitUsage || !strings.Contains(message, "is in use") {
		t.Errorf("exit code %d, %s", code, message)
	}
	if after, _ := os.ReadFile(image); !bytes.Equal(after, data) {
		t.Error("the image was changed")
	}
}

func TestSPIFFS_Refused(t *testing.T) {
	image, _ := spiffsSample(t)
	empty := lfsFile(t, "empty.bin", bytes.Repeat([]byte{0xFF}, 64<<10))
	file := lfsFile(t, "init.lua", []byte("x"))
	big := lfsFile(t, "big", make([]byte, 100<<10))
	new := filepath.Join(t.TempDir(), "new.bin")
	hole := lfsFile(t, "hole", nil)
	if err := os.Truncate(hole, 3<<30); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "which subcommand"},
		{[]string{"list"}, "an image is missing"},
		{[]string{"list", empty}, "there is no SPIFFS in it"},
		{[]string{"list", t.TempDir()}, "is a directory"},
		{[]string{"list", "nowhere.bin"}, "there is no such file"},
		{[]string{"extract", image, "nothing"}, `has no file "nothing"`},
		{[]string{"check", image, "-o", "x"}, "--output goes with --repair"},
		{[]string{"create"}, "a file is missing"},
		{[]string{"create", file}, "--output is missing"},
		{[]string{"create", file, "-o", image}, "exists: --force"},
		{[]string{"create", file, file, "-o", new}, `two files for the name "init.lua"`},
		{[]string{"create", file + "=" + strings.Repeat("n", 32), "-o", new}, "it has 32 bytes, 31 is the most"},
		{[]string{"create", file + "=", "-o", new}, "cannot be a name"},
		{[]string{"create", "nowhere.lua", "-o", new}, "nowhere.lua"},
		{[]string{"create", file, "-o", new, "--size", "10000"}, "multiple of 8192 bytes"},
		{[]string{"create", file, "-o", new, "--size", "much"}, "want a number of bytes"},
		{[]string{"create", big, "-o", new, "--size", "64KB"}, `"big": `},
		{[]string{"create", file, "-o", new, "--size", "NaN"}, "want a number of bytes"},
		{[]string{"create", file, "-o", new, "--size", "InfMB"}, "want a number of bytes"},
		{[]string{"create", file, "-o", new, "--size", "-8KB"}, "multiple of 8192 bytes"},
		{[]string{"create", file, "-o", new, "--size", "4096MB"}, "want a number of bytes"},
		{[]string{"create", file, "-o", new, "--size", "1e400"}, "want a number of bytes"},
		{[]string{"create", hole, "-o", new}, "more than any flash chip"},
		{[]string{"fit", file, hole}, "more than any flash chip"},
	} {
		code, _, message := runSPIFFS(c.args...)
		if code != ExitUsage || !strings.Contains(message, c.want) {
			t.Errorf("%v: exit code %d, %q, want %q", c.args, code, message, c.want)
		}
	}
	if exists(new) {
		t.Error("an image was written")
	}
}

// The firmware's tool is a command and a name of the program.
func TestSpiffsimg(t *testing.T) {
	image, _ := spiffsSample(t)
	for _, tool := range []func(a *App) int{
		func(a *App) int { return a.Main([]string{"spiffsimg", "-lf", image}) },
		func(a *App) int { return a.Tool("/bin/spiffsimg.exe")([]string{"-lf", image}) },
	} {
		var b bytes.Buffer
		a := &App{Out: &b, Err: &b}
		if code := tool(a); code != ExitOK || !strings.HasPrefix(b.String(), "f      9 init.lua\n") {
			t.Errorf("exit code %d, %s", code, &b)
		}
	}
	if (&App{}).Tool("moonlet") != nil {
		t.Error("moonlet is a tool of the firmware")
	}
}
