package heapview

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/lua/machine"
)

// Format and Version mark the JSON document. The version changes when a field
// gets another meaning or goes; new fields may come.
const (
	Format  = "moonlet-heap"
	Version = 1
)

// Report is what a snapshot tells, as the document of --json.
type Report struct {
	Format  string  `json:"format"`
	Version int     `json:"version"`
	After   float64 `json:"after_seconds"` // the module's time
	Heap    Heap    `json:"heap"`
	Kinds   []Kind  `json:"kinds"`
	Lines   []Line  `json:"lines"`
	// CBlocks are the blocks of the kind "c" by what they are for.
	CBlocks []CBlock `json:"c_blocks"`
	Holders []Hold   `json:"holders"`
	Circles []Circle `json:"circles"`
	Objects []Item   `json:"objects"`
	Growth  *Growth  `json:"growth,omitempty"`
	// OutOfMemory is there if this is a moment when memory ran out.
	OutOfMemory *OutOfMemory `json:"out_of_memory,omitempty"`
	// Notes are what the reader should know, such as a reset on the way.
	Notes []string `json:"notes"`
}

// CBlock are blocks of the SDK, of lwIP or of a module that are no Lua objects.
type CBlock struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
	Size
}

// OutOfMemory is a request that could not be met, with the line that made it.
type OutOfMemory struct {
	Wanted int    `json:"wanted_bytes"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Place  string `json:"place"`
}

// Heap are the figures of the whole heap in bytes.
type Heap struct {
	Total   int `json:"total_bytes"`
	Free    int `json:"free_bytes"` // node.heap()
	Used    int `json:"used_bytes"` // the sum of all kinds
	Largest int `json:"largest_free_bytes"`
	Lua     int `json:"lua_bytes"` // collectgarbage("count") in bytes
}

// Size is how much something takes: what was asked for, and what the heap gave
// with header and rounding.
type Size struct {
	Payload int `json:"payload_bytes"`
	Bytes   int `json:"bytes"`
}

// Kind is a kind of object.
type Kind struct {
	Kind  string `json:"kind"`
	Count int    `json:"count"`
	Size
}

// Line is a source line with what it took. File is empty where no Lua was running.
type Line struct {
	File  string `json:"file"`
	Line  int    `json:"line"`
	Place string `json:"place"` // both for people
	// Objects counts by kind what the line made. Parts are blocks that it made other
	// lines' objects grow by.
	Objects map[string]int `json:"objects"`
	Parts   int            `json:"parts"`
	Size
}

// Hold is what is alive because of one root. Where several roots hold an object,
// it is with the nearest.
type Hold struct {
	Holder string `json:"holder"`
	Roots  int    `json:"roots"` // how many references of that kind there are
	Count  int    `json:"count"`
	Size
}

// Item is an object.
type Item struct {
	Address string `json:"address"`
	Kind    string `json:"kind"`
	Name    string `json:"name,omitempty"`
	File    string `json:"file"` // of the line that made it
	Line    int    `json:"line"`
	Place   string `json:"place"`
	Size
	// Held are the bytes of it and of all whose shortest path leads through it.
	Held     int    `json:"held_bytes"`
	Path     []Step `json:"path"`
	PathText string `json:"path_text"`
	describe string
}

// Options of a report.
type Options struct {
	Top     int    // how many lines and holders at most; 0 for all
	Objects int    // how many objects at most; 0 for all
	Pattern string // only objects that it is found in: kind, name, place or address
}

// Report makes the report of a snapshot.
func (s *Snapshot) Report(o Options) *Report {
	r := &Report{
		Format: Format, Version: Version, After: seconds(s.At), Notes: []string{},
		Heap: Heap{Total: s.Total, Free: s.Free, Used: s.Total - s.Free, Largest: s.Largest, Lua: s.LuaBytes},
	}
	r.Kinds = s.kinds()
	r.CBlocks = s.cBlocks()
	r.Lines = cut(s.lines(), o.Top)
	r.Holders = cut(s.holders(), o.Top)
	r.Circles = s.Circles(o.Top)
	r.Objects = s.items(o)
	if w := s.Wanted; w != nil {
		p := placeOf(s.Sites.Stack(w.Site))
		r.OutOfMemory = &OutOfMemory{Wanted: w.Bytes, File: p.File, Line: p.Line, Place: p.String()}
	}
	return r
}

// Shortage tells in a line what could not be had at a moment when memory ran out; "" of
// any other moment.
func (s *Snapshot) Shortage() string {
	if s.Wanted == nil {
		return ""
	}
	return fmt.Sprintf("not enough memory: %d bytes wanted at %s, %d free, the largest piece %d",
		s.Wanted.Bytes, placeOf(s.Sites.Stack(s.Wanted.Site)), s.Free, s.Largest)
}

// cBlocks sums up the blocks of C by name, the largest sum first.
func (s *Snapshot) cBlocks() []CBlock {
	by := map[string]*CBlock{}
	for _, o := range s.list {
		if o.Kind != KindC {
			continue
		}
		name := cmp.Or(s.nameOf(o), "of the firmware")
		if by[name] == nil {
			by[name] = &CBlock{Name: name}
		}
		by[name].Count++
		by[name].add(o)
	}
	list := make([]CBlock, 0, len(by))
	for b := range maps.Values(by) {
		list = append(list, *b)
	}
	slices.SortFunc(list, func(a, b CBlock) int { return cmp.Or(b.Bytes-a.Bytes, strings.Compare(a.Name, b.Name)) })
	return list
}

func seconds(t time.Duration) float64 { return t.Seconds() }

func cut[T any](list []T, top int) []T {
	if top > 0 && len(list) > top {
		return list[:top]
	}
	return list
}

// kindOrder is the order of kinds in a report.
var kindOrder = [...]machine.HeapKind{
	machine.HeapString, machine.HeapTable, machine.HeapFunction, machine.HeapPrototype, machine.HeapUpvalue,
	machine.HeapUserdata, machine.HeapThread, machine.HeapStringTable, machine.HeapState, KindC,
}

func (s *Snapshot) kinds() []Kind {
	list := make([]Kind, len(kindOrder))
	for i, k := range kindOrder {
		list[i].Kind = string(k)
	}
	for _, o := range s.list {
		k := &list[slices.Index(kindOrder[:], o.Kind)]
		k.Count++
		k.add(o)
	}
	return list
}

func (z *Size) add(o *Object) {
	z.Payload += o.Payload()
	z.Bytes += o.Bytes()
}

// lines gives each block to the line that took it, the largest sum first.
func (s *Snapshot) lines() []Line {
	by := map[Place]*Line{}
	at := func(p Place) *Line {
		if by[p] == nil {
			by[p] = newLine(p)
		}
		return by[p]
	}
	for _, o := range s.list {
		made := s.Place(o)
		at(made).Objects[string(o.Kind)]++
		first := o.hasRecord()
		for i := range o.Blocks {
			b := &o.Blocks[i]
			p := s.place(o, b)
			l := at(p)
			l.Payload += b.Payload
			l.Bytes += b.Bytes
			if p != made || i == 0 && !first {
				l.Parts++
			}
		}
	}
	list := make([]Line, 0, len(by))
	for l := range maps.Values(by) {
		list = append(list, *l)
	}
	slices.SortFunc(list, func(a, b Line) int {
		return cmp.Or(b.Bytes-a.Bytes, strings.Compare(a.File, b.File), a.Line-b.Line, strings.Compare(a.Place, b.Place))
	})
	return list
}

func newLine(p Place) *Line {
	return &Line{File: p.File, Line: p.Line, Place: p.String(), Objects: map[string]int{}}
}

// holders gives each object to the root that is nearest.
func (s *Snapshot) holders() []Hold {
	by, seen := map[string]*Hold{}, map[*Object]bool{}
	for _, o := range s.list {
		name, root := s.holder(o)
		if by[name] == nil {
			by[name] = &Hold{Holder: name}
		}
		if root != nil && !seen[root] {
			seen[root] = true
			by[name].Roots++
		}
		by[name].Count++
		by[name].add(o)
	}
	list := make([]Hold, 0, len(by))
	for h := range maps.Values(by) {
		list = append(list, *h)
	}
	slices.SortFunc(list, func(a, b Hold) int { return cmp.Or(b.Bytes-a.Bytes, strings.Compare(a.Holder, b.Holder)) })
	return list
}

// items lists objects, the largest first.
func (s *Snapshot) items(o Options) []Item {
	list := slices.Clone(s.list)
	slices.SortStableFunc(list, func(a, b *Object) int { return b.Bytes() - a.Bytes() })
	items := []Item{}
	for _, x := range list {
		if o.Objects > 0 && len(items) == o.Objects {
			break
		}
		if o.Objects > 0 && o.Pattern == "" && (x.Kind == machine.HeapState || x.Kind == machine.HeapStringTable) {
			continue // nobody can do anything about those
		}
		if len(x.Blocks) > 0 && s.matches(x, o.Pattern) {
			items = append(items, s.item(x))
		}
	}
	return items
}

func (s *Snapshot) item(o *Object) Item {
	p := s.Place(o)
	it := Item{
		Address: address(o), Kind: string(o.Kind), Name: s.nameOf(o), File: p.File, Line: p.Line, Place: p.String(),
		Held: o.held, Path: s.Path(o), PathText: s.PathText(o), describe: s.Describe(o),
	}
	if it.Path == nil {
		it.Path = []Step{}
	}
	it.add(o)
	return it
}

func (s *Snapshot) matches(o *Object, pattern string) bool {
	if pattern == "" {
		return true
	}
	for _, text := range []string{s.Describe(o), s.Place(o).String(), address(o), s.PathText(o)} {
		if strings.Contains(text, pattern) {
			return true
		}
	}
	return false
}
