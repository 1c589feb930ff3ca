package device_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/flash"
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
	c.m = makeModule(c.t, device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: dir, Chip: c.chip, LFSSize: c.p.lfs, FastSerial: true, FlashTimes: noFlashTime, PowerCut: func(op flash.Op) bool {
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
