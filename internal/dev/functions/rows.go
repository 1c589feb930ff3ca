package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/lua/state"
)

// row is a name of a module.
type row struct {
	module, name, kind string
	tests              []string
	reason             string // why there is none
}

// builds are those whose names are listed: all modules, and the options.
func builds() []firmware.Build {
	all := firmware.Build{}
	options := firmware.Build{Options: firmware.Options{
		DevelopmentTools: true, StartupCounts: true, PMSleep: true, SmartConfig: true, TimerSuspend: true,
	}}
	return []firmware.Build{all, options}
}

// rowsOf lists all names with their tests.
func rowsOf(called map[string][]string, texts []source) (rows []row) {
	seen := map[string]bool{}
	add := func(r row) {
		if seen[r.name] {
			return
		}
		seen[r.name] = true
		switch r.kind {
		case "function", "method":
			r.tests = called[r.name]
			for first, other := range alsoAs {
				if rest, ok := strings.CutPrefix(r.name, first); ok && len(r.tests) == 0 {
					r.tests = called[other+rest]
				}
			}
		default:
			r.tests = mentions(texts, r)
		}
		if r.reason = reasons[r.name]; len(r.tests) > 0 {
			r.reason = ""
		}
		rows = append(rows, r)
	}
	for _, b := range builds() {
		names := b.Names()
		for _, module := range firmware.ModuleNames() {
			if e, found, _ := names.Find(module); found {
				walk(e.Table, module, add)
			}
		}
		for _, t := range names.Types() {
			module := moduleOf(t)
			methods, _ := names.Methods(t)
			for _, m := range methods {
				add(row{module: module, name: t + ":" + m, kind: "method"})
			}
		}
	}
	for name, list := range events {
		for _, e := range list {
			module, _, _ := strings.Cut(name, ".")
			add(row{module: module, name: fmt.Sprintf("%s %q", name, e), kind: "event"})
		}
	}
	slices.SortFunc(rows, func(a, b row) int {
		if c := strings.Compare(a.module, b.module); c != 0 {
			return c
		}
		return strings.Compare(a.name, b.name)
	})
	return rows
}

// walk lists what is in a table.
func walk(t *state.ROTable, path string, add func(row)) {
	module, _, _ := strings.Cut(path, ".")
	for _, e := range t.Entries {
		if strings.HasPrefix(e.Name, "__") {
			continue
		}
		r := row{module: module, name: path + "." + e.Name, kind: "function"}
		switch e.Kind {
		case state.KindTable:
			walk(e.Table, r.name, add)
			continue
		case state.KindFunc:
		default:
			r.kind = "constant"
		}
		add(r)
	}
}

// typeModules are the modules of types whose names do not begin with them.
var typeModules = map[string]string{"coap_client": "coap", "coap_server": "coap"}

func moduleOf(typeName string) string {
	if m, ok := typeModules[typeName]; ok {
		return m
	}
	m, _, _ := strings.Cut(typeName, ".")
	return m
}

// mentions finds the tests in whose text a constant or an event stands.
func mentions(texts []source, r row) (list []string) {
	pattern := regexp.MustCompile(`\b` + regexp.QuoteMeta(r.name) + `\b`)
	if _, event, ok := strings.Cut(r.name, " "); ok {
		pattern = regexp.MustCompile(`["']` + regexp.QuoteMeta(strings.Trim(event, `"`)) + `["']`)
	}
	for _, s := range texts {
		if r.kind == "event" && !strings.HasPrefix(s.name, r.module+"/") {
			continue
		}
		if pattern.MatchString(s.text) {
			list = append(list, s.name)
		}
	}
	return list
}

// gaps lists what has neither a test nor a reason.
func gaps(rows []row) (list []string) {
	for _, r := range rows {
		if len(r.tests) == 0 && r.reason == "" {
			list = append(list, fmt.Sprintf("%s (%s): no test", r.name, r.kind))
		}
	}
	return list
}

func summary(rows []row) string {
	with := 0
	for _, r := range rows {
		if len(r.tests) > 0 {
			with++
		}
	}
	return fmt.Sprintf("%d names, %d with a test", len(rows), with)
}
