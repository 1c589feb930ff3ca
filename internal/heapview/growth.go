package heapview

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/mem"
)

// Growth is what is different between two moments. Used is New + Grown − Shrunk −
// Gone.
type Growth struct {
	From float64 `json:"from_seconds"`
	To   float64 `json:"to_seconds"`
	Used int     `json:"used_bytes"` // how much more is in use at the end
	// New are objects that were not there at the first moment; Grown and Shrunk are
	// bytes of those that were there at both; Gone are objects that went.
	NewObjects  int          `json:"new_objects"`
	NewBytes    int          `json:"new_bytes"`
	GrownBytes  int          `json:"grown_bytes"`
	ShrunkBytes int          `json:"shrunk_bytes"`
	GoneObjects int          `json:"gone_objects"`
	GoneBytes   int          `json:"gone_bytes"`
	Lines       []GrowthLine `json:"lines"`
}

// GrowthLine is a source line that took what was not there before.
type GrowthLine struct {
	File    string         `json:"file"`
	Line    int            `json:"line"`
	Place   string         `json:"place"`
	Objects map[string]int `json:"objects"` // new ones, by kind
	Grown   int            `json:"grown"`   // objects that were there and have grown
	Bytes   int            `json:"bytes"`
	// Example is the largest of them.
	Example *Item `json:"example"`
	largest int
}

// identity tells an object from one that takes its place later.
type identity struct {
	addr mem.Addr
	seq  uint64
}

// identity of an object is the request for its record; the main thread and the
// string table have none of their own, but there is one of each.
func (o *Object) identity() identity {
	id := identity{addr: o.Addr}
	if o.hasRecord() {
		id.seq = o.Blocks[0].Seq
	}
	return id
}

// errOtherLife is the error of GrowthSince.
var errOtherLife = errors.New("the module was reset between the two moments: choose others, with --after and --then")

// change is an object's part of a growth: how many bytes more there are, and the
// block whose line is to blame.
type change struct {
	o     *Object
	bytes int
	block *Block
	isNew bool
}

// GrowthSince compares the snapshot with an earlier one.
func (s *Snapshot) GrowthSince(old *Snapshot, top int) (*Growth, error) {
	g, changes, err := s.compare(old)
	if err != nil {
		return nil, err
	}
	by := map[Place]*GrowthLine{}
	for _, c := range changes {
		p := s.place(c.o, c.block)
		l := by[p]
		if l == nil {
			l = &GrowthLine{File: p.File, Line: p.Line, Place: p.String(), Objects: map[string]int{}, largest: -1}
			by[p] = l
		}
		l.Bytes += c.bytes
		if c.isNew {
			l.Objects[string(c.o.Kind)]++
		} else {
			l.Grown++
		}
		if weight := s.weight(c); weight > l.largest {
			it := s.item(c.o)
			l.Example, l.largest = &it, weight
		}
	}
	g.Lines = make([]GrowthLine, 0, len(by))
	for l := range maps.Values(by) {
		g.Lines = append(g.Lines, *l)
	}
	slices.SortFunc(g.Lines, func(a, b GrowthLine) int {
		return cmp.Or(b.Bytes-a.Bytes, strings.Compare(a.File, b.File), a.Line-b.Line, strings.Compare(a.Place, b.Place))
	})
	g.Lines = cut(g.Lines, top)
	return g, nil
}

// weight is how good an example a change is: the larger the better, and an object
// with a path of its own better than a part of another.
func (s *Snapshot) weight(c change) int {
	if c.o.depth == 0 {
		return 0
	}
	return c.bytes
}

// compare lists the objects that are new or have grown, by address.
func (s *Snapshot) compare(old *Snapshot) (*Growth, []change, error) {
	if s.Life != old.Life {
		return nil, nil, errOtherLife
	}
	g := &Growth{From: seconds(old.At), To: seconds(s.At), Used: (s.Total - s.Free) - (old.Total - old.Free)}
	before := map[identity]*Object{}
	for _, o := range old.list {
		before[o.identity()] = o
	}
	var list []change
	for _, o := range s.list {
		was := before[o.identity()]
		if was == nil || was.Kind != o.Kind {
			g.NewObjects++
			g.NewBytes += o.Bytes()
			list = append(list, change{o, o.Bytes(), &o.Blocks[0], true})
			continue
		}
		delete(before, o.identity())
		switch more := o.Bytes() - was.Bytes(); {
		case more > 0:
			g.GrownBytes += more
			list = append(list, change{o, more, o.newest(), false})
		case more < 0:
			g.ShrunkBytes -= more
		}
	}
	for _, o := range before {
		g.GoneObjects++
		g.GoneBytes += o.Bytes()
	}
	return g, list, nil
}

// newest is the block that was taken last.
func (o *Object) newest() *Block {
	b := &o.Blocks[0]
	for i := range o.Blocks {
		if o.Blocks[i].Seq > b.Seq {
			b = &o.Blocks[i]
		}
	}
	return b
}
