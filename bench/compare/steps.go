package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// stepsProgram makes heaps of several kinds and measures each step of a cycle.
//
//go:embed steps.lua
var stepsProgram []byte

// steps are those of one cycle of the collector over a heap of some kind.
type steps struct {
	Heap      string `json:"heap"`
	Moonlet   cycle  `json:"moonlet"`
	Reference cycle  `json:"reference"`
}

// cycle tells how many steps there were and, in seconds, how long they took.
type cycle struct {
	Steps   int     `json:"steps"`
	Total   float64 `json:"total"`
	P99     float64 `json:"p99"` // the 99th percentile
	Longest float64 `json:"longest"`
}

// least keeps the smaller of each time. The work of a step is the same in each run;
// whatever made it last longer was something else that the computer did.
func (c cycle) least(d cycle) cycle {
	return cycle{d.Steps, min(c.Total, d.Total), min(c.P99, d.P99), min(c.Longest, d.Longest)}
}

func (o options) measureSteps(tmp string, b build) (found []steps, err error) {
	file := filepath.Join(tmp, "steps.lua")
	if err := os.WriteFile(file, stepsProgram, 0o666); err != nil {
		return nil, err
	}
	j := execution("steps", b.model, file)
	for i := range o.runs {
		_, mine, err := run(o.binary, j.mine, false)
		if err != nil {
			return nil, err
		}
		_, theirs, err := run(b.path, j.theirs, false)
		if err != nil {
			return nil, err
		}
		pair, err := parseSteps(mine, theirs)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			found = pair
			continue
		}
		for k := range found {
			found[k].Moonlet = found[k].Moonlet.least(pair[k].Moonlet)
			found[k].Reference = found[k].Reference.least(pair[k].Reference)
		}
	}
	return found, nil
}

// parseSteps reads what both printed: a line for each kind of heap.
func parseSteps(mine, theirs []byte) (found []steps, err error) {
	a, b := strings.Split(string(mine), "\n"), strings.Split(string(theirs), "\n")
	if len(a) != len(b) || len(a) < 2 {
		return nil, fmt.Errorf("steps: the outputs differ: %q and %q", mine, theirs)
	}
	for i := range len(a) - 1 { // behind the last line is nothing
		var s steps
		var name string
		if s.Heap, s.Moonlet, err = parseCycle(a[i]); err == nil {
			name, s.Reference, err = parseCycle(b[i])
		}
		if err == nil && name != s.Heap {
			err = fmt.Errorf("steps: the heaps differ: %q and %q", s.Heap, name)
		}
		if err != nil {
			return nil, err
		}
		found = append(found, s)
	}
	return found, nil
}

// parseCycle reads a line; its times are in microseconds.
func parseCycle(line string) (name string, c cycle, err error) {
	if _, err = fmt.Sscan(line, &name, &c.Steps, &c.Total, &c.P99, &c.Longest); err != nil {
		return "", c, fmt.Errorf("steps: %q: %w", line, err)
	}
	for _, t := range []*float64{&c.Total, &c.P99, &c.Longest} {
		*t /= 1e6
	}
	return name, c, nil
}

func stepsGrid(all []steps) grid {
	g := grid{{"heap", "steps", "luac.cross", "cycle", "luac.cross", "longest step", "luac.cross"}}
	for _, s := range all {
		a, b := s.Moonlet, s.Reference
		g = append(g, []string{s.Heap, fmt.Sprint(a.Steps), fmt.Sprint(b.Steps),
			duration(a.Total), duration(b.Total), duration(a.Longest), duration(b.Longest)})
	}
	return g
}
