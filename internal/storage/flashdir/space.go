package flashdir

import "moonlet.example/moonlet/internal/port"

// The geometry of SPIFFS in the firmware (app/spiffs/spiffs.c,
// app/spiffs/spiffs_nucleus.h), in bytes.
const (
	pageSize     = 256
	pageHeader   = 5
	dataSize     = pageSize - pageHeader     // file content in a page
	indexFirst   = (pageSize - 46) / 2       // page numbers in a file's first index page
	indexNext    = (pageSize - 8) / 2        // and in each further one
	blockSize    = 8192                      // erased at once
	smallBlock   = 4096                      // the same in a small file system
	blocksMin    = 4                         // in a file system
	blocksSpare  = 2                         // that hold no files
	pageAlign    = 0x2000                    // of the file system in the chip
	regionMin    = blocksMin * smallBlock    // smallest file system
	lookupPages  = 1                         // per block
	emergency    = 1                         // page that is counted but never used
	defaultStart = 0x90000                   // see DefaultRegion
	defaultEnd   = 4<<20 - 0x3000 - 0x1000   // before the SDK's parameters, aligned
	defaultSize  = defaultEnd - defaultStart // about 3.4 MB
)

// DefaultRegion is where a typical build on a 4 MB chip without LFS has its file
// system: behind a program that ends at 0x90000.
func DefaultRegion() port.FlashRegion {
	return port.FlashRegion{Addr: defaultStart, Size: defaultSize}
}

// RegionIn is what SPIFFS uses of a partition (myspiffs_set_cfg).
func RegionIn(p port.FlashRegion) port.FlashRegion {
	start := (p.Addr + pageAlign - 1) &^ (pageAlign - 1)
	end := (p.Addr + p.Size) &^ (pageAlign - 1)
	if end < start {
		return port.FlashRegion{Addr: start}
	}
	return port.FlashRegion{Addr: start, Size: end - start}
}

// capacity is the number of pages for files in a region of that size.
func capacity(size uint32) int {
	block := uint32(blockSize)
	if size < blocksMin*blockSize {
		block = smallBlock
	}
	return (int(size/block) - blocksSpare) * (int(block)/pageSize - lookupPages)
}

// Reserve is what cannot be filled, in the bytes that Info counts: the page that is
// counted but never used, and one that SPIFFS wants to have left when it begins to
// write.
const Reserve = 2 * dataSize

// Cost is what a file of that size takes, in the bytes that Info counts.
func Cost(size int) int { return pages(size) * dataSize }

// pages is the number of pages that a file takes.
func pages(size int) int {
	data := (size + dataSize - 1) / dataSize
	index := 1
	if data > indexFirst {
		index += (data - indexFirst + indexNext - 1) / indexNext
	}
	return data + index
}
