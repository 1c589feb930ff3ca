package store

import (
	"fmt"

	"moonlet.example/moonlet/internal/lua/compiled"
	"moonlet.example/moonlet/internal/lua/num"
	chunk51 "moonlet.example/moonlet/internal/lua51/chunk"
	"moonlet.example/moonlet/internal/lua51/image"
	lfs51 "moonlet.example/moonlet/internal/lua51/lfs"
	"moonlet.example/moonlet/internal/lua53/lfs"
)

// Content is a whole store that lies in a partition.
type Content struct {
	In
	Models    []num.Model // of Lua 5.3; two if the store does not tell
	Numbers   []string    // the same in words
	OldTypes  bool        // of Lua 5.1, which later firmware misreads
	Base      uint32      // the address that it was made for, in the processor's memory
	Data      []byte      // without what follows
	Timestamp int64       // seconds since 1970
	Modules   []Module

	file53 *lfs.Content
	file51 *lfs51.Content
}

// OldTypes says what a store with old types is.
const OldTypes = image.OldTypes

// Module is a module in a store. The bytes do not include its strings.
type Module struct {
	Name  string
	Bytes int
}

// Edition is the edition of Lua that the store is for.
func (c *Content) Edition() string {
	if c.Lua51 {
		return "Lua 5.1"
	}
	return "Lua 5.3"
}

// Read reads the store at the start of a partition. The error says in a sentence what is wrong.
func Read(partition []byte) (*Content, error) {
	in, ok := Look(partition)
	switch {
	case !ok:
		_, text := lfs.Identify(partition)
		if text == "" {
			text = "it has another signature"
		}
		return nil, &compiled.KindError{Text: text}
	case in.Lua51:
		return read51(in, partition)
	}
	s, im, err := lfs.Read(partition)
	if err != nil {
		return nil, fmt.Errorf("%s", lfs.Explain(err))
	}
	c := &Content{In: in, Models: s.Models, Base: s.Base, Data: partition[:len(s.Data)], Timestamp: im.Timestamp}
	for _, m := range s.Models {
		c.Numbers = append(c.Numbers, m.String())
	}
	for _, m := range s.Modules {
		c.Modules = append(c.Modules, Module{m.Name, m.Total()})
	}
	if c.file53, err = lfs.Open(c.Data); err != nil {
		return nil, fmt.Errorf("%s", lfs.Explain(err))
	}
	return c, nil
}

func read51(in In, partition []byte) (*Content, error) {
	f, err := lfs51.OpenStore(partition)
	if err != nil {
		return nil, fmt.Errorf("%s", lfs51.Explain(err))
	}
	in.Integral = f.Numbers == chunk51.Integer
	c := &Content{In: in, Numbers: []string{f.Numbers.String()}, OldTypes: f.Image.OldTags, Base: f.Image.Base,
		Data: f.Data, Timestamp: f.Image.Timestamp, file51: f}
	for _, m := range f.Modules() {
		c.Modules = append(c.Modules, Module{m.Name, m.Bytes})
	}
	return c, nil
}

// Changes lists the modules that are not the same in another store, each with what happened to it.
func (c *Content) Changes(to *Content) (list []string) {
	var d *compiled.Diff
	switch {
	case c.file51 != nil && to.file51 != nil:
		d = lfs51.Compare(c.file51, to.file51, false)
	case c.file53 != nil && to.file53 != nil:
		d = lfs.Compare(c.file53, to.file53, lfs.DiffOptions{})
	default:
		return []string{fmt.Sprintf("of %s, was of %s", to.Edition(), c.Edition())}
	}
	for _, m := range d.Modules {
		list = append(list, fmt.Sprintf("module %s %s", compiled.Plain(m.Name), m.Change))
	}
	return list
}
