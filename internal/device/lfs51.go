package device

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/lua/compiled"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/store"
	"moonlet.example/moonlet/internal/lua51/chunk"
	image51 "moonlet.example/moonlet/internal/lua51/image"
	"moonlet.example/moonlet/internal/lua53/lfs"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage"
	"moonlet.example/moonlet/internal/storage/flash"
)

// The store of Lua 5.1 (app/lua/lflash.c). It is loaded by the running Lua, in two passes over the file: the first
// one checks all that can be checked, the second one erases the sectors that the image needs and writes it in blocks,
// the first word with the bit InProgress; last that word is written again without it. Then the firmware waits for the
// watchdog. Whenever the power is cut, the next start finds an erased first word, or one that is no signature, or a
// whole store.

// What the loader takes: of Lua's memory its two records and nine blocks, from the SDK's heap what inflates.
const (
	loaderInput   = 1048
	loaderOutput  = 2128
	loaderBlock   = 2048
	loaderBlocks  = 9
	loaderInflate = 1460

	readBlock   = 1024
	leastImage  = 200 // bytes, and more: a smaller file is refused
	fileTrailer = 8   // bytes of a gzip member's checksum and length
	headerBytes = 32  // of an image
)

// Two of the loader's messages.
const (
	readError = "read error on LFS image file"
	sumError  = "checksum error on LFS image file"
)

// signature51 is that of a whole store of this build.
func (d *Device) signature51() uint32 {
	integral := d.firmware.Edition.Integral
	return image51.Signature(chunk.NumbersOf(integral), !integral)
}

// attachStore51 is what Lua's start says of the store, and how Lua finds it (luaN_init).
func (d *Device) attachStore51() (machine.Store, error) {
	s, want := &d.store, d.signature51()
	at := machine.Store{Base: mem.Addr(d.storeBase()), Size: uint32(s.part.Size())}
	sig, size, main, hash := s.part.Word(0), s.part.Word(4), s.part.Word(8), s.part.Word(12)
	switch {
	case sig == 0 || sig == 0xFFFFFFFF:
		d.print("No LFS image loaded\n")
	case sig&^image51.AbsoluteBit != want:
		d.print(fmt.Sprintf("Flash sig not correct: 0x%08x vs 0x%08x\n", sig&^image51.AbsoluteBit, want))
		d.otherStore()
	case hash == 0xFFFFFFFF || main-uint32(at.Base) >= size:
		d.print(fmt.Sprintf("Flash size check failed: 0x%08x vs 0xFFFFFFFF; 0x%08x >= 0x%08x\n", hash, main-uint32(at.Base), size))
	default:
		d.oldStore()
	}
	return at, d.showStore()
}

// otherStore tells of a store that another edition or build can use.
func (d *Device) otherStore() {
	text := "it has another signature"
	switch sig := d.store.part.Word(0); {
	case sig&^(image51.AbsoluteBit|image51.WritingBit) == d.signature51():
		text = "the power went while it was written; load its image again"
	case sig == lfs.Signature:
		text = "it was made for Lua 5.3"
	default:
		if im, err := image51.DecodeStore(d.store.part.Bytes()); err == nil {
			text = fmt.Sprintf("it was made for the %v build of Lua 5.1", im.Numbers)
		}
	}
	d.report(Event{Kind: HostError, Text: fmt.Sprintf("the store at 0x%06x is not used: %s, and the module has %v", d.store.addr, text, d.firmware.Edition)})
}

// oldStore tells of a store that passes the firmware's checks and is misread.
func (d *Device) oldStore() {
	if im, err := image51.DecodeStore(d.store.part.Bytes()); err == nil && im.OldTags {
		d.report(Event{Kind: HostError, Text: fmt.Sprintf("the store at 0x%06x is %s", d.store.addr, image51.OldTypes)})
	}
}

// loadNow is the loader (loadLFS). It does not return if the image is loaded.
func (d *Device) loadNow(name string, take func(bytes int)) (why string) {
	take(loaderInput)
	take(loaderOutput)
	f, err := d.files.Open(name, port.OpenRead)
	if err != nil {
		return "LFS image file not found"
	}
	defer f.Close()
	file, err := io.ReadAll(fileReader{f})
	if err == nil {
		defer func() { d.explainRefusal(why, file) }()
	}
	if err != nil || len(file) <= leastImage {
		return readError
	}
	for range loaderBlocks {
		take(loaderBlock)
	}
	inflate := sdkMemory{d}.Take(loaderInflate, "node.LFS.reload: inflating the image")
	if inflate == 0 {
		return readError
	}
	defer func() { sdkMemory{d}.Give(inflate) }()
	data, whole := inflated(file, d.store.part.Size())
	length := binary.LittleEndian.Uint32(file[len(file)-4:])
	switch first := min(length, loaderBlock); {
	case uint32(len(data)) < first && whole: // the first block is not complete, so nobody looked at it
		return sumError
	case uint32(len(data)) < first || len(data) < headerBytes:
		return readError
	}
	if why := d.checkHeader(data, length, take); why != "" {
		return why
	}
	if !whole {
		return readError
	}
	trailer := binary.LittleEndian.Uint32(file[len(file)-fileTrailer:])
	if crc32.ChecksumIEEE(data) != trailer {
		return sumError
	}
	if why := d.checkContent(name, file); why != "" {
		return why
	}
	pieces := (len(file) + readBlock - 1) / readBlock
	d.flashWork(storage.Work{Reads: pieces, ReadBytes: len(file)}) // of the second pass
	d.replaceStore(placed(data, d.storeBase()))
	d.print("LFS region updated.  Restarting.")
	d.awaitWatchdog()
	return ""
}

// explainRefusal finds out for the user what the loader's few words mean.
func (d *Device) explainRefusal(why string, file []byte) {
	if why == "" || strings.HasPrefix(why, "Moonlet: ") {
		return
	}
	e := d.firmware.Edition
	t := compiled.Target{Name: "this module", Lua51: true, Integral: e.Integral, Base: d.storeBase(), Size: uint32(d.store.part.Size())}
	for _, p := range store.Check(file, t).Problems {
		if !p.Warning {
			d.store.refusal = p.Text
			return
		}
	}
}

// inflated is what is in the file, up to more than the store has room for, and tells whether it is all of it. What
// comes before damage is there.
func inflated(file []byte, store int) (data []byte, whole bool) {
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, false
	}
	z.Multistream(false)
	most := int64(store + store/32 + loaderBlock)
	data, err = io.ReadAll(io.LimitReader(z, most+1))
	return data, (err == nil || errors.Is(err, gzip.ErrChecksum)) && int64(len(data)) <= most
}

// checkHeader is what the first pass finds in the first block (procFirstPass). length is what the file says of what is
// compressed in it.
func (d *Device) checkHeader(data []byte, length uint32, take func(bytes int)) (why string) {
	const wordSize, wordBits = 4, 32
	sig, size := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[wordSize:])
	want, room := d.signature51(), uint32(d.store.part.Size())
	flags := int32(length-size) / wordSize
	switch {
	case sig&image51.FormatMask != want&image51.FormatMask:
		return "Incorrect LFS header version"
	case sig&image51.PackedBit != want&image51.PackedBit:
		return "Incorrect LFS build type"
	case sig&^image51.AbsoluteBit != want:
		return "incorrect LFS header signature"
	case size > room:
		return "LFS Image too big for configured LFS region"
	case size%wordSize != 0 || size < headerBytes || flags != 1+(int32(size)/wordSize-1)/wordBits || length%wordSize != 0:
		return "LFS length mismatch"
	}
	take(int(flags) * wordSize)
	if len(data) != int(length) {
		return "LFS length mismatch"
	}
	return ""
}

// checkContent finds what the firmware does not look for: an image that it would load, and follow to wild addresses.
func (d *Device) checkContent(name string, file []byte) string {
	im, err := image51.Decode(file)
	switch {
	case err != nil:
		return fmt.Sprintf("Moonlet: %s cannot be loaded: %v", name, err)
	case im.OldTags:
		return fmt.Sprintf("Moonlet: %s cannot be loaded: it is %s", name, image51.OldTypes)
	}
	return ""
}

// placed are the bytes of a store at an address: the words that the bitmap marks become addresses.
func placed(data []byte, base uint32) []byte {
	size := binary.LittleEndian.Uint32(data[4:])
	bitmap := data[size:]
	out := slices.Clone(data[:size])
	for at := uint32(0); at < size; at += flash.WordSize {
		if i := at / flash.WordSize; bitmap[i/8]>>(i%8)&1 != 0 {
			binary.LittleEndian.PutUint32(out[at:], 4*binary.LittleEndian.Uint32(out[at:])+base)
		}
	}
	return out
}

// replaceStore erases what a store needs, and writes it.
func (d *Device) replaceStore(data []byte) {
	for at := 0; at < len(data); at += flash.SectorSize {
		d.store.part.Erase(at)
		d.flashWork(storage.Work{Erases: 1})
	}
	writeStore51(d.store.part, data)
	pages := (len(data) + flash.PageSize - 1) / flash.PageSize
	d.flashWork(storage.Work{Writes: pages, WrittenBytes: len(data)})
}

// writeStore51 writes a store into erased sectors.
func writeStore51(p *flash.Part, data []byte) {
	first := slices.Clone(data[:min(loaderBlock, len(data))])
	binary.LittleEndian.PutUint32(first, binary.LittleEndian.Uint32(data)|image51.WritingBit)
	p.Write(0, first)
	for at := loaderBlock; at < len(data); at += loaderBlock {
		p.Write(at, data[at:min(at+loaderBlock, len(data))])
	}
	p.Write(0, data[:flash.WordSize])
}

// awaitWatchdog is an endless loop, which the watchdog ends. The user asked for it, so it is not told.
func (d *Device) awaitWatchdog() {
	for left := d.firmware.Chip.Watchdog.Soft; left > 0; left -= flashSlice {
		d.loop.FeedWatchdog()
		d.loop.Charge(min(left, flashSlice))
	}
	panic(reset{d.resetInfo(port.ResetSoftWatchdog)})
}
