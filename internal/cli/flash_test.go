package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/lfs"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/rcr"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

// flashSample makes the image of a chip with a partition table and a store.
func flashSample(t *testing.T, modules int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "module.bin")
	c, err := flash.OpenChip(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	page, err := rcr.In(c.Part(rcr.PageAddr, rcr.PageSize))
	if err != nil {
		t.Fatal(err)
	}
	page.WriteTable(rcr.DefaultPartitions(flash.DefaultSize, 0x20000))
	f, err := chunk.Decode(chunk.EncodeImage(lfsModel, lfsSample(modules), "=(luac.cross)", 0))
	if err != nil {
		t.Fatal(err)
	}
	c.Write(rcr.ProgramEnd, lfs.Build(f.Model, f.Image, 0x40200000+rcr.ProgramEnd).Data)
	for range 50 {
		c.Erase(0x200000)
	}
	c.Erase(0x201000)
	c.Ran(time.Hour)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFlashInspect(t *testing.T) {
	image := flashSample(t, 3)
	code, out, message := runFlash("inspect", image)
	if code != ExitOK || message != "" {
		t.Fatalf("exit code %d, %s", code, message)
	}
	for _, want := range []string{": a flash chip of 4 MB, 2 of 1024 sectors in use\n", "  lfs         3 modules, int32/float32\n", "  module0, module1, module2\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	code, out, _ = runFlash("inspect", image, "--json")
	var doc struct {
		Bytes   int
		Regions []struct{ Kind string }
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != ExitOK || doc.Bytes != 4<<20 || doc.Regions[len(doc.Regions)-1].Kind != "parameters" {
		t.Errorf("%v, exit code %d, %+v", err, code, doc)
	}
	data, _ := os.ReadFile(image)
	data[rcr.ProgramEnd+300]--
	if code, out, message := runFlash("inspect", lfsFile(t, "damaged.bin", data)); code != ExitGuest || message != "" || !strings.Contains(out, "  problem: the Lua Flash Store at 0x090000: ") {
		t.Errorf("exit code %d, %s in\n%s", code, message, out)
	}
}

func TestFlash_Refused(t *testing.T) {
	image := flashSample(t, 1)
	data, _ := os.ReadFile(image)
	short := lfsFile(t, "short.bin", data[:1<<20-1])
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "which subcommand"},
		{[]string{"inspect"}, "the image of a flash chip is missing"},
		{[]string{"inspect", image, "x"}, "too much"},
		{[]string{"inspect", short}, "cut off"},
		{[]string{"inspect", t.TempDir()}, "is a directory"},
		{[]string{"inspect", "nowhere.bin"}, "there is no such file"},
		{[]string{"diff", image}, "two images are wanted"},
		{[]string{"diff", image, short}, "cut off"},
		{[]string{"extract", short}, "cut off"},
		{[]string{"extract", image, "spiffs"}, `no region "spiffs" with something in it; there are records, lfs`},
		{[]string{"wear", short}, "cut off"},
		{[]string{"wear", image, "--top", "0"}, "--top"},
		{[]string{"destroy"}, "unknown command"},
	} {
		code, _, message := runFlash(c.args...)
		if code != ExitUsage || !strings.Contains(message, c.want) {
			t.Errorf("%v: exit code %d, %q, want %q", c.args, code, message, c.want)
		}
	}
}

func TestFlashDiff(t *testing.T) {
	a, b := flashSample(t, 2), flashSample(t, 3)
	if code, out, _ := runFlash("diff", a, a); code != ExitOK || !strings.HasSuffix(out, " are the same\n") {
		t.Errorf("exit code %d, %s", code, out)
	}
	if code, out, _ := runFlash("diff", a, b); code != ExitGuest || !strings.Contains(out, "  module module2 added\n") {
		t.Errorf("exit code %d, %s", code, out)
	}
	code, out, _ := runFlash("diff", a, b, "--json")
	if code != ExitGuest || !json.Valid([]byte(out)) {
		t.Errorf("exit code %d, %s", code, out)
	}
}

func TestFlashExtract(t *testing.T) {
	image := flashSample(t, 2)
	before, _ := os.ReadFile(image)
	dir := filepath.Join(t.TempDir(), "parts")
	code, out, message := runFlash("extract", image, "-o", dir)
	if code != ExitOK || !strings.Contains(out, "0x010000   4096  "+filepath.Join(dir, "records.bin")) {
		t.Fatalf("exit code %d, %s%s", code, out, message)
	}
	records, _ := os.ReadFile(filepath.Join(dir, "records.bin"))
	if !bytes.Equal(records, before[rcr.PageAddr:rcr.PageAddr+rcr.PageSize]) {
		t.Error("the records are others")
	}
	if code, out, _ := runLFS(filepath.Join(dir, "lfs.img")); code != ExitOK || !strings.Contains(out, "module1") {
		t.Errorf("the store: exit code %d, %s", code, out)
	}
	os.WriteFile(filepath.Join(dir, "lfs.img"), []byte("mine"), 0o666)
	os.Remove(filepath.Join(dir, "records.bin"))
	if code, _, message := runFlash("extract", image, "-o", dir); code != ExitUsage || !strings.Contains(message, "exists: give --force") {
		t.Errorf("exit code %d, %s", code, message)
	}
	if _, err := os.Stat(filepath.Join(dir, "records.bin")); err == nil {
		t.Error("a file was written beside one that is in the way")
	}
	code, out, _ = runFlash("extract", image, "lfs", "-o", dir, "--force", "--json")
	var list []struct {
		Kind, Name string
		Address    int
		Bytes      int
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil || code != ExitOK || len(list) != 1 || list[0].Address != rcr.ProgramEnd {
		t.Errorf("%v, exit code %d, %s", err, code, out)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "lfs.img")); len(b) != list[0].Bytes || string(b) == "mine" {
		t.Errorf("%d bytes", len(b))
	}
	// An image that is called like a part is not replaced even so.
	self := filepath.Join(dir, "records.bin")
	os.WriteFile(self, before, 0o666)
	if code, _, message := runFlash("extract", self, "-o", dir, "--force"); code != ExitUsage || !strings.Contains(message, "is what is read itself") {
		t.Errorf("exit code %d, %s", code, message)
	}
	if after, _ := os.ReadFile(self); !bytes.Equal(before, after) {
		t.Error("the image was changed")
	}
}

func TestFlashWear(t *testing.T) {
	image := flashSample(t, 1)
	code, out, message := runFlash("wear", image)
	if code != ExitOK || message != "" {
		t.Fatalf("exit code %d, %s", code, message)
	}
	for _, want := range []string{": 51 erases in 2 sectors, while the module was switched on for 1h0m0s\n",
		"ADDRESS   REGION  ERASES  OF 100000  LASTS\n0x200000  spiffs      50      0.05%  83 days\n0x201000  spiffs       1      0.00%\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if _, out, _ := runFlash("wear", image, "--top", "1"); !strings.HasSuffix(out, "83 days\nand 1 more\n\nWarning: the sector at 0x200000 lasts less than a year if it goes on like that.\n") {
		t.Error(out)
	}
	code, out, _ = runFlash("wear", image, "--json")
	if code != ExitOK || !strings.Contains(out, `"seconds": 7196400`) || !strings.Contains(out, `"warning": "the sector at 0x200000`) || !json.Valid([]byte(out)) {
		t.Errorf("exit code %d, %s", code, out)
	}
	os.WriteFile(image+".wear", []byte("nonsense"), 0o666)
	if code, _, message := runFlash("wear", image); code != ExitUsage || !strings.Contains(message, "damaged") {
		t.Errorf("exit code %d, %s", code, message)
	}
	os.Remove(image + ".wear")
	if code, out, _ := runFlash("wear", image); code != ExitOK || !strings.Contains(out, "nobody has counted") {
		t.Errorf("exit code %d, %s", code, out)
	}
}

// TestFlashInspect_Older is about a chip of a firmware that has no partition table: its
// file system is found by its magic numbers.
func TestFlashInspect_Older(t *testing.T) {
	disk, err := spiffs.Format(spiffs.NewMemory(512<<10), 0, 512<<10, spiffs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := putFile(disk, "init.lua", []byte("print(1)")); err != nil {
		t.Fatal(err)
	}
	chip := bytes.Repeat([]byte{0xFF}, 4<<20)
	copy(chip, bytes.Repeat([]byte("old firmware"), 60000))
	copy(chip[0xB0000:], disk.Image())
	path := filepath.Join(t.TempDir(), "old.bin")
	if err := os.WriteFile(path, chip, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ := runFlash("inspect", path)
	if code != 1 || !strings.Contains(out, "  0x0b0000  0x130000    524288 ") || !strings.Contains(out, "  init.lua\n") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}
