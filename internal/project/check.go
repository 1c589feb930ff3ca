package project

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/keys"
)

// check looks for what cannot be, all of it, where a module would find one thing after the
// other, or work in a way that nobody meant.
func (c *settings) check(s *keys.Section, sources []Source) {
	c.checkPorts(s)
	c.checkScript(s)
	c.checkPins(s)
	for _, f := range sources {
		var e *Error
		if errors.As(checkName(f), &e) {
			s.FailIn("files: "+f.Name, "%s", e.Problem)
		}
	}
}

// checkPorts finds ports of this computer that two servers would have.
func (c *settings) checkPorts(s *keys.Section) {
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
			s.FailIn(fmt.Sprintf("ports.%d", p), `port %d of this computer is that of the module's port %d already: choose another, or "any"`, host, other)
		}
		has[host] = p
	}
}

// checkScript finds steps about networks that do not exist.
func (c *settings) checkScript(s *keys.Section) {
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
			s.FailIn(fmt.Sprintf("wifi.script[%d]", i), "there is no network %q; there are: %s", step.SSID, strings.Join(names, ", "))
		}
	}
}

// checkPins finds pins that two things would drive, and buttons with one name.
func (c *settings) checkPins(s *keys.Section) {
	b := &c.config.Board
	by := map[int]string{}
	take := func(pin int, list string, i int, field string) {
		key := fmt.Sprintf("%s[%d]", list, i)
		if other := by[pin]; other != "" {
			s.FailIn(key+"."+field, "%s is at pin %d already, and one thing drives a pin: choose another pin, or leave one out", other, pin)
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
	ids := map[string]int{}
	for i, v := range b.Thermometers { // a bus is for many of them
		if other := by[v.Pin]; !strings.HasPrefix(other, "ds18b20[") {
			take(v.Pin, "ds18b20", i, "pin")
		}
		id := strings.ToUpper(v.ID)
		if j, ok := ids[id]; ok && id != "" {
			s.FailIn(fmt.Sprintf("ds18b20[%d].id", i), "ds18b20[%d] has this id already", j)
		}
		ids[id] = i
	}
	names := map[string]int{}
	for i, v := range b.Buttons {
		take(v.Pin, "buttons", i, "pin")
		if j, ok := names[v.Name]; ok && v.Name != "" {
			s.FailIn(fmt.Sprintf("buttons[%d].name", i), "buttons[%d] is called %q already", j, v.Name)
		}
		names[v.Name] = i
	}
	for i, v := range b.Hygrometers {
		take(v.Pin, "dht", i, "pin")
	}
	for i, v := range b.Scales {
		take(v.Data, "hx711", i, "data")
	}
	for i, v := range b.Encoders {
		take(v.A, "encoders", i, "a")
		take(v.B, "encoders", i, "b")
		if v.Push != 0 {
			take(v.Push, "encoders", i, "push")
		}
	}
	for i, v := range b.Waves {
		take(v.Pin, "waves", i, "pin")
	}
}
