package firmware_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/firmware"
)

// TestFacts holds that each fact is true of the builds: what is gone is gone, what has another sense
// is there, and the classic interface has what it is said to have.
func TestFacts(t *testing.T) {
	now, classic := (&firmware.Build{}).Names(), (&firmware.Build{Firmware: firmware.Classic}).Names()
	forms := map[string]bool{}
	for _, f := range firmware.Facts() {
		if f.Now == "" || f.Lua == "" && f.Gone == "" || f.Silent && f.Sense == "" || f.Sense != "" && f.Form == "" {
			t.Errorf("%+v", f)
		}
		if f.Form != "" && forms[f.Form] {
			t.Errorf("two facts of the form %s", f.Form)
		}
		forms[f.Form] = true
		if strings.Contains(f.Name, ":") {
			continue // a method
		}
		path := strings.Split(f.Name, ".")
		_, found, _ := now.Find(path...)
		_, inClassic, _ := classic.Find(path...)
		_, module, _ := now.Find(path[0])
		switch {
		case f.Sense == "" && found:
			t.Errorf("%s is not gone", f.Name)
		case f.Sense != "" && !found && module:
			t.Errorf("%s is gone", f.Name)
		case f.Sense == "" && inClassic != f.Classic:
			t.Errorf("%s: in the classic build: %v", f.Name, inClassic)
		}
	}
}

// TestReplacements holds that what there is instead exists, where it is a name of a module that
// there is.
func TestReplacements(t *testing.T) {
	names := (&firmware.Build{}).Names()
	call := regexp.MustCompile(`\b([a-z0-9]+)\.([a-zA-Z0-9_.]+)`)
	for _, f := range firmware.Facts() {
		for _, m := range call.FindAllString(f.Now, -1) {
			path := strings.Split(strings.TrimRight(m, "."), ".")
			if _, ok, _ := names.Find(path[0]); !ok {
				continue
			}
			if _, found, whole := names.Find(path...); !found && whole && m != "wifi.suspend" {
				t.Errorf("%s: instead of it there is no %s", f.Name, m)
			}
		}
	}
}

// TestClassicDocument: docs/classic.md has each fact.
func TestClassicDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/classic.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range firmware.Facts() {
		what := f.Form
		if what == "" {
			what = f.Name
		}
		row := "| `" + what + "` | "
		i := strings.Index(string(text), row)
		if i < 0 {
			t.Errorf("docs/classic.md has no row %s", row)
			continue
		}
		line, _, _ := strings.Cut(string(text)[i:], "\n")
		if f.Lua != "" && !strings.Contains(line, "Lua "+f.Lua) || !strings.Contains(line, f.Gone) || f.Lua == "" && strings.HasSuffix(line, "| yes |") != f.Classic {
			t.Errorf("docs/classic.md: %s, of %+v", line, f)
		}
	}
}

// TestClassicBuild: only one value, and the banner is the same.
func TestClassicBuild(t *testing.T) {
	if err := (&firmware.Build{Firmware: "old"}).Check(); err == nil || !strings.Contains(err.Error(), `there is "classic"`) {
		t.Error(err)
	}
	a, err := firmware.Build{}.Link(&program)
	if err != nil {
		t.Fatal(err)
	}
	b, err := firmware.Build{Firmware: firmware.Classic}.Link(&program)
	if err != nil {
		t.Fatal(err)
	}
	if a == b || a.Banner(0) != b.Banner(0) {
		t.Errorf("%q, %q", a.Banner(0), b.Banner(0))
	}
	if _, found, _ := (&firmware.Build{Firmware: firmware.Classic, Modules: []string{"tmr", "node"}}).Names().Find("cjson"); found {
		t.Error("cjson without sjson")
	}
}
