package flash

// The header of a boot image at flash address 0, as far as it tells of the chip: the first
// byte is BootMagic, the second counts segments, the upper half of the fourth is a code for
// the size of the chip (SPIFlashInfo, app/platform/flash_api.h).
const (
	BootMagic    = 0xE9
	BootHeader   = 8  // bytes of it
	BootSegments = 16 // segments at most (esptool, load_common_header)

	bootCount = 1
	bootSize  = 3
)

// BootSizes are the sizes of chips in bytes by their code in the header.
func BootSizes() []int {
	const k, m = 1 << 10, 1 << 20
	return []int{512 * k, 256 * k, m, 2 * m, 4 * m, 2 * m, 4 * m, 4 * m, 8 * m, 16 * m}
}

// HasBoot tells whether bytes begin with the header of a boot image.
func HasBoot(b []byte) bool {
	return len(b) >= BootHeader && b[0] == BootMagic && b[bootCount] != 0 && b[bootCount] <= BootSegments
}

// BootSize is the size of the chip in bytes by the header of a boot image, 0 if its code is
// unknown or there is none.
func BootSize(b []byte) int {
	if !HasBoot(b) {
		return 0
	}
	if code, sizes := int(b[bootSize]>>4), BootSizes(); code < len(sizes) {
		return sizes[code]
	}
	return 0
}

// FirmwareSize is the size that the firmware in the image of a chip takes the chip for: the
// one in the header of its boot image, if there is one and the chip is not smaller.
func FirmwareSize(image []byte) int {
	if n := BootSize(image); n >= MinSize && n <= len(image) {
		return n
	}
	return len(image)
}
