package heapview

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/lua/machine"
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
	return b.finish().write(w)
}

// sampleKey is what samples are summed up by.
type sampleKey struct {
	kind  machine.HeapKind
	stack string // the numbers of its locations
}

type profileBuilder struct {
	s *Snapshot
	pprofProfile
	numbers   map[string]uint64 // of functions, by name and file
	places    map[machine.Frame]uint64
	collected map[sampleKey]*profileSample
}

func newProfileBuilder(s *Snapshot) *profileBuilder {
	return &profileBuilder{
		s: s, numbers: map[string]uint64{}, places: map[machine.Frame]uint64{},
		collected: map[sampleKey]*profileSample{},
	}
}

// add counts a block with its call stack, and an object if the block is its first.
func (b *profileBuilder) add(o *Object, block *Block, isObject bool, bytes int) {
	var locations []uint64
	key := sampleKey{kind: o.Kind}
	for _, f := range b.s.frames(o, block) {
		l := b.location(f)
		locations = append(locations, l)
		key.stack += string(rune(l))
	}
	sample := b.collected[key]
	if sample == nil {
		sample = &profileSample{locations: locations, kind: string(o.Kind)}
		b.collected[key] = sample
		b.samples = append(b.samples, sample)
	}
	if isObject {
		sample.objects++
	}
	sample.bytes += int64(bytes)
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

// location is the number of a frame's location.
func (b *profileBuilder) location(f machine.Frame) uint64 {
	if n, ok := b.places[f]; ok {
		return n
	}
	line := cmp.Or(f.Line, max(f.LineDefined, 0))
	b.locations = append(b.locations, profileLocation{function: b.function(f), line: uint64(line)})
	b.places[f] = uint64(len(b.locations))
	return b.places[f]
}

// function is the number of a frame's function. pprof cuts names at brackets and
// spaces in some views, so names have none where that can be.
func (b *profileBuilder) function(f machine.Frame) uint64 {
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
	if n, ok := b.numbers[key]; ok {
		return n
	}
	b.functions = append(b.functions, profileFunction{name: name, file: file, line: max(f.LineDefined, 0)})
	b.numbers[key] = uint64(len(b.functions))
	return b.numbers[key]
}

// finish puts the largest sample first.
func (b *profileBuilder) finish() *pprofProfile {
	slices.SortStableFunc(b.samples, func(x, y *profileSample) int {
		return cmp.Or(cmp.Compare(y.bytes, x.bytes), strings.Compare(x.kind, y.kind))
	})
	return &b.pprofProfile
}
