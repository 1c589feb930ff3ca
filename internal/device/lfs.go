package device

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/store"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/lfs"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/rcr"
)

// The Lua Flash Store of a module (app/lua53/lnodemcu.c). The partition is a part
// of the flash chip, kept in the state directory, and its content is copied to
// where the processor reads the chip whenever Lua starts.
//
// A store is written in this order: all sectors are erased; the first word gets
// the signature with the bit InProgress; all that follows the header is written;
// the rest of the header; last the bit InProgress is cleared. Whenever the power
// is cut, the next start finds an empty store, the mark of an unfinished one,
// which it erases, or a whole one. (The firmware writes the whole header at the
// end, beginning with the signature: cut off right behind that, its next start
// would follow wild addresses.)

// partition is that of the store.
type partition struct {
	part *flash.Part
	addr uint32 // of the partition in the chip

	refusal string // what the loader of Lua 5.1 does not say of an image that it refuses
}

// storeBase is where the processor reads the partition.
func (d *Device) storeBase() uint32 {
	return uint32(d.firmware.Chip.Memory.Window.Start) + d.store.addr
}

func (s *partition) close() error {
	if s.part == nil {
		return nil
	}
	p := s.part
	s.part = nil
	return p.Close()
}

// openStore opens the partition that the table of this life has.
func (d *Device) openStore() error {
	region := d.system.Partition(port.PartitionLFS)
	s := &d.store
	if s.part != nil && s.addr == region.Addr && s.part.Size() == int(region.Size) {
		return nil
	}
	if err := s.close(); err != nil {
		return err
	}
	if region.Size == 0 {
		return nil
	}
	m := &d.firmware.Chip.Memory
	start := uint64(m.Window.Start) + uint64(region.Addr)
	if start < uint64(m.Stores.Start) || start+uint64(region.Size) > uint64(m.Stores.End) {
		d.report(Event{Kind: HostError, Text: fmt.Sprintf("the LFS partition at 0x%06x does not lie within the first megabyte of the flash chip, "+
			"which is all that the processor can read: the module runs without a store", region.Addr)})
		return nil
	}
	part, err := d.room.Store(region)
	if err != nil {
		return err
	}
	if !d.firmware.Edition.Lua51 && lfs.IsLua51(part.Word(0)) { // the firmware would find it corrupted and erase it
		d.report(Event{Kind: HostError, Text: fmt.Sprintf("the store at 0x%06x was made for Lua 5.1, and the module has %v: it runs without a store", region.Addr, d.firmware.Edition)})
		return part.Close()
	}
	s.part, s.addr = part, region.Addr
	return nil
}

// onWorn warns of an application that erases a sector again and again.
func (d *Device) onWorn(w flash.Wearing) {
	text := fmt.Sprintf("the application erases the sector at 0x%06x of its flash chip, %s, too often: %d times in %v. ",
		w.Offset, d.partOf(uint32(w.Offset)), w.Erases, w.Ran.Round(time.Millisecond))
	if w.Left > 0 {
		text += fmt.Sprintf("If it goes on like that, the %d times that a chip promises are used up in %s", flash.Endurance, flash.LifeText(w.Left))
	} else {
		text += fmt.Sprintf("With %d in all, the %d times that a chip promises are used up", w.Total, flash.Endurance)
	}
	d.report(Event{Kind: FlashWear, Wear: &w, Text: text + "; write less often, or less"})
}

// partOf says in words which partition an address of the chip is in.
func (d *Device) partOf(addr uint32) string {
	in := func(r port.FlashRegion) bool { return addr >= r.Addr && addr-r.Addr < r.Size }
	switch {
	case in(port.FlashRegion{Addr: rcr.PageAddr, Size: rcr.PageSize}):
		return "the module's settings"
	case in(d.records.Partition(port.PartitionSPIFFS)):
		return "in its file system"
	case in(d.records.Partition(port.PartitionLFS)):
		return "in its flash store"
	}
	return "in no partition"
}

// onFlash lets a test cut the power.
func (d *Device) onFlash(op flash.Op) {
	if d.config.PowerCut != nil && d.config.PowerCut(op) {
		panic(reset{d.resetInfo(port.ResetPowerOn)})
	}
}

// attachStore is what Lua's start does with the store: it tells how Lua finds it.
// With a request to load an image, nothing is looked at before that is done.
func (d *Device) attachStore() (machine.Store, error) {
	s := &d.store
	if s.part == nil {
		return machine.Store{}, nil
	}
	if d.firmware.Edition.Lua51 {
		return d.attachStore51()
	}
	if _, ok := d.system.ReadRecord(port.RecordFlashLFS); ok {
		return machine.Store{}, nil
	}
	switch sig := s.part.Word(0); sig {
	case lfs.Signature:
		d.print("LFS image loaded\n")
	case 0, 0xFFFFFFFF:
	default:
		d.print("LFS image corrupted.\n")
		d.eraseStore()
	}
	return machine.Store{Base: mem.Addr(d.storeBase()), Size: uint32(s.part.Size())}, d.showStore()
}

// showStore copies the partition to where the processor reads it.
func (d *Device) showStore() error {
	s := &d.store
	at := d.firmware.Chip.Memory.Stores
	if err := d.space.Map(at.Start, at.Size(), mem.ReadWrite); err != nil {
		return err
	}
	copy(d.mem.Bytes(mem.Addr(d.storeBase()), mem.Addr(s.part.Size())), s.part.Bytes())
	return d.space.Map(at.Start, at.Size(), mem.ReadOnly)
}

// eraseStore erases what is not blank (eraseLFS).
func (d *Device) eraseStore() {
	s := &d.store
	d.print(fmt.Sprintf("\nErasing LFS from flash addr 0x%06x", s.addr))
	for at := 0; at < s.part.Size(); at += flash.SectorSize {
		if s.part.Blank(at) {
			continue
		}
		s.part.Erase(at)
		d.flashWork(storage.Work{Erases: 1})
		d.print(".")
	}
	d.print(fmt.Sprintf(" to 0x%06x\n", int(s.addr)+s.part.Size()-1))
}

// loadRequested loads the image that a record asks for, and tells whether Lua has
// to start again. What is wrong with the file is said before the store is touched:
// Lua starts with the old one then.
func (d *Device) loadRequested() bool {
	if d.firmware.Edition.Lua51 { // it loads at once
		return false
	}
	rec, ok := d.system.ReadRecord(port.RecordFlashLFS)
	if !ok {
		return false
	}
	d.system.DeleteRecord(port.RecordFlashLFS) // one attempt, or it would boot for ever
	name, _, _ := strings.Cut(string(rec), "\x00")
	data, err := d.readFile(name)
	if err != nil {
		d.print("cannot open " + name + "\n")
		return true
	}
	if why := d.checkImage(name, data); why != "" {
		d.print(why + "\n")
		return true
	}
	f, err := chunk.Decode(data)
	if err != nil {
		panic("BUG: an image is sound and cannot be read: " + err.Error())
	}
	d.writeStore(lfs.Build(f.Model, f.Image, d.storeBase()).Data)
	return true
}

// writeStore erases the partition and writes a store.
func (d *Device) writeStore(data []byte) {
	d.eraseStore()
	writeRegion(d.store.part, data)
	pages := (len(data) + flash.PageSize - 1) / flash.PageSize
	d.flashWork(storage.Work{Writes: pages, WrittenBytes: len(data)})
}

// writeRegion writes a store into an erased partition.
func writeRegion(p *flash.Part, data []byte) {
	const header = lfs.HeaderWords * flash.WordSize
	var sig [flash.WordSize]byte
	binary.LittleEndian.PutUint32(sig[:], lfs.Signature|lfs.InProgress)
	p.Write(0, sig[:])
	for at := header; at < len(data); at += flash.SectorSize {
		p.Write(at, data[at:min(at+flash.SectorSize, len(data))])
	}
	p.Write(flash.WordSize, data[flash.WordSize:header])
	p.Write(0, data[:flash.WordSize])
}

// checkFile tells why an image cannot be loaded, "" if it can.
func (d *Device) checkFile(name string) string {
	data, err := d.readFile(name)
	if err != nil {
		return "" // the firmware has words for that
	}
	return d.checkImage(name, data)
}

// imageRefused tells what node.LFS.reload only returns, and most applications ignore.
func (d *Device) imageRefused(why string) {
	if more := d.store.refusal; more != "" {
		why, d.store.refusal = why+": "+more, ""
	}
	d.report(Event{Kind: StoreRefused, Traceback: d.position(),
		Text: "node.LFS.reload loads nothing: " + strings.TrimPrefix(why, "Moonlet: ")})
}

func (d *Device) checkImage(name string, data []byte) string {
	t := lfs.Target{Name: "this module", Model: d.config.Build.Numbers, HeapFree: d.config.FreeHeap}
	if d.store.part != nil {
		t.Base, t.Size = d.storeBase(), uint32(d.store.part.Size())
	}
	for _, p := range lfs.Check(data, t) {
		if !p.Warning {
			return fmt.Sprintf("Moonlet: %s cannot be loaded: %s", name, p.Text)
		}
	}
	return ""
}

func (d *Device) readFile(name string) ([]byte, error) {
	f, err := d.files.Open(name, port.OpenRead)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(fileReader{f})
}

// FlashStore writes an image into the store of a module that is switched off, as
// flashing an absolute image to a board does: to the chip, or in the open state directory.
func FlashStore(c Config, im *store.Image) (bytes int, err error) {
	if err := c.setDefaults(); err != nil {
		return 0, err
	}
	room := c.Room(storage.Hooks{OnError: func(e error) { err = cmp.Or(err, e) }})
	region, _, err := storage.Partitions(room)
	if err != nil {
		return 0, err
	}
	data, err := im.Flash(uint32(c.Build.ChipOrDefault().Memory.Window.Start) + region.Addr)
	if err != nil {
		return 0, err
	}
	if len(data) > int(region.Size) {
		return 0, fmt.Errorf("the image takes %d bytes, the partition of the store has %d", len(data), region.Size)
	}
	part, err := room.Store(region)
	if err != nil {
		return 0, err
	}
	part.Clear()
	if im.Lua51() != nil {
		writeStore51(part, data)
	} else {
		writeRegion(part, data)
	}
	return len(data), cmp.Or(err, part.Close())
}
