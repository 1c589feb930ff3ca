package port

import "moonlet.example/moonlet/internal/mem"

// Block is the address of a block of the SDK's heap.
type Block = mem.Addr

// Memory is the SDK's heap as C code uses it: outside of Lua's account, and nothing is
// collected when it is full. Addresses are those of one life of the chip.
type Memory interface {
	// Take takes size bytes (os_malloc) and gives their address, 0 if there are none.
	// what names them in reports, as in "lwIP: TCP connection".
	Take(size int, what string) Block
	// Rename gives a block another name.
	Rename(at Block, what string)
	// Give takes them back (os_free). Give(0) does nothing.
	Give(at Block)
}
