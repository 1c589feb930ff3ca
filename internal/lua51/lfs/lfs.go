// Package lfs tells what is in a file of Lua 5.1: a binary chunk, or an image of the Lua Flash Store.
package lfs

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"moonlet.example/moonlet/internal/lua/compiled"
	"moonlet.example/moonlet/internal/lua51/chunk"
	"moonlet.example/moonlet/internal/lua51/image"
	layout "moonlet.example/moonlet/internal/lua51/layout/common"
	v4 "moonlet.example/moonlet/internal/lua51/layout/v4"
	v8 "moonlet.example/moonlet/internal/lua51/layout/v8"
)

// Edition is the edition of Lua of all files that can be read.
const Edition = "Lua 5.1"

const (
	wordSize    = 4
	headerBytes = 32 // of an image
)

// Content is a file that was read.
type Content struct {
	Kind    compiled.Kind
	Data    []byte
	Numbers chunk.Numbers
	Main    *chunk.Proto // of a chunk
	Image   *image.Image // of the other kinds
}

// Is tells whether a file begins like one of this edition. A gzip member is one, whatever is in it.
func Is(data []byte) bool { return chunk.IsCompiled(data) || image.IsImage(data) }

// Open reads a file. The error is a *chunk.Error or an *image.Error.
func Open(data []byte) (*Content, error) {
	c := &Content{Data: data}
	if chunk.IsCompiled(data) {
		f, err := chunk.Decode(data)
		if err != nil {
			return nil, err
		}
		c.Kind, c.Numbers, c.Main = compiled.Chunk, f.Numbers, f.Main
		return c, nil
	}
	im, err := image.Decode(data)
	if err != nil {
		return nil, err
	}
	c.Kind, c.Numbers, c.Image = compiled.Image, im.Numbers, im
	if im.Absolute {
		c.Kind = compiled.Absolute
	}
	return c, nil
}

// OpenStore reads what lies at the start of a partition. The error is an *image.Error.
func OpenStore(partition []byte) (*Content, error) {
	im, err := image.DecodeStore(partition)
	if err != nil {
		return nil, err
	}
	return &Content{Kind: compiled.Absolute, Data: partition[:im.Bytes], Numbers: im.Numbers, Image: im}, nil
}

// ModuleSize is how many bytes a module takes, without its strings.
type ModuleSize struct {
	Name  string
	Bytes int
}

// Modules are the modules of a file, as they lie.
func (c *Content) Modules() (list []ModuleSize) {
	for _, u := range c.units() {
		s := c.sizesOf(u.Main)
		list = append(list, ModuleSize{u.Name, s.total()})
	}
	return list
}

// Explain says in a sentence what the error of Open means.
func Explain(err error) string {
	var c *chunk.Error
	var i *image.Error
	switch {
	case errors.As(err, &c):
		return fmt.Sprintf("of Lua 5.1, and damaged at byte %d: %s", c.Offset, c.Reason)
	case errors.As(err, &i):
		return "of Lua 5.1, and not whole: " + err.Error()
	}
	return err.Error()
}

// units are the modules of a file. A chunk is its own module.
func (c *Content) units() []image.Module {
	if c.Main == nil {
		return c.Image.Modules
	}
	name, _, _ := strings.Cut(strings.TrimLeft(compiled.FileName(c.Main.Source.S), "."), ".")
	if name == "" {
		name = "?"
	}
	return []image.Module{{Name: name, Main: c.Main}}
}

// valueSize is the size of a constant, in bytes.
func (c *Content) valueSize() int {
	switch {
	case c.Numbers == chunk.Integer:
		return v4.TVSize
	case c.Image != nil && !c.Image.Packed:
		return 16
	}
	return v8.TVSize
}

// sizes is what functions take once they are loaded, without strings and what the allocator adds, in bytes.
type sizes struct{ functions, code, constants, debug, records int }

func (s *sizes) total() int { return s.code + s.constants + s.debug + s.records }

// sizesOf adds up a function and those inside it. In flash the line information is a string.
func (c *Content) sizesOf(main *chunk.Proto) (s sizes) {
	var add func(p *chunk.Proto)
	add = func(p *chunk.Proto) {
		s.functions++
		s.code += wordSize * len(p.Code)
		s.constants += c.valueSize() * len(p.Constants)
		s.debug += layout.LocVarSize*len(p.LocVars) + wordSize*len(p.Upvalues)
		if c.Main != nil {
			s.debug += len(p.LineInfo)
		}
		s.records += layout.ProtoSize + wordSize*len(p.Protos)
		for _, q := range p.Protos {
			add(q)
		}
	}
	add(main)
	return s
}

// stringBytes is what a string takes where the file is loaded.
func (c *Content) stringBytes(s string) int {
	n := layout.TStringSize + len(s) + 1
	if c.Image != nil {
		n = (n + wordSize - 1) / wordSize * wordSize
	}
	return n
}

// level is the strip level of a file: 0 has names, 1 lines, 2 nothing.
func (c *Content) level() int {
	level := 2
	var look func(p *chunk.Proto)
	look = func(p *chunk.Proto) {
		switch {
		case len(p.LocVars) > 0 || len(p.Upvalues) > 0:
			level = 0
		case len(p.LineInfo) > 0:
			level = min(level, 1)
		}
		for _, q := range p.Protos {
			look(q)
		}
	}
	for _, m := range c.units() {
		look(m.Main)
	}
	return level
}

// NewReport examines a file. The error is that of Open.
func NewReport(name string, data []byte) (*compiled.Report, error) {
	c, err := Open(data)
	if err != nil {
		return nil, err
	}
	units := c.units()
	r := &compiled.Report{File: name, Kind: c.Kind, Edition: Edition, Numbers: []string{c.Numbers.String()},
		FileBytes: len(data), StripLevel: c.level(), Strip: []compiled.StripReport{}, Modules: make([]compiled.ModuleReport, len(units))}
	c.strings(r, units)
	loaded := 0
	for i, u := range units {
		s, m := c.sizesOf(u.Main), &r.Modules[i]
		m.Name, m.Source = u.Name, strings.TrimLeft(u.Main.Source.S, "@=")
		m.Functions, m.Code, m.Constants, m.Debug, m.Records = s.functions, s.code, s.constants, s.debug, s.records
		m.Total = s.total() + m.Strings
		loaded += s.total()
	}
	slices.SortStableFunc(r.Modules, func(a, b compiled.ModuleReport) int { return b.Total - a.Total })
	if c.Image == nil {
		r.LoadedIn, r.LoadedBytes = compiled.InHeap, loaded+r.Strings.Bytes
	} else {
		c.header(r)
	}
	if r.Strip, err = c.savings(r); err != nil {
		return nil, err
	}
	r.Warnings = c.warnings(units)
	return r, nil
}

// header fills in what an image tells about itself.
func (c *Content) header(r *compiled.Report) {
	im := c.Image
	r.LoadedIn, r.LoadedBytes = compiled.InFlash, im.Bytes
	stamp := im.Timestamp
	r.Timestamp, r.Time = &stamp, time.Unix(stamp, 0).UTC().Format(time.RFC3339)
	if im.Absolute {
		r.Base = &im.Base
	}
	frame := &chunk.Proto{Code: im.Main.Code, Constants: im.Main.Constants}
	s := c.sizesOf(frame)
	r.Frame += headerBytes + s.total() + wordSize*len(im.Main.Protos)
}

// strings fills in what there is about strings, for all and for each module.
func (c *Content) strings(r *compiled.Report, units []image.Module) {
	users := map[string][]int{}
	var list []string
	use := func(s string, i int) {
		u, ok := users[s]
		if !ok {
			list = append(list, s)
		}
		if i >= 0 && (len(u) == 0 || u[len(u)-1] != i) {
			u = append(u, i)
		}
		users[s] = u
	}
	if c.Image != nil {
		for _, s := range c.Image.Strings {
			use(s, -1)
		}
	}
	for i, m := range units {
		if c.Image != nil {
			use(m.Name, i)
		}
		c.eachString(m.Main, func(s string) { use(s, i) })
	}
	own := c.frameStrings()
	s := &r.Strings
	for _, text := range list {
		v := compiled.StringUse{Raw: text, Text: text, Length: len(text), Bytes: c.stringBytes(text), Users: []string{}}
		if !utf8.ValidString(text) {
			v.Text, v.Hex = "", hex.EncodeToString([]byte(text))
		}
		for _, i := range users[text] {
			v.Users = append(v.Users, units[i].Name)
			if len(users[text]) == 1 {
				r.Modules[i].Strings += v.Bytes
			} else {
				r.Modules[i].Shared += v.Bytes
			}
		}
		if len(v.Users) == 0 && own[text] { // of the function above the modules
			r.Frame += v.Bytes
			continue
		}
		s.Add(&v, false)
		s.All = append(s.All, v)
	}
	if c.Image != nil {
		s.Slots, s.LongestChain = c.Image.Table()
		s.TableBytes = wordSize * s.Slots
	}
}

// frameStrings are the strings of the function above the modules.
func (c *Content) frameStrings() map[string]bool {
	own := map[string]bool{}
	if c.Image != nil {
		p := *c.Image.Main
		p.Protos = nil
		c.eachString(&p, func(s string) { own[s] = true })
	}
	return own
}

// eachString calls f for the strings of a function and those inside it. In an image the line information is one.
func (c *Content) eachString(p *chunk.Proto, f func(s string)) {
	if p.Source.Set {
		f(p.Source.S)
	}
	if c.Image != nil && len(p.LineInfo) > 0 {
		f(image.LineText(p))
	}
	for i := range p.Constants {
		if k := &p.Constants[i]; k.Kind == chunk.String {
			f(k.Str)
		}
	}
	for _, u := range p.Upvalues {
		f(u.S)
	}
	for i := range p.LocVars {
		f(p.LocVars[i].Name.S)
	}
	for _, q := range p.Protos {
		c.eachString(q, f)
	}
}

// stripped is a copy of a function and those inside it at a strip level.
func stripped(p *chunk.Proto, level int) *chunk.Proto {
	q := *p
	q.Protos = nil
	for _, x := range p.Protos {
		q.Protos = append(q.Protos, stripped(x, level))
	}
	q.LocVars, q.Upvalues = nil, nil
	if level > 1 {
		q.LineInfo = nil
	}
	return &q
}

// savings tells what less debug information would leave.
func (c *Content) savings(r *compiled.Report) ([]compiled.StripReport, error) {
	list := []compiled.StripReport{}
	for level := r.StripLevel + 1; level <= 2; level++ {
		s := compiled.StripReport{Option: fmt.Sprintf("--strip %d", level)}
		if c.Main != nil {
			p := stripped(c.Main, level)
			code, err := chunk.Encode(c.Numbers, p, false)
			if err != nil {
				return nil, err
			}
			d := &Content{Kind: c.Kind, Numbers: c.Numbers, Main: p}
			x := &compiled.Report{Modules: make([]compiled.ModuleReport, 1)}
			d.strings(x, d.units())
			sz := d.sizesOf(p)
			s.FileBytes, s.LoadedBytes = len(code), sz.total()+x.Strings.Bytes
		} else {
			im := *c.Image
			im.Main = stripped(im.Main, level)
			code, err := im.Encode()
			if err != nil {
				return nil, err
			}
			s.FileBytes, s.LoadedBytes = len(code), im.Bytes
		}
		list = append(list, s)
	}
	return list, nil
}

// warnings lists what is suspicious about the modules of a file.
func (c *Content) warnings(units []image.Module) []compiled.Warning {
	list := []compiled.Warning{}
	if c.Image == nil {
		return list
	}
	if c.Image.OldTags {
		list = append(list, compiled.Warning{Kind: compiled.WarnOldTags, Text: "the types of values are numbered as before 3.0-master_20200610: " +
			"later firmware takes such an image, finds nothing wrong with it, and misreads it; compile the sources again"})
	}
	if !c.Image.Packed && c.Numbers == chunk.Float {
		list = append(list, compiled.Warning{Kind: compiled.WarnOldTags, Text: "values take 16 bytes, as in firmware with LUA_DWORD_ALIGNED_TVALUES; " +
			"a usual build takes none of these images (\"Incorrect LFS build type\")"})
	}
	if c.Image.Writing {
		list = append(list, compiled.Warning{Kind: compiled.WarnUnfinished, Text: "the signature says that it is being written: the power was cut while it was loaded, or it is loaded no more"})
	}
	seen := map[string]bool{}
	for _, m := range units {
		if seen[m.Name] {
			list = append(list, compiled.Warning{Kind: compiled.WarnDuplicate, Module: m.Name,
				Text: fmt.Sprintf("there are several modules %s: only the first one is found", compiled.Plain(m.Name))})
		}
		seen[m.Name] = true
	}
	return list
}
