package keys

import (
	"slices"
	"strings"
)

// Form is how often and in which form a flag is given.
type Form int

// The forms.
const (
	FormValue  Form = iota // once
	FormSwitch             // once, and without a value it means true
	FormList               // once per entry
	FormPairs              // once per entry, NAME=VALUE
	FormTables             // once per entry, NAME=VALUE,NAME=VALUE
)

// Key is something that a project file or a flag can say.
type Key struct {
	Name  string // in the file, with a dot between table and key
	Flag  string // without the dashes; "" in a declaration if it follows from the name
	Value string // placeholder in help texts
	Usage string // in help texts
	Group string // heading in help texts
	Form  Form
	Last  bool // help shows it behind the others of its group

	// Values are the usual values, which a shell offers; nil if there are too many.
	Values []string

	// Doc and Default are what docs/project.md says.
	Doc, Default string
	// Entries are the keys of each table of FormTables.
	Entries []string
}

// Field is a key with how its value becomes part of a T. One without a usage text has no
// flag: it is the key of an entry, or a step of reading that has no key at all.
type Field[T any] struct {
	Key
	// Read reads the key name of a section into t, and tells the section what is wrong.
	Read func(s *Section, name string, t *T)
	// Inside are the keys of a table, which the field then is.
	Inside []Key
}

// Fields are the keys that a T is read from, in the order in which they are read.
type Fields[T any] []Field[T]

// Read reads all fields of a section. Keys that no field has are left to Section.Done.
func (f Fields[T]) Read(s *Section, t *T) {
	for _, x := range f {
		x.Read(s, x.Name, t)
	}
}

// Keys lists the keys that have a flag.
func (f Fields[T]) Keys() (list []Key) {
	for _, x := range f {
		list = append(list, x.Inside...)
		if x.Usage == "" {
			continue
		}
		k := x.Key
		if k.Flag == "" {
			k.Flag = flagOf(k.Name)
		}
		list = append(list, k)
	}
	return list
}

func flagOf(name string) string { return strings.NewReplacer(".", "-", "_", "-").Replace(name) }

// Names lists the keys of an entry.
func (f Fields[T]) Names() (list []string) {
	for _, x := range f {
		if x.Name != "" {
			list = append(list, x.Name)
		}
	}
	return list
}

// Grouped puts all keys under one heading of the help.
func (f Fields[T]) Grouped(group string) Fields[T] {
	f = slices.Clone(f)
	for i := range f {
		f[i].Group = group
		f[i].Inside = slices.Clone(f[i].Inside)
		for j := range f[i].Inside {
			f[i].Inside[j].Group = group
		}
	}
	return f
}

// Within are the fields of a part of T.
func Within[T, U any](part func(t *T) *U, fields Fields[U]) Fields[T] {
	out := make(Fields[T], len(fields))
	for i, x := range fields {
		out[i] = Field[T]{Key: x.Key, Inside: x.Inside,
			Read: func(s *Section, name string, t *T) { x.Read(s, name, part(t)) }}
	}
	return out
}

// Table is a table with fields of its own, which are those of a part of T. The part is
// asked for only if the table is there.
func Table[T, U any](name string, part func(t *T) *U, fields Fields[U]) Field[T] {
	inside := fields.Keys()
	for i, k := range inside {
		inside[i].Name = Join(name, k.Name)
		if k.Flag == flagOf(k.Name) {
			inside[i].Flag = flagOf(inside[i].Name)
		}
	}
	return Field[T]{Key: Key{Name: name}, Inside: inside,
		Read: func(s *Section, name string, t *T) {
			s.Table(name, func(sub *Section) {
				fields.Read(sub, part(t))
				sub.Done()
			})
		}}
}
