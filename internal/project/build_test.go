package project_test

import (
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/project"
)

// TestBuild holds that keys and flags choose what the firmware is built from.
func TestBuild(t *testing.T) {
	for _, c := range []struct {
		toml  string
		flags []project.Setting
		want  firmware.Build
	}{
		{"", nil, firmware.Build{}},
		{`profile = "esp8266"` + "\n" + `lua = "5.3"` + "\n" + `number = "int64"` + "\n" + `modules = ["node", "file"]`, nil,
			firmware.Build{Chip: chip.ESP8266(), Lua: "5.3", Numbers: num.Int64Float64, Modules: []string{"node", "file"}}},
		{`modules = ["node"]`, []project.Setting{{Flag: "modules", Value: "node,tmr, wifi"}, {Flag: "modules", Value: "net"}, {Flag: "lua", Value: "5.3"}},
			firmware.Build{Lua: "5.3", Modules: []string{"node", "tmr", "wifi", "net"}}},
	} {
		p, err := open(t, c.toml, c.flags...)
		if err != nil {
			t.Errorf("%s: %v", c.toml, err)
			continue
		}
		got := p.Config().Build
		if got.Chip != c.want.Chip || got.Lua != c.want.Lua || got.Numbers != c.want.Numbers || !slices.Equal(got.Modules, c.want.Modules) || (got.Modules == nil) != (c.want.Modules == nil) {
			t.Errorf("%s %v: %+v", c.toml, c.flags, got)
		}
	}
}

// TestBuild_Mistakes holds that all mistakes come at once, each with its line and its key.
func TestBuild_Mistakes(t *testing.T) {
	_, err := open(t, "lua = \"5.2\"\nheap = \"1MB\"\nnumber = \"int16\"\nmodules = [\n  \"file\",\n  \"somfy\",\n  \"tiemr\",\n  5]\nseed = -1\n",
		project.Setting{Flag: "chip-id", Value: "0"})
	if err == nil {
		t.Fatal("it is possible")
	}
	for _, want := range []string{
		`:1: lua: there is no Lua "5.2"; choose "5.3", "5.1", "5.1-int"`,
		":2: heap: a heap of 1048576 bytes is not possible: choose 8192 to ",
		`:3: number: there are no numbers "int16": want int32, int64, mixed`,
		`:4: modules: no build can do without "node": the console and the report of errors are its work; add it`,
		`:6: modules[1]: the firmware's module "somfy" is not in Moonlet yet; there are ` + strings.Join(firmware.ModuleNames(), ", "),
		`:7: modules[2]: there is no module "tiemr"; there are adc, bit,`,
		`:8: modules[3]: want text in quotes, not 5`,
		":9: seed: -1 is not possible", "--chip-id: chip_id: 0 is not possible",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
	for value, want := range map[string]string{
		"":             `--modules: modules[0]: there is no module ""`,
		"node,foo":     `--modules: modules[0]: there is no module "foo"`,
		"node,node":    `--modules: modules[0]: "node" is named twice`,
		"file,tmr,bit": `--modules: modules: no build can do without "node"`,
	} {
		if _, err := open(t, "", project.Setting{Flag: "modules", Value: value}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--modules %q gives %v, want %s", value, err, want)
		}
	}
	if _, err := open(t, "", project.Setting{Flag: "lua", Value: "5.4"}); err == nil || !strings.Contains(err.Error(), `--lua: lua: there is no Lua "5.4"`) {
		t.Errorf("--lua gives %v", err)
	}
	if _, err := open(t, "modules = []"); err == nil || !strings.Contains(err.Error(), `:1: modules: no build can do without "node"`) {
		t.Errorf("no modules give %v", err)
	}
}
