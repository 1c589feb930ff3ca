package moonlet

import (
	"io"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/heapview"
	"moonlet.example/moonlet/internal/project"
)

// Heap is the state of the module's heap, in bytes, as it is: nothing is collected for it.
type Heap struct {
	Free    int // node.heap()
	Largest int // the largest free piece
	Lua     int // what Lua counts as its own
	// Lowest is the least that was free since Heap was asked last, Least since the last
	// reset.
	Lowest, Least int
	Life          int // counts the lives of the module since power-on
}

// Heap tells the state of the heap between two tasks. The error is ErrNotRunning if there is
// none.
func (m *Module) Heap() (h Heap, err error) {
	err = m.doing(func(b *Bench) error {
		s, ok := b.d.HeapState()
		h = Heap{Free: s.Free, Largest: s.Largest, Lua: s.Lua, Lowest: s.Lowest, Least: b.d.LowestHeap(), Life: b.d.Life()}
		if !ok {
			return ErrNotRunning
		}
		return nil
	})
	return h, err
}

// HeapBytes is the free heap that the module is configured to have at its prompt.
func (m *Module) HeapBytes() int { return m.project.Heap() }

// Live is what is on the heap when the garbage is collected.
type Live struct {
	FreeBytes int
	Strings   []string // short strings in RAM
}

// Collect collects the garbage, between two tasks; a run makes a pause for it. The error is
// ErrNotRunning if there is no heap, or ErrCut if a finalizer does not end.
func (m *Module) Collect() (l Live, err error) {
	err = m.apart(func(d *device.Device) (err error) {
		l.FreeBytes, l.Strings, err = d.Live()
		return err
	})
	return l, err
}

// apart lets f work with the device while nothing runs it.
func (m *Module) apart(f func(d *device.Device) error) (err error) {
	r := &request{aside: true, f: func(b *Bench) { err = f(b.d) }}
	if err2 := m.request(r); err2 != nil {
		return err2
	}
	return err
}

type (
	// HeapReport is what a snapshot tells, as the JSON document of moonlet heap.
	HeapReport = heapview.Report
	// HeapReportOptions choose what is in a report.
	HeapReportOptions = heapview.Options
	// HeapGrowth is what is new on a heap, or has grown.
	HeapGrowth = heapview.Growth
)

// HeapSnapshot is what is on a module's heap at a moment.
type HeapSnapshot struct{ s *heapview.Snapshot }

// HeapSnapshot collects the garbage and tells what is on the heap then, between two tasks; a
// run makes a pause for it. Without ProfileHeap nobody knows which line took what. Errors are those of
// Collect.
func (m *Module) HeapSnapshot() (*HeapSnapshot, error) {
	var s *heapview.Snapshot
	err := m.apart(func(d *device.Device) (err error) {
		s, err = d.HeapSnapshot()
		return err
	})
	if err != nil {
		return nil, err
	}
	return m.named(s), nil
}

// OutOfMemory is what was on the heap when memory ran out for the first time since power-on;
// nil if it never did. It needs ProfileHeap.
func (m *Module) OutOfMemory() (found *HeapSnapshot, err error) {
	err = m.Do(func(b *Bench) {
		if s := b.d.OutOfMemory(); s != nil {
			found = m.named(s)
		}
	})
	return found, err
}

// At is the moment, as the module's time.
func (s *HeapSnapshot) At() time.Duration { return s.s.At }

// TotalBytes is the size of the heap.
func (s *HeapSnapshot) TotalBytes() int { return s.s.Total }

// FreeBytes is what is free of it.
func (s *HeapSnapshot) FreeBytes() int { return s.s.Free }

// Shortage tells in words what request could not be met, "" if this is no moment when memory
// ran out.
func (s *HeapSnapshot) Shortage() string {
	if s.s.Wanted == nil {
		return ""
	}
	return s.s.Shortage()
}

// Report tells what is there.
func (s *HeapSnapshot) Report(o HeapReportOptions) *HeapReport { return s.s.Report(o) }

// GrowthSince compares with an earlier snapshot of the same life of the module. Top is how
// many lines are told at most, 0 for all.
func (s *HeapSnapshot) GrowthSince(before *HeapSnapshot, top int) (*HeapGrowth, error) {
	return s.s.GrowthSince(before.s, top)
}

// WriteProfile writes the heap, or what is new since an earlier snapshot if that is not nil,
// as a profile for go tool pprof.
func (s *HeapSnapshot) WriteProfile(w io.Writer, since *HeapSnapshot) error {
	if since == nil {
		return s.s.WriteProfile(w, nil)
	}
	return s.s.WriteProfile(w, since.s)
}

// functionAt is a function by where it is defined.
type functionAt struct {
	file string
	line int
}

// upvalueNames are names of upvalues by function, which the module strips when it compiles.
type upvalueNames map[functionAt][]string

// named lets a snapshot find the names of upvalues.
func (m *Module) named(s *heapview.Snapshot) *HeapSnapshot {
	all := m.names()
	s.UpvalueName = func(f heapview.Function, i int) string {
		if names := all[functionAt{f.Source, f.LineDefined}]; i <= len(names) {
			return names[i-1]
		}
		return ""
	}
	return &HeapSnapshot{s}
}

// namesIn finds the names of upvalues in the sources. Where a line defines several functions,
// names stay that all of them have in common.
func namesIn(p *project.Project) upvalueNames {
	names := upvalueNames{}
	for _, s := range p.LuaSources() {
		if f, err := p.Functions(s.Data, s.Name); err == nil { // else it does not run either
			names.add(f, s.Name)
		}
	}
	return names
}

// add adds the names of a function and of those in it, in a file.
func (names upvalueNames) add(f project.Function, file string) {
	at := functionAt{file, f.Line}
	old, again := names[at]
	list := make([]string, len(f.Upvalues))
	for i, name := range f.Upvalues {
		if !again || i < len(old) && old[i] == name {
			list[i] = name
		}
	}
	if names[at] = list; again && len(old) < len(list) {
		names[at] = list[:len(old)]
	}
	for _, inner := range f.Inner {
		names.add(inner, file)
	}
}
