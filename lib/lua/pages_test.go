package lualib_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/resources"
	"moonlet.example/moonlet/moonlettest"
)

// example is a piece of a page that begins with ```lua. One whose first line is a comment that names a file,
// as "-- menu_add.lua", is that file; the others are run one after the other, each in a task of its own.
// A piece that begins with ```text behind it is what it prints.
type example struct{ file, code, prints string }

var (
	fence    = regexp.MustCompile("(?ms)^```(lua|text)\n(.*?)^```$")
	fileName = regexp.MustCompile(`^-- (\S+\.(lua|html|css|json))\n`)
)

// examplesOf are the examples of a section.
func examplesOf(section string) (list []example) {
	for _, f := range fence.FindAllStringSubmatch(section, -1) {
		switch name := fileName.FindStringSubmatch(f[2]); {
		case f[1] == "text":
			if len(list) > 0 {
				list[len(list)-1].prints = f[2]
			}
		case name != nil:
			list = append(list, example{file: name[1], code: f[2]})
		default:
			list = append(list, example{code: f[2]})
		}
	}
	return list
}

// TestExamplesOnPages runs the examples of each section on each edition, with the whole library in the store.
func TestExamplesOnPages(t *testing.T) {
	names, err := filepath.Glob("*.lua")
	if err != nil {
		t.Fatal(err)
	}
	library := map[string]string{}
	for _, name := range names {
		library[name] = source(t, strings.TrimSuffix(name, ".lua"))
	}
	data, err := resources.Source([]resources.File{{Name: "index.html", Data: []byte("<h1>Hello</h1>\n")}})
	if err != nil {
		t.Fatal(err)
	}
	library["resources_data.lua"] = string(data)
	menu, err := os.ReadFile(filepath.Join("testdata", "menu.lua"))
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for page, text := range pages(t) {
		for _, section := range strings.Split(text, "\n## ") {
			list := examplesOf(section)
			if len(list) == 0 {
				continue
			}
			title, _, _ := strings.Cut(section, "\n")
			for _, edition := range editions {
				ran++
				t.Run(page+"/"+title+"/Lua-"+edition, func(t *testing.T) {
					c := moonlet.Config{Lua: edition, StoreBytes: 256 << 10, StoreFiles: library,
						Files: map[string]string{"menu.lua": string(menu), "init.lua": "package.loaders[3] = function(name) return node.LFS.get(name) end\n"}}
					runExamples(t, c, list)
				})
			}
		}
	}
	if ran == 0 {
		t.Error("no page has an example")
	}
}

func runExamples(t *testing.T, c moonlet.Config, list []example) {
	start := ""
	for i, e := range list {
		if e.file == "" {
			e.file = fmt.Sprintf("example%d.lua", i)
			start += fmt.Sprintf("tmr.create():alarm(%d, tmr.ALARM_SINGLE, function() dofile %q end)\n", 100+10000*i, e.file)
		}
		c.Files[e.file] = e.code
	}
	c.Files["init.lua"] += start
	m := moonlettest.New(t, c)
	m.Run(time.Duration(len(list)+1) * 10 * time.Second)
	out := strings.ReplaceAll(m.Output(), "\r\n", "\n")
	if strings.Count(out, "NodeMCU ") != 1 || strings.Contains(out, "Lua error") {
		first, _, _ := strings.Cut(out, "\n\nNodeMCU ")
		t.Fatalf("an example fails:\n%s", first)
	}
	for _, e := range list {
		if !strings.Contains(out, e.prints) {
			t.Errorf("the example\n%s\nprints not\n%s\nbut there is\n%s", e.code, e.prints, out)
		}
	}
}
