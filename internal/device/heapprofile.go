package device

import (
	"moonlet/internal/heap"
	"moonlet/internal/heapview"
	"moonlet/internal/machine"
	"moonlet/internal/mem"
)

// heapProfile is what Config.HeapProfile keeps of a life.
type heapProfile struct {
	tracked *heap.Tracked // nil if it is off
	sites   *heapview.Sites
	life    int
}

// begin starts the books of a new life.
func (p *heapProfile) begin(d *Device) {
	p.life++
	if !d.config.HeapProfile {
		return
	}
	p.sites = heapview.NewSites()
	p.tracked = heap.NewTracked(d.heap, func() uint32 {
		if d.machine == nil { // it is being made
			return 0
		}
		return p.sites.Of(d.machine.CallStack)
	})
}

// allocator is what the virtual machine gets its memory from.
func (d *Device) allocator() heap.Allocator {
	if d.profile.tracked != nil {
		return d.profile.tracked
	}
	return d.heap
}

// HeapSnapshot collects the garbage, between two tasks of the module, and tells
// what is on the heap then; nil if no Lua is running, or if a finalizer resets the
// module. Without Config.HeapProfile nobody knows who took what.
func (d *Device) HeapSnapshot() (*heapview.Snapshot, error) {
	in := heapview.Input{At: d.loop.Now(), Life: d.profile.life, Sites: d.profile.sites}
	ok := d.collected(func() {
		in.Total, in.Free, in.Largest = int(d.heap.Size()), d.FreeHeap(), int(d.heap.LargestFree())
		in.LuaBytes = d.machine.TotalBytes()
		d.machine.WalkHeap(func(o *machine.HeapObject) { in.Objects = append(in.Objects, *o) })
		d.heap.Blocks(func(a, size mem.Addr) { in.Blocks = append(in.Blocks, d.profile.block(a, size)) })
	})
	if !ok {
		return nil, nil
	}
	return heapview.New(in)
}

// block is what is known of a block in use.
func (p *heapProfile) block(a, size mem.Addr) heapview.Block {
	b := heapview.Block{Addr: a, Payload: int(size) - heap.Overhead, Bytes: int(size)}
	if p.tracked != nil {
		if t, ok := p.tracked.Taken(a); ok {
			b.Payload, b.Site, b.Seq = int(t.Size), t.Site, t.Seq
		}
	}
	return b
}

// HeapState is what a module tells of its heap at any time, without a collection:
// free bytes, the largest free piece, and what Lua counts as its own.
type HeapState struct{ Free, Largest, Lua int }

// HeapState tells the state of the heap between two tasks; false if no Lua is
// running.
func (d *Device) HeapState() (h HeapState, ok bool) {
	if d.machine == nil || !d.running {
		return h, false
	}
	return HeapState{Free: d.FreeHeap(), Largest: int(d.heap.LargestFree()), Lua: d.machine.TotalBytes()}, true
}
