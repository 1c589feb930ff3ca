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

// aftermath is what became of an update whose power was cut.
type aftermath struct {
	wrong string   // what is wrong, "" if nothing is
	lost  []string // files that nobody wrote and that are not as they were
}

// afterCuts runs an update whose power is cut.
func afterCuts(t *testing.T, edition, chip string, c *cuts) aftermath {
	t.Helper()
	m := shortModule(t, edition, copyChip(t, chip), nil, moonlet.CutPowerWhen(c.when))
	return m.aftermath("init.lua", "ota.lc", "otacheck.lc", "fetch.lc", "v2.txt", "app-1.img")
}

// aftermath lets a module update to version 2, and ends it.
func (m *board) aftermath(files ...string) (a aftermath) {
	t := m.t
	t.Helper()
	defer m.Close()
	kept := map[string]string{}
	for _, name := range files {
		data, err := m.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		kept[name] = string(data)
	}
	if _, err := m.Expect("check\tcurrent\tversion 2", 5*time.Minute); err != nil {
		a.wrong = fmt.Sprintf("version 2 does not run: %v", err)
	}
	out := m.Output()
	for _, text := range []string{"no app", "not enough memory", "attempt to", "out of memory"} {
		if strings.Contains(out, text) {
			a.wrong += "\n" + out
		}
	}
	for name, was := range kept {
		if data, err := m.ReadFile(name); err != nil || string(data) != was {
			a.lost = append(a.lost, name)
		}
	}
	return a
}

// tryCuts runs an update with cuts, and keeps count.
type tryCuts struct{ tried, wrong, lost int }

func (n *tryCuts) try(t *testing.T, edition, chip string, at ...int) {
	t.Helper()
	n.tried++
	a := afterCuts(t, edition, chip, &cuts{at: at})
	if a.wrong != "" {
		n.wrong++
		if n.wrong < 5 {
			t.Errorf("cut before operations %d: %s", at, a.wrong)
		}
	}
	if len(a.lost) > 0 {
		n.lost++
		t.Logf("cut before operations %d: lost %v", at, a.lost)
	}
}

// inParts calls a function n times, in tests of their own: what each leaves, a chip of a megabyte and a module,
// goes at the end of its part.
func inParts(t *testing.T, name string, n int, f func(t *testing.T, i int)) {
	t.Helper()
	const part = 50
	for from := 0; from < n; from += part {
		t.Run(fmt.Sprintf("%s-%d", name, from), func(t *testing.T) {
			for i := from; i < min(from+part, n); i++ {
				f(t, i)
			}
		})
	}
}

// TestOTAPowerCut cuts the power before operations of the flash chip during an update: download, start,
// loading, trial and good. Each time the old or the new version runs, and a further check leads to the new
// one. MOONLET_SOAK is for all operations.
func TestOTAPowerCut(t *testing.T) {
	eachEdition(t, func(t *testing.T, edition string) {
		chip := installedShort(t, edition)
		whole := &cuts{}
		if a := afterCuts(t, edition, chip, whole); a.wrong != "" || a.lost != nil {
			t.Fatal(a)
		}
		step, pairs := 53, 10
		if soaking() {
			step, pairs = 1, 1000
		}
		var once, twice tryCuts
		inParts(t, "once", (whole.done+step-1)/step, func(t *testing.T, i int) { once.try(t, edition, chip, 1+i*step) })
		random := rand.New(rand.NewPCG(1, 2))
		inParts(t, "twice", pairs, func(t *testing.T, _ int) { // a second cut while it recovers
			at := 1 + random.IntN(whole.done)
			twice.try(t, edition, chip, at, at+1+random.IntN(whole.done/2))
		})
		t.Logf("%d operations; %d cuts, %d wrong, %d with files of others lost; %d pairs of cuts, %d wrong, %d lost",
			whole.done, once.tried, once.wrong, once.lost, twice.tried, twice.wrong, twice.lost)
	})
}

// TestOTAPowerCutWhole does the same with an image that has the library in it, and over the network, at as many
// places as MOONLET_SOAK says.
func TestOTAPowerCutWhole(t *testing.T) {
	eachEdition(t, func(t *testing.T, edition string) {
		s := serve(t, nil)
		chip := installed(t, edition, "", s)
		s.change(app(t, edition, s.port, 2, "").answer)
		run := func(t *testing.T, at ...int) (aftermath, int) {
			c := &cuts{at: at}
			m := otaModule(t, edition, copyChip(t, chip), nil, moonlet.CutPowerWhen(c.when))
			return m.aftermath("init.lua", "ota.lc"), c.done
		}
		a, whole := run(t)
		if a.wrong != "" {
			t.Fatal(a.wrong)
		}
		places := min(soak(12), whole)
		inParts(t, "once", places, func(t *testing.T, i int) {
			at := 1 + i*whole/places
			if a, _ := run(t, at); a.wrong != "" || a.lost != nil {
				t.Errorf("cut before operation %d of %d: %s, lost %v", at, whole, a.wrong, a.lost)
			}
		})
		t.Logf("%d of %d operations", places, whole)
	})
}
