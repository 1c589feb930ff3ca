package wifi

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// fieldNames lists the fields that packets have here.
func fieldNames() (list []string) {
	list = append(list, "header", "ie_table")
	for name := range numbers {
		list = append(list, name)
	}
	for name, t := range texts {
		if list = append(list, name); t.hex {
			list = append(list, name+"_hex")
		}
	}
	for id, name := range elementNames {
		if name != "" {
			list = append(list, "ie_"+name)
		}
		if n, ok := elementID("ie_" + name); ok != (name != "") || ok && n != id {
			list = append(list, "twice: ie_"+name)
		}
	}
	slices.Sort(list)
	return list
}

// TestFieldNames compares the names with those of the firmware's manual, and looks whether the cases of the
// comparison have all of them.
func TestFieldNames(t *testing.T) {
	names := fieldNames()
	cases, err := os.ReadFile("testdata/monitor-cases.lua")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{"ie_table": strings.Contains(string(cases), "p.ie_table")}
	lists := regexp.MustCompile(`(?s)\[\[(.*?)\]\]`).FindAllStringSubmatch(string(cases), -1)
	for i, prefix := range []string{"", "ie_"} {
		for _, name := range strings.Fields(lists[i][1]) {
			there[prefix+name] = true
		}
	}
	for _, name := range names {
		if !there[name] {
			t.Errorf("the cases lack %s", name)
		}
	}
	if len(there) != len(names) {
		t.Errorf("the cases have %d names, want %d", len(there), len(names))
	}

	firmware := os.Getenv("MOONLET_FIRMWARE")
	if firmware == "" {
		t.Skip("MOONLET_FIRMWARE is not set")
	}
	page, err := os.ReadFile(filepath.Join(firmware, "docs", "modules", "wifi_monitor.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| (\w+) \| (?:Signed )?(?:Integer|String)`).FindAllStringSubmatch(string(page), -1)
	for _, r := range rows {
		if !slices.Contains(names, r[1]) {
			t.Errorf("the manual has %s", r[1])
		}
	}
	t.Logf("%d rows of the manual", len(rows))
}
