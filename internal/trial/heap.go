package trial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/heapview"
	"moonlet.example/moonlet/internal/hook"
	"moonlet.example/moonlet/internal/project"
)

// HeapOptions tell what Heap does.
type HeapOptions struct {
	After time.Duration // time since power-on of the snapshot
	Then  time.Duration // of a second one, 0 for none
	// OutOfMemory takes the only snapshot when memory runs out, before After.
	OutOfMemory bool
	// Drive, if any, does something to the module from outside after the first snapshot, by
	// way of its servers, and in real time; the second one is taken when it has returned.
	Drive func(ctx context.Context, servers []moonlet.Port) error
	// Serial gets what the module sends; nil throws it away.
	Serial io.Writer
	// Sample gets the state of the heap after each Every of the module's time; nil
	// for none. Samples do not collect the garbage, snapshots do.
	Sample func(s heapview.Sample)
	Every  time.Duration
}

// HeapProfile is what Heap found.
type HeapProfile struct {
	First  *moonlet.HeapSnapshot
	Second *moonlet.HeapSnapshot // nil if none was asked for
	Notes  []string              // resets and the like on the way
	// OutOfMemory is what was there when memory ran out for the first time; nil if it
	// never did.
	OutOfMemory *moonlet.HeapSnapshot
}

// Last is the latest snapshot.
func (h *HeapProfile) Last() *moonlet.HeapSnapshot {
	if h.Second != nil {
		return h.Second
	}
	return h.First
}

// Heap boots a project's module, with the books of its allocator open, and tells what is on
// its heap some time later. When ctx is done, its error comes back soon.
func Heap(ctx context.Context, p *project.Project, o HeapOptions) (found *HeapProfile, err error) {
	h := &HeapProfile{}
	t := &heapTrial{p: p, o: o, ctx: ctx}
	opts := []moonlet.Option{moonlet.ProfileHeap(), moonlet.OnEvent(h.note)}
	if o.Serial != nil {
		opts = append(opts, moonlet.Serial(o.Serial))
	}
	if o.Drive != nil {
		opts = append(opts, moonlet.OnEvent(t.server))
	}
	err = try(ctx, p, hook.Options{RealTime: o.Drive != nil}, func(m *moonlet.Module) error {
		t.m = m
		err := t.profile(h)
		if err == nil {
			found = h // whole, also if clearing up behind it fails
		}
		return err
	}, opts...)
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
	if t.o.Drive != nil {
		if err := t.drive(h); err != nil {
			return err
		}
	}
	if t.o.Then > 0 {
		if h.Second, err = t.snapshot(t.o.Then); err != nil {
			return err
		}
	}
	if h.OutOfMemory, err = t.m.OutOfMemory(); h.OutOfMemory != nil {
		h.Notes = slices.Insert(h.Notes, 0, shortage(h.OutOfMemory)) // resets are what comes of it
	}
	return err
}

// shortage tells that memory ran out.
func shortage(s *moonlet.HeapSnapshot) string {
	return fmt.Sprintf("%v after power-on: %s; --oom shows the heap of that moment", s.At().Round(time.Millisecond), s.Shortage())
}

// note keeps what the reader of a profile should know.
func (h *HeapProfile) note(e moonlet.Event) {
	switch e.(type) {
	case moonlet.Rebooted, moonlet.Exception, moonlet.Watchdog, moonlet.Sleeping, moonlet.HostError:
		h.Notes = append(h.Notes, fmt.Sprintf("%v after power-on: %s", e.When().Round(time.Millisecond), e))
	}
}

// heapTrial is a module whose heap is watched.
type heapTrial struct {
	p   *project.Project
	o   HeapOptions
	m   *moonlet.Module
	ctx context.Context

	servers []moonlet.Port // that can be reached
}

// server notes a server of the module.
func (t *heapTrial) server(e moonlet.Event) {
	if l, ok := e.(moonlet.Listening); ok && !slices.Contains(t.servers, l.Port) {
		t.servers = append(t.servers, l.Port)
	}
}

// driveStep is how long the module runs between two looks at who drives it, and settleTime
// how long behind that, so that connections come to their end.
const (
	driveStep  = 50 * time.Millisecond
	settleTime = 500 * time.Millisecond
)

// drive runs the module while somebody does something to it, and looks once more then.
func (t *heapTrial) drive(h *HeapProfile) (err error) {
	done := make(chan error, 1)
	servers := slices.Clone(t.servers)
	ctx, cancel := context.WithCancel(t.ctx)
	defer cancel()
	go func() { done <- t.o.Drive(ctx, servers) }()
	for driving := true; driving; {
		select {
		case err = <-done:
			driving = false
		default:
			err = t.runOn(driveStep)
			if err != nil {
				cancel()
				<-done
			}
		}
		if err != nil {
			return err
		}
	}
	if err := t.runOn(settleTime); err != nil {
		return err
	}
	now, err := t.m.Now()
	if err != nil {
		return err
	}
	h.Second, err = t.snapshot(now)
	return err
}

// runOn runs the module for some time.
func (t *heapTrial) runOn(d time.Duration) error {
	now, err := t.m.Now()
	if err != nil {
		return err
	}
	return t.runUntil(now + d)
}

// snapshot runs the module until some time after power-on.
func (t *heapTrial) snapshot(at time.Duration) (*moonlet.HeapSnapshot, error) {
	if err := t.runUntil(at); err != nil {
		return nil, err
	}
	s, err := t.m.HeapSnapshot()
	if errors.Is(err, moonlet.ErrNotRunning) {
		problem := fmt.Sprintf("%v after power-on no Lua is running: the module sleeps or has just been reset; choose another time", at)
		if short, _ := t.m.OutOfMemory(); short != nil {
			problem += ". " + shortage(short)
		}
		return nil, &project.Error{Where: t.p.Dir, Problem: problem}
	}
	return s, err
}

// outOfMemory runs the module until its memory runs out.
func (t *heapTrial) outOfMemory() (*moonlet.HeapSnapshot, error) {
	const step = 100 * time.Millisecond
	lowest := 0
	for end := step; ; end += step {
		if s, err := t.m.OutOfMemory(); s != nil || err != nil {
			return s, err
		}
		if end > t.o.After {
			return nil, &project.Error{Where: t.p.Dir, Problem: fmt.Sprintf("memory did not run out in %v: %d bytes were free at least; --after says how long to wait", t.o.After, lowest)}
		}
		if err := t.runUntil(end); err != nil {
			return nil, err
		}
		h, err := t.m.Heap()
		if err != nil && !errors.Is(err, moonlet.ErrNotRunning) {
			return nil, err
		}
		if n := h.Least; n > 0 && (lowest == 0 || n < lowest) {
			lowest = n
		}
	}
}

func (t *heapTrial) runUntil(end time.Duration) error {
	for {
		now, err := t.m.Now()
		if err != nil || now >= end {
			return err
		}
		next := end
		if t.o.Sample != nil {
			next = min(end, now.Truncate(t.o.Every)+t.o.Every)
		}
		if err := t.m.RunFor(next - now); err != nil {
			return err
		}
		if err := t.ctx.Err(); err != nil {
			return err
		}
		if t.o.Sample != nil {
			if err := t.sample(); err != nil {
				return err
			}
		}
	}
}

// sample tells the state of the heap.
func (t *heapTrial) sample() error {
	h, err := t.m.Heap()
	running := !errors.Is(err, moonlet.ErrNotRunning)
	if err != nil && running {
		return err
	}
	at, err := t.m.Now()
	t.o.Sample(heapview.Sample{At: at, Running: running, Life: h.Life,
		Free: h.Free, Largest: h.Largest, Lua: h.Lua, Lowest: h.Lowest})
	return err
}
