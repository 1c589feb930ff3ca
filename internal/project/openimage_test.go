package project_test

import (
	"bytes"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/project"
	chips "moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/flashfs"
	"moonlet.example/moonlet/internal/storage/rcr"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

// writer is a project whose application writes a file at each start.
func writer(t *testing.T) string {
	t.Helper()
	m, err := makeChip(sample(t, "files = [\"*.lua\"]"), project.ChipOptions{})
	if err != nil {
		t.Fatal(err)
	}
	fs := flashfs.New(m.Chip, rcr.Find(rcr.DefaultPartitions(4<<20, 0), port.PartitionSPIFFS))
	f, err := fs.Open("init.lua", port.OpenWrite|port.OpenCreate|port.OpenTruncate)
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte("local n = (tonumber(file.getcontents'n' or '') or 0) + 1 file.putcontents('n', tostring(n)) print('start', n)"))
	f.Close()
	fs.Unmount()
	return imageFile(t, m.Chip.Bytes())
}

// TestOpenImage_Save: without Save the image stays as it is, with it all is kept.
func TestOpenImage_Save(t *testing.T) {
	path := writer(t)
	before, _ := os.ReadFile(path)
	for range 2 {
		if out, lost := runImage(t, path, false); !strings.Contains(out, "start\t1") || !lost {
			t.Errorf("lost: %v\n%s", lost, out)
		}
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the image was changed")
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("files %v", files)
	}
	for _, want := range []string{"start\t1", "start\t2"} {
		if out, lost := runImage(t, path, true); !strings.Contains(out, want) || lost {
			t.Errorf("lost: %v, want %q\n%s", lost, want, out)
		}
	}
	if _, err := os.Stat(path + ".state"); err == nil {
		t.Error("an empty directory is left")
	}
}

// TestOpenImage_Locked: a copy is taken of an image in use, which only one module can
// write to.
func TestOpenImage_Locked(t *testing.T) {
	path := writer(t)
	c, err := chips.OpenChip(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if out, _ := runImage(t, path, false); !strings.Contains(out, "start\t1") {
		t.Error(out)
	}
	p, err := project.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Save(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Upload(); err == nil || !strings.Contains(err.Error(), "is in use by process") {
		t.Error(err)
	}
}

// TestOpenImage_NeverStarted boots a chip with a firmware that was only flashed: the first
// boot makes its table, and the file module a file system.
func TestOpenImage_NeverStarted(t *testing.T) {
	b := bytes.Repeat([]byte{0xFF}, 4<<20)
	boot := bootImage()
	boot[3] = 0x40
	copy(b, boot)
	copy(b[0x10000:], program(0x10000))
	path := imageFile(t, b)
	if out, lost := runImage(t, path, true); !strings.Contains(out, "LFS: 0x10000 bytes total capacity") || !strings.Contains(out, "Formatting") || lost {
		t.Errorf("lost: %v\n%s", lost, out)
	}
	after, _ := os.ReadFile(path)
	page, err := rcr.Load(after[rcr.PageAddr:0x11000])
	if err != nil {
		t.Fatal(err)
	}
	if p := page.Partition(port.PartitionLFS); p != (port.FlashRegion{Addr: 0x7C000, Size: 0x10000}) || !bytes.Equal(after[0x11000:0x7B123], b[0x11000:0x7B123]) {
		t.Errorf("the store is %#v, or the program was changed", p)
	}
}

// TestOpenImage_Numbers: the store tells the numbers of the firmware.
func TestOpenImage_Numbers(t *testing.T) {
	dir := sample(t, sampleStore+"number = \"int64\"\n")
	if err := os.WriteFile(filepath.Join(dir, "lib", "greet.lua"), []byte("return 0x123456789AB, 0.1"), 0o666); err != nil {
		t.Fatal(err)
	}
	m, err := makeChip(dir, project.ChipOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if out, _ := runImage(t, imageFile(t, m.Chip.Bytes()), false); !strings.Contains(out, "init\t1250999896491") {
		t.Error(out)
	}
}

// TestOpenImage_Older starts from a chip whose firmware has no partition table: its files
// are found, and nothing can be kept.
func TestOpenImage_Older(t *testing.T) {
	disk, err := spiffs.Format(spiffs.NewMemory(512<<10), 0, 512<<10, spiffs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := disk.Open("init.lua", spiffs.Create|spiffs.WriteOnly)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("print('an old board', file.fscfg()) file.putcontents('x', 'y')")); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	chip := bytes.Repeat([]byte{0xFF}, 4<<20)
	copy(chip, bytes.Repeat([]byte("old firmware"), 50000))
	copy(chip, []byte{0xE9, 1, 2, 0}) // for 512 KB
	copy(chip[0xB0000:], disk.Image())
	path := imageFile(t, chip)
	p, err := project.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "older than NodeMCU 3") || !strings.Contains(p.Warnings[0], "0x0b0000") {
		t.Errorf("warnings %q", p.Warnings)
	}
	if err := p.Save(); err == nil || !strings.Contains(err.Error(), "over the firmware") {
		t.Errorf("--save: %v", err)
	}
	closeProject(t, p)
	out, lost := runImage(t, path, false)
	if !strings.Contains(out, "an old board\t720896\t524288") || lost {
		t.Errorf("%v\n%s", lost, out)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(after, chip) {
		t.Error("the image was changed")
	}
	if _, err := project.Open(imageFile(t, disk.Image()), nil); err == nil || !strings.Contains(err.Error(), "a file system without a flash chip") {
		t.Errorf("a file system alone: %v", err)
	}
}

func TestOpenImage_Refused(t *testing.T) {
	path := writer(t)
	good, _ := os.ReadFile(path)
	random := make([]byte, 1<<20)
	rand.New(rand.NewSource(1)).Read(random)
	change := func(f func(b []byte)) []byte {
		b := slices.Clone(good)
		f(b)
		return b
	}
	for _, c := range []struct {
		name  string
		data  []byte
		flags []project.Setting
		want  string
	}{
		{"empty", nil, nil, "512 KB, 1, 2, 4, 8 or 16 MB, and this file 0 bytes"},
		{"cut off", good[:len(good)-1], nil, "4194303 bytes"},
		{"too long", append(slices.Clone(good), 0), nil, "4194305 bytes"},
		{"3 MB", good[:3<<20], nil, "3145728 bytes"},
		{"half a megabyte", good[:512<<10], nil, "does not start on a chip of 512 KB"},
		{"erased", bytes.Repeat([]byte{0xFF}, 1<<20), nil, "the whole chip is erased"},
		{"zeros", make([]byte, 1<<20), nil, "no partition table"},
		{"random", random, nil, "no partition table"},
		{"no records", change(func(b []byte) { copy(b[rcr.PageAddr:0x11000], bytes.Repeat([]byte{0xFF}, 0x1000)) }), nil, "no partition table"},
		{"a table of a larger chip", good[:2<<20], nil, "does not start with this partition table"},
		{"a boot image for a smaller chip", change(func(b []byte) { b[0], b[1], b[3] = 0xE9, 1, 0x20 }), nil, "does not start with this partition table"},
		{"--flash", good, []project.Setting{{Flag: "flash", Value: "x"}}, "--flash: this does not go with"},
		{"--flash-size", good, []project.Setting{{Flag: "flash-size", Value: "4MB"}}, "--flash-size: "},
		{"--lfs", good, []project.Setting{{Flag: "lfs", Value: "4KB"}}, "--lfs: "},
		{"--file", good, []project.Setting{{Flag: "file", Value: "*"}}, "--file: "},
		{"a wrong flag", good, []project.Setting{{Flag: "heap", Value: "much"}}, "--heap: "},
	} {
		path := imageFile(t, c.data)
		if _, err := project.Open(path, c.flags); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(after, c.data) {
			t.Errorf("%s: the file was changed", c.name)
		}
		if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
			t.Errorf("%s: files %v", c.name, files)
		}
	}
	p, err := project.Open(sample(t, ""), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Save(); err == nil || !strings.Contains(err.Error(), "--save: this goes with the image") {
		t.Error(err)
	}
}

// TestVisible_Chips: the image of a chip that lies in a project does not go to flash, nor
// what is beside it.
func TestVisible_Chips(t *testing.T) {
	dir := sample(t, "")
	good, _ := os.ReadFile(writer(t))
	for name, data := range map[string][]byte{"module.bin": good, "module.bin.wear": nil, "module.bin.uploaded.json": nil,
		"other.bin": make([]byte, 1<<10), "other.bin.wear": nil} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	p, err := project.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var names []string
	for _, s := range p.Sources {
		names = append(names, s.Name)
	}
	if got := strings.Join(names, " "); got != "data.txt init.lua other.bin other.bin.wear" {
		t.Errorf("files %q", got)
	}
}
