package spiffs

// Foreign tells what kind of SPIFFS is in an image that the firmware does not read, "" if
// none is recognised. at is the file system that Search found, nil if it found none.
//
// Two other builds are common. The Arduino core for the ESP8266 has no
// SPIFFS_USE_MAGIC_LENGTH: all its blocks have the same magic number. ESP-IDF has
// SPIFFS_OBJ_META_LEN set to 4 (CONFIG_SPIFFS_META_LENGTH), and the index in a header follows
// that at once, where NodeMCU has it at an even place behind the name.
func Foreign(image []byte, at *Geometry) string {
	if at == nil {
		if hasPlainMagic(image) {
			return "a SPIFFS without the number of its blocks in their magic numbers, as the Arduino core for the ESP8266 makes it"
		}
		return ""
	}
	if at.hasMeta(image) {
		return "a SPIFFS with four bytes of metadata for each file, as ESP-IDF makes it for the ESP32"
	}
	return ""
}

// hasPlainMagic looks for blocks whose magic numbers do not count them.
func hasPlainMagic(image []byte) bool {
	for offset := 0; offset < len(image); offset += SectorSize {
		for _, block := range []int{blockSize, smallBlock} {
			g := Geometry{Offset: offset, Size: blocksMinProbe * block, Block: block}
			if g.check(len(image)) != nil {
				continue
			}
			n := 0
			for b := range blocksMinProbe {
				if u16(image[offset+b*block+g.magicAt():]) == magicBase {
					n++
				}
			}
			if n == blocksMinProbe {
				return true
			}
		}
	}
	return false
}

// hasMeta tells whether the headers of files lead to their first page if metadata is
// skipped, and none does otherwise.
func (g Geometry) hasMeta(image []byte) bool {
	const behindMeta = atName + nameSize + 4
	image = image[g.Offset : g.Offset+g.Size]
	found := false
	for page := range g.pages() {
		p := image[page*PageSize : (page+1)*PageSize]
		id := u16(p)
		lookup := func(page int) bool { return page%g.pagesPerBlock() < g.lookupPages() }
		if lookup(page) || !isIndexID(id) || !isLiveHeader(p) {
			continue
		}
		first := func(at int) bool {
			n := int(u16(p[at:]))
			return n < g.pages() && !lookup(n) && u16(image[n*PageSize:]) == id&^idIndex && u16(image[n*PageSize+atSpan:]) == 0
		}
		if first(fileHeader) {
			return false
		}
		found = found || first(behindMeta)
	}
	return found
}
