package moduletest

import (
	"os"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/editions"
)

// EditionVariable names the edition of Lua that tests boot which do not say one: all tests of modules can be run on
// each of them.
const EditionVariable = "MOONLET_LUA"

// subtest begins the names of subtests that run on an edition.
const subtest = "Lua-"

// Editions runs a test on each edition of Lua, in the short run on the first one, at once since many wait for the host. Boot knows the edition by the
// name of the subtest, so that nothing that stands between the two has to carry it.
func Editions(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	EditionsInTurn(t, func(t *testing.T) {
		t.Parallel()
		test(t)
	})
}

// EditionsInTurn is Editions for a test beside which nothing else may run, as it counts what the process has.
func EditionsInTurn(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	for i, e := range editions.All() {
		if i > 0 && testing.Short() {
			break // the short run is for what lies below the editions
		}
		t.Run(subtest+e.Name, test)
	}
}

// Edition is the edition of Lua on which a test runs.
func Edition(t testing.TB) *editions.Edition {
	t.Helper()
	name := os.Getenv(EditionVariable)
	for part := range strings.SplitSeq(t.Name(), "/") {
		if n, is := strings.CutPrefix(part, subtest); is {
			name, _, _ = strings.Cut(n, "#")
		}
	}
	e, err := editions.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
