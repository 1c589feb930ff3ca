package heapview

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"github.com/google/pprof/profile"

	"moonlet/internal/machine"
)

// WriteProfile writes what a snapshot has in the format of pprof, compressed: for
// each call stack that took memory the number of objects and the bytes, with the
// kind of object as a label. With an earlier snapshot it is what is new or has
// grown since. There is no time in it, so the same heap makes the same file.
func (s *Snapshot) WriteProfile(w io.Writer, since *Snapshot) error {
	b := newProfileBuilder(s)
	if since == nil {
		for _, o := range s.list {
			for i := range o.Blocks {
				b.add(o, &o.Blocks[i], i == 0, o.Blocks[i].Bytes)
			}
		}
	} else {
		_, changes, err := s.compare(since)
		if err != nil {
			return err
		}
		for _, c := range changes {
			b.add(c.o, c.block, c.isNew, c.bytes)
		}
	}
	p := b.finish()
	if err := p.CheckValid(); err != nil {
		return err
	}
	return p.Write(w)
}

// sampleKey is what samples are summed up by.
type sampleKey struct {
	kind  machine.HeapKind
	stack string // the numbers of its locations
}

type profileBuilder struct {
	s         *Snapshot
	p         *profile.Profile
	functions map[string]*profile.Function
	locations map[machine.Frame]*profile.Location
	samples   map[sampleKey]*profile.Sample
}

func newProfileBuilder(s *Snapshot) *profileBuilder {
	return &profileBuilder{
		s: s,
		p: &profile.Profile{
			SampleType:        []*profile.ValueType{{Type: "objects", Unit: "count"}, {Type: "space", Unit: "bytes"}},
			DefaultSampleType: "space",
			PeriodType:        &profile.ValueType{Type: "space", Unit: "bytes"}, Period: 1,
		},
		functions: map[string]*profile.Function{},
		locations: map[machine.Frame]*profile.Location{},
		samples:   map[sampleKey]*profile.Sample{},
	}
}

// add counts a block with its call stack, and an object if the block is its first.
func (b *profileBuilder) add(o *Object, block *Block, isObject bool, bytes int) {
	var locations []*profile.Location
	key := sampleKey{kind: o.Kind}
	for _, f := range b.s.frames(o, block) {
		l := b.location(f)
		locations = append(locations, l)
		key.stack += string(rune(l.ID))
	}
	sample := b.samples[key]
	if sample == nil {
		sample = &profile.Sample{Location: locations, Value: make([]int64, 2), Label: map[string][]string{"kind": {string(o.Kind)}}}
		b.samples[key] = sample
		b.p.Sample = append(b.p.Sample, sample)
	}
	if isObject {
		sample.Value[0]++
	}
	sample.Value[1] += int64(bytes)
}

// frames is the call stack of a block, with one frame where no Lua was running.
func (s *Snapshot) frames(o *Object, b *Block) []machine.Frame {
	stack := s.stack(o, b)
	if b.What != "" { // what it is for says more than who asked
		stack = append([]machine.Frame{{Source: b.What, LineDefined: -1}}, stack...)
	}
	if len(stack) > 0 {
		return stack
	}
	return []machine.Frame{{Source: Firmware, LineDefined: -1}}
}

func (b *profileBuilder) location(f machine.Frame) *profile.Location {
	l := b.locations[f]
	if l == nil {
		line := int64(cmp.Or(f.Line, max(f.LineDefined, 0)))
		l = &profile.Location{ID: uint64(len(b.p.Location) + 1), Line: []profile.Line{{Function: b.function(f), Line: line}}}
		b.locations[f] = l
		b.p.Location = append(b.p.Location, l)
	}
	return l
}

// function makes the function of a frame. pprof cuts names at brackets and
// spaces in some views, so names have none where that can be.
func (b *profileBuilder) function(f machine.Frame) *profile.Function {
	name, file := f.Function(), f.Source
	switch {
	case f.LineDefined < 0 && f.Source == Firmware:
		file = ""
	case f.LineDefined < 0:
		name, file = cmp.Or(f.Source, "C"), "" // a function of the firmware: "net.createServer"
	case f.LineDefined == 0:
		name += ":main"
	}
	key := name + "\x00" + file
	if b.functions[key] == nil {
		b.functions[key] = &profile.Function{ID: uint64(len(b.p.Function) + 1), Name: name, SystemName: name,
			Filename: file, StartLine: int64(max(f.LineDefined, 0))}
		b.p.Function = append(b.p.Function, b.functions[key])
	}
	return b.functions[key]
}

// finish puts the largest sample first.
func (b *profileBuilder) finish() *profile.Profile {
	slices.SortStableFunc(b.p.Sample, func(x, y *profile.Sample) int {
		return cmp.Or(cmp.Compare(y.Value[1], x.Value[1]), strings.Compare(x.Label["kind"][0], y.Label["kind"][0]))
	})
	return b.p
}
