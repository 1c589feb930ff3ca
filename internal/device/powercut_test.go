package device_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlet/internal/device"
	"moonlet/internal/flash"
	"moonlet/internal/port"
	"moonlet/internal/rcr"
	"moonlet/internal/spiffs"
)

// powerCut is something that a whole module does with its flash chip. It is done again and
// again, with a power cut before another operation of the chip each time.
//
// Package flash asks Config.PowerCut before each word, also of a write of many words, and
// before each sector. So the power goes in the middle of every sequence of words, too:
// what is in front of the word is written, the word and what is behind it is not. A word
// is written whole or not at all, and a sector is erased whole or not at all.
type powerCut struct {
	image []byte // of the chip before; nil is a new chip
	lfs   int    // Config.LFSSize
	// typed is typed at the prompt. Without it the boot is all there is.
	typed string
	takes time.Duration // that the module runs then; 0 is a second
	steps []cutStep     // what typed does to files
	// partly tells whether a file may have this content where the power went in the
	// midst of a step that changes it from was to is. Without it there is only before and
	// after.
	partly func(c *afterCut, was, is, got string) bool
	// progress tells how many steps are done, where they cannot print it.
	progress func(c *afterCut) int
	// lost tells whether the module has lost so much that nothing else is looked at. It is
	// asked first.
	lost func(c *afterCut) bool
	// check is what a scenario looks at besides, after the first boot behind the cut.
	check func(c *afterCut)
	// then is what it tries on the module that was switched on a second time.
	then func(c *afterCut)
}

// cutStep is a line of Lua and what it does to files.
type cutStep struct {
	lua    string
	change map[string]string // content by name
	remove []string
}

// cutProgram is the program of steps. It tells on the serial port which ones are done.
func cutProgram(steps []cutStep) string {
	var b strings.Builder
	for i, s := range steps {
		fmt.Fprintf(&b, "%s\nprint('step', %d)\n", s.lua, i+1)
	}
	return b.String()
}

// after is what the files are after some steps, from those before them.
func (p *powerCut) after(steps int, before map[string]string) map[string]string {
	files := maps.Clone(before)
	for _, s := range p.steps[:min(steps, len(p.steps))] {
		maps.Copy(files, s.change)
		for _, name := range s.remove {
			delete(files, name)
		}
	}
	return files
}

// cutTally is what came of all cuts of a scenario.
type cutTally struct {
	ops, cuts, violations int
	erased                []int          // sectors, in a run without a cut
	own                   map[string]int // cuts by what the firmware leaves
}

// run cuts the power everywhere. The scenario takes at least that many operations.
func (p *powerCut) run(t *testing.T, least int) *cutTally {
	t.Helper()
	tally := &cutTally{own: map[string]int{}}
	whole := p.cut(t, tally, -1)
	tally.erased = whole.erased
	if tally.ops = whole.ops; tally.ops < least || whole.done != len(p.steps) {
		t.Fatalf("%d operations and %d of %d steps without a cut; it printed %q", tally.ops, whole.done, len(p.steps), whole.before)
	}
	step := 1
	if testing.Short() {
		step = max(tally.ops/12, 1)
	}
	for k := 0; k < tally.ops; k += step {
		p.cut(t, tally, k)
		tally.cuts++
	}
	t.Logf("%d operations, %d of them erase a sector; %d cuts, %d violations; the firmware's own: %v", tally.ops, len(tally.erased), tally.cuts, tally.violations, tally.own)
	return tally
}

// afterCut is what is left after one cut, and the module that has booted from it.
type afterCut struct {
	t     *testing.T
	p     *powerCut
	tally *cutTally
	chip  *flash.Chip
	m     *module
	k     int      // the operation that was not done, -1 for a run without a cut
	op    flash.Op // the same
	ops   int      // operations up to the end of the boot behind the cut
	was   bool     // there was a cut
	// erased are the sectors that were erased up to the same end, by offset.
	erased []int
	// before and later are what the module printed up to the cut and then.
	before, later string
	done          int               // steps that were done before the cut
	files         map[string]string // in the file system
	broken        []string          // files that cannot be read
	// want is what those hold that are whole, or would be after a repair.
	want  map[string]string
	image []byte // of the chip when the module had booted behind the cut
}

// bad is a violation.
func (c *afterCut) bad(format string, args ...any) {
	c.t.Helper()
	if c.tally.violations++; c.tally.violations <= 5 {
		c.t.Errorf("cut before operation %d, %+v, with %d steps done: %s", c.k, c.op, c.done, fmt.Sprintf(format, args...))
	}
}

// own is a thing that is the same on a board.
func (c *afterCut) own(what string) { c.tally.own[what]++ }

// chipOf is a chip that holds an image.
func chipOf(t testing.TB, image []byte) *flash.Chip {
	t.Helper()
	chip := newChip(t, flash.MinSize*2)
	for at := 0; at < len(image); at += flash.SectorSize {
		if sector := image[at : at+flash.SectorSize]; !flash.Blank(sector) {
			chip.Write(at, sector)
		}
	}
	return chip
}

// regionOf is where a partition is, by the table in a chip.
func regionOf(t testing.TB, chip *flash.Chip, kind uint32) port.FlashRegion {
	t.Helper()
	page, err := rcr.In(chip.Part(rcr.PageAddr, rcr.PageSize))
	if err != nil {
		t.Fatal(err)
	}
	return page.Partition(kind)
}

// cut runs the scenario with a cut before operation k, or without one, and looks at what
// that left.
func (p *powerCut) cut(t *testing.T, tally *cutTally, k int) *afterCut {
	t.Helper()
	c := &afterCut{t: t, p: p, tally: tally, chip: chipOf(t, p.image), k: k}
	start := map[string]string{}
	if p.image != nil {
		start = c.read(p.image)
	}
	c.power(t.TempDir())
	if k >= 0 && !c.was {
		c.bad("there was no cut: a run with the same steps has other operations")
	}
	if p.lost != nil && p.lost(c) || !c.boots() {
		closeModule(t, c.m)
		return c
	}
	c.files = c.read(c.chip.Bytes())
	c.checkFiles(p.after(c.done, start), p.after(c.done+1, start))
	c.checkReading()
	if p.check != nil {
		p.check(c)
	}
	closeModule(t, c.m)
	c.again()
	return c
}

// power runs the module up to the cut, and the boot behind it.
func (c *afterCut) power(dir string) {
	n := 0
	c.m = makeModule(c.t, device.Config{StateDir: dir, Chip: c.chip, LFSSize: c.p.lfs, FastSerial: true, PowerCut: func(op flash.Op) bool {
		if op.Erase {
			c.erased = append(c.erased, op.Offset)
		}
		if n++; n-1 != c.k {
			return false
		}
		c.op, c.was, c.before = op, true, c.m.printed()
		return true
	}})
	c.m.runFor(bootTime)
	if c.p.typed != "" && !c.was {
		c.m.Feed([]byte(c.p.typed))
		c.m.runFor(max(c.p.takes, time.Second))
	}
	if c.was {
		c.m.runFor(bootTime)
	}
	if c.later = c.m.printed(); !c.was {
		c.before = c.later
	}
	for c.done < len(c.p.steps) && strings.Contains(c.before, fmt.Sprintf("step\t%d\n", c.done+1)) {
		c.done++
	}
	if c.p.progress != nil {
		c.done = c.p.progress(c)
	}
	c.ops = n
}

const bootTime = 500 * time.Millisecond

// boots tells whether the module came to its prompt and has mounted its file system.
func (c *afterCut) boots() bool {
	c.t.Helper()
	if !c.prompts() {
		return false
	}
	if got := quick(c.m, "=file.fsinfo() ~= nil\n"); got != "true\n> " {
		c.bad("no file system: %q", got)
		return false
	}
	return true
}

// prompts tells whether the module came to its prompt, and nothing failed in this program.
func (c *afterCut) prompts() bool {
	c.t.Helper()
	ok := true
	for _, e := range c.m.events {
		if e.Kind == device.HostError || e.Kind == device.Exception {
			c.bad("%v: %s", e.Kind, e.Text)
			ok = false
		}
	}
	if !strings.HasSuffix(c.later, "> ") {
		c.bad("no prompt: %q", c.later)
		return false
	}
	return ok
}

// read is all files in the image of a chip with this chip's partitions.
func (c *afterCut) read(image []byte) map[string]string {
	c.t.Helper()
	files, broken := filesIn(c.t, image, regionOf(c.t, c.chip, port.PartitionSPIFFS))
	c.broken = broken
	return files
}

// checkFiles compares the files with those before and after the step in which the power
// went.
func (c *afterCut) checkFiles(before, after map[string]string) {
	c.t.Helper()
	var lost []string
	names := maps.Clone(before)
	maps.Copy(names, after)
	c.want = map[string]string{}
	for name := range names {
		_, kept := before[name]
		got, exists := c.files[name]
		switch {
		case c.may(name, c.files, before, after):
			if was, is := before[name], after[name]; exists && (got == was || got == is) {
				c.want[name] = got
			}
		case !kept && slices.Contains(c.broken, name):
			c.own("a new file that was not closed cannot be read")
		default:
			lost = append(lost, name)
		}
	}
	// SPIFFS writes the header of a new file from its start to its end. Cut in the midst of
	// the name, it has erased bytes behind that.
	if slices.ContainsFunc(c.broken, func(name string) bool { return strings.Contains(name, "\xFF") }) {
		c.own("a file has a name that does not end")
	}
	for name := range c.files {
		if _, known := names[name]; !known {
			c.bad("%q is a file that nobody made", name)
		}
	}
	if len(lost) == 0 {
		return
	}
	files, report := c.repaired(c.chip.Bytes())
	kinds := map[string]bool{}
	for _, name := range lost {
		was, kept := before[name]
		is, stays := after[name]
		written := kept != stays || was != is
		if !written && !report.Has(spiffs.BadReference, spiffs.DoubleHeader) || !c.may(name, files, before, after) {
			c.bad("%s has %d bytes instead of %d or %d, and %d after a repair of\n%s",
				name, len(c.files[name]), len(was), len(is), len(files[name]), report)
			return
		}
		if written {
			kinds["a file that was being written cannot be read until it is repaired"] = true
			continue
		}
		c.want[name] = was
		kinds["a file that nobody wrote cannot be read until it is repaired"] = true
	}
	for kind := range kinds {
		c.own(kind)
	}
}

// may tells whether a file is as before a step or after it, or as it may be in between.
func (c *afterCut) may(name string, files, before, after map[string]string) bool {
	got, exists := files[name]
	was, inOld := before[name]
	is, inNew := after[name]
	if exists == inOld && got == was || exists == inNew && got == is {
		return true
	}
	written := inOld != inNew || was != is
	return written && exists && c.p.partly != nil && c.p.partly(c, was, is, got)
}

// repaired are the files in an image after a repair of what the report has.
func (c *afterCut) repaired(image []byte) (map[string]string, *spiffs.Report) {
	c.t.Helper()
	mended, report := c.repair(image)
	files, _ := filesIn(c.t, mended, regionOf(c.t, c.chip, port.PartitionSPIFFS))
	return files, report
}

// repair repairs the file system in the image of a chip.
func (c *afterCut) repair(image []byte) ([]byte, *spiffs.Report) {
	c.t.Helper()
	region := regionOf(c.t, c.chip, port.PartitionSPIFFS)
	g, err := spiffs.Find(image, int(region.Addr), int(region.Size))
	if err != nil {
		c.t.Fatal(err)
	}
	mended, report, err := spiffs.Repair(image, g)
	if err != nil {
		c.t.Fatal(err)
	}
	return mended, report
}

// checkReading holds that the module reads what the image has. Where a file has two
// headers, it depends on what was read before which one SPIFFS finds, and one of them may
// lead to pages that are deleted.
func (c *afterCut) checkReading() {
	c.t.Helper()
	got := quick(c.m, "for n in pairs(file.list()) do print('<'..n..'>', pcall(file.getcontents, n)) end\n")
	for name, text := range c.files {
		if text == "" {
			text = "nil" // what the module file makes of a file without content
		}
		if strings.HasSuffix(name, ".img") || strings.Contains(got, "<"+name+">\ttrue\t"+text+"\n") {
			continue
		}
		if _, report := c.repair(c.chip.Bytes()); report.Has(spiffs.DoubleHeader) {
			c.own("a file has two headers, and the module finds another one than a fresh mount")
			continue
		}
		c.bad("the module reads another %s than %.40q: %.300q", name, text, got)
	}
}

// again is a second power-on of what the first boot left. It changes nothing, and the
// module works: it writes a file, reads it, and the others stay what they are.
func (c *afterCut) again() {
	c.t.Helper()
	image := slices.Clone(c.chip.Bytes())
	c.image = image
	m := makeModule(c.t, device.Config{StateDir: c.t.TempDir(), Chip: c.chip, LFSSize: c.p.lfs, FastSerial: true})
	defer closeModule(c.t, m)
	m.runFor(bootTime)
	if out := m.printed(); !strings.HasSuffix(out, "> ") {
		c.bad("no prompt after the second power-on: %q", out)
		return
	}
	for at := range image {
		if c.chip.Bytes()[at] != image[at] {
			c.bad("the second power-on changes byte %#x of the chip", at)
			return
		}
	}
	err := worksOn(m)
	if c.m = m; c.p.then != nil {
		c.p.then(c)
	}
	if now, _ := filesIn(c.t, c.chip.Bytes(), regionOf(c.t, c.chip, port.PartitionSPIFFS)); err != nil || !c.same(now) {
		c.afterRepair(image, now, err)
	}
}

// same tells whether files are those that were there after the cut.
func (c *afterCut) same(files map[string]string) bool {
	for name, text := range c.want {
		if got, ok := files[name]; !ok || got != text {
			return false
		}
	}
	return true
}

// worksOn lets a module write a file and read it.
func worksOn(m *module) error {
	const line = "t = ('works;'):rep(60) file.putcontents('on', t) print(file.getcontents('on') == t)\n"
	if got := quick(m, line); got != "true\n> " {
		return fmt.Errorf("writing and reading a file prints %q", got)
	}
	return nil
}

// afterRepair holds that a file system in which a module does not work on is one that the
// check finds fault with, and that all is well when it is repaired in time.
//
// The firmware does not repair. Where the power went after a page was written and before
// the lookup has it, the page counts as free, and SPIFFS does not look whether a page that
// it writes to is blank. If it is the header of a new file, that is made of the bits that
// both have: the new file begins with the pages of another one, and deletes them. And pages
// that were moved, and that no index leads to, go when garbage is collected again. The C
// code does the same to the byte.
func (c *afterCut) afterRepair(image []byte, now map[string]string, err error) {
	c.t.Helper()
	mended, report := c.repair(image)
	if !report.Has(spiffs.NotBlank, spiffs.BadReference, spiffs.DoubleHeader) {
		c.bad("the module does not work on (%v), and the check says\n%s", err, report)
		return
	}
	chip := chipOf(c.t, mended)
	m := makeModule(c.t, device.Config{StateDir: c.t.TempDir(), Chip: chip, LFSSize: c.p.lfs, FastSerial: true})
	defer closeModule(c.t, m)
	m.runFor(bootTime)
	m.printed()
	why := worksOn(m)
	files, _ := filesIn(c.t, chip.Bytes(), regionOf(c.t, chip, port.PartitionSPIFFS))
	if why != nil || !c.same(files) {
		c.bad("after a repair the module does not work on: %v\n%s", why, report)
		return
	}
	if err != nil {
		c.own("what is written next is damaged until the file system is repaired")
	}
	for name, text := range c.files {
		if _, kept := c.want[name]; kept && now[name] != text {
			c.own("a file that was read after the cut cannot be read when more was written")
			break
		}
	}
	if later, _ := c.repaired(c.chip.Bytes()); !c.same(later) {
		c.own("what is written next makes a repair come too late for another file")
	}
}
