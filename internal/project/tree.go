package project

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"moonlet.example/moonlet/internal/keys"
)

// parseFile makes a tree of the text of a project file.
func parseFile(path string, text []byte) (keys.Items, error) {
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

func (t *treeMaker) item(key string, line int, v any) *keys.Item {
	if n := t.lines[key]; n != 0 {
		line = n
	}
	switch x := v.(type) {
	case map[string]any:
		v = t.table(key, line, x)
	case []any:
		list := make([]*keys.Item, len(x))
		for i, e := range x {
			list[i] = t.item(fmt.Sprintf("%s[%d]", key, i), line, e)
		}
		v = list
	}
	return &keys.Item{Value: v, At: fmt.Sprintf("%s:%d", t.path, max(line, 1)), Line: line}
}

func (t *treeMaker) table(prefix string, line int, values map[string]any) keys.Items {
	out := keys.Items{}
	for name, v := range values {
		out[name] = t.item(keys.Join(prefix, name), line, v)
	}
	return out
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
		path = keys.Join(path, string(n.Data))
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
		path = keys.Join(path, string(it.Node().Data))
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
