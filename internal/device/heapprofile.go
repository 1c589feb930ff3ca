package device

import (
	"time"

	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/heapview"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// heapProfile is what Config.HeapProfile keeps of a life.
type heapProfile struct {
	tracked *heap.Tracked // nil if it is off
	sites   *heapview.Sites
	life    int
	short   *heapview.Snapshot // when memory ran out for the first time, in any life
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
	p.tracked.Failed = d.memoryRanOut
}

// allocator is what the virtual machine gets its memory from.
func (d *Device) allocator() heap.Allocator {
	if d.profile.tracked != nil {
		return d.profile.tracked
	}
	return d.heap
}

// HeapSnapshot collects the garbage, between two tasks of the module, and tells
// what is on the heap then. The error is that of Live, or one of heapview. Without
// Config.HeapProfile nobody knows who took what.
func (d *Device) HeapSnapshot() (*heapview.Snapshot, error) {
	var in heapview.Input
	at := d.loop.Now()
	if err := d.collected(func() { in = d.heapNow(at) }); err != nil {
		return nil, err
	}
	return heapview.New(in)
}

// heapNow tells what is on the heap. It only reads.
func (d *Device) heapNow(at time.Duration) heapview.Input {
	in := heapview.Input{At: at, Life: d.profile.life, Sites: d.profile.sites}
	in.Total, in.Free, in.Largest = int(d.heap.Size()), d.FreeHeap(), int(d.heap.LargestFree())
	in.LuaBytes = d.machine.TotalBytes()
	d.machine.WalkHeap(func(o *machine.HeapObject) {
		in.Objects = append(in.Objects, *o)
		if owner, ok := d.firmware.Owners[o.Name]; ok && o.Kind == machine.HeapUserdata && !o.Dead {
			d.ownedBy(owner, o, &in)
		}
	})
	d.heap.Blocks(func(a, size mem.Addr) { in.Blocks = append(in.Blocks, d.profile.block(a, size)) })
	return in
}

// ownedBy notes what a userdata has in the registry.
func (d *Device) ownedBy(owner port.Owner, o *machine.HeapObject, in *heapview.Input) {
	record := o.Blocks[0]
	list, inUse := owner.References(d.mem, record.Addr+record.Size-mem.Addr(o.Length))
	for _, r := range list {
		in.Owned = append(in.Owned, heapview.Owned{Owner: o.Addr, Ref: int64(r.Ref), Name: r.Name})
	}
	if inUse {
		in.InUse = append(in.InUse, o.Addr)
	}
}

// memoryRanOut takes a snapshot in the midst of a task, when Lua raises "not enough
// memory": the emergency collection is over, and what ran holds what it has.
func (d *Device) memoryRanOut(n mem.Addr, site uint32) {
	if d.profile.short != nil || d.machine == nil {
		return
	}
	d.profile.short = d.heapAsItIs(&heapview.Wanted{Bytes: int(n), Site: site})
}

// OutOfMemory is what was on the heap when memory ran out for the first time since
// power-on; nil if it never did. It needs Config.HeapProfile.
func (d *Device) OutOfMemory() *heapview.Snapshot { return d.profile.short }

// block is what is known of a block in use.
func (p *heapProfile) block(a, size mem.Addr) heapview.Block {
	b := heapview.Block{Addr: a, Payload: int(size) - heap.Overhead, Bytes: int(size)}
	if p.tracked != nil {
		if t, ok := p.tracked.Taken(a); ok {
			b.Payload, b.Site, b.Seq, b.What = int(t.Size), t.Site, t.Seq, t.What
		}
	}
	return b
}

// HeapState is what a module tells of its heap at any time, without a collection:
// free bytes, the largest free piece, what Lua counts as its own, and the fewest free
// bytes since it was asked last.
type HeapState struct{ Free, Largest, Lua, Lowest int }

// HeapState tells the state of the heap between two tasks; false if no Lua is
// running.
func (d *Device) HeapState() (h HeapState, ok bool) {
	if d.machine == nil || !d.running {
		return h, false
	}
	return HeapState{Free: d.FreeHeap(), Largest: int(d.heap.LargestFree()), Lua: d.machine.TotalBytes(), Lowest: int(d.heap.Low())}, true
}

// LowestHeap is the fewest free bytes that this life has had.
func (d *Device) LowestHeap() int {
	if d.heap == nil {
		return 0
	}
	return int(d.heap.Lowest())
}

// Life counts the lives of the module since power-on.
func (d *Device) Life() int { return d.profile.life }
