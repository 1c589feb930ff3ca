package lfs

import (
	"encoding/hex"
	"moonlet.example/moonlet/internal/lua/compiled"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/layout"
)

// Edition is the edition of Lua of all files that can be read.
const Edition = "Lua 5.3"

// NewReport examines a file. The error is that of Open.
func NewReport(name string, data []byte) (*compiled.Report, error) {
	c, err := Open(data)
	if err != nil {
		return nil, err
	}
	r := c.parts(name)
	r.Strip = c.savings(r)
	r.Warnings = c.warnings(c.units())
	return r, nil
}

// parts is a report without what could be better.
func (c *Content) parts(name string) *compiled.Report {
	r := &compiled.Report{File: name, Kind: c.Kind, Edition: Edition, FileBytes: len(c.Data), StripLevel: chunk.StripLines}
	for _, m := range c.Models {
		r.Numbers = append(r.Numbers, m.String())
	}
	units := c.units()
	for _, u := range units {
		r.StripLevel = min(r.StripLevel, chunk.Level(u.Main))
	}
	sizes := c.header(r)
	c.strings(r, units)
	for i, s := range sizes {
		m := &r.Modules[i]
		m.Name, m.Source = s.Name, sourceName(units[i].Main)
		m.Functions, m.Code, m.Constants, m.Debug, m.Records = s.Functions, s.Code, s.Constants, s.Debug, s.Records
		m.Total = s.Total() + m.Strings
	}
	slices.SortStableFunc(r.Modules, func(a, b compiled.ModuleReport) int { return b.Total - a.Total })
	return r
}

// header fills in what the header of the file tells, and finds the sizes of the
// modules.
func (c *Content) header(r *compiled.Report) []Sizes {
	if c.Main != nil {
		s := heapSizes(c.Model(), c.Main)
		s.Name = c.units()[0].Name
		r.LoadedIn, r.LoadedBytes = compiled.InHeap, heapBytes(c.Model(), c.Main)
		return []Sizes{s}
	}
	im := c.Image
	region := Build(c.Model(), im, 0)
	r.LoadedIn, r.LoadedBytes = compiled.InFlash, len(region.Data)
	r.Seed = &im.Seed
	stamp := im.Timestamp
	if stamp < 0 && stamp >= -1<<31 {
		stamp += 1 << 32 // the header of the store has no sign
	}
	r.Timestamp, r.Time = &stamp, time.Unix(stamp, 0).UTC().Format(time.RFC3339)
	if c.Store != nil {
		r.Base, r.RestBytes = &c.Store.Base, len(c.Store.Rest)
		r.RestErased = !slices.ContainsFunc(c.Store.Rest, func(b byte) bool { return b != 0xff })
	}
	of := layout.Of(c.Model().ValueSize())
	r.Frame = headerSize + of("ROTable", "Size") + of("ROEntry", "Size")
	return region.Modules
}

// units are the modules of a file. A chunk is its own module.
func (c *Content) units() []chunk.Module {
	if c.Main == nil {
		return c.Image.Modules
	}
	return []chunk.Module{{Name: moduleName(c.Main), Main: c.Main}}
}

// moduleName is the name that a chunk's source would give it in a store.
func moduleName(main *chunk.Proto) string {
	name, _, _ := strings.Cut(strings.TrimLeft(compiled.FileName(main.Source.S), "."), ".")
	if name == "" {
		return "?"
	}
	return name
}

func sourceName(main *chunk.Proto) string {
	return strings.TrimPrefix(strings.TrimPrefix(main.Source.S, "@"), "=")
}

// heapSizes is what a function and those inside it take on the heap, in bytes.
// Strings are not in it, and nothing of the allocator.
func heapSizes(model num.Model, main *chunk.Proto) Sizes {
	of := layout.Of(model.ValueSize())
	var s Sizes
	var add func(p *chunk.Proto)
	add = func(p *chunk.Proto) {
		s.Functions++
		s.Code += wordSize * len(p.Code)
		s.Constants += of("TV", "Size") * len(p.Constants)
		s.Debug += len(p.LineInfo) + of("LocVar", "Size")*len(p.LocVars)
		s.Records += of("Proto", "Size") + wordSize*len(p.Protos) + of("Upvaldesc", "Size")*len(p.Upvalues)
		for _, sub := range p.Protos {
			add(sub)
		}
	}
	add(main)
	return s
}

// heapBytes is what a chunk takes on the heap, strings included.
func heapBytes(model num.Model, main *chunk.Proto) int {
	s := heapSizes(model, main)
	n := s.Total()
	fixed := chunk.Fixed()
	for _, u := range usesOf([]chunk.Module{{Main: main}}, nil) {
		if !slices.Contains(fixed, u.text) {
			n += heapString(u.text)
		}
	}
	return n
}

const stringHead = 16 // sizeof(union UTString), lobject.h

func heapString(s string) int  { return stringHead + len(s) + 1 }
func flashString(s string) int { return stringHead + padded(len(s)+1) }

// use is a string and the modules that use it, by their numbers.
type use struct {
	text  string
	users []int
}

// usesOf lists the strings of modules: those of first in their order, then the
// others as they come.
func usesOf(modules []chunk.Module, first []string) []*use {
	var list []*use
	index := map[string]*use{}
	find := func(s string) *use {
		u := index[s]
		if u == nil {
			u = &use{text: s}
			index[s] = u
			list = append(list, u)
		}
		return u
	}
	for _, s := range first {
		find(s)
	}
	for i, m := range modules {
		eachString(m.Main, func(s string) {
			u := find(s)
			if n := len(u.users); n == 0 || u.users[n-1] != i {
				u.users = append(u.users, i)
			}
		})
	}
	return list
}

// eachString calls f for the strings of a function and those inside it.
func eachString(p *chunk.Proto, f func(s string)) {
	text := func(t chunk.Text) {
		if t.Set {
			f(t.S)
		}
	}
	text(p.Source)
	for i := range p.Constants {
		if p.Constants[i].Kind == chunk.String {
			f(p.Constants[i].Str)
		}
	}
	for i := range p.Upvalues {
		text(p.Upvalues[i].Name)
	}
	for i := range p.LocVars {
		f(p.LocVars[i].Name)
	}
	for _, sub := range p.Protos {
		eachString(sub, f)
	}
}

// strings fills in what there is about strings, for all and for each module.
func (c *Content) strings(r *compiled.Report, units []chunk.Module) {
	r.Modules = make([]compiled.ModuleReport, len(units))
	var uses []*use
	size := heapString
	loadedFixed := chunk.Fixed()
	if c.Main != nil {
		uses = usesOf(units, nil)
	} else {
		size = flashString
		loadedFixed = chunk.LoadedFixed()
		uses = usesOf(units, append(slices.Clone(c.Image.Strings), chunk.Fixed()...))
		c.names(uses)
		c.table(&r.Strings)
	}
	fixed := chunk.Fixed()
	s := &r.Strings
	for _, u := range uses {
		v := compiled.StringUse{Raw: u.text, Text: u.text, Length: len(u.text), Bytes: size(u.text),
			Fixed: slices.Contains(fixed, u.text), Users: []string{}}
		if !utf8.ValidString(u.text) {
			v.Text, v.Hex = "", hex.EncodeToString([]byte(u.text))
		}
		for _, i := range u.users {
			v.Users = append(v.Users, units[i].Name)
		}
		s.Add(&v, v.Length > chunk.MaxShort)
		s.All = append(s.All, v)
		for _, i := range u.users {
			switch {
			case v.Fixed:
			case len(u.users) == 1:
				r.Modules[i].Strings += v.Bytes
			default:
				r.Modules[i].Shared += v.Bytes
			}
		}
	}
	if c.Image != nil {
		s.Fixed = len(loadedFixed)
		for _, f := range loadedFixed {
			s.FixedBytes += size(f)
		}
		s.Bytes += s.FixedBytes
	}
}

// names makes modules the users of their names.
func (c *Content) names(uses []*use) {
	index := make(map[string]*use, len(uses))
	for _, u := range uses {
		index[u.text] = u
	}
	for i, m := range c.Image.Modules {
		if u := index[m.Name]; u != nil && !slices.Contains(u.users, i) {
			u.users = append(u.users, i)
			slices.Sort(u.users)
		}
	}
}

// table fills in what the table of short strings is like.
func (c *Content) table(s *compiled.StringsReport) {
	im := c.Image
	s.Slots = slotsFor(im.NumShort)
	s.TableBytes = wordSize * s.Slots
	chains := make([]int, s.Slots)
	for _, t := range append(slices.Clone(im.Strings), chunk.LoadedFixed()...) {
		if len(t) <= chunk.MaxShort {
			at := Hash(t, im.Seed) & uint32(s.Slots-1)
			chains[at]++
			s.LongestChain = max(s.LongestChain, chains[at])
		}
	}
}

// savings tells what options of luac would leave.
func (c *Content) savings(r *compiled.Report) []compiled.StripReport {
	list := []compiled.StripReport{}
	model := c.Model()
	if c.Main != nil {
		for level := r.StripLevel + 1; level <= chunk.StripLines; level++ {
			p := chunk.Strip(c.Main, level)
			list = append(list, compiled.StripReport{Option: [...]string{1: "-s", 2: "--strip 2"}[level],
				FileBytes: len(chunk.Encode(model, p, level)), LoadedBytes: heapBytes(model, p)})
		}
		return list
	}
	if r.StripLevel == chunk.StripNothing {
		// Names leave the functions, but not the list of strings.
		list = append(list, c.saving("-s", 1, true), c.saving("--strip 1", 1, false))
	}
	if r.StripLevel < chunk.StripLines {
		list = append(list, c.saving("--strip 2", 2, false))
	}
	return list
}

// saving tells what an option would leave of an image.
func (c *Content) saving(option string, level int, keepStrings bool) compiled.StripReport {
	model := c.Model()
	stripped, original := *c.Image, *c.Image
	stripped.Modules = slices.Clone(stripped.Modules)
	for i := range stripped.Modules {
		m := &stripped.Modules[i]
		m.Main = chunk.Strip(m.Main, level)
	}
	// The first string is that of the function above the modules.
	source := "=(luac.cross)"
	if len(c.Image.Strings) > 0 {
		source = c.Image.Strings[0]
	}
	var code []byte
	if keepStrings {
		code = chunk.EncodeImage(model, &original, source, level)
		stripped.Strings, stripped.NumShort = original.Strings, original.NumShort
	} else {
		code = chunk.EncodeImage(model, &stripped, source, 0)
	}
	s := compiled.StripReport{Option: option, LoadedBytes: len(Build(model, &stripped, 0).Data)}
	s.FileBytes = len(code)
	if c.Store != nil {
		s.FileBytes = s.LoadedBytes
	}
	return s
}
