package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// mostTests is how many tests a row names.
const mostTests = 3

const head = `# Functions and their tests

Every function, method, constant and event of the modules, with tests that exercise it: those
that were seen to call it, or in whose text it stands. ` + "`go run ./internal/dev/functions`" + ` makes this
page from a run of the tests; with ` + "`-check`" + ` it says what is missing.
`

// text is the document.
func text(rows []row) string {
	var b strings.Builder
	b.WriteString(head)
	fmt.Fprintf(&b, "\n%s.\n", summary(rows))
	module := ""
	for _, r := range rows {
		if r.module != module {
			module = r.module
			fmt.Fprintf(&b, "\n## %s\n\n| name | | tests |\n|---|---|---|\n", module)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.name, r.kind, r.where())
	}
	return b.String()
}

// where names a few of the tests, those of the module itself first.
func (r row) where() string {
	if len(r.tests) == 0 {
		return "none: " + r.reason
	}
	list := slices.Clone(r.tests)
	slices.SortStableFunc(list, func(a, b string) int {
		rank := func(s string) int {
			if strings.HasPrefix(s, strings.ReplaceAll(r.module, "_", "")) {
				return 0
			}
			return 1
		}
		return rank(a) - rank(b)
	})
	more := ""
	if n := len(list) - mostTests; n > 0 {
		list, more = list[:mostTests], fmt.Sprintf(" and %d more", n)
	}
	return "`" + strings.Join(list, "`, `") + "`" + more
}

// outdated lists the names that the document has not, or has for nothing.
func outdated(old string, rows []row) (list []string) {
	there := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(old, -1) {
		there[m[1]] = true
	}
	for _, r := range rows {
		if !there[r.name] {
			list = append(list, document+" lacks "+r.name)
		}
		delete(there, r.name)
	}
	for name := range there {
		list = append(list, document+" has "+name+", which is no name any more")
	}
	slices.Sort(list)
	return list
}

// undocumented lists the functions that the manual has for a module that is here, and the
// module has not.
func undocumented(firmware string, rows []row) (list []string, err error) {
	modules, last := map[string]bool{}, map[string]bool{}
	for _, r := range rows {
		modules[r.module] = true
		last[r.module+" "+r.name[strings.LastIndexAny(r.name, ".:")+1:]] = true
	}
	heading := regexp.MustCompile(`(?m)^##+ +(?:\x60)?([\w.:]+)\(`)
	modules["wifi_monitor"] = true // a page of its own
	for module := range modules {
		b, err := os.ReadFile(filepath.Join(firmware, "docs", "modules", module+".md"))
		if err != nil {
			b, err = os.ReadFile(filepath.Join(firmware, "docs", "modules", strings.ReplaceAll(module, "_", "-")+".md"))
		}
		if err != nil {
			continue // gpio.pulse and the like have no page of their own
		}
		if module == "wifi_monitor" {
			module = "wifi"
		}
		for _, m := range heading.FindAllStringSubmatch(string(b), -1) {
			f := m[1]
			part := f[strings.LastIndexAny(f, ".:")+1:]
			if !last[module+" "+part] && notHere[f] == "" {
				list = append(list, fmt.Sprintf("the manual has %s, %s has not", f, module))
			}
		}
	}
	slices.Sort(list)
	return list, nil
}
