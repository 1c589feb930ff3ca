package heap

import (
	"fmt"

	"moonlet.example/moonlet/internal/mem"
)

// The geometry of the SDK's allocator. libmain's mem_manager is FreeRTOS's heap_5.c:
// it exports names that only that version has (vPortDefineHeapRegions,
// xPortGetMinimumEverFreeHeapSize). That is first fit in a free list that is ordered by
// address, neighbours joined on free, sizes rounded up to 8 bytes. In front of each
// block is a header of four words,
//
//	+0  address of the next free block
//	+4  size of the block with its header; the top bit is set while in use
//	+8  file and +12 line of who asked, for the SDK's search for leaks
//
// where FreeRTOS has two. Sources for the 16 bytes:
//
//   - Espressif's mem_manager.h, which esp8266/Arduino had in libraries/ESP8266WiFi/src/
//     lwip: heapSTRUCT_SIZE comes to 16 and heapMINIMUM_BLOCK_SIZE to twice that.
//   - pvvx/MinEspSDKLib, app/sdklib/system/mem_manager.c, says so of SDK 1.1.2.
//   - Measured: a byte costs 24 bytes, anything else 16 to 23 more than was asked for
//     (bagaloozy.com, "ESP8266 memory allocation overhead", 2015-11-16).
//   - mem_manager.o in the SDK that the firmware is built with (ESP8266_NONOS_SDK,
//     commit e4434aa) works with 16 and 32.
//
// Moonlet leaves file and line alone: nobody on the module can read them but through
// the SDK. Since version 3 the SDK can manage a second region in instruction RAM; the
// firmware turns that off (user_iram_memory_is_enabled, app/user/user_main.c).
const (
	headerSize = 16
	alignment  = 8
	minBlock   = 2 * headerSize // what a split must leave more than
	inUse      = 1 << 31
)

// Device is the SDK's allocator.
type Device struct {
	m          mem.Mem
	start, end Addr // the heap region; a terminator block stands at end
	first      Addr // first free block
	free       Addr // xFreeBytesRemaining
	lowest     Addr // smallest value of free so far
	low        Addr // and since Low was called
	// FailAfter makes the n-th allocation from now on fail, and all that follow
	// (fault injection); negative: never.
	FailAfter int
}

// NewDevice formats [start, end) as an empty heap.
func NewDevice(m mem.Mem, start, end Addr) *Device {
	start = (start + alignment - 1) &^ (alignment - 1)
	end = (end - headerSize) &^ (alignment - 1)
	d := &Device{m: m, start: start, end: end, first: start, free: end - start, FailAfter: -1}
	d.lowest, d.low = d.free, d.free
	m.SetPtr(start, end)
	m.SetPtr(start+4, end-start)
	m.SetPtr(end, 0)
	m.SetPtr(end+4, 0)
	return d
}

// Alloc implements Allocator.
func (d *Device) Alloc(n Addr) Addr {
	if d.FailAfter >= 0 {
		if d.FailAfter == 0 {
			return 0
		}
		d.FailAfter--
	}
	want := (n + headerSize + alignment - 1) &^ (alignment - 1)
	if n >= inUse || want > d.free {
		return 0
	}
	m, prev := d.m, Addr(0)
	for b := d.first; b != d.end; b = d.after(b) {
		size := m.Ptr(b + 4)
		if size < want {
			prev = b
			continue
		}
		next := m.Ptr(b)
		if rest := size - want; rest > minBlock {
			r := b + want
			m.SetPtr(r+4, rest)
			m.SetPtr(r, next)
			next, size = r, want
		}
		d.link(prev, next)
		d.free -= size
		d.lowest, d.low = min(d.lowest, d.free), min(d.low, d.free)
		m.SetPtr(b+4, size|inUse)
		m.SetPtr(b, 0)
		return b + headerSize
	}
	return 0
}

// after is the free block behind b. The list ascends; where damaged code closed it
// to a circle the chip would hang until its watchdog bites, here it faults.
func (d *Device) after(b Addr) Addr {
	next := d.m.Ptr(b)
	if next <= b {
		panic(&mem.Fault{Addr: uint32(b), Cause: mem.CauseLoadProhibited})
	}
	return next
}

func (d *Device) link(prev, next Addr) {
	if prev == 0 {
		d.first = next
	} else {
		d.m.SetPtr(prev, next)
	}
}

// Free implements Allocator.
func (d *Device) Free(a, _ Addr) {
	if a == 0 {
		return
	}
	m, b := d.m, a-headerSize
	size := m.Ptr(b+4) &^ inUse
	d.free += size
	prev, next := Addr(0), d.first
	for next != d.end && next < b {
		prev, next = next, d.after(next)
	}
	if prev != 0 && prev+m.Ptr(prev+4) == b { // joins the block before
		b, size = prev, m.Ptr(prev+4)+size
	} else {
		d.link(prev, b)
	}
	if next != d.end && b+size == next { // and the block behind
		size += m.Ptr(next + 4)
		next = m.Ptr(next)
	}
	m.SetPtr(b, next)
	m.SetPtr(b+4, size)
}

// Realloc implements Allocator as the SDK's pvPortRealloc does: always a new block, a
// copy, and the old block freed. So a block that shrinks moves, too, and needs room for
// both meanwhile. (pvvx/MinEspSDKLib has it like that, and so has the SDK's library.)
func (d *Device) Realloc(a, o, n Addr) Addr {
	if a == 0 {
		return d.Alloc(n)
	}
	b := d.Alloc(n)
	if b != 0 {
		d.m.Copy(b, a, min(o, n))
		d.Free(a, o)
	}
	return b
}

// FreeBytes implements Allocator (xPortGetFreeHeapSize).
func (d *Device) FreeBytes() Addr { return d.free }

// Lowest is the smallest value that FreeBytes has had.
func (d *Device) Lowest() Addr { return d.lowest }

// Low is the smallest value that FreeBytes has had since the last call.
func (d *Device) Low() Addr {
	low := d.low
	d.low = d.free
	return low
}

// LargestFree implements Allocator.
func (d *Device) LargestFree() Addr {
	largest := Addr(0)
	for b := d.first; b != d.end; b = d.after(b) {
		largest = max(largest, d.m.Ptr(b+4))
	}
	if largest <= headerSize {
		return 0
	}
	return largest - headerSize
}

// Check implements Allocator.
func (d *Device) Check() error {
	m, free, nextFree := d.m, Addr(0), d.first
	for b := d.start; b < d.end; {
		size := m.Ptr(b + 4)
		used := size&inUse != 0
		size &^= inUse
		if size < headerSize || size%alignment != 0 || b+size > d.end {
			return fmt.Errorf("heap block at %#x has size %d", b, size)
		}
		if !used {
			if b != nextFree {
				return fmt.Errorf("free block at %#x is not the next of the free list (%#x)", b, nextFree)
			}
			free += size
			nextFree = m.Ptr(b)
		}
		b += size
	}
	if nextFree != d.end || free != d.free {
		return fmt.Errorf("free list ends at %#x with %d bytes, counted %d", nextFree, free, d.free)
	}
	return nil
}
