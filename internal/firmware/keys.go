package firmware

import (
	"fmt"
	"strings"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/lua/num"
)

// Keys are those of a Build.
func Keys() keys.Fields[Build] {
	profile := chip.Names()
	var models, editionNames, chips []string
	for _, m := range num.Models() {
		models = append(models, m.Flag())
	}
	for _, e := range editions.All() {
		editionNames = append(editionNames, e.Name)
	}
	for _, c := range chip.All() {
		chips = append(chips, c.Name)
	}
	return keys.Fields[Build]{
		{Key: keys.Key{Name: "profile", Value: "NAME", Values: chips, Usage: "kind of module; there is " + profile,
			Doc: "kind of module; there is `" + profile + "`", Default: fmt.Sprintf("`%q`", chip.ESP8266().Name)},
			Read: readProfile},
		{Key: keys.Key{Name: "lua", Value: "EDITION", Values: editionNames, Usage: "edition of Lua; there are " + editions.Names(),
			Doc: "edition of Lua; there are `" + strings.ReplaceAll(editions.Names(), ", ", "`, `") + "`. `\"5.1\"` has 64-bit floats for all numbers, as most firmware in the field, `\"5.1-int\"` 32-bit integers", Default: fmt.Sprintf("`%q`", editions.Default().Name)},
			Read: keys.Text(func(b *Build) *string { return &b.Lua })},
		{Key: keys.Key{Name: "firmware", Value: "NAME", Values: []string{Classic},
			Usage: `"classic" has the calls of firmware of 2015 to 2018 besides its own, as
tmr.alarm with a number (docs/classic.md)`,
			Doc: "`\"classic\"` is a build that has the calls of firmware of 2015 to 2018 besides its own, as `tmr.alarm` with a number ([classic.md](classic.md))", Default: "the release as it is"},
			Read: keys.Text(func(b *Build) *string { return &b.Firmware })},
		{Key: keys.Key{Name: "modules", Value: "NAME,...", Values: ModuleNames(), Form: keys.FormList,
			Usage: "modules of the firmware, as its banner lists them (default: all that there are:\n" + strings.Join(ModuleNames(), ", ") + ")",
			Doc:   "the [modules](#modules) of the firmware that the build has", Default: "all that there are"},
			Read: readModules},
		{Key: keys.Key{Name: "options", Value: "NAME,...", Values: OptionNames(), Form: keys.FormList,
			Usage: "switches of the firmware's user_config.h that are off by default:\n" + strings.Join(OptionNames(), ", "),
			Doc:   "[switches](#options) of the firmware that are off in its default build", Default: "none"},
			Read: readOptions},
		{Key: keys.Key{Name: "number", Value: "MODEL", Values: models, Usage: `numbers: int32, int64 or mixed (32-bit integers, 64-bit floats)`,
			Doc: "Lua's numbers: `\"int32\"` (integers and floats of 32 bits), `\"int64\"` (both of 64) or `\"mixed\"` (integers of 32, floats of 64). With larger ones the same heap has less free, since values are larger", Default: "`\"int32\"`"},
			Read: readNumber},
		{Read: func(s *keys.Section, _ string, b *Build) {
			for _, m := range b.Mistakes() {
				if s.Has(m.Key) && m.Problem != numberOf51 { // those in a list are told already
					s.Fail(m.Key, "%s", m.Problem)
				}
			}
		}},
	}
}

func readProfile(s *keys.Section, name string, b *Build) {
	if p := s.Text(name); p != "" {
		if b.Chip = chip.Find(p); b.Chip == nil {
			s.Fail(name, `there is no profile %q; choose %s`, p, chip.Names())
		}
	}
}

func readNumber(s *keys.Section, name string, b *Build) {
	if model := s.Text(name); model != "" {
		var err error
		if b.Numbers, err = num.Parse(model); err != nil {
			s.Fail(name, "%v", err)
		} else if b.Edition().Lua51 {
			s.Fail(name, "%s", numberOf51)
		}
	}
}

// readModules reads a list of names, of which an entry may have several with commas between:
// a banner has them like that.
func readModules(s *keys.Section, name string, b *Build) {
	if s.Has(name) {
		b.Modules = []string{}
	}
	type place struct {
		it  *keys.Item
		key string
	}
	var places []place // of each name
	s.Texts(name, func(it *keys.Item, key, t string) {
		for n := range strings.SplitSeq(t, ",") {
			b.Modules = append(b.Modules, strings.TrimSpace(n))
			places = append(places, place{it, key})
		}
	})
	for _, m := range modulesMistakes(b.Modules) {
		if m.index >= 0 {
			s.FailAt(places[m.index].it, places[m.index].key, "%s", m.Problem)
		}
	}
}
