package device_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/rcr"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

// tableChange is a change of the partition table by the application.
type tableChange struct {
	name       string
	settings   string // of node.setpartitiontable
	lfs, files port.FlashRegion
	formats    bool // the next boot finds no file system where the table says
	store      bool // the store stays
}

// The partitions before a change.
func tableBefore() (lfs, files port.FlashRegion) {
	return port.FlashRegion{Addr: 0x90000, Size: 0x8000}, port.FlashRegion{Addr: 0xC0000, Size: 0x10000}
}

func tableChanges() []tableChange {
	lfs, files := tableBefore()
	at := func(addr, size uint32) port.FlashRegion { return port.FlashRegion{Addr: addr, Size: size} }
	return []tableChange{
		{"a larger store", "lfs_size=0x10000", at(0x90000, 0x10000), files, false, true},
		{"another place for the store", "lfs_addr=0x98000, lfs_size=0x10000", at(0x98000, 0x10000), files, false, false},
		{"another place for the files", "spiffs_addr=0xE0000, spiffs_size=0x10000", lfs, at(0xE0000, 0x10000), true, true},
		{"more room for the files", "spiffs_addr=0xC0000, spiffs_size=0x20000", lfs, at(0xC0000, 0x20000), false, true},
		{"less room for the files", "spiffs_addr=0xC0000, spiffs_size=0x8000", lfs, at(0xC0000, 0x8000), true, true},
	}
}

// TestChip_PowerCutTable cuts the power while the partition table is changed, and in the
// boot behind it, which formats a file system that has moved or has less room. The table is
// the old one or the new one. With the old one all is as before. With the new one files and
// store are where it says, and stay if that is where they were.
func TestChip_PowerCutTable(t *testing.T) {
	for _, change := range tableChanges() {
		for _, full := range []bool{false, true} {
			name := change.name
			if full {
				name += ", on a full page"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				tc := newTableCut(t, change, full)
				tally := tc.p.run(t, 20)
				t.Logf("the table was %v", tc.found)
				rewritten := tally.own[noTable]+tally.own[tornTable] > 0
				if rewritten != full || tc.found["old"] == 0 || tc.found["new"] == 0 {
					t.Errorf("the table was %v; the firmware's own: %v", tc.found, tally.own)
				}
			})
		}
	}
}

// What the firmware leaves when it rewrites a page of records that is full: it erases the
// page and writes all that counts from memory, the table last. Nothing is anywhere else
// meanwhile. A board stops at its next start, in user_pre_init (app/user/user_main.c), for
// good: without a table it is not registered with the SDK, and it is an assumption that the
// SDK refuses one that is cut off. Moonlet starts without a file system if it is the same
// program that cut the power, and else refuses the chip and leaves it as it is.
const (
	noTable   = "no partition table is left: a board does not start any more"
	tornTable = "the partition table is cut off: a board does not start any more"
)

// tableCut is the scenario of a change.
type tableCut struct {
	p       *powerCut
	change  tableChange
	full    bool // the page has no room for another table
	before  []rcr.Partition
	after   []rcr.Partition
	records []rcr.Record // others than the table, before
	found   map[string]int
}

func newTableCut(t *testing.T, change tableChange, full bool) *tableCut {
	t.Helper()
	lfs, files := tableBefore()
	oldImage, newImage := storeImages(t)
	tc := &tableCut{change: change, full: full, before: tableOf(lfs, files), after: tableOf(change.lfs, change.files), found: map[string]int{}}
	made := chipImage(t, tc.before, func(fs *spiffs.FS) {
		putFile(t, fs, "keep", strings.Repeat("precious ", 200))
		putFile(t, fs, "data", number(0))
		putFile(t, fs, "old.img", string(oldImage))
	})
	chip := chipOf(t, loaded(t, made, "old.img"))
	page := pageOf(t, chip)
	page.Write(port.RecordPhyData, nil)
	page.Write(port.RecordStartup, binary.LittleEndian.AppendUint32(nil, port.StartupCPUMax))
	page.Write(port.RecordInit, []byte("print'started'\x00"))
	if full {
		fillPage(page, len(rcr.EncodeTable(tc.after)))
	}
	tc.records = others(page)
	step := cutStep{}
	if change.formats {
		step.remove = []string{"keep", "data", "old.img"}
	}
	tc.p = &powerCut{
		image: bytes.Clone(chip.Bytes()), typed: "node.setpartitiontable{" + change.settings + "}\n", takes: 6 * time.Second,
		steps: []cutStep{step}, progress: tc.progress, lost: tc.lost, then: tc.then,
		check: func(c *afterCut) { tc.check(c, oldImage, newImage) },
	}
	return tc
}

func pageOf(t testing.TB, chip *flash.Chip) *rcr.Page {
	t.Helper()
	page, err := rcr.In(chip.Part(rcr.PageAddr, rcr.PageSize))
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// room is how many bytes a record can have without the page being rewritten.
func room(page *rcr.Page) int {
	end := 0
	for _, r := range page.Records() {
		end = r.Offset + 4 + len(r.Body)
	}
	return rcr.PageSize - end - 4 - 4 // the header, and the word that stays unused
}

// fillPage leaves no room for a record of that many bytes.
func fillPage(page *rcr.Page, bytes int) {
	for i := 0; room(page) >= bytes; i++ {
		if room(page) > 100 {
			page.Write(port.RecordInit, fmt.Appendf(nil, "print'started'--%d\x00", i%10))
		} else {
			page.Write(port.RecordStartup, binary.LittleEndian.AppendUint32(nil, uint32(i%2)*port.StartupCPUMax))
		}
	}
}

// others are the records of a page that count, without the table.
func others(page *rcr.Page) []rcr.Record {
	return slices.DeleteFunc(page.Records(), func(r rcr.Record) bool { return r.Deleted() || r.ID == port.RecordPartitions })
}

func (tc *tableCut) progress(c *afterCut) int {
	if table, _ := pageOf(c.t, c.chip).Table(); slices.Equal(table, tc.after) {
		return 1
	}
	return 0
}

// lost looks for the table. Where there is none, or not all of it, the page must have been
// erased to be rewritten, and Moonlet goes on nevertheless: it has a prompt.
func (tc *tableCut) lost(c *afterCut) bool {
	page := pageOf(c.t, c.chip)
	table, ok := page.Table()
	switch {
	case slices.Equal(table, tc.before):
		tc.found["old"]++
		return false
	case slices.Equal(table, tc.after):
		tc.found["new"]++
		return false
	case !tc.full || c.op.Offset/rcr.PageSize != rcr.PageAddr/rcr.PageSize:
		c.bad("the page of records is not being rewritten, and the table is %v", table)
		return true
	case ok:
		tc.found["torn"]++
		c.own(tornTable)
	default:
		tc.found["lost"]++
		c.own(noTable)
	}
	for i, r := range others(page) { // in order, the last one in part
		if i >= len(tc.records) || r.ID != tc.records[i].ID {
			c.bad("record %d is %v", i, r)
		}
	}
	c.promptsWithout(ok)
	c.refused()
	return true
}

// refused holds that the next start says why it is none, and changes nothing.
func (c *afterCut) refused() {
	c.t.Helper()
	chip := chipOf(c.t, c.chip.Bytes())
	d, err := device.New(device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: c.t.TempDir(), Chip: chip})
	if err == nil {
		d.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "partition table") || !bytes.Equal(chip.Bytes(), c.chip.Bytes()) {
		c.bad("a start without a whole table: %v", err)
	}
}

// promptsWithout is prompts where there is no whole table, but perhaps a part of one.
func (c *afterCut) promptsWithout(part bool) {
	c.t.Helper()
	c.m.events = slices.DeleteFunc(c.m.events, func(e device.Event) bool {
		return part && strings.HasPrefix(e.Text, "the LFS partition at 0x") // what is said of such a table
	})
	c.prompts()
}

// check holds that files and store are what the table says.
func (tc *tableCut) check(c *afterCut, oldImage, newImage []byte) {
	changed := c.done == 1
	if got := others(pageOf(c.t, c.chip)); !sameRecords(got, tc.records) {
		c.bad("other records than before: %v", got)
	}
	lfs, files := tableBefore()
	region, store := lfs, "old"
	if changed {
		region = tc.change.lfs
		if !tc.change.store {
			store = "empty"
		}
	}
	if got := c.store(region, oldImage, newImage); got != store {
		c.bad("with the table changed (%v) the store is %s", changed, got)
	}
	before, _ := filesIn(c.t, tc.p.image, files)
	now, _ := filesIn(c.t, c.chip.Bytes(), files)
	if stays := !tc.change.formats || !changed || tc.change.files.Addr != files.Addr; stays && !maps.Equal(now, before) {
		c.bad("with the table changed (%v) the files where they were are %d", changed, len(now))
	}
	if changed && tc.change.formats && len(c.files) > 0 {
		c.bad("there are %d files in a file system that is new", len(c.files))
	}
	if !strings.Contains(c.later, "started\n") {
		c.bad("the startup command does not run: %q", c.later)
	}
}

// What a part of a record leaves behind that stands in the page: the old one is the first
// and counts. The next change deletes that only, so what is behind it counts then.
const (
	tornNext = "the table is as before; if it is changed again, what was cut off counts, and a board does not start any more"
	goneNext = "the table is as before; if it is changed again, the change that was cut off counts, not the new one"
)

// then changes the table once more.
func (tc *tableCut) then(c *afterCut) {
	chip := chipOf(c.t, c.image)
	m := makeModule(c.t, device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: c.t.TempDir(), Chip: chip, FastSerial: true, FlashTimes: noFlashTime})
	defer closeModule(c.t, m)
	m.runFor(bootTime)
	m.printed()
	m.Feed([]byte("node.setpartitiontable{lfs_addr=0xA0000, lfs_size=0x4000, spiffs_addr=0xB0000, spiffs_size=0x10000}\n"))
	m.runFor(6 * time.Second)
	want := tableOf(port.FlashRegion{Addr: 0xA0000, Size: 0x4000}, port.FlashRegion{Addr: 0xB0000, Size: 0x10000})
	table, _ := pageOf(c.t, chip).Table()
	copies := 0
	for _, r := range pageOf(c.t, chipOf(c.t, c.image)).Records() {
		if r.ID == port.RecordPartitions {
			copies++
		}
	}
	switch {
	case slices.Equal(table, want):
	case copies == 2 && c.done == 0 && slices.Equal(table, tc.after):
		c.own(goneNext)
	case copies == 2 && c.done == 0:
		c.own(tornNext)
	default:
		c.bad("another change of the table leaves %v, with %d tables in the page", table, copies)
	}
}

func sameRecords(a, b []rcr.Record) bool {
	return slices.EqualFunc(a, b, func(x, y rcr.Record) bool { return x.ID == y.ID && bytes.Equal(x.Body, y.Body) })
}

// TestChip_PowerCutRecord writes another record than the table where the page is full. The
// firmware rewrites it then with the table in front: see noTable. What stands behind the
// table can be lost alone.
func TestChip_PowerCutRecord(t *testing.T) {
	t.Parallel()
	oldImage, newImage := storeImages(t)
	store, files := tableBefore()
	table := tableOf(store, files)
	chip := chipOf(t, loaded(t, chipImage(t, table, func(fs *spiffs.FS) {
		putFile(t, fs, "data.txt", strings.Repeat("precious ", 100))
		putFile(t, fs, "old.img", string(oldImage))
	}), "old.img"))
	page := pageOf(t, chip)
	command := "print'started again, by a longer command'"
	fillPage(page, len(command))
	before, _ := page.Read(port.RecordInit)
	p := &powerCut{image: bytes.Clone(chip.Bytes()), typed: "node.startupcommand[[" + command + "]]\n"}
	p.lost = func(c *afterCut) bool {
		got, ok := pageOf(t, c.chip).Table()
		if slices.Equal(got, table) {
			return false
		}
		if ok {
			c.own(tornTable)
		} else {
			c.own(noTable)
		}
		c.promptsWithout(ok)
		c.refused()
		return true
	}
	p.check = func(c *afterCut) {
		if got := c.store(store, oldImage, newImage); got != "old" {
			c.bad("the store is %s", got)
		}
		switch got, ok := pageOf(t, c.chip).Read(port.RecordInit); {
		case !ok:
			c.own("the table is there, the startup command is lost")
		case !bytes.Equal(got, before) && !bytes.HasPrefix(got, []byte(command+"\x00")):
			c.own("the table is there, the startup command is cut off")
		}
	}
	tally := p.run(t, 30)
	if tally.own[noTable]+tally.own[tornTable] == 0 {
		t.Errorf("the page was not rewritten: %v", tally.own)
	}
}
