package project_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/project"
)

// docSections are the sections of docs/project.md by their titles.
func docSections(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/project.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for part := range strings.SplitSeq(string(text), "\n## ") {
		title, body, _ := strings.Cut(part, "\n")
		sections[title] = body
	}
	return sections
}

// keyRows are the rows of a section's tables that are about flags, as cells.
func keyRows(section string) (rows [][]string) {
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if len(cells) >= 3 && strings.HasPrefix(cells[1], "`--") {
			rows = append(rows, cells)
		}
	}
	return rows
}

// nameCell is how a table names a key: those of pins tell what stands in each entry.
func nameCell(k project.Key) string {
	switch {
	case k.Form != keys.FormTables:
		return "`" + k.Name + "`"
	case k.Group == "Pins":
		return "`[[" + k.Name + "]]` `" + strings.Join(k.Entries, "`, `") + "`"
	}
	return "`[[" + k.Name + "]]`"
}

// TestDocsHaveTheKeys holds that the tables of docs/project.md have what the keys say of
// themselves, and no others.
func TestDocsHaveTheKeys(t *testing.T) {
	sections := docSections(t)
	known := map[string]bool{}
	for _, k := range project.Keys() {
		section := sections[k.Group]
		named := func(name string) {
			if !regexp.MustCompile("`" + regexp.QuoteMeta(name) + "`").MatchString(section) {
				t.Errorf("section %s does not name `%s`", k.Group, name)
			}
		}
		for _, e := range k.Entries {
			named(e)
		}
		if k.Doc == "" { // told in a sentence
			named(k.Name[strings.LastIndexByte(k.Name, '.')+1:])
			continue
		}
		known[nameCell(k)] = true
		rows := keyRows(section)
		i := slices.IndexFunc(rows, func(r []string) bool { return r[0] == nameCell(k) })
		if i < 0 {
			t.Errorf("section %s has no row for %s", k.Group, nameCell(k))
			continue
		}
		value, _, _ := strings.Cut(k.Value, "...")
		if flag := strings.TrimSpace("`--" + k.Flag + " " + value); !strings.HasPrefix(rows[i][1], flag) {
			t.Errorf("%s: the flag is %s, want %s", k.Name, rows[i][1], flag)
		}
		if rows[i][2] != k.Doc {
			t.Errorf("%s: the meaning is\n%s\nwant\n%s", k.Name, rows[i][2], k.Doc)
		}
		if len(rows[i]) > 3 && rows[i][3] != k.Default {
			t.Errorf("%s: the default is %q, want %q", k.Name, rows[i][3], k.Default)
		}
	}
	for _, group := range project.Groups() {
		for _, row := range keyRows(sections[group]) {
			if !known[row[0]] {
				t.Errorf("section %s has a row for %s, which is no key", group, row[0])
			}
		}
	}
}
