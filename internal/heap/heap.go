// Package heap holds the allocators of a module: Device behaves as the SDK's
// malloc does, so that free memory and fragmentation are the device's; Fast is
// for the host profile, where only Lua's own account matters.
//
// Both keep their books in device memory, except for a few words that stand for
// the allocator's static variables.
package heap

import "moonlet.example/moonlet/internal/mem"

// Addr is a device address.
type Addr = mem.Addr

// Allocator hands out blocks of device memory.
type Allocator interface {
	// Alloc returns a block of at least n bytes, or 0 when there is none. Its
	// contents are undefined. n is not 0.
	Alloc(n Addr) Addr
	// Free takes back a block of n bytes; Free(0, 0) does nothing.
	Free(a, n Addr)
	// Realloc changes a block from o to n bytes and keeps its contents up to the
	// smaller size. It returns 0, with the old block untouched, when there is no
	// room; n is not 0.
	Realloc(a, o, n Addr) Addr
	// FreeBytes is what the SDK reports as free heap.
	FreeBytes() Addr
	// LargestFree is the size of the largest block that Alloc could return.
	LargestFree() Addr
	// Check walks the books and reports the first inconsistency.
	Check() error
}

// System is the allocator of a chip, with what its SDK and reports tell about it.
type System interface {
	Allocator
	// Lowest is the smallest value that FreeBytes has had, Low the smallest since its
	// last call.
	Lowest() Addr
	Low() Addr
	// Size is what there would be if nothing was taken, in bytes.
	Size() Addr
	// Blocks calls f with each block in use in the order of addresses: where its content
	// begins, and its size with what the allocator has of it.
	Blocks(f func(a, size Addr))
}
