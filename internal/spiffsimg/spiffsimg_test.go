package spiffsimg_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/spiffsimg"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

// run calls the tool, and gives its exit code and what it wrote.
func run(in string, args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	c := spiffsimg.Command{In: strings.NewReader(in), Out: &o, Err: &e}
	code = c.Main(args)
	return code, o.String(), e.String()
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestScript(t *testing.T) {
	dir := t.TempDir()
	image, back := filepath.Join(dir, "i.bin"), filepath.Join(dir, "back")
	src := write(t, filepath.Join(dir, "src"), "print(1)\n")
	script := write(t, filepath.Join(dir, "script"), strings.ReplaceAll(`
# comment
import SRC init.lua
  import SRC   www/a  more
ls
info
import SRC
bogus
rm nothing
cat www/a
cat nothing
rm www/a
export init.lua `+back+`
ls`, "SRC", src))
	code, out, errs := run("", "-f", image, "-c", "0x40000", "-r", script)
	wantOut := "f      9 init.lua\nf      9 www/a\nTotal: 233681, Used: 1004\nSYNTAX ERROR: bogus\nprint(1)\nf      9 init.lua\n"
	wantErr := "SYNTAX ERROR: import " + src + "\nFAILED: rm nothing\nFAILED: cat nothing\n"
	if code != 1 || out != wantOut || errs != wantErr {
		t.Errorf("exit code %d\n%s\n%s", code, out, errs)
	}
	if b, err := os.ReadFile(back); err != nil || string(b) != "print(1)\n" {
		t.Errorf("%v, %q", err, b)
	}
	// The image is written all the same, and is what the firmware mounts.
	data, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	g, err := spiffs.Find(data, 0, len(data))
	if err != nil || g.Size != 256<<10 {
		t.Errorf("%v, %v", g, err)
	}
	if code, out, errs := run("", "-lf", image); code != 0 || out != "f      9 init.lua\n" || errs != "" {
		t.Errorf("exit code %d, %s%s", code, out, errs)
	}
	if code, out, _ := run("ls\n\nrm init.lua\nls", "-i", "-f", image); code != 0 || out != "> f      9 init.lua\n> > > \n" {
		t.Errorf("exit code %d, %q", code, out)
	}
	if code, out, _ := run("", "-i", "-f", filepath.Join(dir, "new"), "-c262144"); code != 0 || out != "Created filesystem -- size 0x40000, block_size=8192\n> \n" {
		t.Errorf("exit code %d, %q", code, out)
	}
}

// Where a file system goes: the values are those of the firmware's own tool.
func TestPlace(t *testing.T) {
	for _, c := range []struct {
		args           string
		name, location string
		size           int64
	}{
		{"-S 4MB -U 0x81234 -f i-%x", "i-90000", "0x90000", 0x36a000},
		{"-S 32m -U 600000 -f %06X.bin", "0A0000.bin", "0xa0000", 0x35a000},
		{"-S 512KB -U 400000 -f %d-%%", "401408-%", "0x62000", 0x18000},
		{"-c 100000 -f plain", "plain", "0x0", 0x18000},
		{"-c 100000 -U 8192 -f at%u", "at8192", "0x2000", 0x18000},
	} {
		dir := t.TempDir()
		args := append(strings.Fields(c.args), "-o", filepath.Join(dir, "location"))
		for i := range args {
			if i > 0 && args[i-1] == "-f" {
				args[i] = filepath.Join(dir, args[i])
			}
		}
		if code, _, errs := run("", args...); code != 0 {
			t.Errorf("%s: %s", c.args, errs)
			continue
		}
		info, err := os.Stat(filepath.Join(dir, c.name))
		if err != nil || info.Size() != c.size {
			t.Errorf("%s: %v, %v", c.args, err, info)
		}
		if b, _ := os.ReadFile(filepath.Join(dir, "location")); string(b) != c.location {
			t.Errorf("%s: %q", c.args, b)
		}
	}
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	image := filepath.Join(dir, "i.bin")
	for _, c := range []struct{ args, want string }{
		{"", "Syntax: spiffsimg -f"},
		{"-z", "unknown option"},
		{"-l", "Need a filename"},
		{"-f i -U 5", "Missing flashSize or Used"},
		{"-f i -S 512KB -U 600000", "Not enough space"},
		{"-f i%x -c 65536", "Unable to calculate where to put the flash image"},
		{"-f i%s -c 65536 -U 65536", "cannot be filled in"},
		{"-f i% -c 65536 -U 65536", "cannot be filled in"},
		{"-f i -c 8192", "disk not large enough for four blocks"},
		{"-f i -c 99999999", "no chip is larger"},
		{"-f i -c many", "want a number of bytes"},
		{"-f i -S 4GB -U 1", "want a size in bits"},
		{"-f i -S 4096m -U 1", "no chip is larger"},
		{"-f i -c -0", "Missing flashSize or Used"},
		{"-f i -c 1e5", "want a number of bytes"},
		{"-f i -c NaN", "want a number of bytes"},
		{"-f i -c 0x80000000", "want a number of bytes"},
		{"-f i -c 65536 -U -4096", "want a number of bytes"},
		{"-f i -c 65536 -U 99999999999999999999", "want a number of bytes"},
		{"-f i -S 2147483647MB -U 1", "no chip is larger"},
		{"-f i -S 2147483648 -U 1", "want a size in bits"},
		{"-f nowhere -l", "no such file"},
		{"-f nowhere -c 65536 -r nowhere/script", "nowhere"},
	} {
		args := strings.Fields(c.args)
		for i := range args {
			if i > 0 && args[i-1] == "-f" {
				args[i] = filepath.Join(dir, args[i])
			}
		}
		if code, _, errs := run("", args...); code != 1 || !strings.Contains(errs, c.want) {
			t.Errorf("%s: exit code %d, %q, want %q", c.args, code, errs, c.want)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%v", left)
	}
	for name, text := range map[string]string{"file size not multiple": "x", "spiffs_mount": strings.Repeat("\xFF", 65536)} {
		write(t, image, text)
		if code, _, errs := run("", "-f", image, "-l"); code != 1 || !strings.Contains(errs, name) {
			t.Errorf("exit code %d, %q", code, errs)
		}
	}
}

// A script that never ends in a line, and a file that is larger than any chip.
func TestRefused_Endless(t *testing.T) {
	dir := t.TempDir()
	image := filepath.Join(dir, "i.bin")
	if code, _, errs := run(strings.Repeat("#", 1<<20), "-i", "-f", image, "-c", "65536"); code != 1 || !strings.Contains(errs, "a line of the script has more than 65536 bytes") {
		t.Errorf("exit code %d, %q", code, errs)
	}
	hole := write(t, filepath.Join(dir, "hole"), "")
	if err := os.Truncate(hole, 3<<30); err != nil {
		t.Skip(err)
	}
	if code, _, errs := run("import "+hole+" x\n", "-i", "-f", image, "-c", "65536"); code != 1 || !strings.Contains(errs, "more bytes than any flash chip") {
		t.Errorf("exit code %d, %q", code, errs)
	}
}

// What makes the tool give up leaves the old image, or none with -d.
func TestGivingUp(t *testing.T) {
	dir := t.TempDir()
	image, place := filepath.Join(dir, "i.bin"), filepath.Join(dir, "place")
	src := write(t, filepath.Join(dir, "src"), strings.Repeat("x", 70000))
	script := write(t, filepath.Join(dir, "script"), "import "+src+" a\n")
	write(t, image, "old")
	write(t, place, "old")
	if code, _, errs := run("", "-f", image, "-c", "65536", "-o", place, "-r", script); code != 1 || !strings.Contains(errs, "spiffs_write: a: ") {
		t.Errorf("exit code %d, %s", code, errs)
	}
	for _, p := range []string{image, place} {
		if b, _ := os.ReadFile(p); string(b) != "old" {
			t.Errorf("%s: %q", p, b)
		}
	}
	if code, _, _ := run("", "-d", "-f", image, "-c", "65536", "-o", place, "-r", script); code != 1 {
		t.Errorf("exit code %d", code)
	}
	for _, p := range []string{image, place} {
		if _, err := os.Stat(p); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", p, err)
		}
	}
	// An image in use is not changed.
	run("", "-f", image, "-c", "262144")
	before, _ := os.ReadFile(image)
	busy := errors.New("busy")
	var e bytes.Buffer
	c := spiffsimg.Command{In: strings.NewReader("import " + src + " a"), Out: &e, Err: &e, CheckFree: func(string) error { return busy }}
	if code := c.Main([]string{"-if", image}); code != 1 || !strings.Contains(e.String(), "busy") {
		t.Errorf("exit code %d, %s", code, &e)
	}
	if after, _ := os.ReadFile(image); !bytes.Equal(before, after) {
		t.Error("the image was changed")
	}
}
