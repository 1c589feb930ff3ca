package lfs

import (
	"fmt"
	"moonlet.example/moonlet/internal/lua/compiled"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/opcode"
)

// warnings lists what is suspicious about the modules of a file. A chunk has
// nothing of that.
func (c *Content) warnings(units []chunk.Module) []compiled.Warning {
	list := []compiled.Warning{}
	if c.Image == nil {
		return list
	}
	if n := len(units); n > MaxModules {
		list = append(list, compiled.Warning{Kind: compiled.WarnCount, Text: fmt.Sprintf(
			"%d modules: the store counts them in a byte, so only the first %d are found; put fewer into it", n, n%(MaxModules+1))})
	}
	list = append(list, nameWarnings(units)...)
	for _, m := range units {
		for _, s := range chunk.Misread() {
			if w, ok := misreadWarning(m, s); ok {
				list = append(list, w)
			}
		}
	}
	if w, ok := c.unused(); ok {
		list = append(list, w)
	}
	if s := c.Store; s != nil && slices.ContainsFunc(s.Rest, func(b byte) bool { return b != 0xff }) {
		list = append(list, compiled.Warning{Kind: compiled.WarnRest, Text: fmt.Sprintf(
			"%d bytes follow the store, and they are not erased flash", len(s.Rest))})
	}
	return list
}

// becomes tells what the firmware's loader makes of a string (LoadedFixed of
// package chunk).
func becomes(s string) string {
	switch s {
	case "thread":
		return `is "userdata" in the store`
	case "proto":
		return `is "thread" in the store`
	}
	return `in the store equals no other "userdata", not even that of type()`
}

func nameWarnings(units []chunk.Module) (list []compiled.Warning) {
	seen := map[string]bool{}
	other := "" // the first name without "__"
	for _, m := range units {
		if seen[m.Name] {
			list = append(list, compiled.Warning{Kind: compiled.WarnDuplicate, Module: m.Name, Text: fmt.Sprintf(
				"there are several modules %s: only the first one is found", compiled.Plain(m.Name))})
		}
		seen[m.Name] = true
		meta := strings.HasPrefix(m.Name, "__")
		switch {
		case !meta && other == "":
			other = m.Name
		case meta && other != "":
			list = append(list, compiled.Warning{Kind: compiled.WarnOrder, Module: m.Name, Text: fmt.Sprintf(
				"module %s stands behind %s and is not found: the search for a name with \"__\" ends at the first name without; put it in front", compiled.Plain(m.Name), compiled.Plain(other))})
		}
		if m.Name == "thread" || m.Name == "proto" {
			list = append(list, compiled.Warning{Kind: compiled.WarnMisread, Module: m.Name, Text: fmt.Sprintf(
				"the name of module %s %s, by a fault of the firmware's loader; give the module another name", m.Name, becomes(m.Name))})
		}
	}
	return list
}

// misreadWarning looks for the uses of a constant in a module.
func misreadWarning(m chunk.Module, s string) (w compiled.Warning, ok bool) {
	var lines []int
	exact := true
	var find func(p *chunk.Proto)
	find = func(p *chunk.Proto) {
		for i := range p.Constants {
			if k := &p.Constants[i]; k.Kind != chunk.String || k.Str != s {
				continue
			}
			ok = true
			used := linesOf(p, i)
			if len(used) == 0 {
				exact = false
				used = []int{p.LineDefined}
			}
			lines = append(lines, used...)
		}
		for _, sub := range p.Protos {
			find(sub)
		}
	}
	find(m.Main)
	if !ok {
		return w, false
	}
	slices.Sort(lines)
	lines = slices.Compact(lines)
	where := "line"
	if !exact {
		where = "function at line"
	}
	const half = 3 // of the letters; any other place does as well
	return compiled.Warning{Kind: compiled.WarnMisread, Module: m.Name, Lines: lines, Text: fmt.Sprintf(
		"%s, %s: the constant %q %s, by a fault of the firmware's loader; write %q .. %q",
		compiled.Plain(m.Name), countedLines(where, lines), s, becomes(s), s[:half], s[half:])}, true
}

// countedLines is a list of lines for people, which ends after a few.
func countedLines(what string, lines []int) string {
	const most = 5
	if len(lines) > 1 {
		what = strings.Replace(what, "line", "lines", 1)
		what = strings.Replace(what, "function", "functions", 1)
	}
	var b strings.Builder
	b.WriteString(what)
	for i, l := range lines {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(lines)-most)
			break
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, " %d", l)
	}
	return b.String()
}

// linesOf lists the lines of the instructions that use a constant. There are none
// without line information.
func linesOf(p *chunk.Proto, constant int) (lines []int) {
	all := p.Lines()
	for pc, i := range p.Code {
		if uses(p, pc, i, constant) && all[pc] > 0 {
			lines = append(lines, all[pc])
		}
	}
	return lines
}

// uses tells whether an instruction uses a constant.
func uses(p *chunk.Proto, pc int, i uint32, constant int) bool {
	op := opcode.OpOf(i)
	info := op.Info()
	rk := func(arg opcode.Arg, operand int) bool {
		return arg == opcode.RK && opcode.IsK(operand) && operand&opcode.MaxIndexRK == constant
	}
	switch {
	case op == opcode.LoadKX:
		return pc+1 < len(p.Code) && opcode.AxOf(p.Code[pc+1]) == constant
	case info.Mode == opcode.ABx:
		return info.B == opcode.RK && opcode.Bx(i) == constant
	case info.Mode == opcode.ABC:
		return rk(info.B, opcode.B(i)) || rk(info.C, opcode.C(i))
	}
	return false
}

// unused warns of strings that nothing refers to, but for the one that every
// image has for the function above the modules.
func (c *Content) unused() (w compiled.Warning, ok bool) {
	n, bytes := 0, 0
	used := usesOf(c.Image.Modules, c.Image.Strings)
	c.names(used)
	for _, u := range used {
		if len(u.users) == 0 && u.text != c.Image.Strings[0] {
			n++
			bytes += flashString(u.text)
		}
	}
	if n == 0 {
		return w, false
	}
	return compiled.Warning{Kind: compiled.WarnUnused, Text: fmt.Sprintf(
		"nothing refers to %d strings of %d bytes: \"luac -s\" leaves the names of variables behind; \"--strip 1\" does not", n, bytes)}, true
}
