package lint

import (
	"fmt"
	"path"

	"moonlet.example/moonlet/internal/lua/syntax"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

// undefined tells of a global variable that nothing sets.
func (u *unit) undefined(n *syntax.Node, name string) {
	instead := ""
	if near := nearest(name, u.api.Globals()); near != "" {
		instead = near
	}
	u.report(n, ruleUndefined, Note, fmt.Sprintf("nothing in these files sets the global variable %s", name), instead)
}

// globals looks for variables that were to be local: one function alone sets and reads them, and
// sets them first.
func (l *linter) globals() {
	if l.dynamic {
		return
	}
	type seen struct {
		u     *unit
		body  *syntax.Node
		first *syntax.Node
		other bool
	}
	all := map[string]*seen{}
	var order []string
	for _, u := range l.units {
		for _, n := range u.Names {
			name := u.Tree.Text(n.First)
			s := all[name]
			if s == nil {
				s = &seen{u: u, body: u.Within[n], first: n, other: !u.Sets[n] || u.Within[n] == nil || u.Lost[n] || u.Env}
				all[name] = s
				order = append(order, name)
			}
			s.other = s.other || s.u != u || s.body != u.Within[n]
		}
	}
	for _, name := range order {
		if _, builtIn, _ := l.api.Find(name); builtIn || l.required[name] || name == "_" {
			continue
		}
		if s := all[name]; !s.other {
			s.u.report(s.first, ruleAccidental, Note, fmt.Sprintf("only this function uses the global variable %s, and sets it first", name), "local "+name)
		}
	}
}

// checkFile looks at what a file is called.
func (l *linter) checkFile(f *File) { l.findings = append(l.findings, Name(f)...) }

// Name looks at what a file is called.
func Name(f *File) []Finding {
	if f.Name == "" || f.Store || len(f.Name) <= port.FileNameMax {
		return nil
	}
	return []Finding{{File: f.Path, Rule: ruleFileName, Level: Error,
		Message: fmt.Sprintf("the name on the module, %q, has %d bytes; the flash file system has %d", f.Name, len(f.Name), port.FileNameMax),
		Instead: "a shorter name than " + path.Base(f.Name)}}
}

// Room looks whether files fit into a file system of a size in bytes. where names that.
func Room(where string, files []File, size int) []Finding {
	g, err := spiffs.Partition(0, size)
	if err != nil {
		return nil
	}
	pages := 0
	for _, f := range files {
		if f.Store || f.Name == "" {
			continue
		}
		data, index := spiffs.Pages(len(f.Data))
		pages += data + index
	}
	if pages <= g.Capacity() {
		return nil
	}
	return []Finding{{File: where, Rule: ruleFlash, Level: Error,
		Message: fmt.Sprintf("the files take %d pages of %d bytes, and the flash file system has %d", pages, spiffs.PageSize, g.Capacity()),
		Instead: "fewer or smaller files, see \"moonlet spiffs fit\""}}
}

// StoreRoom looks whether an image has room in the store.
func StoreRoom(where string, bytes, size int) []Finding {
	if bytes <= size {
		return nil
	}
	return []Finding{{File: where, Rule: ruleFlash, Level: Error,
		Message: fmt.Sprintf("the files of the store take %d bytes, and its partition has %d", bytes, size),
		Instead: "a larger one with the key lfs"}}
}
