package project

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/heapview"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/luac"
	"moonlet.example/moonlet/internal/sdk"
)

// HeapOptions tell what ProfileHeap does.
type HeapOptions struct {
	After time.Duration // time since power-on of the snapshot
	Then  time.Duration // of a second one, 0 for none
	// OutOfMemory takes the only snapshot when memory runs out, before After.
	OutOfMemory bool
	// Serial gets what the module sends; nil throws it away.
	Serial io.Writer
	// Sample gets the state of the heap after each Every of the module's time; nil
	// for none. Samples do not collect the garbage, snapshots do.
	Sample func(s heapview.Sample)
	Every  time.Duration
}

// HeapProfile is what ProfileHeap found.
type HeapProfile struct {
	First  *heapview.Snapshot
	Second *heapview.Snapshot // nil if none was asked for
	Notes  []string           // resets and the like on the way
	// OutOfMemory is what was there when memory ran out for the first time; nil if it
	// never did.
	OutOfMemory *heapview.Snapshot
}

// Last is the latest snapshot.
func (h *HeapProfile) Last() *heapview.Snapshot {
	if h.Second != nil {
		return h.Second
	}
	return h.First
}

// ProfileHeap boots the project's module, with the books of its allocator open, and
// tells what is on its heap some time later. It does so in virtual time and in a
// flash memory of its own, so it always finds the same.
// When ctx is done, its error comes back soon.
func (p *Project) ProfileHeap(ctx context.Context, o HeapOptions) (found *HeapProfile, err error) {
	h := &HeapProfile{}
	t := &heapTrial{p: p, o: o, ctx: ctx}
	err = p.try(ctx, nil, func(c *device.Config) {
		c.Serial, c.HeapProfile, c.Report = o.Serial, true, h.note
		c.Seed = cmp.Or(c.Seed, 1)
		t.clock = c.Clock
	}, func(d *device.Device, _ []Uploaded) error {
		t.d = d
		err := t.profile(h)
		if err == nil {
			found = h // whole, also if clearing up behind it fails
		}
		return err
	})
	return found, err
}

// profile takes the snapshots that are wanted.
func (t *heapTrial) profile(h *HeapProfile) (err error) {
	if t.o.OutOfMemory {
		h.First, err = t.outOfMemory()
		return err
	}
	if h.First, err = t.snapshot(t.o.After); err != nil {
		return err
	}
	if t.o.Then > 0 {
		if h.Second, err = t.snapshot(t.o.Then); err != nil {
			return err
		}
	}
	if s := t.d.OutOfMemory(); s != nil {
		h.OutOfMemory = t.named(s)
		h.Notes = slices.Insert(h.Notes, 0, shortage(s)) // resets are what comes of it
	}
	return nil
}

// shortage tells that memory ran out.
func shortage(s *heapview.Snapshot) string {
	return fmt.Sprintf("%v after power-on: %s; --oom shows the heap of that moment", s.At.Round(time.Millisecond), s.Shortage())
}

// note keeps what the reader of a profile should know.
func (h *HeapProfile) note(e device.Event) {
	switch e.Kind {
	case device.Rebooted, device.Exception, device.Watchdog, device.Sleeping, device.HostError:
		h.Notes = append(h.Notes, fmt.Sprintf("%v after power-on: %s", e.At.Round(time.Millisecond), e.Text))
	}
}

// heapTrial is a module whose heap is watched.
type heapTrial struct {
	p     *Project
	o     HeapOptions
	d     *device.Device
	clock sdk.Clock
	ctx   context.Context
	names map[functionAt][]string // of upvalues
}

// snapshot runs the module until some time after power-on.
func (t *heapTrial) snapshot(at time.Duration) (*heapview.Snapshot, error) {
	if err := t.runUntil(at); err != nil {
		return nil, err
	}
	s, err := t.d.HeapSnapshot()
	if errors.Is(err, device.ErrNotRunning) {
		problem := fmt.Sprintf("%v after power-on no Lua is running: the module sleeps or has just been reset; choose another time", at)
		if short := t.d.OutOfMemory(); short != nil {
			problem += ". " + shortage(short)
		}
		return nil, &Error{Where: t.p.Dir, Problem: problem}
	}
	if err != nil {
		return nil, err
	}
	return t.named(s), nil
}

// outOfMemory runs the module until its memory runs out.
func (t *heapTrial) outOfMemory() (*heapview.Snapshot, error) {
	const step = 100 * time.Millisecond
	lowest := t.d.LowestHeap()
	for end := step; t.d.OutOfMemory() == nil; end += step {
		if end > t.o.After {
			return nil, &Error{Where: t.p.Dir, Problem: fmt.Sprintf("memory did not run out in %v: %d bytes were free at least; --after says how long to wait", t.o.After, lowest)}
		}
		if err := t.runUntil(end); err != nil {
			return nil, err
		}
		if n := t.d.LowestHeap(); n > 0 && (lowest == 0 || n < lowest) {
			lowest = n
		}
	}
	return t.named(t.d.OutOfMemory()), nil
}

// named lets a snapshot find the names of upvalues.
func (t *heapTrial) named(s *heapview.Snapshot) *heapview.Snapshot {
	if t.names == nil {
		t.names = t.p.upvalueNames()
	}
	s.UpvalueName = func(f heapview.Function, i int) string {
		if names := t.names[functionAt{f.Source, f.LineDefined}]; i <= len(names) {
			return names[i-1]
		}
		return ""
	}
	return s
}

func (t *heapTrial) runUntil(end time.Duration) error {
	for now := t.clock.Now(); now < end; now = t.clock.Now() {
		next := end
		if t.o.Sample != nil {
			next = min(end, now.Truncate(t.o.Every)+t.o.Every)
		}
		if err := cmp.Or(t.d.RunFor(next-now), t.ctx.Err()); err != nil {
			return err
		}
		if t.o.Sample == nil {
			continue
		}
		h, running := t.d.HeapState()
		t.o.Sample(heapview.Sample{At: t.clock.Now(), Running: running, Life: t.d.Life(),
			Free: h.Free, Largest: h.Largest, Lua: h.Lua, Lowest: h.Lowest})
	}
	return nil
}

// functionAt is a function by where it is defined.
type functionAt struct {
	file string
	line int
}

// upvalueNames finds the names of upvalues in the sources, for the module strips
// them when it compiles. Where a line defines several functions, names stay that
// all of them have in common.
func (p *Project) upvalueNames() map[functionAt][]string {
	names := map[functionAt][]string{}
	add := func(text []byte, name string) {
		if f, err := p.compileNamed(text, name); err == nil { // else it does not run either
			addNames(names, f, name)
		}
	}
	for _, s := range p.Sources {
		if filepath.Ext(s.Name) == ".lua" {
			add(s.Data, s.Name)
		}
	}
	for _, s := range p.lfs {
		add(s.Data, s.Name)
	}
	return names
}

// compileNamed compiles source text with all names.
func (p *Project) compileNamed(text []byte, name string) (*chunk.Proto, error) {
	c, err := luac.NewCompiler(luac.Config{Model: p.settings.config.Model, Input: bytes.NewReader(text)})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	f, err := c.File(luac.Stdin)
	if err == nil {
		f.Source.S = "@" + name
	}
	return f, err
}

// addNames adds the names of a function and of those in it. file is that of the
// enclosing one.
func addNames(names map[functionAt][]string, f *chunk.Proto, file string) {
	if f.Source.Set && f.Source.S != "" {
		file = strings.TrimLeft(f.Source.S[:1], "@=") + f.Source.S[1:]
	}
	at := functionAt{file, f.LineDefined}
	old, again := names[at]
	list := make([]string, len(f.Upvalues))
	for i, u := range f.Upvalues {
		if name := u.Name.S; !again || i < len(old) && old[i] == name {
			list[i] = name
		}
	}
	if names[at] = list; again && len(old) < len(list) {
		names[at] = list[:len(old)]
	}
	for _, inner := range f.Protos {
		addNames(names, inner, file)
	}
}
