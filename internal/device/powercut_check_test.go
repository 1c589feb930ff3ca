package device_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

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
	c.checkRename(before, after)
	if len(lost) > 0 {
		c.checkLost(lost, before, after)
	}
}

// checkRename holds that a file that gets another name has one of the two, or would have
// after a repair.
func (c *afterCut) checkRename(before, after map[string]string) {
	c.t.Helper()
	for from, text := range before {
		for to := range after {
			_, stays := after[from]
			_, was := before[to]
			if stays || was || after[to] != text || c.files[from] == text || c.files[to] == text {
				continue
			}
			if files, report := c.repaired(c.chip.Bytes()); files[from] != text && files[to] != text {
				c.bad("%s is gone, and %s is not there\n%s", from, to, report)
			}
		}
	}
}

// checkLost holds that files which cannot be read are whole after a repair, and those that
// were being written as they may be.
func (c *afterCut) checkLost(lost []string, before, after map[string]string) {
	c.t.Helper()
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
	m := makeModule(c.t, device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: c.t.TempDir(), Chip: c.chip, LFSSize: c.p.lfs, FastSerial: true, FlashTimes: noFlashTime})
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
	m := makeModule(c.t, device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: c.t.TempDir(), Chip: chip, LFSSize: c.p.lfs, FastSerial: true, FlashTimes: noFlashTime})
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
