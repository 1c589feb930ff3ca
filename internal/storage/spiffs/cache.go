package spiffs

// The C code has a few buffers of a page each, in which it keeps what it read and what
// small writes left (app/spiffs/spiffs_cache.c). Reading needs no buffer here, but
// what is in them decides whether a small write waits or not, and so what is on
// flash. Therefore buffers for reading are counted, without their contents.

// access is the way in which a page is read or written.
type access uint8

const (
	plain access = iota
	// passing reads take no buffer, if there is none yet: SPIFFS_OP_T_OBJ_LU2.
	passing
	// dropping writes free the page's buffer: SPIFFS_OP_C_DELE, not of the lookup.
	dropping
	// through writes take no notice of a buffer: SPIFFS_OP_C_WRTHRU.
	through
)

// buffer is a page of the cache.
type buffer struct {
	used   bool
	page   int    // that was read, -1 if it holds a write
	access uint32 // time of the last access

	// A write that waits.
	id     uint16
	offset uint32 // in the file
	size   uint32
	data   *page // nil until a write waited here
}

// cache is all buffers.
type cache struct {
	buffers []buffer
	used    int
	clock   uint32 // counts accesses
}

// find is the buffer of a page that was read, nil if there is none.
func (c *cache) find(page int) *buffer {
	for i := range c.buffers {
		if b := &c.buffers[i]; b.page == page && b.used {
			b.access = c.clock
			return b
		}
	}
	return nil
}

// source is where the content of a page comes from.
type source uint8

const (
	held    source = iota // it is in a buffer
	fetched               // from the chip, all of it to a buffer
	direct                // from the chip, no more than is wanted
)

// read notes that a page is read.
func (c *cache) read(page int, a access) source {
	b, from := c.find(page), held
	c.clock++
	if b == nil {
		if a == passing {
			return direct
		}
		c.freeOldest()
		if b = c.take(); b == nil {
			return direct
		}
		b.page, from = page, fetched
	}
	b.access = c.clock
	return from
}

// pass makes it that of n further reads of pages that are step apart and not in it, behind
// reads of pages like these in all buffers. It is false if a buffer holds a write.
func (c *cache) pass(n, step int) bool {
	for i := range c.buffers {
		if b := &c.buffers[i]; !b.used || b.page < 0 {
			return false
		}
	}
	c.clock += uint32(n)
	for i := range c.buffers {
		c.buffers[i].page += n * step
		c.buffers[i].access += uint32(n)
	}
	return true
}

// write notes that a part of a page is written.
func (c *cache) write(page int, a access) {
	b := c.find(page)
	if b == nil || a == through {
		return
	}
	if a == dropping {
		c.free(b)
		return
	}
	c.clock++
	b.access = c.clock
}

func (c *cache) free(b *buffer) {
	if b.used {
		b.used = false
		c.used--
	}
}

// freeOldest makes room for a page, unless all buffers hold writes or the only other
// one was accessed just now.
func (c *cache) freeOldest() {
	if c.used < len(c.buffers) {
		return
	}
	var oldest *buffer
	age := uint32(0)
	for i := range c.buffers {
		if b := &c.buffers[i]; b.page >= 0 && c.clock-b.access > age {
			oldest, age = b, c.clock-b.access
		}
	}
	if oldest != nil {
		c.free(oldest)
	}
}

// take is a free buffer, nil if there is none.
func (c *cache) take() *buffer {
	for i := range c.buffers {
		if b := &c.buffers[i]; !b.used {
			b.used = true
			c.used++
			b.access = c.clock
			return b
		}
	}
	return nil
}

// waiting is the buffer with what was written to a file, nil if there is none.
func (c *cache) waiting(id uint16) *buffer {
	for i := range c.buffers {
		if b := &c.buffers[i]; b.used && b.page < 0 && b.id == id {
			return b
		}
	}
	return nil
}

// takeFor is a buffer for writing to a file, nil if there is none.
func (c *cache) takeFor(id uint16) *buffer {
	c.freeOldest()
	b := c.take()
	if b != nil {
		b.page, b.id, b.offset, b.size = -1, id, 0, 0
		if b.data == nil {
			b.data = new(page)
		}
	}
	return b
}

// release gives up what waits in a buffer, for all who use it.
func (fs *FS) release(b *buffer) {
	if b == nil {
		return
	}
	for i := range fs.slots {
		if s := &fs.slots[i]; s.open && s.buffer == b {
			s.buffer = nil
		}
	}
	fs.cache.free(b)
	b.id = 0
}
