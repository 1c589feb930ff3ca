package resources_test

import (
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/resources"
)

// TestSource holds the form of the module. What it gives when it is run, lib/lua's tests hold.
func TestSource(t *testing.T) {
	files := []resources.File{{Name: "b", Data: []byte("\x00\x011\"\\\n\r\xff")}, {Name: "a\"", Data: nil}}
	got, err := resources.Source(files)
	if err != nil {
		t.Fatal(err)
	}
	const want = `-- Made by "moonlet lfs resources"; lib/lua/resources.lua reads it.
local key = ...
if not key then return 1024, "a\"\nb\n" end
if type(key) == "number" then
return "\000\0011\"\\\n\013\255"
end
if key == "a\"" then return 0, 1 end
if key == "b" then return 8, 1 end
`
	if string(got) != want || !resources.Made(got) || resources.Made([]byte("return 5")) {
		t.Errorf("%s", got)
	}
	files[0], files[1] = files[1], files[0]
	if again, err := resources.Source(files); err != nil || string(again) != want || files[0].Name != "a\"" {
		t.Errorf("the order matters: %v, %s", err, again)
	}
	if got, err := resources.Source(nil); err != nil || !strings.Contains(string(got), `return 1024, "" end`) {
		t.Errorf("%v, %s", err, got)
	}
}

func TestSourceErrors(t *testing.T) {
	for want, files := range map[string][]resources.File{
		"needs a name":        {{Name: ""}},
		"a control character": {{Name: "a\nb"}},
		"misreads this word":  {{Name: "x"}, {Name: "thread"}},
		"two files":           {{Name: "x"}, {Name: "y"}, {Name: "x"}},
	} {
		if got, err := resources.Source(files); err == nil || !strings.Contains(err.Error(), want) || got != nil {
			t.Errorf("%q: %v", files[0].Name, err)
		}
	}
	for _, name := range []string{"index.html", "www/ü.css", "a b", "USERDATA"} {
		if err := resources.Check(name); err != nil {
			t.Error(err)
		}
	}
}
