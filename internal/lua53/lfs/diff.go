package lfs

import (
	"encoding/binary"
	"fmt"
	"moonlet.example/moonlet/internal/lua/compiled"
	"slices"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
)

// DiffOptions say what does not count.
type DiffOptions struct {
	IgnoreTime bool // the time stamp
}

// Compare compares two files. What they contain counts, not what kind of files
// they are: an image and the store made of it are the same.
func Compare(a, b *Content, o DiffOptions) *compiled.Diff {
	d := differ{&compiled.Diff{Same: true, Modules: []compiled.ModuleDiff{}}}
	x, y := a.side(b), b.side(a)
	if a.Main != nil && b.Main != nil { // whatever their sources are called
		y.modules[0].Name = x.modules[0].Name
	}
	d.FirstByte = FirstDifference(a.Data, b.Data, nil)
	d.properties(x, y, o)
	d.modules(x, y)
	d.strings(x, y)
	if a.Store != nil && b.Store != nil && x.model == y.model {
		d.word(x, y)
	}
	for _, p := range d.Properties {
		d.Same = d.Same && (p.Same || !p.Count)
	}
	d.Same = d.Same && len(d.Modules)+len(d.Removed)+len(d.Added) == 0 && d.Word == nil
	return d.Diff
}

// differ fills in a Diff.
type differ struct{ *compiled.Diff }

// side is a file in a comparison, with the number model that is most likely for
// both.
type side struct {
	*Content
	model   num.Model
	modules []chunk.Module
	level   int
}

func (c *Content) side(other *Content) *side {
	s := &side{Content: c, model: c.Model(), modules: c.units(), level: chunk.StripLines}
	for _, m := range c.Models {
		if slices.Contains(other.Models, m) {
			s.model = m
			break
		}
	}
	for _, m := range s.modules {
		s.level = min(s.level, chunk.Level(m.Main))
	}
	if s.model != c.Model() { // integers have another size than was thought
		s.modules = slices.Clone(s.modules)
		for i := range s.modules {
			s.modules[i].Main = chunk.Strip(s.modules[i].Main, chunk.StripNothing)
			settle(s.modules[i].Main, s.model)
		}
	}
	return s
}

func (d differ) property(name, a, b string, count bool) {
	d.Properties = append(d.Properties, compiled.Property{Name: name, A: a, B: b, Same: a == b, Count: count})
}

func (d differ) properties(a, b *side, o DiffOptions) {
	d.property("kind", string(a.Kind), string(b.Kind), false)
	d.property("file", fmt.Sprint(len(a.Data), " bytes"), fmt.Sprint(len(b.Data), " bytes"), false)
	if a.Main == nil && b.Main == nil {
		d.property("in flash", fmt.Sprint(a.FlashSize(), " bytes"), fmt.Sprint(b.FlashSize(), " bytes"), false)
	}
	d.property("numbers", a.model.String(), b.model.String(), true)
	d.property("strip level", fmt.Sprint(a.level), fmt.Sprint(b.level), false)
	if a.Store != nil && b.Store != nil {
		d.property("address", fmt.Sprintf("%#08x", a.Store.Base), fmt.Sprintf("%#08x", b.Store.Base), true)
	}
	if a.Main != nil || b.Main != nil {
		return
	}
	d.property("seed", fmt.Sprintf("%#08x", a.Image.Seed), fmt.Sprintf("%#08x", b.Image.Seed), true)
	d.property("time stamp", stamp(a.Image), stamp(b.Image), !o.IgnoreTime)
	if p, q := names(a.modules), names(b.modules); !slices.Equal(p, q) && sameSet(p, q) {
		d.property("order of modules", brief(p), brief(q), true)
	}
	if p, q := a.Image.Strings, b.Image.Strings; !slices.Equal(p, q) && sameSet(p, q) {
		d.property("order of strings", brief(p), brief(q), true)
	}
}

func stamp(im *chunk.Image) string {
	t := uint32(im.Timestamp)
	return fmt.Sprintf("%s (%d)", time.Unix(int64(t), 0).UTC().Format(time.DateTime), t)
}

func names(modules []chunk.Module) (list []string) {
	for _, m := range modules {
		list = append(list, m.Name)
	}
	return list
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// brief is the start of a list for people.
func brief(list []string) string {
	const most = 3
	var b strings.Builder
	for i, s := range list {
		switch {
		case i == most:
			return b.String() + ", ..."
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(strings.Trim(compiled.Quote(s, 20), `"`))
	}
	return b.String()
}

func (d differ) modules(a, b *side) {
	index := map[string]*chunk.Proto{}
	for _, m := range b.modules {
		if index[m.Name] == nil {
			index[m.Name] = m.Main
		}
	}
	seen := map[string]bool{}
	for _, m := range a.modules {
		if seen[m.Name] {
			continue
		}
		seen[m.Name] = true
		other := index[m.Name]
		if other == nil {
			d.Modules = append(d.Modules, moduleDiff(m.Name, compiled.ModuleRemoved, heapSizes(a.model, m.Main), Sizes{}))
			continue
		}
		c := comparison{a: a.model, b: b.model, adopted: (a.Main == nil) != (b.Main == nil)}
		c.function(m.Main, other, "", "", 0)
		if len(c.Parts) == 0 {
			d.Equal++
			continue
		}
		diff := moduleDiff(m.Name, compiled.ModuleChanged, heapSizes(a.model, m.Main), heapSizes(b.model, other))
		diff.Parts, diff.First = c.Parts, c.First
		d.Modules = append(d.Modules, diff)
	}
	for _, m := range b.modules {
		if !seen[m.Name] {
			seen[m.Name] = true
			d.Modules = append(d.Modules, moduleDiff(m.Name, compiled.ModuleAdded, Sizes{}, heapSizes(b.model, m.Main)))
		}
	}
}

func moduleDiff(name, change string, a, b Sizes) compiled.ModuleDiff {
	return compiled.ModuleDiff{Name: name, Change: change, Functions: b.Functions - a.Functions, Code: b.Code - a.Code,
		Constants: b.Constants - a.Constants, Debug: b.Debug - a.Debug, Records: b.Records - a.Records}
}

// comparison compares two functions.
type comparison struct {
	compiled.Differences
	a, b    num.Model
	adopted bool // one is in an image, which has changed its first upvalue
}

// function compares functions that are at the same place in both files. Sources
// are those of the enclosing functions.
func (c *comparison) function(p, q *chunk.Proto, sourceP, sourceQ string, depth int) {
	if p.Source.Set {
		sourceP = p.Source.S
	}
	if q.Source.Set {
		sourceQ = q.Source.S
	}
	of := func(format string, args ...any) func() string {
		return func() string {
			return fmt.Sprintf(format, args...) + " of " + compiled.FunctionName(sourceP, p.LineDefined, depth)
		}
	}
	if i := compiled.FirstDifference(p.Code, q.Code, compiled.Same); i >= 0 {
		text := of("instruction %d", i+1)
		if line := p.LineOf(i); line > 0 {
			text = func() string { return of("instruction %d", i+1)() + fmt.Sprintf(" (line %d)", line) }
		}
		c.Note("code", text)
	}
	if i := compiled.FirstDifference(p.Constants, q.Constants, c.constant); i >= 0 {
		c.Note("constants", of("constant %d", i))
	}
	if p.NumParams != q.NumParams || p.IsVararg != q.IsVararg || p.MaxStackSize != q.MaxStackSize {
		c.Note("record", of("parameters or stack size"))
	}
	place := func(x, y chunk.Upvalue) bool {
		return (x.InStack == y.InStack || c.adopted && depth == 0) && x.Idx == y.Idx
	}
	if i := compiled.FirstDifference(p.Upvalues, q.Upvalues, place); i >= 0 {
		c.Note("upvalues", of("upvalue %d", i))
	} else if i := compiled.FirstDifference(p.Upvalues, q.Upvalues, func(x, y chunk.Upvalue) bool { return x.Name == y.Name }); i >= 0 {
		c.Note("names", of("the name of upvalue %d", i))
	}
	if i := compiled.FirstDifference(p.LocVars, q.LocVars, compiled.Same); i >= 0 {
		c.Note("names", of("local variable %d", i))
	}
	if !slices.Equal(p.LineInfo, q.LineInfo) || p.LineDefined != q.LineDefined || p.LastLineDefined != q.LastLineDefined {
		c.Note("lines", of("the lines"))
	}
	if sourceP != sourceQ {
		c.Note("source", of("the name of the source, %s in the other file,", compiled.Quote(sourceQ, 40)))
	}
	if len(p.Protos) != len(q.Protos) {
		c.Note("functions", of("the number of functions inside"))
	}
	for i := range min(len(p.Protos), len(q.Protos)) {
		c.function(p.Protos[i], q.Protos[i], sourceP, sourceQ, depth+1)
	}
}

func (c *comparison) constant(x, y chunk.Constant) bool {
	if x.Kind == chunk.Float && y.Kind == chunk.Float && c.a != c.b {
		return x.FloatOf(c.a) == y.FloatOf(c.b)
	}
	return x == y
}

// strings lists the strings that only one file has.
func (d differ) strings(a, b *side) {
	x, y := a.stringUses(), b.stringUses()
	only := func(x, y []compiled.StringUse) []compiled.StringUse {
		other := map[string]bool{}
		for i := range y {
			other[y[i].Raw] = true
		}
		list := []compiled.StringUse{}
		for i := range x {
			if !other[x[i].Raw] {
				list = append(list, x[i])
			}
		}
		return list
	}
	d.Removed, d.Added = only(x, y), only(y, x)
}

// stringUses are the strings of a file but for the fixed ones.
func (s *side) stringUses() []compiled.StringUse {
	var r compiled.Report
	s.Content.strings(&r, s.modules)
	return slices.DeleteFunc(r.Strings.All, func(u compiled.StringUse) bool { return u.Fixed })
}

func (d differ) word(a, b *side) {
	imA, imB := *a.Image, *b.Image
	imA.Modules, imB.Modules = a.modules, b.modules
	imB.Seed, imB.Timestamp = imA.Seed, imA.Timestamp
	base := a.Store.Base
	x, y := Build(a.model, &imA, base), Build(b.model, &imB, base)
	off := FirstDifference(x.Data[headerSize:], y.Data[headerSize:], nil)
	if off < 0 {
		return
	}
	off = (off + headerSize) / wordSize * wordSize
	word := func(data []byte) uint32 {
		if off < len(data) {
			return binary.LittleEndian.Uint32(data[off:])
		}
		return ^uint32(0) // erased flash
	}
	d.Word = &compiled.WordDiff{Offset: off, A: word(x.Data), B: word(y.Data),
		WhatA: Where(a.model, &imA, off), WhatB: Where(b.model, &imB, off)}
}
