package lfs

import (
	"fmt"
	"math"
	"slices"
	"time"

	"moonlet.example/moonlet/internal/lua/compiled"
	"moonlet.example/moonlet/internal/lua/lineinfo"
	"moonlet.example/moonlet/internal/lua51/chunk"
	"moonlet.example/moonlet/internal/lua51/image"
)

// Compare compares two files. What they contain counts, not what kind of files they are: an image and the
// absolute image made of it are the same. ignoreTime lets the time of compilation be another one.
func Compare(a, b *Content, ignoreTime bool) *compiled.Diff {
	d := &compiled.Diff{Same: true, FirstByte: firstByte(a.Data, b.Data), Modules: []compiled.ModuleDiff{}}
	properties(d, a, b, ignoreTime)
	modules(d, a, b)
	x, y := a.uses(), b.uses()
	d.Removed, d.Added = only(x, y), only(y, x)
	for _, p := range d.Properties {
		d.Same = d.Same && (p.Same || !p.Count)
	}
	d.Same = d.Same && len(d.Modules)+len(d.Removed)+len(d.Added) == 0
	return d
}

// firstByte is where two files differ, -1 if they do not.
func firstByte(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	if len(a) != len(b) {
		return n
	}
	return -1
}

func properties(d *compiled.Diff, a, b *Content, ignoreTime bool) {
	property := func(name, x, y string, count bool) {
		d.Properties = append(d.Properties, compiled.Property{Name: name, A: x, B: y, Same: x == y, Count: count})
	}
	bytes := func(n int) string { return fmt.Sprint(n, " bytes") }
	property("kind", string(a.Kind), string(b.Kind), false)
	property("file", bytes(len(a.Data)), bytes(len(b.Data)), false)
	property("numbers", a.Numbers.String(), b.Numbers.String(), true)
	property("strip level", fmt.Sprint(a.level()), fmt.Sprint(b.level()), false)
	if a.Image == nil || b.Image == nil {
		return
	}
	property("in flash", bytes(a.Image.Bytes), bytes(b.Image.Bytes), false)
	if a.Image.Absolute && b.Image.Absolute {
		property("address", fmt.Sprintf("%#08x", a.Image.Base), fmt.Sprintf("%#08x", b.Image.Base), true)
	}
	types := func(im *image.Image) string {
		if im.OldTags {
			return "before 3.0-master_20200610"
		}
		return "since 3.0-master_20200610"
	}
	property("types of values", types(a.Image), types(b.Image), true)
	stamp := func(im *image.Image) string {
		return fmt.Sprintf("%s (%d)", time.Unix(im.Timestamp, 0).UTC().Format(time.DateTime), im.Timestamp)
	}
	property("time stamp", stamp(a.Image), stamp(b.Image), !ignoreTime)
}

func modules(d *compiled.Diff, a, b *Content) {
	x, y := a.units(), b.units()
	if a.Main != nil && b.Main != nil { // whatever their sources are called
		y = []image.Module{{Name: x[0].Name, Main: b.Main}}
	}
	find := func(list []image.Module, name string) *chunk.Proto {
		i := slices.IndexFunc(list, func(m image.Module) bool { return m.Name == name })
		if i < 0 {
			return nil
		}
		return list[i].Main
	}
	for i, m := range x {
		if find(x, m.Name) != m.Main {
			continue // nobody finds it
		}
		other := find(y, m.Name)
		if other == nil {
			d.Modules = append(d.Modules, change(m.Name, compiled.ModuleRemoved, a.sizesOf(m.Main), sizes{}))
			continue
		}
		c := comparison{}
		c.function(m.Main, other, "", "", 0)
		if i < len(y) && a.Image != nil && b.Image != nil && y[i].Name != m.Name && len(x) == len(y) {
			c.Note("order", func() string { return "its place among the modules" })
		}
		if len(c.Parts) == 0 {
			d.Equal++
			continue
		}
		diff := change(m.Name, compiled.ModuleChanged, a.sizesOf(m.Main), b.sizesOf(other))
		diff.Parts, diff.First = c.Parts, c.First
		d.Modules = append(d.Modules, diff)
	}
	for _, m := range y {
		if find(x, m.Name) == nil && find(y, m.Name) == m.Main {
			d.Modules = append(d.Modules, change(m.Name, compiled.ModuleAdded, sizes{}, b.sizesOf(m.Main)))
		}
	}
}

func change(name, what string, a, b sizes) compiled.ModuleDiff {
	return compiled.ModuleDiff{Name: name, Change: what, Functions: b.functions - a.functions, Code: b.code - a.code,
		Constants: b.constants - a.constants, Debug: b.debug - a.debug, Records: b.records - a.records}
}

// comparison compares two functions.
type comparison struct {
	compiled.Differences
}

// function compares functions that are at the same place in both files. Sources are those of the enclosing
// functions.
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
		if line := lineinfo.Of(p.LineInfo, len(p.Code), i); line > 0 {
			text = func() string { return of("instruction %d", i+1)() + fmt.Sprintf(" (line %d)", line) }
		}
		c.Note("code", text)
	}
	if i := compiled.FirstDifference(exactly(p.Constants), exactly(q.Constants), compiled.Same); i >= 0 {
		c.Note("constants", of("constant %d", i))
	}
	if p.NumParams != q.NumParams || p.IsVararg != q.IsVararg || p.MaxStackSize != q.MaxStackSize {
		c.Note("record", of("parameters or stack size"))
	}
	if p.NumUpvalues != q.NumUpvalues {
		c.Note("upvalues", of("the number of upvalues"))
	}
	if i := compiled.FirstDifference(p.Upvalues, q.Upvalues, compiled.Same); i >= 0 {
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

// exactly makes constants comparable: two zeros are different ones.
func exactly(list []chunk.Constant) (keys []any) {
	for _, k := range list {
		keys = append(keys, [...]any{k.Kind, math.Float64bits(k.Float), k.Int, k.Str})
	}
	return keys
}

// uses are the strings of a file. Line information is none of those that count.
func (c *Content) uses() (list []compiled.StringUse) {
	d := *c
	if c.Image != nil {
		im := *c.Image
		im.Strings, im.Main = nil, withoutLines(im.Main)
		im.Modules = nil
		for i, m := range c.Image.Modules {
			im.Modules = append(im.Modules, image.Module{Name: m.Name, Main: im.Main.Protos[i]})
		}
		d.Image = &im
	}
	var r compiled.Report
	units := d.units()
	r.Modules = make([]compiled.ModuleReport, len(units))
	d.strings(&r, units)
	return r.Strings.All
}

// withoutLines is a copy of a function and those inside it without line information.
func withoutLines(p *chunk.Proto) *chunk.Proto {
	q := *p
	q.LineInfo, q.Protos = nil, nil
	for _, x := range p.Protos {
		q.Protos = append(q.Protos, withoutLines(x))
	}
	return &q
}

func only(x, y []compiled.StringUse) []compiled.StringUse {
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
