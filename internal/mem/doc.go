// Package mem is the address space of one virtual module: 2³² bytes, of which
// only the regions that the chip has are backed by memory.
//
// It is the only package that may import unsafe. Everything above it names
// memory by device address and never sees a host pointer.
//
// # Rules for addresses
//
// An Addr is as wide as a host word, so that the compiler can fold field
// offsets into the addressing mode, but it stands for a 32-bit device address.
//
//  1. An address that was loaded from device memory is below 2³² by itself
//     (Ptr zero-extends).
//  2. Adding or subtracting less than Slack bytes needs no masking: the
//     reservation extends that far on both sides of the 4 GiB.
//  3. Every other sum or product (an index taken from device memory, a
//     difference) goes through Wrap first.
//
// With these rules no access can leave the reservation, whatever the guest
// does. An access to an address without memory behind it faults, and the fault
// reaches the caller as a Go panic that AsFault recognises; the layers above
// turn it into the chip's own fatal exception.
//
// Two implementations have the same methods: the default one reserves the
// whole address space and lets the hardware check, the twin (build tag purego,
// and every platform without the first one) checks each access in Go.
package mem

// Addr is a device address (see the package rules).
type Addr = uintptr

// Slack is how far outside of the 4 GiB an unmasked sum may point, in bytes.
const Slack = 16 << 20

// PageSize is the granularity of regions, in bytes: the smallest that every
// supported host can protect (16 KiB on Apple's processors).
const PageSize = 16 << 10

// Wrap reduces a computed address to 32 bits.
func Wrap(a Addr) Addr { return Addr(uint32(a)) }

// Prot says what may be done to a region.
type Prot uint8

// Protections of a region.
const (
	None Prot = iota
	ReadOnly
	ReadWrite
)

// Causes of the Xtensa core's fatal exceptions, as its register EXCCAUSE has
// them (Xtensa ISA Reference Manual, table 4-64).
const (
	CauseIllegalInstruction = 0
	CauseUnaligned          = 9
	CauseLoadProhibited     = 28
	CauseStoreProhibited    = 29
)

// Fault is an access that the chip's memory protection would have refused.
type Fault struct {
	Addr  uint32 // device address of the access
	Cause uint8  // one of the Cause constants
}

func (f *Fault) Error() string { return "device exception" }
