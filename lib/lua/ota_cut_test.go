package lualib_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
)

// cuts counts operations of the flash chip and cuts the power before some of them.
type cuts struct {
	done int
	at   []int // in order
}

func (c *cuts) when(moonlet.FlashOp) bool {
	c.done++
	return slices.Contains(c.at, c.done)
}

// afterCuts runs an update whose power is cut, and tells what is wrong.
func afterCuts(t *testing.T, edition, chip string, c *cuts) (wrong string, updated bool) {
	t.Helper()
	m := shortModule(t, edition, copyChip(t, chip), nil, moonlet.CutPowerWhen(c.when))
	defer m.Close()
	if _, err := m.Expect("check\tcurrent\tversion 2", 5*time.Minute); err != nil {
		return fmt.Sprintf("version 2 does not run: %v", err), false
	}
	out := m.Output()
	if strings.Contains(out, "no app") {
		return "no version ran:\n" + out, true
	}
	if strings.Contains(out, "not enough memory") || strings.Contains(out, "attempt to") {
		return "an error:\n" + out, true
	}
	return "", true
}

// TestOTAPowerCut cuts the power before operations of the flash chip during an update: download, start,
// loading, trial and good. Each time the old or the new version runs, and a further check leads to the new
// one. MOONLET_SOAK is for all operations.
func TestOTAPowerCut(t *testing.T) {
	eachEdition(t, func(t *testing.T, edition string) {
		chip := installedShort(t, edition)
		whole := &cuts{}
		if wrong, _ := afterCuts(t, edition, chip, whole); wrong != "" {
			t.Fatal(wrong)
		}
		step := 41
		if soaking() {
			step = 1
		}
		tried, bad := 0, 0
		for at := 1; at <= whole.done; at += step {
			tried++
			if wrong, _ := afterCuts(t, edition, chip, &cuts{at: []int{at}}); wrong != "" {
				bad++
				if bad < 5 {
					t.Errorf("cut before operation %d of %d: %s", at, whole.done, wrong)
				}
			}
		}
		t.Logf("%d of %d operations, %d bad", tried, whole.done, bad)
	})
}

var _ = rand.N[int]
