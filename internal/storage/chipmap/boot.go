package chipmap

import (
	"fmt"
	"slices"

	"moonlet.example/moonlet/internal/storage/flash"
)

// Boot is the image that the chip's own loader reads from flash address 0 and puts into
// RAM. Its format is in the documentation of esptool ("Firmware Image Format" for the
// ESP8266); the codes of its sizes are those of the firmware as well (SPIFlashInfo,
// app/platform/flash_api.h). Numbers are little-endian.
//
//	image   = 0xE9 segments:u8 mode:u8 size:4 speed:4 entry:u32 { segment } pad checksum:u8
//	segment = address:u32 length:u32 data
//	mode    = 0 QIO | 1 QOUT | 2 DIO | 3 DOUT
//	size    = 0 512K | 1 256K | 2 1M | 3 2M | 4 4M | 5 2M | 6 4M | 7 4M | 8 8M | 9 16M
//	speed   = 0 40 MHz | 1 26 MHz | 2 20 MHz | 15 80 MHz
//
// The checksum is the exclusive or of 0xEF and all data. The padding puts it at the end
// of 16 bytes.
type Boot struct {
	Segments  int    `json:"segments"`
	Mode      string `json:"mode"`
	FlashSize int    `json:"flash_bytes"` // 0 if the code is unknown
	MHz       int    `json:"mhz"`
	Entry     uint32 `json:"entry"`
	Bytes     int    `json:"bytes"`
	// Sound tells that the segments lie within their place and the checksum is right.
	Sound bool `json:"sound"`
}

const (
	bootMagic    = flash.BootMagic
	bootHeader   = flash.BootHeader
	bootSegment  = 8
	bootChecksum = 0xEF
	bootAlign    = 16
)

// bootHead reads the header of a boot image; nil if there is none.
func bootHead(b []byte) *Boot {
	if !flash.HasBoot(b) {
		return nil
	}
	modes := map[byte]string{0: "QIO", 1: "QOUT", 2: "DIO", 3: "DOUT"}
	speeds := map[byte]int{0: 40, 1: 26, 2: 20, 15: 80}
	h := &Boot{Segments: int(b[1]), Mode: modes[b[2]], FlashSize: flash.BootSize(b), MHz: speeds[b[3]&15], Entry: word(b, 4)}
	if h.Mode == "" {
		h.Mode = fmt.Sprintf("mode %d", b[2])
	}
	return h
}

// parseBoot reads the header of a boot image, and finds its end; nil if there is none.
func parseBoot(b []byte) *Boot {
	h := bootHead(b)
	if h == nil {
		return nil
	}
	at, sum := bootHeader, byte(bootChecksum)
	for range h.Segments {
		if at+bootSegment > len(b) {
			return h
		}
		n := word(b, at+4)
		at += bootSegment
		if uint64(at)+uint64(n) > uint64(len(b)) {
			return h
		}
		for _, c := range b[at : at+int(n)] {
			sum ^= c
		}
		at += int(n)
	}
	end := (at + bootAlign) / bootAlign * bootAlign
	if end > len(b) {
		return h
	}
	h.Bytes, h.Sound = end, b[end-1] == sum
	return h
}

// readBoot reads the boot image of the chip.
func (m *Map) readBoot() {
	if !m.used[0] {
		return
	}
	m.Boot = parseBoot(m.image)
	switch h := m.Boot; {
	case h == nil && m.image[0] == 0xEA:
		m.warn(BadBoot, "at address 0 there is an image for a boot loader of another firmware; NodeMCU's begins with %#x", bootMagic)
	case h == nil:
		m.fail(BadBoot, "at address 0 there is no boot image: it begins with the bytes % x, not with %#x", m.image[:4], bootMagic)
	case h.Bytes == 0:
		m.fail(BadBoot, "the segments of the boot image would lie behind the end of the chip: flash the firmware again")
	case !h.Sound:
		m.fail(BadBoot, "the checksum of the boot image is wrong: flash the firmware again")
	case h.FlashSize > m.Bytes:
		m.fail(BadSize, "the boot image is for a chip of %s, and this one has %s: flash it with the option --flash_size of esptool",
			Size(h.FlashSize), Size(m.Bytes))
	case h.FlashSize < m.Bytes:
		m.warn(BadSize, "the boot image is for a chip of %s, and this one has %s: the firmware uses no more", Size(h.FlashSize), Size(m.Bytes))
	}
}

// chipSize is the size that the firmware takes the chip for.
func (m *Map) chipSize() uint32 { return uint32(flash.FirmwareSize(m.image)) }

// ForChip is a boot image with the size of the chip in its header, which is what the
// firmware goes by; flashers have an option that does the same. It is the image itself if
// nothing has to change, or if it is no boot image. No checksum covers the header.
func ForChip(image []byte, size int) []byte {
	h := bootHead(image)
	code := slices.Index(flash.BootSizes(), size)
	if h == nil || code < 0 || h.FlashSize == size {
		return image
	}
	image = slices.Clone(image)
	image[3] = byte(code)<<4 | image[3]&15
	return image
}

// Size is a number of bytes for people.
func Size(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
