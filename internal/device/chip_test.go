package device_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlet/internal/device"
	"moonlet/internal/flash"
	"moonlet/internal/num"
	"moonlet/internal/spiffs"
)

// onChip makes a module whose flash is in a chip.
func onChip(t testing.TB, chip *flash.Chip, lfsSize int) *module {
	t.Helper()
	return startConfig(t, device.Config{StateDir: t.TempDir(), Chip: chip, LFSSize: lfsSize})
}

func newChip(t testing.TB, size int) *flash.Chip {
	t.Helper()
	chip, err := flash.NewChip(size)
	if err != nil {
		t.Fatal(err)
	}
	return chip
}

// filesOf are the files in the file system of a chip, by name.
func filesOf(t testing.TB, chip *flash.Chip) map[string]string {
	t.Helper()
	_, region, err := device.Partitions(device.Config{Chip: chip})
	if err != nil {
		t.Fatal(err)
	}
	g, err := spiffs.Find(chip.Bytes(), int(region.Addr), int(region.Size))
	if err != nil {
		t.Fatal(err)
	}
	fs, err := spiffs.View(chip.Bytes(), g, spiffs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := fs.List()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, s := range list {
		// SPIFFS writes the header of a new file from its start to its end. Cut in the midst
		// of the name, it has erased bytes behind that: the firmware's own.
		if strings.Contains(s.Name, "\xFF") {
			continue
		}
		f, err := fs.Open(s.Name, spiffs.ReadOnly)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, s.Size)
		if _, err := f.Read(b); err != nil {
			b = []byte("unreadable: " + err.Error()) // a file that was never closed may be so
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		found[s.Name] = string(b)
	}
	return found
}

// TestChip boots a module from a new chip, which formats it, and from what that leaves:
// files, store and partition table are in the chip.
func TestChip(t *testing.T) {
	for _, size := range []int{flash.MinSize * 2, flash.DefaultSize, flash.MaxSize} {
		t.Run(fmt.Sprint(size>>10, "KB"), func(t *testing.T) {
			chip := newChip(t, size)
			m := onChip(t, chip, 0)
			m.runFor(500 * time.Millisecond)
			if got := m.printed(); !strings.Contains(got, "Formatting file system") {
				t.Errorf("a new chip: %q", got)
			}
			m.typed("file.putcontents('a.txt', ('line\\n'):rep(1000)) file.putcontents('b.txt', 'b')\n")
			m.typed("local f = file.open('c.txt', 'w') f:write('open') f:flush()\n")
			if got := m.answer("=node.info('hw').flash_size"); got != fmt.Sprint(size>>10, "\n> ") {
				t.Errorf("the size is %q", got)
			}
			m.typed("node.restart()\n")
			if got := m.answer("=#file.getcontents('a.txt'), file.getcontents('b.txt'), file.getcontents('c.txt')"); got != "5000\tb\topen\n> " {
				t.Errorf("after a restart %q", got)
			}
			closeModule(t, m)
			if got := filesOf(t, chip); len(got) != 3 || got["b.txt"] != "b" {
				t.Errorf("the chip has %v", got)
			}
			m = onChip(t, chip, 0)
			m.runFor(500 * time.Millisecond)
			if got := m.printed(); strings.Contains(got, "Formatting") {
				t.Errorf("a chip with a file system: %q", got)
			}
		})
	}
}

// TestChip_Store loads an image into the store of a chip, by the module and as flashing
// does.
func TestChip_Store(t *testing.T) {
	chip := newChip(t, flash.DefaultSize)
	image := makeImage(t, num.Int32Float32, "app", "return 'from the store'")
	m := onChip(t, chip, storeSize)
	m.boot()
	m.typed("f = file.open('lfs.img', 'w')\n")
	for at := 0; at < len(image); at += 60 {
		piece := image[at:min(at+60, len(image))]
		var b strings.Builder
		for _, c := range piece {
			fmt.Fprintf(&b, "\\%03d", c)
		}
		m.typed("f:write('" + b.String() + "')\n")
	}
	m.typed("f:close()\n")
	m.typed("node.LFS.reload('lfs.img')\n")
	if got := m.answer("=node.LFS.get('app')()"); got != "from the store\n> " {
		t.Errorf("the store says %q", got)
	}
	closeModule(t, m)
	m = onChip(t, chip, 0) // the table of the chip has the partition
	m.boot()
	if got := m.answer("=node.LFS.get('app')()"); got != "from the store\n> " {
		t.Errorf("after power-on the store says %q", got)
	}
}

// chipProgram replaces a file as applications do, by a new one and a new name, and lets
// garbage be collected on a small file system.
const chipProgram = `
local n = tonumber(file.getcontents("state")) or -1
local text = ("%d;"):format(n + 1):rep(300)
file.putcontents("new", text)
file.remove("data") file.rename("new", "data")
file.putcontents("new.state", tostring(n + 1))
file.remove("state") file.rename("new.state", "state")
done = true
`

// TestChip_PowerCut cuts the power before each word that is written and each sector that is
// erased, from the first boot on. The next start always mounts; files that nobody was
// writing are whole; one that is being replaced is there in full, under one of its names.
func TestChip_PowerCut(t *testing.T) {
	start := newChip(t, flash.MinSize*2)
	m := onChip(t, start, 0)
	m.boot()
	m.typed("file.putcontents('keep', ('precious '):rep(200)) file.putcontents('state', '0')\n")
	m.typed("file.putcontents('data', ('0;'):rep(300))\n")
	m.typed("f = file.open('app.lua', 'w')\n")
	for line := range strings.Lines(chipProgram) {
		m.typed("f:writeline[[" + strings.TrimSuffix(line, "\n") + "]]\n")
	}
	m.typed("f:close()\n")
	closeModule(t, m)
	prepared := bytes.Clone(start.Bytes())
	if got := filesOf(t, start)["app.lua"]; got != chipProgram {
		t.Fatalf("the program is %q", got)
	}
	for _, s := range []struct {
		name  string
		image []byte
		least int // operations
	}{{"first boot", nil, 100}, {"replacing a file", prepared, 100}} {
		t.Run(s.name, func(t *testing.T) {
			image := s.image
			ops := cutChip(t, image, -1)
			if ops < s.least {
				t.Fatalf("only %d operations", ops)
			}
			step := 1
			if testing.Short() {
				step = 97
			}
			cuts := 0
			for k := 0; k < ops && !t.Failed(); k += step {
				cutChip(t, image, k)
				cuts++
			}
			t.Logf("%d operations, %d cuts", ops, cuts)
		})
	}
}

// cutChip runs chipProgram on a copy of an image with a cut before operation k, and again
// without one. It returns the number of operations of the first run.
func cutChip(t *testing.T, image []byte, k int) (ops int) {
	t.Helper()
	chip := newChip(t, flash.MinSize*2)
	if image != nil {
		for at := 0; at < len(image); at += flash.SectorSize {
			if !flash.Blank(image[at : at+flash.SectorSize]) {
				chip.Write(at, image[at:at+flash.SectorSize])
			}
		}
	}
	dir := stateWith(t)
	cut := false
	m := startConfig(t, device.Config{StateDir: dir, Chip: chip, PowerCut: func(flash.Op) bool {
		ops++
		if ops-1 == k {
			cut = true
		}
		return ops-1 == k
	}})
	m.runFor(500 * time.Millisecond)
	if image != nil {
		m.typed("dofile('app.lua')\n")
	}
	first := ops
	m.printed()
	if k >= 0 && !cut && k < first {
		t.Errorf("no cut before operation %d", k)
	}
	if got := m.answer("=file.fsinfo() ~= nil"); !strings.Contains(got, "true") {
		t.Errorf("cut before operation %d: %q", k, got)
	}
	closeModule(t, m)
	found := filesOf(t, chip)
	if image != nil && found["keep"] != strings.Repeat("precious ", 200) {
		t.Errorf("cut before operation %d: the file that nobody touched has %d bytes", k, len(found["keep"]))
	}
	for name, text := range found { // what is new may not have been closed
		if strings.HasPrefix(text, "unreadable") && !strings.HasPrefix(name, "new") {
			t.Errorf("cut before operation %d: %s is %s", k, name, text)
		}
	}
	whole := func(text string) bool {
		first, _, _ := strings.Cut(text, ";")
		return text == strings.Repeat(first+";", 300)
	}
	if d, ok := found["data"]; image != nil && !whole(d) && (ok || !whole(found["new"])) {
		t.Errorf("cut before operation %d: the file that was replaced has %d bytes, %.20q…", k, len(d), d)
	}
	return first
}

// TestChip_Wear: an application that writes all the time wears its chip, which is told
// once.
func TestChip_Wear(t *testing.T) {
	m := onChip(t, newChip(t, flash.MinSize*2), 0)
	m.runFor(500 * time.Millisecond)
	m.typed("n = 0 tmr.create():alarm(100, 1, function() for i = 1, 16 do n = n + 1 node.startupcommand(('x'):rep(240) .. n) end end)\n")
	m.runFor(time.Minute)
	closeModule(t, m)
	var told []device.Event
	for _, e := range m.events {
		if e.Kind == device.FlashWear {
			told = append(told, e)
		}
	}
	if len(told) != 1 {
		t.Fatalf("%d warnings", len(told))
	}
	w := told[0].Wear
	if w.Offset != 0x10000 || w.Erases != 100 || w.Total != 100 || w.Left <= 0 || told[0].At == 0 ||
		!strings.Contains(told[0].Text, "at 0x010000 of its flash chip, the module's settings, too often: 100 times in ") || !strings.HasSuffix(told[0].Text, "hours; write less often, or less") {
		t.Errorf("%s\n%+v", told[0].Text, w)
	}
}
