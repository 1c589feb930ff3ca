package project

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// item is a value with the place where the user wrote it. Its value is what
// go-toml makes of it, but lists are []*item, tables are map[string]*item, and
// what came from a flag is flagText.
type item struct {
	value any
	at    string
	line  int // orders the messages; 0 for flags
}

// flagText is a value that is yet to be read as what its key wants.
type flagText string

type table = map[string]*item

// parseFile makes a tree of the text of a project file.
func parseFile(path string, text []byte) (table, error) {
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF")) // some editors begin with a byte order mark
	if at, what := tooMuch(text); what != "" {
		where := fmt.Sprintf("%s:%d", path, newlinesOf(text).line(at))
		return nil, &Error{Where: where, Problem: what + ": this is too much for a project file"}
	}
	var values map[string]any
	if err := toml.Unmarshal(text, &values); err != nil {
		where := path
		var d *toml.DecodeError
		if errors.As(err, &d) {
			line, _ := d.Position()
			where = fmt.Sprintf("%s:%d", path, line)
		}
		problem := strings.TrimPrefix(err.Error(), "toml: ")
		return nil, &Error{Where: where, Problem: "this is not TOML: " + problem}
	}
	t := &treeMaker{path: path, lines: lineIndex(text)}
	return t.table("", 0, values), nil
}

type treeMaker struct {
	path  string
	lines map[string]int
}

func (t *treeMaker) item(key string, line int, v any) *item {
	if n := t.lines[key]; n != 0 {
		line = n
	}
	switch x := v.(type) {
	case map[string]any:
		v = t.table(key, line, x)
	case []any:
		list := make([]*item, len(x))
		for i, e := range x {
			list[i] = t.item(fmt.Sprintf("%s[%d]", key, i), line, e)
		}
		v = list
	}
	return &item{value: v, at: fmt.Sprintf("%s:%d", t.path, max(line, 1)), line: line}
}

func (t *treeMaker) table(prefix string, line int, values map[string]any) table {
	out := table{}
	for name, v := range values {
		out[name] = t.item(join(prefix, name), line, v)
	}
	return out
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

// lineIndex tells on which line each key of a valid document stands.
func lineIndex(text []byte) map[string]int {
	x := &indexer{lines: map[string]int{}, counts: map[string]int{}, ends: newlinesOf(text)}
	x.parser.Reset(text)
	prefix := ""
	for x.parser.NextExpression() {
		e := x.parser.Expression()
		switch e.Kind {
		case unstable.Table:
			prefix = x.header(e, false)
		case unstable.ArrayTable:
			prefix = x.header(e, true)
		case unstable.KeyValue:
			x.keyValue(prefix, e)
		}
	}
	return x.lines
}

type indexer struct {
	parser unstable.Parser
	lines  map[string]int
	counts map[string]int // tables so far in an array of tables
	ends   newlines
}

func (x *indexer) note(key string, n *unstable.Node) {
	if n.Raw.Length > 0 && x.lines[key] == 0 {
		// Not by parser.Shape, which counts from the beginning each time.
		x.lines[key] = x.ends.line(int(n.Raw.Offset))
	}
}

func (x *indexer) header(e *unstable.Node, array bool) string {
	path := ""
	for it := e.Key(); it.Next(); {
		n := it.Node()
		path = join(path, string(n.Data))
		x.note(path, n)
		if array && it.IsLast() {
			x.counts[path]++
		}
		if c := x.counts[path]; c > 0 {
			path = fmt.Sprintf("%s[%d]", path, c-1)
			x.note(path, n)
		}
	}
	return path
}

func (x *indexer) keyValue(prefix string, e *unstable.Node) {
	path := prefix
	for it := e.Key(); it.Next(); {
		path = join(path, string(it.Node().Data))
		x.note(path, it.Node())
	}
	x.value(path, e.Value())
}

func (x *indexer) value(path string, n *unstable.Node) {
	switch n.Kind {
	case unstable.Array:
		i := 0
		for it := n.Children(); it.Next(); {
			c := it.Node()
			if c.Kind == unstable.Comment {
				continue
			}
			key := fmt.Sprintf("%s[%d]", path, i)
			x.note(key, c)
			x.value(key, c)
			i++
		}
	case unstable.InlineTable:
		for it := n.Children(); it.Next(); {
			if c := it.Node(); c.Kind == unstable.KeyValue {
				x.keyValue(path, c)
			}
		}
	}
}

// overlay puts what flags say over the tree of a file.
func overlay(root table, settings []Setting) error {
	keys := map[string]Key{}
	for _, k := range Keys() {
		keys[k.Flag] = k
	}
	replaced := map[string]bool{}
	for _, s := range settings {
		k, ok := keys[s.Flag]
		if !ok {
			return fmt.Errorf("BUG: flag --%s belongs to no key", s.Flag)
		}
		at := "--" + s.Flag
		t, last := root, k.Name
		if group, name, ok := strings.Cut(k.Name, "."); ok {
			t, last = subTable(root, group, at), name
		}
		if err := k.put(t, last, s.Value, at, !replaced[k.Name]); err != nil {
			return &Error{Where: at, Problem: err.Error()}
		}
		replaced[k.Name] = true
	}
	return nil
}

// subTable returns the table of that name, making one where there is none.
func subTable(t table, name, at string) table {
	if old := t[name]; old != nil {
		if sub, ok := old.value.(table); ok {
			return sub
		}
	}
	sub := table{}
	t[name] = &item{value: sub, at: at}
	return sub
}

// put stores the value of a flag; first means that it is the first one for its
// key and takes the place of the file's list.
func (k *Key) put(t table, name, text, at string, first bool) error {
	entry := &item{value: flagText(text), at: at}
	switch k.Form {
	case FormPairs: // entries join those of the file
		left, right, ok := strings.Cut(text, "=")
		if !ok || left == "" {
			return fmt.Errorf("%q: want %s", text, k.Value)
		}
		subTable(t, name, at)[left] = &item{value: flagText(right), at: at}
		return nil
	case FormTables:
		fields, err := flagTable(text, at)
		if err != nil {
			return fmt.Errorf("%q: want %s: %w", text, k.Value, err)
		}
		entry.value = fields
	case FormList:
	default:
		t[name] = entry
		return nil
	}
	var list []*item
	if old := t[name]; old != nil && !first {
		list, _ = old.value.([]*item)
	}
	t[name] = &item{value: append(list, entry), at: at}
	return nil
}

// flagTable reads NAME=VALUE,NAME=VALUE. A pair with a comma in it stands in
// double quotes; a name that is repeated makes a list.
func flagTable(text, at string) (table, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.TrimLeadingSpace = true
	pairs, err := r.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.New("the quotes do not match")
	}
	out := table{}
	for _, p := range pairs {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("%q has no \"=\"", p)
		}
		entry := &item{value: flagText(value), at: at}
		if old := out[name]; old != nil {
			list, ok := old.value.([]*item)
			if !ok {
				list = []*item{old}
			}
			entry = &item{value: append(list, entry), at: at}
		}
		out[name] = entry
	}
	return out, nil
}

// sortedNames lists the keys of a table in the order of the file.
func sortedNames(t table) []string {
	names := make([]string, 0, len(t))
	for name := range t {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		a, b := t[names[i]], t[names[j]]
		if a.line != b.line {
			return a.line < b.line
		}
		return names[i] < names[j]
	})
	return names
}
