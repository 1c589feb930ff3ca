package device

import (
	"fmt"

	"moonlet.example/moonlet/internal/heapview"
)

// Shortage is memory that was wanted and not there. All sizes are in bytes.
type Shortage struct {
	Wanted  int
	For     string // what the SDK or lwIP wanted it for; "" for Lua and its modules
	Free    int
	Largest int // piece that the heap could give
	Garbage int // that a collection would give back; -1 if that cannot be told
}

// shortagesMax is how many places are told of where memory ran out.
const shortagesMax = 10

// memoryShort tells of memory that somebody wants, in the midst of a task. A board says
// nothing, or restarts since there is no memory for the message either.
func (d *Device) memoryShort(n int, what string) {
	if d.machine == nil || d.heap == nil {
		return
	}
	if t := d.profile.tracked; t != nil {
		t.GiveUp()
	}
	where := d.position()
	if !d.shortages.isNew(what+"\x00"+where, shortagesMax) {
		return
	}
	s := Shortage{Wanted: n, For: what, Free: d.FreeHeap(), Largest: int(d.heap.LargestFree()), Garbage: -1}
	if view := d.heapAsItIs(nil); view != nil {
		s.Garbage = view.Garbage()
	}
	d.report(Event{Kind: OutOfMemory, Text: s.String(), Shortage: &s, Traceback: where})
}

// heapAsItIs looks at the heap in the midst of a task, nil if it is in no order.
func (d *Device) heapAsItIs(wanted *heapview.Wanted) (view *heapview.Snapshot) {
	defer func() { // of damaged code
		if r := recover(); r != nil {
			if _, ok := d.space.AsFault(r); !ok {
				panic(r)
			}
		}
	}()
	in := d.heapNow(d.config.Clock.Now()) // the loop's time would charge what is pending
	in.Wanted = wanted
	view, err := heapview.New(in)
	if err != nil {
		return nil
	}
	return view
}

// String says what is short, and what helps.
func (s *Shortage) String() string {
	text := fmt.Sprintf("memory ran out: %d bytes were wanted", s.Wanted)
	if s.For != "" {
		text += fmt.Sprintf(" (%s)", s.For)
	}
	text += fmt.Sprintf(", %d are free, %d in the largest piece", s.Free, s.Largest)
	switch {
	case s.Garbage > s.Wanted:
		return text + fmt.Sprintf("; %d are garbage, which only a collection for Lua gives back: call collectgarbage() before, or let it begin in time "+
			"with node.egc.setmode(node.egc.ON_MEM_LIMIT + node.egc.ON_ALLOC_FAILURE, -6144)", s.Garbage)
	case s.Garbage >= 0 && s.Free >= s.Wanted:
		return text + fmt.Sprintf("; %d are garbage, so what is free is in pieces between what is in use: \"moonlet heap --oom\" shows by whom", s.Garbage)
	case s.Garbage >= 0:
		return text + fmt.Sprintf("; %d are garbage, so it is in use: \"moonlet heap --oom\" shows by whom", s.Garbage)
	}
	return text
}
