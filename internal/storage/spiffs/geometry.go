package spiffs

import "fmt"

const (
	blockSize   = 2 * SectorSize // LOG_BLOCK_SIZE
	smallBlock  = SectorSize     // LOG_BLOCK_SIZE_SMALL_FS
	blocksMin   = 4              // MIN_BLOCKS_FS
	regionAlign = 0x2000         // ALIGN
	// pagesMax keeps page numbers in 16 bits, without the one that means none.
	pagesMax = 0xFFFF
	// blocksMinProbe is how many blocks a magic number must stand for.
	blocksMinProbe = 3
)

// Geometry says where a file system is in its chip and how it is divided.
type Geometry struct {
	Offset int // of the first block in the chip, in bytes
	Size   int // of the file system, in bytes
	Block  int // size of a block, in bytes
}

// Blocks is the number of blocks.
func (g Geometry) Blocks() int { return g.Size / g.Block }

func (g Geometry) pagesPerBlock() int { return g.Block / PageSize }
func (g Geometry) pages() int         { return g.Size / PageSize }

// lookupPages is the number of lookup pages in a block.
func (g Geometry) lookupPages() int { return max(1, g.pagesPerBlock()*2/PageSize) }

// entries is the number of pages in a block that have an id.
func (g Geometry) entries() int { return g.pagesPerBlock() - g.lookupPages() }

// magicAt is where the magic number of a block is, from its start. The count of
// erasures follows it.
func (g Geometry) magicAt() int { return g.lookupPages()*PageSize - 4 }

// magic is the number that a block has if it was completely erased.
func (g Geometry) magic(block int) uint16 { return magicBase ^ uint16(g.Blocks()-block) }

// capacity is the number of pages that files can have; two blocks are spare.
func (g Geometry) capacity() int { return g.entries() * (g.Blocks() - 2) }

// String tells the geometry in words.
func (g Geometry) String() string {
	return fmt.Sprintf("%d blocks of %d bytes at 0x%X", g.Blocks(), g.Block, g.Offset)
}

// check tells what is wrong with a geometry for a chip of that size.
func (g Geometry) check(chip int) error {
	switch {
	case g.Block < SectorSize || g.Block%SectorSize != 0 || g.Block&(g.Block-1) != 0:
		return fmt.Errorf("a block is 4096 bytes or a power of two times as long, not %d: %w", g.Block, ErrNotConfigured)
	case g.Size%g.Block != 0 || g.Blocks() < blocksMinProbe || g.pages() > pagesMax:
		return fmt.Errorf("a file system of %d bytes cannot be divided into blocks of %d bytes: %w", g.Size, g.Block, ErrNotConfigured)
	case g.Offset < 0 || g.Offset%SectorSize != 0 || g.Offset > chip || g.Size > chip-g.Offset:
		return fmt.Errorf("%v does not fit into %d bytes of flash: %w", g, chip, ErrNotConfigured)
	case g.entries()%lookupsPerPage*2 > PageSize-4:
		return ErrMagicNotPossible // SPIFFS_CHECK_MAGIC_POSSIBLE
	}
	return nil
}

// Partition is what the firmware uses of a partition of the chip for a new file
// system: whole blocks at a multiple of 8 KB, in blocks of 4 KB if there are less than
// four of the larger ones (myspiffs_set_cfg, app/spiffs/spiffs.c).
func Partition(offset, size int) (Geometry, error) {
	if offset < 0 || size < 0 {
		return Geometry{}, ErrNotConfigured
	}
	start := (offset + regionAlign - 1) &^ (regionAlign - 1)
	end := (offset + size) &^ (regionAlign - 1)
	g := Geometry{Offset: start, Size: end - start, Block: blockSize}
	if g.Size < blocksMin*blockSize {
		g.Block = smallBlock
	}
	if g.Size < blocksMin*smallBlock {
		return g, fmt.Errorf("a file system needs %d bytes of flash, not %d: %w", blocksMin*smallBlock, max(g.Size, 0), ErrNotConfigured)
	}
	return g, nil
}

// Probe tells the size of the file system at the start of an image from the magic
// numbers of its first three blocks, of which one may be missing (spiffs_probe,
// app/spiffs/spiffs_nucleus.c).
func Probe(image []byte, block int) (size int, err error) {
	g := Geometry{Block: block}
	if block < SectorSize || len(image) < 2*block+g.lookupPages()*PageSize {
		return 0, ErrProbeNotAFS
	}
	var magic, count [3]int
	for i := range magic {
		magic[i] = int(u16(image[i*block+g.magicAt():]))
		count[i] = magic[i] ^ magicBase
	}
	switch {
	case count[0] < blocksMinProbe:
		return 0, ErrProbeTooFewBlocks
	case magic[0] == 0xFFFF && count[1]-count[2] == 1:
		return (count[1] + 1) * block, nil
	case magic[1] == 0xFFFF && count[0]-count[2] == 2,
		magic[2] == 0xFFFF && count[0]-count[1] == 1,
		count[0]-count[1] == 1 && count[1]-count[2] == 1:
		return count[0] * block, nil
	}
	return 0, ErrProbeNotAFS
}

// Find is the file system that the firmware mounts in a partition: one at its start,
// with the blocks that a new one would have, and not larger than the partition.
func Find(chip []byte, offset, size int) (Geometry, error) {
	g, err := Partition(offset, size)
	if err != nil {
		return g, err
	}
	if g.Offset+g.Size > len(chip) {
		return g, fmt.Errorf("%v does not fit into %d bytes of flash: %w", g, len(chip), ErrNotConfigured)
	}
	found, err := Probe(chip[g.Offset:], g.Block)
	if err != nil {
		return g, err
	}
	g.Size = min(g.Size, found) // a larger one fails by its magic numbers
	return g, nil
}

// Search lists the file systems in an image of a chip or a part of one, with
// any blocks that a tool may have made them of. The firmware's own tool has blocks of
// 4 KB up to 128 KB (SMALL_FILESYSTEM, tools/spiffsimg/main.c), for example, which
// the firmware mounts only up to 32 KB.
func Search(image []byte) (found []Geometry) {
	end := 0 // of the last one found
	for offset := 0; offset+blocksMin*SectorSize <= len(image); offset += SectorSize {
		if offset < end {
			continue
		}
		for _, block := range []int{blockSize, smallBlock, 4 * SectorSize, 16 * SectorSize} {
			size, err := Probe(image[offset:], block)
			g := Geometry{Offset: offset, Size: size, Block: block}
			if err != nil || g.check(len(image)) != nil || g.unerased(image) > 1 {
				continue
			}
			// A blank block in front of a file system looks like its first one.
			if u16(image[offset+g.magicAt():]) != g.magic(0) && size != len(image) {
				continue
			}
			found = append(found, g)
			end = offset + size
			break
		}
	}
	return found
}

// unerased counts blocks without a magic number.
func (g Geometry) unerased(chip []byte) (n int) {
	for b := range g.Blocks() {
		if u16(chip[g.Offset+b*g.Block+g.magicAt():]) != g.magic(b) {
			n++
		}
	}
	return n
}
