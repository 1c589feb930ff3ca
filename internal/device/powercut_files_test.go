package device_test

import (
	"fmt"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/storage/spiffs"
)

// TestChip_PowerCut cuts the power while a chip that is new is formatted, and while an
// application replaces a file: it writes a new one, removes the old one and gives the new
// one its name.
func TestChip_PowerCut(t *testing.T) {
	t.Run("first boot", func(t *testing.T) {
		t.Parallel()
		(&powerCut{}).run(t, 100)
	})
	t.Run("replacing a file", func(t *testing.T) {
		t.Parallel()
		steps := replacing("data", number(0), number(1))
		steps = append(steps, replacing("state", "0", "1")...)
		p := &powerCut{typed: "dofile'app.lua'\n", steps: steps, partly: newFile, check: replaced("data", number(0), number(1))}
		p.image = withProgram(t, 64<<10, steps, func(fs *spiffs.FS) {
			putFile(t, fs, "keep", strings.Repeat("precious ", 200))
			putFile(t, fs, "data", number(0))
			putFile(t, fs, "state", "0")
		})
		p.run(t, 100)
	})
}

// number is a text of a few pages.
func number(n int) string { return strings.Repeat(fmt.Sprintf("%d;", n), 300) }

// replacing are the steps that replace a file, as applications do.
func replacing(name, before, after string) []cutStep {
	fresh := "new." + name
	return []cutStep{
		{lua: fmt.Sprintf("file.putcontents('%s', ('%s'):rep(%d))", fresh, after[:min(2, len(after))], (len(after)+1)/2),
			change: map[string]string{fresh: after}},
		{lua: fmt.Sprintf("file.remove('%s')", name), remove: []string{name}},
		{lua: fmt.Sprintf("file.rename('%s', '%s')", fresh, name), change: map[string]string{name: after}, remove: []string{fresh}},
	}
}

// replaced holds that a file which is replaced is there in full, the old one or the new one,
// under one of its names.
func replaced(name, before, after string) func(c *afterCut) {
	return func(c *afterCut) {
		for _, n := range []string{name, "new." + name} {
			if got := c.files[n]; got == before || got == after {
				return
			}
		}
		c.bad("%s is neither the old file nor the new one: %d and %d bytes", name, len(c.files[name]), len(c.files["new."+name]))
	}
}

// newFile is a partly for files that are written from their beginning: such a file is cut
// short.
func newFile(_ *afterCut, _, is, got string) bool { return strings.HasPrefix(is, got) }

// TestChip_PowerCutFiles cuts the power among several files: while one is made, one gets
// another name, one is appended to and flushed while it is open, and one is written anew.
func TestChip_PowerCutFiles(t *testing.T) {
	t.Run("a new file, another name", func(t *testing.T) {
		t.Parallel()
		text := strings.Repeat("kept 1;", 100)
		filesCut(t, newFile, []cutStep{
			{lua: "file.putcontents('made', ('made;'):rep(200))", change: map[string]string{"made": strings.Repeat("made;", 200)}},
			{lua: "file.rename('keep1', 'moved')", change: map[string]string{"moved": text}, remove: []string{"keep1"}},
			{lua: "file.remove('keep2')", remove: []string{"keep2"}},
		})
	})
	t.Run("an open file", func(t *testing.T) {
		t.Parallel()
		var steps []cutStep
		whole, open := number(7), "f = file.open('log', 'a+') "
		for i := range 6 { // less than a page of SPIFFS, and more
			piece := fmt.Sprintf("%d->", i)
			whole += strings.Repeat(piece, 10+40*i)
			steps = append(steps, cutStep{lua: fmt.Sprintf("%sf:write(('%s'):rep(%d)) f:flush()", open, piece, 10+40*i), change: map[string]string{"log": whole}})
			open = ""
		}
		steps = append(steps, cutStep{lua: "f:write('end') f:close()", change: map[string]string{"log": whole + "end"}})
		filesCut(t, appended, steps)
	})
	t.Run("a file written anew", func(t *testing.T) {
		t.Parallel()
		filesCut(t, truncated, []cutStep{{lua: "file.putcontents('log', ('new;'):rep(200))", change: map[string]string{"log": strings.Repeat("new;", 200)}}})
	})
}

// filesCut runs steps on a chip with several files.
func filesCut(t *testing.T, partly func(c *afterCut, was, is, got string) bool, steps []cutStep) {
	t.Helper()
	p := &powerCut{typed: "dofile'app.lua'\n", steps: steps, partly: partly}
	p.image = withProgram(t, 64<<10, steps, func(fs *spiffs.FS) {
		for i := range 5 {
			putFile(t, fs, fmt.Sprint("keep", i), strings.Repeat(fmt.Sprint("kept ", i, ";"), 100))
		}
		putFile(t, fs, "log", number(7))
	})
	p.run(t, 100)
}

// appended is a partly for a file that is appended to and stays open. What was flushed
// before is there; of what comes behind, some may be.
func appended(_ *afterCut, was, is, got string) bool {
	return strings.HasPrefix(got, was) && strings.HasPrefix(is, got)
}

// truncated is a partly for a file that is written from its beginning. SPIFFS removes what
// it has from its end first.
func truncated(_ *afterCut, was, is, got string) bool {
	return strings.HasPrefix(is, got) || strings.HasPrefix(was, got)
}
