package device_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

// onChip makes a module whose flash is in a chip.
func onChip(t testing.TB, chip *flash.Chip, lfsSize int) *module {
	t.Helper()
	return startConfig(t, device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: t.TempDir(), Chip: chip, LFSSize: lfsSize})
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
	_, region, err := storage.Partitions(storage.New(storage.Options{Chip: chip}))
	if err != nil {
		t.Fatal(err)
	}
	files, broken := filesIn(t, chip.Bytes(), region)
	if len(broken) > 0 {
		t.Errorf("files that cannot be read: %q", broken)
	}
	return files
}

// filesIn are the files in a region of an image, by name, and the names of those that
// cannot be read.
func filesIn(t testing.TB, image []byte, region port.FlashRegion) (files map[string]string, broken []string) {
	t.Helper()
	files = map[string]string{}
	g, err := spiffs.Find(image, int(region.Addr), int(region.Size))
	if err != nil {
		return files, nil
	}
	fs, err := spiffs.View(image, g, spiffs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := fs.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		b, err := fs.ReadFile(s.Name)
		if err != nil || strings.Contains(s.Name, "\xFF") {
			broken = append(broken, s.Name)
			continue
		}
		files[s.Name] = string(b)
	}
	return files, broken
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
