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
	own                   map[string]int // cuts by what the firmware leaves
}

// run cuts the power everywhere. The scenario takes at least that many operations.
func (p *powerCut) run(t *testing.T, least int) *cutTally {
	t.Helper()
	tally := &cutTally{own: map[string]int{}}
	whole := p.cut(t, tally, -1)
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
	t.Logf("%d operations, %d cuts, %d violations; the firmware's own: %v", tally.ops, tally.cuts, tally.violations, tally.own)
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
	// before and later are what the module printed up to the cut and then.
	before, later string
	done          int               // steps that were done before the cut
	files         map[string]string // in the file system
	broken        []string          // files that cannot be read
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
	if !c.boots() {
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
	c.ops = n
}

const bootTime = 500 * time.Millisecond

// boots tells whether the module came to its prompt and has mounted its file system.
func (c *afterCut) boots() bool {
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
	if got := quick(c.m, "=file.fsinfo() ~= nil\n"); got != "true\n> " {
		c.bad("no file system: %q", got)
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
	for name := range names {
		got, exists := c.files[name]
		was, inOld := before[name]
		is, inNew := after[name]
		if exists == inOld && got == was || exists == inNew && got == is {
			continue
		}
		written := inOld != inNew || was != is
		switch {
		case written && slices.Contains(c.broken, name) && !inOld:
			c.own("a new file that was not closed cannot be read")
		case written && exists && c.p.partly != nil && c.p.partly(c, was, is, got):
		default:
			lost = append(lost, name)
		}
	}
	for name := range c.files {
		if _, known := names[name]; !known {
			c.bad("%q is a file that nobody made", name)
		}
	}
	if len(lost) > 0 {
		c.repair(lost, before, after)
	}
}

// checkReading holds that the module reads what the image has.
func (c *afterCut) checkReading() {
	c.t.Helper()
	got := quick(c.m, "for n in pairs(file.list()) do print('<'..n..'>', pcall(file.getcontents, n)) end\n")
	for name, text := range c.files {
		if text == "" {
			text = "nil" // what the module file makes of a file without content
		}
		if !strings.HasSuffix(name, ".img") && !strings.Contains(got, "<"+name+">\ttrue\t"+text+"\n") {
			c.bad("the module reads another %s than %.40q: %.300q", name, text, got)
		}
	}
}

// repair holds that files which are lost are there again, in full, when the file system
// was repaired. The firmware leaves them so where the power goes while garbage is
// collected, since it moves pages before it writes where they are.
func (c *afterCut) repair(lost []string, before, after map[string]string) {
	c.t.Helper()
	region := regionOf(c.t, c.chip, port.PartitionSPIFFS)
	g, err := spiffs.Find(c.chip.Bytes(), int(region.Addr), int(region.Size))
	if err != nil {
		c.bad("%v", err)
		return
	}
	mended, report, err := spiffs.Repair(c.chip.Bytes(), g)
	if err != nil {
		c.bad("%v", err)
		return
	}
	files, _ := filesIn(c.t, mended, region)
	for _, name := range lost {
		was, inOld := before[name]
		is, inNew := after[name]
		got, exists := files[name]
		switch {
		case !report.Has(spiffs.BadReference, spiffs.DoubleHeader):
			c.bad("%s has %d bytes instead of %d or %d, and the check finds\n%s", name, len(c.files[name]), len(was), len(is), report)
			return
		case !(exists == inOld && got == was) && !(exists == inNew && got == is) &&
			!(exists && was != is && c.p.partly != nil && c.p.partly(c, was, is, got)):
			c.bad("%s has %d bytes instead of %d or %d after a repair of\n%s", name, len(got), len(was), len(is), report)
			return
		}
	}
	c.own("a file that nobody wrote cannot be read until it is repaired")
}

// again is a second power-on of what the first boot left. It changes nothing, and the
// module works: it writes a file, reads it, and the others stay what they are.
func (c *afterCut) again() {
	c.t.Helper()
	image := slices.Clone(c.chip.Bytes())
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
	if err := worksOn(m); err != nil {
		c.afterRepair(image, err)
		return
	}
	if c.m = m; c.p.then != nil {
		c.p.then(c)
	}
	now, _ := filesIn(c.t, c.chip.Bytes(), regionOf(c.t, c.chip, port.PartitionSPIFFS))
	for name, text := range c.files {
		if now[name] != text {
			c.afterRepair(image, fmt.Errorf("%s has changed from %d bytes to %d", name, len(text), len(now[name])))
			return
		}
	}
}

// worksOn lets a module read all its files, write one and read that.
func worksOn(m *module) error {
	const line = "t = ('works;'):rep(60) file.putcontents('on', t) print(file.getcontents('on') == t)\n"
	if got := quick(m, line); got != "true\n> " {
		return fmt.Errorf("writing and reading a file prints %q", got)
	}
	return nil
}

// afterRepair holds that a file system in which writing does not work is one that the
// check finds fault with, and that it works when it is repaired: the power went after a
// page was written and before the lookup has it, so it counts as free, and SPIFFS does not
// look whether a page that it writes to is blank.
func (c *afterCut) afterRepair(image []byte, why error) {
	c.t.Helper()
	region := regionOf(c.t, c.chip, port.PartitionSPIFFS)
	g, err := spiffs.Find(image, int(region.Addr), int(region.Size))
	if err != nil {
		c.bad("%v, and %v", why, err)
		return
	}
	mended, report, err := spiffs.Repair(image, g)
	if err != nil || !report.Has(spiffs.NotBlank) {
		c.bad("%v; the check: %v\n%s", why, err, report)
		return
	}
	m := makeModule(c.t, device.Config{StateDir: c.t.TempDir(), Chip: chipOf(c.t, mended), LFSSize: c.p.lfs, FastSerial: true})
	defer closeModule(c.t, m)
	m.runFor(bootTime)
	m.printed()
	if err := worksOn(m); err != nil {
		c.bad("%v; after a repair %v\n%s", why, err, report)
		return
	}
	c.own("what is written next is damaged until the file system is repaired")
}
