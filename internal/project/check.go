package project

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/sim/board"
)

// check looks for what cannot be, all of it, where a module would find one thing after the
// other, or work in a way that nobody meant.
func (c *settings) check(s *section, sources []Source) {
	if h := c.config.FreeHeap; h != 0 {
		if least, most := c.config.HeapLimits(); h < least || h > most {
			c.wrong(s, "heap", "a heap of %d bytes is not possible: choose %d to %d", h, least, most)
		}
	}
	c.checkPorts(s)
	c.checkScript(s)
	c.checkParts(s)
	c.checkPins(s)
	for _, f := range sources {
		var e *Error
		if errors.As(checkName(f), &e) {
			s.r.fail(&item{at: valuesAt}, "files: "+f.Name, "%s", e.Problem)
		}
	}
}

// wrong notes a problem with a key, at the place where it stands.
func (c *settings) wrong(s *section, key, format string, args ...any) {
	it := find(s.items, key)
	if it.at == "" {
		it = &item{at: valuesAt}
	}
	s.r.fail(it, key, format, args...)
}

// checkPorts finds ports of this computer that two servers would have.
func (c *settings) checkPorts(s *section) {
	has := map[uint16]uint16{}
	var ports []uint16
	for p := range c.config.Net.Ports {
		ports = append(ports, p)
	}
	slices.Sort(ports)
	for _, p := range ports {
		host := c.config.Net.Ports[p]
		other, taken := has[host]
		if host != 0 && taken {
			c.wrong(s, fmt.Sprintf("ports.%d", p), `port %d of this computer is that of the module's port %d already: choose another, or "any"`, host, other)
		}
		has[host] = p
	}
}

// checkScript finds steps about networks that do not exist.
func (c *settings) checkScript(s *section) {
	w := &c.config.WiFi
	if !w.KnownOnly {
		return // any name is that of a network
	}
	for i, step := range w.Script {
		if step.SSID == "" {
			continue
		}
		known := false
		var names []string
		for _, n := range w.Networks {
			known = known || n.SSID == step.SSID
			names = append(names, fmt.Sprintf("%q", n.SSID))
		}
		if !known {
			c.wrong(s, fmt.Sprintf("wifi.script[%d]", i), "there is no network %q; there are: %s", step.SSID, strings.Join(names, ", "))
		}
	}
}

// checkParts lets the board look at each part by itself.
func (c *settings) checkParts(s *section) {
	b := &c.config.Board
	one := func(list string, i int, part board.Config) {
		var e *board.ConfigError
		if !errors.As(part.Validate(), &e) {
			return
		}
		key := strings.ReplaceAll(e.Key, "noiseEvery", "noise_every")
		if list != "" {
			key = strings.Replace(key, list+"[0]", fmt.Sprintf("%s[%d]", list, i), 1)
		}
		c.wrong(s, key, "%s", e.Problem)
	}
	for i := range b.Levels {
		one("levels", i, board.Config{Levels: b.Levels[i : i+1]})
	}
	for i := range b.Wires {
		one("wires", i, board.Config{Wires: b.Wires[i : i+1]})
	}
	for i := range b.Buttons {
		one("buttons", i, board.Config{Buttons: b.Buttons[i : i+1]})
	}
	for i := range b.Waves {
		one("waves", i, board.Config{Waves: b.Waves[i : i+1]})
	}
	one("", 0, board.Config{ADC: b.ADC})
}

// checkPins finds pins that two things would drive, and buttons with one name.
func (c *settings) checkPins(s *section) {
	b := &c.config.Board
	by := map[int]string{}
	take := func(pin int, list string, i int, field string) {
		key := fmt.Sprintf("%s[%d]", list, i)
		if other := by[pin]; other != "" {
			c.wrong(s, key+"."+field, "%s is at pin %d already, and one thing drives a pin: choose another pin, or leave one out", other, pin)
			return
		}
		by[pin] = key
	}
	for i, v := range b.Levels {
		take(v.Pin, "levels", i, "pin")
	}
	for i, v := range b.Wires {
		take(v.To, "wires", i, "to")
	}
	names := map[string]int{}
	for i, v := range b.Buttons {
		take(v.Pin, "buttons", i, "pin")
		if j, ok := names[v.Name]; ok && v.Name != "" {
			c.wrong(s, fmt.Sprintf("buttons[%d].name", i), "buttons[%d] is called %q already", j, v.Name)
		}
		names[v.Name] = i
	}
	for i, v := range b.Waves {
		take(v.Pin, "waves", i, "pin")
	}
}
