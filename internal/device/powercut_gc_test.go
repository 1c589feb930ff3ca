package device_test

import (
	"fmt"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/storage/spiffs"
)

// crowded fills a small file system with files of which every other one is written again
// and again. Every block has pages that are in use and deleted ones then, and what is
// written next makes SPIFFS collect: it moves the pages that are in use out of a block and
// erases that.
func crowded(t testing.TB, fs *spiffs.FS, kept, rounds int) {
	t.Helper()
	for i := range kept {
		putFile(t, fs, fmt.Sprint("keep", i), strings.Repeat(fmt.Sprint("kept ", i, ";"), 100+20*i))
		putFile(t, fs, "log", number(100))
	}
	for i := range rounds {
		putFile(t, fs, "log", number(i))
		putFile(t, fs, "data", number(0))
	}
}

// TestChip_PowerCutGarbage cuts the power while garbage is collected.
//
// SPIFFS moves pages of any file before it writes where they are now. So after some of the
// cuts a file cannot be read that nobody was writing, here as on a board. Each of them is
// whole again when the file system is repaired.
func TestChip_PowerCutGarbage(t *testing.T) {
	for _, s := range []struct {
		name         string
		size         uint32
		kept, rounds int
	}{
		{"blocks of 8 KB", 48 << 10, 8, 9},
		{"blocks of 4 KB", 24 << 10, 3, 3},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			steps := replacing("data", number(0), number(1))
			p := &powerCut{typed: "dofile'app.lua'\n", steps: steps, partly: newFile}
			p.image = withProgram(t, s.size, steps, func(fs *spiffs.FS) { crowded(t, fs, s.kept, s.rounds) })
			tally := p.run(t, 300)
			if len(tally.erased) == 0 {
				t.Error("no garbage was collected")
			}
		})
	}
}
