package firmware

import (
	"fmt"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/keys"
)

// option is a switch of Options by its name in project files, which is that of the firmware's
// define without its ENABLE.
type option struct {
	name string
	at   func(o *Options) *bool
}

// options lists all of them, sorted by name.
func options() []option {
	return []option{
		{"development_tools", func(o *Options) *bool { return &o.DevelopmentTools }},
		{"pmsleep", func(o *Options) *bool { return &o.PMSleep }},
		{"smartconfig", func(o *Options) *bool { return &o.SmartConfig }},
		{"startup_counts", func(o *Options) *bool { return &o.StartupCounts }},
		{"timer_suspend", func(o *Options) *bool { return &o.TimerSuspend }},
	}
}

// OptionNames lists the names of all options, sorted.
func OptionNames() (list []string) {
	for _, o := range options() {
		list = append(list, o.name)
	}
	return list
}

// Add switches the option of that name on, and tells whether there is one that was off.
func (o *Options) Add(name string) bool { return o.set(name) == "" }

// set switches the option of that name on. It tells what is wrong with the name, "" for nothing.
func (o *Options) set(name string) string {
	i := slices.IndexFunc(options(), func(x option) bool { return x.name == name })
	if i < 0 {
		return fmt.Sprintf("there is no option %q; there are %s", name, strings.Join(OptionNames(), ", "))
	}
	at := options()[i].at(o)
	if *at {
		return fmt.Sprintf("%q is named twice; leave one out", name)
	}
	*at = true
	return ""
}

// readOptions reads a list of names, of which an entry may have several with commas between, as
// that of the modules has.
func readOptions(s *keys.Section, name string, b *Build) {
	if s.Has(name) {
		b.Options = Options{}
	}
	s.Texts(name, func(it *keys.Item, key, t string) {
		for n := range strings.SplitSeq(t, ",") {
			if problem := b.Options.set(strings.TrimSpace(n)); problem != "" {
				s.FailAt(it, key, "%s", problem)
			}
		}
	})
}
