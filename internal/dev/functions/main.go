// Command functions makes docs/functions.md: which test exercises each function, method,
// constant and event of the firmware's modules. Run it in the module's root.
//
//	go run ./internal/dev/functions           writes the document
//	go run ./internal/dev/functions -check    tells what is missing in it, or without a test
//
// Tests tell by themselves what they call (package moduletest). -calls names a directory to which
// they have done so already; without it the modules' tests are run. For constants and events the
// texts of the tests are searched. MOONLET_FIRMWARE, a working copy of the firmware, lets it
// compare the names with the manual's as well.
package main

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const document = "docs/functions.md"

func main() {
	check := flag.Bool("check", false, "only tell what is wrong")
	calls := flag.String("calls", "", "`directory` to which tests have written what they call")
	flag.Parse()
	if err := run(*check, *calls); err != nil {
		fmt.Fprintln(os.Stderr, "functions:", err)
		os.Exit(1)
	}
}

func run(check bool, dir string) error {
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "calls"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if err := runTests(dir); err != nil {
			return err
		}
	}
	called, err := readCalls(dir)
	if err != nil {
		return err
	}
	texts, err := readTexts()
	if err != nil {
		return err
	}
	rows := rowsOf(called, texts)
	problems := gaps(rows)
	if firmware := os.Getenv("MOONLET_FIRMWARE"); firmware != "" {
		more, err := undocumented(firmware, rows)
		if err != nil {
			return err
		}
		problems = append(problems, more...)
	}
	old, err := os.ReadFile(document)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if check {
		problems = append(problems, outdated(string(old), rows)...)
	} else if err := os.WriteFile(document, []byte(text(rows)), 0o644); err != nil {
		return err
	}
	for _, p := range problems {
		fmt.Println(p)
	}
	fmt.Println(summary(rows))
	if len(problems) > 0 {
		return fmt.Errorf("%d problems", len(problems))
	}
	return nil
}

// runTests lets the modules' tests tell what they call.
func runTests(dir string) error {
	c := exec.Command("go", "test", "-count=1", "./internal/module/...")
	c.Env = append(os.Environ(), "MOONLET_CALLS="+dir)
	out, err := c.CombinedOutput()
	if err != nil {
		return fmt.Errorf("the tests: %w\n%s", err, out)
	}
	return nil
}

// readCalls reads which tests have called what: by path, in the form "module: Test".
func readCalls(dir string) (map[string][]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.calls"))
	if err != nil {
		return nil, err
	}
	sets := map[string]map[string]bool{}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		pkg, _, _ := strings.Cut(filepath.Base(name), ".test-")
		for line := range strings.Lines(string(b)) {
			path, test, ok := strings.Cut(strings.TrimSpace(line), "\t")
			if !ok {
				continue
			}
			if sets[path] == nil {
				sets[path] = map[string]bool{}
			}
			sets[path][pkg+": "+test] = true
		}
	}
	list := map[string][]string{}
	for path, set := range sets {
		list[path] = slices.Sorted(maps.Keys(set))
	}
	return list, nil
}

// source is a test's text.
type source struct{ name, text string }

// readTexts reads the tests of modules, and those that run modules as a whole.
func readTexts() (list []source, err error) {
	for _, pattern := range []string{"internal/module/*/*_test.go", "internal/module/*/testdata/*.lua", "internal/device/*_test.go", "internal/device/testdata/*.lua", "*_test.go", "peers/*_test.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			name = strings.TrimPrefix(filepath.ToSlash(name), "internal/module/")
			list = append(list, source{strings.TrimPrefix(name, "internal/"), string(b)})
		}
	}
	return list, nil
}
