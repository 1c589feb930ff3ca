package flashdir

import (
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/flashfs"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

const (
	defaultStart = 0x90000                   // see DefaultRegion
	defaultEnd   = 4<<20 - 0x3000 - 0x1000   // before the SDK's parameters, aligned
	defaultSize  = defaultEnd - defaultStart // about 3.4 MB
)

// DefaultRegion is where a typical build on a 4 MB chip without LFS has its file
// system: behind a program that ends at 0x90000.
func DefaultRegion() port.FlashRegion {
	return port.FlashRegion{Addr: defaultStart, Size: defaultSize}
}

// RegionIn is what SPIFFS uses of a partition.
func RegionIn(p port.FlashRegion) port.FlashRegion { return flashfs.RegionIn(p) }

// Reserve is what cannot be filled, in the bytes that Info counts: the page that is
// counted but never used, and one that SPIFFS wants to have left when it begins to
// write.
const Reserve = 2 * spiffs.DataSize

// Need is the room that writing a file of that size asks for, in the bytes that Info counts:
// each time that an index is full SPIFFS writes the file's header anew, which takes a page
// that is only free again when garbage has been collected.
func Need(size int) int {
	data, index := spiffs.Pages(size)
	return (data + 2*index - 1) * spiffs.DataSize
}

// Cost is what a file of that size takes, in the bytes that Info counts.
func Cost(size int) int {
	data, index := spiffs.Pages(size)
	return (data + index) * spiffs.DataSize
}
