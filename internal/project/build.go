package project

import (
	"fmt"
	"strings"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/lua/num"
)

// readBuild reads what the module's firmware is built from.
func (c *settings) readBuild(s *section) {
	b := &c.config.Build
	if name := s.str("profile"); name != "" {
		if b.Chip = chip.Find(name); b.Chip == nil {
			s.fail("profile", `there is no profile %q; choose %s`, name, chip.Names())
		}
	}
	b.Lua = s.str("lua")
	if name := s.str("number"); name != "" {
		var err error
		if b.Numbers, err = num.Parse(name); err != nil {
			s.fail("number", "%v", err)
		}
	}
	type place struct {
		it  *item
		key string
	}
	places := map[string]place{} // by the keys that mistakes have
	if s.has("modules") {
		b.Modules = []string{}
	}
	s.strings("modules", func(it *item, key, t string) {
		for name := range strings.SplitSeq(t, ",") { // a banner has them like that
			places[fmt.Sprintf("modules[%d]", len(b.Modules))] = place{it, key}
			b.Modules = append(b.Modules, strings.TrimSpace(name))
		}
	})
	for _, m := range b.Mistakes() {
		if p, ok := places[m.Key]; ok {
			s.r.fail(p.it, p.key, "%s", m.Problem)
		} else if s.has(m.Key) {
			s.fail(m.Key, "%s", m.Problem)
		}
	}
}

// checkHeap looks whether the chip has room for the heap that was asked for.
func (c *settings) checkHeap(s *section) {
	for _, m := range c.config.Mistakes() {
		if m.Key == "heap" && c.config.FreeHeap != 0 {
			s.fail(m.Key, "%s", m.Problem)
		}
	}
}
