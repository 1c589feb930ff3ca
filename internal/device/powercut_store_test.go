package device_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/lfs"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/rcr"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

// storeScenario is what is in a store when another image is loaded.
type storeScenario struct {
	name string
	old  bool
}

func storeScenarios() []storeScenario {
	return []storeScenario{{"into an empty store", false}, {"over an old image", true}}
}

// storeImages are the images of the tests: their modules tell which one it is.
func storeImages(t testing.TB) (oldImage, newImage []byte) {
	t.Helper()
	return makeImage(t, num.Int32Float32, "app", "return 'old'", "more", strings.Repeat("print'x'\n", 300)),
		makeImage(t, num.Int32Float32, "app", "return 'new'")
}

// TestStore_PowerCut cuts the power before each operation of the flash chip while an
// image is loaded. Whenever it happens, the next start is clean, the store is empty
// or whole, no file is lost, and the image can be loaded again.
func TestStore_PowerCut(t *testing.T) {
	oldImage, newImage := storeImages(t)
	step := 1
	if testing.Short() {
		step = 53
	}
	for _, s := range storeScenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			base := t.TempDir()
			put(t, base, "old.img", oldImage)
			put(t, base, "new.img", newImage)
			put(t, base, "data.txt", []byte("precious"))
			if s.old {
				m := storeModule(t, base, storeSize, nil)
				m.boot()
				m.typed("node.LFS.reload'old.img'\n")
				closeModule(t, m)
			}
			ops := 0
			whole := cutAt(t, base, func(flash.Op) bool { ops++; return false })
			if whole != "new" {
				t.Fatalf("without a cut the store has %q", whole)
			}
			count := map[string]int{}
			for k := 0; k < ops; k += step {
				n := 0
				count[cutAt(t, base, func(flash.Op) bool { n++; return n-1 == k })]++
				if t.Failed() {
					t.Fatalf("at operation %d of %d", k, ops)
				}
			}
			t.Logf("%d operations, the power cut before each: the store was %v", ops, count)
		})
	}
}

// cutAt loads an image in a copy of a state directory, lets the power be cut, and
// tells what is in the store afterwards.
func cutAt(t *testing.T, base string, cut func(flash.Op) bool) (found string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(base)); err != nil {
		t.Fatal(err)
	}
	m := storeModule(t, dir, storeSize, cut)
	m.runFor(200 * time.Millisecond)
	m.Feed([]byte("node.LFS.reload'new.img'\n"))
	m.runFor(5 * time.Second)
	m.printed()
	found = inStore(t, m)
	closeModule(t, m)
	// A computer that is switched off and on again finds the same.
	m = storeModule(t, dir, storeSize, nil)
	defer closeModule(t, m)
	m.runFor(200 * time.Millisecond)
	if out := m.printed(); strings.Contains(out, "corrupted") {
		t.Errorf("the second start reports it again: %q", out)
	}
	if again := inStore(t, m); again != found {
		t.Errorf("the store was %q, and after power-on %q", found, again)
	}
	if got := quick(m, "=file.getcontents'data.txt', file.stat'old.img'.size, file.stat'new.img'.size\n"); !strings.HasPrefix(got, "precious\t") {
		t.Errorf("files: %q", got)
	}
	quick(m, "node.LFS.reload'new.img'\n")
	if got := inStore(t, m); got != "new" {
		t.Errorf("loaded again, the store has %q", got)
	}
	return found
}

func quick(m *module, line string) string {
	m.Feed([]byte(line))
	m.runFor(3 * time.Second)
	return strings.TrimPrefix(m.printed(), line)
}

// inStore tells what the module app returns.
func inStore(t *testing.T, m *module) string {
	t.Helper()
	got := quick(m, "=node.LFS.app and node.LFS.app() or 'empty'\n")
	word, rest, _ := strings.Cut(got, "\n")
	if rest != "> " || word != "old" && word != "new" && word != "empty" {
		t.Errorf("the console answers %q", got)
	}
	return word
}

// TestChip_PowerCutStore is TestStore_PowerCut with a store on the chip, and a file system
// there: the chip has an empty store, the old one or the new one, word by word as the
// module writes it, and Lua finds the same.
func TestChip_PowerCutStore(t *testing.T) {
	oldImage, newImage := storeImages(t)
	store := port.FlashRegion{Addr: rcr.ProgramEnd, Size: 16 << 10}
	files := port.FlashRegion{Addr: 0xC0000, Size: 64 << 10}
	for _, s := range storeScenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			image := chipImage(t, tableOf(store, files), func(fs *spiffs.FS) {
				putFile(t, fs, "data.txt", strings.Repeat("precious ", 100))
				putFile(t, fs, "new.img", string(newImage))
				putFile(t, fs, "old.img", string(oldImage))
			})
			if s.old {
				image = loaded(t, image, "old.img")
			}
			p := &powerCut{image: image, typed: "node.LFS.reload'new.img'\n"}
			found := map[string]int{}
			p.check = func(c *afterCut) {
				got := c.store(store, oldImage, newImage)
				if found[got]++; !c.was && got != "new" {
					c.bad("without a cut the store is %s", got)
				}
			}
			p.then = func(c *afterCut) {
				quick(c.m, "node.LFS.reload'new.img'\n")
				if got := c.store(store, oldImage, newImage); got != "new" {
					c.bad("loaded again, the store is %s", got)
				}
			}
			tally := p.run(t, 400)
			t.Logf("the store was %v", found)
			// The module deletes the request before it loads, so a load that was cut off is not
			// tried again: the new one is there without a cut, or if the power goes before that.
			if found["new"] > 2 {
				t.Errorf("the store was %v: it is loaded again", found)
			}
			if s.old && found["old"] == 0 || found["new"] == 0 || found["empty"] == 0 || !s.old && len(tally.own) > 0 {
				t.Errorf("the store was %v; the firmware's own: %v", found, tally.own)
			}
		})
	}
}

// loaded is an image after its module has loaded a file into the store.
func loaded(t testing.TB, image []byte, name string) []byte {
	t.Helper()
	chip := chipOf(t, image)
	m := onChip(t, chip, 0)
	m.boot()
	m.typed("node.LFS.reload'" + name + "'\n")
	closeModule(t, m)
	return bytes.Clone(chip.Bytes())
}

// store tells which store the chip has, and holds that it is whole and that Lua runs it.
func (c *afterCut) store(region port.FlashRegion, oldImage, newImage []byte) string {
	c.t.Helper()
	got := c.chip.Bytes()[region.Addr : region.Addr+region.Size]
	found := "empty"
	switch {
	case flash.Blank(got):
	case erasedInPart(got, c.p.image[region.Addr:]):
		// Sectors are erased from the first one on. With the signature erased the store is
		// empty for Lua, whatever follows, and the next load erases that first.
		c.own("sectors of the old store are left behind an erased signature")
	case storeIs(c.t, got, oldImage, region):
		found = "old"
	case storeIs(c.t, got, newImage, region):
		found = "new"
	default:
		c.bad("the store is neither empty nor one of the two: %x", got[:64])
	}
	want := map[string]string{"empty": "nil\tnil\n", "old": "app more\told\n", "new": "app\tnew\n"}[found] + "> "
	const line = "l = node.LFS.list() f = node.LFS.get'app' print(l and table.concat(l, ' '), f and f())\n"
	if said := quick(c.m, line); said != want {
		c.bad("with the store %s Lua says %q", found, said)
	}
	return found
}

// erasedInPart tells whether the first sectors are erased and the others are as before.
func erasedInPart(got, before []byte) bool {
	for n := flash.SectorSize; n < len(got); n += flash.SectorSize {
		if flash.Blank(got[:n]) && bytes.Equal(got[n:], before[n:len(got)]) {
			return true
		}
	}
	return false
}

// storeIs tells whether a region has the words of an image and nothing else.
func storeIs(t testing.TB, got, image []byte, region port.FlashRegion) bool {
	t.Helper()
	f, err := chunk.Decode(image)
	if err != nil {
		t.Fatal(err)
	}
	r := lfs.Build(f.Model, f.Image, rcr.Window+region.Addr)
	return bytes.HasPrefix(got, r.Data) && flash.Blank(got[len(r.Data):])
}
