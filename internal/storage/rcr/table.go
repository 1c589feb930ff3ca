package rcr

import (
	"encoding/binary"
	"fmt"
	"slices"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/port"
)

// Partition is an entry of the partition table.
type Partition struct {
	Kind uint32
	port.FlashRegion
}

// Addresses in the flash chip (app/user/user_main.c).
const (
	programStart = 0x10000
	// ProgramEnd is where the program ends.
	ProgramEnd = chip.ESP8266ProgramEnd
	// Window is where the processor reads the first byte of the chip. It sees WindowSize
	// bytes.
	Window     = chip.ESP8266Window
	WindowSize = chip.ESP8266WindowBytes
	// LeastChip is the smallest chip in bytes that the firmware starts on (user_pre_init).
	LeastChip = 1 << 20
	// ParametersSize is what the SDK has at the end of the chip (SYSTEM_PARAMETER_SIZE).
	ParametersSize = 0x3000

	sector     = 0x1000
	tableChunk = 0x2000     // PT_CHUNK: program and store are multiples of it
	floatAt    = 0x100000   // where SPIFFS begins if it fits
	useAll     = 0xFFFFFFFF // the size of a SPIFFS that takes what is left
)

// DefaultPartitions is the table that the firmware makes at its first boot: the
// store behind the program, if the build has one, and all that is left for SPIFFS
// (app/user/user_main.c).
func DefaultPartitions(flashSize, lfsSize uint32) []Partition {
	at := func(kind, addr, size uint32) Partition {
		return Partition{kind, port.FlashRegion{Addr: addr, Size: size}}
	}
	end := ProgramEnd + lfsSize
	table := []Partition{
		at(port.PartitionEagleROM, 0, 0xB000),
		at(port.PartitionRFCal, 0xD000, 0x1000),
		at(port.PartitionPhyData, 0xF000, 0x1000),
		at(port.PartitionIROM0, programStart, ProgramEnd-programStart),
	}
	if lfsSize != 0 {
		table = append(table, at(port.PartitionLFS, ProgramEnd, lfsSize))
	}
	return append(table,
		at(port.PartitionSPIFFS, end, flashSize-ParametersSize-end),
		at(port.PartitionParameters, flashSize-ParametersSize, ParametersSize))
}

// Provision changes the partition table to that of a build with a store of that
// size, as flashing another build does. A table that the application made itself
// stays.
func (p *Page) Provision(flashSize, lfsSize uint32) {
	table, _ := p.Table()
	was := Find(table, port.PartitionLFS).Size
	if was != lfsSize && slices.Equal(table, DefaultPartitions(flashSize, was)) {
		p.WriteTable(DefaultPartitions(flashSize, lfsSize))
	}
}

// Partition finds a partition of the table in the page; its size is 0 if there is
// none.
func (p *Page) Partition(kind uint32) port.FlashRegion {
	table, _ := p.Table()
	return Find(table, kind)
}

// Find finds a partition of a table; its size is 0 if there is none.
func Find(table []Partition, kind uint32) port.FlashRegion {
	for _, p := range table {
		if p.Kind == kind {
			return p.FlashRegion
		}
	}
	return port.FlashRegion{}
}

// EncodeTable makes the body of the record of a table.
func EncodeTable(table []Partition) []byte {
	var b []byte
	for _, p := range table {
		b = binary.LittleEndian.AppendUint32(b, p.Kind)
		b = binary.LittleEndian.AppendUint32(b, p.Addr)
		b = binary.LittleEndian.AppendUint32(b, p.Size)
	}
	return b
}

// DecodeTable reads the body of the record of a table. Bytes that are left over do not
// count.
func DecodeTable(b []byte) []Partition {
	var table []Partition
	for ; len(b) >= port.PartitionSize; b = b[port.PartitionSize:] {
		var p Partition
		p.Kind = binary.LittleEndian.Uint32(b)
		p.Addr = binary.LittleEndian.Uint32(b[4:])
		p.Size = binary.LittleEndian.Uint32(b[8:])
		table = append(table, p)
	}
	return table
}

// Unfinished tells whether a table is the one that was linked into the firmware, which
// its first boot replaces.
func Unfinished(table []Partition) bool {
	return len(table) > 0 && table[len(table)-1].Kind == 0
}

// FirstBoot is what the firmware's first boot makes of the table that was linked into
// it, on a chip of that size (first_time_setup, app/user/user_main.c): sizes and places
// that are 0 are worked out, and partitions that have no size go. A table that is
// finished is only checked. The firmware stops for good where this gives an error.
//
// Builds of before September 2020 (nodemcu/nodemcu-firmware#3260) have the SDK's
// parameters at 0xD000 and SPIFFS up to the end of the chip.
func FirstBoot(table []Partition, flashSize uint32) ([]Partition, error) {
	programSize := uint32(0)
	if Unfinished(table) {
		end := table[len(table)-1].Addr
		table = table[:len(table)-1]
		programSize = align(end - Window - programStart)
	} else {
		return table, Check(table, flashSize)
	}
	room := flashSize // for SPIFFS
	if Find(table, port.PartitionParameters).Addr == 0 {
		room -= ParametersSize
	}
	var made []Partition
	last := uint32(0)
	for _, p := range table {
		switch p.Kind {
		case port.PartitionIROM0:
			if p.Size == 0 {
				p.Size = programSize
			}
		case port.PartitionLFS:
			p.Size = align(p.Size)
			if p.Addr == 0 {
				p.Addr = last
			}
		case port.PartitionSPIFFS:
			p.FlashRegion = placeFiles(p.FlashRegion, last, room)
		case port.PartitionParameters:
			if p.Addr == 0 {
				p.FlashRegion = port.FlashRegion{Addr: flashSize - ParametersSize, Size: ParametersSize}
			}
		}
		if p.Size != 0 {
			made = append(made, p)
			last = p.Addr + p.Size
		}
	}
	return made, Check(made, flashSize)
}

// WithStore is a table in which the store has another size, as it is in force after a
// boot: what the firmware's own tool for partitions makes of a table, and the first boot of
// that. A store that was not there follows the program. SPIFFS follows the store if it did
// so before, or has to give way; its end stays where it was.
func WithStore(table []Partition, size, flashSize uint32) ([]Partition, error) {
	table = slices.Clone(table)
	program := slices.IndexFunc(table, func(p Partition) bool { return p.Kind == port.PartitionIROM0 })
	at := slices.IndexFunc(table, func(p Partition) bool { return p.Kind == port.PartitionLFS })
	if at < 0 {
		if program < 0 {
			return nil, fmt.Errorf("the table has no partition for the program, which the store would follow")
		}
		at = program + 1
		p := Partition{Kind: port.PartitionLFS}
		if !Unfinished(table) {
			p.Addr = table[program].Addr + table[program].Size
		}
		table = slices.Insert(table, at, p)
	}
	store := &table[at]
	was := store.Addr + store.Size
	store.Size = size
	if !Unfinished(table) {
		for i := range table {
			f := &table[i]
			if end := store.Addr + size; f.Kind == port.PartitionSPIFFS && f.Addr >= store.Addr && (f.Addr == was || f.Addr < end) {
				if f.Addr+f.Size <= end {
					return nil, fmt.Errorf("a store of %d bytes leaves no room for SPIFFS", size)
				}
				f.Addr, f.Size = end, f.Addr+f.Size-end
			}
		}
	}
	return FirstBoot(table, flashSize)
}

// placeFiles finds the place of SPIFFS behind the end of what is before it and in front
// of the address room.
func placeFiles(r port.FlashRegion, last, room uint32) port.FlashRegion {
	switch {
	case r.Size == 0:
		return r
	case r.Size == useAll:
		if r.Addr == 0 {
			r.Addr = last
		}
		r.Size = room - last // also where an address was given: so the firmware has it
		return r
	case r.Addr < last:
		r.Addr = 0
	}
	if r.Addr == 0 {
		r.Addr = last
		if r.Size <= room-floatAt {
			r.Addr = floatAt
		}
	}
	return r
}

func align(n uint32) uint32 { return (n + tableChunk - 1) &^ (tableChunk - 1) }

// Check tells what is wrong with a table, nil if the firmware would take it
// (node_setpartitiontable, app/modules/node.c).
func Check(table []Partition, flashSize uint32) error {
	last := uint64(0)
	for i, p := range table {
		end := uint64(p.Addr) + uint64(p.Size)
		switch {
		case p.Size == 0:
			return fmt.Errorf("partition %d (type %d) has no size, which the SDK refuses", i, p.Kind)
		case p.Addr%sector != 0 || p.Size%sector != 0:
			return fmt.Errorf("partition %d (type %d) at %#06x with %#x bytes is no row of whole sectors", i, p.Kind, p.Addr, p.Size)
		case uint64(p.Addr) < last:
			return fmt.Errorf("partition %d (type %d) at %#06x begins before the end of the one in front of it, %#06x", i, p.Kind, p.Addr, last)
		case end > uint64(flashSize):
			return fmt.Errorf("partition %d (type %d) ends at %#06x, behind the chip's end at %#06x", i, p.Kind, end, flashSize)
		}
		last = end
	}
	return nil
}
